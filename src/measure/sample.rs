//! A small plan and rows to fill its tables with, for the tests of this room.

use crate::facts::*;
use crate::scenario::plan::{ClockKind, Plan};
use std::path::Path;
use std::sync::LazyLock;

/// Two teams, two intents, two priorities, a bot, a policy, rules and goals; Monday 2026-11-23 in UTC.
pub(super) const SCENARIO: &str = r#"
[scenario]
name = "measured"
timezone = "UTC"
start = "2026-11-23"
duration = "2d"
seed = 7
replications = 3

[[traffic]]
name = "all"
volume = { per_day = 100 }
intents = { orders = 0.5, fraud = 0.5 }

[[intent]]
name = "orders"
priority = "low"

[[intent]]
name = "fraud"
priority = "urgent"

[bot]
like = "statistical"
repeat_window = "24h"
cost_per_conversation = 0.05

[[team]]
name = "front"
shifts = [{ days = "all", hours = "00:00-24:00", agents = 2 }]
cost_per_hour = 10

[[team]]
name = "senior"
shifts = [{ days = "all", hours = "00:00-24:00", agents = 1 }]
cost_per_hour = 20

[[sla]]
name = "standard"
first_response = "10m"
resolution = "24h"

[service_level]
within = "30s"

[cost]
platform_per_month = 300
platform_per_seat = 15

[[rule]]
name = "tell the lead"
when = { clock = "first_response" }
then = [{ notify = "lead" }]

[[goal]]
that = "sla.first_response.compliance >= 90%"

[[goal]]
that = 'first_response.p90{team="front",priority="urgent"} <= 5m'
"#;

/// The plan of [`SCENARIO`], parsed once.
pub(super) fn plan() -> Plan {
    static PLAN: LazyLock<Plan> =
        LazyLock::new(|| match crate::scenario::parse(SCENARIO, "measured.toml", Path::new(""), &[]) {
            Ok(loaded) => loaded.plan,
            Err(faults) => panic!("{faults:#?}"),
        });
    PLAN.clone()
}

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 3_600_000;

/// A conversation of the first intent and team that the bot saw and a person solved.
pub(super) fn conversation(plan: &Plan, number: u64) -> ConversationRow {
    let at = plan.start.ms() + number as i64 * MINUTE;
    ConversationRow {
        conversation: number,
        repeat_of: u64::MAX,
        started_at: at,
        first_response_at: at + 2 * SECOND,
        first_human_at: at + MINUTE,
        handed_off_at: at + 20 * SECOND,
        resolved_at: at + 10 * MINUTE,
        ended_at: at + 10 * MINUTE,
        source: 0,
        intent: 0,
        segment: 0,
        language: 0,
        priority: plan.intents[0].priority,
        team: 0,
        agent: 0,
        outcome: Outcome::AgentSolved as u8,
        hand_off: HandOff::Keyword as u8,
        bot_seen: true,
        measured: true,
        solved: true,
        queue_wait: 40 * SECOND,
        agent_work: 3 * MINUTE,
        bot_time: 20 * SECOND,
        paused: 0,
        customer_messages: 3,
        bot_messages: 1,
        agent_messages: 2,
        templates: 0,
        failed_attempts: 1,
        reopens: 0,
        transfers: 0,
        rating: 0,
        satisfied: 0.75,
        message_cost: 0.01,
        tags: 0,
    }
}

/// The same, solved by the bot alone.
pub(super) fn bot_solved(plan: &Plan, number: u64) -> ConversationRow {
    let at = plan.start.ms() + number as i64 * MINUTE;
    ConversationRow {
        first_human_at: NEVER,
        handed_off_at: NEVER,
        team: NONE,
        agent: u32::MAX,
        outcome: Outcome::BotSolved as u8,
        hand_off: HandOff::None as u8,
        queue_wait: 0,
        agent_work: 0,
        agent_messages: 0,
        resolved_at: at + MINUTE,
        ended_at: at + MINUTE,
        bot_time: MINUTE,
        satisfied: 0.5,
        ..conversation(plan, number)
    }
}

pub(super) fn stay(plan: &Plan, number: u64, end: QueueEnd, wait: i64) -> QueueStayRow {
    let c = conversation(plan, number);
    QueueStayRow {
        conversation: number,
        team: 0,
        taken_by: if end == QueueEnd::Taken { 0 } else { NONE },
        intent: c.intent,
        segment: 0,
        language: 0,
        priority: c.priority,
        source: 0,
        end: end as u8,
        measured: true,
        entered_at: c.handed_off_at,
        left_at: c.handed_off_at + wait,
    }
}

pub(super) fn clock(plan: &Plan, number: u64, kind: ClockKind, breached: bool) -> ClockRow {
    let c = conversation(plan, number);
    let used = if breached { 15 * MINUTE } else { MINUTE };
    ClockRow {
        conversation: number,
        clock: kind as u8,
        policy: 0,
        team: 0,
        intent: c.intent,
        segment: 0,
        language: 0,
        source: 0,
        priority: c.priority,
        measured: true,
        started_at: c.started_at,
        due_at: c.started_at + 10 * MINUTE,
        ended_at: c.started_at + used,
        paused: 0,
        used,
        target: 10 * MINUTE,
        breached,
        counts: true,
        cause: if breached { Cause::AtCapacity as u8 } else { Cause::None as u8 },
    }
}

/// An interval of half an hour: two agents staffed, one busy, a queue of 3.
pub(super) fn interval_row(plan: &Plan, number: i64, team: u16) -> IntervalRow {
    let width = plan.interval.ms();
    IntervalRow {
        at: plan.start.ms() + number * width,
        team,
        entered: 6,
        taken: 5,
        within: 4,
        abandoned: 1,
        replies: 10,
        work: 10 * MINUTE,
        queue_area: 3 * width,
        queue_max: 4 + number as u32,
        staffed: 2 * width,
        busy: width,
        paid: 2 * width,
        open_area: 3 * width,
        engaged: 2 * width,
        backlog_area: 7 * width,
        backlog: 9,
        with_bot: 1,
        measured: true,
    }
}

pub(super) fn totals(plan: &Plan) -> RunTotals {
    RunTotals {
        measured_from: (plan.start + plan.warm_up).ms(),
        measured_to: plan.end.ms(),
        backlog_max: 31,
        ..RunTotals::default()
    }
}
