//! One recorded conversation as a row of the conversations table.

use super::index_of;
use crate::facts::{ConversationRow, HandOff, NEVER, NONE, Outcome};
use crate::scenario::plan::{ClockKind, Plan};
use crate::sla::{Policies, Replay};
use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Role};

/// A bot wrote, or handed over.
pub(super) fn by_bot(event: &Event) -> bool {
    event.from == Role::Bot && matches!(event.kind, Kind::Message | Kind::Assign)
}

/// The bot hands over to people.
pub(super) fn is_hand_off(event: &Event) -> bool {
    event.from == Role::Bot && event.kind == Kind::Assign
}

/// The log itself shows a ticket where a bot's talk begins: it opens with a status; or people came in without
/// a hand-off, so the ticket is as old as the conversation.
pub(super) fn is_ticket_from_the_first(events: &[Event]) -> bool {
    let began = events.iter().map(|event| event.at).min();
    let opens = events.iter().any(|event| is_status(event) && Some(event.at) == began);
    opens || events.iter().any(by_person) && !events.iter().any(is_hand_off)
}

/// A person wrote.
pub(super) fn by_person(event: &Event) -> bool {
    event.from == Role::Agent && event.kind == Kind::Message
}

/// When the bot's part ended: its hand-off, or a person's first message; none if there was no bot.
pub(super) fn bot_part_ended(events: &[Event]) -> Option<Instant> {
    if !events.iter().any(by_bot) {
        return None;
    }
    let ended = |event: &&Event| is_hand_off(event) || by_person(event);
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
    policies: &Policies,
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
    let bot_until = bot_part_ended(events);
    let bot = bot_until.is_some();
    // What it solved and did not hold is not the bot's affair any more.
    let first_solved =
        replay.story.resolved_after.first().map_or(Instant::NEVER, |after| replay.story.created + *after);
    let handed_off = bot_until.is_some_and(|until| until != Instant::NEVER);
    let over = replay.tracker.status().is_over();
    let solved = if any_status { over } else { matches!(last_writer, Some(Role::Agent | Role::Bot)) };
    let resolved_at = if !solved {
        NEVER
    } else if any_status {
        // The last resolution: what was reopened was none.
        let last = replay.story.resolved_after.last().map(|after| replay.story.created + *after);
        let status = events.iter().filter(|e| is_status(e)).map(|e| e.at).max();
        last.or(status).map_or(NEVER, Instant::ms)
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
    let held = |at: Instant| replay.tracker.held(ClockKind::Resolution, at, policies).ms();
    let paused = Instant(resolved_at).known().map_or(0, held);
    ConversationRow {
        conversation: number,
        repeat_of: u64::MAX,
        started_at: started.ms(),
        first_response_at: first_bot.min(first_human),
        first_human_at: first_human,
        handed_off_at: bot_until.unwrap_or(started).ms(),
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
        // Why, a log seldom says.
        hand_off: if handed_off { HandOff::AskedForPerson as u8 } else { HandOff::None as u8 },
        bot_seen: bot,
        measured: true,
        solved,
        queue_wait: 0,
        agent_work: 0,
        bot_time: bot_until.map_or(0, |until| (until.min(last).min(first_solved) - started).ms().max(0)),
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
