//! Which messages of a log the bot has no answer to: the customer's side of every conversation is said to
//! the flow again.
//!
//! A message counts as unanswered if the flow does not understand it; if the flow asked which of two
//! things was meant, or answered, and the conversation went to a person or was left all the same. What
//! the flow understood and hands over on purpose, answers to its own questions, choices from its menus
//! and calls for a person do not count.

use crate::bot::flow::{
    ChosenBy, End, Expects, Flow, HandOff, Input, Media, Memo, TopicIdx, Turn, Why as Reason,
};
use crate::bot::text::{fold, tokens};
use crate::traffic::log::{Event, Kind, Role};
use std::collections::BTreeMap;

/// Fewer words say too little, more are not one question (the bounds are watsonx Assistant's).
const WORDS: std::ops::RangeInclusive<usize> = 2..=35;

/// Why a message counts as unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The flow did not understand it.
    NotUnderstood,
    /// The flow asked back or answered, and it did not help.
    InVain,
}

/// A message the bot has no answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Number of the conversation, by first appearance of its id in order.
    pub conversation: u32,
    /// Who wrote: the customer's pseudonym, or the conversation's id where none is known.
    pub customer: String,
    /// What was written.
    pub text: String,
    /// Why it counts.
    pub why: Why,
    /// The topic that it turned out to be about: the one whose answer solved the conversation afterwards.
    pub about: Option<TopicIdx>,
    /// The topic that the flow took it for in vain.
    pub taken_for: Option<TopicIdx>,
    /// Whether the conversation went to a person or was left unanswered.
    pub lost: bool,
}

/// A message that is open while its conversation goes on.
struct Open {
    text: String,
    why: Why,
    /// What the flow took it for.
    taken_for: Option<TopicIdx>,
}

/// What customers asked in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// What the bot had no answer to, conversation by conversation.
    pub unanswered: Vec<Unanswered>,
    /// What it answered, with the topic: who asked was content or left it at that.
    pub answered: Vec<(String, TopicIdx)>,
    /// Conversations of the log.
    pub conversations: u32,
}

/// The questions of a log.
pub fn questions(events: &[Event], flow: &Flow) -> Questions {
    let mut conversations: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if event.kind == Kind::Message && event.from == Role::Customer {
            conversations.entry(&event.conversation).or_default().push(event);
        }
    }
    let mut memo = Memo::new();
    let mut found = Questions::default();
    for (id, mut messages) in conversations {
        messages.sort_by_key(|event| event.at);
        let (open, settled) = conversation(&messages, flow, &mut memo);
        let actor = messages[0].actor.as_str();
        let customer = if actor.is_empty() { id } else { actor };
        for Open { text, why, taken_for } in open {
            let (lost, about) = match settled {
                Settled::Lost => (true, None),
                Settled::By(topic) => (false, topic),
            };
            match (why, taken_for.or(about)) {
                (Why::InVain, Some(topic)) if !lost => found.answered.push((text, topic)),
                // It opened the menu, and the menu led on.
                (Why::InVain, None) if !lost => {}
                _ => found.unanswered.push(Unanswered {
                    conversation: found.conversations,
                    customer: customer.to_owned(),
                    text,
                    why,
                    about,
                    taken_for,
                    lost,
                }),
            }
        }
        found.conversations += 1;
    }
    found
}

/// How a conversation ended for the bot.
#[derive(Clone, Copy)]
enum Settled {
    /// It went to a person or was left.
    Lost,
    /// It was solved, by the answer to this topic if it is known.
    By(Option<TopicIdx>),
}

fn conversation(messages: &[&Event], flow: &Flow, memo: &mut Memo) -> (Vec<Open>, Settled) {
    let mut session = flow.start("");
    let mut expects = Expects::Nothing;
    let mut open: Vec<Open> = Vec::new();
    let mut answered = None;
    let mut settled = None;
    for event in messages {
        let text = event.text.as_deref().unwrap_or_default();
        let input = match &event.media {
            Some(media) if text.is_empty() => Input::Media(Media::from_word(media)),
            _ => Input::Text(text),
        };
        let turn = flow.advance(&mut session, input, memo);
        answered = turn.answered_topic.or(answered);
        let asked = std::mem::replace(&mut expects, turn.expects);
        let on_purpose = turn.understood && matches!(turn.end, Some(End::HandOff(HandOff::Flow(_))));
        if matches!(input, Input::Text(_)) && !on_purpose && is_question(text, asked, &turn) {
            // A first message that only opens the menu may be a greeting: the menu has to fail, too.
            let why = if turn.understood { Why::InVain } else { Why::NotUnderstood };
            let taken_for = match turn.why {
                Reason::Unsure { first, .. } => Some(first),
                _ if turn.understood => session.topic(),
                _ => None,
            };
            open.push(Open { text: text.to_owned(), why, taken_for });
        }
        match turn.end {
            Some(End::Solved | End::Closed) => settled = Some(Settled::By(answered)),
            Some(End::HandOff(_)) => settled = Some(Settled::Lost),
            None => continue,
        }
        break;
    }
    // Left while the last answer stood: it may well have helped.
    let settled = settled.unwrap_or(match session.answered() {
        Some(topic) => Settled::By(Some(topic)),
        None => Settled::Lost,
    });
    (open, settled)
}

/// Whether a message puts a question of the customer's own.
fn is_question(text: &str, asked: Expects, turn: &Turn) -> bool {
    let own = match turn.why {
        Reason::PersonWord(_) | Reason::UrgentWord(_) | Reason::Filled(_) | Reason::Confirmed(_) => false,
        // An entry tapped, or named by its number or text, is the flow's wording.
        Reason::Choice { by, .. } => by == ChosenBy::Word,
        _ => !matches!(asked, Expects::Slot(_) | Expects::Confirmation) || turn.understood,
    };
    own && WORDS.contains(&tokens(&fold(text)).count())
}
