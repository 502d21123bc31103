//! A case of every model, for a few seconds, with a fixed seed.

use crate::exact::{Case, Effort, Outcome, exact, markdown, simulated};
use std::collections::BTreeSet;

/// The first case of each model.
fn one_of_each(cases: Vec<Case>) -> impl Iterator<Item = Case> {
    let mut models = BTreeSet::new();
    cases.into_iter().filter(move |case| models.insert(case.model.clone()))
}

/// Rare events need more customers than there is time for here: the figures that decide must come out.
#[test]
fn every_model_comes_out() {
    let effort = Effort { customers: 2_500.0, replications: (24, 24), precision: 0.0 };
    let cases: Vec<Case> = one_of_each(exact()).chain(one_of_each(simulated())).collect();
    assert!(cases.len() >= 20, "{} models", cases.len());
    let outcomes: Vec<Outcome> = cases.iter().map(|case| case.compare(effort)).collect();
    assert!(outcomes.iter().all(|o| o.figures.iter().any(|f| f.decides)));
    let wrong = |o: &Outcome| o.figures.iter().any(|f| f.decides && f.is_wrong());
    let wrong: Vec<Outcome> = outcomes.into_iter().filter(wrong).collect();
    assert!(wrong.is_empty(), "{}", markdown(&wrong));
}
