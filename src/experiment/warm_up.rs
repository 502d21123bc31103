//! How much of the start to cut off.

use super::units::{ExperimentError, Unit, Workers};
use crate::facts::RunTotals;
use crate::measure::{Collected, Measures, State};
use crate::stats::{mser_5, welch};
use crate::time::Span;

/// Pilot replications for an automatic warm-up.
const PILOTS: u32 = 10;
const DAY_MS: i64 = 86_400_000;

/// A suggested warm-up and the curve it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmUpAdvice {
    /// Suggested length.
    pub warm_up: Span,
    /// The run is too short to tell where the start ends.
    pub too_short: bool,
    /// Welch's curve of the backlog: (hours since the start, mean over replications, moving average).
    pub curve: Vec<(f64, f64, f64)>,
}

/// Runs a few pilot replications and suggests a warm-up. The plan's own warm-up should be zero, so
/// that the pilots are seen from their start.
///
/// # Errors
/// The first pilot, in order, that failed.
pub fn suggest_warm_up<E: std::error::Error + Send + 'static>(
    measures: &Measures,
    workers: &Workers,
    simulate: impl Fn(Unit, &mut State<'_>) -> Result<RunTotals, E> + Sync,
) -> Result<WarmUpAdvice, ExperimentError<E>> {
    let unit = |unit: Unit| {
        let mut state = measures.begin();
        let totals = simulate(unit, &mut state)?;
        Ok(state.finish(&totals))
    };
    let mut collected = measures.collect();
    let pilots = workers.run(0, PILOTS, measures.plan().antithetic, &unit, &|| ())?;
    pilots.into_iter().for_each(|pilot| collected.push(pilot));
    Ok(advise(&collected))
}

/// MSER-5 on the backlog averaged over replications. Where the run covers at least four days the
/// daily rhythm is taken out first, by means over 24 hours ahead of each point: what is left is the
/// drift from the empty start.
pub fn advise(collected: &Collected<'_>) -> WarmUpAdvice {
    let step = collected.measures().backlog_step();
    let per_day = (DAY_MS / step.ms().max(1)).max(1) as usize;
    let backlogs = collected.backlogs();
    let window = per_day / 2;
    let curve: Vec<(f64, f64)> = welch(&backlogs, window);
    let means: Vec<f64> = welch(&backlogs, 0).into_iter().map(|(mean, _)| mean).collect();
    let series: Vec<f64> = if means.len() >= 4 * per_day {
        means.windows(per_day).map(|day| day.iter().sum::<f64>() / per_day as f64).collect()
    } else {
        means
    };
    let cut = mser_5(&series);
    let hours = |i: usize| i as f64 * step.seconds() / 3_600.0;
    WarmUpAdvice {
        warm_up: Span::from_ms(step.ms() * cut.cut as i64),
        too_short: cut.too_short,
        curve: curve.into_iter().enumerate().map(|(i, (mean, average))| (hours(i), mean, average)).collect(),
    }
}
