//! The linear model: one score per label, trained one-vs-rest with squared hinge loss by dual
//! coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan: "A dual coordinate descent method for
//! large-scale linear SVM", 2008).
//!
//! All labels are trained side by side: a phrase is visited once per pass, its scores for every label
//! come out of one sweep over contiguous rows of weights, and only the labels whose dual variable moves
//! are written back.

use super::features::Row;
use super::settings::Settings;
use crate::random::{Purpose, Stream, Streams};

/// Labels are padded to a multiple of this, so that sums run in whole lanes.
const LANES: usize = 16;

/// Dual steps smaller than this are not worth writing.
const SMALLEST_STEP: f32 = 3e-3;

/// Weights, feature by feature, and a bias per label.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Linear {
    pub labels: usize,
    /// `labels` rounded up to whole lanes.
    pub width: usize,
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Linear {
    /// No weights yet.
    pub fn zero(labels: usize, features: usize) -> Linear {
        let width = labels.div_ceil(LANES) * LANES;
        Linear { labels, width, weights: vec![0.0; features * width], bias: vec![0.0; width] }
    }

    /// The scores of a message, one per label (and zeros up to the width).
    pub fn scores(&self, row: &[(u32, f32)], scores: &mut Vec<f32>) {
        scores.clear();
        for (block, bias) in self.bias.chunks_exact(LANES).enumerate() {
            let mut sums = [0.0f32; LANES];
            sums.copy_from_slice(bias);
            for &(feature, value) in row {
                let weights = &self.weights[feature as usize * self.width + block * LANES..][..LANES];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight * value;
                }
            }
            scores.extend_from_slice(&sums);
        }
    }

    /// What one feature adds to one label's score, per unit of its value.
    pub fn weight(&self, feature: u32, label: u16) -> f32 {
        self.weights[feature as usize * self.width + usize::from(label)]
    }

    /// Adds `steps` (per label, those in `moved` are not zero) times the message to the weights.
    pub fn add(&mut self, row: &[(u32, f32)], steps: &[f32], moved: &[usize]) {
        let few = moved.len() * 3 < self.width;
        for &(feature, value) in row {
            let weights = &mut self.weights[feature as usize * self.width..][..self.width];
            if few {
                moved.iter().for_each(|&label| weights[label] += steps[label] * value);
            } else {
                weights.iter_mut().zip(steps).for_each(|(weight, step)| *weight += step * value);
            }
        }
        moved.iter().for_each(|&label| self.bias[label] += steps[label]);
    }
}

/// Trains on rows and their labels; `None` is a phrase that belongs to no label.
pub(crate) fn train(
    rows: &[Row],
    truth: &[Option<u16>],
    labels: usize,
    features: usize,
    settings: &Settings,
) -> Linear {
    let mut model = Linear::zero(labels, features);
    let width = model.width;
    let mut duals = vec![0.0f32; rows.len() * width];
    let ridge = 0.5 / settings.cost;
    let curvature: Vec<f32> =
        rows.iter().map(|row| row.iter().map(|&(_, v)| v * v).sum::<f32>() + 1.0 + ridge).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut stream = Streams::new(settings.seed, 0).stream(Purpose::Bot, 0);
    let (mut scores, mut moved) = (Vec::with_capacity(width), Vec::with_capacity(width));
    let mut steps = vec![0.0f32; width];
    for _ in 0..settings.epochs {
        shuffle(&mut order, &mut stream);
        for &i in &order {
            model.scores(&rows[i], &mut scores);
            moved.clear();
            let own = truth[i].map(usize::from);
            let duals = &mut duals[i * width..][..width];
            for label in 0..labels {
                let side = if own == Some(label) { 1.0 } else { -1.0 };
                let gradient = side * scores[label] - 1.0 + ridge * duals[label];
                let step = (duals[label] - gradient / curvature[i]).max(0.0) - duals[label];
                steps[label] = 0.0;
                if step.abs() > SMALLEST_STEP {
                    steps[label] = step * side;
                    duals[label] += step;
                    moved.push(label);
                }
            }
            model.add(&rows[i], &steps, &moved);
        }
    }
    model
}

/// Fisher and Yates, from a stream of ours.
pub fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        let other = ((u128::from(stream.bits()) * (last as u128 + 1)) >> 64) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_what_is_separable() {
        let rows: Vec<Row> = vec![vec![(0, 1.0)], vec![(1, 1.0)], vec![(2, 1.0)], vec![(3, 1.0)]];
        let truth = [Some(0), Some(1), Some(2), None];
        let settings = Settings { cost: 10.0, epochs: 50, ..Settings::default() };
        let model = train(&rows, &truth, 3, 4, &settings);
        let mut scores = Vec::new();
        for (row, truth) in rows.iter().zip(truth) {
            model.scores(row, &mut scores);
            for (label, score) in (0u16..).zip(&scores) {
                assert_eq!(*score > 0.0, truth == Some(label), "{row:?} {label}");
            }
        }
    }

    /// One phrase on either side, no other feature: the optimum is known. With x = ±1 and the bias as a
    /// feature of its own, w = 2a and 2a + a/(2C) = 1 for the dual a of each side.
    #[test]
    fn meets_the_closed_form() {
        let rows: Vec<Row> = vec![vec![(0, 1.0)], vec![(0, -1.0)]];
        let settings = Settings { cost: 1.0, epochs: 200, ..Settings::default() };
        let model = train(&rows, &[Some(0), None], 1, 1, &settings);
        assert!((model.weight(0, 0) - 2.0 / 2.5).abs() < 1e-3);
        assert!(model.bias[0].abs() < 1e-3);
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        shuffle(&mut items, &mut Streams::new(1, 0).stream(Purpose::Bot, 0));
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
