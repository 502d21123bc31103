//! A tall table of numbers with as many rows as there are messages, and what is done to its columns.

use crate::random::{Purpose, Streams};

/// Rows of equal length, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dense {
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Dense {
    /// All zero.
    pub fn zero(rows: usize, columns: usize) -> Dense {
        Dense { columns, values: vec![0.0; rows * columns] }
    }

    /// Uniform numbers between -1 and 1, the same for the same seed.
    pub fn random(rows: usize, columns: usize, seed: u64) -> Dense {
        let mut stream = Streams::new(seed, 0).stream(Purpose::Bot, 2);
        let values = (0..rows * columns).map(|_| stream.uniform() * 2.0 - 1.0).collect();
        Dense { columns, values }
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..][..self.columns]
    }

    /// Row `i`, to be changed.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.columns..][..self.columns]
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    /// The products of every two columns, of this and of another table: a square of `columns`.
    pub fn products(&self, other: &Dense) -> Dense {
        let mut square = Dense::zero(self.columns, other.columns);
        for (mine, theirs) in self.rows().zip(other.rows()) {
            for (sums, &value) in square.values.chunks_exact_mut(other.columns).zip(mine) {
                add_scaled(sums, theirs, value);
            }
        }
        square
    }

    /// This table times a square one.
    pub fn times(&self, square: &Dense) -> Dense {
        let rows = self.values.len() / self.columns.max(1);
        let mut product = Dense::zero(rows, square.columns);
        for (into, row) in product.values.chunks_exact_mut(square.columns.max(1)).zip(self.rows()) {
            for (&value, other) in row.iter().zip(square.rows()) {
                add_scaled(into, other, value);
            }
        }
        product
    }

    /// Makes the columns orthogonal and of length 1, keeping what they span. Columns that others make up
    /// already become zero.
    pub fn orthonormalise(&mut self) {
        // Once leaves errors where columns are nearly alike; twice is enough.
        for _ in 0..2 {
            let lower = lower_root(&self.products(self));
            let columns = self.columns;
            for row in self.values.chunks_exact_mut(columns.max(1)) {
                for j in 0..columns {
                    let known: f64 = lower.row(j)[..j].iter().zip(&row[..j]).map(|(l, q)| l * q).sum();
                    let pivot = lower.row(j)[j];
                    row[j] = if pivot > 0.0 { (row[j] - known) / pivot } else { 0.0 };
                }
            }
        }
    }

    /// Brings every row to length 1, unless it is zero.
    pub fn normalise_rows(&mut self) {
        for row in self.values.chunks_exact_mut(self.columns.max(1)) {
            let length = dot(row, row).sqrt();
            if length > 0.0 {
                row.iter_mut().for_each(|value| *value /= length);
            }
        }
    }
}

/// The lower triangle whose product with its own transpose is `square` (Cholesky); a pivot that is
/// nothing but rounding is zero, and so is its column.
pub(super) fn lower_root(square: &Dense) -> Dense {
    let n = square.columns;
    let largest = (0..n).map(|i| square.row(i)[i]).fold(0.0, f64::max);
    let mut lower = Dense::zero(n, n);
    for i in 0..n {
        for j in 0..=i {
            let known = dot(&lower.row(i)[..j], &lower.row(j)[..j]);
            let rest = square.row(i)[j] - known;
            lower.row_mut(i)[j] = if i == j {
                if rest > 1e-12 * largest { rest.sqrt() } else { 0.0 }
            } else {
                let pivot = lower.row(j)[j];
                if pivot > 0.0 { rest / pivot } else { 0.0 }
            };
        }
    }
    lower
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub(super) fn add_scaled(into: &mut [f64], row: &[f64], factor: f64) {
    into.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_orthonormal_and_span_the_same() {
        let before = Dense::random(40, 5, 1);
        let mut after = before.clone();
        after.orthonormalise();
        let square = after.products(&after);
        for i in 0..5 {
            for j in 0..5 {
                assert!((square.row(i)[j] - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        // What is left of the old columns outside the new ones is nothing.
        let inside = after.times(&after.products(&before));
        assert!(inside.values.iter().zip(&before.values).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn a_column_that_is_not_new_becomes_zero() {
        let mut table = Dense { columns: 2, values: vec![1.0, 2.0, 1.0, 2.0, 0.0, 0.0] };
        table.orthonormalise();
        let root = 0.5f64.sqrt();
        assert!((table.row(0)[0] - root).abs() < 1e-12 && table.rows().all(|row| row[1] == 0.0));
    }

    #[test]
    fn the_root_squares_back() {
        let square = Dense { columns: 2, values: vec![4.0, 2.0, 2.0, 5.0] };
        assert_eq!(lower_root(&square).values, [2.0, 0.0, 1.0, 2.0]);
    }
}
