//! A conversation with the bot: where it stands, and what a message makes of it.
//!
//! A plain state machine. It owns no clock and no randomness: silence is an input, and whether a look-up
//! fails is decided by a number that was handed in.

use super::look_up::{Answer, Luck, Row};
use super::model::*;
use super::raw::{CountAttempts, FirstMessage};
use super::reading::{self, Guess, Memo, Reading};
use super::slot::yes_or_no;
use super::turn::{End, Expects, HandOff, Input, Media, Said, Turn, Why};
use super::{Found, LookUp};
use smallvec::SmallVec;

/// Where one conversation stands. Small and cheap to copy.
#[derive(Clone, Debug)]
pub struct Session {
    place: Place,
    language: u8,
    language_settled: bool,
    attempts: u8,
    answered: Option<TopicIdx>,
    topic: Option<TopicIdx>,
    values: SmallVec<[(VariableIdx, Box<str>); 2]>,
    rows: SmallVec<[(TableIdx, Row); 1]>,
    luck: Luck,
}

/// What the bot waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The customer's first message.
    Opening,
    /// An answer to this step.
    Step(StepIdx),
    /// Which of two topics was meant; the step that was left for it, if there was one.
    Clarify([TopicIdx; 2], Option<StepIdx>),
    /// Nothing: it is over.
    Ended,
}

/// More automatic steps in one turn than this and a person takes over. The check at loading refuses
/// flows that could get there, so this only bounds the harm of a fault in that check.
const MAX_STEPS_IN_A_TURN: usize = 1_000;

impl Session {
    /// Sets a variable ("name") for this conversation; unknown names are left alone.
    pub fn set(&mut self, flow: &Flow, name: &str, value: &str) {
        if let Some(index) = flow.variables.iter().position(|v| v.name == name) {
            self.store(index as VariableIdx, value);
        }
    }

    /// What decides how the next look-ups go.
    pub fn set_luck(&mut self, luck: Luck) {
        self.luck = luck;
    }

    /// Language now spoken, as index into [`Flow::languages`].
    pub fn language(&self) -> u8 {
        self.language
    }

    /// Failed attempts counted now.
    pub fn attempts(&self) -> u8 {
        self.attempts
    }

    /// What the customer was last understood to want.
    pub fn topic(&self) -> Option<TopicIdx> {
        self.topic
    }

    /// The topic whose answer was given last and not refuted.
    pub fn answered(&self) -> Option<TopicIdx> {
        self.answered
    }

    /// Whether the conversation with the bot is over.
    pub fn is_over(&self) -> bool {
        self.place == Place::Ended
    }

    pub(super) fn row(&self, table: TableIdx) -> Option<&Row> {
        self.rows.iter().find(|(t, _)| *t == table).map(|(_, row)| row)
    }

    pub(super) fn open_step(&self) -> Option<StepIdx> {
        match self.place {
            Place::Step(step) => Some(step),
            _ => None,
        }
    }

    pub(super) fn candidates(&self) -> &[TopicIdx] {
        match &self.place {
            Place::Clarify(topics, _) => topics,
            _ => &[],
        }
    }

    fn store(&mut self, variable: VariableIdx, value: &str) {
        self.values.retain(|(v, _)| *v != variable);
        self.values.push((variable, value.into()));
    }
}

impl Flow {
    /// A new conversation. `language` is what is known of the customer's language beforehand: a code,
    /// which is trusted, or "" for nothing: then the first message that shows its language settles it.
    pub fn start(&self, language: &str) -> Session {
        let known = self.languages.iter().position(|l| l == language);
        Session {
            place: Place::Opening,
            language: known.unwrap_or(0) as u8,
            language_settled: known.is_some(),
            attempts: 0,
            answered: None,
            topic: None,
            values: SmallVec::new(),
            rows: SmallVec::new(),
            luck: Luck::default(),
        }
    }

    /// The value of a variable in a session.
    pub(super) fn variable<'a>(&'a self, session: &'a Session, variable: VariableIdx) -> &'a str {
        match session.values.iter().find(|(v, _)| *v == variable) {
            Some((_, value)) => value,
            None => self.variables.get(usize::from(variable)).map_or("", |v| &v.initial),
        }
    }

    /// Takes a conversation one input further.
    pub fn advance(&self, session: &mut Session, input: Input<'_>, memo: &mut Memo) -> Turn {
        let mut step = Advance { flow: self, session, turn: Turn::new() };
        match input {
            Input::Text(text) => step.text(text, memo.read(self, text)),
            Input::Read(message) => step.text(message.text(), message.reading(self)),
            Input::Media(media) => step.media(media),
            Input::Silence => step.silence(),
        }
        let mut turn = step.turn;
        turn.messages = u8::try_from(turn.said.len()).unwrap_or(u8::MAX);
        turn
    }
}

/// One input being worked on.
struct Advance<'a> {
    flow: &'a Flow,
    session: &'a mut Session,
    turn: Turn,
}

impl Advance<'_> {
    fn text(&mut self, text: &str, reading: &Reading) {
        self.settle_language(text, reading);
        let place = std::mem::replace(&mut self.session.place, Place::Ended);
        let opening = matches!(place, Place::Opening | Place::Ended);
        if opening {
            self.say(&self.flow.greeting);
        }
        // Words for a person come before all else: who asks for help with an emergency is not asked
        // for his order number first.
        if let Some(word) = reading.urgent {
            return self.hand_off(HandOff::Keyword(URGENT), Why::UrgentWord(word));
        }
        if let Some(word) = reading.person {
            return self.hand_off(HandOff::AskedForPerson, Why::PersonWord(word));
        }
        let open = match &place {
            Place::Step(step) => Some(*step),
            Place::Clarify(_, left) => *left,
            _ => None,
        };
        let taken = match &place {
            Place::Step(step) => self.answer_to(*step, text, reading),
            Place::Clarify(topics, _) => self.answer_to_clarifying(topics, reading),
            _ => false,
        };
        if taken
            || (!(opening && self.flow.first_message == FirstMessage::Menu)
                && self.route(text, reading, open))
        {
            return;
        }
        if opening {
            self.turn.why = Why::Opening;
            self.volunteered(text, reading);
            return self.enter(self.flow.start);
        }
        self.miss(open, text, reading);
    }

    fn settle_language(&mut self, text: &str, reading: &Reading) {
        if !self.session.language_settled
            && let Some(language) = reading.language(self.flow, text)
        {
            self.session.language = language;
            self.session.language_settled = true;
        }
    }

    /// The message as an answer to the open step; false if it is none.
    fn answer_to(&mut self, step: StepIdx, text: &str, reading: &Reading) -> bool {
        let Some(open) = self.flow.steps.get(usize::from(step)) else { return false };
        match &open.then {
            Then::Menu(menu) => {
                let Some((index, by)) = reading.choice(step, menu) else { return false };
                let Some(choice) = menu.choices.get(index) else { return false };
                for (variable, value) in &choice.set {
                    self.session.store(*variable, value);
                }
                self.understood(Why::Choice { step, choice: index as u8, by });
                self.enter(choice.go);
                true
            }
            Then::Ask { slot, go } => {
                let kind = self.flow.variables.get(usize::from(*slot)).and_then(|v| v.slot.as_ref());
                let Some(value) = kind.and_then(|slot| slot.find(text, false)) else { return false };
                self.session.store(*slot, &value);
                self.understood(Why::Filled(*slot));
                self.enter(*go);
                true
            }
            Then::Confirm { yes, no } => {
                let Some(said_yes) = yes_or_no(&reading.folded) else { return false };
                if !said_yes {
                    self.session.answered = None;
                }
                self.understood(Why::Confirmed(said_yes));
                self.enter(if said_yes { *yes } else { *no });
                true
            }
            _ => false,
        }
    }

    fn answer_to_clarifying(&mut self, topics: &[TopicIdx], reading: &Reading) -> bool {
        let Some(topic) = self.flow.clarified(topics, &reading.folded) else { return false };
        self.understood(Why::Clarified(topic));
        self.enter_topic(topic)
    }

    /// Keywords, then what the recogniser makes of it; false if neither leads anywhere.
    fn route(&mut self, text: &str, reading: &Reading, open: Option<StepIdx>) -> bool {
        if let Some(index) = reading.keyword
            && let Some(keyword) = self.flow.keywords.get(usize::from(index))
        {
            self.understood(Why::Keyword(index));
            match keyword.then {
                KeywordThen::Go(step) => {
                    self.volunteered(text, reading);
                    self.enter(step);
                }
                KeywordThen::HandOff(reason) => {
                    self.hand_off(HandOff::Keyword(reason), Why::Keyword(index));
                }
            }
            return true;
        }
        let Some(Guess { topic, confidence, then, plain }) = reading.guess(self.flow, text) else {
            return false;
        };
        if self.asks(open) && !plain {
            // Who was asked something and answers in other words has rather missed the question.
            return false;
        }
        match then {
            reading::Then::Accept => {}
            reading::Then::Clarify(second) if !self.flow.clarify.is_empty() && !self.asks(open) => {
                self.volunteered(text, reading);
                // Asking back is neither an attempt that failed nor one that succeeded.
                self.turn.why = Why::Unsure { first: topic, second, confidence };
                self.turn.said.push(Said::Clarify);
                self.turn.expects = Expects::Menu;
                self.session.place = Place::Clarify([topic, second], open);
                return true;
            }
            _ => return false,
        }
        self.understood(Why::Topic { topic, confidence });
        self.volunteered(text, reading);
        self.enter_topic(topic)
    }

    /// Whether a step has asked for a value or for yes or no: then a half understood message is a poor
    /// answer rather than another question.
    fn asks(&self, open: Option<StepIdx>) -> bool {
        let step = open.and_then(|step| self.flow.steps.get(usize::from(step)));
        step.is_some_and(|step| matches!(step.then, Then::Ask { .. } | Then::Confirm { .. }))
    }

    fn enter_topic(&mut self, topic: TopicIdx) -> bool {
        let Some(go) = self.flow.topics.get(usize::from(topic)).and_then(|t| t.go) else { return false };
        self.session.topic = Some(topic);
        self.enter(go);
        true
    }

    /// Takes values the customer gave without being asked ("where is my order MX-12345?").
    fn volunteered(&mut self, text: &str, reading: &Reading) {
        for (variable, value) in reading.volunteered(self.flow, text) {
            self.session.store(*variable, value);
        }
    }

    fn understood(&mut self, why: Why) {
        self.turn.why = why;
        if self.flow.limits.count == CountAttempts::InARow {
            self.session.attempts = 0;
        }
    }

    /// A failed attempt: the limit, or the fallback and the open question again.
    fn miss(&mut self, open: Option<StepIdx>, text: &str, reading: &Reading) {
        let best = reading.guess(self.flow, text).map(|g| (g.topic, g.confidence));
        self.fail(open, Why::NotUnderstood { best });
    }

    fn fail(&mut self, open: Option<StepIdx>, why: Why) {
        self.turn.why = why;
        self.turn.understood = false;
        self.session.attempts = self.session.attempts.saturating_add(1);
        let limit = self.flow.limits.max_attempts;
        if limit > 0 && self.session.attempts >= limit {
            let handed = if matches!(why, Why::Media(_)) { HandOff::Media } else { HandOff::Attempts };
            return self.hand_off(handed, why);
        }
        let at = open.unwrap_or(self.flow.start);
        let Some(step) = self.flow.steps.get(usize::from(at)) else { return };
        self.say(if step.retry.is_empty() { &self.flow.fallback } else { &step.retry });
        match &step.then {
            Then::Menu(_) => self.wait_at(at),
            // The retry text is the question in other words; without one the question comes again.
            Then::Ask { .. } | Then::Confirm { .. } => {
                if step.retry.is_empty() {
                    self.say(&step.say);
                }
                self.wait_at(at);
            }
            Then::Listen => self.wait_at(at),
            _ => self.enter(at),
        }
    }

    fn media(&mut self, media: Media) {
        let place = std::mem::replace(&mut self.session.place, Place::Ended);
        if matches!(place, Place::Opening | Place::Ended) {
            self.say(&self.flow.greeting);
        }
        let open = match place {
            Place::Step(step) => Some(step),
            Place::Clarify(_, left) => left,
            _ => None,
        };
        if let Some(Then::Ask { slot, go }) =
            open.and_then(|s| Some(&self.flow.steps.get(usize::from(s))?.then))
        {
            let asked = self.flow.variables.get(usize::from(*slot)).and_then(|v| v.slot.as_ref());
            if asked.is_some_and(|slot| slot.takes(media)) {
                self.session.store(*slot, "received");
                self.understood(Why::Filled(*slot));
                return self.enter(*go);
            }
        }
        match self
            .flow
            .media
            .get(media as usize)
            .copied()
            .flatten()
            .or(self.flow.media[Media::Other as usize])
        {
            Some(step) => {
                self.understood(Why::Media(media));
                self.enter(step);
            }
            None => self.fail(open, Why::Media(media)),
        }
    }

    fn silence(&mut self) {
        self.turn.why = Why::Silence;
        self.say(&self.flow.limits.farewell);
        self.end(End::Closed);
    }

    /// Goes to a step and on from it until the bot waits or the conversation is over.
    fn enter(&mut self, first: StepIdx) {
        let mut at = first;
        for _ in 0..MAX_STEPS_IN_A_TURN {
            let Some(step) = self.flow.steps.get(usize::from(at)) else { return self.end(End::Closed) };
            for (variable, value) in &step.set {
                self.session.store(*variable, value);
            }
            if let Some(topic) = step.answers {
                self.session.answered = Some(topic);
                self.session.topic = Some(topic);
                self.turn.answered_topic = Some(topic);
                self.turn.answered = self.flow.topics.get(usize::from(topic)).and_then(|t| t.bound);
            }
            at = match &step.then {
                Then::Go(next) => {
                    self.say(&step.say);
                    *next
                }
                Then::Branch(lines) => {
                    self.say(&step.say);
                    let holds = |line: &&Branch| line.tests.iter().all(|test| self.holds(test));
                    match lines.iter().find(holds) {
                        Some(line) => line.go,
                        None => return self.end(End::Closed),
                    }
                }
                Then::LookUp(look_up) => {
                    self.say(&step.say);
                    match self.look_up(look_up) {
                        Some(next) => next,
                        None => return self.hand_off(HandOff::LookUp, self.turn.why),
                    }
                }
                Then::Ask { slot, go } => {
                    if self.flow.variable(self.session, *slot).is_empty() {
                        self.say(&step.say);
                        return self.wait_at(at);
                    }
                    *go
                }
                Then::Menu(_) => {
                    let texts = step.say.split_last().map_or(&[][..], |(_, before)| before);
                    self.say(texts);
                    return self.wait_at(at);
                }
                Then::Confirm { .. } | Then::Listen => {
                    self.say(&step.say);
                    return self.wait_at(at);
                }
                Then::HandOff(reason) => {
                    self.say(&step.say);
                    if step.say.is_empty() {
                        self.say(&self.flow.hand_off.message);
                    }
                    return self.end(End::HandOff(HandOff::Flow(*reason)));
                }
                Then::End { solved } => {
                    self.say(&step.say);
                    return self.end(if *solved { End::Solved } else { End::Closed });
                }
            };
        }
        self.hand_off(HandOff::Flow(ENDLESS), self.turn.why);
    }

    fn holds(&self, test: &super::condition::Test) -> bool {
        let value = self.flow.value(self.session, test.source);
        test.any_of.iter().any(|expectation| expectation.holds(value))
    }

    /// Looks up and says where it goes on; `None`: it failed and no step is there for it.
    fn look_up(&mut self, look_up: &LookUpStep) -> Option<StepIdx> {
        let table = self.flow.tables.get(usize::from(look_up.table))?;
        let key = self.flow.variable(self.session, look_up.by);
        let (answer, took) = table.look_up(key, self.session.luck);
        let (outcome, next) = match &answer {
            Answer::Failed => (Found::Failed, look_up.failed),
            Answer::Found(_) => (Found::Found, Some(look_up.found)),
            Answer::Missing => (Found::Missing, Some(look_up.missing)),
        };
        self.turn.look_up = Some(LookUp { table: look_up.table, outcome, took });
        self.turn.took += took;
        self.session.rows.retain(|(t, _)| *t != look_up.table);
        match answer {
            Answer::Found(row) => self.session.rows.push((look_up.table, row)),
            // A key that led nowhere is asked for again where the flow asks for it.
            _ => self.session.values.retain(|(v, _)| *v != look_up.by),
        }
        next
    }

    /// Waits at a step for the customer's answer.
    fn wait_at(&mut self, at: StepIdx) {
        let Some(step) = self.flow.steps.get(usize::from(at)) else { return };
        self.turn.expects = match &step.then {
            Then::Menu(_) => {
                self.turn.said.push(Said::Menu(at));
                Expects::Menu
            }
            Then::Ask { slot, .. } => self
                .flow
                .variables
                .get(usize::from(*slot))
                .and_then(|v| v.slot.as_ref())
                .map_or(Expects::Free, |slot| Expects::Slot(slot.kind)),
            Then::Confirm { .. } => Expects::Confirmation,
            _ => Expects::Free,
        };
        self.session.place = Place::Step(at);
    }

    fn say(&mut self, messages: &[MessageIdx]) {
        self.turn.said.extend(messages.iter().map(|m| Said::Text(*m)));
    }

    fn hand_off(&mut self, reason: HandOff, why: Why) {
        self.turn.why = why;
        self.say(&self.flow.hand_off.message);
        self.end(End::HandOff(reason));
    }

    fn end(&mut self, end: End) {
        self.turn.end = Some(end);
        self.turn.expects = Expects::Nothing;
        self.session.place = Place::Ended;
    }
}

/// Reason of words that go to a person at once: always the first of [`Flow`]'s reasons.
pub(super) const URGENT: ReasonIdx = 0;
/// Reason of a flow that does not stop: always the second.
pub(super) const ENDLESS: ReasonIdx = 1;
