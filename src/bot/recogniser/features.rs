//! From a message to a sparse vector: words, pairs of word stems, and character n-grams inside words.
//!
//! The message is folded and its tokens are laid out with single spaces around them, so that every
//! n-gram is made of slices of that one line. Character n-grams stay within one word and the spaces
//! beside it (the `char_wb` analyser of scikit-learn). The beginnings of words stand alone, too, and in
//! pairs up to a few words apart: these say what bigrams say, but survive an inflected ending or a word put
//! in between.
//! Values are sublinear term frequency times a damped inverse document frequency; words and pairs
//! together, and characters, are each brought to a set length before the whole is brought to length 1.

use super::settings::Settings;
use crate::bot::text;
use fxhash::FxHashMap;
use smallvec::SmallVec;

/// The kinds of n-grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run of words.
    Words,
    /// The message's first word, as such.
    First,
    /// The message's last word, as such.
    Last,
    /// A word's beginning, which its inflected forms share.
    Stem,
    /// The beginnings of two neighbouring words.
    Pair,
    /// The beginnings of two words with one or two between them.
    WidePair,
    /// Characters of one word and the spaces beside it.
    Characters,
}

impl Kind {
    /// Kinds of one block are normalised together.
    fn block(self) -> usize {
        usize::from(self == Kind::Characters)
    }

    /// Rare pairs are many and tell nothing: a pair must stand in this many phrases.
    fn fewest_documents(self) -> u32 {
        if matches!(self, Kind::Pair | Kind::WidePair) { 2 } else { 1 }
    }
}

const BLOCKS: usize = 2;

/// One n-gram of the laid out line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NGram {
    pub kind: Kind,
    pub hash: u64,
    /// Where it stands in the line.
    pub place: (usize, usize),
    /// Where the second word's beginning stands, for pairs.
    pub other: (usize, usize),
}

impl NGram {
    /// The n-gram as a reader would note it: `^` and `$` for first and last, `-` and `..` for pairs.
    pub fn shown(&self, line: &str) -> String {
        let part = |(start, end): (usize, usize)| line.get(start..end).unwrap_or_default();
        let (place, other) = (part(self.place), part(self.other));
        match self.kind {
            Kind::Words | Kind::Characters => place.to_owned(),
            Kind::First => format!("^{place}"),
            Kind::Last => format!("{place}$"),
            Kind::Stem => format!("{place}-"),
            Kind::Pair => format!("{place}- {other}-"),
            Kind::WidePair => format!("{place}- .. {other}-"),
        }
    }
}

/// A sparse vector: feature number and value.
pub(crate) type Row = Vec<(u32, f32)>;

/// The tokens of a text as they stand in a line. Apostrophes inside words go, since half of the writers
/// leave them out.
pub(crate) fn lay_out(raw: &str, line: &mut String) {
    line.clear();
    line.push(' ');
    for token in text::tokens(&text::fold(raw)) {
        line.extend(token.chars().filter(|&c| c != '\''));
        line.push(' ');
    }
}

/// Calls `each` for every n-gram of a laid out line.
pub(crate) fn ngrams(line: &str, settings: &Settings, mut each: impl FnMut(NGram)) {
    let mut words: SmallVec<[(usize, usize); 32]> = SmallVec::new();
    let mut from = 1;
    while let Some(length) = line.get(from..).and_then(|rest| rest.find(' ')) {
        words.push((from, from + length));
        character_ngrams(line, from - 1, from + length + 1, settings, &mut each);
        from += length + 1;
    }
    let mut whole = |kind: Kind, place: (usize, usize)| {
        each(NGram { kind, hash: hash(kind, &line[place.0..place.1]), place, other: (0, 0) });
    };
    for n in 1..=settings.word_ngrams {
        for run in words.windows(n) {
            whole(Kind::Words, (run[0].0, run[n - 1].1));
        }
    }
    if let (Some(&first), Some(&last)) = (words.first(), words.last()) {
        whole(Kind::First, first);
        whole(Kind::Last, last);
    }
    stem_pairs(line, &words, settings, &mut each);
}

fn stem_pairs(line: &str, words: &[(usize, usize)], settings: &Settings, each: &mut impl FnMut(NGram)) {
    let stems: SmallVec<[((usize, usize), u64); 32]> = words
        .iter()
        .map(|&(start, end)| {
            let word = &line[start..end];
            let length = word.char_indices().nth(settings.stem_length).map_or(word.len(), |(at, _)| at);
            ((start, start + length), hash_chars(HASH_START, &word[..length]))
        })
        .collect();
    for (i, &(place, state)) in stems.iter().enumerate() {
        each(NGram { kind: Kind::Stem, hash: hash_end(state, Kind::Stem), place, other: (0, 0) });
        for (distance, &(other, _)) in stems[i + 1..].iter().take(settings.pair_reach).enumerate() {
            let kind = if distance == 0 { Kind::Pair } else { Kind::WidePair };
            let both = hash_chars(hash_step(state, u32::from(' ')), &line[other.0..other.1]);
            each(NGram { kind, hash: hash_end(both, kind), place, other });
        }
    }
}

/// The character n-grams of one word together with the space on either side.
fn character_ngrams(line: &str, start: usize, end: usize, settings: &Settings, each: &mut impl FnMut(NGram)) {
    let (shortest, longest) = settings.character_ngrams;
    let word = &line[start..end];
    for (at, _) in word.char_indices() {
        let mut state = HASH_START;
        for (n, (offset, c)) in word[at..].char_indices().take(longest).enumerate() {
            state = hash_step(state, u32::from(c));
            if n + 1 >= shortest {
                let place = (start + at, start + at + offset + c.len_utf8());
                let hash = hash_end(state, Kind::Characters);
                each(NGram { kind: Kind::Characters, hash, place, other: (0, 0) });
            }
        }
    }
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn hash_step(state: u64, c: u32) -> u64 {
    (state.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash_chars(state: u64, text: &str) -> u64 {
    text.chars().fold(state, |state, c| hash_step(state, u32::from(c)))
}

fn hash_end(state: u64, kind: Kind) -> u64 {
    let mixed = (state ^ (state >> 29) ^ kind as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 32)
}

fn hash(kind: Kind, text: &str) -> u64 {
    hash_end(hash_chars(HASH_START, text), kind)
}

/// The n-grams of the training phrases, numbered, each with its weight (the damped inverse document
/// frequency).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vocabulary {
    pub numbers: FxHashMap<u64, u32>,
    pub weights: Vec<f32>,
}

impl Vocabulary {
    /// Numbers the n-grams of the phrases in order of first appearance.
    pub fn build<'a>(lines: impl Iterator<Item = &'a str>, settings: &Settings) -> Vocabulary {
        /// An n-gram's kind, the phrases that hold it, and the last of them.
        struct Entry {
            hash: u64,
            kind: Kind,
            documents: u32,
            last: u32,
        }
        let mut positions: FxHashMap<u64, u32> = FxHashMap::default();
        let mut entries: Vec<Entry> = Vec::new();
        let mut count = 0u32;
        for line in lines {
            count += 1;
            ngrams(line, settings, |gram| {
                let next = entries.len() as u32;
                let position = *positions.entry(gram.hash).or_insert(next);
                if position == next {
                    entries.push(Entry { hash: gram.hash, kind: gram.kind, documents: 0, last: 0 });
                }
                let entry = &mut entries[position as usize];
                if entry.last != count {
                    entry.last = count;
                    entry.documents += 1;
                }
            });
        }
        entries.retain(|entry| entry.documents >= entry.kind.fewest_documents());
        let weight = |documents: u32| {
            let idf = libm::log((1.0 + f64::from(count)) / (1.0 + f64::from(documents))) + 1.0;
            libm::pow(idf, settings.idf_power) as f32
        };
        Vocabulary {
            numbers: entries.iter().enumerate().map(|(number, entry)| (entry.hash, number as u32)).collect(),
            weights: entries.iter().map(|entry| weight(entry.documents)).collect(),
        }
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// The number of an n-gram, if the training phrases hold it.
    pub fn number(&self, hash: u64) -> Option<u32> {
        self.numbers.get(&hash).copied()
    }

    /// The vector of a laid out line.
    pub fn row(&self, line: &str, settings: &Settings, counter: &mut Counter, row: &mut Row) {
        counter.begin(self.len());
        ngrams(line, settings, |gram| {
            if let Some(number) = self.number(gram.hash) {
                counter.count(number, gram.kind);
            }
        });
        row.clear();
        let block_weights = [1.0, settings.character_weight];
        for (block, &block_weight) in counter.blocks.iter().zip(&block_weights) {
            let first = row.len();
            let mut square = 0.0f32;
            for &number in block {
                let times = counter.counts[number as usize].1;
                let value = self.weights[number as usize] * sublinear(times);
                square += value * value;
                row.push((number, value));
            }
            let scale = if square > 0.0 { block_weight / square.sqrt() } else { 0.0 };
            row[first..].iter_mut().for_each(|(_, value)| *value *= scale);
        }
        normalise(row);
    }
}

/// Brings a row to length 1, unless it is empty.
pub(crate) fn normalise(row: &mut Row) {
    let length = row.iter().map(|&(_, value)| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|(_, value)| *value /= length);
    }
}

/// 1 + ln(count), from a small table.
fn sublinear(count: u32) -> f32 {
    const SMALL: [f32; 5] = [0.0, 1.0, 1.693_147_2, 2.098_612_3, 2.386_294_4];
    match SMALL.get(count as usize) {
        Some(&value) => value,
        None => 1.0 + libm::logf(count as f32),
    }
}

/// Counts the n-grams of one message without clearing a table each time: an entry holds good only when
/// it bears the message's stamp.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    stamp: u32,
    /// Per feature: stamp and count.
    counts: Vec<(u32, u32)>,
    /// The features met, in order, per block.
    blocks: [Vec<u32>; BLOCKS],
}

impl Counter {
    fn begin(&mut self, features: usize) {
        if self.counts.len() < features || self.stamp == u32::MAX {
            self.counts = vec![(0, 0); features];
            self.stamp = 0;
        }
        self.stamp += 1;
        self.blocks.iter_mut().for_each(Vec::clear);
    }

    fn count(&mut self, number: u32, kind: Kind) {
        let entry = &mut self.counts[number as usize];
        if entry.0 == self.stamp {
            entry.1 += 1;
        } else {
            *entry = (self.stamp, 1);
            self.blocks[kind.block()].push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str, settings: &Settings) -> Vec<String> {
        let mut line = String::new();
        lay_out(raw, &mut line);
        let mut found = Vec::new();
        ngrams(&line, settings, |gram| found.push(gram.shown(&line)));
        found
    }

    #[test]
    fn ngrams_are_made_of_slices_of_the_line() {
        let settings = Settings { character_ngrams: (3, 3), stem_length: 2, ..Settings::default() };
        assert_eq!(
            shown("Mi ñu's ok", &settings),
            [
                " mi",
                "mi ",
                " nu",
                "nus",
                "us ",
                " ok",
                "ok ",
                "mi",
                "nus",
                "ok",
                "mi nus",
                "nus ok",
                "^mi",
                "ok$",
                "mi-",
                "mi- nu-",
                "mi- .. ok-",
                "nu-",
                "nu- ok-",
                "ok-"
            ]
        );
        assert!(shown("...", &settings).is_empty());
        assert!(shown("", &settings).is_empty());
    }

    #[test]
    fn kinds_do_not_share_hashes() {
        assert_ne!(hash(Kind::Words, "mi"), hash(Kind::Characters, "mi"));
        assert_ne!(hash(Kind::Words, "mi"), hash(Kind::First, "mi"));
    }

    #[test]
    fn rows_have_length_one_and_hold_what_is_known() {
        let settings = Settings::default();
        let mut lines = vec![String::new(); 2];
        lay_out("where is my order order", &mut lines[0]);
        lay_out("cancel it", &mut lines[1]);
        let vocabulary = Vocabulary::build(lines.iter().map(String::as_str), &settings);
        let (mut counter, mut row) = (Counter::default(), Row::new());
        vocabulary.row(&lines[0], &settings, &mut counter, &mut row);
        let length: f32 = row.iter().map(|&(_, v)| v * v).sum();
        assert!((length - 1.0).abs() < 1e-5);
        vocabulary.row(" zzz ", &settings, &mut counter, &mut row);
        assert!(row.is_empty());
    }

    #[test]
    fn a_stamp_that_runs_out_starts_anew() {
        let mut counter = Counter { stamp: u32::MAX, ..Counter::default() };
        counter.begin(2);
        counter.count(1, Kind::Words);
        counter.count(1, Kind::Words);
        assert_eq!((counter.counts[1], counter.blocks[0].as_slice()), ((1, 2), [1].as_slice()));
    }
}
