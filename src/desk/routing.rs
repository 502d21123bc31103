//! Who can take a conversation: agents in groups of equal skills, ordered by load.
//!
//! Within a group, agents on shift with room stand in lists by load, so the least (or most) loaded is
//! found without looking at all of them; in a list the one who has stood there longest comes first.

use crate::scenario::plan::{Assignment, IntentIdx, Plan, Team};

/// Index of an agent over all teams.
pub type AgentIdx = u32;

const NOBODY: u32 = u32::MAX;

/// How a team's agents and intents fall into groups and classes; fixed for a scenario.
#[derive(Clone, Debug)]
pub struct TeamLayout {
    /// Group of each shift of the team (index over all groups).
    pub group_of_shift: Vec<u16>,
    /// Class of each intent.
    pub class_of_intent: Vec<u16>,
    /// Groups that may take each class, in order of preference.
    pub groups_of_class: Vec<Vec<u16>>,
}

impl TeamLayout {
    /// Sorts the team's shifts into groups with the same skills and the intents into classes with the
    /// same groups. `first_group` is the index of the team's first group.
    pub fn of(plan: &Plan, team: &Team, first_group: u16) -> TeamLayout {
        let mut skill_sets: Vec<&Option<Vec<IntentIdx>>> = Vec::new();
        let mut group_of_shift = Vec::new();
        for shift in &team.shifts {
            let at = skill_sets.iter().position(|s| **s == shift.skills).unwrap_or_else(|| {
                skill_sets.push(&shift.skills);
                skill_sets.len() - 1
            });
            group_of_shift.push(first_group + at as u16);
        }
        let mut groups_of_class: Vec<Vec<u16>> = Vec::new();
        let mut class_of_intent = Vec::new();
        for intent in 0..plan.intents.len() as IntentIdx {
            let mut groups: Vec<(usize, u16)> = Vec::new();
            for (g, skills) in skill_sets.iter().enumerate() {
                // The most specialised group is asked first.
                match skills {
                    None => groups.push((usize::MAX, first_group + g as u16)),
                    Some(list) if list.contains(&intent) => groups.push((list.len(), first_group + g as u16)),
                    Some(_) => {}
                }
            }
            groups.sort();
            let groups: Vec<u16> = groups.into_iter().map(|(_, g)| g).collect();
            let class = groups_of_class.iter().position(|c| *c == groups).unwrap_or_else(|| {
                groups_of_class.push(groups);
                groups_of_class.len() - 1
            });
            class_of_intent.push(class as u16);
        }
        TeamLayout { group_of_shift, class_of_intent, groups_of_class }
    }

    /// Number of groups of the team.
    pub fn groups(&self) -> usize {
        self.group_of_shift.iter().max().map_or(0, |&last| {
            usize::from(last - self.group_of_shift.iter().min().copied().unwrap_or(last)) + 1
        })
    }

    /// Classes a group may take from.
    pub fn classes_of_group(&self, group: u16) -> Vec<u16> {
        (0..self.groups_of_class.len() as u16)
            .filter(|&c| self.groups_of_class[c as usize].contains(&group))
            .collect()
    }
}

/// The routing state of an agent.
#[derive(Clone, Debug)]
pub struct Agent {
    /// His team.
    pub team: u16,
    /// His group.
    pub group: u16,
    /// Capacity taken.
    pub load: u16,
    /// Capacity in all.
    pub capacity: u16,
    /// On shift, not on a break, not wrapping up: may take something.
    pub available: bool,
    /// When (a running number) he last took something.
    last_taken: u64,
    /// When (a running number) he last had less to do than before.
    last_freed: u64,
    next: AgentIdx,
    previous: AgentIdx,
}

impl Agent {
    /// Has room, and may fill it.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.available && self.load < self.capacity
    }
}

/// The routing state of every agent.
#[derive(Clone, Debug, Default)]
pub struct Agents(Vec<Agent>);

impl Agents {
    /// Adds an agent, not available yet.
    pub fn add(&mut self, team: u16, group: u16, capacity: u16) -> AgentIdx {
        self.0.push(Agent {
            team,
            group,
            load: 0,
            capacity,
            available: false,
            last_taken: 0,
            last_freed: 0,
            next: NOBODY,
            previous: NOBODY,
        });
        self.0.len() as AgentIdx - 1
    }

    /// Every agent, by index.
    pub fn all(&self) -> impl Iterator<Item = (AgentIdx, &Agent)> {
        (0..).zip(&self.0)
    }
}

impl std::ops::Index<AgentIdx> for Agents {
    type Output = Agent;

    #[inline]
    fn index(&self, agent: AgentIdx) -> &Agent {
        &self.0[agent as usize]
    }
}

impl std::ops::IndexMut<AgentIdx> for Agents {
    #[inline]
    fn index_mut(&mut self, agent: AgentIdx) -> &mut Agent {
        &mut self.0[agent as usize]
    }
}

/// The lists by load of every group.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// For each group: first and last agent of each load.
    lists: Vec<Vec<(u32, u32)>>,
}

impl Groups {
    /// Adds a group whose agents hold up to `capacity`.
    pub fn add(&mut self, capacity: u16) {
        self.lists.push(vec![(NOBODY, NOBODY); usize::from(capacity)]);
    }

    #[inline]
    fn link(&mut self, agents: &mut Agents, agent: AgentIdx) {
        let it = &mut agents[agent];
        let (first, last) = &mut self.lists[usize::from(it.group)][usize::from(it.load)];
        it.previous = *last;
        it.next = NOBODY;
        if *last == NOBODY {
            *first = agent;
        } else {
            agents[*last].next = agent;
        }
        *last = agent;
    }

    #[inline]
    fn unlink(&mut self, agents: &mut Agents, agent: AgentIdx) {
        let &Agent { group, load, previous, next, .. } = &agents[agent];
        let (first, last) = &mut self.lists[usize::from(group)][usize::from(load)];
        if previous == NOBODY {
            *first = next;
        } else {
            agents[previous].next = next;
        }
        if next == NOBODY {
            *last = previous;
        } else {
            agents[next].previous = previous;
        }
    }

    /// Changes the load of an agent by `by`; `stamp` is a running number.
    #[inline]
    pub fn change_load(&mut self, agents: &mut Agents, agent: AgentIdx, by: i32, stamp: u64) {
        if agents[agent].is_open() {
            self.unlink(agents, agent);
        }
        let it = &mut agents[agent];
        let load = i32::from(it.load) + by;
        debug_assert!(load >= 0, "an agent gave back more than he held");
        it.load = load.max(0) as u16;
        if by > 0 {
            it.last_taken = stamp;
        } else {
            it.last_freed = stamp;
        }
        if it.is_open() {
            self.link(agents, agent);
        }
    }

    /// Makes an agent available or not.
    pub fn set_available(&mut self, agents: &mut Agents, agent: AgentIdx, available: bool) {
        if agents[agent].is_open() {
            self.unlink(agents, agent);
        }
        agents[agent].available = available;
        if agents[agent].is_open() {
            self.link(agents, agent);
        }
    }

    /// Who stands in a list, from its first.
    #[inline]
    fn from_first(agents: &Agents, first: AgentIdx) -> impl Iterator<Item = AgentIdx> {
        let known = |agent: AgentIdx| (agent != NOBODY).then_some(agent);
        std::iter::successors(known(first), move |&agent| known(agents[agent].next))
    }

    /// The agent of `groups` who takes a conversation of this weight. `lot` is a uniform number for those
    /// who are drawn at random.
    #[inline]
    pub fn choose(
        &self,
        agents: &Agents,
        groups: &[u16],
        weight: u16,
        assignment: Assignment,
        lot: impl Fn() -> f64,
    ) -> Option<AgentIdx> {
        groups.iter().find_map(|&group| {
            let lists = &self.lists[usize::from(group)];
            let with_room = &lists[..(lists.len() + 1).checked_sub(usize::from(weight))?];
            let head = |&(first, _): &(AgentIdx, AgentIdx)| (first != NOBODY).then_some(first);
            match assignment {
                Assignment::LeastLoaded => with_room.iter().find_map(head),
                Assignment::MostLoaded => with_room.iter().rev().find_map(head),
                Assignment::Random => {
                    let first = with_room.iter().find_map(head)?;
                    let equals = || Self::from_first(agents, first);
                    let drawn = (lot() * equals().count() as f64) as usize;
                    equals().nth(drawn).or(Some(first))
                }
                Assignment::LongestIdle => Self::earliest(agents, with_room, |agent| agent.last_freed),
                Assignment::RoundRobin => Self::earliest(agents, with_room, |agent| agent.last_taken),
            }
        })
    }

    /// Of all in these lists the one with the smallest number.
    #[inline]
    fn earliest(
        agents: &Agents,
        lists: &[(AgentIdx, AgentIdx)],
        number: impl Fn(&Agent) -> u64,
    ) -> Option<AgentIdx> {
        let mut best = (u64::MAX, NOBODY);
        for &(first, _) in lists {
            let mut agent = first;
            while agent != NOBODY {
                let it = &agents[agent];
                best = best.min((number(it), agent));
                agent = it.next;
            }
        }
        (best.1 != NOBODY).then_some(best.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> (Agents, Groups) {
        let (mut agents, mut groups) = (Agents::default(), Groups::default());
        groups.add(3);
        for _ in 0..3 {
            let a = agents.add(0, 0, 3);
            groups.set_available(&mut agents, a, true);
        }
        (agents, groups)
    }

    #[test]
    fn least_loaded_goes_round() {
        let (mut agents, mut groups) = three();
        let mut taken = Vec::new();
        for stamp in 1..=9 {
            let a = groups.choose(&agents, &[0], 1, Assignment::LeastLoaded, || 0.5).unwrap();
            groups.change_load(&mut agents, a, 1, stamp);
            taken.push(a);
        }
        assert_eq!(taken, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::LeastLoaded, || 0.5), None);
        groups.change_load(&mut agents, 1, -1, 10);
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::LeastLoaded, || 0.5), Some(1));
        groups.set_available(&mut agents, 1, false);
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::LeastLoaded, || 0.5), None);
    }

    #[test]
    fn other_assignments() {
        let (mut agents, mut groups) = three();
        groups.change_load(&mut agents, 1, 2, 1);
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::MostLoaded, || 0.5), Some(1));
        assert_eq!(groups.choose(&agents, &[0], 2, Assignment::MostLoaded, || 0.5), Some(0));
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::RoundRobin, || 0.5), Some(0));
        groups.change_load(&mut agents, 0, 1, 2);
        groups.change_load(&mut agents, 0, -1, 3);
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::RoundRobin, || 0.5), Some(2));
        assert_eq!(groups.choose(&agents, &[0], 1, Assignment::LongestIdle, || 0.5), Some(1));
    }

    #[test]
    fn a_lot_falls_on_one_of_the_least_loaded() {
        let (mut agents, mut groups) = (Agents::default(), Groups::default());
        groups.add(3);
        for agent in 0..4 {
            agents.add(0, 0, 3);
            groups.set_available(&mut agents, agent, true);
        }
        groups.change_load(&mut agents, 1, 1, 1);
        let drawn = |lot: f64| groups.choose(&agents, &[0], 1, Assignment::Random, || lot);
        assert_eq!([0.0, 0.3, 0.34, 0.66, 0.67, 0.999].map(drawn), [0, 0, 2, 2, 3, 3].map(Some));
    }
}
