//! From scores to a confidence that means something, and from a confidence to a decision.
//!
//! The scores times one slope give a softmax (temperature scaling: Guo, Pleiss, Sun, Weinberger, "On
//! Calibration of Modern Neural Networks", 2017), whose odds, bent by two more numbers, are the confidence
//! (Platt, "Probabilistic outputs for support vector machines", 1999): one slope serves all labels at once and
//! is too sure of the best of them. Slope, bend and thresholds are fitted on phrases the model had not seen.

use super::settings::Settings;
use serde::{Deserialize, Serialize};

/// Scores of messages the model was not trained on.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldOut {
    pub labels: usize,
    /// `labels` scores per message.
    pub scores: Vec<f32>,
    /// The right label; `None` is out of scope.
    pub truth: Vec<Option<u16>>,
}

/// The two best labels of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranked {
    pub label: u16,
    pub runner_up: Option<u16>,
    pub confidence: f32,
    pub runner_up_confidence: f32,
    /// The best label's raw score: how much the message looks like anything the bot knows.
    pub scope: f32,
}

/// Slope and thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Slope from scores to the softmax.
    pub slope: f32,
    /// Log odds of being right = offset + steepness × log odds of the best label's softmax.
    pub offset: f32,
    /// See [`Calibration::offset`]; above 0, so that confidences keep their order.
    pub steepness: f32,
    /// Confidence from which the bot answers.
    pub threshold: f32,
    /// Scope score below which a message is out of scope.
    pub scope_threshold: f32,
}

/// Used when there are too few phrases to hold any out: the slope that larger sets arrive at.
const UNFITTED: Calibration =
    Calibration { slope: 6.0, offset: 0.0, steepness: 1.0, threshold: 0.5, scope_threshold: -0.8 };

/// Fewer held-out messages than this fit nothing.
const FEWEST_HELD_OUT: usize = 20;

impl Calibration {
    /// Fits slope and thresholds on held-out scores.
    pub(crate) fn fit(held: &HeldOut, settings: &Settings) -> Calibration {
        let mut fitted = UNFITTED;
        if held.truth.iter().flatten().count() >= FEWEST_HELD_OUT {
            fitted.slope = fit_slope(held);
            let ranked = |calibration: Calibration| -> Vec<Ranked> {
                held.scores.chunks_exact(held.labels).map(|scores| calibration.rank(scores)).collect()
            };
            (fitted.offset, fitted.steepness) = fit_bend(&ranked(fitted), &held.truth);
            let ranked = ranked(fitted);
            fitted.threshold = threshold_for_precision(&ranked, &held.truth, settings.wanted_precision);
            fitted.scope_threshold = scope_threshold(&ranked, &held.truth, settings.lost_in_scope);
        }
        fitted.threshold = settings.threshold.unwrap_or(fitted.threshold);
        fitted
    }

    /// The best two labels and their confidences. `scores` must not be empty.
    pub(crate) fn rank(&self, scores: &[f32]) -> Ranked {
        let (mut best, mut second) = ((0usize, f32::NEG_INFINITY), (0usize, f32::NEG_INFINITY));
        for (label, &score) in scores.iter().enumerate() {
            if score > best.1 {
                second = best;
                best = (label, score);
            } else if score > second.1 {
                second = (label, score);
            }
        }
        // The softmax of the others over that of the best: the odds against it.
        let against = |score: f32| libm::expf(self.slope * (score - best.1));
        let odds: f32 =
            (0..).zip(scores).filter(|(label, _)| *label != best.0).map(|(_, &score)| against(score)).sum();
        let confidence = 1.0 / (1.0 + libm::expf(-self.offset) * libm::powf(odds, self.steepness));
        let mut ranked = Ranked {
            label: best.0 as u16,
            runner_up: None,
            confidence,
            runner_up_confidence: 0.0,
            scope: best.1,
        };
        if second.1 > f32::NEG_INFINITY {
            ranked.runner_up = Some(second.0 as u16);
            // Its share of what the best leaves.
            let share = if odds > 0.0 { against(second.1) / odds } else { 0.0 };
            ranked.runner_up_confidence = ((1.0 - confidence) * share).min(confidence);
        }
        ranked
    }
}

/// The slope with the least log loss, by golden section on its logarithm.
fn fit_slope(held: &HeldOut) -> f32 {
    let loss = |log_slope: f64| -> f64 {
        let slope = libm::exp(log_slope);
        held.scores
            .chunks_exact(held.labels)
            .zip(&held.truth)
            .filter_map(|(scores, &truth)| {
                let own = f64::from(*scores.get(usize::from(truth?))?);
                let total: f64 =
                    scores.iter().map(|&score| libm::exp(slope * (f64::from(score) - own))).sum();
                Some(libm::log(total))
            })
            .sum()
    };
    let golden = (5.0f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (libm::log(0.1), libm::log(50.0));
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut left_loss, mut right_loss) = (loss(left), loss(right));
    for _ in 0..20 {
        if left_loss < right_loss {
            (high, right, right_loss) = (right, left, left_loss);
            left = high - golden * (high - low);
            left_loss = loss(left);
        } else {
            (low, left, left_loss) = (left, right, right_loss);
            right = low + golden * (high - low);
            right_loss = loss(right);
        }
    }
    libm::exp((low + high) / 2.0) as f32
}

/// Offset and steepness from the softmax's log odds to those of being right: logistic regression by Newton's
/// method, drawn to (0, 1) as if by a dozen further messages, so that few held-out ones do not run away.
fn fit_bend(ranked: &[Ranked], truth: &[Option<u16>]) -> (f32, f32) {
    const PULL: f64 = 3.0;
    const STEEPNESS: (f64, f64) = (0.2, 5.0);
    let answers: Vec<(f64, f64)> = ranked
        .iter()
        .zip(truth)
        .filter_map(|(ranked, truth)| {
            let sure = f64::from(ranked.confidence).clamp(1e-6, 1.0 - 1e-6);
            Some((libm::log(sure / (1.0 - sure)), f64::from(u8::from(ranked.label == (*truth)?))))
        })
        .collect();
    let (mut offset, mut steepness) = (0.0, 1.0);
    for _ in 0..20 {
        let (mut slope_o, mut slope_s) = (PULL * offset, PULL * (steepness - 1.0));
        let (mut bend_oo, mut bend_os, mut bend_ss) = (PULL, 0.0, PULL);
        for &(log_odds, right) in &answers {
            let expected = 1.0 / (1.0 + libm::exp(-(offset + steepness * log_odds)));
            let (miss, weight) = (expected - right, expected * (1.0 - expected));
            slope_o += miss;
            slope_s += miss * log_odds;
            bend_oo += weight;
            bend_os += weight * log_odds;
            bend_ss += weight * log_odds * log_odds;
        }
        let determinant = bend_oo * bend_ss - bend_os * bend_os;
        offset -= (bend_ss * slope_o - bend_os * slope_s) / determinant;
        steepness -= (bend_oo * slope_s - bend_os * slope_o) / determinant;
        steepness = steepness.clamp(STEEPNESS.0, STEEPNESS.1);
    }
    (offset as f32, steepness as f32)
}

/// The lowest confidence from which the wanted share of in-scope answers is right.
fn threshold_for_precision(ranked: &[Ranked], truth: &[Option<u16>], wanted: f64) -> f32 {
    let mut answers: Vec<(f32, bool)> = ranked
        .iter()
        .zip(truth)
        .filter_map(|(ranked, truth)| Some((ranked.confidence, ranked.label == (*truth)?)))
        .collect();
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut threshold) = (0usize, 1.0);
    for (given, &(confidence, is_right)) in answers.iter().enumerate() {
        right += usize::from(is_right);
        if right as f64 >= wanted * (given + 1) as f64 {
            threshold = confidence;
        }
    }
    threshold
}

/// The scope score that turns away `lost` of the in-scope messages, or, where out-of-scope messages are
/// among the held-out ones, the score that serves both sides best (least mean of the two error shares).
fn scope_threshold(ranked: &[Ranked], truth: &[Option<u16>], lost: f64) -> f32 {
    let mut inside: Vec<f32> = Vec::new();
    let mut outside: Vec<f32> = Vec::new();
    for (ranked, truth) in ranked.iter().zip(truth) {
        if truth.is_some() { inside.push(ranked.scope) } else { outside.push(ranked.scope) }
    }
    inside.sort_by(f32::total_cmp);
    outside.sort_by(f32::total_cmp);
    if outside.len() < FEWEST_HELD_OUT {
        let rank = (lost * inside.len() as f64) as usize;
        return inside.get(rank).copied().unwrap_or(UNFITTED.scope_threshold);
    }
    let errors = |threshold: f32| {
        let lost = inside.partition_point(|&score| score < threshold) as f64 / inside.len() as f64;
        let passed = 1.0 - outside.partition_point(|&score| score < threshold) as f64 / outside.len() as f64;
        lost + passed
    };
    let candidates = inside.iter().chain(&outside).copied();
    candidates.min_by(|&a, &b| errors(a).total_cmp(&errors(b))).unwrap_or(UNFITTED.scope_threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_the_best_two() {
        let plain = Calibration { slope: 1.0, ..UNFITTED };
        let ranked = plain.rank(&[0.0, 1.0, 0.5]);
        assert_eq!((ranked.label, ranked.runner_up), (1, Some(2)));
        let total = libm::expf(-1.0) + 1.0 + libm::expf(-0.5);
        assert!((ranked.confidence - 1.0 / total).abs() < 1e-6);
        assert!((ranked.runner_up_confidence - libm::expf(-0.5) / total).abs() < 1e-6);
        let alone = plain.rank(&[0.3]);
        assert_eq!((alone.label, alone.runner_up, alone.confidence), (0, None, 1.0));
    }

    #[test]
    fn the_bend_turns_the_odds() {
        let calibration = Calibration { slope: 1.0, offset: 0.5, steepness: 0.5, ..UNFITTED };
        // Odds of the softmax e^2 : 1, so log odds 0.5 + 0.5 * 2.
        let ranked = calibration.rank(&[2.0, 0.0]);
        assert!((ranked.confidence - 1.0 / (1.0 + libm::expf(-1.5))).abs() < 1e-6);
        assert!((ranked.confidence + ranked.runner_up_confidence - 1.0).abs() < 1e-6);
        // The runner-up is never the surer one.
        let doubtful = Calibration { offset: -4.0, ..calibration }.rank(&[0.1, 0.0]);
        assert!(doubtful.runner_up_confidence <= doubtful.confidence);
    }

    #[test]
    fn the_bend_finds_what_held_out_messages_show() {
        // Log odds 1 and 3 by the softmax, but right two times of three and four of five.
        let (mut ranked, mut truth) = (Vec::new(), Vec::new());
        for i in 0..30_000 {
            let (log_odds, times) = if i % 2 == 0 { (1.0f32, 3) } else { (3.0, 5) };
            let confidence = 1.0 / (1.0 + libm::expf(-log_odds));
            ranked.push(Ranked {
                label: 0,
                runner_up: None,
                confidence,
                runner_up_confidence: 0.0,
                scope: 0.0,
            });
            truth.push(Some(u16::from(i / 2 % times == 0)));
        }
        let (offset, steepness) = fit_bend(&ranked, &truth);
        assert!((offset + steepness - libm::logf(2.0)).abs() < 1e-2, "{offset} {steepness}");
        assert!((offset + 3.0 * steepness - libm::logf(4.0)).abs() < 1e-2, "{offset} {steepness}");
        // Nothing held out: nothing bent.
        assert_eq!(fit_bend(&[], &[]), (0.0, 1.0));
        let right = vec![Some(0); 20];
        let (offset, steepness) = fit_bend(&ranked[..20], &right);
        assert!(offset < 3.0 && (0.2..=5.0).contains(&steepness), "{offset} {steepness}");
    }

    #[test]
    fn the_slope_finds_the_odds() {
        // Score gap 1, right three times of four: softmax(slope) = 3/4, so slope = ln 3.
        let mut held = HeldOut { labels: 2, ..HeldOut::default() };
        for i in 0..40 {
            held.scores.extend([1.0, 0.0]);
            held.truth.push(Some(u16::from(i % 4 == 0)));
        }
        assert!((fit_slope(&held) - libm::logf(3.0)).abs() < 1e-3);
    }

    #[test]
    fn the_threshold_gives_the_wanted_precision() {
        let at = |confidence, label| Ranked {
            label,
            runner_up: None,
            confidence,
            runner_up_confidence: 0.0,
            scope: 0.0,
        };
        let ranked = [at(0.9, 0), at(0.8, 0), at(0.7, 1), at(0.6, 0), at(0.5, 1)];
        let truth = [Some(0); 5];
        assert_eq!(threshold_for_precision(&ranked, &truth, 1.0), 0.8);
        assert_eq!(threshold_for_precision(&ranked, &truth, 0.75), 0.6);
        assert_eq!(threshold_for_precision(&ranked, &truth, 0.5), 0.5);
    }

    #[test]
    fn scope_weighs_both_sides() {
        let at =
            |scope| Ranked { label: 0, runner_up: None, confidence: 1.0, runner_up_confidence: 0.0, scope };
        let ranked: Vec<Ranked> = (0..60).map(|i| at(i as f32)).collect();
        let truth: Vec<Option<u16>> = (0..60).map(|i| (i >= 30).then_some(0)).collect();
        assert_eq!(scope_threshold(&ranked, &truth, 0.1), 30.0);
        let all_inside = vec![Some(0); 60];
        assert_eq!(scope_threshold(&ranked, &all_inside, 0.1), 6.0);
    }
}
