//! JSON records as exports and APIs write them: fields that may be missing, ids as numbers or text,
//! times in any form, texts in HTML.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::clock::{self, Stamp};
use super::input::Input;
use super::intake::Intake;
use super::json::{self, Top};
use super::report::ImportError;

/// A JSON object to ask for fields; a path goes into inner objects (`a.b`).
#[derive(Clone, Copy, Debug)]
pub struct Record<'v>(pub &'v Value);

impl<'v> Record<'v> {
    /// What is at a path; `None` if nothing or null.
    pub fn at(self, path: &str) -> Option<&'v Value> {
        path.split('.').try_fold(self.0, |value, key| value.get(key)).filter(|v| !v.is_null())
    }

    /// Whether there is something at a path.
    pub fn has(self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// A text, "" if there is none.
    pub fn text(self, path: &str) -> &'v str {
        self.at(path).and_then(Value::as_str).unwrap_or("")
    }

    /// The first of several texts that is not empty.
    pub fn first_text(self, paths: &[&str]) -> &'v str {
        paths.iter().map(|p| self.text(p)).find(|t| !t.is_empty()).unwrap_or("")
    }

    /// An id or another scalar, as text, "" if there is none.
    pub fn id(self, path: &str) -> Cow<'v, str> {
        match self.at(path) {
            Some(Value::String(text)) => Cow::Borrowed(text),
            Some(Value::Number(number)) => Cow::Owned(number.to_string()),
            Some(Value::Bool(true)) => Cow::Borrowed("true"),
            Some(Value::Bool(false)) => Cow::Borrowed("false"),
            _ => Cow::Borrowed(""),
        }
    }

    /// The first of several ids that is not empty.
    pub fn first_id(self, paths: &[&str]) -> Cow<'v, str> {
        paths.iter().map(|p| self.id(p)).find(|t| !t.is_empty()).unwrap_or_default()
    }

    /// A truth value, also as text.
    pub fn flag(self, path: &str) -> bool {
        match self.at(path) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            Some(Value::Number(n)) => n.as_i64() == Some(1),
            _ => false,
        }
    }

    /// An instant: text or number; zero means never.
    pub fn stamp(self, path: &str, zone: &TimeZone) -> Option<Stamp> {
        match self.at(path)? {
            Value::String(text) => clock::any(text, zone),
            Value::Number(number) => clock::epoch(number.as_f64()?),
            _ => None,
        }
    }

    /// A list, empty if there is none.
    pub fn list(self, path: &str) -> &'v [Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// The names under which APIs hand out lists; an object that begins with one of these, or with what
/// stands beside them, wraps records.
const WRAPPERS: [&str; 40] = [
    "tickets",
    "ticket_audits",
    "audits",
    "comments",
    "ticket_metrics",
    "ticket_metric_events",
    "users",
    "conversations",
    "messages",
    "payload",
    "results",
    "data",
    "total",
    "count",
    "next_page",
    "previous_page",
    "end_time",
    "after_url",
    "after_cursor",
    "before_cursor",
    "end_of_stream",
    "page_info",
    "meta",
    "first_page_uri",
    "end",
    "previous_page_uri",
    "next_page_uri",
    "page",
    "page_size",
    "start",
    "items",
    "links",
    "participants",
    "satisfaction_ratings",
    "reporting_events",
    "groups",
    "agents",
    "contacts",
    "history",
    "rows",
];

/// Hands every record of an input to `each`, which owes it a verdict, with the name of the list that
/// it was found in. Lists inside of a wrapper's objects (`data.payload`) are opened too.
pub fn records(
    input: &Input,
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(Record<'_>, &str, u64, &mut Intake<'_>),
) -> Result<(), ImportError> {
    let top = |key: &str| if WRAPPERS.contains(&key) { Top::Wrapper } else { Top::Value };
    json::values(input, intake, &top, &mut |value, intake| {
        let parsed = match serde_json::from_slice::<Value>(value.bytes) {
            Ok(parsed) => parsed,
            Err(error) => {
                intake.element();
                return intake.quarantine(value.line, json::reason(&error), value.bytes);
            }
        };
        // What stands beside the lists of a wrapper (counts, links, pages) is no record.
        if !value.key.is_empty() && !value.in_array {
            let inner =
                if value.key == "data" { parsed.get("payload").and_then(Value::as_array) } else { None };
            for item in inner.into_iter().flatten() {
                one(item, "payload", value.line, intake, each);
            }
            return;
        }
        match &parsed {
            // Webhooks come as arrays of events, one array to a line.
            Value::Array(items) => {
                items.iter().for_each(|item| one(item, value.key, value.line, intake, each))
            }
            record => one(record, value.key, value.line, intake, each),
        }
    })
}

fn one(
    value: &Value,
    list: &str,
    line: u64,
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(Record<'_>, &str, u64, &mut Intake<'_>),
) {
    intake.element();
    if value.is_object() {
        each(Record(value), list, line, intake);
    } else {
        intake.quarantine(line, "an object is expected here", b"");
    }
}

/// The text of an HTML fragment: tags away, blocks on lines of their own, the common entities.
pub fn plain_text(html: &str) -> Cow<'_, str> {
    if !html.contains(['<', '&']) {
        return Cow::Borrowed(html.trim());
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('<') {
            let begins_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
            match rest.find('>').filter(|_| begins_tag) {
                Some(end) => {
                    let tag = rest[1..end].trim_start_matches('/').to_ascii_lowercase();
                    let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
                    let block =
                        matches!(name, "br" | "p" | "div" | "li" | "tr" | "blockquote" | "h1" | "h2" | "h3");
                    if block && !out.is_empty() && !out.ends_with('\n') {
                        out.push('\n');
                    }
                    rest = &rest[end + 1..];
                }
                None => {
                    out.push('<');
                    rest = &rest[1..];
                }
            }
        } else {
            const ENTITIES: [(&str, char); 7] = [
                ("&amp;", '&'),
                ("&lt;", '<'),
                ("&gt;", '>'),
                ("&quot;", '"'),
                ("&#39;", '\''),
                ("&apos;", '\''),
                ("&nbsp;", ' '),
            ];
            match ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
                Some((entity, c)) => {
                    out.push(*c);
                    rest = &rest[entity.len()..];
                }
                None => {
                    out.push('&');
                    rest = &rest[1..];
                }
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text() {
        for (html, text) in [
            ("<div><p>Hi,</p><p>a &lt; b &amp; c<br>next</p></div>", "Hi,\na < b & c\nnext"),
            ("plain", "plain"),
            ("1 < 2 & 3", "1 < 2 & 3"),
            ("<script", "<script"),
        ] {
            assert_eq!(plain_text(html), text);
        }
    }
}
