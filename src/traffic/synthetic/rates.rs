//! The expected rate of arrivals over the run, as pieces of constant rate in UTC.

use crate::scenario::plan::{Arrivals, Burst, Plan, Synthetic};
use crate::time::{Instant, Span};
use jiff::ToSpan;

/// A stretch of constant rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Begin; the piece ends where the next one begins.
    pub from: Instant,
    /// Expected conversations per ms of the usual mix.
    pub base: f64,
    /// Expected conversations per ms added by bursts.
    pub extra: f64,
    /// Intent of the added ones; `u16::MAX` = the usual mix.
    pub extra_intent: u16,
    /// Number of the civil day since the start, for the day's factor.
    pub day: u32,
}

/// All pieces of a run.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// In order; the last ends at `end`.
    pub pieces: Vec<Piece>,
    /// End of the run.
    pub end: Instant,
}

impl Rates {
    /// Lays the source's slots, bursts and days over [from, end). Empty for renewal sources.
    pub fn of(plan: &Plan, source: &Synthetic, from: Instant, end: Instant) -> Rates {
        let Arrivals::Poisson { slot, per_hour, weekly } = &source.arrivals else { return Rates::default() };
        if per_hour.is_empty() || slot.ms() <= 0 {
            return Rates { pieces: Vec::new(), end };
        }
        let midnights = midnights(plan, from, end);
        let bursts = burst_spans(plan, &source.bursts, &midnights);
        let mut cuts: Vec<Instant> = vec![from];
        // A constant rate without days of its own needs no cuts at all.
        let constant = per_hour.windows(2).all(|w| w[0] == w[1]);
        if !constant {
            if *weekly {
                for (midnight, _) in &midnights {
                    let per_day = Span::from_days(1).ms() / slot.ms();
                    cuts.extend((0..per_day.max(1)).map(|i| *midnight + Span(i * slot.ms())));
                }
            } else {
                let mut at = plan.start;
                while at < end {
                    cuts.push(at);
                    at += *slot;
                }
            }
        }
        if source.day_to_day > 0.0 {
            cuts.extend(midnights.iter().map(|(at, _)| *at));
        }
        cuts.extend(bursts.iter().flat_map(|b| [b.0, b.1]));
        cuts.retain(|at| *at >= from && *at < end);
        cuts.sort();
        cuts.dedup();
        let pieces = cuts
            .into_iter()
            .map(|at| {
                let base = per_hour[slot_at(plan, at, *slot, per_hour.len(), *weekly)] / 3_600_000.0;
                let mut piece = Piece { from: at, base, extra: 0.0, extra_intent: u16::MAX, day: 0 };
                piece.day = midnights.partition_point(|(m, _)| *m <= at).saturating_sub(1) as u32;
                for (_, _, burst) in bursts.iter().filter(|b| b.0 <= at && at < b.1) {
                    piece.extra += base * (burst.factor - 1.0);
                    piece.extra_intent = burst.intent.unwrap_or(u16::MAX);
                }
                if piece.extra < 0.0 {
                    piece.base += piece.extra;
                    piece.extra = 0.0;
                }
                piece
            })
            .collect();
        Rates { pieces, end }
    }

    /// Expected number of conversations before any random factor.
    pub fn expected(&self) -> f64 {
        let ends = self.pieces.iter().skip(1).map(|p| p.from).chain([self.end]);
        self.pieces.iter().zip(ends).map(|(p, end)| (p.base + p.extra) * (end - p.from).ms() as f64).sum()
    }
}

/// Civil midnights from the day of `from` to `end`, with their dates.
fn midnights(plan: &Plan, from: Instant, end: Instant) -> Vec<(Instant, jiff::civil::Date)> {
    let mut found = Vec::new();
    let Ok(first) = jiff::Timestamp::from_millisecond(from.ms()) else { return found };
    let mut day = first.to_zoned(plan.zone.clone()).date();
    while let Ok(midnight) = day.to_zoned(plan.zone.clone()) {
        let at = Instant(midnight.timestamp().as_millisecond());
        if at >= end {
            break;
        }
        found.push((at, day));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    found
}

fn burst_spans<'a>(
    plan: &Plan,
    bursts: &'a [Burst],
    midnights: &[(Instant, jiff::civil::Date)],
) -> Vec<(Instant, Instant, &'a Burst)> {
    let mut spans = Vec::new();
    for burst in bursts {
        for (_, day) in midnights {
            let wanted = match burst.date {
                Some(date) => date == *day,
                None => burst.days[day.weekday().to_monday_zero_offset() as usize],
            };
            if wanted
                && let Ok(at) =
                    day.to_datetime(jiff::civil::Time::midnight()).checked_add(i64::from(burst.at).minutes())
                && let Ok(zoned) = at.to_zoned(plan.zone.clone())
            {
                let at = Instant(zoned.timestamp().as_millisecond());
                spans.push((at, at + burst.lasts, burst));
            }
        }
    }
    spans
}

/// Slot of the cycle an instant falls into.
fn slot_at(plan: &Plan, at: Instant, slot: Span, slots: usize, weekly: bool) -> usize {
    if !weekly {
        return ((at - plan.start).ms().max(0) / slot.ms()) as usize % slots;
    }
    let Ok(stamp) = jiff::Timestamp::from_millisecond(at.ms()) else { return 0 };
    let zoned = stamp.to_zoned(plan.zone.clone());
    let minute = i64::from(zoned.weekday().to_monday_zero_offset()) * 1_440
        + i64::from(zoned.hour()) * 60
        + i64::from(zoned.minute());
    (minute * 60_000 / slot.ms()) as usize % slots
}
