//! Finds the format of a file by looking at its content. The name counts only where the content
//! leaves a choice.

use serde_json::Value;

use super::format::Format;
use super::{chat, csv_file, log_file};

/// The format of a file that begins like this, and what it was recognised by.
pub fn detect(head: &[u8], file_name: &str) -> Option<(Format, String)> {
    let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let found = match body.first()? {
        b'{' | b'[' => json(body).or_else(|| text(body)),
        _ => text(body).or_else(|| csv(body)),
    };
    found.map(|(format, reason)| (format, reason.to_owned())).or_else(|| by_name(file_name))
}

fn by_name(file_name: &str) -> Option<(Format, String)> {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let chat = stem == "_chat" || super::privacy::chat_partner(stem).is_some();
    chat.then(|| (Format::WhatsappExport, "a name that phones give to chat exports".to_owned()))
}

type Guess = Option<(Format, &'static str)>;

fn text(body: &[u8]) -> Guess {
    let head = String::from_utf8_lossy(body);
    chat::looks_like(&head).then_some((Format::WhatsappExport, "lines that begin with date and time"))
}

fn csv(body: &[u8]) -> Guess {
    let (names, _) = csv_file::header(body)?;
    let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if log_file::COLUMNS[..4].iter().all(|column| has(column)) {
        return Some((Format::LogCsv, "the columns of the traffic log"));
    }
    None
}

/// The first object in a JSON text, whole or as far as the head reaches, and how deep it was found.
fn json(body: &[u8]) -> Guess {
    let sample = first_object(body)?;
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default()
    };
    let own = keys(&sample);
    by_keys(&own, &sample).or_else(|| {
        // A wrapper, or a collection of named values: look at what is in it.
        let inner = sample.as_object()?.values().find_map(|v| match v {
            Value::Array(items) => items.iter().find(|i| i.is_object()),
            Value::Object(_) => Some(v),
            _ => None,
        })?;
        by_keys(&keys(inner), inner)
    })
}

fn by_keys(keys: &[String], value: &Value) -> Guess {
    let has = |name: &str| keys.iter().any(|k| k == name);
    if has("conversation") && has("at") && has("kind") && has("from") {
        return Some((Format::LogJsonl, "the keys of the traffic log"));
    }
    if has("entry") && (has("object") || has("gs_app_id"))
        || value.get("body").is_some_and(|b| b.get("entry").is_some())
    {
        return Some((Format::WhatsappWebhooks, "webhook bodies: `object` and `entry`"));
    }
    None
}

/// The first object of a text: of the first line, of an array, or of the text as a whole. A text that
/// is cut off is closed as well as it goes.
fn first_object(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start().trim_start_matches('[').trim_start();
    if let Some(first) = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()
        && let Ok(value) = first
    {
        return Some(value);
    }
    // Cut off in the middle: go back, comma by comma, until what is there can be closed.
    let mut end = text.len();
    for _ in 0..64 {
        end = text[..end].rfind(',')?;
        if let Some(closed) = close(&text[..end])
            && let Ok(value) = serde_json::from_str::<Value>(&closed)
            && value.is_object()
        {
            return Some(value);
        }
    }
    None
}

/// Appends the brackets that are open at the end of a text; `None` inside a string.
fn close(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => open.push('}'),
            '[' if !in_string => open.push(']'),
            '}' | ']' if !in_string => {
                open.pop();
            }
            _ => {}
        }
    }
    (!in_string && open.len() <= 100).then(|| text.chars().chain(open.into_iter().rev()).collect())
}
