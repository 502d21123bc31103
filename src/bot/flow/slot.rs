//! Slots: values the bot asks for, found and checked in what the customer writes.

mod sample;

use super::raw::SlotKind;
use crate::bot::text::{contains_word, digit_in_ascii, fold};
use std::sync::LazyLock;

/// A compiled slot.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub kind: SlotKind,
    /// The slot's own pattern, or its kind's.
    pub pattern: Option<Box<regex::Regex>>,
    /// For choices: value and the folded words that mean it.
    pub values: Vec<(String, Vec<String>)>,
    pub at_least: f64,
    pub at_most: f64,
}

/// Words for yes and no, folded, in the languages the program ships texts in.
const YES: &[&str] = &[
    "si",
    "sip",
    "s",
    "claro",
    "dale",
    "correcto",
    "asi es",
    "de acuerdo",
    "por supuesto",
    "sim",
    "isso",
    "claro que sim",
    "yes",
    "y",
    "yes please",
    "yep",
    "yeah",
    "yup",
    "sure",
    "correct",
    "ok",
    "okay",
    "vale",
    "haan",
    "han",
    "ha",
    "ji",
    "हाँ",
    "हां",
    "जी",
    "जी हाँ",
    "👍",
    "✅",
    "oui",
    "ja",
];
const NO: &[&str] = &[
    "no",
    "n",
    "nop",
    "nope",
    "nao",
    "negativo",
    "para nada",
    "todavia no",
    "aun no",
    "ainda nao",
    "no thanks",
    "no gracias",
    "nah",
    "not really",
    "nahi",
    "nahin",
    "नहीं",
    "नही",
    "जी नहीं",
    "👎",
    "❌",
    "non",
    "nein",
];

static FOLDED_YES_NO: LazyLock<(Vec<String>, Vec<String>)> = LazyLock::new(|| {
    let folded = |words: &[&str]| words.iter().map(|word| fold(word)).collect();
    (folded(YES), folded(NO))
});

/// Whether a folded message says yes or no; `None` if it says neither or both.
pub(in crate::bot) fn yes_or_no(folded: &str) -> Option<bool> {
    let trimmed = folded.trim_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace() || c == '¡');
    let (yes, no) = &*FOLDED_YES_NO;
    let is = |words: &[String]| words.iter().any(|word| word == trimmed);
    match (is(yes), is(no)) {
        (true, false) => return Some(true),
        (false, true) => return Some(false),
        _ => {}
    }
    // Longer messages count by the word they begin with: "no, todavía no me llega".
    let first = trimmed.split(|c: char| c.is_whitespace() || c == ',' || c == '.' || c == '!').next()?;
    let begins = |words: &[String]| words.iter().any(|word| word == first);
    match (begins(yes), begins(no)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// The pattern a kind has of itself.
pub(super) fn pattern_of(kind: SlotKind) -> Option<&'static str> {
    match kind {
        SlotKind::Number => Some(r"[-+]?\d+(?:[.,]\d+)?"),
        SlotKind::OrderNumber => Some(r"\b[a-z]{0,4}[-#]?\d{4,12}\b"),
        SlotKind::Date => Some(r"\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?)\b"),
        SlotKind::Email => Some(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}"),
        SlotKind::Phone => Some(r"\+?\d[\d\s().-]{5,20}\d"),
        _ => None,
    }
}

impl Slot {
    /// The value a customer's answer gives, or `None` if it gives none. `volunteered` is for text that
    /// was not an answer to the slot's question: only what cannot be mistaken is taken then.
    pub fn find(&self, text: &str, volunteered: bool) -> Option<String> {
        match self.kind {
            SlotKind::Text if self.pattern.is_none() => {
                (!volunteered && !text.trim().is_empty()).then(|| text.trim().to_owned())
            }
            SlotKind::Number if volunteered => None,
            SlotKind::YesNo => {
                let said = (!volunteered).then(|| yes_or_no(&fold(text))).flatten()?;
                Some(if said { "yes" } else { "no" }.to_owned())
            }
            SlotKind::Choice => self.choice(&fold(text)),
            SlotKind::Image | SlotKind::Document => None,
            _ => self.matched(text),
        }
    }

    fn matched(&self, text: &str) -> Option<String> {
        // "MX-१२३४५" is MX-12345, whatever the keyboard.
        let text: String = text.chars().map(digit_in_ascii).collect();
        let text = text.as_str();
        let found = self.pattern.as_ref()?.find(text)?.as_str().trim();
        let valid = match self.kind {
            SlotKind::Number => {
                let number: f64 = found.replace(',', ".").parse().ok()?;
                return (self.at_least..=self.at_most).contains(&number).then(|| number.to_string());
            }
            SlotKind::Date => is_date(found),
            SlotKind::Phone => (7..=15).contains(&found.bytes().filter(u8::is_ascii_digit).count()),
            _ => true,
        };
        valid.then(|| found.to_owned())
    }

    /// The value whose word stands in the text; the longest word wins.
    fn choice(&self, folded: &str) -> Option<String> {
        self.values
            .iter()
            .flat_map(|(value, words)| words.iter().map(move |word| (word, value)))
            .filter(|(word, _)| contains_word(folded, word))
            .max_by_key(|(word, _)| word.len())
            .map(|(_, value)| value.clone())
    }

    /// Whether the kind of attachment answers this slot.
    pub fn takes(&self, media: super::Media) -> bool {
        match self.kind {
            SlotKind::Image => media == super::Media::Image,
            SlotKind::Document => matches!(media, super::Media::Document | super::Media::Image),
            _ => false,
        }
    }

    /// A valid answer, made up from a uniform number: what a simulated customer types. Where the slot has a
    /// pattern of its own, a text of that pattern.
    pub fn sample(&self, u: f64) -> Option<String> {
        let usual = self.usual(u);
        let is_taken = |answer: &String| self.find(answer, false).is_some();
        match &self.pattern {
            Some(pattern) if !usual.as_ref().is_some_and(is_taken) => {
                sample::of_pattern(pattern.as_str(), u).find(is_taken).or(usual)
            }
            _ => usual,
        }
    }

    /// An answer by the slot's kind alone.
    fn usual(&self, u: f64) -> Option<String> {
        let n = |size: f64| (u.clamp(0.0, 1.0) * size) as u64;
        Some(match self.kind {
            SlotKind::Text => "ok".to_owned(),
            SlotKind::Number => {
                let low = self.at_least.max(0.0);
                let high = self.at_most.min(low + 100.0);
                (low + (u.clamp(0.0, 1.0) * (high - low)).floor()).to_string()
            }
            SlotKind::OrderNumber => format!("{}", 10_000_000 + n(80_000_000.0)),
            SlotKind::Date => format!("{:02}/{:02}/2026", 1 + n(28.0).min(27), 1 + n(12.0).min(11)),
            SlotKind::Email => format!("cliente{}@example.com", n(100_000.0)),
            SlotKind::Phone => format!("+5730{:08}", n(100_000_000.0)),
            SlotKind::YesNo => if u < 0.5 { "yes" } else { "no" }.to_owned(),
            SlotKind::Choice => {
                let index = (n(self.values.len() as f64) as usize).min(self.values.len().checked_sub(1)?);
                self.values.get(index)?.0.clone()
            }
            SlotKind::Image | SlotKind::Document => return None,
        })
    }
}

/// Whether day, month and year can be a date; which of the first two is the day is left open.
fn is_date(text: &str) -> bool {
    let parts: Vec<u32> = text.split(['-', '/', '.']).filter_map(|p| p.parse().ok()).collect();
    let day_month = |a: u32, b: u32| (1..=31).contains(&a) && (1..=31).contains(&b) && (a <= 12 || b <= 12);
    match parts.as_slice() {
        [year, month, day] if *year > 31 => (1..=12).contains(month) && (1..=31).contains(day),
        [a, b] | [a, b, _] => day_month(*a, *b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(kind: SlotKind) -> Slot {
        let pattern = pattern_of(kind)
            .map(|p| Box::new(super::super::condition::pattern(p).unwrap_or_else(|e| panic!("{e}"))));
        Slot { kind, pattern, values: Vec::new(), at_least: f64::NEG_INFINITY, at_most: f64::INFINITY }
    }

    #[test]
    fn values_are_found_in_answers() {
        let cases = [
            (SlotKind::OrderNumber, "mi pedido es MX-12345, gracias", Some("MX-12345")),
            (SlotKind::OrderNumber, "no lo tengo", None),
            (SlotKind::OrderNumber, "123", None),
            (SlotKind::Date, "el 24/12/2026 por favor", Some("24/12/2026")),
            (SlotKind::Date, "2026-13-01", None),
            (SlotKind::Email, "soy ana.lopez@correo.example.com", Some("ana.lopez@correo.example.com")),
            (SlotKind::Email, "ana arroba correo", None),
            (SlotKind::Phone, "+57 300 123 4567", Some("+57 300 123 4567")),
            (SlotKind::Number, "unos 3,5 kilos", Some("3.5")),
            (SlotKind::OrderNumber, "ऑर्डर MX-१२३४५ है", Some("MX-12345")),
            (SlotKind::Date, "२४/१२/२०२६", Some("24/12/2026")),
            (SlotKind::YesNo, "Sí, claro", Some("yes")),
            (SlotKind::YesNo, "não", Some("no")),
            (SlotKind::YesNo, "tal vez", None),
            (SlotKind::Text, "  algo ", Some("algo")),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(slot(kind).find(text, false).as_deref(), expected, "{kind:?}: {text}");
        }
    }

    #[test]
    fn a_choice_is_the_longest_word_that_stands_there() {
        let mut size = slot(SlotKind::Choice);
        size.values = vec![
            ("large".into(), vec!["large".into(), "l".into()]),
            ("extra large".into(), vec!["extra large".into(), "xl".into()]),
        ];
        assert_eq!(size.find("Extra LARGE please", false).as_deref(), Some("extra large"));
        assert_eq!(size.find("medium", false), None);
    }

    #[test]
    fn samples_keep_to_the_slot_s_own_pattern() {
        let patterns = [
            (SlotKind::OrderNumber, r"\b[A-Z]{2} ?\d{2,4}\b"),
            (SlotKind::OrderNumber, r"TS-\d{5}"),
            (SlotKind::Text, r"(?i)^(window|aisle) (seat )?[a-f]+$"),
            (SlotKind::Text, r"[^\s@]+@[^\s@]+"),
            (SlotKind::Text, r"\p{Devanagari}+"),
            (SlotKind::Phone, r"\+57 ?3\d{9}"),
        ];
        for (kind, pattern) in patterns {
            let compiled = super::super::condition::pattern(pattern).unwrap_or_else(|e| panic!("{e}"));
            let slot = Slot { pattern: Some(Box::new(compiled)), ..slot(kind) };
            let mut samples: Vec<String> = Vec::new();
            for u in [0.0, 0.3, 0.7, 0.999_999, 1.0] {
                let sample = slot.sample(u).unwrap_or_default();
                assert!(slot.find(&sample, false).is_some(), "{pattern} {u}: {sample}");
                samples.push(sample);
            }
            samples.dedup();
            assert!(samples.len() > 1, "{pattern}: {samples:?}");
        }
        // What no text can match leaves the usual answer.
        let never = super::super::condition::pattern(r"a\Bb\b\Bc").unwrap_or_else(|e| panic!("{e}"));
        let slot = Slot { pattern: Some(Box::new(never)), ..slot(SlotKind::Text) };
        assert_eq!(slot.sample(0.5).as_deref(), Some("ok"));
    }

    #[test]
    fn samples_are_valid_answers() {
        let kinds = [
            SlotKind::Text,
            SlotKind::Number,
            SlotKind::OrderNumber,
            SlotKind::Date,
            SlotKind::Email,
            SlotKind::Phone,
            SlotKind::YesNo,
        ];
        for kind in kinds {
            for u in [0.0, 0.3, 0.999_999, 1.0] {
                let sample = slot(kind).sample(u).unwrap_or_default();
                assert!(slot(kind).find(&sample, false).is_some(), "{kind:?} {u}: {sample}");
            }
        }
    }
}
