//! Due dates and used times from stored stamps alone: what an export without a history of messages
//! still tells. The pure calculation; nothing here reacts to events.

use super::{History, Policies};
use crate::scenario::plan::{ClockKind, PolicyIdx, PriorityIdx};
use crate::time::{Instant, Span};

/// The stamps of a ticket; `NEVER` for what did not happen.
#[derive(Clone, Copy, Debug)]
pub struct Stamps {
    /// Created.
    pub created: Instant,
    /// First response.
    pub first_response: Instant,
    /// The customer message that waits for an answer, or the last one that did.
    pub customer_contact: Instant,
    /// Last public message of an agent.
    pub agent_contact: Instant,
    /// Resolved or closed.
    pub closed: Instant,
    /// Pauses that are known only as a sum.
    pub held: Span,
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
        }
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
    pub fn due(
        &self,
        kind: ClockKind,
        policy: PolicyIdx,
        priority: PriorityIdx,
        history: &History,
        policies: &Policies,
    ) -> Option<Instant> {
        let (start, end) = self.run(kind)?;
        let target = policies.target(Some(policy), priority, kind)?;
        if end != Instant::NEVER {
            return None;
        }
        history.due_after(kind, start, target + self.held, policies)
    }

    /// Business time a clock that has ended used; nothing counts after the ticket was closed.
    pub fn used(&self, kind: ClockKind, history: &History, policies: &Policies) -> Option<Span> {
        let (start, end) = self.run(kind)?;
        let end = end.known()?.min(self.closed);
        Some((history.used_between(kind, start, end, policies) - self.held).max(Span::ZERO))
    }
}
