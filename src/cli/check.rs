//! `helpsim check`: the goals as a CI gate, and nothing worse than a stored baseline.

use super::exit::{Exit, Failure};
use super::run::goals;
use super::simulate::{self, Counted, SimulationArgs};
use super::ui::Ui;
use crate::experiment::changes;
use crate::measure::{Summary, Verdict};
use crate::report;
use crate::scenario::value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Judge the goals of scenarios, for CI
///
/// Each goal is met, missed, undecided (its interval straddles the limit) or without data. Exit code 1
/// if any is missed or without data; with `--strict` also if any is undecided; with `--baseline` also
/// if anything has become worse than there, and not by luck.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenarios
    #[arg(required = true)]
    pub scenarios: Vec<PathBuf>,
    /// An undecided goal fails, too
    #[arg(long)]
    pub strict: bool,
    /// The `summary.json` of an earlier run (or the folder of its report): a significant regression of a
    /// goal's metric or a headline figure fails (can be repeated, one for each scenario by its title)
    #[arg(long, value_name = "FILE")]
    pub baseline: Vec<PathBuf>,
    /// A regression smaller than this share of the earlier value is let pass
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = tolerance)]
    pub tolerance: f64,
    /// Write the verdicts as JUnit XML (with several scenarios, one file each: NAME-<scenario>.xml)
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the summary as Markdown, for a pull request
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

fn tolerance(text: &str) -> Result<f64, String> {
    value::share(text)
        .or_else(|fault| text.parse::<f64>().map_err(|_| fault))
        .and_then(|share| if share >= 0.0 { Ok(share) } else { Err("not below 0".to_owned()) })
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let workers = simulate::workers(&args.simulation)?;
    let baselines = args.baseline.iter().map(|path| stored(path)).collect::<Result<Vec<_>, _>>()?;
    let mut worst = Exit::Success;
    let mut markdown = String::new();
    for path in &args.scenarios {
        let loaded = simulate::load(path, &args.simulation, ui)?;
        let prepared = simulate::prepare(loaded, &workers, ui)?;
        let outcome = prepared.run(&workers, None, &Counted::default(), ui)?;
        let summary = &outcome.summary;
        let plan = &prepared.loaded.plan;
        let changes = match of_this(&baselines, summary, args.scenarios.len(), path)? {
            Some(baseline) => changes(baseline, summary, plan.level, args.tolerance),
            None => Vec::new(),
        };
        let mut text = format!("{}: {}\n", path.display(), plan.name);
        text.push_str(&report::goals(summary, ui.width(), ui.colour()));
        let count = |verdict| summary.goals.iter().filter(|goal| goal.verdict == verdict).count();
        let _infallible = writeln!(
            text,
            "{} met, {} missed, {} undecided, {} without data",
            count(Verdict::Met),
            count(Verdict::Missed),
            count(Verdict::Undecided),
            count(Verdict::NoData)
        );
        text.push_str(&report::changes(&changes, &plan.cost.currency));
        ui.print(&text);
        summary.warnings.iter().for_each(|warning| ui.say(&format!("warning: {warning}")));
        report::method(summary).iter().for_each(|sentence| ui.say(sentence));
        if summary.goals.is_empty() && changes.is_empty() {
            ui.say("this scenario declares no goal: add `[[goal]]` with `that = \"...\"`");
        }
        if let Some(file) = &args.junit {
            let xml = report::junit(summary, &changes, args.strict).map_err(Failure::io)?;
            write(&one_each(file, path, args.scenarios.len()), &xml)?;
        }
        markdown.push_str(&report::markdown(summary));
        markdown.push_str(&report::changes_markdown(&changes, &plan.cost.currency));
        markdown.push('\n');
        if goals(summary, args.strict) == Exit::GoalMissed || changes.iter().any(|change| change.regressed) {
            worst = Exit::GoalMissed;
        }
    }
    if let Some(file) = &args.markdown {
        write(file, &markdown)?;
    }
    Ok(worst)
}

/// A stored summary.
fn stored(path: &Path) -> Result<(PathBuf, Summary), Failure> {
    let file = if path.is_dir() { path.join("summary.json") } else { path.to_owned() };
    let bytes = std::fs::read(&file).map_err(|e| {
        Failure::io(anyhow::Error::new(e).context(format!("could not read {}", file.display())))
    })?;
    let summary = serde_json::from_slice(&bytes).map_err(|e| {
        let what = format!("{} is no summary.json of a run", file.display());
        Failure::input(anyhow::Error::new(e).context(what))
    })?;
    Ok((file, summary))
}

/// The baseline of a scenario: the one with its title, or the only one for the only scenario.
fn of_this<'a>(
    baselines: &'a [(PathBuf, Summary)],
    summary: &Summary,
    scenarios: usize,
    path: &Path,
) -> Result<Option<&'a Summary>, Failure> {
    let titled = baselines.iter().find(|(_, baseline)| baseline.scenario == summary.scenario);
    match (titled, baselines) {
        (Some((_, baseline)), _) => Ok(Some(baseline)),
        (None, []) => Ok(None),
        (None, [(_, only)]) if scenarios == 1 => Ok(Some(only)),
        (None, _) => Err(Failure::input(anyhow::anyhow!(
            "no baseline is of \"{}\" ({}): {}",
            summary.scenario,
            path.display(),
            baselines
                .iter()
                .map(|(file, baseline)| format!("{} is of \"{}\"", file.display(), baseline.scenario))
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

/// `out.xml` for one scenario, `out-tienda.xml` for each of several.
fn one_each(file: &Path, scenario: &Path, scenarios: usize) -> PathBuf {
    if scenarios == 1 {
        return file.to_owned();
    }
    let part = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = file.extension().map_or_else(|| "xml".into(), |e| e.to_string_lossy().into_owned());
    file.with_file_name(format!("{}-{}.{extension}", part(file), part(scenario)))
}

/// Writes a file as a whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = || -> std::io::Result<()> {
        let mut beside = tempfile::NamedTempFile::new_in(parent)?;
        std::io::Write::write_all(&mut beside, text.as_bytes())?;
        beside.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    whole().map_err(|e| {
        Failure::io(anyhow::Error::new(e).context(format!("could not write {}", path.display())))
    })
}
