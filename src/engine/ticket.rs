//! What a ticket carries beside the conversation: SLA clocks, rules that fired, and its one timer.

use super::compiled::Compiled;
use super::conversation::Phase;
use super::event_list::{Kind, NO_STAMP};
use super::story::{Note, Observer};
use super::world::World;
use crate::bot::text::fold;
use crate::facts::{FiringRow, HandOff, NotificationRow, Outcome};
use crate::rules::{Moment, Since, Situation, WordHits, due, holds};
use crate::scenario::plan::{Action, RuleIdx, TeamIdx, Trigger};
use crate::scenario::switches::{Status, next_look};
use crate::sla::{Input, Tracker};
use crate::time::Instant;
use smallvec::SmallVec;

/// Columns beside the slab of conversations, index for index.
#[derive(Clone, Debug)]
pub(super) struct Tickets {
    /// The clocks of each ticket.
    pub trackers: Vec<Option<Tracker>>,
    pub has_policies: bool,
    overflow: Vec<u64>,
    fired: Vec<SmallVec<[(RuleIdx, u16); 2]>>,
    has_rules: bool,
    /// Which rules' words the last message contained.
    words: Vec<WordHits>,
    /// First messages, folded, where policies look for words.
    texts: Vec<String>,
    /// Rules that fired at this instant, to find loops: (slot, rule).
    cascade: Vec<(u32, RuleIdx)>,
    cascade_at: Instant,
}

impl Tickets {
    pub fn new(c: &Compiled) -> Tickets {
        Tickets {
            trackers: Vec::new(),
            has_policies: !c.plan.policies.is_empty(),
            overflow: Vec::new(),
            fired: Vec::new(),
            has_rules: !c.rules.is_empty(),
            words: Vec::new(),
            texts: Vec::new(),
            cascade: Vec::new(),
            cascade_at: Instant(i64::MIN),
        }
    }

    #[inline]
    pub fn opened(&mut self, slot: u32) {
        let s = slot as usize;
        if self.overflow.len() <= s {
            self.overflow.resize(s + 1, NO_STAMP);
            if self.has_rules {
                self.fired.resize(s + 1, SmallVec::new());
                self.words.resize(s + 1, WordHits::default());
            }
        }
        self.overflow[s] = NO_STAMP;
        if self.has_policies {
            if self.trackers.len() <= s {
                self.trackers.resize(s + 1, None);
            }
            self.trackers[s] = None;
        }
        if let Some(text) = self.texts.get_mut(s) {
            text.clear();
        }
        if self.has_rules {
            self.fired[s].clear();
            self.words[s] = WordHits::default();
        }
    }

    #[inline]
    pub fn closed(&mut self, slot: u32) {
        self.overflow[slot as usize] = NO_STAMP;
    }

    pub fn set_words(&mut self, slot: u32, words: WordHits) {
        self.words[slot as usize] = words;
    }

    /// Keeps the text that policies look at.
    pub fn set_text(&mut self, slot: u32, text: &str) {
        if self.texts.len() <= slot as usize {
            self.texts.resize(slot as usize + 1, String::new());
        }
        self.texts[slot as usize] = fold(text);
    }

    pub fn text(&self, slot: u32) -> &str {
        self.texts.get(slot as usize).map_or("", String::as_str)
    }

    #[inline]
    pub fn set_overflow(&mut self, slot: u32, stamp: u64) {
        self.overflow[slot as usize] = stamp;
    }

    #[inline]
    pub fn overflow(&self, slot: u32) -> u64 {
        self.overflow[slot as usize]
    }

    /// The earliest due time of the ticket's running clocks.
    #[inline]
    pub fn due(&self, slot: u32) -> Instant {
        match self.trackers.get(slot as usize) {
            Some(Some(tracker)) => tracker.next_due().unwrap_or(Instant::NEVER),
            _ => Instant::NEVER,
        }
    }

    /// Whether the rule fired for the ticket at this very instant already.
    fn loops(&mut self, now: Instant, slot: u32, rule: RuleIdx) -> bool {
        if self.cascade_at != now {
            self.cascade_at = now;
            self.cascade.clear();
        }
        if self.cascade.contains(&(slot, rule)) {
            return true;
        }
        self.cascade.push((slot, rule));
        false
    }

    /// Counts a firing; false if the rule has fired as often as it may.
    fn count(&mut self, slot: u32, rule: RuleIdx, max: u16) -> bool {
        let fired = &mut self.fired[slot as usize];
        match fired.iter_mut().find(|(r, _)| *r == rule) {
            Some((_, n)) if *n >= max => false,
            Some((_, n)) => {
                *n += 1;
                true
            }
            None => {
                fired.push((rule, 1));
                max > 0
            }
        }
    }
}

impl<O: Observer> World<'_, O> {
    /// Runs the rules that a kind of event sets off, in order.
    #[inline]
    pub(super) fn fire(&mut self, slot: u32, moment: Moment, number: u32) {
        if self.tickets.has_rules {
            self.try_rules(slot, moment, number);
        }
    }

    #[inline(never)]
    fn try_rules(&mut self, slot: u32, moment: Moment, number: u32) {
        let c = self.c;
        for &rule in c.rules.at(moment) {
            let sets_off = match c.plan.rules[usize::from(rule)].trigger {
                Trigger::FailedAttempts(n) => number == u32::from(n),
                Trigger::Rating(worst) => number <= u32::from(worst),
                Trigger::Backlog(n) => number > n,
                Trigger::StatusChanged(status) => number == status as u32,
                _ => true,
            };
            if sets_off && !self.try_rule(slot, rule) {
                return;
            }
        }
    }

    /// Fires a rule if its condition holds. False: no later rule is to be tried.
    pub(super) fn try_rule(&mut self, slot: u32, index: RuleIdx) -> bool {
        let c = self.c;
        let rule = &c.plan.rules[usize::from(index)];
        if self.slots[slot as usize].phase == Phase::Free {
            return false;
        }
        let conversation = &self.slots[slot as usize];
        let situation = Situation {
            intent: conversation.need.intent,
            language: conversation.need.language,
            segment: conversation.need.segment,
            priority: conversation.priority,
            team: conversation.team,
            source: conversation.need.source,
            media: conversation.need.media,
            with_bot: conversation.phase == Phase::Bot,
            reopens: u16::from(conversation.reopens),
            tags: conversation.tags,
            words: &self.tickets.words[slot as usize],
        };
        let now = self.now;
        if !holds(&rule.condition, index, &situation, |calendar| self.c.is_open(calendar, now)) {
            return true;
        }
        let looped = self.tickets.loops(now, slot, index);
        if !looped && !self.tickets.count(slot, index, rule.max_per_conversation) {
            return true;
        }
        let conversation = self.slots[slot as usize].id;
        self.chunk.firings.push(FiringRow { at: now.ms(), rule: index, conversation, looped });
        if looped {
            self.tell(slot, |_| Note::RuleLooped { rule: index });
            return true;
        }
        self.tell(slot, |_| Note::RuleFired { rule: index });
        for action in &rule.actions {
            self.act(slot, index, action);
            if self.slots[slot as usize].phase == Phase::Free {
                return false;
            }
        }
        !rule.stop
    }

    fn act(&mut self, slot: u32, rule: RuleIdx, action: &Action) {
        match action {
            Action::HandOff(team) => self.hand_off(slot, HandOff::Rule, *team),
            Action::SetPriority(priority) => self.set_priority(slot, *priority),
            Action::MoveTo(team) => self.move_to(slot, *team),
            Action::Escalate(team) => {
                if let Some(team) = team.or_else(|| self.next_level(slot)) {
                    self.move_to(slot, team);
                }
            }
            Action::Notify { recipient, template } => {
                let conversation = self.slots[slot as usize].id;
                self.chunk.notifications.push(NotificationRow {
                    at: self.now.ms(),
                    rule,
                    recipient: *recipient,
                    conversation,
                    template: *template,
                });
                let recipient = *recipient;
                self.tell(slot, |_| Note::Notified { recipient, rule });
            }
            Action::Tag(tag) => {
                self.slots[slot as usize].tags |= 1 << (tag & 63);
                self.choose_policy(slot);
            }
            Action::SendMessage => {
                self.send(slot);
                let conversation = &mut self.slots[slot as usize];
                conversation.bot_messages = conversation.bot_messages.saturating_add(1);
            }
            Action::Close => self.close_by_rule(slot),
            Action::Survey => {
                self.send(slot);
                self.slots[slot as usize].surveyed = true;
            }
            Action::Snooze(span) => self.snooze(slot, *span),
        }
    }

    fn set_priority(&mut self, slot: u32, to: u8) {
        let from = self.slots[slot as usize].priority;
        if from == to {
            return;
        }
        self.slots[slot as usize].priority = to;
        self.tell(slot, |_| Note::PriorityChanged { from, to });
        self.clock(slot, Input::Priority(to));
        self.choose_policy(slot);
        // Its place in the queue follows.
        if self.slots[slot as usize].phase == Phase::Queue && self.slots[slot as usize].queue != NO_STAMP {
            self.requeue(slot);
        }
        self.fire(slot, Moment::PriorityChanged, 0);
    }

    /// The first team of the next level above the conversation's.
    fn next_level(&self, slot: u32) -> Option<TeamIdx> {
        let team = self.slots[slot as usize].team;
        let level = self.plan.teams.get(usize::from(team)).map_or(0, |t| t.level);
        (0..self.plan.teams.len() as TeamIdx)
            .filter(|&t| self.plan.teams[usize::from(t)].level > level)
            .min_by_key(|&t| (self.plan.teams[usize::from(t)].level, t))
    }

    /// Closed by a rule: what was not solved stays unsolved.
    fn close_by_rule(&mut self, slot: u32) {
        match self.slots[slot as usize].phase {
            Phase::Bot => self.end(slot, Outcome::LeftBot),
            Phase::Queue => {
                if self.slots[slot as usize].queue != NO_STAMP {
                    self.leave_queue(slot, crate::facts::QueueEnd::Moved);
                }
                let answered = self.slots[slot as usize].human_answered;
                self.end(slot, if answered { Outcome::LeftAgent } else { Outcome::Abandoned });
            }
            Phase::Agent | Phase::Offered => {
                self.drop_work(slot);
                self.release_agent(slot);
                self.end(slot, Outcome::LeftAgent);
            }
            Phase::Snoozed => self.end(slot, Outcome::LeftAgent),
            Phase::Resolved | Phase::Free => {}
        }
    }

    /// Put aside: nobody has it, no patience runs, the clocks stand where the desk says so.
    fn snooze(&mut self, slot: u32, span: crate::time::Span) {
        match self.slots[slot as usize].phase {
            Phase::Queue => {
                if self.slots[slot as usize].queue != NO_STAMP {
                    self.leave_queue(slot, crate::facts::QueueEnd::Moved);
                }
            }
            Phase::Agent | Phase::Offered => {
                let left = self.drop_work(slot);
                self.slots[slot as usize].work_left = left.unwrap_or(-1.0);
                self.release_agent(slot);
            }
            Phase::Bot | Phase::Snoozed | Phase::Resolved | Phase::Free => return,
        }
        let until = self.now + span;
        let wakes = self.events.schedule(until, Kind::Patience, slot);
        let conversation = &mut self.slots[slot as usize];
        conversation.phase = Phase::Snoozed;
        conversation.patience = wakes;
        self.tell(slot, |_| Note::Snoozed { until });
        self.set_status(slot, Status::Snoozed);
    }

    /// The time is over, or the customer wrote: it queues again, in its old place.
    pub(super) fn wake(&mut self, slot: u32) {
        let conversation = &mut self.slots[slot as usize];
        conversation.patience = NO_STAMP;
        let (team, rank_since) = (conversation.team, conversation.rank_since);
        let rank_since = rank_since.known().unwrap_or(self.now);
        self.set_status(slot, Status::Open);
        if self.slots[slot as usize].phase != Phase::Snoozed {
            // A rule has closed it or given it to somebody.
            return;
        }
        self.enqueue(slot, team, rank_since);
        self.arm_deadline(slot);
    }

    /// Sets the ticket's one timer to its earliest deadline.
    #[inline]
    pub(super) fn arm_deadline(&mut self, slot: u32) {
        if self.c.has_deadlines || O::WATCHES {
            self.set_timer(slot);
        }
    }

    #[inline(never)]
    fn set_timer(&mut self, slot: u32) {
        let next = self.next_deadline(slot);
        let conversation = &mut self.slots[slot as usize];
        if conversation.phase == Phase::Free {
            return;
        }
        let at = next.known().map_or(Instant::NEVER, |at| at.max(self.now));
        if conversation.deadline != NO_STAMP && conversation.deadline_at == at {
            return;
        }
        conversation.deadline_at = at;
        conversation.deadline = match at.known() {
            Some(at) => self.events.schedule(at, Kind::Deadline, slot),
            None => NO_STAMP,
        };
    }

    fn timed_due(&self, slot: u32, since: Since, span: crate::time::Span) -> Instant {
        let conversation = &self.slots[slot as usize];
        let at = due(
            match since {
                Since::Created => conversation.ticket_at,
                Since::DeskSpoke => conversation.desk_spoke_at,
                Since::CustomerSpoke if conversation.in_desk() => conversation.waiting_since,
                Since::BotBegan if conversation.phase == Phase::Bot => conversation.bot_since,
                Since::CustomerSpoke | Since::BotBegan => Instant::NEVER,
            },
            span,
        );
        // The bot's own time is the flow's affair, not the help desk's.
        let exact = since == Since::BotBegan;
        if exact { at } else { next_look(at, self.plan.desk.clocks.timed_rules_every) }
    }

    fn next_deadline(&self, slot: u32) -> Instant {
        let done = self.slots[slot as usize].deadlines_done;
        let mut next = self.bot_limit(slot).min(self.clock_next_deadline(slot));
        for &rule in self.c.rules.at(Moment::Clock) {
            let at = self.clock_rule_due(slot, &self.plan.rules[usize::from(rule)].trigger);
            if at > done {
                next = next.min(at);
            }
        }
        for &(since, span, _) in &self.c.rules.timed {
            let at = self.timed_due(slot, since, span);
            if at > done {
                next = next.min(at);
            }
        }
        next
    }

    /// The ticket's timer rings: whatever is due happens, then it is set anew.
    pub(super) fn deadline(&mut self, slot: u32) {
        let now = self.now;
        let done = std::mem::replace(&mut self.slots[slot as usize].deadlines_done, now);
        if self.bot_limit(slot) <= now {
            self.hand_off(slot, HandOff::TimeLimit, None);
        }
        let c = self.c;
        for &(since, span, rule) in &c.rules.timed {
            let at = self.timed_due(slot, since, span);
            if at > done && at <= now && !self.try_rule(slot, rule) {
                break;
            }
        }
        for &rule in c.rules.at(Moment::Clock) {
            let at = self.clock_rule_due(slot, &c.plan.rules[usize::from(rule)].trigger);
            if at > done && at <= now && !self.try_rule(slot, rule) {
                break;
            }
        }
        self.clock_deadlines(slot);
        if self.slots[slot as usize].phase != Phase::Free {
            self.arm_deadline(slot);
        }
    }
}
