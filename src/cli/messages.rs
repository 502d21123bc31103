//! A run as a traffic log: what `helpsim import` makes of a real desk's export, who said what and what the
//! help desk knows of the ticket. An audit of it by the same scenario measures what the run measured.

use super::exit::Failure;
use super::explain::Nothing;
use crate::desk::AgentIdx;
use crate::engine::{self, Compiled, Note, Observer, RunOptions};
use crate::scenario::plan::Plan;
use crate::scenario::switches::Status;
use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};
use crate::traffic::recorded::log_file::{LogWriter, TextForm};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Runs the first replication once more and writes down who said what. The file comes to its place when
/// it is whole.
pub(super) fn write(compiled: &Compiled, path: &Path) -> Result<(), Failure> {
    let form = match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => TextForm::Csv,
        Some("jsonl" | "ndjson") => TextForm::Jsonl,
        _ => {
            let name = path.display();
            return Err(Failure::input(anyhow::anyhow!("{name}: a log of messages ends in .jsonl or .csv")));
        }
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let put = || -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new_in(folder)?;
        {
            let writer = LogWriter::new(form, BufWriter::new(file.as_file()))?;
            let mut scribe = Scribe { plan: &compiled.plan, writer, teams: BTreeMap::new(), failed: None };
            let options = RunOptions { replication: 0, antithetic: false };
            engine::run(compiled, options, &mut Nothing, &mut scribe)?;
            if let Some(error) = scribe.failed {
                return Err(error.into());
            }
            scribe.writer.finish()?;
        }
        file.persist(path)?;
        Ok(())
    };
    put().with_context(|| format!("could not write {}", path.display())).map_err(Failure::io)
}

/// Writes down what a help desk would know.
struct Scribe<'p, W: Write> {
    plan: &'p Plan,
    writer: LogWriter<W>,
    /// The team of each conversation that is open.
    teams: BTreeMap<u64, u16>,
    failed: Option<io::Error>,
}

impl<W: Write> Scribe<'_, W> {
    fn write(&mut self, event: &Event) {
        if self.failed.is_none() {
            self.failed = self.writer.write(event).err();
        }
    }

    fn message(&mut self, event: Event, text: Option<String>, media: bool) {
        self.write(&Event { kind: Kind::Message, text, media: media.then(|| "image".to_owned()), ..event });
    }

    fn fact(&mut self, event: &Event, kind: Kind, from: Role, value: &str) {
        self.write(&Event { kind, from, value: Some(value.to_owned()), ..event.clone() });
    }

    /// The conversation is this team's now, if it was not before.
    fn team(&mut self, event: &Event, conversation: u64, team: u16, from: Role) {
        let before = self.teams.insert(conversation, team);
        if (before != Some(team) || from == Role::Bot)
            && let Some(team) = self.plan.teams.get(usize::from(team))
        {
            self.fact(event, Kind::Assign, from, &team.name);
        }
    }
}

impl<W: Write> Observer for Scribe<'_, W> {
    fn watches(&self, _: u64) -> bool {
        true
    }

    fn note(&mut self, at: Instant, conversation: u64, note: Note) {
        let event = Event {
            conversation: conversation.to_string(),
            at,
            kind: Kind::Message,
            from: Role::System,
            actor: String::new(),
            text: None,
            media: None,
            value: None,
            precision: Precision::Millisecond,
            origin: String::new(),
        };
        let plan = self.plan;
        let from = |role: Role| Event { from: role, ..event.clone() };
        match note {
            Note::Began { intent, segment, .. } => {
                self.fact(&event, Kind::Tag, Role::System, &plan.intents[usize::from(intent)].name);
                let segment = &plan.segments[usize::from(segment)];
                if !segment.is_empty() {
                    self.fact(&event, Kind::Tag, Role::System, segment);
                }
            }
            Note::CustomerWrote { text, media } => self.message(from(Role::Customer), text, media),
            // A bot that works by chance says nothing in particular.
            Note::BotReplied { texts } if texts.is_empty() => self.message(from(Role::Bot), None, false),
            Note::BotReplied { texts } => {
                for text in texts {
                    self.message(from(Role::Bot), Some(text), false);
                }
            }
            Note::HandedOver { team, .. } => self.team(&event, conversation, team, Role::Bot),
            Note::TicketCreated { priority, .. } | Note::PriorityChanged { to: priority, .. } => {
                let name = &plan.priorities[usize::from(priority)];
                self.fact(&event, Kind::Priority, Role::System, name);
            }
            Note::EnteredQueue { team, .. } => self.team(&event, conversation, team, Role::System),
            Note::TakenBy { agent, team, .. } => {
                self.team(&event, conversation, team, Role::System);
                self.fact(&event, Kind::Assign, Role::System, &named(agent));
            }
            Note::AgentReplied { agent, .. } => {
                self.message(Event { actor: named(agent), ..from(Role::Agent) }, None, false);
            }
            Note::StatusChanged { to } => self.fact(&event, Kind::Status, Role::System, word(to)),
            Note::Rated { stars } => self.fact(&event, Kind::Rating, Role::Customer, &stars.to_string()),
            // Who gives up says nothing, and no help desk writes it down.
            Note::Ended { .. } => {
                self.teams.remove(&conversation);
            }
            _ => {}
        }
    }
}

/// An agent's name in the log.
fn named(agent: AgentIdx) -> String {
    format!("agent {agent}")
}

/// A status as the log's readers know it.
fn word(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::Open => "open",
        Status::Pending => "pending",
        Status::OnHold => "on hold",
        Status::Snoozed => "snoozed",
        Status::Resolved => "resolved",
        Status::Closed => "closed",
    }
}
