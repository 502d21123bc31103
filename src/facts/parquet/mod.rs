//! The tables as Parquet files: columns as they are, instants as UTC timestamps in ms (null where a
//! thing never happened), indices as names. Row groups go out as they fill.

mod pages;

use super::tables::{
    Agents, Clocks, Columns, Conversations, Firings, Intervals, Messages, Notifications, QueueStays,
};
use super::{Chunk, NEVER, Sink};
use crate::scenario::plan::{ClockKind, Plan, Source};
use pages::{Encoded, Number};
use polars_core::prelude::*;
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
const GROUP_ROWS: usize = 1 << 16;

/// The names a column's numbers stand for.
struct Names {
    dtype: DataType,
    dictionary: (Vec<u8>, usize),
}

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> PolarsResult<Names> {
        // Names of a plan are unique by its checks; the number keeps an odd plan writable all the same.
        let mut seen = std::collections::BTreeSet::new();
        let names: Vec<String> = names
            .enumerate()
            .map(
                |(i, name)| {
                    if seen.insert(name.to_owned()) { name.to_owned() } else { format!("{name} #{i}") }
                },
            )
            .collect();
        let names = || names.iter().map(String::as_str);
        Ok(Names {
            dtype: DataType::from_frozen_categories(FrozenCategories::new(names())?),
            dictionary: pages::dictionary_of(names()),
        })
    }
}

struct Kinds {
    source: Names,
    intent: Names,
    segment: Names,
    language: Names,
    priority: Names,
    team: Names,
    policy: Names,
    rule: Names,
    recipient: Names,
    outcome: Names,
    hand_off: Names,
    queue_end: Names,
    clock: Names,
    cause: Names,
    writer: Names,
}

impl Kinds {
    fn of(plan: &Plan) -> PolarsResult<Kinds> {
        let strings = |list: &'static [&'static str]| Names::of(list.iter().copied());
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
            source: Names::of(plan.sources.iter().map(|s| match s {
                Source::Synthetic(s) => s.name.as_str(),
                Source::Recorded(r) => r.name.as_str(),
            }))?,
            intent: Names::of(plan.intents.iter().map(|x| x.name.as_str()))?,
            segment: Names::of(plan.segments.iter().map(String::as_str))?,
            language: Names::of(plan.languages.iter().map(String::as_str))?,
            priority: Names::of(plan.priorities.iter().map(String::as_str))?,
            team: Names::of(plan.teams.iter().map(|x| x.name.as_str()))?,
            policy: Names::of(plan.policies.iter().map(|x| x.name.as_str()))?,
            rule: Names::of(plan.rules.iter().map(|x| x.name.as_str()))?,
            recipient: Names::of(plan.recipients.iter().map(String::as_str))?,
            outcome: strings(&OUTCOMES)?,
            hand_off: strings(&HAND_OFFS)?,
            queue_end: strings(&QUEUE_ENDS)?,
            clock: Names::of(clocks.iter().map(|c| c.name()))?,
            cause: strings(&CAUSES)?,
            writer: strings(&WRITERS)?,
        })
    }
}

/// The columns of one row group, as they are described one after the other.
#[derive(Default)]
struct Group {
    schema: Schema,
    columns: Vec<Encoded>,
}

impl Group {
    fn add(&mut self, name: &str, dtype: DataType, column: Encoded) {
        self.schema.insert(PlSmallStr::from_str(name), dtype);
        self.columns.push(column);
    }

    fn instants(&mut self, name: &str, values: &[i64]) {
        let dtype = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
        self.add(name, dtype, pages::differences(values.iter().copied(), NEVER));
    }

    fn seconds(&mut self, name: &str, values: &[i64]) {
        let values: Vec<f64> = values.iter().map(|&ms| ms as f64 / 1_000.0).collect();
        self.add(name, DataType::Float64, pages::numbers(&values));
    }

    /// Numbers of conversations; `u64::MAX` is none.
    fn conversations(&mut self, name: &str, values: &[u64]) {
        let numbers = values.iter().map(|&v| v as i64);
        self.add(name, DataType::UInt64, pages::differences(numbers, u64::MAX as i64));
    }

    fn numbers<T: Number>(&mut self, name: &str, values: &[T]) {
        self.add(name, T::DTYPE, pages::numbers(values));
    }

    fn flags(&mut self, name: &str, values: &[bool]) {
        self.add(name, DataType::Boolean, pages::flags(values));
    }

    fn names<T: Copy + PartialEq + Into<u32>>(&mut self, name: &str, values: &[T], names: &Names) {
        self.add(name, names.dtype.clone(), pages::names(values, &names.dictionary));
    }
}

/// One Parquet file being written.
struct Table<C> {
    file: Option<BufWriter<File>>,
    writer: Option<BatchedWriter<BufWriter<File>>>,
    /// Rows of the row group in the making, and the replication each belongs to.
    columns: C,
    replications: Vec<u32>,
    describe: fn(&C, &Kinds, &mut Group),
}

impl<C: Columns> Table<C> {
    fn create(folder: &Path, name: &str, describe: fn(&C, &Kinds, &mut Group)) -> io::Result<Table<C>> {
        let path = folder.join(format!("{name}.parquet"));
        let file =
            File::create(&path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
        let file = Some(BufWriter::with_capacity(1 << 16, file));
        Ok(Table { file, writer: None, columns: C::default(), replications: Vec::new(), describe })
    }

    fn add(&mut self, rows: &[C::Row], replication: u32, kinds: &Kinds) -> io::Result<()> {
        self.columns.append(rows);
        self.replications.resize(self.replications.len() + rows.len(), replication);
        if self.replications.len() >= GROUP_ROWS { self.flush(kinds).map_err(to_io) } else { Ok(()) }
    }

    fn flush(&mut self, kinds: &Kinds) -> PolarsResult<()> {
        let mut group = Group::default();
        group.numbers("replication", &self.replications);
        (self.describe)(&self.columns, kinds, &mut group);
        if let Some(file) = self.file.take() {
            self.writer = Some(
                ParquetWriter::new(file)
                    .with_compression(ParquetCompression::Uncompressed)
                    .with_statistics(StatisticsOptions::empty())
                    .batched(&group.schema)?,
            );
        }
        let rows = self.replications.len();
        if let Some(writer) = self.writer.as_mut().filter(|_| rows > 0) {
            let descriptors: Vec<_> =
                writer.parquet_schema().columns().iter().map(|column| column.descriptor.clone()).collect();
            let columns = group.columns.into_iter().zip(descriptors);
            let pages: Vec<_> = columns.map(|(column, descriptor)| column.into_pages(descriptor)).collect();
            writer.write_row_group(rows as u64, &pages)?;
        }
        self.columns.clear();
        self.replications.clear();
        Ok(())
    }

    /// Writes what is left; a table without rows has its columns, too.
    fn finish(&mut self, kinds: &Kinds) -> io::Result<()> {
        self.flush(kinds).map_err(to_io)?;
        match &self.writer {
            Some(writer) => writer.finish().map(drop).map_err(to_io),
            None => Ok(()),
        }
    }
}

/// Writes the tables of a run into a folder.
pub struct ParquetSink {
    kinds: Kinds,
    replication: u32,
    conversations: Table<Conversations>,
    others: Option<Others>,
}

/// The tables beside the conversations.
struct Others {
    queue: Table<QueueStays>,
    clocks: Table<Clocks>,
    intervals: Table<Intervals>,
    agents: Table<Agents>,
    notifications: Table<Notifications>,
    firings: Table<Firings>,
    messages: Option<Table<Messages>>,
}

/// Which tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every table.
    All,
    /// A row for each conversation, nothing else.
    Conversations,
}

impl ParquetSink {
    /// Creates the files.
    ///
    /// # Errors
    /// A file cannot be created; the error names it.
    pub fn create(folder: &Path, plan: &Arc<Plan>, which: Which) -> io::Result<ParquetSink> {
        let others = || -> io::Result<Others> {
            Ok(Others {
                queue: Table::create(folder, "queue", describe_queue_stays)?,
                clocks: Table::create(folder, "clocks", describe_clocks)?,
                intervals: Table::create(folder, "intervals", describe_intervals)?,
                agents: Table::create(folder, "agents", describe_agents)?,
                notifications: Table::create(folder, "notifications", describe_notifications)?,
                firings: Table::create(folder, "rule_firings", describe_firings)?,
                messages: plan
                    .keep_messages
                    .then(|| Table::create(folder, "messages", describe_messages))
                    .transpose()?,
            })
        };
        Ok(ParquetSink {
            kinds: Kinds::of(plan).map_err(to_io)?,
            replication: 0,
            conversations: Table::create(folder, "conversations", describe_conversations)?,
            others: (which == Which::All).then(others).transpose()?,
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
        let kinds = &self.kinds;
        self.conversations.finish(kinds)?;
        let Some(others) = &mut self.others else { return Ok(()) };
        others.queue.finish(kinds)?;
        others.clocks.finish(kinds)?;
        others.intervals.finish(kinds)?;
        others.agents.finish(kinds)?;
        others.notifications.finish(kinds)?;
        others.firings.finish(kinds)?;
        others.messages.as_mut().map_or(Ok(()), |messages| messages.finish(kinds))
    }
}

fn describe_conversations(c: &Conversations, k: &Kinds, g: &mut Group) {
    g.conversations("conversation", &c.conversation);
    g.conversations("repeat_of", &c.repeat_of);
    g.instants("started_at", &c.started_at);
    g.instants("first_response_at", &c.first_response_at);
    g.instants("first_human_at", &c.first_human_at);
    g.instants("handed_off_at", &c.handed_off_at);
    g.instants("resolved_at", &c.resolved_at);
    g.instants("ended_at", &c.ended_at);
    g.names("source", &c.source, &k.source);
    g.names("intent", &c.intent, &k.intent);
    g.names("segment", &c.segment, &k.segment);
    g.names("language", &c.language, &k.language);
    g.names("priority", &c.priority, &k.priority);
    g.names("team", &c.team, &k.team);
    g.numbers("agent", &c.agent);
    g.names("outcome", &c.outcome, &k.outcome);
    g.names("hand_off", &c.hand_off, &k.hand_off);
    g.flags("bot_seen", &c.bot_seen);
    g.flags("measured", &c.measured);
    g.flags("solved", &c.solved);
    g.seconds("queue_wait_s", &c.queue_wait);
    g.seconds("agent_work_s", &c.agent_work);
    g.seconds("bot_time_s", &c.bot_time);
    g.numbers("customer_messages", &c.customer_messages);
    g.numbers("bot_messages", &c.bot_messages);
    g.numbers("agent_messages", &c.agent_messages);
    g.numbers("templates", &c.templates);
    g.numbers("failed_attempts", &c.failed_attempts);
    g.numbers("reopens", &c.reopens);
    g.numbers("transfers", &c.transfers);
    g.numbers("rating", &c.rating);
    g.numbers("satisfied", &c.satisfied);
    g.numbers("message_cost", &c.message_cost);
    g.numbers("tags", &c.tags);
}

fn describe_queue_stays(c: &QueueStays, k: &Kinds, g: &mut Group) {
    g.conversations("conversation", &c.conversation);
    g.names("team", &c.team, &k.team);
    g.names("taken_by", &c.taken_by, &k.team);
    g.names("intent", &c.intent, &k.intent);
    g.names("priority", &c.priority, &k.priority);
    g.names("end", &c.end, &k.queue_end);
    g.flags("measured", &c.measured);
    g.instants("entered_at", &c.entered_at);
    g.instants("left_at", &c.left_at);
}

fn describe_clocks(c: &Clocks, k: &Kinds, g: &mut Group) {
    g.conversations("conversation", &c.conversation);
    g.names("clock", &c.clock, &k.clock);
    g.names("policy", &c.policy, &k.policy);
    g.names("team", &c.team, &k.team);
    g.names("intent", &c.intent, &k.intent);
    g.names("priority", &c.priority, &k.priority);
    g.flags("measured", &c.measured);
    g.instants("started_at", &c.started_at);
    g.instants("due_at", &c.due_at);
    g.instants("ended_at", &c.ended_at);
    g.seconds("paused_s", &c.paused);
    g.seconds("used_s", &c.used);
    g.seconds("target_s", &c.target);
    g.flags("breached", &c.breached);
    g.flags("counts", &c.counts);
    g.names("cause", &c.cause, &k.cause);
}

fn describe_intervals(c: &Intervals, k: &Kinds, g: &mut Group) {
    g.instants("at", &c.at);
    g.names("team", &c.team, &k.team);
    g.flags("measured", &c.measured);
    g.numbers("entered", &c.entered);
    g.numbers("taken", &c.taken);
    g.numbers("within", &c.within);
    g.numbers("abandoned", &c.abandoned);
    g.numbers("replies", &c.replies);
    g.seconds("work_s", &c.work);
    g.seconds("queue_area_s", &c.queue_area);
    g.numbers("queue_max", &c.queue_max);
    g.seconds("staffed_s", &c.staffed);
    g.seconds("busy_s", &c.busy);
    g.seconds("paid_s", &c.paid);
    g.seconds("open_area_s", &c.open_area);
    g.seconds("engaged_s", &c.engaged);
    g.seconds("backlog_area_s", &c.backlog_area);
    g.numbers("backlog", &c.backlog);
    g.numbers("with_bot", &c.with_bot);
}

fn describe_agents(c: &Agents, k: &Kinds, g: &mut Group) {
    g.numbers("agent", &c.agent);
    g.names("team", &c.team, &k.team);
    g.seconds("paid_s", &c.paid);
    g.seconds("staffed_s", &c.staffed);
    g.seconds("busy_s", &c.busy);
    g.seconds("engaged_s", &c.engaged);
    g.seconds("open_area_s", &c.open_area);
    g.numbers("conversations", &c.conversations);
    g.numbers("replies", &c.replies);
}

fn describe_notifications(c: &Notifications, k: &Kinds, g: &mut Group) {
    g.instants("at", &c.at);
    g.names("rule", &c.rule, &k.rule);
    g.names("recipient", &c.recipient, &k.recipient);
    g.conversations("conversation", &c.conversation);
    g.flags("template", &c.template);
}

fn describe_firings(c: &Firings, k: &Kinds, g: &mut Group) {
    g.instants("at", &c.at);
    g.names("rule", &c.rule, &k.rule);
    g.conversations("conversation", &c.conversation);
    g.flags("looped", &c.looped);
}

fn describe_messages(c: &Messages, k: &Kinds, g: &mut Group) {
    g.conversations("conversation", &c.conversation);
    g.instants("at", &c.at);
    g.names("from", &c.from, &k.writer);
    g.numbers("text", &c.text);
    g.flags("template", &c.template);
}

fn to_io(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}

impl Sink for ParquetSink {
    fn chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        let (kinds, replication) = (&self.kinds, self.replication);
        self.conversations.add(&chunk.conversations, replication, kinds)?;
        let Some(others) = &mut self.others else { return Ok(()) };
        others.queue.add(&chunk.queue_stays, replication, kinds)?;
        others.clocks.add(&chunk.clocks, replication, kinds)?;
        others.intervals.add(&chunk.intervals, replication, kinds)?;
        others.agents.add(&chunk.agents, replication, kinds)?;
        others.notifications.add(&chunk.notifications, replication, kinds)?;
        others.firings.add(&chunk.firings, replication, kinds)?;
        match &mut others.messages {
            Some(messages) => messages.add(&chunk.messages, replication, kinds),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of every table stand in `docs/tables.md`, in the section of their table.
    #[test]
    fn every_column_is_documented() {
        let text = r#"
[scenario]
name = "small desk"
start = "2026-11-23"
duration = "1d"
[[traffic]]
name = "all"
volume = { per_hour = 24 }
[[intent]]
name = "question"
agent_work = { exponential = { mean = "5m" } }
[[team]]
name = "desk"
agents = 3
"#;
        let plan = crate::scenario::parse(text, "x.toml", Path::new("."), &[]).unwrap().plan;
        let kinds = Kinds::of(&plan).unwrap();
        let columns = |describe: &dyn Fn(&mut Group)| {
            let mut group = Group::default();
            describe(&mut group);
            group.schema.iter_names().map(ToString::to_string).collect::<Vec<_>>()
        };
        let tables = [
            ("conversations", columns(&|g| describe_conversations(&Conversations::default(), &kinds, g))),
            ("queue", columns(&|g| describe_queue_stays(&QueueStays::default(), &kinds, g))),
            ("clocks", columns(&|g| describe_clocks(&Clocks::default(), &kinds, g))),
            ("intervals", columns(&|g| describe_intervals(&Intervals::default(), &kinds, g))),
            ("agents", columns(&|g| describe_agents(&Agents::default(), &kinds, g))),
            ("rule_firings", columns(&|g| describe_firings(&Firings::default(), &kinds, g))),
            ("notifications", columns(&|g| describe_notifications(&Notifications::default(), &kinds, g))),
            ("messages", columns(&|g| describe_messages(&Messages::default(), &kinds, g))),
        ];
        let page = include_str!("../../../docs/tables.md");
        for (table, columns) in tables {
            let section = page
                .split("\n## ")
                .find(|s| s.lines().next().is_some_and(|l| l.contains(&format!("`{table}.parquet`"))));
            let section = section.unwrap_or_else(|| panic!("no section on {table}"));
            assert!(columns.len() > 3, "{table}");
            for column in columns.iter().filter(|column| *column != "measured") {
                assert!(section.contains(&format!("`{column}`")), "{table}.{column}");
            }
        }
    }
}
