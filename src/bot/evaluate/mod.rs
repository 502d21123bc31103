//! How good a recogniser is: the figures that intent tests print, as plain values.

mod measures;
mod noise;

pub use measures::{adjusted_rand_index, auroc, expected_calibration_error, normalised_mutual_information};
pub use noise::disturbed;

use super::recogniser::{Prediction, Recogniser, Scratch, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// All figures of one test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Messages that belong to an intent.
    pub in_scope: usize,
    /// Share of them whose likeliest label is right, whatever the verdict.
    pub accuracy: f64,
    /// Mean F1 over the intents that occur in the test.
    pub macro_f1: f64,
    /// Mean gap between confidence and being right.
    pub expected_calibration_error: f64,
    /// What was done with the in-scope messages.
    pub verdicts: Verdicts,
    /// Intent by intent, in the order of the labels; those that neither occur nor were predicted are
    /// left out.
    pub intents: Vec<IntentScore>,
    /// Which intents are taken for which, the most frequent first.
    pub confusions: Vec<Confusion>,
    /// Accuracy of the answers if only the surest messages are answered, in steps of five percent.
    pub coverage: Vec<CoveragePoint>,
    /// Present if the test holds messages that belong to no intent.
    pub out_of_scope: Option<OutOfScope>,
}

/// Shares of in-scope messages by what was done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Verdicts {
    /// Answered, and rightly.
    pub accepted_right: f64,
    /// Answered, but wrongly.
    pub accepted_wrong: f64,
    /// Asked back, the right intent being one of the two offered.
    pub clarified_right: f64,
    /// Asked back with two wrong intents.
    pub clarified_wrong: f64,
    /// Turned away.
    pub rejected: f64,
}

/// Precision, recall and F1 of one intent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IntentScore {
    /// The label's name.
    pub intent: String,
    /// Messages of this intent in the test.
    pub support: usize,
    /// Right among those given this label; 0 if none was.
    pub precision: f64,
    /// Found among those of this intent; 0 if there is none.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// One intent taken for another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    /// The right intent.
    pub truth: String,
    /// The one it was taken for.
    pub taken_for: String,
    /// How often.
    pub count: usize,
    /// Up to three of the messages.
    pub examples: Vec<String>,
}

/// A point of the curve of coverage and accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoveragePoint {
    /// Share of in-scope messages that are answered.
    pub coverage: f64,
    /// Confidence from which that share is answered.
    pub threshold: f32,
    /// Share of the answers that are right.
    pub accuracy: f64,
}

/// How well messages that belong to no intent are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutOfScope {
    /// Messages that belong to no intent.
    pub messages: usize,
    /// Of the scope score: an in-scope message above an out-of-scope one.
    pub auroc: f64,
    /// Share of out-of-scope messages under the scope threshold.
    pub recall: f64,
    /// Share of in-scope messages that are over the scope threshold and have the right label.
    pub in_scope_accuracy: f64,
    /// Share of out-of-scope messages that are not answered, be it for their scope, for low confidence,
    /// or by asking back.
    pub not_answered: f64,
}

/// At most this many examples stand beside a confusion.
const EXAMPLES: usize = 3;

/// Runs the recogniser over labelled messages; `None` is a message that belongs to no intent.
pub fn evaluate(recogniser: &Recogniser, cases: &[(Option<u16>, &str)]) -> Evaluation {
    let mut scratch = Scratch::default();
    let mut inside: Vec<(u16, Prediction, &str)> = Vec::new();
    let mut outside: Vec<Prediction> = Vec::new();
    for &(truth, text) in cases {
        let prediction = recogniser.predict(text, &mut scratch);
        match truth {
            Some(label) => inside.push((label, prediction, text)),
            None => outside.push(prediction),
        }
    }
    let answers: Vec<(f32, bool)> =
        inside.iter().map(|(truth, p, _)| (p.confidence, p.label == *truth)).collect();
    let right = answers.iter().filter(|(_, right)| *right).count();
    let intents = intent_scores(recogniser.labels(), &inside);
    let tested: Vec<f64> = intents.iter().filter(|score| score.support > 0).map(|score| score.f1).collect();
    Evaluation {
        in_scope: inside.len(),
        accuracy: share(right, inside.len()),
        macro_f1: tested.iter().sum::<f64>() / tested.len().max(1) as f64,
        expected_calibration_error: expected_calibration_error(&answers),
        verdicts: verdicts(&inside),
        confusions: confusions(recogniser.labels(), &inside),
        coverage: coverage(answers),
        out_of_scope: (!outside.is_empty())
            .then(|| out_of_scope(&inside, &outside, recogniser.calibration().scope_threshold)),
        intents,
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn name(labels: &[String], label: u16) -> String {
    labels.get(usize::from(label)).cloned().unwrap_or_default()
}

fn verdicts(inside: &[(u16, Prediction, &str)]) -> Verdicts {
    let mut shares = Verdicts::default();
    let one = 1.0 / inside.len().max(1) as f64;
    for (truth, prediction, _) in inside {
        let right = prediction.label == *truth;
        let place = match prediction.verdict {
            Verdict::Accept if right => &mut shares.accepted_right,
            Verdict::Accept => &mut shares.accepted_wrong,
            Verdict::Clarify(other) if right || other == *truth => &mut shares.clarified_right,
            Verdict::Clarify(_) => &mut shares.clarified_wrong,
            Verdict::Reject => &mut shares.rejected,
        };
        *place += one;
    }
    shares
}

fn intent_scores(labels: &[String], inside: &[(u16, Prediction, &str)]) -> Vec<IntentScore> {
    /// Messages of the intent, predictions of it, and where both agree.
    #[derive(Default)]
    struct Counts {
        support: usize,
        predicted: usize,
        right: usize,
    }
    let mut counts: BTreeMap<u16, Counts> = BTreeMap::new();
    for (truth, prediction, _) in inside {
        counts.entry(*truth).or_default().support += 1;
        counts.entry(prediction.label).or_default().predicted += 1;
        counts.entry(*truth).or_default().right += usize::from(prediction.label == *truth);
    }
    let score = |(label, counts): (u16, Counts)| {
        let precision = share(counts.right, counts.predicted);
        let recall = share(counts.right, counts.support);
        let f1 = share(2 * counts.right, counts.predicted + counts.support);
        IntentScore { intent: name(labels, label), support: counts.support, precision, recall, f1 }
    };
    counts.into_iter().map(score).collect()
}

fn confusions(labels: &[String], inside: &[(u16, Prediction, &str)]) -> Vec<Confusion> {
    let mut pairs: BTreeMap<(u16, u16), Vec<&str>> = BTreeMap::new();
    for (truth, prediction, text) in inside.iter().filter(|(truth, p, _)| p.label != *truth) {
        pairs.entry((*truth, prediction.label)).or_default().push(text);
    }
    let mut found: Vec<Confusion> = pairs
        .into_iter()
        .map(|((truth, taken_for), texts)| Confusion {
            truth: name(labels, truth),
            taken_for: name(labels, taken_for),
            count: texts.len(),
            examples: texts.iter().take(EXAMPLES).map(|&text| text.to_owned()).collect(),
        })
        .collect();
    found.sort_by_key(|confusion| std::cmp::Reverse(confusion.count));
    found
}

fn coverage(mut answers: Vec<(f32, bool)>) -> Vec<CoveragePoint> {
    const STEPS: usize = 20;
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut points = Vec::with_capacity(STEPS);
    let (mut given, mut right) = (0, 0);
    for step in 1..=STEPS {
        let upto = (answers.len() * step).div_ceil(STEPS);
        right += answers[given..upto].iter().filter(|(_, right)| *right).count();
        given = upto;
        if let Some(&(threshold, _)) = answers[..upto].last() {
            let coverage = share(upto, answers.len());
            points.push(CoveragePoint { coverage, threshold, accuracy: share(right, upto) });
        }
    }
    points
}

fn out_of_scope(inside: &[(u16, Prediction, &str)], outside: &[Prediction], threshold: f32) -> OutOfScope {
    let known: Vec<f32> = inside.iter().map(|(_, prediction, _)| prediction.scope).collect();
    let strange: Vec<f32> = outside.iter().map(|prediction| prediction.scope).collect();
    let kept = inside.iter().filter(|(truth, p, _)| p.scope >= threshold && p.label == *truth).count();
    OutOfScope {
        messages: outside.len(),
        auroc: auroc(&known, &strange),
        recall: share(outside.iter().filter(|p| p.scope < threshold).count(), outside.len()),
        in_scope_accuracy: share(kept, inside.len()),
        not_answered: share(outside.iter().filter(|p| p.verdict != Verdict::Accept).count(), outside.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::recogniser::Settings;

    fn colours() -> Recogniser {
        let labels = ["red", "green", "blue"].map(str::to_owned);
        let examples = [
            (0, "cherry tomato"),
            (0, "ripe cherry"),
            (1, "fresh lettuce"),
            (1, "lettuce leaf"),
            (2, "deep ocean"),
            (2, "ocean sky"),
        ];
        Recogniser::train(&labels, &examples, &[], &Settings::default()).unwrap()
    }

    #[test]
    fn counts_what_is_right_and_what_is_taken_for_what() {
        let cases = [
            (Some(0), "cherry"),
            (Some(0), "tomato"),
            (Some(0), "lettuce"),
            (Some(1), "lettuce"),
            (None, "xxxx"),
        ];
        let found = evaluate(&colours(), &cases);
        assert_eq!((found.in_scope, found.accuracy), (4, 0.75));
        let red = &found.intents[0];
        assert_eq!((red.intent.as_str(), red.support, red.precision), ("red", 3, 1.0));
        assert!((red.recall - 2.0 / 3.0).abs() < 1e-12 && (red.f1 - 0.8).abs() < 1e-12);
        assert_eq!(found.intents[1].precision, 0.5);
        assert!((found.macro_f1 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(found.confusions.len(), 1);
        assert_eq!((found.confusions[0].count, found.confusions[0].examples[0].as_str()), (1, "lettuce"));
        assert_eq!(
            (found.confusions[0].truth.as_str(), found.confusions[0].taken_for.as_str()),
            ("red", "green")
        );
        let v = found.verdicts;
        let total = v.accepted_right + v.accepted_wrong + v.clarified_right + v.clarified_wrong + v.rejected;
        assert!((total - 1.0).abs() < 1e-9);
        assert_eq!(found.out_of_scope.map(|outside| outside.messages), Some(1));
    }

    #[test]
    fn the_coverage_curve_ends_at_the_accuracy() {
        let cases = [(Some(0), "cherry"), (Some(1), "cherry"), (Some(2), "ocean"), (Some(2), "sky")];
        let found = evaluate(&colours(), &cases);
        let last = found.coverage.last().unwrap();
        assert_eq!((last.coverage, last.accuracy), (1.0, found.accuracy));
        assert!(found.coverage.is_sorted_by(|a, b| a.threshold >= b.threshold));
    }

    #[test]
    fn an_empty_test_has_no_figures() {
        let found = evaluate(&colours(), &[]);
        assert_eq!((found.in_scope, found.accuracy, found.out_of_scope), (0, 0.0, None));
        assert!(found.coverage.is_empty() && found.intents.is_empty());
    }
}
