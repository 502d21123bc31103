//! The traffic log in its text forms: JSON Lines and CSV. Reader and writer.
//!
//! The writer is written out by hand: it is half of the time that an import takes.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Deserialize;

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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    conversation: String,
    at: String,
    kind: String,
    from: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    media: Option<String>,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    precision: String,
    #[serde(default)]
    origin: String,
}

impl Row {
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
        let file = intake.label_of(input);
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
                .map(|row| row.found_at(&file, line.number))
                .and_then(|row| row.event().map_err(str::to_owned));
            match event {
                Ok(event) => {
                    intake.keep();
                    intake.logged(&event);
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
        let file = intake.label_of(input);
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
            .found_at(&file, line);
            match row.event() {
                Ok(event) => {
                    intake.keep();
                    intake.logged(&event);
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
    /// Rows on their way out.
    rows: Vec<u8>,
    day: Day,
}

/// So many bytes go out at once.
const BATCH: usize = 256 * 1024;

impl<W: Write> LogWriter<W> {
    /// Begins a log.
    pub fn new(form: TextForm, out: W) -> io::Result<Self> {
        let mut rows = Vec::with_capacity(BATCH + BATCH / 4);
        if form == TextForm::Csv {
            rows.extend_from_slice(COLUMNS.join(",").as_bytes());
            rows.push(b'\n');
        }
        Ok(LogWriter { form, out, rows, day: Day::default() })
    }

    /// Writes one row.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        match self.form {
            TextForm::Jsonl => json_row(event, &mut self.day, &mut self.rows),
            TextForm::Csv => csv_row(event, &mut self.day, &mut self.rows),
        }
        if self.rows.len() < BATCH {
            return Ok(());
        }
        self.out.write_all(&self.rows)?;
        self.rows.clear();
        Ok(())
    }

    /// Ends the log.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.rows)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn json_row(event: &Event, day: &mut Day, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"conversation\":\"");
    escaped(&event.conversation, out);
    out.extend_from_slice(b"\",\"at\":\"");
    day.written(event.at, event.precision, out);
    out.extend_from_slice(b"\",\"kind\":\"");
    out.extend_from_slice(event.kind.word().as_bytes());
    out.extend_from_slice(b"\",\"from\":\"");
    out.extend_from_slice(event.from.word().as_bytes());
    for (name, text) in [
        (&b"\",\"actor\":\""[..], Some(event.actor.as_str()).filter(|text| !text.is_empty())),
        (b"\",\"text\":\"", event.text.as_deref()),
        (b"\",\"media\":\"", event.media.as_deref()),
        (b"\",\"value\":\"", event.value.as_deref()),
        (b"\",\"precision\":\"", Some(event.precision.word())),
        (b"\",\"origin\":\"", Some(event.origin.as_str()).filter(|text| !text.is_empty())),
    ] {
        if let Some(text) = text {
            out.extend_from_slice(name);
            escaped(text, out);
        }
    }
    out.extend_from_slice(b"\"}\n");
}

/// A text with what JSON does not allow in quotes escaped.
fn escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = first_to_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Where the first byte is that needs to be escaped. Sixteen at a time are looked at without a branch,
/// which the compiler makes a few instructions of.
fn first_to_escape(bytes: &[u8]) -> Option<usize> {
    let needs = |b: &u8| (*b < 0x20) | (*b == b'"') | (*b == b'\\');
    let any = |chunk: &[u8; 16]| chunk.iter().fold(false, |any, b| any | needs(b));
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut last = [b' '; 16];
    last[..rest.len()].copy_from_slice(rest);
    let found = chunks.iter().position(any);
    let from = found.or(any(&last).then_some(chunks.len()))? * 16;
    bytes[from..].iter().position(needs).map(|at| from + at)
}

fn csv_row(event: &Event, day: &mut Day, out: &mut Vec<u8>) {
    let optional = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let mut at = Vec::new();
    day.written(event.at, event.precision, &mut at);
    let at = String::from_utf8(at).unwrap_or_default();
    let cells = [
        &event.conversation,
        &at,
        event.kind.word(),
        event.from.word(),
        &event.actor,
        &optional(&event.text),
        &optional(&event.media),
        &optional(&event.value),
        event.precision.word(),
        &event.origin,
    ];
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        let cell = guard(cell);
        if cell.contains([',', '"', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.push(b'\n');
}

/// RFC 3339 in UTC, as exact as it is known.
#[cfg(feature = "frames")]
pub(super) fn written(at: Instant, precision: Precision, out: &mut Vec<u8>) {
    Day::default().written(at, precision, out);
}

/// The day that was written last: the next instant is mostly of the same.
struct Day {
    number: i64,
    text: [u8; 11],
}

impl Default for Day {
    fn default() -> Day {
        Day { number: 0, text: *b"1970-01-01T" }
    }
}

impl Day {
    /// RFC 3339 in UTC, as exact as it is known.
    fn written(&mut self, at: Instant, precision: Precision, out: &mut Vec<u8>) {
        let (day, in_day) = (at.ms().div_euclid(86_400_000), at.ms().rem_euclid(86_400_000) as u32);
        if day != self.number {
            let (year, month, date) = clock::civil(day);
            self.number = day;
            self.text[..2].copy_from_slice(&two_digits((year / 100 % 100) as u32));
            self.text[2..4].copy_from_slice(&two_digits((year % 100) as u32));
            self.text[5..7].copy_from_slice(&two_digits(month as u32));
            self.text[8..10].copy_from_slice(&two_digits(date as u32));
        }
        let (second, ms) = (in_day / 1_000, in_day % 1_000);
        let [h, m, s] = [second / 3_600, second / 60 % 60, second % 60].map(two_digits);
        let mut text = *b"1970-01-01T00:00:00.000Z";
        text[..11].copy_from_slice(&self.text);
        text[11..13].copy_from_slice(&h);
        text[14..16].copy_from_slice(&m);
        text[17..19].copy_from_slice(&s);
        if precision == Precision::Millisecond {
            text[20] = b'0' + (ms / 100) as u8;
            text[21..23].copy_from_slice(&two_digits(ms % 100));
            out.extend_from_slice(&text);
        } else {
            text[19] = b'Z';
            out.extend_from_slice(&text[..20]);
        }
    }
}

fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
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
            keep_text: super::super::KeepText::Full,
            ..Options::default()
        };
        let report = import(&[Input::memory("log", bytes)], &options, &mut |e| out.push(e.clone())).unwrap();
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
                actor: "p_0123456789ab".into(),
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
    fn instants_as_jiff_writes_them() {
        let mut day = Day::default();
        for ms in [0, 999, -1, 1_772_461_800_412, 1_772_461_800_413, 951_782_399_000, 4_102_444_799_999] {
            let mut out = Vec::new();
            day.written(Instant(ms), Precision::Millisecond, &mut out);
            let expected = format!("{:.3}", Timestamp::from_millisecond(ms).unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn what_needs_to_be_escaped_is_found_wherever_it_stands() {
        for length in 0..50 {
            for at in 0..length {
                let mut text = vec![b'x'; length];
                assert_eq!(first_to_escape(&text), None);
                for byte in [b'"', b'\\', 0, 0x1f] {
                    text[at] = byte;
                    assert_eq!(first_to_escape(&text), Some(at));
                }
            }
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
