//! Axes: a range, ticks at round values, and a label with the unit.

use crate::report::format;
use crate::time::Instant;

/// One axis of a plot.
#[derive(Clone, Debug)]
pub(in crate::report) struct Axis {
    /// Lower end.
    pub(in crate::report) low: f64,
    /// Upper end; above `low`.
    pub(in crate::report) high: f64,
    /// (value, text)
    pub(in crate::report) ticks: Vec<(f64, String)>,
    /// What it shows, with the unit.
    pub(in crate::report) label: String,
}

/// A day, where it need not be a civil one.
pub(in crate::report) const DAY_MS: i64 = 86_400_000;
/// Most ticks on an axis.
const MAX_TICKS: usize = 8;

impl Axis {
    /// From zero to a round value at or above `max`.
    pub(in crate::report) fn from_zero(max: f64, label: &str) -> Axis {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let step = round_step(max / 4.5);
        let high = (max / step).ceil() * step;
        let ticks = (0..=(high / step).round() as usize).map(|i| i as f64 * step);
        Axis {
            low: 0.0,
            high,
            ticks: ticks.map(|t| (t, format::number(t))).collect(),
            label: label.to_owned(),
        }
    }

    /// Shares from at or below `low` to 100 %.
    pub(in crate::report) fn share(low: f64, label: &str) -> Axis {
        let low = if low.is_finite() { low.clamp(0.0, 0.99) } else { 0.0 };
        let step = round_step((1.0 - low) / 4.0);
        let low = ((low / step).floor() * step).max(0.0);
        let count = ((1.0 - low) / step).round() as usize;
        let ticks = (0..=count).map(|i| 1.0 - i as f64 * step).filter(|t| *t >= low - 1e-9);
        let mut ticks: Vec<(f64, String)> = ticks.map(|t| (t, format::level(t.max(0.0)))).collect();
        ticks.reverse();
        Axis { low, high: 1.0, ticks, label: label.to_owned() }
    }

    /// The hours of a day, in minutes after midnight.
    pub(in crate::report) fn time_of_day(label: &str) -> Axis {
        let ticks = (0..=8).map(|i| (f64::from(i) * 180.0, format!("{:02}:00", i * 3))).collect();
        Axis { low: 0.0, high: 1_440.0, ticks, label: label.to_owned() }
    }

    /// The hours of a week, in minutes after Monday 00:00.
    pub(in crate::report) fn week(label: &str) -> Axis {
        let ticks =
            DAYS.iter().enumerate().map(|(i, d)| (i as f64 * 1_440.0 + 720.0, (*d).to_owned())).collect();
        Axis { low: 0.0, high: 7.0 * 1_440.0, ticks, label: label.to_owned() }
    }

    /// A minute of the week in words: `Mon 10:30`.
    pub(in crate::report) fn minute_of_week(minute: u32) -> String {
        let day = DAYS.get((minute / 1_440) as usize % DAYS.len()).copied().unwrap_or_default();
        format!("{day} {}", Axis::minute_of_day(minute % 1_440))
    }

    /// A minute of the day in words: `10:30`.
    pub(in crate::report) fn minute_of_day(minute: u32) -> String {
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    /// Civil days from the one of the instant `from` to the one of `to`, UTC ms; each day is named in
    /// its middle.
    pub(in crate::report) fn days(from: i64, to: i64, zone: &jiff::tz::TimeZone, label: &str) -> Axis {
        let to = to.max(from + 1);
        let days = ((to - from) as f64 / DAY_MS as f64).ceil() as usize;
        let every = days.div_ceil(MAX_TICKS).max(1);
        let ticks = (0..days)
            .step_by(every)
            .map(|i| from + i as i64 * DAY_MS)
            .map(|at| ((at + DAY_MS / 2).min(to) as f64, civil(at, zone, "%a %-d %b")))
            .collect();
        Axis { low: from as f64, high: to as f64, ticks, label: label.to_owned() }
    }

    /// Durations on a logarithmic scale: positions are log10 of seconds.
    pub(in crate::report) fn log_seconds(low_s: f64, high_s: f64, label: &str) -> Axis {
        const MARKS: [f64; 17] = [
            0.1,
            1.0,
            3.0,
            10.0,
            30.0,
            60.0,
            180.0,
            600.0,
            1_800.0,
            3_600.0,
            10_800.0,
            21_600.0,
            43_200.0,
            86_400.0,
            172_800.0,
            604_800.0,
            2_592_000.0,
        ];
        let low_s = low_s.max(0.01);
        let high_s = high_s.max(low_s * 10.0);
        let inside: Vec<f64> = MARKS.into_iter().filter(|m| (low_s..=high_s).contains(m)).collect();
        let every = inside.len().div_ceil(MAX_TICKS + 2).max(1);
        let ticks = inside.iter().step_by(every).map(|m| (m.log10(), format::duration(*m))).collect();
        Axis { low: low_s.log10(), high: high_s.log10(), ticks, label: label.to_owned() }
    }
}

/// Weekdays as they stand on axes and in tables.
pub(in crate::report) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A civil time in a zone.
pub(in crate::report) fn civil(at_ms: i64, zone: &jiff::tz::TimeZone, pattern: &str) -> String {
    match jiff::Timestamp::from_millisecond(Instant(at_ms).ms()) {
        Ok(t) => t.to_zoned(zone.clone()).strftime(pattern).to_string(),
        Err(_) => format::NO_DATA.to_owned(),
    }
}

/// The round step (1, 2, 2.5, 5 times a power of ten) at or above `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|f| f * power >= rough - 1e-12).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, t)| t.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(&Axis::from_zero(19.0, "")), ["0", "5", "10", "15", "20"]);
        assert_eq!(ticks(&Axis::from_zero(0.0, "")), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(ticks(&Axis::share(0.83, "")), ["80 %", "85 %", "90 %", "95 %", "100 %"]);
        assert_eq!(ticks(&Axis::share(f64::NAN, "")), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        assert_eq!(ticks(&Axis::log_seconds(1.0, 100.0, "")), ["1s", "3s", "10s", "30s", "1m"]);
    }

    #[test]
    fn a_long_run_does_not_crowd_the_axis() {
        let axis = Axis::days(0, 400 * 86_400_000, &jiff::tz::TimeZone::UTC, "");
        assert!(axis.ticks.len() <= MAX_TICKS);
    }
}
