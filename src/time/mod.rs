//! Time as the whole program knows it: integer milliseconds, UTC.
//!
//! Civil time (zones, calendars of business hours) lives in this room too, at the edge; everything
//! else sees only [`Instant`] and [`Span`]. No wall clock enters here.

pub mod calendar;

pub use calendar::{Calendar, CalendarError, ExactClose};

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A length of time in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Instant {
    /// Later than anything that happens.
    pub const NEVER: Instant = Instant(i64::MAX);

    /// Milliseconds since the epoch.
    #[inline]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// `None` for [`Instant::NEVER`].
    #[inline]
    pub fn known(self) -> Option<Instant> {
        (self != Instant::NEVER).then_some(self)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than any run.
    pub const FOREVER: Span = Span(i64::MAX);

    /// From milliseconds.
    #[inline]
    pub const fn from_ms(ms: i64) -> Span {
        Span(ms)
    }
    /// From seconds.
    #[inline]
    pub const fn from_s(s: i64) -> Span {
        Span(s * 1_000)
    }
    /// From minutes.
    #[inline]
    pub const fn from_minutes(m: i64) -> Span {
        Span(m * 60_000)
    }
    /// From hours.
    #[inline]
    pub const fn from_hours(h: i64) -> Span {
        Span(h * 3_600_000)
    }
    /// From days of 24 hours.
    #[inline]
    pub const fn from_days(d: i64) -> Span {
        Span(d * 86_400_000)
    }
    /// Milliseconds.
    #[inline]
    pub const fn ms(self) -> i64 {
        self.0
    }
    /// Seconds, as the reports and tables write durations.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Add<Span> for Instant {
    type Output = Instant;
    /// Saturates, so that `NEVER` and `FOREVER` stay what they are.
    #[inline]
    fn add(self, span: Span) -> Instant {
        Instant(self.0.saturating_add(span.0))
    }
}
impl Sub<Span> for Instant {
    type Output = Instant;
    #[inline]
    fn sub(self, span: Span) -> Instant {
        Instant(self.0.saturating_sub(span.0))
    }
}
impl Sub for Instant {
    type Output = Span;
    #[inline]
    fn sub(self, other: Instant) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl AddAssign<Span> for Instant {
    #[inline]
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl Sub for Span {
    type Output = Span;
    #[inline]
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl AddAssign for Span {
    #[inline]
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl SubAssign for Span {
    #[inline]
    fn sub_assign(&mut self, other: Span) {
        *self = *self - other;
    }
}
impl Neg for Span {
    type Output = Span;
    #[inline]
    fn neg(self) -> Span {
        Span(-self.0)
    }
}
impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(iter: I) -> Span {
        iter.fold(Span::ZERO, |a, b| a + b)
    }
}

impl fmt::Display for Span {
    /// As people write it: `2d 3h`, `3m 41s`, `850ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            write!(f, "-")?;
        }
        let ms = self.0.unsigned_abs();
        if ms < 1_000 {
            return write!(f, "{ms}ms");
        }
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
        let mut rest = ms;
        let mut written = 0;
        for (name, size) in units {
            let n = rest / size;
            rest %= size;
            if n > 0 {
                write!(f, "{}{n}{name}", if written > 0 { " " } else { "" })?;
                written += 1;
            }
            if written == 2 {
                break;
            }
        }
        Ok(())
    }
}
