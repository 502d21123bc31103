//! The arrival process of one source in one replication: one instant at a time, never a list.

use super::Rates;
use crate::random::{Purpose, Stream, Streams, ln};
use crate::scenario::plan::{Arrivals, Plan, Synthetic};
use crate::time::Instant;

/// What does not change between replications.
#[derive(Clone, Debug)]
pub struct Compiled {
    rates: Rates,
    source: Synthetic,
    from: Instant,
    end: Instant,
}

impl Compiled {
    /// Prepares a source for runs over [from, end).
    pub fn new(plan: &Plan, source: &Synthetic, from: Instant, end: Instant) -> Compiled {
        Compiled { rates: Rates::of(plan, source, from, end), source: source.clone(), from, end }
    }

    /// Expected number of conversations.
    pub fn expected(&self) -> f64 {
        match &self.source.arrivals {
            Arrivals::Poisson { .. } => self.rates.expected(),
            Arrivals::Renewal { interval } => (self.end - self.from).ms() as f64 / interval.mean().max(1e-9),
        }
    }
}

/// The process. Poisson arrivals come by inversion of the integrated rate (exact for piecewise
/// constant rates, no thinning); a random environment multiplies the rate phase by phase.
#[derive(Clone, Debug)]
pub struct ArrivalProcess {
    stream: Stream,
    streams: Streams,
    entity: u64,
    /// Exact position, ms; arrivals are rounded from it, so that rounding never drifts.
    at: f64,
    piece: usize,
    day: u32,
    day_factor: f64,
    phase: usize,
    phase_until: f64,
    phase_stream: Stream,
    given: u64,
    /// The arrival after the last one given, worked out already: what happens meanwhile need not wait for it.
    ahead: Option<Next>,
}

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// When.
    pub at: Instant,
    /// Its intent, if a burst says so.
    pub intent: Option<u16>,
}

impl ArrivalProcess {
    /// The process of source number `source`.
    pub fn new(compiled: &Compiled, streams: &Streams, source: u64) -> ArrivalProcess {
        let mut process = ArrivalProcess {
            stream: streams.stream(Purpose::Arrivals, source),
            streams: *streams,
            entity: source,
            at: compiled.from.ms() as f64,
            piece: 0,
            day: u32::MAX,
            day_factor: 1.0,
            phase: 0,
            phase_until: f64::INFINITY,
            phase_stream: streams.stream(Purpose::Warmup, source),
            given: 0,
            ahead: None,
        };
        let phases = &compiled.source.phases;
        if !phases.is_empty() {
            // Begin in a phase drawn from the long-run shares.
            let total: f64 = phases.iter().map(|p| p.mean_stay).sum();
            let mut u = process.phase_stream.uniform() * total;
            while process.phase + 1 < phases.len() && u >= phases[process.phase].mean_stay {
                u -= phases[process.phase].mean_stay;
                process.phase += 1;
            }
            process.stay(compiled);
        }
        process.ahead = process.following(compiled);
        process
    }

    fn stay(&mut self, compiled: &Compiled) {
        let mean = compiled.source.phases[self.phase].mean_stay;
        self.phase_until = self.at - ln(self.phase_stream.uniform()) * mean;
    }

    /// The next arrival, if one comes before the end.
    pub fn next(&mut self, compiled: &Compiled) -> Option<Next> {
        let next = self.ahead?;
        self.ahead = self.following(compiled);
        Some(next)
    }

    fn following(&mut self, compiled: &Compiled) -> Option<Next> {
        if self.given >= compiled.source.max {
            return None;
        }
        let next = match &compiled.source.arrivals {
            Arrivals::Renewal { interval } => {
                self.at += interval.draw(&mut self.stream);
                Next { at: Instant((self.at + 0.5) as i64), intent: None }
            }
            Arrivals::Poisson { .. } => self.next_poisson(compiled)?,
        };
        self.given += 1;
        (next.at < compiled.end).then_some(next)
    }

    fn next_poisson(&mut self, compiled: &Compiled) -> Option<Next> {
        let pieces = &compiled.rates.pieces;
        let mut need = -ln(self.stream.uniform());
        loop {
            let piece = pieces.get(self.piece)?;
            if compiled.source.day_to_day > 0.0 && piece.day != self.day {
                self.day = piece.day;
                self.day_factor = self.draw_day(compiled.source.day_to_day);
            }
            let phase = compiled.source.phases.get(self.phase).map_or(1.0, |p| p.factor);
            let rate = (piece.base + piece.extra) * self.day_factor * phase;
            let piece_end = pieces.get(self.piece + 1).map_or(compiled.end, |p| p.from).ms() as f64;
            let until = piece_end.min(self.phase_until);
            let room = (until - self.at) * rate;
            if need < room {
                self.at += need / rate;
                let intent = (piece.extra > 0.0 && piece.extra_intent != u16::MAX)
                    .then(|| self.stream.chance(piece.extra / (piece.base + piece.extra)))
                    .and_then(|from_burst| from_burst.then_some(piece.extra_intent));
                return Some(Next { at: Instant((self.at + 0.5) as i64), intent });
            }
            need -= room.max(0.0);
            self.at = until;
            if until >= self.phase_until {
                self.phase = (self.phase + 1) % compiled.source.phases.len();
                self.stay(compiled);
            }
            if until >= piece_end {
                self.piece += 1;
            }
        }
    }

    /// The day's factor: gamma with mean 1 and the wanted coefficient of variation (a Poisson count
    /// with it is negative binomial, the usual model of overdispersed daily volumes).
    fn draw_day(&self, cv: f64) -> f64 {
        let shape = 1.0 / (cv * cv);
        let mut stream = self.streams.stream(Purpose::Day, self.entity << 32 | u64::from(self.day));
        crate::random::Distribution::Gamma { shape, scale: 1.0 / shape }.draw(&mut stream)
    }
}
