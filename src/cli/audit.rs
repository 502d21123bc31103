//! `helpsim audit`: a log of what really happened, measured like a simulation.

use super::exit::{Exit, Failure};
use super::run::{Format, goals};
use super::simulate::{self, SimulationArgs};
use super::ui::Ui;
use crate::audit::{self, Audit, AuditError, Log, Ticket};
use crate::facts::{Cause, Chunk, Sink};
use crate::measure::{Measures, ReplicationValues, State};
use crate::report::{self, Manifest, View};
use crate::scenario::plan::Plan;
use crate::sla::{ClockRecord, LogWarning};
use crate::time::Instant;
use crate::traffic::recorded::{Format as LogFormat, Options, import, input};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Measure a log of what really happened, with a scenario's calendars and policies
///
/// Nothing is simulated. The log is a traffic log or anything `import` reads, with the desk's messages
/// and statuses in it. `--format json` gives every clock of every ticket.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The log: files, folders, patterns
    #[arg(required = true, value_name = "LOG")]
    pub log: Vec<PathBuf>,
    /// Whose calendars, policies and desk to measure by
    #[arg(long, value_name = "SCENARIO")]
    pub scenario: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
    /// Write the report to this folder
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

/// How a log is read.
#[derive(Debug, clap::Args)]
pub(super) struct Reading {
    /// The log's format, if looking at the content does not tell
    #[arg(long, value_name = "FORMAT", value_parser = super::import::format)]
    pub from: Option<LogFormat>,
    /// What the columns of a table mean
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// When the log was taken: what was due by then counts, though nothing happened any more; its last
    /// event if not given
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<jiff::Timestamp>,
}

/// A log measured by a scenario's calendars and policies.
pub(super) struct Observed {
    pub measures: Measures,
    pub values: ReplicationValues,
    pub found: Audit,
    pub conversations: usize,
}

struct Measured<'a, 'm>(&'a mut State<'m>);

impl Sink for Measured<'_, '_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.0.update(chunk);
        Ok(())
    }
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let loaded = simulate::load(&args.scenario, &args.simulation, ui)?;
    let observed = observe(&args.log, &args.reading, &loaded.plan, ui)?;
    let (measures, found) = (observed.measures, observed.found);
    let plan = measures.plan();
    let mut collected = measures.collect();
    collected.push(observed.values);
    let mut summary = collected.summary("observed", &crate::measure::Estimation::default());
    summary.warnings.extend(found.notes.iter().cloned());
    if let Some(folder) = &args.out {
        let pictures = collected.pictures(&summary, &|demand| vec![f64::NAN; demand.entered.len()]);
        let mut manifest = Manifest::new(plan, 1);
        manifest.scenario_path = args.scenario.display().to_string();
        manifest.resolved = loaded.resolved.clone();
        manifest.counts.insert("conversations".into(), observed.conversations as u64);
        let view = View { summary: &summary, pictures: &pictures, plan, manifest: &manifest };
        report::write(folder, &view, |_| Ok(())).map_err(Failure::io)?;
        ui.say(&format!("report: {}", folder.join("report.html").display()));
    }
    match args.format {
        Format::Text => ui.print(&report::terminal(&summary, ui.width(), ui.colour())),
        Format::Markdown => ui.print(&report::markdown(&summary)),
        Format::Json => {
            let tickets: Vec<Value> = found.tickets.iter().map(|ticket| ticket_json(ticket, plan)).collect();
            ui.print(&format!("{:#}\n", json!({ "schema": 1, "summary": summary, "tickets": tickets })));
        }
    }
    Ok(if matches!(args.format, Format::Json) { Exit::Success } else { goals(&summary, false) })
}

/// Reads a log and measures it by a plan's calendars and policies.
pub(super) fn observe(files: &[PathBuf], reading: &Reading, by: &Plan, ui: &Ui) -> Result<Observed, Failure> {
    let (mut log, odd) = read(files, reading, by, ui)?;
    if let Some(until) = reading.until {
        log.taken_at(Instant(until.as_millisecond()));
    }
    let mut plan = audit::plan_for(by, &log);
    plan.name = format!("Audit by \"{}\"", by.name);
    let measures = Measures::new(&plan).map_err(|fault| Failure::input(anyhow::anyhow!("{fault}")))?;
    let mut state = measures.begin();
    let found = audit::audit(&log, &plan, &mut Measured(&mut state)).map_err(|error| match error {
        AuditError::Sink(_) => Failure::io(error),
        AuditError::Empty | AuditError::Policies(_) => Failure::input(error),
    })?;
    let warnings: Vec<&LogWarning> = odd.iter().chain(&found.warnings).collect();
    for warning in warnings.iter().take(20) {
        ui.say(&format!("warning: {}: {}", warning.origin, warning.problem));
    }
    if warnings.len() > 20 {
        ui.say(&format!("warning: {} more events of the log were odd", warnings.len() - 20));
    }
    let mut values = state.finish(&found.totals);
    values.keep(&measures, |metric| found.known.tells(metric));
    Ok(Observed { measures, values, found, conversations: log.len() })
}

/// The log, and what stands out of order in it.
fn read(
    files: &[PathBuf],
    reading: &Reading,
    plan: &Plan,
    ui: &Ui,
) -> Result<(Log, Vec<LogWarning>), Failure> {
    let options = Options {
        format: reading.from,
        mapping: reading.mapping.clone(),
        zone: Some(plan.zone.clone()),
        ..Options::default()
    };
    let mut notes = Vec::new();
    let inputs = input::gather(files, &options.limits, &mut notes).map_err(Failure::io)?;
    let mut log = Log::default();
    let report = import(&inputs, &options, &mut |event| log.push(event.clone())).map_err(Failure::input)?;
    ui.say(&format!(
        "read {} = {} kept + {} duplicates + {} notices + {} quarantined; {} conversations",
        report.read, report.kept, report.duplicates, report.notices, report.quarantined, report.conversations
    ));
    for refused in &report.quarantine {
        ui.say(&format!("  quarantined {}:{}: {}", refused.file, refused.line, refused.reason));
    }
    let is_log = report.files.iter().all(|file| file.format.starts_with("log_"));
    let odd = if is_log { log.out_of_order() } else { Vec::new() };
    Ok((log, odd))
}

fn instant(at: Instant) -> Option<String> {
    at.known().and_then(|at| jiff::Timestamp::from_millisecond(at.ms()).ok()).map(|at| at.to_string())
}

fn ticket_json(ticket: &Ticket, plan: &Plan) -> Value {
    let clock = |(record, cause): (&ClockRecord, &Cause)| {
        json!({
            "clock": record.kind.name(),
            "policy": plan.policies.get(usize::from(record.policy)).map(|policy| &policy.name),
            "priority": plan.priorities.get(usize::from(record.priority)),
            "started_at": instant(record.started),
            "due_at": instant(record.due),
            "ended_at": instant(record.ended),
            "target_s": record.target.seconds(),
            "used_s": record.used.seconds(),
            "paused_s": record.paused.seconds(),
            "met": record.ended != Instant::NEVER && !record.breached,
            "breached": record.breached,
            "overdue_s": record.overdue().map(|span| span.seconds()),
            "cause": record.breached.then(|| cause.words()),
        })
    };
    json!({ "conversation": ticket.conversation, "clocks": ticket.clocks.iter().zip(&ticket.causes).map(clock).collect::<Vec<_>>() })
}
