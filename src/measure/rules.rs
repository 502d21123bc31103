//! What the rules did: firings, notifications and their storms, and how the conversations fared for
//! which a rule fired.

use super::bits::Bits;
use super::civil::Civil;
use crate::facts::{ClockRow, FiringRow, NotificationRow};
use crate::scenario::plan::ClockKind;
use std::collections::BTreeMap;

/// Facts about rules in one replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RuleFacts {
    rules: Vec<OneRule>,
    /// Notifications to a recipient in a clock hour, by rule.
    hours: BTreeMap<(u16, i64, u16), u64>,
    measured: Bits,
    /// By clock, as [`CLOCKS`] has them.
    clocks: [ClockFacts; CLOCKS.len()],
}

/// The clocks by which the effect of a rule is judged.
const CLOCKS: [ClockKind; 3] = [ClockKind::FirstResponse, ClockKind::NextResponse, ClockKind::Resolution];

/// Conversations with a clock of one kind that counts, and those of them in which one was late.
#[derive(Clone, Debug, Default, PartialEq)]
struct ClockFacts {
    counted: Bits,
    late: Bits,
}

impl ClockFacts {
    /// (in time, counted) among all conversations, or among some.
    fn of(&self, some: Option<&Bits>) -> (u64, u64) {
        let common = |more: &[&Bits]| {
            let sets: Vec<&Bits> = some.into_iter().chain(more.iter().copied()).collect();
            Bits::common(&sets)
        };
        let counted = common(&[&self.counted]);
        (counted - common(&[&self.counted, &self.late]), counted)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct OneRule {
    fired: u64,
    loops: u64,
    notifications: u64,
    conversations: Bits,
}

/// What one rule did in one replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// Firings.
    pub fired: u64,
    /// Stopped as loops.
    pub loops: u64,
    /// Notifications sent.
    pub notifications: u64,
    /// Most notifications to one recipient in one clock hour.
    pub worst_hour: u64,
    /// Who that was, and when: recipient, hours since 1970 of civil time.
    pub worst_at: Option<(u16, i64)>,
    /// Measured conversations it fired for.
    pub conversations: u64,
    /// Conversations it fired for (all in time, counted), by first response, next response, resolution. One
    /// late response makes a conversation late.
    pub fired_clocks: [(u64, u64); 3],
    /// The same of all others.
    pub other_clocks: [(u64, u64); 3],
}

impl RuleFacts {
    pub(super) fn new(rules: usize) -> RuleFacts {
        RuleFacts { rules: vec![OneRule::default(); rules], ..RuleFacts::default() }
    }

    /// Without rules there is nothing to keep.
    pub(super) fn is_needed(&self) -> bool {
        !self.rules.is_empty()
    }

    pub(super) fn conversation(&mut self, conversation: u64) {
        self.measured.insert(conversation);
    }

    pub(super) fn clock(&mut self, row: &ClockRow) {
        let clock = CLOCKS.iter().position(|kind| *kind as u8 == row.clock);
        if let Some(facts) = clock.and_then(|at| self.clocks.get_mut(at)).filter(|_| row.counts) {
            facts.counted.insert(row.conversation);
            if row.breached {
                facts.late.insert(row.conversation);
            }
        }
    }

    pub(super) fn firing(&mut self, row: &FiringRow) {
        if let Some(rule) = self.rules.get_mut(usize::from(row.rule)) {
            if row.looped {
                rule.loops += 1;
            } else {
                rule.fired += 1;
                rule.conversations.insert(row.conversation);
            }
        }
    }

    pub(super) fn notification(&mut self, row: &NotificationRow, civil: &Civil) {
        if let Some(rule) = self.rules.get_mut(usize::from(row.rule)) {
            rule.notifications += 1;
        }
        *self.hours.entry((row.recipient, civil.hour(row.at), row.rule)).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: &RuleFacts) {
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.fired += theirs.fired;
            mine.loops += theirs.loops;
            mine.notifications += theirs.notifications;
            mine.conversations.union(&theirs.conversations);
        }
        for (hour, n) in &other.hours {
            *self.hours.entry(*hour).or_default() += n;
        }
        self.measured.union(&other.measured);
        for (mine, theirs) in self.clocks.iter_mut().zip(&other.clocks) {
            mine.counted.union(&theirs.counted);
            mine.late.union(&theirs.late);
        }
    }

    /// One entry for each rule.
    pub(super) fn counts(&self) -> Vec<RuleCounts> {
        let all = self.clocks.each_ref().map(|clock| clock.of(None));
        let mut counts: Vec<RuleCounts> = self
            .rules
            .iter()
            .map(|rule| {
                let fired = &rule.conversations;
                let clocks = self.clocks.each_ref().map(|clock| clock.of(Some(fired)));
                RuleCounts {
                    fired: rule.fired,
                    loops: rule.loops,
                    notifications: rule.notifications,
                    worst_hour: 0,
                    worst_at: None,
                    conversations: Bits::common(&[fired, &self.measured]),
                    fired_clocks: clocks,
                    other_clocks: std::array::from_fn(|i| (all[i].0 - clocks[i].0, all[i].1 - clocks[i].1)),
                }
            })
            .collect();
        for ((recipient, hour, rule), n) in &self.hours {
            if let Some(count) = counts.get_mut(usize::from(*rule))
                && *n > count.worst_hour
            {
                count.worst_hour = *n;
                count.worst_at = Some((*recipient, *hour));
            }
        }
        counts
    }

    /// Notifications in all, and the most to one recipient in one clock hour whatever the rule.
    pub(super) fn notifications(&self) -> (u64, u64) {
        let mut worst = 0;
        let mut last = None;
        let mut in_hour = 0;
        for ((recipient, hour, _), n) in &self.hours {
            in_hour = if last == Some((recipient, hour)) { in_hour + n } else { *n };
            last = Some((recipient, hour));
            worst = worst.max(in_hour);
        }
        (self.hours.values().sum(), worst)
    }
}
