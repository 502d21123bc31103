//! Running moments (Welford 1962; merging by Chan, Golub & LeVeque 1983) and time-weighted means.

/// Count, mean and variance of what was seen, in one pass; two of them add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Of a slice, in its order.
    pub fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|&x| moments.push(x));
        moments
    }

    /// Takes one value in.
    pub fn push(&mut self, x: f64) {
        self.n += 1;
        let delta = x - self.mean;
        self.mean += delta / self.n as f64;
        self.squares += delta * (x - self.mean);
    }

    /// Adds what another one saw.
    pub fn merge(&mut self, other: &Moments) {
        if other.n == 0 {
            return;
        }
        let (n, m) = (self.n as f64, other.n as f64);
        let delta = other.mean - self.mean;
        self.n += other.n;
        self.mean += delta * m / (n + m);
        self.squares += other.squares + delta * delta * n * m / (n + m);
    }

    /// How many.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// The sample variance (divisor n - 1); `None` of fewer than two.
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.squares / (self.n - 1) as f64)
    }

    /// The sample standard deviation.
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(libm::sqrt)
    }
}

/// The mean of a step function over time, weighted by time, and its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWeighted {
    from: i64,
    last: i64,
    value: f64,
    area: f64,
    max: f64,
}

impl TimeWeighted {
    /// Begins at `at` (any unit) with a value.
    pub fn begin(at: i64, value: f64) -> TimeWeighted {
        TimeWeighted { from: at, last: at, value, area: 0.0, max: value }
    }

    /// The value changes at `at`, which is not before the last change.
    pub fn set(&mut self, at: i64, value: f64) {
        self.area += self.value * (at - self.last) as f64;
        self.last = at;
        self.value = value;
        self.max = self.max.max(value);
    }

    /// Area under the function up to `at`.
    pub fn area(&self, at: i64) -> f64 {
        self.area + self.value * (at - self.last) as f64
    }

    /// Mean up to `at`; `None` if no time has passed.
    pub fn mean(&self, at: i64) -> Option<f64> {
        (at > self.from).then(|| self.area(at) / (at - self.from) as f64)
    }

    /// Largest value so far.
    pub fn max(&self) -> f64 {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        let m = Moments::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((m.n(), m.mean()), (8, Some(5.0)));
        assert!((m.variance().unwrap() - 32.0 / 7.0).abs() < 1e-14);
        assert_eq!(Moments::of(&[3.0]).variance(), None);
        assert_eq!(Moments::default().mean(), None);
    }

    #[test]
    fn large_offsets_do_not_cancel() {
        let m = Moments::of(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert!((m.variance().unwrap() - 30.0).abs() < 1e-6);
    }

    #[test]
    fn queue_by_hand() {
        // 0 for 10, 2 for 5, 1 for 5: area 15 over 20.
        let mut queue = TimeWeighted::begin(100, 0.0);
        queue.set(110, 2.0);
        queue.set(115, 1.0);
        assert_eq!(queue.area(120), 15.0);
        assert_eq!(queue.mean(120), Some(0.75));
        assert_eq!(queue.max(), 2.0);
        assert_eq!(TimeWeighted::begin(5, 1.0).mean(5), None);
    }

    proptest! {
        #[test]
        fn any_split_adds_up(values in prop::collection::vec(-1e3..1e3f64, 0..60), cut in 0usize..60) {
            let cut = cut.min(values.len());
            let whole = Moments::of(&values);
            let mut parts = Moments::of(&values[..cut]);
            parts.merge(&Moments::of(&values[cut..]));
            prop_assert_eq!(parts.n(), whole.n());
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + b.abs()),
                (a, b) => a == b,
            };
            prop_assert!(close(parts.mean(), whole.mean()));
            prop_assert!(close(parts.variance(), whole.variance()));
        }
    }
}
