//! From a message to a sparse vector: word n-grams and character n-grams inside words.
//!
//! The message is folded and its tokens are laid out with single spaces around them, so that every
//! n-gram is a slice of that one line: a word n-gram from word start to word end, a character n-gram
//! from within one word and the spaces beside it (the `char_wb` analyser of scikit-learn). Values are
//! sublinear term frequency times a damped inverse document frequency, each block of length 1.

use super::settings::Settings;
use crate::bot::text;
use fxhash::FxHashMap;

/// Which kind of n-gram; the kinds are weighted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Words = 0,
    Characters = 1,
}

const BLOCKS: usize = 2;

/// One n-gram of the laid out line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NGram {
    pub block: Block,
    /// Where it stands in the line.
    pub start: usize,
    pub end: usize,
    pub hash: u64,
}

/// A sparse vector: feature number and value.
pub(crate) type Row = Vec<(u32, f32)>;

/// Lays a text out as tokens with single spaces around each: " where is my order ". Apostrophes inside
/// words go, since half of the writers leave them out.
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
    let mut starts: [usize; 8] = [0; 8];
    let longest = settings.word_ngrams.clamp(1, starts.len());
    let mut seen = 0;
    let mut from = 1;
    while let Some(length) = line.get(from..).and_then(|rest| rest.find(' ')) {
        let end = from + length;
        starts[seen % longest] = from;
        seen += 1;
        for n in 1..=longest.min(seen) {
            let start = starts[(seen - n) % longest];
            each(NGram { block: Block::Words, start, end, hash: hash(Block::Words, &line[start..end]) });
        }
        character_ngrams(line, from - 1, end + 1, settings, &mut each);
        from = end + 1;
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
                let end = start + at + offset + c.len_utf8();
                each(NGram {
                    block: Block::Characters,
                    start: start + at,
                    end,
                    hash: hash_end(state, Block::Characters),
                });
            }
        }
    }
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn hash_step(state: u64, c: u32) -> u64 {
    (state.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash_end(state: u64, block: Block) -> u64 {
    let mixed = (state ^ (state >> 29) ^ block as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 32)
}

fn hash(block: Block, text: &str) -> u64 {
    hash_end(text.chars().fold(HASH_START, |state, c| hash_step(state, u32::from(c))), block)
}

/// The n-grams of the training phrases, numbered, each with its inverse document frequency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    numbers: FxHashMap<u64, u32>,
    weights: Vec<f32>,
}

impl Vocabulary {
    /// Counts the n-grams of the phrases. Numbers follow first appearance.
    pub fn build<'a>(lines: impl Iterator<Item = &'a str>, settings: &Settings) -> Vocabulary {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut documents: Vec<u32> = Vec::new();
        let mut last_seen: Vec<u32> = Vec::new();
        let mut count = 0u32;
        for line in lines {
            count += 1;
            ngrams(line, settings, |gram| {
                let next = documents.len() as u32;
                let number = *numbers.entry(gram.hash).or_insert(next) as usize;
                if number == documents.len() {
                    documents.push(0);
                    last_seen.push(0);
                }
                if last_seen[number] != count {
                    last_seen[number] = count;
                    documents[number] += 1;
                }
            });
        }
        let weights = documents
            .iter()
            .map(|&df| {
                let idf = libm::log((1.0 + f64::from(count)) / (1.0 + f64::from(df))) + 1.0;
                libm::pow(idf, settings.idf_power) as f32
            })
            .collect();
        Vocabulary { numbers, weights }
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// The number of an n-gram, if the training phrases hold it.
    pub fn number(&self, hash: u64) -> Option<u32> {
        self.numbers.get(&hash).copied()
    }

    /// The vector of a laid out line. Returns the share of its n-grams that the vocabulary knows.
    pub fn row(&self, line: &str, settings: &Settings, work: &mut Counter, row: &mut Row) -> f32 {
        work.begin(self.len());
        let (mut known, mut all) = (0u32, 0u32);
        ngrams(line, settings, |gram| {
            all += 1;
            if let Some(number) = self.number(gram.hash) {
                known += 1;
                work.count(number, gram.block);
            }
        });
        row.clear();
        let block_weights = [settings.word_weight, settings.character_weight];
        for (block, &block_weight) in work.blocks.iter().zip(&block_weights) {
            let first = row.len();
            let mut square = 0.0f32;
            for &number in block {
                let value = self.weights[number as usize] * sublinear(work.counts[number as usize].1);
                square += value * value;
                row.push((number, value));
            }
            let scale = if square > 0.0 { block_weight / square.sqrt() } else { 0.0 };
            row[first..].iter_mut().for_each(|(_, value)| *value *= scale);
        }
        let length = row.iter().map(|&(_, value)| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|(_, value)| *value /= length);
        }
        if all == 0 { 0.0 } else { known as f32 / all as f32 }
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

    fn count(&mut self, number: u32, block: Block) {
        let entry = &mut self.counts[number as usize];
        if entry.0 == self.stamp {
            entry.1 += 1;
        } else {
            *entry = (self.stamp, 1);
            self.blocks[block as usize].push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(raw: &str, settings: &Settings) -> Vec<String> {
        let mut line = String::new();
        lay_out(raw, &mut line);
        let mut found = Vec::new();
        ngrams(&line, settings, |gram| found.push(line[gram.start..gram.end].to_owned()));
        found
    }

    #[test]
    fn ngrams_are_slices_of_the_line() {
        let settings = Settings { word_ngrams: 2, character_ngrams: (2, 3), ..Settings::default() };
        assert_eq!(
            grams("Mi ñu", &settings),
            ["mi", " m", " mi", "mi", "mi ", "i ", "nu", "mi nu", " n", " nu", "nu", "nu ", "u "]
        );
        assert!(grams("...", &settings).is_empty());
        assert!(grams("", &settings).is_empty());
    }

    #[test]
    fn words_and_characters_do_not_share_hashes() {
        assert_ne!(hash(Block::Words, "mi"), hash(Block::Characters, "mi"));
    }

    #[test]
    fn rows_have_length_one_and_tell_how_much_is_known() {
        let settings = Settings::default();
        let mut lines = vec![String::new(); 2];
        lay_out("where is my order order", &mut lines[0]);
        lay_out("cancel it", &mut lines[1]);
        let vocabulary = Vocabulary::build(lines.iter().map(String::as_str), &settings);
        let (mut work, mut row) = (Counter::default(), Row::new());
        assert_eq!(vocabulary.row(&lines[0], &settings, &mut work, &mut row), 1.0);
        let length: f32 = row.iter().map(|&(_, v)| v * v).sum();
        assert!((length - 1.0).abs() < 1e-5);
        assert_eq!(vocabulary.row(" zzz ", &settings, &mut work, &mut row), 0.0);
        assert!(row.is_empty());
    }

    #[test]
    fn a_stamp_that_runs_out_starts_anew() {
        let mut work = Counter { stamp: u32::MAX, ..Counter::default() };
        work.begin(2);
        work.count(1, Block::Words);
        work.count(1, Block::Words);
        assert_eq!((work.counts[1], work.blocks[0].as_slice()), ((1, 2), [1].as_slice()));
    }
}
