//! The world of one replication, and the loop.

use super::accounts::{Accounts, AgentMeters};
use super::arrive::SourceState;
use super::compiled::Compiled;
use super::conversation::{Conversation, Need, Phase};
use super::event_list::{Event, EventList, Kind, NO_STAMP};
use super::story::{Note, Observer};
use crate::desk::{AgentIdx, Agents, Duty, Groups, Load, WaitingRoom};
use crate::facts::{Chunk, RunTotals, Sink};
use crate::random::Streams;
use crate::scenario::plan::Plan;
use crate::time::Instant;

/// How to run a replication.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Every uniform draw u becomes 1 - u.
    pub antithetic: bool,
}

/// Why a replication could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The sink could not take the facts.
    #[error("could not write the facts: {0}")]
    Sink(#[from] std::io::Error),
}

/// Rows of a chunk before it goes to the sink: few, so that they are still in the cache when they are
/// measured.
const CHUNK_ROWS: usize = 1 << 10;
/// More open conversations than this end the run with a limit reached.
const MAX_OPEN: usize = 20_000_000;

/// Runs one replication of a compiled scenario; its facts go to `sink`, chunk after chunk.
///
/// # Errors
/// The sink failed.
pub fn run<O: Observer>(
    compiled: &Compiled,
    options: RunOptions,
    sink: &mut dyn Sink,
    observer: &mut O,
) -> Result<RunTotals, RunError> {
    let mut world = World::new(compiled, options, observer);
    world.begin();
    while let Some(event) = world.next_event() {
        if event.at > world.last_instant {
            // The wrap-up is over; what is open stays open and is counted so.
            break;
        }
        debug_assert!(event.at >= world.now, "the clock went back");
        if event.at > world.now {
            world.settle();
            world.now = event.at;
        }
        world.totals.events += 1;
        world.handle(event);
        if world.chunk_is_full() {
            world.complete_chunk();
            sink.chunk(&world.chunk)?;
            world.chunk.clear();
        }
        if world.ended && world.open == 0 {
            break;
        }
        if world.open > MAX_OPEN {
            world.totals.limit_reached = Some("open conversations");
            break;
        }
    }
    world.finish();
    world.complete_chunk();
    sink.chunk(&world.chunk)?;
    Ok(world.totals)
}

/// What an agent is doing, beside the routing state in [`Agents`].
#[derive(Clone, Debug)]
pub(super) struct AgentState {
    pub load: Load,
    pub duty: Duty,
    /// Stamp of the pending end of the reply in the making.
    pub work: u64,
    /// Stamp of the pending end of wrapping up.
    pub wrap_up: u64,
    /// Conversations held open.
    pub held: u32,
    /// Work stands still until the next shift.
    pub paused: bool,
    /// Perhaps not what the accounts know.
    pub touched: bool,
    /// What the accounts know of him.
    pub level: super::accounts::AgentLevel,
}

/// Somebody who will come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comeback {
    pub need: Need,
}

pub(super) struct World<'a, O: Observer> {
    pub c: &'a Compiled,
    pub plan: &'a Plan,
    pub observer: &'a mut O,
    pub streams: Streams,
    pub now: Instant,
    pub last_instant: Instant,
    pub ended: bool,
    pub measuring: bool,
    pub events: EventList,
    pub slots: Vec<Conversation>,
    pub free: Vec<u32>,
    pub open: usize,
    pub next_id: u64,
    pub sources: Vec<SourceState>,
    pub agents: Agents,
    pub groups: Groups,
    pub agent_states: Vec<AgentState>,
    /// Agents whose accounts are to be looked at before the clock moves on.
    pub touched: Vec<AgentIdx>,
    /// Who works the shifts of each place; places are numbered as agents are.
    pub roster: Vec<AgentIdx>,
    /// Off duty with conversations in hand, waiting for a colleague to go home in their stead.
    pub overtime: Vec<AgentIdx>,
    pub rooms: Vec<WaitingRoom>,
    pub staffed: Vec<u32>,
    pub comebacks: Vec<Comeback>,
    pub free_comebacks: Vec<u32>,
    pub bot_out: bool,
    pub tickets: super::ticket::Tickets,
    pub talks: super::talk::Talks,
    pub accounts: Accounts,
    pub agent_meters: AgentMeters,
    pub chunk: Chunk,
    pub totals: RunTotals,
}

impl<'a, O: Observer> World<'a, O> {
    fn new(c: &'a Compiled, options: RunOptions, observer: &'a mut O) -> World<'a, O> {
        let plan: &Plan = &c.plan;
        let mut streams = Streams::new(plan.seed, options.replication);
        if options.antithetic {
            streams = streams.antithetic();
        }
        let (mut agents, mut groups) = (Agents::default(), Groups::default());
        for &capacity in &c.groups {
            groups.add(capacity);
        }
        for &(team, group, capacity) in &c.agents {
            agents.add(team, group, capacity);
        }
        let state_of = |&(team, ..): &(u16, u16, u16)| AgentState {
            load: Load::new(c.teams[usize::from(team)].efficiency[0]),
            duty: Duty::Off,
            work: NO_STAMP,
            wrap_up: NO_STAMP,
            held: 0,
            paused: false,
            touched: false,
            level: Default::default(),
        };
        let agent_states = c.agents.iter().map(state_of).collect();
        let rooms = plan
            .teams
            .iter()
            .zip(&c.teams)
            .map(|(team, compiled)| {
                WaitingRoom::new(team.order, c.from, compiled.layout.groups_of_class.len())
            })
            .collect();
        World {
            sources: SourceState::all(c, &streams),
            tickets: super::ticket::Tickets::new(c),
            talks: super::talk::Talks::default(),
            accounts: Accounts::new(plan, c.from),
            agent_meters: AgentMeters::new(c.agents.len(), c.from),
            staffed: vec![0; plan.teams.len()],
            roster: (0..c.agents.len() as AgentIdx).collect(),
            overtime: Vec::new(),
            events: EventList::new(c.from, c.sources.len()),
            last_instant: plan.end + plan.wrap_up,
            now: c.from,
            c,
            plan,
            observer,
            streams,
            ended: false,
            measuring: false,
            slots: Vec::new(),
            free: Vec::new(),
            open: 0,
            next_id: 0,
            agents,
            groups,
            agent_states,
            touched: Vec::new(),
            rooms,
            comebacks: Vec::new(),
            free_comebacks: Vec::new(),
            bot_out: false,
            chunk: Chunk::default(),
            totals: RunTotals::default(),
        }
    }

    fn begin(&mut self) {
        self.events.schedule(self.c.measured_from, Kind::Period, 0);
        self.events.schedule(self.plan.end, Kind::Period, 1);
        for (i, block) in self.c.duty.iter().enumerate() {
            // A shift that is on when the run begins starts then.
            self.events.schedule(block.at.max(self.c.from), Kind::Duty, i as u32);
        }
        self.schedule_outages();
        let first = self.accounts.next_tick();
        self.events.schedule(first, Kind::Interval, 0);
        for source in 0..self.sources.len() {
            self.schedule_arrival(source);
        }
    }

    /// Looked at after every event, so the other tables are looked at only now and then.
    #[inline]
    fn chunk_is_full(&self) -> bool {
        self.chunk.conversations.len() >= CHUNK_ROWS
            || (self.totals.events.is_multiple_of(CHUNK_ROWS as u64) && self.chunk.rows() >= 4 * CHUNK_ROWS)
    }

    #[inline]
    fn next_event(&mut self) -> Option<Event> {
        let slots = &self.slots;
        self.events.pop(|kind, stamp, entity| is_stale(slots, kind, stamp, entity))
    }

    #[inline]
    fn handle(&mut self, event: Event) {
        let slot = event.entity;
        match event.kind {
            Kind::Arrival => self.arrive(event.entity as usize),
            Kind::WorkDone => {
                if self.agent_states[event.entity as usize].work == event.stamp {
                    self.work_done(event.entity);
                }
            }
            Kind::CustomerWrites => {
                let conversation = &mut self.slots[slot as usize];
                if conversation.step == event.stamp {
                    conversation.step = NO_STAMP;
                    self.customer_writes(slot);
                } else if conversation.follow_up == event.stamp {
                    conversation.follow_up = NO_STAMP;
                    self.customer_writes(slot);
                }
            }
            Kind::BotReply => {
                if self.slots[slot as usize].step == event.stamp {
                    self.slots[slot as usize].step = NO_STAMP;
                    self.bot_replies(slot);
                }
            }
            Kind::Patience => {
                if self.slots[slot as usize].patience == event.stamp {
                    self.lose_patience(slot);
                }
            }
            Kind::Silence => {
                if self.slots[slot as usize].silence == event.stamp {
                    self.fall_silent(slot);
                }
            }
            Kind::PlaceFreed => {
                if self.slots[slot as usize].patience == event.stamp {
                    self.free_place(slot);
                }
            }
            Kind::OfferLapses => {
                if self.slots[slot as usize].step == event.stamp {
                    self.offer_lapses(slot);
                }
            }
            Kind::Overflow => {
                if self.slots[slot as usize].queue != NO_STAMP && self.overflow_is_live(slot, event.stamp) {
                    self.overflow(slot);
                }
            }
            Kind::Deadline => {
                if self.slots[slot as usize].deadline == event.stamp {
                    self.slots[slot as usize].deadline = NO_STAMP;
                    self.deadline(slot);
                }
            }
            Kind::WrapUpDone => {
                if self.agent_states[event.entity as usize].wrap_up == event.stamp {
                    self.wrapped_up(event.entity);
                }
            }
            Kind::Duty => self.change_duty(event.entity as usize),
            Kind::Return => self.come_back(event.entity as usize),
            Kind::Outage => self.bot_outage(event.entity == 0),
            Kind::Period => self.period(event.entity == 0),
            Kind::Interval => self.tick(),
        }
    }

    /// Tells the observer, if he watches this conversation.
    #[inline]
    pub(super) fn tell(&mut self, slot: u32, note: impl FnOnce(&Self) -> Note) {
        if !O::WATCHES {
            return;
        }
        let id = self.slots[slot as usize].id;
        if self.observer.watches(id) {
            let note = note(self);
            self.observer.note(self.now, id, note);
        }
    }

    /// A slot for a new conversation, to be filled.
    #[inline]
    pub(super) fn open_slot(&mut self) -> u32 {
        self.open += 1;
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Conversation::new(0, Need::default(), self.now));
            self.slots.len() as u32 - 1
        })
    }

    #[inline]
    pub(super) fn close_slot(&mut self, slot: u32) {
        debug_assert!(self.open > 0, "more conversations closed than opened");
        self.open -= 1;
        let conversation = &mut self.slots[slot as usize];
        conversation.phase = Phase::Free;
        conversation.step = NO_STAMP;
        conversation.follow_up = NO_STAMP;
        conversation.silence = NO_STAMP;
        conversation.patience = NO_STAMP;
        conversation.deadline = NO_STAMP;
        conversation.queue = NO_STAMP;
        self.free.push(slot);
    }

    fn period(&mut self, begins: bool) {
        if begins {
            self.measuring = true;
            self.accounts.begin_measuring(self.now);
            self.agent_meters.begin_measuring(self.now);
        } else {
            self.ended = true;
            self.close_the_books();
        }
    }

    /// The measured period ends: the last interval and the agents' rows are written.
    fn close_the_books(&mut self) {
        self.accounts.flush(self.now, true, &mut self.chunk);
        for agent in 0..self.agent_states.len() {
            self.meter_agent(agent as u32);
        }
        self.agent_meters.rows(&self.agents, &mut self.chunk);
        self.measuring = false;
    }

    fn tick(&mut self) {
        if self.ended {
            return;
        }
        let backlog = self.accounts.desk_backlog();
        debug_assert!(backlog as usize <= self.open);
        self.accounts.flush(self.now, false, &mut self.chunk);
        let next = self.accounts.next_tick();
        self.events.schedule(next, Kind::Interval, 0);
        self.tidy();
    }

    /// Drops stale events and entries when they outnumber what is open: memory follows the open.
    fn tidy(&mut self) {
        let slots = &self.slots;
        for room in &mut self.rooms {
            room.tidy(|entry| slots[entry.slot as usize].queue == entry.stamp);
        }
        let pending_at_most =
            4 * self.open + self.c.duty.len() + self.agent_states.len() + self.comebacks.len() + 4_096;
        if self.events.len() > 2 * pending_at_most {
            self.events.drop_stale(|kind, stamp, entity| is_stale(slots, kind, stamp, entity));
        }
    }

    fn finish(&mut self) {
        if !self.ended {
            // A limit was reached before the period ended.
            self.close_the_books();
        }
        for slot in 0..self.slots.len() as u32 {
            if self.slots[slot as usize].phase != Phase::Free {
                self.totals.open_at_end += 1;
                self.leave_open(slot);
            }
        }
        self.totals.conversations = self.next_id;
        self.totals.measured_from = self.c.measured_from.ms();
        self.totals.measured_to = self.plan.end.ms();
        self.totals.backlog_max = self.accounts.backlog_max();
    }
}

/// The conversation keeps the stamp of this timer no more. Of other events nothing is known here.
fn is_stale(slots: &[Conversation], kind: Kind, stamp: u64, entity: u32) -> bool {
    let of = |stamp_of: fn(&Conversation) -> u64| stamp_of(&slots[entity as usize]) != stamp;
    match kind {
        Kind::Patience | Kind::PlaceFreed => of(|c| c.patience),
        Kind::Deadline => of(|c| c.deadline),
        Kind::Silence => of(|c| c.silence),
        Kind::OfferLapses | Kind::BotReply => of(|c| c.step),
        Kind::CustomerWrites => of(|c| c.step) && of(|c| c.follow_up),
        _ => false,
    }
}
