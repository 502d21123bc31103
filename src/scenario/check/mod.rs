//! The checks on meaning, and the resolution of names to indices: raw scenario in, `Plan` out.
//!
//! A fault never stops the others from being found: it is noted, and a harmless value stands in.

pub mod files;
mod calendars;
mod channel;
mod desk;
mod general;
mod goals;
mod laws;
mod names;
mod profile;
mod rules;
mod sanity;
mod traffic;

use super::plan::{InputFile, Plan};
use super::raw::Scenario;
use super::source::Texts;
use crate::diag::Diagnostic;
use names::Names;
use std::path::Path;

/// What the checks gave.
pub struct Outcome {
    /// The plan, if it could be built; with an error among the faults it must not run.
    pub plan: Option<Plan>,
    /// Errors and warnings.
    pub faults: Vec<Diagnostic>,
}

/// Everything the checks share.
pub struct Checker<'a> {
    raw: &'a Scenario,
    texts: &'a Texts,
    base_dir: &'a Path,
    pruned: &'a [String],
    names: Names,
    faults: Vec<Diagnostic>,
    inputs: Vec<InputFile>,
    assumptions: Vec<String>,
}

impl Checker<'_> {
    fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Whether a part of this table was taken out for its shape, so that what it lacks is no news.
    fn is_pruned(&self, table: &str, name: &str) -> bool {
        let prefix = format!("{table}.{name}.");
        self.pruned.iter().any(|path| path.starts_with(&prefix))
    }

    fn assume(&mut self, what: impl Into<String>) {
        self.assumptions.push(what.into());
    }
}

/// Checks a raw scenario and resolves it. `pruned` are the paths that are missing because they were at
/// fault.
pub fn check(raw: &Scenario, texts: &Texts, base_dir: &Path, pruned: &[String]) -> Outcome {
    let mut faults = Vec::new();
    let names = Names::collect(raw, &mut faults);
    let mut checker =
        Checker { raw, texts, base_dir, pruned, names, faults, inputs: Vec::new(), assumptions: Vec::new() };
    let plan = checker.plan();
    if let Some(plan) = &plan
        && !checker.faults.iter().any(Diagnostic::is_error)
    {
        checker.sanity(plan);
    }
    Outcome { plan, faults: checker.faults }
}
