//! The arithmetic of one clock: due date, used and paused time from a ticket's history of statuses.

use super::Policies;
use crate::scenario::plan::{ClockKind, PolicyIdx, PriorityIdx};
use crate::scenario::switches::{CalendarChange, FinalPause, PauseAs, Status};
use crate::time::{Calendar, ExactClose, Instant, Span};
use smallvec::SmallVec;

/// A clock that has ended or, at the end of everything, still runs. Durations are business time of
/// the policy's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRecord {
    /// Which clock.
    pub kind: ClockKind,
    /// The policy that set the target.
    pub policy: PolicyIdx,
    /// The priority that set the target.
    pub priority: PriorityIdx,
    /// From when it ran.
    pub started: Instant,
    /// When it was due; `NEVER` if it was paused without a due date or lies beyond the horizon.
    pub due: Instant,
    /// When it ended; `NEVER` while running.
    pub ended: Instant,
    /// Time taken out.
    pub paused: Span,
    /// Time used.
    pub used: Span,
    /// Time allowed.
    pub target: Span,
    /// Not in time.
    pub breached: bool,
}

impl ClockRecord {
    /// Business time beyond the target; none if it was in time.
    pub fn overdue(&self) -> Option<Span> {
        self.breached.then(|| (self.used - self.target).max(Span::ZERO))
    }
}

/// From an instant on, a ticket has this status and its targets run in this calendar.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: Instant,
    status: Status,
    calendar: u16,
}

/// What a pause that has not ended yet means for a due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenPause {
    /// Nothing yet: the due date from before it.
    Unextended,
    /// It ends at this instant.
    EndsAt(Instant),
}

/// The statuses (and calendars) a ticket had, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History(SmallVec<[Change; 4]>);

/// A time of the same status and calendar.
#[derive(Clone, Copy)]
struct Stretch {
    from: Instant,
    to: Instant,
    paused: bool,
    calendar: u16,
}

impl History {
    /// Notes a status and calendar from `at` on. What was noted for the same instant is replaced.
    pub fn push(&mut self, at: Instant, status: Status, calendar: u16) {
        match self.0.last_mut() {
            Some(last) if last.at >= at => *last = Change { at: last.at, status, calendar },
            _ => self.0.push(Change { at, status, calendar }),
        }
    }

    /// The calendar of the last change.
    pub(super) fn calendar(&self) -> Option<u16> {
        self.0.last().map(|change| change.calendar)
    }

    /// The pauses of a clock that have ended, borders cut to the desk's precision.
    pub fn pauses(&self, kind: ClockKind, policies: &Policies) -> Vec<(Instant, Instant)> {
        let all = self.stretches(kind, Instant(i64::MIN), policies);
        all.filter(|s| s.paused && s.to != Instant::NEVER).map(|s| (s.from, s.to)).collect()
    }

    /// When `target` of business time has passed since `start`, pauses not counted; none for an empty
    /// target.
    pub fn due_after(
        &self,
        kind: ClockKind,
        start: Instant,
        target: Span,
        policies: &Policies,
    ) -> Option<Instant> {
        (target > Span::ZERO).then(|| self.due(kind, start, target, OpenPause::Unextended, policies))
    }

    /// Business time between two instants, pauses not counted.
    pub fn used_between(&self, kind: ClockKind, from: Instant, to: Instant, policies: &Policies) -> Span {
        self.used(kind, from, to, false, policies).0
    }

    fn stretches<'a>(
        &'a self,
        kind: ClockKind,
        start: Instant,
        policies: &'a Policies,
    ) -> impl Iterator<Item = Stretch> + 'a {
        let switches = policies.switches();
        let pausing = switches.pauses.of(kind);
        let last_calendar = self.0.last().map_or(0, |change| change.calendar);
        self.0.iter().enumerate().filter_map(move |(i, change)| {
            let next = self.0.get(i + 1).map_or(Instant::NEVER, |next| switches.precision.cut(next.at));
            let from = switches.precision.cut(change.at).max(start);
            let calendar = match switches.calendar_change {
                CalendarChange::Last => last_calendar,
                CalendarChange::Each => change.calendar,
            };
            (from < next).then_some(Stretch {
                from,
                to: next,
                paused: pausing.contains(change.status),
                calendar,
            })
        })
    }

    /// When a clock that runs since `start` has used up its target. `NEVER` if that lies beyond the
    /// calendar's horizon.
    pub(super) fn due(
        &self,
        kind: ClockKind,
        start: Instant,
        target: Span,
        open_pause: OpenPause,
        policies: &Policies,
    ) -> Instant {
        let rule = ExactClose::from(policies.switches().exact_close);
        if policies.switches().pause_as == PauseAs::Accumulated {
            let held = self.held(kind, start, open_pause, policies);
            let last = self.0.last().map_or(0, |change| change.calendar);
            return with(policies, last, |calendar| calendar.add(start, target + held, rule));
        }
        let mut remaining = target;
        // Where the clock stood still, if it does.
        let mut stopped = None;
        for stretch in self.stretches(kind, start, policies) {
            if stretch.paused {
                stopped = Some(stretch);
                continue;
            }
            stopped = None;
            let found = with(policies, stretch.calendar, |calendar| {
                if stretch.to == Instant::NEVER {
                    return Some(calendar.add(stretch.from, remaining, rule));
                }
                let length = calendar.business_between(stretch.from, stretch.to);
                // The end of a stretch that a pause follows is an exact close, too.
                let at_end = remaining == length && remaining > Span::ZERO && rule == ExactClose::Stay;
                if remaining < length || at_end {
                    return Some(calendar.add(stretch.from, remaining, rule));
                }
                remaining -= length;
                None
            });
            if let Some(due) = found {
                return due;
            }
        }
        let Some(stopped) = stopped else { return Instant::NEVER };
        let from = match open_pause {
            OpenPause::Unextended => stopped.from,
            OpenPause::EndsAt(end) => end.max(stopped.from),
        };
        with(policies, stopped.calendar, |calendar| calendar.add(from, remaining, rule))
    }

    /// A due date, moved by the business time of the pauses since `since`.
    pub(super) fn moved(
        &self,
        kind: ClockKind,
        due: Instant,
        since: Instant,
        open_pause: OpenPause,
        policies: &Policies,
    ) -> Instant {
        let held = self.held(kind, since, open_pause, policies);
        if held <= Span::ZERO {
            return due;
        }
        let rule = ExactClose::from(policies.switches().exact_close);
        let last = self.0.last().map_or(0, |change| change.calendar);
        with(policies, last, |calendar| calendar.add(due, held, rule))
    }

    /// Business time of the pauses since `start`.
    fn held(&self, kind: ClockKind, start: Instant, open_pause: OpenPause, policies: &Policies) -> Span {
        self.stretches(kind, start, policies)
            .filter(|stretch| stretch.paused)
            .map(|stretch| {
                let end = match (stretch.to.known(), open_pause) {
                    (Some(end), _) | (None, OpenPause::EndsAt(end)) => end.max(stretch.from),
                    (None, OpenPause::Unextended) => stretch.from,
                };
                with(policies, stretch.calendar, |calendar| calendar.business_between(stretch.from, end))
            })
            .sum()
    }

    /// Time used and time paused between `start` and `end`. If the clock ends here by a resolution,
    /// a pause that ends with it follows the desk's rule.
    pub(super) fn used(
        &self,
        kind: ClockKind,
        start: Instant,
        end: Instant,
        by_resolution: bool,
        policies: &Policies,
    ) -> (Span, Span) {
        let switches = policies.switches();
        let (mut used, mut paused) = (Span::ZERO, Span::ZERO);
        for stretch in self.stretches(kind, start, policies) {
            let to = stretch.to.min(end);
            if to <= stretch.from {
                continue;
            }
            let length =
                with(policies, stretch.calendar, |calendar| calendar.business_between(stretch.from, to));
            let final_pause =
                by_resolution && stretch.to >= end && switches.final_pause != FinalPause::TakenOut;
            if stretch.paused && !final_pause {
                paused += length;
            } else {
                used += length;
            }
        }
        (switches.precision.cut_span(used), switches.precision.cut_span(paused))
    }
}

/// Asks a calendar; numbers come from checked policies, so a missing one means "always".
fn with<T>(policies: &Policies, calendar: u16, ask: impl FnOnce(&Calendar) -> T) -> T {
    match policies.calendar(calendar) {
        Some(calendar) => ask(calendar),
        None => ask(&Calendar::always()),
    }
}
