//! What the charts show, from the collected sums.

use super::civil::label;
use super::collected::Collected;
use super::curves::CurveSums;
use super::gallery::HOURS;
use super::grid::SlotSums;
use super::sums::HAND_OFFS;
use super::{Band, Curve, HourCell, Pictures, StaffingRow, Summary};
use crate::facts::{Cause, HandOff, Outcome};
use crate::scenario::metric::{Dimension, MetricName, SlicePart, Statistic, find};
use crate::scenario::plan::{ClockKind, ServiceLevel, Team};
use crate::stats::quantile_sorted;
use crate::time::Span;

/// What the staffing formula is asked: the demand on a team through a civil week.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// The team.
    pub team: &'a Team,
    /// Conversations that enter its queue in each interval, from Monday 00:00 on.
    pub entered: &'a [f64],
    /// Width of an interval.
    pub interval: Span,
    /// Attention one conversation takes, mean, s. That of the whole run: of a single interval it
    /// would be mostly noise.
    pub work_s: f64,
    /// The target.
    pub service_level: ServiceLevel,
}

/// The staffing formula: agents needed in each interval of the week.
pub type StaffingFormula<'a> = &'a dyn Fn(&Demand<'_>) -> Vec<f64>;

/// Agents needed by team and interval of the week.
struct Needs(Vec<Vec<f64>>);

/// Hours listed as the worst.
const WORST_HOURS: usize = 10;

impl Collected<'_> {
    /// Everything the charts need. `needed` is the staffing formula.
    pub fn pictures(&self, summary: &Summary, needed: StaffingFormula<'_>) -> Pictures {
        let measures = self.measures();
        let needs = self.needs(needed);
        // What the summary has no figure of (a log knows no shifts, queues and backlog) is not drawn: an
        // empty queue would be a claim.
        let known = |metric: &str| summary.metrics.get(metric).is_some_and(|e| e.mean.is_some());
        let (people, queues) = (known("agents.staffed"), known("queue.entered"));
        let staffing = if people { self.staffing(&needs) } else { Vec::new() };
        let (week, seen) = if people && queues { self.week(&needs) } else { Default::default() };
        let half_hours = if queues { (0..48).map(|i| i * 30).collect() } else { Vec::new() };
        Pictures {
            week,
            seen,
            compliance_by_day: self.compliance_by_day(),
            compliance_target: self.compliance_target(),
            queue_by_time_of_day: band(half_hours, |i| {
                self.replications.iter().map(|r| r.queue_by_half_hour[i]).collect()
            }),
            staffed_by_time_of_day: self.gallery.grid.through_the_day(SlotSums::mean_staffed),
            backlog: if known("backlog.max") { self.backlog() } else { Band::default() },
            first_response: self.curves(&self.gallery.first_response, &measures.curves.first_response),
            resolution: match known("resolution.p50") {
                true => self.curves(&self.gallery.resolution, &measures.curves.resolution),
                false => Vec::new(),
            },
            flow: self.flow(),
            bot_outcomes: self.bot_outcomes(),
            cost: cost_parts(summary),
            causes: self.causes(),
            worst_hours: if people && queues { self.worst_hours(&needs) } else { Vec::new() },
            staffing,
            occupancy: self.occupancy(summary),
            time_by_intent: if people { self.time_by_intent() } else { Vec::new() },
            welch: Vec::new(),
        }
    }

    fn per_replication(&self, n: u64) -> f64 {
        n as f64 / self.replications.len().max(1) as f64
    }

    /// Asks the formula for every team.
    fn needs(&self, formula: StaffingFormula<'_>) -> Needs {
        let plan = self.measures().plan();
        let grid = &self.gallery.grid;
        let hours = grid.minutes() as f64 / 60.0;
        let of_team = |(team, definition): (usize, &Team)| {
            let slots = (0..grid.slots()).map(|at| grid.slot(team, at).entered_per_hour() * hours);
            let entered: Vec<f64> = slots.collect();
            let Some(work_s) = self.work_s(team) else { return vec![0.0; entered.len()] };
            let mut needed = formula(&Demand {
                team: definition,
                entered: &entered,
                interval: Span::from_minutes(grid.minutes() as i64),
                work_s,
                service_level: plan.service_level,
            });
            needed.resize(entered.len(), 0.0);
            needed
        };
        Needs(plan.teams.iter().enumerate().map(of_team).collect())
    }

    /// Mean need of a team over the intervals of an hour of the week that were seen.
    fn needed_in_hour(&self, needs: &Needs, team: usize, hour: usize) -> f64 {
        let grid = &self.gallery.grid;
        let seen = grid.range(hour * 60, 60).filter(|at| grid.slot(team, *at).span_ms > 0);
        let (sum, n) = seen.fold((0.0, 0.0), |(sum, n), at| (sum + needs.0[team][at], n + 1.0));
        if n > 0.0 { sum / n } else { 0.0 }
    }

    fn work_s(&self, team: usize) -> Option<f64> {
        let grid = &self.gallery.grid;
        grid.sum(team, 0, HOURS * 60).work_s()
    }

    fn week(&self, needs: &Needs) -> (Vec<[HourCell; 24]>, Vec<[bool; 24]>) {
        let convention = self.measures().plan().service_level.abandoned;
        let grid = &self.gallery.grid;
        let mut week = vec![[HourCell::default(); 24]; 7];
        let mut seen = vec![[false; 24]; 7];
        for (day, cells) in week.iter_mut().enumerate() {
            for (hour, cell) in cells.iter_mut().enumerate() {
                let mut queue = SlotSums::default();
                for team in 0..grid.teams() {
                    let slot = grid.sum(team, day * 1_440 + hour * 60, 60);
                    seen[day][hour] |= slot.span_ms > 0;
                    cell.entered += slot.entered_per_hour();
                    cell.staffed += slot.mean_staffed();
                    cell.busy += slot.mean_busy();
                    cell.queue += slot.mean_queue();
                    cell.needed += self.needed_in_hour(needs, team, day * 24 + hour);
                    super::sums::Add::add(&mut queue.queue, &slot.queue);
                }
                if cell.entered == 0.0 {
                    cell.needed = f64::NAN;
                }
                cell.within = queue.within(convention);
            }
        }
        (week, seen)
    }

    fn staffing(&self, needs: &Needs) -> Vec<StaffingRow> {
        let plan = self.measures().plan();
        let grid = &self.gallery.grid;
        let hours = grid.minutes() as f64 / 60.0;
        let mut rows = Vec::new();
        for (team, definition) in plan.teams.iter().enumerate() {
            let work_s = self.work_s(team).unwrap_or(0.0);
            for at in 0..grid.slots() {
                let slot = grid.slot(team, at);
                if slot.span_ms == 0 {
                    continue;
                }
                let staffed = slot.mean_staffed();
                rows.push(StaffingRow {
                    team: definition.name.clone(),
                    minute_of_week: (at * grid.minutes()) as u32,
                    entered: slot.entered_per_hour() * hours,
                    work_s,
                    needed: needs.0[team][at],
                    staffed,
                    occupancy: if staffed > 0.0 { slot.mean_busy() / staffed } else { 0.0 },
                    service_level: slot.within(plan.service_level.abandoned),
                });
            }
        }
        rows
    }

    /// The hours of the week in which most conversations were not answered in time.
    fn worst_hours(&self, needs: &Needs) -> Vec<(String, String, f64, f64, f64, f64)> {
        let plan = self.measures().plan();
        let grid = &self.gallery.grid;
        let mut hours = Vec::new();
        for team in 0..grid.teams() {
            for hour in 0..HOURS {
                let slot = grid.sum(team, hour * 60, 60);
                let level = super::formula::service_level(&slot.queue, plan.service_level.abandoned);
                let missed = level.denominator - level.numerator;
                if missed > 0.0 {
                    hours.push((missed, team, hour, slot));
                }
            }
        }
        // Most missed first; ties in the order of teams and hours.
        hours.sort_by(|a, b| b.0.total_cmp(&a.0));
        hours
            .into_iter()
            .take(WORST_HOURS)
            .map(|(_, team, hour, slot)| {
                (
                    label(hour * 60),
                    plan.teams[team].name.clone(),
                    slot.entered_per_hour(),
                    slot.within(plan.service_level.abandoned),
                    slot.mean_staffed(),
                    self.needed_in_hour(needs, team, hour),
                )
            })
            .collect()
    }

    fn compliance_by_day(&self) -> Band {
        let measures = self.measures();
        let first = measures.civil.day(measures.plan().start.ms());
        let last = self.replications.iter().map(|r| r.days.len()).max().unwrap_or(0);
        let shares = |day: usize| -> Vec<f64> {
            let counts = self.replications.iter().filter_map(|r| r.days.get(day));
            counts.filter(|(_, n)| *n > 0).map(|(met, n)| *met as f64 / *n as f64).collect()
        };
        let days: Vec<usize> = (0..last).filter(|day| !shares(*day).is_empty()).collect();
        band(days.iter().map(|d| measures.civil.begin_of_day(first + *d as i64)).collect(), |i| {
            shares(days[i])
        })
    }

    /// The limit of the first goal about first-response compliance as a whole.
    fn compliance_target(&self) -> Option<f64> {
        let goals = &self.measures().plan().goals;
        let compliance = |metric: &str| {
            MetricName::parse(metric)
                .is_ok_and(|n| n.metric.name == "sla.first_response.compliance" && n.slice.is_empty())
        };
        goals.iter().find(|goal| compliance(&goal.metric)).map(|goal| goal.limit)
    }

    fn backlog(&self) -> Band {
        let measures = self.measures();
        let points = self.replications.iter().map(|r| r.backlog.len()).min().unwrap_or(0);
        let step = measures.backlog_step().ms();
        let at = (0..points as i64).map(|i| measures.plan().start.ms() + i * step).collect();
        band(at, |i| self.replications.iter().map(|r| r.backlog[i]).collect())
    }

    fn curves(&self, sums: &[CurveSums], targets: &[Option<i64>]) -> Vec<Curve> {
        let plan = self.measures().plan();
        let x_ms = self.measures().curves.x_ms.values();
        let mut curves = Vec::new();
        let Some((all, by_priority)) = sums.split_first() else { return curves };
        let draw = |name: &str, sums: &CurveSums, target: Option<i64>| {
            let shares = sums.shares();
            // From the last point where nobody is in to the first where all are.
            let from = shares.iter().rposition(|s| *s == 0.0).unwrap_or(0);
            let to = shares.iter().position(|s| *s >= 1.0).map_or(shares.len(), |i| i + 1);
            let at = target.and_then(|t| x_ms.binary_search(&t).ok().map(|i| (t, i)));
            Curve {
                name: name.to_owned(),
                x_s: x_ms[from..to.max(from)].iter().map(|x| *x as f64 / 1_000.0).collect(),
                target: at.map(|(t, i)| (t as f64 / 1_000.0, shares[i])),
                share: shares[from..to.max(from)].to_vec(),
            }
        };
        if all.n == 0 {
            return curves;
        }
        let present: Vec<usize> = (0..by_priority.len()).filter(|p| by_priority[*p].n > 0).collect();
        // One target for all only if there is but one.
        let target_of = |p: &usize| targets.get(*p).copied().flatten();
        let common = present.first().and_then(target_of);
        let common = common.filter(|t| present.iter().all(|p| target_of(p) == Some(*t)));
        curves.push(draw("all", all, common));
        if present.len() > 1 {
            curves.extend(present.iter().map(|p| draw(&plan.priorities[*p], &by_priority[*p], target_of(p))));
        }
        curves
    }

    /// From arrival over bot and (last) team to the end.
    fn flow(&self) -> Vec<(String, String, f64)> {
        let plan = self.measures().plan();
        let mut flow = Vec::new();
        let mut link = |from: &str, to: &str, n: u64| {
            if n > 0 {
                flow.push((from.to_owned(), to.to_owned(), self.per_replication(n)));
            }
        };
        let sum = |of: &dyn Fn(&super::sums::ConversationSums) -> u64| -> u64 {
            self.gallery.teams.iter().map(of).sum()
        };
        link("arrived", "bot", sum(&|c| c.seen));
        link("bot", "solved by the bot", sum(&|c| c.outcome(Outcome::BotSolved)));
        link("bot", "left the bot", sum(&|c| c.outcome(Outcome::LeftBot)));
        link("bot", "still open", sum(&|c| c.seen.saturating_sub(c.contained + c.handed_off())));
        for (at, team) in self.gallery.teams.iter().enumerate() {
            let name = plan.teams.get(at).map_or("people", |team| team.name.as_str());
            let with_bot = team.seen.saturating_sub(team.contained + team.handed_off());
            link("arrived", name, team.offered - team.seen);
            link("bot", name, team.handed_off());
            link(name, "solved by people", team.outcome(Outcome::AgentSolved));
            link(name, "abandoned", team.outcome(Outcome::Abandoned));
            link(name, "left people", team.outcome(Outcome::LeftAgent));
            link(name, "still open", team.outcome(Outcome::Open).saturating_sub(with_bot));
        }
        flow
    }

    fn bot_outcomes(&self) -> Vec<(String, f64)> {
        const REASONS: [(HandOff, &str); HAND_OFFS - 1] = [
            (HandOff::Keyword, "keyword"),
            (HandOff::Attempts, "failed attempts"),
            (HandOff::TimeLimit, "time limit"),
            (HandOff::AskedForPerson, "asked for a person"),
            (HandOff::Media, "media"),
            (HandOff::Rule, "rule"),
            (HandOff::Outage, "outage"),
            (HandOff::Flow, "flow"),
        ];
        let sum = |of: &dyn Fn(&super::sums::ConversationSums) -> u64| -> f64 {
            self.per_replication(self.gallery.teams.iter().map(of).sum())
        };
        let mut outcomes = vec![
            ("solved".to_owned(), sum(&|c| c.outcome(Outcome::BotSolved))),
            ("left unsolved".to_owned(), sum(&|c| c.outcome(Outcome::LeftBot))),
        ];
        outcomes
            .extend(REASONS.map(|(reason, words)| {
                (format!("handed off: {words}"), sum(&|c| c.handed[reason as usize]))
            }));
        outcomes.retain(|(_, n)| *n > 0.0);
        outcomes
    }

    /// Breaches by clock and cause, the most frequent first, with the worst spell of the week.
    fn causes(&self) -> Vec<(String, String, String, f64)> {
        let mut causes = Vec::new();
        for clock in ClockKind::ALL {
            let of_clock = causes.len();
            for cause in Cause::ALL {
                let hours = self.gallery.breaches(clock, cause);
                let n: u64 = hours.iter().sum();
                if n > 0 {
                    let n = self.per_replication(n);
                    causes.push((clock.name().to_owned(), cause.words().to_owned(), worst_spell(hours), n));
                }
            }
            causes[of_clock..].sort_by(|a: &(String, String, String, f64), b| b.3.total_cmp(&a.3));
        }
        causes
    }

    fn occupancy(&self, summary: &Summary) -> Vec<(String, f64, f64, f64)> {
        let teams = &self.measures().plan().teams;
        let Some(metric) = find("agents.occupancy") else { return Vec::new() };
        let of_team = |team: &Team| {
            let slice = match teams.len() {
                // A single team is not told apart: it is the whole.
                1 => Vec::new(),
                _ => vec![SlicePart { dimension: Dimension::Team, value: team.name.clone(), span: 0..0 }],
            };
            let name = MetricName { metric, statistic: Statistic::Value, slice }.to_string();
            let estimate = summary.metrics.get(&name)?;
            let mean = estimate.mean?;
            let [low, high] = estimate.ci.unwrap_or([mean, mean]);
            Some((team.name.clone(), mean, low, high))
        };
        teams.iter().filter_map(of_team).collect()
    }

    fn time_by_intent(&self) -> Vec<(String, f64, f64, f64, f64)> {
        let intents = self.measures().plan().intents.iter().zip(&self.gallery.intents);
        intents
            .filter(|(_, time)| time.n > 0)
            .map(|(intent, time)| {
                let mean = |ms: i64| ms as f64 / 1_000.0 / time.n as f64;
                let customer = (time.length - time.bot - time.waiting - time.handling).max(0);
                (intent.name.clone(), mean(time.bot), mean(time.waiting), mean(time.handling), mean(customer))
            })
            .collect()
    }
}

/// Cost parts that are there, in the order of the catalogue.
fn cost_parts(summary: &Summary) -> Vec<(String, f64)> {
    ["people", "messages", "bot", "platform"]
        .into_iter()
        .filter_map(|part| {
            let mean = summary.metrics.get(&format!("cost.{part}"))?.mean?;
            (mean != 0.0).then(|| (part.to_owned(), mean))
        })
        .collect()
}

/// The median and the 5 % and 95 % quantiles over replications, point by point.
fn band(at: Vec<i64>, values: impl Fn(usize) -> Vec<f64>) -> Band {
    let mut band = Band::default();
    for i in 0..at.len() {
        let mut sorted = values(i);
        sorted.sort_by(f64::total_cmp);
        let quantile = |p: f64| quantile_sorted(&sorted, p).unwrap_or(f64::NAN);
        band.median.push(quantile(0.5));
        band.low.push(quantile(0.05));
        band.high.push(quantile(0.95));
    }
    band.at = at;
    band
}

/// The worst spell in words, `Fri 10:00-12:00`: the hour with most, and its neighbours of the same
/// day with at least half as many.
fn worst_spell(hours: &[u64]) -> String {
    let most = hours.iter().copied().max().unwrap_or(0);
    let Some(peak) = hours.iter().position(|n| *n == most) else { return String::new() };
    let day = peak / 24 * 24;
    let busy = |hour: usize| hours[hour] * 2 >= most;
    let mut from = peak;
    while from > day && busy(from - 1) {
        from -= 1;
    }
    let mut to = peak + 1;
    while to < (day + 24).min(hours.len()) && busy(to) {
        to += 1;
    }
    format!("{}-{:02}:00", label(from * 60), to - day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_spell_in_words() {
        let mut hours = [0u64; HOURS];
        hours[4 * 24 + 9] = 4;
        hours[4 * 24 + 10] = 10;
        hours[4 * 24 + 11] = 5;
        hours[4 * 24 + 12] = 4;
        assert_eq!(worst_spell(&hours), "Fri 10:00-12:00");
        hours[6 * 24 + 23] = 11;
        assert_eq!(worst_spell(&hours), "Sun 23:00-24:00");
    }

    #[test]
    fn bands_by_hand() {
        let b = band(vec![7], |_| vec![3.0, 1.0, 2.0]);
        assert_eq!((b.at, b.median), (vec![7], vec![2.0]));
        assert!((b.low[0] - 1.1).abs() < 1e-12 && (b.high[0] - 2.9).abs() < 1e-12);
    }
}
