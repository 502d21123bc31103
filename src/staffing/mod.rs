//! How many agents are needed, by formula: the answer the report prints beside the simulated one.
//!
//! The order of the steps, and of the rounding, is that of `docs/staffing.md`: arrivals -> modified
//! offered load -> smallest whole number of agents that meets the target and the occupancy limit ->
//! divided by (1 - shrinkage) and rounded up.

mod load;
mod report;
mod team;
mod week;

pub use load::effective_rates;
pub use report::formula;
pub use week::{WeekDemand, WeekNeeds, slot_name};

use crate::stats::erlang::{Convention, Pool, Steady, erlang_b};
use crate::stats::survival::Survival;
use crate::time::Span;

/// The target is never taken to be higher: no finite number of agents is always in time.
const HIGHEST_TARGET: f64 = 0.999_9;
/// Where nobody comes, so few conversations left open by earlier intervals need no agent any more.
const FORGOTTEN: f64 = 0.01;
/// A team that needs more agents than this is not sized.
const MOST_AGENTS: u32 = 10_000;

/// What a team's work is like and how well it must be done. Times in seconds.
#[derive(Clone, Debug)]
pub struct Sizing {
    /// Attention that one conversation takes of an agent, all replies together.
    pub work_s: f64,
    /// Agent replies in one conversation.
    pub replies: f64,
    /// The customer's own delay before each later message; 0 if there is only one reply.
    pub reply_delay_s: f64,
    /// Speed of an agent with 1, 2, 3 … conversations open; as long as the agent's concurrency.
    pub speeds: Vec<f64>,
    /// Patience in the queue, in seconds; `None`: nobody leaves.
    pub patience: Option<Survival>,
    /// Share to be answered in time.
    pub target: f64,
    /// In time.
    pub within_s: f64,
    /// Which service level.
    pub convention: Convention,
    /// Agents are not to be busier than this share of the time.
    pub occupancy_max: f64,
    /// Share of paid agents who are not there.
    pub shrinkage: f64,
}

/// Agents needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needed {
    /// Agents at work.
    pub on_duty: u32,
    /// Agents paid, so that after shrinkage enough are at work.
    pub rostered: u32,
    /// Service level to be expected with `on_duty` agents.
    pub service_level: f64,
    /// Share of the agents' capacity that is used.
    pub occupancy: f64,
}

impl Sizing {
    /// Agents needed in each interval of a cycle (a week of half hours, say) in which `arrivals[i]`
    /// conversations are expected. Long conversations carry load into later intervals.
    pub fn needed_by_interval(&self, arrivals: &[f64], interval: Span) -> Vec<Option<Needed>> {
        let holding_time_s = self.holding_time_s();
        let rates = effective_rates(arrivals, interval, holding_time_s);
        let left_behind =
            |&(arrivals, per_s): &(f64, f64)| arrivals <= 0.0 && per_s * holding_time_s < FORGOTTEN;
        arrivals
            .iter()
            .copied()
            .zip(rates)
            .map(|slot| self.needed(if left_behind(&slot) { 0.0 } else { slot.1 }))
            .collect()
    }

    /// The agents of [`Sizing::needed_by_interval`] alone: on duty and rostered. More conversations never
    /// need fewer agents, so what is the same at two rates is the same at all rates between them.
    pub fn agents_by_interval(&self, arrivals: &[f64], interval: Span) -> Vec<Option<(u32, u32)>> {
        let holding_time_s = self.holding_time_s();
        let rates = effective_rates(arrivals, interval, holding_time_s);
        let rates = arrivals.iter().zip(rates).map(|(&arrivals, per_s)| {
            if arrivals <= 0.0 && per_s * holding_time_s < FORGOTTEN { 0.0 } else { per_s }
        });
        let rates: Vec<f64> = rates.collect();
        let mut order: Vec<usize> = (0..rates.len()).collect();
        order.sort_by(|&a, &b| rates[a].total_cmp(&rates[b]));
        let agents = |place: usize| self.needed(rates[order[place]]).map(|n| (n.on_duty, n.rostered));
        let mut found: Vec<Option<(u32, u32)>> = vec![None; rates.len()];
        let Some(last) = order.len().checked_sub(1) else { return found };
        let mut open = vec![(0, agents(0), last, agents(last))];
        while let Some((from, low, to, high)) = open.pop() {
            if low == high || to - from <= 1 {
                order[from..to].iter().for_each(|&slot| found[slot] = low);
                found[order[to]] = high;
                continue;
            }
            let middle = from + (to - from) / 2;
            let between = agents(middle);
            open.extend([(from, low, middle, between), (middle, between, to, high)]);
        }
        found
    }

    /// Agents needed while conversations arrive at this rate for a long time; `None` if not even ten
    /// thousand are enough.
    pub fn needed(&self, arrivals_per_s: f64) -> Option<Needed> {
        if !(arrivals_per_s > 0.0 && self.work_s > 0.0) {
            return Some(Needed { on_duty: 0, rostered: 0, service_level: 1.0, occupancy: 0.0 });
        }
        let rates = self.completion_rates();
        let best_rate = rates.iter().copied().fold(0.0, f64::max);
        let target = self.target.min(HIGHEST_TARGET);
        let try_with = |agents: u32| -> Option<Needed> {
            let pool = Pool::of_chats(arrivals_per_s, &rates, agents);
            let steady: Steady = pool.steady(self.patience.as_ref(), self.within_s)?;
            let done = arrivals_per_s * (1.0 - steady.p_abandon);
            let needed = Needed {
                on_duty: agents,
                rostered: rostered(agents, self.shrinkage),
                service_level: steady.within.service_level(self.convention),
                occupancy: done / (f64::from(agents) * best_rate),
            };
            (needed.service_level >= target && needed.occupancy <= self.occupancy_max).then_some(needed)
        };
        // Each further agent helps: double until it is enough, then halve the doubt.
        let (mut too_few, mut enough) = (0, 1);
        while try_with(enough).is_none() {
            if enough >= MOST_AGENTS {
                return None;
            }
            too_few = enough;
            enough *= 2;
        }
        while enough - too_few > 1 {
            let middle = too_few + (enough - too_few) / 2;
            if try_with(middle).is_some() {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        try_with(enough)
    }

    /// How long a conversation is open if nobody has to wait for an agent.
    fn holding_time_s(&self) -> f64 {
        self.work_s + (self.replies - 1.0).max(0.0) * self.reply_delay_s
    }

    /// Conversations per second that an agent with 1, 2, 3 … open finishes. Some of those open await the
    /// customer; the agent works while at least one does not. This is the repairman's model: each
    /// conversation needs `replies` steps of work and is away between them.
    fn completion_rates(&self) -> Vec<f64> {
        let replies = self.replies.max(1.0);
        (1..)
            .zip(&self.speeds)
            .map(|(open, speed)| {
                let step_s = self.work_s / replies / speed;
                // Mean time away for each step: not after the last one.
                let away_s = self.reply_delay_s * (1.0 - 1.0 / replies);
                speed / self.work_s * busy_share(open, step_s, away_s)
            })
            .collect()
    }
}

/// Share of the time in which an agent with `open` conversations has one to work on, if each needs
/// `step_s` of work and then stays away for `away_s` on average (machine repair with one repairman).
fn busy_share(open: u32, step_s: f64, away_s: f64) -> f64 {
    if away_s <= 0.0 {
        return 1.0;
    }
    // Counted by those away, the loop has the states of Erlang B: idle is when all are away.
    1.0 - erlang_b(open, away_s / step_s)
}

/// Agents to roster so that after shrinkage `on_duty` are there.
fn rostered(on_duty: u32, shrinkage: f64) -> u32 {
    let there = (1.0 - shrinkage).max(0.01);
    // A hair below, so that 7 / 0.7 is 10 and not 11.
    libm::ceil(f64::from(on_duty) / there - 1e-9) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Distribution;

    /// The classic half hour: 100 contacts of three minutes, 80 % in 20 seconds.
    fn classic() -> Sizing {
        Sizing {
            work_s: 180.0,
            replies: 1.0,
            reply_delay_s: 0.0,
            speeds: vec![1.0],
            patience: None,
            target: 0.8,
            within_s: 20.0,
            convention: Convention::OfAll,
            occupancy_max: 1.0,
            shrinkage: 0.0,
        }
    }

    fn patient(mean_s: f64) -> Option<Survival> {
        Some(Survival::of(&Distribution::Exponential { mean: mean_s }))
    }

    /// (agents at work, agents paid) of variations on the classic case; the first four are reference
    /// rows `erlc-sizing-80-20` and `erla-A10-n13-p5`.
    #[test]
    fn sizing_cases() {
        let cases = [
            ("Erlang C", classic(), (14, 14)),
            ("shrinkage", Sizing { shrinkage: 0.3, ..classic() }, (14, 20)),
            ("occupancy", Sizing { occupancy_max: 0.7, ..classic() }, (15, 15)),
            ("Erlang A", Sizing { patience: patient(300.0), ..classic() }, (13, 13)),
            ("7 / 0.7 is 10", Sizing { work_s: 18.0, target: 0.0, shrinkage: 0.5, ..classic() }, (2, 4)),
        ];
        for (name, sizing, (on_duty, rostered)) in cases {
            let needed = sizing.needed(100.0 / 1800.0).expect(name);
            assert_eq!((needed.on_duty, needed.rostered), (on_duty, rostered), "{name}");
        }
        let none = classic().needed(0.0).expect("nobody is enough for nobody");
        assert_eq!((none.on_duty, none.rostered), (0, 0));
        assert_eq!(classic().needed(1e9), None);
        assert_eq!(rostered(7, 0.3), 10);
    }

    #[test]
    fn agents_between_equal_rates_are_equal() {
        let sizing = Sizing { patience: patient(300.0), shrinkage: 0.1, ..classic() };
        let arrivals: Vec<f64> = (0..48).map(|i| f64::from((i * 37 + 11) % 90)).collect();
        let interval = Span::from_minutes(30);
        let whole = sizing.needed_by_interval(&arrivals, interval).into_iter();
        let whole: Vec<_> = whole.map(|needed| needed.map(|n| (n.on_duty, n.rostered))).collect();
        assert_eq!(sizing.agents_by_interval(&arrivals, interval), whole);
        assert!(sizing.agents_by_interval(&[], interval).is_empty());
        assert_eq!(sizing.agents_by_interval(&[0.0], interval), [Some((0, 0))]);
    }

    /// Reference row `bank-servers`: a published row of servers for calls per hour of one day.
    #[test]
    fn a_published_day() {
        let per_hour = [
            6.75, 1.75, 1.25, 0.0, 0.5, 0.25, 4.75, 39.5, 97.25, 107.5, 124.0, 110.25, 95.5, 203.5, 115.75,
            115.5, 67.75, 75.0, 88.75, 85.5, 68.0, 61.5, 57.5, 44.25,
        ];
        let sizing = Sizing { work_s: 240.0, target: 0.5, within_s: 0.0, ..classic() };
        let servers = per_hour.map(|n| sizing.needed(n / 3600.0).expect("enough").on_duty);
        let published = [1, 1, 1, 0, 1, 1, 1, 4, 8, 9, 10, 9, 8, 16, 10, 10, 6, 7, 8, 8, 6, 6, 5, 4];
        assert_eq!(servers, published);
    }

    /// Reference row `chat-min-K3`: up to three chats at total rates of 6, 10 and 12 an hour; the share
    /// not lost is the service level that takes no account of time.
    #[test]
    fn chats() {
        let sizing = Sizing {
            work_s: 600.0,
            speeds: vec![1.0, 10.0 / 6.0, 2.0],
            patience: patient(600.0),
            target: 0.98,
            within_s: 1e7,
            ..classic()
        };
        assert_eq!(sizing.needed(95.0 / 3600.0).expect("enough").on_duty, 10);
    }

    /// Reference rows `casemgr-*`: share of time busy and conversations finished per hour.
    #[test]
    fn case_managers() {
        let sizing =
            Sizing { work_s: 600.0, replies: 5.0, reply_delay_s: 360.0, speeds: vec![1.0; 8], ..classic() };
        let rates = sizing.completion_rates();
        for (open, per_hour) in [(1, 1.7647058823529416), (3, 4.389561975768872), (8, 5.985127347939965)] {
            assert!((rates[open - 1] * 3600.0 / per_hour - 1.0).abs() < 1e-12, "{open}");
        }
    }

    /// Reference row `tv-mu2-mol_max`: 30 + 24 sin(2 pi t / 24) an hour, half an hour of work, at most
    /// 20 % delayed, staffing changed every hour.
    #[test]
    fn a_day_with_a_peak() {
        let sizing = Sizing { work_s: 1800.0, within_s: 0.0, ..classic() };
        // Twelve intervals an hour follow the curve; the fullest of them is the hour's need.
        let angle = |i: usize| std::f64::consts::TAU * (i as f64 + 0.5) / 288.0;
        let arrivals: Vec<f64> = (0..288).map(|i| (30.0 + 24.0 * angle(i).sin()) / 12.0).collect();
        let needed = sizing.needed_by_interval(&arrivals, Span::from_minutes(5));
        let fullest = |hour: &[Option<Needed>]| hour.iter().flatten().map(|n| n.on_duty).max();
        let on_duty: Vec<u32> = needed.chunks(12).filter_map(fullest).collect();
        let reference =
            [22, 25, 28, 31, 32, 33, 33, 33, 32, 31, 28, 25, 22, 18, 15, 12, 9, 7, 6, 7, 9, 12, 15, 18];
        assert_eq!(on_duty, reference);
    }
}
