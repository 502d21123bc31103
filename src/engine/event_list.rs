//! The event list: one packed 128-bit key an event. What comes within two minutes lies in a heap of four
//! children a node; what comes later waits unsorted in buckets of two minutes each, and most timers are
//! stale before their bucket is opened: they are never sorted at all. A source's next arrival, which there
//! always is and which is never stale, stands beside them.
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
/// A bucket is 2^17 ms long, two minutes.
const BUCKET_BITS: u32 = 17;
/// So many buckets are kept apart (12 days); what comes later still waits in a heap of its own.
const BUCKETS: usize = 1 << 13;
/// An emptied bucket keeps room for so many events; after a rush the rest is given back.
const KEPT_ROOM: usize = 1 << 7;

type Key = u128;
type Heap = QuaternaryHeap<Reverse<Key>>;

/// Pending events.
#[derive(Clone, Debug)]
pub struct EventList {
    origin: i64,
    next_stamp: u64,
    /// Events before the end of the open bucket, soonest first.
    near: Heap,
    /// Where the open bucket ends, ms since the origin.
    near_end: u64,
    /// The buckets that follow, in a ring that begins at `first`.
    buckets: Box<[Vec<Key>]>,
    first: usize,
    /// Events beyond the ring.
    beyond: Heap,
    /// Events in buckets and beyond.
    waiting: usize,
    /// The next arrival of each source, or [`NO_EVENT`].
    arrivals: Box<[Key]>,
    /// The first of them.
    first_arrival: Key,
}

/// Comes after every event.
const NO_EVENT: Key = Key::MAX;

#[inline]
fn time_of(key: Key) -> u64 {
    (key >> 84) as u64
}

#[inline]
fn kind_of(key: Key) -> Kind {
    KINDS[(key >> 79) as usize & 31]
}

#[inline]
fn stamp_of(key: Key) -> u64 {
    (key >> 36) as u64 & ((1 << STAMP_BITS) - 1)
}

#[inline]
fn entity_of(key: Key) -> u32 {
    (key >> 4) as u32
}

#[inline]
fn key_of(time: u64, kind: Kind, stamp: u64, entity: u32) -> Key {
    Key::from(time) << 84
        | (kind as Key) << 79
        | Key::from(stamp & ((1 << STAMP_BITS) - 1)) << 36
        | Key::from(entity) << 4
}

impl EventList {
    /// Empty; no event may come before `origin`.
    pub fn new(origin: Instant, sources: usize) -> EventList {
        EventList {
            origin: origin.ms(),
            next_stamp: 1,
            near: Heap::with_capacity(1 << 10),
            near_end: 1 << BUCKET_BITS,
            buckets: vec![Vec::new(); BUCKETS].into(),
            first: 0,
            beyond: Heap::new(),
            waiting: 0,
            arrivals: vec![NO_EVENT; sources].into(),
            first_arrival: NO_EVENT,
        }
    }

    #[inline]
    fn time(&self, at: Instant) -> u64 {
        at.ms().saturating_sub(self.origin).max(0) as u64
    }

    /// Adds an event and gives its stamp. An instant beyond 500 years after the origin never comes:
    /// then nothing is added.
    #[inline]
    pub fn schedule(&mut self, at: Instant, kind: Kind, entity: u32) -> u64 {
        let stamp = self.stamp();
        let time = self.time(at);
        let key = key_of(time, kind, stamp, entity);
        if time < self.near_end {
            self.near.push(Reverse(key));
        } else if time < 1 << TIME_BITS {
            self.waiting += 1;
            match ((time - self.near_end) >> BUCKET_BITS) as usize {
                ahead @ 0..BUCKETS => self.buckets[(self.first + ahead) % BUCKETS].push(key),
                _ => self.beyond.push(Reverse(key)),
            }
        }
        stamp
    }

    /// Sets the next arrival of a source, in the place of the one before.
    #[inline]
    pub fn schedule_arrival(&mut self, at: Instant, source: u32) {
        let key = key_of(self.time(at), Kind::Arrival, self.stamp(), source);
        self.set_arrival(source, if time_of(key) < 1 << TIME_BITS { key } else { NO_EVENT });
    }

    #[inline]
    fn set_arrival(&mut self, source: u32, key: Key) {
        self.arrivals[source as usize] = key;
        self.first_arrival = self.arrivals.iter().copied().min().unwrap_or(NO_EVENT);
    }

    /// The next event, removed. Events that `is_stale` names may be passed over.
    #[inline]
    pub fn pop(&mut self, is_stale: impl Fn(Kind, u64, u32) -> bool) -> Option<Event> {
        loop {
            let arrival = self.first_arrival;
            let key = match self.near.peek() {
                Some(&Reverse(first)) if first < arrival => {
                    self.near.pop();
                    first
                }
                _ if time_of(arrival) < self.near_end || self.waiting == 0 => {
                    if arrival == NO_EVENT {
                        return None;
                    }
                    self.set_arrival(entity_of(arrival), NO_EVENT);
                    arrival
                }
                _ => {
                    self.open_bucket(&is_stale);
                    continue;
                }
            };
            return Some(Event {
                at: Instant(self.origin + time_of(key) as i64),
                kind: kind_of(key),
                stamp: stamp_of(key),
                entity: entity_of(key),
            });
        }
    }

    /// The next bucket becomes the open one.
    fn open_bucket(&mut self, is_stale: &impl Fn(Kind, u64, u32) -> bool) {
        self.near_end += 1 << BUCKET_BITS;
        let mut bucket = std::mem::take(&mut self.buckets[self.first]);
        self.waiting -= bucket.len();
        let live = bucket.drain(..).filter(|&key| !is_stale(kind_of(key), stamp_of(key), entity_of(key)));
        self.near.extend(live.map(Reverse));
        if bucket.capacity() <= KEPT_ROOM {
            self.buckets[self.first] = bucket;
        }
        self.first = (self.first + 1) % BUCKETS;
        while self.beyond.peek().is_some_and(|&Reverse(key)| time_of(key) < self.near_end) {
            self.near.extend(self.beyond.pop());
            self.waiting -= 1;
        }
    }

    /// A number that no event has: for stamps of things that are not events.
    #[inline]
    pub fn stamp(&mut self) -> u64 {
        self.next_stamp += 1;
        self.next_stamp - 1
    }

    /// Pending events, stale ones among them.
    pub fn len(&self) -> usize {
        self.near.len() + self.waiting + self.arrivals.iter().filter(|&&key| key != NO_EVENT).count()
    }

    /// Drops events that `is_stale` names.
    pub fn drop_stale(&mut self, is_stale: impl Fn(Kind, u64, u32) -> bool) {
        let live = |key: Key| !is_stale(kind_of(key), stamp_of(key), entity_of(key));
        self.near.retain(|&Reverse(key)| live(key));
        self.beyond.retain(|&Reverse(key)| live(key));
        for bucket in &mut self.buckets {
            bucket.retain(|&key| live(key));
        }
        self.waiting = self.beyond.len() + self.buckets.iter().map(Vec::len).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_instant_keeps_the_written_order() {
        let mut list = EventList::new(Instant(1_000), 0);
        list.schedule(Instant(2_000), Kind::Deadline, 1);
        list.schedule(Instant(2_000), Kind::Patience, 2);
        list.schedule(Instant(2_000), Kind::WorkDone, 3);
        list.schedule(Instant(1_500), Kind::Interval, 4);
        list.schedule(Instant(2_000), Kind::WorkDone, 5);
        list.schedule(Instant::NEVER, Kind::WorkDone, 6);
        let order: Vec<(i64, u32)> =
            std::iter::from_fn(|| list.pop(|_, _, _| false).map(|e| (e.at.ms(), e.entity))).collect();
        assert_eq!(order, [(1_500, 4), (2_000, 3), (2_000, 5), (2_000, 2), (2_000, 1)]);
    }

    #[test]
    fn the_kinds_table_matches_the_numbers() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, i);
        }
    }

    proptest! {
        /// Whatever lies in the heap, in a bucket or beyond them, events come in the order of their keys, with
        /// new ones scheduled in between, and dropping the stale ones drops no other.
        #[test]
        fn events_come_in_order(
            steps in prop::collection::vec((0..6u32, 0..1_000i64, 0..16usize, 0..9u32), 1..200)
        ) {
            let mut list = EventList::new(Instant(77), 9);
            let mut expected: Vec<(i64, u8, u64, u32)> = Vec::new();
            let mut now = 77;
            let stale = |_: Kind, stamp: u64, _: u32| stamp.is_multiple_of(5);
            for (magnitude, mantissa, kind, entity) in steps {
                // From now to some decades ahead.
                let at = now + mantissa * 37_i64.pow(magnitude);
                if KINDS[kind] == Kind::Arrival {
                    list.schedule_arrival(Instant(at), entity);
                    expected.retain(|e| (e.1, e.3) != (kind as u8, entity));
                    expected.push((at, kind as u8, list.next_stamp - 1, entity));
                } else {
                    let stamp = list.schedule(Instant(at), KINDS[kind], entity);
                    expected.push((at, kind as u8, stamp, entity));
                }
                if entity == 0 {
                    list.drop_stale(stale);
                    expected.retain(|e| e.1 == Kind::Arrival as u8 || e.2 % 5 != 0);
                    prop_assert_eq!(list.len(), expected.len());
                }
                if entity > 6 {
                    expected.sort_unstable();
                    let next = expected.remove(0);
                    let event = list.pop(|_, _, _| false).unwrap();
                    prop_assert_eq!((event.at.ms(), event.kind as u8, event.stamp, event.entity), next);
                    now = next.0;
                }
            }
            expected.sort_unstable();
            let rest = std::iter::from_fn(|| list.pop(|_, _, _| false));
            let rest: Vec<_> = rest.map(|e| (e.at.ms(), e.kind as u8, e.stamp, e.entity)).collect();
            prop_assert_eq!(rest, expected);
        }
    }
}
