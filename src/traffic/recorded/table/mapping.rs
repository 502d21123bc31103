//! The mapping file: which columns of a table mean what.
//!
//! ```toml
//! name = "our desk"
//! columns = { conversation = "ticket_id", at = { column = "opened_at", format = "%d-%m-%Y %H:%M", zone = "Europe/Madrid" }, from = { value = "customer" } }
//! ```
//!
//! A row gives one message unless `[[event]]` says what it gives; what an event does not say itself it
//! takes from `columns`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::traffic::log::{Kind, Role};

use super::super::report::ImportError;

/// A mapping as it stands in its file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the table is.
    pub name: String,
    /// Cells that stand for nothing.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Zone of times that state none.
    pub zone: Option<String>,
    /// Rows that the header takes; the last has the names.
    #[serde(default = "one")]
    pub header_rows: usize,
    /// A table with all these columns is this one.
    #[serde(default)]
    pub recognise: Vec<String>,
    /// What events have unless they say otherwise.
    pub columns: Columns,
    /// What a row gives.
    #[serde(default)]
    pub event: Vec<EventMapping>,
}

fn one() -> usize {
    1
}

/// Where the parts of an event come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Thread.
    pub conversation: Option<Cell>,
    /// The thread is a person (a number, an address), so conversations are cut out of it.
    #[serde(default)]
    pub endless: bool,
    /// What makes a row the same as another.
    pub id: Option<Cell>,
    /// When.
    pub at: Option<Cell>,
    /// Role.
    pub from: Option<Cell>,
    /// Who.
    pub actor: Option<Cell>,
    /// What was written.
    pub text: Option<Cell>,
    /// Kind of attachment.
    pub media: Option<Cell>,
    /// New status, priority, team, score.
    pub value: Option<Cell>,
}

/// One event that a row may give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMapping {
    /// What it is.
    pub kind: KindWord,
    /// For which rows of a conversation.
    #[serde(default)]
    pub when: When,
    /// Own sources.
    #[serde(flatten)]
    pub columns: EventColumns,
}

/// The sources that an event may have of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[allow(missing_docs)]
pub struct EventColumns {
    pub at: Option<Cell>,
    pub from: Option<Cell>,
    pub actor: Option<Cell>,
    pub text: Option<Cell>,
    pub media: Option<Cell>,
    pub value: Option<Cell>,
}

/// For which rows of a conversation an event is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// For each.
    #[default]
    Every,
    /// For its first.
    First,
    /// For its last, which alone knows how it ended.
    Last,
    /// Where the value is another than in the row before.
    Changed,
}

/// A source: a column by name, or a table.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// The column of this name.
    Column(String),
    /// More than a name.
    Full(FullCell),
}

/// A column with what is to be done with its cells, or a constant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullCell {
    /// Column.
    pub column: Option<String>,
    /// Constant.
    pub value: Option<String>,
    /// How instants are written (strftime); otherwise ISO 8601, RFC 2822 and epoch counts are understood.
    pub format: Option<String>,
    /// Zone of these instants.
    pub zone: Option<String>,
    /// What cells mean; a cell that is mapped to "" gives no event.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// What cells mean that `map` does not have; otherwise they stay as they are.
    pub otherwise: Option<String>,
    /// Before the value.
    #[serde(default)]
    pub prefix: String,
    /// A table without this column is read all the same.
    #[serde(default)]
    pub optional: bool,
}

/// A kind of event, by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct KindWord(pub Kind);

impl TryFrom<String> for KindWord {
    type Error = String;
    fn try_from(word: String) -> Result<Self, String> {
        Kind::from_word(&word).map(KindWord).ok_or_else(|| {
            format!(
                "no kind is called \"{word}\": message, status, assign, priority, tag, note, rating, delivery"
            )
        })
    }
}

impl Mapping {
    /// From the text of a mapping file.
    pub fn parse(text: &str, file: &str) -> Result<Mapping, ImportError> {
        let bad = |line: usize, what: String| ImportError::Mapping { file: file.to_owned(), line, what };
        let mapping: Mapping = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
            bad(line, e.message().to_owned())
        })?;
        if mapping.columns.conversation.is_none() {
            return Err(bad(1, "`columns.conversation` is missing".to_owned()));
        }
        let has_time = mapping.columns.at.is_some();
        if !has_time && (mapping.event.is_empty() || mapping.event.iter().any(|e| e.columns.at.is_none())) {
            return Err(bad(1, "`at` is missing, in `columns` or in each event".to_owned()));
        }
        let zones = mapping.cells().filter_map(|c| c.zone().cloned()).chain(mapping.zone.clone());
        for zone in zones {
            TimeZone::get(&zone).map_err(|_| bad(1, format!("no time zone is called \"{zone}\"")))?;
        }
        for role in mapping.cells_of_role().flat_map(|c| c.words()) {
            if !role.is_empty() && Role::from_word(&role).is_none() {
                let what = format!("\"{role}\" is no role: customer, bot, agent, system");
                return Err(bad(1, what));
            }
        }
        Ok(mapping)
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let c = &self.columns;
        let own = [&c.conversation, &c.id, &c.at, &c.from, &c.actor, &c.text, &c.media, &c.value];
        let events = self.event.iter().flat_map(|e| {
            let c = &e.columns;
            [&c.at, &c.from, &c.actor, &c.text, &c.media, &c.value]
        });
        own.into_iter().chain(events).filter_map(Option::as_ref)
    }

    fn cells_of_role(&self) -> impl Iterator<Item = &Cell> {
        std::iter::once(&self.columns.from).chain(self.event.iter().map(|e| &e.columns.from)).flatten()
    }

    /// Whether a table may lack this column: everything that reads it says so.
    pub fn is_optional(&self, column: &str) -> bool {
        self.cells().filter(|c| c.column() == Some(column)).all(|c| c.full().optional)
    }

    /// The columns of the events that last rows give, and of the conversation; none if there are no such
    /// events.
    pub fn column_names_of_last(&self) -> Vec<String> {
        if self.event.iter().all(|e| e.when != When::Last) {
            return Vec::new();
        }
        let last = Mapping {
            event: self.event.iter().filter(|e| e.when == When::Last).cloned().collect(),
            ..self.clone()
        };
        last.column_names()
    }

    /// All columns it names, each once.
    pub fn column_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.cells().filter_map(|c| c.column().map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Cell {
    /// The column it reads.
    pub fn column(&self) -> Option<&str> {
        match self {
            Cell::Column(name) => Some(name),
            Cell::Full(full) => full.column.as_deref(),
        }
    }

    /// What it does with it.
    pub fn full(&self) -> FullCell {
        match self {
            Cell::Column(name) => FullCell { column: Some(name.clone()), ..FullCell::default() },
            Cell::Full(full) => full.clone(),
        }
    }

    fn zone(&self) -> Option<&String> {
        match self {
            Cell::Full(full) => full.zone.as_ref(),
            Cell::Column(_) => None,
        }
    }

    /// The words it can give, as far as the mapping says them.
    fn words(&self) -> Vec<String> {
        match self {
            Cell::Column(_) => Vec::new(),
            Cell::Full(full) => {
                full.map.values().chain(full.otherwise.iter()).chain(full.value.iter()).cloned().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, what) in [
            ("name = \"x\"\ncolums = 1\n", 2, "unknown field"),
            ("name = \"x\"\n[columns]\nat = \"t\"\n", 1, "conversation"),
            ("name = \"x\"\n[columns]\nconversation = \"c\"\n", 1, "`at` is missing"),
            ("name = \"x\"\nzone = \"Mars\"\n[columns]\nconversation = \"c\"\nat = \"t\"\n", 1, "Mars"),
            (
                "name = \"x\"\n[columns]\nconversation = \"c\"\nat = \"t\"\nfrom = { value = \"boss\" }\n",
                1,
                "boss",
            ),
            (
                "name = \"x\"\n[columns]\nconversation = \"c\"\nat = \"t\"\n[[event]]\nkind = \"massage\"\n",
                6,
                "massage",
            ),
        ] {
            match Mapping::parse(text, "m.toml") {
                Err(ImportError::Mapping { line: l, what: w, .. }) => {
                    assert!(l == line && w.contains(what), "{text}: line {l}, {w}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
