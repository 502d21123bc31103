//! JSON records as exports and APIs write them: fields that may be missing, ids as numbers or text,
//! times in any form, texts in HTML.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::clock::{self, Stamp};
use super::input::Input;
use super::intake::Intake;
use super::json::{self, Members, Top};
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

/// The names under which APIs hand out records, in lists or one alone.
const HOLD: [&str; 30] = [
    "tickets",
    "ticket",
    "ticket_audits",
    "audits",
    "audit",
    "comments",
    "comment",
    "ticket_metrics",
    "ticket_metric",
    "ticket_metric_events",
    "satisfaction_ratings",
    "satisfaction_rating",
    "users",
    "user",
    "conversations",
    "conversation",
    "messages",
    "message",
    "participants",
    "reporting_events",
    "payload",
    "results",
    "result",
    "records",
    "data",
    "items",
    "rows",
    "history",
    "message_groups",
    "helpdesk_ticket",
];

/// What stands beside them: counts, links, pages, and lists of what records name by their ids.
const BESIDE: [&str; 24] = [
    "total",
    "count",
    "next_page",
    "previous_page",
    "end_time",
    "after_url",
    "after_cursor",
    "before_cursor",
    "before_url",
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
    "links",
    "groups",
    "agents",
    "contacts",
    "organizations",
];

/// What a record has of its own and a page of records has not.
const OWN: [&str; 22] = [
    "id",
    "sid",
    "uuid",
    "display_id",
    "ticket_id",
    "conversation_id",
    "conversation_sid",
    "ticketNumber",
    "created_at",
    "createdTime",
    "date_created",
    "datecreated",
    "date_from",
    "timestamp",
    "event",
    "eventType",
    "entity_type",
    "type",
    "app",
    "message_type",
    "direction",
    "metric",
];

fn top(members: &Members) -> Top {
    let wraps = !members.has(&OWN) && (members.has(&HOLD) || members.has(&BESIDE));
    if wraps { Top::Wrapper } else { Top::Value }
}

/// Hands every record of an input to `each`, which owes it a verdict, with the name of the list that
/// it was found in. Pages of records are opened wherever they stand: as the whole file, one per line, in
/// an array, one inside of the other (`data.payload`).
pub fn records(
    input: &Input,
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(Record<'_>, &str, u64, &mut Intake<'_>),
) -> Result<(), ImportError> {
    json::values(input, intake, &top, &mut |value, intake| {
        // What stands beside the lists of a wrapper (counts, links, pages) is no record.
        let alone = !value.key.is_empty() && !value.in_array;
        if BESIDE.contains(&value.key)
            || (alone && !(HOLD.contains(&value.key) && value.bytes.starts_with(b"{")))
        {
            return;
        }
        match serde_json::from_slice::<Value>(value.bytes) {
            Ok(parsed) => open(&parsed, value.key, value.line, intake, each, 0),
            Err(error) => {
                intake.element();
                intake.quarantine(value.line, json::reason(&error), value.bytes);
            }
        }
    })
}

/// Pages inside pages are followed so far.
const DEEP: u8 = 4;

fn open(
    value: &Value,
    list: &str,
    line: u64,
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(Record<'_>, &str, u64, &mut Intake<'_>),
    depth: u8,
) {
    if depth < DEEP {
        if let Value::Array(items) = value {
            // Webhooks come as arrays of events, one array to a line.
            return items.iter().for_each(|item| open(item, list, line, intake, each, depth + 1));
        }
        if let Some(object) = value.as_object()
            && !OWN.iter().any(|own| object.contains_key(*own))
        {
            let held = |(name, value): &(&String, &Value)| {
                HOLD.contains(&name.as_str()) && (value.is_array() || value.is_object())
            };
            if object.iter().any(|pair| held(&pair)) {
                let inner = object.iter().filter(held);
                return inner.for_each(|(name, value)| open(value, name, line, intake, each, depth + 1));
            }
        }
    }
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

    fn found(text: &str) -> Vec<(String, String)> {
        let options = super::super::Options::default();
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut intake = Intake::new(&options, &mut ignore, &mut silent);
        let mut out = Vec::new();
        records(&Input::memory("x.json", text.as_bytes()), &mut intake, &mut |record, list, _, intake| {
            intake.keep();
            out.push((list.to_owned(), record.id("id").into_owned()));
        })
        .unwrap();
        assert!(intake.report.balanced());
        out
    }

    #[test]
    fn pages_wherever_they_stand() {
        let page =
            |a: u8, b: u8| format!(r#"{{"count":2,"tickets":[{{"id":{a}}},{{"id":{b}}}],"next_page":null}}"#);
        let one = page(1, 2);
        let expected = [1, 2, 3, 4].map(|id| ("tickets".to_owned(), id.to_string()));
        assert_eq!(found(&one), expected[..2]);
        for text in [
            format!("{one}\n{}\n", page(3, 4)),
            format!("[{one},{}]", page(3, 4)),
            format!("{one}{}", page(3, 4)),
            format!("{{\"data\":{one}}}\n{{\"data\":{}}}", page(3, 4)),
        ] {
            assert_eq!(found(&text), expected, "{text}");
        }
        assert_eq!(found(r#"{"ticket":{"id":7}}"#), [("ticket".to_owned(), "7".to_owned())]);
    }

    /// The order in which a program writes the members of an object means nothing.
    #[test]
    fn records_that_begin_like_pages() {
        let one = r#"{"meta":{"x":1},"payload":{"id":5},"messages":[{"id":9}],"id":1}"#;
        let spread = "{\n \"payload\": {\"id\": 5},\n \"type\": \"message\",\n \"id\": 1\n}\n";
        for text in [one.to_owned(), format!("{one}\n{one}"), spread.to_owned(), format!("[{one}]")] {
            assert!(found(&text).iter().all(|(list, id)| list.is_empty() && id == "1"), "{text}");
            assert!(!found(&text).is_empty());
        }
    }

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
