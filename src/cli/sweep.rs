//! `helpsim sweep`: a grid of settings, one tidy table, pictures, and the best point.

use super::exit::{Exit, Failure};
use super::simulate::{self, Counted, Prepared, SimulationArgs};
use super::ui::Ui;
use crate::experiment::{Axis, Choice, Ledger, Unit, Workers, choose_best, content_hash, grid};
use crate::measure::{Estimate, Summary};
use crate::report::{self, Grid};
use crate::scenario::metric::{Better, MetricName};
use crate::scenario::value;
use std::path::{Path, PathBuf};

/// Run a grid of values, one tidy table
///
/// Every combination of the values is simulated with the same customers, all in parallel. A sweep that
/// was stopped goes on where it was: what is finished is kept beside the table, recognised by its content.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario
    pub scenario: PathBuf,
    /// Values to set, an axis of the grid: `team.front.agents=4,5,6` or
    /// `intent.returns.bot_solves=0.5..0.9:0.1` (can be repeated; one value alone just sets it)
    #[arg(long, required = true, value_name = "PATH=VALUES")]
    pub set: Vec<String>,
    /// A metric for the terminal's table, each with a picture beside the table (can be repeated)
    #[arg(long, value_name = "METRIC", default_values = USUAL)]
    pub metric: Vec<String>,
    /// Pick the point where this metric is best, by ranking and selection
    #[arg(long, value_name = "METRIC")]
    pub best: Option<String>,
    /// Which way the metric of `--best` is good [default: as its nature is]
    #[arg(long, value_enum, requires = "best")]
    pub direction: Option<Direction>,
    /// Differences of the metric of `--best` that do not matter: `5s`, `0.01`, or a share of the best
    #[arg(long, value_name = "SIZE", default_value = "1%", requires = "best")]
    pub indifference: String,
    /// Probability of picking the best, where it leads by more than the indifference
    #[arg(long, value_name = "SHARE", default_value = "95%", requires = "best", value_parser = confidence)]
    pub confidence: f64,
    /// Replications of a point that `--best` may use at most
    #[arg(long, value_name = "N", default_value_t = 1_000, requires = "best")]
    pub max: u32,
    /// The table to write, by its ending Parquet or CSV, with its ledger and pictures beside it
    /// [default: reports/sweep-<scenario>.parquet, or .csv in a program built without Parquet]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Master seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replications of each point, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub replications: Option<u32>,
    /// Worker threads [default: one for each processor]
    #[arg(long, value_name = "N", env = "HELPSIM_THREADS", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Direction {
    Lowest,
    Highest,
}

const USUAL: [&str; 4] =
    ["sla.first_response.compliance", "abandonment.rate", "agents.occupancy", "cost.per_conversation"];
const FORMAT: &str = if cfg!(feature = "frames") { "parquet" } else { "csv" };
/// Replications of each point before the first is dropped.
const FIRST_STAGE: u32 = 10;

fn confidence(text: &str) -> Result<f64, String> {
    let share = value::share(text).or_else(|fault| text.parse::<f64>().map_err(|_| fault))?;
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err("from 50 % to below 100 %".to_owned()) }
}

/// One point of the grid.
type Point = Vec<(String, String)>;

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let axes = args.set.iter().map(|text| Axis::parse(text)).collect::<Result<Vec<_>, _>>();
    let axes = axes.map_err(Failure::input)?;
    for metric in args.metric.iter().chain(&args.best) {
        MetricName::parse(metric).map_err(|fault| Failure::input(anyhow::anyhow!("{fault}")))?;
    }
    let stem = args.scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let usual = || PathBuf::from("reports").join(format!("sweep-{stem}.{FORMAT}"));
    let out = args.out.clone().unwrap_or_else(usual);
    let is_parquet = out.extension().is_some_and(|ending| ending == "parquet");
    if is_parquet && !cfg!(feature = "frames") {
        return Err(Failure::input(anyhow::anyhow!(
            "this program was built without Parquet: name the table `{}`",
            out.with_extension("csv").display()
        )));
    }
    let ledger = Ledger::open(&out.with_extension("ledger")).map_err(Failure::io)?;
    let workers = Workers::new(args.threads).map_err(Failure::io)?;
    let points = grid(&axes);
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let found = workers.each(points.len(), |at| {
        // Warnings about the file are the same at every point: told once.
        let quiet = if at == 0 { *ui } else { ui.hushed() };
        let done = one(args, &points[at], &ledger, &workers, &quiet)?;
        let number = finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let how = if done.1 { " (was finished)" } else { "" };
        ui.say(&format!("{number} of {}: {}{how}", points.len(), told(&points[at])));
        Ok(done.0)
    });
    let summaries = found.into_iter().collect::<Result<Vec<Summary>, Failure>>()?;
    let named: Vec<(String, Vec<String>)> = axes.into_iter().map(|axis| (axis.path, axis.values)).collect();
    let values = points.iter().map(|point| point.iter().map(|(_, value)| value.clone()).collect());
    let found: Vec<(Vec<String>, Summary)> = values.zip(summaries).collect();
    let grid = Grid { axes: &named, points: &found };
    write_table(&grid, &out, is_parquet)?;
    ui.print(&screen(&grid, &args.metric));
    for metric in &args.metric {
        if found.iter().any(|(_, summary)| summary.metrics.contains_key(metric)) {
            let svg = grid.chart(metric).map_err(Failure::io)?;
            let file = out.with_file_name(format!("{}-{}.svg", file_stem(&out), safe(metric)));
            super::check::write(&file, &svg)?;
            ui.say(&format!("picture: {}", file.display()));
        }
    }
    ui.say(&format!("table: {}", out.display()));
    if let Some(metric) = &args.best {
        best(args, metric, &points, &found, &workers, ui)?;
    }
    Ok(Exit::Success)
}

fn load(args: &Args, point: &[(String, String)], workers: &Workers, ui: &Ui) -> Result<Prepared, Failure> {
    let simulation = SimulationArgs {
        set: point.iter().map(|(path, value)| format!("{path}={value}")).collect(),
        seed: args.seed,
        replications: args.replications,
        threads: args.threads,
    };
    simulate::prepare(simulate::load(&args.scenario, &simulation, ui)?, workers, ui)
}

/// The summary of a point, and whether it was finished before.
fn one(
    args: &Args,
    point: &[(String, String)],
    ledger: &Ledger,
    workers: &Workers,
    ui: &Ui,
) -> Result<(Summary, bool), Failure> {
    let prepared = load(args, point, workers, ui)?;
    let loaded = &prepared.loaded;
    let inputs: Vec<&str> = loaded.plan.inputs.iter().map(|input| input.hash.as_str()).collect();
    let hash =
        content_hash(&[&[env!("CARGO_PKG_VERSION"), loaded.resolved.as_str()], inputs.as_slice()].concat());
    if let Some(summary) = ledger.finished(&hash) {
        return Ok((summary, true));
    }
    let outcome = prepared.run(workers, None, &Counted::default(), &ui.hushed())?;
    ledger.enter(&hash, &outcome.summary).map_err(Failure::io)?;
    Ok((outcome.summary, false))
}

/// Ranking and selection, on the replications of the grid and as many more as it takes.
fn best(
    args: &Args,
    metric: &str,
    points: &[Point],
    found: &[(Vec<String>, Summary)],
    workers: &Workers,
    ui: &Ui,
) -> Result<(), Failure> {
    let name = MetricName::parse(metric).map_err(|fault| Failure::input(anyhow::anyhow!("{fault}")))?;
    let estimates: Vec<&Estimate> = found.iter().filter_map(|(_, s)| s.metrics.get(metric)).collect();
    if estimates.len() < found.len() {
        let text = format!("not every point of the grid has `{metric}`: nothing was observed");
        return Err(Failure::input(anyhow::anyhow!(text)));
    }
    if found.iter().any(|(_, summary)| summary.method.antithetic) {
        return Err(Failure::input(anyhow::anyhow!(
            "`--best` needs independent replications: leave `scenario.antithetic` out"
        )));
    }
    let smallest = match (args.direction, name.metric.better()) {
        (Some(direction), _) => direction == Direction::Lowest,
        (None, Better::Lower) => true,
        (None, Better::Higher) => false,
        (None, Better::Neither) => {
            return Err(Failure::input(anyhow::anyhow!(
                "neither more nor less of `{metric}` is good by nature: say `--direction lowest` or `highest`"
            )));
        }
    };
    let means = || estimates.iter().filter_map(|estimate| estimate.mean);
    let lead = if smallest { means().fold(f64::INFINITY, f64::min) } else { means().fold(0.0, f64::max) };
    let indifference = size(&args.indifference, lead)?;
    let choice = Choice {
        smallest,
        indifference,
        confidence: args.confidence,
        first_stage: FIRST_STAGE,
        maximum: args.max,
    };
    let quiet = ui.hushed();
    let prepared =
        points.iter().map(|point| load(args, point, workers, &quiet)).collect::<Result<Vec<_>, _>>()?;
    let observe = |system: usize, unit: Unit| -> Result<f64, NoData> {
        // The grid's own replications first, then more of the same.
        let value = match estimates[system].per_replication.get(unit.index as usize) {
            Some(value) => *value,
            None => again(&prepared[system], &name, unit)?,
        };
        value.ok_or_else(|| {
            NoData(format!("replication {} of {} had no data", unit.index, told(&points[system])))
        })
    };
    let chosen = choose_best(points.len(), &choice, workers, observe);
    let (best, settled, samples) = chosen.map_err(Failure::input)?;
    let mean = |at: usize| samples[at].iter().sum::<f64>() / samples[at].len().max(1) as f64;
    let figure = |x: f64| report::estimate(Some(x), None, name.metric.unit, &found[0].1.currency);
    let total: usize = samples.iter().map(Vec::len).sum();
    let word = if smallest { "lowest" } else { "highest" };
    let verdict = if settled {
        format!(
            "best by {metric} ({word}): {} with {}\n\
             right with a probability of {} % at least, or within {} of the best",
            told(&points[best]),
            figure(mean(best)),
            100.0 * args.confidence,
            figure(indifference)
        )
    } else {
        format!(
            "not settled within {} replications of a point; {metric} was {word} at {}: {}",
            args.max,
            told(&points[best]),
            figure(mean(best))
        )
    };
    let mut text =
        format!("\n{verdict}\n{total} replications in all, by procedure KN on common random numbers\n");
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| samples[*b].len().cmp(&samples[*a].len()).then(a.cmp(b)));
    for at in order.into_iter().take(20) {
        text.push_str(&format!(
            "  {:>5} replications  {}  {}\n",
            samples[at].len(),
            figure(mean(at)),
            told(&points[at])
        ));
    }
    ui.print(&text);
    Ok(())
}

/// Why a replication gave no number.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoData(String);

/// One more replication of a point.
fn again(prepared: &Prepared, name: &MetricName, unit: Unit) -> Result<Option<f64>, NoData> {
    let mut state = prepared.measures.begin();
    let counted = Counted::default();
    let totals = simulate::replicate(&prepared.compiled, unit, &mut state, None, &counted)
        .map_err(|error| NoData(error.to_string()))?;
    let values = state.finish(&totals);
    Ok(prepared.measures.position(name).and_then(|at| values.values[at].get()))
}

/// `5s`, `0.01`, or a share of the best.
fn size(text: &str, lead: f64) -> Result<f64, Failure> {
    let size = value::share(text)
        .map(|share| share * lead.abs())
        .or_else(|_| text.parse::<f64>().map_err(|e| e.to_string()))
        .or_else(|_| value::duration_ms(text).map(|ms| ms / 1_000.0))
        .map_err(|fault| Failure::input(anyhow::anyhow!("`--indifference {text}`: {fault}")))?;
    match size > 0.0 && size.is_finite() {
        true => Ok(size),
        false => Err(Failure::input(anyhow::anyhow!(
            "`--indifference {text}` must come to more than nothing: write a size in the metric's unit, such as `5s` or `0.01`"
        ))),
    }
}

fn write_table(grid: &Grid<'_>, out: &Path, is_parquet: bool) -> Result<(), Failure> {
    if !is_parquet {
        return super::check::write(out, &grid.csv().map_err(Failure::io)?);
    }
    #[cfg(feature = "frames")]
    {
        let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = || -> std::io::Result<()> {
            let beside = tempfile::NamedTempFile::new_in(parent)?;
            grid.parquet(beside.reopen()?)?;
            beside.persist(out).map_err(|e| e.error)?;
            Ok(())
        };
        whole().map_err(|e| {
            Failure::io(anyhow::Error::new(e).context(format!("could not write {}", out.display())))
        })?;
    }
    Ok(())
}

fn told(point: &[(String, String)]) -> String {
    point.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(" ")
}

fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A metric's name as part of a file's.
fn safe(metric: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
    metric.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

fn screen(grid: &Grid<'_>, metrics: &[String]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(grid.axes.iter().map(|(path, _)| path.clone()).chain(metrics.iter().cloned()));
    for (point, summary) in grid.points {
        let cell = |metric: &String| match summary.metrics.get(metric) {
            Some(estimate) => {
                let spread = estimate.half_width();
                report::estimate(estimate.mean, spread, estimate.unit, &summary.currency)
            }
            None => "–".to_owned(),
        };
        table.add_row(point.iter().cloned().chain(metrics.iter().map(cell)));
    }
    format!("{table}\n")
}
