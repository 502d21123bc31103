//! A team of a plan as the formulas see it.

use super::Sizing;
use crate::random::Distribution;
use crate::scenario::plan::{Abandoned, Arrivals, Intent, Plan, Source, Team};
use crate::stats::erlang::Convention;
use crate::stats::survival::Survival;

/// Above this occupancy people do not last; used where a scenario says nothing.
const OCCUPANCY_MAX: f64 = 0.85;

impl Sizing {
    /// The work of a team with the plan's service level. Means over the intents the team takes,
    /// weighted by how often they come; patience is that of the most frequent one.
    pub fn of_team(plan: &Plan, team: &Team) -> Sizing {
        let weights = intent_weights(plan, team);
        let mean = |of: &dyn Fn(&Intent) -> f64| -> f64 {
            plan.intents.iter().zip(&weights).map(|(intent, weight)| weight * of(intent)).sum()
        };
        let replies = mean(&|i| i.exchanges.mean().max(1.0));
        let per_reply_ms = |i: &Intent| team.agent_work.as_ref().unwrap_or(&i.agent_work).mean();
        let work_ms = mean(&|i| i.exchanges.mean().max(1.0) * per_reply_ms(i)) * team.work_factor;
        let wrap_up_ms = team.wrap_up.as_ref().map_or(0.0, Distribution::mean);
        let reply_delay_ms = mean(&|i| i.reply_delay.as_ref().unwrap_or(&plan.customer.reply_delay).mean());
        let most_frequent = plan.intents.iter().zip(&weights).max_by(|a, b| a.1.total_cmp(b.1));
        let patience = most_frequent
            .and_then(|(intent, _)| intent.patience.as_ref())
            .or(plan.customer.patience.as_ref())
            .map(|law| Survival::of(law).in_unit(0.001));
        let last_speed = team.efficiency.last().copied().unwrap_or(1.0);
        let speeds = (0..usize::from(team.concurrency.max(1)))
            .map(|i| team.efficiency.get(i).copied().unwrap_or(last_speed))
            .collect();
        Sizing {
            work_s: (work_ms + wrap_up_ms) / 1_000.0,
            replies,
            reply_delay_s: reply_delay_ms / 1_000.0,
            speeds,
            patience,
            target: plan.service_level.target,
            within_s: plan.service_level.within.seconds(),
            convention: match plan.service_level.abandoned {
                Abandoned::LeftOut => Convention::ShortAbandonsLeftOut,
                Abandoned::Failed => Convention::OfAll,
                Abandoned::ServedOnly => Convention::OfServed,
            },
            occupancy_max: OCCUPANCY_MAX,
            shrinkage: team.shrinkage,
        }
    }
}

/// Share of each intent among what the team takes; evenly if the sources do not say.
fn intent_weights(plan: &Plan, team: &Team) -> Vec<f64> {
    let mut weights = vec![0.0; plan.intents.len()];
    for source in &plan.sources {
        let (shares, rate) = match source {
            Source::Synthetic(s) => (&s.intents, mean_per_hour(&s.arrivals)),
            Source::Recorded(r) => (&r.intents, r.scale),
        };
        let mut before = 0.0;
        for (intent, cumulative) in shares.index.iter().zip(&shares.cumulative) {
            if let Some(weight) = weights.get_mut(usize::from(*intent)) {
                *weight += rate * (cumulative - before);
            }
            before = *cumulative;
        }
    }
    let takes = |i: usize| team.skills.is_empty() || team.skills.iter().any(|s| usize::from(*s) == i);
    let taken: f64 = (0..weights.len()).filter(|i| takes(*i)).map(|i| weights[i]).sum();
    let kinds = (0..weights.len()).filter(|i| takes(*i)).count();
    for (i, weight) in weights.iter_mut().enumerate() {
        *weight = match (takes(i), taken > 0.0) {
            (false, _) => 0.0,
            (true, true) => *weight / taken,
            (true, false) => 1.0 / kinds as f64,
        };
    }
    weights
}

fn mean_per_hour(arrivals: &Arrivals) -> f64 {
    match arrivals {
        Arrivals::Poisson { per_hour, .. } => per_hour.iter().sum::<f64>() / per_hour.len().max(1) as f64,
        Arrivals::Renewal { interval } => 3_600_000.0 / interval.mean().max(1.0),
    }
}
