//! Who was in the system when, of one replication: for the answers that sums of waits do not give.

use helpsim::facts::{Chunk, NEVER};
use std::ops::Range;

/// One conversation's stay in the system, ms.
#[derive(Clone, Copy, Debug)]
struct Stay {
    from: i64,
    /// An agent took it.
    taken: i64,
    to: i64,
    agent: u32,
}

/// Stays, and how long customers' messages lay with an agent.
#[derive(Debug)]
pub struct Presence {
    stays: Vec<Stay>,
    /// Last message of each conversation's customer.
    asked: Vec<i64>,
    /// Messages written then count: while the system fills up, and when nobody comes any more, answers come
    /// sooner than the rest of the time.
    counted: Range<i64>,
    answered: f64,
    answers: f64,
}

impl Presence {
    /// Of a replication that is measured from one instant to another.
    pub fn new(from: i64, to: i64) -> Presence {
        let counted = from..to - (to - from) / 20;
        Presence { stays: Vec::new(), asked: Vec::new(), counted, answered: 0.0, answers: 0.0 }
    }

    pub fn chunk(&mut self, chunk: &Chunk) {
        for row in &chunk.messages {
            let id = row.conversation as usize;
            if self.asked.len() <= id {
                self.asked.resize(id + 1024, NEVER);
            }
            match row.from {
                0 => self.asked[id] = row.at,
                2 if self.counted.contains(&self.asked[id]) => {
                    self.answered += (row.at - self.asked[id]) as f64;
                    self.answers += 1.0;
                }
                _ => {}
            }
        }
        for row in &chunk.conversations {
            // Before an agent took it, the first message lay with nobody.
            if row.agent_messages > 0 && self.counted.contains(&row.started_at) {
                self.answered -= row.queue_wait as f64;
            }
            let left = row.resolved_at.min(row.ended_at);
            let taken = if row.agent == u32::MAX { left } else { row.started_at + row.queue_wait };
            self.stays.push(Stay { from: row.started_at, taken, to: left, agent: row.agent });
        }
    }

    /// How many are in the system at an instant.
    pub fn at(&self, instant: i64) -> f64 {
        self.stays.iter().filter(|stay| stay.from < instant && instant <= stay.to).count() as f64
    }

    /// Share of the time with `n` in the system.
    pub fn share_with(&self, n: i64, from: i64, to: i64) -> f64 {
        time_at(self.stays.iter().map(|stay| (stay.from, stay.to)).collect(), n, from, to)
            / (to - from) as f64
    }

    /// Share of so many agents' time with `load` conversations each.
    pub fn agents_with(&self, load: i64, agents: u32, from: i64, to: i64) -> f64 {
        let of = |agent: u32| {
            let mine = self.stays.iter().filter(|stay| stay.agent == agent && stay.taken < stay.to);
            time_at(mine.map(|stay| (stay.taken, stay.to)).collect(), load, from, to)
        };
        (0..agents).map(of).sum::<f64>() / (f64::from(agents) * (to - from) as f64)
    }

    /// Time a customer's message lay with an agent: sum, and how many.
    pub fn answers(&self) -> (f64, f64) {
        (self.answered, self.answers)
    }
}

/// Time in [from, to) with exactly `n` of the stays going on.
fn time_at(stays: Vec<(i64, i64)>, n: i64, from: i64, to: i64) -> f64 {
    let mut changes: Vec<(i64, i64)> = stays.iter().flat_map(|stay| [(stay.0, 1), (stay.1, -1)]).collect();
    changes.push((from, 0));
    changes.push((to, 0));
    changes.sort_unstable();
    let (mut present, mut since, mut time) = (0, i64::MIN, 0);
    for (at, change) in changes {
        if present == n {
            time += (at.min(to) - since.max(from)).max(0);
        }
        present += change;
        since = at;
    }
    time as f64
}
