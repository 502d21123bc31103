//! `helpsim bot mine`: what customers ask and the bot cannot answer, and what an answer would be worth.

use super::super::exit::{Exit, Failure};
use super::super::import::failure as not_read;
use super::super::simulate::SimulationArgs;
use super::super::ui::Ui;
use super::price::{Price, Pricing};
use crate::bot::flow::{Flow, RawFlow};
use crate::bot::mining::{Finding, Lacks, Proposal, knows, mine, questions};
use crate::traffic::log::{Event, Kind, Role};
use crate::traffic::recorded::{self, Options};
use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Find what customers ask and the bot cannot answer, and what an answer would be worth
///
/// The customers' side of every conversation of the log is said to the flow again. What it does not
/// understand, or answers in vain, is put into groups that mean the same: typing errors aside, by the words
/// they share and by the customers who ask again in other words. With a scenario each group is priced: the
/// flow with an answer and a menu entry added is simulated on the same traffic.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A traffic log: what `helpsim import` or `helpsim run --log` wrote, or an export it can read
    #[arg(required = true, value_name = "LOG")]
    pub log: Vec<PathBuf>,
    /// The log's format, if looking at the content does not tell
    #[arg(long, value_name = "FORMAT", value_parser = super::super::import::format)]
    pub from: Option<recorded::Format>,
    /// What the columns of a table mean
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
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
pub(super) struct Row {
    pub topic: String,
    /// Conversations in a week of the log.
    pub conversations_a_week: f64,
    #[serde(flatten)]
    pub finding: Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<PathBuf>,
    #[serde(skip)]
    pub proposal: Proposal,
}

/// Seed of the grouping, where none is given.
const SEED: u64 = 1;

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let flow = super::load(&args.flow, ui)?;
    let raw: RawFlow = toml::from_str(&super::read(&args.flow)?).map_err(Failure::input)?;
    let pricing = match &args.scenario {
        Some(scenario) => Some(Pricing::new(scenario, &args.flow, &raw, &args.simulation, ui)?),
        None => None,
    };
    let events = events(args, &flow, ui)?;
    let mut mined = mine(&questions(&events, &flow), &flow, args.simulation.seed.unwrap_or(SEED));
    let found = std::mem::take(&mut mined.findings);
    let mut rows = rows(found, pricing.as_ref(), &raw, weeks(&events));
    rows.truncate(args.top);
    if let Some(pricing) = &pricing {
        price(&mut rows, pricing)?;
    }
    if let Some(folder) = &args.out {
        write(&mut rows, folder, &raw)?;
    }
    match args.format {
        Format::Text => {
            let currency = pricing.as_ref().map(Pricing::currency);
            ui.print(&super::found::text(&mined, &rows, currency, ui.width()));
        }
        Format::Json => {
            let json = serde_json::json!({ "schema": 1, "log": mined, "findings": rows });
            ui.print(&format!("{json:#}\n"));
        }
    }
    Ok(Exit::Success)
}

/// The log's events; what could not be read is told.
fn events(args: &Args, flow: &Flow, ui: &Ui) -> Result<Vec<Event>, Failure> {
    let options = Options { format: args.from, mapping: args.mapping.clone(), ..Options::default() };
    let mut notes = Vec::new();
    let inputs = recorded::input::gather(&args.log, &options.limits, &mut notes).map_err(not_read)?;
    if inputs.iter().all(|input| input.bytes == 0) {
        return Err(Failure::input(anyhow::anyhow!("the log is empty")));
    }
    let mut events = Vec::new();
    let report =
        recorded::import(&inputs, &options, &mut |event| events.push(event.clone())).map_err(not_read)?;
    ui.say(&format!(
        "read {} = {} kept + {} duplicates + {} notices + {} quarantined; {} conversations",
        report.read, report.kept, report.duplicates, report.notices, report.quarantined, report.conversations
    ));
    notes.iter().chain(&report.notes).for_each(|note| ui.say(&format!("note: {note}")));
    for refused in &report.quarantine {
        ui.say(&format!("  quarantined {}:{}: {}", refused.file, refused.line, refused.reason));
    }
    let of_customers = |event: &&Event| event.kind == Kind::Message && event.from == Role::Customer;
    if !events.iter().any(|event| of_customers(&event)) {
        return Err(Failure::input(anyhow::anyhow!(
            "the log holds no message of a customer, so there is nothing to learn from it"
        )));
    }
    let with_text = |event: &Event| event.text.as_deref().is_some_and(|text| !text.trim().is_empty());
    if !events.iter().filter(of_customers).any(with_text) {
        return Err(Failure::input(anyhow::anyhow!(
            "no message of a customer in the log holds a text; import it with `--keep-text redacted`"
        )));
    }
    if let Some((language, _)) = report.languages.iter().max_by_key(|(_, texts)| **texts)
        && !flow.languages().iter().any(|spoken| spoken.starts_with(language))
    {
        ui.say(&format!(
            "note: most of the log seems to be written in `{language}`, but the flow speaks {}",
            flow.languages().join(", ")
        ));
    }
    Ok(events)
}

/// Weeks in which the log's conversations began, a day at least.
fn weeks(events: &[Event]) -> f64 {
    const WEEK_MS: f64 = 7.0 * 86_400_000.0;
    let mut begins: BTreeMap<&str, i64> = BTreeMap::new();
    for event in events.iter().filter(|event| event.from == Role::Customer) {
        let Some(at) = event.at.known() else { continue };
        let begin = begins.entry(&event.conversation).or_insert(i64::MAX);
        *begin = at.ms().min(*begin);
    }
    let (first, last) = (begins.values().min().unwrap_or(&0), begins.values().max().unwrap_or(&0));
    (last.saturating_sub(*first) as f64 / WEEK_MS).max(1.0 / 7.0)
}

/// A row for each need: groups that the scenario or the flow knows to be the same become one.
fn rows(findings: Vec<Finding>, pricing: Option<&Pricing<'_>>, raw: &RawFlow, weeks: f64) -> Vec<Row> {
    let need = pricing.map(Pricing::need);
    let mut by_topic: Vec<(String, Finding)> = Vec::new();
    for mut finding in findings {
        let of_scenario = need.as_ref().and_then(|need| need(&finding.phrases));
        let topic = match of_scenario.or_else(|| finding.known_topic.clone()) {
            Some(topic) => topic,
            None => free_name(&Proposal::topic_name(&finding.words), &by_topic, raw),
        };
        finding.set_known(knows(raw, &topic).then(|| topic.clone()));
        match by_topic.iter_mut().find(|(name, _)| *name == topic) {
            Some((_, first)) => first.join(finding),
            None => by_topic.push((topic, finding)),
        }
    }
    let weight = |finding: &Finding| std::cmp::Reverse((finding.lost, finding.conversations));
    by_topic.sort_by(|a, b| weight(&a.1).cmp(&weight(&b.1)).then_with(|| a.0.cmp(&b.0)));
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

/// The name, or with a number where another finding or a topic of the flow bears it.
fn free_name(name: &str, taken: &[(String, Finding)], raw: &RawFlow) -> String {
    let is_taken = |name: &str| taken.iter().any(|(other, _)| other == name) || knows(raw, name);
    let numbered = (2..).map(|number: u32| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// Prices what the scenario's customers can tell to be their answer.
fn price(rows: &mut [Row], pricing: &Pricing<'_>) -> Result<(), Failure> {
    let priced: Vec<usize> = (0..rows.len())
        .filter(|&i| rows[i].finding.lacks != Lacks::Answer && pricing.knows(&rows[i].topic))
        .collect();
    // Customers will not write only what the bot was taught word for word.
    let taught = |&i: &usize| {
        let finding = &rows[i].finding;
        let new = f64::from(finding.written_once) / f64::from(finding.messages.max(1));
        rows[i].proposal.with_new_wordings(new)
    };
    let proposals: Vec<Proposal> = priced.iter().map(taught).collect();
    if proposals.is_empty() {
        return Ok(());
    }
    for (&i, price) in priced.iter().zip(pricing.price(&proposals)?) {
        rows[i].price = Some(price);
    }
    Ok(())
}

/// Writes the addition of each row that has one.
fn write(rows: &mut [Row], folder: &Path, raw: &RawFlow) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("could not make {}", folder.display()))
        .map_err(Failure::io)?;
    for row in rows.iter_mut().filter(|row| row.finding.lacks != Lacks::Answer) {
        let path = folder.join(format!("{}.toml", row.topic));
        super::write(&path, &row.proposal.fragment(raw).map_err(Failure::io)?)?;
        row.fragment = Some(path);
    }
    Ok(())
}
