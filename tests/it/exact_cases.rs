//! A case of every model, for a few seconds, with a fixed seed.

use crate::exact::{Case, Effort, Outcome, all, markdown};
use std::collections::BTreeSet;

/// The first case of each model.
fn one_of_each(cases: Vec<Case>) -> Vec<Case> {
    let mut models = BTreeSet::new();
    cases.into_iter().filter(|case| models.insert(case.model.clone())).collect()
}

/// Rare events need more customers than there is time for here: the figures that decide must come out.
#[test]
fn every_model_comes_out() {
    let effort = Effort { customers: 2_500.0, replications: (24, 24), precision: 0.0 };
    let cases = one_of_each(all().0);
    assert!(cases.len() >= 20, "{} models", cases.len());
    let outcomes: Vec<Outcome> = cases.iter().map(|case| case.compare(effort)).collect();
    assert!(outcomes.iter().all(|o| o.figures.iter().any(|f| f.decides)));
    let wrong = |o: &Outcome| o.figures.iter().any(|f| f.decides && f.is_wrong());
    let wrong: Vec<Outcome> = outcomes.into_iter().filter(wrong).collect();
    assert!(wrong.is_empty(), "{}", markdown(&wrong, &[]));
}

#[test]
fn every_case_is_a_scenario_file() {
    let (cases, unknown) = all();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(cases.len(), 43 + 9);
    for case in cases {
        let plan = case.sized(1_000.0).plan();
        assert_eq!(plan.name, case.name);
        assert!(!case.expected.is_empty(), "{}", case.name);
    }
}
