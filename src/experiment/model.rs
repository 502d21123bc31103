//! A small desk that the tests of this room run through the engine.

use super::units::Unit;
use crate::engine::{Compiled, RunError, RunOptions, Silent};
use crate::facts::RunTotals;
use crate::measure::State;
use crate::scenario::plan::Plan;
use std::path::Path;

const SCENARIO: &str = r#"
[scenario]
name = "small"
timezone = "UTC"
start = "2026-11-23"
duration = "12h"
seed = 3
control_variates = false

[[traffic]]
name = "all"
volume = { per_hour = 24 }
intents = { question = 1.0 }

[[intent]]
name = "question"
exchanges = 1
agent_work = { exponential = { mean = "5m" } }

[customer]
patience = { exponential = { mean = "10m" } }

[bot]
like = "none"

[[team]]
name = "desk"
concurrency = 1
shifts = [{ days = "all", hours = "00:00-24:00", agents = 3 }]
cost_per_hour = 10

[service_level]
within = "1m"

[[goal]]
that = "agents.busy <= 3"
"#;

/// The small desk with some settings changed; 12 replications unless a setting says otherwise.
pub(super) fn plan(settings: &[(&str, &str)]) -> Plan {
    let mut settings: Vec<(String, String)> =
        settings.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    if !settings.iter().any(|(path, _)| path == "scenario.precision" || path == "scenario.replications") {
        settings.push(("scenario.replications".to_owned(), "12".to_owned()));
    }
    match crate::scenario::parse(SCENARIO, "small.toml", Path::new(""), &settings) {
        Ok(loaded) => loaded.plan,
        Err(faults) => panic!("{faults:#?}"),
    }
}

/// The engine as what runs a unit.
pub(super) fn simulate(
    compiled: &Compiled,
) -> impl Fn(Unit, &mut State<'_>) -> Result<RunTotals, RunError> + Sync {
    |unit, state| {
        let options = RunOptions { replication: unit.replication, antithetic: unit.antithetic };
        crate::engine::run(compiled, options, state, &mut Silent)
    }
}
