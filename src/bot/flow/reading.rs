//! Reading a message: everything about it that does not depend on the conversation.
//!
//! The same words come thousands of times in a simulation, so a reading is remembered by its text.

use super::model::{Flow, Keyword, TopicIdx};
use super::raw::KeywordMatch;
use crate::bot::recogniser::{Recogniser, Scratch, Settings, TrainError, Verdict};
use crate::bot::text::{contains_word, fold, is_emoji, is_word_char};
use fxhash::FxHashMap;
use std::collections::BTreeMap;

/// What understands a message: the flow's own phrases, word for word, then the recogniser.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    /// Folded phrases and the topic each belongs to; `None` if to several.
    phrases: BTreeMap<String, Option<TopicIdx>>,
    recogniser: Option<Recogniser>,
    /// The topic of each of the recogniser's labels.
    topics: Vec<TopicIdx>,
    /// Tells the flow's languages apart, where it has several.
    languages: Option<Recogniser>,
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
    /// What it is likeliest about.
    pub guess: Option<Guess>,
    /// The language it is written in, if that can be told.
    pub language: Option<u8>,
}

/// What a message is likeliest about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Guess {
    pub topic: TopicIdx,
    pub confidence: f32,
    pub then: Then,
}

/// What to do with a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Accept,
    /// Ask whether it is this other topic.
    Clarify(TopicIdx),
    Reject,
}

/// Readings remembered by text. It only saves time: a turn comes out the same with an empty one.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    readings: FxHashMap<u128, Reading>,
    scratch: Scratch,
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
        let scratch = &mut self.scratch;
        self.readings.entry(u128::from_le_bytes(key)).or_insert_with(|| flow.read(text, scratch))
    }
}

impl Flow {
    fn read(&self, text: &str, scratch: &mut Scratch) -> Reading {
        let folded = fold(text);
        let stands = |words: &[String]| {
            words.iter().position(|word| contains_word(&folded, word)).and_then(|i| u16::try_from(i).ok())
        };
        Reading {
            person: stands(&self.hand_off.person),
            urgent: stands(&self.hand_off.urgent),
            keyword: self.keyword_in(&folded),
            guess: self.reader.guess(text, &folded, scratch),
            language: self.reader.language(text, scratch),
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

/// A phrase without the punctuation around it.
fn bare(folded: &str) -> &str {
    folded.trim_matches(|c: char| !is_word_char(c) && !is_emoji(c))
}

impl Reader {
    /// Learns the flow's phrases, each with its topic, and what is none of its business.
    pub fn train(
        names: &[String],
        examples: &[(TopicIdx, String)],
        out_of_scope: &[String],
        settings: &Settings,
    ) -> Result<Reader, TrainError> {
        let mut phrases = BTreeMap::new();
        let mut topics = Vec::new();
        let mut labelled: Vec<(u16, &str)> = Vec::new();
        for (topic, phrase) in examples {
            let folded = fold(phrase);
            if !bare(&folded).is_empty() {
                let owner = phrases.entry(bare(&folded).to_owned()).or_insert(Some(*topic));
                *owner = owner.filter(|first| first == topic);
            }
            let label = topics.iter().position(|t| t == topic).unwrap_or_else(|| {
                topics.push(*topic);
                topics.len() - 1
            });
            labelled.push((label as u16, phrase));
        }
        let labels: Vec<String> =
            topics.iter().map(|t| names.get(usize::from(*t)).cloned().unwrap_or_default()).collect();
        let outside: Vec<&str> = out_of_scope.iter().map(String::as_str).collect();
        let recogniser = match labelled.is_empty() {
            true => None,
            false => Some(Recogniser::train(&labels, &labelled, &outside, settings)?),
        };
        Ok(Reader { phrases, recogniser, topics, languages: None })
    }

    /// Learns to tell the flow's languages apart by all that is written in each. A flow's own words are
    /// a better guide to its customers' short messages than a general model of the language.
    pub fn learn_languages(&mut self, codes: &[String], written: &[(u16, String)]) -> Result<(), TrainError> {
        let several = written.iter().any(|(language, _)| Some(*language) != written.first().map(|(l, _)| *l));
        if several {
            let examples: Vec<(u16, &str)> = written.iter().map(|(l, text)| (*l, text.as_str())).collect();
            self.languages = Some(Recogniser::train(codes, &examples, &[], &Settings::default())?);
        }
        Ok(())
    }

    fn language(&self, text: &str, scratch: &mut Scratch) -> Option<u8> {
        let prediction = self.languages.as_ref()?.predict(text, scratch);
        (prediction.verdict == Verdict::Accept).then_some(prediction.label as u8)
    }

    fn guess(&self, text: &str, folded: &str, scratch: &mut Scratch) -> Option<Guess> {
        if let Some(Some(topic)) = self.phrases.get(bare(folded)) {
            return Some(Guess { topic: *topic, confidence: 1.0, then: Then::Accept });
        }
        let prediction = self.recogniser.as_ref()?.predict(text, scratch);
        let topic = |label: u16| self.topics.get(usize::from(label)).copied();
        let then = match prediction.verdict {
            Verdict::Accept => Then::Accept,
            Verdict::Clarify(other) => topic(other).map_or(Then::Reject, Then::Clarify),
            Verdict::Reject => Then::Reject,
        };
        Some(Guess { topic: topic(prediction.label)?, confidence: prediction.confidence, then })
    }

    /// The n-grams of a message that spoke most for a topic.
    pub fn reasons(&self, text: &str, topic: TopicIdx) -> Vec<(String, f32)> {
        let label = self.topics.iter().position(|t| *t == topic);
        match (&self.recogniser, label) {
            (Some(recogniser), Some(label)) => recogniser.explain(text, label as u16),
            _ => Vec::new(),
        }
    }

    pub fn recogniser(&self) -> Option<&Recogniser> {
        self.recogniser.as_ref()
    }

    /// The phrases learned, folded.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }
}
