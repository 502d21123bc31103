//! Distributions: from two parameters of the field to the two the sampler takes.

use super::Checker;
use crate::diag::Diagnostic;
use crate::random::Distribution;
use crate::scenario::raw::law::{CountLaw, DurationLaw, Empirical, Gamma, Law, Lognormal, ShapeScale};
use crate::scenario::raw::leaf::{At, Duration, PlainOr};
use crate::scenario::value;
use std::ops::Range;
use std::sync::Arc;

/// A quantity a distribution is of.
pub trait Quantity: Copy {
    /// The number the sampler works with: milliseconds, or the count itself.
    fn number(self) -> f64;
    /// One line of a file of recorded values.
    fn read_line(line: &str) -> Result<f64, String>;
}

impl Quantity for Duration {
    fn number(self) -> f64 {
        self.0
    }
    /// A duration as people write it, or a bare number of seconds.
    fn read_line(line: &str) -> Result<f64, String> {
        match line.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds * 1_000.0),
            Ok(_) => Err("a duration cannot be negative".to_owned()),
            Err(_) => value::duration_ms(line),
        }
    }
}

impl Quantity for f64 {
    fn number(self) -> f64 {
        self
    }
    fn read_line(line: &str) -> Result<f64, String> {
        match line.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err("not a number of 0 or more".to_owned()),
        }
    }
}

impl Checker<'_> {
    /// A distribution of durations in milliseconds.
    pub fn duration_law(&mut self, law: &At<DurationLaw>) -> Distribution {
        match &law.value {
            PlainOr::Plain(value) => Distribution::Deterministic { value: value.0 },
            PlainOr::Table(table) => self.law(table, &law.span),
        }
    }

    /// A distribution of counts; a count is at least 1.
    pub fn count_law(&mut self, law: &At<CountLaw>) -> Distribution {
        let distribution = match &law.value {
            PlainOr::Plain(value) => Distribution::Deterministic { value: *value },
            PlainOr::Table(table) => self.law(table, &law.span),
        };
        if distribution.mean() < 1.0 {
            self.fault(
                Diagnostic::error("HS0301", "a count is 1 or more, so its mean is, too")
                    .mark(law.span.clone(), format!("the mean is {}", distribution.mean())),
            );
        }
        distribution
    }

    fn law<T: Quantity>(&mut self, law: &Law<T>, span: &Range<usize>) -> Distribution {
        match law {
            Law::Deterministic(law) => Distribution::Deterministic { value: self.not_negative(&law.value) },
            Law::Exponential(law) => Distribution::Exponential { mean: self.positive(&law.mean) },
            Law::Lognormal(law) => self.lognormal(law, span),
            Law::Gamma(law) => self.gamma(law, span),
            Law::Weibull(law) => self.weibull(law, span),
            Law::Erlang(law) => {
                let shape = f64::from(law.k.value);
                Distribution::Gamma { shape, scale: self.positive(&law.mean) / shape }
            }
            Law::Uniform(law) => {
                let (low, high) = (self.not_negative(&law.low), self.not_negative(&law.high));
                self.in_order(low, high, &law.low.span, &law.high.span, "low", "high");
                Distribution::Uniform { low, high }
            }
            Law::Triangular(law) => {
                let (low, high) = (self.not_negative(&law.low), self.not_negative(&law.high));
                let mode = self.not_negative(&law.mode);
                self.in_order(low, mode, &law.low.span, &law.mode.span, "low", "mode");
                self.in_order(mode, high, &law.mode.span, &law.high.span, "mode", "high");
                Distribution::Triangular { low, mode, high }
            }
            Law::Hyperexponential(law) => self.hyperexponential(&law.p, &law.means),
            Law::Geometric(law) => {
                let mean = law.mean.value.number();
                if mean < 1.0 {
                    self.fault(
                        Diagnostic::error(
                            "HS0301",
                            "a geometric distribution begins at 1, so its mean is 1 or more",
                        )
                        .mark(law.mean.span.clone(), "too small"),
                    );
                }
                Distribution::Geometric { mean: mean.max(1.0) }
            }
            Law::Empirical(law) => self.empirical(law, span),
        }
    }

    fn lognormal<T: Quantity>(&mut self, law: &Lognormal<T>, span: &Range<usize>) -> Distribution {
        // sigma^2 = ln(1 + scv), mu = ln(mean) - sigma^2 / 2; the median is e^mu.
        let by_scv = |mean: f64, scv: f64| {
            let variance = libm::log1p(scv);
            Distribution::Lognormal { mu: libm::log(mean) - variance / 2.0, sigma: libm::sqrt(variance) }
        };
        match (&law.mean, &law.sd, &law.median, &law.sigma, &law.scv) {
            (Some(mean), Some(sd), None, None, None) => {
                let (mean, sd) = (self.positive(mean), self.not_negative(sd));
                by_scv(mean, (sd / mean) * (sd / mean))
            }
            (Some(mean), None, None, None, Some(scv)) => by_scv(self.positive(mean), self.not_negative(scv)),
            (None, None, Some(median), Some(sigma), None) => Distribution::Lognormal {
                mu: libm::log(self.positive(median)),
                sigma: self.not_negative(sigma),
            },
            _ => self.parameters(
                span,
                "lognormal",
                "`mean` and `sd`, `median` and `sigma`, or `mean` and `scv`",
            ),
        }
    }

    fn gamma<T: Quantity>(&mut self, law: &Gamma<T>, span: &Range<usize>) -> Distribution {
        // The mean is shape * scale, the variance shape * scale^2.
        match (&law.mean, &law.sd, &law.shape, &law.scale) {
            (Some(mean), Some(sd), None, None) => {
                let (mean, sd) = (self.positive(mean), self.positive(sd));
                Distribution::Gamma { shape: (mean / sd) * (mean / sd), scale: sd * (sd / mean) }
            }
            (Some(mean), None, Some(shape), None) => {
                let shape = self.positive(shape);
                Distribution::Gamma { shape, scale: self.positive(mean) / shape }
            }
            (None, None, Some(shape), Some(scale)) => {
                Distribution::Gamma { shape: self.positive(shape), scale: self.positive(scale) }
            }
            _ => {
                self.parameters(span, "gamma", "`mean` and `sd`, `mean` and `shape`, or `shape` and `scale`")
            }
        }
    }

    fn weibull<T: Quantity>(&mut self, law: &ShapeScale<T>, span: &Range<usize>) -> Distribution {
        let shape = self.positive(&law.shape);
        match (&law.scale, &law.mean) {
            (Some(scale), None) => Distribution::Weibull { shape, scale: self.positive(scale) },
            (None, Some(mean)) => {
                let scale = self.positive(mean) / libm::tgamma(1.0 + 1.0 / shape);
                Distribution::Weibull { shape, scale }
            }
            _ => self.parameters(span, "weibull", "`shape` and either `mean` or `scale`"),
        }
    }

    fn hyperexponential<T: Quantity>(&mut self, p: &At<Vec<f64>>, means: &[At<T>]) -> Distribution {
        let total: f64 = p.value.iter().sum();
        if p.value.is_empty() || p.value.len() != means.len() {
            self.fault(
                Diagnostic::error("HS0302", "`p` and `means` must have one entry for each branch")
                    .mark(p.span.clone(), format!("{} of `p`, {} of `means`", p.value.len(), means.len())),
            );
        } else if p.value.iter().any(|p| *p < 0.0) || (total - 1.0).abs() > 1e-6 {
            self.fault(
                Diagnostic::error("HS0302", "the chances `p` must add up to 1")
                    .mark(p.span.clone(), format!("they add up to {total}")),
            );
        }
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = p
            .value
            .iter()
            .map(|p| {
                sum += p;
                sum
            })
            .collect();
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        let means: Vec<f64> = means.iter().map(|mean| self.positive(mean)).collect();
        Distribution::Hyperexponential { cumulative: cumulative.into(), means: means.into() }
    }

    fn empirical<T: Quantity>(&mut self, law: &Empirical<T>, span: &Range<usize>) -> Distribution {
        let mut values: Vec<f64> = match (&law.file, &law.values) {
            (Some(file), None) => self.recorded_values::<T>(file),
            (None, Some(values)) => values.iter().map(|value| self.not_negative(value)).collect(),
            _ => return self.parameters(span, "empirical", "either `file` or `values`"),
        };
        if values.is_empty() {
            self.fault(
                Diagnostic::error("HS0302", "there are no values to draw from").mark(span.clone(), "empty"),
            );
            values.push(1.0);
        }
        values.sort_by(f64::total_cmp);
        Distribution::Empirical { sorted: Arc::from(values), smooth: law.smooth }
    }

    /// One value a line; `#` begins a comment.
    fn recorded_values<T: Quantity>(&mut self, file: &At<String>) -> Vec<f64> {
        let Some(input) = self.read(file) else { return vec![1.0] };
        let mut values = Vec::new();
        for (span, line) in super::files::lines(&input.text) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            match T::read_line(line) {
                Ok(value) => values.push(value),
                Err(expected) => {
                    self.fault(
                        Diagnostic::error("HS0107", "a recorded value cannot be read")
                            .file(&input.name)
                            .mark(span, expected),
                    );
                    break;
                }
            }
        }
        values
    }

    fn parameters(&mut self, span: &Range<usize>, name: &str, wanted: &str) -> Distribution {
        self.fault(
            Diagnostic::error("HS0302", format!("`{name}` is not fixed by these parameters"))
                .mark(span.clone(), "too few or too many")
                .help(format!("give {wanted}")),
        );
        Distribution::Deterministic { value: 1.0 }
    }

    fn in_order(
        &mut self,
        low: f64,
        high: f64,
        low_span: &Range<usize>,
        high_span: &Range<usize>,
        low_name: &str,
        high_name: &str,
    ) {
        if low > high {
            self.fault(
                Diagnostic::error("HS0302", format!("`{low_name}` is above `{high_name}`"))
                    .mark(low_span.clone(), "larger")
                    .mark(high_span.clone(), "smaller"),
            );
        }
    }

    /// A number above 0; 1 in place of a fault, so that the checks can go on.
    fn positive<T: Quantity>(&mut self, value: &At<T>) -> f64 {
        let number = value.value.number();
        if number > 0.0 {
            return number;
        }
        self.fault(
            Diagnostic::error("HS0301", "this must be more than 0").mark(value.span.clone(), "not above 0"),
        );
        1.0
    }

    fn not_negative<T: Quantity>(&mut self, value: &At<T>) -> f64 {
        let number = value.value.number();
        if number >= 0.0 {
            return number;
        }
        self.fault(
            Diagnostic::error("HS0301", "this must not be negative").mark(value.span.clone(), "below 0"),
        );
        0.0
    }
}
