//! The customer's side: what is drawn for him comes from his own streams, the n-th quantity of a kind
//! from its own address, so that the desk's policy never shifts anybody's luck.

use super::bot::Sender;
use super::conversation::Phase;
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::World;
use crate::facts::Outcome;
use crate::random::Purpose;
use crate::rules::Moment;
use crate::scenario::switches::Status;
use crate::sla::Input;
use crate::time::{Instant, Span};

impl<O: Observer> World<'_, O> {
    /// The customer's message arrives.
    pub(super) fn customer_writes(&mut self, slot: u32) {
        let now = self.now;
        let channel = &self.plan.channel;
        let conversation = &mut self.slots[slot as usize];
        conversation.customer_messages = conversation.customer_messages.saturating_add(1);
        conversation.silence = NO_STAMP;
        conversation.message_cost += crate::channel::received(channel, &mut conversation.channel, now) as f32;
        if conversation.waiting_since == Instant::NEVER {
            conversation.waiting_since = now;
        }
        if conversation.desk_spoke_at != Instant::NEVER {
            conversation.silent_ms += (now - conversation.desk_spoke_at).ms();
            conversation.desk_spoke_at = Instant::NEVER;
        }
        let media = (conversation.need.media && conversation.customer_messages == 1) || self.attaches(slot);
        self.keep_message(slot, Sender::Customer, false);
        self.next_line(slot);
        self.compose(slot);
        self.tell(slot, |w| Note::CustomerWrote {
            text: (!w.talks.text.is_empty()).then(|| w.talks.text.clone()),
            media,
        });
        if self.c.rules.reads_text {
            let hits = self.talks.word_hits(self.c);
            self.tickets.set_words(slot, hits);
        }
        if self.slots[slot as usize].customer_messages == 1 {
            self.clock_began(slot);
        }
        if self.slots[slot as usize].phase == Phase::Agent {
            self.set_status(slot, Status::Open);
        }
        self.clock(slot, Input::CustomerMessage);
        let was_aside = self.slots[slot as usize].phase == Phase::Snoozed;
        self.fire(slot, Moment::CustomerMessage, 0);
        match self.slots[slot as usize].phase {
            Phase::Bot => self.bot_hears(slot, media),
            Phase::Agent if self.slots[slot as usize].parked => self.take_back(slot),
            Phase::Agent => self.owe_reply(slot),
            Phase::Queue => self.schedule_follow_up(slot),
            Phase::Resolved => self.reopen(slot, media),
            Phase::Snoozed if was_aside => self.wake(slot),
            Phase::Snoozed | Phase::Offered | Phase::Free => {}
        }
        self.arm_deadline(slot);
    }

    /// After a reply that asks for an answer: when the customer writes next, or that he never does.
    pub(super) fn customer_thinks(&mut self, slot: u32, silence_after: Option<Span>) {
        let conversation = &mut self.slots[slot as usize];
        conversation.desk_spoke_at = self.now;
        let need = conversation.need;
        if let Some(at) = self.recorded_answer(slot) {
            match at.known() {
                Some(at) => {
                    self.slots[slot as usize].step = self.events.schedule(at, Kind::CustomerWrites, slot)
                }
                None => self.expect_silence(slot, silence_after),
            }
            self.free_place_later(slot, at);
            return;
        }
        let conversation = &mut self.slots[slot as usize];
        let n = u32::from(conversation.delays_drawn);
        conversation.delays_drawn = conversation.delays_drawn.wrapping_add(1);
        let mut stream = self.streams.nth(Purpose::ReplyDelay, need.entity, n);
        let customer = &self.plan.customer;
        if customer.falls_silent > 0.0 && stream.chance(customer.falls_silent) {
            self.tell(slot, |_| Note::FellSilent);
            self.expect_silence(slot, silence_after);
            self.free_place_later(slot, Instant::NEVER);
            return;
        }
        let law =
            self.plan.intents[usize::from(need.intent)].reply_delay.as_ref().unwrap_or(&customer.reply_delay);
        let at = Instant(self.now.ms() + law.draw_ms(&mut stream));
        let with_agent = self.slots[slot as usize].phase == Phase::Agent;
        if with_agent && self.plan.desk.message_window.is_some_and(|window| at - self.now > window) {
            // By then the thread is cut: what he writes makes another ticket, and this one hears no more.
            self.slots[slot as usize].cut_off = true;
            self.comes_back_at(slot, at);
            self.expect_silence(slot, silence_after);
            self.free_place_later(slot, Instant::NEVER);
            return;
        }
        self.slots[slot as usize].step = self.events.schedule(at, Kind::CustomerWrites, slot);
        self.free_place_later(slot, at);
    }

    /// An agent's place is free again when the customer has been silent for so long, if he does not write
    /// before.
    #[inline]
    fn free_place_later(&mut self, slot: u32, writes_at: Instant) {
        let Some(span) = self.plan.desk.frees_place_after else { return };
        let at = self.now + span;
        if at < writes_at && self.slots[slot as usize].phase == Phase::Agent {
            self.slots[slot as usize].patience = self.events.schedule(at, Kind::PlaceFreed, slot);
        }
    }

    /// Nothing more will be written: the conversation is closed after so long, if ever.
    fn expect_silence(&mut self, slot: u32, silence_after: Option<Span>) {
        if let Some(span) = silence_after {
            self.slots[slot as usize].silence = self.events.schedule(self.now + span, Kind::Silence, slot);
        }
    }

    /// While waiting in a queue the customer writes again now and then.
    pub(super) fn schedule_follow_up(&mut self, slot: u32) {
        let Some(law) = &self.plan.customer.follow_up else { return };
        let conversation = &mut self.slots[slot as usize];
        if conversation.follow_up != NO_STAMP || conversation.need.script != u32::MAX {
            return;
        }
        let n = u32::from(conversation.delays_drawn);
        conversation.delays_drawn = conversation.delays_drawn.wrapping_add(1);
        let mut stream = self.streams.nth(Purpose::ReplyDelay, conversation.need.entity, n);
        let at = Instant(self.now.ms() + law.draw_ms(&mut stream).max(1_000));
        self.slots[slot as usize].follow_up = self.events.schedule(at, Kind::CustomerWrites, slot);
    }

    /// Starts the customer's patience for the present wait.
    #[inline]
    pub(super) fn start_patience(&mut self, slot: u32, in_queue: bool) {
        let conversation = &self.slots[slot as usize];
        let need = conversation.need;
        let customer = &self.plan.customer;
        let law = if in_queue {
            self.plan.intents[usize::from(need.intent)].patience.as_ref().or(customer.patience.as_ref())
        } else {
            customer.reply_patience.as_ref()
        };
        let Some(law) = law else { return };
        let n = u32::from(conversation.patience_drawn);
        let mut stream = self.streams.nth(Purpose::Patience, need.entity, n);
        let at = Instant(self.now.ms().saturating_add(law.draw_ms(&mut stream)));
        let stamp = self.events.schedule(at, Kind::Patience, slot);
        let conversation = &mut self.slots[slot as usize];
        conversation.patience_drawn = conversation.patience_drawn.wrapping_add(1);
        conversation.patience = stamp;
    }

    pub(super) fn lose_patience(&mut self, slot: u32) {
        if self.slots[slot as usize].phase == Phase::Snoozed {
            // No patience runs while it is put aside: this is the end of that time.
            return self.wake(slot);
        }
        self.tell(slot, |_| Note::LostPatience);
        self.slots[slot as usize].patience = NO_STAMP;
        match self.slots[slot as usize].phase {
            Phase::Queue => {
                self.leave_queue(slot, crate::facts::QueueEnd::Abandoned);
                let answered = self.slots[slot as usize].human_answered;
                self.end(slot, if answered { Outcome::LeftAgent } else { Outcome::Abandoned });
            }
            Phase::Agent => {
                self.drop_work(slot);
                self.release_agent(slot);
                self.end(slot, Outcome::LeftAgent);
            }
            Phase::Offered => {
                self.release_agent(slot);
                self.end(slot, Outcome::Abandoned);
            }
            Phase::Bot | Phase::Snoozed | Phase::Resolved | Phase::Free => {}
        }
    }

    /// Nobody has written for as long as the session or the desk allows.
    pub(super) fn fall_silent(&mut self, slot: u32) {
        self.slots[slot as usize].silence = NO_STAMP;
        match self.slots[slot as usize].phase {
            // Who has his answer and does not say whether it helped had no reason to go on.
            Phase::Bot if self.talks.is_content(slot) => self.resolve(slot, true),
            Phase::Bot => {
                self.take_leave(slot);
                self.end(slot, Outcome::LeftBot);
            }
            Phase::Agent => {
                self.drop_work(slot);
                self.release_agent(slot);
                self.end(slot, Outcome::LeftAgent);
            }
            Phase::Queue | Phase::Offered | Phase::Snoozed | Phase::Resolved | Phase::Free => {}
        }
    }
}
