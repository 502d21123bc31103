//! The plainest desk there is: one source, one intent, one team of one agent around the clock, no bot,
//! no rules, nobody leaves. Every case is this with a few things changed.

use helpsim::scenario;
use helpsim::scenario::plan::{Plan, Shares};
use std::path::Path;

/// A channel without a window and without delay: what is sent is there.
const PLAINEST: &str = r#"
[scenario]
name = "exact"
timezone = "UTC"
start = "2026-09-21"
duration = "1d"
wrap_up = "30d"
replications = 1
seed = 1

[channel]
like = "whatsapp_business_app"
delivery = "0"

[[traffic]]
name = "all"
volume = { per_minute = 1 }

[[intent]]
name = "question"
exchanges = 1
agent_work = "1m"

[[team]]
name = "desk"
agents = 1
concurrency = 1
order = "priority"
assignment = "longest_idle"
"#;

pub fn plainest() -> Plan {
    let loaded = scenario::parse(PLAINEST, "exact.toml", Path::new(""), &[]);
    loaded.unwrap_or_else(|faults| panic!("{faults:?}")).plan
}

pub fn one(index: u16) -> Shares {
    Shares { index: vec![index], cumulative: vec![1.0] }
}
