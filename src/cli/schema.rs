//! `helpsim schema`: the JSON schemas.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use clap::ValueEnum;

/// Print the JSON schema of scenarios or summaries
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what
    #[arg(value_enum, default_value_t = What::Scenario)]
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    Scenario,
    Summary,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let text = match args.what {
        What::Scenario => {
            format!("{:#}\n", crate::scenario::schema::value())
        }
        What::Summary => crate::report::summary_schema().map_err(Failure::io)?,
    };
    ui.print(&text);
    Ok(Exit::Success)
}
