//! Replications put together: from values to estimates.

use super::definitions::{Asked, Measures};
use super::formula::Value;
use super::gallery::Gallery;
use super::goals;
use super::rules::RuleCounts;
use super::state::ReplicationValues;
use super::{Estimate, Method, RuleResult, ServiceLevelRule, Summary};
use crate::facts::RunTotals;
use crate::scenario::metric::{Form, MetricName, Statistic};
use crate::stats::{Interval, Moments, controlled_mean, mean_interval, ratio_interval};

/// Version of the summary's shape.
const SCHEMA: u32 = 1;

/// The replications of one scenario, in order. Pictures' data are added up as they come; of each
/// replication only its values and series are kept.
pub struct Collected<'m> {
    measures: &'m Measures,
    pub(super) replications: Vec<Kept>,
    pub(super) gallery: Gallery,
    sketched: bool,
}

/// What is kept of a replication.
pub(super) struct Kept {
    pub(super) values: Vec<Value>,
    rules: Vec<RuleCounts>,
    pub(super) backlog: Vec<f64>,
    pub(super) queue_by_half_hour: Vec<f64>,
    pub(super) days: Vec<(u64, u64)>,
    totals: RunTotals,
}

/// What is known of the luck a replication had, with its true mean: taken out of the estimates.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// What it is, for the report.
    pub name: String,
    /// One value for each replication.
    pub values: Vec<f64>,
    /// Its known mean.
    pub mean: f64,
}

/// How replications are turned into estimates.
#[derive(Clone, Debug, Default)]
pub struct Estimation {
    /// Neighbouring replications are antithetic pairs: the pair is the unit of analysis.
    pub pairs: bool,
    /// Luck to be taken out; none: plain estimates.
    pub controls: Vec<Control>,
}

impl Measures {
    /// Begins to collect replications.
    pub fn collect(&self) -> Collected<'_> {
        Collected { measures: self, replications: Vec::new(), gallery: Gallery::new(self), sketched: false }
    }
}

impl Collected<'_> {
    /// Takes in the next replication.
    pub fn push(&mut self, replication: ReplicationValues) {
        self.gallery.add_sums(&replication.gallery);
        self.sketched |= replication.sketched;
        self.replications.push(Kept {
            values: replication.values,
            rules: replication.rules,
            backlog: replication.backlog,
            queue_by_half_hour: replication.gallery.queue_by_half_hour,
            days: replication.gallery.days,
            totals: replication.totals,
        });
    }

    /// How many replications.
    pub fn len(&self) -> usize {
        self.replications.len()
    }

    /// None yet.
    pub fn is_empty(&self) -> bool {
        self.replications.is_empty()
    }

    /// The measures they belong to.
    pub fn measures(&self) -> &Measures {
        self.measures
    }

    /// Some quantiles come from a sketch.
    pub fn is_sketched(&self) -> bool {
        self.sketched
    }

    /// The backlog of each replication by interval.
    pub fn backlogs(&self) -> Vec<&[f64]> {
        self.replications.iter().map(|r| r.backlog.as_slice()).collect()
    }

    /// What each replication counted itself.
    pub fn totals(&self) -> impl Iterator<Item = &RunTotals> {
        self.replications.iter().map(|r| &r.totals)
    }

    /// The values of one metric, replication by replication.
    pub fn values_of(&self, metric: &MetricName) -> Option<Vec<Value>> {
        let at = self.measures.position(metric)?;
        Some(self.replications.iter().map(|r| r.values[at]).collect())
    }

    /// The summary; `origin` is "simulated" or "observed". Warnings are the caller's to add.
    pub fn summary(&self, origin: &str, estimation: &Estimation) -> Summary {
        let plan = self.measures.plan();
        let estimate = |(at, asked): (usize, &Asked)| {
            let values: Vec<Value> = self.replications.iter().map(|r| r.values[at]).collect();
            let estimate = estimate(&asked.name, &values, plan.level, estimation);
            (estimate.mean.is_some() || asked.wanted).then(|| (asked.text.clone(), estimate))
        };
        let metrics = self.measures.asked.iter().enumerate().filter_map(estimate).collect();
        Summary {
            schema: SCHEMA,
            scenario: plan.name.clone(),
            seed: plan.seed,
            replications: self.replications.len() as u32,
            origin: origin.to_owned(),
            currency: plan.cost.currency.clone(),
            service_level: ServiceLevelRule::of(plan),
            method: self.method(origin, estimation),
            goals: goals::judge(plan, &metrics, origin, if estimation.pairs { 2 } else { 1 }),
            rules: self.rules(),
            warnings: self.rule_warnings(),
            metrics,
        }
    }

    /// Rules that loop, that storm, and that never fire.
    fn rule_warnings(&self) -> Vec<String> {
        /// More notifications than this to one person in an hour are a storm: nobody reads one a minute.
        const STORM: u64 = 60;
        let plan = self.measures.plan();
        let mut warnings = Vec::new();
        for (at, rule) in plan.rules.iter().enumerate() {
            let counts = || self.replications.iter().filter_map(|r| r.rules.get(at));
            let loops: u64 = counts().map(|c| c.loops).sum();
            let name = &rule.name;
            if loops > 0 {
                let n = loops as f64 / self.replications.len().max(1) as f64;
                warnings.push(format!(
                    "rule \"{name}\" (line {}) loops: what it does sets it off again in the same instant; it was \
                     stopped {n:.0} times a replication",
                    rule.line
                ));
            }
            if let Some(worst) = counts().filter(|c| c.worst_hour > STORM).max_by_key(|c| c.worst_hour)
                && let Some((recipient, hour)) = worst.worst_at
            {
                let who = plan.recipients.get(usize::from(recipient)).map_or("?", String::as_str);
                warnings.push(format!(
                    "rule \"{name}\" (line {}) storms: {} notifications to {who} from {} to the next hour",
                    rule.line,
                    worst.worst_hour,
                    hour_in_words(hour)
                ));
            }
            if !self.replications.is_empty() && counts().all(|c| c.fired == 0 && c.loops == 0) {
                warnings.push(format!("rule \"{name}\" (line {}) never fires", rule.line));
            }
        }
        warnings
    }

    /// What can be said of the method from here; why it stopped and what was gained is the caller's.
    fn method(&self, origin: &str, estimation: &Estimation) -> Method {
        let plan = self.measures.plan();
        Method {
            warm_up_s: plan.warm_up.seconds(),
            warm_up_found: plan.warm_up_auto,
            stopped: origin.to_owned(),
            antithetic: estimation.pairs,
            controls: estimation.controls.iter().map(|control| control.name.clone()).collect(),
            gains: Vec::new(),
            definitions: self
                .measures
                .names()
                .map(|name| (name.metric.name.to_owned(), name.metric.definition_over_denominator()))
                .collect(),
        }
    }

    fn rules(&self) -> Vec<RuleResult> {
        let n = self.replications.len().max(1) as f64;
        let offered: u64 = self.gallery.teams.iter().map(|team| team.offered).sum();
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        let result = |(at, rule): (usize, &crate::scenario::plan::Rule)| {
            let counts = || self.replications.iter().filter_map(|r| r.rules.get(at));
            let sum = |of: fn(&RuleCounts) -> u64| counts().map(of).sum::<u64>();
            RuleResult {
                name: rule.name.clone(),
                fired: sum(|c| c.fired) as f64 / n,
                share: share(sum(|c| c.conversations), offered).unwrap_or(0.0),
                notifications: sum(|c| c.notifications) as f64 / n,
                worst_hour: counts().map(|c| c.worst_hour).max().unwrap_or(0),
                loops: sum(|c| c.loops) as f64 / n,
                compliance_fired: share(sum(|c| c.fired_clocks[0].0), sum(|c| c.fired_clocks[0].1)),
                compliance_others: share(sum(|c| c.other_clocks[0].0), sum(|c| c.other_clocks[0].1)),
                next_response_fired: share(sum(|c| c.fired_clocks[1].0), sum(|c| c.fired_clocks[1].1)),
                next_response_others: share(sum(|c| c.other_clocks[1].0), sum(|c| c.other_clocks[1].1)),
                resolution_fired: share(sum(|c| c.fired_clocks[2].0), sum(|c| c.fired_clocks[2].1)),
                resolution_others: share(sum(|c| c.other_clocks[2].0), sum(|c| c.other_clocks[2].1)),
            }
        };
        self.measures.plan().rules.iter().enumerate().map(result).collect()
    }
}

/// Hours since 1970 of civil time as a date and an hour.
fn hour_in_words(hour: i64) -> String {
    let at = jiff::Timestamp::from_second(hour.saturating_mul(3_600)).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Estimates a metric from its values in the replications.
pub fn estimate(name: &MetricName, values: &[Value], level: f64, estimation: &Estimation) -> Estimate {
    let interval = interval(name, values, level, estimation).map(|(interval, _)| interval);
    Estimate {
        unit: name.metric.unit,
        mean: interval.map(|i| i.mean),
        ci: interval.and_then(|i| i.ends()),
        level,
        n: values.iter().map(|v| v.n).sum(),
        per_replication: values.iter().map(Value::get).collect(),
    }
}

/// The interval of a metric, and what the controls gained (variance without / with them).
pub fn interval(
    name: &MetricName,
    values: &[Value],
    level: f64,
    estimation: &Estimation,
) -> Option<(Interval, Option<f64>)> {
    let units = units(name, values, estimation.pairs);
    let plain = if is_ratio(name) {
        let pairs: Vec<(f64, f64)> = units.iter().map(|v| (v.numerator, v.denominator)).collect();
        ratio_interval(&pairs, level)
    } else {
        let present: Vec<f64> = units.iter().filter_map(Value::get).collect();
        mean_interval(&present, level)
    }?;
    Some(match controlled(name, &units, level, estimation) {
        Some((interval, gain)) if gain > 1.0 => (interval, Some(gain)),
        // What the controls do not explain is better left as it is.
        Some(_) => (plain, Some(1.0)),
        None => (plain, None),
    })
}

/// The estimate with the controls' luck taken out; `None` where that cannot be done.
fn controlled(
    name: &MetricName,
    units: &[Value],
    level: f64,
    estimation: &Estimation,
) -> Option<(Interval, f64)> {
    if estimation.controls.is_empty() || units.iter().any(|v| v.denominator == 0.0) {
        return None;
    }
    let y: Vec<f64> = linear(name, units).into_iter().flatten().collect();
    let controls: Vec<Vec<f64>> = estimation
        .controls
        .iter()
        .map(|control| {
            if estimation.pairs {
                control.values.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect()
            } else {
                control.values.clone()
            }
        })
        .collect();
    let controls: Vec<&[f64]> = controls.iter().map(Vec::as_slice).collect();
    let means: Vec<f64> = estimation.controls.iter().map(|control| control.mean).collect();
    let result = controlled_mean(&y, &controls, &means, level)?;
    // A metric that is itself a control would come out as its known mean, for sure: report what was
    // seen instead.
    (result.interval.half_width? > 1e-9 * result.interval.mean.abs())
        .then_some((result.interval, result.gain))
}

/// One number for each unit of analysis, whose mean is the metric's estimate; `None` without data.
/// What is compared, or regressed, is these.
pub fn linearised(name: &MetricName, values: &[Value], pairs: bool) -> Vec<Option<f64>> {
    linear(name, &units(name, values, pairs))
}

/// By how much pairs divide the variance of the estimate, against as many independent replications;
/// `None` with too few to tell.
pub fn gain_of_pairs(name: &MetricName, values: &[Value]) -> Option<f64> {
    let variance = |pairs: bool| {
        let present: Vec<f64> = linearised(name, values, pairs).into_iter().flatten().collect();
        Moments::of(&present).variance()
    };
    let (single, pair) = (variance(false)?, variance(true)?);
    (pair > 0.0).then(|| single / 2.0 / pair)
}

fn units(name: &MetricName, values: &[Value], pairs: bool) -> Vec<Value> {
    match pairs {
        true => values.chunks_exact(2).map(|pair| merge_pair(name, pair[0], pair[1])).collect(),
        false => values.to_vec(),
    }
}

/// A ratio is made linear about its estimate: r + (x - r y) / mean(y), as the delta method does.
fn linear(name: &MetricName, units: &[Value]) -> Vec<Option<f64>> {
    if !is_ratio(name) {
        return units.iter().map(Value::get).collect();
    }
    let (x, y) = units.iter().fold((0.0, 0.0), |(x, y), v| (x + v.numerator, y + v.denominator));
    let (ratio, mean_y) = (x / y, y / units.len() as f64);
    let one = |v: &Value| ratio + (v.numerator - ratio * v.denominator) / mean_y;
    units.iter().map(|v| (y != 0.0).then(|| one(v))).collect()
}

/// Sum over sum, or a mean of numbers.
fn is_ratio(name: &MetricName) -> bool {
    match name.metric.form {
        Form::Ratio => true,
        Form::Duration => name.statistic == Statistic::Mean,
        Form::Total => false,
    }
}

/// Two antithetic replications as one observation.
fn merge_pair(name: &MetricName, a: Value, b: Value) -> Value {
    let n = a.n + b.n;
    if is_ratio(name) {
        return Value { numerator: a.numerator + b.numerator, denominator: a.denominator + b.denominator, n };
    }
    match (a.get(), b.get()) {
        (Some(x), Some(y)) => Value::total((x + y) / 2.0, n),
        (Some(x), None) | (None, Some(x)) => Value::total(x, n),
        (None, None) => Value::default(),
    }
}
