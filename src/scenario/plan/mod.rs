//! The resolved scenario: what the engine runs. No `Option` that must be `Some`, no names to look
//! up, no units to convert: durations are milliseconds ([`Span`], or [`crate::random::Distribution`] in
//! ms), money is in the scenario's currency per hour or per piece, shares are 0..=1.
//!
//! Here stand the plan as a whole, what it aims at and what it costs; what it is made of has files of its
//! own.

mod bot;
mod people;
mod rules;
mod traffic;

pub use super::switches::ClockSwitches;
use crate::time::{Instant, Span};
pub use bot::{BotKind, BotPlan, HttpPlan, NamedLimits};
pub use people::{Assignment, Attention, Desk, QueueOrder, Shift, ShiftEnd, Team};
pub use rules::{Action, ClockKind, Condition, Policy, Rule, Trigger};
pub use traffic::{
    Arrivals, Burst, Channel, Customer, Intent, Phase, Pricing, Recorded, Shares, Source, Synthetic, Timing,
};

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
