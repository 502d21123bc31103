//! Due dates and used times from stored stamps alone: what an export without a history of messages
//! still tells. The pure calculation; nothing here reacts to events.

use super::{History, Policies};
use crate::scenario::plan::{ClockKind, PolicyIdx, PriorityIdx};
use crate::time::{Instant, Span};

/// A field that help desks store, each with the instant it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// First response.
    FirstResponse,
    /// The customer message that waits for an answer, or the last one that did.
    CustomerContact,
    /// Last public message of an agent.
    AgentContact,
    /// Resolved or closed.
    Closed,
}

/// Under what a ticket is judged.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// Its policy; without one nothing is due.
    pub policy: Option<PolicyIdx>,
    /// Its priority.
    pub priority: PriorityIdx,
    /// The statuses it had.
    pub history: &'a History,
    /// The policies and switches of the desk.
    pub policies: &'a Policies,
}

impl Terms<'_> {
    fn target(&self, kind: ClockKind) -> Option<Span> {
        self.policies.target(self.policy, self.priority, kind)
    }
}

/// The stamps of a ticket, and the used times that were kept when they were set.
#[derive(Clone, Copy, Debug)]
pub struct Stamps {
    created: Instant,
    /// `NEVER` for what did not happen.
    first_response: Instant,
    customer_contact: Instant,
    agent_contact: Instant,
    closed: Instant,
    /// Pauses that are known only as a sum.
    pub held: Span,
    used: [Option<Span>; ClockKind::ALL.len()],
}

impl Stamps {
    /// A ticket of which nothing but its creation is known.
    pub fn new(created: Instant) -> Stamps {
        let never = Instant::NEVER;
        Stamps {
            created,
            first_response: never,
            customer_contact: never,
            agent_contact: never,
            closed: never,
            held: Span::ZERO,
            used: [None; ClockKind::ALL.len()],
        }
    }

    /// When a stamp was set; `NEVER` if it was not.
    pub fn at(&self, stamp: Stamp) -> Instant {
        match stamp {
            Stamp::FirstResponse => self.first_response,
            Stamp::CustomerContact => self.customer_contact,
            Stamp::AgentContact => self.agent_contact,
            Stamp::Closed => self.closed,
        }
    }

    /// Sets a stamp, `NEVER` to empty it. The time used up to it is worked out now and kept: of the
    /// exchanges with an agent the longest, of the rest the last.
    pub fn set(&mut self, stamp: Stamp, at: Instant, terms: &Terms<'_>) {
        match stamp {
            Stamp::FirstResponse => self.first_response = at,
            Stamp::CustomerContact => self.customer_contact = at,
            Stamp::Closed => self.closed = at,
            Stamp::AgentContact => {
                let since = self.agent_contact.known().unwrap_or(self.created);
                self.agent_contact = at;
                self.keep(ClockKind::Update, self.between(ClockKind::Update, since, at, terms));
            }
        }
        let kind = match stamp {
            Stamp::FirstResponse => ClockKind::FirstResponse,
            Stamp::Closed => ClockKind::Resolution,
            Stamp::AgentContact => ClockKind::NextResponse,
            Stamp::CustomerContact => return,
        };
        let used = self.run(kind).and_then(|(from, to)| self.between(kind, from, to, terms));
        if kind == ClockKind::NextResponse {
            self.keep(kind, used);
        } else {
            self.used[kind as usize] = used;
        }
    }

    fn keep(&mut self, kind: ClockKind, used: Option<Span>) {
        let longest = &mut self.used[kind as usize];
        *longest = (*longest).max(used);
    }

    /// Business time between two stamps; nothing counts after the ticket was closed.
    fn between(&self, kind: ClockKind, from: Instant, to: Instant, terms: &Terms<'_>) -> Option<Span> {
        terms.target(kind)?;
        let to = to.known()?.min(self.closed);
        let used = terms.history.used_between(kind, from, to, terms.policies) - self.held_of(kind, terms);
        Some(used.max(Span::ZERO))
    }

    /// The held time, for a clock that pauses at all.
    fn held_of(&self, kind: ClockKind, terms: &Terms<'_>) -> Span {
        if terms.policies.switches().pauses.of(kind).is_empty() { Span::ZERO } else { self.held }
    }

    /// From when to when a clock ran; `NEVER` while it runs, none if it has not begun.
    fn run(&self, kind: ClockKind) -> Option<(Instant, Instant)> {
        match kind {
            ClockKind::FirstResponse => Some((self.created, self.first_response)),
            ClockKind::NextResponse => {
                let start = self.customer_contact.known()?;
                let answered = self.agent_contact.known().is_some_and(|answer| answer >= start);
                Some((start, if answered { self.agent_contact } else { Instant::NEVER }))
            }
            ClockKind::Update => Some((self.agent_contact.known().unwrap_or(self.created), Instant::NEVER)),
            ClockKind::Resolution => Some((self.created, self.closed)),
            ClockKind::Escalation | ClockKind::RequesterWait | ClockKind::Assignment => None,
        }
    }

    /// When a clock that still runs is due.
    pub fn due(&self, kind: ClockKind, terms: &Terms<'_>) -> Option<Instant> {
        let (start, end) = self.run(kind)?;
        let target = terms.target(kind)?;
        if end != Instant::NEVER {
            return None;
        }
        terms.history.due_after(kind, start, target + self.held_of(kind, terms), terms.policies)
    }

    /// Business time that was kept for a clock when it ended; none without a target.
    pub fn used(&self, kind: ClockKind) -> Option<Span> {
        self.used[kind as usize]
    }
}
