//! Where messages lie: near each other if they mean the same.
//!
//! Two messages are alike by the n-grams they share, and by the company that their n-grams keep in the
//! other messages (latent semantic analysis by a randomised singular value decomposition: Halko,
//! Martinsson, Tropp, 2011). Both likenesses are added. Each message is tied to those most like it, and a
//! walk along these ties mixes what hangs together: messages are placed by the slowest modes of that walk
//! (diffusion maps: Coifman and Lafon, 2006).

use super::dense::{Dense, add_scaled, dot, lower_root};
use crate::bot::recogniser::features::Row;

/// Dimensions of the latent space.
const LATENT: usize = 100;
/// Rounds of multiplying a random start by the table and its transpose.
const POWER_STEPS: usize = 3;
/// Messages that each message is tied to.
const NEIGHBOURS: usize = 10;
/// Dimensions of the place of a message.
const DIMENSIONS: usize = 60;
/// Rounds of walking that bring out the slowest modes.
const ROUNDS: usize = 10;
/// How often the square of the slow modes' matrix is squared: eight steps of the walk.
const SQUARINGS: usize = 3;

/// Places messages, given as sparse rows of length 1 over so many features. Rows of the result have
/// length 1.
pub(super) fn place(rows: &[Row], features: usize, seed: u64) -> Dense {
    let latent = latent(rows, features, seed);
    let ties = ties(rows, features, &latent);
    walk(&ties, seed)
}

/// How many dimensions so many messages can fill.
fn dimensions(wanted: usize, messages: usize) -> usize {
    wanted.min(messages / 2).max(1)
}

/// The rows in the latent space, each of length 1.
fn latent(rows: &[Row], features: usize, seed: u64) -> Dense {
    let columns = dimensions(LATENT, rows.len());
    let mut basis = forward(rows, &Dense::random(features, columns, seed));
    for _ in 0..POWER_STEPS {
        basis.orthonormalise();
        let mut back = backward(rows, features, &basis);
        back.orthonormalise();
        basis = forward(rows, &back);
    }
    basis.orthonormalise();
    let back = backward(rows, features, &basis);
    // Likeness within the basis is Q S Qᵀ with S = BᵀB: with S = L Lᵀ the places are Q L.
    let mut places = basis.times(&lower_root(&back.products(&back)));
    places.normalise_rows();
    places
}

/// The sparse table times a dense one.
fn forward(rows: &[Row], dense: &Dense) -> Dense {
    let mut product = Dense::zero(rows.len(), dense.columns);
    for (i, row) in rows.iter().enumerate() {
        for &(feature, value) in row {
            add_scaled(product.row_mut(i), dense.row(feature as usize), f64::from(value));
        }
    }
    product
}

/// The sparse table's transpose times a dense one.
fn backward(rows: &[Row], features: usize, dense: &Dense) -> Dense {
    let mut product = Dense::zero(features, dense.columns);
    for (i, row) in rows.iter().enumerate() {
        for &(feature, value) in row {
            add_scaled(product.row_mut(feature as usize), dense.row(i), f64::from(value));
        }
    }
    product
}

/// The ties of each message: the other, and how strong, scaled by both sides' sums. A tie that both
/// sides wish for stands twice.
fn ties(rows: &[Row], features: usize, latent: &Dense) -> Vec<Vec<(u32, f64)>> {
    let mut holders: Vec<Vec<(u32, f32)>> = vec![Vec::new(); features];
    for (i, row) in (0u32..).zip(rows) {
        row.iter().for_each(|&(feature, value)| holders[feature as usize].push((i, value)));
    }
    let mut ties: Vec<Vec<(u32, f64)>> = vec![Vec::new(); rows.len()];
    let mut alike: Vec<f64> = Vec::new();
    let mut order: Vec<u32> = Vec::new();
    // Of few messages, not nearly all the others.
    let neighbours = NEIGHBOURS.min(rows.len() / 4).max(1);
    for (i, row) in rows.iter().enumerate() {
        alike.clear();
        alike.extend(latent.rows().map(|other| dot(latent.row(i), other)));
        for &(feature, value) in row {
            for &(other, shared) in &holders[feature as usize] {
                alike[other as usize] += f64::from(value * shared);
            }
        }
        order.clear();
        order.extend((0..rows.len() as u32).filter(|&other| other as usize != i));
        let nearer = |a: &u32, b: &u32| alike[*b as usize].total_cmp(&alike[*a as usize]).then(a.cmp(b));
        if order.len() > neighbours {
            order.select_nth_unstable_by(neighbours - 1, nearer);
            order.truncate(neighbours);
        }
        order.sort_unstable_by(nearer);
        for &other in &order {
            let strength = alike[other as usize].max(1e-6);
            ties[i].push((other, strength));
            ties[other as usize].push((i as u32, strength));
        }
    }
    let sums: Vec<f64> = ties.iter().map(|of| of.iter().map(|&(_, strength)| strength).sum()).collect();
    for (of, &mine) in ties.iter_mut().zip(&sums) {
        of.iter_mut().for_each(|(other, strength)| *strength /= (mine * sums[*other as usize]).sqrt());
    }
    ties
}

/// The slowest modes of the walk along the ties, the slower the weightier.
fn walk(ties: &[Vec<(u32, f64)>], seed: u64) -> Dense {
    let step = |from: &Dense| {
        let mut to = Dense::zero(ties.len(), from.columns);
        for (i, of) in ties.iter().enumerate() {
            for &(other, strength) in of {
                add_scaled(to.row_mut(i), from.row(other as usize), strength);
            }
        }
        to
    };
    let mut modes = Dense::random(ties.len(), dimensions(DIMENSIONS, ties.len()), seed);
    for _ in 0..ROUNDS {
        modes = step(&modes);
        modes.orthonormalise();
    }
    let mut weight = modes.products(&step(&modes));
    for _ in 0..SQUARINGS {
        weight = weight.times(&weight);
    }
    let mut places = modes.times(&weight);
    places.normalise_rows();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two kinds of messages that share no feature between the kinds: likeness within is 1 in the latent
    /// space, and nothing across.
    #[test]
    fn what_shares_nothing_lies_apart() {
        let half = 0.5f32.sqrt();
        let rows: Vec<Row> = (0..12u32)
            .map(|i| {
                let first = i % 2 * 4;
                vec![(first + i / 2 % 3, half), (first + 3, half)]
            })
            .collect();
        let latent = latent(&rows, 8, 1);
        let places = place(&rows, 8, 1);
        for i in 0..12 {
            for j in 0..12 {
                let (deep, placed) = (dot(latent.row(i), latent.row(j)), dot(places.row(i), places.row(j)));
                if i % 2 == j % 2 {
                    assert!(deep > 0.4, "{i} {j} {deep}");
                } else {
                    assert!(deep.abs() < 1e-9, "{i} {j} {deep}");
                }
                assert!(placed <= 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn one_message_has_a_place() {
        assert_eq!(place(&[vec![(0, 1.0)]], 1, 1).columns, 1);
        assert_eq!(place(&[], 0, 1).rows().count(), 0);
    }
}
