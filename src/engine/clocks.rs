//! The SLA clocks of tickets: what happens in the engine is told to each ticket's tracker, and the
//! records it gives become rows.

use super::conversation::NO_TEAM;
use super::story::{Note, Observer};
use super::world::World;
use crate::facts::{Cause, ClockRow, NONE};
use crate::rules::Moment;
use crate::scenario::plan::{ClockKind, PolicyIdx, Trigger};
use crate::scenario::switches::{Status, next_look};
use crate::sla::{ClockRecord, Deadline, Input, Opening, TicketFacts, Tracker};
use crate::time::{Instant, Span};
use smallvec::SmallVec;

impl<O: Observer> World<'_, O> {
    /// The first message arrived: the ticket begins now, if the desk makes tickets of bot talks, too.
    pub(super) fn clock_began(&mut self, slot: u32) {
        if self.plan.desk.ticket_at_first_message {
            self.start_tracker(slot);
        }
    }

    /// A person's ticket is made, or handed over if the bot had it already.
    pub(super) fn clock_ticket_created(&mut self, slot: u32) {
        if !self.tickets.has_policies {
            return;
        }
        if self.tickets.trackers[slot as usize].is_some() {
            self.clock(slot, Input::HandedOff);
            self.clock_team(slot);
        } else {
            self.start_tracker(slot);
            self.clock_team(slot);
            self.clock(slot, Input::CustomerMessage);
        }
    }

    /// Where teams have hours of their own: tells the clocks whose they are now.
    #[inline]
    pub(super) fn clock_team(&mut self, slot: u32) {
        if self.c.policies.has_team_calendars() {
            let team = self.slots[slot as usize].team;
            self.clock(slot, Input::Team(Some(team)));
        }
    }

    fn start_tracker(&mut self, slot: u32) {
        if !self.tickets.has_policies {
            return;
        }
        if self.c.policies.reads_text() {
            self.tickets.set_text(slot, &self.talks.text);
        }
        let policy = self.select_policy(slot);
        let conversation = &self.slots[slot as usize];
        let with_bot = !conversation.in_desk();
        let policies = &self.c.policies;
        let opening = Opening {
            at: self.now,
            policy,
            priority: conversation.priority,
            status: Status::Open,
            by_agent: false,
            with_bot,
        };
        self.tickets.trackers[slot as usize] = Some(Tracker::start(opening, policies));
        let priority = self.slots[slot as usize].priority;
        self.tell(slot, |_| Note::TicketCreated { priority, policy });
    }

    /// The policy that its facts of now select.
    fn select_policy(&self, slot: u32) -> Option<PolicyIdx> {
        let conversation = &self.slots[slot as usize];
        self.c.policies.select(&TicketFacts {
            at: self.now,
            text: self.tickets.text(slot),
            intent: conversation.need.intent,
            language: conversation.need.language,
            segment: conversation.need.segment,
            priority: conversation.priority,
            team: (conversation.team != NO_TEAM).then_some(conversation.team),
            source: conversation.need.source,
            media: conversation.need.media,
            reopened: u16::from(conversation.reopens),
            with_bot: !conversation.in_desk(),
            tags: conversation.tags,
        })
    }

    /// Something that policies ask for changed: another may apply from now on.
    pub(super) fn choose_policy(&mut self, slot: u32) {
        self.clock_team(slot);
        if !self.tickets.has_policies || !self.c.policies.may_change() {
            return;
        }
        let Some(before) = self.tickets.trackers[slot as usize].as_ref().map(Tracker::policy) else { return };
        let policy = self.select_policy(slot);
        if policy != before {
            self.clock(slot, Input::Policy(policy));
        }
    }

    /// Tells the ticket's clocks that something happened.
    #[inline]
    pub(super) fn clock(&mut self, slot: u32, input: Input) {
        if self.tickets.has_policies {
            self.tell_clocks(slot, input);
        }
    }

    #[inline(never)]
    fn tell_clocks(&mut self, slot: u32, input: Input) {
        let Some(tracker) = &mut self.tickets.trackers[slot as usize] else { return };
        let mut ended: SmallVec<[ClockRecord; 4]> = SmallVec::new();
        tracker.apply(self.now, input, &self.c.policies, &mut |record| ended.push(record));
        for record in ended {
            self.clock_ended(slot, record);
        }
    }

    /// The ticket's status changes: its clocks and the rules that wait for it are told.
    #[inline]
    pub(super) fn set_status(&mut self, slot: u32, status: Status) {
        let before = std::mem::replace(&mut self.slots[slot as usize].status, status);
        if before != status {
            self.tell(slot, |_| Note::StatusChanged { to: status });
        }
        self.clock(slot, Input::Status(status));
        if before != status {
            self.fire(slot, Moment::StatusChanged, status as u32);
        }
    }

    /// The conversation is over: what its clocks did is written down.
    #[inline]
    pub(super) fn clock_finish(&mut self, slot: u32) {
        if self.tickets.has_policies {
            self.finish_clocks(slot);
        }
    }

    #[inline(never)]
    fn finish_clocks(&mut self, slot: u32) {
        let Some(tracker) = self.tickets.trackers[slot as usize].take() else { return };
        if let Some(resolved_at) = self.slots[slot as usize].resolved_at.known() {
            let held = tracker.held(ClockKind::Resolution, resolved_at, &self.c.policies);
            self.slots[slot as usize].paused_ms = held.ms();
        }
        let mut ended: SmallVec<[ClockRecord; 4]> = SmallVec::new();
        tracker.finish(self.now, &self.c.policies, &mut |record| ended.push(record));
        for record in ended {
            self.clock_ended(slot, record);
        }
    }

    fn clock_ended(&mut self, slot: u32, record: ClockRecord) {
        let cause = if record.breached { self.cause(slot, &record) } else { Cause::None };
        let conversation = &self.slots[slot as usize];
        self.chunk.clocks.push(ClockRow {
            conversation: conversation.id,
            clock: record.kind as u8,
            policy: record.policy,
            team: if conversation.team == NO_TEAM { NONE } else { conversation.team },
            intent: conversation.need.intent,
            segment: conversation.need.segment,
            language: conversation.need.language,
            source: conversation.need.source,
            priority: record.priority,
            measured: conversation.measured,
            started_at: record.started.ms(),
            due_at: record.due.ms(),
            ended_at: record.ended.ms(),
            paused: record.paused.ms(),
            used: record.used.ms(),
            target: record.target.ms(),
            breached: record.breached,
            counts: record.ended != Instant::NEVER || record.breached,
            cause: cause as u8,
        });
        self.tell(slot, |_| Note::ClockEnded {
            clock: record.kind,
            due: record.due,
            breached: record.breached,
            used_ms: record.used.ms(),
            target_ms: record.target.ms(),
        });
    }

    /// Where most of the time of a breached clock went.
    fn cause(&self, slot: u32, record: &ClockRecord) -> Cause {
        let c = &self.slots[slot as usize];
        let until = record.ended.min(self.now);
        let overlap = |from: Instant, to: Instant| (to.min(until) - from.max(record.started)).ms().max(0);
        let bot = if c.bot_seen && c.handed_off_at != Instant::NEVER {
            overlap(c.started_at, c.handed_off_at)
        } else {
            0
        };
        let waiting_now =
            if c.queue != super::event_list::NO_STAMP { (until - c.queued_at).ms().max(0) } else { 0 };
        let total = (until - record.started).ms().max(0);
        let queue = (c.queue_ms + waiting_now).min(total);
        let silent = c.silent_ms.min(total);
        let handling = (total - bot - queue - silent).max(0);
        let in_queue = if c.saw_staff {
            Cause::AtCapacity
        } else if !self.c.is_open(self.c.policies.calendar_of(Some(record.policy)), c.queued_at) {
            Cause::OutsideHours
        } else {
            Cause::NobodyOnShift
        };
        let parts = [
            (queue, in_queue),
            (bot, Cause::BotTime),
            (handling, Cause::Handling),
            (silent, Cause::CustomerSilent),
        ];
        parts.into_iter().max_by_key(|(ms, _)| *ms).map_or(Cause::None, |(_, cause)| cause)
    }

    /// Warnings and breaches that have come due set off their rules.
    pub(super) fn clock_deadlines(&mut self, slot: u32) {
        if !self.tickets.has_policies {
            return;
        }
        while let Some(tracker) = &mut self.tickets.trackers[slot as usize] {
            let due = tracker.next_due().unwrap_or(Instant::NEVER);
            let Some((clock, deadline)) = tracker.pass_deadline(self.now, &self.c.policies) else { break };
            self.tell(slot, |_| match deadline {
                Deadline::Warn => Note::ClockWarned { clock, due },
                Deadline::Due => Note::ClockBreached { clock, due },
            });
            if self.plan.desk.clocks.clock_rules_every > Span::ZERO {
                // Its rules wait for the next look.
                continue;
            }
            self.fire_clock(slot, |trigger| match deadline {
                Deadline::Warn => *trigger == Trigger::ClockWarned(clock),
                Deadline::Due => *trigger == Trigger::ClockBreached(clock),
            });
        }
    }

    /// When a rule on a clock is due by itself: one that waits for an instant before or after the due date, or
    /// whichever is looked at only every so often.
    pub(super) fn clock_rule_due(&self, slot: u32, trigger: &Trigger) -> Instant {
        let Some(Some(tracker)) = self.tickets.trackers.get(slot as usize) else { return Instant::NEVER };
        let every = self.plan.desk.clocks.clock_rules_every;
        let at = match *trigger {
            Trigger::ClockLeft(clock, left) => tracker.left_at(clock, left, &self.c.policies),
            Trigger::ClockBefore(clock, span) => tracker.due(clock).map(|due| due - span),
            Trigger::ClockOverdue(clock, span) => tracker.due(clock).map(|due| due + span),
            Trigger::ClockBreached(clock) if every > Span::ZERO => tracker.due(clock),
            Trigger::ClockWarned(clock) if every > Span::ZERO => tracker.warns_at(clock),
            _ => None,
        };
        at.map_or(Instant::NEVER, |at| next_look(at, every))
    }

    fn fire_clock(&mut self, slot: u32, of: impl Fn(&Trigger) -> bool) {
        let c = self.c;
        for &rule in c.rules.at(Moment::Clock) {
            if of(&c.plan.rules[usize::from(rule)].trigger) && !self.try_rule(slot, rule) {
                return;
            }
        }
    }

    /// The ticket's clocks have deadlines that something waits for.
    pub(super) fn clock_next_deadline(&self, slot: u32) -> Instant {
        let watched = self.c.rules.watches_clocks || self.c.policies.judges_at_poll();
        if !watched && !self.observer.watches(self.slots[slot as usize].id) {
            return Instant::NEVER;
        }
        let Some(Some(tracker)) = self.tickets.trackers.get(slot as usize) else { return Instant::NEVER };
        tracker.next_deadline(&self.c.policies).map_or(Instant::NEVER, |(at, ..)| at)
    }
}
