//! What one replication observed, sliced: counts and sums from which every compared figure follows.

use super::Case;
use super::presence::Presence;
use helpsim::facts::{Chunk, NEVER, Outcome, QueueEnd, RunTotals, Sink};
use helpsim::scenario::plan::Plan;
use helpsim::time::Instant;

/// Part of what happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// Only this intent.
    pub class: Option<u16>,
    /// Only this team's queue and agents.
    pub team: Option<u16>,
    /// Only this window of a cycle: (from, to, length of the cycle), in ms after the start.
    pub window: Option<(i64, i64, i64)>,
}

impl Slice {
    fn holds(&self, at: i64, start: Instant) -> bool {
        self.window.is_none_or(|(from, to, cycle)| (at - start.ms() - from).rem_euclid(cycle) < to - from)
    }
}

/// What can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Figure {
    PWait,
    PWaitOfOffered,
    MeanWait,
    MeanWaitServed,
    MeanWaitAbandoned,
    MeanWaitIfWaiting,
    MeanSquareWait,
    MeanQueue,
    MeanSystem,
    MeanSojourn,
    MeanSojournServed,
    PAbandon,
    PAbandonOfOffered,
    PAbandonIfWaiting,
    PBlock,
    PBalk,
    Throughput,
    Utilisation,
    MeanBusy,
    MeanOpen,
    MeanHandling,
    SlotOccupancy,
    MeanReplies,
    /// P(wait > times[i]) of those let in.
    LongerThan(usize),
    ServedWithinOfOffered(usize),
    ServedWithinOfServed(usize),
    ServedWithinExceptShort(usize),
    OverWithin(usize),
    /// P(so many in the system) over time.
    InSystem(u16),
    /// Share of agents' time with so many conversations open.
    AgentsWith(u16),
    /// In the system when the measured period ends.
    AtTheEnd,
    /// Mean time in the system of those who bring about the work `sizes[i]`.
    SojournOf(usize),
    MessagesWithAgents,
    AnswerTime,
}

impl Figure {
    /// Needs to know who was there when.
    pub fn is_of_presence(self) -> bool {
        matches!(
            self,
            Figure::InSystem(_)
                | Figure::AgentsWith(_)
                | Figure::AtTheEnd
                | Figure::MessagesWithAgents
                | Figure::AnswerTime
        )
    }

    /// A share of customers.
    pub fn is_share(self) -> bool {
        matches!(
            self,
            Figure::PWait
                | Figure::PWaitOfOffered
                | Figure::PAbandon
                | Figure::PAbandonOfOffered
                | Figure::PAbandonIfWaiting
                | Figure::PBlock
                | Figure::PBalk
                | Figure::LongerThan(_)
                | Figure::ServedWithinOfOffered(_)
                | Figure::ServedWithinOfServed(_)
                | Figure::ServedWithinExceptShort(_)
                | Figure::OverWithin(_)
                | Figure::InSystem(_)
                | Figure::AgentsWith(_)
        )
    }
}

/// Counts and sums of one slice.
#[derive(Clone, Debug, Default)]
struct Tally {
    offered: f64,
    blocked: f64,
    balked: f64,
    waited: f64,
    wait: f64,
    wait_squared: f64,
    served: f64,
    wait_served: f64,
    abandoned: f64,
    wait_abandoned: f64,
    /// By threshold: waited longer, served in time, left in time.
    longer: Vec<f64>,
    served_within: Vec<f64>,
    left_within: Vec<f64>,
    /// Conversations solved: how many, time from first message to resolution, agent messages.
    solved: f64,
    sojourn: f64,
    replies: f64,
    /// By size: time in the system and work of those who bring about so much work.
    of_size: Vec<(f64, f64)>,
    /// Time of the intervals in the window, and areas, ms.
    time: f64,
    queue_area: f64,
    open_area: f64,
    busy: f64,
    staffed: f64,
    /// Replies begun.
    all_replies: f64,
}

/// Adds up one replication.
pub struct Observation<'a> {
    case: &'a Case,
    agents: u32,
    presence: Option<Presence>,
    tallies: Vec<Tally>,
    start: Instant,
    interval_ms: f64,
    seen: Vec<bool>,
}

impl<'a> Observation<'a> {
    pub fn new(case: &'a Case, plan: &Plan) -> Observation<'a> {
        let tally = Tally {
            longer: vec![0.0; case.times.len()],
            served_within: vec![0.0; case.times.len()],
            left_within: vec![0.0; case.times.len()],
            of_size: vec![(0.0, 0.0); case.sizes.len()],
            ..Tally::default()
        };
        Observation {
            case,
            agents: plan.teams[0].shifts.iter().map(|shift| shift.agents).sum(),
            presence: case
                .expected
                .iter()
                .any(|e| e.figure.is_of_presence())
                .then(|| Presence::new((plan.start + plan.warm_up).ms(), plan.end.ms())),
            tallies: vec![tally; case.slices.len()],
            start: plan.start,
            interval_ms: plan.interval.ms() as f64,
            seen: Vec::new(),
        }
    }

    /// One figure of one slice as a ratio, whose parts are to be added up over the replications before
    /// they are divided: the mean of the replications' own ratios is another number. `None`: not known.
    pub fn ratio(&self, slice: usize, figure: Figure, totals: &RunTotals) -> Option<(f64, f64)> {
        let (unit, places) = (self.case.unit, self.case.places);
        let (from, to) = (totals.measured_from, totals.measured_to);
        let t = &self.tallies[slice];
        let measured = (to - from) as f64;
        let time = if self.case.slices[slice].window.is_some() { t.time } else { measured };
        let let_in = t.offered - t.blocked - t.balked;
        let of_class = self.case.slices[slice].class.is_some();
        let ratio = match figure {
            Figure::PWait => (t.waited, let_in),
            Figure::PWaitOfOffered => (t.waited + t.balked, t.offered),
            Figure::MeanWait => (t.wait, let_in * unit),
            Figure::MeanWaitServed => (t.wait_served, t.served * unit),
            Figure::MeanWaitAbandoned => (t.wait_abandoned, t.abandoned * unit),
            Figure::MeanWaitIfWaiting => (t.wait, t.waited * unit),
            Figure::MeanSquareWait => (t.wait_squared, let_in * unit * unit),
            // The intervals know teams, not intents: by Little's law from the waits.
            Figure::MeanQueue if of_class => (t.wait, measured),
            Figure::MeanQueue => (t.queue_area, time),
            Figure::MeanSystem if of_class => (t.sojourn, measured),
            Figure::MeanSystem => (t.queue_area + t.open_area, time),
            Figure::MeanSojourn | Figure::MeanSojournServed => (t.sojourn, t.solved * unit),
            Figure::PAbandon => (t.abandoned, let_in),
            Figure::PAbandonOfOffered => (t.abandoned, t.offered),
            Figure::PAbandonIfWaiting => (t.abandoned, t.waited),
            Figure::PBlock => (t.blocked, t.offered),
            Figure::PBalk => (t.balked, t.offered),
            Figure::Throughput => (t.served * unit, measured),
            Figure::Utilisation => (t.busy, t.staffed),
            Figure::MeanBusy => (t.busy, time),
            Figure::MeanOpen => (t.open_area, time),
            Figure::MeanHandling => (t.open_area, t.served * unit),
            Figure::SlotOccupancy => (t.open_area, t.staffed * places),
            Figure::MeanReplies => (t.replies, t.solved),
            Figure::LongerThan(i) => (t.longer[i], let_in),
            Figure::ServedWithinOfOffered(i) => (t.served_within[i], t.offered),
            Figure::ServedWithinOfServed(i) => (t.served_within[i], t.served),
            Figure::ServedWithinExceptShort(i) => (t.served_within[i], let_in - t.left_within[i]),
            Figure::OverWithin(i) => (t.served_within[i] + t.left_within[i], let_in),
            // A few percent around the size; in proportion to it, as time in a shared system is.
            Figure::SojournOf(i) => (t.of_size[i].0 * self.case.sizes[i] as f64, t.of_size[i].1 * unit),
            Figure::InSystem(n) => (self.presence.as_ref()?.share_with(i64::from(n), from, to), 1.0),
            Figure::AgentsWith(n) => {
                (self.presence.as_ref()?.agents_with(i64::from(n), self.agents, from, to), 1.0)
            }
            Figure::AtTheEnd => (self.presence.as_ref()?.at(to), 1.0),
            Figure::MessagesWithAgents => {
                let (time, answers) = self.presence.as_ref()?.answers();
                // Answers come at the rate at which replies are made in the measured period.
                (time / answers * t.all_replies / measured, 1.0)
            }
            Figure::AnswerTime => {
                let (time, answers) = self.presence.as_ref()?.answers();
                (time, answers * unit)
            }
        };
        (ratio.0.is_finite() && ratio.1.is_finite()).then_some(ratio)
    }

    fn stays(&mut self, chunk: &Chunk) {
        for row in &chunk.queue_stays {
            let id = row.conversation as usize;
            if self.seen.len() <= id {
                self.seen.resize(id + 1024, false);
            }
            let arrives = self.case.every_visit || !std::mem::replace(&mut self.seen[id], true);
            if !row.measured {
                continue;
            }
            let wait = row.left_at - row.entered_at;
            for (slice, tally) in self.case.slices.iter().zip(&mut self.tallies) {
                if slice.class.is_some_and(|c| c != row.intent) || slice.team.is_some_and(|t| t != row.team) {
                    continue;
                }
                // Who leaves is counted when he leaves, everybody else when he comes.
                if row.end == QueueEnd::Abandoned as u8 && slice.holds(row.left_at, self.start) {
                    tally.abandoned += 1.0;
                    tally.wait_abandoned += wait as f64;
                }
                if slice.holds(row.entered_at, self.start) {
                    tally.add(row.end, wait, arrives, &self.case.times);
                }
            }
        }
    }

    fn conversations(&mut self, chunk: &Chunk) {
        for row in &chunk.conversations {
            let solved = row.outcome == Outcome::AgentSolved as u8 && row.resolved_at != NEVER;
            if !row.measured || !solved {
                continue;
            }
            for (slice, tally) in self.case.slices.iter().zip(&mut self.tallies) {
                if slice.class.is_none_or(|c| c == row.intent) {
                    tally.solved += 1.0;
                    tally.sojourn += (row.resolved_at - row.started_at) as f64;
                    tally.replies += f64::from(row.agent_messages);
                    for (&size, sum) in self.case.sizes.iter().zip(&mut tally.of_size) {
                        if (row.agent_work - size).abs() * 20 < size {
                            sum.0 += (row.resolved_at - row.started_at) as f64;
                            sum.1 += row.agent_work as f64;
                        }
                    }
                }
            }
        }
    }

    fn intervals(&mut self, chunk: &Chunk) {
        for row in &chunk.intervals {
            if !row.measured || row.team == helpsim::facts::NONE {
                continue;
            }
            for (slice, tally) in self.case.slices.iter().zip(&mut self.tallies) {
                if slice.team.is_some_and(|t| t != row.team) || !slice.holds(row.at, self.start) {
                    continue;
                }
                if row.team == slice.team.unwrap_or(0) {
                    tally.time += self.interval_ms;
                }
                tally.queue_area += row.queue_area as f64;
                tally.open_area += row.open_area as f64;
                tally.busy += row.busy as f64;
                tally.staffed += row.staffed as f64;
                tally.all_replies += f64::from(row.replies);
            }
        }
    }
}

impl Tally {
    fn add(&mut self, end: u8, wait: i64, arrives: bool, times: &[i64]) {
        if arrives {
            self.offered += 1.0;
        }
        if end == QueueEnd::Blocked as u8 {
            self.blocked += 1.0;
            return;
        }
        if end == QueueEnd::Balked as u8 {
            self.balked += 1.0;
            return;
        }
        if arrives && wait > 0 {
            self.waited += 1.0;
        }
        self.wait += wait as f64;
        self.wait_squared += (wait as f64) * (wait as f64);
        let taken = end == QueueEnd::Taken as u8;
        if taken {
            self.served += 1.0;
            self.wait_served += wait as f64;
        }
        for (i, &time) in times.iter().enumerate() {
            let counter = match (wait > time, taken) {
                (true, _) => &mut self.longer[i],
                (false, true) => &mut self.served_within[i],
                (false, false) => &mut self.left_within[i],
            };
            *counter += 1.0;
        }
    }
}

impl Sink for Observation<'_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.stays(chunk);
        self.conversations(chunk);
        self.intervals(chunk);
        if let Some(presence) = &mut self.presence {
            presence.chunk(chunk);
        }
        Ok(())
    }
}
