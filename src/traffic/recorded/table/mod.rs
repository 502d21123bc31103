//! Any table, CSV, Parquet or JSON Lines, by a mapping. Mappings for tables that are met often are shipped and
//! found by the columns of the file.

mod mapping;

use std::borrow::Cow;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::traffic::log::{Kind, Precision, Role};

use super::clock::{self, Local, Stamp};
use super::csv_file::Table;
use super::fingerprint::{Map, Set, fingerprint};
use super::input::Input;
use super::intake::{Found, Intake, Thread};
use super::json::{self, Members, Top};
use super::report::ImportError;
use super::vocabulary;

pub use mapping::Mapping;
use mapping::{Cell, FullCell, When};

/// Mappings that come with the program: file name and text.
pub const SHIPPED: [(&str, &str); 5] = [
    ("xes_csv.toml", include_str!("../../../../data/mappings/xes_csv.toml")),
    ("case_log.toml", include_str!("../../../../data/mappings/case_log.toml")),
    ("case_log_ids.toml", include_str!("../../../../data/mappings/case_log_ids.toml")),
    ("incident_log.toml", include_str!("../../../../data/mappings/incident_log.toml")),
    ("twitter_care.mapping.toml", include_str!("../../../../data/recorded/twitter_care.mapping.toml")),
];

/// The shipped mapping for a table with these columns.
pub fn shipped_for(columns: &[String]) -> Option<Mapping> {
    let has = |name: &String| columns.iter().any(|c| c.eq_ignore_ascii_case(name));
    SHIPPED
        .iter()
        .filter_map(|(file, text)| Mapping::parse(text, file).ok())
        .find(|m| !m.recognise.is_empty() && m.recognise.iter().all(has))
}

/// Reads tables.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let told = match &intake.options.mapping {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ImportError::Read { path: path.clone(), source })?;
            Some(Mapping::parse(&text, &path.display().to_string())?)
        }
    };
    for input in inputs {
        let head = input.head()?;
        if head.starts_with(b"PAR1") {
            let mapping = told.as_ref().ok_or_else(|| needs_mapping(input))?;
            let label = intake.label_of(input);
            intake.note(format!("{label}: read as \"{}\"", mapping.name));
            parquet(input, mapping, intake)?;
            continue;
        }
        let is_json = head.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['));
        let table = if is_json { None } else { Some(Table::open(input, intake.options.limits)?) };
        let mapping = match (&told, &table) {
            (Some(mapping), _) => mapping.clone(),
            (None, Some(table)) => shipped_for(table.header()).ok_or_else(|| needs_mapping(input))?,
            (None, None) => return Err(needs_mapping(input)),
        };
        let label = intake.label_of(input);
        intake.note(format!("{label}: read as \"{}\"", mapping.name));
        match table {
            Some(table) => {
                let table = table.with_header_rows(input, mapping.header_rows)?;
                rows(input, &table, &mapping, intake)?;
            }
            None => lines(input, &mapping, intake)?,
        }
    }
    Ok(())
}

fn needs_mapping(input: &Input) -> ImportError {
    ImportError::Unusable {
        file: input.name.clone(),
        what: "a table needs a mapping that says what its columns mean (--mapping FILE)".to_owned(),
    }
}

fn rows(input: &Input, table: &Table, mapping: &Mapping, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let names = mapping.column_names();
    let mut positions = Vec::with_capacity(names.len());
    for name in &names {
        let position = table.column(name);
        if position.is_none() && !mapping.is_optional(name) {
            return Err(ImportError::Unusable {
                file: input.name.clone(),
                what: format!(
                    "the mapping \"{}\" names the column \"{name}\", which is not there",
                    mapping.name
                ),
            });
        }
        positions.push(position);
    }
    let mut reader = Reader::new(mapping, &names, intake);
    table.rows(input, intake, &mut |row, line, intake| {
        let cell = |position: &Option<usize>| Cow::Borrowed(position.map_or("", |p| row.get(p)));
        let cells: Vec<Cow<'_, str>> = positions.iter().map(cell).collect();
        reader.row(&cells, line, intake);
    })?;
    reader.finish(intake);
    Ok(())
}

fn lines(input: &Input, mapping: &Mapping, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let names = mapping.column_names();
    let mut reader = Reader::new(mapping, &names, intake);
    // A page of rows, as APIs give it (`{"result": [...]}`), has none of the columns itself.
    let firsts: Vec<&str> =
        names.iter().flat_map(|n| [n.as_str(), n.split('.').next().unwrap_or("")]).collect();
    let top = |members: &Members| {
        let page = !members.has(&firsts) && members.has_list(&PAGES);
        if page { Top::Wrapper } else { Top::Value }
    };
    json::values(input, intake, &top, &mut |value, intake| {
        if !value.key.is_empty() && !value.in_array {
            return;
        }
        intake.element();
        match serde_json::from_slice::<serde_json::Value>(value.bytes) {
            Ok(row) => {
                let cells: Vec<Cow<'_, str>> = names.iter().map(|name| at_path(&row, name)).collect();
                reader.row(&cells, value.line, intake);
            }
            Err(error) => intake.quarantine(value.line, json::reason(&error), value.bytes),
        }
    })?;
    reader.finish(intake);
    Ok(())
}

#[cfg(feature = "frames")]
fn parquet(input: &Input, mapping: &Mapping, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let names = mapping.column_names();
    let mut reader = Reader::new(mapping, &names, intake);
    super::log_parquet::rows(input, &names, intake, &mut |cells, row, intake| {
        intake.element();
        reader.row(cells, row, intake);
    })?;
    reader.finish(intake);
    Ok(())
}

#[cfg(not(feature = "frames"))]
fn parquet(input: &Input, _: &Mapping, _: &mut Intake<'_>) -> Result<(), ImportError> {
    let what = "this build reads no Parquet; build with the feature `frames`".to_owned();
    Err(ImportError::Unusable { file: input.name.clone(), what })
}

/// The names under which APIs give pages of rows.
const PAGES: [&str; 7] = ["result", "results", "records", "rows", "data", "items", "value"];

/// The value of a member, or of members inside members: `a.b`.
fn at_path<'v>(row: &'v serde_json::Value, path: &str) -> Cow<'v, str> {
    let found = row.get(path).or_else(|| path.split('.').try_fold(row, |value, key| value.get(key)));
    match found {
        Some(serde_json::Value::String(text)) => Cow::Borrowed(text),
        Some(serde_json::Value::Null) | None => Cow::Borrowed(""),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

/// A source with its column resolved.
struct Resolved {
    slot: Option<usize>,
    full: FullCell,
    local: Option<Local>,
    zone: TimeZone,
}

struct EventReader {
    kind: Kind,
    when: When,
    at: Resolved,
    from: Option<Resolved>,
    actor: Option<Resolved>,
    text: Option<Resolved>,
    media: Option<Resolved>,
    value: Option<Resolved>,
    /// Last value by conversation, for what changes.
    last: Map<u64, u64>,
}

struct Reader {
    missing: Vec<String>,
    conversation: Resolved,
    endless: bool,
    id: Option<Resolved>,
    events: Vec<EventReader>,
    begun: Set<u64>,
    ids: Set<u64>,
    /// The last row of each conversation, if an event needs it: its line, and the cells that these events
    /// are made of, one behind the other.
    ends: Map<u64, (u64, Box<str>)>,
    /// Positions of those cells.
    end_slots: Vec<usize>,
}

/// Stands between the cells of a kept row, and hardly in them.
const BETWEEN: &str = "\u{1f}";

/// Positions of the cells that the events of last rows are made of; none if there are no such events.
fn end_slots(mapping: &Mapping, names: &[String]) -> Vec<usize> {
    let wanted = mapping.column_names_of_last();
    names.iter().enumerate().filter(|(_, name)| wanted.contains(name)).map(|(slot, _)| slot).collect()
}

/// What an event was made of.
struct Made {
    stamp: Stamp,
    kind: Kind,
    from: Role,
    actor: String,
    text: Option<String>,
    media: Option<String>,
    value: Option<String>,
}

impl Reader {
    fn new(mapping: &Mapping, names: &[String], intake: &mut Intake<'_>) -> Reader {
        let zone_of = |name: Option<&String>| name.and_then(|z| TimeZone::get(z).ok());
        let default = zone_of(mapping.zone.as_ref()).or(intake.options.zone.clone());
        if default.is_none() {
            intake
                .note("times without a zone are read as UTC; say which with --zone or `zone` in the mapping");
        }
        let default = default.unwrap_or(TimeZone::UTC);
        let resolve = |cell: &Cell| {
            let full = cell.full();
            let zone = zone_of(full.zone.as_ref()).unwrap_or_else(|| default.clone());
            let slot = full.column.as_ref().and_then(|c| names.iter().position(|n| n == c));
            Resolved { slot, local: None, zone, full }
        };
        let nothing = || Cell::Full(FullCell::default());
        let columns = &mapping.columns;
        let either =
            |own: &Option<Cell>, general: &Option<Cell>| own.as_ref().or(general.as_ref()).map(resolve);
        let event = |kind: Kind, when: When, own: &mapping::EventColumns| EventReader {
            kind,
            when,
            at: either(&own.at, &columns.at).unwrap_or_else(|| resolve(&nothing())),
            from: either(&own.from, &columns.from),
            actor: either(&own.actor, &columns.actor),
            text: either(&own.text, &columns.text),
            media: either(&own.media, &columns.media),
            value: either(&own.value, &columns.value),
            last: Map::default(),
        };
        let mut events: Vec<EventReader> =
            mapping.event.iter().map(|e| event(e.kind.0, e.when, &e.columns)).collect();
        if events.is_empty() {
            events.push(event(Kind::Message, When::Every, &mapping::EventColumns::default()));
        }
        Reader {
            missing: mapping.missing.clone(),
            conversation: resolve(columns.conversation.as_ref().unwrap_or(&nothing())),
            endless: columns.endless,
            id: columns.id.as_ref().map(resolve),
            end_slots: end_slots(mapping, names),
            events,
            begun: Set::default(),
            ids: Set::default(),
            ends: Map::default(),
        }
    }

    fn row(&mut self, cells: &[Cow<'_, str>], line: u64, intake: &mut Intake<'_>) {
        let Some(conversation) = self.conversation.word(cells, &self.missing) else {
            return intake.quarantine(line, "the conversation is missing", b"");
        };
        if let Some(id) = self.id.as_ref().and_then(|id| id.word(cells, &self.missing))
            && !self.ids.insert(fingerprint(id.as_ref()))
        {
            return intake.duplicate();
        }
        let key = fingerprint(conversation.as_ref());
        let first = self.begun.insert(key);
        let mut made = Vec::new();
        for event in &mut self.events {
            let wanted = match event.when {
                When::Every | When::Changed => true,
                When::First => first,
                When::Last => false,
            };
            if wanted {
                match event.make(cells, &self.missing, key) {
                    Ok(found) => made.extend(found),
                    Err(reason) => return intake.quarantine(line, reason, b""),
                }
            }
        }
        if !self.end_slots.is_empty() {
            let cells: Vec<&str> = self.end_slots.iter().map(|slot| cells[*slot].as_ref()).collect();
            self.ends.insert(key, (line, cells.join(BETWEEN).into()));
        }
        if made.is_empty() {
            return intake.notice();
        }
        intake.keep();
        for event in made {
            give(&event, &conversation, self.endless, line, intake);
        }
    }

    /// The events of last rows.
    fn finish(&mut self, intake: &mut Intake<'_>) {
        let mut ends: Vec<(u64, (u64, Box<str>))> = std::mem::take(&mut self.ends).into_iter().collect();
        ends.sort_unstable_by_key(|(_, (line, _))| *line);
        let width = self.end_slots.iter().max().map_or(0, |slot| slot + 1);
        for (key, (line, kept)) in ends {
            let mut cells: Vec<Cow<'_, str>> = vec![Cow::Borrowed(""); width];
            for (slot, cell) in self.end_slots.iter().zip(kept.split(BETWEEN)) {
                cells[*slot] = Cow::Borrowed(cell);
            }
            let Some(conversation) = self.conversation.word(&cells, &self.missing) else { continue };
            for event in self.events.iter_mut().filter(|e| e.when == When::Last) {
                match event.make(&cells, &self.missing, key) {
                    Ok(Some(made)) => give(&made, &conversation, self.endless, line, intake),
                    Ok(None) => {}
                    Err(reason) => {
                        intake.note(format!("line {line}, the last of its conversation: {reason}"))
                    }
                }
            }
        }
    }
}

fn give(made: &Made, conversation: &str, endless: bool, line: u64, intake: &mut Intake<'_>) {
    let thread = if endless { Thread::Person(conversation) } else { Thread::Ticket(conversation) };
    intake.event(Found {
        kind: made.kind,
        actor: &made.actor,
        text: made.text.as_deref(),
        media: made.media.as_deref(),
        value: made.value.as_deref(),
        ..Found::message(thread, made.stamp, made.from, line)
    });
}

impl EventReader {
    /// The event of a row; `None` where the row has nothing of it.
    fn make(
        &mut self,
        cells: &[Cow<'_, str>],
        missing: &[String],
        conversation: u64,
    ) -> Result<Option<Made>, &'static str> {
        let word = |cell: &Option<Resolved>| -> Option<String> {
            cell.as_ref().and_then(|c| c.word(cells, missing)).map(Cow::into_owned)
        };
        let value = word(&self.value);
        if self.value.is_some() && value.is_none() && self.kind != Kind::Message {
            return Ok(None);
        }
        if self.when == When::Changed {
            let now = fingerprint(value.as_deref().unwrap_or(""));
            if self.last.insert(conversation, now) == Some(now) {
                return Ok(None);
            }
        }
        let Some(written) = self.at.word(cells, missing).map(Cow::into_owned) else { return Ok(None) };
        let from = match word(&self.from) {
            None => Role::System,
            Some(word) => Role::from_word(&word).ok_or("the role is none that the mapping knows")?,
        };
        let value = value.map(|v| match self.kind {
            Kind::Status => vocabulary::status(&v).into_owned(),
            Kind::Priority => vocabulary::priority(&v).into_owned(),
            _ => v,
        });
        // A value mapped to nothing says that there is no event here.
        if value.as_deref() == Some("") {
            return Ok(None);
        }
        let (actor, text, media) =
            (word(&self.actor).unwrap_or_default(), word(&self.text), word(&self.media));
        let stamp = self.at.instant(&written).ok_or("the time is not of the form that the mapping says")?;
        Ok(Some(Made { stamp, kind: self.kind, from, actor, text, media, value }))
    }
}

impl Resolved {
    /// The cell, as the mapping has it; `None` if it is missing.
    fn word<'c>(&'c self, cells: &'c [Cow<'_, str>], missing: &[String]) -> Option<Cow<'c, str>> {
        let full = &self.full;
        let Some(slot) = self.slot else { return full.value.as_deref().map(Cow::Borrowed) };
        let cell = cells.get(slot)?.trim();
        if cell.is_empty() || missing.iter().any(|m| m == cell) {
            return full.value.as_deref().map(Cow::Borrowed);
        }
        let word = full.map.get(cell).map(String::as_str).or(full.otherwise.as_deref()).unwrap_or(cell);
        Some(if full.prefix.is_empty() || word.is_empty() {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(format!("{}{word}", full.prefix))
        })
    }

    fn instant(&mut self, text: &str) -> Option<Stamp> {
        let Some(format) = &self.full.format else { return clock::any(text, &self.zone) };
        let parsed = strtime::parse(format, text).ok()?;
        let fraction = format.contains("%f") || format.contains("%.");
        let seconds = ["%S", "%T", "%s", "%X", "%c"].iter().any(|f| format.contains(f));
        let precision = match (fraction, seconds) {
            (true, _) => Precision::Millisecond,
            (false, true) => Precision::Second,
            (false, false) => Precision::Minute,
        };
        if let Ok(timestamp) = parsed.to_timestamp() {
            return Some((crate::time::Instant(timestamp.as_millisecond()), precision));
        }
        let civil = parsed.to_datetime().or_else(|_| parsed.to_date().map(|d| d.at(0, 0, 0, 0))).ok()?;
        let time = civil.time();
        let seconds =
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let ms = seconds * 1_000 + i64::from(time.millisecond());
        let zone = &self.zone;
        let local = self.local.get_or_insert_with(|| Local::new(zone.clone()));
        let (at, _) = local.instant(civil.date(), ms, None);
        Some((at, precision))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, import};
    use super::*;
    use crate::traffic::log::Event;

    fn read(text: &str, options: &Options) -> (super::super::ImportReport, Vec<Event>) {
        let mut events = Vec::new();
        let report =
            import(&[Input::memory("table", text.as_bytes())], options, &mut |e| events.push(e.clone()));
        (report.unwrap(), events)
    }

    /// Event logs in CSV are known by their columns; who did it and which group need not be there.
    #[test]
    fn event_logs_in_csv() {
        for text in [
            "case:concept:name,concept:name,time:timestamp,org:resource,org:group\nC1,Accepted,2013-05-01 10:00:00+02:00,Eva,Front\nC1,Closed,2013-05-01 11:00:00.123000+02:00,Eva,Front\n",
            "concept:name,time:timestamp,case:concept:name\nAccepted,2013-05-01T08:00:00Z,C1\nClosed,2013-05-01T09:00:00.123Z,C1\n",
            "Case ID;Activity;Complete Timestamp\nC1;Accepted;2013/05/01 08:00:00.000\nC1;Closed;2013/05/01 09:00:00.123\n",
            "CaseID,ActivityID,CompleteTimestamp\nC1,1,2013-05-01 08:00:00\nC1,2,2013-05-01 09:00:00\n",
        ] {
            let (r, events) = read(text, &Options::default());
            assert_eq!((r.kept, r.notices, r.messages, r.conversations), (2, 1, 1, 1), "{text}");
            assert_eq!((events[0].kind, events[0].at.ms()), (Kind::Message, 1_367_395_200_000), "{text}");
            let states: Vec<_> = events.iter().filter(|e| e.kind == Kind::Status).collect();
            assert_eq!(states.len(), 2);
        }
    }

    /// Pages of rows, as an API gives them.
    #[test]
    fn pages_of_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.toml");
        std::fs::write(&path, "name = \"x\"\n[columns]\nconversation = \"number\"\nat = \"opened.value\"\n")
            .unwrap();
        let options = Options { mapping: Some(path), ..Options::default() };
        let row = r#"{"number":"I1","opened":{"value":"2026-03-02 14:30:00"}}"#;
        for text in [
            format!(r#"{{"result":[{row},{row}]}}"#),
            format!("[{row},{row}]"),
            format!("{row}\n{row}"),
            format!(r#"{{"count":2,"records":[{row},{row}],"next":null}}"#),
        ] {
            let (r, _) = read(&text, &options);
            assert_eq!((r.read, r.kept), (2, 2), "{text}");
        }
    }
}
