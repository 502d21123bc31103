//! A recorded log as the simulation replays it: the customers' side of each conversation, compact.

use crate::scenario::plan::Recorded;
use crate::time::{Instant, Span};
use crate::traffic::log::{Event, Kind, Role};

use super::fingerprint::{Map, fingerprint};
use super::format::Format;
use super::input;
use super::report::{ImportError, ImportReport};
use super::{KeepText, Options, import};

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Conversations in which a customer wrote, by their beginning.
    pub conversations: Vec<RecordedConversation>,
    /// The customers' messages, conversation by conversation.
    pub lines: Vec<Line>,
    /// What they wrote.
    pub texts: Texts,
    /// The account of the import.
    pub report: ImportReport,
}

/// One conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedConversation {
    /// Instant of the customer's first message.
    pub started_at: Instant,
    /// Its first message in [`Recording::lines`].
    pub first: u32,
    /// How many messages of the customer it has, at least one.
    pub count: u16,
    /// Replies of the desk (bot and people) seen.
    pub replies: u16,
    /// Score from 1 to 5, if the customer gave one.
    pub rating: Option<u8>,
    /// What the source filed it under (the first tag), in [`Recording::texts`].
    pub intent_hint: Option<u32>,
    /// The first priority it was given, in [`Recording::texts`].
    pub priority_hint: Option<u32>,
}

/// One message of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: Instant,
    /// Delay after the reply that it answers, or after the customer's own message before it when that
    /// had no reply yet. Zero for the first.
    pub gap: Span,
    /// It follows a reply of the desk.
    pub answers: bool,
    /// Its text in [`Recording::texts`]; [`Texts::NONE`] if it has none.
    pub text: u32,
    /// Something was attached.
    pub media: bool,
}

/// Each text once.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    ends: Vec<usize>,
    all: String,
}

impl Texts {
    /// Stands for no text.
    pub const NONE: u32 = u32::MAX;

    /// The text of an id; "" for [`Texts::NONE`].
    pub fn get(&self, id: u32) -> &str {
        let Some(end) = self.ends.get(id as usize) else { return "" };
        let from = if id == 0 { 0 } else { self.ends[id as usize - 1] };
        &self.all[from..*end]
    }

    /// Number of different texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[derive(Default)]
struct Interner {
    texts: Texts,
    /// Ids by the hash of their text; equal hashes are told apart by looking.
    by_hash: Map<u64, smallvec::SmallVec<[u32; 1]>>,
}

impl Interner {
    fn id(&mut self, text: &str) -> u32 {
        let known = self.by_hash.entry(fingerprint(text)).or_default();
        if let Some(id) = known.iter().find(|id| self.texts.get(**id) == text) {
            return *id;
        }
        // The highest id means "none".
        let id = self.texts.ends.len() as u32;
        if id == Texts::NONE {
            return Texts::NONE;
        }
        self.texts.all.push_str(text);
        self.texts.ends.push(self.texts.all.len());
        known.push(id);
        id
    }
}

/// A message in 24 bytes, until its conversation is complete.
#[derive(Clone, Copy)]
struct Heard {
    conversation: u32,
    text: u32,
    at: Instant,
    from_customer: bool,
    media: bool,
}

#[derive(Clone, Copy, Default)]
struct About {
    rating: Option<u8>,
    intent: Option<u32>,
    priority: Option<u32>,
}

/// Builds a recording out of events.
#[derive(Default)]
pub struct Recorder {
    conversations: Map<String, u32>,
    about: Vec<About>,
    heard: Vec<Heard>,
    interner: Interner,
    without_text: bool,
}

impl Recorder {
    /// One that leaves texts out if `text` is false.
    pub fn new(text: bool) -> Self {
        Recorder { without_text: !text, ..Recorder::default() }
    }

    /// One more event; of each conversation in the order of time.
    pub fn event(&mut self, event: &Event) {
        let conversation = match self.conversations.get(&event.conversation) {
            Some(n) => *n,
            None => {
                let n = self.about.len() as u32;
                self.conversations.insert(event.conversation.clone(), n);
                self.about.push(About::default());
                n
            }
        };
        let Some(about) = self.about.get_mut(conversation as usize) else { return };
        match event.kind {
            Kind::Message if event.from != Role::System => {
                let text = match event.text.as_deref() {
                    Some(text) if !self.without_text && !text.is_empty() => self.interner.id(text),
                    _ => Texts::NONE,
                };
                self.heard.push(Heard {
                    conversation,
                    text,
                    at: event.at,
                    from_customer: event.from == Role::Customer,
                    media: event.media.is_some(),
                });
            }
            Kind::Rating => about.rating = event.value.as_deref().and_then(score).or(about.rating),
            Kind::Priority if about.priority.is_none() => {
                about.priority = event.value.as_deref().map(|v| self.interner.id(v));
            }
            Kind::Tag if about.intent.is_none() => {
                about.intent = event.value.as_deref().map(|v| self.interner.id(v));
            }
            _ => {}
        }
    }

    /// The recording of what began in `[from, to)`, if a period is given.
    pub fn finish(mut self, cut: Option<(Instant, Instant)>, mut report: ImportReport) -> Recording {
        drop(std::mem::take(&mut self.conversations));
        self.heard.sort_by_key(|h| (h.conversation, h.at));
        let mut conversations = Vec::new();
        let mut lines: Vec<Line> = Vec::new();
        let (mut silent, mut outside, mut too_long) = (0_u64, 0_u64, 0_u64);
        for talk in self.heard.chunk_by(|a, b| a.conversation == b.conversation) {
            let Some(start) = talk.iter().find(|h| h.from_customer) else {
                silent += 1;
                continue;
            };
            if cut.is_some_and(|(from, to)| start.at < from || start.at >= to) {
                outside += 1;
                continue;
            }
            let first = lines.len();
            let mut before: Option<&Heard> = None;
            for heard in talk {
                if heard.from_customer && lines.len() - first < usize::from(u16::MAX) {
                    let begins = lines.len() == first;
                    lines.push(Line {
                        at: heard.at,
                        gap: before.filter(|_| !begins).map_or(Span::ZERO, |b| heard.at - b.at),
                        answers: !begins && before.is_some_and(|b| !b.from_customer),
                        text: heard.text,
                        media: heard.media,
                    });
                }
                before = Some(heard);
            }
            let written = talk.iter().filter(|h| h.from_customer).count();
            too_long += u64::from(written > usize::from(u16::MAX));
            let about = self.about.get(start.conversation as usize).copied().unwrap_or_default();
            conversations.push(RecordedConversation {
                started_at: start.at,
                first: first as u32,
                count: (lines.len() - first) as u16,
                replies: (talk.len() - written).min(usize::from(u16::MAX)) as u16,
                rating: about.rating,
                intent_hint: about.intent,
                priority_hint: about.priority,
            });
        }
        conversations.sort_by_key(|c| (c.started_at, c.first));
        for (n, what) in [
            (silent, "conversations in which no customer wrote are not replayed"),
            (outside, "conversations began outside the period"),
            (too_long, "conversations were cut after 65,535 messages of the customer"),
        ] {
            if n > 0 {
                report.notes.push(format!("{n} {what}"));
            }
        }
        lines.shrink_to_fit();
        conversations.shrink_to_fit();
        Recording { conversations, lines, texts: self.interner.texts, report }
    }
}

/// A rating as 1 to 5, from a number or from words.
fn score(value: &str) -> Option<u8> {
    match value.trim().to_ascii_lowercase().as_str() {
        "good" | "happy" | "satisfied" => Some(5),
        "okay" | "neutral" => Some(3),
        "bad" | "unhappy" | "dissatisfied" => Some(1),
        number => number.parse().ok().filter(|n| (1..=5).contains(n)),
    }
}

/// Reads the recorded source of a scenario.
pub fn load(source: &Recorded) -> Result<Recording, ImportError> {
    let format = match source.format.as_deref() {
        None => None,
        Some(name) => {
            Some(Format::from_name(name).ok_or_else(|| ImportError::NoSuchFormat { name: name.to_owned() })?)
        }
    };
    let options = Options {
        format,
        mapping: source.mapping.clone(),
        zone: Some(source.zone.clone()),
        silence_gap: source.silence_gap,
        keep_text: if source.text { KeepText::Redacted } else { KeepText::None },
        ..Options::default()
    };
    let mut notes = Vec::new();
    let inputs = input::gather(&source.paths, &options.limits, &mut notes)?;
    let mut recorder = Recorder::new(source.text);
    let mut report = import(&inputs, &options, &mut |event| recorder.event(event))?;
    report.notes.extend(notes);
    Ok(recorder.finish(source.cut, report))
}

#[cfg(test)]
mod tests {
    use super::super::{Input, Options};
    use super::*;

    fn record(text: &str) -> Recording {
        let mut recorder = Recorder::new(true);
        let input = Input::memory("log.jsonl", text.as_bytes());
        let report = import(&[input], &Options::default(), &mut |e| recorder.event(e)).unwrap();
        assert_eq!(report.quarantine, []);
        recorder.finish(None, report)
    }

    fn row(conversation: &str, minute: u32, from: &str, rest: &str) -> String {
        format!(
            "{{\"conversation\":\"{conversation}\",\"at\":\"2026-03-02T14:{minute:02}:00Z\",\"kind\":\"message\",\
             \"from\":\"{from}\"{rest}}}\n"
        )
    }

    #[test]
    fn gaps_hang_on_what_was_answered() {
        let text = [
            row("b", 10, "customer", ",\"text\":\"hi\""),
            row("a", 0, "customer", ",\"text\":\"hi\""),
            row("a", 1, "customer", ",\"media\":\"image\""),
            row("a", 5, "agent", ",\"text\":\"hello\""),
            row("a", 9, "customer", ",\"text\":\"thanks\""),
            row("c", 9, "agent", ""),
        ]
        .concat();
        let r = record(&text);
        assert_eq!(r.conversations.len(), 2, "nobody wrote in c");
        let a = r.conversations[0];
        assert_eq!((a.count, a.replies), (3, 1));
        let lines = &r.lines[a.first as usize..][..3];
        let gaps: Vec<_> = lines.iter().map(|l| (l.gap, l.answers, r.texts.get(l.text), l.media)).collect();
        let minutes = Span::from_minutes;
        assert_eq!(
            gaps,
            [
                (minutes(0), false, "hi", false),
                (minutes(1), false, "", true),
                (minutes(4), true, "thanks", false)
            ]
        );
        let b = r.conversations[1];
        assert_eq!(r.lines[b.first as usize].text, lines[0].text, "equal texts are kept once");
    }

    #[test]
    fn a_period_is_cut_out() {
        let text = [row("a", 0, "customer", ""), row("b", 30, "customer", ""), row("a", 31, "customer", "")]
            .concat();
        let mut recorder = Recorder::new(true);
        let input = Input::memory("log.jsonl", text.as_bytes());
        let report = import(&[input], &Options::default(), &mut |e| recorder.event(e)).unwrap();
        let half_past = Instant(1_772_461_800_000);
        let r = recorder
            .finish(Some((half_past - Span::from_minutes(1), half_past + Span::from_hours(1))), report);
        assert_eq!(r.conversations.len(), 1);
        assert_eq!(r.lines.len(), 1);
    }
}
