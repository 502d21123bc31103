//! The modified offered load: how many conversations would be open at each moment if there were
//! always an agent. Long conversations carry the load of a busy hour into the next one, so sizing each
//! interval by its own arrivals alone misses the target (Eick, Massey and Whitt 1993; Green, Kolesar
//! and Soares 2001).

use crate::time::Span;

/// Parts of an interval in which the rate is taken to be constant.
const PARTS: usize = 12;

/// For each interval of a cycle the rate, per second, at which a desk in steady state would have as
/// many conversations open as this one at its fullest moment in the interval.
///
/// The rate runs in a straight line between the middles of intervals, except next to an interval in
/// which nobody comes (the desk is closed); there it jumps. `m' = rate - m / holding_time`.
pub fn effective_rates(arrivals: &[f64], interval: Span, holding_time_s: f64) -> Vec<f64> {
    let n = arrivals.len();
    let interval_s = interval.seconds();
    if n == 0 || interval_s <= 0.0 || holding_time_s <= 0.0 {
        return vec![0.0; n];
    }
    let part_s = interval_s / PARTS as f64;
    let kept = libm::exp(-part_s / holding_time_s);
    // In units of conversations per second: the load divided by the holding time.
    let step = |level: f64, i: usize, part: usize| {
        let rate = rate_within(arrivals, i, (part as f64 + 0.5) / PARTS as f64) / interval_s;
        rate + (level - rate) * kept
    };
    let one_cycle = |start: f64| {
        (0..n)
            .flat_map(|i| (0..PARTS).map(move |part| (i, part)))
            .fold(start, |m, (i, part)| step(m, i, part))
    };
    // What is left of the level after a cycle is linear in the level before it, so the one that comes
    // back to itself is known after one turn.
    let forgotten = -libm::expm1(-interval_s * n as f64 / holding_time_s);
    let mut level = one_cycle(0.0) / forgotten;
    (0..n)
        .map(|i| {
            (0..PARTS).fold(level, |highest, part| {
                level = step(level, i, part);
                highest.max(level)
            })
        })
        .collect()
}

/// Arrivals per interval at a place within interval `i` (0 its begin, 1 its end).
fn rate_within(arrivals: &[f64], i: usize, place: f64) -> f64 {
    let n = arrivals.len();
    let (neighbour, far) = if place < 0.5 {
        (arrivals[(i + n - 1) % n], 0.5 - place)
    } else {
        (arrivals[(i + 1) % n], place - 0.5)
    };
    if arrivals[i] > 0.0 && neighbour > 0.0 {
        arrivals[i] + (neighbour - arrivals[i]) * far
    } else {
        arrivals[i]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference row `mol-mu2`: rate 30 + 24 sin(2 pi t / 24) an hour, work of half an hour.
    #[test]
    fn follows_the_closed_form() {
        let minutes = 5.0;
        let n = (24.0 * 60.0 / minutes) as usize;
        let angle = |i: usize| std::f64::consts::TAU * (i as f64 + 0.5) / n as f64;
        let arrivals: Vec<f64> = (0..n).map(|i| (30.0 + 24.0 * angle(i).sin()) * minutes / 60.0).collect();
        let rates = effective_rates(&arrivals, Span::from_minutes(5), 1800.0);
        let expected = [
            (3, 22.250328224159894),
            (6, 26.79784707736435),
            (9, 24.434347119452546),
            (15, 7.749671775840108),
            (21, 5.565652880547452),
        ];
        for (hour, load) in expected {
            // An interval shows its fullest moment: on a slope, the lower of two neighbours is at the hour.
            let i = (f64::from(hour) * 60.0 / minutes) as usize;
            let at_hour = rates[i - 1].min(rates[i]) * 1800.0;
            assert!((at_hour / load - 1.0).abs() < 1e-3, "{hour}: {at_hour}");
        }
    }

    #[test]
    fn a_constant_rate_is_its_own_load() {
        let rates = effective_rates(&[30.0; 48], Span::from_minutes(30), 5400.0);
        assert!(rates.iter().all(|r| (r * 1800.0 / 30.0 - 1.0).abs() < 1e-9));
    }

    /// Nobody comes before the desk opens, and what came stays a while after it closes.
    #[test]
    fn closed_hours() {
        let mut arrivals = [0.0; 24];
        arrivals[9..17].fill(60.0);
        let rates = effective_rates(&arrivals, Span::from_hours(1), 3600.0);
        assert!(rates[8] < 1e-3 * rates[12]);
        assert!(rates[17] > 0.3 * rates[16]);
        assert!(rates[9] < rates[10]);
    }
}
