//! Variants beside a baseline on common random numbers: paired differences, in numbers and words.

use crate::measure::{Collected, Value, linearised};
use crate::scenario::metric::{Better, MetricName, Unit};
use crate::stats::{
    Interval, Moments, bonferroni_level, mean_interval, paired_difference, replications_to_reach,
};
use crate::time::Span;

/// A variant beside the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Name of the baseline.
    pub baseline: String,
    /// Name of the variant.
    pub variant: String,
    /// Metric by metric, in the summary's order.
    pub differences: Vec<Difference>,
}

/// A metric on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Metric with slice.
    pub metric: String,
    /// Unit.
    pub unit: Unit,
    /// Estimate of the baseline.
    pub baseline: f64,
    /// Estimate of the variant.
    pub variant: f64,
    /// Variant less baseline.
    pub difference: f64,
    /// Interval of the difference; all contrasts with the baseline hold together at the plan's level.
    pub ci: Option<[f64; 2]>,
    /// Level of this one interval (Bonferroni).
    pub level: f64,
    /// Correlation of the pairs: what common random numbers achieved.
    pub correlation: Option<f64>,
    /// What it means.
    pub finding: Finding,
    /// Replications beyond those run that would likely settle it.
    pub more_replications: Option<u32>,
    /// The same in one sentence.
    pub sentence: String,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Better, and not by luck.
    Better,
    /// Worse, and not by luck.
    Worse,
    /// Higher or lower, and not by luck, where neither is good or bad.
    Changed,
    /// No difference shown.
    NoneShown,
    /// The same in every replication.
    Same,
}

/// Compares each variant with the first of `sides` on the metrics they share. Replications with the
/// same number make a pair; a side with a single replication (an audit of what really happened) is
/// taken as a fixed number.
pub fn compare(sides: &[(&str, &Collected<'_>)]) -> Vec<Comparison> {
    let Some(((base_name, base), variants)) = sides.split_first() else { return Vec::new() };
    let level = bonferroni_level(base.measures().plan().level, variants.len());
    variants
        .iter()
        .map(|(name, variant)| Comparison {
            baseline: (*base_name).to_owned(),
            variant: (*name).to_owned(),
            differences: base
                .measures()
                .names()
                .filter_map(|metric| difference(metric, (base_name, base), (name, variant), level))
                .collect(),
        })
        .collect()
}

fn difference(
    metric: &MetricName,
    (base_name, base): (&str, &Collected<'_>),
    (name, variant): (&str, &Collected<'_>),
    level: f64,
) -> Option<Difference> {
    let pairs = base.measures().plan().antithetic && variant.measures().plan().antithetic;
    let one = side(metric, &base.values_of(metric)?, pairs)?;
    let two = side(metric, &variant.values_of(metric)?, pairs)?;
    let (interval, correlation, n) = contrast(&one, &two, level)?;
    let ci = interval.ends();
    let finding = finding(metric.metric.better(), &interval);
    let more_replications = match finding {
        Finding::NoneShown => replications_to_reach(
            n as u32,
            interval.half_width.unwrap_or(f64::INFINITY),
            interval.mean.abs(),
            level,
        )
        .map(|wanted| wanted.saturating_sub(n as u32).max(1) * if pairs { 2 } else { 1 }),
        _ => None,
    };
    let mut difference = Difference {
        metric: metric.to_string(),
        unit: metric.metric.unit,
        baseline: one.mean,
        variant: two.mean,
        difference: interval.mean,
        ci,
        level,
        correlation,
        finding,
        more_replications,
        sentence: String::new(),
    };
    difference.sentence = sentence(&difference, base_name, name);
    Some(difference)
}

/// One side: its estimate, and one number for each replication whose mean is that estimate.
struct Side {
    mean: f64,
    /// `None` where the replication had no data.
    numbers: Vec<Option<f64>>,
}

fn side(metric: &MetricName, values: &[Value], pairs: bool) -> Option<Side> {
    let numbers = linearised(metric, values, pairs);
    let present: Vec<f64> = numbers.iter().copied().flatten().collect();
    Some(Side { mean: Moments::of(&present).mean()?, numbers })
}

/// Interval of variant less baseline, correlation, and number of pairs.
fn contrast(one: &Side, two: &Side, level: f64) -> Option<(Interval, Option<f64>, usize)> {
    // What really happened is there once: it has no luck to pair with.
    if one.numbers.len() == 1 || two.numbers.len() == 1 {
        let many = if one.numbers.len() == 1 { two } else { one };
        let numbers: Vec<f64> = many.numbers.iter().copied().flatten().collect();
        let half_width = mean_interval(&numbers, level)?.half_width;
        return Some((Interval { mean: two.mean - one.mean, half_width }, None, numbers.len()));
    }
    let both = one.numbers.iter().zip(&two.numbers).filter_map(|(a, b)| a.zip(*b));
    let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
    let paired = paired_difference(&a, &b, level)?;
    Some((paired.interval, paired.correlation, paired.n))
}

fn finding(better: Better, difference: &Interval) -> Finding {
    let Some([low, high]) = difference.ends() else { return Finding::NoneShown };
    if low == 0.0 && high == 0.0 {
        return Finding::Same;
    }
    let direction = match (low > 0.0, high < 0.0) {
        (true, _) => Better::Higher,
        (_, true) => Better::Lower,
        _ => return Finding::NoneShown,
    };
    match better {
        Better::Neither => Finding::Changed,
        better if better == direction => Finding::Better,
        _ => Finding::Worse,
    }
}

/// `csat: B is better than A: 79.2 % against 74.1 %, 5.1 points more (3.9 to 6.3).`
fn sentence(d: &Difference, baseline: &str, variant: &str) -> String {
    let figures = format!("{} against {}", amount(d.unit, d.variant), amount(d.unit, d.baseline));
    let by = |ends: [f64; 2]| {
        let (size, [from, to]) =
            if d.difference < 0.0 { (-d.difference, [-ends[1], -ends[0]]) } else { (d.difference, ends) };
        let word = if d.difference < 0.0 { "less" } else { "more" };
        format!("{} {word} ({} to {})", distance(d.unit, size), distance(d.unit, from), distance(d.unit, to))
    };
    let metric = &d.metric;
    match (d.finding, d.ci) {
        (Finding::Same, _) => format!("{metric}: {variant} and {baseline} are the same in every replication"),
        (Finding::Better, Some(ends)) => {
            format!("{metric}: {variant} is better than {baseline}: {figures}, {}", by(ends))
        }
        (Finding::Worse, Some(ends)) => {
            format!("{metric}: {variant} is worse than {baseline}: {figures}, {}", by(ends))
        }
        (Finding::Changed, Some(ends)) => {
            format!("{metric}: {variant} differs from {baseline}: {figures}, {}", by(ends))
        }
        _ => {
            let settle = match d.more_replications {
                Some(more) => {
                    format!("about {more} more replications would settle a difference of this size")
                }
                None => "no practical number of replications would settle it".to_owned(),
            };
            format!("{metric}: no difference shown between {variant} and {baseline}: {figures}; {settle}")
        }
    }
}

/// A value in words.
fn amount(unit: Unit, x: f64) -> String {
    match unit {
        Unit::Share => format!("{:.1} %", 100.0 * x),
        _ => distance(unit, x),
    }
}

/// A difference in words; shares in points.
fn distance(unit: Unit, x: f64) -> String {
    match unit {
        Unit::S => Span::from_ms((x * 1_000.0) as i64).to_string(),
        Unit::Share => format!("{:.1} points", 100.0 * x),
        Unit::Count => format!("{x:.1}"),
        Unit::Number | Unit::Money => format!("{x:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval { mean: (low + high) / 2.0, half_width: Some((high - low) / 2.0) }
    }

    #[test]
    fn findings() {
        use Better::*;
        for (better, low, high, wanted) in [
            (Higher, 0.1, 0.3, Finding::Better),
            (Higher, -0.3, -0.1, Finding::Worse),
            (Lower, -0.3, -0.1, Finding::Better),
            (Lower, 0.1, 0.3, Finding::Worse),
            (Neither, 0.1, 0.3, Finding::Changed),
            (Higher, -0.1, 0.3, Finding::NoneShown),
            (Higher, 0.0, 0.0, Finding::Same),
        ] {
            assert_eq!(finding(better, &interval(low, high)), wanted, "{better:?} {low} {high}");
        }
        assert_eq!(finding(Higher, &Interval { mean: 1.0, half_width: None }), Finding::NoneShown);
    }

    #[test]
    fn sentences() {
        let mut d = Difference {
            metric: "csat".to_owned(),
            unit: Unit::Share,
            baseline: 0.741,
            variant: 0.792,
            difference: 0.051,
            ci: Some([0.039, 0.063]),
            level: 0.95,
            correlation: Some(0.8),
            finding: Finding::Better,
            more_replications: None,
            sentence: String::new(),
        };
        assert_eq!(
            sentence(&d, "today", "one more"),
            "csat: one more is better than today: 79.2 % against 74.1 %, 5.1 points more (3.9 points to 6.3 points)"
        );
        d = Difference {
            metric: "queue.wait.mean".to_owned(),
            unit: Unit::S,
            baseline: 125.0,
            variant: 95.0,
            difference: -30.0,
            ci: Some([-40.0, -20.0]),
            ..d
        };
        assert_eq!(
            sentence(&d, "a", "b"),
            "queue.wait.mean: b is better than a: 1m 35s against 2m 5s, 30s less (20s to 40s)"
        );
        d.finding = Finding::NoneShown;
        d.more_replications = Some(12);
        assert!(
            sentence(&d, "a", "b")
                .ends_with("about 12 more replications would settle a difference of this size")
        );
    }

    #[test]
    fn pairs_and_fixed_numbers() {
        let side = |numbers: &[Option<f64>]| {
            let present: Vec<f64> = numbers.iter().copied().flatten().collect();
            Side { mean: Moments::of(&present).mean().unwrap(), numbers: numbers.to_vec() }
        };
        let a = side(&[Some(1.0), Some(2.0), Some(3.0), None]);
        let b = side(&[Some(2.0), Some(3.0), Some(7.0), Some(9.0)]);
        let (difference, correlation, n) = contrast(&a, &b, 0.95).unwrap();
        // 1, 1, 4; the fourth has no partner.
        assert_eq!((difference.mean, n), (2.0, 3));
        assert!(correlation.unwrap() > 0.9);
        let observed = side(&[Some(5.0)]);
        let (difference, correlation, n) = contrast(&observed, &a, 0.95).unwrap();
        assert_eq!((difference.mean, correlation, n), (-3.0, None, 3));
        assert!(
            (difference.half_width.unwrap()
                - mean_interval(&[1.0, 2.0, 3.0], 0.95).unwrap().half_width.unwrap())
            .abs()
                < 1e-12
        );
    }
}
