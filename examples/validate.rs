//! Runs every reference case and writes `docs/validation.md`:
//!
//! ```text
//! cargo run --release --no-default-features --example validate [-- PRECISION [PART OF A NAME]]
//! ```
//!
//! PRECISION is the standard error, as a share of the value, at which a case stops (0.005). With a part
//! of a name only those cases run, and the page goes to standard output. Ends with 1 if a figure is more
//! than four standard errors away.

#[path = "../tests/it/exact/mod.rs"]
mod exact;

use exact::{Case, Effort, Outcome, exact, markdown, simulated};
use std::process::ExitCode;

const PAGE: &str = "docs/validation.md";
const HEAD: &str = "\
# The simulator against what is known exactly

Written by `cargo run --release --no-default-features --example validate`; do not edit. The cases are
those of `tests/data/queueing_exact.json` (closed forms and numerically solved chains) and
`simulated_reference.json` (a separate simulation). A case runs until the standard errors of its mean
wait, queue, number present and shares waiting and leaving are below 0.5 % of their values, or the
limit of replications is reached; rarer figures are known less well, as their column says. A figure
passes when it lies within four standard errors of its answer.

";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let precision = arguments.next().and_then(|p| p.parse().ok()).unwrap_or(0.005);
    let part = arguments.next();
    let chosen = |case: &Case| part.as_ref().is_none_or(|part| case.name.contains(part.as_str()));
    let effort = Effort { customers: 20_000.0, replications: (40, 4_000), precision };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for case in exact().into_iter().chain(simulated()).filter(chosen) {
        let outcome = case.compare(effort);
        eprintln!("{}: {} customers, {} wrong", case.name, outcome.customers, outcome.wrong().count());
        outcomes.push(outcome);
    }
    let page = format!("{HEAD}{}", markdown(&outcomes));
    if part.is_some() {
        print!("{page}");
    } else if let Err(error) = std::fs::write(PAGE, page) {
        eprintln!("{PAGE}: {error}");
        return ExitCode::from(3);
    }
    ExitCode::from(u8::from(outcomes.iter().any(|o| o.wrong().next().is_some())))
}
