//! What the pictures are drawn from: sums over all replications, and a few series for each.

use super::cell::Cell;
use super::curves::CurveSums;
use super::definitions::Measures;
use super::formula::{FIRST_RESPONSE, Kept};
use super::grid::{SlotSums, WeekGrid};
use super::slice::Key;
use super::sums::{Add, CAUSES, CLOCKS, ConversationSums};
use crate::facts::{Cause, ClockRow, ConversationRow, IntervalRow, NONE, Outcome, QueueStayRow};
use crate::scenario::metric::Dimension;
use crate::scenario::plan::ClockKind;

/// Hours of a week.
pub(super) const HOURS: usize = 168;
/// A year of half hours is thinned out to about this many points.
const MOST_POINTS: usize = 2_000;

/// Where the time of the conversations about one intent went, ms, of those that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct IntentTime {
    pub(super) n: u64,
    pub(super) bot: i64,
    pub(super) waiting: i64,
    pub(super) handling: i64,
    pub(super) length: i64,
}

/// Facts for the pictures. Sums are whole numbers and merge over replications; the series belong to
/// one replication.
#[derive(Clone, Debug)]
pub(super) struct Gallery {
    pub(super) grid: WeekGrid,
    /// Breaches by clock, cause and hour of the week in which they fell due.
    breaches: Vec<u64>,
    /// First-response clocks (met, counted) by day since the start.
    pub(super) days: Vec<(u64, u64)>,
    pub(super) intents: Vec<IntentTime>,
    /// By last team; the last entry is for conversations without one.
    pub(super) teams: Vec<ConversationSums>,
    /// All, then by priority.
    pub(super) first_response: Vec<CurveSums>,
    /// All, then by priority.
    pub(super) resolution: Vec<CurveSums>,
    /// (begin, area under the backlog) of the whole desk's intervals, unordered until the end.
    backlog: Vec<(i64, i64)>,
    /// Queue through the mean day of this replication; see [`Gallery::finish`].
    pub(super) queue_by_half_hour: Vec<f64>,
}

impl Gallery {
    pub(super) fn new(measures: &Measures) -> Gallery {
        let plan = &measures.plan;
        let curves = vec![measures.curves.start(); plan.priorities.len() + 1];
        Gallery {
            grid: WeekGrid::new(plan.teams.len(), plan.interval.ms()),
            breaches: vec![0; CLOCKS * CAUSES * HOURS],
            days: Vec::new(),
            intents: vec![IntentTime::default(); plan.intents.len()],
            teams: vec![ConversationSums::default(); plan.teams.len() + 1],
            first_response: curves.clone(),
            resolution: curves,
            backlog: Vec::new(),
            queue_by_half_hour: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn conversation(&mut self, row: &ConversationRow) {
        if row.outcome == Outcome::Open as u8 {
            return;
        }
        if let Some(time) = self.intents.get_mut(usize::from(row.intent)) {
            time.n += 1;
            time.bot += row.bot_time;
            time.waiting += row.queue_wait;
            time.handling += row.agent_work;
            time.length += row.ended_at.saturating_sub(row.started_at);
        }
    }

    #[inline]
    pub(super) fn stay(&mut self, row: &QueueStayRow, measures: &Measures) {
        let minute = measures.civil.minute_of_week(row.entered_at);
        self.grid.stay(row, minute, measures.within_ms());
    }

    #[inline]
    pub(super) fn clock(&mut self, row: &ClockRow, measures: &Measures) {
        if !row.counts {
            return;
        }
        if row.clock == ClockKind::FirstResponse as u8 {
            let first = measures.civil.day(measures.plan.start.ms());
            let day = measures.civil.day(row.started_at).saturating_sub(first).max(0) as usize;
            // A clock cannot start long after the run: a wild instant must not ask for a wild list.
            if day < MOST_DAYS {
                if day >= self.days.len() {
                    self.days.resize(day + 1, (0, 0));
                }
                self.days[day].0 += u64::from(!row.breached);
                self.days[day].1 += 1;
            }
        }
        if row.breached {
            let hour = measures.civil.minute_of_week(row.due_at) / 60;
            let (clock, cause) = (usize::from(row.clock), usize::from(row.cause));
            if clock < CLOCKS && cause < CAUSES {
                self.breaches[place(clock, cause) + hour] += 1;
            }
        }
    }

    pub(super) fn interval(&mut self, row: &IntervalRow, measures: &Measures) {
        if row.team == NONE {
            if row.at < measures.plan.end.ms() {
                self.backlog.push((row.at, row.backlog_area));
            }
        } else if row.measured {
            let minute = measures.civil.minute_of_week(row.at);
            self.grid.interval(row, minute, measures.plan.interval.ms());
        }
    }

    /// Adds another part of the same replication.
    pub(super) fn merge(&mut self, other: &Gallery) {
        self.add_sums(other);
        merge_days(&mut self.days, &other.days);
        self.backlog.extend_from_slice(&other.backlog);
    }

    /// Adds the sums of another replication (its series stay its own).
    pub(super) fn add_sums(&mut self, other: &Gallery) {
        self.grid.merge(&other.grid);
        self.breaches.iter_mut().zip(&other.breaches).for_each(|(a, b)| *a += b);
        for (mine, theirs) in self.intents.iter_mut().zip(&other.intents) {
            mine.n += theirs.n;
            mine.bot += theirs.bot;
            mine.waiting += theirs.waiting;
            mine.handling += theirs.handling;
            mine.length += theirs.length;
        }
        self.teams.iter_mut().zip(&other.teams).for_each(|(a, b)| a.add(b));
        self.first_response.iter_mut().zip(&other.first_response).for_each(|(a, b)| a.merge(b));
        self.resolution.iter_mut().zip(&other.resolution).for_each(|(a, b)| a.merge(b));
    }

    /// Draws from the cells what no row gives, and returns the backlog by interval.
    pub(super) fn finish(&mut self, cells: &[(Key, &Cell)], measures: &Measures) -> Vec<f64> {
        let curves = &measures.curves;
        for (key, cell) in cells {
            let team = usize::from(key.get(Dimension::Team)).min(self.teams.len() - 1);
            self.teams[team].add(&cell.conversations);
            let priority = usize::from(key.get(Dimension::Priority)) + 1;
            for (list, kinds) in
                [(&mut self.first_response, FIRST_RESPONSE), (&mut self.resolution, &[Kept::Resolution])]
            {
                if let Some(curve) = list.get_mut(priority) {
                    kinds.iter().for_each(|kept| curve.push(curves, &cell.kept[*kept as usize]));
                }
            }
        }
        for list in [&mut self.first_response, &mut self.resolution] {
            if let Some((all, by_priority)) = list.split_first_mut() {
                by_priority.iter().for_each(|curve| all.merge(curve));
            }
        }
        self.queue_by_half_hour = self.grid.through_the_day(SlotSums::mean_queue);
        self.backlog_series(measures)
    }

    /// Mean backlog of each point, in order of time; neighbours are put together on a long run.
    fn backlog_series(&mut self, measures: &Measures) -> Vec<f64> {
        self.backlog.sort_unstable();
        let width = measures.plan.interval.ms().max(1) as f64;
        let together = thinning(measures);
        self.backlog
            .chunks(together)
            .map(|part| part.iter().map(|(_, area)| *area as f64).sum::<f64>() / width / part.len() as f64)
            .collect()
    }

    /// Breaches of a clock for a cause, by hour of the week.
    pub(super) fn breaches(&self, clock: ClockKind, cause: Cause) -> &[u64] {
        let at = place(clock as usize, cause as usize);
        &self.breaches[at..at + HOURS]
    }
}

/// Days for which compliance is kept: a century.
const MOST_DAYS: usize = 36_600;

/// Where the hours of a clock and cause begin.
fn place(clock: usize, cause: usize) -> usize {
    (clock * CAUSES + cause) * HOURS
}

/// Intervals put together in one point of the backlog's series.
pub(super) fn thinning(measures: &Measures) -> usize {
    let plan = &measures.plan;
    let intervals = (plan.end - plan.start).ms() / plan.interval.ms().max(1);
    (intervals.max(0) as usize / MOST_POINTS).max(1)
}

fn merge_days(mine: &mut Vec<(u64, u64)>, theirs: &[(u64, u64)]) {
    if mine.len() < theirs.len() {
        mine.resize(theirs.len(), (0, 0));
    }
    mine.iter_mut().zip(theirs).for_each(|(a, b)| {
        a.0 += b.0;
        a.1 += b.1;
    });
}
