//! What was exchanged with a live bot, kept in a file of JSON lines and answered from it again.

use super::Exchange;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;

/// One line of a cassette.
#[derive(Serialize, Deserialize)]
struct Recorded {
    /// The conversation it was part of.
    session: String,
    /// Hash of all the customer said in it so far.
    key: String,
    /// The last of it, for people who read the file.
    text: String,
    exchange: Exchange,
}

/// What one conversation has said so far: the key under which its next exchange is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History(blake3::Hash);

impl Default for History {
    fn default() -> History {
        History(blake3::hash(b"helpsim bot conversation"))
    }
}

impl History {
    pub(super) fn and(&self, said: &str) -> History {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.as_bytes()).update(said.as_bytes());
        History(hasher.finalize())
    }

    pub(super) fn key(&self) -> String {
        self.0.to_hex().to_string()
    }
}

/// Exchanges by what was said before, and by the conversation.
#[derive(Debug, Default)]
pub(super) struct Cassette(BTreeMap<(String, String), (String, Exchange)>);

impl Cassette {
    pub fn read(path: &Path) -> Result<Cassette, String> {
        let shown = path.display();
        let file = std::fs::File::open(path).map_err(|why| format!("cannot read `{shown}`: {why}"))?;
        let mut cassette = Cassette::default();
        for (number, line) in (1..).zip(std::io::BufReader::new(file).lines()) {
            let line = line.map_err(|why| format!("cannot read `{shown}`: {why}"))?;
            if line.trim().is_empty() {
                continue;
            }
            let recorded: Recorded = serde_json::from_str(&line)
                .map_err(|why| format!("{shown}:{number}: not a line of a recorded exchange: {why}"))?;
            cassette.put(recorded.session, recorded.key, recorded.text, recorded.exchange);
        }
        Ok(cassette)
    }

    pub fn put(&mut self, session: String, key: String, text: String, exchange: Exchange) {
        self.0.insert((key, session), (text, exchange));
    }

    /// What this conversation heard, or else what the first other one heard that said the same words
    /// from its beginning on.
    pub fn get(&self, session: &str, key: &str) -> Option<&Exchange> {
        let own = (key.to_owned(), session.to_owned());
        if let Some((_, exchange)) = self.0.get(&own) {
            return Some(exchange);
        }
        let ((found, _), (_, exchange)) = self.0.range((key.to_owned(), String::new())..).next()?;
        (found == key).then_some(exchange)
    }

    /// Writes the file beside its place first, then renames it.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = std::io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        for ((key, session), (text, exchange)) in &self.0 {
            let line = Recorded {
                session: session.clone(),
                key: key.clone(),
                text: text.clone(),
                exchange: exchange.clone(),
            };
            serde_json::to_writer(&mut file, &line)?;
            file.write_all(b"\n")?;
        }
        file.into_inner()?.persist(path)?;
        Ok(())
    }
}
