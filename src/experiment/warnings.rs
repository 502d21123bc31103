//! What a reader of the numbers must be told before he believes them.

use super::run::Stop;
use super::warm_up::advise;
use crate::measure::{Collected, Summary};
use crate::stats::{mean_interval, paired_difference};

/// A share of tickets open at the end beyond which it is told.
const OPEN_SHARE: f64 = 0.001;
/// An occupancy beyond which a team has no slack at all.
const FULLY_BUSY: f64 = 0.995;

/// Warnings about a run: unstable queues, a start that is not steady, open tickets, limits, sketches,
/// a precision that was not reached.
pub fn warnings(collected: &Collected<'_>, summary: &Summary, stop: Stop) -> Vec<String> {
    let mut warnings = Vec::new();
    let n = collected.len();
    if n == 1 {
        warnings.push("A single replication has no interval: its numbers may be luck".to_owned());
    }
    if stop == Stop::CapReached {
        warnings.push(format!("The precision wished for was not reached within {n} replications"));
    }
    limits(collected, &mut warnings);
    unstable(collected, summary, &mut warnings);
    not_steady(collected, &mut warnings);
    open_tickets(summary, &mut warnings);
    if collected.is_sketched() {
        warnings.push(
            "More than a million rows in a replication: quantiles are within 0.1 % of the exact ones"
                .to_owned(),
        );
    }
    warnings
}

fn limits(collected: &Collected<'_>, warnings: &mut Vec<String>) {
    let hit: Vec<&str> = collected.totals().filter_map(|totals| totals.limit_reached).collect();
    if let Some(limit) = hit.first() {
        warnings.push(format!(
            "{} of {} replications ended at a limit of the run ({limit}): what came after is not in the figures",
            hit.len(),
            collected.len()
        ));
    }
}

/// The backlog of the last quarter of the run is clearly above that of the second, and much is left.
fn unstable(collected: &Collected<'_>, summary: &Summary, warnings: &mut Vec<String>) {
    for (name, estimate) in summary.metrics.iter().filter(|(name, _)| name.starts_with("agents.occupancy")) {
        if estimate.mean.is_some_and(|busy| busy >= FULLY_BUSY) {
            let who = match name.split_once("team=\"") {
                Some((_, team)) => format!("Team `{}`", team.trim_end_matches("\"}")),
                None => "The desk".to_owned(),
            };
            warnings.push(format!("{who} is busy all the time: its queue has no steady state"));
        }
    }
    let quarter = |series: &[f64], which: usize| {
        let length = series.len() / 4;
        let part = &series[which * length..(which + 1) * length];
        part.iter().sum::<f64>() / length.max(1) as f64
    };
    let backlogs = collected.backlogs();
    let early: Vec<f64> = backlogs.iter().map(|series| quarter(series, 1)).collect();
    let late: Vec<f64> = backlogs.iter().map(|series| quarter(series, 3)).collect();
    let Some(growth) = paired_difference(&early, &late, 0.99) else { return };
    let grows = growth.interval.ends().is_some_and(|[low, _]| low > 0.0);
    let mean = |name: &str| summary.metrics.get(name).and_then(|e| e.mean).unwrap_or(0.0);
    let before = mean_interval(&early, 0.99).map_or(0.0, |i| i.mean);
    let doubled = growth.interval.mean > before;
    if grows && doubled && mean("backlog.end") > 0.05 * mean("conversations.offered") {
        warnings
            .push("The backlog still grows at the end of the run: it may have no steady state".to_owned());
    }
}

/// Without a warm-up, and with a backlog that never empties, the start may still show.
fn not_steady(collected: &Collected<'_>, warnings: &mut Vec<String>) {
    let plan = collected.measures().plan();
    let backlogs = collected.backlogs();
    // A desk that empties starts anew each time: nothing to warm up.
    let empties = backlogs.iter().all(|series| {
        let highest = series.iter().copied().fold(0.0, f64::max);
        series.iter().skip(series.len() / 4).any(|backlog| *backlog <= 0.02 * highest)
    });
    if plan.warm_up.ms() > 0 || empties || backlogs.is_empty() {
        return;
    }
    let advice = advise(collected);
    if advice.too_short {
        warnings
            .push("The run is too short to tell whether its start still shows; make it longer".to_owned());
    } else if advice.warm_up.ms() > 0 {
        warnings
            .push(format!("The start of the run is not steady yet: try `warm_up = \"{}\"`", advice.warm_up));
    }
}

fn open_tickets(summary: &Summary, warnings: &mut Vec<String>) {
    let mean = |name: &str| summary.metrics.get(name).and_then(|e| e.mean).unwrap_or(0.0);
    let open = mean("conversations.open");
    if open >= 1.0 && open > OPEN_SHARE * mean("conversations.offered") {
        warnings.push(format!(
            "{open:.0} conversations of a replication are still open when the run ends; their resolution is not in the figures"
        ));
    }
}
