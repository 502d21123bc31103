//! Units of work run in parallel and returned in order.

use rayon::prelude::*;

/// One replication to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its place in the order, from 0.
    pub index: u32,
    /// Number for the random streams; the two of an antithetic pair share it.
    pub replication: u32,
    /// The mirror image of its neighbour.
    pub antithetic: bool,
}

impl Unit {
    pub(super) fn new(index: u32, pairs: bool) -> Unit {
        match pairs {
            true => Unit { index, replication: index / 2, antithetic: index % 2 == 1 },
            false => Unit { index, replication: index, antithetic: false },
        }
    }
}

/// Why an experiment came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError<E: std::error::Error + 'static> {
    /// The threads could not be started.
    #[error("could not start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A replication failed; of several the first in order.
    #[error("replication {replication} failed: {source}")]
    Unit {
        /// Its number.
        replication: u32,
        /// Why.
        source: E,
    },
}

/// A pool of worker threads.
pub struct Workers(rayon::ThreadPool);

impl Workers {
    /// So many threads; 0 = as many as the machine has.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(threads: usize) -> Result<Workers, rayon::ThreadPoolBuildError> {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map(Workers)
    }

    /// How many threads work.
    pub fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Does `n` things in parallel; the results stand in order. Each may use the workers itself.
    pub fn each<T: Send>(&self, n: usize, one: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
        self.0.install(|| (0..n).into_par_iter().map(one).collect())
    }

    /// Runs the units `from..to` and returns their results in order; `done` is told of each that ends.
    pub(super) fn run<T: Send, E: std::error::Error + Send + 'static>(
        &self,
        from: u32,
        to: u32,
        pairs: bool,
        unit: &(impl Fn(Unit) -> Result<T, E> + Sync),
        done: &(impl Fn() + Sync),
    ) -> Result<Vec<T>, ExperimentError<E>> {
        let one = |index: u32| {
            let one = Unit::new(index, pairs);
            let result =
                unit(one).map_err(|source| ExperimentError::Unit { replication: one.replication, source });
            done();
            result
        };
        let results: Vec<Result<T, ExperimentError<E>>> =
            self.0.install(|| (from..to).into_par_iter().map(one).collect());
        // All have ended: of several failures the first in order is told, whoever was faster.
        results.into_iter().collect()
    }
}
