//! `summary.json`: the contract for programs.

use super::ReportError;
use crate::measure::Summary;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// The summary as JSON: one metric, goal or rule on a line, so that two runs can be compared with
/// `diff`. Ends with a newline.
pub fn json(summary: &Summary) -> Result<String, ReportError> {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Lines::default());
    summary.serialize(&mut serializer)?;
    out.push(b'\n');
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The JSON schema of `summary.json`, as kept in `docs/summary.schema.json`.
pub fn summary_schema() -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Summary))?;
    text.push('\n');
    Ok(text)
}

/// Levels that are broken into lines; deeper values stand on one.
const OPEN_LEVELS: usize = 2;

/// Breaks the two outer levels into lines and leaves the rest on one.
#[derive(Default)]
struct Lines {
    depth: usize,
    empty: bool,
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.empty && self.depth < OPEN_LEVELS {
            self.indent(writer)?;
        }
        self.empty = false;
        writer.write_all(bracket)
    }

    fn before<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth <= OPEN_LEVELS {
            self.indent(writer)
        } else if first {
            Ok(())
        } else {
            writer.write_all(b" ")
        }
    }

    fn indent<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.before(writer, first)
    }
    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.before(writer, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_is_written_is_read_back_and_matches_the_schema() {
        let summary = sample::summary();
        let text = json(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
        let schema: serde_json::Value = serde_json::from_str(&summary_schema().unwrap()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::is_valid(&schema, &value));
        assert!(!jsonschema::is_valid(&schema, &serde_json::json!({"schema": "one"})));
    }

    #[test]
    fn the_schema_in_the_docs_is_the_schema_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/summary.schema.json");
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            kept,
            summary_schema().unwrap(),
            "docs/summary.schema.json is behind: write report::summary_schema() to it"
        );
    }

    #[test]
    fn one_metric_stands_on_one_line() {
        let text = json(&sample::summary()).unwrap();
        assert!(
            text.lines().any(|l| l.starts_with("    \"csat\": {\"unit\": \"share\", \"mean\": ")),
            "{text}"
        );
        assert!(text.starts_with("{\n  \"schema\": 1,\n"));
        assert!(text.ends_with("\n}\n"));
    }
}
