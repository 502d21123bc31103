//! `helpsim presets`: what `like = "..."` brings.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use crate::diag::nearest;
use crate::scenario::presets::{fragment, names};

/// Print the presets of help desks and channels
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which; without it, their names
    pub name: Option<String>,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let all: Vec<(&str, &str, &str)> = ["desk", "channel"]
        .into_iter()
        .flat_map(|table| names(table).into_iter().map(move |name| (table, name)))
        .filter_map(|(table, name)| Some((table, name, fragment(table, name)?)))
        .collect();
    let Some(name) = &args.name else {
        let mut text = String::new();
        for (kind, name, _) in &all {
            text.push_str(&format!("{kind:<8} {name}\n"));
        }
        ui.print(&text);
        return Ok(Exit::Success);
    };
    match all.iter().find(|(_, known, _)| known == name) {
        Some((.., text)) => {
            ui.print(text);
            Ok(Exit::Success)
        }
        None => {
            let hint = nearest(name, all.iter().map(|(_, known, _)| *known))
                .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            Err(Failure::input(anyhow::anyhow!("no preset `{name}`{hint}; `helpsim presets` lists them")))
        }
    }
}
