//! The names of the metrics: what may be asked for in a goal, a precision wish or on the command
//! line, with units and definitions in words. Pure names; the arithmetic is in `measure`.
//!
//! `sla.first_response.compliance{team="fraud",priority="urgent"}` is a metric with a slice;
//! `first_response.p90` is a duration with a statistic.

mod catalogue;
mod name;

pub use catalogue::{Better, Form, Metric, Slicing, catalogue, find};
pub use name::{MetricFault, MetricName, SlicePart};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    S,
    /// A share, 0..=1.
    Share,
    /// A count.
    Count,
    /// A mean number (queue, agents).
    Number,
    /// Money in the scenario's currency.
    Money,
}

/// What conversations can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Dimension {
    Team,
    Intent,
    Priority,
    Segment,
    Language,
    Source,
}

impl Dimension {
    /// All of them, in the order in which they are written.
    pub const ALL: [Dimension; 6] = [
        Dimension::Team,
        Dimension::Intent,
        Dimension::Priority,
        Dimension::Segment,
        Dimension::Language,
        Dimension::Source,
    ];

    /// As written in a slice.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Team => "team",
            Dimension::Intent => "intent",
            Dimension::Priority => "priority",
            Dimension::Segment => "segment",
            Dimension::Language => "language",
            Dimension::Source => "source",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Dimension> {
        Dimension::ALL.into_iter().find(|d| d.name() == name)
    }
}

/// Which statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// The metric itself, where it is one number.
    Value,
    /// Mean of a duration.
    Mean,
    /// Median.
    P50,
    /// 90 % quantile.
    P90,
    /// 95 % quantile.
    P95,
    /// 99 % quantile.
    P99,
}

impl Statistic {
    /// What can be asked of a duration.
    pub const OF_DURATIONS: [Statistic; 5] =
        [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P95, Statistic::P99];

    /// As written behind the metric; "" for the value itself.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Value => "",
            Statistic::Mean => "mean",
            Statistic::P50 => "p50",
            Statistic::P90 => "p90",
            Statistic::P95 => "p95",
            Statistic::P99 => "p99",
        }
    }

    /// The probability of a quantile.
    pub fn probability(self) -> Option<f64> {
        match self {
            Statistic::Value | Statistic::Mean => None,
            Statistic::P50 => Some(0.5),
            Statistic::P90 => Some(0.9),
            Statistic::P95 => Some(0.95),
            Statistic::P99 => Some(0.99),
        }
    }
}

impl fmt::Display for Unit {
    /// As columns and reports write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::S => "s",
            Unit::Share => "share",
            Unit::Count => "count",
            Unit::Number => "number",
            Unit::Money => "money",
        })
    }
}
