//! The reference of the language (`docs/scenario.md`), written from the schema.

use super::schema;
use super::walk::{alternatives, describe, tag};
use serde_json::Value;
use std::fmt::Write;

/// Tables in the order of a file.
const ORDER: [&str; 15] = [
    "scenario",
    "calendar",
    "traffic",
    "intent",
    "customer",
    "channel",
    "bot",
    "team",
    "desk",
    "sla",
    "rule",
    "goal",
    "csat",
    "cost",
    "service_level",
];

const INTRODUCTION: &str = "\
# The scenario file

Every table and key of the language, with its default. This page is written from the types by a test;
`docs/scenario.schema.json` says the same to an editor (open a file with `#:schema` and its path).

How values are written:

- Durations are text with units: `\"90s\"`, `\"5m\"`, `\"1h 30m\"`, `\"2d\"`, `\"1w\"`, `\"250ms\"`; a bare `0` is
  nothing.
- Shares are `\"12%\"` or `0.12`. Numbers may have underscores: `1_400`.
- Days are `\"mon-fri\"`, `\"sat\"`, `\"mon,wed\"`, `\"all\"`. Hours are `\"08:00-18:00\"`; `24:00` is the day's end
  and `\"22:00-06:00\"` goes over midnight.
- A distribution is a table with its name as the key, `{ lognormal = { median = \"40s\", sigma = 1.3 } }`; a bare
  value is always that value. Its parameters are durations where a duration is meant, and numbers where a
  count is.
- Paths are relative to the scenario's folder.
- `like = \"...\"` takes a preset; what is written beside it overrides. `helpsim presets` shows them.
- Unknown keys are errors. What is not named does not happen: a chance is 0, a patience without end.
- `helpsim run FILE --set team.frontline.agents=11` changes a value: a dotted path, with an entry of a list by
  its `name` or its number from 0.

Distributions: `deterministic` (`value`), `exponential` (`mean`), `lognormal` (`mean` and `sd`, `median` and
`sigma`, or `mean` and `scv`), `gamma` (`mean` and `sd`, or `shape` and `mean` or `scale`), `weibull` (`shape`
and `mean` or `scale`), `erlang` (`mean`, `k`),
`uniform` (`low`, `high`), `triangular` (`low`, `mode`, `high`), `hyperexponential` (`p`, `means`), `geometric`
(`mean`), `empirical` (`file` or `values`, `smooth`).
";

/// The page.
pub fn markdown() -> String {
    let root = schema::value();
    let mut page = INTRODUCTION.to_owned();
    for name in ORDER {
        let property = &root["properties"][name];
        let mut forms = Vec::new();
        alternatives(&root, property, &mut forms);
        let Some(form) = forms.first() else { continue };
        let (heading, table) = match form.get("items") {
            Some(items) => (format!("[[{name}]]"), items),
            None => (format!("[{name}]"), *form),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "\n## `{heading}`\n\n{}", text(property).unwrap_or_default());
        section(&root, table, &heading, &mut page);
    }
    page
}

/// The keys of a table, and of the tables in it.
fn section(root: &Value, schema: &Value, heading: &str, page: &mut String) {
    let mut forms = Vec::new();
    alternatives(root, schema, &mut forms);
    let Some(properties) = forms.iter().find_map(|form| form.get("properties")).and_then(Value::as_object)
    else {
        return;
    };
    let required: Vec<&str> = forms
        .iter()
        .filter_map(|form| form.get("required").and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    page.push_str("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    let mut inner = Vec::new();
    for (key, property) in properties {
        let mut forms = Vec::new();
        alternatives(root, property, &mut forms);
        let default = match property.get("default") {
            _ if required.contains(&key.as_str()) => "required".to_owned(),
            Some(default) if *default != Value::Array(Vec::new()) => short(&toml_of(default)),
            _ => "–".to_owned(),
        };
        let value = value_of(root, property, &forms);
        let meaning = text(property).unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(page, "| `{key}` | {} | {default} | {meaning} |", value.replace('|', "\\|"));
        if let Some(table) = table_in(root, &forms) {
            inner.push((key, table));
        }
    }
    for (key, table) in inner {
        let heading = format!("{heading} {key}");
        let _ = writeln!(page, "\n### `{heading}`");
        if let Some(text) = text(table) {
            let _ = writeln!(page, "\n{text}");
        }
        section(root, table, &heading, page);
    }
}

/// The introduction says how values are written, so the tables name their kinds alone.
const SHORT: [(&str, &str); 14] = [
    ("a duration such as `\"90s\"` or `\"1h 30m\"`", "duration"),
    ("a share such as `\"12%\"` or `0.12`", "share"),
    ("a distribution such as `{ exponential = { mean = ... } }`", "distribution"),
    ("days such as `\"mon-fri\"`", "days"),
    ("hours such as `\"08:00-18:00\"`", "hours"),
    ("a time of day such as `\"08:30\"`", "time of day"),
    ("a date such as `\"2026-11-23\"`, with or without a time", "date, or date and time"),
    ("a date such as `\"2026-11-23\"`", "date"),
    ("text in quotes", "text"),
    ("a list of a table", "list of tables"),
    ("a list of a ", "list of "),
    ("a whole number", "whole number"),
    ("a table", "table"),
    ("a list", "list"),
];

/// What a key holds, in words.
fn value_of(root: &Value, property: &Value, forms: &[&Value]) -> String {
    let mut words = describe(forms);
    if let Some(items) = forms.iter().find_map(|form| form.get("items")) {
        let mut inner = Vec::new();
        alternatives(root, items, &mut inner);
        words = words.replace("a list", &format!("a list of {}", describe(&inner)));
    }
    for (long, short) in SHORT {
        words = words.replace(long, short);
    }
    if words == "a number" {
        words = "number".to_owned();
    }
    let bound = |key: &str| property.get(key).filter(|bound| bound.as_f64() != Some(0.0));
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => format!("{words}, {low} to {high}"),
        (Some(low), None) => format!("{words}, {low} or more"),
        (None, Some(high)) => format!("{words}, at most {high}"),
        (None, None) => words,
    }
}

/// The table with keys of its own behind a key, if there is one; distributions have their place in the
/// introduction.
fn table_in<'s>(root: &'s Value, forms: &[&'s Value]) -> Option<&'s Value> {
    for form in forms {
        if form.get("properties").is_some() && tag(form).is_none_or(|tag| tag == "ageing") {
            return Some(form);
        }
        if let Some(items) = form.get("items") {
            let mut inner = Vec::new();
            alternatives(root, items, &mut inner);
            if let Some(table) = table_in(root, &inner) {
                return Some(table);
            }
        }
    }
    None
}

fn text(schema: &Value) -> Option<String> {
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

/// A long default is in the presets or in the schema; the page says so.
fn short(default: &str) -> String {
    if default.len() <= 70 { format!("`{default}`") } else { "see the schema".to_owned() }
}

/// A default as it would be written.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let pairs: Vec<String> = object
                .iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| format!("{k} = {}", toml_of(v)))
                .collect();
            if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml_of).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
