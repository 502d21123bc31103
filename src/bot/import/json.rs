//! Reading other people's JSON: everything may be missing.

use super::source::{ImportError, Source};
use serde_json::Value;

/// A file as JSON. `Ok(None)` if there is no such file.
pub(super) fn file(source: &Source, name: &str) -> Result<Option<Value>, ImportError> {
    let Some(text) = source.text(name) else { return Ok(None) };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(why) => {
            Err(ImportError::Broken { place: format!("{name}:{}", why.line()), why: why.to_string() })
        }
    }
}

/// A string member, or "".
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// An array member, or nothing.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A boolean member, or false.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// A member that is a string or a list of strings.
pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    match value.get(key) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
