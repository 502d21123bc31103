//! One space of byte offsets over several texts: the file, each `--set`, each preset. A value knows
//! its place by one range, and a diagnostic finds its way back to the text it came from.

use crate::diag::Diagnostic;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The texts a scenario is made of.
#[derive(Debug, Default)]
pub struct Texts {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    text: String,
    base: usize,
}

impl Texts {
    /// Adds a text and returns where its offsets begin.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        let base = self.parts.last().map_or(0, |last| last.base + last.text.len() + 1);
        self.parts.push(Part { name: name.to_owned(), text: text.to_owned(), base });
        base
    }

    /// Line of an offset in its own text, from 1; 0 for a default.
    pub fn line(&self, span: &Range<usize>) -> u32 {
        self.part(span).map_or(0, |part| {
            let before = part.text.get(..span.start - part.base).unwrap_or(&part.text);
            u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
        })
    }

    /// Names the file and makes the marks relative to it. Marks in other texts than the first mark's
    /// are left out; a diagnostic whose first mark is a default's points at no line.
    pub fn place(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        if !diagnostic.file.is_empty() {
            return diagnostic;
        }
        diagnostic.marks.retain(|mark| self.part(&mark.span).is_some());
        let home = diagnostic.marks.first().and_then(|mark| self.part(&mark.span)).or(self.parts.first());
        let Some(home) = home else { return diagnostic };
        diagnostic.file.clone_from(&home.name);
        diagnostic.marks.retain(|mark| self.part(&mark.span).is_some_and(|part| part.base == home.base));
        for mark in &mut diagnostic.marks {
            mark.span = mark.span.start - home.base..mark.span.end.saturating_sub(home.base);
        }
        diagnostic
    }

    fn part(&self, span: &Range<usize>) -> Option<&Part> {
        self.parts.iter().find(|part| (part.base..=part.base + part.text.len()).contains(&span.start))
    }
}

/// The value with every place moved by `base`.
pub fn moved(value: Spanned<DeValue<'_>>, base: usize) -> Spanned<DeValue<'_>> {
    let span = value.span().start + base..value.span().end + base;
    let inner = match value.into_inner() {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| moved(item, base)).collect()),
        DeValue::Table(table) => DeValue::Table(moved_table(table, base)),
        other => other,
    };
    Spanned::new(span, inner)
}

/// The table with every place moved by `base`.
pub fn moved_table(table: DeTable<'_>, base: usize) -> DeTable<'_> {
    table
        .into_iter()
        .map(|(key, value)| {
            let span = key.span().start + base..key.span().end + base;
            (Spanned::new(span, key.into_inner()), moved(value, base))
        })
        .collect()
}
