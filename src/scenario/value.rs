//! How people write quantities: durations, shares, times of day, days, dates. Text in, value out;
//! a fault says what was expected.

use jiff::civil::Date;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 1_440;

/// Longest duration that is taken as meant: a century. Beyond lies a slip of the keyboard.
const DURATION_MS_MAX: f64 = 100.0 * 366.0 * 86_400_000.0;

/// A duration in milliseconds: `90s`, `5m`, `1h 30m`, `2d`, `1.5h`, `250ms`, `1w`, or a bare `0`.
pub fn duration_ms(text: &str) -> Result<f64, String> {
    let expected =
        || "write a number with its unit (ms, s, m, h, d, w), for example `90s`, `5m` or `1h 30m`".to_owned();
    let trimmed = text.trim();
    if trimmed == "0" {
        return Ok(0.0);
    }
    if trimmed.starts_with('-') {
        return Err("a duration cannot be negative".to_owned());
    }
    let mut total = 0.0;
    let mut rest = trimmed;
    if rest.is_empty() {
        return Err(expected());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.replace('_', "").parse().map_err(|_| expected())?;
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let size = match unit {
            "ms" => 1.0,
            "s" | "sec" | "second" | "seconds" => 1_000.0,
            "m" | "min" | "minute" | "minutes" => 60_000.0,
            "h" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            "w" | "week" | "weeks" => 604_800_000.0,
            _ => return Err(expected()),
        };
        total += number * size;
        rest = tail.trim_start();
    }
    if total > DURATION_MS_MAX {
        return Err("a duration of more than a century is taken for a slip".to_owned());
    }
    Ok(total)
}

/// A duration as [`duration_ms`] reads it back without loss.
pub fn write_duration(ms: f64) -> String {
    if ms == 0.0 {
        return "0".to_owned();
    }
    for (size, unit) in [(86_400_000.0, "d"), (3_600_000.0, "h"), (60_000.0, "m"), (1_000.0, "s")] {
        if ms % size == 0.0 {
            return format!("{}{unit}", ms / size);
        }
    }
    format!("{ms}ms")
}

/// A duration that may go back: `-2d 6h`.
pub fn signed_duration_ms(text: &str) -> Result<f64, String> {
    match text.trim().strip_prefix('-') {
        Some(back) => duration_ms(back).map(|ms| -ms),
        None => duration_ms(text),
    }
}

/// A duration as [`signed_duration_ms`] reads it back.
pub fn write_signed_duration(ms: f64) -> String {
    if ms < 0.0 { format!("-{}", write_duration(-ms)) } else { write_duration(ms) }
}

/// A share from `12%`; the caller checks the range.
pub fn share(text: &str) -> Result<f64, String> {
    let expected = "write a share such as `12%` or `0.12`";
    let number = text.trim().strip_suffix('%').ok_or_else(|| expected.to_owned())?;
    let number: f64 = number.trim().replace('_', "").parse().map_err(|_| expected.to_owned())?;
    if number.is_finite() { Ok(number / 100.0) } else { Err(expected.to_owned()) }
}

/// A time of day in minutes after midnight: `08:30`, up to `24:00`.
pub fn time_of_day(text: &str) -> Result<u16, String> {
    let expected = || format!("`{}` is not a time of day; write `08:30`, up to `24:00`", text.trim());
    let (hour, minute) = text.trim().split_once(':').ok_or_else(expected)?;
    if hour.is_empty() || hour.len() > 2 || minute.len() != 2 {
        return Err(expected());
    }
    let (hour, minute): (u16, u16) =
        (hour.parse().map_err(|_| expected())?, minute.parse().map_err(|_| expected())?);
    let total = hour * 60 + minute;
    if minute > 59 || total > DAY_MINUTES { Err(expected()) } else { Ok(total) }
}

/// Hours of a day: `08:00-18:00`; `22:00-06:00` goes over midnight and ends beyond 1440.
pub fn hours(text: &str) -> Result<(u16, u16), String> {
    let (from, to) = text
        .trim()
        .split_once('-')
        .ok_or_else(|| "write hours as `08:00-18:00`; `22:00-06:00` goes over midnight".to_owned())?;
    let (from, to) = (time_of_day(from)?, time_of_day(to)?);
    if from == DAY_MINUTES {
        return Err("hours begin at `23:59` at the latest".to_owned());
    }
    if from == to {
        return Err("these hours are empty; a whole day is `00:00-24:00`".to_owned());
    }
    Ok((from, if to > from { to } else { to + DAY_MINUTES }))
}

/// Days of the week, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days of the week: `mon-fri`, `sat`, `mon,wed,fri`, `sat-mon` (over the week's end), `all`.
pub fn days(text: &str) -> Result<[bool; 7], String> {
    let expected = |word: &str| {
        format!(
            "`{word}` is not a day; write days as `mon-fri`, `sat`, `mon,wed` or `all`, from {}",
            DAYS.join(", ")
        )
    };
    let day = |word: &str| {
        let word = word.trim();
        DAYS.iter().position(|d| *d == word.to_lowercase()).ok_or_else(|| expected(word))
    };
    let mut set = [false; 7];
    for part in text.split(',') {
        let part = part.trim();
        match part.split_once('-') {
            _ if part.eq_ignore_ascii_case("all") => set = [true; 7],
            None => set[day(part)?] = true,
            Some((from, to)) => {
                let (mut at, to) = (day(from)?, day(to)?);
                set[at] = true;
                while at != to {
                    at = (at + 1) % 7;
                    set[at] = true;
                }
            }
        }
    }
    Ok(set)
}

/// Days as [`days`] reads them back.
pub fn write_days(set: &[bool; 7]) -> String {
    if *set == [true; 7] {
        return "all".to_owned();
    }
    let names: Vec<&str> = DAYS.iter().zip(set).filter(|(_, on)| **on).map(|(day, _)| *day).collect();
    names.join(",")
}

/// A time of day as [`time_of_day`] reads it back.
pub fn write_time_of_day(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Hours as [`hours`] reads them back.
pub fn write_hours((from, to): (u16, u16)) -> String {
    let to = if to > DAY_MINUTES { to - DAY_MINUTES } else { to };
    format!("{}-{}", write_time_of_day(from), write_time_of_day(to))
}

/// A civil date: `2026-11-23`.
pub fn date(text: &str) -> Result<Date, String> {
    let expected = || format!("`{}` is not a date; write it as `2026-11-23`", text.trim());
    let text = text.trim();
    if text.len() != 10 {
        return Err(expected());
    }
    text.parse::<Date>().map_err(|_| {
        match text.split('-').map(str::parse::<u16>).collect::<Result<Vec<_>, _>>() {
            Ok(parts) if parts.len() == 3 => format!("there is no {text} in the calendar"),
            _ => expected(),
        }
    })
}

/// A civil moment: `2026-11-23` (midnight) or `2026-11-23T08:00`, also with a space or seconds.
pub fn moment(text: &str) -> Result<jiff::civil::DateTime, String> {
    let text = text.trim();
    let Some((day, time)) = text.split_once(['T', ' ']) else {
        return Ok(date(text)?.to_datetime(jiff::civil::Time::midnight()));
    };
    let time: jiff::civil::Time = time
        .parse()
        .map_err(|_| format!("`{time}` is not a time of day; write `2026-11-23T08:00`, without a zone"))?;
    Ok(date(day)?.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("0", 0.0),
            ("90s", 90_000.0),
            ("5m", 300_000.0),
            ("1h 30m", 5_400_000.0),
            ("1h30m", 5_400_000.0),
            ("2d", 172_800_000.0),
            ("1.5h", 5_400_000.0),
            ("250ms", 250.0),
            ("1w", 604_800_000.0),
            ("10 min", 600_000.0),
            ("1_000s", 1_000_000.0),
        ] {
            assert_eq!(duration_ms(text), Ok(ms), "{text}");
            assert_eq!(duration_ms(&write_duration(ms)), Ok(ms), "{text} written");
        }
        for text in ["", "5", "m", "-5m", "5 x", "5m 3", "1..5h", "NaNs", "1e9d", "99999999d", "5m,", "١m"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hours_and_days() {
        assert_eq!(hours("08:00-18:00"), Ok((480, 1_080)));
        assert_eq!(hours("22:00-06:00"), Ok((1_320, 1_800)));
        assert_eq!(hours("00:00-24:00"), Ok((0, 1_440)));
        assert_eq!(hours("18:00-00:00"), Ok((1_080, 1_440)));
        for text in ["08:00", "8-18", "25:00-26:00", "08:60-09:00", "08:00-08:00", "24:00-06:00"] {
            assert!(hours(text).is_err(), "{text}");
        }
        assert_eq!(days("mon-fri"), Ok([true, true, true, true, true, false, false]));
        assert_eq!(days("sat-mon"), Ok([true, false, false, false, false, true, true]));
        assert_eq!(days("Mon, wed"), Ok([true, false, true, false, false, false, false]));
        assert!(days("monday-fri").is_err());
        assert!(days("").is_err());
    }

    #[test]
    fn dates() {
        assert!(date("2026-11-23").is_ok());
        assert!(date("2026-02-30").is_err_and(|e| e.contains("no 2026-02-30")));
        assert!(date("23/11/2026").is_err());
        assert!(moment("2026-11-23T08:00").is_ok());
        assert!(moment("2026-11-23 08:00:30").is_ok());
        assert!(moment("2026-11-23T08:00Z").is_err());
    }

    #[test]
    fn shares() {
        assert_eq!(share("12%"), Ok(0.12));
        assert_eq!(share("12.5 %"), Ok(0.125));
        for text in ["12", "%", "x%", "inf%"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,20}") {
            let _ = (duration_ms(&text), share(&text), time_of_day(&text), hours(&text), days(&text), moment(&text));
        }

        #[test]
        fn durations_survive_writing(ms in 0u64..=3_000_000_000_000) {
            proptest::prop_assert_eq!(duration_ms(&write_duration(ms as f64)), Ok(ms as f64));
        }
    }
}
