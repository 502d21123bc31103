//! From a file to a plan.

use super::check::check;
use super::plan::Plan;
use super::raw::Scenario;
use super::source::Texts;
use super::{check, overrides, presets, schema, walk};
use crate::diag::{Diagnostic, Sources};
use serde::Deserialize;
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// A scenario that may run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the engine runs.
    pub plan: Plan,
    /// Legal but odd.
    pub warnings: Vec<Diagnostic>,
    /// The file as it was written.
    pub text: String,
    /// The scenario with every default, preset and override written out; it loads to the same plan.
    pub resolved: String,
}

/// Longest scenario that is taken as meant.
const BYTES_MAX: usize = 8 << 20;

/// Reads and checks the scenario in a file.
pub fn load(path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
    let name = path.display().to_string();
    let text = check::files::read_text(path).map_err(|reason| {
        vec![Diagnostic::error("HS0001", format!("cannot read the scenario: {reason}")).file(&name)]
    })?;
    let base_dir = path.parent().unwrap_or(Path::new(""));
    parse(&text, &name, base_dir, &[])
}

/// Checks the scenario in a text. `path` is the name diagnostics use; paths inside are relative to
/// `base_dir`; `overrides` are dotted paths and their values, as in `--set`.
pub fn parse(
    text: &str,
    path: &str,
    base_dir: &Path,
    overrides: &[(String, String)],
) -> Result<Loaded, Vec<Diagnostic>> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        let fault = Diagnostic::error("HS0002", "the scenario is empty").file(path);
        return Err(vec![fault.help("`helpsim init` writes a commented start")]);
    }
    if text.len() > BYTES_MAX {
        let fault = format!("the scenario is larger than {} MB", BYTES_MAX >> 20);
        return Err(vec![Diagnostic::error("HS0001", fault).file(path)]);
    }
    let mut texts = Texts::default();
    texts.add(path, text);
    let (mut tree, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        let faults = syntax.iter().map(|error| {
            let fault =
                Diagnostic::error("HS0101", error.message().trim_end().replace('\n', "; ")).file(path);
            fault.mark(error.span().unwrap_or(0..0), "this is not TOML")
        });
        return Err(sorted(faults.collect(), &texts));
    }
    let mut faults = Vec::new();
    for (key, value) in overrides {
        if let Err(fault) = overrides::apply(tree.get_mut(), key, value, &mut texts) {
            faults.push(*fault);
        }
    }
    presets::merge(tree.get_mut(), &mut texts, &mut faults);
    let pruned = walk::walk(&mut tree, &schema::value(), &mut faults);
    let raw = match Scenario::deserialize(toml::de::Deserializer::from(tree)) {
        Ok(raw) => raw,
        Err(error) => {
            let fault = Diagnostic::error("HS0100", error.message().to_owned());
            faults.push(fault.mark(error.span().unwrap_or(0..0), "cannot be read"));
            return Err(sorted(faults, &texts));
        }
    };
    let mut outcome = check(&raw, &texts, base_dir, &pruned);
    // A part that was taken out for its shape leaves a hole that is not a second mistake.
    let holes: Vec<Range<usize>> =
        faults.iter().filter_map(|f| Some(f.marks.first()?.span.clone())).collect();
    outcome.faults.retain(|fault| {
        let whole = fault.marks.first().filter(|_| fault.file.is_empty()).map(|mark| &mark.span);
        !whole
            .is_some_and(|whole| holes.iter().any(|hole| whole.start <= hole.start && hole.end <= whole.end))
    });
    faults.extend(outcome.faults);
    let faults = sorted(faults, &texts);
    let resolved = toml::to_string(&raw).unwrap_or_default();
    match outcome.plan {
        Some(plan) if !faults.iter().any(Diagnostic::is_error) => {
            Ok(Loaded { plan, warnings: faults, text: text.to_owned(), resolved })
        }
        _ => Err(faults),
    }
}

/// In the order of the places in each text, each fault once.
fn sorted(faults: Vec<Diagnostic>, texts: &Texts) -> Vec<Diagnostic> {
    let mut keyed: Vec<(usize, Diagnostic)> = faults
        .into_iter()
        .map(|fault| {
            let at = fault.marks.first().map_or(usize::MAX, |mark| mark.span.start);
            let at = if fault.file.is_empty() { at } else { usize::MAX - 1 };
            (at, texts.place(fault))
        })
        .collect();
    keyed.sort_by_key(|(at, _)| *at);
    let mut out: Vec<Diagnostic> = Vec::with_capacity(keyed.len());
    for (_, fault) in keyed {
        if !out.contains(&fault) {
            out.push(fault);
        }
    }
    out
}

/// The texts that diagnostics point into, for [`crate::diag::render`]: `text` under its `path`, and
/// whatever else they name.
pub fn sources(diagnostics: &[Diagnostic], path: &str, text: &str) -> Sources {
    let mut sources = Sources::from([(path.to_owned(), text.to_owned())]);
    for diagnostic in diagnostics {
        let file = &diagnostic.file;
        if file.is_empty() || sources.contains_key(file) {
            continue;
        }
        let text = if let Some(written) = file.strip_prefix(overrides::PREFIX) {
            Some(written.to_owned())
        } else if let Some(preset) = presets::text_of(file) {
            Some(preset.to_owned())
        } else {
            check::files::read_text(Path::new(file)).ok()
        };
        if let Some(text) = text {
            sources.insert(file.clone(), text);
        }
    }
    sources
}
