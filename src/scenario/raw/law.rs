//! Distributions as they are written: a table with the name as its key, or a bare value.

use super::leaf::{At, Duration, PlainOr};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A distribution of durations.
pub type DurationLaw = PlainOr<Duration, Law<Duration>>;
/// A distribution of counts.
pub type CountLaw = PlainOr<f64, Law<f64>>;

/// A distribution by name, with parameters in the field's terms. A bare value instead of a table is
/// always that value.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Law<T> {
    /// Always the same value.
    Deterministic(Deterministic<T>),
    /// Exponential, by its mean.
    Exponential(Mean<T>),
    /// Log-normal: mean and sd, or median and sigma, or mean and scv.
    Lognormal(Lognormal<T>),
    /// Gamma: mean and sd, shape and scale, or mean and shape.
    Gamma(Gamma<T>),
    /// Erlang: a sum of `k` equal exponentials.
    Erlang(Erlang<T>),
    /// Weibull: shape and scale, or mean and shape.
    Weibull(ShapeScale<T>),
    /// Uniform between two values.
    Uniform(Uniform<T>),
    /// Triangular: lowest, most likely, highest.
    Triangular(Triangular<T>),
    /// A mixture of exponentials.
    Hyperexponential(Hyperexponential<T>),
    /// Geometric on 1, 2, 3, ...
    Geometric(Mean<T>),
    /// Recorded values, each as likely as the other.
    Empirical(Empirical<T>),
}

/// One value.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deterministic<T> {
    /// The value.
    pub value: At<T>,
}

/// By the mean.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mean<T> {
    /// Mean.
    pub mean: At<T>,
}

/// By two of its parameters.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal<T> {
    /// Mean.
    pub mean: Option<At<T>>,
    /// Standard deviation.
    pub sd: Option<At<T>>,
    /// Median.
    pub median: Option<At<T>>,
    /// Standard deviation of the logarithm.
    pub sigma: Option<At<f64>>,
    /// Squared coefficient of variation, (sd / mean) squared.
    pub scv: Option<At<f64>>,
}

/// By two of its parameters.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gamma<T> {
    /// Mean.
    pub mean: Option<At<T>>,
    /// Standard deviation.
    pub sd: Option<At<T>>,
    /// Shape.
    pub shape: Option<At<f64>>,
    /// Scale.
    pub scale: Option<At<T>>,
}

/// By shape and either scale or mean.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeScale<T> {
    /// Shape.
    pub shape: At<f64>,
    /// Scale.
    pub scale: Option<At<T>>,
    /// Mean.
    pub mean: Option<At<T>>,
}

/// By the mean of the sum and the number of its parts.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erlang<T> {
    /// Mean of the sum.
    pub mean: At<T>,
    /// How many exponentials.
    #[schemars(range(min = 1, max = 1000))]
    pub k: At<u32>,
}

/// By its ends.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform<T> {
    /// Lowest.
    pub low: At<T>,
    /// Highest.
    pub high: At<T>,
}

/// By its corners.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Triangular<T> {
    /// Lowest.
    pub low: At<T>,
    /// Most likely.
    pub mode: At<T>,
    /// Highest.
    pub high: At<T>,
}

/// By the branches.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hyperexponential<T> {
    /// Chance of each branch; they add up to 1.
    pub p: At<Vec<f64>>,
    /// Mean of each branch.
    pub means: Vec<At<T>>,
}

/// By recorded values.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empirical<T> {
    /// A text file with one value a line (`#` begins a comment); a bare number is in seconds where a
    /// duration is meant.
    pub file: Option<At<String>>,
    /// The values themselves.
    pub values: Option<Vec<At<T>>>,
    /// Interpolate between neighbouring values.
    #[serde(default)]
    pub smooth: bool,
}
