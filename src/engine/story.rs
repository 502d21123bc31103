//! What an observer of a run is told: the story of a conversation, minute by minute. A run without an
//! observer pays nothing for it.

use crate::facts::{HandOff, Outcome};
use crate::scenario::plan::ClockKind;
use crate::scenario::switches::Status;
use crate::time::Instant;

/// One thing that happened to a conversation.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Note {
    Began { intent: u16, segment: u8, language: u8, source: u8, repeat: bool },
    CustomerWrote { text: Option<String>, media: bool },
    BotDecided { why: String },
    BotReplied { texts: Vec<String> },
    BotOut,
    Briefed { reason: String, summary: String },
    HandedOver { reason: HandOff, team: u16 },
    TicketCreated { priority: u8, policy: Option<u16> },
    EnteredQueue { team: u16, ahead: u32, staffed: u32 },
    TurnedAway { team: u16 },
    Balked { team: u16 },
    OverflowTo { team: u16 },
    Refused { agent: u32 },
    TakenBy { agent: u32, team: u16, waited_ms: i64 },
    BeganReply { agent: u32, work_ms: i64, open: u16 },
    AgentReplied { agent: u32, template: bool },
    HandedBack { agent: u32 },
    PlaceFreed { agent: u32 },
    PlaceTaken { agent: u32, open: u16 },
    Snoozed { until: Instant },
    Interrupted { agent: u32 },
    Transferred { to: u16 },
    RuleFired { rule: u16 },
    RuleLooped { rule: u16 },
    Notified { recipient: u16, rule: u16 },
    PriorityChanged { from: u8, to: u8 },
    StatusChanged { to: Status },
    ClockWarned { clock: ClockKind, due: Instant },
    ClockBreached { clock: ClockKind, due: Instant },
    ClockEnded { clock: ClockKind, due: Instant, breached: bool, used_ms: i64, target_ms: i64 },
    LostPatience,
    FellSilent,
    Resolved { by_bot: bool },
    Reopened,
    WithBotAgain,
    ComesBack { at: Instant },
    Rated { stars: u8 },
    Ended { outcome: Outcome, satisfied: f32 },
}

/// Watches a run.
pub trait Observer {
    /// False: it watches nothing at all, and no code is made for telling it.
    const WATCHES: bool = true;
    /// Whether this conversation is watched. Must be cheap; notes are built only if so.
    fn watches(&self, conversation: u64) -> bool;
    /// Something happened.
    fn note(&mut self, at: Instant, conversation: u64, note: Note);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    const WATCHES: bool = false;
    #[inline(always)]
    fn watches(&self, _: u64) -> bool {
        false
    }
    fn note(&mut self, _: Instant, _: u64, _: Note) {}
}

/// Remembers what happened to one conversation.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The conversation.
    pub conversation: u64,
    /// What happened, in order.
    pub notes: Vec<(Instant, Note)>,
}

impl Observer for Story {
    fn watches(&self, conversation: u64) -> bool {
        conversation == self.conversation
    }
    fn note(&mut self, at: Instant, _: u64, note: Note) {
        self.notes.push((at, note));
    }
}
