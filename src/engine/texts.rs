//! What customers write in their own words: every phrase of every need, as it stands and mistyped in a
//! few ways, listed before the run. So a message is a number, and what the bot and the rules read in it
//! is read once for all customers, replications and threads.

use super::arrive::pick_one;
use crate::bot::flow::Message;
use crate::bot::text::{contains_word, fold};
use crate::random::{Purpose, Stream, Streams};
use crate::rules::WordHits;
use crate::scenario::plan::{Plan, RuleIdx};
use std::sync::OnceLock;

/// Ways in which a phrase is mistyped; a scenario's typing errors are spread evenly over them.
const WAYS: u32 = 4;

/// The texts. Only what is read of them is filled in while the run goes on, and that is a function of
/// the text alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    languages: usize,
    /// For each need and language: where its phrases begin, and how many there are.
    phrases: Vec<(u32, u32)>,
    texts: Vec<Text>,
}

#[derive(Clone, Debug)]
struct Text {
    message: Message,
    hits: OnceLock<WordHits>,
    /// Chance that a phrase comes mistyped; its ways follow it in the list.
    mistyped: f64,
}

impl Texts {
    pub fn of(plan: &Plan) -> Texts {
        let mut texts = Texts { languages: plan.languages.len(), phrases: Vec::new(), texts: Vec::new() };
        for intent in &plan.intents {
            // Without phrases in a language, those of the first that has any; without any, its name.
            let names = [intent.name.clone()];
            let any = intent.phrases.iter().map(|list| &list[..]).find(|list| !list.is_empty());
            for language in 0..texts.languages {
                let own = intent.phrases.get(language).map(|list| &list[..]).filter(|list| !list.is_empty());
                let first = texts.texts.len() as u32;
                let list = own.or(any).unwrap_or(&names);
                list.iter().for_each(|phrase| texts.add(phrase, plan));
                texts.phrases.push((first, list.len() as u32));
            }
        }
        texts
    }

    fn add(&mut self, phrase: &str, plan: &Plan) {
        let letters = phrase.chars().filter(|c| c.is_alphabetic()).count();
        let rate = plan.customer.typos.clamp(0.0, 1.0);
        let mistyped = 1.0 - libm::pow(1.0 - rate, letters as f64);
        let place = self.texts.len() as u64;
        let text = |text: &str| Text { message: Message::new(text), hits: OnceLock::new(), mistyped };
        self.texts.push(text(phrase));
        let streams = Streams::new(plan.seed, 0);
        for way in 0..ways(rate) {
            let mut stream = streams.nth(Purpose::Typo, place, way);
            self.texts.push(text(&mistype(phrase, letters, rate, &mut stream)));
        }
    }

    /// A phrase of a need in a language, perhaps mistyped.
    pub fn choose(&self, intent: u16, language: u8, typos: f64, stream: &mut Stream) -> u32 {
        let place = usize::from(intent) * self.languages + usize::from(language);
        let (first, phrases) = self.phrases[place];
        let ways = ways(typos);
        let phrase = first + pick_one(stream.uniform(), phrases) * (1 + ways);
        let mistyped = self.texts[phrase as usize].mistyped;
        let u = stream.uniform();
        if u < mistyped { phrase + 1 + pick_one(u / mistyped, ways) } else { phrase }
    }

    pub fn message(&self, text: u32) -> &Message {
        &self.texts[text as usize].message
    }

    /// Which rules' words a text contains.
    pub fn word_hits(&self, text: u32, plan: &Plan) -> &WordHits {
        let text = &self.texts[text as usize];
        text.hits.get_or_init(|| word_hits(text.message.text(), plan))
    }
}

/// Mistyped ways of each phrase at this rate of errors.
fn ways(rate: f64) -> u32 {
    if rate > 0.0 { WAYS } else { 0 }
}

/// Which rules' words a message contains.
pub(super) fn word_hits(text: &str, plan: &Plan) -> WordHits {
    let folded = fold(text);
    let rules = plan.rules.iter().enumerate().map(|(i, r)| (i as RuleIdx, r.condition.contains.as_slice()));
    WordHits::find(rules, |word| contains_word(&folded, word))
}

/// Typing errors: a letter dropped, doubled or swapped with its neighbour, at a rate per letter, and
/// one at least.
fn mistype(text: &str, letters: usize, rate: f64, stream: &mut Stream) -> String {
    let sure = pick_one(stream.uniform(), letters as u32);
    let mut out = String::with_capacity(text.len() + 4);
    let (mut chars, mut letter) = (text.chars().peekable(), 0);
    while let Some(c) = chars.next() {
        if !c.is_alphabetic() {
            out.push(c);
            continue;
        }
        let wrong = letter == sure || stream.chance(rate);
        letter += 1;
        if !wrong {
            out.push(c);
            continue;
        }
        match (stream.uniform() * 3.0) as u8 {
            0 => {}
            1 => out.extend([c, c]),
            _ => {
                if let Some(next) = chars.next_if(|n| n.is_alphabetic()) {
                    letter += 1;
                    out.push(next);
                }
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_at_least_and_few_more() {
        let text = "Where is my order 12345?";
        let mut changed = 0;
        for way in 0..1_000 {
            let mut stream = Streams::new(1, 0).nth(Purpose::Typo, 1, way);
            let typed = mistype(text, 14, 0.01, &mut stream);
            assert!(typed.len().abs_diff(text.len()) <= 3, "{typed}");
            assert!(typed.contains("12345?"));
            changed += usize::from(typed != text);
        }
        // Two equal neighbours swapped, or the last letter of a word, look as before.
        assert!(changed > 850, "{changed}");
    }
}
