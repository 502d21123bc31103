//! `helpsim bot test`: conversation tests and intent tests against a flow.

use super::super::exit::{Exit, Failure};
use super::super::ui::Ui;
use super::intents::{self, IntentResult};
use crate::bot::trial::{self, IntentTrial, Outcome, Trials};
use crate::scenario::value::share;
use clap::ValueEnum;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Run conversation tests and intent tests against a flow
///
/// A `.toml` file holds conversations and may name an intent test with its goals; a `.csv` or `.tsv` file
/// with the columns `text` and `intent` is an intent test. Such a table may stand in place of the flow, too:
/// then it is what the recogniser is trained on. Ends with 1 if a conversation goes wrong or a goal is
/// missed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The flow, or a table of phrases with their intents
    pub flow: PathBuf,
    /// Files of tests
    #[arg(required = true, value_name = "CASES")]
    pub cases: Vec<PathBuf>,
    /// Least accuracy of intent tests from tables ("90%")
    #[arg(long, value_name = "SHARE")]
    pub accuracy: Option<String>,
    /// Least mean F1 over the intents
    #[arg(long, value_name = "SHARE")]
    pub macro_f1: Option<String>,
    /// Least share of out-of-scope messages turned away
    #[arg(long, value_name = "SHARE")]
    pub out_of_scope_recall: Option<String>,
    /// Largest expected calibration error
    #[arg(long, value_name = "SHARE")]
    pub calibration_error: Option<String>,
    /// Train on so many phrases of each intent at most, where a table stands in place of the flow
    #[arg(long, value_name = "N")]
    pub phrases: Option<usize>,
    /// Disturb this share of the test messages' characters ("6%")
    #[arg(long, value_name = "SHARE")]
    pub disturb: Option<String>,
    /// Also tell how well the messages fall into groups by themselves, all of them taken as unknown
    #[arg(long)]
    pub groups: bool,
    /// Also tell the time that training and recognising took, on one thread
    #[arg(long)]
    pub speed: bool,
    /// Seed of the disturbance and of the phrases taken
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also write a page to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Text,
    Json,
}

/// Everything that was tested.
#[derive(Debug, Serialize)]
struct Results {
    flow: String,
    passed: bool,
    conversations: Vec<Outcome>,
    intents: Vec<IntentResult>,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let began = Instant::now();
    let flow = match intents::table_kind(&args.flow) {
        Some(tabs) => intents::flow_of_table(args, tabs)?,
        None if args.phrases.is_some() => {
            return Err(Failure::input(anyhow::anyhow!(
                "`--phrases` takes some of a table's phrases, but `{}` is a flow",
                args.flow.display()
            )));
        }
        None => super::load(&args.flow, ui)?,
    };
    let trained_s = args.speed.then(|| began.elapsed().as_secs_f64());
    let disturb = args.disturb.as_deref().map(share).transpose();
    let disturb = disturb.map_err(|why| Failure::input(anyhow::anyhow!("`--disturb`: {why}")))?;
    let how =
        intents::How { disturb: disturb.unwrap_or(0.0), groups: args.groups, trained_s, seed: args.seed };
    let mut results = Results {
        flow: flow.name().to_owned(),
        passed: true,
        conversations: Vec::new(),
        intents: Vec::new(),
    };
    for path in &args.cases {
        let folder = path.parent().unwrap_or(Path::new(""));
        let wanted = if intents::table_kind(path).is_some() {
            Some(IntentTrial {
                file: path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
                accuracy: args.accuracy.clone(),
                macro_f1: args.macro_f1.clone(),
                out_of_scope_recall: args.out_of_scope_recall.clone(),
                calibration_error: args.calibration_error.clone(),
            })
        } else {
            let text = super::read(path)?;
            let trials = Trials::read(&text)
                .map_err(|why| Failure::input(anyhow::anyhow!("`{}`: {why}", path.display())))?;
            results.conversations.extend(trials.conversation.iter().map(|c| trial::run(&flow, c)));
            trials.intents
        };
        if let Some(trial) = wanted {
            results.intents.push(intents::run(&flow, &trial, folder, &how)?);
        }
    }
    let goals_met = results.intents.iter().all(|i| i.goals.iter().all(|g| g.met));
    results.passed = goals_met && results.conversations.iter().all(Outcome::passed);
    match args.format {
        Format::Text => ui.print(&as_text(&results)),
        Format::Json => {
            let json = serde_json::to_string_pretty(&results).map_err(Failure::io)?;
            ui.print(&format!("{json}\n"));
        }
    }
    if let Some(path) = &args.html {
        super::write(path, &as_html(&results)?)?;
    }
    Ok(if results.passed { Exit::Success } else { Exit::GoalMissed })
}

fn as_text(results: &Results) -> String {
    let mut out = String::new();
    for outcome in &results.conversations {
        let mark = if outcome.passed() { "passed" } else { "FAILED" };
        out.push_str(&format!("{mark} {}\n", outcome.name));
        for failure in &outcome.failures {
            out.push_str(&format!("       {}\n", failure.replace('\n', "\n         ")));
        }
    }
    if !results.conversations.is_empty() {
        let passed = results.conversations.iter().filter(|o| o.passed()).count();
        out.push_str(&format!("{passed} of {} conversations passed\n", results.conversations.len()));
    }
    for result in &results.intents {
        out.push('\n');
        out.push_str(&intents::text(result));
    }
    out
}

/// One page, no network; the template escapes whatever stands in the texts.
fn as_html(results: &Results) -> Result<String, Failure> {
    let mut environment = minijinja::Environment::new();
    environment.add_filter("percent", |x: f64| format!("{:.2} %", x * 100.0));
    environment.add_template("test.html", include_str!("test.html")).map_err(Failure::io)?;
    let template = environment.get_template("test.html").map_err(Failure::io)?;
    template.render(minijinja::Value::from(minijinja::value::Serde(results))).map_err(Failure::io)
}
