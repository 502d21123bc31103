//! What is added up: whole numbers only, so that any split of the rows gives the same sums to the
//! last bit, whatever the order in which the parts are put together.

use crate::facts::{ConversationRow, HandOff, IntervalRow, NEVER, Outcome, QueueEnd, QueueStayRow};

/// Adds another one of its kind.
pub(super) trait Add {
    fn add(&mut self, other: &Self);
}

impl Add for u64 {
    fn add(&mut self, other: &u64) {
        *self += other;
    }
}
impl Add for i64 {
    fn add(&mut self, other: &i64) {
        *self = self.saturating_add(*other);
    }
}
impl<T: Add, const N: usize> Add for [T; N] {
    fn add(&mut self, other: &[T; N]) {
        self.iter_mut().zip(other).for_each(|(a, b)| a.add(b));
    }
}

macro_rules! sums {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $ty:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(super) struct $name { $($(#[$doc])* pub(super) $field: $ty),+ }

        impl Add for $name {
            fn add(&mut self, other: &$name) { $(self.$field.add(&other.$field);)+ }
        }
    };
}

/// Number of values of [`Outcome`].
pub(super) const OUTCOMES: usize = 6;
/// Number of values of [`HandOff`].
pub(super) const HAND_OFFS: usize = 9;
/// Number of values of [`crate::scenario::plan::ClockKind`].
pub(super) const CLOCKS: usize = 7;
/// Number of values of [`crate::facts::Cause`].
pub(super) const CAUSES: usize = 7;

sums! {
    /// Over conversations that began in the measured period.
    ConversationSums {
        offered: u64,
        outcomes: [u64; OUTCOMES],
        repeats: u64,
        reopened: u64,
        transferred: u64,
        /// The bot saw them.
        seen: u64,
        /// The bot saw them and they ended without hand-off and person.
        contained: u64,
        /// Of those the bot solved: raised again within the window.
        taken_back: u64,
        /// Handed over by the bot, by reason.
        handed: [u64; HAND_OFFS],
        bot_time_ms: i64,
        failed_attempts: u64,
        /// A person replied.
        human: u64,
        work_ms: i64,
        wait_ms: i64,
        /// Begin to end, of those that ended.
        length_ms: i64,
        customer_messages: u64,
        bot_messages: u64,
        agent_messages: u64,
        templates: u64,
        /// Predicted satisfaction of those that ended, in units of 2^-32.
        satisfied: i64,
        ratings: u64,
        good_ratings: u64,
        /// In millionths.
        message_cost: i64,
    }
}

impl ConversationSums {
    /// Takes in a row that is measured.
    #[inline]
    pub(super) fn push(&mut self, row: &ConversationRow) {
        self.offered += 1;
        if let Some(count) = self.outcomes.get_mut(usize::from(row.outcome)) {
            *count += 1;
        }
        self.repeats += u64::from(row.repeat_of != u64::MAX);
        self.reopened += u64::from(row.reopens > 0);
        self.transferred += u64::from(row.transfers > 0);
        if row.bot_seen {
            self.seen += 1;
            let alone = row.outcome == Outcome::BotSolved as u8 || row.outcome == Outcome::LeftBot as u8;
            self.contained += u64::from(alone && row.hand_off == HandOff::None as u8);
            if let Some(count) = self.handed.get_mut(usize::from(row.hand_off)) {
                *count += 1;
            }
            self.bot_time_ms += row.bot_time;
            self.failed_attempts += u64::from(row.failed_attempts);
        }
        self.human += u64::from(row.first_human_at != NEVER);
        self.work_ms += row.agent_work;
        self.wait_ms += row.queue_wait;
        if row.outcome != Outcome::Open as u8 {
            // A float cast saturates and takes NaN to 0: an absurd row cannot spoil the sum.
            self.satisfied += (f64::from(row.satisfied) * SATISFIED_UNITS) as i64;
            if row.ended_at != NEVER {
                self.length_ms += row.ended_at.saturating_sub(row.started_at);
            }
        }
        self.customer_messages += u64::from(row.customer_messages);
        self.bot_messages += u64::from(row.bot_messages);
        self.agent_messages += u64::from(row.agent_messages);
        self.templates += u64::from(row.templates);
        if row.rating > 0 {
            self.ratings += 1;
            self.good_ratings += u64::from(row.rating >= 4);
        }
        self.message_cost += (f64::from(row.message_cost) * MONEY_UNITS + 0.5) as i64;
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// No longer open when the run ended.
    pub(super) fn over(&self) -> u64 {
        self.offered - self.outcome(Outcome::Open)
    }

    pub(super) fn solved(&self) -> u64 {
        self.outcome(Outcome::BotSolved) + self.outcome(Outcome::AgentSolved)
    }

    /// Handed over by the bot, for whatever reason.
    pub(super) fn handed_off(&self) -> u64 {
        self.handed.iter().sum::<u64>() - self.handed[HandOff::None as usize]
    }
}

/// Units of [`ConversationSums::satisfied`] in 1.
pub(super) const SATISFIED_UNITS: f64 = 4_294_967_296.0;
/// Units of [`ConversationSums::message_cost`] in 1.
pub(super) const MONEY_UNITS: f64 = 1e6;

sums! {
    /// Over stays in queues of conversations that began in the measured period.
    QueueSums {
        taken: u64,
        /// Taken within the service-level time.
        taken_within: u64,
        abandoned: u64,
        /// Left within the service-level time.
        abandoned_within: u64,
        waiting: u64,
        /// Waiting at the end, not yet for longer than the service-level time.
        waiting_within: u64,
        /// Let in and had to wait at all.
        waited: u64,
        blocked: u64,
        balked: u64,
    }
}

impl QueueSums {
    /// Takes in a row that is measured.
    #[inline]
    pub(super) fn push(&mut self, row: &QueueStayRow, within_ms: i64) {
        let wait = row.left_at.saturating_sub(row.entered_at);
        let (within, waited) = (u64::from(wait <= within_ms), u64::from(wait > 0));
        const TAKEN: u8 = QueueEnd::Taken as u8;
        const ABANDONED: u8 = QueueEnd::Abandoned as u8;
        const WAITING: u8 = QueueEnd::Waiting as u8;
        const BLOCKED: u8 = QueueEnd::Blocked as u8;
        const BALKED: u8 = QueueEnd::Balked as u8;
        match row.end {
            TAKEN => {
                self.taken += 1;
                self.taken_within += within;
                self.waited += waited;
            }
            ABANDONED => {
                self.abandoned += 1;
                self.abandoned_within += within;
                self.waited += waited;
            }
            WAITING => {
                self.waiting += 1;
                self.waiting_within += within;
                self.waited += waited;
            }
            BLOCKED => self.blocked += 1,
            BALKED => self.balked += 1,
            // Moved to another queue: that stay counts, not this one.
            _ => {}
        }
    }

    /// Let in: everyone who waited, or would have.
    pub(super) fn entered(&self) -> u64 {
        self.taken + self.abandoned + self.waiting
    }

    /// Came to the queue, let in or not.
    pub(super) fn arrived(&self) -> u64 {
        self.entered() + self.blocked + self.balked
    }
}

sums! {
    /// Over the clocks of one kind.
    ClockSums {
        counted: u64,
        breached: u64,
        ended: u64,
        used_ms: i64,
    }
}

sums! {
    /// Over the measured intervals of one team (or the rows of the whole desk).
    DeskSums {
        replies: u64,
        work_ms: i64,
        queue_area_ms: i64,
        staffed_ms: i64,
        busy_ms: i64,
        paid_ms: i64,
        open_area_ms: i64,
        engaged_ms: i64,
        backlog_area_ms: i64,
        /// The end of the last interval, and the backlog there; see [`Latest`].
        backlog_end: Latest,
        queue_max: Largest,
    }
}

/// The largest of the values seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Largest(pub(super) u64);

impl Add for Largest {
    fn add(&mut self, other: &Largest) {
        self.0 = self.0.max(other.0);
    }
}

/// The value at the latest instant; those of the same instant (several teams) add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Latest {
    pub(super) at: i64,
    pub(super) value: u64,
}

impl Default for Latest {
    fn default() -> Latest {
        Latest { at: i64::MIN, value: 0 }
    }
}

impl Add for Latest {
    fn add(&mut self, other: &Latest) {
        match other.at.cmp(&self.at) {
            std::cmp::Ordering::Greater => *self = *other,
            std::cmp::Ordering::Equal => self.value += other.value,
            std::cmp::Ordering::Less => {}
        }
    }
}

impl DeskSums {
    /// Takes in a row that is measured.
    pub(super) fn push(&mut self, row: &IntervalRow) {
        self.replies += u64::from(row.replies);
        self.work_ms += row.work;
        self.queue_area_ms += row.queue_area;
        self.staffed_ms += row.staffed;
        self.busy_ms += row.busy;
        self.paid_ms += row.paid;
        self.open_area_ms += row.open_area;
        self.engaged_ms += row.engaged;
        self.backlog_area_ms += row.backlog_area;
        self.backlog_end.add(&Latest { at: row.at, value: u64::from(row.backlog) });
        self.queue_max.add(&Largest(u64::from(row.queue_max)));
    }
}

/// Everything that a formula may look at, for one slice of one replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) conversations: ConversationSums,
    pub(super) queue: QueueSums,
    pub(super) clocks: [ClockSums; CLOCKS],
    /// Teams' rows.
    pub(super) desk: DeskSums,
    /// Open tickets: the team's, or the whole desk's.
    pub(super) backlog: DeskSums,
    pub(super) whole: WholeSums,
}

/// What is known for the desk as a whole and is worked out before the formulas are asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct WholeSums {
    /// Length of the measured period.
    pub(super) period_ms: i64,
    pub(super) backlog_max: u64,
    pub(super) cost_people: f64,
    pub(super) cost_messages: f64,
    pub(super) cost_bot: f64,
    pub(super) cost_platform: f64,
    pub(super) fired: u64,
    pub(super) notifications: u64,
    pub(super) worst_hour: u64,
}

impl WholeSums {
    pub(super) fn cost_total(&self) -> f64 {
        self.cost_people + self.cost_messages + self.cost_bot + self.cost_platform
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_wins_and_equals_add_up() {
        let mut latest = Latest::default();
        for (at, value) in [(10, 3), (10, 4), (5, 99)] {
            latest.add(&Latest { at, value });
        }
        assert_eq!(latest, Latest { at: 10, value: 7 });
        latest.add(&Latest { at: 11, value: 0 });
        assert_eq!(latest.value, 0);
    }

    #[test]
    fn arrays_add_by_element() {
        let mut a = [1u64, 2];
        a.add(&[10, 20]);
        assert_eq!(a, [11, 22]);
    }
}
