//! `helpsim compare`: variants beside a baseline, on common random numbers.

use super::exit::{Exit, Failure};
use super::run::Format;
use super::simulate::{self, Counted, SimulationArgs};
use super::ui::Ui;
use crate::engine::Compiled;
use crate::experiment::{self, Comparison};
use crate::measure::Measures;
use crate::report;
use crate::scenario::Loaded;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Compare variants with a baseline, on common random numbers
///
/// Every variant is met by the same customers with the same luck, so that what differs is the variant.
/// Either name further scenarios, or change the base with `--set`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The baseline
    pub base: PathBuf,
    /// The variants
    pub variants: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Sentences for every difference shown, slices included
    #[arg(long)]
    pub sentences: bool,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

struct Side {
    name: String,
    loaded: Loaded,
    compiled: Compiled,
    measures: Measures,
}

fn side(name: String, path: &Path, args: &SimulationArgs, ui: &Ui) -> Result<Side, Failure> {
    let loaded = simulate::load(path, args, ui)?;
    let compiled = simulate::compile(&loaded)?;
    let measures = simulate::measures(&loaded)?;
    Ok(Side { name, loaded, compiled, measures })
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let plain = SimulationArgs { set: Vec::new(), ..args.simulation.clone() };
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut sides = vec![side(name(&args.base), &args.base, &plain, ui)?];
    for path in &args.variants {
        sides.push(side(name(path), path, &plain, ui)?);
    }
    if !args.simulation.set.is_empty() {
        let named = format!("{} with {}", name(&args.base), args.simulation.set.join(", "));
        sides.push(side(named, &args.base, &args.simulation, ui)?);
    }
    if sides.len() < 2 {
        return Err(Failure::input(anyhow::anyhow!(
            "nothing to compare with: name a variant, or change the base with `--set team.frontline.agents=11`"
        )));
    }
    let workers = simulate::workers(&args.simulation)?;
    let mut outcomes = Vec::with_capacity(sides.len());
    for side in &sides {
        let counted = Counted::default();
        outcomes.push(simulate::simulate(&side.compiled, &side.measures, &workers, None, &counted, ui)?);
    }
    let collected: Vec<(&str, _)> =
        sides.iter().zip(&outcomes).map(|(side, outcome)| (side.name.as_str(), &outcome.collected)).collect();
    let comparisons = experiment::compare(&collected);
    match args.format {
        Format::Json => ui.print(&format!("{:#}\n", json(&comparisons))),
        Format::Text | Format::Markdown => {
            for comparison in &comparisons {
                ui.print(&report::comparison(comparison, &sides[0].loaded.plan.cost.currency, ui.width()));
                if args.sentences {
                    for difference in &comparison.differences {
                        ui.print(&format!("  {}\n", difference.sentence));
                    }
                }
            }
        }
    }
    Ok(Exit::Success)
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
