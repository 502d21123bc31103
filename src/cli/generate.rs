//! `helpsim generate`: shell completions and the man pages, from the same definitions as the help.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Print the completions of a shell, or write the man pages into a folder
///
/// Packagers call it; `helpsim generate bash > /etc/bash_completion.d/helpsim`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to make
    #[arg(value_enum)]
    pub what: What,
    /// Folder of the man pages
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
    Man,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let shell = match args.what {
        What::Bash => Shell::Bash,
        What::Elvish => Shell::Elvish,
        What::Fish => Shell::Fish,
        What::Powershell => Shell::PowerShell,
        What::Zsh => Shell::Zsh,
        What::Man => {
            let failed = |e| {
                Failure::io(anyhow::Error::new(e).context(format!("could not write {}", args.out.display())))
            };
            std::fs::create_dir_all(&args.out).map_err(failed)?;
            clap_mangen::generate_to(super::Cli::command(), &args.out).map_err(failed)?;
            return Ok(Exit::Success);
        }
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command(), "helpsim", &mut script);
    ui.print(&String::from_utf8_lossy(&script));
    Ok(Exit::Success)
}
