//! The formula as the report asks for it.

use super::Sizing;
use crate::measure::Demand;
use crate::scenario::plan::Plan;

/// Agents needed at work in each interval of a demand's week; NaN where no number is enough. For
/// [`crate::measure::Collected::pictures`].
pub fn formula(plan: &Plan) -> impl Fn(&Demand<'_>) -> Vec<f64> {
    let of = |team| Sizing::of_team(plan, team);
    let sizings: Vec<(String, Sizing)> = plan.teams.iter().map(|t| (t.name.clone(), of(t))).collect();
    move |demand| {
        let Some((_, sizing)) = sizings.iter().find(|(team, _)| *team == demand.team.name) else {
            return Vec::new();
        };
        // What was seen in the run is nearer to the truth than what the scenario's laws promise.
        let sizing = Sizing { work_s: demand.work_s, ..sizing.clone() };
        let needed = sizing.needed_by_interval(demand.entered, demand.interval);
        needed.into_iter().map(|n| n.map_or(f64::NAN, |n| f64::from(n.on_duty))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::time::Span;
    use std::path::Path;

    /// The classic half hour as a scenario: 200 an hour, 3 minutes each, 80 % in 20 seconds, and long
    /// conversations beside it.
    const CLASSIC: &str = r#"
[scenario]
name = "classic"
timezone = "UTC"
start = "2026-09-21"
duration = "7d"
replications = 1
seed = 1

[channel]
like = "whatsapp_cloud_api"

[[traffic]]
name = "all"
volume = { per_hour = 200 }
intents = { short = 0.75, long = 0.25 }

[[intent]]
name = "short"
exchanges = 1
agent_work = "3m"

[[intent]]
name = "long"
exchanges = 4
agent_work = "15m"

[customer]
reply_delay = { exponential = { mean = "10m" } }

[[team]]
name = "frontline"
skills = ["short"]
agents = 14
concurrency = 1

[[team]]
name = "experts"
skills = ["long"]
agents = 14
concurrency = 3
efficiency = [1.0, 0.9, 0.8]
shrinkage = "20%"

[service_level]
within = "20s"
target = "80%"
"#;

    fn plan() -> Plan {
        let loaded = scenario::parse(CLASSIC, "classic.toml", Path::new(""), &[]);
        let mut plan = loaded.unwrap_or_else(|faults| panic!("{faults:?}")).plan;
        plan.customer.patience = None;
        plan
    }

    #[test]
    fn a_team_is_sized_by_its_own_intents() {
        let plan = plan();
        let frontline = Sizing::of_team(&plan, &plan.teams[0]);
        assert_eq!((frontline.work_s, frontline.replies), (180.0, 1.0));
        assert_eq!((frontline.target, frontline.within_s), (0.8, 20.0));
        let experts = Sizing::of_team(&plan, &plan.teams[1]);
        assert_eq!((experts.work_s, experts.replies, experts.reply_delay_s), (3600.0, 4.0, 600.0));
        assert_eq!((experts.speeds.as_slice(), experts.shrinkage), ([1.0, 0.9, 0.8].as_slice(), 0.2));
    }

    /// Erlang C: 14 agents for the classic half hour (reference row `erlc-100per30-14`).
    #[test]
    fn a_demand_is_answered() {
        let plan = plan();
        let demand = |team: usize, entered: &[f64], work_s: f64| {
            formula(&plan)(&Demand {
                team: &plan.teams[team],
                entered,
                interval: Span::from_minutes(30),
                work_s,
                service_level: plan.service_level,
            })
        };
        assert_eq!(demand(0, &[100.0; 4], 180.0), [14.0; 4]);
        assert_eq!(demand(0, &[0.0; 2], 180.0), [0.0; 2]);
        assert!(demand(0, &[1e9], 180.0)[0].is_nan());
        // What comes in one hour is still there in the next.
        let mut week = [0.0; 336];
        week[18..20].fill(10.0);
        let needed = demand(1, &week, 3600.0);
        assert!(needed[18] < needed[19] && needed[20] > 0.0, "{:?}", &needed[16..24]);
        assert_eq!(needed[17], 0.0);
    }
}
