//! Control variates: luck whose true mean is known before anything is run.

use crate::measure::{Collected, Control, Estimation, Gain, gain_of_pairs, interval};
use crate::scenario::metric::MetricName;
use crate::scenario::plan::{Arrivals, Plan, Source};
use crate::stats::Moments;
use crate::traffic::synthetic;

/// Fewer replications than this leave too little to learn the controls' effect from.
const FEWEST: usize = 10;

/// Metrics whose gain is told where no goal names any.
const USUAL: [&str; 4] =
    ["queue.wait_all.mean", "abandonment.rate", "sla.first_response.compliance", "agents.occupancy"];

/// The means that are known before anything is run.
pub(super) struct KnownMeans {
    arrivals: Option<f64>,
    work: Option<f64>,
}

impl KnownMeans {
    /// None if the plan does not ask for control variates.
    pub(super) fn of(plan: &Plan) -> KnownMeans {
        match plan.control_variates {
            true => KnownMeans { arrivals: expected_arrivals(plan), work: expected_work(plan) },
            false => KnownMeans { arrivals: None, work: None },
        }
    }

    /// The controls with their values in the first `n` replications: how many conversations came, and
    /// how much work a reply took.
    pub(super) fn controls(&self, collected: &Collected<'_>, n: usize) -> Vec<Control> {
        let units = if collected.measures().plan().antithetic { n / 2 } else { n };
        if units < FEWEST {
            return Vec::new();
        }
        let control =
            |name: &str, mean: Option<f64>, values: fn(&Collected<'_>, usize) -> Option<Vec<f64>>| {
                let (mean, values) = (mean?, values(collected, n)?);
                Some(Control { name: name.to_owned(), values, mean }).filter(plausible)
            };
        let arrivals = control("conversations offered", self.arrivals, offered);
        let work = control("work per reply", self.work, work);
        arrivals.into_iter().chain(work).collect()
    }
}

/// A control whose values lie far from their known mean is not what it is taken for: it would bias
/// every estimate. Beyond four standard errors it is left out.
fn plausible(control: &Control) -> bool {
    let moments = Moments::of(&control.values);
    let (Some(mean), Some(variance)) = (moments.mean(), moments.variance()) else { return false };
    let standard_error = libm::sqrt(variance / moments.n() as f64);
    (mean - control.mean).abs() <= 4.0 * standard_error
}

/// Conversations expected in the measured period; `None` where it is not known beforehand (recorded
/// sources, limits, random environments, customers who come back).
fn expected_arrivals(plan: &Plan) -> Option<f64> {
    if plan.customer.repeats > 0.0 {
        return None;
    }
    let from = plan.start + plan.warm_up;
    let of = |source: &Source| match source {
        Source::Synthetic(s)
            if s.max == u64::MAX && s.phases.is_empty() && matches!(s.arrivals, Arrivals::Poisson { .. }) =>
        {
            Some(synthetic::Compiled::new(plan, s, from, plan.end).expected())
        }
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
            && team.shifts.iter().flat_map(|shift| &shift.proficiency).all(|(_, p)| *p == 1.0)
    });
    (alike && plain).then(|| first.agent_work.mean())
}

fn work(collected: &Collected<'_>, n: usize) -> Option<Vec<f64>> {
    let drawn = collected.totals();
    let mean = |(sum, count): (f64, u64)| (count > 0).then(|| sum / count as f64);
    drawn.take(n).map(|totals| mean(totals.work_drawn)).collect()
}

/// What controls and pairs gained, for the metrics of goals and wishes, or the usual ones.
pub(super) fn gains(collected: &Collected<'_>, estimation: &Estimation) -> Vec<Gain> {
    if estimation.controls.is_empty() && !estimation.pairs {
        return Vec::new();
    }
    let level = collected.measures().plan().level;
    let gain = |name: &MetricName| {
        let values = collected.values_of(name)?;
        let (_, controls) = interval(name, &values, level, estimation)?;
        let pairs = if estimation.pairs { gain_of_pairs(name, &values) } else { None };
        (controls.is_some() || pairs.is_some()).then(|| Gain { metric: name.to_string(), controls, pairs })
    };
    let wanted: Vec<Gain> = collected.measures().wanted().filter_map(gain).collect();
    if !wanted.is_empty() {
        return wanted;
    }
    USUAL.iter().filter_map(|name| gain(&MetricName::parse(name).ok()?)).collect()
}
