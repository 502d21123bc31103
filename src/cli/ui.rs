//! What the terminal allows: colour, width, progress, quiet. Results go to standard output,
//! everything else to standard error.

use super::exit::{Exit, Failure};
use crate::diag::{self, Diagnostic, Sources};
use anstream::ColorChoice;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Options of every verb.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Common {
    /// When to colour the output
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true, value_name = "WHEN")]
    color: Colour,
    /// Print results and errors, nothing else
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// The terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ui {
    quiet: bool,
}

/// Width where the terminal does not say.
const WIDTH: usize = 80;

impl Ui {
    pub fn new(common: &Common) -> Ui {
        match common.color {
            Colour::Auto => {}
            Colour::Always => ColorChoice::Always.write_global(),
            Colour::Never => ColorChoice::Never.write_global(),
        }
        Ui { quiet: common.quiet }
    }

    /// The same terminal without talk and progress, for work in parallel.
    pub fn hushed(&self) -> Ui {
        Ui { quiet: true }
    }

    /// Whether standard output takes colour.
    pub fn colour(&self) -> bool {
        !matches!(anstream::AutoStream::choice(&std::io::stdout()), ColorChoice::Never)
    }

    fn colour_on_stderr(&self) -> bool {
        !matches!(anstream::AutoStream::choice(&std::io::stderr()), ColorChoice::Never)
    }

    /// Columns of the terminal.
    pub fn width(&self) -> usize {
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let term = console_width();
        columns.or(term).unwrap_or(WIDTH).clamp(60, 160)
    }

    /// A result, to standard output. A reader that has gone away ends the printing, not the program.
    pub fn print(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        // A closed pipe is how `head` says that it has seen enough.
        let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Talk, to standard error.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _closed = writeln!(anstream::stderr().lock(), "{text}");
        }
    }

    /// Warnings about the user's files.
    pub fn warn(&self, warnings: &[Diagnostic], sources: &Sources) {
        if !self.quiet && !warnings.is_empty() {
            let text = diag::render(warnings, sources, self.colour_on_stderr());
            let _closed = write!(anstream::stderr().lock(), "{text}");
        }
    }

    /// Tells why a verb failed.
    pub fn fail(&self, failure: &Failure) -> Exit {
        let mut err = anstream::stderr().lock();
        match failure {
            Failure::Diagnostics(diagnostics, sources) => {
                let _closed = write!(err, "{}", diag::render(diagnostics, sources, self.colour_on_stderr()));
                Exit::Input
            }
            Failure::Message(exit, error) => {
                let _closed = writeln!(err, "error: {error:#}");
                *exit
            }
        }
    }

    /// A bar of replications. It hides itself where standard error is no terminal.
    pub fn progress(&self, what: &'static str) -> ProgressBar {
        let shown = !self.quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// What the terminal on standard output says of its width.
fn console_width() -> Option<usize> {
    let term = console::Term::stdout();
    term.size_checked().map(|(_, columns)| usize::from(columns))
}
