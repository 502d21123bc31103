//! One turn of a conversation: what the customer did, what the bot did in answer, and why.

use super::LookUp;
use super::Message;
use super::menu::ChosenBy;
use super::model::{MessageIdx, ReasonIdx, StepIdx, TopicIdx, VariableIdx};
use super::raw::SlotKind;
use crate::time::Span;
use smallvec::SmallVec;

/// What the customer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Wrote.
    Text(&'a str),
    /// Wrote something that many write.
    Read(&'a Message),
    /// Sent something that is not text.
    Media(Media),
    /// Said nothing until the session timed out.
    Silence,
}

/// A kind of attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Media {
    Image,
    Audio,
    Video,
    Document,
    Other,
}

impl Media {
    /// The word used in files: "image", "audio" …; anything unknown is [`Media::Other`].
    pub fn from_word(word: &str) -> Media {
        match word {
            "image" => Media::Image,
            "audio" | "voice" => Media::Audio,
            "video" => Media::Video,
            "document" | "pdf" | "file" => Media::Document,
            _ => Media::Other,
        }
    }
}

/// What the bot did in answer to one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Messages sent.
    pub messages: u8,
    /// What the bot waits for now.
    pub expects: Expects,
    /// The scenario's intent whose answer was given in this turn.
    pub answered: Option<u16>,
    /// The flow's topic whose answer was given, bound to an intent or not.
    pub answered_topic: Option<TopicIdx>,
    /// False: a failed attempt.
    pub understood: bool,
    /// The last look-up of the turn, if there was one.
    pub look_up: Option<LookUp>,
    /// How long the turn's look-ups took together.
    pub took: Span,
    /// How the conversation with the bot ended, if it did.
    pub end: Option<End>,
    /// Why the bot did what it did.
    pub why: Why,
    pub(super) said: SmallVec<[Said; 4]>,
}

/// What the bot waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Expects {
    Nothing,
    Menu,
    Slot(SlotKind),
    Confirmation,
    Free,
}

/// How the conversation with the bot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The flow says the need was met.
    Solved,
    /// It is over; whether the need was met the flow does not know.
    Closed,
    /// A person takes over.
    HandOff(HandOff),
}

/// Why a person takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOff {
    /// A word that goes to a person at once, or a keyword that hands over; the reason's name.
    Keyword(ReasonIdx),
    /// Too many failed attempts.
    Attempts,
    /// The customer asked for a person.
    AskedForPerson,
    /// A picture, voice note or file that no step takes.
    Media,
    /// A step of the flow hands over; the reason's name.
    Flow(ReasonIdx),
    /// A look-up failed and the flow has no step for it.
    LookUp,
}

/// Why the bot did what it did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// The first message was not about anything in particular.
    Opening,
    /// A word that asks for a person, by index.
    PersonWord(u16),
    /// A word that goes to a person at once, by index.
    UrgentWord(u16),
    /// An entry of the open menu.
    Choice {
        /// The menu's step.
        step: StepIdx,
        /// Which entry.
        choice: u8,
        /// By what.
        by: ChosenBy,
    },
    /// A valid value for the open question.
    Filled(VariableIdx),
    /// Yes or no to the open question.
    Confirmed(bool),
    /// A keyword, by index.
    Keyword(u16),
    /// A topic the recogniser is sure of.
    Topic {
        /// Which.
        topic: TopicIdx,
        /// How sure, 0 to 1.
        confidence: f32,
    },
    /// Two topics too near each other; the bot asked which.
    Unsure {
        /// The best.
        first: TopicIdx,
        /// The next.
        second: TopicIdx,
        /// How sure of the best.
        confidence: f32,
    },
    /// The customer said which of the topics was meant.
    Clarified(TopicIdx),
    /// Nothing fitted; the best guess, if there was one.
    NotUnderstood {
        /// The best guess and how sure.
        best: Option<(TopicIdx, f32)>,
    },
    /// An attachment.
    Media(Media),
    /// Silence until the session timed out.
    Silence,
}

/// One message of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A text.
    Text(MessageIdx),
    /// A menu: the step's last text and its entries.
    Menu(StepIdx),
    /// The question which topic was meant.
    Clarify,
}

impl Turn {
    pub(super) fn new() -> Turn {
        Turn {
            messages: 0,
            expects: Expects::Nothing,
            answered: None,
            answered_topic: None,
            understood: true,
            look_up: None,
            took: Span::ZERO,
            end: None,
            why: Why::Opening,
            said: SmallVec::new(),
        }
    }
}
