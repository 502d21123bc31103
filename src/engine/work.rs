//! Agents at work: replies in the making, speed, what follows a reply.

use super::accounts::AgentLevel;
use super::bot::Sender;
use super::conversation::{NO_AGENT, Phase};
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::{AgentState, World};
use crate::desk::{AgentIdx, Attended, Duty};
use crate::random::Purpose;
use crate::rules::Moment;
use crate::scenario::plan::ShiftEnd;
use crate::scenario::switches::Status;
use crate::sla::Input;
use crate::time::Instant;

/// What an agent is now, as the accounts see it. Who goes on after the shift, or works into the break,
/// counts as staffed and paid until done.
#[inline]
fn level(state: &AgentState) -> AgentLevel {
    let busy = !state.paused && (!state.load.is_idle() || state.wrap_up != NO_STAMP);
    let staffed = state.duty == Duty::On || busy || (state.held > 0 && !state.paused);
    AgentLevel { paid: staffed || state.duty == Duty::Paid, staffed, busy, held: state.held }
}

impl<O: Observer> World<'_, O> {
    /// Brings an agent's own accounts up to now.
    pub(super) fn meter_agent(&mut self, agent: AgentIdx) {
        let level = self.agent_states[agent as usize].level;
        self.agent_meters.advance(agent, self.now, level);
    }

    /// An agent may be another from now on. What that changes is booked when the clock moves on, and only
    /// once: who sends the last reply and takes the next conversation at the same instant was never free.
    #[inline]
    pub(super) fn touch(&mut self, agent: AgentIdx) {
        let state = &mut self.agent_states[agent as usize];
        if !state.touched {
            state.touched = true;
            self.touched.push(agent);
        }
    }

    /// Books what the agents have become at this instant. Until then the accounts hold what they were, which is
    /// right for all time before it: who closes an interval or the books needs no other.
    #[inline]
    pub(super) fn settle(&mut self) {
        while let Some(agent) = self.touched.pop() {
            let state = &mut self.agent_states[agent as usize];
            state.touched = false;
            let (before, after) = (state.level, level(state));
            if before != after {
                state.level = after;
                self.agent_meters.advance(agent, self.now, before);
                self.accounts.agent_changed(self.agents[agent].team, self.now, before, after);
            }
        }
    }

    /// The number of conversations an agent holds changes, and with it his speed.
    #[inline]
    pub(super) fn hold(&mut self, agent: AgentIdx, by: i32) {
        let team = usize::from(self.agents[agent].team);
        let flat = self.c.teams[team].flat;
        let state = &mut self.agent_states[agent as usize];
        if !flat {
            state.load.progress(self.now, self.plan.teams[team].attention);
        }
        state.held = state.held.saturating_add_signed(by);
        // A flat curve gives the same speed for ever.
        if !flat {
            let curve = &self.c.teams[team].efficiency;
            state.load.speed = curve[(state.held.max(1) as usize - 1).min(curve.len() - 1)];
            if !state.load.is_idle() {
                self.reschedule(agent);
            }
        }
        self.touch(agent);
    }

    /// Puts the end of the reply that is ready next on the event list.
    #[inline]
    pub(super) fn reschedule(&mut self, agent: AgentIdx) {
        let attention = self.plan.teams[usize::from(self.agents[agent].team)].attention;
        let state = &mut self.agent_states[agent as usize];
        state.work = match state.load.next_ready(self.now, attention) {
            Some((_, at)) if !state.paused => self.events.schedule(at, Kind::WorkDone, agent),
            _ => NO_STAMP,
        };
    }

    /// The agent owes the customer a reply: it is put in line for his attention.
    pub(super) fn owe_reply(&mut self, slot: u32) {
        if self.slots[slot as usize].owed {
            return;
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.owed = true;
        let (agent, intent) = (conversation.agent, usize::from(conversation.need.intent));
        let team = &self.plan.teams[usize::from(conversation.team)];
        if conversation.work_left < 0.0 {
            let n = u32::from(conversation.replies_drawn);
            conversation.replies_drawn = conversation.replies_drawn.wrapping_add(1);
            let law = team.agent_work.as_ref().unwrap_or(&self.plan.intents[intent].agent_work);
            let mut stream = self.streams.nth(Purpose::Work, conversation.need.entity, n);
            // Work is a whole number of ms, at least one: a reply takes time.
            let work_ms = (law.draw_ms(&mut stream) as f64 * team.work_factor + 0.5) as i64;
            conversation.reply_work = work_ms.max(1);
            conversation.work_left = conversation.reply_work as f64;
        }
        let attended = Attended { slot, left: conversation.work_left, speed: self.c.speed(agent, intent) };
        let attention = team.attention;
        let work_ms = conversation.reply_work;
        let load = &mut self.agent_states[agent as usize].load;
        load.progress(self.now, attention);
        load.awaiting.push(attended);
        self.touch(agent);
        self.tell(slot, |w| Note::BeganReply {
            agent,
            work_ms,
            open: w.agent_states[agent as usize].held as u16,
        });
        self.reschedule(agent);
        if self.plan.customer.reply_patience.is_some() && self.slots[slot as usize].human_answered {
            self.start_patience(slot, false);
        }
    }

    /// Takes a conversation's reply out of its agent's hands; gives the work left.
    pub(super) fn drop_work(&mut self, slot: u32) -> Option<f64> {
        let conversation = &mut self.slots[slot as usize];
        if !conversation.owed || conversation.agent == NO_AGENT {
            return None;
        }
        conversation.owed = false;
        conversation.patience = NO_STAMP;
        let agent = conversation.agent;
        let attention = self.plan.teams[usize::from(self.agents[agent].team)].attention;
        let load = &mut self.agent_states[agent as usize].load;
        load.progress(self.now, attention);
        let left = load.remove(slot);
        self.touch(agent);
        self.reschedule(agent);
        left
    }

    /// The reply that was in the making is sent.
    pub(super) fn work_done(&mut self, agent: AgentIdx) {
        let now = self.now;
        let team = self.agents[agent].team;
        let attention = self.plan.teams[usize::from(team)].attention;
        let state = &mut self.agent_states[agent as usize];
        state.load.progress(now, attention);
        let Some((index, _)) = state.load.next_ready(now, attention) else { return };
        let slot = state.load.awaiting.remove(index).slot;
        if state.load.is_idle() {
            state.work = NO_STAMP;
        } else {
            self.reschedule(agent);
        }
        self.touch(agent);
        let template = self.send(slot);
        self.keep_message(slot, Sender::Agent, template);
        let conversation = &mut self.slots[slot as usize];
        conversation.owed = false;
        conversation.work_left = -1.0;
        conversation.patience = NO_STAMP;
        conversation.agent_messages = conversation.agent_messages.saturating_add(1);
        conversation.work_ms += conversation.reply_work;
        conversation.human_answered = true;
        conversation.waiting_since = Instant::NEVER;
        if conversation.first_human_at == Instant::NEVER {
            conversation.first_human_at = now;
        }
        if conversation.first_response_at == Instant::NEVER {
            conversation.first_response_at = now;
        }
        conversation.replies_left = conversation.replies_left.saturating_sub(1);
        let work = conversation.reply_work;
        // In a replay, nothing more was asked: this reply was the last.
        let rest = self.recorded_replies(slot).map_or(u32::MAX, |replies| replies - 1);
        let replies_left = self.slots[slot as usize].replies_left.min(rest);
        self.accounts.reply(team, work);
        self.agent_meters.replied(agent);
        self.totals.work_drawn.0 += work as f64;
        self.totals.work_drawn.1 += 1;
        self.tell(slot, |_| Note::AgentReplied { agent, template });
        self.clock(slot, Input::AgentReply);
        self.fire(slot, Moment::AgentMessage, 0);
        if self.slots[slot as usize].phase != Phase::Agent || self.slots[slot as usize].agent != agent {
            // A rule moved or closed it.
            return;
        }
        if replies_left > 0 {
            self.set_status(slot, Status::Pending);
            if self.slots[slot as usize].phase != Phase::Agent || self.slots[slot as usize].agent != agent {
                // So may one that waits for this status.
                return self.arm_deadline(slot);
            }
            self.customer_thinks(slot, self.plan.desk.auto_resolve);
            self.arm_deadline(slot);
        } else {
            self.conversation_done(slot, agent);
        }
    }

    /// The last reply is sent: on to the next tier, or resolved; the agent wraps up and is free.
    fn conversation_done(&mut self, slot: u32, agent: AgentIdx) {
        let team = &self.plan.teams[usize::from(self.agents[agent].team)];
        let conversation = &self.slots[slot as usize];
        let entity = conversation.need.entity;
        let mut next = None;
        if !team.transfers.is_empty() {
            let mut stream = self.streams.nth(Purpose::Transfer, entity, u32::from(conversation.transfers));
            let u = stream.uniform();
            let mut sum = 0.0;
            next = team.transfers.iter().find_map(|&(to, chance)| {
                sum += chance;
                (u < sum).then_some(to)
            });
        }
        if let Some(wrap_up) = &team.wrap_up {
            let n = u32::from(conversation.replies_drawn);
            let span = wrap_up.draw_ms(&mut self.streams.nth(Purpose::Work, entity, 1 << 16 | n));
            self.wrap_up(agent, self.now.ms() + span);
        }
        match next {
            Some(to) => {
                self.release_agent(slot);
                self.draw_replies(slot);
                let now = self.now;
                let conversation = &mut self.slots[slot as usize];
                conversation.transfers = conversation.transfers.saturating_add(1);
                self.tell(slot, |_| Note::Transferred { to });
                self.slots[slot as usize].team = to;
                self.choose_policy(slot);
                self.enqueue(slot, to, now);
                self.arm_deadline(slot);
            }
            None => {
                self.release_agent(slot);
                self.resolve(slot, false);
            }
        }
    }

    /// How many replies the need takes from here on.
    pub(super) fn draw_replies(&mut self, slot: u32) {
        let conversation = &mut self.slots[slot as usize];
        let n = u32::from(conversation.exchanges_drawn);
        conversation.exchanges_drawn = conversation.exchanges_drawn.wrapping_add(1);
        if let Some(replies) = self.recorded_replies(slot) {
            self.slots[slot as usize].replies_left = replies;
            return;
        }
        let conversation = &mut self.slots[slot as usize];
        let mut stream = self.streams.nth(Purpose::Exchanges, conversation.need.entity, n);
        conversation.replies_left =
            self.plan.intents[usize::from(conversation.need.intent)].exchanges.draw_count(&mut stream);
    }

    fn wrap_up(&mut self, agent: AgentIdx, until: i64) {
        let stamp = self.events.schedule(Instant(until), Kind::WrapUpDone, agent);
        self.agent_states[agent as usize].wrap_up = stamp;
        self.touch(agent);
        self.groups.set_available(&mut self.agents, agent, false);
    }

    pub(super) fn wrapped_up(&mut self, agent: AgentIdx) {
        self.agent_states[agent as usize].wrap_up = NO_STAMP;
        self.touch(agent);
        if self.agent_states[agent as usize].duty == Duty::On {
            self.groups.set_available(&mut self.agents, agent, true);
            self.go_home_or_seek_work(agent);
        }
    }

    /// The conversation leaves its agent; what it held of him is free again, but he does not look for
    /// more yet.
    pub(super) fn give_back_slot(&mut self, slot: u32) -> AgentIdx {
        let agent = self.slots[slot as usize].agent;
        self.slots[slot as usize].agent = NO_AGENT;
        self.give_back(slot, agent);
        agent
    }

    #[inline]
    fn give_back(&mut self, slot: u32, agent: AgentIdx) {
        if std::mem::take(&mut self.slots[slot as usize].parked) {
            // It holds nothing of him.
            return;
        }
        let weight = i32::from(self.slots[slot as usize].weight);
        self.hold(agent, -1);
        let stamp = self.events.stamp();
        self.groups.change_load(&mut self.agents, agent, -weight, stamp);
    }

    /// The conversation leaves its agent, who takes the next.
    pub(super) fn release_agent(&mut self, slot: u32) {
        if self.slots[slot as usize].agent == NO_AGENT {
            return;
        }
        let agent = self.give_back_slot(slot);
        self.go_home_or_seek_work(agent);
    }

    /// The customer has been silent so long that the conversation holds no place any more. It stays its
    /// agent's, who may take another.
    pub(super) fn free_place(&mut self, slot: u32) {
        let conversation = &mut self.slots[slot as usize];
        conversation.patience = NO_STAMP;
        if conversation.phase != Phase::Agent || conversation.owed || conversation.parked {
            return;
        }
        let agent = conversation.agent;
        self.give_back(slot, agent);
        self.slots[slot as usize].parked = true;
        self.tell(slot, |_| Note::PlaceFreed { agent });
        self.go_home_or_seek_work(agent);
    }

    /// The customer of a conversation that holds no place writes again: its agent takes it back, even above
    /// what he may hold; if he has gone home for good, it queues.
    pub(super) fn take_back(&mut self, slot: u32) {
        let conversation = &mut self.slots[slot as usize];
        conversation.parked = false;
        let (agent, team) = (conversation.agent, conversation.team);
        let a = agent as usize;
        let away = matches!(self.agent_states[a].duty, Duty::Off | Duty::Paid);
        let keeps = self.plan.teams[usize::from(self.agents[agent].team)].shift_end == ShiftEnd::Keep;
        if away && !keeps {
            let now = self.now;
            self.enqueue(slot, team, now);
            return;
        }
        if away {
            // It waits for his next shift with the rest of what he keeps.
            self.agent_states[a].paused = true;
            self.touch(agent);
        }
        let weight = i32::from(self.slots[slot as usize].weight);
        let stamp = self.events.stamp();
        self.groups.change_load(&mut self.agents, agent, weight, stamp);
        self.hold(agent, 1);
        self.tell(slot, |w| Note::PlaceTaken { agent, open: w.agent_states[a].held as u16 });
        self.owe_reply(slot);
    }

    /// Frees what a conversation that has already gone elsewhere held of an agent.
    pub(super) fn free_capacity(&mut self, slot: u32, agent: AgentIdx) {
        self.give_back(slot, agent);
        self.go_home_or_seek_work(agent);
    }
}
