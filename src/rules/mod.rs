//! Escalation and automation: when, if, then. Finds the rules an event sets off, in the scenario's
//! order; what an action does is the engine's affair.

mod words;

pub use words::WordHits;

use crate::scenario::plan::{Action, Condition, Plan, RuleIdx, Trigger};
use crate::time::{Instant, Span};

/// What a condition may look at.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Situation<'a> {
    pub intent: u16,
    pub language: u8,
    pub segment: u8,
    pub priority: u8,
    pub team: u16,
    pub source: u8,
    pub media: bool,
    pub with_bot: bool,
    pub reopens: u16,
    pub tags: u64,
    pub words: &'a WordHits,
}

/// The rules of a scenario, indexed by what sets them off.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Rules for each [`Moment`].
    by_moment: [Vec<RuleIdx>; Moment::COUNT],
    /// Rules that wait for time to pass: (what it counts from, how long, rule).
    pub timed: Vec<(Since, Span, RuleIdx)>,
    /// Rules look at message texts.
    pub reads_text: bool,
    /// Some rule asks for ratings: then only who is asked gives one.
    pub surveys: bool,
    /// Some rule waits for a clock's warning or breach.
    pub watches_clocks: bool,
}

/// Kinds of event that set rules off at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Moment {
    CustomerMessage,
    AgentMessage,
    TicketCreated,
    Assigned,
    Moved,
    Resolved,
    Reopened,
    PriorityChanged,
    Clock,
    FailedAttempts,
    Rating,
    Queued,
    StatusChanged,
}

impl Moment {
    const COUNT: usize = Moment::StatusChanged as usize + 1;
}

/// What a timed rule counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// The ticket was made.
    Created,
    /// The last message of the desk, while the customer owes an answer.
    DeskSpoke,
    /// The customer's oldest unanswered message, with people.
    CustomerSpoke,
    /// The conversation began, while it is with the bot.
    BotBegan,
}

impl Rules {
    /// Sorts the plan's rules.
    pub fn compile(plan: &Plan) -> Rules {
        let mut rules = Rules::default();
        for (index, rule) in plan.rules.iter().enumerate() {
            let index = index as RuleIdx;
            rules.reads_text |= !rule.condition.contains.is_empty();
            rules.surveys |= rule.actions.contains(&Action::Survey);
            let moment = match &rule.trigger {
                Trigger::CustomerMessage => Moment::CustomerMessage,
                Trigger::AgentMessage => Moment::AgentMessage,
                Trigger::TicketCreated => Moment::TicketCreated,
                Trigger::Assigned => Moment::Assigned,
                Trigger::Moved => Moment::Moved,
                Trigger::Resolved => Moment::Resolved,
                Trigger::Reopened => Moment::Reopened,
                Trigger::PriorityChanged => Moment::PriorityChanged,
                Trigger::ClockLeft(..)
                | Trigger::ClockWarned(_)
                | Trigger::ClockBreached(_)
                | Trigger::ClockBefore(..)
                | Trigger::ClockOverdue(..) => {
                    rules.watches_clocks = true;
                    Moment::Clock
                }
                Trigger::FailedAttempts(_) => Moment::FailedAttempts,
                Trigger::Rating(_) => Moment::Rating,
                Trigger::Backlog(_) => Moment::Queued,
                Trigger::StatusChanged(_) => Moment::StatusChanged,
                Trigger::Timer(span) => {
                    rules.timed.push((Since::Created, *span, index));
                    continue;
                }
                Trigger::CustomerIdle(span) => {
                    rules.timed.push((Since::DeskSpoke, *span, index));
                    continue;
                }
                Trigger::AgentIdle(span) => {
                    rules.timed.push((Since::CustomerSpoke, *span, index));
                    continue;
                }
                Trigger::BotTime(span) => {
                    rules.timed.push((Since::BotBegan, *span, index));
                    continue;
                }
            };
            rules.by_moment[moment as usize].push(index);
        }
        rules
    }

    /// The rules a kind of event may set off, in order.
    pub fn at(&self, moment: Moment) -> &[RuleIdx] {
        &self.by_moment[moment as usize]
    }

    /// There is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.timed.is_empty() && self.by_moment.iter().all(Vec::is_empty)
    }
}

/// Whether every part of a condition holds. `is_open` answers for calendars.
pub fn holds(condition: &Condition, rule: RuleIdx, s: &Situation<'_>, is_open: impl Fn(u16) -> bool) -> bool {
    fn any<T: PartialEq>(list: &[T], x: T) -> bool {
        list.is_empty() || list.contains(&x)
    }
    any(&condition.intents, s.intent)
        && any(&condition.languages, s.language)
        && any(&condition.segments, s.segment)
        && any(&condition.priorities, s.priority)
        && any(&condition.teams, s.team)
        && any(&condition.sources, s.source)
        && condition.media.is_none_or(|m| m == s.media)
        && condition.with_bot.is_none_or(|b| b == s.with_bot)
        && condition.reopened.is_none_or(|n| s.reopens >= n)
        && condition.tags.iter().all(|&tag| s.tags & 1 << tag != 0)
        && condition.open.is_none_or(|(calendar, open)| is_open(calendar) == open)
        && (condition.contains.is_empty() || s.words.hit(rule))
}

/// When a timed rule falls due for a ticket, given the instant its time counts from.
pub fn due(since: Instant, span: Span) -> Instant {
    if since == Instant::NEVER { Instant::NEVER } else { since + span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_must_hold() {
        let words = WordHits::default();
        let situation = Situation {
            intent: 3,
            language: 0,
            segment: 0,
            priority: 1,
            team: 2,
            source: 0,
            media: false,
            with_bot: true,
            reopens: 2,
            tags: 0b10,
            words: &words,
        };
        let check = |c: Condition| holds(&c, 0, &situation, |_| true);
        assert!(check(Condition::default()));
        assert!(check(Condition { intents: vec![1, 3], tags: vec![1], ..Condition::default() }));
        assert!(!check(Condition { intents: vec![1, 3], tags: vec![0], ..Condition::default() }));
        assert!(check(Condition { reopened: Some(2), ..Condition::default() }));
        assert!(!check(Condition { reopened: Some(3), ..Condition::default() }));
        assert!(!check(Condition { open: Some((1, false)), ..Condition::default() }));
        assert!(!check(Condition { contains: vec!["urgente".into()], ..Condition::default() }));
    }
}
