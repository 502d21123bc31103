//! From unanswered messages to findings: what they are about, how many, and what the bot is told.

use super::naming::telling_words;
use super::unanswered::{Unanswered, Why};
use super::{Groups, group};
use crate::bot::flow::Flow;
use crate::bot::recogniser::Scratch;
use crate::bot::text::{fold, is_emoji, is_word_char};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A group needs so many messages, or this share of all unanswered ones, whichever is more …
const FEWEST_MESSAGES: u32 = 5;
const FEWEST_SHARE: f64 = 0.005;
/// … from so many customers: one person's insistence is no demand.
const FEWEST_CUSTOMERS: usize = 3;
/// Messages shown for a finding.
const EXAMPLES: usize = 3;
/// Digits in a row that are a number of somebody's.
const NUMBER_DIGITS: usize = 4;

/// What a log holds that the bot has no answer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mined {
    /// Conversations in the log.
    pub conversations: u32,
    /// Those with an unanswered message.
    pub unanswered_conversations: u32,
    /// Unanswered messages.
    pub messages: u32,
    /// Different ones among them.
    pub distinct: u32,
    /// Messages in groups that were too small or came from too few customers.
    pub left_over: u32,
    /// The groups, those with the most conversations first.
    pub findings: Vec<Finding>,
}

/// A group of unanswered messages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The words that tell it from everything else.
    pub words: Vec<String>,
    /// Messages.
    pub messages: u32,
    /// Messages the flow did not understand; the others it answered or asked back in vain.
    pub not_understood: u32,
    /// Conversations whose first unanswered message is in the group.
    pub conversations: u32,
    /// Different customers.
    pub customers: u32,
    /// The messages nearest the group's middle.
    pub examples: Vec<String>,
    /// All different messages, the nearest to the middle first.
    pub phrases: Vec<String>,
    /// The topic that the flow would most often take them for, and its mean confidence there.
    pub nearest: Option<(String, f32)>,
    #[serde(skip)]
    who: BTreeSet<String>,
}

impl Finding {
    /// Two findings about the same need as one; the larger one names it.
    pub fn join(&mut self, other: Finding) {
        self.messages += other.messages;
        self.not_understood += other.not_understood;
        self.conversations += other.conversations;
        self.phrases.extend(other.phrases);
        self.who.extend(other.who);
        self.customers = self.who.len() as u32;
    }
}

/// One of the different messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// As it was first written, long numbers masked.
    pub text: String,
    /// How often it was written.
    pub times: u32,
    /// How often it was not understood.
    pub not_understood: u32,
    /// Who wrote it.
    pub customers: BTreeSet<String>,
    /// Conversations it stands in.
    pub conversations: BTreeSet<u32>,
}

/// Groups the unanswered messages of a log of so many conversations, and says what each group is about.
pub fn mine(unanswered: &[Unanswered], conversations: u32, flow: &Flow, seed: u64) -> Mined {
    let (messages, first) = different(unanswered);
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    let groups = group(&texts, None, seed);
    let total: u32 = messages.iter().map(|message| message.times).sum();
    let fewest = FEWEST_MESSAGES.max((f64::from(total) * FEWEST_SHARE) as u32);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.count];
    for (message, of) in groups.of.iter().enumerate() {
        members[of.unwrap_or(0)].extend(of.map(|_| message));
    }
    members.retain(|members| {
        let sent: u32 = members.iter().map(|&m| messages[m].times).sum();
        let customers: BTreeSet<&str> =
            members.iter().flat_map(|&m| &messages[m].customers).map(String::as_str).collect();
        sent >= fewest && customers.len() >= FEWEST_CUSTOMERS
    });
    let named: Vec<Vec<(&str, u32)>> = members
        .iter()
        .map(|members| members.iter().map(|&m| (texts[m], messages[m].times)).collect())
        .collect();
    let words = telling_words(&named, &flow.phrases().collect::<Vec<_>>());
    let mut findings: Vec<Finding> = members
        .iter()
        .zip(words)
        .map(|(members, words)| finding(members, words, &messages, &groups, &first, flow))
        .collect();
    findings.sort_by(|a, b| b.conversations.cmp(&a.conversations).then_with(|| a.words.cmp(&b.words)));
    Mined {
        conversations,
        unanswered_conversations: first.len() as u32,
        messages: total,
        distinct: messages.len() as u32,
        left_over: total - findings.iter().map(|finding| finding.messages).sum::<u32>(),
        findings,
    }
}

/// The different messages, and which of them came first in each conversation.
fn different(unanswered: &[Unanswered]) -> (Vec<Message>, BTreeMap<u32, usize>) {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut messages: Vec<Message> = Vec::new();
    let mut first = BTreeMap::new();
    for one in unanswered {
        let text = masked(one.text.trim());
        let folded = fold(&text);
        let key = folded.trim_matches(|c: char| !is_word_char(c) && !is_emoji(c)).to_owned();
        let number = *numbers.entry(key).or_insert(messages.len());
        if number == messages.len() {
            messages.push(Message { text, ..Message::default() });
        }
        let message = &mut messages[number];
        message.times += 1;
        message.not_understood += u32::from(one.why == Why::NotUnderstood);
        message.customers.insert(one.customer.clone());
        message.conversations.insert(one.conversation);
        first.entry(one.conversation).or_insert(number);
    }
    (messages, first)
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

fn finding(
    members: &[usize],
    words: Vec<String>,
    messages: &[Message],
    groups: &Groups,
    first: &BTreeMap<u32, usize>,
    flow: &Flow,
) -> Finding {
    let mut members = members.to_vec();
    members.sort_by(|&a, &b| groups.nearness[b].total_cmp(&groups.nearness[a]).then(a.cmp(&b)));
    let of = |count: fn(&Message) -> u32| members.iter().map(|&m| count(&messages[m])).sum();
    let who: BTreeSet<String> = members.iter().flat_map(|&m| messages[m].customers.clone()).collect();
    let phrases: Vec<String> = members.iter().map(|&m| messages[m].text.clone()).collect();
    let opened = |m: &usize| {
        messages[*m].conversations.iter().filter(|&conversation| first.get(conversation) == Some(m)).count()
    };
    Finding {
        words,
        messages: of(|message| message.times),
        not_understood: of(|message| message.not_understood),
        conversations: members.iter().map(opened).sum::<usize>() as u32,
        customers: who.len() as u32,
        examples: phrases.iter().take(EXAMPLES).cloned().collect(),
        nearest: nearest(&phrases, flow),
        phrases,
        who,
    }
}

fn nearest(phrases: &[String], flow: &Flow) -> Option<(String, f32)> {
    let recogniser = flow.recogniser()?;
    let mut scratch = Scratch::default();
    let mut labels: BTreeMap<u16, (usize, f32)> = BTreeMap::new();
    for phrase in phrases {
        let prediction = recogniser.predict(phrase, &mut scratch);
        let entry = labels.entry(prediction.label).or_default();
        entry.0 += 1;
        entry.1 += prediction.confidence;
    }
    let (label, (count, confidence)) =
        labels.into_iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(&a.0)))?;
    let name = recogniser.labels().get(usize::from(label))?.clone();
    Some((name, confidence / count as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_same_message_counts_once_with_its_times() {
        let one = |conversation, text: &str, why| Unanswered {
            conversation,
            customer: format!("c{conversation}"),
            text: text.into(),
            why,
        };
        let all = [
            one(0, "Lost my bag!", Why::NotUnderstood),
            one(0, "lost my bag", Why::InVain),
            one(1, "a dog on board", Why::NotUnderstood),
        ];
        let (messages, first) = different(&all);
        assert_eq!(messages.len(), 2);
        assert_eq!((messages[0].times, messages[0].not_understood, messages[0].customers.len()), (2, 1, 1));
        assert_eq!(first, BTreeMap::from([(0, 0), (1, 1)]));
    }
}
