//! `helpsim compare`: variants beside a baseline, on common random numbers.

use super::audit::{self, Observed, Reading};
use super::exit::{Exit, Failure};
use super::run::Format;
use super::simulate::{self, Counted, Prepared, SimulationArgs};
use super::ui::Ui;
use crate::experiment::{self, Comparison, Finding};
use crate::measure::Collected;
use crate::report;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Compare variants with a baseline, on common random numbers
///
/// Every variant is met by the same customers with the same luck, so that what differs is the variant.
/// Name further scenarios, change the base with `--set`, or set what really happened beside it with
/// `--observed`. All intervals of one metric hold together at the scenario's level (Bonferroni).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The baseline
    pub base: PathBuf,
    /// The variants
    pub variants: Vec<PathBuf>,
    /// A log of what really happened as one more side, measured by the base's policies (can be repeated)
    #[arg(long, value_name = "LOG")]
    pub observed: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Sentences for the differences in slices, too
    #[arg(long)]
    pub slices: bool,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let workers = simulate::workers(&args.simulation)?;
    let plain = SimulationArgs { set: Vec::new(), ..args.simulation.clone() };
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut wanted: Vec<(String, &Path, &SimulationArgs)> = vec![(name(&args.base), &args.base, &plain)];
    wanted.extend(args.variants.iter().map(|path| (name(path), path.as_path(), &plain)));
    if !args.simulation.set.is_empty() {
        let named = format!("{} with {}", name(&args.base), args.simulation.set.join(", "));
        wanted.push((named, &args.base, &args.simulation));
    }
    if wanted.len() < 2 && args.observed.is_empty() {
        return Err(Failure::input(anyhow::anyhow!(
            "nothing to compare with: name a variant, change the base with `--set team.frontline.agents=11`, or \
             give a log of what really happened with `--observed`"
        )));
    }
    let prepare = |(_, path, simulation): &(String, &Path, &SimulationArgs)| {
        simulate::prepare(simulate::load(path, simulation, ui)?, &workers, ui)
    };
    let sides = alike(wanted.iter().map(prepare).collect::<Result<Vec<_>, _>>()?)?;
    warn_of_unlike_sides(&sides, ui);
    let mut outcomes = Vec::with_capacity(sides.len());
    for side in &sides {
        outcomes.push(side.run(&workers, None, &Counted::default(), ui)?);
    }
    let mut collected: Vec<(&str, &Collected<'_>)> = wanted
        .iter()
        .zip(&outcomes)
        .map(|((name, ..), outcome)| (name.as_str(), &outcome.collected))
        .collect();
    let plan = &sides[0].loaded.plan;
    let measures;
    let mut real;
    if !args.observed.is_empty() {
        let observed = audit::observe(&args.observed, &args.reading, plan, ui)?;
        let Observed { values, found, .. } = observed;
        measures = observed.measures;
        real = measures.collect();
        real.push(values);
        found.notes.iter().for_each(|note| ui.say(&format!("observed: {note}")));
        let covered = measures.plan().end - measures.plan().start;
        if covered != plan.end - plan.start {
            ui.say(&format!(
                "the log covers {covered}, the scenario {}: counts and sums are not comparable, rates are",
                plan.end - plan.start
            ));
        }
        collected.push(("observed", &real));
    }
    let comparisons = experiment::compare(&collected);
    match args.format {
        Format::Json => ui.print(&format!("{:#}\n", json(&comparisons))),
        Format::Markdown => {
            for comparison in &comparisons {
                ui.print(&report::comparison_markdown(comparison, &plan.cost.currency));
            }
        }
        Format::Text => {
            for comparison in &comparisons {
                ui.print(&report::comparison(comparison, &plan.cost.currency, ui.width()));
                print_sentences(comparison, args.slices, ui);
            }
        }
    }
    Ok(Exit::Success)
}

/// A sentence for each metric that is not the same in every replication.
fn print_sentences(comparison: &Comparison, slices: bool, ui: &Ui) {
    let told = comparison.differences.iter().filter(|d| slices || !d.metric.contains('{'));
    ui.print("\n");
    for difference in told.filter(|d| d.finding != Finding::Same) {
        ui.print(&format!("{}.\n", difference.sentence));
    }
}

/// Where warm-ups were found from pilot runs, the longest is cut off every side that asked for one: a
/// pair of replications covers the same days.
fn alike(sides: Vec<Prepared>) -> Result<Vec<Prepared>, Failure> {
    let longest = sides.iter().filter_map(|side| side.advice.as_ref().map(|advice| advice.warm_up)).max();
    sides
        .into_iter()
        .map(|side| match longest {
            Some(warm_up) if side.advice.is_some() => side.with_warm_up(warm_up),
            _ => Ok(side),
        })
        .collect()
}

/// What would make pairs of replications no pairs.
fn warn_of_unlike_sides(sides: &[Prepared], ui: &Ui) {
    let base = &sides[0].loaded.plan;
    for side in &sides[1..] {
        let plan = &side.loaded.plan;
        if plan.seed != base.seed {
            ui.say(&format!(
                "\"{}\" has seed {}, the baseline {}: their customers differ; give both `--seed`",
                plan.name, plan.seed, base.seed
            ));
        }
        if (plan.start, plan.end) != (base.start, base.end) {
            ui.say(&format!("\"{}\" covers another period than the baseline", plan.name));
        }
    }
}

fn json(comparisons: &[Comparison]) -> Value {
    let side = |comparison: &Comparison| {
        let differences: Vec<Value> = comparison
            .differences
            .iter()
            .map(|d| {
                json!({
                    "metric": d.metric,
                    "unit": d.unit,
                    "baseline": d.baseline,
                    "variant": d.variant,
                    "difference": d.difference,
                    "ci": d.ci,
                    "level": d.level,
                    "correlation": d.correlation,
                    "finding": format!("{:?}", d.finding).to_lowercase(),
                    "more_replications": d.more_replications,
                    "sentence": d.sentence,
                })
            })
            .collect();
        json!({ "baseline": comparison.baseline, "variant": comparison.variant, "differences": differences })
    };
    json!({ "schema": 1, "comparisons": comparisons.iter().map(side).collect::<Vec<_>>() })
}
