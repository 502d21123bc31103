//! Reading a message: everything about it that does not depend on the conversation.
//!
//! The same words come thousands of times in a simulation, so a reading is remembered by its text.

use super::model::{Flow, Keyword, TopicIdx};
use super::raw::KeywordMatch;
use crate::bot::text::{contains_word, fold};
use fxhash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What understands a message: the flow's own phrases, word for word, then the recogniser.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    /// Folded phrases and the topic each belongs to.
    pub phrases: BTreeMap<String, TopicIdx>,
}

/// What a message says, whoever says it and whenever.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub folded: Box<str>,
    /// Index of the word that asks for a person.
    pub person: Option<u16>,
    /// Index of the word that goes to a person at once.
    pub urgent: Option<u16>,
    /// The keyword that wins.
    pub keyword: Option<u16>,
    /// The likeliest topics with their confidence, the best first.
    pub ranked: SmallVec<[(TopicIdx, f32); 3]>,
    /// The language it is written in, if that can be told.
    pub language: Option<u8>,
}

/// Readings remembered by text. It only saves time: a turn comes out the same with an empty one.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    readings: FxHashMap<u128, Reading>,
}

/// So many readings are kept; then the memory starts anew.
const MAX_READINGS: usize = 200_000;

impl Memo {
    /// Nothing read yet.
    pub fn new() -> Memo {
        Memo::default()
    }

    pub(super) fn read(&mut self, flow: &Flow, text: &str) -> &Reading {
        if self.readings.len() >= MAX_READINGS {
            self.readings.clear();
        }
        let hash = blake3::hash(text.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hash.as_bytes()[..16]);
        self.readings.entry(u128::from_le_bytes(key)).or_insert_with(|| flow.read(text))
    }
}

impl Flow {
    fn read(&self, text: &str) -> Reading {
        let folded = fold(text);
        let stands = |words: &[String]| {
            words.iter().position(|word| contains_word(&folded, word)).and_then(|i| u16::try_from(i).ok())
        };
        Reading {
            person: stands(&self.hand_off.person),
            urgent: stands(&self.hand_off.urgent),
            keyword: self.keyword_in(&folded),
            ranked: self.reader.rank(&folded),
            language: None,
            folded: folded.into_boxed_str(),
        }
    }

    /// The keyword that wins: by priority, then by the length of the word, then the first.
    fn keyword_in(&self, folded: &str) -> Option<u16> {
        let mut best: Option<(i32, usize, u16)> = None;
        for (index, keyword) in (0u16..).zip(&self.keywords) {
            let Some(length) = keyword.longest_match(folded) else { continue };
            let better =
                best.is_none_or(|(priority, longest, _)| (keyword.priority, length) > (priority, longest));
            if better {
                best = Some((keyword.priority, length, index));
            }
        }
        best.map(|(_, _, index)| index)
    }
}

impl Keyword {
    /// The length of the longest of its words that stands in the message.
    pub fn longest_match(&self, folded: &str) -> Option<usize> {
        let stands = |word: &&String| match self.matching {
            KeywordMatch::Word => contains_word(folded, word),
            KeywordMatch::Whole => folded == word.as_str(),
            KeywordMatch::Start => folded.starts_with(word.as_str()),
            KeywordMatch::Inside => folded.contains(word.as_str()),
        };
        self.words.iter().filter(stands).map(String::len).max()
    }
}

impl Reader {
    fn rank(&self, folded: &str) -> SmallVec<[(TopicIdx, f32); 3]> {
        let bare = folded.trim_matches(|c: char| !c.is_alphanumeric());
        self.phrases.get(bare).map(|&topic| (topic, 1.0)).into_iter().collect()
    }
}
