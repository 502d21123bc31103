//! Quantiles: of a small sorted list, and of a mergeable state of any size.

use super::sketch::{Sketch, bucket_of};

/// Rows up to which quantiles are exact by default; see [`Quantiles::compact`].
pub const EXACT_ROWS: u64 = 1_000_000;

/// The `p` quantile of a sorted list by linear interpolation at p (n - 1) (type 7 of Hyndman & Fan
/// 1996): for small samples, such as a band over replications. `None` of nothing.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let x = p.clamp(0.0, 1.0) * last as f64;
    let i = (x as usize).min(last);
    let next = sorted[(i + 1).min(last)];
    Some(sorted[i] + (x - i as f64) * (next - sorted[i]))
}

/// Durations in milliseconds, kept so that their quantiles can be asked for.
///
/// The `p` quantile here is the smallest observed value with at least a share `p` of the values at or
/// below it (type 1 of Hyndman & Fan). So `p90 <= 10 min` says exactly that 90 % took 10 minutes at
/// most, as a service level would.
#[derive(Clone, Debug)]
pub struct Quantiles {
    n: u64,
    sum: i128,
    kept: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    Rows(Rows),
    Sketch(Sketch),
}

/// Values as they came, those that fit (49 days) in half the memory.
#[derive(Clone, Debug, Default)]
struct Rows {
    short: Vec<u32>,
    long: Vec<i64>,
}

impl Rows {
    #[inline]
    fn push(&mut self, value: i64) {
        match u32::try_from(value) {
            Ok(short) => self.short.push(short),
            Err(_) => self.long.push(value),
        }
    }

    fn extend(&mut self, other: &Rows) {
        self.short.extend_from_slice(&other.short);
        self.long.extend_from_slice(&other.long);
    }

    fn iter(&self) -> impl Iterator<Item = i64> + Clone {
        self.short.iter().map(|&v| i64::from(v)).chain(self.long.iter().copied())
    }
}

impl Default for Quantiles {
    fn default() -> Quantiles {
        Quantiles { n: 0, sum: 0, kept: Kept::Rows(Rows::default()) }
    }
}

impl Quantiles {
    /// Takes a value in; a negative one counts as 0.
    #[inline]
    pub fn push(&mut self, value: i64) {
        let value = value.max(0);
        self.n += 1;
        self.sum += i128::from(value);
        match &mut self.kept {
            Kept::Rows(rows) => rows.push(value),
            Kept::Sketch(sketch) => sketch.push(value),
        }
    }

    /// Adds what another one took in. The result depends on the values alone, as long as both were
    /// compacted to the same limit.
    pub fn merge(&mut self, other: &Quantiles) {
        self.n += other.n;
        self.sum += other.sum;
        match (&mut self.kept, &other.kept) {
            (Kept::Rows(mine), Kept::Rows(theirs)) => mine.extend(theirs),
            (Kept::Sketch(mine), Kept::Rows(theirs)) => theirs.iter().for_each(|v| mine.push(v)),
            (Kept::Sketch(mine), Kept::Sketch(theirs)) => mine.merge(theirs),
            (Kept::Rows(mine), Kept::Sketch(theirs)) => {
                let mut sketch = theirs.clone();
                mine.iter().for_each(|v| sketch.push(v));
                self.kept = Kept::Sketch(sketch);
            }
        }
    }

    /// Beyond `limit` rows a sketch (relative error at most 0.1 %) takes the place of the rows, so
    /// that memory stays bounded.
    pub fn compact(&mut self, limit: u64) {
        if self.n <= limit {
            return;
        }
        if let Kept::Rows(rows) = &self.kept {
            let mut sketch = Sketch::default();
            rows.iter().for_each(|v| sketch.push(v));
            self.kept = Kept::Sketch(sketch);
        }
    }

    /// How many values.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Sum of the values.
    pub fn sum(&self) -> f64 {
        self.sum as f64
    }

    /// The mean, always exact; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }

    /// No sketch was needed.
    pub fn is_exact(&self) -> bool {
        matches!(self.kept, Kept::Rows(_))
    }

    /// How many values are at or below each of the thresholds (for a sketch: in buckets up to its own).
    pub fn cumulative(&self, thresholds: &Thresholds) -> Vec<u64> {
        let rows = match &self.kept {
            Kept::Rows(rows) => rows,
            Kept::Sketch(sketch) => return thresholds.xs.iter().map(|&x| sketch.at_or_below(x)).collect(),
        };
        // Count between neighbours, then add up from the left; what lies above all goes last.
        let mut counts = vec![0; thresholds.xs.len() + 1];
        rows.iter().for_each(|v| counts[thresholds.below(v)] += 1);
        counts.pop();
        let mut below = 0;
        counts.iter_mut().for_each(|c| {
            below += *c;
            *c = below;
        });
        counts
    }

    /// The quantiles at `ps` (ascending) of all the values in `parts` together; `None` of nothing.
    pub fn of_union<'a>(parts: impl Iterator<Item = &'a Quantiles> + Clone, ps: &[f64]) -> Option<Vec<f64>> {
        let n: u64 = parts.clone().map(|q| q.n).sum();
        if n == 0 {
            return None;
        }
        let ranks: Vec<u64> = ps.iter().map(|p| rank(*p, n)).collect();
        if parts.clone().all(Quantiles::is_exact) {
            let rows = parts.filter_map(|q| match &q.kept {
                Kept::Rows(own) => Some(own.iter()),
                Kept::Sketch(_) => None,
            });
            return Some(select_ranks(rows.flatten(), &ranks));
        }
        let mut all = Quantiles { n: 0, sum: 0, kept: Kept::Sketch(Sketch::default()) };
        parts.for_each(|q| all.merge(q));
        match &all.kept {
            Kept::Sketch(sketch) => Some(sketch.at_ranks(&ranks)),
            Kept::Rows(_) => None,
        }
    }

    /// One quantile.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        Quantiles::of_union(std::iter::once(self), &[p]).map(|q| q[0])
    }
}

/// Rank (from 0) of the smallest value with at least a share `p` at or below it.
fn rank(p: f64, n: u64) -> u64 {
    // A hair less before rounding up: in floating point 0.07 * 100 is 7.000000000000001, not 7.
    let position = libm::ceil(p.clamp(0.0, 1.0) * n as f64 * (1.0 - 1e-14)) as u64;
    position.clamp(1, n) - 1
}

/// Values at ascending ranks: rows are counted by the buckets of a sketch, and only those of the buckets
/// in which the ranks fall are sorted.
fn select_ranks(rows: impl Iterator<Item = i64> + Clone, ranks: &[u64]) -> Vec<f64> {
    let mut counts: Vec<u64> = Vec::new();
    rows.clone().for_each(|row| {
        let bucket = bucket_of(row);
        if bucket >= counts.len() {
            counts.resize(bucket + 1, 0);
        }
        counts[bucket] += 1;
    });
    // For each rank its bucket, and how many rows lie in buckets below.
    let (mut bucket, mut below) = (0, 0);
    let places: Vec<(usize, u64)> = ranks
        .iter()
        .map(|&rank| {
            while below + counts[bucket] <= rank {
                below += counts[bucket];
                bucket += 1;
            }
            (bucket, below)
        })
        .collect();
    let mut wanted = vec![false; counts.len()];
    places.iter().for_each(|(bucket, _)| wanted[*bucket] = true);
    let mut kept: Vec<i64> = Vec::new();
    rows.filter(|&row| wanted[bucket_of(row)]).for_each(|row| kept.push(row));
    kept.sort_unstable();
    // Sorted, the rows of a lower bucket come first: a rank's place is that of its bucket's first row,
    // and as far into the bucket as the rank is.
    let at = |(&rank, &(bucket, below)): (&u64, &(usize, u64))| {
        let first = kept.partition_point(|&row| bucket_of(row) < bucket);
        kept[first + (rank - below) as usize] as f64
    };
    ranks.iter().zip(&places).map(at).collect()
}

/// Ascending values that others are compared with, many times.
#[derive(Clone, Debug)]
pub struct Thresholds {
    xs: Vec<i64>,
    /// Where to begin looking: for each power of two and the bits below it, the first of the values that is
    /// not below. Most such groups hold none of them, so that there is nothing to look for.
    entrances: Vec<u32>,
}

/// Bits below the highest that tell groups apart.
const GROUP_BITS: u32 = 6;

impl Thresholds {
    /// Sorted, each once.
    pub fn new(mut xs: Vec<i64>) -> Thresholds {
        xs.sort_unstable();
        xs.dedup();
        let first = |group: usize| xs.partition_point(|&x| x < least_of(group)) as u32;
        let entrances = (0..=group_of(i64::MAX)).map(first).collect();
        Thresholds { xs, entrances }
    }

    /// The values, ascending.
    pub fn values(&self) -> &[i64] {
        &self.xs
    }

    /// How many of them lie below `v`.
    #[inline]
    fn below(&self, v: i64) -> usize {
        let mut at = self.entrances[group_of(v)] as usize;
        while self.xs.get(at).is_some_and(|&x| x < v) {
            at += 1;
        }
        at
    }
}

#[inline]
fn group_of(v: i64) -> usize {
    let v = v.max(0) as u64;
    let shift = (v | 1 << GROUP_BITS).ilog2() - GROUP_BITS;
    (u64::from(shift << GROUP_BITS) + (v >> shift)) as usize
}

/// The least value of a group.
fn least_of(group: usize) -> i64 {
    const GROUPS: usize = 1 << GROUP_BITS;
    if group < 2 * GROUPS {
        return group as i64;
    }
    ((GROUPS + group % GROUPS) as i64) << (group / GROUPS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[i64]) -> Quantiles {
        let mut q = Quantiles::default();
        values.iter().for_each(|&v| q.push(v));
        q
    }

    #[test]
    fn interpolated_by_hand() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (p, want) in [(0.0, 1.0), (0.5, 3.0), (1.0, 8.0), (0.9, 6.8), (2.0, 8.0)] {
            assert!((quantile_sorted(&sorted, p).unwrap() - want).abs() < 1e-12, "{p}");
        }
        assert_eq!(quantile_sorted(&[], 0.5), None);
        assert_eq!(quantile_sorted(&[3.0], 0.9), Some(3.0));
    }

    #[test]
    fn smallest_with_that_share_below() {
        let q = of(&[70, 10, 20, 30, 40, 50, 60, 80, 90, 100]);
        for (p, want) in [(0.0, 10.0), (0.1, 10.0), (0.11, 20.0), (0.5, 50.0), (0.9, 90.0), (0.91, 100.0)] {
            assert_eq!(q.quantile(p), Some(want), "{p}");
        }
        assert_eq!(of(&[]).quantile(0.5), None);
        assert_eq!(of(&(1..=100).collect::<Vec<_>>()).quantile(0.07), Some(7.0));
        assert_eq!(q.cumulative(&Thresholds::new(vec![9, 39, 40, 100])), [0, 3, 4, 10]);
        assert_eq!(q.mean(), Some(55.0));
    }

    #[test]
    fn equal_ranks_and_ties() {
        let q = of(&[5, 5, 5, 1]);
        let got = Quantiles::of_union([&q].into_iter(), &[0.5, 0.5, 0.75, 0.99]);
        assert_eq!(got, Some(vec![5.0, 5.0, 5.0, 5.0]));
    }

    proptest! {
        #[test]
        fn looking_from_an_entrance_finds_the_same(
            xs in prop::collection::vec(0i64..1 << 40, 0..40),
            near in prop::collection::vec((0usize..40, -1i64..=1), 1..40),
        ) {
            let thresholds = Thresholds::new(xs);
            let xs = thresholds.values();
            let values = near.iter().map(|(i, by)| xs.get(*i).copied().unwrap_or(i64::MAX - 1) + by);
            for v in values.chain([-1, 0, 1, 7, 8, 9, 15, 16, 17, i64::MAX]) {
                prop_assert_eq!(thresholds.below(v), xs.partition_point(|&x| x < v));
            }
        }

        #[test]
        fn a_union_is_the_whole(values in prop::collection::vec(0i64..50_000, 1..120), cut in 0usize..120) {
            let cut = cut.min(values.len());
            let ps = [0.5, 0.9, 0.95, 0.99];
            let (left, right) = (of(&values[..cut]), of(&values[cut..]));
            let union = Quantiles::of_union([&left, &right].into_iter(), &ps);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            for (got, p) in union.unwrap().iter().zip(ps) {
                let share = |x: f64| sorted.iter().filter(|&&v| v as f64 <= x).count() as f64 / sorted.len() as f64;
                prop_assert!(share(*got) >= p - 1e-9, "enough at or below");
                prop_assert!(share(*got - 1.0) < p, "none smaller would do");
            }
            let mut merged = left.clone();
            merged.merge(&right);
            prop_assert_eq!(merged.quantile(0.9), of(&values).quantile(0.9));
        }

        #[test]
        fn compacted_is_within_a_tenth_of_a_percent(values in prop::collection::vec(0i64..5_000_000, 20..200), cut in 0usize..200) {
            let cut = cut.min(values.len());
            let exact = of(&values);
            let (mut left, mut right) = (of(&values[..cut]), of(&values[cut..]));
            left.compact(10);
            right.compact(10);
            left.merge(&right);
            left.compact(10);
            let mut whole = exact.clone();
            whole.compact(10);
            prop_assert!(exact.is_exact() && !whole.is_exact());
            for p in [0.1, 0.5, 0.9, 0.99] {
                let (e, s) = (exact.quantile(p).unwrap(), whole.quantile(p).unwrap());
                prop_assert!((e - s).abs() <= 0.001 * e);
                prop_assert_eq!(left.quantile(p), whole.quantile(p));
            }
            prop_assert_eq!(whole.mean(), exact.mean());
        }
    }
}
