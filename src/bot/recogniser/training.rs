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
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let held = hold_out(&lines, &truth, labels, settings);
    let calibration = Calibration::fit(&held, settings);
    let (vocabulary, linear) = fit(&lines, &truth, labels, settings);
    Ok(Trained { vocabulary, linear, calibration })
}

/// Learns vocabulary and weights.
fn fit(lines: &[&str], truth: &[Option<u16>], labels: usize, settings: &Settings) -> (Vocabulary, Linear) {
    let vocabulary = Vocabulary::build(lines.iter().copied(), settings);
    let mut counter = Counter::default();
    let rows: Vec<Row> = lines
        .iter()
        .map(|line| {
            let mut row = Row::new();
            vocabulary.row(line, settings, &mut counter, &mut row);
            row
        })
        .collect();
    let linear = linear::train(&rows, truth, labels, vocabulary.len(), settings);
    (vocabulary, linear)
}

/// Scores phrases by models that have not seen them.
fn hold_out(lines: &[&str], truth: &[Option<u16>], labels: usize, settings: &Settings) -> HeldOut {
    let fold_of = folds(truth, labels, settings.seed);
    let rounds = if lines.len() > ENOUGH_FOR_ONE_FOLD { 1 } else { FOLDS };
    let mut held = HeldOut { labels, ..HeldOut::default() };
    let (mut counter, mut row, mut scores) = (Counter::default(), Row::new(), Vec::new());
    for fold in 0..rounds {
        let seen: Vec<usize> = (0..lines.len()).filter(|&i| fold_of[i] != fold).collect();
        if seen.is_empty() {
            continue;
        }
        let seen_lines: Vec<&str> = seen.iter().map(|&i| lines[i]).collect();
        let seen_truth: Vec<Option<u16>> = seen.iter().map(|&i| truth[i]).collect();
        let (vocabulary, linear) = fit(&seen_lines, &seen_truth, labels, settings);
        for i in (0..lines.len()).filter(|&i| fold_of[i] == fold) {
            let known = vocabulary.row(lines[i], settings, &mut counter, &mut row);
            linear.scores(&row, &mut scores);
            held.scores.extend_from_slice(&scores[..labels]);
            held.known.push(known);
            held.truth.push(truth[i]);
        }
    }
    held
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
}
