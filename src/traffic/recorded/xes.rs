//! XES event logs (IEEE 1849), the exchange format of process mining: traces of events, each with
//! named attributes. A trace is a conversation; its first event is also the customer's request.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event as Xml};

use crate::traffic::log::{Kind, Role};

use super::clock;
use super::input::Input;
use super::intake::{Found, Intake, Thread};
use super::report::ImportError;
use super::vocabulary;

/// Reads XES files.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    for input in inputs {
        intake.begin(input);
        one(input, intake)?;
    }
    intake.note(
        "XES: the first event of a trace stands for the customer's request; activities become statuses",
    );
    Ok(())
}

/// What is known of the event that is being read.
#[derive(Default)]
struct Attributes {
    activity: String,
    at: String,
    resource: String,
    group: String,
    transition: String,
}

fn one(input: &Input, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let limit = intake.options.limits.element_bytes;
    let left = Rc::new(Cell::new(limit));
    let mut xml = quick_xml::Reader::from_reader(Bounded {
        reader: BufReader::with_capacity(64 * 1024, input.open()?),
        left: Rc::clone(&left),
    });
    let mut buffer = Vec::new();
    let mut trace = String::new();
    let mut traces = 0_u64;
    let mut number = 0_u64;
    let mut event: Option<Attributes> = None;
    let mut in_trace = false;
    // Attributes of attributes and of the log itself are not asked for.
    let mut nested = 0_u32;
    let mut begun = false;
    let mut before = 0;
    loop {
        left.set(limit);
        buffer.clear();
        let step = xml.read_event_into(&mut buffer);
        let position = xml.buffer_position();
        intake.advance(position.saturating_sub(before));
        before = position;
        match step {
            Ok(Xml::Eof) => {
                if in_trace && event.is_none() {
                    intake.element();
                }
                if in_trace || event.is_some() {
                    intake.quarantine(number, "XML that breaks off", b"");
                }
                return Ok(());
            }
            Ok(Xml::Start(tag)) => match tag.local_name().as_ref() {
                "trace" => {
                    traces += 1;
                    in_trace = true;
                    begun = false;
                    trace = format!("trace {traces}");
                }
                "event" if in_trace => {
                    if event.is_some() {
                        intake.quarantine(number, "an event inside of an event", b"");
                    }
                    number += 1;
                    intake.element();
                    event = Some(Attributes::default());
                }
                "log" => {}
                _ => {
                    if nested == 0 && in_trace {
                        attribute(&tag, event.as_mut(), &mut trace);
                    }
                    nested += 1;
                }
            },
            Ok(Xml::Empty(tag)) => {
                if nested == 0 && in_trace {
                    attribute(&tag, event.as_mut(), &mut trace);
                }
            }
            Ok(Xml::End(tag)) => match tag.local_name().as_ref() {
                "trace" => {
                    in_trace = false;
                    if event.take().is_some() {
                        intake.quarantine(number, "the event does not end within its trace", b"");
                    }
                }
                "event" => match event.take() {
                    Some(done) => begun |= give(&done, &trace, !begun, number, intake),
                    None => nested = nested.saturating_sub(1),
                },
                "log" => {}
                _ => nested = nested.saturating_sub(1),
            },
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
                let error = io::Error::new(error.kind(), error.to_string());
                return Err(input.failed(error));
            }
            Err(_) => {
                // The event that was being read, or what should have been one, is lost, and all behind it.
                if event.is_none() {
                    intake.element();
                }
                intake.quarantine(number, "not XML from here on", b"");
                return Ok(());
            }
        }
    }
}

/// `<string key="concept:name" value="..."/>`, whatever the type.
fn attribute(tag: &BytesStart<'_>, event: Option<&mut Attributes>, trace: &mut String) {
    let (mut key, mut value) = (String::new(), String::new());
    for attribute in tag.attributes().flatten() {
        let text = &attribute.value;
        // Entities of the document itself are not expanded, so they cannot grow.
        let text = unescape(text).map_or_else(|_| text.to_string(), |t| t.into_owned());
        match attribute.key.local_name().as_ref() {
            "key" => key = text,
            "value" => value = text,
            _ => {}
        }
    }
    match (event, key.as_str()) {
        (Some(event), "concept:name") => event.activity = value,
        (Some(event), "time:timestamp") => event.at = value,
        (Some(event), "org:resource") => event.resource = value,
        (Some(event), "org:group" | "org:role") => event.group = value,
        (Some(event), "lifecycle:transition") => event.transition = value,
        (None, "concept:name") if !value.is_empty() => *trace = value,
        _ => {}
    }
}

/// An event into the log; whether it was kept.
fn give(event: &Attributes, trace: &str, first: bool, number: u64, intake: &mut Intake<'_>) -> bool {
    let Some(stamp) = clock::any(&event.at, &intake.options.zone()) else {
        intake.quarantine(number, "the event has no `time:timestamp`, or one that is no instant", b"");
        return false;
    };
    intake.keep();
    let thread = Thread::Ticket(trace);
    if first {
        intake.event(Found::message(thread, stamp, Role::Customer, number));
    }
    if !event.group.is_empty() {
        intake.event(Found::happened(thread, stamp, Kind::Assign, &event.group, number));
    }
    // "Queued/Awaiting Assignment" and the like: the activity is the state, the transition refines it.
    let state = if event.activity.is_empty() { &event.transition } else { &event.activity };
    let value = vocabulary::status(state);
    if !value.is_empty() {
        let mut found = Found::happened(thread, stamp, Kind::Status, &value, number);
        found.from = Role::Agent;
        found.actor = &event.resource;
        intake.event(found);
    }
    true
}

/// A reader that gives so many bytes for one piece of markup and no more.
struct Bounded<R> {
    reader: R,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(into)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "markup too long"));
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.left.set(self.left.get().saturating_sub(n));
        self.reader.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Limits, Options, import};
    use super::*;

    fn read(text: &str) -> (super::super::ImportReport, Vec<crate::traffic::log::Event>) {
        let limits = Limits { element_bytes: 10_000, ..Limits::default() };
        let options = Options { format: Some(Format::Xes), limits, ..Options::default() };
        let mut events = Vec::new();
        let report =
            import(&[Input::memory("x.xes", text.as_bytes())], &options, &mut |e| events.push(e.clone()))
                .unwrap();
        (report, events)
    }

    const EVENT: &str = r#"<event><string key="org:resource" value="Eva"/><date key="time:timestamp"
        value="2013-05-01T10:00:00.000+02:00"/><string key="concept:name" value="Accepted"><int key="x" value="1"/></string></event>"#;

    #[test]
    fn traces_become_conversations() {
        let text = format!(
            "<?xml version=\"1.0\"?><log xmlns=\"http://www.xes-standard.org/\"><string key=\"concept:name\" value=\"L\"/>\
             <trace><string key=\"concept:name\" value=\"1-36&amp;4\"/>{EVENT}{EVENT}</trace><trace>{EVENT}<event/></trace></log>"
        );
        let (report, events) = read(&text);
        assert_eq!((report.read, report.kept, report.conversations, report.messages), (3, 3, 2, 2));
        assert_eq!(events.len(), 5);
        assert!(events.iter().any(|e| e.conversation == "1-36&4"));
        assert!(events.iter().all(|e| e.at.ms() == 1_367_395_200_000));
        assert!(events.iter().filter(|e| e.kind == Kind::Status).all(|e| e.value.as_deref() == Some("open")));
    }

    #[test]
    fn broken_and_hostile_markup() {
        let (report, _) = read(&format!("<log><trace>{EVENT}<event><string key="));
        assert_eq!((report.kept, report.quarantined), (1, 1));
        let (report, _) = read(&format!(
            "<log><trace>{EVENT}<event><string key=\"{}\"/></event></trace></log>",
            "x".repeat(1_000_000)
        ));
        assert_eq!((report.kept, report.quarantined), (1, 1));
        // Found by fuzzing: a trace that ends within an event, an event outside of any trace.
        for text in [
            "<log><trace><event></trace></log>",
            "<log><trace><event><date k\"x/></trace><<evdn2ag/log>>",
            "<log><trace><event><trace></event></trace></log>",
            "<log><event></event><trace><event></event><event></log>",
        ] {
            let (report, _) = read(text);
            assert!(report.balanced() && report.quarantined > 0, "{text}: {report:?}");
        }
        let (report, _) =
            read("<log><trace><event><string key=\"concept:name\" value=\"a\"/></event></trace></log>");
        assert_eq!((report.read, report.quarantined), (1, 1));
    }
}
