//! `helpsim bot graph`: a flow as a drawing.

use super::super::exit::Exit;
use super::super::ui::Ui;
use clap::ValueEnum;
use std::path::PathBuf;

/// Draw a flow
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The flow
    pub flow: PathBuf,
    /// Write to this file instead of standard output; `.svg` and `.mmd` say the format
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Format [default: by the file's name, else Mermaid]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Mermaid,
    Svg,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let flow = super::load(&args.flow, ui)?;
    let is_svg = args.out.as_ref().and_then(|o| o.extension()).is_some_and(|e| e == "svg");
    let format = args.format.unwrap_or(if is_svg { Format::Svg } else { Format::Mermaid });
    let drawing = match format {
        Format::Mermaid => flow.mermaid(),
        Format::Svg => flow.svg(),
    };
    match &args.out {
        Some(path) => super::write(path, &drawing)?,
        None => ui.print(&drawing),
    }
    Ok(Exit::Success)
}
