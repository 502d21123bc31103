//! One cell of the table: everything kept for one combination of team, intent, priority, segment,
//! language and source.

use super::formula::KEPT;
use super::slice::Key;
use super::sums::{Add, CLOCKS, ClockSums, ConversationSums, QueueSums};
use crate::stats::{EXACT_ROWS, Quantiles};
use fxhash::FxHashMap;

/// Rows a single cell may keep once the whole has outgrown [`EXACT_ROWS`]: about what its sketch
/// would take.
const CELL_ROWS: u64 = 8_192;

/// Sums and durations of one combination.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) conversations: ConversationSums,
    pub(super) queue: QueueSums,
    pub(super) clocks: [ClockSums; CLOCKS],
    pub(super) kept: [Quantiles; KEPT],
}

/// The cells of one replication.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    /// Where a combination's cell is; its order reaches no result.
    index: FxHashMap<u64, usize>,
    cells: Vec<(Key, Cell)>,
    /// The combination asked for last: rows of the same kind often follow each other.
    last: Option<(Key, usize)>,
}

impl Cells {
    /// The cell of a combination, made if it is new.
    #[inline]
    pub(super) fn cell(&mut self, key: Key) -> &mut Cell {
        let at = match self.last {
            Some((last, at)) if last == key => at,
            _ => self.look_up(key),
        };
        &mut self.cells[at].1
    }

    #[inline(never)]
    fn look_up(&mut self, key: Key) -> usize {
        let next = self.cells.len();
        let at = *self.index.entry(key.bits()).or_insert(next);
        if at == next {
            self.cells.push((key, Cell::default()));
        }
        self.last = Some((key, at));
        at
    }

    pub(super) fn merge(&mut self, other: &Cells) {
        for (key, theirs) in &other.cells {
            let mine = self.cell(*key);
            mine.conversations.add(&theirs.conversations);
            mine.queue.add(&theirs.queue);
            mine.clocks.add(&theirs.clocks);
            mine.kept.iter_mut().zip(&theirs.kept).for_each(|(a, b)| a.merge(b));
        }
    }

    /// Keeps memory bounded: a duration with more than [`EXACT_ROWS`] rows in all goes over to
    /// sketches, except in cells that are small. What is a sketch depends on the rows alone, not on
    /// when this was called.
    pub(super) fn compact(&mut self) {
        for kept in 0..KEPT {
            let rows: u64 = self.cells.iter().map(|(_, cell)| cell.kept[kept].n()).sum();
            if rows > EXACT_ROWS {
                self.cells.iter_mut().for_each(|(_, cell)| cell.kept[kept].compact(CELL_ROWS));
            }
        }
    }

    /// Every combination and its cell, in the order of the combinations.
    pub(super) fn sorted(&self) -> Vec<(Key, &Cell)> {
        let mut sorted: Vec<(Key, &Cell)> = self.cells.iter().map(|(key, cell)| (*key, cell)).collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }
}
