//! Where the bot looks things up: a file read once and searched in memory, or an endpoint of the user's.

mod endpoint;
mod file;

pub(super) use endpoint::{Endpoint, EndpointSettings};

use crate::bot::text::fold;
use crate::random::inverse_normal;
use crate::time::Span;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The values of one row, in the order of the table's columns.
pub(super) type Row = Arc<[String]>;

/// A table, keyed by one column.
#[derive(Clone, Debug)]
pub struct Table {
    /// Name in the flow.
    pub name: String,
    pub(super) columns: Vec<String>,
    source: Source,
    /// How long a look-up takes.
    pub(super) latency: Latency,
    /// How long the bot waits for it; one that takes longer has failed.
    pub time_out: Span,
    /// Share of look-ups that fail.
    pub fails: f64,
    /// Keys that customers know, where they are not those of the table.
    pub(super) known_keys: Vec<String>,
}

#[derive(Clone, Debug)]
enum Source {
    Rows {
        rows: Vec<Row>,
        /// Folded key to row.
        index: BTreeMap<String, u32>,
        key: usize,
    },
    Endpoint(Arc<Endpoint>),
}

/// How long a look-up takes: log-normal by median and sigma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Latency {
    pub median_ms: f64,
    pub sigma: f64,
}

/// What decides how a look-up goes: two uniform numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Luck {
    /// It fails if this is below the table's share of failures.
    pub fails: f64,
    /// How long it takes, as a quantile of its latency.
    pub slow: f64,
}

impl Default for Luck {
    /// Nothing fails, everything takes its usual time.
    fn default() -> Luck {
        Luck { fails: 1.0, slow: 0.5 }
    }
}

/// How a look-up went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A row was found.
    Found,
    /// There is no such row.
    Missing,
    /// The system did not answer, or not in time.
    Failed,
}

/// A look-up that happened in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookUp {
    /// Which table, as index into [`super::Flow::tables`].
    pub table: super::TableIdx,
    /// How it went.
    pub outcome: Found,
    /// How long it took; a failed one, how long the bot waited.
    pub took: Span,
}

/// What a source says of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Found(Row),
    Missing,
    Failed,
}

/// At most so many rows are kept of a table.
const MAX_ROWS: usize = 5_000_000;

/// Numbers are typed with and without their sign and dashes: "#MX-123" is "mx123".
fn key_of(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Table {
    /// Reads a CSV file with a header row, or a Parquet file.
    pub(super) fn read(name: &str, path: &Path, key: &str) -> Result<Table, String> {
        let shown = path.display();
        let file::Rows { columns, rows } = file::read(path)?;
        let Some(key) = columns.iter().position(|c| c == key) else {
            return Err(format!("`{shown}` has no column `{key}`; its columns are {}", columns.join(", ")));
        };
        let mut index = BTreeMap::new();
        for (number, row) in (0u32..).zip(&rows) {
            // The first row of a key counts, as in every order list sorted by age.
            index.entry(row.get(key).map(|cell| key_of(cell)).unwrap_or_default()).or_insert(number);
        }
        Ok(Table::new(name, columns, Source::Rows { rows, index, key }))
    }

    /// An endpoint of the user's, asked when a customer's look-up needs it.
    pub(super) fn endpoint(name: &str, columns: Vec<String>, endpoint: Endpoint) -> Table {
        Table::new(name, columns, Source::Endpoint(Arc::new(endpoint)))
    }

    fn new(name: &str, columns: Vec<String>, source: Source) -> Table {
        Table {
            name: name.to_owned(),
            columns,
            source,
            latency: Latency { median_ms: 0.0, sigma: 0.0 },
            time_out: Span::from_s(5),
            fails: 0.0,
            known_keys: Vec::new(),
        }
    }

    /// Looks a key up. Chance comes before the source is asked: what has failed anyway is not asked.
    pub(super) fn look_up(&self, key: &str, luck: Luck) -> (Answer, Span) {
        let took = self.latency.at(luck.slow);
        if luck.fails < self.fails || took > self.time_out {
            return (Answer::Failed, took.min(self.time_out));
        }
        match self.find(key) {
            Answer::Failed => (Answer::Failed, self.time_out),
            answer => (answer, took),
        }
    }

    fn find(&self, key: &str) -> Answer {
        match &self.source {
            Source::Rows { rows, index, .. } => {
                let row = index.get(&key_of(key)).and_then(|row| rows.get(*row as usize));
                row.map_or(Answer::Missing, |row| Answer::Found(row.clone()))
            }
            Source::Endpoint(endpoint) => endpoint.find(key, &self.columns),
        }
    }

    /// A key that a customer knows, by a uniform number.
    pub(super) fn sample_key(&self, u: f64) -> Option<&str> {
        let at =
            |count: usize| Some(((u.clamp(0.0, 1.0) * count as f64) as usize).min(count.checked_sub(1)?));
        match &self.source {
            _ if !self.known_keys.is_empty() => {
                self.known_keys.get(at(self.known_keys.len())?).map(String::as_str)
            }
            Source::Rows { rows, key, .. } => rows.get(at(rows.len())?)?.get(*key).map(String::as_str),
            Source::Endpoint(_) => None,
        }
    }

    /// Keeps what an endpoint answered, if it was to be recorded.
    pub(super) fn save(&self) -> std::io::Result<()> {
        match &self.source {
            Source::Rows { .. } => Ok(()),
            Source::Endpoint(endpoint) => endpoint.save(),
        }
    }
}

impl Latency {
    fn at(self, quantile: f64) -> Span {
        let factor = match self.sigma > 0.0 {
            true => libm::exp(self.sigma * inverse_normal(quantile.clamp(1e-9, 1.0 - 1e-9))),
            false => 1.0,
        };
        Span::from_ms((self.median_ms * factor + 0.5) as i64)
    }
}
