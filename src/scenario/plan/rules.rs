//! Promises and what follows from them: SLA policies, and rules with their triggers and actions.

use super::{CalendarIdx, IntentIdx, LanguageIdx, PriorityIdx, SegmentIdx, SourceIdx, TeamIdx};
use crate::scenario::switches::{ClockSwitches, Status};
use crate::time::Span;

/// An SLA policy.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Name.
    pub name: String,
    /// Calendar the targets run in.
    pub calendar: CalendarIdx,
    /// To whom it applies.
    pub when: Condition,
    /// First response by priority.
    pub first_response: Vec<Option<Span>>,
    /// Next response by priority.
    pub next_response: Vec<Option<Span>>,
    /// Resolution by priority.
    pub resolution: Vec<Option<Span>>,
    /// Time in queue before escalation, by priority.
    pub escalation: Vec<Option<Span>>,
    /// Periodic update by priority.
    pub update: Vec<Option<Span>>,
    /// Requester wait by priority.
    pub requester_wait: Vec<Option<Span>>,
    /// Time to the first assignment by priority.
    pub assignment: Vec<Option<Span>>,
    /// The policy for tickets that no other takes, where the desk knows such a thing.
    pub default: bool,
    /// A warning when this share of the target is left.
    pub warn_left: Option<f64>,
    /// The bot's reply stops the first-response clock.
    pub bot_answers: bool,
    /// Line of the policy in the scenario.
    pub line: u32,
}

impl Policy {
    /// The targets of a clock, by priority.
    pub fn targets(&self, kind: ClockKind) -> &[Option<Span>] {
        match kind {
            ClockKind::FirstResponse => &self.first_response,
            ClockKind::NextResponse => &self.next_response,
            ClockKind::Resolution => &self.resolution,
            ClockKind::Escalation => &self.escalation,
            ClockKind::Update => &self.update,
            ClockKind::RequesterWait => &self.requester_wait,
            ClockKind::Assignment => &self.assignment,
        }
    }

    /// The priorities it has a target for.
    fn priorities(&self) -> Vec<usize> {
        let all = ClockKind::ALL.map(|kind| self.targets(kind));
        let most = all.iter().map(|targets| targets.len()).max().unwrap_or(0);
        let named = |p: &usize| all.iter().any(|targets| targets.get(*p).is_some_and(Option::is_some));
        (0..most).filter(named).collect()
    }

    /// Is it only for tickets whose priority it has a target for?
    pub fn is_by_priority(&self, switches: &ClockSwitches) -> bool {
        switches.policy_names_priority && !self.default && !self.priorities().is_empty()
    }

    /// Does it take whatever priority `later` takes?
    pub fn takes_priorities_of(&self, later: &Policy, switches: &ClockSwitches) -> bool {
        let takes = self.priorities();
        !self.is_by_priority(switches)
            || later.is_by_priority(switches) && later.priorities().iter().all(|p| takes.contains(p))
    }
}

/// A conjunction: every part that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// The message contains one of these words (folded: lower case, no accents).
    pub contains: Vec<String>,
    /// One of these intents.
    pub intents: Vec<IntentIdx>,
    /// One of these languages.
    pub languages: Vec<LanguageIdx>,
    /// One of these segments.
    pub segments: Vec<SegmentIdx>,
    /// One of these priorities.
    pub priorities: Vec<PriorityIdx>,
    /// One of these teams.
    pub teams: Vec<TeamIdx>,
    /// From one of these sources of traffic (channels).
    pub sources: Vec<SourceIdx>,
    /// The message carries media.
    pub media: Option<bool>,
    /// Inside (true) or outside (false) the hours of a calendar.
    pub open: Option<(CalendarIdx, bool)>,
    /// Reopened at least so often.
    pub reopened: Option<u16>,
    /// With the bot (true) or with people (false).
    pub with_bot: Option<bool>,
    /// Has this tag (index into `Plan::tags`).
    pub tags: Vec<u8>,
}

/// A rule: when, if, then.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// When.
    pub trigger: Trigger,
    /// If.
    pub condition: Condition,
    /// Then.
    pub actions: Vec<Action>,
    /// No later rule is tried for this event.
    pub stop: bool,
    /// Fires at most so often for one conversation.
    pub max_per_conversation: u16,
    /// Line of the rule in the scenario.
    pub line: u32,
}

/// A clock of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum ClockKind {
    FirstResponse = 0,
    NextResponse = 1,
    Resolution = 2,
    Escalation = 3,
    Update = 4,
    RequesterWait = 5,
    Assignment = 6,
}

impl ClockKind {
    /// Every clock, in the order of their numbers.
    pub const ALL: [ClockKind; 7] = [
        ClockKind::FirstResponse,
        ClockKind::NextResponse,
        ClockKind::Resolution,
        ClockKind::Escalation,
        ClockKind::Update,
        ClockKind::RequesterWait,
        ClockKind::Assignment,
    ];

    /// Name in metrics and tables.
    pub fn name(self) -> &'static str {
        match self {
            ClockKind::FirstResponse => "first_response",
            ClockKind::NextResponse => "next_response",
            ClockKind::Resolution => "resolution",
            ClockKind::Escalation => "escalation",
            ClockKind::Update => "update",
            ClockKind::RequesterWait => "requester_wait",
            ClockKind::Assignment => "assignment",
        }
    }
}

/// What sets a rule off.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// A customer wrote.
    CustomerMessage,
    /// An agent wrote.
    AgentMessage,
    /// A ticket was made.
    TicketCreated,
    /// An agent took the conversation.
    Assigned,
    /// The ticket was moved to another team.
    Moved,
    /// The ticket was resolved.
    Resolved,
    /// The ticket was reopened.
    Reopened,
    /// The priority changed.
    PriorityChanged,
    /// A clock has this share of its target left.
    ClockLeft(ClockKind, f64),
    /// The policy warns of a clock.
    ClockWarned(ClockKind),
    /// A clock breached.
    ClockBreached(ClockKind),
    /// A clock will be due in so long.
    ClockBefore(ClockKind, Span),
    /// A clock has been overdue for so long.
    ClockOverdue(ClockKind, Span),
    /// So long after the ticket was made.
    Timer(Span),
    /// The customer has been silent so long.
    CustomerIdle(Span),
    /// The customer has waited so long for a person's reply.
    AgentIdle(Span),
    /// The bot failed so often.
    FailedAttempts(u8),
    /// So long with the bot.
    BotTime(Span),
    /// Rated so or worse.
    Rating(u8),
    /// More than so many waiting in the conversation's team when it enters the queue.
    Backlog(u32),
    /// The ticket's status became this one.
    StatusChanged(Status),
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// From the bot to people, to this team or the one that the intent goes to.
    HandOff(Option<TeamIdx>),
    /// Sets the priority.
    SetPriority(PriorityIdx),
    /// Moves to a team's queue.
    MoveTo(TeamIdx),
    /// One level up: the next team by `Team::level`, or this one.
    Escalate(Option<TeamIdx>),
    /// Tells somebody.
    Notify {
        /// Index into `Plan::recipients`.
        recipient: u16,
        /// By mail (false) or WhatsApp template (true).
        template: bool,
    },
    /// Sets a tag.
    Tag(u8),
    /// Sends the customer a message.
    SendMessage,
    /// Resolves and closes.
    Close,
    /// Asks for a rating.
    Survey,
    /// Puts the ticket aside for so long, or until the customer writes.
    Snooze(Span),
}
