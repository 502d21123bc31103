//! One recorded conversation as a row of the conversations table.

use super::index_of;
use crate::facts::{ConversationRow, HandOff, NEVER, NONE, Outcome};
use crate::scenario::plan::{ClockKind, Plan};
use crate::sla::Replay;
use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Role};

pub(super) fn by_bot(event: &Event) -> bool {
    event.kind == Kind::Message && event.from == Role::Bot
}

/// When the bot's part ended: its hand-off, or a person's first message; none if no bot wrote.
pub(super) fn bot_part_ended(events: &[Event]) -> Option<Instant> {
    if !events.iter().any(by_bot) {
        return None;
    }
    let ended = |event: &&Event| {
        event.from == Role::Bot && event.kind == Kind::Assign || message_of(event, Role::Agent)
    };
    Some(events.iter().filter(ended).map(|event| event.at).min().unwrap_or(Instant::NEVER))
}

pub(super) fn is_status(event: &Event) -> bool {
    event.kind == Kind::Status
}

fn message_of(event: &&Event, role: Role) -> bool {
    event.kind == Kind::Message && event.from == role
}

/// What is known of a conversation that was recorded, in the columns of one that was simulated.
pub(super) fn conversation(
    number: u64,
    events: &[Event],
    replay: &Replay,
    plan: &Plan,
    any_status: bool,
) -> ConversationRow {
    let count =
        |role: Role| events.iter().filter(|e| message_of(e, role)).count().min(usize::from(u16::MAX)) as u16;
    let began = events.iter().map(|e| e.at).min().unwrap_or(Instant(0));
    let started =
        events.iter().filter(|e| message_of(e, Role::Customer)).map(|e| e.at).min().unwrap_or(began);
    let first_after = |role: Role| {
        events
            .iter()
            .filter(|e| message_of(e, role) && e.at >= started)
            .map(|e| e.at.ms())
            .min()
            .unwrap_or(NEVER)
    };
    let (first_bot, first_human) = (first_after(Role::Bot), first_after(Role::Agent));
    let last = events.iter().map(|e| e.at).max().unwrap_or(began);
    let last_writer = events.iter().filter(|e| e.kind == Kind::Message).max_by_key(|e| e.at).map(|e| e.from);
    let person = count(Role::Agent) > 0;
    let bot = count(Role::Bot) > 0;
    let over = replay.tracker.status().is_over();
    let solved = if any_status { over } else { matches!(last_writer, Some(Role::Agent | Role::Bot)) };
    let resolved_at = if !solved {
        NEVER
    } else if any_status {
        let ended = replay
            .records
            .iter()
            .rev()
            .find(|r| r.kind == ClockKind::Resolution && r.ended != Instant::NEVER);
        let status = events.iter().filter(|e| is_status(e)).map(|e| e.at).max();
        ended.map(|r| r.ended).or(status).map_or(NEVER, Instant::ms)
    } else {
        last.ms()
    };
    let outcome = match (solved, person, bot) {
        (true, false, true) => Outcome::BotSolved,
        (true, ..) => Outcome::AgentSolved,
        (false, ..) => Outcome::Open,
    };
    let value_of = |kind: Kind| events.iter().rev().find(|e| e.kind == kind).and_then(|e| e.value.as_deref());
    let intent =
        value_of(Kind::Tag).map_or(NONE, |tag| index_of(plan.intents.iter().map(|i| i.name.as_str()), tag));
    let team = value_of(Kind::Assign)
        .map_or(NONE, |name| index_of(plan.teams.iter().map(|t| t.name.as_str()), name));
    let priority =
        value_of(Kind::Priority).map_or(NONE, |p| index_of(plan.priorities.iter().map(String::as_str), p));
    let default_priority = plan.intents.first().map_or(0, |i| i.priority);
    let rating =
        value_of(Kind::Rating).and_then(|score| score.parse().ok()).filter(|score| (1..=5).contains(score));
    let paused = replay.records.iter().find(|r| r.kind == ClockKind::Resolution).map_or(0, |r| r.paused.ms());
    ConversationRow {
        conversation: number,
        repeat_of: u64::MAX,
        started_at: started.ms(),
        first_response_at: first_bot.min(first_human),
        first_human_at: first_human,
        // Where the bot's part ends is where a person first writes; a log seldom says more.
        handed_off_at: if !bot { started.ms() } else { first_human },
        resolved_at,
        ended_at: if outcome == Outcome::Open { NEVER } else { last.ms() },
        source: 0,
        intent: if intent == NONE { 0 } else { intent },
        segment: 0,
        language: 0,
        priority: u8::try_from(priority).unwrap_or(default_priority),
        team: if person && team == NONE { 0 } else { team },
        agent: u32::MAX,
        outcome: outcome as u8,
        hand_off: if bot && person { HandOff::AskedForPerson as u8 } else { HandOff::None as u8 },
        bot_seen: bot,
        measured: true,
        solved,
        queue_wait: 0,
        agent_work: 0,
        bot_time: if bot { (first_human.min(last.ms()) - started.ms()).max(0) } else { 0 },
        paused,
        customer_messages: count(Role::Customer),
        bot_messages: count(Role::Bot),
        agent_messages: count(Role::Agent),
        templates: 0,
        failed_attempts: 0,
        reopens: replay.story.since_last_resolution.len().min(255) as u8,
        transfers: 0,
        rating: rating.unwrap_or(0),
        satisfied: 0.0,
        message_cost: 0.0,
        tags: 0,
    }
}
