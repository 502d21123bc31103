//! Tables of the page: the numbers behind a figure, and the lists at the end.

use crate::measure::{RuleResult, StaffingRow, Summary};
use crate::report::chart::Axis;
use crate::report::format::{self, NO_DATA, count, interval, percent, plus_minus, value};
use crate::report::metrics::definition;
use crate::report::text::clean;
use crate::scenario::metric::{MetricName, catalogue};
use crate::scenario::plan::{CsatModel, Plan, Policy};
use serde::Serialize;
use std::collections::BTreeSet;

/// Most rows of the metric table; the rest is in `summary.json`.
const MAX_METRICS: usize = 700;

/// A table of text.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Table {
    /// Heads of the columns.
    pub(super) head: Vec<Head>,
    /// Cells.
    pub(super) rows: Vec<Vec<String>>,
    /// What was left out, in words; "" if nothing.
    pub(super) rest: String,
}

/// The head of a column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Head {
    /// Text.
    pub(super) text: String,
    /// Numbers stand on the right, as every column but the first does unless it is text.
    pub(super) numeric: bool,
}

impl Table {
    /// Heads are given as one text, `day|compliance #|low #`: a hash marks numbers.
    pub(super) fn new(head: &str, rows: Vec<Vec<String>>) -> Table {
        let head = head
            .split('|')
            .map(|h| Head { text: h.trim_end_matches(" #").to_owned(), numeric: h.ends_with(" #") })
            .collect();
        Table { head, rows, rest: String::new() }
    }
}

/// Every metric with its slices.
pub(super) fn metrics(summary: &Summary) -> Table {
    // What is asked for most comes first: metrics of the whole, then slices.
    let whole = summary.metrics.iter().filter(|(name, _)| !name.contains('{'));
    let slices = summary.metrics.iter().filter(|(name, _)| name.contains('{'));
    let rows: Vec<Vec<String>> = whole
        .chain(slices)
        .take(MAX_METRICS)
        .map(|(name, e)| {
            vec![
                clean(name),
                format::optional(e.mean, e.unit, &clean(&summary.currency)),
                plus_minus(e.half_width(), e.unit),
                interval(e.ci, e.unit, &clean(&summary.currency)),
                count(e.n as f64),
            ]
        })
        .collect();
    let mut table = Table::new("metric|value #|± #|interval #|observations #", rows);
    let rest = summary.metrics.len().saturating_sub(MAX_METRICS);
    if rest > 0 {
        table.rest = format!("{} more rows are in summary.json.", count(rest as f64));
    }
    table
}

/// Definitions of the metrics that occur, in the catalogue's order: (name, definition).
pub(super) fn definitions(summary: &Summary) -> Vec<(&'static str, String)> {
    let occurs: BTreeSet<&str> =
        summary.metrics.keys().filter_map(|name| Some(MetricName::parse(name).ok()?.metric.name)).collect();
    let occurring = catalogue().iter().map(|m| m.name).filter(|name| occurs.contains(name));
    occurring.filter_map(|name| Some((name, definition(name)?))).collect()
}

/// What the rules did.
pub(super) fn rules(rules: &[RuleResult]) -> Table {
    let share = |x: Option<f64>| x.map_or_else(|| NO_DATA.to_owned(), percent);
    let rows = rules
        .iter()
        .map(|r| {
            vec![
                clean(&r.name),
                count(r.fired),
                percent(r.share),
                count(r.notifications),
                r.worst_hour.to_string(),
                count(r.loops),
                share(r.compliance_fired),
                share(r.compliance_others),
                share(r.next_response_fired),
                share(r.next_response_others),
                share(r.resolution_fired),
                share(r.resolution_others),
            ]
        })
        .collect();
    Table::new(
        "rule|fired #|of conversations #|notifications #|most in an hour to one person #|loops stopped #|first-response SLA met, fired #|not fired #|next-response SLA met, fired #|not fired #|resolution SLA met, fired #|not fired #",
        rows,
    )
}

/// Targets of the SLA policies by priority.
pub(super) fn policies(plan: &Plan) -> Table {
    let target = |of: &[Option<crate::time::Span>], i: usize| {
        of.get(i).copied().flatten().map_or_else(|| "–".to_owned(), |s| s.to_string())
    };
    let row = |p: &Policy, i: usize, priority: &str| {
        vec![
            clean(&p.name),
            clean(priority),
            plan.calendars.get(usize::from(p.calendar)).map_or_else(String::new, |c| clean(&c.name)),
            target(&p.first_response, i),
            target(&p.next_response, i),
            target(&p.resolution, i),
            target(&p.escalation, i),
            if p.bot_answers { "bot or person" } else { "person" }.to_owned(),
        ]
    };
    let rows = plan
        .policies
        .iter()
        .flat_map(|p| plan.priorities.iter().enumerate().map(move |(i, name)| row(p, i, name)))
        .collect();
    Table::new(
        "policy|priority|calendar|first response #|next response #|resolution #|escalation #|first response by",
        rows,
    )
}

/// The CSAT proxy's coefficients.
pub(super) fn csat(model: &CsatModel) -> Table {
    let rows = [
        ("solved at once, no wait (intercept)", model.intercept),
        ("× ln(1 + minutes to the first human response)", model.wait),
        ("× agent exchanges beyond the first", model.exchange),
        ("if it was not solved", model.unsolved),
        ("if it was moved between teams", model.transfer),
        ("if it was reopened", model.reopened),
        ("if the bot solved it", model.bot),
        ("× failed attempts of the bot", model.failed_attempt),
    ];
    Table::new(
        "effect|log-odds #",
        rows.iter().map(|(name, x)| vec![(*name).to_owned(), format!("{x:+.2}").replace('-', "−")]).collect(),
    )
}

/// Agents of one team needed and staffed by half hour.
pub(super) fn staffing(rows: &[&StaffingRow]) -> Table {
    let cells = rows
        .iter()
        .filter(|r| r.entered > 0.0)
        .map(|r| {
            vec![
                Axis::minute_of_week(r.minute_of_week),
                format::number(r.entered),
                format::duration(r.work_s),
                format::number(r.needed),
                format::number(r.staffed),
                percent(r.occupancy),
                percent(r.service_level),
            ]
        })
        .collect();
    Table::new("from|entered #|work each #|needed #|staffed #|occupancy #|service level #", cells)
}

/// A value that may be missing, as a cell.
pub(super) fn cell(x: f64, unit: crate::measure::Unit) -> String {
    value(x, unit, "")
}
