//! `helpsim explain`: the story of one conversation, found again from the manifest and the seed.

use super::exit::Failure;
use super::simulate;
use super::ui::Ui;
use crate::engine::{self, RunOptions, Story};
use crate::facts::{Chunk, Sink};
use crate::report::{self, Manifest};
use std::path::{Path, PathBuf};

/// Tell the story of one conversation of a run
///
/// Nothing of it was stored: the run is repeated from its manifest, which gives the same conversation
/// again, and this time it is watched.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The report's folder
    pub run: PathBuf,
    /// Number of the conversation, as in conversations.parquet
    pub conversation: u64,
    /// Replication it belongs to
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub replication: u32,
}

/// Facts are not needed again.
pub(super) struct Nothing;

impl Sink for Nothing {
    fn chunk(&mut self, _: &Chunk) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let file = args.run.join("manifest.json");
    let named = |e: anyhow::Error| e.context(format!("{} is not the folder of a run", args.run.display()));
    let text = std::fs::read_to_string(&file).map_err(|e| Failure::io(named(e.into())))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| Failure::input(named(e.into())))?;
    let scenario = Path::new(&manifest.scenario_path);
    let base = scenario.parent().map(Path::to_owned).unwrap_or_default();
    let loaded = simulate::parse(&manifest.resolved, scenario, &base, &[], ui)?;
    for (was, is) in manifest.inputs.iter().zip(&loaded.plan.inputs) {
        if was.blake3 != is.hash {
            ui.say(&format!("warning: {} has changed since the run; the story may differ", was.path));
        }
    }
    let compiled = simulate::compile(&loaded)?;
    let pairs = loaded.plan.antithetic;
    let options = RunOptions {
        replication: if pairs { args.replication / 2 } else { args.replication },
        antithetic: pairs && args.replication % 2 == 1,
    };
    let mut story = Story { conversation: args.conversation, notes: Vec::new() };
    let totals = engine::run(&compiled, options, &mut Nothing, &mut story).map_err(Failure::io)?;
    if story.notes.is_empty() {
        return Err(Failure::input(anyhow::anyhow!(
            "no conversation {} in replication {}: it had {}, numbered from 0",
            args.conversation,
            args.replication,
            totals.conversations
        )));
    }
    ui.print(&report::story(&loaded.plan, args.conversation, &story.notes));
    Ok(super::Exit::Success)
}
