//! What a live bot's reply means to a simulated customer.
//!
//! A live bot says little about itself: texts, now and then buttons or an intent. What the scenario adds
//! (which of the bot's intents is which need, which words are an answer, which ask for something) decides
//! the rest.

use super::Reply;
use crate::bot::text::{contains_word, fold, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// What the scenario says about the bot's replies. Texts are words to be found in a reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// The bot's name for an intent, and the scenario's intent.
    pub intents: Vec<(String, u16)>,
    /// A reply with these words answers this intent.
    pub answers: Vec<(u16, Vec<String>)>,
    /// A reply with these words was a failed attempt.
    pub not_understood: Vec<String>,
    /// A reply with these words hands over to a person.
    pub hands_over: Vec<String>,
    /// A reply with these words asks for something, and this is what the customer writes then.
    pub replies: Vec<(String, String)>,
}

/// Reads replies.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    marks: Marks,
    /// For each word of the customers' phrases and the intents' names: whose it is.
    words: BTreeMap<String, BTreeSet<u16>>,
    /// Nothing tells which reply answers what: then any plain statement does.
    any_statement_answers: bool,
}

/// What a reply means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning {
    /// It answers this intent of the scenario.
    pub answered: Option<Answered>,
    /// False: a failed attempt.
    pub understood: bool,
    /// It hands over to a person, for this reason.
    pub hand_off: Option<String>,
}

/// Whose answer a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// This intent's.
    Intent(u16),
    /// Nobody can tell; that of whoever asked.
    Whatever,
}

/// What a customer has in front of him: the bot's last reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Entries to choose from: what to type, and what it says.
    pub choices: Vec<(String, String)>,
    /// What he was asked for and would tell.
    pub tells: Option<String>,
    /// It ends with a question, or offers yes and no.
    pub question: bool,
    all: Vec<String>,
}

impl Reader {
    /// `intents` are the scenario's, each with its phrases.
    pub fn new<'a>(
        mut marks: Marks,
        intents: impl Iterator<Item = (&'a str, Vec<&'a str>)>,
        bot_names_intents: bool,
    ) -> Reader {
        let mut words: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
        for (index, (name, phrases)) in (0u16..).zip(intents) {
            let spoken = name.replace(['_', '.', '-', '/'], " ");
            for text in phrases.into_iter().chain([spoken.as_str()]) {
                for word in tokens(&fold(text)).filter(|word| word.chars().count() > 2) {
                    words.entry(word.to_owned()).or_default().insert(index);
                }
            }
            if !marks.intents.iter().any(|(bot, _)| bot == name) {
                marks.intents.push((name.to_owned(), index));
            }
        }
        let any_statement_answers = marks.answers.is_empty() && !bot_names_intents;
        let folded = |list: &mut Vec<String>| list.iter_mut().for_each(|text| *text = fold(text));
        folded(&mut marks.not_understood);
        folded(&mut marks.hands_over);
        marks.answers.iter_mut().for_each(|(_, list)| folded(list));
        marks.replies.iter_mut().for_each(|(words, _)| *words = fold(words));
        Reader { marks, words, any_statement_answers }
    }

    /// What a reply means after what was `heard` before; `heard` is taken further.
    pub fn read(&self, reply: &Reply, heard: &mut Heard) -> Meaning {
        let folded: Vec<String> = reply.texts.iter().map(|text| fold(text)).collect();
        let says = |words: &[String]| folded.iter().any(|text| words.iter().any(|w| contains_word(text, w)));
        let offered: Vec<(String, String)> = if reply.choices.is_empty() {
            reply.texts.iter().flat_map(|text| numbered(text)).collect()
        } else {
            reply.choices.iter().map(|choice| (choice.clone(), choice.clone())).collect()
        };
        let (yes_no, choices): (Vec<_>, Vec<_>) =
            offered.into_iter().partition(|(_, label)| crate::bot::flow::yes_or_no(&fold(label)).is_some());
        let tells = self.marks.replies.iter().find(|(words, _)| says(std::slice::from_ref(words)));
        let ends_with_question = reply
            .texts
            .last()
            .is_some_and(|t| t.trim_end().trim_end_matches(['*', '_', '"']).ends_with(['?', '؟']));
        let now = Heard {
            tells: tells.map(|(_, tell)| tell.clone()).filter(|_| choices.is_empty()),
            question: !yes_no.is_empty() || ends_with_question,
            choices,
            all: folded.iter().cloned().chain(reply.choices.iter().cloned()).collect(),
        };
        let fallback = reply.intent.as_deref().is_some_and(|name| name.to_lowercase().contains("fallback"));
        // The same words again are no answer to what was said in between.
        let repeats = now.all == heard.all;
        let understood = !(reply.not_understood
            || fallback
            || repeats
            || reply.texts.is_empty()
            || says(&self.marks.not_understood));
        let by_words = self.marks.answers.iter().find(|(_, words)| says(words)).map(|(intent, _)| *intent);
        let statement = understood && now.choices.is_empty() && now.tells.is_none() && !reply.incomplete;
        let by_intent = || {
            let name = reply.intent.as_deref().filter(|_| statement)?;
            self.marks.intents.iter().find(|(bot, _)| bot == name).map(|(_, intent)| *intent)
        };
        let whatever = self.any_statement_answers && statement && (!ends_with_question || !yes_no.is_empty());
        let answered = by_words
            .or_else(by_intent)
            .map(Answered::Intent)
            .or_else(|| whatever.then_some(Answered::Whatever))
            .filter(|_| understood);
        *heard = now;
        let marked = || says(&self.marks.hands_over).then(|| "its words say so".to_owned());
        Meaning { answered, understood, hand_off: reply.hand_off.clone().or_else(marked) }
    }

    /// What to type for the entry that is nearest to a need: it shares the words that are most the
    /// need's own. `None`: no entry has to do with it.
    pub fn choice_for<'h>(&self, heard: &'h Heard, intent: u16) -> Option<&'h str> {
        let mut best: Option<(f64, &str)> = None;
        for (typed, label) in &heard.choices {
            let score: f64 = tokens(&fold(label))
                .filter_map(|word| self.words.get(word))
                .filter(|owners| owners.contains(&intent))
                .map(|owners| 1.0 / owners.len() as f64)
                .sum();
            if score > best.map_or(0.0, |(score, _)| score) {
                best = Some((score, typed));
            }
        }
        best.map(|(_, typed)| typed)
    }
}

/// The numbered lines of a text: number and what it says ("1. Sizes", "2) Returns", "*3* Other").
fn numbered(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || "*-•[(".contains(c));
        let digits = line.find(|c: char| !c.is_ascii_digit()).filter(|n| (1..=2).contains(n))?;
        let (number, rest) = line.split_at(digits);
        let label = rest.trim_start_matches(|c: char| {
            c.is_whitespace() || ".):*-–]".contains(c) || c == '\u{fe0f}' || c == '\u{20e3}'
        });
        let marked = !rest.starts_with(|c: char| c.is_whitespace() || c.is_alphanumeric() || c == ',');
        (marked && !label.is_empty()).then(|| (number.to_owned(), label.to_owned()))
    };
    let found: Vec<(String, String)> = text.lines().filter_map(line).collect();
    if found.len() > 1 { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(marks: Marks) -> Reader {
        let intents = [
            ("sizes", vec!["¿qué talla soy?", "tabla de tallas"]),
            ("order_status", vec!["¿dónde está mi pedido?", "estado de mi pedido"]),
        ];
        Reader::new(marks, intents.into_iter(), true)
    }

    fn says(texts: &[&str]) -> Reply {
        Reply { texts: texts.iter().map(|t| (*t).to_owned()).collect(), ..Reply::default() }
    }

    #[test]
    fn menus_are_found_in_buttons_and_in_numbered_lines() {
        let reader = reader(Marks::default());
        let mut heard = Heard::default();
        reader.read(&says(&["Elige:\n1. Tallas\n2) Estado del pedido\n*3* - Otro"]), &mut heard);
        assert_eq!(heard.choices.len(), 3);
        assert_eq!(reader.choice_for(&heard, 1), Some("2"));
        let buttons =
            Reply { choices: vec!["Mi pedido".into(), "Tabla de tallas".into()], ..says(&["¿Qué?"]) };
        reader.read(&buttons, &mut heard);
        assert_eq!(reader.choice_for(&heard, 0), Some("Tabla de tallas"));
        reader.read(&says(&["Abrimos de 9 a 18.\n2026 fue un buen año"]), &mut heard);
        assert!(heard.choices.is_empty());
    }

    #[test]
    fn answers_are_told_by_intent_and_by_words() {
        let marks = Marks {
            intents: vec![("faq/ask_size".into(), 0)],
            answers: vec![(1, vec!["llega el".into()])],
            replies: vec![("número de pedido".into(), "MX-1001".into())],
            ..Marks::default()
        };
        let reader = reader(marks);
        let mut heard = Heard::default();
        let meaning = reader
            .read(&Reply { intent: Some("faq/ask_size".into()), ..says(&["Esta es la tabla."]) }, &mut heard);
        assert_eq!(meaning.answered, Some(Answered::Intent(0)));
        let meaning = reader.read(
            &Reply { intent: Some("order_status".into()), ..says(&["¿Cuál es tu número de pedido?"]) },
            &mut heard,
        );
        assert_eq!((meaning.answered, heard.tells.as_deref()), (None, Some("MX-1001")));
        let meaning = reader.read(&says(&["Tu pedido LLEGA EL lunes. ¿Algo más?"]), &mut heard);
        assert_eq!(meaning.answered, Some(Answered::Intent(1)));
        assert!(heard.question && meaning.understood);
    }

    #[test]
    fn failed_attempts_are_told_by_intent_by_words_and_by_repetition() {
        let marks = Marks { not_understood: vec!["no te entendí".into()], ..Marks::default() };
        let reader = reader(marks);
        let mut heard = Heard::default();
        let understood = |reply: &Reply, heard: &mut Heard| reader.read(reply, heard).understood;
        assert!(!understood(&says(&["Perdón, NO TE ENTENDI."]), &mut heard));
        assert!(!understood(&Reply { intent: Some("nlu_fallback".into()), ..says(&["?"]) }, &mut heard));
        assert!(!understood(&says(&[]), &mut heard));
        assert!(understood(&says(&["hola"]), &mut heard));
        assert!(!understood(&says(&["Hola"]), &mut heard), "the same again");
    }

    #[test]
    fn without_any_mark_a_plain_statement_answers() {
        let intents = [("sizes", vec![])];
        let reader = Reader::new(Marks::default(), intents.into_iter(), false);
        let mut heard = Heard::default();
        assert_eq!(reader.read(&says(&["Which order?"]), &mut heard).answered, None);
        assert_eq!(reader.read(&says(&["It is on its way."]), &mut heard).answered, Some(Answered::Whatever));
    }
}
