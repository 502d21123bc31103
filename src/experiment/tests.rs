//! Experiments on a small desk.

use super::model::{plan, simulate};
use super::*;
use crate::engine::Compiled;
use crate::measure::Measures;
use crate::scenario::plan::Plan;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn compiled(plan: &Plan) -> Compiled {
    Compiled::new(Arc::new(plan.clone())).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// The summary as bytes, and why it stopped.
fn bytes(plan: &Plan, threads: usize) -> (String, Stop) {
    let measures = Measures::new(plan).unwrap();
    let desk = compiled(plan);
    let outcome = run(&measures, &Workers::new(threads).unwrap(), |_, _| (), simulate(&desk)).unwrap();
    let pictures = outcome.collected.pictures(&outcome.summary, &|_| Vec::new());
    (format!("{}{pictures:?}", serde_json::to_string(&outcome.summary).unwrap()), outcome.stop)
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    for settings in [
        vec![],
        vec![
            ("scenario.antithetic", "true"),
            ("scenario.control_variates", "true"),
            ("scenario.replications", "21"),
        ],
        vec![("scenario.precision", r#"{ metric = "queue.wait_all.mean", half_width = "20%", max = 60 }"#)],
    ] {
        let plan = plan(&settings);
        let (one, stop) = bytes(&plan, 1);
        assert_eq!((one.clone(), stop), bytes(&plan, 2), "{settings:?}");
        assert_eq!((one, stop), bytes(&plan, 5), "{settings:?}");
    }
}

#[test]
fn precision_is_reached_or_the_cap_is_told() {
    let with = |wish: &str| {
        let plan = plan(&[("scenario.precision", wish)]);
        let measures = Measures::new(&plan).unwrap();
        let desk = compiled(&plan);
        let outcome = run(&measures, &Workers::new(2).unwrap(), |_, _| (), simulate(&desk)).unwrap();
        (outcome.stop, outcome.summary)
    };
    let (stop, summary) = with(r#"{ metric = "agents.occupancy", half_width = "4%", max = 200 }"#);
    let estimate = &summary.metrics["agents.occupancy"];
    assert_eq!(stop, Stop::PrecisionReached);
    assert!(estimate.half_width().unwrap() <= estimate.mean.unwrap() * 0.04 / 1.04);
    assert!((15..200).contains(&summary.replications), "{}", summary.replications);
    let (stop, summary) = with(r#"{ metric = "queue.wait_all.p99", half_width = "0.1%", max = 14 }"#);
    assert_eq!((stop, summary.replications), (Stop::CapReached, 14));
    assert!(summary.warnings.iter().any(|w| w.contains("not reached within 14")), "{:?}", summary.warnings);
}

#[test]
fn common_random_numbers_find_what_independent_ones_would_not() {
    let (base, more) = (plan(&[]), plan(&[("team.desk.shifts.0.agents", "4")]));
    let (base_measures, more_measures) = (Measures::new(&base).unwrap(), Measures::new(&more).unwrap());
    let workers = Workers::new(2).unwrap();
    let (one, two) = (compiled(&base), compiled(&more));
    let one = run(&base_measures, &workers, |_, _| (), simulate(&one)).unwrap();
    let two = run(&more_measures, &workers, |_, _| (), simulate(&two)).unwrap();
    let comparisons =
        compare(&[("today", &one.collected), ("one more", &two.collected), ("again", &one.collected)]);
    assert_eq!(comparisons.len(), 2);
    let find = |at: usize, metric: &str| {
        comparisons[at].differences.iter().find(|d| d.metric == metric).unwrap_or_else(|| panic!("{metric}"))
    };
    let wait = find(0, "queue.wait_all.mean");
    assert_eq!(wait.finding, Finding::Better);
    assert!((wait.level - 0.975).abs() < 1e-12);
    assert!(wait.correlation.unwrap() > 0.5, "{:?}", wait.correlation);
    // The difference of the estimates, to rounding: sum over sum on both sides.
    let mean = |o: &Outcome<'_>| o.summary.metrics["queue.wait_all.mean"].mean.unwrap();
    assert!((wait.difference - (mean(&two) - mean(&one))).abs() < 1e-9);
    assert_eq!(find(0, "conversations.offered").finding, Finding::Same);
    assert_eq!(find(0, "cost.people").finding, Finding::Worse);
    assert!(comparisons[1].differences.iter().all(|d| d.finding == Finding::Same));
}

#[test]
fn control_variates_and_antithetic_pairs() {
    let settings = [("scenario.control_variates", "true"), ("scenario.replications", "30")];
    let plan = plan(&settings);
    let measures = Measures::new(&plan).unwrap();
    let desk = compiled(&plan);
    let outcome = run(&measures, &Workers::new(2).unwrap(), |_, _| (), simulate(&desk)).unwrap();
    let names: Vec<&str> = outcome.estimation.controls.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["conversations offered", "work per reply"]);
    // 24 an hour for 12 hours, 5 minutes each: known before anything was run.
    assert!((outcome.estimation.controls[0].mean - 288.0).abs() < 1e-6);
    assert_eq!(outcome.estimation.controls[1].mean, 300_000.0);
    let gain = |outcome: &Outcome<'_>| {
        let gains = &outcome.summary.method.gains;
        gains.iter().find(|g| g.metric == "agents.busy").unwrap().clone()
    };
    let controls = gain(&outcome).controls.unwrap();
    assert!(controls > 1.5, "{controls}");
    assert_eq!(outcome.summary.method.controls, names);

    let plan = super::model::plan(&[("scenario.antithetic", "true"), ("scenario.replications", "60")]);
    let (measures, desk) = (Measures::new(&plan).unwrap(), compiled(&plan));
    let outcome = run(&measures, &Workers::new(2).unwrap(), |_, _| (), simulate(&desk)).unwrap();
    let pairs = gain(&outcome).pairs.unwrap();
    assert!(pairs > 1.2, "{pairs}");
    assert_eq!(gain(&outcome).controls, None);
}

#[test]
fn a_failure_is_told_with_its_number() {
    let plan = plan(&[]);
    let measures = Measures::new(&plan).unwrap();
    let desk = compiled(&plan);
    let inner = simulate(&desk);
    let failing = |unit: Unit, state: &mut crate::measure::State<'_>| match unit.index {
        7 | 9 => Err(crate::engine::RunError::Sink(std::io::Error::other("disk full"))),
        _ => inner(unit, state),
    };
    let fault = run(&measures, &Workers::new(3).unwrap(), |_, _| (), failing).err().unwrap();
    assert_eq!(fault.to_string(), "replication 7 failed: could not write the facts: disk full");
}

#[test]
fn progress_counts_every_replication() {
    let plan = plan(&[]);
    let measures = Measures::new(&plan).unwrap();
    let desk = compiled(&plan);
    let calls = AtomicU32::new(0);
    let progress = |done: u32, planned: u32| {
        assert!(done <= planned && planned == 12);
        calls.fetch_add(1, Ordering::Relaxed);
    };
    run(&measures, &Workers::new(2).unwrap(), progress, simulate(&desk)).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 12);
}

#[test]
fn an_overloaded_desk_is_told_and_a_calm_one_is_not() {
    let warnings_of = |settings: &[(&str, &str)]| {
        let plan = plan(settings);
        let measures = Measures::new(&plan).unwrap();
        let desk = compiled(&plan);
        run(&measures, &Workers::new(2).unwrap(), |_, _| (), simulate(&desk)).unwrap().summary.warnings
    };
    // 24 an hour of 5 minutes each need 2 agents: with 1 and endless patience the queue only grows.
    let bad = warnings_of(&[
        ("team.desk.shifts.0.agents", "1"),
        ("customer.patience", r#"{ deterministic = { value = "30d" } }"#),
    ]);
    assert!(bad.iter().any(|w| w.contains("no steady state")), "{bad:?}");
    let good = warnings_of(&[("team.desk.shifts.0.agents", "6")]);
    assert!(!good.iter().any(|w| w.contains("no steady state")), "{good:?}");
}

#[test]
fn a_slow_start_is_found() {
    // Conversations take about four hours each and the desk never closes: it fills up slowly.
    let slow = [
        ("scenario.duration", r#""5d""#),
        ("traffic.all.volume", "{ per_hour = 6 }"),
        ("intent.question.agent_work", r#"{ exponential = { mean = "4h" } }"#),
        ("team.desk.shifts.0.agents", "40"),
    ];
    let plan = plan(&slow);
    let measures = Measures::new(&plan).unwrap();
    let desk = compiled(&plan);
    let advice = suggest_warm_up(&measures, &Workers::new(2).unwrap(), simulate(&desk)).unwrap();
    let hours = advice.warm_up.seconds() / 3_600.0;
    assert!((1.0..48.0).contains(&hours) && !advice.too_short, "{hours}");
    // 6 an hour for 4 hours each: 24 open at a time, and none at the start.
    let settled = &advice.curve[advice.curve.len() / 2];
    assert!(advice.curve[0].1 < 6.0 && (19.0..29.0).contains(&settled.2), "{settled:?}");
}
