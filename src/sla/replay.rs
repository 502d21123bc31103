//! The heart of the audit: what really happened to one conversation, told by a traffic log, run
//! through the same clocks as a simulation. Nothing is simulated, nothing is printed.

use super::{ClockRecord, Deadline, Input, Opening, Policies, TicketFacts, Tracker};
use crate::bot::text::fold;
use crate::scenario::plan::{ClockKind, PolicyIdx, PriorityIdx};
use crate::scenario::switches::{PolicyChosen, Status};
use crate::time::{Instant, Span};
use crate::traffic::log::{Event, Kind, Precision, Role};

/// What the log's words mean on this desk.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Names of priorities, most urgent first.
    pub priorities: Vec<String>,
    /// Priority of tickets that are given none.
    pub default_priority: PriorityIdx,
    /// Names of teams.
    pub teams: Vec<String>,
    /// Names of tags.
    pub tags: Vec<String>,
    /// Names of intents, segments and languages, as far as tags tell them.
    pub intents: Vec<String>,
    /// See `intents`.
    pub segments: Vec<String>,
    /// See `intents`.
    pub languages: Vec<String>,
    /// A bot answers first: conversations begin with it until the hand-off.
    pub bot: bool,
    /// The bot's talks are no tickets: theirs begins with the hand-off, if there is one.
    pub ticket_at_hand_off: bool,
}

/// A deadline that passed, and when the checker saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When it was seen.
    pub at: Instant,
    /// Which clock.
    pub kind: ClockKind,
    /// Warning or breach.
    pub deadline: Deadline,
}

/// An event of the log that could not be taken as it stands; the rest goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWarning {
    /// File and line.
    pub origin: String,
    /// What.
    pub problem: LogProblem,
}

/// What can be wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogProblem {
    /// Earlier than the event before it.
    #[error("the event is older than the one before it; it was sorted in")]
    OutOfOrder,
    /// The same as another one.
    #[error("the event is there twice; it was taken once")]
    Duplicate,
    /// A status that no table knows.
    #[error("the status `{0}` is not known; name it under `[desk.clocks.statuses]`")]
    UnknownStatus(String),
    /// A status event without a status.
    #[error("the event has no status")]
    NoStatus,
    /// A priority the scenario does not know.
    #[error("the priority `{0}` is not known; the ticket keeps the one it had")]
    UnknownPriority(String),
    /// Stamped before the ticket's first message or status.
    #[error("the event is older than its ticket; it was taken as known from the beginning")]
    BeforeOpening,
    /// A ticket that begins with its end.
    #[error("the ticket is closed before it was opened; it was taken as opened then")]
    ClosedBeforeOpened,
}

/// Facts of a conversation that no clock tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// First event.
    pub created: Instant,
    /// First reply by a person; measured from creation, hand-off, reopening or a bot's resolution,
    /// whichever came last.
    pub first_human_response: Option<Span>,
    /// Each reply by a person to a customer who waited: since when he did.
    pub reply_times: Vec<Span>,
    /// The bot handed over at least once.
    pub bot_handoff: bool,
    /// Resolved at least once without a reply by a person, while a bot was there.
    pub bot_resolved: bool,
    /// How often it was resolved.
    pub resolutions: u32,
    /// At each resolution: since the creation.
    pub resolved_after: Vec<Span>,
    /// At each reopening: since the latest resolution.
    pub since_last_resolution: Vec<Span>,
}

/// What the log of one conversation comes to.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Every clock; those that still ran at the end have `ended = NEVER`.
    pub records: Vec<ClockRecord>,
    /// Deadlines in the order they were seen.
    pub notices: Vec<Notice>,
    /// What was wrong with the log.
    pub warnings: Vec<LogWarning>,
    /// The rest of the story.
    pub story: Story,
    /// The state at the end.
    pub tracker: Tracker,
}

/// Runs one conversation's events, in the order of the log, through the clocks. `until` is the end
/// of what the log knows: deadlines up to then have passed. No events, no replay.
pub fn replay(events: &[Event], until: Instant, desk: &Desk, policies: &Policies) -> Option<Replay> {
    let (events, warnings) = in_order(events);
    let (before, events) = opening(&events);
    let first = *events.first()?;
    let mut run = Run::begin(first, before, events, desk, policies, warnings);
    if run.known.team.is_some() {
        run.apply(first.at, Input::Team(run.known.team));
    }
    if !desk.bot {
        run.apply(first.at, Input::EnteredQueue);
    }
    for event in events {
        run.pass_deadlines(event.at, false);
        run.event(event);
    }
    run.pass_deadlines(until, true);
    let Run { tracker, mut records, notices, warnings, story, .. } = run;
    tracker.clone().finish(until, policies, &mut |record| records.push(record));
    Some(Replay { records, notices, warnings, story, tracker })
}

/// A ticket begins with its first message or status. What is stamped earlier (an assignment by a clock that
/// goes wrong, say) tells what it was like, but does not make it older.
fn opening<'a, 'e>(events: &'a [&'e Event]) -> (&'a [&'e Event], &'a [&'e Event]) {
    let opens = |event: &&Event| matches!(event.kind, Kind::Message | Kind::Status);
    events.split_at(events.iter().position(opens).unwrap_or(0))
}

/// Sorted by time, as stable as the log itself, each event once.
fn in_order(events: &[Event]) -> (Vec<&Event>, Vec<LogWarning>) {
    let mut warnings = Vec::new();
    let mut warn =
        |event: &Event, problem| warnings.push(LogWarning { origin: event.origin.clone(), problem });
    let mut sorted: Vec<&Event> = Vec::with_capacity(events.len());
    let mut latest = Instant(i64::MIN);
    for event in events {
        if event.at < latest {
            warn(event, LogProblem::OutOfOrder);
        }
        latest = latest.max(event.at);
        sorted.push(event);
    }
    sorted.sort_by_key(|event| event.at);
    let mut once: Vec<&Event> = Vec::with_capacity(sorted.len());
    for event in sorted {
        // Somebody may well write "ok" twice in a minute.
        let exact = event.precision != Precision::Minute || event.kind != Kind::Message;
        let mut same_instant = once.iter().rev().take_while(|other| other.at == event.at);
        if exact && same_instant.any(|other| is_same(other, event)) {
            warn(event, LogProblem::Duplicate);
        } else {
            once.push(event);
        }
    }
    (once, warnings)
}

/// The same event, wherever it was written.
fn is_same(a: &Event, b: &Event) -> bool {
    let facts = |e: &Event| (e.at, e.kind, e.from);
    facts(a) == facts(b) && a.actor == b.actor && a.text == b.text && a.media == b.media && a.value == b.value
}

/// What the log has told so far about the ticket, as policies ask for it.
#[derive(Default)]
struct Known {
    text: String,
    priority: PriorityIdx,
    /// Unknown ones are no part of any condition.
    intent: Option<u16>,
    segment: Option<u8>,
    language: Option<u8>,
    team: Option<u16>,
    media: bool,
    reopened: u16,
    with_bot: bool,
    tags: u64,
}

struct Run<'a> {
    desk: &'a Desk,
    policies: &'a Policies,
    tracker: Tracker,
    known: Known,
    records: Vec<ClockRecord>,
    notices: Vec<Notice>,
    warnings: Vec<LogWarning>,
    story: Story,
    /// Since when the customer waits; `NEVER` if he does not.
    waiting_since: Instant,
    /// Creation, hand-off, reopening or bot's resolution, whichever came last.
    with_people_since: Instant,
    /// Last resolution.
    resolved_at: Instant,
    answered_by_person: bool,
    /// There is a ticket, whose clocks run.
    ticket: bool,
}

impl<'a> Run<'a> {
    fn begin(
        first: &Event,
        before: &[&Event],
        events: &[&Event],
        desk: &'a Desk,
        policies: &'a Policies,
        mut warnings: Vec<LogWarning>,
    ) -> Run<'a> {
        let at = first.at;
        let early = before.iter().filter(|event| event.at < at);
        warnings.extend(
            early
                .map(|event| LogWarning { origin: event.origin.clone(), problem: LogProblem::BeforeOpening }),
        );
        // What the log says at the first instant is how the ticket was created.
        let at_creation = || events.iter().take_while(|event| event.at == at);
        let mut known = Known { priority: desk.default_priority, with_bot: desk.bot, ..Known::default() };
        for event in before.iter().copied().chain(at_creation().copied()) {
            known.learn(event, desk);
        }
        if let Some(message) = events.iter().find(|event| is_message_of(event, Role::Customer)) {
            known.learn(message, desk);
        }
        let status = (first.kind == Kind::Status)
            .then(|| first.value.as_deref().and_then(|w| policies.switches().status(w)));
        let status = status.flatten().filter(|status| !status.is_over()).unwrap_or(Status::Open);
        let ticket = !(desk.bot && desk.ticket_at_hand_off);
        let policy = if ticket { policies.select(&known.facts(at)) } else { None };
        let by_agent = events
            .iter()
            .find(|event| event.kind == Kind::Message)
            .is_some_and(|event| event.from == Role::Agent);
        let opening = Opening { at, policy, priority: known.priority, status, by_agent, with_bot: desk.bot };
        Run {
            desk,
            policies,
            tracker: Tracker::start(opening, policies),
            known,
            records: Vec::new(),
            notices: Vec::new(),
            warnings,
            story: Story { created: at, ..Story::default() },
            waiting_since: Instant::NEVER,
            with_people_since: at,
            resolved_at: Instant::NEVER,
            answered_by_person: false,
            ticket,
        }
    }

    fn warn(&mut self, event: &Event, problem: LogProblem) {
        self.warnings.push(LogWarning { origin: event.origin.clone(), problem });
    }

    fn apply(&mut self, at: Instant, input: Input) {
        self.tracker.apply(at, input, self.policies, &mut |record| self.records.push(record));
    }

    /// Deadlines before `at`, and those at it if nothing else happens then.
    fn pass_deadlines(&mut self, at: Instant, inclusive: bool) {
        while let Some((when, kind, deadline)) = self.tracker.next_deadline(self.policies) {
            if when > at || (when == at && !inclusive) {
                break;
            }
            self.tracker.pass_deadline(when, self.policies);
            self.notices.push(Notice { at: when, kind, deadline });
        }
    }

    fn event(&mut self, event: &Event) {
        self.known.learn(event, self.desk);
        match event.kind {
            Kind::Message => self.message(event),
            Kind::Note => self.apply(event.at, Input::Note),
            Kind::Status => self.status(event),
            Kind::Assign => {
                let team = index_of(&self.desk.teams, event.value.as_deref().unwrap_or(""));
                let to_a_team = team.is_some();
                if to_a_team {
                    self.apply(event.at, Input::Team(team.map(u16::from)));
                }
                if event.from == Role::Bot {
                    self.handed_off(event.at);
                } else if !to_a_team {
                    self.apply(event.at, Input::Assigned);
                    self.apply(event.at, Input::LeftQueue);
                }
                self.choose_policy(event.at);
            }
            Kind::Priority => {
                let word = event.value.as_deref().unwrap_or("");
                match index_of(&self.desk.priorities, word) {
                    Some(priority) => {
                        self.apply(event.at, Input::Priority(priority));
                        self.choose_policy(event.at);
                    }
                    None => self.warn(event, LogProblem::UnknownPriority(word.to_owned())),
                }
            }
            Kind::Tag => self.choose_policy(event.at),
            Kind::Rating | Kind::Delivery => {}
        }
    }

    fn message(&mut self, event: &Event) {
        let at = event.at;
        match event.from {
            Role::Customer => {
                if self.waiting_since == Instant::NEVER {
                    self.waiting_since = at;
                }
                self.apply(at, Input::CustomerMessage);
            }
            Role::Bot => {
                self.apply(at, Input::BotReply);
            }
            Role::Agent => {
                if let Some(since) = self.waiting_since.known() {
                    self.story.reply_times.push(at - since);
                }
                self.waiting_since = Instant::NEVER;
                if self.story.first_human_response.is_none() {
                    self.story.first_human_response = Some(at - self.with_people_since);
                }
                self.answered_by_person = true;
                self.apply(at, Input::AgentReply);
                self.apply(at, Input::LeftQueue);
            }
            // Automatic mails and reminders answer nothing.
            Role::System => {}
        }
    }

    fn handed_off(&mut self, at: Instant) {
        if !self.story.bot_handoff {
            self.story.bot_handoff = true;
            self.with_people_since = at;
        }
        self.known.with_bot = false;
        if self.ticket {
            self.apply(at, Input::HandedOff);
        } else {
            self.make_ticket(at);
        }
        self.apply(at, Input::EnteredQueue);
    }

    /// The ticket is made now, for a customer who waits for people.
    fn make_ticket(&mut self, at: Instant) {
        self.ticket = true;
        let opening = Opening {
            at,
            policy: self.policies.select(&self.known.facts(at)),
            priority: self.known.priority,
            status: Status::Open,
            by_agent: false,
            with_bot: false,
        };
        self.tracker = Tracker::start(opening, self.policies);
        self.apply(at, Input::Team(self.known.team));
        self.apply(at, Input::CustomerMessage);
    }

    fn status(&mut self, event: &Event) {
        let Some(word) = event.value.as_deref() else { return self.warn(event, LogProblem::NoStatus) };
        let Some(status) = self.policies.switches().status(word) else {
            return self.warn(event, LogProblem::UnknownStatus(word.to_owned()));
        };
        let at = event.at;
        let before = self.tracker.status();
        if status.is_over() && at == self.story.created && self.waiting_since == Instant::NEVER {
            self.warn(event, LogProblem::ClosedBeforeOpened);
        }
        if event.from == Role::Bot && status == Status::Open {
            self.handed_off(at);
        }
        if before.is_over() && !status.is_over() {
            self.known.reopened = self.known.reopened.saturating_add(1);
            if let Some(resolved) = self.resolved_at.known() {
                self.story.since_last_resolution.push(at - resolved);
            }
            self.with_people_since = at;
        }
        self.apply(at, Input::Status(status));
        if before.is_over() && !status.is_over() {
            self.apply(at, Input::EnteredQueue);
        }
        if status.is_over() {
            self.apply(at, Input::LeftQueue);
            self.resolved_at = at;
            self.waiting_since = Instant::NEVER;
            if !before.is_over() {
                self.story.resolutions += 1;
                self.story.resolved_after.push(at - self.story.created);
                if self.known.with_bot && !self.answered_by_person {
                    self.story.bot_resolved = true;
                    self.with_people_since = at;
                }
            }
        }
        self.choose_policy(at);
    }

    fn choose_policy(&mut self, at: Instant) {
        if !self.ticket || self.policies.switches().policy_chosen == PolicyChosen::OnCreation {
            return;
        }
        let policy: Option<PolicyIdx> = self.policies.select(&self.known.facts(at));
        if policy != self.tracker.policy() {
            self.apply(at, Input::Policy(policy));
        }
    }
}

impl Known {
    fn learn(&mut self, event: &Event, desk: &Desk) {
        let word = event.value.as_deref().unwrap_or("");
        match event.kind {
            Kind::Message if event.from == Role::Customer && self.text.is_empty() => {
                self.text = fold(event.text.as_deref().unwrap_or(""));
                self.media = event.media.is_some();
            }
            Kind::Priority => {
                if let Some(priority) = index_of(&desk.priorities, word) {
                    self.priority = priority;
                }
            }
            Kind::Assign => {
                if let Some(team) = index_of(&desk.teams, word) {
                    self.team = Some(u16::from(team));
                }
            }
            Kind::Tag => {
                self.intent = index_of(&desk.intents, word).map(u16::from).or(self.intent);
                self.segment = index_of(&desk.segments, word).or(self.segment);
                self.language = index_of(&desk.languages, word).or(self.language);
                if let Some(tag) = index_of(&desk.tags, word) {
                    self.tags |= 1u64.checked_shl(u32::from(tag)).unwrap_or(0);
                }
            }
            _ => {}
        }
    }

    fn facts(&self, at: Instant) -> TicketFacts<'_> {
        TicketFacts {
            at,
            text: &self.text,
            intent: self.intent.unwrap_or(u16::MAX),
            segment: self.segment.unwrap_or(u8::MAX),
            language: self.language.unwrap_or(u8::MAX),
            priority: self.priority,
            team: self.team,
            media: self.media,
            reopened: self.reopened,
            with_bot: self.with_bot,
            tags: self.tags,
            ..TicketFacts::default()
        }
    }
}

fn is_message_of(event: &Event, role: Role) -> bool {
    event.kind == Kind::Message && event.from == role
}

fn index_of(names: &[String], word: &str) -> Option<u8> {
    let found = names.iter().position(|name| name.eq_ignore_ascii_case(word.trim()))?;
    u8::try_from(found).ok()
}

#[cfg(test)]
mod tests;
