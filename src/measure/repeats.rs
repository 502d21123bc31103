//! Repeat contacts: which of the bot's solutions did not hold.

use super::bits::Bits;
use super::slice::Key;
use std::collections::BTreeMap;

/// Solutions of the bot, and contacts that repeat an earlier one. Either may come first, so they are
/// kept until they are matched, or until no row that is still to come could match.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    window_ms: i64,
    /// (conversation, when it was solved, its combination).
    solved: Vec<(u64, i64, Key)>,
    /// (conversation that is repeated, when the repeat began).
    repeats: Vec<(u64, i64)>,
    /// Solutions that did not hold, by combination.
    taken_back: BTreeMap<Key, u64>,
    /// Conversations whose row has come, and the latest start in each block of them.
    seen: Bits,
    latest_start: Vec<i64>,
    /// Pending entries at which to look for what can be forgotten.
    crowded_at: usize,
}

/// Numbers in a block of [`Repeats::latest_start`]: a word of the bit set.
const BLOCK: u64 = 64;
/// Pending entries worth a clean-up.
const CROWDED: usize = 1 << 20;

impl Repeats {
    pub(super) fn new(window_ms: i64) -> Repeats {
        Repeats { window_ms, crowded_at: CROWDED, ..Repeats::default() }
    }

    /// Every conversation's row is told here, whatever became of it.
    #[inline]
    pub(super) fn row(&mut self, conversation: u64, started_at: i64, repeat_of: u64) {
        self.seen.insert(conversation);
        let block = (conversation / BLOCK) as usize;
        if block >= self.latest_start.len() {
            self.latest_start.resize(block + 1, i64::MIN);
        }
        self.latest_start[block] = self.latest_start[block].max(started_at);
        if repeat_of != u64::MAX {
            self.repeats.push((repeat_of, started_at));
        }
    }

    #[inline]
    pub(super) fn solved_by_bot(&mut self, conversation: u64, at: i64, key: Key) {
        self.solved.push((conversation, at, key));
    }

    pub(super) fn merge(&mut self, other: &Repeats) {
        self.solved.extend_from_slice(&other.solved);
        self.repeats.extend_from_slice(&other.repeats);
        for (key, n) in &other.taken_back {
            *self.taken_back.entry(*key).or_default() += n;
        }
        self.seen.union(&other.seen);
        if self.latest_start.len() < other.latest_start.len() {
            self.latest_start.resize(other.latest_start.len(), i64::MIN);
        }
        self.latest_start.iter_mut().zip(&other.latest_start).for_each(|(a, b)| *a = (*a).max(*b));
    }

    /// Keeps memory bounded: what no row still to come could match is forgotten. Conversations are
    /// numbered in the order of arrival, so everything before the first number not seen is settled,
    /// and whatever comes began no earlier than it.
    pub(super) fn forget(&mut self) {
        if self.solved.len() + self.repeats.len() < self.crowded_at {
            return;
        }
        self.settle();
        let settled_blocks = self.seen.full_words();
        if let Some(last) = settled_blocks.checked_sub(1) {
            let (earliest, window_ms) = (self.latest_start[last], self.window_ms);
            self.solved.retain(|(_, at, _)| at.saturating_add(window_ms) >= earliest);
            let settled = settled_blocks as u64 * BLOCK;
            self.repeats.retain(|(original, _)| *original >= settled);
        }
        self.crowded_at = CROWDED.max(2 * (self.solved.len() + self.repeats.len()));
    }

    /// Solutions that did not hold, by combination, of all rows so far.
    pub(super) fn taken_back(&mut self) -> &BTreeMap<Key, u64> {
        self.settle();
        &self.taken_back
    }

    /// Matches what can be matched.
    fn settle(&mut self) {
        if self.repeats.is_empty() {
            return;
        }
        self.repeats.sort_unstable();
        let (repeats, window_ms, taken_back) = (&self.repeats, self.window_ms, &mut self.taken_back);
        self.solved.retain(|&(conversation, solved_at, key)| {
            let from = repeats.partition_point(|(original, _)| *original < conversation);
            let matched = repeats[from..]
                .iter()
                .take_while(|(original, _)| *original == conversation)
                .any(|(_, at)| *at >= solved_at && at.saturating_sub(solved_at) <= window_ms);
            if matched {
                *taken_back.entry(key).or_default() += 1;
            }
            !matched
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(team: u64) -> Key {
        Key::new(team as u16, 0, 0, 0, 0, 0)
    }

    #[test]
    fn only_within_the_window_and_once_each() {
        let mut r = Repeats::new(500);
        r.row(10, 1_500, 4); // before its original's row came
        for (conversation, at) in [(1, 100), (2, 100), (3, 100), (4, 1_000)] {
            r.row(conversation, at, u64::MAX);
            r.solved_by_bot(conversation, at, key(conversation));
        }
        r.row(11, 600, 1); // exactly the window
        r.row(12, 300, 1); // a second time
        r.row(13, 601, 2); // too late
        r.row(14, 200, 9); // of nothing the bot solved
        let mut rest = Repeats::new(500);
        rest.row(15, 50, 3); // before it was solved
        r.merge(&rest);
        let expected = BTreeMap::from([(key(1), 1), (key(4), 1)]);
        assert_eq!(r.taken_back(), &expected);
        assert_eq!(r.taken_back(), &expected, "asking twice changes nothing");
    }

    /// Forgetting changes no answer: conversation i begins at i, the bot solves it, and every third one
    /// is raised again 90 later, the row of which comes only much later.
    #[test]
    fn forgetting_loses_nothing() {
        let run = |forget_often: bool| {
            let mut r = Repeats::new(100);
            let mut most = 0;
            for i in 0..20_000_u64 {
                let at = i as i64;
                let repeat_of = if i % 3 == 0 && i >= 90 { i - 90 } else { u64::MAX };
                // One in ten rows is late by 500.
                if i % 10 != 0 {
                    r.row(i, at, repeat_of);
                    r.solved_by_bot(i, at, key(i % 4));
                }
                if i >= 500 && (i - 500) % 10 == 0 {
                    let late = i - 500;
                    let repeat_of = if late % 3 == 0 && late >= 90 { late - 90 } else { u64::MAX };
                    r.row(late, late as i64, repeat_of);
                }
                if forget_often && i % 100 == 0 {
                    r.crowded_at = 0;
                    r.forget();
                }
                most = most.max(r.solved.len() + r.repeats.len());
            }
            (r.taken_back().clone(), most)
        };
        let ((all, kept), (same, few)) = (run(false), run(true));
        assert_eq!(all, same);
        assert!(all.values().sum::<u64>() > 5_000);
        assert!(kept > 18_000 && few < 2_000, "{kept} {few}");
    }
}
