//! Distributions with their parameters in the field's terms, drawn by inversion wherever an inverse
//! exists (so that antithetic pairs work), computed without the system's library of functions (so that
//! every platform agrees).
//!
//! Durations are drawn in milliseconds and rounded at the draw; see [`Distribution::draw_ms`].

use super::{Stream, exp, ln};
use std::sync::Arc;

/// A distribution of a non-negative quantity. Durations are parametrised in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same value.
    Deterministic {
        /// The value.
        value: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Log-normal by the parameters of its logarithm.
    Lognormal {
        /// Mean of the logarithm (the median is e^mu).
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Gamma; Erlang is a gamma with an integer shape.
    Gamma {
        /// Shape.
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// Weibull: P(X > x) = exp(-(x/scale)^shape).
    Weibull {
        /// Scale.
        scale: f64,
        /// Shape.
        shape: f64,
    },
    /// Uniform on [low, high].
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Triangular.
    Triangular {
        /// Lower end.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Upper end.
        high: f64,
    },
    /// A mixture of exponentials.
    Hyperexponential {
        /// Cumulative weights; the last is 1.
        cumulative: Arc<[f64]>,
        /// Mean of each branch.
        means: Arc<[f64]>,
    },
    /// Geometric on 1, 2, 3, …
    Geometric {
        /// Mean; at least 1.
        mean: f64,
    },
    /// Recorded values, each as likely as the other, interpolated between neighbours if `smooth`.
    Empirical {
        /// Sorted values.
        sorted: Arc<[f64]>,
        /// Interpolate between order statistics.
        smooth: bool,
    },
}

impl Distribution {
    /// One draw.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Distribution::Deterministic { value } => *value,
            Distribution::Exponential { mean } => -ln(stream.uniform()) * mean,
            other => {
                // A copy goes to the laws that are called, so that the stream itself may stay in registers.
                let mut copy = stream.clone();
                let drawn = other.draw_called(&mut copy);
                *stream = copy;
                drawn
            }
        }
    }

    /// One draw, of the laws that are too long to be inlined.
    fn draw_called(&self, stream: &mut Stream) -> f64 {
        match self {
            Distribution::Deterministic { value } => *value,
            Distribution::Exponential { mean } => -ln(stream.uniform()) * mean,
            Distribution::Lognormal { mu, sigma } => exp(mu + sigma * inverse_normal(stream.uniform())),
            Distribution::Gamma { shape, scale } => draw_gamma(*shape, *scale, stream),
            Distribution::Weibull { scale, shape } => scale * libm::pow(-ln(stream.uniform()), 1.0 / shape),
            Distribution::Uniform { low, high } => low + (high - low) * stream.uniform(),
            Distribution::Triangular { low, mode, high } => {
                let (u, width) = (stream.uniform(), high - low);
                if width <= 0.0 {
                    *low
                } else if u < (mode - low) / width {
                    low + (u * width * (mode - low)).sqrt()
                } else {
                    high - ((1.0 - u) * width * (high - mode)).sqrt()
                }
            }
            Distribution::Hyperexponential { cumulative, means } => {
                let branch = stream.pick(cumulative);
                -ln(stream.uniform()) * means[branch]
            }
            Distribution::Geometric { mean } => {
                if *mean <= 1.0 {
                    return 1.0;
                }
                let p = 1.0 / mean;
                libm::ceil(ln(stream.uniform()) / libm::log1p(-p)).max(1.0)
            }
            Distribution::Empirical { sorted, smooth } => {
                let n = sorted.len();
                if *smooth && n > 1 {
                    let x = stream.uniform() * (n - 1) as f64;
                    let i = (x as usize).min(n - 2);
                    sorted[i] + (x - i as f64) * (sorted[i + 1] - sorted[i])
                } else {
                    sorted[((stream.uniform() * n as f64) as usize).min(n - 1)]
                }
            }
        }
    }

    /// One duration, rounded to whole milliseconds, never negative.
    #[inline]
    pub fn draw_ms(&self, stream: &mut Stream) -> i64 {
        // Half up; the cast saturates, so an absurd draw is "for ever", not a panic.
        (self.draw(stream) + 0.5) as i64
    }

    /// One count, at least 1.
    #[inline]
    pub fn draw_count(&self, stream: &mut Stream) -> u32 {
        ((self.draw(stream) + 0.5) as u32).max(1)
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        match self {
            Distribution::Deterministic { value } => *value,
            Distribution::Exponential { mean } | Distribution::Geometric { mean } => *mean,
            Distribution::Lognormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Distribution::Gamma { shape, scale } => shape * scale,
            Distribution::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Distribution::Uniform { low, high } => (low + high) / 2.0,
            Distribution::Triangular { low, mode, high } => (low + mode + high) / 3.0,
            Distribution::Hyperexponential { cumulative, means } => {
                let mut before = 0.0;
                cumulative
                    .iter()
                    .zip(means.iter())
                    .map(|(c, m)| {
                        let p = c - before;
                        before = *c;
                        p * m
                    })
                    .sum()
            }
            Distribution::Empirical { sorted, .. } => sorted.iter().sum::<f64>() / sorted.len().max(1) as f64,
        }
    }
}

/// An Erlang with a small integer shape is a sum of exponentials (one logarithm of a product, so
/// antithetic draws stay monotone); other shapes go to `rand_distr`.
fn draw_gamma(shape: f64, scale: f64, stream: &mut Stream) -> f64 {
    if shape <= 16.0 && libm::floor(shape) == shape {
        let product: f64 = (0..shape as u32).map(|_| stream.uniform()).product();
        return -ln(product) * scale;
    }
    match rand_distr::Gamma::new(shape, scale) {
        Ok(gamma) => rand_distr::Distribution::sample(&gamma, stream),
        Err(_) => 0.0,
    }
}

/// The standard normal quantile: P. J. Acklam's rational approximation (relative error below
/// 1.15e-9), good for draws that are rounded to milliseconds.
pub fn inverse_normal(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.38357751867269e+02,
        -3.066479806614716e+01,
        2.506628277459239e+00,
    ];
    const B: [f64; 5] = [
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00,
    ];
    const D: [f64; 4] =
        [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00];
    const LOW: f64 = 0.02425;
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if p < LOW {
        tail((-2.0 * ln(p)).sqrt())
    } else if p <= 1.0 - LOW {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    } else {
        -tail((-2.0 * ln(1.0 - p)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    /// The mean of 200,000 draws lies within 5 standard errors of the stated mean (fixed seed).
    #[test]
    fn means_agree() {
        let cases = [
            Distribution::Deterministic { value: 5.0 },
            Distribution::Exponential { mean: 3.0 },
            Distribution::Lognormal { mu: 1.0, sigma: 0.8 },
            Distribution::Gamma { shape: 0.5, scale: 2.0 },
            Distribution::Gamma { shape: 3.0, scale: 2.0 },
            Distribution::Weibull { scale: 2.0, shape: 0.8 },
            Distribution::Uniform { low: 1.0, high: 4.0 },
            Distribution::Triangular { low: 1.0, mode: 2.0, high: 6.0 },
            Distribution::Hyperexponential { cumulative: [0.9, 1.0].into(), means: [0.5, 5.5].into() },
            Distribution::Geometric { mean: 3.3 },
            Distribution::Empirical { sorted: [1.0, 2.0, 4.0].into(), smooth: false },
        ];
        for d in cases {
            let mut s = Streams::new(11, 0).stream(Purpose::Work, 1);
            let n = 200_000;
            let (mut sum, mut sq) = (0.0, 0.0);
            for _ in 0..n {
                let x = d.draw(&mut s);
                sum += x;
                sq += x * x;
            }
            let mean = sum / n as f64;
            let se = ((sq / n as f64 - mean * mean).max(0.0) / n as f64).sqrt();
            assert!((mean - d.mean()).abs() <= 5.0 * se + 1e-12, "{d:?}: {mean} against {}", d.mean());
        }
    }

    #[test]
    fn normal_quantiles() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813)] {
            assert!((inverse_normal(p) - z).abs() < 1e-7);
        }
    }

    /// The first draws of each law, in thousandths: a change here changes every result, so a new
    /// version of `rand` or `rand_distr`, or of our own arithmetic, must not slip in unseen.
    #[test]
    fn golden_draws() {
        let laws = [
            (Distribution::Exponential { mean: 60_000.0 }, [60_226_651, 10_826_055, 21_593_824, 171_546_566]),
            (
                Distribution::Lognormal { mu: 10.0, sigma: 0.8 },
                [16_765_421, 48_001_775, 33_334_491, 6_234_524],
            ),
            (
                Distribution::Gamma { shape: 0.5, scale: 60_000.0 },
                [22_195_679, 63_794, 12_656_877, 2_885_041],
            ),
            (
                Distribution::Gamma { shape: 3.0, scale: 20_000.0 },
                [30_882_177, 93_612_525, 45_206_607, 66_400_599],
            ),
            (
                Distribution::Gamma { shape: 2.5, scale: 20_000.0 },
                [35_695_760, 84_627_545, 17_900_632, 47_723_696],
            ),
            (
                Distribution::Weibull { scale: 60_000.0, shape: 0.8 },
                [60_283_447, 7_055_861, 16_725_308, 223_069_258],
            ),
            (
                Distribution::Uniform { low: 1_000.0, high: 4_000.0 },
                [2_099_477, 3_504_723, 3_093_244, 1_171_959],
            ),
            (
                Distribution::Triangular { low: 1_000.0, mode: 2_000.0, high: 6_000.0 },
                [2_440_484, 4_182_901, 3_541_334, 1_535_349],
            ),
            (
                Distribution::Hyperexponential {
                    cumulative: [0.9, 1.0].into(),
                    means: [500.0, 5_500.0].into(),
                },
                [90_217, 1_429_555, 25_992, 721_193],
            ),
            (Distribution::Geometric { mean: 3.3 }, [3_000, 1_000, 1_000, 8_000]),
            (
                Distribution::Empirical { sorted: [1_000.0, 2_000.0, 4_000.0].into(), smooth: true },
                [1_732_985, 3_339_630, 2_790_993, 1_114_640],
            ),
        ];
        let drawn = |law: &Distribution| -> [i64; 4] {
            let mut stream = Streams::new(20_261_123, 7).nth(Purpose::Work, 99, 1);
            std::array::from_fn(|_| (law.draw(&mut stream) * 1_000.0 + 0.5) as i64)
        };
        let got: Vec<[i64; 4]> = laws.iter().map(|(law, _)| drawn(law)).collect();
        let want: Vec<[i64; 4]> = laws.iter().map(|(_, want)| *want).collect();
        assert_eq!(got, want);
    }
}
