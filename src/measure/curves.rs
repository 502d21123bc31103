//! Cumulative curves of durations: how many took `x` at most, on a fixed grid of `x`.

use crate::scenario::plan::{Plan, Policy};
use crate::stats::{Quantiles, Thresholds};
use crate::time::Span;

/// Points on an octave; 8 make a smooth curve.
const POINTS_PER_OCTAVE: u32 = 8;
/// From half a second to over a fortnight: 2^21.3 half seconds.
const OCTAVES: u32 = 22;

/// The grid, with the policies' targets among its points so that the share reached there is exact.
pub(super) struct CurveGrid {
    pub(super) x_ms: Thresholds,
    /// First-response target by priority, of the first policy that has one.
    pub(super) first_response: Vec<Option<i64>>,
    /// Resolution target by priority.
    pub(super) resolution: Vec<Option<i64>>,
}

impl CurveGrid {
    pub(super) fn new(plan: &Plan) -> CurveGrid {
        let target = |of: fn(&Policy) -> &[Option<Span>]| -> Vec<Option<i64>> {
            let first = |p: usize| {
                plan.policies.iter().find_map(|policy| of(policy).get(p).copied().flatten()).map(Span::ms)
            };
            (0..plan.priorities.len()).map(first).collect()
        };
        let first_response = target(|p| &p.first_response);
        let resolution = target(|p| &p.resolution);
        let x_ms = (0..=OCTAVES * POINTS_PER_OCTAVE)
            .map(|i| (500.0 * libm::exp2(f64::from(i) / f64::from(POINTS_PER_OCTAVE))) as i64)
            .chain(first_response.iter().chain(&resolution).copied().flatten())
            .collect();
        CurveGrid { x_ms: Thresholds::new(x_ms), first_response, resolution }
    }

    /// An empty curve.
    pub(super) fn start(&self) -> CurveSums {
        CurveSums { n: 0, at_or_below: vec![0; self.x_ms.values().len()] }
    }
}

/// How many observations lie at or below each point of the grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CurveSums {
    pub(super) n: u64,
    pub(super) at_or_below: Vec<u64>,
}

impl CurveSums {
    pub(super) fn push(&mut self, grid: &CurveGrid, durations: &Quantiles) {
        self.n += durations.n();
        let counts = durations.cumulative(&grid.x_ms);
        self.at_or_below.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
    }

    pub(super) fn merge(&mut self, other: &CurveSums) {
        self.n += other.n;
        self.at_or_below.iter_mut().zip(&other.at_or_below).for_each(|(a, b)| *a += b);
    }

    /// Share at or below each point.
    pub(super) fn shares(&self) -> Vec<f64> {
        self.at_or_below.iter().map(|&c| c as f64 / self.n.max(1) as f64).collect()
    }
}
