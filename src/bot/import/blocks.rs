//! A table of blocks, for builders that export nothing: one writes down what the screen shows.
//!
//! Columns: `id`, `block` (the builder's own name for it), `text`, `next`, `options`, `variable`. In
//! `options` one entry a line or separated by `;`, each `label -> id`; in `variable` the name the answer
//! is kept under. Which block of Landbot or Zoho Guided Conversations is which step:
//!
//! | block | step |
//! |---|---|
//! | Message, Send a message, Info card, Text, Media | says |
//! | Question, Collect data, Ask for a name / text | asks for text |
//! | Ask for an email, a phone, a number, a date, a file | asks for that |
//! | Choice, Buttons, Choose option, Yes/No, Menu, List | a menu |
//! | Keyword, Recognise keyword, Keyword jump | a keyword leads to `next` |
//! | Jump, Go to, Path, Combine | goes on |
//! | Fork, Condition, Branch | a branch; options are `value -> id` on `variable` |
//! | Assign to agent, Human takeover, Transfer, Live chat | a person takes over |
//! | Goodbye, Close, End | the end |
//! | Webhook, API request, Operations, Formula | not carried over: goes on to `next` |

use super::Import;
use super::draft::{Draft, spanned, with_references};
use super::source::{ImportError, Source};
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use crate::bot::text::{contains_word, fold};
use std::collections::{BTreeMap, BTreeSet};

/// What a builder's block is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Say,
    Ask(SlotKind),
    Menu,
    Keyword,
    Go,
    Branch,
    HandOff,
    End,
    Nothing,
}

/// Words in a block's name, the first that stands there counts.
const KINDS: &[(&str, Kind)] = &[
    ("keyword", Kind::Keyword),
    ("email", Kind::Ask(SlotKind::Email)),
    ("phone", Kind::Ask(SlotKind::Phone)),
    ("number", Kind::Ask(SlotKind::Number)),
    ("date", Kind::Ask(SlotKind::Date)),
    ("file", Kind::Ask(SlotKind::Document)),
    ("agent", Kind::HandOff),
    ("human", Kind::HandOff),
    ("transfer", Kind::HandOff),
    ("live chat", Kind::HandOff),
    ("choice", Kind::Menu),
    ("choose", Kind::Menu),
    ("button", Kind::Menu),
    ("buttons", Kind::Menu),
    ("options", Kind::Menu),
    ("option", Kind::Menu),
    ("yes/no", Kind::Menu),
    ("menu", Kind::Menu),
    ("list", Kind::Menu),
    ("fork", Kind::Branch),
    ("condition", Kind::Branch),
    ("branch", Kind::Branch),
    ("jump", Kind::Go),
    ("go to", Kind::Go),
    ("path", Kind::Go),
    ("combine", Kind::Go),
    ("goodbye", Kind::End),
    ("close", Kind::End),
    ("end", Kind::End),
    ("webhook", Kind::Nothing),
    ("api", Kind::Nothing),
    ("operations", Kind::Nothing),
    ("formula", Kind::Nothing),
    ("question", Kind::Ask(SlotKind::Text)),
    ("collect", Kind::Ask(SlotKind::Text)),
    ("ask", Kind::Ask(SlotKind::Text)),
    ("message", Kind::Say),
    ("card", Kind::Say),
    ("text", Kind::Say),
    ("media", Kind::Say),
    ("image", Kind::Say),
    ("welcome", Kind::Say),
];

/// One line of the table.
struct Row {
    place: String,
    id: String,
    block: String,
    text: String,
    next: String,
    options: Vec<(String, String)>,
    variable: String,
}

/// A text with the builders' ways to name a variable: `{name}`, `{{name}}`, `${name}`, `@name`.
fn with_variables(text: &str, known: &BTreeSet<String>) -> String {
    with_references(text, |rest| {
        for (open, close) in [("{{", "}}"), ("${", "}"), ("{", "}")] {
            let found = rest.strip_prefix(open).and_then(|tail| tail.split_once(close));
            if let Some((name, _)) = found.filter(|(name, _)| known.contains(name.trim())) {
                return Some((open.len() + name.len() + close.len(), name.trim().to_owned()));
            }
        }
        let tail = rest.strip_prefix('@')?;
        let name =
            known.iter().filter(|name| tail.starts_with(name.as_str())).max_by_key(|name| name.len())?;
        Some((1 + name.len(), name.clone()))
    })
}

pub(super) fn import(source: &Source) -> Result<Import, ImportError> {
    let name = source.names().find(|n| n.ends_with(".csv")).unwrap_or_default().to_owned();
    let rows = rows(&source.text(&name).unwrap_or_default(), &name)?;
    let Some(first) = rows.first() else {
        return Err(ImportError::Broken { place: name, why: "the table has no block".to_owned() });
    };
    let mut draft = Draft::new(&source.name, Vec::new());
    draft.guess_language("the table names no language");
    draft.flow.start = spanned(first.id.clone());
    let known: BTreeSet<String> = rows.iter().map(|r| r.variable.clone()).filter(|v| !v.is_empty()).collect();
    for row in &rows {
        block(row, &known, &mut draft);
    }
    Ok(draft.finish())
}

fn rows(text: &str, name: &str) -> Result<Vec<Row>, ImportError> {
    let broken = |place: String, why: String| ImportError::Broken { place, why };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|why| broken(name.to_owned(), why.to_string()))?.clone();
    let column = |wanted: &str| header.iter().position(|c| c.trim().eq_ignore_ascii_case(wanted));
    let (Some(id), Some(block)) = (column("id"), column("block")) else {
        let why = "needs the columns id, block, text, next, options, variable".to_owned();
        return Err(broken(format!("{name}:1"), why));
    };
    let others = ["text", "next", "options", "variable"].map(column);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|why| broken(name.to_owned(), why.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |index: Option<usize>| index.and_then(|i| record.get(i)).unwrap_or("").trim().to_owned();
        let [text, next, options, variable] = others.map(cell);
        let pair = |option: &str| {
            let (label, to) = option.rsplit_once("->").unwrap_or((option, &next));
            (label.trim().to_owned(), to.trim().to_owned())
        };
        let options = options.split(['\n', ';']).map(str::trim).filter(|o| !o.is_empty()).map(pair).collect();
        let row = Row {
            place: format!("{name}:{line}"),
            id: cell(Some(id)),
            block: cell(Some(block)),
            text,
            next,
            options,
            variable,
        };
        if row.id.is_empty() {
            return Err(broken(row.place, "a block needs an id".to_owned()));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn block(row: &Row, known: &BTreeSet<String>, draft: &mut Draft) {
    let name = fold(&row.block);
    let kind = KINDS.iter().find(|(word, _)| contains_word(&name, word)).map(|(_, kind)| *kind);
    if draft.has_step(&row.id) {
        return draft.note(row.place.clone(), format!("a second block `{}` is left out", row.id));
    }
    let mut step =
        RawStep { say: draft.text_in("en", vec![with_variables(&row.text, known)]), ..RawStep::default() };
    let next = if row.next.is_empty() { None } else { Some(spanned(row.next.clone())) };
    match kind {
        Some(Kind::Ask(kind)) => {
            let wanted = if row.variable.is_empty() { row.id.clone() } else { row.variable.clone() };
            let slot =
                RawSlot { kind, pattern: None, values: BTreeMap::new(), at_least: None, at_most: None };
            step.ask = Some(spanned(draft.slot(&wanted, slot)));
            step.go = next.or_else(|| Some(spanned(end(draft))));
        }
        Some(Kind::Menu) if !row.options.is_empty() => {
            for (label, to) in &row.options {
                let go = if to.is_empty() { end(draft) } else { to.clone() };
                step.menu.push(RawChoice {
                    text: spanned(Text::one(escape(label))),
                    description: None,
                    words: None,
                    key: None,
                    set: if row.variable.is_empty() {
                        BTreeMap::new()
                    } else {
                        BTreeMap::from([(row.variable.clone(), label.clone())])
                    },
                    go: spanned(go),
                });
            }
        }
        Some(Kind::Keyword) => {
            let words =
                row.text.split([',', ';']).map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect();
            draft.flow.keyword.push(RawKeyword {
                words: spanned(Text::Plain(words)),
                matching: KeywordMatch::Word,
                priority: 0,
                go: next,
                hand_off: None,
            });
            return;
        }
        Some(Kind::Branch) => {
            draft.flow.variables.entry(row.variable.clone()).or_default();
            for (value, to) in &row.options {
                let conditions = BTreeMap::from([(
                    spanned(row.variable.clone()),
                    spanned(Text::one(format!("= {value}"))),
                )]);
                step.branch.push(RawBranch { conditions, go: spanned(to.clone()) });
            }
            let otherwise = next.unwrap_or_else(|| spanned(end(draft)));
            step.branch.push(RawBranch { conditions: BTreeMap::new(), go: otherwise });
        }
        Some(Kind::HandOff) => step.hand_off = Some(spanned(row.block.clone())),
        Some(Kind::End) => step.end = Some(RawEnd::Closed),
        other => {
            match other {
                Some(Kind::Nothing) => draft.note(
                    row.place.clone(),
                    format!("`{}` calls another system and does nothing here", row.block),
                ),
                Some(Kind::Menu) => draft.note(row.place.clone(), "a choice without options only speaks"),
                None => draft.note(
                    row.place.clone(),
                    format!("`{}` is no block this program knows; its text is said", row.block),
                ),
                _ => {}
            }
            match next {
                Some(next) => step.go = Some(next),
                None => step.end = Some(RawEnd::Closed),
            }
        }
    }
    draft.add_step(&row.id, step);
}

/// The step that ends the conversation, made when it is first needed.
fn end(draft: &mut Draft) -> String {
    let name = "(end)";
    if !draft.has_step(name) {
        draft.add_step(name, RawStep { end: Some(RawEnd::Closed), ..RawStep::default() });
    }
    name.to_owned()
}
