//! A summary beside an earlier one: what has become worse, and not by luck.

use crate::measure::{Estimate, Summary, Unit};
use crate::scenario::metric::{Better, MetricName};
use crate::stats::{Interval, bonferroni_level, difference_of_means, mean_interval, paired_difference};
use std::collections::BTreeSet;

/// Metrics that are always looked at, beside those of the goals.
const HEADLINE: [&str; 11] = [
    "bot.resolution_rate",
    "first_response.p90",
    "sla.first_response.compliance",
    "sla.next_response.compliance",
    "sla.resolution.compliance",
    "service_level",
    "abandonment.rate",
    "queue.wait_all.mean",
    "resolution.p90",
    "csat",
    "cost.per_conversation",
];

/// How a metric has changed since the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Metric with slice.
    pub metric: String,
    /// Unit.
    pub unit: Unit,
    /// Then.
    pub before: f64,
    /// Now.
    pub now: f64,
    /// Interval of the change; all changes hold together at the wanted level (Bonferroni).
    pub ci: Option<[f64; 2]>,
    /// The replications of both were pairs: the same seed, the same customers.
    pub paired: bool,
    /// Worse, not by luck, and by more than is tolerated.
    pub regressed: bool,
}

/// Compares the metrics of the goals and the headline of a summary with those of an earlier one, where
/// both have them and one way is good. A change is a regression where its whole interval lies on the bad
/// side and its size is above `tolerance`, a share of the earlier value.
pub fn changes(baseline: &Summary, now: &Summary, level: f64, tolerance: f64) -> Vec<Change> {
    let goals = now.goals.iter().map(|goal| goal.metric.as_str());
    let names: BTreeSet<&str> = goals.chain(HEADLINE).collect();
    let judged: Vec<(&str, MetricName, &Estimate, &Estimate)> = names
        .into_iter()
        .filter_map(|text| {
            let name = MetricName::parse(text).ok()?;
            let (one, two) = (baseline.metrics.get(text)?, now.metrics.get(text)?);
            (name.metric.better() != Better::Neither && one.mean.is_some() && two.mean.is_some())
                .then_some((text, name, one, two))
        })
        .collect();
    let level = bonferroni_level(level, judged.len());
    let size = |summary: &Summary| if summary.method.antithetic { 2 } else { 1 };
    // The same customers came to both: what differs is the desk.
    let paired = baseline.seed == now.seed && baseline.origin == now.origin && size(baseline) == size(now);
    judged
        .into_iter()
        .filter_map(|(metric, name, one, two)| {
            let before = units(one, size(baseline));
            let after = units(two, size(now));
            let (change, paired) = contrast(&before, &after, level, paired)?;
            let (before, now) = (one.mean?, two.mean?);
            let worse = change.ends().is_some_and(|[low, high]| match name.metric.better() {
                Better::Higher => high < 0.0,
                Better::Lower => low > 0.0,
                Better::Neither => false,
            });
            Some(Change {
                metric: metric.to_owned(),
                unit: name.metric.unit,
                before,
                now,
                ci: change.ends(),
                paired,
                regressed: worse && change.mean.abs() > tolerance * before.abs(),
            })
        })
        .collect()
}

/// One number for each unit of analysis; `None` where a replication had no data.
fn units(estimate: &Estimate, size: usize) -> Vec<Option<f64>> {
    let mean = |unit: &[Option<f64>]| {
        let present: Vec<f64> = unit.iter().copied().flatten().collect();
        (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
    };
    estimate.per_replication.chunks(size).map(mean).collect()
}

fn contrast(
    before: &[Option<f64>],
    after: &[Option<f64>],
    level: f64,
    paired: bool,
) -> Option<(Interval, bool)> {
    let present = |values: &[Option<f64>]| values.iter().copied().flatten().collect::<Vec<f64>>();
    if paired {
        let (a, b): (Vec<f64>, Vec<f64>) = before.iter().zip(after).filter_map(|(a, b)| a.zip(*b)).unzip();
        if a.len() > 1 {
            return Some((paired_difference(&a, &b, level)?.interval, true));
        }
    }
    let (before, after) = (present(before), present(after));
    // What really happened is there once: it is taken as it is.
    let change = match (before.as_slice(), after.as_slice()) {
        ([one], many) => shift(mean_interval(many, level)?, -one, 1.0),
        (many, [one]) => shift(mean_interval(many, level)?, *one, -1.0),
        (one, two) => difference_of_means(one, two, level)?,
    };
    Some((change, false))
}

/// `by + sign * interval`.
fn shift(interval: Interval, by: f64, sign: f64) -> Interval {
    Interval { mean: by + sign * interval.mean, half_width: interval.half_width }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(values: &[f64]) -> Estimate {
        Estimate {
            unit: Unit::S,
            mean: Some(values.iter().sum::<f64>() / values.len() as f64),
            ci: None,
            level: 0.95,
            n: 1,
            per_replication: values.iter().copied().map(Some).collect(),
        }
    }

    fn summary(seed: u64, wait: &[f64], csat: &[f64]) -> Summary {
        let metrics = [("queue.wait_all.mean", wait), ("csat", csat)];
        Summary {
            schema: 1,
            scenario: "x".to_owned(),
            seed,
            replications: wait.len() as u32,
            origin: "simulated".to_owned(),
            currency: "USD".to_owned(),
            service_level: crate::measure::ServiceLevelRule {
                within_s: 30.0,
                target: 0.8,
                abandoned: "failed".to_owned(),
            },
            method: Default::default(),
            metrics: metrics.iter().map(|(name, values)| ((*name).to_owned(), estimate(values))).collect(),
            goals: Vec::new(),
            rules: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn regressed(before: &Summary, now: &Summary, tolerance: f64) -> Vec<String> {
        let all = changes(before, now, 0.95, tolerance);
        all.into_iter().filter(|change| change.regressed).map(|change| change.metric).collect()
    }

    #[test]
    fn pairs_find_what_two_samples_do_not() {
        // Two seconds more in every replication, and days that differ by far more than that.
        let before = summary(1, &[10.0, 60.0, 35.0, 80.0], &[0.8, 0.7, 0.75, 0.7]);
        let after = |seed| summary(seed, &[12.0, 62.1, 37.0, 82.0], &[0.8, 0.7, 0.75, 0.7]);
        assert_eq!(regressed(&before, &after(1), 0.0), ["queue.wait_all.mean"]);
        assert_eq!(regressed(&before, &after(2), 0.0), Vec::<String>::new());
        assert!(changes(&before, &after(1), 0.95, 0.0).iter().all(|change| change.paired));
        assert!(changes(&before, &after(2), 0.95, 0.0).iter().all(|change| !change.paired));
    }

    #[test]
    fn better_is_no_regression_and_little_may_be_tolerated() {
        let before = summary(1, &[10.0, 20.0, 30.0], &[0.80, 0.81, 0.82]);
        let better = summary(1, &[9.0, 19.1, 29.0], &[0.90, 0.91, 0.92]);
        assert_eq!(regressed(&before, &better, 0.0), Vec::<String>::new());
        assert_eq!(regressed(&better, &before, 0.0), ["csat", "queue.wait_all.mean"]);
        assert_eq!(regressed(&better, &before, 0.08), ["csat"]);
        // The same in every replication: no change at all.
        assert_eq!(regressed(&before, &before, 0.0), Vec::<String>::new());
    }

    #[test]
    fn what_really_happened_is_a_fixed_number() {
        let mut observed = summary(1, &[10.0], &[0.8]);
        observed.origin = "observed".to_owned();
        let now = summary(1, &[20.0, 20.1, 19.9], &[0.8, 0.81, 0.79]);
        assert_eq!(regressed(&observed, &now, 0.0), ["queue.wait_all.mean"]);
    }
}
