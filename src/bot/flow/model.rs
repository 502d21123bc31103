//! The compiled flow: names turned into indices, texts into templates, everything checked.

use super::condition::Test;
use super::look_up::Table;
use super::raw::{CountAttempts, FirstMessage, KeywordMatch, Show};
use super::slot::Slot;
use crate::time::Span;
use std::collections::BTreeMap;

/// Index into [`Flow`]'s steps.
pub type StepIdx = u16;
/// Index into [`Flow`]'s topics: what intents and answers are about.
pub type TopicIdx = u16;
/// Index into [`Flow`]'s messages.
pub type MessageIdx = u16;
/// Index into [`Flow`]'s variables; slots are variables too.
pub type VariableIdx = u16;
/// Index into [`Flow`]'s tables.
pub type TableIdx = u8;
/// Index into [`Flow`]'s hand-off reasons.
pub type ReasonIdx = u16;

/// A bot, compiled and checked; it never changes while conversations run through it.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(super) name: String,
    pub(super) languages: Vec<String>,
    pub(super) start: StepIdx,
    pub(super) first_message: FirstMessage,
    pub(super) greeting: Vec<MessageIdx>,
    pub(super) fallback: Vec<MessageIdx>,
    pub(super) limits: Limits,
    pub(super) hand_off: HandOffWords,
    pub(super) clarify: Vec<MessageIdx>,
    pub(super) media: [Option<StepIdx>; 5],
    pub(super) variables: Vec<Variable>,
    pub(super) tables: Vec<Table>,
    pub(super) keywords: Vec<Keyword>,
    pub(super) topics: Vec<Topic>,
    pub(super) steps: Vec<Step>,
    pub(super) messages: Vec<Message>,
    pub(super) reasons: Vec<String>,
    pub(super) reader: super::reading::Reader,
    /// For each topic, how many steps each step is away from answering it.
    pub(super) distances: Vec<Vec<Option<u16>>>,
}

/// Limits of a session.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Silence after which the session is over.
    pub time_out: Span,
    /// Failed attempts after which a person takes over; 0 = never.
    pub max_attempts: u8,
    /// Which failed attempts count.
    pub count: CountAttempts,
    /// Time with the bot after which a person takes over.
    pub time_limit: Option<Span>,
    /// Said when the session times out.
    pub(super) farewell: Vec<MessageIdx>,
}

/// Words that call a person, and what is said then.
#[derive(Clone, Debug, Default)]
pub(super) struct HandOffWords {
    /// Folded.
    pub person: Vec<String>,
    /// Folded.
    pub urgent: Vec<String>,
    pub message: Vec<MessageIdx>,
    pub summary: Vec<MessageIdx>,
}

/// A variable or a slot.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub name: String,
    pub initial: String,
    pub slot: Option<Slot>,
}

/// Words that lead somewhere.
#[derive(Clone, Debug)]
pub(super) struct Keyword {
    /// As written, for explaining.
    pub written: Vec<String>,
    /// Folded.
    pub words: Vec<String>,
    pub matching: KeywordMatch,
    pub priority: i32,
    pub then: KeywordThen,
}

/// Where a keyword leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeywordThen {
    Go(StepIdx),
    HandOff(ReasonIdx),
}

/// What an intent or an answer is about.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub name: String,
    /// How it is named to the customer.
    pub title: Option<MessageIdx>,
    /// What the customer may call it, folded: its titles as far as they are plain text, and its name.
    pub called: Vec<String>,
    /// Where its intent leads; `None` for a topic that only an `answers` names.
    pub go: Option<StepIdx>,
    /// The scenario's intent of the same name.
    pub bound: Option<u16>,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub name: String,
    pub say: Vec<MessageIdx>,
    pub answers: Option<TopicIdx>,
    pub set: Vec<(VariableIdx, String)>,
    pub retry: Vec<MessageIdx>,
    pub then: Then,
}

/// What a step does after it has spoken.
#[derive(Clone, Debug)]
pub(super) enum Then {
    Go(StepIdx),
    Menu(Menu),
    Ask { slot: VariableIdx, go: StepIdx },
    LookUp(LookUpStep),
    Branch(Vec<Branch>),
    Confirm { yes: StepIdx, no: StepIdx },
    Listen,
    HandOff(ReasonIdx),
    End { solved: bool },
}

/// The entries of a menu and how they are shown.
#[derive(Clone, Debug)]
pub(super) struct Menu {
    pub show: Show,
    pub choices: Vec<Choice>,
}

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The key to type ("2").
    pub key: String,
    pub text: MessageIdx,
    /// The entry's text in every language, folded.
    pub folded: Vec<String>,
    /// Other words that choose it, folded.
    pub words: Vec<String>,
    pub set: Vec<(VariableIdx, String)>,
    pub go: StepIdx,
}

/// A look-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct LookUpStep {
    pub table: TableIdx,
    pub by: VariableIdx,
    pub found: StepIdx,
    pub missing: StepIdx,
    pub failed: Option<StepIdx>,
}

/// One line of a branch.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub tests: Vec<Test>,
    pub go: StepIdx,
}

/// A text in every language of the flow; a missing translation is the first language's.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub by_language: Vec<super::template::Template>,
}

impl Step {
    /// Every step this one can lead to by itself or by the customer's answer to it.
    pub fn next(&self) -> Vec<(Edge, StepIdx)> {
        match &self.then {
            Then::Go(to) => vec![(Edge::Go, *to)],
            Then::Menu(menu) => {
                menu.choices.iter().enumerate().map(|(i, c)| (Edge::Choice(i), c.go)).collect()
            }
            Then::Ask { go, .. } => vec![(Edge::Filled, *go)],
            Then::LookUp(look_up) => {
                let mut next = vec![(Edge::Found, look_up.found), (Edge::Missing, look_up.missing)];
                next.extend(look_up.failed.map(|to| (Edge::Failed, to)));
                next
            }
            Then::Branch(lines) => lines.iter().enumerate().map(|(i, b)| (Edge::Branch(i), b.go)).collect(),
            Then::Confirm { yes, no } => vec![(Edge::Yes, *yes), (Edge::No, *no)],
            Then::Listen | Then::HandOff(_) | Then::End { .. } => Vec::new(),
        }
    }
}

/// Why one step follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Edge {
    Go,
    Choice(usize),
    Filled,
    Found,
    Missing,
    Failed,
    Branch(usize),
    Yes,
    No,
}

impl Flow {
    /// The flow's title.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its languages, the first one first.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// Limits of a session; who keeps the time enforces them.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The scenario may set another number of failed attempts; 0 = never hand over for them.
    pub fn set_max_attempts(&mut self, attempts: u8) {
        self.limits.max_attempts = attempts;
    }

    /// Ties topics to the scenario's intents of the same name.
    pub fn bind(&mut self, intents: &[String]) {
        let index: BTreeMap<&str, u16> = intents.iter().map(String::as_str).zip(0..).collect();
        for topic in &mut self.topics {
            topic.bound = index.get(topic.name.as_str()).copied();
        }
    }

    /// Name of a topic.
    pub fn topic_name(&self, topic: TopicIdx) -> &str {
        self.topics.get(usize::from(topic)).map_or("", |t| &t.name)
    }

    /// Names of all topics, by index.
    pub fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(|t| t.name.as_str())
    }

    /// Name of a hand-off reason.
    pub fn reason_name(&self, reason: ReasonIdx) -> &str {
        self.reasons.get(usize::from(reason)).map_or("", String::as_str)
    }

    /// Name of a step.
    pub fn step_name(&self, step: StepIdx) -> &str {
        self.steps.get(usize::from(step)).map_or("", |s| &s.name)
    }

    /// Keeps what the endpoints of look-ups answered, where that was to be recorded.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_look_ups(&self) -> std::io::Result<()> {
        self.tables.iter().try_for_each(Table::save)
    }

    /// The tables look-ups go to.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}
