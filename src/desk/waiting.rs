//! The waiting room of a team: one ordered queue for each class of conversations that the same agents
//! can serve. An entry's rank never changes while it waits, so a heap with lazy removal serves every
//! order: by priority, by longest wait, by SLA due time, with ageing (linear ageing is static). Who goes
//! to the end, as nearly all do, stands in a line beside the heap.

use crate::scenario::plan::QueueOrder;
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A waiting conversation: who, and the stamp that tells a live entry from a stale one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Slot of the conversation.
    pub slot: u32,
    /// Stamp it entered with.
    pub stamp: u64,
}

/// Rank (time or due, 52 bits incl. priority) | stamp (43 bits) | slot (32 bits).
type Packed = u128;

const STAMP_BITS: u32 = 44;
const SLOT_BITS: u32 = 32;

#[inline]
fn pack(rank: u64, entry: Entry) -> Packed {
    u128::from(rank) << (STAMP_BITS + SLOT_BITS)
        | u128::from(entry.stamp) << SLOT_BITS
        | u128::from(entry.slot)
}

#[inline]
fn unpack(packed: Packed) -> Entry {
    Entry { slot: packed as u32, stamp: (packed >> SLOT_BITS) as u64 & ((1 << STAMP_BITS) - 1) }
}

/// One queue: a line in ascending order, and a heap of those who entered before its end.
#[derive(Clone, Debug, Default)]
struct Queue {
    line: VecDeque<Packed>,
    others: BinaryHeap<Reverse<Packed>>,
}

impl Queue {
    #[inline]
    fn push(&mut self, packed: Packed) {
        if self.line.back().is_none_or(|&last| last < packed) {
            self.line.push_back(packed);
        } else {
            self.others.push(Reverse(packed));
        }
    }

    /// The first of all.
    #[inline]
    fn first(&self) -> Option<Packed> {
        match (self.line.front(), self.others.peek()) {
            (Some(&line), Some(&Reverse(other))) => Some(line.min(other)),
            (line, other) => line.copied().or(other.map(|other| other.0)),
        }
    }

    /// Removes the first of all, which is this one.
    #[inline]
    fn pop(&mut self, first: Packed) {
        if self.line.front() == Some(&first) {
            self.line.pop_front();
        } else {
            self.others.pop();
        }
    }

    fn len(&self) -> usize {
        self.line.len() + self.others.len()
    }
}

/// The queues of one team, one for each class.
#[derive(Clone, Debug)]
pub struct WaitingRoom {
    order: QueueOrder,
    origin: Instant,
    classes: Vec<Queue>,
    live: usize,
}

impl WaitingRoom {
    /// Empty queues; `origin` is an instant before anybody enters.
    pub fn new(order: QueueOrder, origin: Instant, classes: usize) -> WaitingRoom {
        WaitingRoom { order, origin, classes: vec![Queue::default(); classes], live: 0 }
    }

    /// Conversations waiting.
    #[inline]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Nobody waits.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The rank that orders waiting conversations: smaller is served first.
    #[inline]
    fn rank(&self, since: Instant, priority: u8, due: Instant) -> u64 {
        const TIME_MASK: u64 = (1 << 44) - 1;
        let clamp = |at: Instant| (at.ms().saturating_sub(self.origin.ms()).max(0) as u64).min(TIME_MASK);
        match self.order {
            QueueOrder::Priority => u64::from(priority) << 44 | clamp(since),
            QueueOrder::Longest => clamp(since),
            QueueOrder::Due => clamp(due),
            QueueOrder::Ageing { step } => {
                clamp(since).saturating_add(step.ms().max(0) as u64 * u64::from(priority)).min(TIME_MASK)
            }
        }
    }

    /// Enters the queue of `class`. `since` is when the wait that counts began.
    #[inline]
    pub fn enter(&mut self, class: usize, entry: Entry, since: Instant, priority: u8, due: Instant) {
        self.live += 1;
        self.offer(class, entry, since, priority, due);
    }

    /// Lets a conversation that waits in another team's room be taken from here, too.
    #[inline]
    pub fn offer(&mut self, class: usize, entry: Entry, since: Instant, priority: u8, due: Instant) {
        let packed = pack(self.rank(since, priority, due), entry);
        self.classes[class].push(packed);
    }

    /// Notes that a conversation counted here has gone; its entry is dropped when it surfaces.
    #[inline]
    pub fn left(&mut self) {
        debug_assert!(self.live > 0, "nobody was waiting");
        self.live -= 1;
    }

    /// The entry to serve next among `classes`, removed; stale ones are dropped on the way.
    #[inline]
    pub fn take(&mut self, classes: &[u16], is_live: impl Fn(Entry) -> bool) -> Option<Entry> {
        let mut best: Option<(Packed, usize)> = None;
        for &class in classes {
            let queue = &mut self.classes[class as usize];
            while let Some(packed) = queue.first() {
                if is_live(unpack(packed)) {
                    if best.is_none_or(|(other, _)| packed < other) {
                        best = Some((packed, class as usize));
                    }
                    break;
                }
                queue.pop(packed);
            }
        }
        let (packed, class) = best?;
        self.classes[class].pop(packed);
        Some(unpack(packed))
    }

    /// Drops stale entries when they outnumber the live ones, so memory follows who waits.
    pub fn tidy(&mut self, is_live: impl Fn(Entry) -> bool) {
        for queue in &mut self.classes {
            if queue.len() > 64 + 2 * self.live {
                queue.line.retain(|&packed| is_live(unpack(packed)));
                queue.others.retain(|&Reverse(packed)| is_live(unpack(packed)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use proptest::prelude::*;

    proptest! {
        /// Whoever enters when: taken is the first by rank, then by stamp, of those who still wait.
        #[test]
        fn the_first_of_all_is_taken(
            steps in prop::collection::vec((0..50i64, 0..3u8, 0..4u32), 1..80),
            order in prop::sample::select(vec![
                QueueOrder::Longest,
                QueueOrder::Priority,
                QueueOrder::Ageing { step: Span(20) },
            ]),
        ) {
            let mut room = WaitingRoom::new(order, Instant(0), 1);
            let mut waiting: Vec<(u64, u32)> = Vec::new();
            for (slot, (since, priority, what)) in steps.into_iter().enumerate() {
                let entry = Entry { slot: slot as u32, stamp: slot as u64 };
                room.enter(0, entry, Instant(since), priority, Instant::NEVER);
                waiting.push((room.rank(Instant(since), priority, Instant::NEVER), slot as u32));
                waiting.sort_unstable();
                if what == 0 {
                    // Somebody in the middle loses patience.
                    waiting.remove(waiting.len() / 2);
                    room.left();
                    room.tidy(|e| waiting.iter().any(|w| w.1 == e.slot));
                }
                if what == 1 && !waiting.is_empty() {
                    let taken = room.take(&[0], |e| waiting.iter().any(|w| w.1 == e.slot));
                    room.left();
                    prop_assert_eq!(taken.map(|e| e.slot), Some(waiting.remove(0).1));
                }
            }
        }
    }

    fn order_of(order: QueueOrder, waiting: &[(i64, u8, i64)]) -> Vec<u32> {
        let mut room = WaitingRoom::new(order, Instant(0), 1);
        for (slot, &(since, priority, due)) in waiting.iter().enumerate() {
            let entry = Entry { slot: slot as u32, stamp: slot as u64 };
            room.enter(0, entry, Instant(since), priority, Instant(due));
        }
        std::iter::from_fn(|| room.take(&[0], |_| true).map(|e| e.slot)).collect()
    }

    #[test]
    fn orders() {
        let waiting = [(10, 1, 90), (20, 0, 80), (30, 1, 40), (40, 0, 99)];
        assert_eq!(order_of(QueueOrder::Priority, &waiting), [1, 3, 0, 2]);
        assert_eq!(order_of(QueueOrder::Longest, &waiting), [0, 1, 2, 3]);
        assert_eq!(order_of(QueueOrder::Due, &waiting), [2, 1, 0, 3]);
        assert_eq!(order_of(QueueOrder::Ageing { step: Span(15) }, &waiting), [1, 0, 3, 2]);
    }

    #[test]
    fn stale_entries_vanish() {
        let mut room = WaitingRoom::new(QueueOrder::Longest, Instant(0), 2);
        for slot in 0..4u32 {
            let entry = Entry { slot, stamp: u64::from(slot) };
            room.enter(slot as usize % 2, entry, Instant(i64::from(slot)), 0, Instant::NEVER);
        }
        assert_eq!(room.take(&[0, 1], |e| e.slot != 0).map(|e| e.slot), Some(1));
        assert_eq!(room.take(&[0], |e| e.slot != 2), None);
    }
}
