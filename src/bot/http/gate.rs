//! What stands between the simulation and a live bot: so many requests at once, so many a second, and
//! none while the bot is plainly not there.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets so many in at once, and so many a second.
#[derive(Debug)]
pub(in crate::bot) struct Gate {
    state: Mutex<(u16, Instant)>,
    left: Condvar,
    interval: Duration,
}

/// A place behind the gate, given back when dropped.
pub(in crate::bot) struct Place<'a>(&'a Gate);

impl Gate {
    /// `rate_per_s` 0 is no limit of rate.
    pub fn new(places: u16, rate_per_s: f64) -> Gate {
        let interval = if rate_per_s > 0.0 {
            Duration::from_secs_f64((1.0 / rate_per_s).min(60.0))
        } else {
            Duration::ZERO
        };
        Gate { state: Mutex::new((places, Instant::now())), left: Condvar::new(), interval }
    }

    pub fn enter(&self) -> Place<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.left.wait_while(state, |s| s.0 == 0).unwrap_or_else(PoisonError::into_inner);
        state.0 -= 1;
        let turn = state.1.max(Instant::now());
        state.1 = turn + self.interval;
        drop(state);
        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        self.0.left.notify_one();
    }
}

/// After so many failures in a row the bot counts as down.
const FAILURES_IN_A_ROW: u32 = 10;
/// So many messages are not sent then, before one is sent to see whether it is back; twice as many
/// after each such try that fails.
const FIRST_PAUSE: u64 = 20;
const LONGEST_PAUSE: u64 = 10_000;

/// Whether the bot answers at all. A bot that does not would otherwise be waited for at each message,
/// for its whole time-out.
#[derive(Debug)]
pub(in crate::bot) struct Health<T>(Mutex<Count<T>>);

#[derive(Debug)]
struct Count<T> {
    in_a_row: u32,
    /// Messages still to be held back, and how many there were of them.
    held_back: u64,
    pause: u64,
    /// What came of the last message.
    last: Option<T>,
}

impl<T> Default for Count<T> {
    fn default() -> Count<T> {
        Count { in_a_row: 0, held_back: 0, pause: 0, last: None }
    }
}

impl<T> Default for Health<T> {
    fn default() -> Health<T> {
        Health(Mutex::new(Count::default()))
    }
}

impl<T: Clone> Health<T> {
    /// What became of a message without sending it: what became of the last one. `None`: send it.
    pub fn instead(&self) -> Option<T> {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.held_back = count.held_back.checked_sub(1)?;
        count.last.clone()
    }

    /// A message was sent, was answered or not, and this came of it.
    pub fn saw(&self, answered: bool, outcome: &T) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            *count = Count::default();
            return;
        }
        count.in_a_row = count.in_a_row.saturating_add(1);
        count.last = Some(outcome.clone());
        if count.in_a_row >= FAILURES_IN_A_ROW {
            count.pause = (count.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            count.held_back = count.pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_bot_is_asked_less_and_less_and_is_found_again() {
        let health = Health::default();
        let dead = "no answer";
        let mut sent = 0;
        for _ in 0..10_000 {
            match health.instead() {
                Some(outcome) => assert_eq!(outcome, dead),
                None => {
                    sent += 1;
                    health.saw(false, &dead);
                }
            }
        }
        // Ten, and then pauses of 20, 40, 80 … 5,120.
        assert_eq!(sent, 10 + 8);
        while health.instead().is_some() {}
        health.saw(true, &"hello");
        assert!((0..100).all(|_| health.instead().is_none()));
    }

    #[test]
    fn the_gate_keeps_its_rate() {
        let gate = Gate::new(4, 100.0);
        let began = Instant::now();
        for _ in 0..6 {
            drop(gate.enter());
        }
        assert!(began.elapsed() >= Duration::from_millis(50), "six entries take five intervals");
    }
}
