//! Does a 95 % interval hold the true value in 95 of 100 experiments? On M/M/10+M, where the true values
//! are known, through the whole of what `helpsim run` does to make its figures.

use crate::exact::all;
use helpsim::engine::{self, Compiled, RunError, RunOptions, Silent};
use helpsim::experiment::{self, Unit, Workers};
use helpsim::facts::{Chunk, RunTotals, Sink};
use helpsim::measure::{Measures, State};
use helpsim::scenario::plan::{Plan, Replications};
use std::fmt::Write;
use std::sync::Arc;

const MODEL: &str = "M/M/10+M rho=0.95 patience 5";
/// Customers of a replication that are measured; a quarter more come before them.
const SHORT: f64 = 2_000.0;
const LONG: f64 = 10_000.0;
const METRICS: [&str; 4] =
    ["queue.wait_all.mean", "queue.waited_share", "abandonment.rate", "queue.wait_all.p90"];

struct Into<'a, 'm>(&'a mut State<'m>);

impl Sink for Into<'_, '_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.0.update(chunk);
        Ok(())
    }
}

/// The section of the page, and whether every coverage that decides lies between 93 and 97 %.
pub fn check(experiments: u32) -> (String, bool) {
    let case = all().0.into_iter().find(|case| case.name == MODEL).expect("the benchmark model");
    let truth = truth(case.unit / 1_000.0);
    let mut text = format!(
        "\n# Coverage of the intervals\n\n{experiments} experiments on {MODEL}: in how many the 95 % interval \
         holds the true value. Each experiment has a seed of its own and goes the way of `helpsim run`; a \
         quarter more customers come before those that are measured. 93 to 97 % is right. The waits of one \
         replication hang together, so the means of short ones are skewed, and ten or twenty of them do not \
         even that out: there the intervals of means and quantiles of waits are a little too narrow, which \
         rows in italics show. The others decide.\n\n| replications | customers of each | control \
         variates | {} |\n| ---: | ---: | --- | ---: | ---: | ---: | ---: |\n",
        METRICS.map(|metric| format!("`{metric}`")).join(" | ")
    );
    // One experiment after another, its replications side by side as in a run.
    let workers = Workers::new(0).expect("threads");
    let mut right = true;
    for customers in [SHORT, LONG] {
        for (replications, controls) in [(10, false), (20, false), (20, true)] {
            let plan = Plan {
                replications: Replications::Fixed(replications),
                control_variates: controls,
                ..case.sized(customers).plan()
            };
            let hits: Vec<[bool; 4]> =
                (0..experiments).map(|seed| experiment(&plan, seed, &truth, &workers)).collect();
            let covered = [0, 1, 2, 3]
                .map(|m| hits.iter().filter(|hit| hit[m]).count() as f64 / f64::from(experiments));
            let decides = customers == LONG;
            right &= !decides || covered.iter().all(|share| (0.93..=0.97).contains(share));
            let mark = if decides { "" } else { "*" };
            let _ = writeln!(
                text,
                "| {replications} | {customers:.0} | {} | {} |",
                if controls { "yes (the default)" } else { "no" },
                covered.map(|share| format!("{mark}{:.1} %{mark}", 100.0 * share)).join(" | ")
            );
        }
    }
    let _ = writeln!(
        text,
        "\nTrue values: {}.",
        METRICS.iter().zip(truth).map(|(m, v)| format!("`{m}` {v:.6}")).collect::<Vec<_>>().join(", ")
    );
    (text, right)
}

/// Whether the interval of each metric holds its true value.
fn experiment(plan: &Plan, seed: u32, truth: &[f64; 4], workers: &Workers) -> [bool; 4] {
    let plan = Plan { seed: 1_000 + u64::from(seed), ..plan.clone() };
    let measures = Measures::new(&plan).expect("a plain plan");
    let compiled = Compiled::new(Arc::new(plan)).expect("a plain plan");
    let simulate = |unit: Unit, state: &mut State<'_>| -> Result<RunTotals, RunError> {
        let options = RunOptions { replication: unit.replication, antithetic: unit.antithetic };
        engine::run(&compiled, options, &mut Into(state), &mut Silent)
    };
    let outcome = experiment::run(&measures, workers, |_, _| {}, simulate);
    let summary = outcome.unwrap_or_else(|error| panic!("{error}")).summary;
    let mut hits = [false; 4];
    for ((metric, truth), hit) in METRICS.iter().zip(truth).zip(&mut hits) {
        *hit = summary.metrics[*metric].ci.is_some_and(|[low, high]| low <= *truth && *truth <= high);
    }
    hits
}

/// Mean wait and the wait that one in ten exceeds in units of `unit` seconds, P(wait), abandonment, by
/// integrals (Baccelli & Hebuterne 1981): the wait is the shorter of the wait offered and the patience.
fn truth(unit: f64) -> [f64; 4] {
    const ARRIVALS: f64 = 9.5;
    const AGENTS: f64 = 10.0;
    const PATIENCE: f64 = 5.0;
    let offered = |x: f64| {
        let h = PATIENCE * (1.0 - (-x / PATIENCE).exp());
        (ARRIVALS * h - AGENTS * x).exp()
    };
    // Beyond 60 units nothing is left: the exponent falls by 10 a unit against a rise of 47 in all.
    let tail = |from: f64| simpson(&offered, from, 60.0);
    let j = tail(0.0);
    let mut inverse_b = 1.0;
    for k in 1..AGENTS as u32 {
        inverse_b = 1.0 + f64::from(k) / ARRIVALS * inverse_b;
    }
    let below = inverse_b + ARRIVALS * j;
    let longer = |t: f64| ARRIVALS * tail(t) / below * (-t / PATIENCE).exp();
    let abandon = (1.0 + (ARRIVALS - AGENTS) * j) / below;
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if longer(middle) > 0.1 { low = middle } else { high = middle }
    }
    // In M/M/c+M the mean wait is the abandonment times the mean patience.
    [abandon * PATIENCE * unit, longer(0.0), abandon, low * unit]
}

fn simpson(f: &impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let n = 20_000;
    let h = (to - from) / f64::from(n);
    let inner: f64 = (1..n).map(|i| f(from + f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (f(from) + inner + f(to)) * h / 3.0
}
