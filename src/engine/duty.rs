//! Agents come, pause and go.

use super::conversation::Phase;
use super::event_list::NO_STAMP;
use super::story::{Note, Observer};
use super::world::World;
use crate::desk::{AgentIdx, Duty};
use crate::random::Purpose;
use crate::scenario::plan::ShiftEnd;

impl<O: Observer> World<'_, O> {
    pub(super) fn change_duty(&mut self, index: usize) {
        let block = self.c.duty[index];
        for agent in block.first_agent..block.first_agent + block.agents {
            let team = self.agents.team[agent as usize];
            let shrinkage = self.plan.teams[usize::from(team)].shrinkage;
            let mut to = block.to;
            if shrinkage > 0.0
                && matches!(to, Duty::On | Duty::Break)
                && self.is_absent(agent, block.day, shrinkage)
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
        let team = self.agents.team[a];
        let from = self.agent_states[a].duty;
        if from == to {
            return;
        }
        let resumed = to == Duty::On && self.agent_states[a].paused;
        let now = self.now;
        let attention = self.plan.teams[usize::from(team)].attention;
        self.change_agent(agent, |world| {
            let state = &mut world.agent_states[a];
            state.duty = to;
            if resumed {
                // Nothing was done since the last shift.
                state.load.skip_to(now);
                state.paused = false;
            }
        });
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
                    self.change_agent(agent, |world| {
                        let state = &mut world.agent_states[a];
                        state.load.progress(now, attention);
                        state.paused = true;
                        state.work = NO_STAMP;
                    });
                }
                ShiftEnd::HandBack => self.hand_back_all(agent),
            }
        }
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
