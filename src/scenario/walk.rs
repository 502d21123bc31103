//! The shape of a file, checked against the schema before anything is deserialised, so that all
//! faults are found and not the first alone.
//!
//! What is at fault is reported and taken out of the tree. What is left deserialises without a fault,
//! and the checks on meaning run over it.

use super::value as read;
use crate::diag::{Diagnostic, nearest};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Checks the tree against the schema, reports every fault of shape and prunes it. Returns the paths of
/// what was taken out.
pub fn walk(tree: &mut Spanned<DeTable<'_>>, schema: &Value, faults: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut walker = Walker { root: schema, faults, pruned: Vec::new() };
    let span = tree.span();
    walker.object(tree.get_mut(), schema, "", &(span.start..span.start));
    walker.pruned
}

struct Walker<'s> {
    root: &'s Value,
    faults: &'s mut Vec<Diagnostic>,
    pruned: Vec<String>,
}

impl<'s> Walker<'s> {
    /// Whether the value stays.
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &'s Value, path: &str) -> bool {
        let mut alternatives = Vec::new();
        self::alternatives(self.root, schema, &mut alternatives);
        if let DeValue::Datetime(moment) = value.get_ref() {
            // TOML's own dates and those in quotes are the same to us.
            let text = DeValue::String(Cow::Owned(moment.to_string()));
            *value = Spanned::new(value.span(), text);
        }
        let span = value.span();
        let fitting: Vec<&Value> =
            alternatives.iter().copied().filter(|a| fits(value.get_ref(), a)).collect();
        if fitting.is_empty() {
            let found = match value.get_ref() {
                DeValue::Integer(_) | DeValue::Float(_) if formats(&alternatives).contains(&"duration") => {
                    "a number without a unit"
                }
                other => kind(other),
            };
            let mut fault =
                Diagnostic::error("HS0103", format!("`{path}` must be {}", describe(&alternatives)))
                    .mark(span, format!("this is {found}"));
            // Only at the top does a path stand as it is written in a header.
            let wants_list = alternatives.iter().any(|alternative| types(alternative) == ["array"]);
            if wants_list && matches!(value.get_ref(), DeValue::Table(_)) && !path.contains('.') {
                fault = fault.help(format!("each of them has a header of its own, `[[{path}]]`"));
            }
            self.faults.push(fault);
            return false;
        }
        match value.get_mut() {
            DeValue::Table(table) => self.table(table, &fitting, path, &span),
            DeValue::Array(items) => {
                let Some(schema) = fitting.first().and_then(|alternative| alternative.get("items")) else {
                    return true;
                };
                let mut kept: DeArray<'_> = std::iter::empty().collect();
                for (index, mut item) in
                    std::mem::replace(items, std::iter::empty().collect()).into_iter().enumerate()
                {
                    let name = item_path(path, &item, index);
                    if self.value(&mut item, schema, &name) {
                        kept.push(item);
                    } else {
                        self.pruned.push(name);
                    }
                }
                *items = kept;
                true
            }
            DeValue::String(text) => self.text(text, &span, &fitting, path),
            DeValue::Integer(_) | DeValue::Float(_) => self.number(value, &fitting, path),
            _ => true,
        }
    }

    /// A table: a struct, a map, or a name in front of its parameters.
    fn table(
        &mut self,
        table: &mut DeTable<'_>,
        fitting: &[&'s Value],
        path: &str,
        span: &Range<usize>,
    ) -> bool {
        if let [only] = fitting {
            return self.object(table, only, path, span);
        }
        // Several tables with one key each: the key says which.
        let tags: Vec<&str> = fitting.iter().filter_map(|schema| tag(schema)).collect();
        let mut keys = table.keys();
        let (Some(key), None) = (keys.next(), keys.next()) else {
            self.faults.push(
                Diagnostic::error("HS0104", format!("`{path}` needs exactly one of the names it can have"))
                    .mark(span.clone(), format!("{} keys here", table.len()))
                    .help(format!("one of `{}`", tags.join("`, `"))),
            );
            return false;
        };
        match fitting.iter().find(|schema| tag(schema) == Some(key.get_ref())) {
            Some(schema) => self.object(table, schema, path, span),
            None => {
                let fault = Diagnostic::error("HS0105", format!("`{path}` cannot be `{}`", key.get_ref()))
                    .mark(key.span(), "unknown name");
                let fault = fault.help(format!("one of `{}`", tags.join("`, `")));
                self.faults.push(suggest(fault, key.get_ref(), tags.iter().copied()));
                false
            }
        }
    }

    fn object(
        &mut self,
        table: &mut DeTable<'_>,
        schema: &'s Value,
        path: &str,
        span: &Range<usize>,
    ) -> bool {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let known: Vec<&str> = properties.into_iter().flat_map(|p| p.keys()).map(String::as_str).collect();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut missing: Vec<&str> =
            required.iter().copied().filter(|key| !table.contains_key(*key)).collect();
        let known_already: BTreeSet<String> = table.keys().map(|key| key.get_ref().to_string()).collect();
        let mut keep = true;
        *table = std::mem::take(table)
            .into_iter()
            .filter_map(|(key, mut value)| {
                let name = key.get_ref().as_ref();
                let path = join(path, name);
                let Some(schema) = properties.and_then(|p| p.get(name)).or(others) else {
                    // A required key that is only misspelt is not reported as missing, too.
                    let near = nearest(name, known.iter().copied());
                    missing.retain(|key| Some(*key) != near);
                    keep &= near.is_none_or(|near| !required.contains(&near) || known_already.contains(near));
                    self.unknown_key(&key, &path, &known);
                    return None;
                };
                let stays = self.value(&mut value, schema, &path);
                if !stays {
                    self.pruned.push(path);
                }
                keep &= stays || !required.contains(&name);
                stays.then_some((key, value))
            })
            .collect();
        for key in missing {
            keep = false;
            let message = match path {
                "" => format!("there is no `[{key}]` table"),
                _ => format!("`{path}` has no `{key}`"),
            };
            self.faults.push(
                Diagnostic::error("HS0104", message).mark(span.clone(), format!("`{key}` is missing here")),
            );
        }
        keep
    }

    fn unknown_key(&mut self, key: &Spanned<Cow<'_, str>>, path: &str, known: &[&str]) {
        let name = key.get_ref().as_ref();
        let place = match path.rsplit_once('.') {
            Some((table, _)) => format!("`{table}`"),
            None => "a scenario".to_owned(),
        };
        let fault = Diagnostic::error("HS0102", format!("unknown key `{name}` in {place}"))
            .mark(key.span(), format!("not a key of {place}"));
        let fault = match nearest(name, known.iter().copied()) {
            Some(near) => fault.help("a key with a similar name exists").replace(near),
            None => fault.help(format!("its keys are `{}`", known.join("`, `"))),
        };
        self.faults.push(fault);
    }

    fn text(&mut self, text: &str, span: &Range<usize>, fitting: &[&Value], path: &str) -> bool {
        let words: Vec<&str> = fitting.iter().flat_map(|schema| words(schema)).collect();
        if words.contains(&text) {
            return true;
        }
        let Some(free) = fitting.iter().find(|schema| words_of(schema).is_none()) else {
            let fault = Diagnostic::error("HS0105", format!("`{path}` cannot be `{text}`"))
                .mark(span.clone(), "not one of its words")
                .help(format!("one of `{}`", words.join("`, `")));
            let near = nearest(text, words.iter().copied());
            self.faults.push(match near {
                Some(near) => {
                    fault.help("a word with a similar spelling exists").replace(format!("\"{near}\""))
                }
                None => fault,
            });
            return false;
        };
        let format = free.get("format").and_then(Value::as_str).unwrap_or_default();
        let fault = match format {
            "share" => match read::share(text) {
                Ok(share) => return self.share(share, text, span, free, path),
                Err(fault) => Some(fault),
            },
            "duration" => read::duration_ms(text).err(),
            "signed duration" => read::signed_duration_ms(text).err(),
            "days" => read::days(text).err(),
            "hours" => read::hours(text).err(),
            "time of day" => read::time_of_day(text).err(),
            "date" => read::date(text).err(),
            "moment" => read::moment(text).err(),
            _ => None,
        };
        let Some(expected) = fault else { return true };
        let code = if format.starts_with("date") || format == "moment" { "HS0108" } else { "HS0106" };
        let mut fault = Diagnostic::error(code, format!("`{path}` is not {}", article(format)))
            .mark(span.clone(), "this cannot be read")
            .help(expected);
        if !words.is_empty() {
            fault = suggest_word(fault.help(format!("or the word `{}`", words.join("`, `"))), text, &words);
        }
        self.faults.push(fault);
        false
    }

    fn number(&mut self, value: &Spanned<DeValue<'_>>, fitting: &[&Value], path: &str) -> bool {
        let span = value.span();
        let schema = fitting[0];
        let (number, written) = match value.get_ref() {
            DeValue::Integer(integer) => (
                i128::from_str_radix(integer.as_str(), integer.radix()).map(|i| i as f64).ok(),
                integer.to_string(),
            ),
            DeValue::Float(float) => (float.as_str().parse::<f64>().ok(), float.to_string()),
            _ => return true,
        };
        let Some(number) = number.filter(|number| number.is_finite()) else {
            self.faults.push(
                Diagnostic::error("HS0301", format!("`{path}` must be a finite number"))
                    .mark(span, "not finite"),
            );
            return false;
        };
        match schema.get("format").and_then(Value::as_str) {
            Some("share") => self.share(number, &written, &span, schema, path),
            Some("duration" | "signed duration") if number != 0.0 => {
                self.faults.push(
                    Diagnostic::error("HS0106", format!("`{path}` needs a unit"))
                        .mark(span, "seconds, minutes, hours?")
                        .help(format!("write `\"{written}s\"`, `\"{written}m\"` or `\"{written}h\"`")),
                );
                false
            }
            _ => self.range(number, &written, &span, schema, path),
        }
    }

    fn share(&mut self, share: f64, written: &str, span: &Range<usize>, schema: &Value, path: &str) -> bool {
        let (low, high) = bounds(schema);
        let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(1.0));
        if (low..=high).contains(&share) {
            return true;
        }
        let mut fault = Diagnostic::error("HS0310", format!("`{path}` must lie between {low} and {high}"))
            .mark(
                span.clone(),
                format!(
                    "{written} is {} than {}",
                    if share > high { "larger" } else { "smaller" },
                    if share > high { high } else { low }
                ),
            );
        if share > 1.0 && share <= 100.0 && !written.contains('%') {
            fault = fault.help(format!("write `\"{written}%\"` for {written} percent"));
        }
        self.faults.push(fault);
        false
    }

    fn range(&mut self, number: f64, written: &str, span: &Range<usize>, schema: &Value, path: &str) -> bool {
        let (low, high) = bounds(schema);
        let what = match (low, high) {
            (Some(low), _) if number < low => format!("at least {}", grouped(low)),
            (_, Some(high)) if number > high => format!("at most {}", grouped(high)),
            _ => return true,
        };
        self.faults.push(
            Diagnostic::error("HS0301", format!("`{path}` must be {what}"))
                .mark(span.clone(), format!("{written} is out of range")),
        );
        false
    }
}

/// The schemas a value may follow, references resolved.
pub fn alternatives<'s>(root: &'s Value, schema: &'s Value, out: &mut Vec<&'s Value>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        if let Some(target) = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
            alternatives(root, target, out);
        }
        return;
    }
    for combination in ["allOf", "anyOf", "oneOf"] {
        if let Some(parts) = schema.get(combination).and_then(Value::as_array) {
            for part in parts {
                alternatives(root, part, out);
            }
            return;
        }
    }
    out.push(schema);
}

/// `path.key`.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// An entry of a list goes by its name, or by its number.
fn item_path(path: &str, item: &Spanned<DeValue<'_>>, index: usize) -> String {
    match item.get_ref().get("name").and_then(|name| name.get_ref().as_str()) {
        Some(name) => join(path, name),
        None => format!("{path}[{index}]"),
    }
}

/// The only key of a schema for a name in front of its parameters.
pub fn tag(schema: &Value) -> Option<&str> {
    let properties = schema.get("properties")?.as_object()?;
    match properties.keys().collect::<Vec<_>>().as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("const").is_some() || schema.get("enum").is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

fn fits(value: &DeValue<'_>, schema: &Value) -> bool {
    let types = types(schema);
    let any = |wanted: &[&str]| types.iter().any(|t| wanted.contains(t));
    match value {
        DeValue::String(_) | DeValue::Datetime(_) => any(&["string"]),
        DeValue::Integer(_) => any(&["integer", "number"]),
        DeValue::Float(_) => any(&["number"]),
        DeValue::Boolean(_) => any(&["boolean"]),
        DeValue::Array(_) => any(&["array"]),
        DeValue::Table(_) => any(&["object"]),
    }
}

fn words_of(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word]);
    }
    schema.get("enum").and_then(Value::as_array).map(|words| words.iter().filter_map(Value::as_str).collect())
}

fn words(schema: &Value) -> Vec<&str> {
    words_of(schema).unwrap_or_default()
}

fn formats<'a>(schemas: &[&'a Value]) -> Vec<&'a str> {
    schemas.iter().filter_map(|schema| schema.get("format").and_then(Value::as_str)).collect()
}

/// Least and greatest number, as the schema says or as the machine can hold.
fn bounds(schema: &Value) -> (Option<f64>, Option<f64>) {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let machine = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => Some(f64::from(u8::MAX)),
        Some("uint16") => Some(f64::from(u16::MAX)),
        Some("uint32") => Some(f64::from(u32::MAX)),
        Some("uint64") => Some(i64::MAX as f64),
        _ => None,
    };
    (bound("minimum"), bound("maximum").or(machine))
}

/// A number with its thousands apart.
fn grouped(number: f64) -> String {
    if number.fract() != 0.0 || number.abs() < 10_000.0 {
        return number.to_string();
    }
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if number < 0.0 { format!("-{text}") } else { text }
}

fn article(format: &str) -> String {
    match format {
        "days" => "a list of days".to_owned(),
        "hours" => "hours of a day".to_owned(),
        "moment" => "a date, with or without a time".to_owned(),
        "signed duration" => "a duration".to_owned(),
        other => format!("a {other}"),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Tags that stand for one idea.
const DISTRIBUTIONS: [&str; 11] = [
    "deterministic",
    "exponential",
    "lognormal",
    "gamma",
    "erlang",
    "weibull",
    "uniform",
    "triangular",
    "hyperexponential",
    "geometric",
    "empirical",
];

/// What a value may be, in words.
pub fn describe(alternatives: &[&Value]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for schema in alternatives {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        let part = match (format, types(schema).as_slice()) {
            ("duration" | "signed duration", _) => "a duration such as `\"90s\"` or `\"1h 30m\"`".to_owned(),
            ("share", _) => "a share such as `\"12%\"` or `0.12`".to_owned(),
            ("days", _) => "days such as `\"mon-fri\"`".to_owned(),
            ("hours", _) => "hours such as `\"08:00-18:00\"`".to_owned(),
            ("time of day", _) => "a time of day such as `\"08:30\"`".to_owned(),
            ("date", _) => "a date such as `\"2026-11-23\"`".to_owned(),
            ("moment", _) => "a date such as `\"2026-11-23\"`, with or without a time".to_owned(),
            (_, ["string"]) => match words_of(schema) {
                Some(words) => format!("`\"{}\"`", words.join("\"`, `\"")),
                None => "text in quotes".to_owned(),
            },
            (_, ["integer"]) => "a whole number".to_owned(),
            (_, ["number"]) => "a number".to_owned(),
            (_, ["boolean"]) => "`true` or `false`".to_owned(),
            (_, ["array"]) => "a list".to_owned(),
            _ => match tag(schema) {
                Some(tag) if DISTRIBUTIONS.contains(&tag) => {
                    "a distribution such as `{ exponential = { mean = ... } }`".to_owned()
                }
                Some(tag) => format!("`{{ {tag} = ... }}`"),
                None => "a table".to_owned(),
            },
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "something else".to_owned(),
    }
}

fn suggest<'a>(fault: Diagnostic, written: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    match nearest(written, names) {
        Some(near) => fault.help("a similar name exists").replace(near),
        None => fault,
    }
}

fn suggest_word(fault: Diagnostic, written: &str, words: &[&str]) -> Diagnostic {
    match nearest(written, words.iter().copied()) {
        Some(near) => fault.help("a word with a similar spelling exists").replace(format!("\"{near}\"")),
        None => fault,
    }
}
