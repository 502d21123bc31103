//! `[scenario]`, `[[calendar]]`, `[[goal]]`, `[csat]`, `[cost]`, `[service_level]`.

use super::leaf::{At, Day, Duration, Hours, Moment, OneOrMany, Share, WordOr};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[scenario]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct General {
    /// Title.
    pub name: At<String>,
    /// What the scenario is for, one paragraph.
    pub description: String,
    /// Time zone of profiles, shifts and dates, as `America/Bogota`.
    pub timezone: At<String>,
    /// When the run begins, in that zone: a date, or a date and time.
    pub start: At<Moment>,
    /// How long conversations arrive.
    pub duration: At<Duration>,
    /// Left out of the figures at the beginning; `"auto"` finds it out (MSER-5).
    pub warm_up: At<WordOr<WarmUpWord, Duration>>,
    /// How long the run goes on after the last arrival to serve those who are left, at most.
    pub wrap_up: At<Duration>,
    /// Begin with an empty desk, or run the week before first without measuring it.
    pub start_from: StartFromWord,
    /// Master seed: the same file and seed give the same bytes.
    pub seed: u64,
    /// How many replications; 20 if neither this nor `precision` is given.
    #[schemars(range(min = 1, max = 100_000))]
    pub replications: Option<At<u32>>,
    /// Replicate until these intervals are narrow enough, in place of `replications`.
    pub precision: Option<OneOrMany<Precision>>,
    /// Confidence level of the intervals.
    #[schemars(range(min = 0.5, max = 0.999_999))]
    pub level: At<Share>,
    /// Pair each replication with its mirror image; then the pair is the unit of analysis.
    pub antithetic: bool,
    /// Use arrivals and work as control variates.
    pub control_variates: bool,
    /// Priority names, most urgent first.
    pub priorities: At<Vec<At<String>>>,
    /// Segment names, beyond those that traffic names.
    pub segments: Vec<At<String>>,
    /// Language codes, beyond those that traffic and phrases name; the first is the default, and `es` if
    /// nothing names one.
    pub languages: Vec<At<String>>,
    /// Width of the rows of the intervals table.
    pub interval: At<Duration>,
    /// Write every message to `messages.parquet`.
    pub keep_messages: bool,
}

impl Default for General {
    fn default() -> General {
        General {
            name: At::default(),
            description: String::new(),
            timezone: At::from("UTC".to_owned()),
            start: At::from(Moment(jiff::civil::date(2026, 1, 5).to_datetime(jiff::civil::Time::midnight()))),
            duration: At::from(Duration::from_days(7.0)),
            warm_up: At::from(WordOr::Value(Duration(0.0))),
            wrap_up: At::from(Duration::from_days(1.0)),
            start_from: StartFromWord::Empty,
            seed: 1,
            replications: None,
            precision: None,
            level: At::from(Share(0.95)),
            antithetic: false,
            control_variates: true,
            priorities: At::from(
                ["urgent", "high", "medium", "low"].map(|name| At::from(name.to_owned())).to_vec(),
            ),
            segments: Vec::new(),
            languages: Vec::new(),
            interval: At::from(Duration::from_minutes(30.0)),
            keep_messages: false,
        }
    }
}

/// The word for a warm-up that is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum WarmUpWord {
    Auto,
}

/// In which state the run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum StartFromWord {
    Empty,
    PreviousWeek,
}

/// One wish for a narrow interval.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Metric with its slice, as in a goal.
    pub metric: At<String>,
    /// Half-width wanted: `"2%"` of the mean, or in the metric's unit (`"5s"`, `"0.01"`).
    pub half_width: At<String>,
    /// At least so many replications.
    #[serde(default = "Precision::min_default")]
    #[schemars(range(min = 10, max = 100_000))]
    pub min: At<u32>,
    /// At most so many replications.
    #[serde(default = "Precision::max_default")]
    #[schemars(range(min = 10, max = 100_000))]
    pub max: At<u32>,
}

impl Precision {
    fn min_default() -> At<u32> {
        At::from(10)
    }
    fn max_default() -> At<u32> {
        At::from(200)
    }
}

/// `[[calendar]]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "hours"]))]
pub struct Calendar {
    /// Name by which policies and rules call it.
    pub name: At<String>,
    /// Time zone; the scenario's if not given.
    pub timezone: Option<At<String>>,
    /// Hours by day: `{ mon-fri = "08:00-18:00", sat = ["09:00-13:00", "15:00-18:00"] }`. `24:00` is
    /// the day's end; `22:00-06:00` goes over midnight.
    pub hours: BTreeMap<At<String>, OneOrMany<Hours>>,
    /// Dates closed all day.
    pub holidays: Vec<At<Day>>,
    /// Dates with hours of their own, such as half days: `{ 2026-12-24 = "08:00-12:00" }`, or
    /// `"closed"`. They replace the weekday's.
    pub dates: BTreeMap<At<String>, DayHours>,
}

/// Hours of one date.
pub type DayHours = OneOrMany<WordOr<ClosedWord, Hours>>;

/// The word for no hours at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ClosedWord {
    Closed,
}

/// `[[goal]]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["that"]))]
pub struct Goal {
    /// Metric, comparison, limit: `'sla.first_response.compliance{team="fraud"} >= 90%'`.
    pub that: At<String>,
}

/// `[csat]`: P(satisfied) = logistic(intercept + sum of effects). A proxy, not a measurement.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Csat {
    /// Log-odds of a solved conversation that was answered at once.
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

impl Default for Csat {
    /// Assumed, not fitted: about 92 % when solved at once, 85 % after an hour's wait, 30 % unsolved.
    fn default() -> Csat {
        Csat {
            intercept: 2.4,
            wait: -0.16,
            exchange: -0.03,
            unsolved: -3.2,
            transfer: -0.35,
            reopened: -0.8,
            bot: -0.3,
            failed_attempt: -0.25,
        }
    }
}

/// `[cost]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// Currency code, shown only; every price of the scenario is in it.
    pub currency: String,
    /// Platform fee per 30 days.
    #[schemars(range(min = 0))]
    pub platform_per_month: f64,
    /// Platform fee per agent seat and 30 days.
    #[schemars(range(min = 0))]
    pub platform_per_seat: f64,
}

impl Default for Cost {
    fn default() -> Cost {
        Cost { currency: "USD".to_owned(), platform_per_month: 0.0, platform_per_seat: 0.0 }
    }
}

/// `[service_level]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceLevel {
    /// A queue entry counts when it is answered within this time.
    pub within: At<Duration>,
    /// Share wanted; the line in the charts.
    pub target: At<Share>,
    /// What becomes of those who leave before the target: left out of the count, failures, or only
    /// the served are looked at.
    pub abandoned: AbandonedWord,
}

impl Default for ServiceLevel {
    fn default() -> ServiceLevel {
        ServiceLevel {
            within: At::from(Duration::from_minutes(5.0)),
            target: At::from(Share(0.8)),
            abandoned: AbandonedWord::Failed,
        }
    }
}

/// Convention of the service level for those who leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AbandonedWord {
    LeftOut,
    Failed,
    ServedOnly,
}
