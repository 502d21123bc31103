//! The clocks of one ticket: a state machine that is told what happens and says when each clock is
//! due and how it ended.
//!
//! Inside one instant the order of the inputs counts. Due dates are computed when something changes
//! them, never when they are asked for.

mod lifecycle;

use super::Policies;
use super::clock::{ClockRecord, History};
use crate::scenario::plan::{ClockKind, PolicyIdx, PriorityIdx};
use crate::scenario::switches::{
    EventAtDue, FirstResponseFrom, NextResponseFrom, OutboundFirstResponse, PriorityChange, Status,
    TicketFrom, next_look,
};
use crate::time::{Instant, Span};

/// How a ticket begins.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// When.
    pub at: Instant,
    /// The policy selected for it.
    pub policy: Option<PolicyIdx>,
    /// Its priority.
    pub priority: PriorityIdx,
    /// Its first status.
    pub status: Status,
    /// An agent opened it (outbound).
    pub by_agent: bool,
    /// A bot has it at first; a hand-off may follow.
    pub with_bot: bool,
}

/// What happens to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The customer wrote.
    CustomerMessage,
    /// The bot wrote.
    BotReply,
    /// An agent wrote to the customer.
    AgentReply,
    /// An agent wrote an internal note.
    Note,
    /// The bot handed over to people.
    HandedOff,
    /// An agent took it.
    Assigned,
    /// It entered a queue.
    EnteredQueue,
    /// It left the queue.
    LeftQueue,
    /// The status changed; resolving, closing and reopening are changes of status.
    Status(Status),
    /// The priority changed.
    Priority(PriorityIdx),
    /// The policy that applies changed (or the calendar behind it did).
    Policy(Option<PolicyIdx>),
    /// Another team has it, whose hours may be others.
    Team(Option<u16>),
    /// Somebody set a due date by hand.
    DueSet(ClockKind, Instant),
}

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The policy's share of the target is left.
    Warn,
    /// The target is used up and the checker sees it.
    Due,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// A clock has been missed, or is overdue now.
    pub failed: bool,
    /// A clock with a target is paused.
    pub paused: bool,
    /// The first response is outstanding.
    pub first_response_due: bool,
    /// The resolution is outstanding.
    pub resolution_due: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not begun, or ended and reported.
    Idle,
    Running,
    /// Ended by a resolution; a reopening may let it run on.
    Stopped,
    /// Will not run again.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    phase: Phase,
    started: Instant,
    ended: Instant,
    /// `NEVER`: none.
    due: Instant,
    /// When the policy warns; `NEVER`: it does not.
    warn: Instant,
    /// Target in force; `None`: the policy has none.
    target: Option<Span>,
    priority: PriorityIdx,
    /// Set by hand.
    hand_set: bool,
    warned: bool,
    /// The checker has seen it overdue.
    noticed: bool,
    /// Overdue under an earlier target.
    breached_before: bool,
}

impl Clock {
    const IDLE: Clock = Clock {
        phase: Phase::Idle,
        started: Instant::NEVER,
        ended: Instant::NEVER,
        due: Instant::NEVER,
        warn: Instant::NEVER,
        target: None,
        priority: 0,
        hand_set: false,
        warned: false,
        noticed: false,
        breached_before: false,
    };
}

/// The clocks of one ticket.
#[derive(Clone, Debug)]
pub struct Tracker {
    policy: Option<PolicyIdx>,
    /// The team that has it.
    team: Option<u16>,
    priority: PriorityIdx,
    status: Status,
    history: History,
    clocks: [Clock; 7],
    created: Instant,
    first_response: Instant,
    /// Oldest or newest unanswered customer message, as the desk counts; `NEVER` if nobody waits.
    waiting_since: Instant,
    opened_by_agent: bool,
    /// With the bot, and no ticket before the hand-off.
    no_ticket_yet: bool,
    resolved_once: bool,
    misses: [u16; 7],
    /// Due dates set by hand: the clock's, and when that was done. Hardly any ticket has one.
    set_by_hand: Vec<(ClockKind, Instant, Instant)>,
}

impl Tracker {
    /// A ticket is created.
    pub fn start(opening: Opening, policies: &Policies) -> Tracker {
        let Opening { at, policy, priority, status, by_agent, with_bot } = opening;
        let mut history = History::default();
        history.push(at, status, policies.calendar_of(policy));
        let mut tracker = Tracker {
            policy,
            team: None,
            priority,
            status,
            history,
            clocks: [Clock::IDLE; 7],
            created: at,
            first_response: Instant::NEVER,
            waiting_since: Instant::NEVER,
            opened_by_agent: by_agent,
            no_ticket_yet: with_bot && policies.switches().ticket_from == TicketFrom::Handoff,
            resolved_once: false,
            misses: [0; 7],
            set_by_hand: Vec::new(),
        };
        if tracker.no_ticket_yet {
            return tracker;
        }
        let switches = policies.switches();
        let waits_for_handoff = with_bot && switches.first_response_from == FirstResponseFrom::Handoff;
        let waits_for_customer =
            by_agent && switches.outbound_first_response == OutboundFirstResponse::CustomerMessage;
        if !waits_for_handoff && !waits_for_customer {
            tracker.begin(ClockKind::FirstResponse, at, policies);
        }
        tracker.begin_life(at, policies);
        tracker
    }

    /// The clocks that run from the ticket's beginning, whoever opened it.
    fn begin_life(&mut self, at: Instant, policies: &Policies) {
        for kind in
            [ClockKind::Update, ClockKind::Resolution, ClockKind::RequesterWait, ClockKind::Assignment]
        {
            self.begin(kind, at, policies);
        }
    }

    /// People have it now: if there was no ticket so far, it begins here. Only a hand-off tells since when
    /// the customer waits for them; without one there is no first response to measure.
    fn ticket_begins(&mut self, at: Instant, by_hand_off: bool, policies: &Policies) {
        if !std::mem::take(&mut self.no_ticket_yet) {
            return;
        }
        self.created = at;
        if by_hand_off && self.first_response == Instant::NEVER {
            self.begin(ClockKind::FirstResponse, at, policies);
        }
        self.begin_life(at, policies);
        if self.waiting_since != Instant::NEVER && !policies.switches().next_response_after_first {
            self.begin(ClockKind::NextResponse, at, policies);
        }
    }

    /// Something happens; clocks that end are handed to `out`.
    pub fn apply(
        &mut self,
        at: Instant,
        input: Input,
        policies: &Policies,
        out: &mut impl FnMut(ClockRecord),
    ) {
        let switches = policies.switches();
        match input {
            Input::CustomerMessage => self.customer_wrote(at, policies, out),
            Input::BotReply => {
                if policies.bot_answers(self.policy) {
                    self.first_response_given(at, policies, out);
                }
                if switches.bot_reply_ends_waiting || policies.bot_answers(self.policy) {
                    self.waiting_since = Instant::NEVER;
                    self.end(ClockKind::NextResponse, at, policies, out);
                }
            }
            Input::AgentReply => self.agent_wrote(at, policies, out),
            Input::Note if switches.note_answers => self.agent_wrote(at, policies, out),
            Input::Note => {}
            Input::HandedOff => {
                self.ticket_begins(at, true, policies);
                if self.first_response == Instant::NEVER
                    && !self.measured_no_more(ClockKind::FirstResponse, policies)
                {
                    let waits = self.clock(ClockKind::FirstResponse).phase == Phase::Idle;
                    if waits && switches.first_response_from == FirstResponseFrom::Handoff {
                        self.begin(ClockKind::FirstResponse, at, policies);
                    }
                }
            }
            Input::Assigned => {
                self.ticket_begins(at, false, policies);
                self.end_for_good(ClockKind::Assignment, at, policies, out);
            }
            Input::EnteredQueue => {
                self.end(ClockKind::Escalation, at, policies, out);
                self.begin(ClockKind::Escalation, at, policies);
            }
            Input::LeftQueue => self.end(ClockKind::Escalation, at, policies, out),
            Input::Status(status) => self.status_changed(at, status, policies, out),
            Input::Priority(priority) => {
                self.priority = priority;
                match switches.priority_change {
                    PriorityChange::Keep => {}
                    PriorityChange::FromStart => self.new_targets(at, None, policies),
                    PriorityChange::FromChange => self.new_targets(at, Some(at), policies),
                }
            }
            Input::Policy(policy) => {
                self.policy = policy;
                self.history.push(at, self.status, policies.calendar_with(policy, self.team));
                self.new_targets(at, None, policies);
            }
            Input::Team(team) if team == self.team => {}
            Input::Team(team) => {
                self.team = team;
                self.history.push(at, self.status, policies.calendar_with(self.policy, team));
                self.recompute_all(policies);
            }
            Input::DueSet(kind, due) => {
                self.clock_mut(kind).hand_set = true;
                self.set_by_hand.retain(|(set, ..)| *set != kind);
                self.set_by_hand.push((kind, due, at));
                self.set_due(kind, due, policies);
            }
        }
    }

    /// Everything is over: what still runs is reported with `ended = NEVER`, what was resolved with
    /// its last resolution.
    pub fn finish(mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        for kind in ClockKind::ALL {
            match self.clock(kind).phase {
                Phase::Running => self.report(kind, at, true, false, policies, out),
                Phase::Stopped => {
                    let ended = self.clock(kind).ended;
                    self.report(kind, ended, false, true, policies, out);
                }
                Phase::Idle | Phase::Over => {}
            }
        }
    }

    /// When a running clock is due; none while it has no due date.
    pub fn due(&self, kind: ClockKind) -> Option<Instant> {
        let clock = self.clock(kind);
        if clock.phase == Phase::Running { clock.due.known() } else { None }
    }

    /// When the policy warns of a running clock; none if it does not.
    pub fn warns_at(&self, kind: ClockKind) -> Option<Instant> {
        self.due(kind).and(self.clock(kind).warn.known())
    }

    /// The earliest due date.
    pub fn next_due(&self) -> Option<Instant> {
        ClockKind::ALL.into_iter().filter_map(|kind| self.due(kind)).min()
    }

    /// The earliest deadline that has not been passed: one timer is enough for a ticket.
    pub fn next_deadline(&self, policies: &Policies) -> Option<(Instant, ClockKind, Deadline)> {
        let of = |kind| {
            let clock = self.clock(kind);
            let due = self.due(kind)?;
            if clock.noticed {
                return None;
            }
            Some(match clock.warn.known().filter(|_| !clock.warned) {
                Some(warn) => (warn, kind, Deadline::Warn),
                None => (checked_at(due, policies), kind, Deadline::Due),
            })
        };
        ClockKind::ALL.into_iter().filter_map(of).min_by_key(|&(at, kind, deadline)| (at, deadline, kind))
    }

    /// Passes one deadline that has come at `at`, and says which; call until it says none.
    pub fn pass_deadline(&mut self, at: Instant, policies: &Policies) -> Option<(ClockKind, Deadline)> {
        let (when, kind, deadline) = self.next_deadline(policies)?;
        if when > at {
            return None;
        }
        match deadline {
            Deadline::Warn => self.clock_mut(kind).warned = true,
            Deadline::Due => self.notice(kind),
        }
        Some((kind, deadline))
    }

    /// The checker looks now, whatever its interval: notices every clock that is overdue.
    pub fn check(&mut self, at: Instant) {
        for kind in ClockKind::ALL {
            if self.due(kind).is_some_and(|due| due <= at) && !self.clock(kind).noticed {
                self.notice(kind);
            }
        }
    }

    fn notice(&mut self, kind: ClockKind) {
        let clock = self.clock_mut(kind);
        clock.warned = true;
        clock.noticed = true;
        let misses = &mut self.misses[kind as usize];
        *misses = misses.saturating_add(1);
    }

    /// How often the checker found this clock overdue, or it ended late.
    pub fn misses(&self, kind: ClockKind) -> u16 {
        self.misses[kind as usize]
    }

    /// Time the ticket was paused for this clock.
    pub fn held(&self, kind: ClockKind, at: Instant, policies: &Policies) -> Span {
        let clock = self.clock(kind);
        if clock.started == Instant::NEVER {
            return Span::ZERO;
        }
        self.history.used(kind, clock.started, at, false, policies).1
    }

    /// Where the ticket stands. What was missed stays missed.
    pub fn standing(&self, at: Instant, policies: &Policies) -> Standing {
        // A clock that is due at this very instant may have been noticed, but is not late yet.
        let just_due = |kind| {
            let clock = self.clock(kind);
            clock.phase == Phase::Running && clock.noticed && !late(clock.due, at, policies)
        };
        let missed = |kind| self.misses(kind) > u16::from(just_due(kind));
        let mut standing = Standing { failed: ClockKind::ALL.into_iter().any(missed), ..Standing::default() };
        for kind in [ClockKind::FirstResponse, ClockKind::Resolution] {
            let clock = self.clock(kind);
            if clock.phase == Phase::Stopped {
                standing.failed |= self.is_breached(kind, clock.ended, policies);
            }
            if clock.phase != Phase::Running || clock.target.is_none() {
                continue;
            }
            standing.failed |= late(clock.due, at, policies);
            standing.paused |= policies.switches().pauses.of(kind).contains(self.status);
            match kind {
                ClockKind::FirstResponse => standing.first_response_due = true,
                _ => standing.resolution_due = true,
            }
        }
        standing
    }

    /// The status it has.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The policy it is under.
    pub fn policy(&self) -> Option<PolicyIdx> {
        self.policy
    }

    /// The history of its statuses.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// When it was first answered.
    pub fn first_response_at(&self) -> Option<Instant> {
        self.first_response.known()
    }

    fn clock(&self, kind: ClockKind) -> &Clock {
        &self.clocks[kind as usize]
    }

    fn clock_mut(&mut self, kind: ClockKind) -> &mut Clock {
        &mut self.clocks[kind as usize]
    }

    fn customer_wrote(&mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        let switches = policies.switches();
        if self.opened_by_agent
            && switches.outbound_first_response == OutboundFirstResponse::CustomerMessage
            && self.first_response == Instant::NEVER
            && self.clock(ClockKind::FirstResponse).phase == Phase::Idle
            && !self.measured_no_more(ClockKind::FirstResponse, policies)
        {
            self.begin(ClockKind::FirstResponse, at, policies);
        }
        if switches.next_response_miss_per_message {
            self.clock_mut(ClockKind::NextResponse).noticed = false;
        }
        if self.waiting_since != Instant::NEVER
            && switches.next_response_from == NextResponseFrom::OldestUnanswered
        {
            return;
        }
        self.waiting_since = at;
        if self.clock(ClockKind::NextResponse).phase == Phase::Running
            && self.is_breached(ClockKind::NextResponse, at, policies)
        {
            // It begins anew, but too late is too late.
            self.end(ClockKind::NextResponse, at, policies, out);
        }
        let too_early =
            self.no_ticket_yet || switches.next_response_after_first && self.first_response == Instant::NEVER;
        if !too_early && !self.measured_no_more(ClockKind::NextResponse, policies) {
            self.begin(ClockKind::NextResponse, at, policies);
        }
    }

    fn agent_wrote(&mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        self.ticket_begins(at, false, policies);
        let opening_message = self.opened_by_agent
            && at == self.created
            && self.waiting_since == Instant::NEVER
            && policies.switches().outbound_first_response != OutboundFirstResponse::Created;
        let unasked = self.opened_by_agent
            && self.clock(ClockKind::FirstResponse).phase == Phase::Idle
            && policies.switches().outbound_first_response == OutboundFirstResponse::CustomerMessage;
        if !opening_message && !unasked {
            self.first_response_given(at, policies, out);
        }
        self.waiting_since = Instant::NEVER;
        self.end(ClockKind::NextResponse, at, policies, out);
        if self.clock(ClockKind::Update).phase == Phase::Running {
            self.end(ClockKind::Update, at, policies, out);
            self.begin(ClockKind::Update, at, policies);
        }
    }

    fn first_response_given(&mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        if self.first_response == Instant::NEVER {
            self.first_response = at;
            self.end_for_good(ClockKind::FirstResponse, at, policies, out);
        }
    }
}

/// When the checker sees that `due` has passed: at once, or at its next look.
fn checked_at(due: Instant, policies: &Policies) -> Instant {
    next_look(due, policies.switches().poll_every)
}

/// Is an answer at `at` too late?
fn late(due: Instant, at: Instant, policies: &Policies) -> bool {
    match policies.switches().event_at_due {
        EventAtDue::Met => at > due,
        EventAtDue::Breached => at >= due,
    }
}

#[cfg(test)]
mod tests;
