//! The bot's turn: what it decides at once is delivered after its latency.

use super::conversation::Phase;
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::World;
use crate::channel;
use crate::facts::{HandOff, MessageRow, Outcome};
use crate::random::{Purpose, ln};
use crate::rules::Moment;
use crate::scenario::plan::{BotKind, TeamIdx};
use crate::sla::Input;
use crate::time::Instant;

/// After so many of his messages a customer gives up on a bot that neither answers nor hands over.
pub(super) const MOST_MESSAGES: u16 = 50;

/// What the bot's pending reply leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BotOutcome {
    /// The customer is asked and will answer.
    Await,
    /// The need is met.
    Solved,
    /// The customer gives up on the bot and leaves.
    Leaves,
    /// To people.
    HandOff(HandOff),
}

/// Who wrote a message, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Sender {
    Customer = 0,
    Bot = 1,
    Agent = 2,
}

impl<O: Observer> World<'_, O> {
    /// The conversation's first step: to the bot, or to people where there is none.
    pub(super) fn greet(&mut self, slot: u32) {
        if matches!(self.plan.bot.kind, BotKind::None) {
            return;
        }
        self.accounts.with_bot(1);
        self.slots[slot as usize].bot_seen = true;
    }

    /// A message reaches the bot.
    pub(super) fn bot_hears(&mut self, slot: u32, media: bool) {
        let pending = self.slots[slot as usize].step != NO_STAMP;
        let reads = self.c.flow.is_some() || self.c.live.is_some();
        if pending && (!reads || self.slots[slot as usize].bot_outcome != BotOutcome::Await) {
            // The reply to the message before is on its way; it answers both.
            return;
        }
        let outcome = match &self.plan.bot.kind {
            BotKind::None => {
                let team = self.c.team_of_intent[usize::from(self.slots[slot as usize].need.intent)];
                self.hand_to_people(slot, team);
                return;
            }
            _ if self.bot_out => {
                self.tell(slot, |_| Note::BotOut);
                self.hand_off(slot, HandOff::Outage, None);
                return;
            }
            BotKind::Statistical { exchanges, understands } => {
                if media {
                    BotOutcome::HandOff(HandOff::Media)
                } else {
                    self.decide_by_chance(slot, exchanges, *understands)
                }
            }
            BotKind::Flow { .. } => self.decide_by_flow(slot, media),
            BotKind::Http(_) => self.decide_by_live(slot, media),
        };
        if self.slots[slot as usize].phase != Phase::Bot {
            // A rule on failed attempts took it away.
            return;
        }
        self.slots[slot as usize].bot_outcome = outcome;
        let n = u32::from(self.slots[slot as usize].bot_messages);
        let mut stream = self.streams.nth(Purpose::Bot, self.slots[slot as usize].need.entity, 1_000 + n);
        let own = std::mem::take(&mut self.slots[slot as usize].look_up_ms);
        // How long a live bot takes is measured, not drawn.
        let drawn = if self.c.live.is_some() { 0 } else { self.plan.bot.latency.draw_ms(&mut stream) };
        let at = Instant(self.now.ms() + own + drawn);
        self.slots[slot as usize].step = self.events.schedule(at, Kind::BotReply, slot);
    }

    /// The statistical bot: whether it will solve the need is drawn once; each message it does not
    /// understand is a failed attempt; a need it cannot meet ends with the customer leaving or asking
    /// for a person.
    fn decide_by_chance(
        &mut self,
        slot: u32,
        exchanges: &crate::random::Distribution,
        understands: f64,
    ) -> BotOutcome {
        let conversation = &self.slots[slot as usize];
        let need = conversation.need;
        let turn = u32::from(conversation.customer_messages);
        let again = u32::from(conversation.bot_again);
        // Each time it comes to the bot it has its own luck.
        let address = if again == 0 { 0 } else { 1 << 20 | again };
        let heard = turn - u32::from(conversation.heard_before);
        let mut once = self.streams.nth(Purpose::Bot, need.entity, address);
        let solves = once.chance(self.plan.intents[usize::from(need.intent)].bot_solves);
        let turns = exchanges.draw_count(&mut once);
        let mut each = self.streams.nth(Purpose::Bot, need.entity, turn);
        let customer = &self.plan.customer;
        let understood = each.chance(understands);
        let (asks, leaves) = (each.uniform(), each.uniform());
        if understood {
            if heard < turns {
                return BotOutcome::Await;
            }
            if solves {
                return BotOutcome::Solved;
            }
            return if leaves < customer.leaves_bot {
                BotOutcome::Leaves
            } else {
                BotOutcome::HandOff(HandOff::AskedForPerson)
            };
        }
        let failed = self.fail_attempt(slot);
        if failed >= self.plan.bot.max_attempts {
            BotOutcome::HandOff(HandOff::Attempts)
        } else if leaves < customer.leaves_bot {
            BotOutcome::Leaves
        } else if asks < customer.asks_for_person {
            BotOutcome::HandOff(HandOff::AskedForPerson)
        } else {
            BotOutcome::Await
        }
    }

    pub(super) fn fail_attempt(&mut self, slot: u32) -> u8 {
        let conversation = &mut self.slots[slot as usize];
        conversation.failed_attempts = conversation.failed_attempts.saturating_add(1);
        let failed = conversation.failed_attempts - conversation.failed_before;
        self.fire(slot, Moment::FailedAttempts, u32::from(failed));
        failed
    }

    /// The bot's reply is delivered; then what it led to happens.
    pub(super) fn bot_replies(&mut self, slot: u32) {
        if self.slots[slot as usize].phase != Phase::Bot {
            return;
        }
        let now = self.now;
        let messages = std::mem::replace(&mut self.slots[slot as usize].bot_says, 1).max(1);
        for _ in 0..messages {
            let template = self.send(slot);
            self.keep_message(slot, Sender::Bot, template);
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.bot_messages = conversation.bot_messages.saturating_add(u16::from(messages));
        if conversation.first_response_at == Instant::NEVER {
            conversation.first_response_at = now;
        }
        conversation.waiting_since = Instant::NEVER;
        let outcome = conversation.bot_outcome;
        if O::WATCHES {
            let texts = self.talks.said.remove(&slot).unwrap_or_default();
            self.tell(slot, |_| Note::BotReplied { texts });
        }
        self.clock(slot, Input::BotReply);
        match outcome {
            BotOutcome::Await => {
                self.customer_thinks(slot, Some(self.plan.bot.session_time_out));
                self.arm_deadline(slot);
            }
            BotOutcome::Solved => self.resolve(slot, true),
            BotOutcome::Leaves => self.end(slot, Outcome::LeftBot),
            BotOutcome::HandOff(reason) => self.hand_off(slot, reason, None),
        }
    }

    /// From the bot to people.
    pub(super) fn hand_off(&mut self, slot: u32, reason: HandOff, team: Option<TeamIdx>) {
        if self.slots[slot as usize].phase != Phase::Bot {
            return;
        }
        let conversation = &self.slots[slot as usize];
        let is_ticket = conversation.ticket;
        let usual = if is_ticket {
            conversation.team
        } else {
            self.c.team_of_intent[usize::from(conversation.need.intent)]
        };
        let team = team.unwrap_or(usual);
        self.brief(slot);
        self.leave_bot(slot);
        self.slots[slot as usize].hand_off = reason as u8;
        self.tell(slot, |_| Note::HandedOver { reason, team });
        if is_ticket {
            self.back_to_people(slot, team);
        } else {
            self.hand_to_people(slot, team);
        }
    }

    /// The bot's part is over, however it ended.
    pub(super) fn leave_bot(&mut self, slot: u32) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        if conversation.phase == Phase::Bot && conversation.bot_seen {
            conversation.bot_ms += (now - conversation.bot_since).ms();
            conversation.step = NO_STAMP;
            self.accounts.with_bot(-1);
        }
    }

    /// When the bot's time for a conversation is up, if it is with the bot.
    pub(super) fn bot_limit(&self, slot: u32) -> Instant {
        let conversation = &self.slots[slot as usize];
        match self.plan.bot.time_limit {
            Some(limit) if conversation.phase == Phase::Bot && conversation.bot_seen => {
                conversation.bot_since + limit
            }
            _ => Instant::NEVER,
        }
    }

    pub(super) fn schedule_outages(&mut self) {
        for &(from, to) in &self.plan.bot.outages {
            self.events.schedule(self.plan.start + from, Kind::Outage, 0);
            self.events.schedule(self.plan.start + to, Kind::Outage, 1);
        }
        if let Some((between, lasts)) = self.plan.bot.random_outages {
            let mut stream = self.streams.stream(Purpose::Outage, 0);
            let mut at = self.c.from.ms() as f64;
            loop {
                at -= ln(stream.uniform()) * between.max(1.0);
                let begins = Instant(at as i64);
                if begins >= self.plan.end {
                    break;
                }
                at -= ln(stream.uniform()) * lasts.max(1.0);
                self.events.schedule(begins, Kind::Outage, 0);
                self.events.schedule(Instant(at as i64), Kind::Outage, 1);
            }
        }
    }

    pub(super) fn bot_outage(&mut self, begins: bool) {
        self.bot_out = begins;
    }

    /// Writes a message down, where the scenario keeps them.
    #[inline]
    pub(super) fn keep_message(&mut self, slot: u32, from: Sender, template: bool) {
        if self.plan.keep_messages {
            let conversation = self.slots[slot as usize].id;
            self.chunk.messages.push(MessageRow {
                conversation,
                at: self.now.ms(),
                from: from as u8,
                text: u32::MAX,
                template,
            });
        }
    }

    /// A message of the desk goes out: free form inside the service window, a template outside it.
    /// Gives whether it went as a template.
    pub(super) fn send(&mut self, slot: u32) -> bool {
        let conversation = &mut self.slots[slot as usize];
        let sent =
            channel::send(&self.plan.channel, &mut conversation.channel, self.now, channel::Kind::Reply);
        conversation.message_cost += sent.price as f32;
        conversation.templates = conversation.templates.saturating_add(u16::from(sent.template));
        sent.template
    }
}
