//! A histogram of non-negative whole numbers (milliseconds) in buckets that widen with the value, as
//! in Tene's HdrHistogram: exact below 1,024, then 512 buckets for each doubling.

/// Counts in log-linear buckets. The middle of a bucket is within 0.1 % of every value in it.
///
/// A sketch is a function of the values alone: neither their order nor the way they were split and
/// merged shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// Bucket of `counts[0]`; the list spans the occupied buckets only.
    first: usize,
    counts: Vec<u64>,
}

/// log2 of the number of buckets in an octave.
const BITS: u32 = 9;
/// Values below this have a bucket of their own.
const EXACT_BELOW: u64 = 1 << (BITS + 1);

/// The number of a value's bucket; larger values have larger ones.
#[inline]
pub(super) fn bucket_of(value: i64) -> usize {
    let value = value.max(0) as u64;
    if value < EXACT_BELOW {
        return value as usize;
    }
    let octave = 63 - value.leading_zeros();
    let within = (value >> (octave - BITS)) - (1 << BITS);
    (EXACT_BELOW + (u64::from(octave - BITS - 1) << BITS) + within) as usize
}

/// The middle of a bucket.
fn middle_of(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    if bucket < EXACT_BELOW {
        return bucket as f64;
    }
    let shift = ((bucket - EXACT_BELOW) >> BITS) + 1;
    let within = (bucket - EXACT_BELOW) & ((1 << BITS) - 1);
    let low = ((1 << BITS) + within) << shift;
    low as f64 + ((1u64 << shift) - 1) as f64 / 2.0
}

impl Sketch {
    /// Takes a value in; a negative one counts as 0.
    pub fn push(&mut self, value: i64) {
        self.add(bucket_of(value), 1);
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Sketch) {
        // Make room at both ends once, then add.
        if let Some(last) = other.counts.len().checked_sub(1) {
            self.add(other.first, 0);
            self.add(other.first + last, 0);
            for (i, &n) in other.counts.iter().enumerate() {
                self.counts[other.first + i - self.first] += n;
            }
        }
    }

    fn add(&mut self, bucket: usize, n: u64) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let missing = self.first - bucket;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bucket;
        }
        let i = bucket - self.first;
        if i >= self.counts.len() {
            self.counts.resize(i + 1, 0);
        }
        self.counts[i] += n;
    }

    /// How many values.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The values at these ranks (0 = smallest; ascending), within 0.1 %.
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<f64> {
        let mut found = Vec::with_capacity(ranks.len());
        let (mut i, mut below) = (0, 0);
        for &rank in ranks {
            while i < self.counts.len() && below + self.counts[i] <= rank {
                below += self.counts[i];
                i += 1;
            }
            found.push(middle_of(self.first + i));
        }
        found
    }

    /// How many values lie in buckets up to the one of `x`.
    pub fn at_or_below(&self, x: i64) -> u64 {
        let through = (bucket_of(x) + 1).saturating_sub(self.first).min(self.counts.len());
        self.counts[..through].iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_follow_one_another() {
        // Every bucket's values are contiguous: walking up by 1 never skips or goes back.
        let mut last = bucket_of(0);
        for v in 1..200_000 {
            let b = bucket_of(v);
            assert!(b == last || b == last + 1, "{v}");
            last = b;
        }
        assert_eq!(bucket_of(-5), 0);
        assert!(middle_of(bucket_of(i64::MAX)) > 9e18);
    }

    proptest! {
        #[test]
        fn the_middle_is_within_a_tenth_of_a_percent(v in 0i64..(1 << 50)) {
            let middle = middle_of(bucket_of(v));
            prop_assert!((middle - v as f64).abs() <= 0.001 * v as f64, "{} for {}", middle, v);
        }

        #[test]
        fn any_split_and_order_gives_the_same(values in prop::collection::vec(0i64..10_000_000, 1..80), cut in 0usize..80) {
            let sketch = |values: &[i64]| {
                let mut s = Sketch::default();
                values.iter().for_each(|&v| s.push(v));
                s
            };
            let cut = cut.min(values.len());
            let whole = sketch(&values);
            let mut backwards = sketch(&values[cut..]);
            backwards.merge(&sketch(&values[..cut]));
            prop_assert_eq!(&backwards, &whole);
            prop_assert_eq!(whole.n(), values.len() as u64);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let ranks: Vec<u64> = (0..values.len() as u64).collect();
            for (got, &want) in whole.at_ranks(&ranks).iter().zip(&sorted) {
                prop_assert!((got - want as f64).abs() <= 0.001 * want as f64);
            }
        }
    }
}
