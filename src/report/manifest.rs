//! `manifest.json`: what is needed to make the same run again, and the only place where the machine
//! and the clock leave a trace.

use super::ReportError;
use crate::scenario::plan::Plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a report came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this shape.
    pub schema: u32,
    /// Version of helpsim.
    pub version: String,
    /// Title of the scenario.
    pub scenario: String,
    /// The scenario file as the user named it.
    pub scenario_path: String,
    /// The scenario as resolved, every default made explicit.
    pub resolved: String,
    /// Master seed.
    pub seed: u64,
    /// Replications run.
    pub replications: u32,
    /// Files the run read.
    pub inputs: Vec<InputHash>,
    /// What was counted on the way: conversations, events, lines parsed, quarantined, blank …
    pub counts: BTreeMap<String, u64>,
    /// Wall time of the run, s.
    pub wall_time_s: f64,
    /// Threads used.
    pub threads: u32,
    /// A limit of the run that was reached, so that the report covers a part only.
    pub limit_reached: Option<String>,
}

/// A file and its content's hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputHash {
    /// Path as written in the scenario.
    pub path: String,
    /// BLAKE3 of the content, hexadecimal.
    pub blake3: String,
    /// Size.
    pub bytes: u64,
}

impl Manifest {
    /// What the plan knows; the caller adds counts, time and threads.
    pub fn new(plan: &Plan, replications: u32) -> Manifest {
        Manifest {
            schema: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: plan.name.clone(),
            seed: plan.seed,
            replications,
            inputs: plan
                .inputs
                .iter()
                .map(|i| InputHash { path: i.path.clone(), blake3: i.hash.clone(), bytes: i.bytes })
                .collect(),
            ..Manifest::default()
        }
    }

    /// The manifest as JSON, ending with a newline.
    pub fn json(&self) -> Result<String, ReportError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }
}
