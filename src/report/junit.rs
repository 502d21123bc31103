//! Goals as test cases, so that a missed one shows up in any CI.

use super::ReportError;
use super::format::{interval, optional};
use super::regression;
use super::text::clean;
use super::verdict::remark;
use crate::experiment::Change;
use crate::measure::{GoalResult, Summary, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// JUnit XML: a missed goal or one without data fails; an undecided one is skipped, or fails if
/// `strict`; a regression against a baseline fails.
pub fn junit(summary: &Summary, changes: &[Change], strict: bool) -> Result<String, ReportError> {
    let mut suite = TestSuite::new(clean(&summary.scenario));
    for goal in &summary.goals {
        let mut case = TestCase::new(clean(&goal.goal), status(goal, &summary.currency, strict));
        case.set_classname("goals");
        suite.add_test_case(case);
    }
    for change in changes {
        let status = match change.regressed {
            true => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(regression::sentence(change, &summary.currency));
                status.set_type("regression");
                status
            }
            false => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(format!("{} is not worse", clean(&change.metric)), status);
        case.set_classname("baseline");
        suite.add_test_case(case);
    }
    let mut report = Report::new("helpsim");
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}

fn status(goal: &GoalResult, currency: &str, strict: bool) -> TestCaseStatus {
    let mut status = match goal.verdict {
        Verdict::Met => return TestCaseStatus::success(),
        Verdict::Undecided if !strict => TestCaseStatus::skipped(),
        Verdict::Missed | Verdict::NoData | Verdict::Undecided => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    let mut message = format!("{}: {}", clean(&goal.metric), optional(goal.mean, goal.unit, currency));
    let between = interval(goal.ci, goal.unit, currency);
    if !between.is_empty() {
        message.push_str(&format!(" ({between})"));
    }
    let note = remark(goal);
    if !note.is_empty() {
        message.push_str(&format!("; {note}"));
    }
    status.set_message(message);
    status.set_type(goal.verdict.word());
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// (failures, skipped) as the file's own head counts them.
    fn counts(strict: bool) -> (usize, usize) {
        let text = junit(&sample::summary(), &[], strict).unwrap();
        (text.matches("<failure ").count(), text.matches("<skipped ").count())
    }

    #[test]
    fn verdicts_become_outcomes() {
        // The sample: one missed, one undecided, one without data, the rest met.
        assert_eq!(counts(false), (2, 1));
        assert_eq!(counts(true), (3, 0));
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut summary = sample::summary();
        summary.scenario = "<script>&\u{1}".to_owned();
        let text = junit(&summary, &[], false).unwrap();
        assert!(!text.contains("<script>"));
        assert!(text.contains("&lt;script&gt;&amp;"));
        assert!(!text.contains('\u{1}'));
    }
}
