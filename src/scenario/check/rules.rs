//! `[[sla]]` and `[[rule]]`.

use super::Checker;
use super::names::Kind;
use crate::diag::Diagnostic;
use crate::scenario::plan::{Action, ClockKind, Condition, Policy, Rule, Trigger};
use crate::scenario::raw::leaf::{At, PlainOr};
use crate::scenario::raw::{
    self, ActionTable, ActionWord, ClockWord, MessengerWord, Targets, TriggerTable, TriggerWord,
};
use crate::scenario::switches::Status;
use crate::time::Span;
use std::collections::BTreeMap;
use std::ops::Range;

impl Checker<'_> {
    /// SLA policies in order.
    pub fn policies(&mut self) -> Vec<Policy> {
        let raw = self.raw;
        self.unique("sla", raw.sla.iter().map(|policy| &policy.value.name));
        raw.sla.iter().map(|policy| self.policy(policy)).collect()
    }

    fn policy(&mut self, at: &At<raw::Sla>) -> Policy {
        let policy = &at.value;
        let targets = [
            &policy.first_response,
            &policy.next_response,
            &policy.resolution,
            &policy.escalation,
            &policy.update,
            &policy.requester_wait,
            &policy.assignment,
        ];
        if targets.iter().all(|targets| targets.is_none()) {
            self.fault(
                Diagnostic::error("HS0104", format!("policy `{}` has no target", policy.name.value))
                    .mark(policy.name.span.clone(), "promises nothing")
                    .help("give `first_response`, `next_response`, `resolution` or `escalation`"),
            );
        }
        let [first_response, next_response, resolution, escalation, update, requester_wait, assignment] =
            targets.map(|targets| self.targets(targets));
        Policy {
            name: policy.name.value.clone(),
            calendar: policy.calendar.as_ref().map_or(0, |name| self.name(Kind::Calendar, name) as u16),
            when: self.condition(&policy.condition),
            first_response,
            next_response,
            resolution,
            escalation,
            update,
            requester_wait,
            assignment,
            default: policy.default,
            warn_left: policy.warn_left.as_ref().map(|left| left.value.0),
            bot_answers: policy.bot_answers,
            line: self.texts.line(&at.span),
        }
    }

    /// One target for each priority.
    fn targets(&mut self, targets: &Option<At<Targets>>) -> Vec<Option<Span>> {
        let mut by_priority = vec![None; self.names.list(Kind::Priority).len()];
        let Some(targets) = targets else { return by_priority };
        match &targets.value {
            PlainOr::Plain(target) => {
                self.above_zero(&At { value: *target, span: targets.span.clone() });
                by_priority.fill(Some(target.span()));
            }
            PlainOr::Table(table) => {
                for (priority, target) in table {
                    self.above_zero(target);
                    let index = self.name(Kind::Priority, priority);
                    if let Some(slot) = by_priority.get_mut(index) {
                        *slot = Some(target.value.span());
                    }
                }
            }
        }
        by_priority
    }

    fn condition(&mut self, condition: &Option<At<raw::Condition>>) -> Condition {
        let Some(at) = condition else { return Condition::default() };
        let condition = &at.value;
        let open = match (&condition.open, &condition.closed) {
            (Some(open), Some(closed)) => {
                self.fault(
                    Diagnostic::error("HS0401", "`open` and `closed` exclude each other")
                        .mark(open.span.clone(), "within the hours")
                        .mark(closed.span.clone(), "outside the hours"),
                );
                None
            }
            (Some(calendar), None) => Some((self.name(Kind::Calendar, calendar) as u16, true)),
            (None, Some(calendar)) => Some((self.name(Kind::Calendar, calendar) as u16, false)),
            (None, None) => None,
        };
        let contains = condition.contains.iter().flat_map(|words| &words.0);
        for word in contains.clone().filter(|word| word.value.trim().is_empty()) {
            self.faults.push(
                Diagnostic::error("HS0302", "an empty word is in every message")
                    .mark(word.span.clone(), "empty"),
            );
        }
        let moods = condition.sentiment.iter().flat_map(|mood| mood.words()).map(|word| (*word).to_owned());
        Condition {
            contains: contains.map(|word| word.value.clone()).chain(moods).collect(),
            intents: self.names_of(Kind::Intent, &condition.intent),
            languages: self.names_of(Kind::Language, &condition.language),
            segments: self.names_of(Kind::Segment, &condition.segment),
            priorities: self.names_of(Kind::Priority, &condition.priority),
            teams: self.names_of(Kind::Team, &condition.team),
            sources: self.names_of(Kind::Traffic, &condition.traffic),
            media: condition.media,
            open,
            reopened: condition.reopened,
            with_bot: condition.with_bot,
            tags: self.names_of(Kind::Tag, &condition.tag),
        }
    }

    /// Rules in order, and the people they notify.
    pub fn rules(&mut self) -> (Vec<Rule>, Vec<String>) {
        let raw = self.raw;
        self.unique("rule", raw.rule.iter().map(|rule| &rule.value.name));
        let mut recipients = Vec::new();
        let rules = raw
            .rule
            .iter()
            .map(|rule| Rule {
                name: rule.value.name.value.clone(),
                trigger: self.trigger(&rule.value.when),
                condition: self.condition(&rule.value.condition),
                actions: self.actions(&rule.value, &mut recipients),
                stop: rule.value.stop,
                max_per_conversation: rule.value.max_per_conversation.value,
                line: self.texts.line(&rule.span),
            })
            .collect();
        (rules, recipients)
    }

    fn trigger(&mut self, when: &At<raw::When>) -> Trigger {
        match &when.value {
            PlainOr::Plain(word) => match word {
                TriggerWord::CustomerMessage => Trigger::CustomerMessage,
                TriggerWord::AgentMessage => Trigger::AgentMessage,
                TriggerWord::TicketCreated => Trigger::TicketCreated,
                TriggerWord::Assigned => Trigger::Assigned,
                TriggerWord::Moved => Trigger::Moved,
                TriggerWord::Resolved => Trigger::Resolved,
                TriggerWord::Reopened => Trigger::Reopened,
                TriggerWord::PriorityChanged => Trigger::PriorityChanged,
            },
            PlainOr::Table(table) => self.trigger_table(table, &when.span),
        }
    }

    fn trigger_table(&mut self, table: &TriggerTable, span: &Range<usize>) -> Trigger {
        let clock = table.clock.as_ref().map(|clock| {
            let kind = clock_kind(clock.value);
            match (&table.left, &table.warned, &table.before, &table.overdue) {
                (Some(left), ..) => Trigger::ClockLeft(kind, left.value.0),
                (None, Some(At { value: true, .. }), ..) => Trigger::ClockWarned(kind),
                (None, _, Some(before), _) => Trigger::ClockBefore(kind, before.value.span()),
                (None, _, None, Some(overdue)) => Trigger::ClockOverdue(kind, overdue.value.span()),
                (None, _, None, None) => Trigger::ClockBreached(kind),
            }
        });
        let moments = [
            ("left", table.left.as_ref().map(|at| &at.span)),
            ("warned", table.warned.as_ref().filter(|at| at.value).map(|at| &at.span)),
            ("before", table.before.as_ref().map(|at| &at.span)),
            ("overdue", table.overdue.as_ref().map(|at| &at.span)),
        ];
        let given: Vec<_> = moments.into_iter().filter_map(|(key, span)| Some((key, span?))).collect();
        if let ([(key, span), ..], None) = (given.as_slice(), &table.clock) {
            self.fault(
                Diagnostic::error("HS0104", format!("`{key}` needs a `clock`"))
                    .mark((*span).clone(), "of which clock?"),
            );
            return Trigger::CustomerMessage;
        }
        if let [(key, span), (other, second), ..] = given.as_slice() {
            self.fault(
                Diagnostic::error("HS0401", format!("`{key}` and `{other}` exclude each other"))
                    .mark((*span).clone(), "at this moment")
                    .mark((*second).clone(), "or at this"),
            );
            return Trigger::CustomerMessage;
        }
        let triggers: Vec<Trigger> = [
            clock,
            table.after.as_ref().map(|at| Trigger::Timer(at.value.span())),
            table.customer_idle.as_ref().map(|at| Trigger::CustomerIdle(at.value.span())),
            table.agent_idle.as_ref().map(|at| Trigger::AgentIdle(at.value.span())),
            table.failed_attempts.as_ref().map(|at| Trigger::FailedAttempts(at.value)),
            table.bot_time.as_ref().map(|at| Trigger::BotTime(at.value.span())),
            table.rating.as_ref().map(|at| Trigger::Rating(at.value)),
            table.backlog.as_ref().map(|at| Trigger::Backlog(at.value)),
            table.status.as_ref().map(|at| Trigger::StatusChanged(at.value)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let spans = [
            &table.after,
            &table.customer_idle,
            &table.agent_idle,
            &table.bot_time,
            &table.before,
            &table.overdue,
        ];
        for at in spans.into_iter().flatten() {
            self.above_zero(at);
        }
        if let Some(status) = &table.status
            && matches!(status.value, Status::New | Status::OnHold | Status::Closed)
        {
            self.fault(
                Diagnostic::warning("HS0516", "a simulated ticket never gets this status")
                    .mark(status.span.clone(), "the rule never fires")
                    .help("it becomes `open`, `pending`, `snoozed` or `resolved`"),
            );
        }
        match triggers.as_slice() {
            [only] => only.clone(),
            _ => {
                self.fault(
                    Diagnostic::error("HS0401", "`when` names exactly one event")
                        .mark(span.clone(), format!("{} of them here", triggers.len()))
                        .help(
                            "one of `clock`, `after`, `customer_idle`, `agent_idle`, `failed_attempts`, `bot_time`, \
                             `rating`, `backlog`, `status`",
                        ),
                );
                Trigger::CustomerMessage
            }
        }
    }

    fn actions(&mut self, rule: &raw::Rule, recipients: &mut Vec<String>) -> Vec<Action> {
        if rule.then.0.is_empty() {
            self.fault(
                Diagnostic::error("HS0302", format!("rule `{}` does nothing", rule.name.value))
                    .mark(rule.name.span.clone(), "`then` is empty"),
            );
        }
        rule.then
            .0
            .iter()
            .filter_map(|action| match &action.value {
                PlainOr::Plain(word) => Some(match word {
                    ActionWord::HandOff => Action::HandOff(None),
                    ActionWord::Escalate => Action::Escalate(None),
                    ActionWord::SendMessage => Action::SendMessage,
                    ActionWord::Close => Action::Close,
                    ActionWord::Survey => Action::Survey,
                }),
                PlainOr::Table(table) => self.action_table(table, &action.span, recipients),
            })
            .collect()
    }

    fn action_table(
        &mut self,
        table: &ActionTable,
        span: &Range<usize>,
        recipients: &mut Vec<String>,
    ) -> Option<Action> {
        if let (Some(by), None) = (&table.by, &table.notify) {
            self.fault(
                Diagnostic::error("HS0104", "`by` needs a `notify`").mark(by.span.clone(), "who is told?"),
            );
            return None;
        }
        let actions = [
            table.hand_off.as_ref().map(|team| Action::HandOff(Some(self.name(Kind::Team, team) as u16))),
            table.priority.as_ref().map(|name| Action::SetPriority(self.name(Kind::Priority, name) as u8)),
            table.move_to.as_ref().map(|team| Action::MoveTo(self.name(Kind::Team, team) as u16)),
            table.escalate.as_ref().map(|team| Action::Escalate(Some(self.name(Kind::Team, team) as u16))),
            table.notify.as_ref().map(|who| Action::Notify {
                recipient: index_of(recipients, &who.value),
                template: table.by.as_ref().is_some_and(|by| by.value == MessengerWord::Template),
            }),
            table.tag.as_ref().map(|tag| Action::Tag(self.name(Kind::Tag, tag) as u8)),
            table.snooze.as_ref().map(|span| {
                self.above_zero(span);
                Action::Snooze(span.value.span())
            }),
        ];
        let mut given = actions.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(action), None) => Some(action),
            (first, _) => {
                let found = if first.is_none() { "none here" } else { "more than one here" };
                self.fault(
                    Diagnostic::error("HS0401", "an action is exactly one thing to do")
                        .mark(span.clone(), found)
                        .help("write a list for several: `then = [{ priority = \"urgent\" }, { tag = \"vip\" }]`"),
                );
                None
            }
        }
    }

    fn unique<'n>(&mut self, noun: &str, names: impl Iterator<Item = &'n At<String>>) {
        let mut first: BTreeMap<&str, &At<String>> = BTreeMap::new();
        for name in names {
            if let Some(before) = first.insert(&name.value, name) {
                self.fault(
                    Diagnostic::error("HS0205", format!("{noun} `{}` is defined twice", name.value))
                        .mark(name.span.clone(), "the second time")
                        .mark(before.span.clone(), "the first time"),
                );
            }
        }
    }
}

fn index_of(names: &mut Vec<String>, name: &str) -> u16 {
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn clock_kind(word: ClockWord) -> ClockKind {
    match word {
        ClockWord::FirstResponse => ClockKind::FirstResponse,
        ClockWord::NextResponse => ClockKind::NextResponse,
        ClockWord::Resolution => ClockKind::Resolution,
        ClockWord::Escalation => ClockKind::Escalation,
        ClockWord::Update => ClockKind::Update,
        ClockWord::RequesterWait => ClockKind::RequesterWait,
        ClockWord::Assignment => ClockKind::Assignment,
    }
}
