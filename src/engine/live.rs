//! The customer and a live bot under test: each message goes to the user's own bot, and what it answers
//! and how long it took go on into the simulation.

use super::bot::{BotOutcome, MOST_MESSAGES};
use super::conversation::Phase;
use super::story::{Note, Observer};
use super::talk::{ask_for_person, yes_or_no};
use super::world::World;
use crate::bot::http::{Answered, Exchange, Heard, History, Outcome, Say};
use crate::facts::HandOff;
use crate::random::{Purpose, Stream};

/// One customer's talk with the live bot.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveTalk {
    history: History,
    heard: Heard,
    /// His question was answered and he is content with the answer.
    content: bool,
    /// The last answer was about something else, or did not content him.
    refuses: bool,
    failed: bool,
    /// He was asked whether it helped, and said so.
    confirmed: bool,
}

impl<O: Observer> World<'_, O> {
    /// What the customer writes in answer to the live bot's last reply; `None`: his need, in a phrase.
    pub(super) fn answer_to_live(&mut self, slot: u32, stream: &mut Stream) -> Option<String> {
        let live = self.c.live.as_ref()?;
        let talk = self.talks.lives.get_mut(slot as usize)?.as_mut()?;
        let need = self.slots[slot as usize].need;
        let language = &self.plan.languages[usize::from(need.language)];
        let customer = &self.plan.customer;
        let (misreads, impatient) =
            (stream.chance(customer.misreads), stream.chance(customer.asks_for_person));
        if (talk.failed || talk.refuses) && impatient {
            return Some(ask_for_person(language).to_owned());
        }
        let heard = &talk.heard;
        if misreads && !heard.choices.is_empty() {
            let at = (stream.uniform() * heard.choices.len() as f64) as usize;
            return heard.choices.get(at).map(|(typed, _)| typed.clone());
        }
        if let Some(typed) = live.reader.choice_for(heard, need.intent) {
            return Some(typed.to_owned());
        }
        if heard.tells.is_some() {
            return heard.tells.clone();
        }
        if heard.question && (talk.content || talk.refuses) {
            talk.confirmed = talk.content;
            return Some(yes_or_no(language, talk.content).to_owned());
        }
        None
    }

    /// The live bot's turn: what it answers, and what the customer will do about it.
    pub(super) fn decide_by_live(&mut self, slot: u32, media: bool) -> BotOutcome {
        let c = self.c;
        let Some(live) = &c.live else { return BotOutcome::HandOff(HandOff::Outage) };
        let need = self.slots[slot as usize].need;
        let written = self.slots[slot as usize].customer_messages;
        let mut stream = self.streams.nth(Purpose::Customer, need.entity, u32::from(written));
        let (accepts, leaves) =
            (stream.chance(self.plan.customer.accepts), stream.chance(self.plan.customer.leaves_bot));
        let session = format!("{}-{}", self.streams.name_of(need.entity), need.repeat);
        let language = &self.plan.languages[usize::from(need.language)];
        let talk = self.talks.lives[slot as usize].get_or_insert_default();
        let say = if media { Say::Media("image") } else { Say::Text(&self.talks.text) };
        let Some(exchange) = live.bot.ask(&session, &mut talk.history, language, say) else {
            return BotOutcome::HandOff(HandOff::Media);
        };
        let reply = match &exchange.outcome {
            Outcome::Replied(reply) => reply,
            Outcome::TimedOut | Outcome::Failed(_) => {
                self.slots[slot as usize].look_up_ms = exchange.latency_ms;
                self.tell_of(slot, &exchange, None);
                return BotOutcome::HandOff(HandOff::Outage);
            }
        };
        let meaning = live.reader.read(reply, &mut talk.heard);
        if let Some(answered) = meaning.answered {
            // In a replay nobody knows what the customer needed: any answer may have met it.
            let meets = match answered {
                Answered::Intent(intent) => intent == need.intent || need.script != u32::MAX,
                Answered::Whatever => true,
            };
            talk.content = meets && accepts;
            talk.refuses = !talk.content;
        }
        talk.failed = !meaning.understood;
        let (content, confirmed, asks) = (talk.content, talk.confirmed, talk.heard.question);
        let answers = meaning.answered.is_some();
        let conversation = &mut self.slots[slot as usize];
        conversation.look_up_ms = exchange.latency_ms;
        conversation.bot_says = u8::try_from(reply.texts.len()).unwrap_or(u8::MAX).max(1);
        self.tell_of(slot, &exchange, Some(meaning.understood));
        if meaning.hand_off.is_some() {
            return BotOutcome::HandOff(HandOff::Flow);
        }
        if reply.solved || (content && (confirmed || (answers && !asks))) {
            return BotOutcome::Solved;
        }
        if reply.ended {
            return if content { BotOutcome::Solved } else { BotOutcome::Leaves };
        }
        if !meaning.understood {
            let failed = self.fail_attempt(slot);
            if self.slots[slot as usize].phase != Phase::Bot {
                return BotOutcome::Await;
            }
            if failed >= self.plan.bot.max_attempts {
                return BotOutcome::HandOff(HandOff::Attempts);
            }
        }
        let heard = written - self.slots[slot as usize].heard_before;
        let gives_up = need.script == u32::MAX && heard >= MOST_MESSAGES;
        if (!meaning.understood && leaves) || gives_up {
            return BotOutcome::Leaves;
        }
        BotOutcome::Await
    }

    /// Tells whoever watches what the bot made of the message.
    fn tell_of(&mut self, slot: u32, exchange: &Exchange, understood: Option<bool>) {
        if !self.observer.watches(self.slots[slot as usize].id) {
            return;
        }
        let took = format!("after {} ms", exchange.latency_ms);
        let (why, texts) = match &exchange.outcome {
            Outcome::Replied(reply) => {
                let intent = reply.intent.as_ref().map(|i| format!(", about `{i}`")).unwrap_or_default();
                let sure = reply.confidence.map(|c| format!(", {:.0} % sure", c * 100.0)).unwrap_or_default();
                let missed = if understood == Some(false) { ", not understood" } else { "" };
                let mut texts = reply.texts.clone();
                texts.extend(reply.choices.iter().map(|choice| format!("[{choice}]")));
                (format!("answered {took}{intent}{sure}{missed}"), texts)
            }
            Outcome::TimedOut => (format!("no answer {took}"), Vec::new()),
            Outcome::Failed(why) => (format!("failed {took}: {why}"), Vec::new()),
        };
        self.talks.said.insert(slot, texts);
        self.tell(slot, |_| Note::BotDecided { why });
    }
}
