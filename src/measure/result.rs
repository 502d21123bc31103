//! What measuring gives: plain values that the reports print and programs read.

pub use crate::scenario::metric::Unit;
use crate::scenario::plan::{Abandoned, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A metric estimated over replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimate {
    /// Unit.
    pub unit: Unit,
    /// Mean over replications (ratios: sum over sum). `None`: no data.
    pub mean: Option<f64>,
    /// Confidence interval; `None` with fewer than two replications.
    pub ci: Option<[f64; 2]>,
    /// Level of the interval.
    pub level: f64,
    /// Observations behind it, all replications together (rows, not replications).
    pub n: u64,
    /// One value for each replication, in order; `None` where it had no data.
    pub per_replication: Vec<Option<f64>>,
}

impl Estimate {
    /// Half the width of the interval.
    pub fn half_width(&self) -> Option<f64> {
        self.ci.map(|[low, high]| (high - low) / 2.0)
    }
}

/// Verdict on a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies on the right side.
    Met,
    /// The whole interval lies on the wrong side.
    Missed,
    /// The interval straddles the limit.
    Undecided,
    /// Nothing was observed.
    NoData,
}

/// A goal and how it came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GoalResult {
    /// As written.
    pub goal: String,
    /// Metric with slice.
    pub metric: String,
    /// Limit in the metric's unit.
    pub limit: f64,
    /// Unit.
    pub unit: Unit,
    /// Estimate.
    pub mean: Option<f64>,
    /// Interval.
    pub ci: Option<[f64; 2]>,
    /// Verdict.
    pub verdict: Verdict,
    /// Replications that would likely settle an undecided goal, beyond those run.
    pub more_replications: Option<u32>,
}

/// `summary.json`: the contract for programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Version of this shape.
    pub schema: u32,
    /// Title of the scenario.
    pub scenario: String,
    /// Master seed.
    pub seed: u64,
    /// Replications run.
    pub replications: u32,
    /// "simulated" or "observed" (an audit of what really happened).
    pub origin: String,
    /// Currency of money metrics.
    pub currency: String,
    /// How `service_level` was counted.
    pub service_level: ServiceLevelRule,
    /// How the figures came about.
    #[serde(default)]
    pub method: Method,
    /// Metrics by name with slice, `sla.first_response.compliance{team="fraud"}`.
    pub metrics: BTreeMap<String, Estimate>,
    /// Goals in the scenario's order.
    pub goals: Vec<GoalResult>,
    /// Rules in the scenario's order.
    pub rules: Vec<RuleResult>,
    /// Warnings: unstable queues, short runs, open tickets at the end.
    pub warnings: Vec<String>,
}

/// How the figures came about: what was cut, why it ended there, what was done about luck.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Method {
    /// Left out at the beginning, s.
    pub warm_up_s: f64,
    /// The warm-up was found from pilot runs (MSER-5); else the scenario says it.
    pub warm_up_found: bool,
    /// Why so many replications: "fixed", "precision_reached", "cap_reached" or "observed".
    pub stopped: String,
    /// Neighbouring replications are antithetic pairs; the pair is the unit of analysis.
    pub antithetic: bool,
    /// Control variates in use.
    pub controls: Vec<String>,
    /// What that gained, for the metrics of goals and wishes, or a few usual ones.
    pub gains: Vec<Gain>,
    /// What each metric counts or measures, and after the slash what it is divided by.
    pub definitions: BTreeMap<String, String>,
}

/// By how much the variance of one estimate was divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Gain {
    /// Metric with slice.
    pub metric: String,
    /// By the control variates; 1 where they explain nothing and were left out.
    pub controls: Option<f64>,
    /// By the antithetic pairs, against as many independent replications.
    pub pairs: Option<f64>,
}

/// How the service level of the queue was counted; without it the figure means nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ServiceLevelRule {
    /// Answered within, s.
    pub within_s: f64,
    /// Share wanted.
    pub target: f64,
    /// Those who leave before the target: "left_out", "failed", or "served_only" (only those who were
    /// answered are looked at).
    pub abandoned: String,
}

impl ServiceLevelRule {
    /// The plan's rule.
    pub fn of(plan: &Plan) -> ServiceLevelRule {
        let abandoned = match plan.service_level.abandoned {
            Abandoned::LeftOut => "left_out",
            Abandoned::Failed => "failed",
            Abandoned::ServedOnly => "served_only",
        };
        ServiceLevelRule {
            within_s: plan.service_level.within.seconds(),
            target: plan.service_level.target,
            abandoned: abandoned.to_owned(),
        }
    }
}

/// What a rule did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RuleResult {
    /// Name.
    pub name: String,
    /// Fired, mean for a replication.
    pub fired: f64,
    /// Share of the conversations it fired for.
    pub share: f64,
    /// Notifications it sent, mean for a replication.
    pub notifications: f64,
    /// Most notifications to one person in one clock hour, worst replication.
    pub worst_hour: u64,
    /// Stopped as a loop, mean for a replication.
    pub loops: f64,
    /// First-response compliance of the conversations it fired for.
    pub compliance_fired: Option<f64>,
    /// First-response compliance of the others.
    pub compliance_others: Option<f64>,
    /// Share of the conversations it fired for whose next responses were all in time, of those that owed one.
    #[serde(default)]
    pub next_response_fired: Option<f64>,
    /// The same of the others.
    #[serde(default)]
    pub next_response_others: Option<f64>,
    /// Resolution compliance of the conversations it fired for.
    #[serde(default)]
    pub resolution_fired: Option<f64>,
    /// Resolution compliance of the others.
    #[serde(default)]
    pub resolution_others: Option<f64>,
}

/// One cell of a weekly picture: a weekday and an hour, means over weeks and replications.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HourCell {
    /// Conversations that entered a queue, per hour.
    pub entered: f64,
    /// Agents staffed, mean number.
    pub staffed: f64,
    /// Agents needed, by the staffing formula; NaN where nobody came.
    pub needed: f64,
    /// Busy agents, mean number.
    pub busy: f64,
    /// Share answered within the service-level time; NaN where nobody came.
    pub within: f64,
    /// Mean queue.
    pub queue: f64,
}

/// A series over the run with its band over replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// Begin of each point, UTC ms.
    pub at: Vec<i64>,
    /// Median over replications.
    pub median: Vec<f64>,
    /// 5 % quantile over replications.
    pub low: Vec<f64>,
    /// 95 % quantile over replications.
    pub high: Vec<f64>,
}

/// A cumulative curve: share of observations at or below `x`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Legend.
    pub name: String,
    /// Seconds.
    pub x_s: Vec<f64>,
    /// Share 0..=1.
    pub share: Vec<f64>,
    /// Target in seconds to call out, with the share reached at it.
    pub target: Option<(f64, f64)>,
}

/// Agents needed in one interval of the week.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StaffingRow {
    /// Team name.
    pub team: String,
    /// Minutes after Monday 00:00 civil time.
    pub minute_of_week: u32,
    /// Conversations per interval.
    pub entered: f64,
    /// Mean work for one conversation, s.
    pub work_s: f64,
    /// Agents needed by formula.
    pub needed: f64,
    /// Agents staffed in the simulation.
    pub staffed: f64,
    /// Occupancy simulated.
    pub occupancy: f64,
    /// Service level simulated; NaN where nobody came.
    pub service_level: f64,
}

/// Everything the pictures need, beside the [`Summary`]. All of it is derived from `facts`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictures {
    /// Monday..Sunday x 24 hours, civil time, all teams.
    pub week: Vec<[HourCell; 24]>,
    /// Weekday x hours seen at all (a cell never simulated is blank).
    pub seen: Vec<[bool; 24]>,
    /// First-response SLA compliance by day.
    pub compliance_by_day: Band,
    /// Target of that compliance, from the goals, if any.
    pub compliance_target: Option<f64>,
    /// Queue length through the mean day, 48 half hours (`at` = minutes after midnight).
    pub queue_by_time_of_day: Band,
    /// Agents staffed through the mean day, 48 half hours.
    pub staffed_by_time_of_day: Vec<f64>,
    /// Backlog over the run.
    pub backlog: Band,
    /// Cumulative first response (all, and for each priority).
    pub first_response: Vec<Curve>,
    /// Cumulative resolution time.
    pub resolution: Vec<Curve>,
    /// Flow of conversations: (from, to, conversations in a mean replication).
    pub flow: Vec<(String, String, f64)>,
    /// Bot outcomes in a mean replication: (name, conversations).
    pub bot_outcomes: Vec<(String, f64)>,
    /// Cost parts in a mean replication: (name, money).
    pub cost: Vec<(String, f64)>,
    /// Breach causes in a mean replication: (clock, cause, weekday/hour worst spell in words, count).
    pub causes: Vec<(String, String, String, f64)>,
    /// Worst hours: (civil label, team, entered, within share, staffed, needed).
    pub worst_hours: Vec<(String, String, f64, f64, f64, f64)>,
    /// Staffing answer per team and interval.
    pub staffing: Vec<StaffingRow>,
    /// Occupancy per team: (team, occupancy, low, high).
    pub occupancy: Vec<(String, f64, f64, f64)>,
    /// Where the time goes, by intent: (intent, bot s, waiting s, handling s, customer s), means.
    pub time_by_intent: Vec<(String, f64, f64, f64, f64)>,
    /// Welch curve of the backlog, if the warm-up was looked at: (hours, value, moving average).
    pub welch: Vec<(f64, f64, f64)>,
}
