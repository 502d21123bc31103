//! From a laid out line to the row that the linear model takes: mended words, n-grams, and meaning.

use super::features::{Counter, NGram, Row, Vocabulary, ngrams};
use super::linear::Linear;
use super::meaning::Meanings;
use super::settings::Settings;
use super::spelling::Spelling;
use std::collections::BTreeMap;

/// What the training phrases taught about reading.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    spelling: Spelling,
    vocabulary: Vocabulary,
    /// Length of the meaning in a row, and how many of its numbers count.
    meaning: (f32, usize),
}

/// Words of the phrases nearer than this to a word of the message are named beside it.
const NEAR: f32 = 0.35;

impl Reader {
    /// Learns words and n-grams of laid out lines.
    pub fn build<'a, L: Iterator<Item = &'a str>>(
        lines: impl Fn() -> L,
        few: bool,
        settings: &Settings,
    ) -> Reader {
        let all = Meanings::shared().dimensions;
        Reader {
            spelling: Spelling::build(lines()),
            vocabulary: Vocabulary::build(lines(), settings),
            meaning: match few {
                true => (settings.few_meaning, all),
                false => (settings.meaning, settings.meaning_dimensions.min(all)),
            },
        }
    }

    /// How many features a row may hold: the n-grams, then the numbers of the meaning.
    pub fn features(&self) -> usize {
        self.vocabulary.len() + self.meaning.1
    }

    /// Mends typing errors in a laid out line. A word that the language knows is not one, though the
    /// phrases do not hold it.
    pub fn mend(&self, line: &mut String, work: &mut String) {
        self.spelling.mend(line, work, |word| Meanings::shared().knows(word));
    }

    /// The row of a laid out line. Empty if the phrases know none of its n-grams: then its meaning says
    /// nothing either.
    pub fn row(&self, line: &str, settings: &Settings, counter: &mut Counter, row: &mut Row) {
        self.vocabulary.row(line, settings, counter, row);
        let (length, dimensions) = self.meaning;
        if length > 0.0 && !row.is_empty() {
            Meanings::shared().append(line, dimensions, self.vocabulary.len() as u32, length, row);
        }
    }

    /// What each n-gram of the line, whose row this is, adds to a label's score, and what each word adds
    /// by its meaning: "parcel ~ package", with the word of the phrases that lies nearest.
    pub fn reasons(
        &self,
        line: &str,
        row: &[(u32, f32)],
        linear: &Linear,
        label: u16,
        settings: &Settings,
    ) -> Vec<(String, f32)> {
        let values: BTreeMap<u32, f32> = row.iter().copied().collect();
        let mut spoken: BTreeMap<u32, (String, f32)> = BTreeMap::new();
        ngrams(line, settings, |gram: NGram| {
            let Some(number) = self.vocabulary.number(gram.hash) else { return };
            let Some(value) = values.get(&number) else { return };
            let weight = linear.weight(number, label) * value;
            spoken.entry(number).or_insert_with(|| (gram.shown(line), weight));
        });
        let mut reasons: Vec<(String, f32)> = spoken.into_values().collect();
        let first = self.vocabulary.len() as u32;
        if row.iter().any(|(feature, _)| *feature >= first) {
            let (length, dimensions) = self.meaning;
            let weight = |number: usize| linear.weight(first + number as u32, label);
            let (shares, unscaled) = Meanings::shared().shares(line, dimensions, weight);
            reasons.extend(
                shares.into_iter().map(|(word, share)| (self.meant(word), share * length / unscaled)),
            );
        }
        reasons.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }

    /// A word of the message with the word of the phrases that means most nearly the same.
    fn meant(&self, word: &str) -> String {
        let likeness = |known: &str| Meanings::shared().likeness(word, known).unwrap_or(-1.0);
        let known = self.spelling.words().filter(|known| *known != word);
        let nearest = known.map(|known| (likeness(known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((near, known)) if near >= NEAR => format!("{word} ~ {known}"),
            _ => format!("{word} ~"),
        }
    }
}
