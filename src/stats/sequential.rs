//! When to stop adding replications.

use super::{Interval, t_quantile};

/// A wish for the half-width of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// Relative to the true value.
    Relative(f64),
    /// In the metric's own unit.
    Absolute(f64),
}

impl Precision {
    /// Whether an estimate is precise enough. A relative wish `g` takes the corrected criterion
    /// half-width / |mean| <= g / (1 + g), so that the error relative to the *true* value is within
    /// `g` (Law, Simulation Modeling and Analysis, 9.4.1).
    pub fn reached(&self, estimate: &Interval) -> bool {
        let Some(half_width) = estimate.half_width else { return false };
        match *self {
            Precision::Relative(g) => half_width <= estimate.mean.abs() * g / (1.0 + g),
            Precision::Absolute(h) => half_width <= h,
        }
    }
}

/// Sequential stopping with look-ahead. Remembers how far it has looked, so that no replication is
/// looked at twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoppingRule {
    minimum: u32,
    maximum: u32,
    looked_at: u32,
    first_success: Option<u32>,
}

/// What the rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Run on, to this many replications at least.
    RunTo(u32),
    /// Precise enough after this many.
    Reached(u32),
    /// The cap came first.
    CapReached(u32),
}

impl StoppingRule {
    /// At least `minimum` replications (never fewer than 10: shorter starts stop too early too often)
    /// and at most `maximum`.
    pub fn new(minimum: u32, maximum: u32) -> StoppingRule {
        let minimum = minimum.max(10);
        StoppingRule { minimum, maximum: maximum.max(minimum), looked_at: 0, first_success: None }
    }

    /// How many more replications must confirm a first success at `n`: 5, growing as n / 100 beyond
    /// 100 (Hoad, Robinson & Davies 2010).
    fn look_ahead(n: u32) -> u32 {
        if n <= 100 { 5 } else { (5 * n).div_ceil(100) }
    }

    /// Decides from the `available` first replications. `precise(n)` says whether the first `n` give
    /// all that was wished for. The answer depends on the replications alone, not on how many were
    /// run at once: looked at one by one, the first `n` that is precise and stays so through its
    /// look-ahead ends the run.
    pub fn decide(&mut self, available: u32, mut precise: impl FnMut(u32) -> bool) -> Decision {
        for n in self.minimum.max(self.looked_at + 1)..=available.min(self.maximum) {
            self.looked_at = n;
            if !precise(n) {
                self.first_success = None;
                continue;
            }
            let success = *self.first_success.get_or_insert(n);
            if n >= success + Self::look_ahead(success) {
                return Decision::Reached(n);
            }
        }
        if available >= self.maximum {
            // A success whose look-ahead the cap cut short is not confirmed: say so.
            return Decision::CapReached(self.maximum);
        }
        let wanted = match self.first_success {
            Some(n) => n + Self::look_ahead(n),
            None => available + 1,
        };
        Decision::RunTo(wanted.clamp(self.minimum, self.maximum))
    }
}

/// How many replications in all would bring a half-width down to `distance`, judging from the spread
/// seen in `n` (the smallest m with t(m-1) s / sqrt(m) <= distance). `None` if more than a million, or
/// if the spread is not known.
pub fn replications_to_reach(n: u32, half_width: f64, distance: f64, level: f64) -> Option<u32> {
    const MOST: u32 = 1_000_000;
    if n < 2 || !half_width.is_finite() || distance.is_nan() || distance <= 0.0 {
        return None;
    }
    let t = |n: u32| t_quantile(0.5 + level / 2.0, f64::from(n - 1));
    let deviation = half_width * libm::sqrt(f64::from(n)) / t(n);
    let enough = |m: u32| t(m) * deviation / libm::sqrt(f64::from(m)) <= distance;
    if !enough(MOST) {
        return None;
    }
    let (mut low, mut high) = (1, MOST);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrected_relative_criterion() {
        let estimate = |half_width| Interval { mean: -100.0, half_width: Some(half_width) };
        // g = 0.1: 100 * 0.1 / 1.1 = 9.0909.
        assert!(Precision::Relative(0.1).reached(&estimate(9.09)));
        assert!(!Precision::Relative(0.1).reached(&estimate(9.10)));
        assert!(Precision::Absolute(9.1).reached(&estimate(9.1)));
        assert!(!Precision::Absolute(1.0).reached(&Interval { mean: 1.0, half_width: None }));
    }

    fn rule() -> StoppingRule {
        StoppingRule::new(10, 500)
    }

    #[test]
    fn stops_after_the_look_ahead() {
        // Precise from 12 on: asks for more until 12 + 5.
        assert_eq!(rule().decide(0, |_| true), Decision::RunTo(10));
        assert_eq!(rule().decide(10, |n| n >= 12), Decision::RunTo(11));
        assert_eq!(rule().decide(12, |n| n >= 12), Decision::RunTo(17));
        for available in [17, 20, 64] {
            assert_eq!(rule().decide(available, |n| n >= 12), Decision::Reached(17));
        }
    }

    #[test]
    fn one_by_one_as_well_as_at_once() {
        let mut rule = rule();
        let mut looks = 0;
        for available in 0..17 {
            let decision = rule.decide(available, |n| {
                looks += 1;
                n >= 12
            });
            assert!(matches!(decision, Decision::RunTo(_)), "{available}: {decision:?}");
        }
        assert_eq!(rule.decide(17, |_| true), Decision::Reached(17));
        assert_eq!(looks, 7, "10 to 16, each once");
    }

    #[test]
    fn a_lapse_starts_anew() {
        assert_eq!(rule().decide(40, |n| n != 13), Decision::Reached(19));
        // 200 needs 10 more, not 5.
        assert_eq!(rule().decide(400, |n| n >= 200), Decision::Reached(210));
    }

    #[test]
    fn the_cap_and_the_floor() {
        assert_eq!(StoppingRule::new(3, 12).decide(12, |n| n >= 10), Decision::CapReached(12));
        assert_eq!(StoppingRule::new(3, 5).decide(0, |_| true), Decision::RunTo(10));
    }

    #[test]
    fn replications_wanted() {
        let m = replications_to_reach(20, 2.0, 0.5, 0.95).unwrap();
        // About 16 times as many, a little fewer since t falls from 2.093 to 1.97.
        assert!((270..300).contains(&m), "{m}");
        let deviation = 2.0 * 20f64.sqrt() / t_quantile(0.975, 19.0);
        let half_width = |n: u32| t_quantile(0.975, f64::from(n - 1)) * deviation / f64::from(n).sqrt();
        assert!(half_width(m) <= 0.5 && half_width(m - 1) > 0.5);
        assert_eq!(replications_to_reach(20, 2.0, 0.0, 0.95), None);
        assert_eq!(replications_to_reach(20, 2.0, 1e-9, 0.95), None);
        assert_eq!(replications_to_reach(1, 2.0, 1.0, 0.95), None);
    }
}
