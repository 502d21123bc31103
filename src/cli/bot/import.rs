//! `helpsim bot import`: an export as a flow.

use super::super::exit::{Exit, Failure};
use super::super::ui::Ui;
use crate::bot::flow::Flow;
use crate::bot::import::{self, ImportError};
use crate::diag::Sources;
use std::path::{Path, PathBuf};

/// Turn an export of Dialogflow, Rasa, Bot Framework, Typebot or a table of blocks into a flow
///
/// What cannot be carried over is listed on standard error and at the head of the flow.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The export: a file, a folder or a zip
    pub path: PathBuf,
    /// Write the flow to this file instead of standard output
    #[arg(short, long, value_name = "FLOW")]
    pub out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let failed = |error: ImportError| match error {
        ImportError::Read { .. } => Failure::io(error),
        _ => Failure::input(error),
    };
    let (format, imported) = import::import(&args.path).map_err(failed)?;
    let text = imported.to_toml().map_err(failed)?;
    let name = args.out.as_deref().unwrap_or(Path::new("imported flow")).display().to_string();
    // Read back before it is written: what leaves here must load.
    let (flow, warnings) = Flow::from_text(&text, &name, Path::new(""))
        .map_err(|faults| Failure::Diagnostics(faults, Sources::from([(name.clone(), text.clone())])))?;
    match &args.out {
        Some(path) => super::write(path, &text)?,
        None => ui.print(&text),
    }
    for note in &imported.notes {
        ui.say(&format!("  {}: {}", note.place, note.what));
    }
    ui.say(&format!(
        "{}: {} steps and {} topics; {} things not carried over or changed, {} warnings",
        format.name(),
        imported.flow.step.len(),
        flow.topic_names().count(),
        imported.notes.len(),
        warnings.len()
    ));
    Ok(Exit::Success)
}
