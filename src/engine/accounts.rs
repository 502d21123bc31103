//! Time-weighted accounts: what the intervals and agents tables hold. Integers only, so that sums
//! neither drift nor depend on their order.

use crate::desk::{AgentIdx, Agents};
use crate::facts::{AgentRow, Chunk, IntervalRow, NONE};
use crate::scenario::plan::Plan;
use crate::time::{Instant, Span};
use std::collections::VecDeque;

/// What is there now, for one team or the whole desk.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    queue: u32,
    staffed: u32,
    busy: u32,
    paid: u32,
    engaged: u32,
    open: u32,
}

/// Sums since the interval began.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    queue: i64,
    staffed: i64,
    busy: i64,
    paid: i64,
    engaged: i64,
    open: i64,
    queue_max: u32,
    entered: u32,
    taken: u32,
    abandoned: u32,
    replies: u32,
    work: i64,
}

#[derive(Clone, Copy, Debug)]
struct Meter {
    since: Instant,
    level: Level,
    sums: Sums,
}

impl Meter {
    #[inline]
    fn advance(&mut self, now: Instant) {
        let elapsed = now.ms() - self.since.ms();
        if elapsed == 0 {
            return;
        }
        self.since = now;
        let (level, sums) = (&self.level, &mut self.sums);
        sums.queue += i64::from(level.queue) * elapsed;
        sums.staffed += i64::from(level.staffed) * elapsed;
        sums.busy += i64::from(level.busy) * elapsed;
        sums.paid += i64::from(level.paid) * elapsed;
        sums.engaged += i64::from(level.engaged) * elapsed;
        sums.open += i64::from(level.open) * elapsed;
    }
}

/// The accounts of every team and of the whole desk.
#[derive(Clone, Debug)]
pub(super) struct Accounts {
    interval: Span,
    began: Instant,
    teams: Vec<Meter>,
    /// Conversations begun in the interval.
    begun: u32,
    backlog: u32,
    backlog_since: Instant,
    backlog_area: i64,
    backlog_max: u64,
    with_bot: u32,
    measuring: bool,
    within: Span,
    /// Rows that may still be told of a conversation answered in time: taken within the target by
    /// the interval it entered in.
    held: VecDeque<Vec<IntervalRow>>,
    /// Answered within the target by team, of those who entered in the present interval.
    within_now: Vec<u32>,
}

impl Accounts {
    pub fn new(plan: &Plan, from: Instant) -> Accounts {
        let meter = Meter { since: from, level: Level::default(), sums: Sums::default() };
        Accounts {
            interval: Span(plan.interval.ms().max(1_000)),
            began: from,
            teams: vec![meter; plan.teams.len()],
            begun: 0,
            backlog: 0,
            backlog_since: from,
            backlog_area: 0,
            backlog_max: 0,
            with_bot: 0,
            measuring: false,
            within: plan.service_level.within,
            held: VecDeque::new(),
            within_now: vec![0; plan.teams.len()],
        }
    }

    /// When the present interval ends: intervals begin at multiples of their length (UTC).
    pub fn next_tick(&self) -> Instant {
        let length = self.interval.ms();
        Instant((self.began.ms().div_euclid(length) + 1) * length)
    }

    #[inline]
    fn team(&mut self, team: u16, now: Instant) -> &mut Meter {
        let meter = &mut self.teams[usize::from(team)];
        meter.advance(now);
        meter
    }

    #[inline]
    pub fn conversation_began(&mut self) {
        self.begun += 1;
    }

    #[inline]
    pub fn enter_queue(&mut self, team: u16, now: Instant) {
        let meter = self.team(team, now);
        meter.sums.entered += 1;
        meter.level.queue += 1;
        meter.sums.queue_max = meter.sums.queue_max.max(meter.level.queue);
    }

    /// Entered and was taken at once: the queue never held it.
    #[inline]
    pub fn pass_queue(&mut self, team: u16, entered_at: Instant) {
        let sums = &mut self.teams[usize::from(team)].sums;
        sums.entered += 1;
        sums.taken += 1;
        self.answered(team, entered_at, Span::ZERO);
    }

    /// Turned away, or balked: entered and gone.
    pub fn turn_away(&mut self, team: u16) {
        let sums = &mut self.teams[usize::from(team)].sums;
        sums.entered += 1;
        sums.abandoned += 1;
    }

    #[inline]
    pub fn leave_queue(&mut self, team: u16, now: Instant, entered_at: Instant, how: Leaving) {
        let meter = self.team(team, now);
        meter.level.queue -= 1;
        match how {
            Leaving::Taken => {
                meter.sums.taken += 1;
                self.answered(team, entered_at, now - entered_at);
            }
            Leaving::Abandoned => meter.sums.abandoned += 1,
            Leaving::Moved => {}
        }
    }

    /// Counts an answer in time in the interval in which the wait began.
    #[inline]
    fn answered(&mut self, team: u16, entered_at: Instant, waited: Span) {
        if waited > self.within {
            return;
        }
        if entered_at >= self.began {
            self.within_now[usize::from(team)] += 1;
        } else if let Some(rows) =
            self.held.iter_mut().rev().find(|rows| rows.first().is_some_and(|r| r.at <= entered_at.ms()))
        {
            rows[usize::from(team)].within += 1;
        }
    }

    /// An agent of the team is not what he was.
    #[inline]
    pub fn agent_changed(&mut self, team: u16, now: Instant, before: AgentLevel, after: AgentLevel) {
        let level = &mut self.team(team, now).level;
        let step = |count: &mut u32, was: bool, is: bool| {
            *count = count.wrapping_add(u32::from(is)).wrapping_sub(u32::from(was))
        };
        step(&mut level.staffed, before.staffed, after.staffed);
        step(&mut level.busy, before.busy, after.busy);
        step(&mut level.paid, before.paid, after.paid);
        step(&mut level.engaged, before.held > 0, after.held > 0);
        level.open = level.open.wrapping_add(after.held).wrapping_sub(before.held);
    }

    #[inline]
    pub fn reply(&mut self, team: u16, work_ms: i64) {
        let sums = &mut self.teams[usize::from(team)].sums;
        sums.replies += 1;
        sums.work += work_ms;
    }

    #[inline]
    pub fn backlog(&mut self, now: Instant, by: i32) {
        self.backlog_area += i64::from(self.backlog) * (now - self.backlog_since).ms();
        self.backlog_since = now;
        self.backlog = self.backlog.saturating_add_signed(by);
        if self.measuring {
            self.backlog_max = self.backlog_max.max(u64::from(self.backlog));
        }
    }

    #[inline]
    pub fn with_bot(&mut self, by: i32) {
        self.with_bot = self.with_bot.saturating_add_signed(by);
    }

    pub fn desk_backlog(&self) -> u32 {
        self.backlog
    }

    pub fn backlog_max(&self) -> u64 {
        self.backlog_max
    }

    /// The measured period begins: what has gone by counts as warm-up.
    pub fn begin_measuring(&mut self, now: Instant) {
        self.restart(now);
        self.measuring = true;
        self.backlog_max = u64::from(self.backlog);
    }

    /// Forgets the sums of the interval so far, keeps what is there.
    fn restart(&mut self, now: Instant) {
        for meter in &mut self.teams {
            meter.advance(now);
            meter.sums = Sums { queue_max: meter.level.queue, ..Sums::default() };
        }
        self.backlog(now, 0);
        self.backlog_area = 0;
        self.begun = 0;
        self.began = now;
        self.within_now.fill(0);
    }

    /// The interval is over. Rows leave when nobody who entered in them can be in time any more, or
    /// when the books are closed.
    pub fn flush(&mut self, now: Instant, last: bool, chunk: &mut Chunk) {
        if now > self.began {
            let rows = self.rows(now);
            self.held.push_back(rows);
        }
        while let Some(rows) = self.held.front() {
            let begins_after =
                self.held.get(1).and_then(|next| next.first()).map_or(now.ms(), |next| next.at);
            if !last && begins_after.saturating_add(self.within.ms()) > now.ms() {
                break;
            }
            for row in rows {
                chunk.intervals.push(*row);
            }
            self.held.pop_front();
        }
        self.restart(now);
    }

    fn rows(&mut self, now: Instant) -> Vec<IntervalRow> {
        let mut rows = Vec::with_capacity(self.teams.len() + 1);
        let mut whole = Sums::default();
        let mut queue = 0;
        for (team, meter) in self.teams.iter_mut().enumerate() {
            meter.advance(now);
            let s = &meter.sums;
            rows.push(interval_row(self.began, team as u16, s, self.within_now[team], self.measuring));
            for (sum, part) in [
                (&mut whole.queue, s.queue),
                (&mut whole.staffed, s.staffed),
                (&mut whole.busy, s.busy),
                (&mut whole.paid, s.paid),
                (&mut whole.engaged, s.engaged),
                (&mut whole.open, s.open),
                (&mut whole.work, s.work),
            ] {
                *sum += part;
            }
            whole.taken += s.taken;
            whole.abandoned += s.abandoned;
            whole.replies += s.replies;
            queue += s.queue_max;
        }
        whole.entered = self.begun;
        whole.queue_max = queue;
        self.backlog(now, 0);
        rows.push(IntervalRow {
            backlog_area: self.backlog_area,
            backlog: self.backlog,
            with_bot: self.with_bot,
            ..interval_row(self.began, NONE, &whole, self.within_now.iter().sum(), self.measuring)
        });
        rows
    }
}

fn interval_row(began: Instant, team: u16, s: &Sums, within: u32, measured: bool) -> IntervalRow {
    IntervalRow {
        at: began.ms(),
        team,
        entered: s.entered,
        taken: s.taken,
        within,
        abandoned: s.abandoned,
        replies: s.replies,
        work: s.work,
        queue_area: s.queue,
        queue_max: s.queue_max,
        staffed: s.staffed,
        busy: s.busy,
        paid: s.paid,
        open_area: s.open,
        engaged: s.engaged,
        backlog_area: 0,
        backlog: 0,
        with_bot: 0,
        measured,
    }
}

/// How a stay in the queue ended, for the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    Taken,
    Abandoned,
    Moved,
}

/// Sums of each agent over the measured period.
#[derive(Clone, Debug)]
pub(super) struct AgentMeters {
    meters: Vec<AgentMeter>,
}

#[derive(Clone, Copy, Debug)]
struct AgentMeter {
    since: Instant,
    paid: i64,
    staffed: i64,
    busy: i64,
    engaged: i64,
    open_area: i64,
    conversations: u32,
    replies: u32,
}

/// What an agent is, as the meters see it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct AgentLevel {
    pub paid: bool,
    pub staffed: bool,
    pub busy: bool,
    pub held: u32,
}

impl AgentMeters {
    pub fn new(agents: usize, from: Instant) -> AgentMeters {
        let meter = AgentMeter {
            since: from,
            paid: 0,
            staffed: 0,
            busy: 0,
            engaged: 0,
            open_area: 0,
            conversations: 0,
            replies: 0,
        };
        AgentMeters { meters: vec![meter; agents] }
    }

    /// Adds what the agent was since the last call.
    #[inline]
    pub fn advance(&mut self, agent: AgentIdx, now: Instant, was: AgentLevel) {
        let meter = &mut self.meters[agent as usize];
        let elapsed = now.ms() - meter.since.ms();
        meter.since = now;
        meter.paid += elapsed * i64::from(was.paid);
        meter.staffed += elapsed * i64::from(was.staffed);
        meter.busy += elapsed * i64::from(was.busy);
        meter.engaged += elapsed * i64::from(was.held > 0);
        meter.open_area += elapsed * i64::from(was.held);
    }

    #[inline]
    pub fn took(&mut self, agent: AgentIdx) {
        self.meters[agent as usize].conversations += 1;
    }

    #[inline]
    pub fn replied(&mut self, agent: AgentIdx) {
        self.meters[agent as usize].replies += 1;
    }

    pub fn begin_measuring(&mut self, now: Instant) {
        for meter in &mut self.meters {
            *meter = AgentMeter {
                since: now,
                paid: 0,
                staffed: 0,
                busy: 0,
                engaged: 0,
                open_area: 0,
                conversations: 0,
                replies: 0,
            };
        }
    }

    pub fn rows(&self, agents: &Agents, chunk: &mut Chunk) {
        for ((agent, state), meter) in agents.all().zip(&self.meters) {
            chunk.agents.push(AgentRow {
                agent,
                team: state.team,
                paid: meter.paid,
                staffed: meter.staffed,
                busy: meter.busy,
                engaged: meter.engaged,
                open_area: meter.open_area,
                conversations: meter.conversations,
                replies: meter.replies,
            });
        }
    }
}
