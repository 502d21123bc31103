//! Reading a message: everything about it that does not depend on the conversation.
//!
//! The same words come thousands of times in a simulation, so a reading is remembered by its text.

use super::menu::ChosenBy;
use super::model::{Flow, Keyword, Menu, StepIdx, TopicIdx, VariableIdx};
use super::raw::KeywordMatch;
use crate::bot::recogniser::meaning::Meanings;
use crate::bot::recogniser::{Recogniser, Scratch, Settings, TrainError, Verdict};
use crate::bot::text::{contains_word, fold, is_emoji, is_word_char, tokens};
use fxhash::FxHashMap;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// What understands a message: the flow's own phrases, word for word, then the recogniser.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    /// Folded phrases and the topic each belongs to; `None` if to several.
    phrases: BTreeMap<String, Option<TopicIdx>>,
    recogniser: Option<Arc<Recogniser>>,
    /// The topic of each of the recogniser's labels.
    topics: Vec<TopicIdx>,
    /// The words of each topic's phrases, and the topics they belong to.
    words: BTreeMap<String, BTreeSet<TopicIdx>>,
    /// The words of the answers of topics with few phrases.
    answers: BTreeMap<String, BTreeSet<TopicIdx>>,
    /// Tells the flow's languages apart, where it has several.
    languages: Option<Arc<Recogniser>>,
}

/// A message in words, and what has been read in it so far. Reading looks at the words and the flow
/// alone, so a message that many write may be read once for all of them, on any thread; but by one flow
/// only.
#[derive(Clone, Debug)]
pub struct Message {
    text: Box<str>,
    reading: OnceLock<Reading>,
}

impl Message {
    /// Not read yet.
    pub fn new(text: &str) -> Message {
        Message { text: text.into(), reading: OnceLock::new() }
    }

    /// Its words.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn reading(&self, flow: &Flow) -> &Reading {
        self.reading.get_or_init(|| flow.read(&self.text))
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.text == other.text
    }
}
impl Eq for Message {}

/// What a message says, whoever says it and whenever. What takes long to find out is found out when it
/// is asked for: most answers to a question need no recogniser.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub folded: Box<str>,
    /// Index of the word that asks for a person.
    pub person: Option<u16>,
    /// Index of the word that goes to a person at once.
    pub urgent: Option<u16>,
    /// The keyword that wins.
    pub keyword: Option<u16>,
    guess: OnceLock<Option<Guess>>,
    language: OnceLock<Option<u8>>,
    volunteered: OnceLock<Box<[(VariableIdx, Box<str>)]>>,
    /// What it chooses from the first menu that asked; most messages answer one menu only.
    choice: OnceLock<(StepIdx, Option<(usize, ChosenBy)>)>,
}

impl Reading {
    /// What the message is likeliest about.
    pub fn guess(&self, flow: &Flow, text: &str) -> Option<Guess> {
        *self.guess.get_or_init(|| with_scratch(|scratch| flow.reader.guess(text, &self.folded, scratch)))
    }

    /// The language it is written in, if that can be told.
    pub fn language(&self, flow: &Flow, text: &str) -> Option<u8> {
        *self.language.get_or_init(|| with_scratch(|scratch| flow.reader.language(text, scratch)))
    }

    /// The entry it chooses from a step's menu.
    pub fn choice(&self, step: StepIdx, menu: &Menu) -> Option<(usize, ChosenBy)> {
        match self.choice.get_or_init(|| (step, menu.chosen(&self.folded))) {
            (first, choice) if *first == step => *choice,
            _ => menu.chosen(&self.folded),
        }
    }

    /// Values that stand in it though nobody asked for them.
    pub fn volunteered(&self, flow: &Flow, text: &str) -> &[(VariableIdx, Box<str>)] {
        self.volunteered.get_or_init(|| {
            let found = (0..).zip(&flow.variables).filter_map(|(index, variable)| {
                Some((index, variable.slot.as_ref()?.find(text, true)?.into_boxed_str()))
            });
            found.collect()
        })
    }
}

/// Runs with the thread's working memory of the recogniser.
fn with_scratch<T>(run: impl FnOnce(&mut Scratch) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with_borrow_mut(run)
}

/// What a message is likeliest about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Guess {
    pub topic: TopicIdx,
    pub confidence: f32,
    pub then: Then,
    /// Most of the message's words stand in the topic's phrases, and not only short ones ("I don't know"):
    /// it may interrupt an open question.
    pub plain: bool,
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
    readings: FxHashMap<Box<str>, Reading>,
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
        if !self.readings.contains_key(text) {
            self.readings.insert(text.into(), flow.read(text));
        }
        &self.readings[text]
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
            folded: folded.into_boxed_str(),
            guess: OnceLock::new(),
            language: OnceLock::new(),
            volunteered: OnceLock::new(),
            choice: OnceLock::new(),
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

/// The words of a message with so many letters at least, or all if there are none.
fn longer_words(folded: &str, letters: usize) -> Vec<&str> {
    let all: Vec<&str> = tokens(folded).collect();
    let long: Vec<&str> = all.iter().copied().filter(|word| word.chars().count() >= letters).collect();
    if long.is_empty() { all } else { long }
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
        let mut words: BTreeMap<String, BTreeSet<TopicIdx>> = BTreeMap::new();
        let mut labelled: Vec<(u16, &str)> = Vec::new();
        for (topic, phrase) in examples {
            let folded = fold(phrase);
            for word in tokens(&folded) {
                words.entry(word.to_owned()).or_default().insert(*topic);
            }
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
            false => Some(Recogniser::learned(&labels, &labelled, &outside, settings)?),
        };
        Ok(Reader { phrases, recogniser, topics, words, ..Reader::default() })
    }

    /// Learns to tell the flow's languages apart by all that is written in each. A flow's own words are
    /// a better guide to its customers' short messages than a general model of the language.
    pub fn learn_languages(&mut self, codes: &[String], written: &[(u16, String)]) -> Result<(), TrainError> {
        let several = written.iter().any(|(language, _)| Some(*language) != written.first().map(|(l, _)| *l));
        if several {
            let examples: Vec<(u16, &str)> = written.iter().map(|(l, text)| (*l, text.as_str())).collect();
            // What words mean is the same in every language: it would blur them.
            let settings = Settings { meaning: 0.0, few_meaning: 0.0, ..Settings::default() };
            self.languages = Some(Recogniser::learned(codes, &examples, &[], &settings)?);
        }
        Ok(())
    }

    fn language(&self, text: &str, scratch: &mut Scratch) -> Option<u8> {
        let prediction = self.languages.as_ref()?.predict(text, scratch);
        (prediction.verdict == Verdict::Accept).then_some(prediction.label as u8)
    }

    fn guess(&self, text: &str, folded: &str, scratch: &mut Scratch) -> Option<Guess> {
        if let Some(Some(topic)) = self.phrases.get(bare(folded)) {
            return Some(Guess { topic: *topic, confidence: 1.0, then: Then::Accept, plain: true });
        }
        let prediction = self.recogniser.as_ref()?.predict(text, scratch);
        let topic = |label: u16| self.topics.get(usize::from(label)).copied();
        let best = topic(prediction.label)?;
        let says_something = tokens(folded).any(|word| word.chars().count() >= 4);
        let plain = says_something && self.share_of_words(folded, best) > 0.5;
        let then = match prediction.verdict {
            // However sure a model of few classes is: what shares no word with a topic is not about it.
            Verdict::Accept if !plain && !self.knows_a_word(folded, best) => Then::Reject,
            Verdict::Accept => Then::Accept,
            Verdict::Clarify(other) => topic(other).map_or(Then::Reject, Then::Clarify),
            Verdict::Reject => Then::Reject,
        };
        if then != Then::Accept
            && let Some((topic, confidence)) = self.by_answer(folded)
        {
            return Some(Guess { topic, confidence, then: Then::Accept, plain: false });
        }
        Some(Guess { topic: best, confidence: prediction.confidence, then, plain })
    }

    fn owns(&self, word: &str, topic: TopicIdx) -> bool {
        self.words.get(word).is_some_and(|owners| owners.contains(&topic))
    }

    /// Share of a message's longer words that stand in a topic's phrases.
    fn share_of_words(&self, folded: &str, topic: TopicIdx) -> f64 {
        let words = longer_words(folded, 4);
        let known = words.iter().filter(|word| self.owns(word, topic)).count();
        known as f64 / words.len().max(1) as f64
    }

    /// Whether a word of the message is one of the topic's, or nearly: begins as it does, has a typing
    /// error, or means much the same.
    fn knows_a_word(&self, folded: &str, topic: TopicIdx) -> bool {
        let words = longer_words(folded, 3);
        if words.iter().any(|word| self.owns(word, topic)) {
            return true;
        }
        words.iter().any(|word| {
            let length = word.chars().count();
            let stem: String = word.chars().take(4).collect();
            let begins = self.words.range(stem.clone()..).take_while(|(w, _)| w.starts_with(&stem));
            let of_topic = |owners: &BTreeSet<TopicIdx>| owners.contains(&topic);
            (length >= 4 && begins.into_iter().any(|(_, owners)| of_topic(owners)))
                || (length >= 3
                    && self.words.iter().any(|(known, owners)| {
                        of_topic(owners)
                            && known.chars().count().abs_diff(length) <= 1
                            && strsim::osa_distance(known, word) <= 1
                    }))
                || (length >= 4 && self.means_one_of(word, topic))
        })
    }

    /// Whether a word of the topic's lies near this one in the table of word vectors.
    fn means_one_of(&self, word: &str, topic: TopicIdx) -> bool {
        const NEAR: f32 = 0.5;
        let meanings = Meanings::shared();
        meanings.knows(word)
            && self.words.iter().any(|(known, owners)| {
                owners.contains(&topic) && meanings.likeness(word, known).is_some_and(|near| near >= NEAR)
            })
    }

    /// The topic whose answer speaks of what the message speaks of, for topics with too few phrases to
    /// be recognised by them: two long words of it at least, two thirds of its words, and no other
    /// topic as many. Gives the share as confidence.
    fn by_answer(&self, folded: &str) -> Option<(TopicIdx, f32)> {
        let words: BTreeSet<&str> = tokens(folded).collect();
        let mut found: BTreeMap<TopicIdx, (u32, u32)> = BTreeMap::new();
        for word in &words {
            for topic in self.answers.get(*word).into_iter().flatten() {
                let (all, long) = found.entry(*topic).or_default();
                *all += 1;
                *long += u32::from(word.chars().count() > 4);
            }
        }
        let most = found.values().map(|(all, _)| *all).max()?;
        let mut best = found.iter().filter(|(_, (all, _))| *all == most);
        let (topic, (all, long)) = best.next()?;
        let share = f64::from(*all) / words.len() as f64;
        (best.next().is_none() && *long >= 2 && share > 0.66).then_some((*topic, share as f32))
    }

    /// Learns what the answers of topics with few phrases say.
    pub fn learn_answers(&mut self, answers: &[(TopicIdx, String)]) {
        for (topic, text) in answers {
            for word in tokens(&fold(text)) {
                self.answers.entry(word.to_owned()).or_default().insert(*topic);
            }
        }
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
        self.recogniser.as_deref()
    }

    /// The topic that a message is a phrase of, word for word.
    pub fn taught(&self, text: &str) -> Option<TopicIdx> {
        self.phrases.get(bare(&fold(text))).copied().flatten()
    }

    /// The phrases learned, folded.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }
}
