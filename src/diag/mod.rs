//! A diagnostic as a value (code, spans, help, nearest name), rendered as text or JSON.
//! Knows nothing of what it is about.

use std::ops::Range;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Severity {
    Warning,
    Error,
}

/// A mark in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte range in the file's text.
    pub span: Range<usize>,
    /// What stands under the caret.
    pub label: String,
}

/// Something to tell the user about a file he wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, `HS0102`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence, no full stop.
    pub message: String,
    /// File, as the user would write it; "" if none.
    pub file: String,
    /// The first mark is the culprit.
    pub marks: Vec<Mark>,
    /// What to write instead.
    pub help: Vec<String>,
    /// A replacement for the first mark's text.
    pub replacement: Option<String>,
}
