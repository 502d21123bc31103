//! The command line: one file per verb; parses, calls, prints, exits. The only room that prints or
//! reads the environment.

mod audit;
mod bot;
mod check;
mod compare;
mod exit;
mod explain;
mod generate;
mod import;
mod init;
mod messages;
mod presets;
mod run;
mod schema;
mod simulate;
mod sweep;
mod ui;

use crate::bot::recogniser;
use clap::{Parser, Subcommand};
use exit::{Exit, Failure};
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use ui::Ui;

/// A wind tunnel for a WhatsApp help desk.
///
/// Describe the desk in one TOML file; helpsim replays recorded or synthetic traffic through bot,
/// tickets, SLA clocks, routing, escalation and agents, and says what would happen, how sure that is,
/// and what it costs.
#[derive(Debug, Parser)]
#[command(name = "helpsim", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: ui::Common,
}

const EXAMPLES: &str = "Examples:
  helpsim init                               write a commented scenario to start from
  helpsim run scenario.toml                  simulate it, print the summary, write the report
  helpsim run scenario.toml --set team.frontline.agents=11
  helpsim check scenario.toml --junit out.xml
  helpsim explain reports/scenario 1234      the story of one conversation

Exit codes: 0 well, 1 a goal was missed, 2 usage or input is wrong, 3 could not read or write,
4 a limit of the run was reached, 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Simulate a scenario, print its summary and write its report
    Run(run::Args),
    /// Measure a log of what really happened
    Audit(audit::Args),
    /// Judge the goals of scenarios, for CI
    Check(check::Args),
    /// Compare variants with a baseline, on common random numbers
    Compare(compare::Args),
    /// Run a grid of values, one tidy table
    Sweep(sweep::Args),
    /// Tell the story of one conversation of a run
    Explain(explain::Args),
    /// Turn recorded traffic into the traffic log
    Import(import::Args),
    /// Write a commented scenario to start from
    Init(init::Args),
    /// Talk to a bot's flow, test it, draw it, or bring one in from elsewhere
    Bot(bot::Args),
    /// Print the JSON schema of scenarios or summaries
    Schema(schema::Args),
    /// Print the presets of help desks and channels
    Presets(presets::Args),
    /// Print shell completions, or write the man pages
    #[command(hide = true)]
    Generate(generate::Args),
}

/// Entry of the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures; everything else is usage.
            let code = if error.use_stderr() { Exit::Input } else { Exit::Success };
            return if error.print().is_ok() { code.into() } else { Exit::Success.into() };
        }
    };
    let ui = Ui::new(&cli.common);
    if let Some(folder) = cache_folder() {
        recogniser::keep_in(folder.join("recognisers"));
    }
    let outcome = match cli.verb {
        Verb::Run(args) => run::run(&args, &ui),
        Verb::Audit(args) => audit::run(&args, &ui),
        Verb::Check(args) => check::run(&args, &ui),
        Verb::Compare(args) => compare::run(&args, &ui),
        Verb::Sweep(args) => sweep::run(&args, &ui),
        Verb::Explain(args) => explain::run(&args, &ui),
        Verb::Import(args) => import::run(&args, &ui),
        Verb::Init(args) => init::run(&args, &ui),
        Verb::Bot(args) => bot::run(&args, &ui),
        Verb::Schema(args) => schema::run(&args, &ui),
        Verb::Presets(args) => presets::run(&args, &ui),
        Verb::Generate(args) => generate::run(&args, &ui),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => ui.fail(&failure).into(),
    }
}

/// Where files may lie that only save time: `HELPSIM_CACHE` (nowhere if that is empty), else helpsim's
/// place among the user's caches.
fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if env::var_os("HELPSIM_CACHE").is_some() {
        return variable("HELPSIM_CACHE");
    }
    let caches = match cfg!(windows) {
        true => variable("LOCALAPPDATA"),
        false => variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache"))),
    };
    Some(caches?.join("helpsim"))
}

/// What a verb gives back.
type Outcome = Result<Exit, Failure>;
