//! How an agent's attention is spent on the conversations that await a reply.
//!
//! Serial: one reply is composed at a time, in order of arrival. Shared: all progress together,
//! evenly (limited processor sharing). The speed follows how many conversations the agent holds open
//! (the efficiency curve) in both cases.

use crate::scenario::plan::Attention;
use crate::time::Instant;
use smallvec::SmallVec;

/// A reply in the making: the conversation's slot and the work left, in ms at full speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attended {
    /// Slot of the conversation.
    pub slot: u32,
    /// Work left, ms at speed 1.
    pub left: f64,
    /// Speed factor of this conversation (proficiency).
    pub speed: f64,
}

/// What an agent is busy with.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Conversations awaiting a reply, oldest first.
    pub awaiting: SmallVec<[Attended; 4]>,
    /// Work is accounted for up to this instant.
    since: Instant,
    /// Speed since then.
    pub speed: f64,
}

impl Load {
    /// Nothing to do.
    pub fn new(speed: f64) -> Load {
        Load { speed, ..Load::default() }
    }

    /// Accounts for the work done between the last change and `now`.
    #[inline]
    pub fn progress(&mut self, now: Instant, attention: Attention) {
        let elapsed = (now - self.since).ms() as f64;
        self.since = now;
        if elapsed <= 0.0 {
            return;
        }
        match attention {
            Attention::Serial => {
                if let Some(first) = self.awaiting.first_mut() {
                    first.left -= elapsed * self.speed * first.speed;
                }
            }
            Attention::Shared => {
                let share = elapsed * self.speed / self.awaiting.len().max(1) as f64;
                for attended in &mut self.awaiting {
                    attended.left -= share * attended.speed;
                }
            }
        }
    }

    /// Which reply is ready next, and when, if nothing changes. Call after [`Load::progress`].
    #[inline]
    pub fn next_ready(&self, now: Instant, attention: Attention) -> Option<(usize, Instant)> {
        let (index, wall_ms) = match attention {
            Attention::Serial => self.awaiting.first().map(|a| (0, a.left / (self.speed * a.speed)))?,
            Attention::Shared => {
                let n = self.awaiting.len() as f64;
                self.awaiting
                    .iter()
                    .enumerate()
                    .map(|(i, a)| (i, a.left * n / (self.speed * a.speed)))
                    .min_by(|a, b| a.1.total_cmp(&b.1))?
            }
        };
        // To the nearest ms, so that rounding neither lengthens nor shortens work on average.
        Some((index, Instant(now.ms() + (wall_ms.max(0.0) + 0.5) as i64)))
    }

    /// Removes the reply of a conversation, if one is in the making, and gives the work left.
    #[inline]
    pub fn remove(&mut self, slot: u32) -> Option<f64> {
        let at = self.awaiting.iter().position(|a| a.slot == slot)?;
        Some(self.awaiting.remove(at).left)
    }

    /// Nothing to do.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.awaiting.is_empty()
    }

    /// Nothing was done up to `now`.
    #[inline]
    pub fn skip_to(&mut self, now: Instant) {
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(attention: Attention) -> Vec<(usize, i64)> {
        let mut load = Load::new(1.0);
        load.awaiting.push(Attended { slot: 7, left: 300.0, speed: 1.0 });
        load.awaiting.push(Attended { slot: 8, left: 100.0, speed: 1.0 });
        let mut ready = Vec::new();
        let mut now = Instant(0);
        while let Some((index, at)) = load.next_ready(now, attention) {
            load.progress(at, attention);
            now = at;
            load.awaiting.remove(index);
            ready.push((index, at.ms()));
        }
        ready
    }

    #[test]
    fn serial_keeps_order_and_shared_splits() {
        assert_eq!(two(Attention::Serial), [(0, 300), (0, 400)]);
        assert_eq!(two(Attention::Shared), [(1, 200), (0, 400)]);
    }

    #[test]
    fn a_change_of_speed_rescales() {
        let mut load = Load::new(1.0);
        load.awaiting.push(Attended { slot: 7, left: 300.0, speed: 1.0 });
        load.progress(Instant(100), Attention::Serial);
        load.speed = 0.5;
        assert_eq!(load.next_ready(Instant(100), Attention::Serial), Some((0, Instant(500))));
    }
}
