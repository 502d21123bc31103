//! Business hours as written: civil times of one zone, before they become periods in UTC.

use super::CalendarError;
use crate::time::Instant;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes of a civil day.
pub const DAY_MINUTES: u16 = 1_440;
/// A period may end on the day after it began, no later.
const LAST_END_MINUTES: u16 = 2 * DAY_MINUTES;

/// An open period of a day, in minutes after midnight: `[from, to)`. `to` is 1440 for 24:00 and
/// beyond it when the period goes on after midnight; it belongs to the day it begins on.
pub type Hours = (u16, u16);

/// Which hours hold on which date. A holiday beats an override, an override replaces the weekday's
/// hours, breaks are taken away last.
#[derive(Clone, Debug)]
pub struct BusinessHours {
    zone: TimeZone,
    week: [Vec<Hours>; 7],
    dates: BTreeMap<Date, Vec<Hours>>,
    holidays: BTreeSet<Date>,
    breaks: BTreeMap<Date, Vec<Hours>>,
}

impl BusinessHours {
    /// The hours of Monday..Sunday.
    pub fn new(zone: TimeZone, week: [Vec<Hours>; 7]) -> Self {
        BusinessHours {
            zone,
            week,
            dates: BTreeMap::new(),
            holidays: BTreeSet::new(),
            breaks: BTreeMap::new(),
        }
    }

    /// Hours that replace the weekday's on one date; none: closed.
    pub fn on_date(mut self, date: Date, hours: Vec<Hours>) -> Self {
        self.dates.insert(date, hours);
        self
    }

    /// Closed all day, whatever else is said about the date.
    pub fn holiday(mut self, date: Date) -> Self {
        self.holidays.insert(date);
        self
    }

    /// Closed between these times of one date.
    pub fn break_on(mut self, date: Date, breaks: Vec<Hours>) -> Self {
        self.breaks.entry(date).or_default().extend(breaks);
        self
    }

    /// Reads a closing time of 23:59 as 24:00, as Zammad does.
    pub fn closing_minute_is_midnight(mut self) -> Self {
        for hours in self.week.iter_mut().chain(self.dates.values_mut()).flatten() {
            if hours.1 == DAY_MINUTES - 1 {
                hours.1 = DAY_MINUTES;
            }
        }
        self
    }

    /// True if no weekday and no date has any hours.
    pub fn never_opens(&self) -> bool {
        self.week.iter().all(Vec::is_empty)
            && self.dates.iter().all(|(date, hours)| hours.is_empty() || self.holidays.contains(date))
    }

    /// Open every minute of every day.
    pub(super) fn always_open(&self) -> bool {
        self.dates.is_empty()
            && self.holidays.is_empty()
            && self.breaks.is_empty()
            && self.week.iter().all(|day| day.iter().any(|hours| hours.0 == 0 && hours.1 >= DAY_MINUTES))
    }

    pub(super) fn check(&self) -> Result<(), CalendarError> {
        let all = self
            .week
            .iter()
            .flatten()
            .chain(self.dates.values().flatten())
            .chain(self.breaks.values().flatten());
        for &(from, to) in all {
            if from >= DAY_MINUTES || to <= from || to > LAST_END_MINUTES {
                return Err(CalendarError::EmptyPeriod { from, to });
            }
        }
        if self.never_opens() { Err(CalendarError::NeverOpens) } else { Ok(()) }
    }

    fn hours_of(&self, date: Date) -> &[Hours] {
        if self.holidays.contains(&date) {
            return &[];
        }
        match self.dates.get(&date) {
            Some(hours) => hours,
            None => &self.week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())],
        }
    }

    /// The open periods that begin on one date, in UTC milliseconds, sorted, apart from each other.
    pub(super) fn periods_of(&self, date: Date) -> Vec<(i64, i64)> {
        let mut open: Vec<(i64, i64)> =
            self.hours_of(date).iter().map(|&hours| self.in_utc(date, hours)).collect();
        open.retain(|(from, to)| from < to);
        open.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(open.len());
        for (from, to) in open {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        // A period that goes on after midnight may meet the next day's breaks, too.
        let next = date.checked_add(1.day()).unwrap_or(date);
        for day in [date, next] {
            for &hours in self.breaks.get(&day).into_iter().flatten() {
                let (from, to) = self.in_utc(day, hours);
                merged = merged
                    .into_iter()
                    .flat_map(|(start, end)| [(start, end.min(from)), (start.max(to), end)])
                    .filter(|(start, end)| start < end)
                    .collect();
            }
        }
        merged
    }

    fn in_utc(&self, date: Date, (from, to): Hours) -> (i64, i64) {
        (self.instant(date, from), self.instant(date, to))
    }

    /// The instant of a civil time. One that occurs twice means its first occurrence; one that the
    /// clocks skip means the instant of the change, so that a period inside the gap is empty.
    fn instant(&self, date: Date, minutes: u16) -> i64 {
        let days = i64::from(minutes / DAY_MINUTES);
        let minute = minutes % DAY_MINUTES;
        let date = date.checked_add(days.days()).unwrap_or(date);
        // hour < 24 and minute < 60 by the remainders, so these conversions cannot lose anything
        let time = Time::constant((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        self.instant_of(date.to_datetime(time)).0
    }

    pub(super) fn instant_of(&self, civil: DateTime) -> Instant {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        if let AmbiguousOffset::Gap { before, .. } = ambiguous.offset()
            && let Ok(beyond) = before.to_timestamp(civil)
            && let Ok(beyond) = beyond.checked_add(1.millisecond())
            && let Some(change) = self.zone.preceding(beyond).next()
        {
            return Instant(change.timestamp().as_millisecond());
        }
        match ambiguous.earlier() {
            Ok(timestamp) => Instant(timestamp.as_millisecond()),
            Err(_) => Instant::NEVER,
        }
    }

    /// Civil time of an instant; the epoch's for instants beyond the range of civil time.
    pub(super) fn civil(&self, at: Instant) -> DateTime {
        self.zone.to_datetime(Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}
