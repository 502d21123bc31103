//! From unanswered messages to findings: what they are about, how many, and what the flow lacks.

use super::messages::{Message, Messages};
use super::naming::telling_words;
use super::unanswered::Questions;
use super::{Groups, Typical, company, group, typical};
use crate::bot::flow::{Flow, TopicIdx};
use crate::bot::recogniser::Scratch;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A group needs so many messages, or this share of all unanswered ones, whichever is more …
const FEWEST_MESSAGES: u32 = 5;
const FEWEST_SHARE: f64 = 0.005;
/// … from so many customers: one person's insistence is no demand.
const FEWEST_CUSTOMERS: usize = 3;
/// Messages shown for a finding.
const EXAMPLES: usize = 3;
/// A message written so many times less often than the usual one of its group is not learned.
const RARE: f64 = 10.0;
/// Where the log does not tell: share of the messages that look most like one topic, and how sure the flow's
/// recogniser is of them on average.
const ALIKE: f64 = 0.6;
const SURE: f64 = 0.5;
/// Share of the messages that the flow takes for one topic in vain.
const TAKEN: f64 = 0.5;

/// What a log holds that the bot has no answer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mined {
    /// Conversations in the log.
    pub conversations: u32,
    /// Those with an unanswered message.
    pub unanswered_conversations: u32,
    /// Those of them that went to a person or were left.
    pub lost_conversations: u32,
    /// Unanswered messages.
    pub messages: u32,
    /// Different ones among them, typing errors aside.
    pub distinct: u32,
    /// Messages in groups that were too small or came from too few customers.
    pub left_over: u32,
    /// The groups, those by which the bot lost most conversations first.
    pub findings: Vec<Finding>,
}

/// What the flow lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacks {
    /// An answer, and a way to it.
    Topic,
    /// Phrases for a topic that it has.
    Phrases,
    /// A better answer: the one it gives does not help.
    Answer,
}

/// A group of unanswered messages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The words that tell it from everything else.
    pub words: Vec<String>,
    /// What the flow lacks.
    pub lacks: Lacks,
    /// The topic of the flow that the messages are about, if it is one that the flow has.
    pub known_topic: Option<String>,
    /// The topic that the flow takes most of the messages for in vain.
    pub taken_for: Option<String>,
    /// Messages.
    pub messages: u32,
    /// Messages the flow did not understand; the others it answered or asked back in vain.
    pub not_understood: u32,
    /// Messages written once: their share of all is how many of the next messages will be new wordings
    /// (Good, 1953).
    pub written_once: u32,
    /// Conversations whose first unanswered message is in the group.
    pub conversations: u32,
    /// Those of them that went to a person or were left.
    pub lost: u32,
    /// Different customers.
    pub customers: u32,
    /// The most typical messages.
    pub examples: Vec<String>,
    /// Different messages to learn it by, the most typical first.
    pub phrases: Vec<String>,
    #[serde(skip)]
    who: BTreeSet<String>,
}

impl Finding {
    /// Two findings about the same need as one; the larger one names it.
    pub fn join(&mut self, other: Finding) {
        self.messages += other.messages;
        self.not_understood += other.not_understood;
        self.written_once += other.written_once;
        self.conversations += other.conversations;
        self.lost += other.lost;
        self.phrases.extend(other.phrases);
        self.who.extend(other.who);
        self.customers = self.who.len() as u32;
        self.lacks = lacks(self.known_topic.is_some(), self.messages, self.not_understood);
    }

    /// Says whether the need is a topic of the flow, where that is known better.
    pub fn set_known(&mut self, topic: Option<String>) {
        self.lacks = lacks(topic.is_some(), self.messages, self.not_understood);
        self.known_topic = topic;
    }
}

fn lacks(known: bool, messages: u32, not_understood: u32) -> Lacks {
    match known {
        false => Lacks::Topic,
        true if not_understood * 2 >= messages => Lacks::Phrases,
        true => Lacks::Answer,
    }
}

/// Groups the unanswered messages of a log, and says what each group is about.
pub fn mine(questions: &Questions, flow: &Flow, seed: u64) -> Mined {
    let messages = Messages::of(questions, flow);
    let lines: Vec<&str> = messages.list.iter().map(|message| message.line.as_str()).collect();
    let groups = grouped(&messages, &lines, seed);
    let times: Vec<u32> = messages.list.iter().map(|message| message.times).collect();
    let typical = typical(&lines, &times, &groups.of, groups.count);
    let total: u32 = messages.list.iter().map(|message| message.times).sum();
    let fewest = FEWEST_MESSAGES.max((f64::from(total) * FEWEST_SHARE) as u32);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.count];
    for (message, of) in groups.of.iter().enumerate() {
        members[of.unwrap_or(0)].extend(of.map(|_| message));
    }
    let list = &messages.list;
    members.retain(|members| {
        let sent: u32 = members.iter().map(|&m| list[m].times).sum();
        let customers: BTreeSet<&str> =
            members.iter().flat_map(|&m| &list[m].customers).map(String::as_str).collect();
        sent >= fewest && customers.len() >= FEWEST_CUSTOMERS
    });
    let nearer = |&a: &usize, &b: &usize| typical[b].alike.total_cmp(&typical[a].alike).then(a.cmp(&b));
    members.iter_mut().for_each(|members| members.sort_by(nearer));
    let named: Vec<Vec<(&str, u32)>> = members
        .iter()
        .map(|members| members.iter().map(|&m| (list[m].line.as_str(), list[m].times)).collect())
        .collect();
    let words = telling_words(&named, &flow.phrases().collect::<Vec<_>>());
    let each = members.iter().zip(words);
    let mut findings: Vec<Finding> = each
        .map(|(members, words)| {
            let phrases = phrases(members, list, &typical);
            finding(members.iter().map(|&m| &list[m]).collect(), words, phrases, flow)
        })
        .collect();
    let weight = |finding: &Finding| std::cmp::Reverse((finding.lost, finding.conversations));
    findings.sort_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| a.words.cmp(&b.words)));
    Mined {
        conversations: questions.conversations,
        unanswered_conversations: messages.conversations.len() as u32,
        lost_conversations: messages.conversations.values().filter(|lost| **lost).count() as u32,
        messages: total,
        distinct: list.len() as u32,
        left_over: total - findings.iter().map(|finding| finding.messages).sum::<u32>(),
        findings,
    }
}

/// Messages that turned out to be about a topic of the flow belong to that topic; the others are grouped by
/// what they say, and by who says one after the other.
fn grouped(messages: &Messages, lines: &[&str], seed: u64) -> Groups {
    let topics: Vec<Option<TopicIdx>> = messages.list.iter().map(Message::topic).collect();
    let open: Vec<usize> = (0..lines.len()).filter(|&i| topics[i].is_none()).collect();
    let found = group(&open.iter().map(|&i| lines[i]).collect::<Vec<_>>(), None, seed);
    let mut groups = Groups { of: vec![None; lines.len()], count: found.count };
    open.iter().zip(&found.of).for_each(|(&i, of)| groups.of[i] = *of);
    groups.count = company::join(&mut groups.of, groups.count, &messages.company);
    let mut number: BTreeMap<TopicIdx, usize> = BTreeMap::new();
    for (of, topic) in groups.of.iter_mut().zip(&topics) {
        if let Some(topic) = topic {
            let next = groups.count + number.len();
            *of = Some(*number.entry(*topic).or_insert(next));
        }
    }
    groups.count += number.len();
    groups
}

/// The messages of a group to learn it by: those that no other group is more like, and that were not written
/// far less often than the rest. What strayed in would be learned, too.
fn phrases(members: &[usize], list: &[Message], typical: &[Typical]) -> Vec<String> {
    let sum = |of: fn(f64) -> f64| members.iter().map(|&m| of(f64::from(list[m].times))).sum::<f64>();
    let usual = sum(|times| times * times) / sum(|times| times).max(1.0);
    let text = |&m: &usize| list[m].text.clone();
    let learned = |m: &&usize| typical[**m].own && f64::from(list[**m].times) * RARE >= usual;
    let phrases: Vec<String> = members.iter().filter(learned).map(text).collect();
    if phrases.is_empty() { members.iter().map(text).collect() } else { phrases }
}

fn finding(members: Vec<&Message>, words: Vec<String>, phrases: Vec<String>, flow: &Flow) -> Finding {
    let of = |count: fn(&Message) -> u32| members.iter().map(|message| count(message)).sum::<u32>();
    let (messages, not_understood) = (of(|m| m.times), of(|m| m.not_understood));
    let who: BTreeSet<String> = members.iter().flat_map(|message| message.customers.clone()).collect();
    // All members of a group by topic have it.
    let settled = members.first().and_then(|message| message.topic());
    let known_topic = match settled {
        Some(topic) => Some(flow.topic_name(topic).to_owned()),
        None if not_understood * 2 >= messages => alike(&members, messages, flow),
        None => None,
    };
    Finding {
        words,
        lacks: lacks(known_topic.is_some(), messages, not_understood),
        known_topic,
        taken_for: taken_for(&members, messages, flow),
        messages,
        not_understood,
        written_once: of(|m| u32::from(m.times == 1)),
        conversations: of(|m| m.opened.len() as u32),
        lost: of(|m| m.opened.values().filter(|lost| **lost).count() as u32),
        customers: who.len() as u32,
        examples: phrases.iter().take(EXAMPLES).cloned().collect(),
        phrases,
        who,
    }
}

/// The topic that the flow takes most of the messages for in vain.
fn taken_for(members: &[&Message], messages: u32, flow: &Flow) -> Option<String> {
    let mut taken: BTreeMap<TopicIdx, u32> = BTreeMap::new();
    for (&topic, &times) in members.iter().flat_map(|message| &message.taken_for) {
        *taken.entry(topic).or_default() += times;
    }
    let (topic, times) = taken.into_iter().max_by_key(|&(topic, times)| (times, std::cmp::Reverse(topic)))?;
    (f64::from(times) >= TAKEN * f64::from(messages)).then(|| flow.topic_name(topic).to_owned())
}

/// The topic that most of the messages look like to the flow's recogniser, if it is sure enough of them.
fn alike(members: &[&Message], messages: u32, flow: &Flow) -> Option<String> {
    let recogniser = flow.recogniser()?;
    let mut scratch = Scratch::default();
    let mut labels: BTreeMap<u16, (u32, f64)> = BTreeMap::new();
    for message in members {
        let prediction = recogniser.predict(&message.text, &mut scratch);
        let entry = labels.entry(prediction.label).or_default();
        entry.0 += message.times;
        entry.1 += f64::from(message.times) * f64::from(prediction.confidence);
    }
    let (label, (times, sure)) =
        labels.into_iter().max_by_key(|&(label, (times, _))| (times, std::cmp::Reverse(label)))?;
    let enough = f64::from(times) >= ALIKE * f64::from(messages) && sure >= SURE * f64::from(messages);
    enough.then(|| recogniser.labels().get(usize::from(label)).cloned()).flatten()
}
