//! From the bot (or straight from the channel) to people: queues, assignment, overflow, pre-emption.

use super::accounts::Leaving;
use super::conversation::{NO_AGENT, NO_TEAM, Phase};
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::World;
use crate::desk::{AgentIdx, Entry};
use crate::facts::{HandOff, NONE, Outcome, QueueEnd, QueueStayRow};
use crate::random::Purpose;
use crate::rules::Moment;
use crate::scenario::plan::TeamIdx;
use crate::scenario::switches::Status;
use crate::sla::Input;
use crate::time::Instant;

impl<O: Observer> World<'_, O> {
    /// A conversation comes to people for the first time: its ticket is made, then it queues.
    pub(super) fn hand_to_people(&mut self, slot: u32, team: TeamIdx) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        let reopened = conversation.phase == Phase::Resolved;
        conversation.handed_off_at = now;
        conversation.phase = Phase::Queue;
        conversation.team = team;
        conversation.ticket = true;
        conversation.ticket_at = now;
        self.accounts.backlog(now, 1);
        self.draw_replies(slot);
        if reopened {
            self.set_status(slot, Status::Open);
            if self.slots[slot as usize].phase == Phase::Free {
                return;
            }
            self.tell(slot, |_| Note::HandedOver { reason: HandOff::AskedForPerson, team });
        }
        self.clock_ticket_created(slot);
        if reopened {
            self.fire(slot, Moment::Reopened, 0);
        }
        self.fire(slot, Moment::TicketCreated, 0);
        // A rule may have moved, resolved or closed it.
        if self.slots[slot as usize].phase == Phase::Queue && self.slots[slot as usize].queue == NO_STAMP {
            let team = self.slots[slot as usize].team;
            self.enqueue(slot, team, now);
        }
        self.arm_deadline(slot);
    }

    /// A reopened ticket that was with the bot again comes back to people.
    pub(super) fn back_to_people(&mut self, slot: u32, team: TeamIdx) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        conversation.phase = Phase::Queue;
        conversation.team = team;
        self.accounts.backlog(now, 1);
        self.draw_replies(slot);
        self.clock(slot, Input::HandedOff);
        self.choose_policy(slot);
        self.enqueue(slot, team, now);
        self.arm_deadline(slot);
    }

    /// Enters a team's queue, or is taken at once. `rank_since` is what the place counts from.
    pub(super) fn enqueue(&mut self, slot: u32, team: TeamIdx, rank_since: Instant) {
        let now = self.now;
        let t = usize::from(team);
        {
            let conversation = &mut self.slots[slot as usize];
            conversation.phase = Phase::Queue;
            conversation.team = team;
            conversation.queued_at = now;
            conversation.rank_since = rank_since;
            conversation.agent = NO_AGENT;
        }
        self.clock(slot, Input::EnteredQueue);
        if let Some(agent) = self.free_agent(slot, team) {
            self.accounts.pass_queue(team, now);
            self.push_stay(slot, QueueEnd::Taken, team);
            self.assign(slot, agent);
            return;
        }
        if self.plan.teams[t].preempt && self.preempt_for(slot, team) {
            return;
        }
        if self.turned_away(slot, team) {
            return;
        }
        let stamp = self.events.stamp();
        let staffed = self.staffed[t];
        let due = self.tickets.due(slot);
        let (class, priority) = {
            let conversation = &mut self.slots[slot as usize];
            conversation.queue = stamp;
            conversation.saw_staff = staffed > 0;
            (
                self.c.teams[t].layout.class_of_intent[usize::from(conversation.need.intent)],
                conversation.priority,
            )
        };
        let ahead = self.rooms[t].len() as u32;
        self.rooms[t].enter(usize::from(class), Entry { slot, stamp }, rank_since, priority, due);
        self.accounts.enter_queue(team, now);
        self.tell(slot, |_| Note::EnteredQueue { team, ahead, staffed });
        self.start_patience(slot, true);
        if let Some((after, _)) = self.plan.teams[t].overflow {
            let overflow = self.events.schedule(now + after, Kind::Overflow, slot);
            self.tickets.set_overflow(slot, overflow);
        }
        self.schedule_follow_up(slot);
        self.fire(slot, Moment::Queued, ahead + 1);
    }

    /// No place to wait, or the customer does not care to: gone.
    fn turned_away(&mut self, slot: u32, team: TeamIdx) -> bool {
        let blocked = self.plan.teams[usize::from(team)]
            .max_waiting
            .is_some_and(|places| self.rooms[usize::from(team)].len() >= places as usize);
        let balk = self.plan.customer.balk;
        let balked = !blocked
            && balk > 0.0
            && self.streams.stream(Purpose::Balk, self.slots[slot as usize].need.entity).chance(balk);
        if !blocked && !balked {
            return false;
        }
        self.tell(slot, |_| if blocked { Note::TurnedAway { team } } else { Note::Balked { team } });
        self.accounts.turn_away(team);
        self.push_stay(slot, if blocked { QueueEnd::Blocked } else { QueueEnd::Balked }, NONE);
        let answered = self.slots[slot as usize].human_answered;
        self.end(slot, if answered { Outcome::LeftAgent } else { Outcome::Abandoned });
        true
    }

    /// An agent of the team who can take the conversation now.
    #[inline]
    pub(super) fn free_agent(&self, slot: u32, team: TeamIdx) -> Option<AgentIdx> {
        let compiled = &self.c.teams[usize::from(team)];
        let conversation = &self.slots[slot as usize];
        if self.plan.desk.sticky && conversation.last_agent != NO_AGENT {
            let last = &self.agents[conversation.last_agent];
            if last.team == team && last.available && last.load + conversation.weight <= last.capacity {
                return Some(conversation.last_agent);
            }
        }
        let class = compiled.layout.class_of_intent[usize::from(conversation.need.intent)];
        let groups = &compiled.layout.groups_of_class[usize::from(class)];
        // One lot for each round of replies; far from those that are drawn for offers.
        let n = 1 << 16 | u32::from(conversation.exchanges_drawn);
        let lot = || self.streams.nth(Purpose::Routing, conversation.need.entity, n).uniform();
        self.groups.choose(&self.agents, groups, conversation.weight, compiled.assignment, lot)
    }

    /// Interrupts the least urgent reply that is less urgent than this conversation.
    fn preempt_for(&mut self, slot: u32, team: TeamIdx) -> bool {
        let compiled = &self.c.teams[usize::from(team)];
        let conversation = &self.slots[slot as usize];
        let class = compiled.layout.class_of_intent[usize::from(conversation.need.intent)];
        let groups = &compiled.layout.groups_of_class[usize::from(class)];
        let victim = self
            .agents
            .all()
            .filter(|(_, agent)| groups.contains(&agent.group) && agent.available)
            .flat_map(|(a, _)| {
                self.agent_states[a as usize].load.awaiting.iter().map(move |attended| (a, attended.slot))
            })
            .map(|(a, held)| {
                (self.slots[held as usize].priority, self.slots[held as usize].queued_at, held, a)
            })
            .filter(|&(priority, ..)| priority > conversation.priority)
            .max_by_key(|&(priority, queued_at, held, _)| (priority, queued_at, held));
        let Some((_, _, victim, agent)) = victim else { return false };
        self.tell(victim, |_| Note::Interrupted { agent });
        self.back_to_queue(victim);
        self.accounts.pass_queue(team, self.now);
        self.push_stay(slot, QueueEnd::Taken, team);
        self.assign(slot, agent);
        true
    }

    /// Takes a conversation off its agent and puts it back where it was in the queue; the work done on
    /// its reply is kept.
    pub(super) fn back_to_queue(&mut self, slot: u32) {
        let left = self.drop_work(slot);
        let (team, rank_since) = {
            let conversation = &mut self.slots[slot as usize];
            conversation.work_left = left.unwrap_or(-1.0);
            (conversation.team, conversation.rank_since)
        };
        self.give_back_slot(slot);
        // It must not be handed to the agent it was just taken from: it waits.
        let stamp = self.events.stamp();
        let t = usize::from(team);
        let due = self.tickets.due(slot);
        let now = self.now;
        let (class, priority) = {
            let conversation = &mut self.slots[slot as usize];
            conversation.phase = Phase::Queue;
            conversation.queue = stamp;
            conversation.queued_at = now;
            conversation.saw_staff = true;
            (
                self.c.teams[t].layout.class_of_intent[usize::from(conversation.need.intent)],
                conversation.priority,
            )
        };
        self.rooms[t].enter(usize::from(class), Entry { slot, stamp }, rank_since, priority, due);
        self.accounts.enter_queue(team, now);
        self.start_patience(slot, true);
    }

    /// Its priority changed while it waits: the place follows.
    pub(super) fn requeue(&mut self, slot: u32) {
        let stamp = self.events.stamp();
        let due = self.tickets.due(slot);
        let conversation = &mut self.slots[slot as usize];
        conversation.queue = stamp;
        let t = usize::from(conversation.team);
        let class = self.c.teams[t].layout.class_of_intent[usize::from(conversation.need.intent)];
        let (since, priority) = (conversation.rank_since, conversation.priority);
        self.rooms[t].offer(usize::from(class), Entry { slot, stamp }, since, priority, due);
    }

    /// Leaves the queue, however.
    #[inline]
    pub(super) fn leave_queue(&mut self, slot: u32, how: QueueEnd) {
        let now = self.now;
        let conversation = &mut self.slots[slot as usize];
        let (team, entered_at) = (conversation.team, conversation.queued_at);
        conversation.queue = NO_STAMP;
        conversation.patience = NO_STAMP;
        conversation.queue_ms += (now - entered_at).ms();
        self.rooms[usize::from(team)].left();
        let leaving = match how {
            QueueEnd::Taken => Leaving::Taken,
            QueueEnd::Abandoned | QueueEnd::Blocked | QueueEnd::Balked => Leaving::Abandoned,
            QueueEnd::Moved | QueueEnd::Waiting => Leaving::Moved,
        };
        self.accounts.leave_queue(team, now, entered_at, leaving);
        self.tickets.set_overflow(slot, NO_STAMP);
        if how != QueueEnd::Taken {
            self.push_stay(slot, how, NONE);
        }
    }

    #[inline]
    pub(super) fn push_stay(&mut self, slot: u32, end: QueueEnd, taken_by: u16) {
        let conversation = &self.slots[slot as usize];
        self.chunk.queue_stays.push(QueueStayRow {
            conversation: conversation.id,
            team: conversation.team,
            taken_by,
            intent: conversation.need.intent,
            segment: conversation.need.segment,
            language: conversation.need.language,
            priority: conversation.priority,
            source: conversation.need.source,
            end: end as u8,
            measured: conversation.measured,
            entered_at: conversation.queued_at.ms(),
            left_at: self.now.ms(),
        });
    }

    /// An agent with room takes what waits for him, in order.
    pub(super) fn seek_work(&mut self, agent: AgentIdx) {
        while self.agents[agent].is_open() {
            let (team, group) = (self.agents[agent].team, self.agents[agent].group);
            let compiled = &self.c.teams[usize::from(team)];
            let classes = &compiled.classes_of_group[usize::from(group - compiled.first_group)];
            let slots = &self.slots;
            let entry =
                self.rooms[usize::from(team)].take(classes, |e| slots[e.slot as usize].queue == e.stamp);
            let Some(entry) = entry else { return };
            let slot = entry.slot;
            self.leave_queue(slot, QueueEnd::Taken);
            self.push_stay(slot, QueueEnd::Taken, team);
            if self.slots[slot as usize].need.script == u32::MAX {
                // What he would have written while waiting is not needed any more.
                self.slots[slot as usize].follow_up = NO_STAMP;
            }
            self.assign(slot, agent);
        }
    }

    /// The agent takes the conversation.
    pub(super) fn assign(&mut self, slot: u32, agent: AgentIdx) {
        let now = self.now;
        let weight = self.slots[slot as usize].weight;
        let stamp = self.events.stamp();
        self.groups.change_load(&mut self.agents, agent, i32::from(weight), stamp);
        let team = self.agents[agent].team;
        self.hold(agent, 1);
        let waited = {
            let conversation = &mut self.slots[slot as usize];
            conversation.phase = Phase::Agent;
            conversation.agent = agent;
            conversation.last_agent = agent;
            conversation.team = team;
            (now - conversation.queued_at).ms()
        };
        self.agent_meters.took(agent);
        self.tell(slot, |_| Note::TakenBy { agent, team, waited_ms: waited });
        if self.refuses(slot, agent) {
            return;
        }
        // It may be another team's agent who helps out.
        self.clock_team(slot);
        self.clock(slot, Input::LeftQueue);
        self.clock(slot, Input::Assigned);
        self.fire(slot, Moment::Assigned, 0);
        if self.slots[slot as usize].phase == Phase::Agent {
            self.owe_reply(slot);
        }
    }

    /// The offer is not taken up: it lapses and goes to the next agent.
    fn refuses(&mut self, slot: u32, agent: AgentIdx) -> bool {
        let team = self.agents[agent].team;
        let Some((lapse, chance)) = self.plan.teams[usize::from(team)].refusal else { return false };
        let conversation = &self.slots[slot as usize];
        let n = u32::from(conversation.patience_drawn) + 1;
        if !self.streams.nth(Purpose::Routing, conversation.need.entity, n).chance(chance) {
            return false;
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.patience_drawn = conversation.patience_drawn.wrapping_add(1);
        conversation.phase = Phase::Offered;
        conversation.step = self.events.schedule(self.now + lapse, Kind::OfferLapses, slot);
        self.start_patience(slot, true);
        true
    }

    pub(super) fn offer_lapses(&mut self, slot: u32) {
        let agent = self.slots[slot as usize].agent;
        self.tell(slot, |_| Note::Refused { agent });
        let (team, rank_since) = (self.slots[slot as usize].team, self.slots[slot as usize].rank_since);
        self.slots[slot as usize].step = NO_STAMP;
        self.slots[slot as usize].patience = NO_STAMP;
        self.enqueue(slot, team, rank_since);
        // Freed only now, so that the offer goes to somebody else if there is anybody.
        self.free_capacity(slot, agent);
    }

    pub(super) fn overflow_is_live(&self, slot: u32, stamp: u64) -> bool {
        self.tickets.overflow(slot) == stamp
    }

    /// From now on another team may take it, too.
    pub(super) fn overflow(&mut self, slot: u32) {
        let home = self.slots[slot as usize].team;
        let Some((_, team)) = self.plan.teams[usize::from(home)].overflow else { return };
        self.tell(slot, |_| Note::OverflowTo { team });
        self.tickets.set_overflow(slot, NO_STAMP);
        if let Some(agent) = self.free_agent(slot, team) {
            self.leave_queue(slot, QueueEnd::Taken);
            self.push_stay(slot, QueueEnd::Taken, team);
            self.assign(slot, agent);
            return;
        }
        let conversation = &self.slots[slot as usize];
        let class =
            self.c.teams[usize::from(team)].layout.class_of_intent[usize::from(conversation.need.intent)];
        let entry = Entry { slot, stamp: conversation.queue };
        let due = self.tickets.due(slot);
        let (since, priority) = (conversation.rank_since, conversation.priority);
        self.rooms[usize::from(team)].offer(usize::from(class), entry, since, priority, due);
    }

    /// Moves a conversation to another team's queue, from wherever it is.
    pub(super) fn move_to(&mut self, slot: u32, team: TeamIdx) {
        match self.slots[slot as usize].phase {
            Phase::Bot => {
                self.hand_off(slot, HandOff::Rule, Some(team));
                return;
            }
            Phase::Queue if self.slots[slot as usize].queue == NO_STAMP => {
                // On its way into a queue: this one.
                self.slots[slot as usize].team = team;
                self.choose_policy(slot);
                return;
            }
            Phase::Queue => {
                if self.slots[slot as usize].team == team {
                    return;
                }
                self.leave_queue(slot, QueueEnd::Moved);
            }
            Phase::Agent | Phase::Offered => {
                if self.slots[slot as usize].team == team {
                    return;
                }
                let left = self.drop_work(slot);
                self.slots[slot as usize].work_left = left.unwrap_or(-1.0);
                self.release_agent(slot);
            }
            Phase::Snoozed => {
                // The other team looks at it at once.
                self.slots[slot as usize].patience = NO_STAMP;
                self.slots[slot as usize].phase = Phase::Queue;
                self.set_status(slot, Status::Open);
            }
            Phase::Resolved | Phase::Free => return,
        }
        let conversation = &mut self.slots[slot as usize];
        conversation.transfers = conversation.transfers.saturating_add(1);
        self.tell(slot, |_| Note::Transferred { to: team });
        let now = self.now;
        self.slots[slot as usize].team = team;
        self.choose_policy(slot);
        self.fire(slot, Moment::Moved, 0);
        if self.slots[slot as usize].phase != Phase::Free && self.slots[slot as usize].queue == NO_STAMP {
            let team = self.slots[slot as usize].team;
            debug_assert_ne!(team, NO_TEAM);
            self.enqueue(slot, team, now);
        }
    }
}
