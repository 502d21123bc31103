//! The command line: one file per verb; parses, calls, prints, exits. The only room that prints or
//! reads the environment.

/// Entry of the program.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
