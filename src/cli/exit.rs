//! How the program ends: exit codes are part of its interface.

use crate::diag::{Diagnostic, Sources};
use std::process::ExitCode;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// All well; every goal met, or none declared.
    Success = 0,
    /// A goal was missed (or undecided under `--strict`, or without data).
    GoalMissed = 1,
    /// Usage, scenario or input data is wrong.
    Input = 2,
    /// Could not read or write.
    Io = 3,
    /// A limit of the run was reached; the output says so.
    Limit = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a verb could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something in the user's files, each at its place.
    Diagnostics(Vec<Diagnostic>, Sources),
    /// Anything else, with the code it ends with.
    Message(Exit, anyhow::Error),
}

impl Failure {
    /// Wrong usage or input.
    pub fn input(error: impl Into<anyhow::Error>) -> Failure {
        Failure::Message(Exit::Input, error.into())
    }

    /// Could not read or write.
    pub fn io(error: impl Into<anyhow::Error>) -> Failure {
        Failure::Message(Exit::Io, error.into())
    }
}
