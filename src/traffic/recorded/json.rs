//! JSON values out of a stream, one at a time and none longer than the limit: one per line, one
//! after the other, the elements of an array, the members of an object.

use std::io::{self, Read};

use super::input::Input;
use super::intake::Intake;
use super::lines::Lines;
use super::report::ImportError;

/// Why a value was refused, without quoting it.
pub fn reason(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => "JSON that breaks off".to_owned(),
        Category::Syntax if error.to_string().starts_with("recursion") => "JSON nested too deeply".to_owned(),
        Category::Syntax | Category::Io => format!("not JSON, from column {}", error.column()),
        Category::Data => {
            let text = error.to_string();
            let what = ["missing field", "unknown field", "invalid type", "invalid value", "duplicate field"]
                .into_iter()
                .find(|what| text.starts_with(what))
                .unwrap_or("another shape");
            format!("JSON of another shape than expected: {what} near column {}", error.column())
        }
    }
}

/// What to do with an object at the top of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// It is one value.
    Value,
    /// It wraps values: its members, and the elements of those that are arrays, are the values.
    Wrapper,
}

/// A value of a file.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// Name of the member it was found in, "" outside of wrappers.
    pub key: &'a str,
    /// It was one of the elements of an array.
    pub in_array: bool,
    /// Its text.
    pub bytes: &'a [u8],
    /// Line on which it ends.
    pub line: u64,
}

/// The members of an object, as far as its beginning shows them: their names, and the first byte of what
/// they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(Vec<(String, u8)>);

impl Members {
    /// So many are looked at.
    const MOST: usize = 64;

    /// Of the object that a text begins with; none if it begins with none.
    fn of(text: &[u8]) -> Members {
        let mut found = Vec::new();
        let mut rest = text.strip_prefix(b"{").unwrap_or_default();
        while found.len() < Members::MOST {
            let Some((name, behind)) = rest.trim_ascii_start().strip_prefix(b"\"").and_then(string) else {
                break;
            };
            let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { break };
            let value = value.trim_ascii_start();
            let Some(first) = value.first() else { break };
            found.push((String::from_utf8_lossy(name).into_owned(), *first));
            let Some(behind) = behind_value(value) else { break };
            match behind.trim_ascii_start().strip_prefix(b",") {
                Some(more) => rest = more,
                None => break,
            }
        }
        Members(found)
    }

    /// Whether there is one of these names.
    pub fn has(&self, names: &[&str]) -> bool {
        self.0.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// Whether one of these names holds an array.
    pub fn has_list(&self, names: &[&str]) -> bool {
        self.0.iter().any(|(name, first)| *first == b'[' && names.contains(&name.as_str()))
    }
}

/// The inside of a string whose opening quote was passed, and what is behind it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &text[at..])?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
        if at > text.len() {
            return None;
        }
    }
}

/// What is behind the value that a text begins with; `None` if the value does not end here.
fn behind_value(text: &[u8]) -> Option<&[u8]> {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        match rest.first()? {
            b'"' => rest = string(&rest[1..])?.1,
            b'{' | b'[' => {
                depth += 1;
                rest = &rest[1..];
            }
            b'}' | b']' | b',' if depth == 0 => return Some(rest),
            b'}' | b']' => {
                depth -= 1;
                rest = &rest[1..];
            }
            _ => rest = &rest[1..],
        }
    }
}

/// Hands every value of an input to `each`. `top` decides, by its members, whether an object at the
/// top is a value or wraps values. What cannot be told apart is quarantined.
pub fn values(
    input: &Input,
    intake: &mut Intake<'_>,
    top: &dyn Fn(&Members) -> Top,
    each: &mut dyn FnMut(Value<'_>, &mut Intake<'_>),
) -> Result<(), ImportError> {
    intake.begin(input);
    let limit = intake.options.limits.element_bytes;
    if one_per_line(&input.head()?, top) {
        let mut lines = Lines::new(input.open()?, limit);
        while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
            intake.report.lines += 1;
            intake.advance(line.bytes.len() as u64 + 1);
            let bytes = line.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line.bytes).trim_ascii();
            if line.too_long {
                intake.element();
                intake.quarantine(line.number, "line too long", bytes);
            } else if !bytes.is_empty() {
                each(Value { key: "", in_array: false, bytes, line: line.number }, intake);
            }
        }
        return Ok(());
    }
    let mut splitter = Splitter::new(input.open()?, limit);
    loop {
        let before = splitter.consumed;
        let step = splitter.next(top).map_err(|e| input.failed(e))?;
        intake.advance(splitter.consumed - before);
        let line = splitter.line;
        match step {
            Step::Value { key, in_array } => {
                let value = Value { key: &key, in_array, bytes: splitter.captured(), line };
                each(value, intake);
            }
            Step::TooLong => {
                intake.element();
                intake.quarantine(line, "element too long", b"");
            }
            Step::Broken(what) => {
                intake.element();
                intake.quarantine(line, what, b"");
                return Ok(());
            }
            Step::End => return Ok(()),
        }
    }
}

/// Whether each line is a value by itself: one of the first lines is a whole object.
fn one_per_line(head: &[u8], top: &dyn Fn(&Members) -> Top) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let whole = |line: &[u8]| {
        line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line.trim_ascii()).is_ok()
    };
    let mut lines = head.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty());
    let first = lines.next().unwrap_or(b"");
    if whole(first) {
        // A single line may still be a wrapper.
        return lines.next().is_some() || top(&Members::of(first.trim_ascii())) == Top::Value;
    }
    first.starts_with(b"{") && first.len() > 1 && lines.take(4).any(whole)
}

enum Step {
    Value { key: String, in_array: bool },
    TooLong,
    Broken(&'static str),
    End,
}

enum Level {
    Array { key: String },
    Wrapper,
}

/// Walks over JSON text and cuts values out of it; their inside is left to serde.
struct Splitter<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Next byte to look at.
    at: usize,
    end: usize,
    /// Beginning of the value that is being captured.
    capture: Option<usize>,
    captured: std::ops::Range<usize>,
    too_long: bool,
    levels: Vec<Level>,
    limit: usize,
    line: u64,
    consumed: u64,
}

const CHUNK: usize = 256 * 1024;

impl<R: Read> Splitter<R> {
    fn new(reader: R, limit: usize) -> Self {
        Splitter {
            reader,
            buffer: Vec::new(),
            at: 0,
            end: 0,
            capture: None,
            captured: 0..0,
            too_long: false,
            levels: Vec::new(),
            limit,
            line: 1,
            consumed: 0,
        }
    }

    fn captured(&self) -> &[u8] {
        &self.buffer[self.captured.clone()]
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.end && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.at]))
    }

    fn bump(&mut self) {
        if self.buffer[self.at] == b'\n' {
            self.line += 1;
        }
        self.at += 1;
        self.consumed += 1;
    }

    /// More bytes; what is being captured stays in the buffer unless it is too long.
    fn fill(&mut self) -> io::Result<bool> {
        if let Some(from) = self.capture
            && self.at - from > self.limit
        {
            self.too_long = true;
            self.capture = Some(self.at);
        }
        let keep = self.capture.unwrap_or(self.at);
        self.buffer.copy_within(keep..self.end, 0);
        self.at -= keep;
        self.end -= keep;
        self.capture = self.capture.map(|_| 0);
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize((self.buffer.len() * 2).max(CHUNK), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(n) => {
                    self.end += n;
                    return Ok(n > 0);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn skip_blanks(&mut self) -> io::Result<Option<u8>> {
        while let Some(b) = self.peek()? {
            match b {
                b' ' | b'\n' | b'\r' | b'\t' | b',' | 0xef | 0xbb | 0xbf => self.bump(),
                b => return Ok(Some(b)),
            }
        }
        Ok(None)
    }

    fn next(&mut self, top: &dyn Fn(&Members) -> Top) -> io::Result<Step> {
        loop {
            let Some(b) = self.skip_blanks()? else {
                return Ok(if self.levels.is_empty() {
                    Step::End
                } else {
                    Step::Broken("JSON that breaks off")
                });
            };
            if matches!(b, b']' | b'}') {
                self.bump();
                if self.levels.pop().is_none() {
                    return Ok(Step::Broken("not JSON: a bracket is closed that was not opened"));
                }
                continue;
            }
            match self.levels.last() {
                None if b == b'[' => {
                    self.bump();
                    self.levels.push(Level::Array { key: String::new() });
                }
                None if b == b'{' => {
                    if top(&self.peek_members()?) == Top::Wrapper {
                        self.bump();
                        self.levels.push(Level::Wrapper);
                    } else {
                        return self.value(String::new(), false);
                    }
                }
                None => return Ok(Step::Broken("not JSON: neither an object nor an array")),
                Some(Level::Array { key }) => {
                    let key = key.clone();
                    return self.value(key, true);
                }
                Some(Level::Wrapper) => {
                    if b != b'"' {
                        return Ok(Step::Broken("not JSON: the name of a member is missing"));
                    }
                    let Step::Value { .. } = self.value(String::new(), false)? else {
                        return Ok(Step::Broken("JSON that breaks off"));
                    };
                    let key: String = serde_json::from_slice(self.captured()).unwrap_or_default();
                    if self.skip_blanks()? != Some(b':') {
                        return Ok(Step::Broken("not JSON: a colon is missing"));
                    }
                    self.bump();
                    if self.skip_blanks()? == Some(b'[') {
                        self.bump();
                        self.levels.push(Level::Array { key });
                    } else {
                        return self.value(key, false);
                    }
                }
            }
        }
    }

    /// The members of the object that begins here, as far as they are near, without going on.
    fn peek_members(&mut self) -> io::Result<Members> {
        const NEAR: usize = 16 * 1024;
        while self.end - self.at < NEAR {
            if !self.fill()? {
                break;
            }
        }
        Ok(Members::of(&self.buffer[self.at..self.end.min(self.at + NEAR)]))
    }

    /// Captures the value that begins here.
    fn value(&mut self, key: String, in_array: bool) -> io::Result<Step> {
        self.capture = Some(self.at);
        self.too_long = false;
        let mut depth = 0_usize;
        let whole = loop {
            let Some(b) = self.peek()? else { break depth == 0 };
            match b {
                b'"' => {
                    self.bump();
                    if !self.string()? {
                        break false;
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.bump();
                }
                b'}' | b']' if depth == 0 => break true,
                b'}' | b']' => {
                    depth -= 1;
                    self.bump();
                }
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => break true,
                _ => {
                    self.bump();
                    continue;
                }
            }
            if depth == 0 {
                break true;
            }
        };
        let from = self.capture.take().unwrap_or(self.at);
        self.captured = from..self.at;
        Ok(match (whole, self.too_long || self.at - from > self.limit) {
            (false, _) => Step::Broken("JSON that breaks off"),
            (true, true) => Step::TooLong,
            // A colon alone would never move on.
            (true, false) if self.captured.is_empty() => Step::Broken("not JSON: a value is missing"),
            (true, false) => Step::Value { key, in_array },
        })
    }

    /// Goes behind the end of the string whose opening quote was just passed.
    fn string(&mut self) -> io::Result<bool> {
        loop {
            let Some(_) = self.peek()? else { return Ok(false) };
            match memchr::memchr2(b'"', b'\\', &self.buffer[self.at..self.end]) {
                None => {
                    let n = self.end - self.at;
                    self.line += memchr::memchr_iter(b'\n', &self.buffer[self.at..self.end]).count() as u64;
                    self.at = self.end;
                    self.consumed += n as u64;
                }
                Some(n) => {
                    self.line +=
                        memchr::memchr_iter(b'\n', &self.buffer[self.at..self.at + n]).count() as u64;
                    self.at += n;
                    self.consumed += n as u64;
                    let quote = self.buffer[self.at] == b'"';
                    self.bump();
                    if quote {
                        return Ok(true);
                    }
                    if self.peek()?.is_none() {
                        return Ok(false);
                    }
                    self.bump();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Options};
    use super::*;

    fn split(text: &str, limit: usize) -> (Vec<(String, String)>, Vec<String>) {
        let options =
            Options { limits: Limits { element_bytes: limit, ..Limits::default() }, ..Options::default() };
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut intake = Intake::new(&options, &mut ignore, &mut silent);
        let mut out = Vec::new();
        let top =
            |members: &Members| if members.has(&["tickets", "meta"]) { Top::Wrapper } else { Top::Value };
        let input = Input::memory("x.json", text.as_bytes());
        values(&input, &mut intake, &top, &mut |v, _| {
            out.push((v.key.to_owned(), String::from_utf8_lossy(v.bytes).into_owned()));
        })
        .unwrap();
        (out, intake.report.quarantine.into_iter().map(|q| q.reason).collect())
    }

    #[test]
    fn all_layouts_give_the_same_values() {
        for text in [
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":1}{\"a\":2}",
            "[{\"a\":1},{\"a\":2}]",
            "\u{feff}[\n {\"a\":1} ,\n {\"a\":2}\n]\n",
            "{\"a\":1}\n\n  {\"a\":2}",
        ] {
            let (values, refused) = split(text, 1000);
            let texts: Vec<_> = values.iter().map(|(_, v)| v.as_str()).collect();
            assert_eq!(texts, ["{\"a\":1}", "{\"a\":2}"], "{text}");
            assert!(refused.is_empty());
        }
    }

    #[test]
    fn members_as_far_as_they_are_seen() {
        let members = Members::of(br#"{"a": [1, {"x": "]}"}], "b\"c":{"d":2}, "e": tru"#);
        assert_eq!(members.0, [("a".into(), b'['), ("b\\\"c".into(), b'{'), ("e".into(), b't')]);
        assert!(members.has(&["x", "e"]) && !members.has(&["x", "d"]));
        assert!(members.has_list(&["a"]) && !members.has_list(&["e"]));
        for text in ["", "{", "{\"", "{\"a", "{\"a\\", "{\"a\"", "{}", "[", "{1:2}"] {
            assert_eq!(Members::of(text.as_bytes()), Members::default(), "{text}");
        }
    }

    #[test]
    fn wrappers_are_opened() {
        let text = r#"{"meta": {"page": 1}, "tickets": [{"id": "]}\""}, 7], "next": null}"#;
        let (values, refused) = split(text, 1000);
        let expected =
            [("meta", "{\"page\": 1}"), ("tickets", r#"{"id": "]}\""}"#), ("tickets", "7"), ("next", "null")];
        assert_eq!(values, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert!(refused.is_empty());
    }

    #[test]
    fn long_and_broken_values_are_refused() {
        let long = format!("[1, \"{}\", 2]", "x".repeat(1_000_000));
        let (values, refused) = split(&long, 1000);
        assert_eq!(values.len(), 2);
        assert_eq!(refused, ["element too long"]);
        let (values, refused) = split("[{\"a\":1}, {\"b\":", 1000);
        assert_eq!(values.len(), 1);
        assert_eq!(refused, ["JSON that breaks off"]);
        let (values, refused) = split("{\"a\":1}\nbroken\n{\"a\":2}", 1000);
        assert_eq!((values.len(), refused.len()), (3, 0), "lines are left to the reader");
    }
}
