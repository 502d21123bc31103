//! `helpsim check`: the goals as a CI gate.

use super::exit::{Exit, Failure};
use super::run::goals;
use super::simulate::{self, Counted, SimulationArgs};
use super::ui::Ui;
use crate::measure::Verdict;
use crate::report;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Judge the goals of scenarios, for CI
///
/// Each goal is met, missed, undecided (its interval straddles the limit) or without data. Exit code 1
/// if any is missed or without data; with `--strict` also if any is undecided.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenarios
    #[arg(required = true)]
    pub scenarios: Vec<PathBuf>,
    /// An undecided goal fails, too
    #[arg(long)]
    pub strict: bool,
    /// Write the verdicts as JUnit XML (with several scenarios, one file each: NAME-<scenario>.xml)
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the summary as Markdown, for a pull request
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let workers = simulate::workers(&args.simulation)?;
    let mut worst = Exit::Success;
    let mut markdown = String::new();
    for path in &args.scenarios {
        let loaded = simulate::load(path, &args.simulation, ui)?;
        let compiled = simulate::compile(&loaded)?;
        let measures = simulate::measures(&loaded)?;
        let counted = Counted::default();
        let outcome = simulate::simulate(&compiled, &measures, &workers, None, &counted, ui)?;
        let summary = &outcome.summary;
        let mut text = format!("{}: {}\n", path.display(), loaded.plan.name);
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
        ui.print(&text);
        if summary.goals.is_empty() {
            ui.say("this scenario declares no goal: add `[[goal]]` with `that = \"...\"`");
        }
        if let Some(file) = &args.junit {
            let xml = report::junit(summary, args.strict).map_err(Failure::io)?;
            write(&one_each(file, path, args.scenarios.len()), &xml)?;
        }
        markdown.push_str(&report::markdown(summary));
        markdown.push('\n');
        if goals(summary, args.strict) == Exit::GoalMissed {
            worst = Exit::GoalMissed;
        }
    }
    if let Some(file) = &args.markdown {
        write(file, &markdown)?;
    }
    Ok(worst)
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
