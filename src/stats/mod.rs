//! Pure mathematics: moments, quantiles, Student intervals, ratios, steady state, comparisons,
//! ranking and selection, stopping rules, waiting-line formulas. Knows nothing of help desks.
//!
//! Everything here is a function of its arguments and adds up in a stated order, so the same numbers
//! come out whatever the number of threads.

mod comparison;
mod control;
pub mod erlang;
mod interval;
mod moments;
mod quantile;
mod ranking;
mod sequential;
mod sketch;
mod steady;
mod student;
pub mod survival;

pub use comparison::{
    PairedDifference, bonferroni_level, correlation, difference_of_means, paired_difference,
};
pub use control::{ControlledMean, controlled_mean};
pub use interval::{Interval, mean_interval, ratio_interval};
pub use moments::{Moments, TimeWeighted};
pub use quantile::{EXACT_ROWS, Quantiles, Thresholds, quantile_sorted};
pub use ranking::{Selection, kim_nelson};
pub use sequential::{Decision, Precision, StoppingRule, replications_to_reach};
pub use sketch::Sketch;
pub use steady::{BatchMeans, WarmUp, batch_means, lag_1_correlation, mser_5, welch};
pub use student::{normal_cdf, t_cdf, t_quantile};
