//! Puts events of any number in order in bounded memory: what does not fit is sorted in parts that
//! wait in temporary files, and the parts are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};

/// An event on its way into the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The event; its conversation is still the thread.
    pub event: Event,
    /// Orders events of the same instant.
    pub tie: u64,
    /// Conversations have yet to be cut out of its thread.
    pub endless: bool,
}

/// Sorts by instant, then tie, then order of arrival.
pub struct Sorter {
    held: Vec<(Instant, u64, u64, Pending)>,
    held_bytes: usize,
    limit_bytes: usize,
    pushed: u64,
    parts: Vec<File>,
}

impl Sorter {
    /// Holds about `limit_bytes` in memory.
    pub fn new(limit_bytes: usize) -> Self {
        Sorter { held: Vec::new(), held_bytes: 0, limit_bytes, pushed: 0, parts: Vec::new() }
    }

    /// One more event.
    pub fn push(&mut self, pending: Pending) -> io::Result<()> {
        self.held_bytes += std::mem::size_of::<(Instant, u64, u64, Pending)>() + heap_bytes(&pending.event);
        self.held.push((pending.event.at, pending.tie, self.pushed, pending));
        self.pushed += 1;
        if self.held_bytes > self.limit_bytes {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_by_key(|(at, tie, order, _)| (*at, *tie, *order));
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for (_, _, order, pending) in self.held.drain(..) {
            write(&mut out, order, &pending)?;
        }
        let mut file = out.into_inner().map_err(|e| e.into_error())?;
        file.rewind()?;
        self.parts.push(file);
        self.held_bytes = 0;
        Ok(())
    }

    /// All events in order.
    pub fn drain(mut self, each: &mut dyn FnMut(Pending)) -> io::Result<()> {
        if self.parts.is_empty() {
            self.held.sort_by_key(|(at, tie, order, _)| (*at, *tie, *order));
            self.held.into_iter().for_each(|(_, _, _, pending)| each(pending));
            return Ok(());
        }
        if !self.held.is_empty() {
            self.spill()?;
        }
        let mut readers: Vec<_> = self.parts.into_iter().map(BufReader::new).collect();
        let mut next: Vec<Option<Pending>> = Vec::with_capacity(readers.len());
        let mut queue = BinaryHeap::new();
        for (part, reader) in readers.iter_mut().enumerate() {
            let first = read(reader)?;
            if let Some((order, pending)) = &first {
                queue.push(Reverse((pending.event.at, pending.tie, *order, part)));
            }
            next.push(first.map(|(_, pending)| pending));
        }
        while let Some(Reverse((_, _, _, part))) = queue.pop() {
            let following = read(&mut readers[part])?;
            if let Some((order, pending)) = &following {
                queue.push(Reverse((pending.event.at, pending.tie, *order, part)));
            }
            if let Some(pending) = std::mem::replace(&mut next[part], following.map(|(_, p)| p)) {
                each(pending);
            }
        }
        Ok(())
    }
}

fn heap_bytes(event: &Event) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    event.conversation.len()
        + event.actor.len()
        + event.origin.len()
        + optional(&event.text)
        + optional(&event.media)
        + optional(&event.value)
}

fn write(out: &mut impl Write, order: u64, pending: &Pending) -> io::Result<()> {
    let event = &pending.event;
    out.write_all(&order.to_le_bytes())?;
    out.write_all(&event.at.ms().to_le_bytes())?;
    out.write_all(&pending.tie.to_le_bytes())?;
    out.write_all(&[event.kind as u8, event.from as u8, event.precision as u8, u8::from(pending.endless)])?;
    let texts = [Some(&event.conversation), Some(&event.actor), Some(&event.origin)];
    for text in texts.into_iter().chain([event.text.as_ref(), event.media.as_ref(), event.value.as_ref()]) {
        let len = text.map_or(u32::MAX, |t| t.len() as u32);
        out.write_all(&len.to_le_bytes())?;
        out.write_all(text.map_or(&[][..], |t| t.as_bytes()))?;
    }
    Ok(())
}

fn read(from: &mut impl Read) -> io::Result<Option<(u64, Pending)>> {
    let mut head = [0_u8; 28];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e),
    }
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
    let mut text = || -> io::Result<Option<String>> {
        let mut len = [0_u8; 4];
        from.read_exact(&mut len)?;
        let len = u32::from_le_bytes(len);
        if len == u32::MAX {
            return Ok(None);
        }
        let mut bytes = vec![0_u8; len as usize];
        from.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map(Some).map_err(io::Error::other)
    };
    let event = Event {
        conversation: text()?.unwrap_or_default(),
        actor: text()?.unwrap_or_default(),
        origin: text()?.unwrap_or_default(),
        text: text()?,
        media: text()?,
        value: text()?,
        at: Instant(number(8) as i64),
        kind: KINDS[usize::from(head[24]) % KINDS.len()],
        from: ROLES[usize::from(head[25]) % ROLES.len()],
        precision: PRECISIONS[usize::from(head[26]) % PRECISIONS.len()],
    };
    Ok(Some((number(0), Pending { event, tie: number(16), endless: head[27] != 0 })))
}

// In the order of their declarations, which is what `as u8` gives.
const KINDS: [Kind; 8] = [
    Kind::Message,
    Kind::Status,
    Kind::Assign,
    Kind::Priority,
    Kind::Tag,
    Kind::Note,
    Kind::Rating,
    Kind::Delivery,
];
const ROLES: [Role; 4] = [Role::Customer, Role::Bot, Role::Agent, Role::System];
const PRECISIONS: [Precision; 3] = [Precision::Millisecond, Precision::Second, Precision::Minute];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pending(at: i64, tie: u64, n: usize) -> Pending {
        let event = Event {
            conversation: format!("c{n}"),
            at: Instant(at),
            kind: KINDS[n % 8],
            from: ROLES[n % 4],
            actor: String::new(),
            text: n.is_multiple_of(2).then(|| "hé".repeat(n % 5)),
            media: None,
            value: n.is_multiple_of(3).then(|| "open".to_owned()),
            precision: PRECISIONS[n % 3],
            origin: format!("f:{n}"),
        };
        Pending { event, tie, endless: n % 2 == 1 }
    }

    proptest! {
        /// Spilled to disk in small parts or held in memory: the same order and the same events.
        #[test]
        fn spilling_changes_nothing(times in prop::collection::vec((0_i64..20, 0_u64..3), 0..200)) {
            let run = |limit: usize| {
                let mut sorter = Sorter::new(limit);
                for (n, (at, tie)) in times.iter().enumerate() {
                    sorter.push(pending(*at, *tie, n)).unwrap();
                }
                let mut out = Vec::new();
                sorter.drain(&mut |p| out.push(p)).unwrap();
                out
            };
            let held = run(usize::MAX);
            prop_assert_eq!(held.len(), times.len());
            prop_assert!(held.windows(2).all(|w| (w[0].event.at, w[0].tie) <= (w[1].event.at, w[1].tie)));
            prop_assert_eq!(run(2_000), held);
        }
    }
}
