//! Agents come, pause and go.

use super::conversation::Phase;
use super::event_list::NO_STAMP;
use super::story::{Note, Observer};
use super::world::World;
use crate::desk::{Agent, AgentIdx, Duty};
use crate::random::Purpose;
use crate::scenario::plan::ShiftEnd;

impl<O: Observer> World<'_, O> {
    pub(super) fn change_duty(&mut self, index: usize) {
        let block = self.c.duty[index];
        for place in block.first_agent..block.first_agent + block.agents {
            let agent = self.roster[place as usize];
            let team = self.agents[agent].team;
            let shrinkage = self.plan.teams[usize::from(team)].shrinkage;
            let mut to = block.to;
            if shrinkage > 0.0
                && matches!(to, Duty::On | Duty::Break)
                && self.is_absent(place, block.day, shrinkage)
            {
                to = Duty::Paid;
            }
            self.set_duty(agent, to);
        }
    }

    /// Sick, in training, on leave: drawn once for each agent and day.
    fn is_absent(&self, agent: AgentIdx, day: u32, shrinkage: f64) -> bool {
        self.streams.stream(Purpose::Absence, u64::from(agent) << 32 | u64::from(day)).chance(shrinkage)
    }

    fn set_duty(&mut self, agent: AgentIdx, to: Duty) {
        let a = agent as usize;
        let team = self.agents[agent].team;
        let from = self.agent_states[a].duty;
        if from == to {
            return;
        }
        if to == Duty::On && !self.overtime.is_empty() {
            self.overtime.retain(|&late| late != agent);
        }
        let resumed = to == Duty::On && self.agent_states[a].paused;
        let now = self.now;
        let attention = self.plan.teams[usize::from(team)].attention;
        let state = &mut self.agent_states[a];
        state.duty = to;
        if resumed {
            // Nothing was done since the last shift.
            state.load.skip_to(now);
            state.paused = false;
        }
        self.touch(agent);
        match (from == Duty::On, to == Duty::On) {
            (false, true) => self.staffed[usize::from(team)] += 1,
            (true, false) => self.staffed[usize::from(team)] -= 1,
            _ => {}
        }
        let may_take = to == Duty::On && self.agent_states[a].wrap_up == NO_STAMP;
        self.groups.set_available(&mut self.agents, agent, may_take);
        if resumed {
            self.reschedule(agent);
        }
        if may_take {
            self.seek_work(agent);
        }
        if to == Duty::Off && self.agent_states[a].held > 0 {
            match self.plan.teams[usize::from(team)].shift_end {
                ShiftEnd::Finish => {}
                ShiftEnd::Keep => {
                    let state = &mut self.agent_states[a];
                    state.load.progress(now, attention);
                    state.paused = true;
                    state.work = NO_STAMP;
                    self.touch(agent);
                }
                ShiftEnd::HandBack => self.hand_back_all(agent),
                ShiftEnd::FirstFree => self.seek_relief(agent),
            }
        }
    }

    /// Off duty with conversations in hand: a colleague who has none goes home in his stead, now or as
    /// soon as there is one.
    fn seek_relief(&mut self, late: AgentIdx) {
        let group = self.agents[late].group;
        let is_colleague = |(at, agent): &(AgentIdx, &Agent)| agent.group == group && self.is_free(*at);
        let free = self.agents.all().find(is_colleague).map(|(agent, _)| agent);
        match free {
            Some(free) => self.swap_places(late, free),
            None => self.overtime.push(late),
        }
    }

    fn is_free(&self, agent: AgentIdx) -> bool {
        let state = &self.agent_states[agent as usize];
        state.duty == Duty::On && state.held == 0 && state.wrap_up == NO_STAMP
    }

    /// An agent may have become free: he goes home in the stead of one who is late, or takes what waits.
    pub(super) fn go_home_or_seek_work(&mut self, agent: AgentIdx) {
        if !self.overtime.is_empty() {
            if self.agent_states[agent as usize].held == 0 {
                self.overtime.retain(|&late| late != agent);
            }
            let group = self.agents[agent].group;
            let late = self.overtime.iter().position(|&late| self.agents[late].group == group);
            if let Some(late) = late.filter(|_| self.is_free(agent)) {
                let late = self.overtime.remove(late);
                self.swap_places(late, agent);
                return;
            }
        }
        self.seek_work(agent);
    }

    /// From now on each works the other's shifts.
    fn swap_places(&mut self, late: AgentIdx, free: AgentIdx) {
        for place in &mut self.roster {
            *place = match *place {
                agent if agent == late => free,
                agent if agent == free => late,
                agent => agent,
            };
        }
        self.set_duty(free, Duty::Off);
        self.set_duty(late, Duty::On);
    }

    /// Everything the agent holds goes back to the head of the queue; who is free takes it.
    fn hand_back_all(&mut self, agent: AgentIdx) {
        let held: Vec<u32> = (0..self.slots.len() as u32)
            .filter(|&slot| {
                let conversation = &self.slots[slot as usize];
                conversation.agent == agent && conversation.phase == Phase::Agent
            })
            .collect();
        for slot in held {
            self.tell(slot, |_| Note::HandedBack { agent });
            self.slots[slot as usize].step = NO_STAMP;
            self.back_to_queue(slot);
            let team = self.slots[slot as usize].team;
            if let Some(free) = self.free_agent(slot, team) {
                self.seek_work(free);
            }
        }
    }
}
