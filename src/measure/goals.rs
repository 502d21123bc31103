//! Goals judged by intervals, not by points.

use super::{Estimate, GoalResult, Verdict};
use crate::scenario::metric::{MetricName, Unit};
use crate::scenario::plan::{Comparison, Goal, Plan};
use crate::stats::replications_to_reach;
use std::collections::BTreeMap;

/// Judges a plan's goals by the estimates; `size` replications make a unit of analysis.
pub(super) fn judge(
    plan: &Plan,
    metrics: &BTreeMap<String, Estimate>,
    origin: &str,
    size: u32,
) -> Vec<GoalResult> {
    let observed = origin == "observed";
    plan.goals
        .iter()
        .map(|goal| {
            let name = MetricName::parse(&goal.metric).ok();
            let canonical = name.as_ref().map_or_else(|| goal.metric.clone(), MetricName::to_string);
            let estimate = metrics.get(&canonical);
            let (mean, ci) = (estimate.and_then(|e| e.mean), estimate.and_then(|e| e.ci));
            let verdict = verdict(goal.comparison, goal.limit, mean, ci, observed);
            GoalResult {
                goal: goal.text.clone(),
                limit: goal.limit,
                unit: name.map_or(Unit::Number, |n| n.metric.unit),
                mean,
                ci,
                verdict,
                more_replications: match verdict {
                    Verdict::Undecided => estimate.and_then(|e| more_replications(goal, e, size)),
                    _ => None,
                },
                metric: canonical,
            }
        })
        .collect()
}

/// Met or missed if the whole interval lies on one side of the limit. What was really observed needs
/// no interval: it is what happened.
pub fn verdict(
    comparison: Comparison,
    limit: f64,
    mean: Option<f64>,
    ci: Option<[f64; 2]>,
    observed: bool,
) -> Verdict {
    let Some(mean) = mean else { return Verdict::NoData };
    let holds = |x: f64| match comparison {
        Comparison::AtLeast => x >= limit,
        Comparison::AtMost => x <= limit,
        Comparison::Above => x > limit,
        Comparison::Below => x < limit,
    };
    let [low, high] = match ci {
        Some(ends) => ends,
        None if observed => [mean, mean],
        None => return Verdict::Undecided,
    };
    match (holds(low), holds(high)) {
        (true, true) => Verdict::Met,
        (false, false) => Verdict::Missed,
        _ => Verdict::Undecided,
    }
}

/// Replications beyond those run that would likely bring the interval clear of the limit. `None` if
/// the mean is so near that a million would not do, or nothing is known of the spread.
fn more_replications(goal: &Goal, estimate: &Estimate, size: u32) -> Option<u32> {
    let n = estimate.per_replication.iter().flatten().count() as u32 / size;
    let distance = (estimate.mean? - goal.limit).abs();
    let wanted = replications_to_reach(n, estimate.half_width()?, distance, estimate.level)?;
    Some(size * wanted.saturating_sub(n).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Comparison::*;
    use Verdict::*;

    #[test]
    fn the_whole_interval_decides() {
        for (comparison, ends, verdict_wanted) in [
            (AtLeast, [0.90, 0.94], Met),
            (Above, [0.90, 0.94], Undecided),
            (AtLeast, [0.85, 0.89], Missed),
            (AtLeast, [0.85, 0.95], Undecided),
            (AtMost, [0.85, 0.90], Met),
            (Below, [0.85, 0.90], Undecided),
            (AtMost, [0.91, 0.95], Missed),
            (Below, [0.90, 0.95], Missed),
            (AtLeast, [0.90, 0.90], Met),
        ] {
            let got = verdict(comparison, 0.9, Some((ends[0] + ends[1]) / 2.0), Some(ends), false);
            assert_eq!(got, verdict_wanted, "{comparison:?} {ends:?}");
        }
    }

    #[test]
    fn without_interval_only_what_happened_is_certain() {
        assert_eq!(verdict(AtLeast, 0.9, Some(0.95), None, false), Undecided);
        assert_eq!(verdict(AtLeast, 0.9, Some(0.95), None, true), Met);
        assert_eq!(verdict(AtLeast, 0.9, Some(0.85), None, true), Missed);
        assert_eq!(verdict(AtLeast, 0.9, None, None, true), NoData);
    }
}
