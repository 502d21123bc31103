//! Intent tests of `helpsim bot test`: figures, and the goals set for them.

use super::super::exit::Failure;
use crate::bot::evaluate::{
    Evaluation, adjusted_rand_index, disturbed, evaluate, normalised_mutual_information,
};
use crate::bot::flow::Flow;
use crate::bot::mining::group;
use crate::bot::recogniser::{Recogniser, Scratch, shuffle};
use crate::bot::trial::{IntentTrial, flow_of, labelled, table};
use crate::diag::Sources;
use crate::random::{Purpose, Streams};
use crate::scenario::value::share;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

/// Figures of an intent test and what was wanted of them.
#[derive(Debug, Serialize)]
pub(super) struct IntentResult {
    pub file: String,
    pub figures: Evaluation,
    /// Intents of the file that the flow does not know; their messages were left out.
    pub unknown: Vec<String>,
    pub goals: Vec<Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
}

/// How the test is made.
pub(super) struct How {
    /// Share of characters disturbed.
    pub disturb: f64,
    /// Whether the messages are grouped, too.
    pub groups: bool,
    /// Seconds it took to make the flow, if speed is told.
    pub trained_s: Option<f64>,
    pub seed: u64,
}

/// How well messages fall into groups by themselves.
#[derive(Debug, Serialize)]
pub(super) struct GroupFigures {
    pub intents: usize,
    /// With as many groups as intents.
    pub normalised_mutual_information: f64,
    pub adjusted_rand_index: f64,
    /// With as many groups as stand apart best.
    pub chosen_groups: usize,
    pub chosen_normalised_mutual_information: f64,
    pub chosen_adjusted_rand_index: f64,
}

/// Time on one thread.
#[derive(Debug, Serialize)]
pub(super) struct Speed {
    pub reading_and_training_s: f64,
    pub messages_per_s: f64,
}

/// Whether a file is a table of messages, and if so, whether tabs separate it.
pub(super) fn table_kind(path: &Path) -> Option<bool> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Some(false),
        "tsv" => Some(true),
        _ => None,
    }
}

fn read_table(path: &Path, tabs: bool) -> Result<Vec<(Option<String>, String)>, Failure> {
    let text = super::read(path)?;
    table(&text, tabs).map_err(|why| Failure::input(anyhow::anyhow!("`{}`: {why}", path.display())))
}

/// A table of phrases as a flow that does nothing but understand.
pub(super) fn flow_of_table(args: &super::test::Args, tabs: bool) -> Result<Flow, Failure> {
    let mut rows = read_table(&args.flow, tabs)?;
    if args.phrases.is_some() {
        shuffle(&mut rows, &mut Streams::new(args.seed, 0).stream(Purpose::Bot, 3));
    }
    let name = args.flow.display().to_string();
    let raw = flow_of(&name, &rows, args.phrases.unwrap_or(usize::MAX));
    let compiled = Flow::compile(&raw, &name, Path::new(""));
    compiled.map(|(flow, _)| flow).map_err(|faults| Failure::Diagnostics(faults, Sources::default()))
}

/// One goal.
#[derive(Debug, Serialize)]
pub(super) struct Goal {
    pub what: &'static str,
    pub bound: Bound,
    pub wanted: f64,
    pub found: f64,
    pub met: bool,
}

/// On which side of what is wanted a figure should lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    AtLeast,
    AtMost,
}

impl Bound {
    fn word(self) -> &'static str {
        match self {
            Bound::AtLeast => "at least",
            Bound::AtMost => "at most",
        }
    }
}

pub(super) fn run(
    flow: &Flow,
    trial: &IntentTrial,
    folder: &Path,
    how: &How,
) -> Result<IntentResult, Failure> {
    let path = folder.join(&trial.file);
    let Some(recogniser) = flow.recogniser() else {
        return Err(Failure::input(anyhow::anyhow!(
            "the flow `{}` has no phrases to recognise by",
            flow.name()
        )));
    };
    let mut rows = read_table(&path, table_kind(&path).unwrap_or(false))?;
    let groups = how.groups.then(|| group_figures(&rows, how.seed));
    if how.disturb > 0.0 {
        for (number, (_, text)) in (0..).zip(&mut rows) {
            *text = disturbed(text, how.disturb, how.seed, number);
        }
    }
    let (cases, unknown) = labelled(rows, recogniser.labels());
    let borrowed: Vec<(Option<u16>, &str)> =
        cases.iter().map(|(label, text)| (*label, text.as_str())).collect();
    let figures = evaluate(recogniser, &borrowed);
    let goals = goals(trial, &figures)
        .map_err(|why| Failure::input(anyhow::anyhow!("`{}`: {why}", path.display())))?;
    let speed = how.trained_s.map(|reading_and_training_s| Speed {
        reading_and_training_s,
        messages_per_s: messages_per_s(recogniser, &borrowed),
    });
    Ok(IntentResult { file: trial.file.clone(), figures, unknown, goals, groups, speed })
}

/// What was wanted and what came. A goal that the messages cannot speak to is an error, not a miss.
fn goals(trial: &IntentTrial, figures: &Evaluation) -> Result<Vec<Goal>, String> {
    let inside = |figure: f64| (figures.in_scope > 0).then_some(figure);
    let wishes = [
        ("accuracy", &trial.accuracy, inside(figures.accuracy), Bound::AtLeast),
        ("macro_f1", &trial.macro_f1, inside(figures.macro_f1), Bound::AtLeast),
        (
            "out_of_scope_recall",
            &trial.out_of_scope_recall,
            figures.out_of_scope.as_ref().map(|outside| outside.recall),
            Bound::AtLeast,
        ),
        (
            "calibration_error",
            &trial.calibration_error,
            inside(figures.expected_calibration_error),
            Bound::AtMost,
        ),
    ];
    let mut goals = Vec::new();
    for (what, wish, found, bound) in wishes {
        let Some(wish) = wish else { continue };
        let wanted = share(wish).map_err(|why| format!("`{what}`: {why}"))?;
        let found = found.ok_or_else(|| {
            let missing = match what {
                "out_of_scope_recall" => "message without an intent of the flow's",
                _ => "message of an intent that the flow knows",
            };
            format!("`{what}` is wanted, but there is no {missing}")
        })?;
        let met = if bound == Bound::AtLeast { found >= wanted } else { found <= wanted };
        goals.push(Goal { what, bound, wanted, found, met });
    }
    Ok(goals)
}

/// Groups the messages that have an intent as if it were unknown.
fn group_figures(rows: &[(Option<String>, String)], seed: u64) -> GroupFigures {
    let known: Vec<(&str, &str)> =
        rows.iter().filter_map(|(intent, text)| Some((intent.as_deref()?, text.as_str()))).collect();
    let mut names: Vec<&str> = known.iter().map(|(intent, _)| *intent).collect();
    names.sort_unstable();
    names.dedup();
    let truth: Vec<usize> =
        known.iter().map(|(intent, _)| names.partition_point(|name| name < intent)).collect();
    let texts: Vec<&str> = known.iter().map(|(_, text)| *text).collect();
    let figures = |count: Option<usize>| {
        let groups = group(&texts, count, seed);
        let of: Vec<usize> = groups.of.iter().map(|of| of.unwrap_or(groups.count)).collect();
        (normalised_mutual_information(&truth, &of), adjusted_rand_index(&truth, &of), groups.count)
    };
    let (as_many, chosen) = (figures(Some(names.len())), figures(None));
    GroupFigures {
        intents: names.len(),
        normalised_mutual_information: as_many.0,
        adjusted_rand_index: as_many.1,
        chosen_groups: chosen.2,
        chosen_normalised_mutual_information: chosen.0,
        chosen_adjusted_rand_index: chosen.1,
    }
}

/// Messages recognised in a second: the test's own, over and over for half a second.
fn messages_per_s(recogniser: &Recogniser, cases: &[(Option<u16>, &str)]) -> f64 {
    let mut scratch = Scratch::default();
    let (began, mut done) = (Instant::now(), 0);
    while !cases.is_empty() && began.elapsed().as_secs_f64() < 0.5 {
        for (_, text) in cases {
            std::hint::black_box(recogniser.predict(text, &mut scratch));
        }
        done += cases.len();
    }
    done as f64 / began.elapsed().as_secs_f64().max(1e-9)
}

/// How accurate the answers are if only the surest messages are answered, at a few points.
fn coverage_line(figures: &Evaluation) -> Option<String> {
    const SHARES: [f64; 5] = [0.5, 0.7, 0.8, 0.9, 1.0];
    let at = |share: f64| figures.coverage.iter().find(|point| point.coverage >= share - 0.01);
    let points: Vec<String> = SHARES
        .iter()
        .filter_map(|&share| at(share))
        .map(|p| format!("{:.1} % of the surest {:.0} %", p.accuracy * 100.0, p.coverage * 100.0))
        .collect();
    (!points.is_empty()).then(|| format!("right: {}", points.join(", ")))
}

/// The figures as text for a terminal.
pub(super) fn text(result: &IntentResult) -> String {
    let figures = &result.figures;
    let percent = |x: f64| format!("{:6.2} %", x * 100.0);
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
            "  out of scope: {} messages, AUROC {:.3}, {} turned away with {} of those in scope right, {} not answered",
            outside.messages,
            outside.auroc,
            percent(outside.recall).trim(),
            percent(outside.in_scope_accuracy).trim(),
            percent(outside.not_answered).trim()
        );
    }
    if let Some(curve) = coverage_line(figures) {
        let _ = writeln!(out, "  {curve}");
    }
    if let Some(groups) = &result.groups {
        let _ = writeln!(
            out,
            "  grouped as unknown: NMI {:.3}, ARI {:.3} with {} groups; NMI {:.3}, ARI {:.3} with {} as chosen",
            groups.normalised_mutual_information,
            groups.adjusted_rand_index,
            groups.intents,
            groups.chosen_normalised_mutual_information,
            groups.chosen_adjusted_rand_index,
            groups.chosen_groups
        );
    }
    if let Some(speed) = &result.speed {
        let _ = writeln!(
            out,
            "  reading and training {:.2} s, {:.0} messages recognised a second",
            speed.reading_and_training_s, speed.messages_per_s
        );
    }
    let _ = writeln!(out, "  intent                       messages    precision    recall        F1");
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
            "  {mark} {} {}, wanted {} {}",
            goal.what,
            percent(goal.found).trim(),
            goal.bound.word(),
            percent(goal.wanted).trim()
        );
    }
    out
}
