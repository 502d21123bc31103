//! The best of several systems, by ranking and selection.

use super::units::{ExperimentError, Unit, Workers};
use crate::stats::{Selection, kim_nelson};

/// What is wished of a selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The smaller the better (waits, costs), or the larger.
    pub smallest: bool,
    /// Differences below this do not matter, in the metric's unit.
    pub indifference: f64,
    /// Probability of being right.
    pub confidence: f64,
    /// Observations of each system before the first is dropped.
    pub first_stage: u32,
    /// At most so many of each.
    pub maximum: u32,
}

/// Runs `systems` side by side on common random numbers and drops those that are clearly not the
/// best, until one is left (procedure KN). Returns the best, whether it was settled before
/// `choice.maximum`, and the observations of each system.
///
/// `observe(system, unit)` gives the metric of one replication of one system.
///
/// # Errors
/// The first observation, in order, that failed.
pub fn choose_best<E: std::error::Error + Send + 'static>(
    systems: usize,
    choice: &Choice,
    workers: &Workers,
    observe: impl Fn(usize, Unit) -> Result<f64, E> + Sync,
) -> Result<(usize, bool, Vec<Vec<f64>>), ExperimentError<E>> {
    let sign = if choice.smallest { -1.0 } else { 1.0 };
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); systems];
    let threads = workers.threads();
    let settled = loop {
        let (alive, need) =
            match kim_nelson(&samples, choice.first_stage as usize, choice.indifference, choice.confidence) {
                Selection::Best(best) => break Some(best),
                Selection::Continue { alive, need } => (alive, need),
            };
        let have = alive.iter().map(|&i| samples[i].len()).min().unwrap_or(0);
        if have >= choice.maximum as usize {
            break None;
        }
        // A few ahead, so that every thread has work; the procedure looks at them one by one.
        let to = need.max(have + threads.div_ceil(alive.len().max(1))).min(choice.maximum as usize);
        for &system in &alive {
            let from = samples[system].len();
            let one = |unit: Unit| observe(system, unit).map(|x| sign * x);
            let more = workers.run(from as u32, to as u32, false, &one, &|| ())?;
            samples[system].extend(more);
        }
    };
    let mean = |i: usize| samples[i].iter().sum::<f64>() / samples[i].len().max(1) as f64;
    let leader = || (0..systems).reduce(|best, i| if mean(i) > mean(best) { i } else { best }).unwrap_or(0);
    let best = settled.unwrap_or_else(leader);
    samples.iter_mut().flatten().for_each(|x| *x *= sign);
    Ok((best, settled.is_some(), samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};
    use std::convert::Infallible;

    fn observe(system: usize, unit: Unit) -> Result<f64, Infallible> {
        // The same luck for every system; system 2 waits least.
        let luck = Streams::new(4, unit.replication).stream(Purpose::Work, 0).uniform();
        Ok([3.0, 2.5, 1.0, 4.0][system] + luck)
    }

    #[test]
    fn the_smallest_is_found_on_any_number_of_threads() {
        let choice =
            Choice { smallest: true, indifference: 0.2, confidence: 0.95, first_stage: 10, maximum: 100 };
        for threads in [1, 3] {
            let workers = Workers::new(threads).unwrap();
            let (best, settled, samples) = choose_best(4, &choice, &workers, observe).unwrap();
            assert_eq!((best, settled), (2, true));
            assert!(samples.iter().all(|s| s.len() >= 10 && s[0] > 0.0));
        }
    }

    #[test]
    fn equal_systems_end_at_the_maximum() {
        let choice =
            Choice { smallest: false, indifference: 0.01, confidence: 0.95, first_stage: 10, maximum: 12 };
        let own_luck = |system: usize, unit: Unit| -> Result<f64, Infallible> {
            Ok(Streams::new(system as u64, unit.replication).stream(Purpose::Work, 0).uniform())
        };
        let workers = Workers::new(1).unwrap();
        let (_, settled, samples) = choose_best(3, &choice, &workers, own_luck).unwrap();
        assert!(!settled);
        assert!(samples.iter().all(|s| s.len() == 12));
    }
}
