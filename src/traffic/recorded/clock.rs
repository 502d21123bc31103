//! From what files write to instants: epoch seconds or milliseconds, ISO 8601, RFC 2822, civil times
//! of a zone that the file does not state.

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::time::Instant;
use crate::traffic::log::Precision;

const DAY_MS: i64 = 86_400_000;

/// An instant and how exact it is.
pub type Stamp = (Instant, Precision);

/// A count since the epoch: above 10^14 microseconds, above 10^11 milliseconds, else seconds.
/// Nothing before 1990 or after 2200 is believed.
pub fn epoch(number: f64) -> Option<Stamp> {
    let (ms, precision) = if number > 1e14 {
        (number / 1e3, Precision::Millisecond)
    } else if number > 1e11 {
        (number, Precision::Millisecond)
    } else {
        (number * 1e3, if number.fract() == 0.0 { Precision::Second } else { Precision::Millisecond })
    };
    believable(ms.round() as i64).map(|at| (at, precision))
}

/// As [`epoch`], from text.
pub fn epoch_text(text: &str) -> Option<Stamp> {
    let text = text.trim();
    // Seconds, as nearly all of them are.
    if text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = text.bytes().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
        return believable(seconds * 1_000).map(|at| (at, Precision::Second));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    epoch(text.parse().ok()?)
}

fn believable(ms: i64) -> Option<Instant> {
    (631_152_000_000..7_258_118_400_000).contains(&ms).then_some(Instant(ms))
}

/// Any form a machine writes: an epoch count, ISO 8601 with or without an offset (then `zone` holds), RFC 2822.
pub fn any(text: &str, zone: &TimeZone) -> Option<Stamp> {
    let text = text.trim();
    epoch_text(text).or_else(|| iso(text, zone)).or_else(|| rfc_2822(text))
}

/// `Fri, 24 May 2019 17:44:46 +0000`.
pub fn rfc_2822(text: &str) -> Option<Stamp> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    believable(zoned.timestamp().as_millisecond()).map(|at| (at, Precision::Second))
}

/// `2024-03-02T14:30:00.4120000Z`, `2024-03-02 14:30:00`, `... UTC`, `... +01:00`, `2024-03-02 14:30`.
pub fn iso(text: &str, zone: &TimeZone) -> Option<Stamp> {
    let bytes = text.trim().as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let part = bytes.get(from..from + len)?;
        part.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let sign = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|b| allowed.contains(b));
    if !(sign(4, b"-/") && sign(7, b"-/") && sign(10, b"T ") && sign(13, b":")) {
        return None;
    }
    let date = civil_date(number(0, 4)?, number(5, 2)?, number(8, 2)?)?;
    let (hour, minute) = (number(11, 2)?, number(14, 2)?);
    let mut at = 16;
    let mut ms = hour * 3_600_000 + minute * 60_000;
    let mut precision = Precision::Minute;
    if sign(at, b":") {
        let second = number(at + 1, 2)?;
        // A leap second is read as the second before it.
        ms += second.min(59) * 1_000;
        if second > 60 {
            return None;
        }
        precision = Precision::Second;
        at += 3;
        if sign(at, b".,") {
            let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            let mut thousandths = 0;
            for i in 0..3 {
                thousandths =
                    thousandths * 10 + if i < digits { i64::from(bytes[at + 1 + i] - b'0') } else { 0 };
            }
            ms += thousandths;
            precision = Precision::Millisecond;
            at += 1 + digits;
        }
    }
    if hour > 23 || minute > 59 {
        return None;
    }
    let rest = text.trim().get(at..)?.trim();
    let naive = days(date) * DAY_MS + ms;
    let utc = match rest {
        "" => Local::new(zone.clone()).instant(date, ms, None).0.ms(),
        "Z" | "z" | "UTC" | "GMT" => naive,
        _ => naive - offset_ms(rest)?,
    };
    believable(utc).map(|at| (at, precision))
}

/// `+01:00`, `-0500`, `+01`.
fn offset_ms(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !(digits.len() == 2 || digits.len() == 4) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600_000 + minutes * 60_000))
}

/// A date of the years 1990 to 2199.
pub fn civil_date(year: i64, month: i64, day: i64) -> Option<Date> {
    if !(1990..2200).contains(&year) {
        return None;
    }
    Date::new(year as i16, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Days since the epoch, in the Gregorian calendar; the other way round than [`civil`].
pub fn days(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar (after Howard Hinnant's
/// `civil_from_days`: years begin in March, so that the leap day is their last).
pub fn civil(day: i64) -> (i64, i64, i64) {
    let from_march = day + 719_468;
    let era = from_march.div_euclid(146_097);
    let day_of_era = from_march.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

/// What the zone made of a civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// One instant.
    Plain,
    /// The clock was set back: the hour came twice.
    Twice,
    /// The clock was set forward: the time did not exist; a hint at a wrong zone.
    Never,
}

/// Civil times of one zone to instants. Remembers the offset of a day on which no clock was changed.
pub struct Local {
    zone: TimeZone,
    steady: Option<(Date, i64)>,
}

impl Local {
    /// Of a zone.
    pub fn new(zone: TimeZone) -> Self {
        Local { zone, steady: None }
    }

    /// The instant of a civil time (`ms` since midnight). In the hour that came twice, the later one if
    /// the earlier would lie before `previous`.
    pub fn instant(&mut self, date: Date, ms: i64, previous: Option<Instant>) -> (Instant, Certainty) {
        let naive = days(date) * DAY_MS + ms;
        if let Some((day, offset)) = self.steady
            && day == date
        {
            return (Instant(naive - offset), Certainty::Plain);
        }
        let start = date.at(0, 0, 0, 0);
        let first = self.zone.to_ambiguous_timestamp(start).offset();
        let last = self.zone.to_ambiguous_timestamp(date.at(23, 59, 59, 0)).offset();
        if let (AmbiguousOffset::Unambiguous { offset }, AmbiguousOffset::Unambiguous { offset: evening }) =
            (first, last)
            && offset == evening
        {
            let offset = i64::from(offset.seconds()) * 1_000;
            self.steady = Some((date, offset));
            return (Instant(naive - offset), Certainty::Plain);
        }
        let seconds = ms / 1_000;
        let time =
            date.at((seconds / 3_600).clamp(0, 23) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0);
        let utc = |offset: jiff::tz::Offset| Instant(naive - i64::from(offset.seconds()) * 1_000);
        match self.zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => (utc(offset), Certainty::Plain),
            // The offset before the change carries the time over the gap, as clocks do.
            AmbiguousOffset::Gap { before, .. } => (utc(before), Certainty::Never),
            AmbiguousOffset::Fold { before, after } => {
                let early = utc(before);
                let at = if previous.is_some_and(|p| p > early) { utc(after) } else { early };
                (at, Certainty::Twice)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_forms() {
        let utc = TimeZone::UTC;
        for (text, ms, precision) in [
            ("1772461800", 1_772_461_800_000, Precision::Second),
            ("1772461800412", 1_772_461_800_412, Precision::Millisecond),
            ("2026-03-02T14:30:00Z", 1_772_461_800_000, Precision::Second),
            ("2026-03-02T14:30:00.4120000Z", 1_772_461_800_412, Precision::Millisecond),
            ("2026-03-02 14:30:00 UTC", 1_772_461_800_000, Precision::Second),
            ("2026-03-02T15:30:00+01:00", 1_772_461_800_000, Precision::Second),
            ("2026-03-02T09:30:00-0500", 1_772_461_800_000, Precision::Second),
            ("2026-03-02 14:30", 1_772_461_800_000, Precision::Minute),
            ("Mon, 02 Mar 2026 14:30:00 +0000", 1_772_461_800_000, Precision::Second),
        ] {
            assert_eq!(any(text, &utc), Some((Instant(ms), precision)), "{text}");
        }
        for nonsense in
            ["", "yesterday", "12", "2026-13-02T14:30:00Z", "2026-03-02T25:00:00Z", "99999999999999999999"]
        {
            assert_eq!(any(nonsense, &utc), None, "{nonsense}");
        }
    }

    #[test]
    fn days_and_dates() {
        let mut date = civil_date(1990, 1, 1).unwrap();
        while date.year() < 2150 {
            let expected = (date.year().into(), date.month().into(), date.day().into());
            let days_between = (date - Date::constant(1970, 1, 1)).get_days();
            assert_eq!((civil(days(date)), days(date)), (expected, days_between.into()));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn clock_changes() {
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled zone");
        let mut local = Local::new(berlin);
        let autumn = civil_date(2025, 10, 26).unwrap();
        let half_past_two = 9_000_000;
        let (early, certainty) = local.instant(autumn, half_past_two, None);
        assert_eq!((early, certainty), (Instant(1_761_438_600_000), Certainty::Twice));
        let later = local.instant(autumn, half_past_two, Some(early + crate::time::Span::from_minutes(40)));
        assert_eq!(later.0.ms() - early.ms(), 3_600_000);
        let spring = civil_date(2025, 3, 30).unwrap();
        assert_eq!(local.instant(spring, half_past_two, None).1, Certainty::Never);
        assert_eq!(local.instant(civil_date(2025, 7, 1).unwrap(), 0, None).1, Certainty::Plain);
    }
}
