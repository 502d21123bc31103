//! Multinomial logistic regression by dual coordinate ascent: better than the hinge where a label has
//! few phrases.
//!
//! Each phrase holds a distribution over the labels, first all on its own label; the weights are the sum
//! of what the phrases hold back. A visit moves the distribution towards the model's softmax, as far as
//! a line search on the dual says (Shalev-Shwartz and Zhang, "Accelerated proximal stochastic dual
//! coordinate ascent for regularized loss minimization", 2014).

use super::features::Row;
use super::linear::{Linear, shuffle};
use super::settings::Settings;
use crate::random::{Purpose, Streams};

/// Moves smaller than this are not worth writing.
const SMALLEST_MOVE: f32 = 2e-4;
/// Keeps logarithms finite.
const TINY: f32 = 1e-12;

/// Trains on rows and their labels; `None` is a phrase that belongs to no label: it holds every label
/// to an equal share.
pub(crate) fn train(
    rows: &[Row],
    truth: &[Option<u16>],
    labels: usize,
    features: usize,
    settings: &Settings,
) -> Linear {
    let mut model = Linear::zero(labels, features);
    let width = model.width;
    let cost = settings.few_cost;
    let mut held = vec![0.0f32; rows.len() * width];
    for (held, truth) in held.chunks_exact_mut(width).zip(truth) {
        match truth {
            Some(own) => held[usize::from(*own)] = 1.0,
            None => held[..labels].fill(1.0 / labels as f32),
        }
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut stream = Streams::new(settings.seed, 0).stream(Purpose::Bot, 0);
    let (mut scores, mut moved) = (Vec::with_capacity(width), Vec::with_capacity(width));
    let mut towards = vec![0.0f32; width];
    for _ in 0..settings.epochs {
        shuffle(&mut order, &mut stream);
        for &i in &order {
            model.scores(&rows[i], &mut scores);
            softmax(&mut scores[..labels]);
            let held = &mut held[i * width..][..width];
            let mut length = 0.0f32;
            for label in 0..labels {
                towards[label] = scores[label] - held[label];
                length += towards[label] * towards[label];
            }
            let square = rows[i].iter().map(|&(_, value)| value * value).sum::<f32>() + 1.0;
            let reach = line_search(&towards[..labels], held, &scores, cost * square * length);
            moved.clear();
            for label in 0..labels {
                let step = reach * towards[label];
                towards[label] = 0.0;
                if step.abs() > SMALLEST_MOVE {
                    held[label] += step;
                    towards[label] = -cost * step;
                    moved.push(label);
                }
            }
            model.add(&rows[i], &towards, &moved);
        }
    }
    model
}

/// Scores to probabilities, in place.
fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for score in scores.iter_mut() {
        *score = libm::expf(*score - most);
        total += *score;
    }
    scores.iter_mut().for_each(|score| *score /= total);
}

/// How far to go, 0 to 1, for the dual to be best: three steps of Newton's method, kept in by bisection.
/// `curvature` is that of the quadratic part.
fn line_search(towards: &[f32], held: &[f32], softmax: &[f32], curvature: f32) -> f32 {
    let (mut low, mut high, mut at) = (0.0f32, 1.0f32, 0.5f32);
    for _ in 0..3 {
        let (mut slope, mut bend) = (curvature * at, curvature);
        for ((&step, &held), &goal) in towards.iter().zip(held).zip(softmax) {
            if step.abs() > 1e-5 {
                let value = (held + at * step).max(TINY);
                slope += step * (libm::logf(value) - libm::logf(goal.max(TINY)));
                bend += step * step / value;
            }
        }
        if slope > 0.0 {
            high = at;
        } else {
            low = at;
        }
        let next = at - slope / bend;
        at = if next > low && next < high { next } else { (low + high) / 2.0 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_what_is_separable() {
        let rows: Vec<Row> = vec![vec![(0, 1.0)], vec![(1, 1.0)], vec![(2, 1.0)]];
        let truth = [Some(0), Some(1), Some(2)];
        let model = train(&rows, &truth, 3, 3, &Settings { epochs: 50, ..Settings::default() });
        let mut scores = Vec::new();
        for (row, truth) in rows.iter().zip(truth) {
            model.scores(row, &mut scores);
            let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            assert_eq!(best.map(|label| label as u16), truth);
        }
    }

    /// Two mirrored phrases, cost 1: by symmetry no bias and w = ±2q, where q = 1 / (1 + e^(4q)) is what
    /// each phrase holds of the other label.
    #[test]
    fn meets_the_closed_form() {
        let rows: Vec<Row> = vec![vec![(0, 1.0)], vec![(0, -1.0)]];
        let settings = Settings { few_cost: 1.0, epochs: 500, ..Settings::default() };
        let model = train(&rows, &[Some(0), Some(1)], 2, 1, &settings);
        let q = model.weight(0, 0) / 2.0;
        assert!((q - 1.0 / (1.0 + libm::expf(4.0 * q))).abs() < 1e-3, "{q}");
        assert!((model.weight(0, 0) + model.weight(0, 1)).abs() < 1e-3);
        assert!(model.bias[0].abs() < 1e-3);
    }
}
