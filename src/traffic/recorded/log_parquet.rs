//! The traffic log as Parquet: reader and writer. `at` is a UTC timestamp in milliseconds.

use super::input::Input;
use super::intake::Intake;
use super::log_file::{COLUMNS, written};
use super::report::ImportError;
use crate::time::Instant;
use crate::traffic::log::{Event, Kind, Precision, Role};
use polars_core::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{BatchedWriter, ParquetWriter};
use std::borrow::Cow;
use std::io::{self, Cursor, Read, Write};

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 16;

/// The table of a file.
fn open(input: &Input, intake: &mut Intake<'_>) -> Result<DataFrame, ImportError> {
    intake.begin(input);
    let limit = intake.options.limits.parquet_bytes;
    if input.bytes > limit {
        let what =
            format!("larger than {} MB, and a Parquet file is read as a whole: cut it up", limit >> 20);
        return Err(ImportError::Unusable { file: input.name.clone(), what });
    }
    let mut bytes = Vec::new();
    input.open()?.read_to_end(&mut bytes).map_err(|e| input.failed(e))?;
    intake.advance(bytes.len() as u64);
    let unusable = |what: String| ImportError::Unusable { file: input.name.clone(), what };
    // The library's reader may give up on a damaged file by a panic: that is an error here.
    std::panic::catch_unwind(move || ParquetReader::new(Cursor::new(bytes)).finish())
        .map_err(|_| unusable("the Parquet file is damaged".to_owned()))?
        .map_err(|e| unusable(format!("not a Parquet file that can be read: {e}")))
}

/// A column of any table.
enum Cells {
    Text(StringChunked),
    /// Milliseconds since the epoch, and whether they are counted in UTC; else by some clock.
    Instants(Int64Chunked, bool),
}

impl Cells {
    fn get(&self, row: usize) -> Cow<'_, str> {
        match self {
            Cells::Text(cells) => Cow::Borrowed(cells.get(row).unwrap_or_default()),
            Cells::Instants(cells, utc) => {
                let mut text = Vec::new();
                if let Some(ms) = cells.get(row) {
                    written(Instant(ms), Precision::Millisecond, &mut text);
                }
                let text = String::from_utf8(text).unwrap_or_default();
                Cow::Owned(if *utc { text } else { text.trim_end_matches('Z').to_owned() })
            }
        }
    }
}

/// Gives the cells of the named columns of each row, as text; instants in ISO 8601.
pub(super) fn rows(
    input: &Input,
    names: &[String],
    intake: &mut Intake<'_>,
    each: &mut dyn FnMut(&[Cow<'_, str>], u64, &mut Intake<'_>),
) -> Result<(), ImportError> {
    let frame = open(input, intake)?;
    let unusable = |what: String| ImportError::Unusable { file: input.name.clone(), what };
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = frame
            .column(name)
            .map_err(|_| unusable(format!("the mapping names the column \"{name}\", which is not there")))?;
        let told = |e: PolarsError| unusable(format!("the column \"{name}\" cannot be read as text: {e}"));
        columns.push(match column.dtype() {
            DataType::Datetime(_, zone) => {
                let instants = column
                    .cast(&DataType::Datetime(TimeUnit::Milliseconds, zone.clone()))
                    .and_then(|c| c.cast(&DataType::Int64))
                    .map_err(told)?;
                Cells::Instants(instants.i64().map_err(told)?.clone(), zone.is_some())
            }
            _ => Cells::Text(column.cast(&DataType::String).map_err(told)?.str().map_err(told)?.clone()),
        });
    }
    for row in 0..frame.height() {
        let cells: Vec<Cow<'_, str>> = columns.iter().map(|column| column.get(row)).collect();
        each(&cells, row as u64 + 1, intake);
    }
    Ok(())
}

/// Reads logs; columns are found by name.
pub(super) fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    for input in inputs {
        let frame = open(input, intake)?;
        let unusable = |what: String| ImportError::Unusable { file: input.name.clone(), what };
        let columns = Columns::of(&frame).map_err(unusable)?;
        for row in 0..frame.height() {
            intake.element();
            match columns.event(row) {
                Ok(event) => {
                    intake.keep();
                    intake.logged(&event);
                }
                Err(reason) => intake.quarantine(row as u64 + 1, reason, b""),
            }
        }
    }
    Ok(())
}

/// The log's columns; what may be left out is empty.
struct Columns {
    at: Int64Chunked,
    texts: Vec<Option<StringChunked>>,
}

impl Columns {
    fn of(frame: &DataFrame) -> Result<Columns, String> {
        for required in &COLUMNS[..4] {
            if frame.column(required).is_err() {
                return Err(format!("the log needs the column \"{required}\""));
            }
        }
        let told = |e: PolarsError| format!("the column `at` is no timestamp: {e}");
        let at = frame.column("at").map_err(told)?;
        let at = match at.dtype() {
            DataType::Datetime(_, zone) => at.cast(&DataType::Datetime(TimeUnit::Milliseconds, zone.clone())),
            _ => Ok(at.clone()),
        };
        let at = at.and_then(|at| at.cast(&DataType::Int64)).map_err(told)?;
        let at = at.i64().map_err(told)?.clone();
        let text = |name: &&str| -> Option<StringChunked> {
            let column = frame.column(name).ok()?.cast(&DataType::String).ok()?;
            column.str().ok().cloned()
        };
        Ok(Columns { at, texts: COLUMNS.iter().map(text).collect() })
    }

    fn text(&self, column: usize, row: usize) -> Option<&str> {
        self.texts.get(column)?.as_ref()?.get(row)
    }

    fn event(&self, row: usize) -> Result<Event, &'static str> {
        let word = |column: usize| self.text(column, row).unwrap_or("");
        let owned = |column: usize| self.text(column, row).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Event {
            conversation: owned(0).ok_or("`conversation` is empty")?,
            at: Instant(self.at.get(row).ok_or("`at` is empty")?),
            kind: Kind::from_word(word(2))
                .ok_or("`kind` is none of message, status, assign, priority, tag, note, rating, delivery")?,
            from: Role::from_word(word(3)).ok_or("`from` is none of customer, bot, agent, system")?,
            actor: word(4).to_owned(),
            text: owned(5),
            media: owned(6),
            value: owned(7),
            precision: match word(8) {
                "" => Precision::Millisecond,
                word => Precision::from_word(word).ok_or("`precision` is none of ms, s, min")?,
            },
            origin: word(9).to_owned(),
        })
    }
}

/// Writes a log, row group by row group.
pub struct ParquetLogWriter<W: Write> {
    out: Option<W>,
    writer: Option<BatchedWriter<W>>,
    pending: Vec<Event>,
}

impl<W: Write> ParquetLogWriter<W> {
    /// Begins a log.
    pub fn new(out: W) -> Self {
        ParquetLogWriter { out: Some(out), writer: None, pending: Vec::new() }
    }

    /// Writes one row.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.pending.push(event.clone());
        if self.pending.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Ends the log.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        match &self.writer {
            Some(writer) => writer.finish().map(|_| ()).map_err(io::Error::other),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = frame(&self.pending).map_err(io::Error::other)?;
        self.pending.clear();
        if let Some(out) = self.out.take() {
            self.writer = Some(ParquetWriter::new(out).batched(frame.schema()).map_err(io::Error::other)?);
        }
        match &mut self.writer {
            Some(writer) if frame.height() > 0 => writer.write_batch(&frame).map_err(io::Error::other),
            _ => Ok(()),
        }
    }
}

fn frame(events: &[Event]) -> PolarsResult<DataFrame> {
    let strings = |name: &str, of: &dyn Fn(&Event) -> Option<String>| {
        StringChunked::from_iter_options(name.into(), events.iter().map(of)).into_column()
    };
    let at = Int64Chunked::from_vec("at".into(), events.iter().map(|e| e.at.ms()).collect());
    DataFrame::new(
        events.len(),
        vec![
            strings("conversation", &|e| Some(e.conversation.clone())),
            at.into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_column(),
            strings("kind", &|e| Some(e.kind.word().to_owned())),
            strings("from", &|e| Some(e.from.word().to_owned())),
            strings("actor", &|e| Some(e.actor.clone())),
            strings("text", &|e| e.text.clone()),
            strings("media", &|e| e.media.clone()),
            strings("value", &|e| e.value.clone()),
            strings("precision", &|e| Some(e.precision.word().to_owned())),
            strings("origin", &|e| Some(e.origin.clone())),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, import};
    use super::*;

    fn event(at: i64, text: Option<&str>) -> Event {
        Event {
            conversation: "c1".into(),
            at: Instant(at),
            kind: Kind::Message,
            from: Role::Customer,
            actor: "p1".into(),
            text: text.map(str::to_owned),
            media: None,
            value: None,
            precision: Precision::Second,
            origin: "a.jsonl:1".into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let events = [event(1_700_000_000_000, Some("hola")), event(1_700_000_060_000, None)];
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = ParquetLogWriter::new(file.as_file_mut());
        events.iter().for_each(|e| writer.write(e).unwrap());
        writer.finish().unwrap();
        let input = Input::memory("log.parquet", std::fs::read(file.path()).unwrap());
        let mut read = Vec::new();
        let report = import(&[input], &Options::default(), &mut |e| read.push(e.clone())).unwrap();
        assert_eq!(report.files[0].format, Format::LogParquet.name());
        assert!(report.balanced());
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].at, read[0].text.as_deref()), (events[0].at, Some("hola")));
        assert_eq!((read[1].at, read[1].text.as_deref()), (events[1].at, None));
    }

    #[test]
    fn any_table_by_a_mapping() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = ParquetLogWriter::new(file.as_file_mut());
        [event(1_700_000_000_000, Some("hola")), event(1_700_000_060_500, None)]
            .iter()
            .for_each(|e| writer.write(e).unwrap());
        writer.finish().unwrap();
        let input = Input::memory("table.parquet", std::fs::read(file.path()).unwrap());
        let mut mapping = tempfile::NamedTempFile::new().unwrap();
        mapping
            .write_all(b"name = \"t\"\n[columns]\nconversation = \"conversation\"\nat = \"at\"\nfrom = \"from\"\ntext = \"text\"\n")
            .unwrap();
        let options = Options { mapping: Some(mapping.path().to_owned()), ..Options::default() };
        let mut read = Vec::new();
        let report = import(&[input], &options, &mut |e| read.push(e.clone())).unwrap();
        assert_eq!((report.read, report.kept), (2, 2), "{:?}", report.quarantine);
        assert_eq!((read[1].at.ms(), read[0].text.as_deref()), (1_700_000_060_500, Some("hola")));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let input = Input::memory("log.parquet", b"PAR1 this is no table PAR1".to_vec());
        assert!(import(&[input], &Options::default(), &mut |_| ()).is_err());
    }
}
