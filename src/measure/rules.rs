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
    /// First-response clocks that count, and those met in time.
    counted: Bits,
    met: Bits,
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
    /// First-response clocks (met, counted) of the conversations it fired for.
    pub fired_clocks: (u64, u64),
    /// The same of all others.
    pub other_clocks: (u64, u64),
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
        if row.clock == ClockKind::FirstResponse as u8 && row.counts {
            self.counted.insert(row.conversation);
            if !row.breached {
                self.met.insert(row.conversation);
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
        self.counted.union(&other.counted);
        self.met.union(&other.met);
    }

    /// One entry for each rule.
    pub(super) fn counts(&self) -> Vec<RuleCounts> {
        let all = (Bits::common(&[&self.counted, &self.met]), Bits::common(&[&self.counted]));
        let mut counts: Vec<RuleCounts> = self
            .rules
            .iter()
            .map(|rule| {
                let fired = &rule.conversations;
                let met = Bits::common(&[fired, &self.counted, &self.met]);
                let counted = Bits::common(&[fired, &self.counted]);
                RuleCounts {
                    fired: rule.fired,
                    loops: rule.loops,
                    notifications: rule.notifications,
                    worst_hour: 0,
                    worst_at: None,
                    conversations: Bits::common(&[fired, &self.measured]),
                    fired_clocks: (met, counted),
                    other_clocks: (all.0 - met, all.1 - counted),
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
