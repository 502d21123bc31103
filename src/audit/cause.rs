//! Why a recorded clock breached: where most of its time went, as far as the log, the scenario's shifts
//! and its calendars tell.

use crate::desk::{Duty, duty_changes};
use crate::facts::Cause;
use crate::scenario::plan::Plan;
use crate::sla::{ClockRecord, Policies};
use crate::time::{Instant, Span};
use crate::traffic::log::{Event, Kind, Role};

/// When somebody was on shift, by the scenario.
pub(super) struct Staffed(Vec<(Instant, Instant)>);

impl Staffed {
    /// The shifts of all teams between two instants, joined.
    pub fn of(plan: &Plan, from: Instant, to: Instant) -> Staffed {
        let mut changes: Vec<(Instant, i64)> = Vec::new();
        for shift in plan.teams.iter().flat_map(|team| &team.shifts).filter(|shift| shift.agents > 0) {
            let mut on = false;
            for change in duty_changes(plan, shift, true, from, to) {
                let now = change.to == Duty::On;
                if now != on {
                    changes.push((change.at, if now { 1 } else { -1 }));
                    on = now;
                }
            }
            if on {
                changes.push((to, -1));
            }
        }
        // Who comes at the instant at which another goes leaves no gap.
        changes.sort_by_key(|&(at, by)| (at, -by));
        let mut periods = Vec::new();
        let (mut there, mut since) = (0, from);
        for (at, by) in changes {
            if there == 0 && by > 0 {
                since = at;
            }
            there += by;
            if there == 0 {
                periods.push((since, at));
            }
        }
        Staffed(periods)
    }

    fn between(&self, from: Instant, to: Instant) -> Span {
        let first = self.0.partition_point(|&(_, end)| end <= from);
        let within = self.0[first..].iter().take_while(|(start, _)| *start < to);
        within.map(|&(start, end)| end.min(to) - start.max(from)).sum()
    }
}

/// What took most of a breached clock's time. `handed_off` is when the bot's part ended, if there was one.
pub(super) fn cause(
    record: &ClockRecord,
    events: &[Event],
    until: Instant,
    handed_off: Option<Instant>,
    staffed: &Staffed,
    policies: &Policies,
    is_team: impl Fn(&str) -> bool,
) -> Cause {
    if !record.breached {
        return Cause::None;
    }
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| event.at);
    let end = record.ended.min(until);
    let calendar = policies.calendar(policies.calendar_of(Some(record.policy)));
    let mut spent = [Span::ZERO; 7];
    let (mut customer_waits, mut assigned) = (true, false);
    let mut since = record.started;
    let mut spend = |to: Instant, customer_waits: bool, assigned: bool| {
        let to = to.min(end);
        if to <= since {
            return;
        }
        let (from, handed) = (since, handed_off.unwrap_or(Instant(i64::MIN)));
        since = to;
        let with_bot = (handed.min(to) - from.min(handed)).max(Span::ZERO);
        spent[Cause::BotTime as usize] += with_bot;
        let from = from + with_bot;
        let all = to - from;
        if !customer_waits {
            spent[Cause::CustomerSilent as usize] += all;
        } else if assigned {
            spent[Cause::Handling as usize] += all;
        } else {
            let nobody = all - staffed.between(from, to);
            let closed = calendar.map_or(Span::ZERO, |calendar| all - calendar.business_between(from, to));
            let outside = closed.min(nobody);
            spent[Cause::AtCapacity as usize] += all - nobody;
            spent[Cause::OutsideHours as usize] += outside;
            spent[Cause::NobodyOnShift as usize] += nobody - outside;
        }
    };
    for event in events {
        spend(event.at, customer_waits, assigned);
        match (event.kind, event.from) {
            (Kind::Message, Role::Customer) => customer_waits = true,
            (Kind::Message, Role::Agent) => (customer_waits, assigned) = (false, true),
            (Kind::Assign, role) => {
                assigned = role != Role::Bot && !is_team(event.value.as_deref().unwrap_or(""));
            }
            _ => {}
        }
    }
    spend(end, customer_waits, assigned);
    const CAUSES: [Cause; 6] = [
        Cause::AtCapacity,
        Cause::NobodyOnShift,
        Cause::OutsideHours,
        Cause::BotTime,
        Cause::Handling,
        Cause::CustomerSilent,
    ];
    CAUSES.into_iter().rev().max_by_key(|cause| spent[*cause as usize]).unwrap_or(Cause::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::plan::{ClockKind, ClockSwitches, Policy};
    use crate::time::Calendar;
    use crate::traffic::log::Precision;

    fn minute(n: i64) -> Instant {
        Instant(0) + Span::from_minutes(n)
    }

    fn event(at: i64, kind: Kind, from: Role) -> Event {
        Event {
            conversation: "1".to_owned(),
            at: minute(at),
            kind,
            from,
            actor: String::new(),
            text: None,
            media: None,
            value: None,
            precision: Precision::Second,
            origin: String::new(),
        }
    }

    /// A clock from minute 0 to 100 with these events; somebody is there from minute 50 on.
    fn why(events: &[Event], handed_off: Option<Instant>) -> Cause {
        let policy = Policy { first_response: vec![Some(Span::from_minutes(1))], ..Policy::default() };
        let policies =
            Policies::compile(&[policy], &[Calendar::always()], &ClockSwitches::default()).ok().unwrap();
        let record = ClockRecord {
            kind: ClockKind::Resolution,
            policy: 0,
            priority: 0,
            started: minute(0),
            due: minute(1),
            ended: minute(100),
            paused: Span::ZERO,
            used: Span::from_minutes(100),
            target: Span::from_minutes(1),
            breached: true,
        };
        let staffed = Staffed(vec![(minute(50), minute(200))]);
        cause(&record, events, minute(500), handed_off, &staffed, &policies, |_| false)
    }

    #[test]
    fn where_the_time_went() {
        let wrote = |at| event(at, Kind::Message, Role::Customer);
        let answered = |at| event(at, Kind::Message, Role::Agent);
        let assigned = |at| event(at, Kind::Assign, Role::System);
        assert_eq!(why(&[wrote(0), answered(60), wrote(61), answered(100)], None), Cause::NobodyOnShift);
        assert_eq!(why(&[wrote(0), answered(100)], Some(minute(80))), Cause::BotTime);
        assert_eq!(why(&[wrote(0), answered(5), wrote(70), answered(100)], None), Cause::CustomerSilent);
        assert_eq!(why(&[wrote(0), assigned(10), answered(100)], None), Cause::Handling);
        assert_eq!(why(&[wrote(0), assigned(100)], Some(minute(45))), Cause::AtCapacity);
    }
}
