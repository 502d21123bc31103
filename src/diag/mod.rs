//! A diagnostic as a value (code, spans, help, nearest name), rendered as text or JSON.
//! Knows nothing of what it is about.

mod json;
mod nearest;
mod render;

pub use json::to_json;
pub use nearest::nearest;
pub use render::{render, summary};

use std::collections::BTreeMap;
use std::ops::Range;

/// Texts of the files that diagnostics point into, by the name the diagnostics use.
pub type Sources = BTreeMap<String, String>;

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

impl Diagnostic {
    /// An error, so far without file and marks.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message.into())
    }

    /// A warning, so far without file and marks.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Diagnostic {
        let (file, marks, help) = (String::new(), Vec::new(), Vec::new());
        Diagnostic { code, severity, message, file, marks, help, replacement: None }
    }

    /// The file it is about.
    pub fn file(mut self, file: impl Into<String>) -> Diagnostic {
        self.file = file.into();
        self
    }

    /// One more mark; the first is the culprit.
    pub fn mark(mut self, span: Range<usize>, label: impl Into<String>) -> Diagnostic {
        self.marks.push(Mark { span, label: label.into() });
        self
    }

    /// One more line of help.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// What to write in the place of the first mark's text.
    pub fn replace(mut self, with: impl Into<String>) -> Diagnostic {
        self.replacement = Some(with.into());
        self
    }

    /// Whether it forbids to go on.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
