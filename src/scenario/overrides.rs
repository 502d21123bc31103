//! `--set team.frontline.agents=11`: a dotted path into the file as written, and a value.
//!
//! An entry of an array of tables is found by its `name`, or by its number from 0.

use super::source::{Texts, moved};
use crate::diag::{Diagnostic, nearest};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Name of an override's text in diagnostics.
pub const PREFIX: &str = "--set ";

/// Puts the value of one override into the tree.
pub fn apply<'t>(
    tree: &mut DeTable<'t>,
    path: &'t str,
    value: &'t str,
    texts: &mut Texts,
) -> Result<(), Box<Diagnostic>> {
    let text = format!("{path}={value}");
    let base = texts.add(&format!("{PREFIX}{text}"), &text);
    let keys = split(path, base);
    let whole = base..base + path.len();
    let Some(((last, last_span), inner)) = keys.split_last() else {
        return Err(Diagnostic::error("HS0110", "an override needs a path").mark(whole, "empty").into());
    };
    if keys.iter().any(|(key, _)| key.is_empty()) {
        return Err(Diagnostic::error("HS0110", format!("`{path}` is not a path"))
            .mark(whole, "a part of it is empty")
            .help("write it as `--set team.frontline.agents=11`")
            .into());
    }
    // The two ways to say how many replications: the override wins over the other one.
    let rival = match path {
        "scenario.replications" => Some("precision"),
        "scenario.precision" => Some("replications"),
        _ => None,
    };
    if let (Some(rival), Some(DeValue::Table(general))) =
        (rival, tree.get_mut("scenario").map(Spanned::get_mut))
    {
        general.remove(rival);
    }
    let value = read(value, base + path.len() + 1);
    let mut place = Place::Table(tree);
    for (key, span) in inner {
        place = place.descend(key, span)?;
    }
    place.put(last, last_span, value)
}

/// The value as TOML, or else as plain text, so that `5m` and `none` need no quotes.
fn read(value: &str, base: usize) -> Spanned<DeValue<'_>> {
    match DeValue::parse(value) {
        Ok(parsed) => moved(parsed, base),
        Err(_) => Spanned::new(base..base + value.len(), DeValue::String(Cow::Borrowed(value))),
    }
}

/// Parts of a dotted path with their places; double quotes hold a part with dots together.
fn split(path: &str, base: usize) -> Vec<(&str, Range<usize>)> {
    let mut parts = Vec::new();
    let (mut from, mut quoted) = (0, false);
    for (at, c) in path.char_indices().chain([(path.len(), '.')]) {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted || at == path.len() => {
                parts.push((path[from..at].trim().trim_matches('"'), base + from..base + at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts
}

enum Place<'a, 't> {
    Table(&'a mut DeTable<'t>),
    Array(&'a mut [Spanned<DeValue<'t>>]),
}

impl<'a, 't> Place<'a, 't> {
    /// One step along the path; a table that is not there yet is made.
    fn descend(self, key: &'t str, span: &Range<usize>) -> Result<Place<'a, 't>, Box<Diagnostic>> {
        let value = match self {
            Place::Table(table) => table
                .entry(Spanned::new(span.clone(), Cow::Borrowed(key)))
                .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new()))),
            Place::Array(items) => {
                let index = find(items, key, span)?;
                &mut items[index]
            }
        };
        match value.get_mut() {
            DeValue::Table(table) => Ok(Place::Table(table)),
            DeValue::Array(items) => Ok(Place::Array(items)),
            other => Err(Diagnostic::error("HS0110", format!("`{key}` is not a table"))
                .mark(span.clone(), format!("in the file it is a {}", other.type_str()))
                .into()),
        }
    }

    fn put(
        self,
        key: &'t str,
        span: &Range<usize>,
        value: Spanned<DeValue<'t>>,
    ) -> Result<(), Box<Diagnostic>> {
        match self {
            Place::Table(table) => {
                // The key's place changes with the value's, so the old entry goes as a whole.
                table.remove(key);
                table.insert(Spanned::new(span.clone(), Cow::Borrowed(key)), value);
            }
            Place::Array(items) => {
                let index = find(items, key, span)?;
                items[index] = value;
            }
        }
        Ok(())
    }
}

/// Index of the entry with this name, or with this number.
fn find(items: &[Spanned<DeValue<'_>>], key: &str, span: &Range<usize>) -> Result<usize, Box<Diagnostic>> {
    let name = |item: &Spanned<DeValue<'_>>| {
        item.get_ref().get("name").and_then(|n| n.get_ref().as_str().map(str::to_owned))
    };
    let names: Vec<Option<String>> = items.iter().map(name).collect();
    if let Some(index) = names.iter().position(|n| n.as_deref() == Some(key)) {
        return Ok(index);
    }
    if let Some(index) = key.parse::<usize>().ok().filter(|index| *index < items.len()) {
        return Ok(index);
    }
    let known: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    let fault =
        Diagnostic::error("HS0110", format!("no entry is named `{key}`")).mark(span.clone(), "not found");
    let fault = match nearest(key, known.iter().copied()) {
        Some(near) => fault.help("an entry with a similar name exists").replace(near),
        None if known.is_empty() => {
            fault.help(format!("there are {} entries; name one by its number from 0", items.len()))
        }
        None => fault.help(format!("entries: `{}`", known.join("`, `"))),
    };
    Err(fault.into())
}
