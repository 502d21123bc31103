//! Lines of any length in bounded memory.

use std::io::{self, Read};

use super::input::Input;
use super::intake::Intake;
use super::report::ImportError;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number, from 1.
    pub number: u64,
    /// Content; of a line that is too long, its beginning.
    pub bytes: &'a [u8],
    /// What ended it.
    pub end: LineEnd,
    /// Longer than the limit: the rest was skipped.
    pub too_long: bool,
}

/// What ended a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// A line feed alone.
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// The end of the file.
    File,
}

/// Reads lines; holds one line at most, and of that no more than the limit.
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    number: u64,
    limit: usize,
    finished: bool,
}

const CHUNK: usize = 256 * 1024;

/// Gives every line of an input that is not blank to `each`, which owes it a verdict; those that are too
/// long are refused here.
pub fn elements(
    input: &Input,
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(Line<'_>, &mut Intake<'_>),
) -> Result<(), ImportError> {
    intake.begin(input);
    let mut lines = Lines::new(input.open()?, intake.options.limits.element_bytes);
    while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
        intake.report.lines += 1;
        intake.advance(line.bytes.len() as u64 + 1);
        if line.bytes.trim_ascii().is_empty() {
            continue;
        }
        intake.element();
        if line.too_long {
            intake.quarantine(line.number, "line too long", line.bytes);
        } else {
            each(line, intake);
        }
    }
    Ok(())
}

impl<R: Read> Lines<R> {
    /// Lines of `reader`, none longer than `limit` bytes.
    pub fn new(reader: R, limit: usize) -> Self {
        Lines { reader, buffer: Vec::new(), start: 0, end: 0, number: 0, limit, finished: false }
    }

    /// The next line, or `None` at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.start + searched..self.end]) {
                let (from, to) = (self.start, self.start + searched + at);
                self.start = to + 1;
                return Ok(Some(self.line(from, to, true, false)));
            }
            searched = self.end - self.start;
            if searched > self.limit {
                return self.overlong().map(Some);
            }
            if self.finished {
                if searched == 0 {
                    return Ok(None);
                }
                let (from, to) = (self.start, self.end);
                self.start = self.end;
                return Ok(Some(self.line(from, to, false, false)));
            }
            self.fill()?;
        }
    }

    fn line(&mut self, from: usize, to: usize, newline: bool, too_long: bool) -> Line<'_> {
        self.number += 1;
        let bytes = &self.buffer[from..to];
        let (bytes, end) = match (newline, bytes.strip_suffix(b"\r")) {
            (true, Some(stripped)) => (stripped, LineEnd::CrLf),
            (true, None) => (bytes, LineEnd::Lf),
            (false, _) => (bytes, LineEnd::File),
        };
        Line { number: self.number, bytes, end, too_long }
    }

    /// Skips to the end of a line longer than the limit and gives its beginning.
    fn overlong(&mut self) -> io::Result<Line<'_>> {
        const KEEP: usize = 1024;
        let head: Vec<u8> = self.buffer[self.start..self.start + KEEP.min(self.limit)].to_vec();
        loop {
            match memchr::memchr(b'\n', &self.buffer[self.start..self.end]) {
                Some(at) => {
                    self.start += at + 1;
                    break;
                }
                None => {
                    self.start = self.end;
                    if self.finished {
                        break;
                    }
                    self.fill()?;
                }
            }
        }
        // The head goes into the free space before `start`: at least a limit's worth was skipped.
        let room = self.start.min(head.len());
        self.buffer[..room].copy_from_slice(&head[..room]);
        Ok(self.line(0, room, false, true))
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize((self.buffer.len() * 2).max(CHUNK), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.finished = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], limit: usize) -> Vec<(Vec<u8>, LineEnd, bool)> {
        let mut lines = Lines::new(text, limit);
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().expect("memory does not fail") {
            assert_eq!(line.number, out.len() as u64 + 1);
            out.push((line.bytes.to_vec(), line.end, line.too_long));
        }
        out
    }

    #[test]
    fn ends_are_told_apart() {
        let lines = all(b"a\r\nb\n\nc", 100);
        let expected =
            [(&b"a"[..], LineEnd::CrLf), (b"b", LineEnd::Lf), (b"", LineEnd::Lf), (b"c", LineEnd::File)];
        assert_eq!(lines.len(), expected.len());
        for (line, (bytes, end)) in lines.iter().zip(expected) {
            assert_eq!((line.0.as_slice(), line.1, line.2), (bytes, end, false));
        }
    }

    #[test]
    fn a_long_line_is_skipped_in_bounded_memory() {
        let mut text = b"first\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3_000_000));
        text.extend(b"\nlast");
        let mut lines = Lines::new(text.as_slice(), 10_000);
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"first");
        let long = lines.next_line().unwrap().unwrap();
        assert!(long.too_long && long.bytes.len() <= 1024 && long.bytes.iter().all(|b| *b == b'x'));
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"last");
        assert!(lines.next_line().unwrap().is_none());
        assert!(lines.buffer.len() <= 4 * CHUNK);
    }

    #[test]
    fn a_long_last_line_ends() {
        let lines = all(&[b'y'; 100_000], 10);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].2);
    }
}
