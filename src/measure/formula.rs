//! The arithmetic behind the names: one line for each metric of the catalogue.

use super::sums::{ClockSums, MONEY_UNITS, QueueSums, SATISFIED_UNITS, Sums};
use crate::facts::{HandOff, Outcome};
use crate::scenario::plan::{Abandoned, ClockKind};

/// A metric in one replication: numerator and denominator (1 for totals), and how many observations
/// stand behind it. A denominator of 0 means: no data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Value {
    /// Numerator, or the value itself.
    pub numerator: f64,
    /// Denominator.
    pub denominator: f64,
    /// Rows behind it.
    pub n: u64,
}

impl Value {
    /// The metric; `None` without data.
    pub fn get(&self) -> Option<f64> {
        (self.denominator != 0.0).then(|| self.numerator / self.denominator)
    }

    /// One number.
    pub(super) fn total(value: f64, n: u64) -> Value {
        Value { numerator: value, denominator: 1.0, n }
    }

    fn count(n: u64) -> Value {
        Value::total(n as f64, n)
    }

    fn share(part: u64, of: u64) -> Value {
        Value { numerator: part as f64, denominator: of as f64, n: of }
    }

    /// A quantity for each of `n` rows.
    fn each(sum: f64, n: u64) -> Value {
        Value { numerator: sum, denominator: n as f64, n }
    }

    /// Seconds for each of `n` rows.
    pub(super) fn seconds_each(sum_ms: f64, n: u64) -> Value {
        Value::each(sum_ms / MS, n)
    }

    /// A time by another time; `n` stands for nothing that could be counted.
    fn times(numerator_ms: i64, denominator_ms: i64) -> Value {
        Value {
            numerator: numerator_ms as f64 / MS,
            denominator: denominator_ms as f64 / MS,
            n: u64::from(denominator_ms > 0),
        }
    }
}

const MS: f64 = 1_000.0;
const MS_PER_HOUR: f64 = 3_600_000.0;

/// What a metric is made of.
#[derive(Clone, Copy)]
pub(super) enum Formula {
    /// From sums.
    Sums(fn(&Sums) -> Value),
    /// The service level, by the plan's convention.
    ServiceLevel,
    /// From kept durations.
    Durations(&'static [Kept]),
}

/// The durations that are kept for their quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub(super) enum Kept {
    /// A person's first reply that is the first response, too.
    FirstByPerson = 0,
    /// A first response that is no person's.
    FirstByBot = 1,
    /// A person's first reply after such a one.
    PersonAfterBot = 2,
    NextResponse = 3,
    Resolution = 4,
    WaitServed = 5,
    WaitLeft = 6,
}

/// Number of values of [`Kept`].
pub(super) const KEPT: usize = 7;
/// What makes up the first responses.
pub(super) const FIRST_RESPONSE: &[Kept] = &[Kept::FirstByPerson, Kept::FirstByBot];

/// Answered within the target / the denominator that the convention says.
pub(super) fn service_level(queue: &QueueSums, convention: Abandoned) -> Value {
    // Whoever still waits, and not yet too long, may still be answered in time: he counts nowhere.
    let waiting_late = queue.waiting - queue.waiting_within;
    let of = match convention {
        Abandoned::LeftOut => queue.taken + (queue.abandoned - queue.abandoned_within) + waiting_late,
        Abandoned::Failed => queue.taken + queue.abandoned + queue.blocked + queue.balked + waiting_late,
        Abandoned::ServedOnly => queue.taken,
    };
    Value::share(queue.taken_within, of)
}

fn compliance<const CLOCK: usize>(s: &Sums) -> Value {
    let ClockSums { counted, breached, .. } = s.clocks[CLOCK];
    Value::share(counted - breached, counted)
}
fn breaches<const CLOCK: usize>(s: &Sums) -> Value {
    Value::count(s.clocks[CLOCK].breached)
}
fn used<const CLOCK: usize>(s: &Sums) -> Value {
    Value::seconds_each(s.clocks[CLOCK].used_ms as f64, s.clocks[CLOCK].ended)
}
fn handed<const REASON: usize>(s: &Sums) -> Value {
    Value::count(s.conversations.handed[REASON])
}
fn ended_as<const OUTCOME: usize>(s: &Sums) -> Value {
    Value::count(s.conversations.outcomes[OUTCOME])
}

const FIRST: usize = ClockKind::FirstResponse as usize;
const NEXT: usize = ClockKind::NextResponse as usize;
const RESOLUTION: usize = ClockKind::Resolution as usize;
const ESCALATION: usize = ClockKind::Escalation as usize;
const UPDATE: usize = ClockKind::Update as usize;
const REQUESTER: usize = ClockKind::RequesterWait as usize;
const ASSIGNMENT: usize = ClockKind::Assignment as usize;

/// The formula of a metric; every name of the catalogue has one.
#[rustfmt::skip]
pub(super) fn formula(name: &str) -> Option<Formula> {
    use Formula::{Durations, ServiceLevel};
    let sums: fn(&Sums) -> Value = match name {
        "conversations.offered" => |s| Value::count(s.conversations.offered),
        "conversations.bot_solved" => ended_as::<{ Outcome::BotSolved as usize }>,
        "conversations.agent_solved" => ended_as::<{ Outcome::AgentSolved as usize }>,
        "conversations.abandoned" => ended_as::<{ Outcome::Abandoned as usize }>,
        "conversations.left_bot" => ended_as::<{ Outcome::LeftBot as usize }>,
        "conversations.left_agent" => ended_as::<{ Outcome::LeftAgent as usize }>,
        "conversations.open" => ended_as::<{ Outcome::Open as usize }>,
        "conversations.solved_rate" => |s| Value::share(s.conversations.solved(), s.conversations.over()),
        "conversations.repeat_rate" => |s| Value::share(s.conversations.repeats, s.conversations.offered),
        "conversations.reopen_rate" => |s| Value::share(s.conversations.reopened, s.conversations.offered),
        "conversations.transfer_rate" => |s| Value::share(s.conversations.transferred, s.conversations.offered),

        "bot.seen" => |s| Value::count(s.conversations.seen),
        "bot.resolution_rate" => |s| {
            let kept = s.conversations.outcome(Outcome::BotSolved) - s.conversations.taken_back;
            Value::share(kept, s.conversations.seen)
        },
        "bot.containment_rate" => |s| Value::share(s.conversations.contained, s.conversations.seen),
        "bot.handoff_rate" => |s| Value::share(s.conversations.handed_off(), s.conversations.seen),
        "bot.handoff.keyword" => handed::<{ HandOff::Keyword as usize }>,
        "bot.handoff.attempts" => handed::<{ HandOff::Attempts as usize }>,
        "bot.handoff.time_limit" => handed::<{ HandOff::TimeLimit as usize }>,
        "bot.handoff.asked_for_person" => handed::<{ HandOff::AskedForPerson as usize }>,
        "bot.handoff.media" => handed::<{ HandOff::Media as usize }>,
        "bot.handoff.rule" => handed::<{ HandOff::Rule as usize }>,
        "bot.handoff.outage" => handed::<{ HandOff::Outage as usize }>,
        "bot.handoff.flow" => handed::<{ HandOff::Flow as usize }>,
        "bot.taken_back_rate" => |s| Value::share(s.conversations.taken_back, s.conversations.outcome(Outcome::BotSolved)),
        "bot.time" => |s| Value::seconds_each(s.conversations.bot_time_ms as f64, s.conversations.seen),
        "bot.failed_attempts" => |s| Value::each(s.conversations.failed_attempts as f64, s.conversations.seen),

        "first_response" => return Some(Durations(FIRST_RESPONSE)),
        "first_human_response" => return Some(Durations(&[Kept::FirstByPerson, Kept::PersonAfterBot])),
        "next_response" => return Some(Durations(&[Kept::NextResponse])),
        "resolution" => return Some(Durations(&[Kept::Resolution])),

        "queue.entered" => |s| Value::count(s.queue.entered()),
        "queue.abandoned" => |s| Value::count(s.queue.abandoned),
        "queue.wait" => return Some(Durations(&[Kept::WaitServed])),
        "queue.wait_all" => return Some(Durations(&[Kept::WaitServed, Kept::WaitLeft])),
        "queue.waited_share" => |s| Value::share(s.queue.waited, s.queue.entered()),
        "queue.blocked_rate" => |s| Value::share(s.queue.blocked, s.queue.arrived()),
        "queue.balked_rate" => |s| Value::share(s.queue.balked, s.queue.arrived()),
        "service_level" => return Some(ServiceLevel),
        "abandonment.rate" => |s| Value::share(s.queue.abandoned, s.queue.entered()),
        "queue.length" => |s| Value::times(s.desk.queue_area_ms, s.whole.period_ms),
        "queue.max" => |s| Value::count(s.desk.queue_max.0),

        "sla.first_response.compliance" => compliance::<FIRST>,
        "sla.first_response.breaches" => breaches::<FIRST>,
        "sla.first_response.used" => used::<FIRST>,
        "sla.next_response.compliance" => compliance::<NEXT>,
        "sla.next_response.breaches" => breaches::<NEXT>,
        "sla.next_response.used" => used::<NEXT>,
        "sla.resolution.compliance" => compliance::<RESOLUTION>,
        "sla.resolution.breaches" => breaches::<RESOLUTION>,
        "sla.resolution.used" => used::<RESOLUTION>,
        "sla.escalation.compliance" => compliance::<ESCALATION>,
        "sla.escalation.breaches" => breaches::<ESCALATION>,
        "sla.escalation.used" => used::<ESCALATION>,
        "sla.update.compliance" => compliance::<UPDATE>,
        "sla.update.breaches" => breaches::<UPDATE>,
        "sla.update.used" => used::<UPDATE>,
        "sla.requester_wait.compliance" => compliance::<REQUESTER>,
        "sla.requester_wait.breaches" => breaches::<REQUESTER>,
        "sla.requester_wait.used" => used::<REQUESTER>,
        "sla.assignment.compliance" => compliance::<ASSIGNMENT>,
        "sla.assignment.breaches" => breaches::<ASSIGNMENT>,
        "sla.assignment.used" => used::<ASSIGNMENT>,

        "agents.occupancy" => |s| Value::times(s.desk.busy_ms, s.desk.staffed_ms),
        "agents.utilisation" => |s| Value::times(s.desk.busy_ms, s.desk.paid_ms),
        "agents.concurrency" => |s| Value::times(s.desk.open_area_ms, s.desk.engaged_ms),
        "agents.staffed" => |s| Value::times(s.desk.staffed_ms, s.whole.period_ms),
        "agents.busy" => |s| Value::times(s.desk.busy_ms, s.whole.period_ms),
        "agents.paid_hours" => |s| Value::total(s.desk.paid_ms as f64 / MS_PER_HOUR, 1),
        "agents.replies" => |s| Value::count(s.desk.replies),
        "agents.reply_work" => |s| Value::seconds_each(s.desk.work_ms as f64, s.desk.replies),
        "agents.work" => |s| Value::seconds_each(s.conversations.work_ms as f64, s.conversations.human),

        "backlog.mean" => |s| Value::times(s.backlog.backlog_area_ms, s.whole.period_ms),
        "backlog.max" => |s| Value::count(s.whole.backlog_max),
        "backlog.end" => |s| Value::count(s.backlog.backlog_end.value),

        "csat" => |s| Value::each(s.conversations.satisfied as f64 / SATISFIED_UNITS, s.conversations.over()),
        "csat.observed" => |s| Value::share(s.conversations.good_ratings, s.conversations.ratings),
        "csat.answers" => |s| Value::count(s.conversations.ratings),

        "messages.customer" => |s| Value::count(s.conversations.customer_messages),
        "messages.bot" => |s| Value::count(s.conversations.bot_messages),
        "messages.agent" => |s| Value::count(s.conversations.agent_messages),
        "messages.templates" => |s| Value::count(s.conversations.templates),
        "messages.per_conversation" => |s| {
            let c = &s.conversations;
            Value::each((c.customer_messages + c.bot_messages + c.agent_messages) as f64, c.offered)
        },

        "cost.people" => |s| Value::total(s.whole.cost_people, 1),
        "cost.messages" => |s| Value::total(s.conversations.message_cost as f64 / MONEY_UNITS, s.conversations.offered),
        "cost.bot" => |s| Value::total(s.whole.cost_bot, s.conversations.seen),
        "cost.platform" => |s| Value::total(s.whole.cost_platform, 1),
        "cost.total" => |s| Value::total(s.whole.cost_total(), 1),
        "cost.per_conversation" => |s| Value::each(s.whole.cost_total(), s.conversations.offered),
        "cost.per_resolution" => |s| Value::each(s.whole.cost_total(), s.conversations.solved()),

        "rules.fired" => |s| Value::count(s.whole.fired),
        "notifications.sent" => |s| Value::count(s.whole.notifications),
        "notifications.worst_hour" => |s| Value::count(s.whole.worst_hour),
        _ => return None,
    };
    Some(Formula::Sums(sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::metric::{Form, catalogue};

    #[test]
    fn every_name_has_a_formula_of_its_form() {
        for metric in catalogue() {
            match formula(metric.name) {
                None => panic!("{} has no formula", metric.name),
                Some(Formula::Durations(_)) => assert_eq!(metric.form, Form::Duration, "{}", metric.name),
                Some(Formula::ServiceLevel) => assert_eq!(metric.form, Form::Ratio),
                Some(Formula::Sums(f)) => {
                    // Of nothing, a total is a number and a ratio is not.
                    let empty = f(&Sums::default());
                    assert_eq!(empty.get().is_some(), metric.form == Form::Total, "{}", metric.name);
                }
            }
        }
    }

    /// 100 came: 60 taken in time, 20 taken late, 8 left in time, 5 left late, 3 turned away, 2 balked,
    /// 2 still waiting of whom 1 too long already.
    #[test]
    fn service_level_by_its_three_conventions() {
        let queue = QueueSums {
            taken: 80,
            taken_within: 60,
            abandoned: 13,
            abandoned_within: 8,
            waiting: 2,
            waiting_within: 1,
            waited: 95,
            blocked: 3,
            balked: 2,
        };
        for (convention, of) in
            [(Abandoned::LeftOut, 86.0), (Abandoned::Failed, 99.0), (Abandoned::ServedOnly, 80.0)]
        {
            let v = service_level(&queue, convention);
            assert_eq!((v.numerator, v.denominator), (60.0, of), "{convention:?}");
        }
    }
}
