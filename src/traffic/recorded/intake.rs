//! Where all readers put what they find. The intake gives each element its verdict, hides who wrote,
//! puts the events in order, cuts conversations out of endless threads and keeps the account.

use std::collections::BTreeMap;

use crate::time::{Instant, Span};
use crate::traffic::log::{Event, Kind, Precision, Role};

use super::fingerprint::{Map, Set, fingerprint};
use super::input::Input;
use super::privacy::{self, Privacy};
use super::report::{ImportError, ImportReport, Quarantined};
use super::sort::{Pending, Sorter};
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
            tie: 0,
        }
    }

    /// Something else that happened to the thread.
    pub fn happened(thread: Thread<'a>, stamp: clock::Stamp, kind: Kind, value: &'a str, line: u64) -> Self {
        Found { kind, value: Some(value), ..Found::message(thread, stamp, Role::System, line) }
    }
}

/// Takes what the readers find.
pub struct Intake<'a> {
    /// What the user asked for.
    pub options: &'a Options,
    /// Pseudonyms and redaction.
    pub privacy: Privacy,
    /// The account so far.
    pub report: ImportReport,
    quarantine: &'a mut dyn FnMut(&Quarantined),
    progress: &'a mut dyn FnMut(u64),
    sorter: Sorter,
    file: String,
    failed: Option<std::io::Error>,
    /// Threads whose pseudonym is already known, to spare the making of it.
    threads: Map<String, String>,
    links: Links,
    linked: Set<(u64, u64)>,
}

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
            privacy: Privacy::new(options.key.clone(), options.keep_text, &options.forget),
            report: ImportReport::default(),
            quarantine,
            progress,
            sorter: Sorter::new(options.limits.sort_bytes),
            file: String::new(),
            failed: None,
            threads: Map::default(),
            links: Links::default(),
            linked: Set::default(),
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
            None if privacy::names_a_person(name)
                || stem.chars().filter(char::is_ascii_digit).count() >= 9 =>
            {
                format!("file_{}", self.privacy.hash(name))
            }
            None => name.chars().filter(|c| !c.is_control()).collect(),
        }
    }

    /// The name under which an input stands in the log.
    pub fn label_of(&mut self, input: &Input) -> String {
        self.label(&input.name)
    }

    /// So many more bytes were read.
    pub fn advance(&mut self, bytes: u64) {
        (self.progress)(bytes);
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
    pub fn found(&mut self, what: &str) {
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
        let thread = self.thread_id(thread);
        self.privacy.name(&thread, name);
    }

    fn thread_id(&mut self, thread: Thread<'_>) -> String {
        let (Thread::Ticket(raw) | Thread::Person(raw)) = thread;
        if let Some(known) = self.threads.get(raw) {
            return known.clone();
        }
        let made = match thread {
            Thread::Person(person) => self.privacy.thread(person),
            Thread::Ticket(id) if privacy::names_a_person(id) => self.privacy.thread(id),
            Thread::Ticket(id) => id.trim().chars().filter(|c| !c.is_control()).take(200).collect(),
        };
        self.threads.insert(raw.to_owned(), made.clone());
        made
    }

    /// Two identities of one person: a number and a business-scoped id, an old and a new number.
    pub fn link(&mut self, one: &str, other: &str) {
        if one.is_empty() || other.is_empty() || one == other {
            return;
        }
        // Most pairs come again and again.
        if self.linked.insert((fingerprint(one), fingerprint(other))) {
            let one = self.privacy.pseudonym(one).to_owned();
            let other = self.privacy.pseudonym(other).to_owned();
            self.links.join(&one, &other);
        }
    }

    /// An event for the log.
    pub fn event(&mut self, found: Found<'_>) {
        let thread = self.thread_id(found.thread);
        let actor = self.privacy.pseudonym(found.actor).to_owned();
        let text = found.text.and_then(|text| self.privacy.text(&thread, text)).map(|text| text.into_owned());
        let event = Event {
            conversation: thread,
            at: found.at,
            kind: found.kind,
            from: found.from,
            actor,
            text,
            media: found.media.map(str::to_owned),
            value: found.value.map(|v| v.chars().filter(|c| !c.is_control()).take(1_000).collect()),
            precision: found.precision,
            origin: format!("{}:{}", self.file, found.line),
        };
        self.push(Pending { event, tie: found.tie, endless: matches!(found.thread, Thread::Person(_)) });
    }

    /// An event that is a row of a log already and stays as it is.
    pub fn logged(&mut self, event: Event) {
        self.push(Pending { event, tie: 0, endless: false });
    }

    fn push(&mut self, pending: Pending) {
        let event = &pending.event;
        if self.privacy.forgotten(&event.actor) || self.privacy.forgotten(&event.conversation) {
            self.found("forgotten");
            return;
        }
        if let Err(error) = self.sorter.push(pending) {
            self.failed.get_or_insert(error);
        }
    }

    /// Checks that every element of the input has got its verdict.
    pub fn settle(&mut self) -> Result<(), ImportError> {
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
    pub fn finish(mut self, each: &mut dyn FnMut(Event)) -> Result<ImportReport, ImportError> {
        self.settle()?;
        let mut report = self.report;
        let mut cutter = Cutter::new(self.options.silence_gap);
        let mut conversations = Set::default();
        let mut authors = Set::default();
        let mut precision: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut roles: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut links = self.links;
        let result = self.sorter.drain(&mut |mut pending| {
            if pending.endless {
                links.resolve(&mut pending.event);
                cutter.cut(&mut pending.event);
            }
            let event = pending.event;
            report.events += 1;
            conversations.insert(fingerprint(&event.conversation));
            report.span = match report.span {
                None => Some((event.at, event.at)),
                Some((first, _)) => Some((first, event.at)),
            };
            if event.kind == Kind::Message {
                report.messages += 1;
                if !event.actor.is_empty() {
                    authors.insert(fingerprint(&event.actor));
                }
                *roles.entry(event.from.word()).or_default() += 1;
                *precision.entry(event.precision.word()).or_default() += 1;
            }
            each(event);
        });
        result.map_err(|source| ImportError::Buffer { source })?;
        report.conversations = conversations.len() as u64;
        report.authors = authors.len() as u64;
        report.roles = roles;
        report.precision = precision;
        Ok(report)
    }
}

/// Who is the same person as whom: pseudonyms in sets, each named by its least member, so that the
/// order in which the links are learned changes nothing.
#[derive(Default)]
struct Links(Map<String, String>);

impl Links {
    fn root(&self, of: &str) -> String {
        let mut at = of;
        while let Some(next) = self.0.get(at) {
            at = next;
        }
        at.to_owned()
    }

    fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.root(one), self.root(other));
        match one.cmp(&other) {
            std::cmp::Ordering::Less => self.0.insert(other, one),
            std::cmp::Ordering::Greater => self.0.insert(one, other),
            std::cmp::Ordering::Equal => None,
        };
    }

    fn resolve(&mut self, event: &mut Event) {
        if self.0.is_empty() {
            return;
        }
        if self.0.contains_key(&event.actor) {
            event.actor = self.root(&event.actor);
        }
        // A thread is called after its person.
        let person = event.conversation.replacen("t_", "p_", 1);
        if self.0.contains_key(&person) {
            event.conversation = self.root(&person).replacen("p_", "t_", 1);
        }
    }
}

/// Cuts conversations out of endless threads. A new one begins with a message after a silence longer
/// than the gap, unless it is the desk's late answer to what the customer wrote last.
struct Cutter {
    gap: Span,
    threads: Map<String, Open>,
}

struct Open {
    number: u32,
    last: Instant,
    unanswered: bool,
}

impl Cutter {
    fn new(gap: Span) -> Self {
        Cutter { gap, threads: Map::default() }
    }

    fn cut(&mut self, event: &mut Event) {
        let customer = event.from == Role::Customer;
        let message = event.kind == Kind::Message;
        let number = match self.threads.get_mut(&event.conversation) {
            None => {
                let open = Open { number: 1, last: event.at, unanswered: message && customer };
                self.threads.insert(event.conversation.clone(), open);
                1
            }
            Some(open) => {
                if message {
                    let silent = event.at - open.last > self.gap;
                    if silent && (customer || !open.unanswered) {
                        open.number += 1;
                    }
                    open.last = open.last.max(event.at);
                    open.unanswered = customer;
                }
                open.number
            }
        };
        event.conversation = format!("{}-{number}", event.conversation);
    }
}
