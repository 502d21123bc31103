//! The running state of one replication: chunks of facts go in, metric values come out.

use super::cell::{Cell, Cells};
use super::definitions::Measures;
use super::formula::{Formula, Kept, Value, service_level};
use super::gallery::Gallery;
use super::repeats::Repeats;
use super::rules::{RuleCounts, RuleFacts};
use super::slice::{Key, Slice};
use super::sums::{Add, DeskSums, Sums, WholeSums};
use crate::facts::{Chunk, NEVER, NONE, Outcome, QueueEnd, RunTotals, Sink};
use crate::scenario::metric::Statistic;
use crate::scenario::plan::ClockKind;
use crate::stats::Quantiles;
use std::collections::BTreeMap;

/// Facts of one replication, added up. Chunks may be measured apart and merged: any split gives the
/// same result.
pub struct State<'m> {
    measures: &'m Measures,
    cells: Cells,
    repeats: Repeats,
    rules: RuleFacts,
    /// Measured intervals by team; the last entry is the whole desk.
    desks: Vec<DeskSums>,
    seats: u64,
    gallery: Gallery,
}

/// What one replication gives.
#[derive(Clone, Debug)]
pub struct ReplicationValues {
    /// One value for each of [`Measures::names`].
    pub values: Vec<Value>,
    /// One entry for each rule of the plan.
    pub rules: Vec<RuleCounts>,
    /// Some quantiles come from a sketch (relative error at most 0.1 %).
    pub sketched: bool,
    /// What the run itself counted.
    pub totals: RunTotals,
    /// Backlog by interval, the warm-up included: for finding where it becomes steady.
    pub backlog: Vec<f64>,
    /// What the pictures are drawn from.
    pub(super) gallery: Gallery,
}

impl ReplicationValues {
    /// Forgets the values of metrics that are not known (`known` takes their name without statistic and
    /// slice): no data is something else than zero.
    pub fn keep(&mut self, measures: &Measures, known: impl Fn(&str) -> bool) {
        for (name, value) in measures.names().zip(&mut self.values) {
            if !known(name.metric.name) {
                *value = Value::default();
            }
        }
    }
}

impl Measures {
    /// Begins a replication.
    pub fn begin(&self) -> State<'_> {
        State {
            measures: self,
            cells: Cells::default(),
            repeats: Repeats::new(self.plan.bot.repeat_window.ms()),
            rules: RuleFacts::new(self.plan.rules.len()),
            desks: vec![DeskSums::default(); self.plan.teams.len() + 1],
            seats: 0,
            gallery: Gallery::new(self),
        }
    }
}

impl State<'_> {
    /// Takes in a chunk of facts.
    pub fn update(&mut self, chunk: &Chunk) {
        self.conversations(chunk);
        self.queue_stays(chunk);
        self.clocks(chunk);
        self.intervals(chunk);
        self.seats += chunk.agents.len() as u64;
        if self.rules.is_needed() {
            let from = (self.measures.plan.start + self.measures.plan.warm_up).ms();
            chunk.firings.iter().filter(|row| row.at >= from).for_each(|row| self.rules.firing(row));
            for row in chunk.notifications.iter().filter(|row| row.at >= from) {
                self.rules.notification(row, &self.measures.civil);
            }
        }
        self.cells.compact();
        self.repeats.forget();
    }

    fn conversations(&mut self, chunk: &Chunk) {
        let by_person = self.measures.people_answer;
        let tickets_at_once = self.measures.plan.desk.ticket_at_first_message;
        for row in &chunk.conversations {
            // A repeat counts against its original even if it came after the measured period.
            self.repeats.row(row.conversation, row.started_at, row.repeat_of);
            if !row.measured {
                continue;
            }
            let key = Key::new(row.team, row.intent, row.priority, row.segment, row.language, row.source);
            let cell = self.cells.cell(key);
            cell.conversations.push(row);
            let kept = &mut cell.kept;
            let first = if by_person { row.first_human_at } else { row.first_response_at };
            let mut keep = |what: Kept, at: i64| {
                if at != NEVER {
                    kept[what as usize].push(at.saturating_sub(row.started_at));
                }
            };
            if first == row.first_human_at {
                keep(Kept::FirstByPerson, first);
            } else {
                keep(Kept::FirstByBot, first);
                keep(Kept::PersonAfterBot, row.first_human_at);
            }
            let created = if tickets_at_once || !row.bot_seen { row.started_at } else { row.handed_off_at };
            if row.resolved_at != NEVER && created != NEVER {
                let open = row.resolved_at.saturating_sub(created).saturating_sub(row.paused);
                kept[Kept::Resolution as usize].push(open);
            }
            if row.bot_seen && row.outcome == Outcome::BotSolved as u8 {
                let solved_at = if row.resolved_at == NEVER { row.ended_at } else { row.resolved_at };
                self.repeats.solved_by_bot(row.conversation, solved_at, key);
            }
            if self.rules.is_needed() {
                self.rules.conversation(row.conversation);
            }
            self.gallery.conversation(row);
        }
    }

    fn queue_stays(&mut self, chunk: &Chunk) {
        let within_ms = self.measures.within_ms();
        for row in chunk.queue_stays.iter().filter(|row| row.measured) {
            let key = Key::new(row.team, row.intent, row.priority, row.segment, row.language, row.source);
            let cell = self.cells.cell(key);
            cell.queue.push(row, within_ms);
            let wait = row.left_at.saturating_sub(row.entered_at);
            if row.end == QueueEnd::Taken as u8 {
                cell.kept[Kept::WaitServed as usize].push(wait);
            } else if row.end == QueueEnd::Abandoned as u8 {
                cell.kept[Kept::WaitLeft as usize].push(wait);
            }
            self.gallery.stay(row, self.measures);
        }
    }

    fn clocks(&mut self, chunk: &Chunk) {
        for row in &chunk.clocks {
            let key = Key::new(row.team, row.intent, row.priority, row.segment, row.language, row.source);
            let cell = self.cells.cell(key);
            if row.counts
                && let Some(sums) = cell.clocks.get_mut(usize::from(row.clock))
            {
                sums.counted += 1;
                sums.breached += u64::from(row.breached);
                if row.ended_at != NEVER {
                    sums.ended += 1;
                    sums.used_ms += row.used;
                }
            }
            if row.measured && row.clock == ClockKind::NextResponse as u8 && row.ended_at != NEVER {
                let waited = row.ended_at.saturating_sub(row.started_at);
                cell.kept[Kept::NextResponse as usize].push(waited);
            }
            if self.rules.is_needed() {
                self.rules.clock(row);
            }
            self.gallery.clock(row, self.measures);
        }
    }

    fn intervals(&mut self, chunk: &Chunk) {
        let teams = self.measures.plan.teams.len();
        for row in &chunk.intervals {
            self.gallery.interval(row, self.measures);
            let at = if row.team == NONE { teams } else { usize::from(row.team) };
            if row.measured
                && let Some(desk) = self.desks.get_mut(at)
            {
                desk.push(row);
            }
        }
    }

    /// Adds what was measured apart.
    pub fn merge(&mut self, other: &State<'_>) {
        self.cells.merge(&other.cells);
        self.cells.compact();
        self.repeats.merge(&other.repeats);
        self.rules.merge(&other.rules);
        self.desks.iter_mut().zip(&other.desks).for_each(|(a, b)| a.add(b));
        self.seats += other.seats;
        self.gallery.merge(&other.gallery);
    }

    /// The replication is over: its values.
    pub fn finish(mut self, totals: &RunTotals) -> ReplicationValues {
        for (key, n) in self.repeats.taken_back() {
            self.cells.cell(*key).conversations.taken_back += n;
        }
        let cells = self.cells.sorted();
        let whole = self.whole(&cells, totals);
        let mut values = vec![Value::default(); self.measures.asked.len()];
        // The only team, language or source has the cells of the whole, and so its quantiles.
        let mut known: Vec<(Vec<usize>, Quantified)> = Vec::new();
        for (slice, asked) in &self.measures.slices {
            let places: Vec<usize> = (0..cells.len()).filter(|&place| slice.holds(cells[place].0)).collect();
            let chosen: Vec<&Cell> = places.iter().map(|&place| cells[place].1).collect();
            let sums = self.sums(slice, &chosen, &whole);
            let at = known.iter().position(|(of, _)| *of == places).unwrap_or_else(|| {
                known.push((places, Quantified::default()));
                known.len() - 1
            });
            self.evaluate(asked, &chosen, &sums, &mut known[at].1, &mut values);
        }
        let sketched = cells.iter().any(|(_, cell)| cell.kept.iter().any(|q| !q.is_exact()));
        let backlog = self.gallery.finish(&cells, self.measures);
        let rules = self.rules.counts();
        ReplicationValues { values, rules, sketched, totals: totals.clone(), backlog, gallery: self.gallery }
    }

    /// Values of all that is asked of one slice. The rows of a duration are gathered once for all its
    /// statistics, and for all slices of the same cells.
    fn evaluate(
        &self,
        wanted: &[usize],
        cells: &[&Cell],
        sums: &Sums,
        known: &mut Quantified,
        values: &mut [Value],
    ) {
        for &position in wanted {
            let asked = &self.measures.asked[position];
            values[position] = match asked.formula {
                Formula::Sums(formula) => formula(sums),
                Formula::ServiceLevel => {
                    service_level(&sums.queue, self.measures.plan.service_level.abandoned)
                }
                Formula::Durations(kinds) => {
                    let of = |kind: Kept| cells.iter().map(move |cell| &cell.kept[kind as usize]);
                    let is_there = |kind: &Kept| of(*kind).any(|part| part.n() > 0);
                    let kinds: Vec<Kept> = kinds.iter().copied().filter(is_there).collect();
                    let parts = kinds.iter().flat_map(|kind| of(*kind));
                    let n: u64 = parts.clone().map(Quantiles::n).sum();
                    if !asked.is_quantile() {
                        let sum: f64 = parts.map(Quantiles::sum).sum();
                        Value::seconds_each(sum, n)
                    } else {
                        let union = || Quantiles::of_union(parts, &PROBABILITIES);
                        let all = known.entry(kinds.clone()).or_insert_with(union);
                        let wanted = asked.name.statistic;
                        let at = QUANTILES.iter().position(|q| *q == wanted);
                        match (all, at) {
                            (Some(all), Some(at)) => Value::total(all[at] / 1_000.0, n),
                            _ => Value::default(),
                        }
                    }
                }
            };
        }
    }

    fn sums(&self, slice: &Slice, cells: &[&Cell], whole: &WholeSums) -> Sums {
        let mut sums = Sums { whole: whole.clone(), ..Sums::default() };
        for cell in cells {
            sums.conversations.add(&cell.conversations);
            sums.queue.add(&cell.queue);
            sums.clocks.add(&cell.clocks);
        }
        let plan = &self.measures.plan;
        let (teams, desk) = self.desks.split_at(plan.teams.len());
        match slice.team() {
            Some(team) => {
                if let Some(own) = teams.get(usize::from(team)) {
                    sums.desk = own.clone();
                    sums.backlog = own.clone();
                }
            }
            None => {
                teams.iter().for_each(|team| sums.desk.add(team));
                desk.iter().for_each(|desk| sums.backlog.add(desk));
            }
        }
        sums.whole.cost_people = match slice.team() {
            Some(team) => self.people_cost(usize::from(team)),
            None => whole.cost_people,
        };
        sums.whole.cost_bot = sums.conversations.seen as f64 * plan.bot.cost_per_conversation;
        sums
    }

    fn people_cost(&self, team: usize) -> f64 {
        match (self.desks.get(team), self.measures.plan.teams.get(team)) {
            (Some(desk), Some(team)) => desk.paid_ms as f64 / 3_600_000.0 * team.cost_per_hour,
            _ => 0.0,
        }
    }

    fn whole(&self, cells: &[(Key, &Cell)], totals: &RunTotals) -> WholeSums {
        let plan = &self.measures.plan;
        let period_ms = totals.measured_to.saturating_sub(totals.measured_from);
        let months = period_ms as f64 / (30.0 * 86_400_000.0);
        let cost = &plan.cost;
        let message_units: i64 = cells.iter().map(|(_, cell)| cell.conversations.message_cost).sum();
        let (notifications, worst_hour) = self.rules.notifications();
        WholeSums {
            period_ms,
            backlog_max: totals.backlog_max,
            cost_people: (0..plan.teams.len()).map(|team| self.people_cost(team)).sum(),
            cost_messages: message_units as f64 / super::sums::MONEY_UNITS,
            // Known once the slice is: see `sums`.
            cost_bot: 0.0,
            cost_platform: months * (cost.platform_per_month + cost.platform_per_seat * self.seats as f64),
            fired: self.rules.counts().iter().map(|rule| rule.fired).sum(),
            notifications,
            worst_hour,
        }
    }
}

/// The quantiles of durations by what is there of their kinds, at [`PROBABILITIES`]; `None` of nothing.
type Quantified = BTreeMap<Vec<Kept>, Option<Vec<f64>>>;

/// The quantiles that are taken, and their probabilities.
const QUANTILES: [Statistic; 4] = [Statistic::P50, Statistic::P90, Statistic::P95, Statistic::P99];
const PROBABILITIES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

impl Sink for State<'_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.update(chunk);
        Ok(())
    }
}
