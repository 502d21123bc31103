//! `helpsim sweep`: a grid of values, one tidy table.

use super::exit::{Exit, Failure};
use super::simulate::{self, Counted, SimulationArgs};
use super::ui::Ui;
use crate::experiment::{Axis, Ledger, content_hash, grid};
use crate::measure::Summary;
use crate::scenario::metric::MetricName;
use std::path::PathBuf;

/// Run a grid of values, one tidy table
///
/// Every combination of the `--vary` axes is simulated with the same customers. A sweep that was
/// stopped goes on where it was: what is finished is kept beside the table, recognised by its content.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario
    pub scenario: PathBuf,
    /// An axis: `team.front.agents=4,5,6` or `intent.returns.bot_solves=0.5..0.9:0.1` (can be repeated)
    #[arg(long, required = true, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,
    /// A metric for the terminal's table (can be repeated)
    #[arg(long, value_name = "METRIC", default_values = ["sla.first_response.compliance", "abandonment.rate", "agents.occupancy", "cost.per_conversation"])]
    pub metric: Vec<String>,
    /// The table to write (CSV), with its ledger beside it [default: reports/sweep-<scenario>.csv]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub simulation: SimulationArgs,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let axes = args
        .vary
        .iter()
        .map(|text| Axis::parse(text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::input)?;
    for metric in &args.metric {
        MetricName::parse(metric).map_err(|fault| Failure::input(anyhow::anyhow!("{fault}")))?;
    }
    let stem = args.scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(format!("sweep-{stem}.csv")));
    let ledger = Ledger::open(&out.with_extension("ledger")).map_err(Failure::io)?;
    let workers = simulate::workers(&args.simulation)?;
    let points = grid(&axes);
    let mut found: Vec<(Vec<(String, String)>, Summary)> = Vec::with_capacity(points.len());
    for (number, point) in points.iter().enumerate() {
        let mut simulation = args.simulation.clone();
        simulation.set.extend(point.iter().map(|(path, value)| format!("{path}={value}")));
        let loaded = simulate::load(&args.scenario, &simulation, ui)?;
        let inputs: Vec<&str> = loaded.plan.inputs.iter().map(|input| input.hash.as_str()).collect();
        let hash = content_hash(
            &[&[env!("CARGO_PKG_VERSION"), loaded.resolved.as_str()], inputs.as_slice()].concat(),
        );
        let summary = match ledger.finished(&hash) {
            Some(summary) => summary,
            None => {
                let compiled = simulate::compile(&loaded)?;
                let measures = simulate::measures(&loaded)?;
                let outcome =
                    simulate::simulate(&compiled, &measures, &workers, None, &Counted::default(), ui)?;
                ledger.enter(&hash, &outcome.summary).map_err(Failure::io)?;
                outcome.summary
            }
        };
        ui.say(&format!("{} of {}: {}", number + 1, points.len(), told(point)));
        found.push((point.clone(), summary));
    }
    super::check::write(&out, &table(&axes, &found)?)?;
    ui.print(&screen(&axes, &args.metric, &found));
    ui.say(&format!("table: {}", out.display()));
    Ok(Exit::Success)
}

fn told(point: &[(String, String)]) -> String {
    point.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(" ")
}

/// One row for each point and metric.
fn table(axes: &[Axis], found: &[(Vec<(String, String)>, Summary)]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header =
        axes.iter().map(|a| a.path.as_str()).chain(["metric", "unit", "mean", "low", "high", "replications"]);
    writer.write_record(header).map_err(Failure::io)?;
    for (point, summary) in found {
        for (metric, estimate) in &summary.metrics {
            let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
            let unit = serde_json::to_value(estimate.unit).ok().and_then(|u| u.as_str().map(str::to_owned));
            let mut row: Vec<String> = point.iter().map(|(_, value)| value.clone()).collect();
            row.extend([
                metric.clone(),
                unit.unwrap_or_default(),
                number(estimate.mean),
                number(estimate.ci.map(|[low, _]| low)),
                number(estimate.ci.map(|[_, high]| high)),
                summary.replications.to_string(),
            ]);
            writer.write_record(&row).map_err(Failure::io)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| Failure::io(e.into_error()))?;
    String::from_utf8(bytes).map_err(Failure::io)
}

fn screen(axes: &[Axis], metrics: &[String], found: &[(Vec<(String, String)>, Summary)]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(axes.iter().map(|axis| axis.path.clone()).chain(metrics.iter().cloned()));
    for (point, summary) in found {
        let cell = |metric: &String| match summary.metrics.get(metric) {
            Some(estimate) => report_value(estimate, &summary.currency),
            None => "–".to_owned(),
        };
        table.add_row(point.iter().map(|(_, value)| value.clone()).chain(metrics.iter().map(cell)));
    }
    format!("{table}\n")
}

fn report_value(estimate: &crate::measure::Estimate, currency: &str) -> String {
    let spread = estimate.half_width();
    crate::report::estimate(estimate.mean, spread, estimate.unit, currency)
}
