//! Diagnostics as JSON, for editors and CI.

use super::{Diagnostic, Severity, Sources};
use serde_json::{Value, json};

/// An array with one object for each diagnostic. Lines and columns count from 1, columns in
/// characters; offsets are bytes. A mark in a file that is not among `sources` has offsets only.
pub fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    Value::Array(diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect())
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let text = sources.get(&diagnostic.file).map(String::as_str);
    let marks: Vec<Value> = diagnostic
        .marks
        .iter()
        .map(|mark| {
            let mut object = json!({
                "start": mark.span.start,
                "end": mark.span.end,
                "label": mark.label,
            });
            if let Some((line, column)) = text.and_then(|text| place(text, mark.span.start)) {
                object["line"] = line.into();
                object["column"] = column.into();
            }
            object
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": diagnostic.message,
        "file": diagnostic.file,
        "marks": marks,
        "help": diagnostic.help,
        "replacement": diagnostic.replacement,
    })
}

/// Line and column of a byte offset, from 1; `None` outside the text.
fn place(text: &str, offset: usize) -> Option<(usize, usize)> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_line_and_column() {
        let sources = Sources::from([("a.toml".to_owned(), "x = 1\ny = ñ2\n".to_owned())]);
        let diagnostic = Diagnostic::error("HS0102", "no").file("a.toml").mark(12..13, "here").help("do");
        let value = to_json(&[diagnostic], &sources);
        assert_eq!(value[0]["marks"][0]["line"], 2);
        assert_eq!(value[0]["marks"][0]["column"], 6);
        assert_eq!(value[0]["severity"], "error");
        assert_eq!(value[0]["help"][0], "do");
    }
}
