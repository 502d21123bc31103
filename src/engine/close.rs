//! How conversations end, and what they leave behind.

use super::conversation::{NO_AGENT, NO_TEAM, Phase};
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::World;
use crate::facts::{ConversationRow, HandOff, NEVER, NONE, Outcome, QueueEnd};
use crate::random::{Purpose, exp, ln};
use crate::rules::Moment;
use crate::scenario::plan::CsatModel;
use crate::scenario::switches::Status;
use crate::time::Instant;

impl<O: Observer> World<'_, O> {
    /// The need is met. The customer may still come back and reopen it.
    pub(super) fn resolve(&mut self, slot: u32, by_bot: bool) {
        let now = self.now;
        if by_bot {
            self.leave_bot(slot);
        } else if self.slots[slot as usize].in_desk() {
            self.accounts.backlog(now, -1);
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.phase = Phase::Resolved;
        conversation.solved = true;
        conversation.resolved_at = now;
        conversation.step = NO_STAMP;
        conversation.patience = NO_STAMP;
        self.tell(slot, |_| Note::Resolved { by_bot });
        self.set_status(slot, Status::Resolved);
        self.fire(slot, Moment::Resolved, 0);
        if self.slots[slot as usize].phase != Phase::Resolved {
            return;
        }
        let customer = &self.plan.customer;
        let conversation = &self.slots[slot as usize];
        let mut returns = None;
        if customer.reopens > 0.0 && conversation.reopens < u8::MAX {
            let n = u32::from(conversation.reopens);
            let mut stream = self.streams.nth(Purpose::Return, conversation.need.entity, n);
            if stream.chance(customer.reopens) {
                let delay = customer.reopen_delay.draw_ms(&mut stream);
                let at = Instant(now.ms() + delay);
                returns = Some(at);
                // The window counts from the resolution, or from the message before it.
                let last_message = conversation.desk_spoke_at.min(now);
                let from = if self.plan.desk.message_window.is_some() { last_message } else { now };
                if self.plan.desk.reopen_window.is_none_or(|window| at - from <= window) {
                    self.slots[slot as usize].step = self.events.schedule(at, Kind::CustomerWrites, slot);
                    return;
                }
            }
        }
        if let Some(at) = returns {
            // Too late for this ticket: what the customer writes then makes another.
            self.comes_back_at(slot, at);
        }
        let bot_alone = by_bot && !self.slots[slot as usize].human_answered;
        self.end(slot, if bot_alone { Outcome::BotSolved } else { Outcome::AgentSolved });
    }

    /// The customer wrote into a resolved ticket: it is open again, and a person's affair, or the bot's
    /// where the desk gives it back to the bot.
    pub(super) fn reopen(&mut self, slot: u32, media: bool) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        conversation.reopens = conversation.reopens.saturating_add(1);
        conversation.solved = false;
        conversation.resolved_at = Instant::NEVER;
        let (first_time, team, intent) = (!conversation.ticket, conversation.team, conversation.need.intent);
        self.tell(slot, |_| Note::Reopened);
        if self.plan.desk.reopens_to_bot {
            return self.reopen_with_bot(slot, media);
        }
        if first_time {
            // The bot's solution did not hold: its ticket, if it had one, is open again, and people's.
            self.slots[slot as usize].hand_off = HandOff::AskedForPerson as u8;
            let team = self.c.team_of_intent[usize::from(intent)];
            self.hand_to_people(slot, team);
            return;
        }
        self.accounts.backlog(now, 1);
        self.slots[slot as usize].phase = Phase::Queue;
        self.draw_replies(slot);
        self.set_status(slot, Status::Open);
        self.choose_policy(slot);
        self.fire(slot, Moment::Reopened, 0);
        if self.slots[slot as usize].phase == Phase::Queue && self.slots[slot as usize].queue == NO_STAMP {
            self.enqueue(slot, team, now);
        }
    }

    /// The bot is the first to hear a reopened conversation, with fresh attempts and a fresh session.
    fn reopen_with_bot(&mut self, slot: u32, media: bool) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        conversation.phase = Phase::Bot;
        conversation.bot_seen = true;
        conversation.bot_since = now;
        conversation.bot_again = conversation.bot_again.saturating_add(1);
        conversation.failed_before = conversation.failed_attempts;
        // The message that reopens it is the first of the new talk.
        conversation.heard_before = conversation.customer_messages.saturating_sub(1);
        self.accounts.with_bot(1);
        self.talks.opened(self.c, slot);
        self.tell(slot, |_| Note::WithBotAgain);
        self.set_status(slot, Status::Open);
        self.choose_policy(slot);
        self.fire(slot, Moment::Reopened, 0);
        if self.slots[slot as usize].phase == Phase::Bot {
            self.bot_hears(slot, media);
        }
    }

    /// The conversation is over.
    pub(super) fn end(&mut self, slot: u32, outcome: Outcome) {
        let now = self.now;
        self.leave_bot(slot);
        if self.slots[slot as usize].in_desk() {
            self.accounts.backlog(now, -1);
        }
        self.clock_finish(slot);
        // Reckoned when the chunk is full, unless somebody wants to know now.
        let mut satisfied = f32::NAN;
        if self.plan.customer.rates > 0.0 || O::WATCHES {
            satisfied = satisfaction(&self.plan.csat, &self.row(slot, outcome));
        }
        let rating = self.rate(slot, satisfied);
        if rating > 0 {
            self.tell(slot, |_| Note::Rated { stars: rating });
            self.fire(slot, Moment::Rating, u32::from(rating));
        }
        if !self.slots[slot as usize].solved && outcome != Outcome::Open {
            self.maybe_come_back(slot);
        }
        self.tell(slot, |_| Note::Ended { outcome, satisfied });
        self.push_row(slot, outcome, satisfied, rating);
        self.tickets.closed(slot);
        self.close_slot(slot);
    }

    /// Still open when the run is over.
    pub(super) fn leave_open(&mut self, slot: u32) {
        match self.slots[slot as usize].phase {
            Phase::Resolved => {
                // Resolved; only the reopening lies beyond the end.
                let bot_alone = !self.slots[slot as usize].human_answered;
                self.clock_finish(slot);
                let outcome = if bot_alone { Outcome::BotSolved } else { Outcome::AgentSolved };
                self.push_row(slot, outcome, f32::NAN, 0);
                return;
            }
            Phase::Queue if self.slots[slot as usize].queue != NO_STAMP => {
                self.push_stay(slot, QueueEnd::Waiting, NONE)
            }
            _ => {}
        }
        self.clock_finish(slot);
        self.push_row(slot, Outcome::Open, 0.0, 0);
    }

    /// The rating the customer gives, 0 if none.
    fn rate(&self, slot: u32, satisfied: f32) -> u8 {
        let rates = self.plan.customer.rates;
        let asked = self.slots[slot as usize].surveyed || !self.c.rules.surveys;
        if rates <= 0.0 || !asked {
            return 0;
        }
        let mut stream = self.streams.stream(Purpose::Rating, self.slots[slot as usize].need.entity);
        if !stream.chance(rates) {
            return 0;
        }
        let content = stream.chance(f64::from(satisfied));
        let which = stream.uniform();
        match (content, which) {
            (true, u) if u < 0.6 => 5,
            (true, _) => 4,
            (false, u) if u < 0.4 => 1,
            (false, u) if u < 0.7 => 2,
            (false, _) => 3,
        }
    }

    #[inline]
    fn push_row(&mut self, slot: u32, outcome: Outcome, satisfied: f32, rating: u8) {
        let row = ConversationRow { satisfied, rating, ..self.row(slot, outcome) };
        self.chunk.conversations.push(row);
    }

    #[inline]
    fn row(&self, slot: u32, outcome: Outcome) -> ConversationRow {
        let open = outcome == Outcome::Open;
        let c = &self.slots[slot as usize];
        ConversationRow {
            conversation: c.id,
            repeat_of: c.need.repeat_of,
            started_at: c.started_at.ms(),
            first_response_at: c.first_response_at.ms(),
            first_human_at: c.first_human_at.ms(),
            handed_off_at: c.handed_off_at.ms(),
            resolved_at: c.resolved_at.ms(),
            ended_at: if open { NEVER } else { self.now.ms() },
            source: c.need.source,
            intent: c.need.intent,
            segment: c.need.segment,
            language: c.need.language,
            priority: c.priority,
            team: if c.team == NO_TEAM { NONE } else { c.team },
            agent: if c.last_agent == NO_AGENT { u32::MAX } else { c.last_agent },
            outcome: outcome as u8,
            hand_off: c.hand_off,
            bot_seen: c.bot_seen,
            measured: c.measured,
            solved: c.solved,
            paused: c.paused_ms,
            queue_wait: c.queue_ms,
            agent_work: c.work_ms,
            bot_time: c.bot_ms,
            customer_messages: c.customer_messages,
            bot_messages: c.bot_messages,
            agent_messages: c.agent_messages,
            templates: c.templates,
            failed_attempts: c.failed_attempts,
            reopens: c.reopens,
            transfers: c.transfers,
            rating: 0,
            satisfied: 0.0,
            message_cost: c.message_cost,
            tags: c.tags,
        }
    }

    /// Before a chunk leaves: what is the same work for every row is done for all at once.
    pub(super) fn complete_chunk(&mut self) {
        for row in &mut self.chunk.conversations {
            if row.satisfied.is_nan() {
                row.satisfied = satisfaction(&self.plan.csat, row);
            }
        }
    }
}

/// The CSAT proxy: a logistic model whose coefficients stand in the scenario.
#[inline]
fn satisfaction(model: &CsatModel, row: &ConversationRow) -> f32 {
    let answered = row.first_human_at != NEVER;
    let until = match (answered, row.first_response_at != NEVER) {
        (true, _) => row.first_human_at,
        (false, true) if row.outcome != Outcome::Abandoned as u8 => row.first_response_at,
        _ => row.ended_at,
    };
    let minutes = (until - row.started_at).max(0) as f64 / 60_000.0;
    let mut odds = model.intercept + model.wait * ln(1.0 + minutes);
    odds += model.exchange * f64::from(row.agent_messages.saturating_sub(1));
    odds += model.transfer * f64::from(row.transfers);
    odds += model.reopened * f64::from(row.reopens);
    odds += model.failed_attempt * f64::from(row.failed_attempts);
    if !row.solved {
        odds += model.unsolved;
    } else if row.outcome == Outcome::BotSolved as u8 {
        odds += model.bot;
    }
    (1.0 / (1.0 + exp(-odds))) as f32
}
