//! Repeat contacts: which of the bot's solutions did not hold.

use super::slice::Key;

/// Solutions of the bot, and contacts that repeat an earlier one; matched when all rows are in, since
/// either may come first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Repeats {
    /// (conversation, when it was solved, its combination).
    solved: Vec<(u64, i64, Key)>,
    /// (conversation that is repeated, when the repeat began).
    repeats: Vec<(u64, i64)>,
}

impl Repeats {
    pub(super) fn solved_by_bot(&mut self, conversation: u64, at: i64, key: Key) {
        self.solved.push((conversation, at, key));
    }

    pub(super) fn repeated(&mut self, original: u64, started_at: i64) {
        self.repeats.push((original, started_at));
    }

    pub(super) fn merge(&mut self, other: &Repeats) {
        self.solved.extend_from_slice(&other.solved);
        self.repeats.extend_from_slice(&other.repeats);
    }

    /// The combinations of solutions that were raised again within the window, one entry for each.
    pub(super) fn taken_back(&self, window_ms: i64) -> Vec<Key> {
        let mut repeats = self.repeats.clone();
        repeats.sort_unstable();
        let within = |&(conversation, solved_at, key): &(u64, i64, Key)| {
            let from = repeats.partition_point(|(original, _)| *original < conversation);
            repeats[from..]
                .iter()
                .take_while(|(original, _)| *original == conversation)
                .any(|(_, at)| *at >= solved_at && at.saturating_sub(solved_at) <= window_ms)
                .then_some(key)
        };
        if repeats.is_empty() { Vec::new() } else { self.solved.iter().filter_map(within).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_within_the_window_and_once_each() {
        let key = |team| Key::new(team, 0, 0, 0, 0, 0);
        let mut r = Repeats::default();
        r.repeated(4, 1_500); // before its original's row came
        for (conversation, at) in [(1, 100), (2, 100), (3, 100), (4, 1_000)] {
            r.solved_by_bot(conversation, at, key(conversation as u16));
        }
        r.repeated(1, 600); // exactly the window
        r.repeated(1, 300); // a second time
        r.repeated(2, 601); // too late
        r.repeated(9, 200); // of nothing the bot solved
        let mut rest = Repeats::default();
        rest.repeated(3, 50); // before it was solved
        r.merge(&rest);
        assert_eq!(r.taken_back(500), [key(1), key(4)]);
    }
}
