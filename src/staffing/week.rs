//! What one run's week needs: the formula asked for the demand that really came, so that two variants of
//! a desk can be set side by side replication by replication.

use super::Sizing;
use crate::facts::IntervalRow;
use crate::scenario::plan::Plan;
use crate::time::Span;
use jiff::Timestamp;

/// Width of a slot of the week, minutes.
const SLOT_MINUTES: i64 = 30;
const SLOTS: usize = (7 * 24 * 60 / SLOT_MINUTES) as usize;

/// The demand of one run, folded onto a civil week.
#[derive(Clone, Debug)]
pub struct WeekDemand {
    teams: Vec<TeamDemand>,
    weeks: f64,
}

#[derive(Clone, Debug)]
struct TeamDemand {
    entered: Vec<f64>,
    work_ms: i64,
}

/// Agents that a week's demand needs.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekNeeds {
    /// At work, all teams together, by half hour from Monday 00:00 on.
    pub on_duty: Vec<f64>,
    /// What those agents cost in the week, shrinkage included, in the scenario's currency.
    pub cost: f64,
}

impl WeekDemand {
    /// Nothing seen yet.
    pub fn new(plan: &Plan) -> WeekDemand {
        let team = TeamDemand { entered: vec![0.0; SLOTS], work_ms: 0 };
        let measured = (plan.end - plan.start).ms() - plan.warm_up.ms();
        let weeks = measured as f64 / Span::from_hours(7 * 24).ms() as f64;
        WeekDemand { teams: vec![team; plan.teams.len()], weeks: weeks.max(1.0) }
    }

    /// One more interval.
    pub fn add(&mut self, plan: &Plan, row: &IntervalRow) {
        let (true, Some(team)) = (row.measured, self.teams.get_mut(usize::from(row.team))) else { return };
        if row.entered > 0 {
            team.entered[slot_of_week(plan, row.at)] += f64::from(row.entered);
        }
        team.work_ms += row.work;
    }

    /// What it needs, by the staffing formula with the attention that was seen.
    pub fn needs(&self, plan: &Plan) -> WeekNeeds {
        let mut needs = WeekNeeds { on_duty: vec![0.0; SLOTS], cost: 0.0 };
        for (demand, team) in self.teams.iter().zip(&plan.teams) {
            let entered: f64 = demand.entered.iter().sum();
            if entered == 0.0 {
                continue;
            }
            let work_s = demand.work_ms as f64 / 1_000.0 / entered;
            let sizing = Sizing { work_s, ..Sizing::of_team(plan, team) };
            let arrivals: Vec<f64> = demand.entered.iter().map(|n| n / self.weeks).collect();
            let interval = Span::from_minutes(SLOT_MINUTES);
            for (slot, agents) in sizing.agents_by_interval(&arrivals, interval).into_iter().enumerate() {
                let Some((on_duty, rostered)) = agents else { continue };
                needs.on_duty[slot] += f64::from(on_duty);
                needs.cost += f64::from(rostered) * SLOT_MINUTES as f64 / 60.0 * team.cost_per_hour;
            }
        }
        needs
    }
}

fn slot_of_week(plan: &Plan, at: i64) -> usize {
    let civil = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(plan.zone.clone());
    let day = i64::from(civil.weekday().to_monday_zero_offset());
    let minute = day * 24 * 60 + i64::from(civil.hour()) * 60 + i64::from(civil.minute());
    (minute / SLOT_MINUTES) as usize % SLOTS
}

/// The slot in words: "Monday 10:00".
pub fn slot_name(slot: usize) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let minute = slot as i64 * SLOT_MINUTES;
    let day = DAYS[(minute / (24 * 60)) as usize % 7];
    format!("{day} {:02}:{:02}", minute / 60 % 24, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use std::path::Path;

    /// The classic half hour: 100 calls of 3 minutes in half an hour, 80 % within 20 s, need 14 agents
    /// (Erlang C, reference row `erlc-100per30-14`).
    const CLASSIC: &str = r#"
[scenario]
name = "classic"
timezone = "America/Bogota"
start = "2026-09-21"
duration = "14d"
replications = 1
seed = 1
[channel]
like = "whatsapp_cloud_api"
[[traffic]]
name = "all"
volume = { per_hour = 200 }
intents = { short = 1 }
[[intent]]
name = "short"
exchanges = 1
agent_work = "3m"
[[team]]
name = "frontline"
agents = 14
concurrency = 1
cost_per_hour = 10.0
shrinkage = "50%"
[service_level]
within = "20s"
target = "80%"
"#;

    #[test]
    fn the_classic_half_hour_needs_fourteen_at_its_own_time() {
        let loaded = scenario::parse(CLASSIC, "classic.toml", Path::new(""), &[]);
        let mut plan = loaded.unwrap_or_else(|faults| panic!("{faults:?}")).plan;
        plan.customer.patience = None;
        let mut demand = WeekDemand::new(&plan);
        // Tuesday 10:00 in Bogota in both weeks.
        for week in 0..2 {
            let at = plan.start.ms() + (week * 7 * 24 + 24 + 10) * 3_600_000;
            let row = IntervalRow { at, entered: 100, work: 100 * 180_000, measured: true, ..row() };
            demand.add(&plan, &row);
            demand.add(&plan, &IntervalRow { measured: false, ..row });
            demand.add(&plan, &IntervalRow { team: crate::facts::NONE, ..row });
        }
        let needs = demand.needs(&plan);
        let slot = needs.on_duty.iter().position(|n| *n > 0.0).unwrap();
        assert_eq!((slot_name(slot).as_str(), needs.on_duty[slot]), ("Tuesday 10:00", 14.0));
        // 28 are paid for each 14 at work; what is left in later slots costs, too.
        let paid: f64 = needs.on_duty.iter().map(|n| (n / 0.5).ceil() * 0.5 * 10.0).sum();
        assert!((needs.cost - paid).abs() < 1e-9);
        assert_eq!(WeekDemand::new(&plan).needs(&plan).cost, 0.0);
    }

    fn row() -> IntervalRow {
        IntervalRow {
            at: 0,
            team: 0,
            entered: 0,
            taken: 0,
            within: 0,
            abandoned: 0,
            replies: 0,
            work: 0,
            queue_area: 0,
            queue_max: 0,
            staffed: 0,
            busy: 0,
            paid: 0,
            open_area: 0,
            engaged: 0,
            backlog_area: 0,
            backlog: 0,
            with_bot: 0,
            measured: true,
        }
    }
}
