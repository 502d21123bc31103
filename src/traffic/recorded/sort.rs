//! Puts events of any number in order in bounded memory: what does not fit is sorted in parts that
//! wait in temporary files, and the parts are merged at the end.
//!
//! In memory events lie one behind the other in the form in which they also go to disk, so that none
//! of them costs an allocation of its own.

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

/// Where a record lies in memory, and what it is sorted by.
struct Place {
    at: i64,
    tie: u64,
    from: usize,
}

/// Sorts by instant, then tie, then order of arrival.
pub struct Sorter {
    /// Records, each behind its length.
    held: Vec<u8>,
    places: Vec<Place>,
    limit_bytes: usize,
    parts: Vec<File>,
}

impl Sorter {
    /// Holds about `limit_bytes` in memory.
    pub fn new(limit_bytes: usize) -> Self {
        Sorter { held: Vec::new(), places: Vec::new(), limit_bytes, parts: Vec::new() }
    }

    /// One more event.
    pub fn push(&mut self, parts: &Parts<'_>) -> io::Result<()> {
        self.places.push(Place { at: parts.at.ms(), tie: parts.tie, from: self.held.len() });
        encode(parts, &mut self.held);
        if self.held.len() + self.places.len() * size_of::<Place>() > self.limit_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// In order of arrival already, or brought into order; the sort is stable.
    fn order(&mut self) {
        let key = |place: &Place| (place.at, place.tie);
        if !self.places.is_sorted_by_key(key) {
            self.places.sort_by_key(key);
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.order();
        let mut out = BufWriter::with_capacity(256 * 1024, tempfile::tempfile()?);
        for place in self.places.drain(..) {
            out.write_all(framed(&self.held, place.from))?;
        }
        self.held.clear();
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
            for place in &self.places {
                decode(&framed(&self.held, place.from)[4..], &mut pending)?;
                each(&mut pending);
            }
            return Ok(());
        }
        if !self.places.is_empty() {
            self.spill()?;
        }
        self.held = Vec::new();
        let mut parts: Vec<Part> = self.parts.into_iter().map(Part::new).collect();
        let mut queue = BinaryHeap::new();
        for (n, part) in parts.iter_mut().enumerate() {
            queue.extend(part.next()?.map(|(at, tie)| Reverse((at, tie, n))));
        }
        while let Some(Reverse((_, _, n))) = queue.pop() {
            decode(&parts[n].record, &mut pending)?;
            queue.extend(parts[n].next()?.map(|(at, tie)| Reverse((at, tie, n))));
            each(&mut pending);
        }
        Ok(())
    }
}

/// A sorted part on disk, and the record it stands at.
struct Part {
    file: BufReader<File>,
    record: Vec<u8>,
}

impl Part {
    fn new(file: File) -> Part {
        Part { file: BufReader::new(file), record: Vec::new() }
    }

    /// Goes to the next record and gives what it is sorted by.
    fn next(&mut self) -> io::Result<Option<(i64, u64)>> {
        let mut length = [0_u8; 4];
        match self.file.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
        self.record.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.record)?;
        Ok(Some((number(&self.record, 0)? as i64, number(&self.record, 8)?)))
    }
}

/// Bytes before the texts: instant, tie, three words and a flag.
const HEAD: usize = 20;

fn encode(parts: &Parts<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&parts.at.ms().to_le_bytes());
    out.extend_from_slice(&parts.tie.to_le_bytes());
    let words = [
        parts.kind as u8,
        parts.from as u8,
        parts.precision as u8,
        u8::from(parts.endless) | u8::from(parts.implied) << 1,
    ];
    out.extend_from_slice(&words);
    let (file, line) = parts.origin;
    for text in [Some(parts.conversation), Some(parts.actor), parts.text, parts.media, parts.value] {
        let length = text.map_or(u32::MAX, |t| t.len() as u32);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(text.unwrap_or_default().as_bytes());
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(file.as_bytes());
    if let Some(line) = line {
        out.push(b':');
        decimal(line, out);
    }
    let origin = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&origin.to_le_bytes());
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// A number in digits, without the machinery of formatting.
pub fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

/// A record together with its length.
fn framed(held: &[u8], from: usize) -> &[u8] {
    let length = u32::from_le_bytes(std::array::from_fn(|i| held[from + i])) as usize;
    &held[from..from + 4 + length]
}

fn number(record: &[u8], at: usize) -> io::Result<u64> {
    let bytes = record.get(at..at + 8).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(u64::from_le_bytes(std::array::from_fn(|i| bytes[i])))
}

fn decode(record: &[u8], into: &mut Pending) -> io::Result<()> {
    let event = &mut into.event;
    event.at = Instant(number(record, 0)? as i64);
    let words = record.get(16..HEAD).ok_or(io::ErrorKind::UnexpectedEof)?;
    event.kind = Kind::ALL[usize::from(words[0]) % Kind::ALL.len()];
    event.from = Role::ALL[usize::from(words[1]) % Role::ALL.len()];
    event.precision = Precision::ALL[usize::from(words[2]) % Precision::ALL.len()];
    into.tie = number(record, 8)?;
    into.endless = words[3] & 1 != 0;
    into.implied = words[3] & 2 != 0;
    let mut rest = &record[HEAD..];
    let mut text = || -> io::Result<Option<&str>> {
        let (length, more) = rest.split_first_chunk::<4>().ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = u32::from_le_bytes(*length);
        if length == u32::MAX {
            rest = more;
            return Ok(None);
        }
        let (text, more) = more.split_at_checked(length as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
        rest = more;
        std::str::from_utf8(text).map(Some).map_err(io::Error::other)
    };
    refill(&mut event.conversation, text()?);
    refill(&mut event.actor, text()?);
    refill_optional(&mut event.text, text()?);
    refill_optional(&mut event.media, text()?);
    refill_optional(&mut event.value, text()?);
    refill(&mut event.origin, text()?);
    Ok(())
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
