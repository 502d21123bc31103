//! What an import found, kept and refused. Nothing is dropped in silence: every line or element of
//! the input gets exactly one verdict, and the sum is checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::time::Instant;

use super::format::Format;

/// An input line or element that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Name of the file, as in the log's `origin`.
    pub file: String,
    /// Line (from 1), or number of the element where the file has no lines.
    pub line: u64,
    /// Why, without any of the content.
    pub reason: String,
    /// Its beginning with letters and digits masked, so that the shape can be seen and nobody is named.
    pub excerpt: String,
}

/// What was found in one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Name as in the log's `origin`.
    pub name: String,
    /// Its format by name.
    pub format: &'static str,
    /// How the format was found.
    pub reason: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// The account of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// One for each input.
    pub files: Vec<FileReport>,
    /// Lines or elements taken from the inputs.
    pub read: u64,
    /// Those that went into the log (each as one event or more).
    pub kept: u64,
    /// Repetitions of something already kept.
    pub duplicates: u64,
    /// Well-formed, but no traffic: group notices, account updates, header rows.
    pub notices: u64,
    /// Unreadable.
    pub quarantined: u64,
    /// Physical lines of text inputs, continuation lines included.
    pub lines: u64,
    /// Lines that continue the entry before them.
    pub continuation_lines: u64,
    /// Rows written to the log.
    pub events: u64,
    /// Rows of kind `message`.
    pub messages: u64,
    /// Distinct conversations.
    pub conversations: u64,
    /// Distinct authors of messages.
    pub authors: u64,
    /// First and last instant in the log.
    pub span: Option<(Instant, Instant)>,
    /// Messages by role.
    pub roles: BTreeMap<&'static str, u64>,
    /// Messages by precision of their instant.
    pub precision: BTreeMap<&'static str, u64>,
    /// Texts of messages by language, of those in the sample that give theirs away.
    pub languages: BTreeMap<&'static str, u64>,
    /// Everything else worth counting ("media_omitted", "deleted", "status" …).
    pub found: BTreeMap<String, u64>,
    /// Statuses that came after a higher one of the same message.
    pub late: u64,
    /// Entries older than the one before them.
    pub out_of_order: u64,
    /// What was inferred or assumed, in sentences.
    pub notes: Vec<String>,
    /// The first of the refused ones; `quarantined` counts all.
    pub quarantine: Vec<Quarantined>,
}

impl ImportReport {
    /// Whether every line or element has got its verdict.
    pub fn balanced(&self) -> bool {
        self.read == self.kept + self.duplicates + self.notices + self.quarantined
    }

    /// How often something was found.
    pub fn count(&self, what: &str) -> u64 {
        self.found.get(what).copied().unwrap_or(0)
    }
}

/// Why an import stopped. Single bad lines do not stop it, they are quarantined.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ImportError {
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot buffer events: {source}")]
    Buffer { source: std::io::Error },
    #[error("nothing to read at {}", .path.display())]
    Nothing { path: PathBuf },
    #[error(
        "{file}: the format is not recognised; say which it is with --from ({})",
        Format::names().join(", ")
    )]
    UnknownFormat { file: String },
    #[error("no format is called \"{name}\"{}; there are {}", nearest(.name), Format::names().join(", "))]
    NoSuchFormat { name: String },
    #[error("{file}: {what}")]
    Unusable { file: String, what: String },
    #[error(
        "{file}: nothing in the file decides whether its dates are {candidates} (first date \"{example}\"); \
         say which with --date-order"
    )]
    DateOrder { file: String, candidates: String, example: String },
    #[error("{file}: {what}")]
    Archive { file: String, what: String },
    #[error("{file}:{line}: {what}")]
    Mapping { file: String, line: usize, what: String },
    #[error(
        "the account does not balance: read {read}, kept {kept} + duplicates {duplicates} + notices {notices} \
         + quarantined {quarantined}; this is a fault of the reader of {file}, please report it"
    )]
    Unaccounted { file: String, read: u64, kept: u64, duplicates: u64, notices: u64, quarantined: u64 },
}

fn nearest(name: &str) -> String {
    Format::names()
        .into_iter()
        .map(|n| (strsim::damerau_levenshtein(n, name), n))
        .min()
        .filter(|(distance, n)| *distance <= n.len() / 2)
        .map(|(_, n)| format!(", did you mean \"{n}\"?"))
        .unwrap_or_default()
}
