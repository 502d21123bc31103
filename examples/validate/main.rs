//! Runs every reference case and the check of the intervals, and writes `docs/validation.md`:
//!
//! ```text
//! cargo run --release --no-default-features --example validate -- [OPTION...] [FILE...]
//! ```
//!
//! | option | meaning |
//! | --- | --- |
//! | `--precision SHARE` | standard error, as a share of the value, at which a case stops (0.005) |
//! | `--most MILLIONS` | customers of a case at most (80) |
//! | `--only PART` | only cases with this in their name or model; the page goes to standard output |
//! | `--experiments N` | experiments for the coverage of the intervals (1,000); 0 leaves it out |
//! | `--scenarios FOLDER` | only write the cases as scenario files into this folder |
//!
//! FILE is a reference file in the form of those in `tests/data`, in place of them. Ends with 1 if a
//! figure is more than four standard errors away or a coverage is outside 93 to 97 %.

#[path = "../../tests/it/exact/mod.rs"]
mod exact;

mod coverage;

use exact::cases::cases;
use exact::{Case, Effort, Outcome, all, markdown};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Customers of one replication.
const CUSTOMERS: f64 = 20_000.0;

const PAGE: &str = "docs/validation.md";
const HEAD: &str = "\
# The simulator against what is known exactly

Written by `cargo run --release --no-default-features --example validate -- OPTIONS`; do not edit.

The cases are those of `tests/data/queueing_exact.json` (closed forms and numerically solved chains) and
`simulated_reference.json` (a separate simulation). Each is written as a scenario file, which `--scenarios
FOLDER` shows, and read by the program like any other. A case runs until the standard error of every
figure in bold is below PRECISION of its value, or MOST million customers have come; rarer figures are known less
well, as their column says. A figure passes when it lies within four standard errors of its answer. By
chance one figure of 16,000 lies further off: a case with such a figure is looked at once more, with another
seed and to a third of the standard error, and what the second look shows is what stands here.

";

const SHOWN: &str = "
# What else is shown, and by what

| claim | shown by |
| --- | --- |
| Little's law to the millisecond, flow and work balance, a chat agent with one place is an ordinary agent, more agents never lengthen the mean wait, one more agent changes no customer's need, patience or work | `cargo test --test it identities` |
| the same bytes on 1, 2 and 8 threads and in every run, for every scenario that is shipped | `cargo test --test it threads_leave_no_trace` |
| one case of each model, in seconds | `cargo test --test it every_model_comes_out` |
| coverage of t and ratio intervals, of control variates, of the selection of the best, stopping with look-ahead | `cargo test --lib stats::` |
| replications, precision for several metrics, warm-up, control variates, antithetic pairs, comparison, warnings, through the engine | `cargo test --lib experiment::` |
| `compare`, `sweep` with resume and `--best`, `check` with `--baseline`, on the command line | `cargo test --test it experiments` |

";

#[derive(Debug)]
struct Options {
    precision: f64,
    most: f64,
    only: Option<String>,
    experiments: u32,
    scenarios: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        precision: 0.005,
        most: 80.0,
        only: None,
        experiments: 1_000,
        scenarios: None,
        files: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--precision" => options.precision = value()?.parse()?,
            "--most" => options.most = value()?.parse()?,
            "--only" => options.only = Some(value()?),
            "--experiments" => options.experiments = value()?.parse()?,
            "--scenarios" => options.scenarios = Some(value()?.into()),
            _ if argument.starts_with("--") => return Err(format!("there is no {argument}").into()),
            _ => options.files.push(argument.into()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    match options().and_then(|options| validate(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything came out.
fn validate(options: &Options) -> Result<bool, Box<dyn Error>> {
    let (mut chosen, mut unknown) = (Vec::new(), Vec::new());
    for file in &options.files {
        let (more, not_known) = cases(&std::fs::read_to_string(file)?);
        chosen.extend(more);
        unknown.extend(not_known);
    }
    if options.files.is_empty() {
        (chosen, unknown) = all();
    }
    if let Some(part) = &options.only {
        chosen.retain(|case: &Case| case.name.contains(part.as_str()) || case.model.contains(part.as_str()));
    }
    if let Some(folder) = &options.scenarios {
        std::fs::create_dir_all(folder)?;
        for case in &chosen {
            let name = case.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            std::fs::write(folder.join(format!("{name}.toml")), case.sized(CUSTOMERS).text())?;
        }
        return Ok(true);
    }
    let most = (options.most * 1e6 / CUSTOMERS).max(40.0) as u32;
    let effort = Effort { customers: CUSTOMERS, replications: (40, most), precision: options.precision };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut second_looks: Vec<String> = Vec::new();
    for case in &chosen {
        let mut outcome = case.compare(effort);
        if outcome.wrong().next().is_some() {
            eprintln!("{}: a second look", case.name);
            let mut case = case.clone();
            case.draft.set("scenario.seed", 2);
            let (least, most) = effort.replications;
            let precision = effort.precision / 3.0;
            outcome = case.compare(Effort { replications: (least, 10 * most), precision, ..effort });
            second_looks.push(case.name);
        }
        eprintln!("{}: {} customers, {} wrong", case.name, outcome.customers, outcome.wrong().count());
        outcomes.push(outcome);
    }
    let head = HEAD
        .replace("OPTIONS`", &format!("--precision {} --most {}`", options.precision, options.most))
        .replace("MOST", &options.most.to_string())
        .replace("PRECISION", &format!("{} %", 100.0 * options.precision));
    let twice = match second_looks.is_empty() {
        true => "No case was looked at twice.".to_owned(),
        false => format!("Looked at twice: {}.", second_looks.join("; ")),
    };
    let mut page = format!("{head}{twice}\n{}", markdown(&outcomes, &unknown));
    let mut right = outcomes.iter().all(|o| o.wrong().next().is_none());
    let whole = options.files.is_empty() && options.only.is_none();
    if whole && options.experiments > 0 {
        let (text, covered) = coverage::check(options.experiments);
        page.push_str(&text);
        right &= covered;
    }
    if whole {
        page.push_str(SHOWN.trim_end());
        std::fs::write(PAGE, page + "\n")?;
    } else {
        print!("{page}");
    }
    Ok(right)
}
