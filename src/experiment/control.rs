//! Control variates: luck whose true mean is known before anything is run.

use crate::measure::{Collected, Control, Estimation, interval};
use crate::scenario::metric::MetricName;
use crate::scenario::plan::{Plan, Source};
use crate::traffic::synthetic;

/// Fewer replications than this leave too little to learn the controls' effect from.
const FEWEST: usize = 10;

/// What the controls gained for one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Metric.
    pub metric: String,
    /// Variance without / variance with the controls.
    pub gain: f64,
}

/// The controls a plan allows, with their values in the first `n` replications: how many
/// conversations came, and how much work a reply took. None if the plan does not ask for them, or too
/// little is known of their means.
pub fn controls(collected: &Collected<'_>, n: usize) -> Vec<Control> {
    let plan = collected.measures().plan();
    let units = if plan.antithetic { n / 2 } else { n };
    if !plan.control_variates || units < FEWEST {
        return Vec::new();
    }
    let mut controls = Vec::new();
    if let (Some(mean), Some(values)) = (expected_arrivals(plan), offered(collected, n)) {
        controls.push(Control { name: "conversations offered".to_owned(), values, mean });
    }
    if let (Some(mean), Some(values)) = (expected_work(plan), work(collected, n)) {
        controls.push(Control { name: "work per reply".to_owned(), values, mean });
    }
    controls
}

/// Conversations expected in the measured period; `None` where it is not known beforehand (recorded
/// sources, limits, random environments, customers who come back).
fn expected_arrivals(plan: &Plan) -> Option<f64> {
    if plan.customer.repeats > 0.0 {
        return None;
    }
    let from = plan.start + plan.warm_up;
    let of = |source: &Source| match source {
        Source::Synthetic(s) if s.max == u64::MAX && s.phases.is_empty() => match s.arrivals {
            crate::scenario::plan::Arrivals::Poisson { .. } => {
                Some(synthetic::Compiled::new(plan, s, from, plan.end).expected())
            }
            crate::scenario::plan::Arrivals::Renewal { .. } => None,
        },
        _ => None,
    };
    plan.sources.iter().map(of).sum()
}

fn offered(collected: &Collected<'_>, n: usize) -> Option<Vec<f64>> {
    let name = MetricName::parse("conversations.offered").ok()?;
    let values = collected.values_of(&name)?;
    Some(values.get(..n)?.iter().map(|v| v.numerator).collect())
}

/// Mean work of a reply, where it does not depend on what is asked and who answers.
fn expected_work(plan: &Plan) -> Option<f64> {
    let (first, rest) = plan.intents.split_first()?;
    let alike = rest.iter().all(|intent| intent.agent_work == first.agent_work);
    let plain = plan.teams.iter().all(|team| {
        team.agent_work.is_none()
            && team.work_factor == 1.0
            && team.proficiency.iter().all(|(_, p)| *p == 1.0)
    });
    (alike && plain).then(|| first.agent_work.mean())
}

fn work(collected: &Collected<'_>, n: usize) -> Option<Vec<f64>> {
    let drawn = collected.totals();
    let mean = |(sum, count): (f64, u64)| (count > 0).then(|| sum / count as f64);
    drawn.take(n).map(|totals| mean(totals.work_drawn)).collect()
}

/// What the controls gained, for the metrics of the goals and wishes.
pub(super) fn gains(collected: &Collected<'_>, estimation: &Estimation) -> Vec<Gain> {
    let plan = collected.measures().plan();
    if estimation.controls.is_empty() {
        return Vec::new();
    }
    let gain = |name: &MetricName| {
        let values = collected.values_of(name)?;
        let (_, gain) = interval(name, &values, plan.level, estimation)?;
        Some(Gain { metric: name.to_string(), gain: gain? })
    };
    collected.measures().wanted().filter_map(gain).collect()
}
