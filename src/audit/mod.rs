//! The audit of what really happened: a recorded traffic log becomes the same [`facts`](crate::facts)
//! a simulation gives, with the same policies, calendars and clocks, and nothing simulated. What is
//! right of the facts (measures, reports) cannot tell the difference.

mod cause;
mod known;
mod row;

pub use known::Known;

use crate::facts::{Cause, Chunk, ClockRow, NONE, NotificationRow, RunTotals, Sink};
use crate::scenario::plan::{Plan, Trigger};
use crate::scenario::switches::next_look;
use crate::sla::{
    ClockRecord, Deadline, Desk, LogProblem, LogWarning, Policies, Replay, compile_calendar, replay,
};
use crate::time::{Calendar, Instant};
use crate::traffic::log::Event;
use std::collections::BTreeMap;

/// A log's conversations, each with its events in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    conversations: BTreeMap<String, Vec<Event>>,
    span: Option<(Instant, Instant)>,
}

impl Log {
    /// Takes in the next event.
    pub fn push(&mut self, event: Event) {
        let at = event.at;
        self.span = Some(self.span.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        match self.conversations.get_mut(&event.conversation) {
            Some(events) => events.push(event),
            None => {
                self.conversations.insert(event.conversation.clone(), vec![event]);
            }
        }
    }

    /// Events that are older than one of the same conversation that stands before them in the file. Only
    /// where the file is a log: other sources tell of the past in their later rows.
    pub fn out_of_order(&self) -> Vec<LogWarning> {
        let place = |event: &Event| {
            let (file, line) = event.origin.rsplit_once(':')?;
            Some((file.to_owned(), line.parse::<u64>().ok()?))
        };
        let early = |pair: &[Event]| {
            let [one, next] = pair else { return None };
            let ((file, line), (other, before)) = (place(one)?, place(next)?);
            (file == other && before < line)
                .then(|| LogWarning { origin: one.origin.clone(), problem: LogProblem::OutOfOrder })
        };
        self.conversations.values().flat_map(|events| events.windows(2)).filter_map(early).collect()
    }

    /// The log was taken at this instant: what was due before it has passed, though nothing happened
    /// any more. An instant before its end changes nothing.
    pub fn taken_at(&mut self, at: Instant) {
        if let Some((_, to)) = &mut self.span {
            *to = at.max(*to);
        }
    }

    /// First and last instant; `None` if the log is empty.
    pub fn span(&self) -> Option<(Instant, Instant)> {
        self.span
    }

    /// How many conversations.
    pub fn len(&self) -> usize {
        self.conversations.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.conversations.is_empty()
    }
}

/// What happened to one ticket's clocks.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its name in the log.
    pub conversation: String,
    /// Every clock that ran.
    pub clocks: Vec<ClockRecord>,
    /// What took most of the time of each, if it was breached.
    pub causes: Vec<Cause>,
}

/// What an audit found beside the facts.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// The tickets in the order of their names.
    pub tickets: Vec<Ticket>,
    /// Events that could not be taken as they stand.
    pub warnings: Vec<LogWarning>,
    /// What was assumed, in sentences.
    pub notes: Vec<String>,
    /// Counts of the run.
    pub totals: RunTotals,
    /// What the log can tell.
    pub known: Known,
}

/// Why a log cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// There is nothing in it.
    #[error("the log holds no conversation")]
    Empty,
    /// A calendar or policy is wrong.
    #[error("{0}")]
    Policies(String),
    /// The facts could not be written.
    #[error("could not write the facts: {0}")]
    Sink(#[from] std::io::Error),
}

/// Rows of a chunk before it goes on.
const CHUNK_ROWS: usize = 1 << 14;

/// The plan with its period laid over the log's.
pub fn plan_for(plan: &Plan, log: &Log) -> Plan {
    let mut plan = plan.clone();
    if let Some((from, to)) = log.span {
        plan.start = from;
        plan.end = Instant(to.ms() + 1);
        plan.warm_up = crate::time::Span::ZERO;
    }
    plan
}

/// Measures a log by a plan's policies: its facts go to `sink`.
///
/// # Errors
/// The log is empty, a policy cannot be compiled, or the sink failed.
pub fn audit(log: &Log, plan: &Plan, sink: &mut dyn Sink) -> Result<Audit, AuditError> {
    let (from, until) = log.span.ok_or(AuditError::Empty)?;
    let policies = policies(plan)?;
    let known = Known::of(log);
    let any_status = known.statuses;
    let desk = Desk {
        priorities: plan.priorities.clone(),
        default_priority: plan.intents.first().map_or(0, |intent| intent.priority),
        teams: plan.teams.iter().map(|team| team.name.clone()).collect(),
        tags: plan.tags.clone(),
        intents: plan.intents.iter().map(|intent| intent.name.clone()).collect(),
        segments: plan.segments.clone(),
        languages: plan.languages.clone(),
        bot: false,
        ticket_at_hand_off: false,
    };
    let with_bot = Desk { bot: true, ..desk.clone() };
    let ticket_at_hand_off =
        Desk { ticket_at_hand_off: !plan.desk.ticket_at_first_message, ..with_bot.clone() };
    let mut audit = Audit { known, ..Audit::default() };
    if !any_status {
        audit.notes.push(
            "The log has no statuses: a conversation counts as solved when the desk wrote last, as open when the \
             customer did"
                .to_owned(),
        );
    }
    let staffed = cause::Staffed::of(plan, from, until);
    let mut chunk = Chunk::default();
    for (number, (name, events)) in (0u64..).zip(&log.conversations) {
        let desk = match events.iter().any(row::by_bot) {
            false => &desk,
            true if row::is_ticket_from_the_first(events) => &with_bot,
            true => &ticket_at_hand_off,
        };
        let Some(replay) = replay(events, until, desk, &policies) else { continue };
        chunk.conversations.push(row::conversation(number, events, &replay, plan, &policies, any_status));
        let handed = row::bot_part_ended(events);
        let is_team = |name: &str| plan.teams.iter().any(|team| team.name == name);
        let cause = |record| cause::cause(record, events, until, handed, &staffed, &policies, is_team);
        let causes: Vec<Cause> = replay.records.iter().map(cause).collect();
        push_clocks(&mut chunk, number, &replay, &causes);
        push_notices(&mut chunk, number, &replay, plan);
        audit.warnings.extend(replay.warnings.iter().cloned());
        audit.tickets.push(Ticket { conversation: name.clone(), clocks: replay.records, causes });
        if chunk.rows() >= CHUNK_ROWS {
            sink.chunk(&chunk)?;
            chunk.clear();
        }
    }
    sink.chunk(&chunk)?;
    audit.totals.conversations = log.conversations.len() as u64;
    audit.totals.measured_from = from.ms();
    audit.totals.measured_to = until.ms() + 1;
    Ok(audit)
}

fn policies(plan: &Plan) -> Result<Policies, AuditError> {
    let switches = &plan.desk.clocks;
    let mut calendars = Vec::with_capacity(plan.calendars.len().max(1));
    for calendar in &plan.calendars {
        let compiled = compile_calendar(calendar, switches)
            .map_err(|e| AuditError::Policies(format!("calendar `{}`: {e}", calendar.name)))?;
        calendars.push(compiled);
    }
    if calendars.is_empty() {
        calendars.push(Calendar::always());
    }
    Policies::compile(&plan.policies, &calendars, switches)
        .map(|policies| policies.with_team_calendars(plan.teams.iter().map(|team| team.calendar)))
        .map_err(|problems| AuditError::Policies(format!("the SLA policies cannot be used: {problems:?}")))
}

fn push_clocks(chunk: &mut Chunk, number: u64, replay: &Replay, causes: &[Cause]) {
    let Some(row) = chunk.conversations.last() else { return };
    for (record, cause) in replay.records.iter().zip(causes) {
        chunk.clocks.push(ClockRow {
            conversation: number,
            clock: record.kind as u8,
            policy: record.policy,
            team: row.team,
            intent: row.intent,
            segment: row.segment,
            language: row.language,
            source: row.source,
            priority: record.priority,
            measured: true,
            started_at: record.started.ms(),
            due_at: record.due.ms(),
            ended_at: record.ended.ms(),
            paused: record.paused.ms(),
            used: record.used.ms(),
            target: record.target.ms(),
            breached: record.breached,
            counts: record.ended != Instant::NEVER || record.breached,
            cause: *cause as u8,
        });
    }
}

/// Notifications that the scenario's rules would have sent for the warnings and breaches seen.
fn push_notices(chunk: &mut Chunk, number: u64, replay: &Replay, plan: &Plan) {
    let every = plan.desk.clocks.clock_rules_every;
    for notice in &replay.notices {
        let at = next_look(notice.at, every);
        let runs_then =
            |clock: &ClockRecord| clock.kind == notice.kind && clock.started <= notice.at && clock.ended > at;
        if at > notice.at && !replay.records.iter().any(runs_then) {
            // Answered before anybody looked.
            continue;
        }
        let trigger = match notice.deadline {
            Deadline::Warn => Trigger::ClockWarned(notice.kind),
            Deadline::Due => Trigger::ClockBreached(notice.kind),
        };
        for (index, rule) in (0u16..).zip(&plan.rules) {
            if rule.trigger != trigger {
                continue;
            }
            for action in &rule.actions {
                if let crate::scenario::plan::Action::Notify { recipient, template } = action {
                    chunk.notifications.push(NotificationRow {
                        at: at.ms(),
                        rule: index,
                        recipient: *recipient,
                        conversation: number,
                        template: *template,
                    });
                }
            }
        }
    }
}

/// Index of a name in a list, `NONE` if it is not there.
fn index_of<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> u16 {
    names.position(|known| known == name).and_then(|at| u16::try_from(at).ok()).unwrap_or(NONE)
}
