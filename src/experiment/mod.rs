//! Replications, precision, comparison on common random numbers, sweeps. The only user of rayon.
//!
//! A unit of work is one replication of one scenario: a pure function of (plan, number). Units run
//! in parallel and are put together in the order of their numbers, and whether to go on is decided
//! from that order alone; so the number of threads shows in no result.
//!
//! What runs a unit is a closure (the engine, as a rule): this room knows how to repeat, not what.

mod best;
mod compare;
mod control;
mod regression;
mod run;
mod sweep;
mod units;
mod warm_up;
mod warnings;

pub use best::{Choice, choose_best};
pub use compare::{Comparison, Difference, Finding, compare};
pub use regression::{Change, changes};
pub use run::{Outcome, Stop, run};
pub use sweep::{Axis, AxisFault, Ledger, content_hash, grid};
pub use units::{ExperimentError, Unit, Workers};
pub use warm_up::{WarmUpAdvice, advise, suggest_warm_up};
pub use warnings::warnings;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
