//! Mending typing errors: a word the training phrases do not hold is read as the one they do hold that
//! is one slip away.
//!
//! A slip is a letter left out, put in, mistaken, or two letters swapped. Words are found by the
//! shortenings they share (the symmetric-delete index of SymSpell, W. Garbe, 2012), so a look-up costs as
//! many probes as the word has letters, and only unknown words are looked up at all. A word run together
//! out of two known ones is parted.

use crate::bot::text::is_word_char;
use fxhash::FxHashMap;
use smallvec::SmallVec;

/// Shorter words have too many neighbours to guess among.
const SHORTEST: usize = 3;
/// Longer strings are not words but keys, links and hammering on the keyboard.
const LONGEST: usize = 24;
/// Either part of a parted word has at least this many letters.
const SHORTEST_PART: usize = 2;

/// The words of the training phrases.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spelling {
    /// Each word with the times it was used, in order of first use.
    words: Vec<(String, u32)>,
    numbers: FxHashMap<String, u32>,
    /// From the hash of a word, whole or less one letter, to the words it came from.
    shortenings: FxHashMap<u64, SmallVec<[u32; 2]>>,
}

impl Spelling {
    /// Learns the words of laid out lines.
    pub fn build<'a>(lines: impl Iterator<Item = &'a str>) -> Spelling {
        let mut words: Vec<(String, u32)> = Vec::new();
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        for word in lines.flat_map(|line| line.split_ascii_whitespace()) {
            match numbers.get(word) {
                Some(&number) => words[number as usize].1 += 1,
                None => {
                    numbers.insert(word.to_owned(), words.len() as u32);
                    words.push((word.to_owned(), 1));
                }
            }
        }
        Spelling::from_words(words)
    }

    /// The index of words that were counted before.
    pub fn from_words(words: Vec<(String, u32)>) -> Spelling {
        let mut shortenings: FxHashMap<u64, SmallVec<[u32; 2]>> = FxHashMap::default();
        let mut numbers = FxHashMap::default();
        for (number, (word, _)) in words.iter().enumerate() {
            numbers.insert(word.clone(), number as u32);
            if mendable(word) {
                each_shortening(word, |hash| {
                    let found = shortenings.entry(hash).or_default();
                    if found.last() != Some(&(number as u32)) {
                        found.push(number as u32);
                    }
                });
            }
        }
        Spelling { words, numbers, shortenings }
    }

    /// The words, in order of first use.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|(word, _)| word.as_str())
    }

    /// Mends the unknown words of a laid out line, in place; those that are `right` by another authority
    /// stay as they are.
    pub fn mend(&self, line: &mut String, work: &mut String, right: impl Fn(&str) -> bool) {
        if line.split_ascii_whitespace().all(|word| self.numbers.contains_key(word)) {
            return;
        }
        work.clear();
        work.push(' ');
        for word in line.split_ascii_whitespace() {
            if self.numbers.contains_key(word) || !mendable(word) || right(word) {
                work.push_str(word);
            } else if let Some(meant) = self.nearest(word) {
                work.push_str(meant);
            } else if let Some((first, second)) = self.part(word) {
                work.push_str(first);
                work.push(' ');
                work.push_str(second);
            } else {
                work.push_str(word);
            }
            work.push(' ');
        }
        std::mem::swap(line, work);
    }

    /// The known word one slip away, the most used one if there are several; never the word itself.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        let mut best: Option<u32> = None;
        each_shortening(word, |hash| {
            for &candidate in self.shortenings.get(&hash).into_iter().flatten() {
                let (other, count) = &self.words[candidate as usize];
                let beats = best.is_none_or(|best| {
                    let held = self.words[best as usize].1;
                    *count > held || (*count == held && candidate < best)
                });
                if beats && one_slip(word, other) {
                    best = Some(candidate);
                }
            }
        });
        best.map(|number| self.words[number as usize].0.as_str())
    }

    /// Two known words that were run together: the split whose rarer part is most used.
    fn part<'a>(&self, word: &'a str) -> Option<(&'a str, &'a str)> {
        let uses = |part: &str| {
            let number = self.numbers.get(part)?;
            (part.chars().count() >= SHORTEST_PART).then(|| self.words[*number as usize].1)
        };
        let mut best = None;
        for (at, _) in word.char_indices().skip(1) {
            let (first, second) = word.split_at(at);
            if let (Some(a), Some(b)) = (uses(first), uses(second))
                && best.is_none_or(|(most, _)| a.min(b) > most)
            {
                best = Some((a.min(b), (first, second)));
            }
        }
        best.map(|(_, parts)| parts)
    }
}

/// Numbers are not mended: one digit off is another number.
fn mendable(word: &str) -> bool {
    let length = word.chars().count();
    (SHORTEST..=LONGEST).contains(&length) && word.chars().all(|c| is_word_char(c) && !c.is_numeric())
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    chars.fold(0, |state: u64, c| {
        (state.rotate_left(7) ^ u64::from(u32::from(c))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// Calls `each` with the hash of the word, and of the word less one of its letters, for every letter.
pub(crate) fn each_shortening(word: &str, mut each: impl FnMut(u64)) {
    each(hash(word.chars()));
    for skipped in 0..word.chars().count() {
        let kept = word.chars().enumerate().filter(|&(at, _)| at != skipped).map(|(_, c)| c);
        each(hash(kept));
    }
}

/// Whether two different words are one insertion, deletion, substitution or swap of neighbours apart.
pub(crate) fn one_slip(a: &str, b: &str) -> bool {
    let a: SmallVec<[char; LONGEST]> = a.chars().collect();
    let b: SmallVec<[char; LONGEST]> = b.chars().collect();
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same_start..], &b[same_start..]);
    let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - same_end], &b[..b.len() - same_end]);
    match (a, b) {
        ([], [_]) | ([_], []) | ([_], [_]) => true,
        ([first, second], [third, fourth]) => first == fourth && second == third,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(raw: &str) -> String {
        let lines = [" where is my order ", " my order is late ", " payment failed ", " cancelar pedido "];
        let spelling = Spelling::build(lines.into_iter());
        let (mut line, mut work) = (format!(" {raw} "), String::new());
        spelling.mend(&mut line, &mut work, |word| word == "ordex");
        line.trim().to_owned()
    }

    #[test]
    fn one_slip_is_mended_and_no_more() {
        let cases = [
            ("ordr", "order"),
            ("oredr", "order"),
            ("ordder", "order"),
            ("ordet", "order"),
            ("ordex", "ordex"),
            ("porder", "order"),
            ("pamyent failed", "payment failed"),
            ("orrrdr", "orrrdr"),
            ("or", "or"),
            ("order", "order"),
            ("myorder is late", "my order is late"),
            ("pedidoo", "pedido"),
            ("ordr1", "ordr1"),
            ("zzzzzzzz", "zzzzzzzz"),
        ];
        for (raw, expected) in cases {
            assert_eq!(mended(raw), expected, "{raw}");
        }
    }

    #[test]
    fn the_most_used_word_wins() {
        let spelling = Spelling::build([" cart cart card ", " card card "].into_iter());
        assert_eq!(spelling.nearest("carx"), Some("card"));
        assert_eq!(spelling.nearest("cardt"), Some("card"));
    }

    #[test]
    fn slips_are_recognised() {
        let cases = [
            ("ab", "ba", true),
            ("ab", "abc", true),
            ("abc", "ac", true),
            ("abc", "axc", true),
            ("abcd", "badc", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(one_slip(a, b), expected, "{a} {b}");
            assert_eq!(one_slip(b, a), expected, "{b} {a}");
        }
    }
}
