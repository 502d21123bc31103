//! `helpsim bot test`: conversation tests and intent tests against a flow.

use super::super::exit::{Exit, Failure};
use super::super::ui::Ui;
use super::intents::{self, IntentResult};
use crate::bot::trial::{self, IntentTrial, Outcome, Trials};
use clap::ValueEnum;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Run conversation tests and intent tests against a flow
///
/// A `.toml` file holds conversations and may name an intent test with its goals; a `.csv` file with the
/// columns `text` and `intent` is an intent test. Ends with 1 if a conversation goes wrong or a goal is
/// missed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The flow
    pub flow: PathBuf,
    /// Files of tests
    #[arg(required = true, value_name = "CASES")]
    pub cases: Vec<PathBuf>,
    /// Least accuracy of intent tests from CSV files ("90%")
    #[arg(long, value_name = "SHARE")]
    pub accuracy: Option<String>,
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
    let flow = super::load(&args.flow, ui)?;
    let mut results = Results {
        flow: flow.name().to_owned(),
        passed: true,
        conversations: Vec::new(),
        intents: Vec::new(),
    };
    for path in &args.cases {
        let folder = path.parent().unwrap_or(Path::new(""));
        let wanted = if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            Some(IntentTrial { file, accuracy: args.accuracy.clone(), ..IntentTrial::default() })
        } else {
            let text = super::read(path)?;
            let trials = Trials::read(&text)
                .map_err(|why| Failure::input(anyhow::anyhow!("`{}`: {why}", path.display())))?;
            results.conversations.extend(trials.conversation.iter().map(|c| trial::run(&flow, c)));
            trials.intents
        };
        if let Some(trial) = wanted {
            results.intents.push(intents::run(&flow, &trial, folder)?);
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
    environment.add_filter("percent", |x: f64| format!("{:.1} %", x * 100.0));
    environment.add_template("test.html", include_str!("test.html")).map_err(Failure::io)?;
    let template = environment.get_template("test.html").map_err(Failure::io)?;
    template.render(minijinja::Value::from(minijinja::value::Serde(results))).map_err(Failure::io)
}
