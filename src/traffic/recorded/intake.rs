//! Where all readers put what they find. The intake gives each element its verdict, hides who wrote,
//! puts the events in order, cuts conversations out of endless threads and keeps the account.

use std::borrow::Cow;
use std::io;

use crate::time::{Instant, Span};
use crate::traffic::log::{Event, Kind, Precision, Role};

use super::fingerprint::{Map, Prints, Set, fingerprint, stable};
use super::forget::Forget;
use super::input::Input;
use super::language::Languages;
use super::links::Links;
use super::privacy::{self, Privacy};
use super::recent::Recent;
use super::report::{ImportError, ImportReport, Quarantined};
use super::sort::{Parts, Sorter};
use super::{Options, clock};

/// Which thread an event belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Thread<'a> {
    /// A ticket or conversation of the source, by its id; it ends when the source says so.
    Ticket(&'a str),
    /// Everything ever written with one person, by his number or name.
    Person(&'a str),
}

/// An event as a reader finds it, with real names.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Thread.
    pub thread: Thread<'a>,
    /// When.
    pub at: Instant,
    /// How exactly.
    pub precision: Precision,
    /// What.
    pub kind: Kind,
    /// Role of who did it.
    pub from: Role,
    /// Who did it: number, address, name or id.
    pub actor: &'a str,
    /// What was written.
    pub text: Option<&'a str>,
    /// Kind of attachment.
    pub media: Option<&'a str>,
    /// New status, priority, team, score, delivery state.
    pub value: Option<&'a str>,
    /// Line or element of the input.
    pub line: u64,
    /// A message known by its delivery alone. Of those whose `tie` is the same but for its first byte the
    /// first stands, unless the message itself is told of ([`Intake::spoken`]).
    pub implied: bool,
    /// Orders events of the same instant; readers of formats in which the order of the file means
    /// something leave it at 0.
    pub tie: u64,
}

impl<'a> Found<'a> {
    /// A message without anything in it yet.
    pub fn message(thread: Thread<'a>, stamp: clock::Stamp, from: Role, line: u64) -> Self {
        let (at, precision) = stamp;
        Found {
            thread,
            at,
            precision,
            kind: Kind::Message,
            from,
            actor: "",
            text: None,
            media: None,
            value: None,
            line,
            implied: false,
            tie: 0,
        }
    }

    /// A message of the desk that is known by one of its states alone: sent, delivered or read. Given for
    /// each of them, the earliest stands.
    pub fn implied(
        thread: Thread<'a>,
        stamp: clock::Stamp,
        state: &str,
        id: &str,
        line: u64,
    ) -> Option<Self> {
        let rank = match state {
            "sent" => 0,
            "delivered" => 1,
            "read" => 2,
            _ => return None,
        };
        let message = Found::message(thread, stamp, Role::Agent, line);
        Some(Found { implied: true, tie: tie(rank, id), ..message })
    }

    /// Something else that happened to the thread.
    pub fn happened(thread: Thread<'a>, stamp: clock::Stamp, kind: Kind, value: &'a str, line: u64) -> Self {
        Found { kind, value: Some(value), ..Found::message(thread, stamp, Role::System, line) }
    }
}

/// Orders events of one instant where the order of arrival means nothing: by rank, then by id.
pub fn tie(rank: u8, id: &str) -> u64 {
    tie_of(rank, stable(id))
}

/// As [`tie`], of an id that was hashed already.
pub fn tie_of(rank: u8, stable: u64) -> u64 {
    u64::from(rank) << 56 | stable >> 8
}

/// Takes what the readers find.
pub struct Intake<'a> {
    /// What the user asked for.
    pub options: &'a Options,
    /// Pseudonyms and redaction.
    pub privacy: Privacy,
    /// The account so far.
    pub report: ImportReport,
    /// What was found, until it is entered into the report.
    counted: Vec<(&'static str, u64)>,
    quarantine: &'a mut dyn FnMut(&Quarantined),
    progress: &'a mut dyn FnMut(u64),
    /// Bytes read since progress was last told of.
    advanced: u64,
    sorter: Sorter,
    file: String,
    failed: Option<io::Error>,
    links: Links,
    linked: Set<(u64, u64)>,
    forget: Forget,
    languages: Languages,
    /// Messages, by their tie, that need not be implied any more.
    spoken: Prints,
}

/// The part of a tie that is made of the message's id.
const ID: u64 = u64::MAX >> 8;

/// So many refused elements are kept in the report itself.
const QUARANTINE_SHOWN: usize = 1_000;

impl<'a> Intake<'a> {
    /// An empty one.
    pub fn new(
        options: &'a Options,
        quarantine: &'a mut dyn FnMut(&Quarantined),
        progress: &'a mut dyn FnMut(u64),
    ) -> Self {
        Intake {
            options,
            privacy: Privacy::new(options.key.clone(), options.keep_text),
            report: ImportReport::default(),
            counted: Vec::new(),
            quarantine,
            progress,
            advanced: 0,
            sorter: Sorter::new(options.limits.sort_bytes),
            file: String::new(),
            failed: None,
            links: Links::default(),
            linked: Set::default(),
            forget: Forget::new(&options.forget, &options.key),
            languages: Languages::default(),
            spoken: Prints::default(),
        }
    }

    /// From now on elements come from this input.
    pub fn begin(&mut self, input: &Input) {
        self.file = self.label(&input.name);
    }

    /// Names of chat exports name the person, and must not.
    pub fn label(&mut self, name: &str) -> String {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let person = privacy::chat_partner(stem);
        match person {
            Some(person) => format!("chat_{}.txt", self.privacy.hash(&privacy::canonical(person))),
            None if privacy::is_chat_name(stem) => {
                format!("chat_{}.txt", self.privacy.hash(stem))
            }
            None if privacy::names_a_person(name) || privacy::digits_beside_dates(stem) >= 9 => {
                format!("file_{}", self.privacy.hash(name))
            }
            None => name.chars().filter(|c| !c.is_control()).collect(),
        }
    }

    /// The name under which an input stands in the log.
    pub fn label_of(&mut self, input: &Input) -> String {
        self.label(&input.name)
    }

    /// So many more bytes were read. Whoever watches need not hear of every line.
    pub fn advance(&mut self, bytes: u64) {
        const STEP: u64 = 64 * 1024;
        self.advanced += bytes;
        if self.advanced >= STEP {
            (self.progress)(std::mem::take(&mut self.advanced));
        }
    }

    /// One more line or element was taken from the input. It must get one of the four verdicts.
    pub fn element(&mut self) {
        self.report.read += 1;
    }

    /// Verdict: it is in the log.
    pub fn keep(&mut self) {
        self.report.kept += 1;
    }

    /// Verdict: it was there already.
    pub fn duplicate(&mut self) {
        self.report.duplicates += 1;
    }

    /// Verdict: well-formed, but no traffic.
    pub fn notice(&mut self) {
        self.report.notices += 1;
    }

    /// Verdict: unreadable. The reason must not quote the content.
    pub fn quarantine(&mut self, line: u64, reason: impl Into<String>, raw: &[u8]) {
        self.report.quarantined += 1;
        let entry = Quarantined {
            file: self.file.clone(),
            line,
            reason: reason.into(),
            excerpt: privacy::masked(raw, 120),
        };
        (self.quarantine)(&entry);
        if self.report.quarantine.len() < QUARANTINE_SHOWN {
            self.report.quarantine.push(entry);
        }
    }

    /// One more of these.
    pub fn found(&mut self, what: &'static str) {
        // There are few of them; the same words stand at the same place, mostly.
        match self.counted.iter_mut().find(|(known, _)| std::ptr::eq(*known, what)) {
            Some((_, n)) => *n += 1,
            None => self.counted.push((what, 1)),
        }
    }

    /// One more of something whose name is made of what was read.
    pub fn found_named(&mut self, what: &str) {
        match self.report.found.get_mut(what) {
            Some(n) => *n += 1,
            None => {
                self.report.found.insert(what.to_owned(), 1);
            }
        }
    }

    /// Something the user should know.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    /// Somebody of this name takes part in a thread.
    pub fn participant(&mut self, thread: Thread<'_>, name: &str) {
        if name.is_empty() {
            return;
        }
        match thread {
            Thread::Ticket(id) => {
                let id = self.privacy.ticket(id);
                self.privacy.name(&id, name);
            }
            Thread::Person(person) => {
                let thread = self.privacy.pseudonym(person).thread();
                self.privacy.name(thread.as_str(), name);
            }
        }
    }

    /// Two identities of one person: a number and a business-scoped id, an old and a new number.
    pub fn link(&mut self, one: &str, other: &str) {
        if one.is_empty() || other.is_empty() || one == other {
            return;
        }
        // Most pairs come again and again.
        if self.linked.insert((fingerprint(one), fingerprint(other))) {
            let (one, other) = (self.privacy.pseudonym(one), self.privacy.pseudonym(other));
            self.links.join(one.as_str(), other.as_str());
        }
    }

    /// The message of this tie is told of by itself.
    pub fn spoken(&mut self, tie: u64) {
        self.spoken.insert(tie & ID);
    }

    /// An event for the log.
    pub fn event(&mut self, found: Found<'_>) {
        let actor = (!found.actor.is_empty()).then(|| self.privacy.pseudonym(found.actor));
        let person;
        let (conversation, endless) = match found.thread {
            Thread::Ticket(id) => (self.privacy.ticket(id), false),
            Thread::Person(name) => {
                person = self.privacy.pseudonym(name).thread();
                (Cow::Borrowed(person.as_str()), true)
            }
        };
        if let (Kind::Message, Some(text)) = (found.kind, found.text) {
            self.languages.see(text);
        }
        let text = found.text.and_then(|text| self.privacy.text(&conversation, text));
        let value = found.value.map(|value| privacy::cleaned(value, 1_000));
        let parts = Parts {
            conversation: &conversation,
            at: found.at,
            tie: found.tie,
            kind: found.kind,
            from: found.from,
            actor: actor.as_ref().map_or("", |a| a.as_str()),
            text: text.as_deref(),
            media: found.media,
            value: value.as_deref(),
            precision: found.precision,
            origin: (&self.file, Some(found.line)),
            endless,
            implied: found.implied,
        };
        put(&mut self.sorter, &mut self.forget, &mut self.failed, &parts);
    }

    /// An event that is a row of a log already. It stays as it is, but for what a log written by other
    /// means may hold: names in the place of pseudonyms, numbers and addresses in texts.
    pub fn logged(&mut self, event: &Event) {
        if let (Kind::Message, Some(text)) = (event.kind, &event.text) {
            self.languages.see(text);
        }
        let person;
        let actor = match event.actor.as_str() {
            known if known.is_empty() || privacy::is_pseudonym(known) => known,
            name => {
                person = self.privacy.pseudonym(name);
                person.as_str()
            }
        };
        let conversation = self.privacy.ticket(&event.conversation);
        let text = event.text.as_ref().and_then(|text| self.privacy.text(&conversation, text));
        let parts = Parts {
            conversation: &conversation,
            at: event.at,
            tie: 0,
            kind: event.kind,
            from: event.from,
            actor,
            text: text.as_deref(),
            media: event.media.as_deref(),
            value: event.value.as_deref(),
            precision: event.precision,
            origin: (&event.origin, None),
            endless: false,
            implied: false,
        };
        put(&mut self.sorter, &mut self.forget, &mut self.failed, &parts);
    }

    /// Checks that every element of the input has got its verdict.
    pub fn settle(&mut self) -> Result<(), ImportError> {
        (self.progress)(std::mem::take(&mut self.advanced));
        for (what, n) in self.counted.drain(..) {
            *self.report.found.entry(what.to_owned()).or_default() += n;
        }
        if let Some(source) = self.failed.take() {
            return Err(ImportError::Buffer { source });
        }
        let r = &self.report;
        if r.balanced() {
            return Ok(());
        }
        Err(ImportError::Unaccounted {
            file: self.file.clone(),
            read: r.read,
            kept: r.kept,
            duplicates: r.duplicates,
            notices: r.notices,
            quarantined: r.quarantined,
        })
    }

    /// Gives out all events in order and closes the account.
    pub fn finish(mut self, each: &mut dyn FnMut(&Event)) -> Result<ImportReport, ImportError> {
        self.settle()?;
        let mut report = self.report;
        let mut cutter = Cutter::new(self.options.silence_gap);
        let mut conversations = Prints::default();
        let mut last = String::new();
        let mut authors = Prints::default();
        let mut heard = Recent::default();
        let mut precision = [0; 3];
        let mut roles = [0; 4];
        let links = self.links;
        let forget = self.forget.settle(&links);
        let mut forgotten = 0;
        let mut spoken = self.spoken;
        let mut implied = 0;
        let result = self.sorter.drain(&mut |pending| {
            let event = &mut pending.event;
            if pending.implied && !spoken.insert(pending.tie & ID) {
                return;
            }
            if pending.endless {
                links.resolve(event);
            }
            if forget.wants(event) {
                forgotten += 1;
                return;
            }
            implied += u64::from(pending.implied);
            if pending.endless {
                cutter.cut(event);
            }
            report.events += 1;
            if event.conversation != last {
                conversations.insert(fingerprint(&event.conversation));
                last.clone_from(&event.conversation);
            }
            report.span = match report.span {
                None => Some((event.at, event.at)),
                Some((first, _)) => Some((first, event.at)),
            };
            if event.kind == Kind::Message {
                report.messages += 1;
                if !event.actor.is_empty() && heard.position(&event.actor).is_none() {
                    authors.insert(fingerprint(&event.actor));
                    heard.push(&event.actor);
                }
                roles[event.from as usize] += 1;
                precision[event.precision as usize] += 1;
            }
            each(event);
        });
        result.map_err(|source| ImportError::Buffer { source })?;
        if forgotten > 0 {
            report.found.insert("forgotten".to_owned(), forgotten);
        }
        if implied > 0 {
            report.notes.push(format!(
                "{implied} messages of the desk are known by their delivery alone: their text is not in the log that \
                 was read, and who wrote them is not either (marketing and authentication templates are taken for the \
                 system's, the others for agents')"
            ));
        }
        report.conversations = conversations.len() as u64;
        report.authors = authors.len() as u64;
        let some = |n: &u64| *n > 0;
        report.roles = Role::ALL.into_iter().map(Role::word).zip(roles).filter(|(_, n)| some(n)).collect();
        report.precision =
            Precision::ALL.into_iter().map(Precision::word).zip(precision).filter(|(_, n)| some(n)).collect();
        report.languages = self.languages.found();
        Ok(report)
    }
}

/// Puts an event into the sorter. The first failure stops the import when it is next asked for.
fn put(sorter: &mut Sorter, forget: &mut Forget, failed: &mut Option<io::Error>, parts: &Parts<'_>) {
    forget.see(parts);
    if let Err(error) = sorter.push(parts) {
        failed.get_or_insert(error);
    }
}

/// Cuts conversations out of endless threads. A new one begins with a message after a silence longer
/// than the gap, unless it is the desk's late answer to what the customer wrote last.
struct Cutter {
    gap: Span,
    threads: Map<String, usize>,
    open: Vec<Open>,
    /// The thread of the last event, and its place.
    last: (String, usize),
}

#[derive(Clone, Copy)]
struct Open {
    number: u32,
    last: Instant,
    unanswered: bool,
}

impl Cutter {
    fn new(gap: Span) -> Self {
        Cutter { gap, threads: Map::default(), open: Vec::new(), last: (String::new(), usize::MAX) }
    }

    fn cut(&mut self, event: &mut Event) {
        let customer = event.from == Role::Customer;
        let message = event.kind == Kind::Message;
        if self.last.0 != event.conversation {
            let place = match self.threads.get(&event.conversation) {
                Some(place) => *place,
                None => {
                    self.open.push(Open { number: 1, last: event.at, unanswered: false });
                    self.threads.insert(event.conversation.clone(), self.open.len() - 1);
                    self.open.len() - 1
                }
            };
            self.last.0.clone_from(&event.conversation);
            self.last.1 = place;
        }
        if let Some(open) = self.open.get_mut(self.last.1) {
            if message {
                let silent = event.at - open.last > self.gap;
                if silent && (customer || !open.unanswered) {
                    open.number += 1;
                }
                open.last = open.last.max(event.at);
                open.unanswered = customer;
            }
            event.conversation.push('-');
            super::sort::decimal(open.number.into(), &mut event.conversation);
        }
    }
}
