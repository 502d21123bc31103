//! Intent tests of `helpsim bot test`: figures, and the goals set for them.

use super::super::exit::Failure;
use crate::bot::evaluate::{Evaluation, evaluate};
use crate::bot::flow::Flow;
use crate::bot::trial::{IntentTrial, labelled};
use crate::scenario::value::share;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// Figures of an intent test and what was wanted of them.
#[derive(Debug, Serialize)]
pub(super) struct IntentResult {
    pub file: String,
    pub figures: Evaluation,
    /// Intents of the file that the flow does not know; their messages were left out.
    pub unknown: Vec<String>,
    pub goals: Vec<Goal>,
}

/// One goal.
#[derive(Debug, Serialize)]
pub(super) struct Goal {
    pub what: &'static str,
    pub wanted: f64,
    pub found: f64,
    pub met: bool,
}

pub(super) fn run(flow: &Flow, trial: &IntentTrial, folder: &Path) -> Result<IntentResult, Failure> {
    let path = folder.join(&trial.file);
    let Some(recogniser) = flow.recogniser() else {
        return Err(Failure::input(anyhow::anyhow!(
            "the flow `{}` has no phrases to recognise by",
            flow.name()
        )));
    };
    let text = super::read(&path)?;
    let (cases, unknown) = labelled(&text, recogniser.labels())
        .map_err(|why| Failure::input(anyhow::anyhow!("`{}`: {why}", path.display())))?;
    let borrowed: Vec<(Option<u16>, &str)> =
        cases.iter().map(|(label, text)| (*label, text.as_str())).collect();
    let figures = evaluate(recogniser, &borrowed);
    let recall = figures.out_of_scope.as_ref().map_or(0.0, |o| o.recall);
    let wishes = [
        ("accuracy", &trial.accuracy, figures.accuracy, true),
        ("macro_f1", &trial.macro_f1, figures.macro_f1, true),
        ("out_of_scope_recall", &trial.out_of_scope_recall, recall, true),
        ("calibration_error", &trial.calibration_error, figures.expected_calibration_error, false),
    ];
    let mut goals = Vec::new();
    for (what, wish, found, at_least) in wishes {
        let Some(wish) = wish else { continue };
        let wanted = share(wish).map_err(|why| Failure::input(anyhow::anyhow!("`intents.{what}`: {why}")))?;
        goals.push(Goal {
            what,
            wanted,
            found,
            met: if at_least { found >= wanted } else { found <= wanted },
        });
    }
    Ok(IntentResult { file: trial.file.clone(), figures, unknown, goals })
}

/// The figures as text for a terminal.
pub(super) fn text(result: &IntentResult) -> String {
    let figures = &result.figures;
    let percent = |x: f64| format!("{:5.1} %", x * 100.0);
    let mut out = String::new();
    let _ = writeln!(out, "{}: {} messages with an intent", result.file, figures.in_scope);
    let _ = writeln!(out, "  accuracy            {}", percent(figures.accuracy));
    let _ = writeln!(out, "  macro F1            {}", percent(figures.macro_f1));
    let _ = writeln!(out, "  calibration error   {}", percent(figures.expected_calibration_error));
    let verdicts = &figures.verdicts;
    let _ = writeln!(
        out,
        "  answered {} rightly, {} wrongly; asked back {}; turned away {}",
        percent(verdicts.accepted_right).trim(),
        percent(verdicts.accepted_wrong).trim(),
        percent(verdicts.clarified_right + verdicts.clarified_wrong).trim(),
        percent(verdicts.rejected).trim()
    );
    if let Some(outside) = &figures.out_of_scope {
        let _ = writeln!(
            out,
            "  out of scope: {} messages, AUROC {:.3}, {} turned away, {} not answered",
            outside.messages,
            outside.auroc,
            percent(outside.recall).trim(),
            percent(outside.not_answered).trim()
        );
    }
    let _ = writeln!(out, "  intent                       messages  precision   recall       F1");
    for intent in &figures.intents {
        let name: String = intent.intent.chars().take(28).collect();
        let _ = writeln!(
            out,
            "  {name:<28} {:>8}    {}  {}  {}",
            intent.support,
            percent(intent.precision),
            percent(intent.recall),
            percent(intent.f1)
        );
    }
    for confusion in figures.confusions.iter().take(10) {
        let example = confusion.examples.first().map(String::as_str).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} taken for {}: {} times (\"{example}\")",
            confusion.truth, confusion.taken_for, confusion.count
        );
    }
    if !result.unknown.is_empty() {
        let _ = writeln!(out, "  left out, for the flow does not know them: {}", result.unknown.join(", "));
    }
    for goal in &result.goals {
        let mark = if goal.met { "met   " } else { "MISSED" };
        let _ = writeln!(
            out,
            "  {mark} {} {}, wanted {}",
            goal.what,
            percent(goal.found).trim(),
            percent(goal.wanted).trim()
        );
    }
    out
}
