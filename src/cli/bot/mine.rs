//! `helpsim bot mine`: what customers ask and the bot cannot answer, and what an answer would be worth.

use super::super::exit::{Exit, Failure};
use super::super::simulate::SimulationArgs;
use super::super::ui::Ui;
use super::price::{Change, Price, Pricing};
use crate::bot::flow::RawFlow;
use crate::bot::mining::{Finding, Mined, Proposal, mine, unanswered};
use crate::traffic::log::Event;
use crate::traffic::recorded::{self, Options};
use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// Find what customers ask and the bot cannot answer, and what an answer would be worth
///
/// The customers' side of every conversation of the log is said to the flow again. What it does not
/// understand, or answers in vain, is put into groups that mean the same. With a scenario each group is
/// priced: the flow with an answer and a menu entry added is simulated on the same traffic. Where many
/// messages are mistyped the groups are still too fine: one need comes out as several.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A traffic log: what `helpsim import` or `helpsim run --log` wrote, or an export it can read
    #[arg(required = true, value_name = "LOG")]
    pub log: Vec<PathBuf>,
    /// The flow
    #[arg(long)]
    pub flow: PathBuf,
    /// Price what was found in this scenario
    #[arg(long)]
    pub scenario: Option<PathBuf>,
    /// Groups listed and priced, the largest first
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub top: usize,
    /// Folder for the proposed additions, a fragment of a flow file each
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Text,
    Json,
}

/// What was found, and what is proposed for it.
#[derive(Debug, Serialize)]
struct Row {
    topic: String,
    /// Conversations in a week of the log.
    conversations_a_week: f64,
    #[serde(flatten)]
    finding: Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fragment: Option<PathBuf>,
    #[serde(skip)]
    proposal: Proposal,
}

/// Seed of the grouping, where none is given.
const SEED: u64 = 1;
/// The topic that would take the messages with at least this mean confidence needs more phrases rather
/// than a twin.
const NEAR: f32 = 0.5;

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let flow = super::load(&args.flow, ui)?;
    let text = super::read(&args.flow)?;
    let raw: RawFlow = toml::from_str(&text).map_err(Failure::input)?;
    let events = events(args)?;
    let (messages, conversations) = unanswered(&events, &flow);
    let mut mined = mine(&messages, conversations, &flow, args.simulation.seed.unwrap_or(SEED));
    let pricing = match &args.scenario {
        Some(scenario) => Some(Pricing::new(scenario, &args.flow, &raw, &args.simulation, ui)?),
        None => None,
    };
    let findings = std::mem::take(&mut mined.findings);
    let weeks = weeks(&events);
    let mut rows = rows(findings, pricing.as_ref(), weeks);
    rows.truncate(args.top);
    if let Some(pricing) = &pricing {
        let known: Vec<usize> = (0..rows.len()).filter(|&i| pricing.knows(&rows[i].topic)).collect();
        let halves: Vec<Proposal> = known.iter().map(|&i| half(&rows[i].proposal)).collect();
        for (&i, price) in known.iter().zip(pricing.price(&halves)?) {
            rows[i].price = Some(price);
        }
    }
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))
            .map_err(Failure::io)?;
        for row in &mut rows {
            let path = folder.join(format!("{}.toml", row.topic));
            super::write(&path, &row.proposal.fragment(&raw).map_err(Failure::io)?)?;
            row.fragment = Some(path);
        }
    }
    let currency = pricing.as_ref().map_or("", Pricing::currency);
    match args.format {
        Format::Text => ui.print(&as_text(&mined, &rows, currency)),
        Format::Json => {
            let json = serde_json::json!({ "schema": 1, "log": mined, "findings": rows });
            ui.print(&format!("{json:#}\n"));
        }
    }
    Ok(Exit::Success)
}

fn events(args: &Args) -> Result<Vec<Event>, Failure> {
    let options = Options::default();
    let mut notes = Vec::new();
    let failure = |e: recorded::ImportError| Failure::input(anyhow::Error::new(e));
    let inputs = recorded::input::gather(&args.log, &options.limits, &mut notes).map_err(failure)?;
    let mut events = Vec::new();
    recorded::import(&inputs, &options, &mut |event| events.push(event.clone())).map_err(failure)?;
    Ok(events)
}

/// Weeks the log covers, a day at least.
fn weeks(events: &[Event]) -> f64 {
    const WEEK_MS: f64 = 7.0 * 86_400_000.0;
    let times = events.iter().map(|event| event.at.ms());
    let span = times.clone().max().unwrap_or(0) - times.min().unwrap_or(0);
    (span as f64 / WEEK_MS).max(1.0 / 7.0)
}

/// A row for each need: groups that the scenario or the flow knows to be the same become one.
fn rows(findings: Vec<Finding>, pricing: Option<&Pricing<'_>>, weeks: f64) -> Vec<Row> {
    let need = pricing.map(Pricing::need);
    let mut by_topic: Vec<(String, Finding)> = Vec::new();
    for finding in findings {
        let near = finding.nearest.as_ref().filter(|(_, confidence)| *confidence >= NEAR);
        let topic = need
            .as_ref()
            .and_then(|need| need(&finding.phrases))
            .or_else(|| near.map(|(topic, _)| topic.clone()))
            .unwrap_or_else(|| Proposal::topic_name(&finding.words));
        match by_topic.iter_mut().find(|(name, _)| *name == topic) {
            Some((_, first)) => first.join(finding),
            None => by_topic.push((topic, finding)),
        }
    }
    by_topic.sort_by(|a, b| b.1.conversations.cmp(&a.1.conversations).then_with(|| a.0.cmp(&b.0)));
    let row = |(topic, finding): (String, Finding)| Row {
        proposal: Proposal::new(&topic, &finding.words, &finding.phrases),
        conversations_a_week: f64::from(finding.conversations) / weeks,
        price: None,
        fragment: None,
        topic,
        finding,
    };
    by_topic.into_iter().map(row).collect()
}

/// The addition with every other phrase: customers will not write what the bot was taught word for word.
fn half(proposal: &Proposal) -> Proposal {
    Proposal { phrases: proposal.phrases.iter().step_by(2).cloned().collect(), ..proposal.clone() }
}

fn as_text(mined: &Mined, rows: &[Row], currency: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} of {} conversations hold a message the bot has no answer to: {} messages, {} different ones",
        mined.unanswered_conversations, mined.conversations, mined.messages, mined.distinct
    );
    for (number, row) in (1..).zip(rows) {
        let _ = writeln!(out, "\n{number}. {}", sentence(row, currency));
        let finding = &row.finding;
        let _ = writeln!(out, "   {} messages of {} customers", finding.messages, finding.customers);
        for example in &finding.examples {
            let _ = writeln!(out, "   \"{}\"", example.replace(['\n', '\r'], " "));
        }
        if let Some((topic, confidence)) = &finding.nearest {
            let _ = writeln!(out, "   now nearest to: {topic} (mean confidence {confidence:.2})");
        }
        if let Some(path) = &row.fragment {
            let _ = writeln!(out, "   addition: {}", path.display());
        }
    }
    if mined.left_over > 0 {
        let _ = writeln!(out, "\n{} messages are left over: too few of a kind", mined.left_over);
    }
    out
}

fn sentence(row: &Row, currency: &str) -> String {
    let mut out = format!(
        "{} ({}): {:.0} conversations a week",
        row.topic,
        row.finding.words.join(", "),
        row.conversations_a_week
    );
    if let Some(price) = &row.price {
        let points = scaled(&price.resolution, 100.0);
        let _ = write!(out, ", {} points of bot resolution", with_interval(&points, 1));
        let _ =
            write!(out, ", {} agents at the {} peak", with_interval(&price.agents_at_peak, 1), price.peak);
        let _ = write!(out, ", {} {currency} a week", with_interval(&price.cost_a_week, 0));
    }
    out
}

fn scaled(change: &Change, by: f64) -> Change {
    Change { mean: change.mean * by, ci: change.ci.map(|[low, high]| [low * by, high * by]) }
}

fn with_interval(change: &Change, decimals: usize) -> String {
    match change.ci {
        Some([low, high]) => {
            format!(
                "{} ({} to {})",
                signed(change.mean, decimals),
                signed(low, decimals),
                signed(high, decimals)
            )
        }
        None => signed(change.mean, decimals),
    }
}

/// With a plus or a true minus; nothing is neither.
fn signed(x: f64, decimals: usize) -> String {
    let shown = format!("{:.decimals$}", x.abs());
    if shown.chars().all(|c| matches!(c, '0' | '.')) {
        shown
    } else if x < 0.0 {
        format!("−{shown}")
    } else {
        format!("+{shown}")
    }
}
