//! Shifts as written become instants at which agents come, pause and go.

use crate::scenario::plan::{Plan, Shift};
use crate::time::{Instant, Span};
use jiff::ToSpan;

/// State of an agent with respect to his shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Not there, not paid.
    Off,
    /// On a paid break, or absent with pay.
    Paid,
    /// At work.
    On,
    /// On an unpaid break.
    Break,
}

/// A change of duty of all agents of a shift on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutyChange {
    /// When.
    pub at: Instant,
    /// To what.
    pub to: Duty,
    /// Number of the shift's day (absence is drawn once for each).
    pub day: u32,
}

fn instant_of(plan: &Plan, day: jiff::civil::Date, minute: u16) -> Option<Instant> {
    let at = day.to_datetime(jiff::civil::Time::midnight()).checked_add(i64::from(minute).minutes()).ok()?;
    // A civil time that a clock change skips or repeats is read as the zone's rule says.
    Some(Instant(at.to_zoned(plan.zone.clone()).ok()?.timestamp().as_millisecond()))
}

/// The changes of duty of a shift between `from` and `to`, in order. With `merge`, shifts that touch
/// are one: an agent who is there around the clock never leaves at midnight. Without, each day begins
/// anew (absence is drawn for each).
pub fn duty_changes(plan: &Plan, shift: &Shift, merge: bool, from: Instant, to: Instant) -> Vec<DutyChange> {
    let Ok(first) = jiff::Timestamp::from_millisecond(from.ms()) else { return Vec::new() };
    let mut day = first.to_zoned(plan.zone.clone()).date().saturating_sub(1.day());
    // (from, to, duty, day): presence first, breaks laid over it.
    let mut changes: Vec<DutyChange> = Vec::new();
    let mut number = 0u32;
    while let Some(midnight) = instant_of(plan, day, 0) {
        if midnight >= to {
            break;
        }
        if shift.days[day.weekday().to_monday_zero_offset() as usize]
            && let (Some(begin), Some(end)) =
                (instant_of(plan, day, shift.from), instant_of(plan, day, shift.to))
            && within(plan, shift.between, begin)
        {
            push(&mut changes, merge, DutyChange { at: begin, to: Duty::On, day: number });
            for &(pause, back) in &shift.breaks {
                if let (Some(pause), Some(back)) = (instant_of(plan, day, pause), instant_of(plan, day, back))
                {
                    let duty = if shift.paid_breaks { Duty::Paid } else { Duty::Break };
                    push(&mut changes, merge, DutyChange { at: pause, to: duty, day: number });
                    push(&mut changes, merge, DutyChange { at: back, to: Duty::On, day: number });
                }
            }
            push(&mut changes, merge, DutyChange { at: end, to: Duty::Off, day: number });
        }
        number += 1;
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    clip(changes, from, to)
}

fn within(plan: &Plan, between: Option<(Span, Span)>, at: Instant) -> bool {
    between.is_none_or(|(a, b)| at >= plan.start + a && at < plan.start + b)
}

/// Appends a change; one that comes at the instant of the last replaces it.
fn push(changes: &mut Vec<DutyChange>, merge: bool, change: DutyChange) {
    if let Some(last) = changes.last() {
        if last.at == change.at {
            changes.pop();
            // Coming at the instant of going: he stays (the day of absence stays, too).
            if merge && changes.last().is_some_and(|before| before.to == change.to) {
                return;
            }
        } else if last.to == change.to {
            return;
        }
    }
    changes.push(change);
}

/// Keeps what lies in [from, to); the state at `from` becomes a change at `from`.
fn clip(changes: Vec<DutyChange>, from: Instant, to: Instant) -> Vec<DutyChange> {
    let mut kept: Vec<DutyChange> = Vec::with_capacity(changes.len());
    let mut before: Option<DutyChange> = None;
    for change in changes {
        if change.at <= from {
            before = Some(change);
        } else if change.at < to {
            kept.push(change);
        }
    }
    if let Some(state) = before.filter(|c| c.to != Duty::Off) {
        kept.insert(0, DutyChange { at: from, ..state });
    }
    kept
}
