//! A case of every model, for a few seconds, with a fixed seed.

use crate::exact::{Case, Effort, exact, simulated};
use std::collections::BTreeSet;

/// The first case of each model.
fn one_of_each(cases: Vec<Case>) -> Vec<Case> {
    let mut models = BTreeSet::new();
    cases.into_iter().filter(|case| models.insert(case.model.clone())).collect()
}

#[test]
fn every_model_comes_out() {
    let mut cases = one_of_each(exact());
    assert!(cases.len() >= 20, "{} models", cases.len());
    cases.extend(one_of_each(simulated()));
    let effort = Effort { customers: 1_500.0, replications: (30, 30), precision: 0.0 };
    let mut wrong = Vec::new();
    for case in cases {
        let outcome = case.compare(effort);
        assert!(!outcome.figures.is_empty(), "{}", case.name);
        wrong.extend(outcome.wrong().map(|f| format!("{}: {f:?}", case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
