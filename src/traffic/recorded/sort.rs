//! Puts events of any number in order in bounded memory: what does not fit is sorted in parts that
//! wait in temporary files, and the parts are merged at the end.
//!
//! In memory the texts of all events lie one behind the other, and a head of fixed size says where those
//! of each event are, so that none of them costs an allocation of its own.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};

/// An event on its way into the log, borrowed from wherever its parts are.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Thread, or conversation where the source knows those.
    pub conversation: &'a str,
    /// When.
    pub at: Instant,
    /// Orders events of the same instant.
    pub tie: u64,
    /// What.
    pub kind: Kind,
    /// Who, by role.
    pub from: Role,
    /// Pseudonym.
    pub actor: &'a str,
    /// What was written.
    pub text: Option<&'a str>,
    /// Kind of attachment.
    pub media: Option<&'a str>,
    /// New status, priority, team, score, delivery state.
    pub value: Option<&'a str>,
    /// How exact `at` is.
    pub precision: Precision,
    /// File, and the line in it, if that is not part of the name already.
    pub origin: (&'a str, Option<u64>),
    /// Conversations have yet to be cut out of its thread.
    pub endless: bool,
    /// A message known by its delivery alone; it stands if nothing else tells of it.
    pub implied: bool,
}

/// An event as it comes out in order; one is used for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The event; its conversation is still the thread.
    pub event: Event,
    /// As in [`Parts`].
    pub tie: u64,
    /// As in [`Parts`].
    pub endless: bool,
    /// As in [`Parts`].
    pub implied: bool,
}

/// So many texts has an event: conversation, actor, text, media, value, and its origin if that is no line
/// of a file.
const TEXTS: usize = 6;

/// The length of a text that is not there.
const NONE: u32 = u32::MAX;

/// The line of an origin that has none.
const NO_LINE: u64 = u64::MAX;

/// All of an event but its texts, and where those are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    at: i64,
    tie: u64,
    /// Where its texts begin; one lies behind the other.
    from: usize,
    line: u64,
    lengths: [u32; TEXTS],
    /// Number of the name of the file it comes from.
    file: u32,
    /// Kind, role, precision, flags.
    words: [u8; 4],
}

/// Bytes of a head on disk.
const HEAD: usize = 8 + 8 + 8 + 4 * TEXTS + 4 + 4;

impl Head {
    fn texts_length(&self) -> usize {
        self.lengths.iter().filter(|length| **length != NONE).map(|length| *length as usize).sum()
    }

    fn key(&self) -> (i64, u64) {
        (self.at, self.tie)
    }

    fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&self.at.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.tie.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.line.to_le_bytes());
        for (n, length) in self.lengths.iter().chain([&self.file]).enumerate() {
            bytes[24 + 4 * n..28 + 4 * n].copy_from_slice(&length.to_le_bytes());
        }
        bytes[HEAD - 4..].copy_from_slice(&self.words);
        bytes
    }

    fn from_bytes(bytes: &[u8; HEAD]) -> Head {
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let short = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Head {
            at: long(0) as i64,
            tie: long(8),
            from: 0,
            line: long(16),
            lengths: std::array::from_fn(|n| short(24 + 4 * n)),
            file: short(24 + 4 * TEXTS),
            words: std::array::from_fn(|n| bytes[HEAD - 4 + n]),
        }
    }
}

/// Sorts by instant, then tie, then order of arrival.
pub struct Sorter {
    heads: Vec<Head>,
    texts: String,
    /// Names of the files that events come from.
    files: Vec<String>,
    limit_bytes: usize,
    parts: Vec<File>,
}

impl Sorter {
    /// Holds about `limit_bytes` in memory.
    pub fn new(limit_bytes: usize) -> Self {
        Sorter { heads: Vec::new(), texts: String::new(), files: Vec::new(), limit_bytes, parts: Vec::new() }
    }

    /// One more event.
    pub fn push(&mut self, parts: &Parts<'_>) -> io::Result<()> {
        let (file, line) = parts.origin;
        // A line of a file is a number and the number of a name; any other origin is a text.
        let (file, line, origin) = match line {
            Some(line) => (self.file(file), line, None),
            None => (0, NO_LINE, Some(file)),
        };
        let texts =
            [Some(parts.conversation), Some(parts.actor), parts.text, parts.media, parts.value, origin];
        self.heads.push(Head {
            at: parts.at.ms(),
            tie: parts.tie,
            from: self.texts.len(),
            line,
            lengths: texts.map(|text| text.map_or(NONE, |t| t.len() as u32)),
            file,
            words: [
                parts.kind as u8,
                parts.from as u8,
                parts.precision as u8,
                u8::from(parts.endless) | u8::from(parts.implied) << 1,
            ],
        });
        for text in texts.into_iter().flatten() {
            self.texts.push_str(text);
        }
        if self.texts.len() + self.heads.len() * size_of::<Head>() > self.limit_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// The number of a file's name; events of one file come one after the other.
    fn file(&mut self, name: &str) -> u32 {
        if self.files.last().is_none_or(|last| last != name) {
            self.files.push(name.to_owned());
        }
        self.files.len() as u32 - 1
    }

    /// In order of arrival already, or brought into order; the sort is stable.
    fn order(&mut self) {
        if !self.heads.is_sorted_by_key(Head::key) {
            self.heads.sort_by_key(Head::key);
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.order();
        let mut out = BufWriter::with_capacity(256 * 1024, tempfile::tempfile()?);
        for head in self.heads.drain(..) {
            out.write_all(&head.to_bytes())?;
            out.write_all(&self.texts.as_bytes()[head.from..head.from + head.texts_length()])?;
        }
        self.texts.clear();
        let mut file = out.into_inner().map_err(|e| e.into_error())?;
        file.rewind()?;
        self.parts.push(file);
        Ok(())
    }

    /// All events in order.
    pub fn drain(mut self, each: &mut dyn FnMut(&mut Pending)) -> io::Result<()> {
        let mut pending = blank();
        if self.parts.is_empty() {
            self.order();
            for head in &self.heads {
                pending.fill(head, &self.texts, &self.files)?;
                each(&mut pending);
            }
            return Ok(());
        }
        if !self.heads.is_empty() {
            self.spill()?;
        }
        (self.heads, self.texts) = (Vec::new(), String::new());
        let mut parts: Vec<Part> = self.parts.into_iter().map(Part::new).collect();
        let mut queue = BinaryHeap::new();
        for (n, part) in parts.iter_mut().enumerate() {
            queue.extend(part.next()?.map(|(at, tie)| Reverse((at, tie, n))));
        }
        while let Some(Reverse((_, _, n))) = queue.pop() {
            pending.fill(&parts[n].head, &parts[n].texts, &self.files)?;
            queue.extend(parts[n].next()?.map(|(at, tie)| Reverse((at, tie, n))));
            each(&mut pending);
        }
        Ok(())
    }
}

/// A sorted part on disk, and the event it stands at.
struct Part {
    file: BufReader<File>,
    head: Head,
    texts: String,
}

impl Part {
    fn new(file: File) -> Part {
        Part {
            file: BufReader::with_capacity(64 * 1024, file),
            head: Head::from_bytes(&[0; HEAD]),
            texts: String::new(),
        }
    }

    /// Goes to the next event and gives what it is sorted by.
    fn next(&mut self) -> io::Result<Option<(i64, u64)>> {
        let mut head = [0; HEAD];
        match self.file.read_exact(&mut head) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
        self.head = Head::from_bytes(&head);
        let mut texts = std::mem::take(&mut self.texts).into_bytes();
        texts.resize(self.head.texts_length(), 0);
        self.file.read_exact(&mut texts)?;
        self.texts = String::from_utf8(texts).map_err(io::Error::other)?;
        Ok(Some(self.head.key()))
    }
}

impl Pending {
    /// Becomes the event of a head.
    fn fill(&mut self, head: &Head, texts: &str, files: &[String]) -> io::Result<()> {
        let event = &mut self.event;
        event.at = Instant(head.at);
        event.kind = Kind::ALL[usize::from(head.words[0]) % Kind::ALL.len()];
        event.from = Role::ALL[usize::from(head.words[1]) % Role::ALL.len()];
        event.precision = Precision::ALL[usize::from(head.words[2]) % Precision::ALL.len()];
        self.tie = head.tie;
        self.endless = head.words[3] & 1 != 0;
        self.implied = head.words[3] & 2 != 0;
        let mut at = head.from;
        let mut lengths = head.lengths.iter();
        let mut text = || -> io::Result<Option<&str>> {
            let Some(length) = lengths.next().filter(|length| **length != NONE) else { return Ok(None) };
            let from = at;
            at += *length as usize;
            texts.get(from..at).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
        };
        refill(&mut event.conversation, text()?);
        refill(&mut event.actor, text()?);
        refill_optional(&mut event.text, text()?);
        refill_optional(&mut event.media, text()?);
        refill_optional(&mut event.value, text()?);
        match (text()?, head.line) {
            (Some(origin), _) => refill(&mut event.origin, Some(origin)),
            (None, line) => {
                refill(&mut event.origin, files.get(head.file as usize).map(String::as_str));
                event.origin.push(':');
                decimal(line, &mut event.origin);
            }
        }
        Ok(())
    }
}

/// A number in digits, without the machinery of formatting.
pub fn decimal(mut number: u64, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

fn refill(text: &mut String, with: Option<&str>) {
    text.clear();
    text.push_str(with.unwrap_or_default());
}

fn refill_optional(text: &mut Option<String>, with: Option<&str>) {
    match with {
        Some(_) => refill(text.get_or_insert_default(), with),
        None => *text = None,
    }
}

fn blank() -> Pending {
    let event = Event {
        conversation: String::new(),
        at: Instant(0),
        kind: Kind::Message,
        from: Role::System,
        actor: String::new(),
        text: None,
        media: None,
        value: None,
        precision: Precision::Millisecond,
        origin: String::new(),
    };
    Pending { event, tie: 0, endless: false, implied: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Spilled to disk in small parts or held in memory: the same order and the same events.
        #[test]
        fn spilling_changes_nothing(times in prop::collection::vec((0_i64..20, 0_u64..3), 0..200)) {
            let run = |limit: usize| {
                let mut sorter = Sorter::new(limit);
                for (n, (at, tie)) in times.iter().enumerate() {
                    let (conversation, text) = (format!("c{n}"), "hé".repeat(n % 5));
                    let parts = Parts {
                        conversation: &conversation,
                        at: Instant(*at),
                        tie: *tie,
                        kind: Kind::ALL[n % 8],
                        from: Role::ALL[n % 4],
                        actor: "",
                        text: n.is_multiple_of(2).then_some(&text),
                        media: None,
                        value: n.is_multiple_of(3).then_some("open"),
                        precision: Precision::ALL[n % 3],
                        origin: ("f", (n % 7 > 0).then_some(n as u64)),
                        endless: n % 2 == 1,
                        implied: n % 5 == 1,
                    };
                    sorter.push(&parts).unwrap();
                }
                let mut out = Vec::new();
                sorter.drain(&mut |p| out.push(p.clone())).unwrap();
                out
            };
            let held = run(usize::MAX);
            let mut expected: Vec<(i64, u64, usize)> =
                times.iter().enumerate().map(|(n, (at, tie))| (*at, *tie, n)).collect();
            expected.sort_unstable();
            prop_assert_eq!(held.len(), expected.len());
            for (found, (at, _, n)) in held.iter().zip(expected) {
                prop_assert_eq!((found.event.at.ms(), &found.event.conversation), (at, &format!("c{n}")));
                let text = n.is_multiple_of(2).then(|| "hé".repeat(n % 5));
                prop_assert_eq!((&found.event.text, found.event.kind), (&text, Kind::ALL[n % 8]));
                prop_assert_eq!((found.endless, found.implied), (n % 2 == 1, n % 5 == 1));
                let origin = if n % 7 > 0 { format!("f:{n}") } else { "f".to_owned() };
                prop_assert_eq!(&found.event.origin, &origin);
            }
            prop_assert_eq!(run(2_000), held);
        }
    }
}
