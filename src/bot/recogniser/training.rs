//! Training: phrases in, a calibrated model out.

use super::calibration::{Calibration, HeldOut};
use super::features::{Counter, Row, Vocabulary, lay_out};
use super::linear::{self, Linear};
use super::settings::Settings;
use crate::random::{Purpose, Streams};

/// Why nothing could be learned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// No phrase holds a word.
    #[error("there is no training phrase with a word in it; give every intent some phrases")]
    NoExamples,
    /// An example names a label that is not in the list.
    #[error("example {example} has label number {label}, but there are only {labels} labels")]
    UnknownLabel {
        /// Position among the examples.
        example: usize,
        /// The number it bears.
        label: u16,
        /// How many labels were given.
        labels: usize,
    },
    /// More labels than a label number can tell apart.
    #[error("{0} labels are too many; at most 65535 can be told apart")]
    TooManyLabels(usize),
}

/// Above this many phrases one held-out fifth tells enough; below, every phrase is held out once.
const ENOUGH_FOR_ONE_FOLD: usize = 4_000;
const FOLDS: usize = 5;

pub(crate) struct Trained {
    pub vocabulary: Vocabulary,
    pub linear: Linear,
    pub calibration: Calibration,
}

/// Trains on labelled examples and, where there are any, on messages known to be out of scope.
pub(crate) fn train(
    labels: usize,
    examples: &[(u16, &str)],
    out_of_scope: &[&str],
    settings: &Settings,
) -> Result<Trained, TrainError> {
    if labels > usize::from(u16::MAX) {
        return Err(TrainError::TooManyLabels(labels));
    }
    if let Some(example) = examples.iter().position(|&(label, _)| usize::from(label) >= labels) {
        return Err(TrainError::UnknownLabel { example, label: examples[example].0, labels });
    }
    let phrases = examples.iter().map(|&(label, text)| (Some(label), text));
    let strangers = out_of_scope.iter().map(|&text| (None, text));
    let (mut lines, mut truth) = (Vec::new(), Vec::new());
    for (label, text) in phrases.chain(strangers) {
        let mut line = String::new();
        lay_out(text, &mut line);
        if line.len() > 1 {
            lines.push(line);
            truth.push(label);
        }
    }
    if truth.iter().flatten().next().is_none() {
        return Err(TrainError::NoExamples);
    }
    let vocabulary = Vocabulary::build(lines.iter().map(String::as_str), settings);
    let mut work = Counter::default();
    let rows: Vec<Row> = lines
        .iter()
        .map(|line| {
            let mut row = Row::new();
            vocabulary.row(line, settings, &mut work, &mut row);
            row
        })
        .collect();
    let held = hold_out(&rows, &truth, labels, vocabulary.len(), settings);
    let calibration = Calibration::fit(&held, settings);
    let linear = linear::train(&rows, &truth, labels, vocabulary.len(), settings);
    Ok(Trained { vocabulary, linear, calibration })
}

/// Scores phrases by models that have not seen them.
fn hold_out(
    rows: &[Row],
    truth: &[Option<u16>],
    labels: usize,
    features: usize,
    settings: &Settings,
) -> HeldOut {
    let fold_of = folds(truth, labels, settings.seed);
    let rounds = if rows.len() > ENOUGH_FOR_ONE_FOLD { 1 } else { FOLDS };
    let mut held = HeldOut { labels, ..HeldOut::default() };
    let mut scores = Vec::new();
    for fold in 0..rounds {
        let (mut seen_rows, mut seen_truth) = (Vec::new(), Vec::new());
        let mut known = vec![false; features];
        for i in (0..rows.len()).filter(|&i| fold_of[i] != fold) {
            rows[i].iter().for_each(|&(feature, _)| known[feature as usize] = true);
            seen_rows.push(rows[i].clone());
            seen_truth.push(truth[i]);
        }
        if seen_rows.is_empty() {
            continue;
        }
        let model = linear::train(&seen_rows, &seen_truth, labels, features, settings);
        for i in (0..rows.len()).filter(|&i| fold_of[i] == fold) {
            model.scores(&only_known(&rows[i], &known), &mut scores);
            held.scores.extend_from_slice(&scores[..labels]);
            held.truth.push(truth[i]);
        }
    }
    held
}

/// The row as a model would see it that does not know the features outside `known`.
fn only_known(row: &Row, known: &[bool]) -> Row {
    let mut kept: Row = row.iter().copied().filter(|&(feature, _)| known[feature as usize]).collect();
    let length = kept.iter().map(|&(_, value)| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        kept.iter_mut().for_each(|(_, value)| *value /= length);
    }
    kept
}

/// A fold for every phrase, the phrases of each label spread evenly.
fn folds(truth: &[Option<u16>], labels: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..truth.len()).collect();
    linear::shuffle(&mut order, &mut Streams::new(seed, 0).stream(Purpose::Bot, 1));
    let mut next = vec![0; labels + 1];
    let mut fold_of = vec![0; truth.len()];
    for i in order {
        let label = truth[i].map_or(labels, usize::from);
        fold_of[i] = (next[label] + label) % FOLDS;
        next[label] += 1;
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_spread_every_label() {
        let truth: Vec<Option<u16>> = (0..100).map(|i| if i < 50 { Some(0) } else { None }).collect();
        let fold_of = folds(&truth, 1, 1);
        for fold in 0..FOLDS {
            assert_eq!(fold_of[..50].iter().filter(|&&f| f == fold).count(), 10);
            assert_eq!(fold_of[50..].iter().filter(|&&f| f == fold).count(), 10);
        }
    }

    #[test]
    fn what_was_not_seen_is_not_counted() {
        let row = only_known(&vec![(0, 0.6), (1, 0.8)], &[true, false]);
        assert_eq!(row, [(0, 1.0)]);
        assert!(only_known(&vec![(1, 1.0)], &[true, false]).is_empty());
    }
}
