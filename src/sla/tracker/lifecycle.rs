//! How the clocks of a ticket begin, end, stop at a resolution and go on after a reopening.

use super::super::Policies;
use super::super::clock::{ClockRecord, OpenPause};
use super::{Clock, Phase, Tracker, late};
use crate::scenario::plan::ClockKind;
use crate::scenario::switches::{
    AtReopening, AtResolution, BreachUnderOldTarget, DueWhilePaused, FinalPause, HandSetDue, Status,
};
use crate::time::{Instant, Span};

impl Tracker {
    pub(super) fn status_changed(
        &mut self,
        at: Instant,
        to: Status,
        policies: &Policies,
        out: &mut impl FnMut(ClockRecord),
    ) {
        let from = self.status;
        if from == to {
            return;
        }
        let untouched = |status| matches!(status, Status::New | Status::Open);
        if policies.switches().leaving_open_answers && untouched(from) && !untouched(to) {
            self.first_response_given(at, policies, out);
        }
        if to.is_over() && !from.is_over() {
            self.resolve(at, policies, out);
        }
        self.status = to;
        let calendar = policies.calendar_with(self.policy, self.team);
        let moved = self.history.calendar() != Some(calendar);
        self.history.push(at, to, calendar);
        let reopened = from.is_over() && !to.is_over();
        if reopened {
            self.reopen(at, policies, out);
        }
        for kind in ClockKind::ALL {
            // What ran until now and runs on, or pauses from now on, is due when it was.
            let pausing = policies.switches().pauses.of(kind);
            let hidden = policies.switches().due_while_paused == DueWhilePaused::Hidden;
            if reopened || moved || pausing.contains(from) || hidden && pausing.contains(to) {
                self.recompute(kind, policies);
                self.take_back(kind, at);
            }
        }
    }

    /// A due date that had passed while the clock was paused, and lies ahead now that it runs, was
    /// not missed after all.
    fn take_back(&mut self, kind: ClockKind, at: Instant) {
        let clock = self.clock_mut(kind);
        if clock.phase == Phase::Running && clock.noticed && clock.due > at && !clock.breached_before {
            clock.noticed = false;
            self.misses[kind as usize] = self.misses[kind as usize].saturating_sub(1);
        }
    }

    fn resolve(&mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        for kind in ClockKind::ALL {
            if self.clock(kind).phase != Phase::Running {
                continue;
            }
            if matches!(kind, ClockKind::Resolution | ClockKind::RequesterWait) {
                if policies.switches().at_reopening.of(kind) == AtReopening::RunsOn {
                    let due = self.final_due(kind, at, policies);
                    let clock = self.clock_mut(kind);
                    clock.phase = Phase::Stopped;
                    clock.ended = at;
                    clock.due = due;
                } else {
                    self.report(kind, at, false, true, policies, out);
                    self.clock_mut(kind).phase = Phase::Over;
                }
                continue;
            }
            match policies.switches().at_resolution.of(kind) {
                AtResolution::Keeps => continue,
                AtResolution::Fulfils => self.end(kind, at, policies, out),
                AtResolution::Drops => {
                    if self.is_breached(kind, at, policies) {
                        self.report(kind, at, false, false, policies, out);
                    }
                    self.clock_mut(kind).phase = Phase::Idle;
                }
            }
            if kind == ClockKind::NextResponse {
                self.waiting_since = Instant::NEVER;
            }
        }
        self.resolved_once = true;
    }

    fn reopen(&mut self, at: Instant, policies: &Policies, out: &mut impl FnMut(ClockRecord)) {
        if self.no_ticket_yet {
            return;
        }
        for kind in ClockKind::ALL {
            match policies.switches().at_reopening.of(kind) {
                AtReopening::RunsOn => {
                    if self.clock(kind).phase == Phase::Stopped {
                        let clock = self.clock_mut(kind);
                        clock.phase = Phase::Running;
                        clock.ended = Instant::NEVER;
                    }
                    // Updates are owed again from now on.
                    if kind == ClockKind::Update && self.clock(kind).phase == Phase::Idle {
                        self.begin(kind, at, policies);
                    }
                }
                AtReopening::Ends => {
                    if self.clock(kind).phase == Phase::Running {
                        self.end(kind, at, policies, out);
                    }
                    self.clock_mut(kind).phase = Phase::Over;
                }
                AtReopening::Restarts => {
                    if self.clock(kind).phase == Phase::Running {
                        self.end(kind, at, policies, out);
                    }
                    let waits_for_message = matches!(kind, ClockKind::NextResponse | ClockKind::Escalation);
                    if kind == ClockKind::FirstResponse {
                        self.first_response = Instant::NEVER;
                    }
                    if !waits_for_message {
                        self.begin(kind, at, policies);
                    }
                }
            }
        }
    }

    /// A reopened ticket whose clock ended for good with the first resolution.
    pub(super) fn measured_no_more(&self, kind: ClockKind, policies: &Policies) -> bool {
        self.resolved_once && policies.switches().at_reopening.of(kind) == AtReopening::Ends
    }

    pub(super) fn begin(&mut self, kind: ClockKind, at: Instant, policies: &Policies) {
        let target = policies.target(self.policy, self.priority, kind);
        let fresh =
            Clock { phase: Phase::Running, started: at, target, priority: self.priority, ..Clock::IDLE };
        *self.clock_mut(kind) = fresh;
        self.recompute(kind, policies);
    }

    /// Ends a running clock; it may begin again.
    pub(super) fn end(
        &mut self,
        kind: ClockKind,
        at: Instant,
        policies: &Policies,
        out: &mut impl FnMut(ClockRecord),
    ) {
        if self.clock(kind).phase == Phase::Running {
            self.report(kind, at, false, false, policies, out);
            self.clock_mut(kind).phase = Phase::Idle;
        }
    }

    pub(super) fn end_for_good(
        &mut self,
        kind: ClockKind,
        at: Instant,
        policies: &Policies,
        out: &mut impl FnMut(ClockRecord),
    ) {
        self.end(kind, at, policies, out);
        self.clock_mut(kind).phase = Phase::Over;
    }

    /// Priority or policy changed: targets and due dates of what runs, counted from the clock's
    /// start or from the change.
    pub(super) fn new_targets(&mut self, at: Instant, from: Option<Instant>, policies: &Policies) {
        for kind in ClockKind::ALL {
            let frozen = self.clock(kind).hand_set && policies.switches().hand_set_due == HandSetDue::Frozen;
            if self.clock(kind).phase == Phase::Over || frozen {
                continue;
            }
            let target = policies.target(self.policy, self.priority, kind);
            let overdue =
                self.clock(kind).phase == Phase::Running && late(self.clock(kind).due, at, policies);
            let priority = self.priority;
            let clock = self.clock_mut(kind);
            let stays = policies.switches().breach_under_old_target == BreachUnderOldTarget::Stays;
            clock.breached_before |= overdue && stays;
            if clock.target != target {
                clock.warned = false;
                clock.noticed &= stays;
            }
            clock.target = target;
            clock.priority = priority;
            clock.hand_set = false;
            if let Some(from) = from
                && clock.phase == Phase::Running
            {
                clock.started = from;
            }
            self.recompute(kind, policies);
        }
    }

    pub(super) fn recompute_all(&mut self, policies: &Policies) {
        for kind in ClockKind::ALL {
            self.recompute(kind, policies);
        }
    }

    fn recompute(&mut self, kind: ClockKind, policies: &Policies) {
        let clock = self.clock(kind);
        let moved = clock.hand_set && policies.switches().hand_set_due == HandSetDue::Moved;
        if clock.phase != Phase::Running || clock.hand_set && !moved {
            return;
        }
        let hidden = policies.switches().due_while_paused == DueWhilePaused::Hidden
            && policies.switches().pauses.of(kind).contains(self.status);
        let due = match clock.target {
            _ if hidden => Instant::NEVER,
            _ if moved => self.hand_due(kind, OpenPause::Unextended, policies),
            Some(target) => self.history.due(kind, clock.started, target, OpenPause::Unextended, policies),
            None => Instant::NEVER,
        };
        self.set_due(kind, due, policies);
    }

    /// The due date a clock is judged by when it ends at `at`.
    fn final_due(&self, kind: ClockKind, at: Instant, policies: &Policies) -> Instant {
        let clock = self.clock(kind);
        let moved = policies.switches().hand_set_due == HandSetDue::Moved;
        let judged_already = clock.hand_set && !moved || clock.phase == Phase::Stopped;
        let Some(target) = clock.target.filter(|_| !judged_already) else { return clock.due };
        let pause = match policies.switches().final_pause {
            FinalPause::Ignored => OpenPause::Unextended,
            FinalPause::TakenOut | FinalPause::MovesDueOnly => OpenPause::EndsAt(at),
        };
        if clock.hand_set {
            return self.hand_due(kind, pause, policies);
        }
        self.history.due(kind, clock.started, target, pause, policies)
    }

    /// The due date that was set by hand, moved by the pauses since then.
    fn hand_due(&self, kind: ClockKind, open_pause: OpenPause, policies: &Policies) -> Instant {
        let set = self.set_by_hand.iter().find(|(set, ..)| *set == kind);
        set.map_or(Instant::NEVER, |&(_, due, since)| {
            self.history.moved(kind, due, since, open_pause, policies)
        })
    }

    pub(super) fn is_breached(&self, kind: ClockKind, at: Instant, policies: &Policies) -> bool {
        let clock = self.clock(kind);
        let judged_late = if policies.switches().judged_at_poll.of(kind) {
            clock.noticed
        } else {
            late(self.final_due(kind, at, policies), at, policies)
        };
        clock.target.is_some() && (clock.breached_before || judged_late)
    }

    /// Hands out what became of a clock, if its policy sets a target.
    pub(super) fn report(
        &mut self,
        kind: ClockKind,
        at: Instant,
        running: bool,
        by_resolution: bool,
        policies: &Policies,
        out: &mut impl FnMut(ClockRecord),
    ) {
        let clock = *self.clock(kind);
        let (Some(target), Some(policy)) = (clock.target, self.policy) else { return };
        let breached = self.is_breached(kind, at, policies);
        if breached && !clock.noticed {
            self.notice(kind);
        }
        let (used, paused) = self.history.used(kind, clock.started, at, by_resolution, policies);
        out(ClockRecord {
            kind,
            policy,
            priority: clock.priority,
            started: clock.started,
            due: if running { clock.due } else { self.final_due(kind, at, policies) },
            ended: if running { Instant::NEVER } else { at },
            paused,
            used,
            target,
            breached,
        });
    }

    /// Sets a due date and the warning that goes with it.
    pub(super) fn set_due(&mut self, kind: ClockKind, due: Instant, policies: &Policies) {
        let warn = if due == Instant::NEVER { None } else { self.warning(kind, due, policies) };
        let clock = self.clock_mut(kind);
        clock.due = due;
        clock.warn = warn.unwrap_or(Instant::NEVER);
    }

    /// When the policy warns that a clock will be due.
    fn warning(&self, kind: ClockKind, due: Instant, policies: &Policies) -> Option<Instant> {
        let share = policies.warn_left(self.policy).filter(|share| *share > 0.0 && *share < 1.0)?;
        Some(self.with_left(kind, share, policies)?.min(due))
    }

    /// When a running clock has this share of its target left, if it runs and is due at all.
    pub fn left_at(&self, kind: ClockKind, share: f64, policies: &Policies) -> Option<Instant> {
        self.due(kind)?;
        self.with_left(kind, share, policies)
    }

    fn with_left(&self, kind: ClockKind, share: f64, policies: &Policies) -> Option<Instant> {
        let clock = self.clock(kind);
        let target = clock.target?;
        // rounding to a millisecond is far below any precision in use
        let before = Span((target.0 as f64 * share).round() as i64);
        Some(if clock.hand_set {
            clock.due - before
        } else {
            self.history.due(kind, clock.started, target - before, OpenPause::Unextended, policies)
        })
    }
}
