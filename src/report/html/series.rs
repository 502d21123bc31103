//! Series made ready to be drawn: bands, steps, cumulative curves, and their tables.

use super::tables::{Table, cell};
use crate::measure::{Band, Curve, Unit};
use crate::report::chart::{Axis, Dash, Ink, Layer, Plot};
use crate::report::format::{duration, percent};
use crate::report::text::clean;

/// More points than pixels say nothing more; longer series are thinned to this.
pub(super) const MAX_POINTS: usize = 380;

/// A band and its median.
pub(super) fn band_layers(band: &Band, ink: Ink, median: &str, spread: Option<&str>) -> Vec<Layer> {
    let x = |i: usize| band.at.get(i).map_or(f64::NAN, |at| *at as f64);
    let between = band.low.iter().zip(&band.high).enumerate().map(|(i, (l, h))| (x(i), *l, *h)).collect();
    let mut layers: Vec<Layer> =
        spread.map(|name| Layer::Band { points: between, ink, name: name.to_owned() }).into_iter().collect();
    layers.push(Layer::Line {
        points: band.median.iter().enumerate().map(|(i, m)| (x(i), *m)).collect(),
        ink,
        dash: Dash::Solid,
        name: median.to_owned(),
    });
    layers
}

/// The numbers of a band.
pub(super) fn band_table(
    head: &str,
    band: &Band,
    when: impl Fn(i64) -> String,
    show: impl Fn(f64) -> String,
) -> Table {
    let rows = (0..band.at.len())
        .map(|i| {
            let at = |of: &[f64]| of.get(i).copied().map_or_else(String::new, &show);
            vec![
                band.at.get(i).copied().map_or_else(String::new, &when),
                at(&band.median),
                at(&band.low),
                at(&band.high),
            ]
        })
        .collect();
    Table::new(&format!("{head}|median #|5 % #|95 % #"), rows)
}

/// Days from the first point to the end of the last, which lasts `width`.
pub(super) fn days_axis(band: &Band, width: i64, zone: &jiff::tz::TimeZone) -> Axis {
    let first = band.at.first().copied().unwrap_or(0);
    let last = band.at.last().copied().unwrap_or(1);
    Axis::days(first, last + width, zone, "day")
}

/// The highest number of a series; 0 if there is none.
pub(super) fn highest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// Every `n`-th point.
pub(super) fn one_in(band: &Band, n: usize) -> Band {
    let every = |of: &[f64]| of.iter().copied().step_by(n.max(1)).collect();
    Band {
        at: band.at.iter().copied().step_by(n.max(1)).collect(),
        median: every(&band.median),
        low: every(&band.low),
        high: every(&band.high),
    }
}

/// Buckets of equal length: least low, greatest high, mean median; peaks stay.
pub(super) fn thinned(band: &Band) -> Band {
    let bucket = band.at.len().div_ceil(MAX_POINTS).max(1);
    if bucket == 1 {
        return band.clone();
    }
    let fold = |of: &[f64], with: fn(&[f64]) -> f64| of.chunks(bucket).map(with).collect();
    Band {
        at: band.at.chunks(bucket).filter_map(|c| c.first().copied()).collect(),
        median: fold(&band.median, |c| c.iter().sum::<f64>() / c.len() as f64),
        low: fold(&band.low, |c| c.iter().copied().fold(f64::INFINITY, f64::min)),
        high: fold(&band.high, |c| c.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    }
}

/// A value that holds until the next one, as the corners of its line.
pub(super) fn steps(values: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    let mut width = 30.0;
    for (x, y) in values {
        if let Some((before, last)) = corners.last().copied() {
            // A hole in the rows (a closed night) is no step.
            if x - before > 1.5 * width {
                corners.push((before + width, last));
                corners.push((before + width, f64::NAN));
            } else {
                width = if x > before { x - before } else { width };
                corners.push((x, last));
            }
        }
        corners.push((x, y));
    }
    if let Some((x, y)) = corners.last().copied() {
        corners.push((x + width, y));
    }
    corners
}

/// The curve whose target is called out: all conversations, or, where targets differ, the slice that
/// reaches its own least.
pub(super) fn called_out(curves: &[Curve]) -> Option<(&Curve, (f64, f64))> {
    let with_target = || curves.iter().filter_map(|c| Some((c, c.target?)));
    let all = curves.first().and_then(|c| Some((c, c.target?)));
    all.or_else(|| with_target().min_by(|a, b| a.1.1.total_cmp(&b.1.1)))
}

/// Cumulative curves with their targets.
pub(super) fn curve_plot(curves: &[Curve]) -> Plot {
    let xs = || curves.iter().flat_map(|c| c.x_s.iter().zip(&c.share));
    // From where anyone is served to where nearly all are.
    let low = xs().filter(|(_, s)| **s >= 0.01).map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let target = curves.iter().filter_map(|c| c.target).map(|t| t.0).fold(0.0, f64::max);
    let high = curves
        .iter()
        .filter_map(|c| {
            c.x_s.iter().zip(&c.share).find(|(_, s)| **s >= 0.995).map(|(x, _)| *x).or(c.x_s.last().copied())
        })
        .fold(target * 2.0, f64::max);
    let low = if low.is_finite() { low.max(0.1) } else { 1.0 };
    let mut layers: Vec<Layer> = curves
        .iter()
        .zip(Ink::SERIES.into_iter().cycle())
        .enumerate()
        .map(|(i, (c, ink))| {
            let points: Vec<(f64, f64)> = c
                .x_s
                .iter()
                .zip(&c.share)
                .filter(|(x, _)| **x >= low)
                .map(|(x, s)| (x.log10(), *s))
                .collect();
            let every = points.len().div_ceil(MAX_POINTS).max(1);
            // Orange is kept for targets.
            let ink = if ink == Ink::Orange { Ink::Text } else { ink };
            Layer::Line {
                points: points.into_iter().step_by(every).collect(),
                ink,
                dash: Dash::of(i),
                name: c.name.clone(),
            }
        })
        .collect();
    let marked = called_out(curves);
    let point = |(x, share): (f64, f64)| (x.log10(), share);
    let targets = curves.iter().filter_map(|c| c.target).filter(|t| t.0 > 0.0);
    layers.push(Layer::Dots { points: targets.map(point).collect(), ink: Ink::Orange, name: String::new() });
    if let Some((curve, (x, share))) = marked.filter(|(_, t)| t.0 > 0.0) {
        let whose = if curves.first().is_some_and(|c| c.name == curve.name) {
            String::new()
        } else {
            format!("{}: ", clean(&curve.name))
        };
        let label = format!("{whose}{} within {}", percent(share), duration(x));
        layers.push(Layer::CallOut { x: x.log10(), y: share, label });
    }
    Plot {
        height: 280,
        x: Axis::log_seconds(low, high, "time, logarithmic"),
        y: Axis::share(0.0, "share served"),
        layers,
    }
}

/// Shares at a handful of times.
pub(super) fn curve_table(curves: &[Curve]) -> Table {
    const AT_S: [f64; 13] = [
        1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 28_800.0, 86_400.0, 259_200.0,
    ];
    let last = curves.iter().filter_map(|c| c.x_s.last().copied()).fold(0.0, f64::max);
    let head =
        curves.iter().fold("within".to_owned(), |h, c| format!("{h}|{} #", clean(&c.name).replace('|', "/")));
    let reached = |c: &Curve, at: f64| {
        let below = c.x_s.iter().zip(&c.share).take_while(|(x, _)| **x <= at).last();
        cell(below.map_or(0.0, |(_, s)| *s), Unit::Share)
    };
    let rows = AT_S
        .into_iter()
        .filter(|at| *at <= last * 3.0)
        .map(|at| std::iter::once(duration(at)).chain(curves.iter().map(|c| reached(c, at))).collect())
        .collect();
    Table::new(&head, rows)
}

/// Parts of a whole.
pub(super) fn shares_table(head: &str, parts: &[(String, f64)], show: impl Fn(f64) -> String) -> Table {
    let total: f64 = parts.iter().map(|p| p.1).sum();
    Table::new(head, parts.iter().map(|(name, x)| vec![clean(name), show(*x), percent(x / total)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_peaks() {
        let n = 10_000;
        let mut band = Band {
            at: (0..n).collect(),
            median: vec![1.0; n as usize],
            low: vec![0.5; n as usize],
            high: vec![2.0; n as usize],
        };
        band.high[7_777] = 99.0;
        let thin = thinned(&band);
        assert!(thin.at.len() <= MAX_POINTS);
        assert_eq!(highest(&thin.high), 99.0);
        assert_eq!(thin.at.len(), thin.median.len());
    }

    #[test]
    fn a_step_holds_until_the_next_and_stops_at_a_hole() {
        let corners = steps([(0.0, 1.0), (30.0, 2.0), (600.0, 3.0)].into_iter());
        let x: Vec<f64> = corners.iter().map(|c| c.0).collect();
        assert_eq!(x, [0.0, 30.0, 30.0, 60.0, 60.0, 600.0, 630.0]);
        assert!(corners[4].1.is_nan());
    }
}
