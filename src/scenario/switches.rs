//! How a help desk's SLA clocks behave: one named switch for each difference between systems.
//!
//! A scenario writes `[desk] like = "zendesk"` and overrides single switches beside it; the presets
//! (`scenario::presets`) set all of them for one system.

use super::plan::ClockKind;
use crate::time::{ExactClose, Instant, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a ticket's status means to the clocks, whatever the system calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// Nobody has touched it.
    New,
    /// In work.
    Open,
    /// Waiting for the customer.
    Pending,
    /// Waiting for a third party.
    OnHold,
    /// Put aside until a date.
    Snoozed,
    /// Solved; may come back.
    Resolved,
    /// Closed for good, or as good as.
    Closed,
}

impl Status {
    /// Resolved or closed.
    pub fn is_over(self) -> bool {
        matches!(self, Status::Resolved | Status::Closed)
    }
}

/// A set of statuses, written as a list of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Status>", into = "Vec<Status>")]
pub struct StatusSet(u8);

impl StatusSet {
    const ALL: [Status; 7] = [
        Status::New,
        Status::Open,
        Status::Pending,
        Status::OnHold,
        Status::Snoozed,
        Status::Resolved,
        Status::Closed,
    ];

    /// Is there none?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is the status one of them?
    pub fn contains(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }
}

impl From<Vec<Status>> for StatusSet {
    fn from(statuses: Vec<Status>) -> Self {
        StatusSet(statuses.into_iter().fold(0, |set, status| set | (1 << status as u8)))
    }
}

impl From<StatusSet> for Vec<Status> {
    fn from(set: StatusSet) -> Self {
        StatusSet::ALL.into_iter().filter(|status| set.contains(*status)).collect()
    }
}

/// One value for each clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PerClock<T: Default> {
    pub first_response: T,
    pub next_response: T,
    pub update: T,
    pub resolution: T,
    pub requester_wait: T,
    pub assignment: T,
    pub escalation: T,
}

impl<T: Copy + Default> PerClock<T> {
    /// The value for one clock.
    pub fn of(&self, kind: ClockKind) -> T {
        match kind {
            ClockKind::FirstResponse => self.first_response,
            ClockKind::NextResponse => self.next_response,
            ClockKind::Update => self.update,
            ClockKind::Resolution => self.resolution,
            ClockKind::RequesterWait => self.requester_wait,
            ClockKind::Assignment => self.assignment,
            ClockKind::Escalation => self.escalation,
        }
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[$first_doc])* #[default] $first, $($(#[$variant_doc])* $variant,)* }
    };
}

choice! {
    /// From when the first-response clock runs.
    FirstResponseFrom {
        /// From the ticket's creation, bot time included.
        Created,
        /// From the hand-off by the bot; from creation if there is no bot.
        Handoff,
    }
}
choice! {
    /// When a ticket begins that a bot had first.
    TicketFrom {
        /// With the customer's first message.
        FirstMessage,
        /// With the hand-off: no clock runs before it, and one that the bot solves is no ticket.
        Handoff,
    }
}
choice! {
    /// First response of a ticket that an agent opened.
    OutboundFirstResponse {
        /// Runs from creation like any other; the opening message answers it.
        Created,
        /// Runs from creation; the opening message itself is no answer.
        NextReply,
        /// Runs from the customer's first message.
        CustomerMessage,
    }
}
choice! {
    /// From which unanswered customer message the next-response clock runs.
    NextResponseFrom {
        /// The oldest one.
        OldestUnanswered,
        /// The newest one: each further message starts it anew.
        Newest,
    }
}
choice! {
    /// How pauses enter a due date.
    PauseAs {
        /// Taken out of the calendar, from the history of statuses: a pause after the due date
        /// changes nothing.
        History,
        /// Added up and added to the target when they end: a pause after the due date moves it, too.
        Accumulated,
    }
}
choice! {
    /// The due date while the clock is paused.
    DueWhilePaused {
        /// There is none.
        Hidden,
        /// The one from before the pause stays and can pass.
        Shown,
    }
}
choice! {
    /// A pause that ends with the resolution itself.
    FinalPause {
        /// Like every other pause.
        TakenOut,
        /// Moves the due date, but counts as used time.
        MovesDueOnly,
        /// As if it had not been.
        Ignored,
    }
}
choice! {
    /// What a resolution does to another clock that still runs.
    AtResolution {
        /// Ends it as if answered.
        Fulfils,
        /// Ends it without a trace unless it was late already.
        Drops,
        /// It waits for a reopening.
        Keeps,
    }
}
choice! {
    /// What a reopening does to a clock.
    AtReopening {
        /// It goes on where it stood.
        RunsOn,
        /// It is over for good: the first resolution counts.
        Ends,
        /// It begins anew.
        Restarts,
    }
}
choice! {
    /// To what instants and durations are cut.
    ClockPrecision {
        /// Not at all.
        Millisecond,
        /// Whole seconds.
        Second,
        /// Borders of pauses and used times to whole minutes.
        Minute,
    }
}
choice! {
    /// A target that ends exactly at closing.
    AtExactClose {
        /// Due at the closing instant.
        Stay,
        /// Due at the next opening.
        NextOpening,
    }
}
choice! {
    /// An answer at the very instant it is due.
    EventAtDue {
        /// In time.
        Met,
        /// Late.
        Breached,
    }
}
choice! {
    /// Time that passed under an earlier calendar of the same ticket.
    CalendarChange {
        /// All of it is measured again by the last calendar.
        Last,
        /// Each stretch by the calendar it had.
        Each,
    }
}
choice! {
    /// A calendar without any hours.
    CalendarWithoutHours {
        /// An error.
        Refused,
        /// Open at all times.
        Always,
    }
}
choice! {
    /// In which order policies are tried.
    PolicyOrder {
        /// As they stand.
        AsWritten,
        /// By name.
        ByName,
    }
}
choice! {
    /// A policy without conditions.
    EmptyCondition {
        /// Matches every ticket, in its place.
        Matches,
        /// Is tried only after those with conditions.
        Fallback,
        /// Matches only if it is the default policy.
        DefaultOnly,
    }
}
choice! {
    /// When a ticket's policy is chosen.
    PolicyChosen {
        /// At every update.
        OnUpdate,
        /// Once, at creation.
        OnCreation,
    }
}
choice! {
    /// A change of priority.
    PriorityChange {
        /// The new priority's target, counted from the clock's start.
        FromStart,
        /// The new priority's target, counted from the change.
        FromChange,
        /// The target the clock began with stays.
        Keep,
    }
}
choice! {
    /// A clock that was overdue under an earlier target.
    BreachUnderOldTarget {
        /// Only the target at the end counts.
        Forgotten,
        /// Stays breached.
        Stays,
    }
}
choice! {
    /// A due date set by hand.
    HandSetDue {
        /// Stays, whatever happens to priority and policy.
        Frozen,
        /// Is replaced by the next change.
        Replaced,
        /// Is what is reckoned from: later pauses move it, another priority or policy replaces it.
        Moved,
    }
}
choice! {
    /// How long a customer's message belongs to the ticket there is.
    Thread {
        /// Until it is closed.
        UntilClosed,
        /// Until it is resolved.
        UntilResolved,
        /// For `thread_window`.
        Window,
        /// For ever.
        Forever,
    }
}
choice! {
    /// From when `thread_window` counts.
    ThreadFrom {
        /// The last message.
        LastMessage,
        /// The resolution.
        Resolution,
    }
}
choice! {
    /// To whom a reopened conversation goes.
    ReopenedTo {
        /// The agent who had it.
        PreviousAgent,
        /// The team's queue.
        Queue,
        /// The bot.
        Bot,
    }
}

impl From<AtExactClose> for ExactClose {
    fn from(rule: AtExactClose) -> Self {
        match rule {
            AtExactClose::Stay => ExactClose::Stay,
            AtExactClose::NextOpening => ExactClose::NextOpening,
        }
    }
}

/// The first look at or after an instant of somebody who looks every so often, aligned to the hour;
/// `every` of 0 is a look at any time.
pub fn next_look(at: Instant, every: Span) -> Instant {
    if every.0 <= 0 || at == Instant::NEVER {
        return at;
    }
    let behind = at.0.rem_euclid(every.0);
    if behind == 0 { at } else { at + Span(every.0 - behind) }
}

impl ClockPrecision {
    fn unit_ms(self) -> i64 {
        match self {
            ClockPrecision::Millisecond => 1,
            ClockPrecision::Second => 1_000,
            ClockPrecision::Minute => 60_000,
        }
    }

    /// An instant, cut.
    pub fn cut(self, at: Instant) -> Instant {
        if at == Instant::NEVER { at } else { Instant(at.0 - at.0.rem_euclid(self.unit_ms())) }
    }

    /// A duration, cut.
    pub fn cut_span(self, span: Span) -> Span {
        Span(span.0 - span.0.rem_euclid(self.unit_ms()))
    }
}

/// How a system's SLA clocks behave. One switch per difference between systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSwitches {
    /// A bot's reply counts as the first response.
    pub bot_reply_answers: bool,
    /// A bot's reply ends the wait of the next-response clock.
    pub bot_reply_ends_waiting: bool,
    /// An internal note counts as an answer.
    pub note_answers: bool,
    /// Any move out of new or open counts as the first response, whoever made it.
    pub leaving_open_answers: bool,
    /// When a ticket begins that a bot had first.
    pub ticket_from: TicketFrom,
    /// From when the first-response clock runs.
    pub first_response_from: FirstResponseFrom,
    /// First response of a ticket that an agent opened.
    pub outbound_first_response: OutboundFirstResponse,
    /// From which unanswered message the next-response clock runs.
    pub next_response_from: NextResponseFrom,
    /// The next-response clock runs only after the first response.
    pub next_response_after_first: bool,
    /// Each further customer message can make one more miss out of the same wait.
    pub next_response_miss_per_message: bool,
    /// A policy may not have both a next-response and an update target.
    pub update_excludes_next_response: bool,
    /// In which statuses each clock is paused. With `resolved` and `closed` in it, the time until a
    /// reopening does not count.
    pub pauses: PerClock<StatusSet>,
    /// How pauses enter a due date.
    pub pause_as: PauseAs,
    /// The due date while paused.
    pub due_while_paused: DueWhilePaused,
    /// A pause that ends with the resolution.
    pub final_pause: FinalPause,
    /// What a resolution does to the other clocks.
    pub at_resolution: PerClock<AtResolution>,
    /// What a reopening does to each clock.
    pub at_reopening: PerClock<AtReopening>,
    /// To what times are cut.
    pub precision: ClockPrecision,
    /// A target that ends exactly at closing.
    pub exact_close: AtExactClose,
    /// An answer at the due instant.
    pub event_at_due: EventAtDue,
    /// Time under an earlier calendar.
    pub calendar_change: CalendarChange,
    /// A closing time of 23:59 means 24:00.
    pub closing_minute_is_midnight: bool,
    /// A calendar without hours.
    pub calendar_without_hours: CalendarWithoutHours,
    /// A policy whose first response may take longer than its resolution is refused.
    pub response_within_resolution: bool,
    /// In which order policies are tried.
    pub policy_order: PolicyOrder,
    /// A policy without conditions.
    pub empty_condition: EmptyCondition,
    /// A policy with targets for other priorities than the ticket's is passed over, the default one apart.
    pub policy_names_priority: bool,
    /// When the policy is chosen.
    pub policy_chosen: PolicyChosen,
    /// A change of priority.
    pub priority_change: PriorityChange,
    /// Overdue under an earlier target.
    pub breach_under_old_target: BreachUnderOldTarget,
    /// A due date set by hand.
    pub hand_set_due: HandSetDue,
    /// The checker looks every so often, aligned to the hour; 0: at the due instant itself.
    #[serde(with = "span_text")]
    #[schemars(with = "String")]
    pub poll_every: Span,
    /// Clocks that are breached only if the checker finds them running and overdue; the others are
    /// judged by their times.
    pub judged_at_poll: PerClock<bool>,
    /// Rules that wait for time to pass (`after`, `customer_idle`, `agent_idle`) are looked at only every
    /// so often, aligned to the hour; 0: at the instant itself.
    #[serde(with = "span_text")]
    #[schemars(with = "String")]
    pub timed_rules_every: Span,
    /// The same for rules on a clock. One that is answered before the look sets nothing off.
    #[serde(with = "span_text")]
    #[schemars(with = "String")]
    pub clock_rules_every: Span,
    /// How long a message belongs to the ticket there is.
    pub thread: Thread,
    /// The window of `thread = "window"`.
    #[serde(with = "span_text")]
    #[schemars(with = "String")]
    pub thread_window: Span,
    /// From when the window counts.
    pub thread_from: ThreadFrom,
    /// To whom a reopened conversation goes.
    pub reopened_to: ReopenedTo,
    /// The system's own words for statuses, in lower case, beside the common ones.
    pub statuses: BTreeMap<String, Status>,
}

/// Words for statuses that mean the same in most systems.
const COMMON_STATUSES: [(&str, Status); 34] = [
    ("active", Status::Open),
    ("answered", Status::Pending),
    ("assigned", Status::Open),
    ("awaiting customer", Status::Pending),
    ("awaiting evidence", Status::OnHold),
    ("awaiting problem", Status::OnHold),
    ("awaiting user", Status::Pending),
    ("awaiting user info", Status::Pending),
    ("awaiting vendor", Status::OnHold),
    ("canceled", Status::Closed),
    ("cancelled", Status::Closed),
    ("closed", Status::Closed),
    ("completed", Status::Resolved),
    ("deleted", Status::Closed),
    ("done", Status::Resolved),
    ("hold", Status::OnHold),
    ("in progress", Status::Open),
    ("merged", Status::Closed),
    ("new", Status::New),
    ("on hold", Status::OnHold),
    ("open", Status::Open),
    ("paused", Status::OnHold),
    ("pending", Status::Pending),
    ("postponed", Status::Snoozed),
    ("reopened", Status::Open),
    ("replied", Status::Pending),
    ("resolved", Status::Resolved),
    ("snoozed", Status::Snoozed),
    ("solved", Status::Resolved),
    ("spam", Status::Closed),
    ("waiting", Status::Pending),
    ("waiting for customer", Status::Pending),
    ("waiting on customer", Status::Pending),
    ("waiting on third party", Status::OnHold),
];

impl ClockSwitches {
    /// What a system's status word means; letter case, `_` and `-` do not matter.
    pub fn status(&self, word: &str) -> Option<Status> {
        let word = word.trim().to_lowercase().replace(['_', '-'], " ");
        self.statuses
            .get(&word)
            .copied()
            .or_else(|| COMMON_STATUSES.iter().find(|(common, _)| *common == word).map(|(_, status)| *status))
    }
}

/// Durations as text with units: `5m`, `1h 30m`.
mod span_text {
    use crate::scenario::value::{duration_ms, write_duration};
    use crate::time::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&write_duration(span.0 as f64))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = String::deserialize(deserializer)?;
        // a duration is at most a century: far inside what an i64 of milliseconds holds
        duration_ms(&text).map(|ms| Span(ms.round() as i64)).map_err(serde::de::Error::custom)
    }
}
