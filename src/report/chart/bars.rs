//! Bars: shares of a whole, ranges against a comfort band, and one stacked bar.

use super::svg::{Anchor, Svg, text_width};
use super::{Chart, Ink, WIDTH};
use crate::report::text::{clean, shorten};

const FONT: f64 = 12.0;
const ROW: f64 = 26.0;
const MAX_LABEL_COLUMNS: usize = 46;

/// A named amount with the words shown beside it.
#[derive(Clone, Debug)]
pub(in crate::report) struct Share {
    pub(in crate::report) name: String,
    pub(in crate::report) amount: f64,
    /// `1,570 (16.0 %)`
    pub(in crate::report) text: String,
    pub(in crate::report) ink: Ink,
}

/// Room for the longest name.
fn label_width<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    names.map(|n| text_width(&shorten(&clean(n), MAX_LABEL_COLUMNS), FONT) + 14.0).fold(40.0, f64::max)
}

/// One bar below the other, longest room for the largest.
pub(in crate::report) fn share_bars(name: &str, title: &str, description: &str, shares: &[Share]) -> Chart {
    let mut svg = Svg::default();
    let max = shares.iter().map(|s| s.amount).fold(0.0, f64::max);
    let left = label_width(shares.iter().map(|s| s.name.as_str()));
    let beside = shares.iter().map(|s| text_width(&s.text, FONT)).fold(0.0, f64::max) + 16.0;
    let width = f64::from(WIDTH) - left - beside;
    for (i, share) in shares.iter().enumerate() {
        let y = i as f64 * ROW;
        let label = clean(&share.name);
        let length = if max > 0.0 { share.amount.max(0.0) / max * width } else { 0.0 };
        svg.text((left - 10.0, y + 17.0), Anchor::End, FONT, Ink::Text, &shorten(&label, MAX_LABEL_COLUMNS));
        svg.rect(
            (left, y + 5.0),
            (length.max(1.0), ROW - 10.0),
            share.ink,
            0.85,
            &format!("{label}: {}", share.text),
        );
        svg.text((left + length + 8.0, y + 17.0), Anchor::Start, FONT, Ink::Muted, &share.text);
    }
    let height = (shares.len() as f64 * ROW + 4.0) as u32;
    Chart::new(name, title, description, (WIDTH, height), &svg.body)
}

/// A value with its interval.
#[derive(Clone, Debug)]
pub(in crate::report) struct RangeBar {
    pub(in crate::report) name: String,
    pub(in crate::report) value: f64,
    pub(in crate::report) low: f64,
    pub(in crate::report) high: f64,
    pub(in crate::report) text: String,
}

/// Shares from 0 to 100 % as dots with whiskers, before a band where they are comfortable.
pub(in crate::report) fn range_bars(
    name: &str,
    title: &str,
    description: &str,
    bars: &[RangeBar],
    (comfort_low, comfort_high): (f64, f64),
) -> Chart {
    let mut svg = Svg::default();
    let top = 24.0;
    let left = label_width(bars.iter().map(|b| b.name.as_str()));
    let beside = bars.iter().map(|b| text_width(&b.text, FONT)).fold(0.0, f64::max) + 30.0;
    let width = f64::from(WIDTH) - left - beside;
    let x = |share: f64| left + share.clamp(0.0, 1.0) * width;
    let bottom = top + bars.len() as f64 * ROW;
    svg.rect(
        (x(comfort_low), top),
        (x(comfort_high) - x(comfort_low), bottom - top),
        Ink::Teal,
        0.16,
        "comfort band",
    );
    let band = format!("comfort {:.0}–{:.0} %", comfort_low * 100.0, comfort_high * 100.0);
    svg.text((x((comfort_low + comfort_high) / 2.0), top - 7.0), Anchor::Middle, FONT, Ink::Muted, &band);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        svg.line((x(tick), top), (x(tick), bottom), Ink::Rule, 1.0);
        svg.text(
            (x(tick), bottom + 16.0),
            Anchor::Middle,
            FONT,
            Ink::Muted,
            &format!("{:.0} %", tick * 100.0),
        );
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = top + i as f64 * ROW + ROW / 2.0;
        let label = clean(&bar.name);
        let inside = (comfort_low..=comfort_high).contains(&bar.value);
        let ink = if inside { Ink::Blue } else { Ink::Orange };
        svg.text((left - 10.0, y + 4.0), Anchor::End, FONT, Ink::Text, &shorten(&label, MAX_LABEL_COLUMNS));
        svg.rect((left, y - 2.0), (x(bar.value) - left, 4.0), ink, 0.35, &format!("{label}: {}", bar.text));
        svg.line((x(bar.low), y), (x(bar.high), y), ink, 2.0);
        svg.dot((x(bar.value), y), 5.0, ink);
        svg.text((left + width + 16.0, y + 4.0), Anchor::Start, FONT, Ink::Text, &bar.text);
    }
    Chart::new(name, title, description, (WIDTH, (bottom + 24.0) as u32), &svg.body)
}

/// One bar in parts, each named under it.
pub(in crate::report) fn stacked_bar(name: &str, title: &str, description: &str, parts: &[Share]) -> Chart {
    let mut svg = Svg::default();
    let total: f64 = parts.iter().map(|p| p.amount.max(0.0)).sum();
    let width = f64::from(WIDTH);
    let mut x = 0.0;
    for part in parts {
        let length = if total > 0.0 { part.amount.max(0.0) / total * width } else { 0.0 };
        svg.rect(
            (x, 0.0),
            (length - 2.0, 34.0),
            part.ink,
            0.85,
            &format!("{}: {}", clean(&part.name), part.text),
        );
        x += length;
    }
    // The legend in rows, so that the name of a thin part has room, too.
    let (mut x, mut y) = (0.0, 58.0);
    for part in parts {
        let text = format!("{}  {}", shorten(&clean(&part.name), MAX_LABEL_COLUMNS), part.text);
        let needed = 18.0 + text_width(&text, FONT) + 22.0;
        if x > 0.0 && x + needed > width {
            x = 0.0;
            y += 20.0;
        }
        svg.rect((x, y - 10.0), (12.0, 12.0), part.ink, 0.85, "");
        svg.text((x + 18.0, y), Anchor::Start, FONT, Ink::Text, &text);
        x += needed;
    }
    Chart::new(name, title, description, (WIDTH, (y + 8.0) as u32), &svg.body)
}

/// One row for each whole, divided into the same parts; row length is the whole.
pub(in crate::report) fn stacked_rows(
    name: &str,
    title: &str,
    description: &str,
    (parts, show): (&[(&str, Ink)], fn(f64) -> String),
    rows: &[(String, Vec<f64>)],
) -> Chart {
    let mut svg = Svg::default();
    let top = 26.0;
    let total = |amounts: &[f64]| amounts.iter().filter(|a| a.is_finite()).sum::<f64>();
    let max = rows.iter().map(|r| total(&r.1)).fold(0.0, f64::max);
    let left = label_width(rows.iter().map(|r| r.0.as_str()));
    let beside = rows.iter().map(|r| text_width(&show(total(&r.1)), FONT)).fold(0.0, f64::max) + 16.0;
    let width = f64::from(WIDTH) - left - beside;
    let mut x = left;
    for (part, ink) in parts {
        svg.rect((x, 3.0), (12.0, 12.0), *ink, 0.85, "");
        svg.text((x + 18.0, 13.0), Anchor::Start, FONT, Ink::Text, part);
        x += 18.0 + text_width(part, FONT) + 20.0;
    }
    for (i, (row, amounts)) in rows.iter().enumerate() {
        let y = top + i as f64 * ROW;
        let label = clean(row);
        svg.text((left - 10.0, y + 17.0), Anchor::End, FONT, Ink::Text, &shorten(&label, MAX_LABEL_COLUMNS));
        let mut x = left;
        for ((part, ink), amount) in parts.iter().zip(amounts).filter(|(_, a)| a.is_finite() && max > 0.0) {
            let length = amount.max(0.0) / max * width;
            svg.rect(
                (x, y + 5.0),
                (length, ROW - 10.0),
                *ink,
                0.85,
                &format!("{label}, {part}: {}", show(*amount)),
            );
            x += length;
        }
        svg.text((x + 8.0, y + 17.0), Anchor::Start, FONT, Ink::Muted, &show(total(amounts)));
    }
    let height = (top + rows.len() as f64 * ROW + 4.0) as u32;
    Chart::new(name, title, description, (WIDTH, height), &svg.body)
}
