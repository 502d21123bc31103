//! The `helpsim` program: parse, call, turn the outcome into an exit code.

fn main() -> std::process::ExitCode {
    helpsim::cli::main()
}
