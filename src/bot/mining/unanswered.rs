//! Which messages of a log the bot has no answer to: the customer's side of every conversation is said to
//! the flow again.
//!
//! A message counts as unanswered if the flow does not understand it; if the flow asked which of two
//! things was meant, or answered, and the conversation went to a person or was left all the same. What
//! the flow understood and hands over on purpose, answers to its own questions, choices from its menus
//! and calls for a person do not count.

use crate::bot::flow::{ChosenBy, End, Expects, Flow, HandOff, Input, Media, Memo, Turn, Why as Reason};
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
}

/// The unanswered messages of a log, conversation by conversation, and how many conversations it holds.
pub fn unanswered(events: &[Event], flow: &Flow) -> (Vec<Unanswered>, u32) {
    let mut conversations: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if event.kind == Kind::Message && event.from == Role::Customer {
            conversations.entry(&event.conversation).or_default().push(event);
        }
    }
    let mut memo = Memo::new();
    let mut found = Vec::new();
    let mut number = 0;
    for (id, mut messages) in conversations {
        messages.sort_by_key(|event| event.at);
        for (text, why) in conversation(&messages, flow, &mut memo) {
            let actor = messages[0].actor.as_str();
            let customer = if actor.is_empty() { id } else { actor }.to_owned();
            found.push(Unanswered { conversation: number, customer, text, why });
        }
        number += 1;
    }
    (found, number)
}

fn conversation(messages: &[&Event], flow: &Flow, memo: &mut Memo) -> Vec<(String, Why)> {
    let mut session = flow.start("");
    let mut expects = Expects::Nothing;
    let mut open: Vec<(String, Why)> = Vec::new();
    for event in messages {
        let text = event.text.as_deref().unwrap_or_default();
        let input = match &event.media {
            Some(media) if text.is_empty() => Input::Media(Media::from_word(media)),
            _ => Input::Text(text),
        };
        let turn = flow.advance(&mut session, input, memo);
        let asked = std::mem::replace(&mut expects, turn.expects);
        let on_purpose = turn.understood && matches!(turn.end, Some(End::HandOff(HandOff::Flow(_))));
        if matches!(input, Input::Text(_)) && !on_purpose && is_question(text, asked, &turn) {
            // A first message that only opens the menu may be a greeting: the menu has to fail, too.
            let why = if turn.understood { Why::InVain } else { Why::NotUnderstood };
            open.push((text.to_owned(), why));
        }
        match turn.end {
            // It was solved; what was not understood on the way was still not understood.
            Some(End::Solved | End::Closed) => {
                open.retain(|(_, why)| *why == Why::NotUnderstood);
                return open;
            }
            Some(End::HandOff(_)) => return open,
            None => {}
        }
    }
    // Left while the last answer stood: it may well have helped.
    if session.answered().is_some() {
        open.retain(|(_, why)| *why == Why::NotUnderstood);
    }
    open
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
