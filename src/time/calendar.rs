//! Business calendars: wall time <-> business time, exact over clock changes, in constant time.
//!
//! Hours are written in civil time ([`BusinessHours`]); what is computed with are open periods in
//! UTC with the business time that lies before each. They are compiled in blocks of about 199 days
//! ([`BLOCK_MS`]) the first time an instant in a block is asked for; from then on a question is one
//! atomic load and a look at a few periods ([`Ladder`]). A block depends on nothing but the calendar, so the order of
//! the questions never shows.
//!
//! The horizon is 1970 to 2187: outside of it every calendar but [`Calendar::always`] is closed, so
//! a due date that would fall beyond is [`Instant::NEVER`].

mod hours;

pub use hours::{BusinessHours, DAY_MINUTES, Hours};

use crate::time::{Instant, Span};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::{Arc, OnceLock};

/// Length of a compiled block: 2^34 ms, about 199 days.
const BLOCK_MS: i64 = 1 << 34;
/// Blocks in the horizon.
const BLOCKS: i64 = 400;

/// A calendar that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No weekday and no date has any hours.
    #[error("the calendar never opens: no weekday and no date has any hours")]
    NeverOpens,
    /// A period that ends before it begins, or is longer than a day.
    #[error(
        "hours from minute {from} to minute {to} of the day are not a period: they must begin before 24:00 and end later than they begin, at most 24 h after midnight"
    )]
    EmptyPeriod {
        /// Minutes after midnight.
        from: u16,
        /// Minutes after midnight.
        to: u16,
    },
}

/// What happens when a target ends exactly at closing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExactClose {
    /// It is due at the closing instant.
    Stay,
    /// It is due when the desk opens again.
    NextOpening,
}

/// A compiled business calendar; cheap to clone, shared between threads.
#[derive(Clone, Debug)]
pub struct Calendar(Option<Arc<Compiled>>);

/// What stands behind a calendar that is not always open.
#[derive(Debug)]
struct Compiled {
    hours: BusinessHours,
    blocks: Box<[OnceLock<Block>]>,
}

/// The open periods of one block.
#[derive(Debug)]
struct Block {
    /// When the block begins, ms.
    start: i64,
    periods: Box<[Period]>,
    /// Business time of the whole block, ms.
    total: i64,
    /// Into the periods, by their start after the block's, and by the business time before them.
    by_start: Ladder,
    by_before: Ladder,
}

#[derive(Clone, Copy, Debug)]
struct Period {
    start: i64,
    end: i64,
    /// Business time between the block's beginning and `start`, ms.
    before: i64,
}

impl Block {
    fn compile(hours: &BusinessHours, index: i64) -> Block {
        let (block_start, block_end) = (index * BLOCK_MS, (index + 1) * BLOCK_MS);
        // Two days before: a period over midnight, seen from a zone east of UTC.
        let mut date = hours.civil(Instant(block_start)).date();
        date = date.checked_sub(2.days()).unwrap_or(date);
        let last = hours.civil(Instant(block_end)).date();
        let mut periods: Vec<Period> = Vec::new();
        let mut total = 0;
        while date <= last {
            for (start, end) in hours.periods_of(date) {
                let (start, end) = (start.max(block_start), end.min(block_end));
                let start = periods.last().map_or(start, |p| start.max(p.end));
                if start >= end {
                    continue;
                }
                match periods.last_mut() {
                    Some(previous) if previous.end == start => previous.end = end,
                    _ => periods.push(Period { start, end, before: total }),
                }
                total += end - start;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        Block {
            start: block_start,
            by_start: Ladder::of(periods.iter().map(|p| p.start - block_start)),
            by_before: Ladder::of(periods.iter().map(|p| p.before)),
            periods: periods.into_boxed_slice(),
            total,
        }
    }

    /// How many periods begin at `at` or earlier.
    fn begun(&self, at: i64) -> usize {
        self.by_start.at_or_below(at - self.start, |i| self.periods.get(i).map(|p| p.start - self.start))
    }

    /// How many periods begin when at most this much business time of the block has passed.
    fn begun_after(&self, business: i64) -> usize {
        self.by_before.at_or_below(business, |i| self.periods.get(i).map(|p| p.before))
    }

    /// Business time between the block's beginning and `at`.
    fn before(&self, at: i64) -> i64 {
        match self.begun(at).checked_sub(1).map(|i| self.periods[i]) {
            Some(p) => p.before + (at.min(p.end) - p.start),
            None => 0,
        }
    }
}

/// Where to begin looking among ascending numbers from 0 to [`BLOCK_MS`]: for every rung of about 70 minutes,
/// how many of them lie below it. Few periods begin within so short a time.
#[derive(Debug)]
struct Ladder(Box<[u32]>);

impl Ladder {
    const RUNG_BITS: u32 = 22;

    fn of(numbers: impl Iterator<Item = i64> + Clone) -> Ladder {
        let rungs = (BLOCK_MS >> Ladder::RUNG_BITS) + 1;
        let mut below = vec![0u32; rungs as usize];
        // Counted on the rung above, then added up from the lowest.
        for number in numbers {
            if let Some(count) = below.get_mut((number >> Ladder::RUNG_BITS) as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        below.iter_mut().for_each(|count| {
            sum += *count;
            *count = sum;
        });
        Ladder(below.into_boxed_slice())
    }

    /// How many of the numbers, of which `nth` gives one, are at most `x`.
    #[inline]
    fn at_or_below(&self, x: i64, nth: impl Fn(usize) -> Option<i64>) -> usize {
        if x < 0 {
            return 0;
        }
        let rung = ((x >> Ladder::RUNG_BITS) as usize).min(self.0.len() - 1);
        let mut count = self.0[rung] as usize;
        while nth(count).is_some_and(|number| number <= x) {
            count += 1;
        }
        count
    }
}

impl Calendar {
    /// Open at all times.
    pub fn always() -> Calendar {
        Calendar(None)
    }

    /// From the hours of Monday..Sunday and of dates that replace them (none: closed that day).
    pub fn new(
        zone: TimeZone,
        week: [Vec<Hours>; 7],
        dates: Vec<(Date, Vec<Hours>)>,
    ) -> Result<Calendar, CalendarError> {
        let hours =
            dates.into_iter().fold(BusinessHours::new(zone, week), |h, (date, open)| h.on_date(date, open));
        Calendar::from_hours(hours)
    }

    /// From business hours with holidays and breaks.
    pub fn from_hours(hours: BusinessHours) -> Result<Calendar, CalendarError> {
        hours.check()?;
        if hours.always_open() {
            return Ok(Calendar::always());
        }
        let blocks = (0..BLOCKS).map(|_| OnceLock::new()).collect();
        Ok(Calendar(Some(Arc::new(Compiled { hours, blocks }))))
    }

    /// True for a calendar without any closed time.
    pub fn is_always(&self) -> bool {
        self.0.is_none()
    }

    /// The block with this number, or `None` beyond the horizon.
    fn block(&self, index: i64) -> Option<&Block> {
        let compiled = self.0.as_ref()?;
        let cell = compiled.blocks.get(usize::try_from(index).ok()?)?;
        Some(cell.get_or_init(|| Block::compile(&compiled.hours, index)))
    }

    /// The first open period that ends after `at`, joined over the border of its block.
    fn period_after(&self, at: Instant) -> Option<(Instant, Instant)> {
        if self.is_always() {
            return Some((Instant(i64::MIN), Instant::NEVER));
        }
        let mut index = at.0.div_euclid(BLOCK_MS).max(0);
        loop {
            let block = self.block(index)?;
            let begun = block.begun(at.0);
            // The last that has begun, unless it is over.
            let over = begun.checked_sub(1).is_none_or(|last| block.periods[last].end <= at.0);
            let next = if over { begun } else { begun - 1 };
            if let Some(period) = block.periods.get(next) {
                return Some((Instant(period.start), Instant(self.end_beyond_border(index, period.end))));
            }
            index += 1;
        }
    }

    /// Where a period that ends at `end` in block `index` really ends.
    fn end_beyond_border(&self, mut index: i64, mut end: i64) -> i64 {
        while end == (index + 1) * BLOCK_MS {
            index += 1;
            match self.block(index).and_then(|block| block.periods.first()) {
                Some(first) if first.start == end => end = first.end,
                _ => break,
            }
        }
        end
    }

    /// Is the desk open at this instant?
    pub fn is_open(&self, at: Instant) -> bool {
        self.period_after(at).is_some_and(|(start, _)| start <= at)
    }

    /// The earliest open instant that is not before `at`; `NEVER` beyond the horizon.
    pub fn next_open(&self, at: Instant) -> Instant {
        self.period_after(at).map_or(Instant::NEVER, |(start, _)| start.max(at))
    }

    /// The first closing after `at`; `NEVER` if there is none.
    pub fn next_close(&self, at: Instant) -> Instant {
        self.period_after(at).map_or(Instant::NEVER, |(_, end)| end)
    }

    /// The open periods from `start` on; the first begins at `start` if the desk is open then.
    pub fn open_periods(&self, start: Instant) -> impl Iterator<Item = (Instant, Instant)> + '_ {
        let mut at = start;
        std::iter::from_fn(move || {
            at.known()?;
            let (open, close) = self.period_after(at)?;
            let open = open.max(at);
            at = close;
            Some((open, close))
        })
    }

    /// Business time between two instants; negative if `to` lies before `from`.
    pub fn business_between(&self, from: Instant, to: Instant) -> Span {
        if self.is_always() {
            return to - from;
        }
        if to < from {
            return -self.business_between(to, from);
        }
        let (from, to) = (from.0.max(0), to.0.clamp(0, BLOCKS * BLOCK_MS - 1));
        let (first, last) = (from.div_euclid(BLOCK_MS), to.div_euclid(BLOCK_MS));
        let mut sum = 0;
        for index in first..=last {
            let Some(block) = self.block(index) else { break };
            sum += if index == last { block.before(to) } else { block.total };
            if index == first {
                sum -= block.before(from);
            }
        }
        Span(sum)
    }

    /// The instant at which `span` of business time after `start` has passed. No span at all: the
    /// first open instant. `NEVER` if the horizon ends before.
    pub fn add(&self, start: Instant, span: Span, exact_close: ExactClose) -> Instant {
        if self.is_always() {
            return start + span;
        }
        if span.0 < 0 {
            return self.subtract(start, -span, exact_close);
        }
        if span.0 == 0 {
            return self.next_open(start);
        }
        if span.0 >= BLOCKS * BLOCK_MS {
            return Instant::NEVER;
        }
        let start = start.0.max(0);
        let mut index = start.div_euclid(BLOCK_MS);
        let Some(block) = self.block(index) else { return Instant::NEVER };
        let mut target = block.before(start) + span.0;
        let mut closing = Instant::NEVER;
        while let Some(block) = self.block(index) {
            let period = match exact_close {
                ExactClose::Stay if target <= block.total => block.begun_after(target - 1),
                ExactClose::NextOpening if target < block.total => block.begun_after(target),
                _ => 0,
            };
            if let Some(p) = period.checked_sub(1).map(|i| block.periods[i]) {
                return Instant(p.start + (target - p.before));
            }
            if target == block.total
                && target > 0
                && let Some(last) = block.periods.last()
            {
                closing = Instant(last.end);
            }
            target -= block.total;
            index += 1;
        }
        // The last closing of all: there is no next opening to wait for.
        closing
    }

    /// The instant from which `span` of business time passes until `start`: the mirror image of
    /// [`Calendar::add`]. No span at all: the latest instant that ends an open stretch. The result
    /// lies at the end of time's other side (`Instant(i64::MIN)`) if the horizon ends before.
    pub fn subtract(&self, start: Instant, span: Span, exact_open: ExactClose) -> Instant {
        if self.is_always() {
            return start - span;
        }
        if span.0 < 0 {
            return self.add(start, -span, exact_open);
        }
        let start = start.0.clamp(0, BLOCKS * BLOCK_MS - 1);
        let mut index = start.div_euclid(BLOCK_MS);
        let mut remaining = span.0;
        let mut offset = self.block(index).map_or(0, |block| block.before(start));
        // With nothing left to take away, or none allowed to end at an opening, the answer is an end.
        let at_end = span.0 == 0 || exact_open == ExactClose::NextOpening;
        while let Some(block) = self.block(index) {
            let target = offset - remaining;
            let period = if at_end && target > 0 {
                block.begun_after(target - 1)
            } else if !at_end && target >= 0 && remaining > 0 {
                block.begun_after(target)
            } else {
                0
            };
            if let Some(p) = period.checked_sub(1).map(|i| block.periods[i]) {
                return Instant(p.start + (target - p.before));
            }
            remaining -= offset;
            index -= 1;
            offset = self.block(index).map_or(0, |block| block.total);
        }
        Instant(i64::MIN)
    }

    /// The same time of day so many working days later, or the next open instant if the desk is
    /// closed then. A working day is a date on which an open period begins; today does not count.
    pub fn add_days(&self, start: Instant, days: u32) -> Instant {
        match self.same_time_on_working_day(start, days, true) {
            Some(moved) => self.next_open(moved),
            None => Instant::NEVER,
        }
    }

    /// The same time of day so many working days before, or the last closing if the desk is closed
    /// then.
    pub fn subtract_days(&self, start: Instant, days: u32) -> Instant {
        match self.same_time_on_working_day(start, days, false) {
            Some(moved) => self.subtract(moved, Span::ZERO, ExactClose::Stay),
            None => Instant(i64::MIN),
        }
    }

    fn same_time_on_working_day(&self, start: Instant, days: u32, forward: bool) -> Option<Instant> {
        let Some(Compiled { hours, .. }) = self.0.as_deref() else {
            let span = Span(86_400_000 * i64::from(days));
            return Some(if forward { start + span } else { start - span });
        };
        let civil = hours.civil(start);
        let mut date = civil.date();
        let mut moved = start;
        let mut left = days;
        while left > 0 {
            date = if forward { date.tomorrow() } else { date.yesterday() }.ok()?;
            moved = hours.instant_of(date.to_datetime(civil.time()));
            if !(0..BLOCKS * BLOCK_MS).contains(&moved.0) {
                return None;
            }
            left -= u32::from(!hours.periods_of(date).is_empty());
        }
        Some(moved)
    }
}

#[cfg(test)]
mod tests;
