//! The tables as Parquet files: columns as they are, instants as UTC timestamps in ms (null where a
//! thing never happened), indices as names. Row groups go out as they fill.

use super::{Chunk, NEVER, Sink};
use crate::scenario::plan::{ClockKind, Plan, Source};
use polars::prelude::*;
use polars_io::parquet::write::{BatchedWriter, ParquetCompression, ParquetWriter, StatisticsOptions};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

/// Words of [`super::Outcome`], by number.
pub const OUTCOMES: [&str; 6] = ["bot_solved", "agent_solved", "abandoned", "left_bot", "open", "left_agent"];
/// Words of [`super::HandOff`], by number; the first stands for none.
pub const HAND_OFFS: [&str; 9] =
    ["none", "keyword", "attempts", "time_limit", "asked_for_person", "media", "rule", "outage", "flow"];
/// Words of [`super::QueueEnd`], by number.
pub const QUEUE_ENDS: [&str; 6] = ["taken", "abandoned", "blocked", "balked", "moved", "waiting"];
/// Words of [`super::Cause`], by number.
pub const CAUSES: [&str; 7] =
    ["none", "at_capacity", "nobody_on_shift", "bot_time", "handling", "customer_silent", "outside_hours"];
/// Words of the writer of a message, by number.
pub const WRITERS: [&str; 4] = ["customer", "bot", "agent", "system"];

/// Rows of a row group: large enough to compress, small enough to hold.
const GROUP_ROWS: usize = 1 << 17;

struct Kinds {
    source: DataType,
    intent: DataType,
    segment: DataType,
    language: DataType,
    priority: DataType,
    team: DataType,
    policy: DataType,
    rule: DataType,
    recipient: DataType,
    outcome: DataType,
    hand_off: DataType,
    queue_end: DataType,
    clock: DataType,
    cause: DataType,
    writer: DataType,
}

fn kind<'a>(names: impl Iterator<Item = &'a str>) -> PolarsResult<DataType> {
    // Names of a plan are unique by its checks; the number keeps an odd plan writable all the same.
    let mut seen = std::collections::BTreeSet::new();
    let names: Vec<String> = names
        .enumerate()
        .map(|(i, name)| if seen.insert(name.to_owned()) { name.to_owned() } else { format!("{name} #{i}") })
        .collect();
    Ok(DataType::from_frozen_categories(FrozenCategories::new(names.iter().map(String::as_str))?))
}

impl Kinds {
    fn of(plan: &Plan) -> PolarsResult<Kinds> {
        let strings = |list: &'static [&'static str]| kind(list.iter().copied());
        let clocks = [
            ClockKind::FirstResponse,
            ClockKind::NextResponse,
            ClockKind::Resolution,
            ClockKind::Escalation,
            ClockKind::Update,
            ClockKind::RequesterWait,
            ClockKind::Assignment,
        ];
        Ok(Kinds {
            source: kind(plan.sources.iter().map(|s| match s {
                Source::Synthetic(s) => s.name.as_str(),
                Source::Recorded(r) => r.name.as_str(),
            }))?,
            intent: kind(plan.intents.iter().map(|x| x.name.as_str()))?,
            segment: kind(plan.segments.iter().map(String::as_str))?,
            language: kind(plan.languages.iter().map(String::as_str))?,
            priority: kind(plan.priorities.iter().map(String::as_str))?,
            team: kind(plan.teams.iter().map(|x| x.name.as_str()))?,
            policy: kind(plan.policies.iter().map(|x| x.name.as_str()))?,
            rule: kind(plan.rules.iter().map(|x| x.name.as_str()))?,
            recipient: kind(plan.recipients.iter().map(String::as_str))?,
            outcome: strings(&OUTCOMES)?,
            hand_off: strings(&HAND_OFFS)?,
            queue_end: strings(&QUEUE_ENDS)?,
            clock: kind(clocks.iter().map(|c| c.name()))?,
            cause: strings(&CAUSES)?,
            writer: strings(&WRITERS)?,
        })
    }
}

/// A column of names from numbers; a number without a name is null.
fn named<T: Copy + Into<u32>>(name: &str, codes: &[T], dtype: &DataType) -> PolarsResult<Column> {
    let name = PlSmallStr::from_str(name);
    macro_rules! build {
        ($physical:ty, $native:ty, $category:ty) => {{
            let codes =
                codes.iter().map(|&c| <$native>::try_from(c.into()).unwrap_or(<$native>::MAX)).collect();
            let physical = ChunkedArray::<$physical>::from_vec(name, codes);
            CategoricalChunked::<$category>::from_cats_and_dtype(physical, dtype.clone())
                .into_series()
                .into_column()
        }};
    }
    Ok(match dtype.cat_physical()? {
        CategoricalPhysical::U8 => build!(UInt8Type, u8, Categorical8Type),
        CategoricalPhysical::U16 => build!(UInt16Type, u16, Categorical16Type),
        CategoricalPhysical::U32 => build!(UInt32Type, u32, Categorical32Type),
    })
}

fn instants(name: &str, values: &[i64]) -> Column {
    let name = PlSmallStr::from_str(name);
    let column = if values.contains(&NEVER) {
        Int64Chunked::from_iter_options(name, values.iter().map(|&v| (v != NEVER).then_some(v)))
    } else {
        Int64Chunked::from_vec(name, values.to_vec())
    };
    column.into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_column()
}

fn seconds(name: &str, values: &[i64]) -> Column {
    let values = values.iter().map(|&ms| ms as f64 / 1_000.0).collect();
    Float64Chunked::from_vec(PlSmallStr::from_str(name), values).into_column()
}

fn plain<T: PolarsNumericType>(name: &str, values: &[T::Native]) -> Column
where
    ChunkedArray<T>: IntoColumn,
{
    ChunkedArray::<T>::from_vec(PlSmallStr::from_str(name), values.to_vec()).into_column()
}

fn flags(name: &str, values: &[bool]) -> Column {
    BooleanChunked::from_slice(PlSmallStr::from_str(name), values).into_column()
}

fn optional_number(name: &str, values: &[u64]) -> Column {
    let name = PlSmallStr::from_str(name);
    UInt64Chunked::from_iter_options(name, values.iter().map(|&v| (v != u64::MAX).then_some(v))).into_column()
}

fn repeated(name: &str, value: u32, rows: usize) -> Column {
    Column::new_scalar(PlSmallStr::from_str(name), value.into(), rows)
}

/// One Parquet file being written.
struct Table {
    writer: Option<BatchedWriter<BufWriter<File>>>,
    file: Option<BufWriter<File>>,
    pending: Option<DataFrame>,
    rows: usize,
}

impl Table {
    fn create(folder: &Path, name: &str) -> io::Result<Table> {
        let path = folder.join(format!("{name}.parquet"));
        let file =
            File::create(&path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
        Ok(Table { writer: None, file: Some(BufWriter::new(file)), pending: None, rows: 0 })
    }

    fn add(&mut self, frame: DataFrame) -> PolarsResult<()> {
        self.rows += frame.height();
        match &mut self.pending {
            Some(pending) => {
                pending.vstack_mut(&frame)?;
            }
            None => self.pending = Some(frame),
        }
        if self.pending.as_ref().is_some_and(|p| p.height() >= GROUP_ROWS) {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> PolarsResult<()> {
        let Some(mut frame) = self.pending.take() else { return Ok(()) };
        frame.rechunk_mut();
        if let Some(file) = self.file.take() {
            self.writer = Some(
                ParquetWriter::new(file)
                    .with_compression(ParquetCompression::Lz4Raw)
                    .with_statistics(StatisticsOptions::empty())
                    .set_parallel(false)
                    .batched(frame.schema())?,
            );
        }
        if let Some(writer) = &mut self.writer {
            writer.write_batch(&frame)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> PolarsResult<usize> {
        self.flush()?;
        if let Some(writer) = &self.writer {
            writer.finish()?;
        }
        Ok(self.rows)
    }
}

/// Writes the tables of a run into a folder.
pub struct ParquetSink {
    kinds: Kinds,
    replication: u32,
    conversations: Table,
    queue: Table,
    clocks: Table,
    intervals: Table,
    agents: Table,
    notifications: Table,
    firings: Table,
    messages: Option<Table>,
}

impl ParquetSink {
    /// Creates the files.
    ///
    /// # Errors
    /// A file cannot be created; the error names it.
    pub fn create(folder: &Path, plan: &Arc<Plan>) -> io::Result<ParquetSink> {
        Ok(ParquetSink {
            kinds: Kinds::of(plan).map_err(to_io)?,
            replication: 0,
            conversations: Table::create(folder, "conversations")?,
            queue: Table::create(folder, "queue")?,
            clocks: Table::create(folder, "clocks")?,
            intervals: Table::create(folder, "intervals")?,
            agents: Table::create(folder, "agents")?,
            notifications: Table::create(folder, "notifications")?,
            firings: Table::create(folder, "rule_firings")?,
            messages: plan.keep_messages.then(|| Table::create(folder, "messages")).transpose()?,
        })
    }

    /// The rows that follow belong to this replication.
    pub fn set_replication(&mut self, replication: u32) {
        self.replication = replication;
    }

    /// Writes what is pending and closes the files.
    ///
    /// # Errors
    /// The disk is full or a file cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        // An empty table has its columns, too.
        self.write(&Chunk::default(), true).map_err(to_io)?;
        let tables = [
            &mut self.conversations,
            &mut self.queue,
            &mut self.clocks,
            &mut self.intervals,
            &mut self.agents,
            &mut self.notifications,
            &mut self.firings,
        ];
        for table in tables {
            table.finish().map_err(to_io)?;
        }
        if let Some(messages) = &mut self.messages {
            messages.finish().map_err(to_io)?;
        }
        Ok(())
    }

    fn write(&mut self, chunk: &Chunk, empty_too: bool) -> PolarsResult<()> {
        let (k, replication) = (&self.kinds, self.replication);
        let wanted = |rows: usize, table: &Table| rows > 0 || (empty_too && table.rows == 0);
        let c = &chunk.conversations;
        if wanted(c.len(), &self.conversations) {
            self.conversations.add(DataFrame::new(
                c.len(),
                vec![
                    repeated("replication", replication, c.len()),
                    plain::<UInt64Type>("conversation", &c.conversation),
                    optional_number("repeat_of", &c.repeat_of),
                    instants("started_at", &c.started_at),
                    instants("first_response_at", &c.first_response_at),
                    instants("first_human_at", &c.first_human_at),
                    instants("handed_off_at", &c.handed_off_at),
                    instants("resolved_at", &c.resolved_at),
                    instants("ended_at", &c.ended_at),
                    named("source", &c.source, &k.source)?,
                    named("intent", &c.intent, &k.intent)?,
                    named("segment", &c.segment, &k.segment)?,
                    named("language", &c.language, &k.language)?,
                    named("priority", &c.priority, &k.priority)?,
                    named("team", &c.team, &k.team)?,
                    plain::<UInt32Type>("agent", &c.agent),
                    named("outcome", &c.outcome, &k.outcome)?,
                    named("hand_off", &c.hand_off, &k.hand_off)?,
                    flags("bot_seen", &c.bot_seen),
                    flags("measured", &c.measured),
                    flags("solved", &c.solved),
                    seconds("queue_wait_s", &c.queue_wait),
                    seconds("agent_work_s", &c.agent_work),
                    seconds("bot_time_s", &c.bot_time),
                    plain::<UInt16Type>("customer_messages", &c.customer_messages),
                    plain::<UInt16Type>("bot_messages", &c.bot_messages),
                    plain::<UInt16Type>("agent_messages", &c.agent_messages),
                    plain::<UInt16Type>("templates", &c.templates),
                    plain::<UInt8Type>("failed_attempts", &c.failed_attempts),
                    plain::<UInt8Type>("reopens", &c.reopens),
                    plain::<UInt8Type>("transfers", &c.transfers),
                    plain::<UInt8Type>("rating", &c.rating),
                    plain::<Float32Type>("satisfied", &c.satisfied),
                    plain::<Float32Type>("message_cost", &c.message_cost),
                    plain::<UInt64Type>("tags", &c.tags),
                ],
            )?)?;
        }
        let q = &chunk.queue_stays;
        if wanted(q.len(), &self.queue) {
            self.queue.add(DataFrame::new(
                q.len(),
                vec![
                    repeated("replication", replication, q.len()),
                    plain::<UInt64Type>("conversation", &q.conversation),
                    named("team", &q.team, &k.team)?,
                    named("taken_by", &q.taken_by, &k.team)?,
                    named("intent", &q.intent, &k.intent)?,
                    named("priority", &q.priority, &k.priority)?,
                    named("end", &q.end, &k.queue_end)?,
                    flags("measured", &q.measured),
                    instants("entered_at", &q.entered_at),
                    instants("left_at", &q.left_at),
                ],
            )?)?;
        }
        let s = &chunk.clocks;
        if wanted(s.len(), &self.clocks) {
            self.clocks.add(DataFrame::new(
                s.len(),
                vec![
                    repeated("replication", replication, s.len()),
                    plain::<UInt64Type>("conversation", &s.conversation),
                    named("clock", &s.clock, &k.clock)?,
                    named("policy", &s.policy, &k.policy)?,
                    named("team", &s.team, &k.team)?,
                    named("intent", &s.intent, &k.intent)?,
                    named("priority", &s.priority, &k.priority)?,
                    flags("measured", &s.measured),
                    instants("started_at", &s.started_at),
                    instants("due_at", &s.due_at),
                    instants("ended_at", &s.ended_at),
                    seconds("paused_s", &s.paused),
                    seconds("used_s", &s.used),
                    seconds("target_s", &s.target),
                    flags("breached", &s.breached),
                    flags("counts", &s.counts),
                    named("cause", &s.cause, &k.cause)?,
                ],
            )?)?;
        }
        let i = &chunk.intervals;
        if wanted(i.len(), &self.intervals) {
            self.intervals.add(DataFrame::new(
                i.len(),
                vec![
                    repeated("replication", replication, i.len()),
                    instants("at", &i.at),
                    named("team", &i.team, &k.team)?,
                    flags("measured", &i.measured),
                    plain::<UInt32Type>("entered", &i.entered),
                    plain::<UInt32Type>("taken", &i.taken),
                    plain::<UInt32Type>("within", &i.within),
                    plain::<UInt32Type>("abandoned", &i.abandoned),
                    plain::<UInt32Type>("replies", &i.replies),
                    seconds("work_s", &i.work),
                    seconds("queue_area_s", &i.queue_area),
                    plain::<UInt32Type>("queue_max", &i.queue_max),
                    seconds("staffed_s", &i.staffed),
                    seconds("busy_s", &i.busy),
                    seconds("paid_s", &i.paid),
                    seconds("open_area_s", &i.open_area),
                    seconds("engaged_s", &i.engaged),
                    seconds("backlog_area_s", &i.backlog_area),
                    plain::<UInt32Type>("backlog", &i.backlog),
                    plain::<UInt32Type>("with_bot", &i.with_bot),
                ],
            )?)?;
        }
        let a = &chunk.agents;
        if wanted(a.len(), &self.agents) {
            self.agents.add(DataFrame::new(
                a.len(),
                vec![
                    repeated("replication", replication, a.len()),
                    plain::<UInt32Type>("agent", &a.agent),
                    named("team", &a.team, &k.team)?,
                    seconds("paid_s", &a.paid),
                    seconds("staffed_s", &a.staffed),
                    seconds("busy_s", &a.busy),
                    seconds("engaged_s", &a.engaged),
                    seconds("open_area_s", &a.open_area),
                    plain::<UInt32Type>("conversations", &a.conversations),
                    plain::<UInt32Type>("replies", &a.replies),
                ],
            )?)?;
        }
        let n = &chunk.notifications;
        if wanted(n.len(), &self.notifications) {
            self.notifications.add(DataFrame::new(
                n.len(),
                vec![
                    repeated("replication", replication, n.len()),
                    instants("at", &n.at),
                    named("rule", &n.rule, &k.rule)?,
                    named("recipient", &n.recipient, &k.recipient)?,
                    plain::<UInt64Type>("conversation", &n.conversation),
                    flags("template", &n.template),
                ],
            )?)?;
        }
        let f = &chunk.firings;
        if wanted(f.len(), &self.firings) {
            self.firings.add(DataFrame::new(
                f.len(),
                vec![
                    repeated("replication", replication, f.len()),
                    instants("at", &f.at),
                    named("rule", &f.rule, &k.rule)?,
                    plain::<UInt64Type>("conversation", &f.conversation),
                    flags("looped", &f.looped),
                ],
            )?)?;
        }
        let m = &chunk.messages;
        if let Some(table) = self.messages.as_mut().filter(|table| wanted(m.len(), table)) {
            table.add(DataFrame::new(
                m.len(),
                vec![
                    repeated("replication", replication, m.len()),
                    plain::<UInt64Type>("conversation", &m.conversation),
                    instants("at", &m.at),
                    named("from", &m.from, &k.writer)?,
                    plain::<UInt32Type>("text", &m.text),
                    flags("template", &m.template),
                ],
            )?)?;
        }
        Ok(())
    }
}

fn to_io(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}

impl Sink for ParquetSink {
    fn chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        self.write(chunk, false).map_err(to_io)
    }
}
