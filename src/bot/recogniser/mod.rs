//! The recogniser: which of the bot's intents a message means, how sure that is, and what to do then.
//!
//! A linear model over word and character n-grams and over what the words mean, calibrated on phrases it
//! was not trained on. It is trained when a flow is loaded, never changes afterwards, and gives the same
//! answer on every machine. Method and figures: `docs/nlu.md`.

mod cache;
mod calibration;
pub(crate) mod features;
pub(crate) mod linear;
pub(crate) mod meaning;
mod reader;
mod settings;
pub(crate) mod softmax;
pub(crate) mod spelling;
mod training;

pub use cache::keep_in;
pub use calibration::Calibration;
pub use linear::shuffle;
pub use settings::Settings;
pub use training::TrainError;

use features::{Counter, Row, lay_out};
use linear::Linear;
use reader::Reader;
use serde::Serialize;
use training::{Learned, Lesson};

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Sure enough: act on the label.
    Accept,
    /// It is the label or this other one: ask.
    Clarify(u16),
    /// Not understood, or none of the bot's business.
    Reject,
}

/// What the recogniser makes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The likeliest label.
    pub label: u16,
    /// Calibrated: of messages with confidence 0.8 that are in scope, 80 % are right.
    pub confidence: f32,
    /// The second likeliest label, if there is more than one.
    pub runner_up: Option<u16>,
    /// Confidence over the runner-up's.
    pub margin: f32,
    /// How much the message looks like anything the bot knows; compare with
    /// [`Calibration::scope_threshold`].
    pub scope: f32,
    /// What to do.
    pub verdict: Verdict,
}

/// A trained recogniser. Immutable: share it between threads, give each thread its [`Scratch`].
#[derive(Clone, Debug)]
pub struct Recogniser {
    labels: Vec<String>,
    settings: Settings,
    reader: Reader,
    linear: Linear,
    calibration: Calibration,
}

/// Working memory for [`Recogniser::predict`], kept from message to message.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    line: String,
    mended: String,
    row: Row,
    scores: Vec<f32>,
    counter: Counter,
}

impl Recogniser {
    /// Learns from examples, each a label's number and a phrase, and from messages that are none of the
    /// bot's business (there need not be any).
    ///
    /// With one label only, every message that looks enough like the examples is that label. Labels
    /// without an example are never predicted with confidence.
    pub fn train(
        labels: &[String],
        examples: &[(u16, &str)],
        out_of_scope: &[&str],
        settings: &Settings,
    ) -> Result<Recogniser, TrainError> {
        let lesson = Lesson::new(labels, examples, out_of_scope, settings)?;
        Ok(Recogniser::of(labels, settings, lesson.learn(settings)))
    }

    fn of(labels: &[String], settings: &Settings, (reader, linear, calibration): Learned) -> Recogniser {
        Recogniser { labels: labels.to_vec(), settings: settings.clone(), reader, linear, calibration }
    }

    /// The labels' names, by number.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Slope and thresholds as fitted.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Recognises a message.
    pub fn predict(&self, text: &str, scratch: &mut Scratch) -> Prediction {
        self.score(text, scratch);
        let ranked = self.calibration.rank(&scratch.scores[..self.labels.len()]);
        let margin = ranked.confidence - ranked.runner_up_confidence;
        let verdict = if scratch.row.is_empty() || ranked.scope < self.calibration.scope_threshold {
            Verdict::Reject
        } else if ranked.confidence >= self.calibration.threshold && margin >= self.settings.clarify_margin {
            Verdict::Accept
        } else {
            match ranked.runner_up {
                Some(other)
                    if ranked.confidence + ranked.runner_up_confidence >= self.calibration.threshold =>
                {
                    Verdict::Clarify(other)
                }
                _ => Verdict::Reject,
            }
        };
        Prediction {
            label: ranked.label,
            confidence: ranked.confidence,
            runner_up: ranked.runner_up,
            margin,
            scope: ranked.scope,
            verdict,
        }
    }

    /// The raw score of every label: a position among the known intents, in which like messages lie
    /// together even when none of the intents fits.
    pub fn scores<'a>(&self, text: &str, scratch: &'a mut Scratch) -> &'a [f32] {
        self.score(text, scratch);
        &scratch.scores[..self.labels.len()]
    }

    fn score(&self, text: &str, scratch: &mut Scratch) {
        lay_out(text, &mut scratch.line);
        self.reader.mend(&mut scratch.line, &mut scratch.mended);
        self.reader.row(&scratch.line, &self.settings, &mut scratch.counter, &mut scratch.row);
        self.linear.scores(&scratch.row, &mut scratch.scores);
    }

    /// What spoke for a label, the weightiest first: n-grams as they stand in the folded text, where a
    /// space marks a word's edge, and words by their meaning, "parcel ~ package" with the nearest word of
    /// the phrases. What spoke against it has negative weight and comes last.
    pub fn explain(&self, text: &str, label: u16) -> Vec<(String, f32)> {
        if usize::from(label) >= self.labels.len() {
            return Vec::new();
        }
        let mut scratch = Scratch::default();
        self.score(text, &mut scratch);
        self.reader.reasons(&scratch.line, &scratch.row, &self.linear, label, &self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Recogniser {
        let labels = ["order_status", "returns", "hours"].map(str::to_owned);
        let examples = [
            (0, "¿Dónde está mi pedido?"),
            (0, "rastrear mi pedido"),
            (0, "cuándo llega mi paquete"),
            (0, "where is my order"),
            (1, "quiero devolver un producto"),
            (1, "cómo hago una devolución"),
            (1, "I want to return this"),
            (1, "devolver talla equivocada"),
            (2, "¿a qué hora abren?"),
            (2, "horario de la tienda"),
            (2, "what are your opening hours"),
            (2, "दुकान कब खुलती है"),
        ];
        Recogniser::train(&labels, &examples, &[], &Settings::default()).unwrap()
    }

    fn label(text: &str) -> u16 {
        shop().predict(text, &mut Scratch::default()).label
    }

    #[test]
    fn understands_phrases_it_has_not_seen() {
        assert_eq!(label("DONDE ESTA MI PEDIDO!!!"), 0);
        assert_eq!(label("dnde esta mi pedid"), 0);
        assert_eq!(label("necesito devolver unos zapatos"), 1);
        assert_eq!(label("quais são os horários?"), 2);
        assert_eq!(label("दुकान खुलती है क्या"), 2);
    }

    #[test]
    fn words_of_another_world_are_rejected() {
        let bot = shop();
        let mut scratch = Scratch::default();
        for text in ["", "   ", "???", "🦖", "zzzz"] {
            let prediction = bot.predict(text, &mut scratch);
            assert_eq!(prediction.verdict, Verdict::Reject, "{text:?} {prediction:?}");
        }
    }

    #[test]
    fn explains_by_ngrams_of_the_text() {
        let bot = shop();
        let reasons = bot.explain("¿Dónde está mi pedido?", 0);
        assert!(reasons[0].1 > 0.0 && reasons.is_sorted_by(|a, b| a.1 >= b.1));
        assert!(reasons.iter().take(12).any(|(gram, _)| "pedido ".contains(gram.as_str())), "{reasons:?}");
        assert!(bot.explain("pedido", 99).is_empty());
        assert!(bot.explain("", 0).is_empty());
    }

    #[test]
    fn a_word_of_like_meaning_is_understood_and_named() {
        let labels = ["delivery", "refund"].map(str::to_owned);
        let examples = [
            (0, "where is my package"),
            (0, "my package has not arrived"),
            (0, "when will it be delivered"),
            (1, "I want my money back"),
            (1, "please pay me back"),
            (1, "give me my cash"),
        ];
        let bot = Recogniser::train(&labels, &examples, &[], &Settings::default()).unwrap();
        let mut scratch = Scratch::default();
        assert_eq!(bot.predict("my parcel", &mut scratch).label, 0);
        assert_eq!(bot.predict("reimbursement please", &mut scratch).label, 1);
        let reasons = bot.explain("my parcel", 0);
        assert!(reasons.iter().take(4).any(|(what, _)| what == "parcel ~ package"), "{reasons:?}");
    }

    #[test]
    fn the_reasons_add_up_to_the_score() {
        let bot = shop();
        let mut scratch = Scratch::default();
        for text in ["necesito devolver unos zapatos", "where is my parcel", "dnde esta mi pedid"] {
            let score = bot.scores(text, &mut scratch)[1];
            let sum: f32 = bot.explain(text, 1).iter().map(|(_, weight)| weight).sum();
            assert!((score - bot.linear.bias[1] - sum).abs() < 1e-3, "{text} {score} {sum}");
        }
    }

    #[test]
    fn training_needs_phrases_and_known_labels() {
        let labels = ["a".to_owned()];
        let settings = Settings::default();
        let train = |examples: &[(u16, &str)], outside: &[&str]| {
            Recogniser::train(&labels, examples, outside, &settings).map(|_| ())
        };
        assert_eq!(train(&[], &[]), Err(TrainError::NoExamples));
        assert_eq!(train(&[(0, "..."), (0, "")], &["word"]), Err(TrainError::NoExamples));
        assert_eq!(
            train(&[(0, "x"), (1, "y")], &[]),
            Err(TrainError::UnknownLabel { example: 1, label: 1, labels: 1 })
        );
        assert_eq!(train(&[(0, "hola")], &[]), Ok(()));
        assert_eq!(Recogniser::train(&[], &[], &[], &settings).map(|_| ()), Err(TrainError::NoExamples));
    }

    #[test]
    fn one_label_takes_what_looks_like_it_and_no_more() {
        let labels = ["order_status".to_owned()];
        let examples = [(0, "where is my order"), (0, "track my order"), (0, "my order has not come")];
        let bot = Recogniser::train(&labels, &examples, &[], &Settings::default()).unwrap();
        let mut scratch = Scratch::default();
        assert_eq!(bot.predict("where is the order", &mut scratch).verdict, Verdict::Accept);
        assert_eq!(bot.predict("buzz", &mut scratch).verdict, Verdict::Reject);
    }

    #[test]
    fn the_same_phrases_give_the_same_bits() {
        let (a, b) = (shop(), shop());
        assert_eq!(a.linear, b.linear);
        assert_eq!(a.calibration, b.calibration);
        let mut scratch = Scratch::default();
        let first = a.predict("pedido", &mut scratch);
        a.predict("horario de la tienda", &mut scratch);
        assert_eq!(a.predict("pedido", &mut scratch), first);
    }
}
