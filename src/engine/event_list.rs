//! The event list: one packed 128-bit key an event, in a heap of four children a node.
//!
//! Key = time (44 bits, ms since the origin) | kind (5) | stamp (43) | entity (32) | 4 spare. Smaller
//! comes first, so events of one instant come in the written order of their kinds, then in the order
//! in which they were scheduled: a total order, the same everywhere.
//!
//! The stamp is the event's own number. Who schedules a timer keeps its stamp; an event whose stamp is
//! no longer kept is stale and is dropped when it surfaces.

use crate::time::Instant;
use dary_heap::QuaternaryHeap;
use std::cmp::Reverse;

/// What happens. The order is the order within one instant: work ends before shifts change, replies
/// come before messages, messages before the patience or the deadline that falls on the same instant
/// (so a reply at the due instant is in time), and the tick of the tables comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// The measured period begins or ends. Entity: 0 begin, 1 end.
    Period = 0,
    /// An agent's reply is ready. Entity: agent.
    WorkDone,
    /// An agent is ready again after wrapping up. Entity: agent.
    WrapUpDone,
    /// Agents come, pause or go. Entity: index into the duty table.
    Duty,
    /// An outage of the bot begins or ends. Entity: 0 begins, 1 ends.
    Outage,
    /// The bot's reply is delivered. Entity: slot.
    BotReply,
    /// The customer writes. Entity: slot.
    CustomerWrites,
    /// A conversation begins. Entity: source.
    Arrival,
    /// Somebody comes back about an unsolved need. Entity: index into the returns.
    Return,
    /// An offer was not taken up. Entity: slot.
    OfferLapses,
    /// The wait may be ended by another team from now on. Entity: slot.
    Overflow,
    /// The customer's patience is at an end. Entity: slot.
    Patience,
    /// Nobody has written for too long. Entity: slot.
    Silence,
    /// The customer has been silent so long that the agent's place is free again. Entity: slot.
    PlaceFreed,
    /// The earliest deadline of a ticket (clocks, timed rules, bot limit). Entity: slot.
    Deadline,
    /// A row of the intervals table is complete. Entity: 0.
    Interval,
}

const KINDS: [Kind; 16] = [
    Kind::Period,
    Kind::WorkDone,
    Kind::WrapUpDone,
    Kind::Duty,
    Kind::Outage,
    Kind::BotReply,
    Kind::CustomerWrites,
    Kind::Arrival,
    Kind::Return,
    Kind::OfferLapses,
    Kind::Overflow,
    Kind::Patience,
    Kind::Silence,
    Kind::PlaceFreed,
    Kind::Deadline,
    Kind::Interval,
];

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: Kind,
    /// The event's own number.
    pub stamp: u64,
    /// To whom.
    pub entity: u32,
}

/// Stamp of no event.
pub const NO_STAMP: u64 = u64::MAX;

const TIME_BITS: u32 = 44;
const STAMP_BITS: u32 = 43;

/// Pending events.
#[derive(Clone, Debug)]
pub struct EventList {
    heap: QuaternaryHeap<Reverse<u128>>,
    origin: i64,
    next_stamp: u64,
}

impl EventList {
    /// Empty; no event may come before `origin`.
    pub fn new(origin: Instant) -> EventList {
        EventList { heap: QuaternaryHeap::with_capacity(1 << 10), origin: origin.ms(), next_stamp: 1 }
    }

    /// Adds an event and gives its stamp. An instant beyond 500 years after the origin never comes:
    /// then nothing is added.
    #[inline]
    pub fn schedule(&mut self, at: Instant, kind: Kind, entity: u32) -> u64 {
        let stamp = self.next_stamp;
        self.next_stamp += 1;
        let time = at.ms().saturating_sub(self.origin).max(0) as u64;
        if time < 1 << TIME_BITS {
            let key = u128::from(time) << 84
                | (kind as u128) << 79
                | u128::from(stamp & ((1 << STAMP_BITS) - 1)) << 36
                | u128::from(entity) << 4;
            self.heap.push(Reverse(key));
        }
        stamp
    }

    /// The next event, removed.
    #[inline]
    pub fn pop(&mut self) -> Option<Event> {
        let Reverse(key) = self.heap.pop()?;
        Some(Event {
            at: Instant(self.origin + (key >> 84) as i64),
            kind: KINDS[(key >> 79) as usize & 31],
            stamp: (key >> 36) as u64 & ((1 << STAMP_BITS) - 1),
            entity: (key >> 4) as u32,
        })
    }

    /// A number that no event has: for stamps of things that are not events.
    #[inline]
    pub fn stamp(&mut self) -> u64 {
        self.next_stamp += 1;
        self.next_stamp - 1
    }

    /// Pending events, stale ones among them.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Drops events that `is_stale` names.
    pub fn drop_stale(&mut self, is_stale: impl Fn(Kind, u64, u32) -> bool) {
        self.heap.retain(|&Reverse(key)| {
            !is_stale(
                KINDS[(key >> 79) as usize & 31],
                (key >> 36) as u64 & ((1 << STAMP_BITS) - 1),
                (key >> 4) as u32,
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_keeps_the_written_order() {
        let mut list = EventList::new(Instant(1_000));
        list.schedule(Instant(2_000), Kind::Deadline, 1);
        list.schedule(Instant(2_000), Kind::Patience, 2);
        list.schedule(Instant(2_000), Kind::WorkDone, 3);
        list.schedule(Instant(1_500), Kind::Interval, 4);
        list.schedule(Instant(2_000), Kind::WorkDone, 5);
        list.schedule(Instant::NEVER, Kind::WorkDone, 6);
        let order: Vec<(i64, u32)> =
            std::iter::from_fn(|| list.pop().map(|e| (e.at.ms(), e.entity))).collect();
        assert_eq!(order, [(1_500, 4), (2_000, 3), (2_000, 5), (2_000, 2), (2_000, 1)]);
    }

    #[test]
    fn the_kinds_table_matches_the_numbers() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, i);
        }
    }
}
