//! `helpsim init`: a commented scenario to start from.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use crate::diag::nearest;
use crate::scenario::templates;
use std::path::PathBuf;

/// Write a commented scenario to start from
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which start; without it the simplest
    pub template: Option<String>,
    /// File to write; `-` prints it
    #[arg(short, long, value_name = "FILE", default_value = "scenario.toml")]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let names: Vec<&str> = templates::names().collect();
    let name = args.template.as_deref().unwrap_or(names.first().copied().unwrap_or_default());
    let Some(text) = templates::get(name) else {
        let hint = if name.ends_with(".toml") {
            format!("; to write to that file: --out {name}")
        } else {
            nearest(name, names.iter().copied())
                .map_or(String::new(), |near| format!("; did you mean `{near}`?"))
        };
        return Err(Failure::input(anyhow::anyhow!(
            "no template `{name}`: there are {}{hint}",
            names.join(", ")
        )));
    };
    if args.out.as_os_str() == "-" {
        ui.print(text);
        return Ok(Exit::Success);
    }
    if args.out.exists() && !args.force {
        return Err(Failure::input(anyhow::anyhow!(
            "{} is there already: name another with --out, or replace it with --force",
            args.out.display()
        )));
    }
    super::check::write(&args.out, text)?;
    ui.say(&format!("wrote {}", args.out.display()));
    ui.say(&format!("next:  helpsim run {}", args.out.display()));
    Ok(Exit::Success)
}
