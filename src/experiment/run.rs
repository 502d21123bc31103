//! One scenario, as many replications as it takes.

use super::control::{KnownMeans, gains};
use super::units::{ExperimentError, Unit, Workers};
use super::warnings::warnings;
use crate::facts::RunTotals;
use crate::measure::{Collected, Estimation, Measures, ReplicationValues, State, Summary, interval};
use crate::scenario::metric::MetricName;
use crate::scenario::plan::{PrecisionTarget, Replications};
use crate::stats::{Decision, Precision, StoppingRule};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

/// How the number of replications came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The scenario says how many.
    Fixed,
    /// The precision wished for was reached.
    PrecisionReached,
    /// The cap came first.
    CapReached,
}

impl Stop {
    /// As the summary says it.
    fn word(self) -> &'static str {
        match self {
            Stop::Fixed => "fixed",
            Stop::PrecisionReached => "precision_reached",
            Stop::CapReached => "cap_reached",
        }
    }
}

/// What came of a scenario.
pub struct Outcome<'m> {
    /// Every replication, for pictures and comparisons.
    pub collected: Collected<'m>,
    /// The estimates.
    pub summary: Summary,
    /// Why it ended there.
    pub stop: Stop,
    /// How the estimates were made.
    pub estimation: Estimation,
}

/// Runs a scenario: fixed replications, or until the precision wished for is reached.
///
/// `simulate` runs one unit and sends its facts to the state. `progress` is told how many are done
/// and how many there will be at most; it may be called from any thread.
///
/// # Errors
/// The first replication, in order, that failed.
pub fn run<'m, E: std::error::Error + Send + 'static>(
    measures: &'m Measures,
    workers: &Workers,
    progress: impl Fn(u32, u32) + Sync,
    simulate: impl Fn(Unit, &mut State<'_>) -> Result<RunTotals, E> + Sync,
) -> Result<Outcome<'m>, ExperimentError<E>> {
    let plan = measures.plan();
    let mut source = Source::new(measures, workers, &progress, &simulate);
    let mut collected = measures.collect();
    let known = KnownMeans::of(plan);
    // The unit of analysis: a replication, or an antithetic pair of them.
    let size = if plan.antithetic { 2 } else { 1 };
    let stop = match &plan.replications {
        Replications::Fixed(n) => {
            source.fill(&mut collected, n.next_multiple_of(size))?;
            Stop::Fixed
        }
        Replications::Precision { targets, min, max } => {
            let mut rule = StoppingRule::new(*min / size, *max / size);
            loop {
                let available = collected.len() as u32 / size;
                match rule.decide(available, |n| precise(&collected, &known, targets, n * size)) {
                    Decision::Reached(_) => break Stop::PrecisionReached,
                    Decision::CapReached(_) => break Stop::CapReached,
                    Decision::RunTo(n) => source.fill(&mut collected, n * size)?,
                }
            }
        }
    };
    let estimation = estimation(&collected, &known, collected.len());
    let mut summary = collected.summary("simulated", &estimation);
    let of_rules = std::mem::take(&mut summary.warnings);
    summary.warnings = warnings(&collected, &summary, stop);
    summary.warnings.extend(of_rules);
    summary.method.gains = gains(&collected, &estimation);
    summary.method.stopped = stop.word().to_owned();
    Ok(Outcome { collected, summary, stop, estimation })
}

/// Replications in order, run a few ahead so that every thread has work. Those that turn out not to
/// be needed are dropped unseen: they change nothing.
struct Source<'a, 'm, P, S> {
    measures: &'m Measures,
    workers: &'a Workers,
    progress: &'a P,
    simulate: &'a S,
    finished: AtomicU32,
    run: u32,
    ahead: VecDeque<ReplicationValues>,
}

impl<'a, 'm, P, S, E> Source<'a, 'm, P, S>
where
    P: Fn(u32, u32) + Sync,
    S: Fn(Unit, &mut State<'_>) -> Result<RunTotals, E> + Sync,
    E: std::error::Error + Send + 'static,
{
    fn new(measures: &'m Measures, workers: &'a Workers, progress: &'a P, simulate: &'a S) -> Self {
        let finished = AtomicU32::new(0);
        Source { measures, workers, progress, simulate, finished, run: 0, ahead: VecDeque::new() }
    }

    /// Brings a collection to `wanted` replications.
    fn fill(&mut self, collected: &mut Collected<'m>, wanted: u32) -> Result<(), ExperimentError<E>> {
        while (collected.len() as u32) < wanted {
            match self.ahead.pop_front() {
                Some(replication) => collected.push(replication),
                None => self.run_batch(wanted)?,
            }
        }
        Ok(())
    }

    fn run_batch(&mut self, wanted: u32) -> Result<(), ExperimentError<E>> {
        let plan = self.measures.plan();
        let simulate = |unit: Unit| {
            let mut state = self.measures.begin();
            let totals = (self.simulate)(unit, &mut state)?;
            Ok(state.finish(&totals))
        };
        // Enough for the threads, not so many that their results fill the memory.
        let threads = self.workers.threads() as u32;
        let most = match &plan.replications {
            Replications::Fixed(_) => wanted,
            Replications::Precision { max, .. } => (*max).max(wanted),
        };
        let to = (self.run + 4 * threads).min(most.max(self.run + 1));
        let told = most.max(to);
        let done = || (self.progress)(self.finished.fetch_add(1, Ordering::Relaxed) + 1, told);
        let batch = self.workers.run(self.run, to, plan.antithetic, &simulate, &done)?;
        self.ahead.extend(batch);
        self.run = to;
        Ok(())
    }
}

/// How the first `n` replications are turned into estimates.
fn estimation(collected: &Collected<'_>, known: &KnownMeans, n: usize) -> Estimation {
    Estimation { pairs: collected.measures().plan().antithetic, controls: known.controls(collected, n) }
}

/// Whether the first `n` replications give every precision wished for.
fn precise(collected: &Collected<'_>, known: &KnownMeans, targets: &[PrecisionTarget], n: u32) -> bool {
    let level = collected.measures().plan().level;
    let n = n as usize;
    let estimation = estimation(collected, known, n);
    targets.iter().all(|target| {
        let wish = match target.relative {
            true => Precision::Relative(target.half_width),
            false => Precision::Absolute(target.half_width),
        };
        let estimate = MetricName::parse(&target.metric).ok().and_then(|name| {
            let values = collected.values_of(&name)?;
            interval(&name, values.get(..n)?, level, &estimation)
        });
        estimate.is_some_and(|(estimate, _)| wish.reached(&estimate))
    })
}
