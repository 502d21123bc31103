//! The head of an entry: date, time and what encloses them, in any of the forms that phones write.
//!
//! A file has one shape of header. It is found from all lines, and only lines of that shape begin an
//! entry; a date that somebody wrote into a message does not.

mod halves;
mod patterns;

pub use patterns::Headers;

use super::super::script::{digit_value, is_invisible};
use halves::half_of_day;

/// What the headers of one file have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// `[...]` around date and time (iOS).
    pub bracket: bool,
    /// Between the parts of the date.
    pub separator: char,
    /// Position of the part with four digits.
    pub year_at: Option<u8>,
    /// A comma between date and time.
    pub comma: bool,
    /// A word between date and time ("um", "klo").
    pub word: bool,
    /// Between the parts of the time.
    pub time_separator: char,
    /// The time has seconds.
    pub seconds: bool,
    /// Morning or afternoon is said.
    pub twelve_hours: bool,
    /// A colon, not a dash, ends a header without brackets (old Android).
    pub colon: bool,
    /// The time stands before the date (Vietnamese, and what is copied out of the browser).
    pub time_first: bool,
}

/// A header found at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its shape.
    pub shape: Shape,
    /// The parts of the date, in the order in which they stand there.
    pub date: [u16; 3],
    /// Milliseconds since midnight.
    pub ms: u32,
    /// Where the rest of the line begins.
    pub rest: usize,
}

/// Since midnight; `None` if there is no such time.
fn milliseconds(hour: u16, minute: u16, second: u16, afternoon: Option<bool>) -> Option<u32> {
    if hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    let hour = match (afternoon, hour) {
        (Some(false), 12) | (_, 24) => 0,
        (Some(true), h) if h < 12 => h + 12,
        (_, h) => h,
    };
    Some((u32::from(hour) * 3_600 + u32::from(minute) * 60 + u32::from(second)) * 1_000)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.at)? {
            b if b.is_ascii() => Some(char::from(*b)),
            _ => self.text[self.at..].chars().next(),
        }
    }

    fn eat(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.peek().filter(|c| wanted(*c))?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let from = self.at;
        while self.eat(&wanted).is_some() {}
        self.at > from
    }

    fn marks(&mut self) {
        self.skip(is_invisible);
    }

    /// Blanks and marks; whether there was a blank.
    fn blanks(&mut self) -> bool {
        let mut blank = false;
        while let Some(c) = self.eat(|c| c.is_whitespace() || is_invisible(c)) {
            blank |= c.is_whitespace();
        }
        blank
    }

    /// A number of at most `most` digits, and how many it has.
    fn number(&mut self, most: u8) -> Option<(u16, u8)> {
        let (mut value, mut digits) = (0, 0);
        while let Some(digit) = self.peek().and_then(digit_value) {
            if digits == most {
                return None;
            }
            value = value * 10 + u16::from(digit);
            digits += 1;
            self.eat(|_| true);
        }
        (digits > 0).then_some((value, digits))
    }
}

/// False for a line that begins like no header: with a letter, say. Marks and digits of other scripts are
/// not told apart here.
pub fn may_begin(line: &[u8]) -> bool {
    line.first().is_some_and(|b| b.is_ascii_digit() || *b == b'[' || !b.is_ascii_graphic())
}

/// The header at the beginning of a line, if there is one.
pub fn parse(line: &str) -> Option<Header> {
    parse_with_half(line).map(|(header, _)| header)
}

fn parse_with_half(line: &str) -> Option<(Header, Option<bool>)> {
    let mut c = Cursor { text: line, at: 0 };
    if !line.as_bytes().first().is_some_and(|b| b.is_ascii_digit()) {
        c.marks();
    }
    let bracket = c.eat(|c| c == '[').is_some();
    c.marks();
    let begin = c.at;
    if let Some(date) = day(&mut c) {
        let mut comma = false;
        let mut gap = c.blanks();
        if c.eat(is_comma).is_some() {
            comma = true;
            gap = true;
            c.blanks();
        }
        let (word, afternoon) = between(&mut c)?;
        if !gap && !word && afternoon.is_none() {
            return None;
        }
        let time = clock(&mut c, afternoon)?;
        return finish(c, bracket, date, time, Shape { comma, word, ..Shape::default() });
    }
    c.at = begin;
    let time = clock(&mut c, None)?;
    let comma = c.eat(is_comma).is_some();
    if !c.blanks() {
        return None;
    }
    let date = day(&mut c)?;
    finish(c, bracket, date, time, Shape { comma, time_first: true, ..Shape::default() })
}

fn is_comma(c: char) -> bool {
    matches!(c, ',' | '،' | '、' | '，')
}

/// What ends a header, and what all its parts together are.
fn finish(
    mut c: Cursor<'_>,
    bracket: bool,
    date: Day,
    time: Clock,
    shape: Shape,
) -> Option<(Header, Option<bool>)> {
    let colon = end(&mut c, bracket)?;
    let ms = milliseconds(time.hour, time.minute, time.second.unwrap_or(0), time.afternoon)?;
    let shape = Shape {
        bracket,
        separator: date.separator,
        year_at: date.year_at,
        time_separator: time.separator,
        seconds: time.second.is_some(),
        twelve_hours: time.afternoon.is_some(),
        colon,
        ..shape
    };
    Some((Header { shape, date: date.parts, ms, rest: c.at }, time.afternoon))
}

/// Three numbers with something between them.
struct Day {
    parts: [u16; 3],
    separator: char,
    year_at: Option<u8>,
}

fn day(c: &mut Cursor<'_>) -> Option<Day> {
    let (first, digits_first) = c.number(4)?;
    c.blanks();
    let separator = c.eat(|c| matches!(c, '/' | '.' | '-' | '年' | '년'))?;
    c.blanks();
    let (second, digits_second) = c.number(4)?;
    c.blanks();
    c.eat(|c| c == separator || matches!(c, '月' | '월'))?;
    c.blanks();
    let (third, digits_third) = c.number(4)?;
    c.eat(|c| matches!(c, '.' | '日' | '일'));
    let year_at = match (digits_first, digits_second, digits_third) {
        (1 | 2, 1 | 2, 1 | 2) => None,
        (4, 1 | 2, 1 | 2) => Some(0),
        (1 | 2, 4, 1 | 2) => Some(1),
        (1 | 2, 1 | 2, 4) => Some(2),
        _ => return None,
    };
    Some(Day { parts: [first, second, third], separator, year_at })
}

/// Hour, minute, perhaps a second, and which half of the day it is.
struct Clock {
    hour: u16,
    minute: u16,
    second: Option<u16>,
    afternoon: Option<bool>,
    separator: char,
}

fn clock(c: &mut Cursor<'_>, said_before: Option<bool>) -> Option<Clock> {
    let (hour, _) = c.number(2)?;
    // Canada writes `20 h 47 min 10 s`.
    let spaced = c.blanks();
    let separator = c.eat(|c| c == 'h' || (!spaced && matches!(c, ':' | '.')))?;
    if separator == 'h' {
        c.blanks();
    }
    let (minute, digits_minute) = c.number(2)?;
    let second = seconds_behind(c, separator)?;
    if digits_minute != 2 {
        return None;
    }
    let afternoon = said_before.or_else(|| {
        let here = c.at;
        c.blanks();
        let said = half_of_day(c);
        if said.is_none() && !unit(c) {
            c.at = here;
        }
        said
    });
    Some(Clock { hour, minute, second, afternoon, separator })
}

/// A word for "o'clock" behind the time, as Bulgarian and Thai have it.
fn unit(c: &mut Cursor<'_>) -> bool {
    const UNITS: [&str; 4] = ["ч.", "ч", "น.", "Uhr"];
    let found = UNITS.iter().find(|unit| c.text[c.at..].starts_with(**unit));
    found.is_some_and(|unit| {
        c.at += unit.len();
        true
    })
}

/// The second behind a minute, `Some(None)` if there is none; `None` if what stands there is no time.
fn seconds_behind(c: &mut Cursor<'_>, separator: char) -> Option<Option<u16>> {
    let here = c.at;
    if separator == 'h' {
        c.blanks();
        if c.text[c.at..].starts_with("min") {
            c.at += "min".len();
            c.blanks();
            let (second, _) = c.number(2)?;
            c.blanks();
            c.eat(|c| c == 's')?;
            return Some(Some(second));
        }
    } else if c.eat(|c| c == separator).is_some() {
        match c.number(2) {
            Some((second, 2)) => return Some(Some(second)),
            // `13:55: Ana` ends with a colon; a longer number is no time.
            Some(_) => return None,
            None => {}
        }
    }
    c.at = here;
    Some(None)
}

/// What ends the header; whether it is a colon.
fn end(c: &mut Cursor<'_>, bracket: bool) -> Option<bool> {
    if bracket {
        c.blanks();
        c.eat(|c| c == ']')?;
        c.eat(char::is_whitespace);
        return Some(false);
    }
    c.marks();
    if c.peek() == Some(':') {
        c.eat(|c| c == ':');
        c.eat(|c| c == ' ')?;
        return Some(true);
    }
    c.blanks().then_some(())?;
    c.eat(|c| matches!(c, '-' | '–' | '—'))?;
    // A last line without any text may have lost its blank.
    (c.eat(char::is_whitespace).is_some() || c.peek().is_none()).then_some(false)
}

/// What stands between date and time: whether a plain word, and morning (false) or afternoon (true).
fn between(c: &mut Cursor<'_>) -> Option<(bool, Option<bool>)> {
    const LONGEST_WORD: usize = 24;
    if c.peek().is_some_and(|c| digit_value(c).is_some()) {
        return Some((false, None));
    }
    if let Some(afternoon) = half_of_day(c) {
        c.blanks();
        return Some((false, Some(afternoon)));
    }
    let from = c.at;
    c.skip(|c| c.is_alphabetic() || c == '.' || c == ',' || c.is_whitespace() || is_invisible(c));
    let passed = c.at - from;
    (passed > 0 && passed <= LONGEST_WORD && c.peek().is_some_and(|c| digit_value(c).is_some()))
        .then_some((true, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(hour: u32, minute: u32, second: u32) -> u32 {
        (hour * 3_600 + minute * 60 + second) * 1_000
    }

    #[test]
    fn headers_of_many_phones() {
        for (line, date, ms, rest) in [
            ("3/6/18, 1:55 PM - a: m", [3, 6, 18], time(13, 55, 0), "a: m"),
            ("3/6/18, 1:55\u{202f}PM - a: m", [3, 6, 18], time(13, 55, 0), "a: m"),
            ("[3/6/18, 1:55:07 PM] a: m", [3, 6, 18], time(13, 55, 7), "a: m"),
            ("26/01/2020, 4:19 pm - a: m", [26, 1, 2020], time(16, 19, 0), "a: m"),
            ("[28/04/23, 11:02:30\u{202f}AM] a: m", [28, 4, 23], time(11, 2, 30), "a: m"),
            ("26/01/2020 16:19 - a: m", [26, 1, 2020], time(16, 19, 0), "a: m"),
            ("\u{200e}[20/09/2024 20:47:00] \u{200e}a: m", [20, 9, 2024], time(20, 47, 0), "\u{200e}a: m"),
            ("3/6/18, 1:55\u{a0}p.\u{202f}m. - a: m", [3, 6, 18], time(13, 55, 0), "a: m"),
            ("[2/7/26, 2:29:00 p. m.] a: m", [2, 7, 26], time(14, 29, 0), "a: m"),
            ("15.04.16, 15:04 - a: m", [15, 4, 16], time(15, 4, 0), "a: m"),
            ("13.6.2018 klo 21.25 - a: m", [13, 6, 2018], time(21, 25, 0), "a: m"),
            ("13. 6. 2018. 21:25 - a: m", [13, 6, 2018], time(21, 25, 0), "a: m"),
            ("[06-03-17 00:45:10] a: m", [6, 3, 17], time(0, 45, 10), "a: m"),
            ("06/03/2017 à 00:45 - a: m", [6, 3, 2017], time(0, 45, 0), "a: m"),
            ("[2018-06-13 20 h 47 min 10 s] a: m", [2018, 6, 13], time(20, 47, 10), "a: m"),
            ("2018-06-13 20 h 47 - a: m", [2018, 6, 13], time(20, 47, 0), "a: m"),
            ("2018.06.13. 21:25 - a: m", [2018, 6, 13], time(21, 25, 0), "a: m"),
            ("[2018-06-13, 21:25:15] a: m", [2018, 6, 13], time(21, 25, 15), "a: m"),
            ("2018/6/13 下午9:25 - a: m", [2018, 6, 13], time(21, 25, 0), "a: m"),
            ("2018년 6월 13일 오후 9:25 - a: m", [2018, 6, 13], time(21, 25, 0), "a: m"),
            ("[2018/6/13 下午9:25:15] a: m", [2018, 6, 13], time(21, 25, 15), "a: m"),
            ("\u{200f}١٣\u{200f}/٦\u{200f}/٢٠١٨، ٩:٢٥ م - a: m", [13, 6, 2018], time(21, 25, 0), "a: m"),
            ("13/6/2561 21:25 - a: m", [13, 6, 2561], time(21, 25, 0), "a: m"),
            ("13.06.18 21.25.15: a: m", [13, 6, 18], time(21, 25, 15), "a: m"),
            ("6/2018/13, 01.55 PM - a: m", [6, 2018, 13], time(13, 55, 0), "a: m"),
            ("06/20/2020, 00:08 a. m. - a: m", [6, 20, 2020], time(0, 8, 0), "a: m"),
            ("12/20/2021, 12:10 p. m. - a: m", [12, 20, 2021], time(12, 10, 0), "a: m"),
            ("3/6/18, 12:05 AM - a: m", [3, 6, 18], time(0, 5, 0), "a: m"),
            ("3/6/18, 9:25 μ.μ. - a: m", [3, 6, 18], time(21, 25, 0), "a: m"),
            ("[01/01/19 11:25] a: m", [1, 1, 19], time(11, 25, 0), "a: m"),
            ("13.06.18 г., 21:25 ч. - a: m", [13, 6, 18], time(21, 25, 0), "a: m"),
            ("13/6/2561 21:25 น. - a: m", [13, 6, 2561], time(21, 25, 0), "a: m"),
            ("2018-06-13 9:25 em - a: m", [2018, 6, 13], time(21, 25, 0), "a: m"),
            ("13. 6. 2018 9:25 odp. - a: m", [13, 6, 2018], time(21, 25, 0), "a: m"),
            ("2018. 06. 13. 21:25 - a: m", [2018, 6, 13], time(21, 25, 0), "a: m"),
            ("[2018. 6. 13. 오후 9:25:15] a: m", [2018, 6, 13], time(21, 25, 15), "a: m"),
            ("21:25, 13/6/2018 - a: m", [13, 6, 2018], time(21, 25, 0), "a: m"),
            ("[9:25 PM, 6/13/2018] a: m", [6, 13, 2018], time(21, 25, 0), "a: m"),
        ] {
            let header = parse(line).unwrap_or_else(|| panic!("no header: {line}"));
            assert_eq!((header.date, header.ms), (date, ms), "{line}");
            assert_eq!(&line[header.rest..], rest, "{line}");
        }
    }

    /// The short way gives what the long one gives, whatever came before.
    #[test]
    fn patterns_change_nothing() {
        let mut headers = Headers::default();
        let mut lines = Vec::new();
        for head in
            ["3/6/18, 1:55 PM - ", "13/6/18, 1:55 PM - ", "[13/06/2018, 21:25:15] ", "3/6/18, 1:55 AM - "]
        {
            lines.push(format!("{head}a: m"));
            for (from, to) in
                [("5", "9"), ("1", "7"), ("55", "99"), ("3", "12"), (" - ", " -"), ("] ", "]"), ("5", "٥")]
            {
                lines.push(format!("{}a: m", head.replace(from, to)));
            }
        }
        for _ in 0..2 {
            for line in &lines {
                assert_eq!(headers.parse(line), parse(line), "{line}");
            }
        }
    }

    #[test]
    fn what_is_no_header() {
        for line in [
            "",
            "hello",
            "1. first item - second",
            "12/10/2020 was the day - really",
            "10:30 - 11:00",
            "26/01/2020, 16:19 Ana: hi",
            "26/01/2020, 16:99 - Ana: hi",
            "[26/01/2020] Ana: hi",
            "+55 11 99999-0000",
            "12345/1/2020, 16:19 - Ana: hi",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
