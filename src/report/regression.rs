//! What has changed since a baseline.

use super::format::{signed_interval, value};
use super::markdown::code;
use super::text::clean;
use crate::experiment::Change;
use std::fmt::Write;

/// The regressions, one a line, and how many metrics were looked at; nothing without a baseline.
pub fn changes(changes: &[Change], currency: &str) -> String {
    let mut out = String::new();
    if changes.is_empty() {
        return out;
    }
    let regressed: Vec<&Change> = changes.iter().filter(|change| change.regressed).collect();
    for change in &regressed {
        let _infallible = writeln!(out, "✗ {}", sentence(change, currency));
    }
    let pairs = if changes.iter().any(|change| change.paired) { "pair by pair" } else { "unpaired" };
    let _infallible = writeln!(
        out,
        "{} of {} metrics have become worse than the baseline ({pairs})",
        regressed.len(),
        changes.len()
    );
    out
}

/// `csat: 74.1 % where the baseline has 79.2 %, a change of −5.1 pp (−6.3 pp to −3.9 pp)`
pub(super) fn sentence(change: &Change, currency: &str) -> String {
    format!(
        "{}: {} where the baseline has {}, a change of {}",
        clean(&change.metric),
        value(change.now, change.unit, currency),
        value(change.before, change.unit, currency),
        signed_interval(change.now - change.before, change.ci, change.unit, currency)
    )
}

/// The same for a pull request: every metric looked at.
pub fn changes_markdown(changes: &[Change], currency: &str) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut out =
        "\n| Since the baseline | | Before | Now | Change |\n| --- | --- | --: | --: | --: |\n".to_owned();
    for change in changes {
        let _infallible = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            code(&change.metric),
            if change.regressed { "✗ worse" } else { "" },
            value(change.before, change.unit, currency),
            value(change.now, change.unit, currency),
            signed_interval(change.now - change.before, change.ci, change.unit, currency)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Unit;

    #[test]
    fn a_regression_is_told_with_its_size() {
        let change = Change {
            metric: "csat".to_owned(),
            unit: Unit::Share,
            before: 0.792,
            now: 0.741,
            ci: Some([-0.063, -0.039]),
            paired: true,
            regressed: true,
        };
        let calm = Change { metric: "service_level".to_owned(), regressed: false, ..change.clone() };
        let all = [change, calm];
        assert_eq!(
            changes(&all, "USD"),
            "✗ csat: 74.1 % where the baseline has 79.2 %, a change of −5.1 pp (−6.3 pp to −3.9 pp)\n\
             1 of 2 metrics have become worse than the baseline (pair by pair)\n"
        );
        assert!(changes_markdown(&all, "USD").contains("| `csat` | ✗ worse | 79.2 % | 74.1 % |"));
        assert_eq!(changes(&[], "USD"), "");
    }
}
