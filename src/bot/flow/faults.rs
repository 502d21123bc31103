//! Gathers what is wrong with a flow file until all of it is known.

use crate::diag::{Diagnostic, Mark, Severity};
use std::ops::Range;

/// The faults of one file.
pub(super) struct Faults {
    file: String,
    found: Vec<Diagnostic>,
}

impl Faults {
    pub fn new(file: &str) -> Faults {
        Faults { file: file.to_owned(), found: Vec::new() }
    }

    pub fn error(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Help<'_> {
        self.add(Severity::Error, code, span, message.into())
    }

    pub fn warning(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Help<'_> {
        self.add(Severity::Warning, code, span, message.into())
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Option<Range<usize>>,
        message: String,
    ) -> Help<'_> {
        let marks = span.filter(|s| !s.is_empty()).map(|span| Mark { span, label: String::new() });
        self.found.push(Diagnostic {
            code,
            severity,
            message,
            file: self.file.clone(),
            marks: marks.into_iter().collect(),
            help: Vec::new(),
            replacement: None,
        });
        Help(self.found.last_mut())
    }

    pub fn any_error(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// A name nothing answers to, with the nearest one that exists.
    pub fn unknown<'a>(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let mut names: Vec<&str> = known.collect();
        names.sort_unstable();
        let message = format!("there is no {what} `{name}`");
        let help = match crate::diag::nearest(name, names.iter().copied()) {
            Some(near) => format!("a {what} with a similar name exists: `{near}`"),
            None if names.is_empty() => format!("this flow has no {what} at all"),
            None => format!(
                "there are {}",
                names.iter().take(20).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        self.error(code, Some(span), message).help(help);
    }

    /// A file that is not TOML, or not of the right shape.
    pub fn toml(&mut self, error: &toml::de::Error) {
        self.error("HS0600", error.span(), error.message().lines().next().unwrap_or("cannot be read"));
    }

    /// All of them, in the order of the file; what has no place comes first.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| d.marks.first().map(|m| m.span.start));
        self.found.dedup();
        self.found
    }
}

/// Adds what to write instead to the fault just found.
pub(super) struct Help<'a>(Option<&'a mut Diagnostic>);

impl Help<'_> {
    pub fn help(self, text: impl Into<String>) {
        if let Some(diagnostic) = self.0 {
            diagnostic.help.push(text.into());
        }
    }
}
