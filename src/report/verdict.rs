//! The one sentence that answers the question a run was made for.

use super::text::clean;
use crate::measure::{GoalResult, Summary, Verdict};

impl Verdict {
    /// The mark before a goal.
    pub(super) fn mark(self) -> char {
        match self {
            Verdict::Met => '✓',
            Verdict::Missed | Verdict::NoData => '✗',
            Verdict::Undecided => '?',
        }
    }

    /// The word beside the mark, so that nothing hangs on colour or sign alone.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::Undecided => "undecided",
            Verdict::NoData => "no data",
        }
    }
}

/// The verdict over all goals in one sentence: `2 of 3 goals met; missed: csat >= 80%.`
pub fn verdict(summary: &Summary) -> String {
    let total = summary.goals.len();
    if total == 0 {
        return "No goals were set: the figures stand for themselves.".to_owned();
    }
    let of = |verdict: Verdict| summary.goals.iter().filter(move |g| g.verdict == verdict);
    let met = of(Verdict::Met).count();
    if met == total {
        return match total {
            1 => "The goal is met.".to_owned(),
            2 => "Both goals are met.".to_owned(),
            n => format!("All {n} goals are met."),
        };
    }
    let mut sentence = match (met, total) {
        (0, 1) => "The goal is not met".to_owned(),
        (0, n) => format!("None of {n} goals is met"),
        (m, n) => format!("{m} of {n} goals met"),
    };
    for verdict in [Verdict::Missed, Verdict::NoData, Verdict::Undecided] {
        let goals: Vec<&GoalResult> = of(verdict).collect();
        match goals.as_slice() {
            [] => {}
            [one] => sentence.push_str(&format!("; {}: {}", verdict.word(), clean(&one.goal))),
            [first, rest @ ..] => sentence.push_str(&format!(
                "; {}: {} and {} more",
                verdict.word(),
                clean(&first.goal),
                rest.len()
            )),
        }
    }
    sentence.push('.');
    sentence
}

/// What is said of a goal beside its value: `undecided, about 40 more replications`.
pub(super) fn remark(goal: &GoalResult) -> String {
    match (goal.verdict, goal.more_replications) {
        (Verdict::Undecided, Some(n)) => format!("undecided, about {n} more replications"),
        (Verdict::Undecided, None) => "undecided".to_owned(),
        (Verdict::NoData, _) => "nothing was observed, so it fails".to_owned(),
        (Verdict::Met | Verdict::Missed, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_mixture_of_outcomes_has_a_sentence() {
        let cases: [(&[Verdict], &str); 6] = [
            (&[], "No goals were set: the figures stand for themselves."),
            (&[Verdict::Met], "The goal is met."),
            (&[Verdict::Met, Verdict::Met, Verdict::Met], "All 3 goals are met."),
            (&[Verdict::Missed], "The goal is not met; missed: g0 >= 1."),
            (&[Verdict::Met, Verdict::Undecided], "1 of 2 goals met; undecided: g1 >= 1."),
            (
                &[Verdict::Missed, Verdict::Missed, Verdict::NoData],
                "None of 3 goals is met; missed: g0 >= 1 and 1 more; no data: g2 >= 1.",
            ),
        ];
        for (verdicts, want) in cases {
            let mut summary = sample::summary();
            let goal = summary.goals[0].clone();
            summary.goals = verdicts
                .iter()
                .enumerate()
                .map(|(i, v)| GoalResult { goal: format!("g{i} >= 1"), verdict: *v, ..goal.clone() })
                .collect();
            assert_eq!(verdict(&summary), want);
        }
    }
}
