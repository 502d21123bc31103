//! The simulator against what is known exactly.
//!
//! Each case of `tests/data/queueing_exact.json` and `simulated_reference.json` becomes a scenario file,
//! is run for a number of replications, and every figure is compared with its answer: the difference must stay
//! within four standard errors. The test below runs one case of each model for a few seconds;
//! `cargo run --release --example validate` runs all of them until the standard errors are below 0.5 %
//! and writes `docs/validation.md`.

pub mod cases;
mod expected;
mod laws;
mod presence;
mod report;
mod scenario;
mod tally;

pub use cases::{Case, all};
pub use report::markdown;

use helpsim::engine::{Compiled, RunOptions, Silent, run};
use helpsim::stats::Moments;
use rayon::prelude::*;
use std::sync::Arc;
use tally::Observation;

/// A difference of more standard errors than this is no chance.
pub const MOST_STANDARD_ERRORS: f64 = 4.0;

/// How one figure came out.
#[derive(Clone, Debug)]
pub struct Compared {
    pub name: String,
    pub exact: f64,
    pub estimate: f64,
    /// Of the difference.
    pub standard_error: f64,
    /// Difference in standard errors; 0 if there is no difference, infinite if there may be none.
    pub z: f64,
    /// One of the figures whose precision decides how long a case runs.
    pub decides: bool,
}

impl Compared {
    /// No chance explains the difference.
    pub fn is_wrong(&self) -> bool {
        self.z.is_nan() || self.z.abs() > MOST_STANDARD_ERRORS
    }
}

/// How one case came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub name: String,
    pub model: String,
    pub method: String,
    pub figures: Vec<Compared>,
    pub replications: u32,
    pub customers: u64,
    /// Answers that were not compared.
    pub left_out: Vec<String>,
}

/// How much to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Customers of one replication.
    pub customers: f64,
    /// Replications at least and at most.
    pub replications: (u32, u32),
    /// Stop when the standard errors of the figures that decide are below this share of the value.
    pub precision: f64,
}

impl Case {
    /// Runs replications until the precision or the limit is reached.
    pub fn compare(&self, effort: Effort) -> Outcome {
        let case = self;
        let compiled = Compiled::new(Arc::new(self.sized(effort.customers).plan()))
            .unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let mut ratios: Vec<Ratio> = vec![Ratio::default(); case.expected.len()];
        let (mut done, mut customers) = (0, 0);
        let (batch, most) = effort.replications;
        let of_one = self.replications_for(effort.customers);
        let (batch, most) = (batch * of_one, most * of_one);
        loop {
            let next = (done + batch).min(most);
            let results: Vec<(Vec<Option<(f64, f64)>>, u64)> =
                (done..next).into_par_iter().map(|r| case.replicate(&compiled, r)).collect();
            for (values, n) in results {
                customers += n;
                for (ratio, pair) in ratios.iter_mut().zip(values) {
                    ratio.0.extend(pair);
                }
            }
            done = next;
            let exact_enough = case.expected.iter().zip(&ratios).all(|(expected, ratio)| {
                !expected.decides || ratio.estimate().1 <= effort.precision * expected.value.abs()
            });
            if done >= most || exact_enough {
                break;
            }
        }
        let figures = case
            .expected
            .iter()
            .zip(&ratios)
            .map(|(expected, ratio)| {
                let (estimate, standard_error) = ratio.estimate();
                // What is too rare to have been seen has no spread of its own: never less than chance
                // alone gives so many independent customers.
                let p = if expected.figure.is_share() { expected.value } else { 0.0 };
                let chance = (p * (1.0 - p) / customers as f64).sqrt();
                let standard_error = standard_error.max(chance).hypot(expected.se);
                let difference = estimate - expected.value;
                // The reference is written with twelve digits.
                let same = difference.abs() <= 1e-9 * expected.value.abs();
                let z = if same { 0.0 } else { difference / standard_error };
                Compared {
                    name: expected.name.clone(),
                    exact: expected.value,
                    estimate,
                    standard_error,
                    z,
                    decides: expected.decides,
                }
            })
            .collect();
        Outcome {
            name: self.name.clone(),
            model: self.model.clone(),
            method: self.method.clone(),
            figures,
            replications: done,
            customers,
            left_out: self.left_out.clone(),
        }
    }

    fn replicate(&self, compiled: &Compiled, replication: u32) -> (Vec<Option<(f64, f64)>>, u64) {
        let mut seen = Observation::new(self, &compiled.plan);
        let options = RunOptions { replication, ..RunOptions::default() };
        let totals = run(compiled, options, &mut seen, &mut Silent).expect("the sink takes everything");
        assert_eq!(totals.limit_reached, None, "{}", self.name);
        let values = self.expected.iter().map(|e| seen.ratio(e.slice, e.figure, &totals)).collect();
        (values, totals.conversations)
    }
}

/// One figure: numerator and denominator of each replication.
#[derive(Clone, Debug, Default)]
struct Ratio(Vec<(f64, f64)>);

impl Ratio {
    /// Sum over sum, and its standard error by the delta method; NaN and infinite of nothing.
    fn estimate(&self) -> (f64, f64) {
        let (x, y) = self.0.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
        let (n, ratio) = (self.0.len() as f64, x / y);
        let residuals: Vec<f64> = self.0.iter().map(|(x, y)| x - ratio * y).collect();
        let variance = Moments::of(&residuals).variance();
        (ratio, variance.map_or(f64::INFINITY, |variance| (variance / n).sqrt() * n / y.abs()))
    }
}

impl Outcome {
    /// The figures that no chance explains.
    pub fn wrong(&self) -> impl Iterator<Item = &Compared> {
        self.figures.iter().filter(|f| f.is_wrong())
    }
}
