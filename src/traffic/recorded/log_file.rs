//! The traffic log in its text forms: JSON Lines and CSV. Reader and writer.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};

use super::clock;
use super::input::Input;
use super::intake::Intake;
use super::lines::Lines;
use super::report::ImportError;

/// The columns, in the order in which CSV has them.
pub const COLUMNS: [&str; 10] =
    ["conversation", "at", "kind", "from", "actor", "text", "media", "value", "precision", "origin"];

/// A row as it stands in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    conversation: String,
    at: String,
    kind: String,
    from: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    precision: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    origin: String,
}

impl Row {
    fn of(event: &Event) -> Row {
        Row {
            conversation: event.conversation.clone(),
            at: written(event.at, event.precision),
            kind: event.kind.word().to_owned(),
            from: event.from.word().to_owned(),
            actor: event.actor.clone(),
            text: event.text.clone(),
            media: event.media.clone(),
            value: event.value.clone(),
            precision: event.precision.word().to_owned(),
            origin: event.origin.clone(),
        }
    }

    fn event(self) -> Result<Event, &'static str> {
        // An instant without an offset is refused: the log states its zone.
        let stated = self.at.parse::<Timestamp>().is_ok();
        let (at, exact) = clock::iso(&self.at, &jiff::tz::TimeZone::UTC)
            .filter(|_| stated)
            .ok_or("`at` is not an instant with offset (RFC 3339)")?;
        let precision = match self.precision.as_str() {
            "" => exact,
            word => Precision::from_word(word).ok_or("`precision` is none of ms, s, min")?,
        };
        if self.conversation.is_empty() {
            return Err("`conversation` is empty");
        }
        Ok(Event {
            conversation: self.conversation,
            at,
            kind: Kind::from_word(&self.kind)
                .ok_or("`kind` is none of message, status, assign, priority, tag, note, rating, delivery")?,
            from: Role::from_word(&self.from).ok_or("`from` is none of customer, bot, agent, system")?,
            actor: self.actor,
            text: self.text,
            media: self.media,
            value: self.value,
            precision,
            origin: self.origin,
        })
    }
}

/// RFC 3339 in UTC, as exact as it is known.
fn written(at: Instant, precision: Precision) -> String {
    let Ok(timestamp) = Timestamp::from_millisecond(at.ms()) else { return at.ms().to_string() };
    match precision {
        Precision::Millisecond => format!("{timestamp:.3}"),
        _ => format!("{timestamp:.0}"),
    }
}

impl Row {
    /// A row that does not say where it comes from comes from here.
    fn found_at(mut self, file: &str, line: u64) -> Row {
        if self.origin.is_empty() {
            self.origin = format!("{file}:{line}");
        }
        self
    }
}

/// Reads the log from JSON Lines.
pub(super) fn read_jsonl(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    for input in inputs {
        intake.begin(input);
        let mut lines = Lines::new(input.open()?, intake.options.limits.element_bytes);
        while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
            intake.report.lines += 1;
            intake.advance(line.bytes.len() as u64 + 1);
            let bytes = line.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line.bytes);
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            intake.element();
            if line.too_long {
                intake.quarantine(line.number, "line too long", bytes);
                continue;
            }
            let event = serde_json::from_slice::<Row>(bytes)
                .map_err(|e| super::json::reason(&e))
                .map(|row| row.found_at(&input.name, line.number))
                .and_then(|row| row.event().map_err(str::to_owned));
            match event {
                Ok(event) => {
                    intake.keep();
                    intake.logged(event);
                }
                Err(reason) => intake.quarantine(line.number, reason, bytes),
            }
        }
    }
    Ok(())
}

/// Reads the log from CSV; columns are found by name.
pub(super) fn read_csv(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    for input in inputs {
        intake.begin(input);
        let table = super::csv_file::Table::open(input, intake.options.limits)?;
        let columns = COLUMNS.map(|name| table.column(name));
        for required in 0..4 {
            if columns[required].is_none() {
                let what = format!("the log needs the column \"{}\"", COLUMNS[required]);
                return Err(ImportError::Unusable { file: input.name.clone(), what });
            }
        }
        table.rows(input, intake, &mut |row, line, intake| {
            let cell = |i: usize| columns[i].map_or("", |c| row.get(c)).to_owned();
            let unguarded = |i: usize| unguard(&cell(i)).to_owned();
            let optional = |i: usize| Some(unguarded(i)).filter(|s| !s.is_empty());
            let row = Row {
                conversation: unguarded(0),
                at: cell(1),
                kind: cell(2),
                from: cell(3),
                actor: unguarded(4),
                text: optional(5),
                media: optional(6),
                value: optional(7),
                precision: cell(8),
                origin: unguarded(9),
            }
            .found_at(&input.name, line);
            match row.event() {
                Ok(event) => {
                    intake.keep();
                    intake.logged(event);
                }
                Err(reason) => intake.quarantine(line, reason, b""),
            }
        })?;
    }
    Ok(())
}

/// The text forms of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// One JSON object per line.
    Jsonl,
    /// CSV; cells that a spreadsheet would take for a formula begin with an apostrophe.
    Csv,
}

/// Writes a log.
pub struct LogWriter<W: Write> {
    form: TextForm,
    out: W,
}

impl<W: Write> LogWriter<W> {
    /// Begins a log.
    pub fn new(form: TextForm, mut out: W) -> io::Result<Self> {
        if form == TextForm::Csv {
            writeln!(out, "{}", COLUMNS.join(","))?;
        }
        Ok(LogWriter { form, out })
    }

    /// Writes one row.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        let row = Row::of(event);
        match self.form {
            TextForm::Jsonl => {
                serde_json::to_writer(&mut self.out, &row).map_err(io::Error::from)?;
                self.out.write_all(b"\n")
            }
            TextForm::Csv => {
                let optional = |text: Option<String>| text.unwrap_or_default();
                let cells = [
                    row.conversation,
                    row.at,
                    row.kind,
                    row.from,
                    row.actor,
                    optional(row.text),
                    optional(row.media),
                    optional(row.value),
                    row.precision,
                    row.origin,
                ];
                let mut line = csv::WriterBuilder::new().from_writer(Vec::new());
                line.write_record(cells.iter().map(|cell| guard(cell).into_owned()))
                    .map_err(io::Error::other)?;
                let bytes = line.into_inner().map_err(|e| io::Error::other(e.to_string()))?;
                self.out.write_all(&bytes)
            }
        }
    }

    /// Ends the log.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// An apostrophe before what a spreadsheet would run as a formula, and before an apostrophe that
/// stands there already, so that nothing is lost on the way back.
pub fn guard(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.trim_start_matches('\'').starts_with(FORMULA) { format!("'{cell}").into() } else { cell.into() }
}

fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, import};
    use super::*;
    use proptest::prelude::*;

    fn round_trip(form: TextForm, events: &[Event]) -> Vec<Event> {
        let mut writer = LogWriter::new(form, Vec::new()).unwrap();
        for event in events {
            writer.write(event).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let mut out = Vec::new();
        let options = Options {
            format: Some(match form {
                TextForm::Jsonl => Format::LogJsonl,
                TextForm::Csv => Format::LogCsv,
            }),
            ..Options::default()
        };
        let report = import(&[Input::memory("log", bytes)], &options, &mut |e| out.push(e)).unwrap();
        assert_eq!(report.quarantine, []);
        assert_eq!(report.kept, events.len() as u64);
        out
    }

    fn some_text() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[ -~é\n\t='+\"@🤓]{1,20}")
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(
            (1_500_000_000_000_i64..1_600_000_000_000, some_text(), some_text(), 0_usize..3), 1..20)
        ) {
            let precisions = [Precision::Millisecond, Precision::Second, Precision::Minute];
            let mut events: Vec<Event> = rows.into_iter().enumerate().map(|(i, (at, text, value, p))| Event {
                conversation: format!("c{i}"),
                at: Instant(if p == 0 { at } else { at / 60_000 * 60_000 }),
                kind: Kind::Message,
                from: Role::Customer,
                actor: "p_1".into(),
                text,
                media: None,
                value,
                precision: precisions[p],
                origin: format!("f.txt:{i}"),
            }).collect();
            events.sort_by_key(|e| e.at);
            prop_assert_eq!(&round_trip(TextForm::Jsonl, &events), &events);
            prop_assert_eq!(&round_trip(TextForm::Csv, &events), &events);
        }
    }

    #[test]
    fn formulas_are_guarded() {
        assert_eq!(guard("=1+1"), "'=1+1");
        assert_eq!(guard("'=x"), "''=x");
        assert_eq!(guard("it's"), "it's");
        assert_eq!(unguard("'=1+1"), "=1+1");
        assert_eq!(unguard("'tis"), "'tis");
    }

    #[test]
    fn what_is_not_a_row_is_told() {
        let text = concat!(
            r#"{"conversation":"c","at":"2026-03-02T14:30:00Z","kind":"message","from":"customer"}"#,
            "\n",
            r#"{"conversation":"c","at":"2026-03-02T14:30:00","kind":"message","from":"customer"}"#,
            "\n",
            r#"{"conversation":"c","at":"2026-03-02T14:30:00Z","kind":"massage","from":"customer"}"#,
            "\n",
            "\n",
            r#"{"conversation":"c","at":"2026-03-02T14:30:00Z","kind":"message","from":"customer","colour":1}"#,
            "\n",
            "not json\n",
        );
        let options = Options { format: Some(Format::LogJsonl), ..Options::default() };
        let report = import(&[Input::memory("log", text.as_bytes())], &options, &mut |_| {}).unwrap();
        assert_eq!((report.read, report.kept, report.quarantined), (5, 1, 4));
        let lines: Vec<_> = report.quarantine.iter().map(|q| q.line).collect();
        assert_eq!(lines, [2, 3, 5, 6]);
        assert!(report.quarantine[0].reason.contains("offset"));
    }
}
