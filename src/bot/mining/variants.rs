//! Wordings that are one message: the same but for slips of the keyboard.
//!
//! A log has no dictionary, but it has many writers: a word that is one letter away from another that is
//! written far more often is that other word mistyped. Then whole messages that are one slip apart are the
//! same message, written most often as its most frequent form.

use crate::bot::recogniser::features::lay_out;
use crate::bot::recogniser::spelling::{Spelling, each_shortening, one_slip};
use fxhash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// A word is mistyped if another, one slip away, is written so many times as often; and a word written so
/// often is one in its own right beside others like it.
const RATIO: u32 = 5;
/// Shorter words have too many neighbours to be mended by themselves.
const SHORTEST_WORD: usize = 4;
/// Letters of messages that are compared as a whole …
const LETTERS: std::ops::RangeInclusive<usize> = 4..=120;
/// … those with fewer only where one is written [`RATIO`] times as often as the other.
const SHORT: usize = 8;

/// Messages with their variants found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Variants {
    /// For each message the one that it is a variant of: itself, if of none.
    pub of: Vec<usize>,
    /// Each message laid out, its mistyped words mended.
    pub lines: Vec<String>,
}

/// Finds variants among different messages, given with the times each was written. Words the bot was taught
/// are rightly spelled.
pub(super) fn variants<'a>(messages: &[(&str, u32)], taught: impl Iterator<Item = &'a str>) -> Variants {
    let mut lines: Vec<String> = vec![String::new(); messages.len()];
    lines.iter_mut().zip(messages).for_each(|(line, (text, _))| lay_out(text, line));
    let words = Words::count(lines.iter().map(String::as_str).zip(messages.iter().map(|m| m.1)), taught);
    lines.iter_mut().for_each(|line| *line = words.mended(line));
    let mut order: Vec<usize> = (0..messages.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(messages[i].1), i));
    let mut of: Vec<usize> = (0..messages.len()).collect();
    let mut same: FxHashMap<&str, usize> = FxHashMap::default();
    let mut index = Index::default();
    for i in order {
        let line = lines[i].as_str();
        if let Some(&first) = same.get(line) {
            of[i] = first;
        } else if let Some(first) = index.find(line, |other| {
            let often = messages[other].1 >= RATIO.saturating_mul(messages[i].1);
            let letters = line.chars().filter(|c| *c != ' ').count();
            (often || letters >= SHORT) && !words.differ(&lines[other], line)
        }) {
            of[i] = first;
        } else {
            index.add(i, line);
        }
        same.entry(line).or_insert(of[i]);
    }
    Variants { of, lines }
}

/// The words of a log.
struct Words {
    counts: BTreeMap<String, u32>,
    taught: BTreeSet<String>,
    spelling: Spelling,
}

impl Words {
    fn count<'a, 'b>(
        lines: impl Iterator<Item = (&'a str, u32)>,
        taught: impl Iterator<Item = &'b str>,
    ) -> Words {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (line, times) in lines {
            for word in line.split_ascii_whitespace() {
                *counts.entry(word.to_owned()).or_default() += times;
            }
        }
        let (mut known, mut line) = (BTreeSet::new(), String::new());
        for phrase in taught {
            lay_out(phrase, &mut line);
            known.extend(line.split_ascii_whitespace().map(str::to_owned));
        }
        // What the bot was taught draws a word that was mistyped once.
        for word in &known {
            *counts.entry(word.clone()).or_default() += RATIO;
        }
        let spelling = Spelling::from_words(counts.iter().map(|(word, &n)| (word.clone(), n)).collect());
        Words { counts, taught: known, spelling }
    }

    fn times(&self, word: &str) -> u32 {
        self.counts.get(word).copied().unwrap_or(0)
    }

    fn mended(&self, line: &str) -> String {
        let mut out = String::with_capacity(line.len());
        out.push(' ');
        for word in line.split_ascii_whitespace() {
            out.push_str(self.meant(word).unwrap_or(word));
            out.push(' ');
        }
        out
    }

    /// The word that this one is a slip of.
    fn meant(&self, word: &str) -> Option<&str> {
        if self.taught.contains(word)
            || word.chars().count() < SHORTEST_WORD
            || word.chars().any(char::is_numeric)
        {
            return None;
        }
        let other = self.spelling.nearest(word)?;
        (self.times(other) >= RATIO.saturating_mul(self.times(word))).then_some(other)
    }

    /// Whether two lines that are one slip apart hold different words all the same, like "lost bag" and
    /// "cost bag": either is written often.
    fn differ(&self, a: &str, b: &str) -> bool {
        let often = |word: &str| word.chars().count() >= SHORTEST_WORD && self.times(word) >= RATIO;
        let pairs = a.split_ascii_whitespace().zip(b.split_ascii_whitespace());
        a.split_ascii_whitespace().count() == b.split_ascii_whitespace().count()
            && pairs.filter(|(x, y)| x != y).all(|(x, y)| often(x) && often(y))
    }
}

/// Lines by what is left of them with one letter less, spaces aside.
#[derive(Default)]
struct Index {
    /// In order: the message's number, its line's letters and digits.
    lines: Vec<(usize, String, String)>,
    shortenings: FxHashMap<u64, SmallVec<[u32; 2]>>,
}

impl Index {
    fn add(&mut self, number: usize, line: &str) {
        let Some((letters, digits)) = key(line) else { return };
        let place = self.lines.len() as u32;
        each_shortening(&letters, |hash| {
            let found = self.shortenings.entry(hash).or_default();
            if found.last() != Some(&place) {
                found.push(place);
            }
        });
        self.lines.push((number, letters, digits));
    }

    /// The line added first that is one slip away, or apart by spaces only, and that `fits`.
    fn find(&self, line: &str, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let (letters, digits) = key(line)?;
        let mut candidates: SmallVec<[u32; 16]> = SmallVec::new();
        each_shortening(&letters, |hash| {
            candidates.extend(self.shortenings.get(&hash).into_iter().flatten().copied());
        });
        candidates.sort_unstable();
        candidates.dedup();
        let near = |&place: &u32| {
            let (number, other, numbers) = &self.lines[place as usize];
            let same = *numbers == digits && (*other == letters || one_slip(other, &letters));
            (same && fits(*number)).then_some(*number)
        };
        candidates.iter().find_map(near)
    }
}

/// The letters of a line without its spaces, and its numbers, which slips do not touch: one digit off is
/// another number.
fn key(line: &str) -> Option<(String, String)> {
    let (digits, letters): (String, String) =
        line.chars().filter(|c| *c != ' ').partition(|c: &char| c.is_numeric());
    LETTERS.contains(&letters.chars().count()).then_some((letters, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(messages: &[(&str, u32)]) -> Vec<usize> {
        variants(messages, ["is my plane late"].into_iter()).of
    }

    #[test]
    fn slips_are_variants_of_what_is_written_more_often() {
        let cases: [(&str, bool); 10] = [
            ("how many bgas can I take", true),
            ("how mmany bags can I take", true),
            ("how many bags cna I take", true),
            ("howmany bags can I take", true),
            ("How many bags can I take?", true),
            ("how many bags can we take", false),
            ("how many bags can I take on board", false),
            ("how many dogs can I take", false),
            ("how many bags can I make", false),
            ("how many bags can I take 2", false),
        ];
        for (text, expected) in cases {
            // "make" is a word here.
            let all = [("how many bags can I take", 50), (text, 2), ("what do you make of it", 40)];
            assert_eq!(found(&all)[1], usize::from(!expected), "{text}");
        }
    }

    #[test]
    fn numbers_and_frequent_words_are_themselves() {
        assert_eq!(found(&[("is it 23 kilos or more", 9), ("is it 32 kilos or more", 1)]), [0, 1]);
        assert_eq!(found(&[("lost bag", 6), ("cost bag", 5), ("lst bag", 1)]), [0, 1, 0]);
        assert_eq!(found(&[("what of a lost suitcase", 9), ("what of a cost suitcase", 8)]), [0, 1]);
        // Taught by the bot: "plane" is no "plant".
        assert_eq!(found(&[("a plane for children", 1), ("a plant for children", 90)]), [0, 1]);
        let words = variants(&[("my plene", 1), ("my plane", 1)], ["is my plane late"].into_iter());
        assert_eq!(words.lines, [" my plane ", " my plane "]);
    }

    #[test]
    fn two_slips_in_two_words_are_mended_one_by_one() {
        let all = [("where can I claim a suitcase", 60), ("wheer can I claim a suitcsae", 3)];
        assert_eq!(found(&all), [0, 0]);
        assert_eq!(found(&[]), Vec::<usize>::new());
        assert_eq!(found(&[("...", 3), ("", 1)]).len(), 2);
    }
}
