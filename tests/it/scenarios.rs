//! Every scenario that is shipped runs, adds up, and gives the same bytes on any number of threads.

use helpsim::engine::{self, Compiled, RunOptions, Silent};
use helpsim::experiment::{self, Unit, Workers};
use helpsim::facts::{Chunk, RunTotals, Sink};
use helpsim::measure::{Measures, State, Summary};
use helpsim::scenario;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Into<'a, 'm>(&'a mut State<'m>);

impl Sink for Into<'_, '_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.0.update(chunk);
        Ok(())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 7, "{paths:?}");
    paths
}

/// Runs a scenario with at most `replications`; the long one for a short while.
pub(crate) fn simulate(path: &Path, set: &[(String, String)], replications: u32, threads: usize) -> Summary {
    let text = std::fs::read_to_string(path).unwrap();
    let mut overrides = vec![("scenario.replications".to_owned(), replications.to_string())];
    overrides.extend_from_slice(set);
    if path.ends_with("erlang_a.toml") {
        overrides.push(("scenario.duration".to_owned(), "\"7d\"".to_owned()));
    }
    let name = path.display().to_string();
    let loaded = match scenario::parse(&text, &name, path.parent().unwrap(), &overrides) {
        Ok(loaded) => loaded,
        Err(faults) => {
            let sources = scenario::sources(&faults, &name, &text);
            panic!("{}", helpsim::diag::render(&faults, &sources, false));
        }
    };
    let compiled = Compiled::new(Arc::new(loaded.plan.clone())).unwrap_or_else(|e| panic!("{name}: {e}"));
    let measures = Measures::new(&loaded.plan).unwrap();
    let workers = Workers::new(threads).unwrap();
    let one = |unit: Unit, state: &mut State<'_>| -> Result<RunTotals, engine::RunError> {
        let options = RunOptions { replication: unit.replication, antithetic: unit.antithetic };
        engine::run(&compiled, options, &mut Into(state), &mut Silent)
    };
    experiment::run(&measures, &workers, |_, _| {}, one).unwrap().summary
}

/// offered = solved by the bot + solved by people + abandoned + left + still open, over all and in
/// every slice, in every replication.
#[test]
fn all_scenarios_add_up() {
    const ENDINGS: [&str; 6] = ["bot_solved", "agent_solved", "abandoned", "left_bot", "left_agent", "open"];
    for path in shipped() {
        let summary = simulate(&path, &[], 3, 2);
        let offered: Vec<&String> =
            summary.metrics.keys().filter(|name| name.starts_with("conversations.offered")).collect();
        assert!(offered.len() > 1 || summary.metrics.len() < 40, "{}: no slices", path.display());
        for name in offered {
            let whole = &summary.metrics[name].per_replication;
            let mut sum = vec![0.0; whole.len()];
            for ending in ENDINGS {
                let part = name.replace("offered", ending);
                if let Some(estimate) = summary.metrics.get(&part) {
                    for (total, value) in sum.iter_mut().zip(&estimate.per_replication) {
                        *total += value.unwrap_or(0.0);
                    }
                }
            }
            let whole: Vec<f64> = whole.iter().map(|v| v.unwrap_or(0.0)).collect();
            assert_eq!(whole, sum, "{}: {name}", path.display());
        }
        assert!(summary.metrics["conversations.offered"].mean.unwrap() > 0.0, "{}", path.display());
    }
}

#[test]
fn threads_leave_no_trace() {
    for path in shipped() {
        let one = serde_json::to_string(&simulate(&path, &[], 4, 1)).unwrap();
        for threads in [2, 8] {
            let more = serde_json::to_string(&simulate(&path, &[], 4, threads)).unwrap();
            assert!(one == more, "{} differs on {threads} threads", path.display());
        }
    }
}
