//! The page's view model: plain text, tables and finished charts, in reading order.

use super::View;
use super::cards::{self, GoalCard, KeyFigure};
use super::figures::{Figure, Gallery};
use super::tables::{self, Table};
use crate::measure::Verdict;
use crate::report::ReportError;
use crate::report::chart::{Chart, civil};
use crate::report::format::{count, level, number, percent};
use crate::report::method::variance;
use crate::report::metrics::{interval_level, seen};
use crate::report::text::clean;
use crate::report::verdict::verdict;
use crate::scenario::plan::{Abandoned, Plan, Source, StartFrom};
use serde::Serialize;

/// Most of the worst hours shown.
const MAX_WORST_HOURS: usize = 20;

/// All that the template needs.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    colours: &'static str,
    style: &'static str,
    script: &'static str,
    title: String,
    description: String,
    period: String,
    verdict: String,
    verdict_class: &'static str,
    verdict_mark: char,
    goals: Vec<GoalCard>,
    key_figures: Vec<KeyFigure>,
    warnings: Vec<String>,
    figures: Vec<Figure>,
    worst_hours: Option<Table>,
    rules: Option<Table>,
    csat: Option<Csat>,
    origin: Origin,
    policies: Table,
    metrics: Table,
    definitions: Vec<(&'static str, String)>,
    method: Vec<(&'static str, String)>,
    limits: Vec<String>,
    version: String,
}

/// The CSAT proxy and its model.
#[derive(Debug, Serialize)]
struct Csat {
    sentence: String,
    table: Table,
}

/// What was assumed, what was measured, what was fitted.
#[derive(Debug, Serialize)]
struct Origin {
    assumed: Vec<String>,
    measured: Vec<String>,
    fitted: Vec<String>,
}

/// Builds the page and its charts.
pub(super) fn page(view: &View<'_>) -> Result<(Page, Vec<Chart>), ReportError> {
    let (s, p, plan) = (view.summary, view.pictures, view.plan);
    let gallery = Gallery::of(view)?;
    let verdicts: Vec<Verdict> = s.goals.iter().map(|g| g.verdict).collect();
    let overall = if verdicts.iter().any(|v| matches!(v, Verdict::Missed | Verdict::NoData)) {
        Verdict::Missed
    } else if verdicts.contains(&Verdict::Undecided) {
        Verdict::Undecided
    } else {
        Verdict::Met
    };
    let worst_hours = (!p.worst_hours.is_empty()).then(|| {
        let rows = p.worst_hours.iter().take(MAX_WORST_HOURS);
        let row = |(hour, team, entered, within, staffed, needed): &(String, String, f64, f64, f64, f64)| {
            vec![
                clean(hour),
                clean(team),
                number(*entered),
                percent(*within),
                number(*staffed),
                number(*needed),
            ]
        };
        Table::new("hour|team|entered #|answered in time #|staffed #|needed #", rows.map(row).collect())
    });
    let page = Page {
        colours: crate::report::COLOURS,
        style: include_str!("style.css"),
        script: include_str!("script.js"),
        title: clean(&s.scenario),
        description: plan.description.lines().map(clean).collect::<Vec<_>>().join(" "),
        period: period(plan),
        verdict: verdict(s),
        verdict_class: if verdicts.is_empty() { "none" } else { cards::class(overall) },
        verdict_mark: if verdicts.is_empty() { '·' } else { overall.mark() },
        goals: cards::goals(s),
        key_figures: cards::key_figures(s),
        warnings: s.warnings.iter().map(|w| clean(w)).collect(),
        figures: gallery.figures,
        worst_hours,
        rules: (!s.rules.is_empty()).then(|| tables::rules(&s.rules)),
        csat: seen(s, "csat").and_then(|e| e.mean).map(|mean| Csat {
            sentence: format!(
                "{} of those who would answer a survey would be satisfied (4 or 5 of 5), if this model holds.",
                percent(mean)
            ),
            table: tables::csat(&plan.csat),
        }),
        origin: origin(plan),
        policies: tables::policies(plan),
        metrics: tables::metrics(s),
        definitions: tables::definitions(s),
        method: method(view),
        limits: limits(view),
        version: clean(&view.manifest.version),
    };
    Ok((page, gallery.charts))
}

/// How the service level counts those who leave before its target.
pub(super) fn convention(plan: &Plan) -> &'static str {
    match plan.service_level.abandoned {
        Abandoned::LeftOut => "Those who leave before the target are left out.",
        Abandoned::Failed => "Those who leave before the target count as failures.",
        Abandoned::ServedOnly => "Only those who were served are counted.",
    }
}

fn period(plan: &Plan) -> String {
    let day = |at: i64| civil(at, &plan.zone, "%a %-d %b %Y %H:%M");
    format!("{} to {}, {}", day(plan.start.ms()), day(plan.end.ms()), clean(&plan.zone_name))
}

/// Begins an entry of [`Plan::assumptions`] that was fitted from data rather than assumed.
const FITTED: &str = "fitted: ";

fn origin(plan: &Plan) -> Origin {
    let (mut assumed, mut measured, mut fitted) = (Vec::new(), Vec::new(), Vec::new());
    for source in &plan.sources {
        match source {
            Source::Synthetic(s) => assumed.push(format!("traffic “{}”: a model", clean(&s.name))),
            Source::Recorded(r) => {
                measured.push(format!("traffic “{}”: recorded conversations", clean(&r.name)))
            }
        }
    }
    for text in &plan.assumptions {
        match text.strip_prefix(FITTED) {
            Some(rest) => fitted.push(clean(rest)),
            None => assumed.push(clean(text)),
        }
    }
    measured
        .extend(plan.inputs.iter().map(|i| format!("{} ({} bytes)", clean(&i.path), count(i.bytes as f64))));
    Origin { assumed, measured, fitted }
}

/// How the figures came about. Nothing here depends on the machine or the clock.
fn method(view: &View<'_>) -> Vec<(&'static str, String)> {
    let (s, plan) = (view.summary, view.plan);
    let mut box_of = Vec::new();
    if s.origin == "observed" {
        box_of.push(("Origin", "Observed: measured as it happened, nothing was simulated.".to_owned()));
    } else {
        box_of.push(("Replications", format!("{}, independent", s.replications)));
        box_of.push(("Seed", s.seed.to_string()));
    }
    if let Some(x) = interval_level(s) {
        box_of.push(("Intervals", format!("{}, Student t over replications", level(x))));
    }
    box_of.push(("Period", period(plan)));
    let warm_up = match (plan.warm_up.ms(), plan.warm_up_auto) {
        (0, _) => "none".to_owned(),
        (_, true) => format!("{}, found from the data", plan.warm_up),
        (_, false) => format!("{}, as the scenario says", plan.warm_up),
    };
    box_of.push(("Warm-up", warm_up));
    let start = match plan.start_from {
        StartFrom::Empty => "an empty desk",
        StartFrom::PreviousWeek => "the backlog of an identical week before, not measured",
    };
    box_of.push(("Starts from", start.to_owned()));
    box_of.push((
        "Service level",
        format!(
            "answered within {}; goal {}. {}",
            plan.service_level.within,
            level(plan.service_level.target),
            convention(plan)
        ),
    ));
    box_of.push(("Desk like", clean(&plan.desk.like)));
    box_of.push(("Channel like", clean(&plan.channel.like)));
    if plan.antithetic {
        box_of.push(("Variance", "antithetic pairs; the pair is the unit of analysis".to_owned()));
    }
    for sentence in variance(s) {
        box_of.push(("Variance", sentence));
    }
    for (name, n) in &view.manifest.counts {
        // Counts of the run are part of its result; they are the same on every machine.
        box_of.push(("Count", format!("{} {}", count(*n as f64), clean(name).replace('_', " "))));
    }
    for input in &view.manifest.inputs {
        let short: String = input.blake3.chars().take(16).collect();
        box_of.push(("Input", format!("{}, BLAKE3 {}…", clean(&input.path), clean(&short))));
    }
    box_of.push(("Program", format!("helpsim {}", clean(&view.manifest.version))));
    box_of
}

/// What a reader should not take the figures for.
fn limits(view: &View<'_>) -> Vec<String> {
    let mut limits = Vec::new();
    if let Some(limit) = &view.manifest.limit_reached {
        limits.push(format!(
            "A limit of the run was reached ({}): the report covers a part only.",
            clean(limit)
        ));
    }
    if view.summary.origin != "observed" {
        limits.push(
            "The intervals show how much chance moves the figures, not whether the assumptions are right."
                .to_owned(),
        );
    }
    limits.push("Agents needed come from a formula for one interval at a time; it does not know of conversations carried over.".to_owned());
    limits.push("CSAT is a proxy: a model of satisfaction, not an answer of customers.".to_owned());
    limits.push(
        "Tickets open at the end have no resolution time yet; they count as open, not as resolved."
            .to_owned(),
    );
    limits
}
