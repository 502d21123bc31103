//! Training: phrases in, a calibrated model out.

use super::calibration::{Calibration, HeldOut};
use super::features::{Counter, Row, lay_out};
use super::linear::{self, Linear};
use super::reader::Reader;
use super::settings::Settings;
use super::softmax;
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

/// Training phrases, laid out, and what they are to teach.
pub(crate) struct Lesson {
    pub labels: usize,
    lines: Vec<String>,
    /// The label of each line; `None` is out of scope.
    truth: Vec<Option<u16>>,
    /// Where phrases are few, the labels' names to learn from beside them.
    few: Option<Vec<(u16, String)>>,
}

/// What a lesson teaches.
pub(crate) type Learned = (Reader, Linear, Calibration);

impl Lesson {
    /// Lays out labelled examples and, where there are any, messages known to be out of scope.
    pub fn new(
        names: &[String],
        examples: &[(u16, &str)],
        out_of_scope: &[&str],
        settings: &Settings,
    ) -> Result<Lesson, TrainError> {
        let labels = names.len();
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
        let known = truth.iter().flatten().count();
        if known == 0 {
            return Err(TrainError::NoExamples);
        }
        let few = ((known as f64) < settings.few_phrases * labels as f64).then(|| spoken_names(names));
        Ok(Lesson { labels, lines, truth, few })
    }

    /// Learns words, weights and calibration.
    pub fn learn(&self, settings: &Settings) -> Learned {
        let set = self.set();
        let few = self.few.as_deref();
        let calibration = Calibration::fit(&hold_out(&set, few, settings), settings);
        let (reader, linear) = fit(&set, few, settings);
        (reader, linear, calibration)
    }

    /// Learns words and n-grams only: the weights are known.
    pub fn read(&self, settings: &Settings) -> Reader {
        read(&self.set(), self.few.as_deref(), settings)
    }

    fn set(&self) -> Set<'_> {
        Set {
            labels: self.labels,
            lines: self.lines.iter().map(String::as_str).collect(),
            truth: self.truth.clone(),
        }
    }
}

/// Laid out phrases and their labels.
struct Set<'a> {
    labels: usize,
    lines: Vec<&'a str>,
    truth: Vec<Option<u16>>,
}

/// The labels' names, laid out as phrases.
fn spoken_names(names: &[String]) -> Vec<(u16, String)> {
    let mut line = String::new();
    let laid_out = (0u16..).zip(names).map(|(label, name)| {
        lay_out(&spoken(name), &mut line);
        (label, line.clone())
    });
    laid_out.filter(|(_, line)| line.len() > 1).collect()
}

/// A label's name as words: "card_arrival" and "CardArrival" are "card arrival".
fn spoken(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut after_lower = false;
    for c in name.chars() {
        if after_lower && c.is_uppercase() {
            words.push(' ');
        }
        after_lower = c.is_lowercase();
        words.push(if c == '_' { ' ' } else { c });
    }
    words
}

/// Learns words, vocabulary and weights: by logistic loss if there are `few` phrases, with the extra
/// ones, else by squared hinge loss.
fn fit(set: &Set<'_>, few: Option<&[(u16, String)]>, settings: &Settings) -> (Reader, Linear) {
    let reader = read(set, few, settings);
    let extras = few.unwrap_or_default();
    let truth: Vec<Option<u16>> =
        set.truth.iter().copied().chain(extras.iter().map(|&(label, _)| Some(label))).collect();
    let mut counter = Counter::default();
    let rows: Vec<Row> = lines(set, few)
        .map(|line| {
            let mut row = Row::new();
            reader.row(line, settings, &mut counter, &mut row);
            row
        })
        .collect();
    let train = if few.is_some() { softmax::train } else { linear::train };
    let linear = train(&rows, &truth, set.labels, reader.features(), settings);
    (reader, linear)
}

/// Learns words and vocabulary.
fn read(set: &Set<'_>, few: Option<&[(u16, String)]>, settings: &Settings) -> Reader {
    Reader::build(|| lines(set, few), few.is_some(), settings)
}

/// The phrases, then the extra ones.
fn lines<'a>(set: &'a Set<'_>, few: Option<&'a [(u16, String)]>) -> impl Iterator<Item = &'a str> {
    set.lines.iter().copied().chain(few.unwrap_or_default().iter().map(|(_, line)| line.as_str()))
}

/// Scores phrases by models that have not seen them.
fn hold_out(set: &Set<'_>, few: Option<&[(u16, String)]>, settings: &Settings) -> HeldOut {
    let fold_of = folds(&set.truth, set.labels, settings.seed);
    let rounds = if set.lines.len() > ENOUGH_FOR_ONE_FOLD { 1 } else { FOLDS };
    let mut held = HeldOut { labels: set.labels, ..HeldOut::default() };
    let (mut counter, mut row, mut scores) = (Counter::default(), Row::new(), Vec::new());
    let (mut line, mut work) = (String::new(), String::new());
    for fold in 0..rounds {
        let (seen, unseen): (Vec<usize>, Vec<usize>) =
            (0..set.lines.len()).partition(|&i| fold_of[i] != fold);
        if seen.is_empty() {
            continue;
        }
        let part = Set {
            labels: set.labels,
            lines: seen.iter().map(|&i| set.lines[i]).collect(),
            truth: seen.iter().map(|&i| set.truth[i]).collect(),
        };
        let (reader, linear) = fit(&part, few, settings);
        for i in unseen {
            line.clear();
            line.push_str(set.lines[i]);
            reader.mend(&mut line, &mut work);
            reader.row(&line, settings, &mut counter, &mut row);
            linear.scores(&row, &mut scores);
            held.scores.extend_from_slice(&scores[..set.labels]);
            held.truth.push(set.truth[i]);
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
    fn names_are_spoken() {
        let cases =
            [("card_arrival", "card arrival"), ("FindCalendarEntry", "Find Calendar Entry"), ("ATM", "ATM")];
        for (name, expected) in cases {
            assert_eq!(spoken(name), expected);
        }
    }

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
