//! `helpsim bot`: talk to a flow, test it, draw it, bring one in from elsewhere.

mod ask;
mod found;
mod graph;
mod import;
mod intents;
mod mine;
mod price;
mod test;

use super::exit::{Exit, Failure};
use super::ui::Ui;
use crate::bot::flow::Flow;
use crate::diag::Sources;
use anyhow::Context;
use std::path::Path;

/// Talk to a bot's flow, test it, draw it, or bring one in from elsewhere
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Talk to a flow in the terminal
    Ask(ask::Args),
    /// Run conversation tests and intent tests against a flow
    Test(test::Args),
    /// Find what customers ask and the bot cannot answer, and what an answer would be worth
    Mine(mine::Args),
    /// Draw a flow
    Graph(graph::Args),
    /// Turn an export of Dialogflow, Rasa, Bot Framework, Typebot or a table of blocks into a flow
    Import(import::Args),
    /// Print the JSON schema of flow files
    Schema,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    match &args.verb {
        Verb::Ask(args) => ask::run(args, ui),
        Verb::Test(args) => test::run(args, ui),
        Verb::Mine(args) => mine::run(args, ui),
        Verb::Graph(args) => graph::run(args, ui),
        Verb::Import(args) => import::run(args, ui),
        Verb::Schema => {
            ui.print(&crate::bot::flow::reference::schema());
            Ok(Exit::Success)
        }
    }
}

/// Loads a flow; its warnings are said, its errors are why the verb fails.
fn load(path: &Path, ui: &Ui) -> Result<Flow, Failure> {
    let sources = || {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Sources::from([(path.display().to_string(), text)])
    };
    if let Err(error) = std::fs::metadata(path) {
        return Err(Failure::Message(Exit::Io, anyhow::anyhow!("cannot read `{}`: {error}", path.display())));
    }
    match Flow::load(path) {
        Ok((flow, warnings)) => {
            ui.warn(&warnings, &sources());
            Ok(flow)
        }
        Err(faults) => Err(Failure::Diagnostics(faults, sources())),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(Failure::io)
}

/// Writes a file beside its place first, so that there is never half of one.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let put = || -> anyhow::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    put().with_context(|| format!("cannot write `{}`", path.display())).map_err(Failure::io)
}
