//! The resolved scenario: what the engine runs. No `Option` that must be `Some`, no names to look
//! up, no units to convert: durations are milliseconds ([`Span`] or [`Distribution`] in ms), money is
//! in the scenario's currency per hour or per piece, shares are 0..=1.

pub use super::switches::ClockSwitches;
use crate::random::Distribution;
use crate::time::{Instant, Span};
use std::path::PathBuf;
use std::sync::Arc;

/// Index into [`Plan::intents`].
pub type IntentIdx = u16;
/// Index into [`Plan::teams`].
pub type TeamIdx = u16;
/// Index into [`Plan::priorities`]; 0 is the most urgent.
pub type PriorityIdx = u8;
/// Index into [`Plan::segments`].
pub type SegmentIdx = u8;
/// Index into [`Plan::languages`].
pub type LanguageIdx = u8;
/// Index into [`Plan::sources`].
pub type SourceIdx = u8;
/// Index into [`Plan::calendars`].
pub type CalendarIdx = u16;
/// Index into [`Plan::policies`].
pub type PolicyIdx = u16;
/// Index into [`Plan::rules`].
pub type RuleIdx = u16;

/// A scenario with every default made explicit.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Title.
    pub name: String,
    /// What the scenario is for, one paragraph.
    pub description: String,
    /// The desk's zone; profiles and shifts are civil times in it.
    pub zone: jiff::tz::TimeZone,
    /// Name of `zone` as written.
    pub zone_name: String,
    /// When the run begins.
    pub start: Instant,
    /// No conversation begins at or after this instant.
    pub end: Instant,
    /// The measured period is [start + warm_up, end).
    pub warm_up: Span,
    /// How the warm-up was decided.
    pub warm_up_auto: bool,
    /// After `end` the run goes on until nobody who can be served is left, but no longer than this.
    pub wrap_up: Span,
    /// Start empty, or with the backlog a previous identical week would leave.
    pub start_from: StartFrom,
    /// Master seed.
    pub seed: u64,
    /// How many replications.
    pub replications: Replications,
    /// Confidence level of the intervals (0.95).
    pub level: f64,
    /// Pair each replication with its mirror image; then the pair is the unit of analysis.
    pub antithetic: bool,
    /// Control variates on or off.
    pub control_variates: bool,
    /// Priority names, most urgent first.
    pub priorities: Vec<String>,
    /// Segment names ("" when the scenario names none).
    pub segments: Vec<String>,
    /// Language codes ("es"); one at least.
    pub languages: Vec<String>,
    /// Business calendars; index 0 is always "always" (24/7).
    pub calendars: Vec<CalendarPlan>,
    /// What customers need.
    pub intents: Vec<Intent>,
    /// Where conversations come from.
    pub sources: Vec<Source>,
    /// How customers behave.
    pub customer: Customer,
    /// The channel's rules and prices.
    pub channel: Channel,
    /// The bot, if any.
    pub bot: BotPlan,
    /// Teams in order of preference.
    pub teams: Vec<Team>,
    /// Desk-wide behaviour.
    pub desk: Desk,
    /// SLA policies, in order; the first that matches counts.
    pub policies: Vec<Policy>,
    /// Rules, in order.
    pub rules: Vec<Rule>,
    /// People and addresses that rules notify; index used by [`Action::Notify`].
    pub recipients: Vec<String>,
    /// Tags that rules set; at most 64.
    pub tags: Vec<String>,
    /// Goals (expectations).
    pub goals: Vec<Goal>,
    /// CSAT proxy.
    pub csat: CsatModel,
    /// Money.
    pub cost: Cost,
    /// Service level target of the queue.
    pub service_level: ServiceLevel,
    /// Width of the rows of the intervals table (30 minutes).
    pub interval: Span,
    /// Sub-sample of conversations whose messages go to `messages.parquet`; 0 = none, 1 = all.
    pub keep_messages: bool,
    /// What was taken for granted: shown in the report as assumed.
    pub assumptions: Vec<String>,
    /// Files the scenario read (path as written, BLAKE3 of the content), for the manifest.
    pub inputs: Vec<InputFile>,
}

/// A file the plan depends on.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Path as written.
    pub path: String,
    /// BLAKE3, hexadecimal.
    pub hash: String,
    /// Bytes.
    pub bytes: u64,
}

/// The state the run begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFrom {
    /// Nobody in the desk.
    Empty,
    /// The week before is run first and not measured.
    PreviousWeek,
}

/// How many replications.
#[derive(Clone, Debug)]
pub enum Replications {
    /// A fixed number.
    Fixed(u32),
    /// Until every half-width is small enough.
    Precision {
        /// (metric name, relative or absolute half-width).
        targets: Vec<PrecisionTarget>,
        /// At least this many (>= 10).
        min: u32,
        /// At most this many.
        max: u32,
    },
}

/// One precision wish.
#[derive(Clone, Debug)]
pub struct PrecisionTarget {
    /// Metric name with slice.
    pub metric: String,
    /// Half-width wanted.
    pub half_width: f64,
    /// Relative to the mean, or in the metric's unit.
    pub relative: bool,
}

/// Business hours as written; compiled by `time::calendar`.
#[derive(Clone, Debug)]
pub struct CalendarPlan {
    /// Name.
    pub name: String,
    /// Zone.
    pub zone: jiff::tz::TimeZone,
    /// Open periods of Monday..Sunday in minutes after midnight; the end may be 1440 (24:00) and may
    /// pass it (an interval over midnight: 22:00-06:00 is (1320, 1800)).
    pub week: [Vec<(u16, u16)>; 7],
    /// Dates with hours of their own: empty = closed all day; they replace the weekday's.
    pub dates: Vec<(jiff::civil::Date, Vec<(u16, u16)>)>,
}

/// A need.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Name.
    pub name: String,
    /// Priority a ticket of this intent starts with.
    pub priority: PriorityIdx,
    /// Agent replies it takes (count >= 1).
    pub exchanges: Distribution,
    /// Attention one agent reply takes, ms.
    pub agent_work: Distribution,
    /// Patience waiting in a queue, ms; `None`: the customer's.
    pub patience: Option<Distribution>,
    /// Delay of the customer's own replies, ms; `None`: the customer's.
    pub reply_delay: Option<Distribution>,
    /// Chance that the statistical bot solves it.
    pub bot_solves: f64,
    /// Phrases by language: what customers write (also what a flow's recogniser may be trained on).
    pub phrases: Vec<Arc<[String]>>,
    /// Capacity one conversation of this intent takes of an agent (1 = a full slot).
    pub weight: u8,
}

/// Cumulative weights over indices.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// Index drawn.
    pub index: Vec<u16>,
    /// Cumulative weight; the last is 1.
    pub cumulative: Vec<f64>,
}

/// A source of conversations.
#[derive(Clone, Debug)]
pub enum Source {
    /// From a model.
    Synthetic(Synthetic),
    /// From a recorded log.
    Recorded(Recorded),
}

/// A synthetic source.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// Name.
    pub name: String,
    /// How they arrive.
    pub arrivals: Arrivals,
    /// Coefficient of variation of a day's volume (a gamma factor of mean 1 for each day).
    pub day_to_day: f64,
    /// Planned bursts (campaigns).
    pub bursts: Vec<Burst>,
    /// A random environment: the factor of the rate while in a phase, and the mean stay (MMPP).
    pub phases: Vec<Phase>,
    /// Intents with shares.
    pub intents: Shares,
    /// Languages with shares.
    pub languages: Shares,
    /// Segments with shares.
    pub segments: Shares,
    /// Chance that the first message carries an image, audio, document.
    pub media: f64,
    /// Capacity one conversation takes of an agent, in place of the intent's.
    pub weight: Option<u8>,
    /// Overrides the intent's priority.
    pub priority: Option<PriorityIdx>,
    /// The source never gives more than this many conversations.
    pub max: u64,
}

/// One phase of a random environment.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Multiplies the rate.
    pub factor: f64,
    /// Mean stay (exponential), ms.
    pub mean_stay: f64,
}

/// How synthetic conversations arrive.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Non-homogeneous Poisson: expected conversations per hour in each slot of a cycle that begins
    /// on Monday 00:00 civil time (a week) or at `Plan::start` (any other length).
    Poisson {
        /// Length of a slot.
        slot: Span,
        /// Conversations per hour, slot by slot; the cycle is `slot * per_hour.len()`.
        per_hour: Arc<[f64]>,
        /// The cycle is a civil week.
        weekly: bool,
    },
    /// A renewal process.
    Renewal {
        /// Time between two arrivals, ms.
        interval: Distribution,
    },
}

/// A planned burst.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Days of the week it happens on (Monday first); ignored if `date` is given.
    pub days: [bool; 7],
    /// A single civil date.
    pub date: Option<jiff::civil::Date>,
    /// Minutes after midnight.
    pub at: u16,
    /// How long.
    pub lasts: Span,
    /// Multiplies the rate.
    pub factor: f64,
    /// Intent whose share is raised to all of the extra volume; `None`: the usual mix.
    pub intent: Option<IntentIdx>,
}

/// A recorded source: the log is read by `traffic::recorded`.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Name.
    pub name: String,
    /// Files, resolved against the scenario's folder.
    pub paths: Vec<PathBuf>,
    /// Format by name, or `None` to find out.
    pub format: Option<String>,
    /// Mapping file for tables.
    pub mapping: Option<PathBuf>,
    /// Zone for logs that have none.
    pub zone: jiff::tz::TimeZone,
    /// Timing of the customer's later messages.
    pub timing: Timing,
    /// Conversations are resampled to this multiple.
    pub scale: f64,
    /// Only what was recorded in [from, to).
    pub cut: Option<(Instant, Instant)>,
    /// Moves recorded instants; `None`: the first kept conversation begins at `Plan::start`'s first
    /// equal weekday and time of day.
    pub shift: Option<Span>,
    /// Intent where the recognised text gives none.
    pub intents: Shares,
    /// Reads the log's text (true) or lets the statistical bot do without it.
    pub text: bool,
    /// The record is laid over a cycle of this length.
    pub fold: Option<Span>,
    /// A silence this long begins another conversation.
    pub silence_gap: Span,
    /// Capacity one conversation takes of an agent, in place of the intent's.
    pub weight: Option<u8>,
}

/// Timing of recorded follow-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A follow-up keeps its delay after the message it answered.
    Reactive,
    /// A follow-up comes at its recorded instant.
    AsRecorded,
}

/// How customers behave, where their intent does not say otherwise. Durations in ms.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Patience waiting in a queue for a person; `None`: waits for ever.
    pub patience: Option<Distribution>,
    /// Patience waiting for each later reply; `None`: waits for ever.
    pub reply_patience: Option<Distribution>,
    /// Delay of the customer's own replies (to bot and person).
    pub reply_delay: Distribution,
    /// Chance to balk: to leave at once when there is nobody free.
    pub balk: f64,
    /// Chance never to answer a reply that asked for an answer.
    pub falls_silent: f64,
    /// A follow-up message every so often while waiting in a queue.
    pub follow_up: Option<Distribution>,
    /// Chance to come back to a resolved ticket (reopen), and after how long.
    pub reopens: f64,
    /// Delay of a reopening.
    pub reopen_delay: Distribution,
    /// Chance to contact again about a need that was not solved, and after how long.
    pub repeats: f64,
    /// Delay of a repeat contact.
    pub repeat_delay: Distribution,
    /// Chance to answer a survey.
    pub rates: f64,
    /// Chance of a typing error, per character.
    pub typos: f64,
    /// Chance to misread a menu.
    pub misreads: f64,
    /// Chance to accept a correct answer of the bot.
    pub accepts: f64,
    /// Chance, after each failed attempt of the bot, to ask for a person.
    pub asks_for_person: f64,
    /// Chance, after each failed attempt of the bot, to leave.
    pub leaves_bot: f64,
}

/// The channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Preset the values came from.
    pub like: String,
    /// Service window after a customer's message in which free-form replies are allowed (24 h).
    pub window: Option<Span>,
    /// Templates are available outside the window.
    pub templates: bool,
    /// Delay from sending to delivery, ms.
    pub delivery: Distribution,
    /// Price of one free-form message sent by the business.
    pub price_message: f64,
    /// Price of one utility template.
    pub price_utility: f64,
    /// Price of one marketing template.
    pub price_marketing: f64,
    /// Price of one message received.
    pub price_inbound: f64,
    /// Utility templates inside the window are free.
    pub utility_free_in_window: bool,
    /// What the prices above are for.
    pub pricing: Pricing,
}

/// What a channel charges for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Each message.
    #[default]
    PerMessage,
    /// Each 24 hours in which messages of a category are sent (WhatsApp until June 2025).
    PerConversation,
}

/// The bot.
#[derive(Clone, Debug)]
pub struct BotPlan {
    /// What kind.
    pub kind: BotKind,
    /// Failed attempts before a hand-off.
    pub max_attempts: u8,
    /// Time with the bot before a hand-off.
    pub time_limit: Option<Span>,
    /// Delay of each bot reply, ms.
    pub latency: Distribution,
    /// Silence after which the bot closes the conversation.
    pub session_time_out: Span,
    /// Which of the limits above the scenario names itself; the others a flow's own replace.
    pub named: NamedLimits,
    /// A repeat contact about the same need within this window takes a resolution back.
    pub repeat_window: Span,
    /// Cost of one bot conversation.
    pub cost_per_conversation: f64,
    /// Outages: (from, to) relative to the start.
    pub outages: Vec<(Span, Span)>,
    /// Random outages: mean time between, mean length (exponential, ms).
    pub random_outages: Option<(f64, f64)>,
}

/// Which limits of the bot the scenario names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NamedLimits {
    pub max_attempts: bool,
    pub time_limit: bool,
    pub session_time_out: bool,
}

/// Kind of bot.
#[derive(Clone, Debug)]
pub enum BotKind {
    /// Everybody goes straight to people.
    None,
    /// Chance to solve per intent; exchanges with the bot.
    Statistical {
        /// Customer messages the bot sees before it has decided (count >= 1).
        exchanges: Distribution,
        /// Chance that one failing attempt makes the customer ask for a person.
        understands: f64,
    },
    /// A flow, loaded by `bot::flow` from this file.
    Flow {
        /// The flow file.
        path: PathBuf,
    },
    /// A live bot under test.
    Http(HttpPlan),
}

/// A live bot under test: where it is, how it is asked, and what its replies mean.
#[derive(Clone, Debug)]
pub struct HttpPlan {
    /// Address.
    pub url: String,
    /// Shape of the exchange: "generic", "rasa" or "dialogflow".
    pub shape: String,
    /// How long a reply may take.
    pub time_out: Span,
    /// At most so many requests at once.
    pub concurrency: u16,
    /// At most so many requests a second; 0 = no limit.
    pub rate_per_s: f64,
    /// Record to this file, or answer from it.
    pub cassette: Option<PathBuf>,
    /// The bot's name for an intent, and the intent.
    pub intents: Vec<(String, IntentIdx)>,
    /// Words of replies that answer an intent.
    pub answers: Vec<(IntentIdx, Vec<String>)>,
    /// Words of replies that say that the bot did not understand.
    pub not_understood: Vec<String>,
    /// Words of replies that hand over.
    pub hands_over: Vec<String>,
    /// Words of replies that ask for something, and what the customer writes then.
    pub replies: Vec<(String, String)>,
}

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
    StatusChanged(super::switches::Status),
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

/// A goal.
#[derive(Clone, Debug)]
pub struct Goal {
    /// As written.
    pub text: String,
    /// Metric name with slice.
    pub metric: String,
    /// Comparison.
    pub comparison: Comparison,
    /// Limit in the metric's unit (seconds, share 0..=1, count, money).
    pub limit: f64,
    /// Line in the scenario.
    pub line: u32,
}

/// Comparison of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// The CSAT proxy: P(satisfied) = logistic(intercept + sum of effects). A model, not a measurement.
#[derive(Clone, Debug)]
pub struct CsatModel {
    /// Log-odds of a solved conversation answered at once.
    pub intercept: f64,
    /// Per natural logarithm of (1 + minutes) waited for the first human response.
    pub wait: f64,
    /// Per agent exchange beyond the first.
    pub exchange: f64,
    /// If it was not solved.
    pub unsolved: f64,
    /// If it was moved between teams.
    pub transfer: f64,
    /// If it was reopened.
    pub reopened: f64,
    /// If the bot solved it.
    pub bot: f64,
    /// Per failed attempt of the bot.
    pub failed_attempt: f64,
}

/// Money that is not part of a team or the channel.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Currency code, shown only.
    pub currency: String,
    /// Platform fee per 30 days.
    pub platform_per_month: f64,
    /// Platform fee per agent seat and 30 days.
    pub platform_per_seat: f64,
}

/// Queue target.
#[derive(Clone, Copy, Debug)]
pub struct ServiceLevel {
    /// Answered within.
    pub within: Span,
    /// Share wanted (line in the charts).
    pub target: f64,
    /// Those who leave before the target.
    pub abandoned: Abandoned,
}

/// What the service level does with those who leave before the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// Left out of the denominator.
    LeftOut,
    /// In the denominator, as failures.
    Failed,
    /// Only the served are looked at.
    ServedOnly,
}
