//! The messages of a run as a traffic log: what `helpsim import` makes of a real desk's export.

use super::exit::Failure;
use super::explain::Nothing;
use crate::engine::{self, Compiled, Note, Observer, RunOptions};
use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};
use crate::traffic::recorded::log_file::{LogWriter, TextForm};
use anyhow::Context;
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
            let mut scribe = Scribe { writer, failed: None };
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

/// Writes down every message.
struct Scribe<W: Write> {
    writer: LogWriter<W>,
    failed: Option<io::Error>,
}

impl<W: Write> Scribe<W> {
    fn message(&mut self, at: Instant, conversation: u64, from: Role, text: Option<String>, media: bool) {
        let event = Event {
            conversation: conversation.to_string(),
            at,
            kind: Kind::Message,
            from,
            actor: String::new(),
            text,
            media: media.then(|| "image".to_owned()),
            value: None,
            precision: Precision::Millisecond,
            origin: String::new(),
        };
        if self.failed.is_none() {
            self.failed = self.writer.write(&event).err();
        }
    }
}

impl<W: Write> Observer for Scribe<W> {
    fn watches(&self, _: u64) -> bool {
        true
    }

    fn note(&mut self, at: Instant, conversation: u64, note: Note) {
        match note {
            Note::CustomerWrote { text, media } => {
                self.message(at, conversation, Role::Customer, text, media);
            }
            Note::BotReplied { texts } => {
                for text in texts {
                    self.message(at, conversation, Role::Bot, Some(text), false);
                }
            }
            Note::AgentReplied { .. } => self.message(at, conversation, Role::Agent, None, false),
            _ => {}
        }
    }
}
