//! What the queueing formulas need of a law of patience: the chance to be still waiting, and the
//! mean of the time waited until a limit.

use super::normal_cdf;
use crate::random::Distribution;

/// A recorded law is thinned to so many equally likely values.
const EMPIRICAL_VALUES: usize = 256;

/// A law of patience X.
#[derive(Clone, Debug)]
pub struct Survival {
    law: Law,
    /// Mean of X.
    pub mean: f64,
    /// Where P(X > x) jumps or bends.
    pub corners: Vec<f64>,
    /// What the law's own unit is in the unit of `mean` and `corners`.
    unit: f64,
}

#[derive(Clone, Debug)]
enum Law {
    /// Has a formula.
    Formula(Distribution),
    /// Equally likely values, ascending, and their running sums (`sums[i]` = sum of the first `i`).
    Values { sorted: Vec<f64>, sums: Vec<f64> },
}

impl Survival {
    /// From a distribution.
    pub fn of(distribution: &Distribution) -> Survival {
        let mean = distribution.mean();
        match distribution {
            Distribution::Empirical { sorted, .. } => {
                let n = sorted.len().min(EMPIRICAL_VALUES);
                let thinned: Vec<f64> =
                    (0..n).map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * n)]).collect();
                Survival::values(thinned)
            }
            Distribution::Geometric { mean: m } => {
                let stay = if *m > 1.0 { 1.0 - 1.0 / m } else { 0.0 };
                // Equally likely values of a geometric law: its quantiles.
                let quantile = |i: usize| {
                    let q = (i as f64 + 0.5) / EMPIRICAL_VALUES as f64;
                    if stay > 0.0 { libm::ceil(libm::log1p(-q) / libm::log(stay)).max(1.0) } else { 1.0 }
                };
                Survival::values((0..EMPIRICAL_VALUES).map(quantile).collect())
            }
            formula => {
                let corners = match formula {
                    Distribution::Deterministic { value } => vec![*value],
                    Distribution::Uniform { low, high } => vec![*low, *high],
                    Distribution::Triangular { low, mode, high } => vec![*low, *mode, *high],
                    _ => Vec::new(),
                };
                Survival { law: Law::Formula(formula.clone()), mean, corners, unit: 1.0 }
            }
        }
    }

    fn values(sorted: Vec<f64>) -> Survival {
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for x in &sorted {
            sum += x;
            sums.push(sum);
        }
        let mean = sum / sorted.len().max(1) as f64;
        let mut corners = sorted.clone();
        corners.dedup();
        Survival { law: Law::Values { sorted, sums }, mean, corners, unit: 1.0 }
    }

    /// The same law with its times in another unit: a law in milliseconds is in seconds after
    /// `in_unit(0.001)`.
    pub fn in_unit(mut self, unit: f64) -> Survival {
        self.mean *= unit;
        self.corners.iter_mut().for_each(|corner| *corner *= unit);
        self.unit *= unit;
        self
    }

    /// P(X > x).
    pub fn beyond(&self, x: f64) -> f64 {
        let x = x / self.unit;
        match &self.law {
            Law::Values { sorted, .. } => {
                let gone = sorted.partition_point(|v| *v <= x);
                1.0 - gone as f64 / sorted.len().max(1) as f64
            }
            Law::Formula(d) => beyond(d, x),
        }
    }

    /// E[min(X, x)], the integral of [`Survival::beyond`] from 0 to x.
    pub fn limited_mean(&self, x: f64) -> f64 {
        let x = x / self.unit;
        let own = match &self.law {
            Law::Values { sorted, sums } => {
                let gone = sorted.partition_point(|v| *v <= x);
                (sums[gone] + (sorted.len() - gone) as f64 * x) / sorted.len().max(1) as f64
            }
            Law::Formula(d) => limited_mean(d, x),
        };
        own * self.unit
    }
}

fn beyond(d: &Distribution, x: f64) -> f64 {
    if x < 0.0 {
        return 1.0;
    }
    match d {
        Distribution::Deterministic { value } => f64::from(x < *value),
        Distribution::Exponential { mean } => libm::exp(-x / mean),
        Distribution::Lognormal { mu, sigma } => {
            if x <= 0.0 {
                1.0
            } else {
                normal_cdf((mu - libm::log(x)) / sigma)
            }
        }
        Distribution::Gamma { shape, scale } => gamma_beyond(*shape, x / scale),
        Distribution::Weibull { scale, shape } => libm::exp(-libm::pow(x / scale, *shape)),
        Distribution::Uniform { low, high } => {
            if x < *low {
                1.0
            } else if x >= *high {
                0.0
            } else {
                (high - x) / (high - low)
            }
        }
        Distribution::Triangular { low, mode, high } => {
            if x < *low {
                1.0
            } else if x >= *high {
                0.0
            } else if x < *mode {
                1.0 - (x - low) * (x - low) / ((high - low) * (mode - low))
            } else {
                (high - x) * (high - x) / ((high - low) * (high - mode))
            }
        }
        Distribution::Hyperexponential { cumulative, means } => {
            branches(cumulative, means).map(|(p, mean)| p * libm::exp(-x / mean)).sum()
        }
        // Turned into values by `Survival::of`.
        Distribution::Geometric { .. } | Distribution::Empirical { .. } => 0.0,
    }
}

fn limited_mean(d: &Distribution, x: f64) -> f64 {
    match d {
        Distribution::Deterministic { value } => x.min(*value),
        Distribution::Exponential { mean } => -mean * libm::expm1(-x / mean),
        Distribution::Lognormal { mu, sigma } => {
            if x <= 0.0 {
                return 0.0;
            }
            let z = (libm::log(x) - mu) / sigma;
            d.mean() * normal_cdf(z - sigma) + x * normal_cdf(-z)
        }
        Distribution::Gamma { shape, scale } => {
            let y = x / scale;
            shape * scale * (1.0 - gamma_beyond(shape + 1.0, y)) + x * gamma_beyond(*shape, y)
        }
        Distribution::Weibull { scale, shape } => {
            let y = libm::pow(x / scale, *shape);
            let a = 1.0 / shape;
            scale * a * libm::tgamma(a) * (1.0 - gamma_beyond(a, y))
        }
        Distribution::Uniform { low, high } => {
            if x <= *low {
                x
            } else {
                let y = x.min(*high);
                low + (y - low) * (2.0 * high - y - low) / (2.0 * (high - low))
            }
        }
        Distribution::Triangular { low, mode, high } => {
            let rising = |y: f64| {
                if mode > low { libm::pow(y - low, 3.0) / (3.0 * (high - low) * (mode - low)) } else { 0.0 }
            };
            let falling = |y: f64| libm::pow(high - y, 3.0) / (3.0 * (high - low) * (high - mode));
            if x <= *low {
                x
            } else if x <= *mode {
                x - rising(x)
            } else {
                mode - rising(*mode) + falling(*mode) - falling(x.min(*high))
            }
        }
        Distribution::Hyperexponential { cumulative, means } => {
            branches(cumulative, means).map(|(p, mean)| -p * mean * libm::expm1(-x / mean)).sum()
        }
        Distribution::Geometric { .. } | Distribution::Empirical { .. } => 0.0,
    }
}

/// (probability, mean) of each branch of a mixture.
fn branches<'a>(cumulative: &'a [f64], means: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    let before = std::iter::once(&0.0).chain(cumulative);
    cumulative.iter().zip(before).zip(means).map(|((c, b), mean)| (c - b, *mean))
}

/// P(X > x) of a gamma law of scale 1: the regularised upper incomplete gamma function, by its series
/// below shape + 1 and its continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
fn gamma_beyond(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / shape, 1.0 / shape, shape);
        while term > sum * 1e-16 {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return 1.0 - front * sum;
    }
    // Lentz's method for the continued fraction.
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - shape;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut fraction = d;
    for i in 1..500 {
        let a = -f64::from(i) * (f64::from(i) - shape);
        b += 2.0;
        d = 1.0 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    return front * fraction;

    fn nonzero(x: f64) -> f64 {
        if x.abs() < TINY { TINY } else { x }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws() -> Vec<Distribution> {
        vec![
            Distribution::Deterministic { value: 2.0 },
            Distribution::Exponential { mean: 3.0 },
            Distribution::Lognormal { mu: 0.5, sigma: 1.2 },
            Distribution::Gamma { shape: 0.5, scale: 2.0 },
            Distribution::Gamma { shape: 3.0, scale: 0.7 },
            Distribution::Weibull { scale: 2.0, shape: 0.8 },
            Distribution::Uniform { low: 1.0, high: 4.0 },
            Distribution::Triangular { low: 1.0, mode: 2.0, high: 6.0 },
            Distribution::Triangular { low: 0.0, mode: 0.0, high: 6.0 },
            Distribution::Hyperexponential { cumulative: [0.9, 1.0].into(), means: [0.5, 5.5].into() },
            Distribution::Geometric { mean: 3.3 },
            Distribution::Empirical { sorted: [1.0, 2.0, 4.0].into(), smooth: false },
        ]
    }

    /// The limited mean is the integral of the survival function, and tends to the mean.
    #[test]
    fn limited_mean_is_the_integral() {
        for d in laws() {
            let law = Survival::of(&d);
            for upper in [0.3, 1.7, 5.0] {
                let n = 20_000;
                let step = upper / n as f64;
                let sum: f64 = (0..n).map(|i| law.beyond((i as f64 + 0.5) * step)).sum();
                assert!((law.limited_mean(upper) - sum * step).abs() < 3e-4, "{d:?} at {upper}");
            }
            assert!((law.limited_mean(1e4) / law.mean - 1.0).abs() < 1e-6, "{d:?}");
            assert!((law.mean / d.mean() - 1.0).abs() < 2e-2, "{d:?}");
        }
    }

    #[test]
    fn units_do_not_change_the_law() {
        for d in laws() {
            let (own, thousandths) = (Survival::of(&d), Survival::of(&d).in_unit(1000.0));
            for x in [0.1, 1.5, 3.0] {
                assert!((own.beyond(x) - thousandths.beyond(1000.0 * x)).abs() < 1e-12, "{d:?}");
                let scaled = own.limited_mean(x) * 1000.0;
                assert!((scaled - thousandths.limited_mean(1000.0 * x)).abs() < 1e-9, "{d:?}");
            }
        }
    }

    /// Known values of the incomplete gamma function: P(Erlang-2 > x) = (1 + x) e^-x.
    #[test]
    fn incomplete_gamma() {
        for x in [0.01, 0.5, 1.0, 2.9, 3.1, 10.0, 40.0] {
            let exact = (1.0 + x) * libm::exp(-x);
            assert!((gamma_beyond(2.0, x) / exact - 1.0).abs() < 1e-11, "{x}");
        }
        assert!((gamma_beyond(0.5, 1.0) - libm::erfc(1.0)).abs() < 1e-14);
    }
}
