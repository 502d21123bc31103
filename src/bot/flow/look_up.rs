//! Tables the bot looks things up in: read once, searched in memory.

use crate::bot::text::fold;
use crate::random::Distribution;
use crate::time::Span;
use std::collections::BTreeMap;
use std::path::Path;

/// A table, keyed by one column.
#[derive(Clone, Debug)]
pub struct Table {
    /// Name in the flow.
    pub name: String,
    pub(super) columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Folded key to row.
    index: BTreeMap<String, u32>,
    key: usize,
    /// How long a look-up takes, ms.
    pub latency: Distribution,
    /// How long the bot waits for it; one that takes longer has failed.
    pub time_out: Span,
    /// Share of look-ups that fail.
    pub fails: f64,
}

/// How a look-up went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A row was found.
    Found,
    /// There is no such row.
    Missing,
    /// The system did not answer.
    Failed,
}

/// A look-up that happened in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookUp {
    /// Which table, as index into [`super::Flow::tables`].
    pub table: super::TableIdx,
    /// How it went.
    pub outcome: Found,
}

/// At most so many rows are kept of a table.
const MAX_ROWS: usize = 5_000_000;

/// Numbers are typed with and without their sign and dashes: "#MX-123" is "mx123".
fn key_of(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Table {
    /// Reads a CSV file with a header row.
    pub(super) fn read(name: &str, path: &Path, key: &str) -> Result<Table, String> {
        let shown = path.display();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(false)
            .from_path(path)
            .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        let header =
            reader.headers().map_err(|error| format!("cannot read the header of `{shown}`: {error}"))?;
        let columns: Vec<String> = header.iter().map(|c| c.trim().to_owned()).collect();
        let Some(key_column) = columns.iter().position(|c| c == key) else {
            return Err(format!("`{shown}` has no column `{key}`; its columns are {}", columns.join(", ")));
        };
        let mut rows = Vec::new();
        let mut index = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| format!("`{shown}`: {error}"))?;
            if rows.len() == MAX_ROWS {
                return Err(format!("`{shown}` has more than {MAX_ROWS} rows"));
            }
            let row: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            let key = row.get(key_column).map(|cell| key_of(cell)).unwrap_or_default();
            // The first row of a key counts, as in every order list sorted by age.
            index.entry(key).or_insert(rows.len() as u32);
            rows.push(row);
        }
        Ok(Table {
            name: name.to_owned(),
            columns,
            rows,
            index,
            key: key_column,
            latency: Distribution::Deterministic { value: 0.0 },
            time_out: Span::from_s(5),
            fails: 0.0,
        })
    }

    /// The row of a key.
    pub(super) fn find(&self, key: &str) -> Option<u32> {
        self.index.get(&key_of(key)).copied()
    }

    /// One cell.
    pub(super) fn cell(&self, row: u32, column: u16) -> Option<&str> {
        self.rows.get(row as usize)?.get(usize::from(column)).map(String::as_str)
    }

    /// A key that is in the table, by a uniform number.
    pub(super) fn sample_key(&self, u: f64) -> Option<&str> {
        let row =
            ((u.clamp(0.0, 1.0) * self.rows.len() as f64) as usize).min(self.rows.len().checked_sub(1)?);
        self.rows.get(row)?.get(self.key).map(String::as_str)
    }
}
