//! The people who answer: teams, their shifts, and how the desk hands work to them.

use super::{CalendarIdx, IntentIdx, TeamIdx};
use crate::random::Distribution;
use crate::scenario::switches::ClockSwitches;
use crate::time::Span;

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Name.
    pub name: String,
    /// Intents it takes; empty = all.
    pub skills: Vec<IntentIdx>,
    /// Conversations an agent holds open.
    pub concurrency: u16,
    /// Speed at which an agent works while 1, 2, 3 … are open; the last value holds beyond.
    pub efficiency: Vec<f64>,
    /// How attention is given.
    pub attention: Attention,
    /// Who is there when.
    pub shifts: Vec<Shift>,
    /// Share of paid time lost to absence (sick, training): each agent of each shift is absent with
    /// this probability.
    pub shrinkage: f64,
    /// Paid, per agent and hour.
    pub cost_per_hour: f64,
    /// Which free agent gets the next conversation.
    pub assignment: Assignment,
    /// Which waiting conversation comes next.
    pub order: QueueOrder,
    /// Waiting places; one more is turned away. `None`: no limit.
    pub max_waiting: Option<u32>,
    /// After so long in the queue the conversation may be taken by this team, too.
    pub overflow: Option<(Span, TeamIdx)>,
    /// After the work is done: chance to go to another team's queue (tiers, rework).
    pub transfers: Vec<(TeamIdx, f64)>,
    /// Work content that replaces the intent's, ms.
    pub agent_work: Option<Distribution>,
    /// Multiplies the work content (experience).
    pub work_factor: f64,
    /// After each conversation the agent needs so long before the next, ms.
    pub wrap_up: Option<Distribution>,
    /// What becomes of open conversations when a shift ends.
    pub shift_end: ShiftEnd,
    /// A more urgent conversation interrupts the work on a less urgent one.
    pub preempt: bool,
    /// An offer not taken up within this time goes to the next agent; chance of that.
    pub refusal: Option<(Span, f64)>,
    /// Speed by intent (proficiency); empty = 1 for all.
    pub proficiency: Vec<(IntentIdx, f64)>,
    /// Level in the escalation ladder (0 = first line).
    pub level: u8,
    /// Hours in which the targets of its tickets run, where their policy has hours at all.
    pub calendar: Option<CalendarIdx>,
}

/// How an agent gives attention to the conversations he holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// One reply at a time, in order of arrival.
    Serial,
    /// All that await a reply progress together, evenly.
    Shared,
}

/// Which free agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Assignment {
    LeastLoaded,
    LongestIdle,
    RoundRobin,
    MostLoaded,
    /// One of the least loaded, at random.
    Random,
}

/// Which waiting conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QueueOrder {
    /// By priority, then longest wait.
    Priority,
    /// Longest wait, whoever.
    Longest,
    /// Earliest SLA due time.
    Due,
    /// By priority, but each `step` waited lifts a conversation by one priority.
    Ageing {
        /// Wait worth one priority.
        step: Span,
    },
}

/// What becomes of open conversations at the end of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftEnd {
    /// The agent finishes what he holds, takes nothing new.
    Finish,
    /// They go back to the head of the queue.
    HandBack,
    /// They wait for the agent's next shift.
    Keep,
    /// The agent goes on with them; a colleague of the same group who has none goes home in his stead,
    /// at once or as soon as there is one.
    FirstFree,
}

/// A shift of a team.
#[derive(Clone, Debug)]
pub struct Shift {
    /// Days it begins on (Monday first).
    pub days: [bool; 7],
    /// Minutes after midnight.
    pub from: u16,
    /// Minutes after midnight; beyond 1440 it ends on the next day.
    pub to: u16,
    /// Agents.
    pub agents: u32,
    /// Breaks, minutes after midnight (unpaid unless `paid_breaks`).
    pub breaks: Vec<(u16, u16)>,
    /// Breaks are paid.
    pub paid_breaks: bool,
    /// Intents these agents take; `None`: the team's.
    pub skills: Option<Vec<IntentIdx>>,
    /// Only in [from, to) dates of the run relative to the start; `None`: all.
    pub between: Option<(Span, Span)>,
    /// Speed by intent of these agents, where it is another than the team's.
    pub proficiency: Vec<(IntentIdx, f64)>,
}

/// Desk-wide behaviour.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Preset the switches came from.
    pub like: String,
    /// Team for intents that no team lists.
    pub default_team: TeamIdx,
    /// A message within this time after the resolution reopens the ticket, a later one makes another;
    /// `None`: for ever.
    pub reopen_window: Option<Span>,
    /// A resolved ticket closes after this time.
    pub close_after: Span,
    /// A message later than this after the one before it makes another ticket, even if this one is still
    /// open; the reopening window counts from the last message, too.
    pub message_window: Option<Span>,
    /// A reopened conversation goes to the bot first.
    pub reopens_to_bot: bool,
    /// Silence of the customer after which an agent's conversation is resolved.
    pub auto_resolve: Option<Span>,
    /// Silence of the customer after which a conversation holds no place of its agent's.
    pub frees_place_after: Option<Span>,
    /// A conversation goes to the agent who had it, if he is there and has room.
    pub sticky: bool,
    /// Named switches of the SLA clocks.
    pub clocks: ClockSwitches,
    /// Bot conversations make tickets, too (else a ticket begins at the hand-off).
    pub ticket_at_first_message: bool,
}
