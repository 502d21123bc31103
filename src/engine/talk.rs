//! Customer and bot in words: what the customer writes, and what the flow makes of it.
//!
//! What a customer writes follows from his need and from what the bot waits for: a phrase of his
//! intent, a menu entry (now and then the wrong one), an order number, yes or no. All of it is drawn
//! from his own streams. In the replay of recorded traffic the recorded words are used as they are.

use super::bot::{BotOutcome, MOST_MESSAGES, Sender};
use super::compiled::Compiled;
use super::conversation::Phase;
use super::story::{Note, Observer};
use super::texts::word_hits;
use super::world::World;
use crate::bot::flow::{
    End, Expects, Flow, HandOff as FlowHandOff, Input, Luck, Media, Memo, Session, SlotKind,
};
use crate::facts::HandOff;
use crate::random::{Purpose, Stream};
use crate::rules::WordHits;
use fxhash::FxHashMap;

/// Words of the conversations under way, and what has been read of them before.
#[derive(Debug, Default)]
pub(super) struct Talks {
    sessions: Vec<Option<Talk>>,
    pub lives: Vec<Option<super::live::LiveTalk>>,
    memo: Memo,
    /// The message being delivered, and its number if it is one of [`Compiled`]'s texts.
    pub text: String,
    listed: Option<u32>,
    /// By slot, what the bot is about to say to a watched customer.
    pub said: FxHashMap<u32, Vec<String>>,
    hits: FxHashMap<Box<str>, WordHits>,
}

/// One customer's talk with the flow.
#[derive(Clone, Debug)]
struct Talk {
    session: Session,
    expects: Expects,
    /// His question was answered and he is content with the answer.
    content: bool,
    /// The last answer was about something else, or did not content him.
    refuses: bool,
    failed: bool,
    end: Option<End>,
}

/// So many distinct texts are remembered; then the memory starts anew. It only saves time.
const MAX_HITS: usize = 100_000;

impl Talks {
    #[inline]
    pub fn opened(&mut self, c: &Compiled, slot: u32) {
        if c.flow.is_some() {
            let s = slot as usize;
            if self.sessions.len() <= s {
                self.sessions.resize(s + 1, None);
            }
            self.sessions[s] = None;
        }
        if c.live.is_some() {
            let s = slot as usize;
            if self.lives.len() <= s {
                self.lives.resize_with(s + 1, || None);
            }
            self.lives[s] = None;
        }
    }

    /// Whether the bot has answered what this customer came for, to his content.
    pub fn is_content(&self, slot: u32) -> bool {
        self.sessions.get(slot as usize).and_then(Option::as_ref).is_some_and(|talk| talk.content)
    }

    /// Which rules' words the message being delivered contains.
    pub fn word_hits(&mut self, c: &Compiled) -> WordHits {
        if self.text.is_empty() {
            return WordHits::default();
        }
        if let Some(text) = self.listed {
            return c.texts.word_hits(text, &c.plan).clone();
        }
        if let Some(hits) = self.hits.get(self.text.as_str()) {
            return hits.clone();
        }
        let hits = word_hits(&self.text, &c.plan);
        if self.hits.len() >= MAX_HITS {
            self.hits.clear();
        }
        self.hits.insert(self.text.as_str().into(), hits.clone());
        hits
    }
}

/// Ways to ask for a person where the flow names no word for it.
pub(super) fn ask_for_person(language: &str) -> &'static str {
    match language.get(..2) {
        Some("es") => "quiero hablar con una persona",
        Some("pt") => "quero falar com um atendente",
        Some("hi") => "मुझे किसी व्यक्ति से बात करनी है",
        _ => "I want to talk to a person",
    }
}

pub(super) fn yes_or_no(language: &str, yes: bool) -> &'static str {
    match (language.get(..2), yes) {
        (Some("es"), true) => "sí",
        (Some("pt"), true) => "sim",
        (Some("pt"), false) => "não",
        (Some("hi"), true) => "हाँ",
        (Some("hi"), false) => "नहीं",
        (_, true) => "yes",
        (_, false) => "no",
    }
}

impl<O: Observer> World<'_, O> {
    /// Puts the customer's next message into words.
    pub(super) fn compose(&mut self, slot: u32) {
        self.talks.text.clear();
        self.talks.listed = None;
        if !self.c.needs_text || self.attaches(slot) {
            return;
        }
        if let Some(text) = self.recorded_text(slot).map(str::to_owned) {
            self.talks.text = text;
            return;
        }
        let conversation = &self.slots[slot as usize];
        let (need, phase) = (conversation.need, conversation.phase);
        let language = &self.plan.languages[usize::from(need.language)];
        let n = u32::from(conversation.customer_messages);
        let mut stream = self.streams.nth(Purpose::Phrase, need.entity, n);
        let customer = &self.plan.customer;
        if phase == Phase::Bot
            && let Some(text) = self.answer_to_live(slot, &mut stream)
        {
            self.talks.text = text;
            return;
        }
        let talk = self.talks.sessions.get(slot as usize).and_then(Option::as_ref);
        let (Some(flow), Some(talk), Phase::Bot) = (&self.c.flow, talk, phase) else {
            self.compose_phrase(slot, &mut stream);
            return;
        };
        let (misreads, impatient) =
            (stream.chance(customer.misreads), stream.chance(customer.asks_for_person));
        let choice = flow.choice_for(&talk.session, need.intent);
        let fixed = match talk.expects {
            _ if (talk.failed || talk.refuses) && impatient => {
                Some(self.word_for_person(flow, talk, language))
            }
            Expects::Menu if misreads && choice.is_some() => {
                let entries = flow.choices(&talk.session);
                let at = (stream.uniform() * entries.len() as f64) as usize;
                entries.get(at).cloned()
            }
            Expects::Menu => choice,
            Expects::Slot(_) => flow.reply_for(&talk.session, stream.uniform()),
            Expects::Confirmation => Some(yes_or_no(language, talk.content).to_owned()),
            Expects::Free | Expects::Nothing => None,
        };
        match fixed {
            Some(text) => self.talks.text.push_str(&text),
            None => self.compose_phrase(slot, &mut stream),
        }
    }

    /// Whether the customer answers with an attachment: the flow has asked for one.
    pub(super) fn attaches(&self, slot: u32) -> bool {
        let conversation = &self.slots[slot as usize];
        if conversation.phase != Phase::Bot || conversation.need.script != u32::MAX {
            return false;
        }
        let talk = self.talks.sessions.get(slot as usize).and_then(Option::as_ref);
        talk.is_some_and(|t| matches!(t.expects, Expects::Slot(SlotKind::Image | SlotKind::Document)))
    }

    /// What the agent is told when the bot hands over: the flow's own reason and its summary.
    pub(super) fn brief(&mut self, slot: u32) {
        if !self.observer.watches(self.slots[slot as usize].id) {
            return;
        }
        let talk = self.talks.sessions.get(slot as usize).and_then(Option::as_ref);
        let (Some(flow), Some(talk)) = (&self.c.flow, talk) else { return };
        let reason = match talk.end {
            Some(end @ End::HandOff(_)) => flow.explain_end(end),
            _ => "to a person".to_owned(),
        };
        let summary = flow.summary(&talk.session);
        self.tell(slot, |_| Note::Briefed { reason, summary });
    }

    /// The session times out: the flow takes its leave.
    pub(super) fn take_leave(&mut self, slot: u32) {
        let c = self.c;
        let Some(flow) = &c.flow else { return };
        let Some(talk) = self.talks.sessions.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let turn = flow.advance(&mut talk.session, Input::Silence, &mut self.talks.memo);
        if turn.messages == 0 {
            return;
        }
        let texts = match self.observer.watches(self.slots[slot as usize].id) {
            true => flow.texts(&talk.session, &turn),
            false => Vec::new(),
        };
        for _ in 0..turn.messages {
            let template = self.send(slot);
            self.keep_message(slot, Sender::Bot, template);
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.bot_messages = conversation.bot_messages.saturating_add(u16::from(turn.messages));
        self.tell(slot, |_| Note::BotReplied { texts });
    }

    fn word_for_person(&self, flow: &Flow, talk: &Talk, language: &str) -> String {
        flow.choice_for_person(&talk.session)
            .or_else(|| flow.word_for_person().map(str::to_owned))
            .unwrap_or_else(|| ask_for_person(language).to_owned())
    }

    /// A phrase of the customer's need, in his language.
    fn compose_phrase(&mut self, slot: u32, stream: &mut Stream) {
        let need = &self.slots[slot as usize].need;
        let text = self.c.texts.choose(need.intent, need.language, self.plan.customer.typos, stream);
        self.talks.listed = Some(text);
        self.talks.text.push_str(self.c.texts.message(text).text());
    }

    /// The flow's turn: what it decides, and what the customer will do about it.
    pub(super) fn decide_by_flow(&mut self, slot: u32, media: bool) -> BotOutcome {
        let c = self.c;
        let Some(flow) = &c.flow else { return BotOutcome::HandOff(HandOff::Outage) };
        let conversation = &self.slots[slot as usize];
        let need = conversation.need;
        let n = u32::from(conversation.customer_messages);
        let heard = n - u32::from(conversation.heard_before);
        let mut stream = self.streams.nth(Purpose::Customer, need.entity, n);
        let (accepts, leaves) =
            (stream.chance(self.plan.customer.accepts), stream.chance(self.plan.customer.leaves_bot));
        let language = &self.plan.languages[usize::from(need.language)];
        let talk = self.talks.sessions[slot as usize].get_or_insert_with(|| Talk {
            session: flow.start(language),
            expects: Expects::Nothing,
            content: false,
            refuses: false,
            failed: false,
            end: None,
        });
        let mut luck = self.streams.nth(Purpose::LookUp, need.entity, n);
        talk.session.set_luck(Luck { fails: luck.uniform(), slow: luck.uniform() });
        let listed = self.talks.listed.map(|text| c.texts.message(text));
        let input = match (talk.expects, listed) {
            (Expects::Slot(SlotKind::Document), _) if media => Input::Media(Media::Document),
            _ if media => Input::Media(Media::Image),
            (_, Some(message)) => Input::Read(message),
            _ => Input::Text(&self.talks.text),
        };
        let turn = flow.advance(&mut talk.session, input, &mut self.talks.memo);
        talk.expects = turn.expects;
        talk.end = turn.end;
        talk.failed = !turn.understood;
        // In a replay nobody knows what the customer needed: any answer may have met it.
        let meets = if need.script == u32::MAX {
            turn.answered == Some(need.intent)
        } else {
            turn.answered_topic.is_some()
        };
        if turn.answered_topic.is_some() {
            talk.content = meets && accepts;
            talk.refuses = !talk.content;
        }
        let content = talk.content;
        self.slots[slot as usize].look_up_ms = turn.took.ms();
        if self.observer.watches(self.slots[slot as usize].id) {
            let why = flow.explain(&turn.why);
            let talk = self.talks.sessions[slot as usize].as_ref();
            let texts = talk.map_or_else(Vec::new, |talk| flow.texts(&talk.session, &turn));
            self.talks.said.insert(slot, texts);
            self.tell(slot, |_| Note::BotDecided { why });
        }
        self.slots[slot as usize].bot_says = turn.messages.max(1);
        if !turn.understood {
            self.fail_attempt(slot);
            if self.slots[slot as usize].phase != Phase::Bot {
                return BotOutcome::Await;
            }
        }
        match turn.end {
            Some(End::Solved) => BotOutcome::Solved,
            Some(End::Closed) if content => BotOutcome::Solved,
            Some(End::Closed) => BotOutcome::Leaves,
            Some(End::HandOff(reason)) => BotOutcome::HandOff(hand_off(reason)),
            // The answer he came for, and no question whether it helped: he is gone, content.
            None if content && turn.answered_topic.is_some() && turn.expects != Expects::Confirmation => {
                BotOutcome::Solved
            }
            None if !turn.understood && leaves => BotOutcome::Leaves,
            None if need.script == u32::MAX && heard >= u32::from(MOST_MESSAGES) => BotOutcome::Leaves,
            None => BotOutcome::Await,
        }
    }
}

fn hand_off(reason: FlowHandOff) -> HandOff {
    match reason {
        FlowHandOff::Keyword(_) => HandOff::Keyword,
        FlowHandOff::Attempts => HandOff::Attempts,
        FlowHandOff::AskedForPerson => HandOff::AskedForPerson,
        FlowHandOff::Media => HandOff::Media,
        FlowHandOff::Flow(_) => HandOff::Flow,
        FlowHandOff::LookUp => HandOff::Outage,
    }
}
