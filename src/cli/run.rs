//! `helpsim run`: simulate, print the summary, write the report.

use super::exit::{Exit, Failure};
use super::messages;
use super::simulate::{self, Counted, Prepared, SimulationArgs};
use super::ui::Ui;
use crate::engine::Compiled;
use crate::experiment::Outcome;
use crate::facts::Sink;
use crate::measure::{Demand, Summary, Verdict};
use crate::report::{self, Manifest, View};
use crate::scenario::Loaded;
use crate::staffing::Sizing;
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Simulate a scenario, print its summary and write its report
///
/// The report goes to `reports/<scenario>` unless `--out` names another folder; an older report there
/// is replaced as a whole.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario; `-` reads it from standard input
    pub scenario: PathBuf,
    /// Folder of the report [default: reports/<scenario>]
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Write no report, only print the summary
    #[arg(long, conflicts_with = "out")]
    pub no_report: bool,
    /// Parquet tables of the first replication to write
    #[arg(long, value_enum, default_value_t = Tables::First)]
    pub tables: Tables,
    /// Also write the first replication as a traffic log (.jsonl or .csv), as a help desk would know it
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Tables {
    /// All of them
    First,
    /// A row for each conversation, no other table
    Conversations,
    /// None
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let began = Instant::now();
    let loaded = simulate::load(&args.scenario, &args.simulation, ui)?;
    ui.say(&format!("{}: {}", args.scenario.display(), loaded.plan.name));
    let workers = simulate::workers(&args.simulation)?;
    let prepared = simulate::prepare(loaded, &workers, ui)?;
    let (loaded, compiled) = (&prepared.loaded, &prepared.compiled);
    say_what_was_read(compiled, ui);
    let counted = Counted::default();
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args.scenario));
    let outcome;
    if args.no_report {
        outcome = prepared.run(&workers, None, &counted, ui)?;
        print(args, &outcome.summary, ui)?;
    } else {
        let mut tables = Staged::create(&folder, loaded, args.tables)?;
        outcome = prepared.run(&workers, tables.sink(), &counted, ui)?;
        let mut manifest = Manifest::new(&loaded.plan, outcome.summary.replications);
        manifest.scenario_path = args.scenario.display().to_string();
        manifest.resolved = loaded.resolved.clone();
        manifest.threads = workers.threads() as u32;
        manifest.counts.insert("conversations".into(), counted.conversations.load(Ordering::Relaxed));
        manifest.counts.insert("events".into(), counted.events.load(Ordering::Relaxed));
        for (source, import, _) in compiled.imports() {
            for (what, count) in account(import) {
                manifest.counts.insert(format!("{source}: {what}"), count);
            }
        }
        if let Some(tally) = compiled.live_bot().map(crate::bot::http::HttpBot::tally) {
            manifest.counts.insert("bot: messages".into(), tally.messages);
            manifest.counts.insert("bot: timed out".into(), tally.timed_out);
            manifest.counts.insert("bot: failed".into(), tally.failed);
        }
        manifest.limit_reached = limit(&counted).map(str::to_owned);
        manifest.wall_time_s = began.elapsed().as_secs_f64();
        write(&folder, &outcome, &prepared, &manifest, tables)?;
        print(args, &outcome.summary, ui)?;
        ui.say(&format!("report: {}", folder.join("report.html").display()));
        ui.say(&format!("next:   helpsim explain {} 0", folder.display()));
    }
    if let Some(path) = &args.log {
        messages::write(compiled, path)?;
        ui.say(&format!("messages: {}", path.display()));
    }
    Ok(if limit(&counted).is_some() { Exit::Limit } else { goals(&outcome.summary, false) })
}

fn limit(counted: &Counted) -> Option<&'static str> {
    counted.limit.lock().ok().and_then(|limit| *limit)
}

/// The exit code the goals ask for.
pub(super) fn goals(summary: &Summary, strict: bool) -> Exit {
    let fails = |verdict: Verdict| match verdict {
        Verdict::Met => false,
        Verdict::Missed | Verdict::NoData => true,
        Verdict::Undecided => strict,
    };
    if summary.goals.iter().any(|goal| fails(goal.verdict)) { Exit::GoalMissed } else { Exit::Success }
}

fn print(args: &Args, summary: &Summary, ui: &Ui) -> Result<(), Failure> {
    match args.format {
        Format::Text => {
            ui.print(&report::terminal(summary, ui.width(), ui.colour()));
            for sentence in report::method(summary) {
                ui.say(&sentence);
            }
        }
        Format::Json => ui.print(&report::json(summary).map_err(Failure::io)?),
        Format::Markdown => ui.print(&report::markdown(summary)),
    }
    Ok(())
}

fn say_what_was_read(compiled: &Compiled, ui: &Ui) {
    for (source, import, outside) in compiled.imports() {
        let told: Vec<String> =
            account(import).into_iter().map(|(what, count)| format!("{count} {what}")).collect();
        ui.say(&format!("read \"{source}\": {}", told.join(", ")));
        if outside > 0 {
            ui.say(&format!(
                "  {outside} of the conversations begin outside the period and do not come: see `shift`, `fold` and \
                 `cut` of the traffic, `start` and `duration` of the scenario"
            ));
        }
        for refused in &import.quarantine {
            ui.say(&format!("  quarantined {}:{}: {}", refused.file, refused.line, refused.reason));
        }
    }
}

/// Every line or element of a recorded source, by what became of it.
fn account(import: &crate::traffic::recorded::ImportReport) -> [(&'static str, u64); 6] {
    [
        ("read", import.read),
        ("kept", import.kept),
        ("duplicates", import.duplicates),
        ("notices", import.notices),
        ("quarantined", import.quarantined),
        ("conversations", import.conversations),
    ]
}

/// `scenarios/tienda.toml` reports to `reports/tienda`.
fn default_folder(scenario: &Path) -> PathBuf {
    let stem = scenario.file_stem().filter(|_| scenario != Path::new("-"));
    Path::new("reports").join(stem.map_or_else(|| "stdin".into(), |s| s.to_owned()))
}

fn write(
    folder: &Path,
    outcome: &Outcome<'_>,
    prepared: &Prepared,
    manifest: &Manifest,
    tables: Staged,
) -> Result<(), Failure> {
    let loaded = &prepared.loaded;
    let mut pictures = outcome.collected.pictures(&outcome.summary, &|demand| staffing(loaded, demand));
    if let Some(advice) = &prepared.advice {
        pictures.welch.clone_from(&advice.curve);
    }
    let view = View { summary: &outcome.summary, pictures: &pictures, plan: &loaded.plan, manifest };
    report::write(folder, &view, |beside| tables.move_into(beside)).map_err(Failure::io)
}

/// Agents needed in each interval of a civil week, by the staffing formula.
fn staffing(loaded: &Loaded, demand: &Demand<'_>) -> Vec<f64> {
    let sizing = Sizing { work_s: demand.work_s, ..Sizing::of_team(&loaded.plan, demand.team) };
    let needed = sizing.needed_by_interval(demand.entered, demand.interval);
    needed.into_iter().map(|n| n.map_or(f64::NAN, |n| f64::from(n.on_duty))).collect()
}

/// Tables written beside the report while the run goes on, and moved into it at the end.
struct Staged {
    #[cfg(feature = "frames")]
    tables: Option<(crate::facts::parquet::ParquetSink, tempfile::TempDir)>,
}

#[cfg(feature = "frames")]
impl Staged {
    fn create(folder: &Path, loaded: &Loaded, tables: Tables) -> Result<Staged, Failure> {
        use crate::facts::parquet::{ParquetSink, Which};
        let which = match tables {
            Tables::First => Which::All,
            Tables::Conversations => Which::Conversations,
            Tables::None => return Ok(Staged { tables: None }),
        };
        let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let create = || -> std::io::Result<_> {
            std::fs::create_dir_all(parent)?;
            let beside = tempfile::Builder::new().prefix(".helpsim-tables-").tempdir_in(parent)?;
            let plan = std::sync::Arc::new(loaded.plan.clone());
            let sink = ParquetSink::create(beside.path(), &plan, which)?;
            Ok((sink, beside))
        };
        let staged = create().map_err(|e| {
            Failure::io(anyhow::Error::new(e).context(format!("could not write in {}", parent.display())))
        })?;
        Ok(Staged { tables: Some(staged) })
    }

    fn sink(&mut self) -> Option<Box<dyn Sink + Send + '_>> {
        let (sink, _) = self.tables.as_mut()?;
        Some(Box::new(sink))
    }

    fn move_into(self, report: &Path) -> std::io::Result<()> {
        let Some((sink, beside)) = self.tables else { return Ok(()) };
        sink.finish()?;
        let mut files: Vec<_> = std::fs::read_dir(beside.path())?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            std::fs::rename(file.path(), report.join(file.file_name()))?;
        }
        Ok(())
    }
}

#[cfg(not(feature = "frames"))]
impl Staged {
    fn create(_: &Path, _: &Loaded, _: Tables) -> Result<Staged, Failure> {
        Ok(Staged {})
    }

    fn sink(&mut self) -> Option<Box<dyn Sink + Send + '_>> {
        None
    }

    fn move_into(self, _: &Path) -> std::io::Result<()> {
        Ok(())
    }
}
