//! Instants as civil time in the desk's zone, fast: the zone's changes over the run are looked up once.

use crate::time::Instant;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const MS_PER_MINUTE: i64 = 60_000;
const MS_PER_HOUR: i64 = 60 * MS_PER_MINUTE;
const MINUTES_PER_DAY: i64 = 1_440;
/// Minutes of a week.
pub(super) const MINUTES_PER_WEEK: i64 = 7 * MINUTES_PER_DAY;

/// The zone's offsets around a run.
#[derive(Clone, Debug)]
pub(super) struct Civil {
    /// (from this instant on, offset in ms), ascending; the first holds before it, too.
    offsets: Vec<(i64, i64)>,
}

impl Civil {
    /// For instants from about `from` to about `to`.
    pub(super) fn new(zone: &TimeZone, from: Instant, to: Instant) -> Civil {
        let timestamp = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let start = timestamp(from.ms());
        let end = timestamp(to.ms()).saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
        let offset_ms = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1_000;
        let mut offsets = vec![(i64::MIN, offset_ms(zone.to_offset(start)))];
        let changes = zone.following(start).take_while(|t| t.timestamp() <= end);
        offsets.extend(changes.map(|t| (t.timestamp().as_millisecond(), offset_ms(t.offset()))));
        Civil { offsets }
    }

    /// Milliseconds since 1970-01-01T00:00 of civil time.
    #[inline]
    fn local_ms(&self, at: i64) -> i64 {
        let after = self.offsets.partition_point(|(from, _)| *from <= at).max(1);
        at.saturating_add(self.offsets[after - 1].1)
    }

    /// Minutes since Monday 00:00, 0..10080.
    #[inline]
    pub(super) fn minute_of_week(&self, at: i64) -> usize {
        // 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
        let minutes = self.local_ms(at).div_euclid(MS_PER_MINUTE).saturating_add(3 * MINUTES_PER_DAY);
        minutes.rem_euclid(MINUTES_PER_WEEK) as usize
    }

    /// Days since 1970-01-01.
    #[inline]
    pub(super) fn day(&self, at: i64) -> i64 {
        self.local_ms(at).div_euclid(MINUTES_PER_DAY * MS_PER_MINUTE)
    }

    /// Hours since 1970-01-01T00:00 of civil time.
    pub(super) fn hour(&self, at: i64) -> i64 {
        self.local_ms(at).div_euclid(MS_PER_HOUR)
    }

    /// The instant at which a civil day begins (the usual offset of that day is good enough for the
    /// place of a point on an axis).
    pub(super) fn begin_of_day(&self, day: i64) -> i64 {
        let local = day * MINUTES_PER_DAY * MS_PER_MINUTE;
        local - (self.local_ms(local) - local)
    }
}

/// A minute of the week in words: `Mon 09:00`.
pub(super) fn label(minute_of_week: usize) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let day = DAYS[minute_of_week / MINUTES_PER_DAY as usize % DAYS.len()];
    let minute = minute_of_week % MINUTES_PER_DAY as usize;
    format!("{day} {:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn follows_the_clock_changes() {
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let civil =
            Civil::new(&zone, Instant(ms("2026-10-19T00:00:00Z")), Instant(ms("2026-11-09T00:00:00Z")));
        for (at, words) in [
            ("2026-10-19T07:30:00Z", "Mon 09:30"),
            ("2026-10-25T00:30:00Z", "Sun 02:30"),
            ("2026-10-25T01:30:00Z", "Sun 02:30"),
            ("2026-10-26T08:30:00Z", "Mon 09:30"),
            ("2026-10-18T22:00:00Z", "Mon 00:00"),
            ("2026-10-18T21:59:59Z", "Sun 23:59"),
        ] {
            assert_eq!(label(civil.minute_of_week(ms(at))), words, "{at}");
        }
        let day = civil.day(ms("2026-10-30T12:00:00Z"));
        assert_eq!(civil.begin_of_day(day), ms("2026-10-29T23:00:00Z"));
        assert_eq!(civil.day(ms("2026-10-29T23:00:00Z")), day);
        assert_eq!(civil.hour(ms("2026-10-30T12:59:00Z")) - day * 24, 13);
    }

    #[test]
    fn fixed_zones() {
        let civil = Civil::new(&TimeZone::UTC, Instant(0), Instant(86_400_000));
        assert_eq!(label(civil.minute_of_week(0)), "Thu 00:00");
        assert_eq!(civil.minute_of_week(i64::MAX) / 10_080, 0);
    }
}
