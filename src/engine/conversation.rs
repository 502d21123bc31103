//! A conversation while it is open: one row of the slab.

use super::event_list::NO_STAMP;
use crate::channel::ChannelState;
use crate::desk::AgentIdx;
use crate::scenario::switches::Status;
use crate::time::Instant;

/// No agent.
pub(super) const NO_AGENT: AgentIdx = u32::MAX;
/// No team, no recorded script.
pub(super) const NO_TEAM: u16 = u16::MAX;

/// Where a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The slot is free.
    Free,
    /// With the bot.
    Bot,
    /// In a team's queue.
    Queue,
    /// Offered to an agent who does not answer.
    Offered,
    /// With an agent.
    Agent,
    /// Put aside for a while; nobody has it.
    Snoozed,
    /// Resolved; the customer will come back and reopen it.
    Resolved,
}

/// What the customer wants and brings; fixed when the conversation begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Need {
    /// Address of the customer's own random streams.
    pub entity: u64,
    pub intent: u16,
    pub segment: u8,
    pub language: u8,
    pub source: u8,
    pub media: bool,
    /// Recorded conversation it replays; `u32::MAX` if synthetic.
    pub script: u32,
    /// The conversation it repeats; `u64::MAX` if none.
    pub repeat_of: u64,
    /// How often the need has been brought before.
    pub repeat: u8,
}

#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub id: u64,
    pub need: Need,
    pub phase: Phase,
    pub priority: u8,
    /// How many of an agent's places it takes.
    pub weight: u16,
    pub measured: bool,
    pub bot_seen: bool,
    pub solved: bool,
    /// The agent owes a reply and it is in the making or waiting for attention.
    pub owed: bool,
    pub human_answered: bool,
    /// Its customer has been silent so long that it holds no place of its agent's.
    pub parked: bool,
    /// The customer's next message makes another ticket, though this one is still open.
    pub cut_off: bool,
    pub status: Status,
    pub ticket: bool,
    /// A rule asked for a rating.
    pub surveyed: bool,
    pub bot_outcome: super::bot::BotOutcome,
    pub hand_off: u8,
    pub team: u16,
    pub agent: AgentIdx,
    pub last_agent: AgentIdx,
    /// Stamps of the events that concern it; an event with another stamp is stale.
    pub step: u64,
    pub follow_up: u64,
    pub silence: u64,
    pub patience: u64,
    pub deadline: u64,
    pub queue: u64,
    pub started_at: Instant,
    /// The bot got it, for the first time or again.
    pub bot_since: Instant,
    pub first_response_at: Instant,
    pub first_human_at: Instant,
    pub handed_off_at: Instant,
    pub ticket_at: Instant,
    pub resolved_at: Instant,
    /// The customer's oldest unanswered message.
    pub waiting_since: Instant,
    /// The desk's last message while the customer owes an answer.
    pub desk_spoke_at: Instant,
    /// Entered the present queue.
    pub queued_at: Instant,
    /// What its place in the queue counts from.
    pub rank_since: Instant,
    /// When the event with the stamp `deadline` comes.
    pub deadline_at: Instant,
    /// Deadlines up to here have been dealt with.
    pub deadlines_done: Instant,
    /// Work left on an interrupted reply, ms; negative: none begun.
    pub work_left: f64,
    /// Work content of the reply in the making, ms.
    pub reply_work: i64,
    pub queue_ms: i64,
    pub work_ms: i64,
    pub bot_ms: i64,
    /// The customer owed an answer for so long.
    pub silent_ms: i64,
    /// The resolution clock stood still for so long.
    pub paused_ms: i64,
    /// Agent replies it still takes.
    pub replies_left: u32,
    pub replies_drawn: u16,
    pub exchanges_drawn: u8,
    pub delays_drawn: u16,
    pub patience_drawn: u16,
    /// Next line of the script.
    pub line: u16,
    pub customer_messages: u16,
    pub bot_messages: u16,
    pub agent_messages: u16,
    pub templates: u16,
    pub failed_attempts: u8,
    /// How often it came back to the bot; messages and failed attempts before the last time.
    pub bot_again: u8,
    pub failed_before: u8,
    pub heard_before: u16,
    /// Messages of the bot's pending reply, and what a look-up or the live bot takes for it, ms.
    pub bot_says: u8,
    pub look_up_ms: i64,
    pub reopens: u8,
    pub transfers: u8,
    pub tags: u64,
    pub message_cost: f32,
    pub channel: ChannelState,
    /// The queue stood before agents who were all taken (true) or before nobody at all (false).
    pub saw_staff: bool,
}

impl Conversation {
    #[inline]
    pub fn new(id: u64, need: Need, at: Instant) -> Conversation {
        Conversation {
            id,
            need,
            phase: Phase::Bot,
            priority: 0,
            weight: 1,
            measured: false,
            bot_seen: false,
            solved: false,
            owed: false,
            human_answered: false,
            parked: false,
            cut_off: false,
            status: Status::Open,
            ticket: false,
            surveyed: false,
            bot_outcome: super::bot::BotOutcome::Await,
            hand_off: 0,
            team: NO_TEAM,
            agent: NO_AGENT,
            last_agent: NO_AGENT,
            step: NO_STAMP,
            follow_up: NO_STAMP,
            silence: NO_STAMP,
            patience: NO_STAMP,
            deadline: NO_STAMP,
            queue: NO_STAMP,
            started_at: at,
            bot_since: at,
            first_response_at: Instant::NEVER,
            first_human_at: Instant::NEVER,
            handed_off_at: Instant::NEVER,
            ticket_at: Instant::NEVER,
            resolved_at: Instant::NEVER,
            waiting_since: Instant::NEVER,
            desk_spoke_at: Instant::NEVER,
            queued_at: Instant::NEVER,
            rank_since: Instant::NEVER,
            deadline_at: Instant::NEVER,
            deadlines_done: Instant(i64::MIN),
            work_left: -1.0,
            reply_work: 0,
            queue_ms: 0,
            work_ms: 0,
            bot_ms: 0,
            silent_ms: 0,
            paused_ms: 0,
            replies_left: 0,
            replies_drawn: 0,
            exchanges_drawn: 0,
            delays_drawn: 0,
            patience_drawn: 0,
            line: 0,
            customer_messages: 0,
            bot_messages: 0,
            agent_messages: 0,
            templates: 0,
            failed_attempts: 0,
            bot_again: 0,
            failed_before: 0,
            heard_before: 0,
            bot_says: 1,
            look_up_ms: 0,
            reopens: 0,
            transfers: 0,
            tags: 0,
            message_cost: 0.0,
            channel: ChannelState::new(),
            saw_staff: false,
        }
    }

    /// An open ticket: somebody of the desk has it or will get it.
    #[inline]
    pub fn in_desk(&self) -> bool {
        matches!(self.phase, Phase::Queue | Phase::Offered | Phase::Agent | Phase::Snoozed)
    }
}
