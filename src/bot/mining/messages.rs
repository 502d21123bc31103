//! The different messages of a log: variants and repetitions as one, with who wrote them and when.

use super::company::Company;
use super::unanswered::{Questions, Why};
use super::variants::variants;
use crate::bot::flow::{Flow, TopicIdx};
use crate::bot::text::{fold, is_emoji, is_word_char};
use std::collections::{BTreeMap, BTreeSet};

/// Digits in a row that are a number of somebody's.
const NUMBER_DIGITS: usize = 4;

/// One of the different messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message {
    /// As it is most often written, long numbers masked.
    pub text: String,
    /// Laid out, typing errors mended.
    pub line: String,
    /// How often it was written.
    pub times: u32,
    /// How often it was not understood.
    pub not_understood: u32,
    /// The topic that the flow was taught this very message for.
    pub taught: Option<TopicIdx>,
    /// How often it turned out to be about a topic that the flow has, unanswered or answered.
    pub about: BTreeMap<TopicIdx, u32>,
    /// How often it was answered.
    pub answered: u32,
    /// How often the flow took it for a topic in vain.
    pub taken_for: BTreeMap<TopicIdx, u32>,
    /// Who wrote it.
    pub customers: BTreeSet<String>,
    /// Conversations that it is the first unanswered message of, and whether the bot lost them.
    pub opened: BTreeMap<u32, bool>,
}

/// The different messages, and which follow each other in a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Messages {
    pub list: Vec<Message>,
    pub company: Company,
    /// Conversations with an unanswered message, and whether the bot lost them.
    pub conversations: BTreeMap<u32, bool>,
}

/// Share of the times a message was written that must have turned out to be about a topic for it to be that
/// topic's.
const SETTLED: f64 = 0.5;

impl Message {
    /// The topic of the flow that it is about: the one it stands under, or the one that its conversations
    /// have shown.
    pub fn topic(&self) -> Option<TopicIdx> {
        if self.taught.is_some() {
            return self.taught;
        }
        let times = f64::from(self.times + self.answered);
        let most = self.about.iter().max_by_key(|&(topic, times)| (times, std::cmp::Reverse(topic)))?;
        (f64::from(*most.1) >= SETTLED * times).then_some(*most.0)
    }
}

impl Messages {
    /// Of the unanswered ones, conversation by conversation in the order of time.
    pub fn of(questions: &Questions, flow: &Flow) -> Messages {
        let unanswered = &questions.unanswered;
        let all = unanswered.iter().map(|one| one.text.as_str());
        let (texts, number_of) = repeated(all.chain(questions.answered.iter().map(|one| one.0.as_str())));
        let counted: Vec<(&str, u32)> = texts.iter().map(|(text, times)| (text.as_str(), *times)).collect();
        let found = variants(&counted, flow.phrases());
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut messages = Messages::default();
        let mut last: Option<(u32, usize)> = None;
        for (one, &number) in unanswered.iter().zip(&number_of) {
            let root = found.of[number];
            let place = *places.entry(root).or_insert(messages.list.len());
            if place == messages.list.len() {
                let (text, line) = (texts[root].0.clone(), found.lines[root].clone());
                let taught = flow.taught(&text);
                messages.list.push(Message { text, line, taught, ..Message::default() });
            }
            let message = &mut messages.list[place];
            message.times += 1;
            message.not_understood += u32::from(one.why == Why::NotUnderstood);
            message.customers.insert(one.customer.clone());
            if let Some(topic) = one.about {
                *message.about.entry(topic).or_default() += 1;
            }
            if let Some(topic) = one.taken_for {
                *message.taken_for.entry(topic).or_default() += 1;
            }
            if messages.conversations.insert(one.conversation, one.lost).is_none() {
                message.opened.insert(one.conversation, one.lost);
            }
            if let Some((conversation, before)) = last
                && conversation == one.conversation
                && before != place
            {
                *messages.company.entry((before.min(place), before.max(place))).or_default() += 1;
            }
            last = Some((one.conversation, place));
        }
        for ((_, topic), &number) in questions.answered.iter().zip(&number_of[unanswered.len()..]) {
            let Some(&place) = places.get(&found.of[number]) else { continue };
            let message = &mut messages.list[place];
            message.answered += 1;
            *message.about.entry(*topic).or_default() += 1;
        }
        messages
    }
}

/// The different texts with the times each was written, and which of them each message is.
fn repeated<'a>(written: impl Iterator<Item = &'a str>) -> (Vec<(String, u32)>, Vec<usize>) {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts: Vec<(String, u32)> = Vec::new();
    let number_of = written.map(|text| {
        let text = masked(text.trim());
        let folded = fold(&text);
        let key = folded.trim_matches(|c: char| !is_word_char(c) && !is_emoji(c)).to_owned();
        let number = *numbers.entry(key).or_insert(texts.len());
        if number == texts.len() {
            texts.push((text, 0));
        }
        texts[number].1 += 1;
        number
    });
    let number_of = number_of.collect();
    (texts, number_of)
}

/// Long numbers are somebody's: an order, an account, a telephone.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_numeric()) {
        let after = &rest[start..];
        let end = after.find(|c: char| !c.is_numeric()).unwrap_or(after.len());
        let digits = &after[..end];
        out.push_str(&rest[..start]);
        out.push_str(if digits.chars().count() >= NUMBER_DIGITS { "0000" } else { digits });
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn long_numbers_are_masked() {
        let cases = [
            ("order 123456 of 12 May", "order 0000 of 12 May"),
            ("१२३४५ कहाँ है", "0000 कहाँ है"),
            ("no number", "no number"),
            ("99999", "0000"),
        ];
        for (raw, expected) in cases {
            assert_eq!(masked(raw), expected);
        }
    }

    use crate::bot::mining::Unanswered;

    #[test]
    fn the_same_message_counts_once_with_its_times_and_its_variants() {
        let one = |conversation, text: &str, why, about| Unanswered {
            conversation,
            customer: format!("c{conversation}"),
            text: text.into(),
            why,
            about,
            taken_for: None,
            lost: conversation == 0,
        };
        let all = [
            one(0, "a dog on baord", Why::NotUnderstood, None),
            one(0, "Lost my bag!", Why::NotUnderstood, None),
            one(0, "lost my bag", Why::InVain, Some(1)),
            one(1, "a dog on board", Why::NotUnderstood, Some(1)),
            one(2, "a dog on board", Why::NotUnderstood, None),
        ];
        let raw = "name = \"f\"\nlanguages = [\"en\"]\nstart = \"menu\"\n[step.menu]\nsay = \"hello\"\nend = \"solved\"";
        let (flow, _) = Flow::from_text(raw, "f.toml", Path::new("")).unwrap_or_else(|f| panic!("{f:?}"));
        let answered = [("A dog on bord".to_owned(), 1), ("and now".to_owned(), 2)].to_vec();
        let questions = Questions { unanswered: all.to_vec(), answered, conversations: 9 };
        let messages = Messages::of(&questions, &flow);
        let texts: Vec<&str> = messages.list.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(texts, ["a dog on board", "Lost my bag!"]);
        let [dog, bag] = &messages.list[..] else { panic!("{messages:?}") };
        assert_eq!((dog.times, dog.not_understood, dog.customers.len()), (3, 3, 3));
        assert_eq!((bag.times, bag.not_understood, bag.customers.len()), (2, 1, 1));
        assert_eq!(dog.opened, BTreeMap::from([(0, true), (1, false), (2, false)]));
        assert_eq!((bag.opened.len(), bag.about.get(&1)), (0, Some(&1)));
        // Of four times a dog was asked for, two were about topic 1.
        assert_eq!((dog.answered, dog.topic(), bag.topic()), (1, Some(1), Some(1)));
        assert_eq!(Message { answered: 2, ..dog.clone() }.topic(), None);
        assert_eq!(messages.company, BTreeMap::from([((0, 1), 1)]));
        assert_eq!(messages.conversations.len(), 3);
    }
}
