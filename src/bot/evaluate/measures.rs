//! The measures themselves, over plain slices.

use std::collections::BTreeMap;

/// Area under the receiver operating characteristic: the chance that a message that should score high
/// scores above one that should score low, ties counted half. One half if either side is empty.
pub fn auroc(high: &[f32], low: &[f32]) -> f64 {
    if high.is_empty() || low.is_empty() {
        return 0.5;
    }
    let mut low = low.to_vec();
    low.sort_by(f32::total_cmp);
    let won: f64 = high
        .iter()
        .map(|score| {
            let below = low.partition_point(|other| other < score);
            let not_above = low.partition_point(|other| other <= score);
            (below + not_above) as f64 / 2.0
        })
        .sum();
    won / (high.len() as f64 * low.len() as f64)
}

/// Expected calibration error over 15 bins of equal width: the mean gap between how sure the recogniser
/// was and how often it was right (Guo and others, 2017). Zero for no answers.
pub fn expected_calibration_error(answers: &[(f32, bool)]) -> f64 {
    const BINS: usize = 15;
    let mut gaps = [0.0f64; BINS];
    for &(confidence, right) in answers {
        let bin = ((confidence * BINS as f32) as usize).min(BINS - 1);
        gaps[bin] += f64::from(confidence) - f64::from(u8::from(right));
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / answers.len().max(1) as f64
}

/// Normalised mutual information of two groupings of the same things, by the arithmetic mean of their
/// entropies: 1 if they are the same, 0 if either tells nothing about the other.
pub fn normalised_mutual_information(truth: &[usize], found: &[usize]) -> f64 {
    let table = Contingency::of(truth, found);
    let entropy = |sizes: &BTreeMap<usize, f64>| -> f64 {
        sizes.values().map(|&size| -size / table.total * libm::log(size / table.total)).sum()
    };
    let mutual: f64 = table
        .cells
        .iter()
        .map(|(&(a, b), &both)| {
            both / table.total * libm::log(both * table.total / (table.rows[&a] * table.columns[&b]))
        })
        .sum();
    let mean = (entropy(&table.rows) + entropy(&table.columns)) / 2.0;
    if mean > 0.0 { mutual / mean } else { 1.0 }
}

/// Adjusted Rand index of two groupings (Hubert and Arabie, 1985): 1 if they are the same, about 0 if
/// they agree as chance would.
pub fn adjusted_rand_index(truth: &[usize], found: &[usize]) -> f64 {
    let table = Contingency::of(truth, found);
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let together: f64 = table.cells.values().map(|&count| pairs(count)).sum();
    let in_rows: f64 = table.rows.values().map(|&count| pairs(count)).sum();
    let in_columns: f64 = table.columns.values().map(|&count| pairs(count)).sum();
    let expected = in_rows * in_columns / pairs(table.total).max(1.0);
    let most = (in_rows + in_columns) / 2.0;
    if most == expected { 1.0 } else { (together - expected) / (most - expected) }
}

/// How often each pair of groups meets.
struct Contingency {
    cells: BTreeMap<(usize, usize), f64>,
    rows: BTreeMap<usize, f64>,
    columns: BTreeMap<usize, f64>,
    total: f64,
}

impl Contingency {
    fn of(truth: &[usize], found: &[usize]) -> Contingency {
        let mut table = Contingency {
            cells: BTreeMap::new(),
            rows: BTreeMap::new(),
            columns: BTreeMap::new(),
            total: 0.0,
        };
        for (&a, &b) in truth.iter().zip(found) {
            *table.cells.entry((a, b)).or_default() += 1.0;
            *table.rows.entry(a).or_default() += 1.0;
            *table.columns.entry(b).or_default() += 1.0;
            table.total += 1.0;
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auroc_counts_wins_and_half_ties() {
        assert_eq!(auroc(&[2.0, 3.0], &[0.0, 1.0]), 1.0);
        assert_eq!(auroc(&[0.0], &[1.0]), 0.0);
        assert_eq!(auroc(&[1.0, 2.0], &[1.0, 0.0]), 0.875);
        assert_eq!(auroc(&[], &[1.0]), 0.5);
    }

    #[test]
    fn calibration_error_is_the_mean_gap() {
        assert!(
            expected_calibration_error(&[(0.75, true), (0.75, true), (0.75, true), (0.75, false)]) < 1e-9
        );
        assert!((expected_calibration_error(&[(1.0, false), (1.0, true)]) - 0.5).abs() < 1e-9);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    /// Values of scikit-learn's documentation and of a hand calculation.
    #[test]
    fn groupings_are_compared() {
        assert!((normalised_mutual_information(&[0, 0, 1, 1], &[5, 5, 2, 2]) - 1.0).abs() < 1e-12);
        assert!(normalised_mutual_information(&[0, 0, 0, 0], &[0, 1, 2, 3]).abs() < 1e-12);
        assert!((adjusted_rand_index(&[0, 0, 1, 1], &[1, 1, 0, 0]) - 1.0).abs() < 1e-12);
        assert!((adjusted_rand_index(&[0, 0, 1, 2], &[0, 0, 1, 1]) - 4.0 / 7.0).abs() < 1e-12);
        assert!((adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]) + 0.5).abs() < 1e-12);
        assert_eq!(adjusted_rand_index(&[], &[]), 1.0);
    }
}
