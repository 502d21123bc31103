//! How the figures came about, in sentences: warm-up, replications, what was done about luck, and what
//! the shares are shares of.

use super::format::number;
use super::text::clean;
use crate::measure::{Gain, Summary};
use crate::scenario::metric::MetricName;
use crate::time::Span;
use std::collections::BTreeSet;

/// Ratios whose denominator is told whether a goal names them or not.
const USUAL: [&str; 3] = ["service_level", "abandonment.rate", "agents.occupancy"];

/// The method in sentences, those that say something only.
pub fn method(summary: &Summary) -> Vec<String> {
    let mut told = variance(summary);
    let method = &summary.method;
    if method.warm_up_found {
        let warm_up = Span::from_ms((method.warm_up_s * 1_000.0) as i64);
        told.push(format!("Warm-up: {warm_up}, found from pilot runs (MSER-5)"));
    }
    match method.stopped.as_str() {
        "precision_reached" => told.push(format!(
            "Precision: reached after {} replications, and kept while looking ahead",
            summary.replications
        )),
        "cap_reached" => told.push(format!(
            "Precision: not reached, the limit of {} replications came first",
            summary.replications
        )),
        _ => {}
    }
    told.extend(denominators(summary));
    told
}

/// What control variates and antithetic pairs gained.
pub(super) fn variance(summary: &Summary) -> Vec<String> {
    let method = &summary.method;
    let mut told = Vec::new();
    let list = |of: fn(&Gain) -> Option<f64>| {
        let one = |gain: &Gain| Some(format!("{} {}", clean(&gain.metric), number(of(gain)?)));
        method.gains.iter().filter_map(one).collect::<Vec<_>>().join(", ")
    };
    if !method.controls.is_empty() {
        told.push(format!(
            "Control variates ({}) divide the variance by: {}",
            method.controls.join(", "),
            list(|gain| gain.controls)
        ));
    }
    if method.antithetic {
        told.push(format!("Antithetic pairs divide the variance by: {}", list(|gain| gain.pairs)));
    }
    told
}

/// What the shares of the goals, and the usual ones, are shares of.
fn denominators(summary: &Summary) -> Vec<String> {
    let goals =
        summary.goals.iter().filter_map(|goal| Some(MetricName::parse(&goal.metric).ok()?.metric.name));
    let names: BTreeSet<&str> = goals.chain(USUAL).collect();
    names
        .into_iter()
        .filter(|name| summary.metrics.keys().any(|key| key.starts_with(name)))
        .filter_map(|name| {
            let metric = crate::scenario::metric::find(name)?;
            (!metric.denominator.is_empty())
                .then(|| format!("{name} = {}", metric.definition_over_denominator()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn gains_and_denominators_are_told() {
        let mut summary = sample::summary();
        summary.method.controls = vec!["conversations offered".to_owned()];
        summary.method.antithetic = true;
        summary.method.stopped = "cap_reached".to_owned();
        summary.method.gains =
            vec![Gain { metric: "abandonment.rate".to_owned(), controls: Some(2.6), pairs: Some(1.5) }];
        let told = method(&summary);
        for wanted in [
            "Control variates (conversations offered) divide the variance by: abandonment.rate 2.6",
            "Antithetic pairs divide the variance by: abandonment.rate 1.5",
            "the limit of",
            "abandonment.rate = left the queue unanswered / entries into the queue",
        ] {
            assert!(told.iter().any(|sentence| sentence.contains(wanted)), "{wanted}: {told:?}");
        }
        // A second look must not say what was not done.
        assert!(variance(&sample::summary()).is_empty());
    }
}
