//! The week as a grid: for each team and each interval of a civil week, what happened there over all
//! weeks (and, merged, all replications).

use super::civil::MINUTES_PER_WEEK;
use super::formula::service_level;
use super::sums::{Add, QueueSums};
use crate::facts::{IntervalRow, QueueStayRow};
use crate::scenario::plan::Abandoned;

/// What happened in one interval of the week in one team.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SlotSums {
    /// Time that was simulated (or observed) there.
    pub(super) span_ms: i64,
    pub(super) entered: u64,
    pub(super) replies: u64,
    pub(super) taken: u64,
    pub(super) work_ms: i64,
    pub(super) queue_area_ms: i64,
    pub(super) staffed_ms: i64,
    pub(super) busy_ms: i64,
    /// Stays that began there.
    pub(super) queue: QueueSums,
}

impl Add for SlotSums {
    fn add(&mut self, other: &SlotSums) {
        self.span_ms += other.span_ms;
        self.entered += other.entered;
        self.replies += other.replies;
        self.taken += other.taken;
        self.work_ms += other.work_ms;
        self.queue_area_ms += other.queue_area_ms;
        self.staffed_ms += other.staffed_ms;
        self.busy_ms += other.busy_ms;
        self.queue.add(&other.queue);
    }
}

impl SlotSums {
    fn rate(&self, area: i64) -> f64 {
        if self.span_ms > 0 { area as f64 / self.span_ms as f64 } else { 0.0 }
    }

    /// Conversations that entered the queue, per hour.
    pub(super) fn entered_per_hour(&self) -> f64 {
        self.rate(self.entered as i64) * 3_600_000.0
    }
    /// Mean queue.
    pub(super) fn mean_queue(&self) -> f64 {
        self.rate(self.queue_area_ms)
    }
    /// Mean number of agents staffed.
    pub(super) fn mean_staffed(&self) -> f64 {
        self.rate(self.staffed_ms)
    }
    /// Mean number of busy agents.
    pub(super) fn mean_busy(&self) -> f64 {
        self.rate(self.busy_ms)
    }
    /// Mean attention for one conversation taken, s; `None` if none was.
    pub(super) fn work_s(&self) -> Option<f64> {
        (self.taken > 0).then(|| self.work_ms as f64 / 1_000.0 / self.taken as f64)
    }
    /// Service level, NaN where nobody came.
    pub(super) fn within(&self, convention: Abandoned) -> f64 {
        service_level(&self.queue, convention).get().unwrap_or(f64::NAN)
    }
}

/// Slots of a civil week for each team.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WeekGrid {
    minutes: usize,
    slots: usize,
    teams: Vec<SlotSums>,
}

impl WeekGrid {
    /// With slots as wide as the intervals (whole minutes, at most a day).
    pub(super) fn new(teams: usize, interval_ms: i64) -> WeekGrid {
        let minutes = (interval_ms / 60_000).clamp(1, 1_440) as usize;
        let slots = (MINUTES_PER_WEEK as usize).div_ceil(minutes);
        WeekGrid { minutes, slots, teams: vec![SlotSums::default(); teams * slots] }
    }

    /// Slots in a week.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Width of a slot in minutes.
    pub(super) fn minutes(&self) -> usize {
        self.minutes
    }

    pub(super) fn slot(&self, team: usize, slot: usize) -> &SlotSums {
        &self.teams[team * self.slots + slot]
    }

    fn slot_mut(&mut self, team: u16, minute_of_week: usize) -> Option<&mut SlotSums> {
        // A team that is none (the whole desk) or unknown lies beyond the end.
        self.teams.get_mut(usize::from(team) * self.slots + minute_of_week / self.minutes)
    }

    pub(super) fn interval(&mut self, row: &IntervalRow, minute_of_week: usize, width_ms: i64) {
        if let Some(slot) = self.slot_mut(row.team, minute_of_week) {
            slot.span_ms += width_ms;
            slot.entered += u64::from(row.entered);
            slot.replies += u64::from(row.replies);
            slot.taken += u64::from(row.taken);
            slot.work_ms += row.work;
            slot.queue_area_ms += row.queue_area;
            slot.staffed_ms += row.staffed;
            slot.busy_ms += row.busy;
        }
    }

    #[inline]
    pub(super) fn stay(&mut self, row: &QueueStayRow, minute_of_week: usize, within_ms: i64) {
        if let Some(slot) = self.slot_mut(row.team, minute_of_week) {
            slot.queue.push(row, within_ms);
        }
    }

    pub(super) fn merge(&mut self, other: &WeekGrid) {
        self.teams.iter_mut().zip(&other.teams).for_each(|(a, b)| a.add(b));
    }

    /// Number of teams.
    pub(super) fn teams(&self) -> usize {
        self.teams.len() / self.slots
    }

    /// What a team did in [minute, minute + length) of the week; see [`WeekGrid::range`].
    pub(super) fn sum(&self, team: usize, minute: usize, length: usize) -> SlotSums {
        let mut sum = SlotSums::default();
        self.range(minute, length).for_each(|slot| sum.add(self.slot(team, slot)));
        sum
    }

    /// The slots that lie in [minute, minute + length) of the week, or the one that holds it all.
    pub(super) fn range(&self, minute: usize, length: usize) -> std::ops::Range<usize> {
        let first = minute / self.minutes;
        let last = (minute + length).div_ceil(self.minutes).max(first + 1);
        first..last.min(self.slots)
    }

    /// A quantity through the mean day: for each half hour the mean over the days of the week that
    /// were seen, all teams together; 0 where none was.
    pub(super) fn through_the_day(&self, quantity: impl Fn(&SlotSums) -> f64) -> Vec<f64> {
        (0..48)
            .map(|half_hour| {
                (0..self.teams())
                    .map(|team| {
                        let mut day_sum = SlotSums::default();
                        (0..7).for_each(|day| day_sum.add(&self.sum(team, day * 1_440 + half_hour * 30, 30)));
                        quantity(&day_sum)
                    })
                    .sum()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(team: u16, staffed_agents: i64, entered: u32, width_ms: i64) -> IntervalRow {
        IntervalRow {
            at: 0,
            team,
            entered,
            taken: entered,
            within: 0,
            abandoned: 0,
            replies: entered,
            work: i64::from(entered) * 60_000,
            queue_area: width_ms / 2,
            queue_max: 1,
            staffed: staffed_agents * width_ms,
            busy: width_ms,
            paid: 0,
            open_area: 0,
            engaged: 0,
            backlog_area: 0,
            backlog: 0,
            with_bot: 0,
            measured: true,
        }
    }

    #[test]
    fn means_over_weeks_and_rates_per_hour() {
        let width = 30 * 60_000;
        let mut grid = WeekGrid::new(2, width);
        assert_eq!((grid.slots(), grid.teams()), (336, 2));
        // Tuesday 09:30, two weeks: 4 and 6 agents, 10 and 20 entered.
        let minute = 1_440 + 570;
        grid.interval(&row(1, 4, 10, width), minute, width);
        grid.interval(&row(1, 6, 20, width), minute, width);
        grid.interval(&row(crate::facts::NONE, 99, 99, width), minute, width);
        let slot = grid.slot(1, minute / 30);
        assert_eq!((slot.mean_staffed(), slot.entered_per_hour(), slot.mean_queue()), (5.0, 30.0, 0.5));
        assert_eq!(slot.work_s(), Some(60.0));
        // Only half of the hour was seen: the mean is over what was seen.
        assert_eq!(grid.sum(1, 1_440 + 540, 60).mean_staffed(), 5.0);
        assert_eq!(grid.sum(0, minute, 30), SlotSums::default());
        let day = grid.through_the_day(SlotSums::mean_staffed);
        assert_eq!((day[18], day[19]), (0.0, 5.0));
    }

    #[test]
    fn wide_and_odd_intervals() {
        let width = 120 * 60_000;
        let mut grid = WeekGrid::new(1, width);
        grid.interval(&row(0, 3, 8, width), 600, width);
        // A slot of two hours fills its four half hours.
        let day = grid.through_the_day(SlotSums::mean_staffed);
        assert_eq!(&day[19..25], &[0.0, 3.0, 3.0, 3.0, 3.0, 0.0]);
        let odd = WeekGrid::new(1, 7 * 3_600_000 + 1);
        assert_eq!(odd.slots(), 24);
        assert_eq!(odd.sum(0, 10_079, 1), SlotSums::default());
    }
}
