//! A heat map of two axes: each cell carries its number, and the colour follows it.

use super::svg::{Anchor, Svg, text_width};
use super::{Chart, Ink, WIDTH};
use crate::report::text::{clean, shorten};

const FONT: f64 = 12.0;
const ROW: f64 = 30.0;
const HEAD: f64 = 44.0;
const MAX_LABEL_COLUMNS: usize = 30;

/// One cell.
#[derive(Clone, Debug)]
pub(in crate::report) struct HeatCell {
    /// What the colour follows; not finite where there is nothing.
    pub(in crate::report) value: f64,
    /// The number as people read it.
    pub(in crate::report) text: String,
    /// The whole story, on hover.
    pub(in crate::report) tip: String,
}

/// An axis with the values along it.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Side<'a> {
    pub(in crate::report) name: &'a str,
    pub(in crate::report) values: &'a [String],
}

/// `cells` row by row.
pub(in crate::report) fn heat_map(
    name: &str,
    title: &str,
    description: &str,
    rows: Side<'_>,
    columns: Side<'_>,
    cells: &[HeatCell],
) -> Chart {
    let short = |text: &str| shorten(&clean(text), MAX_LABEL_COLUMNS);
    let mut svg = Svg::default();
    let widest = rows.values.iter().map(|v| text_width(&short(v), FONT)).fold(40.0, f64::max);
    let left = widest.max(text_width(&short(rows.name), FONT)) + 16.0;
    let width = (f64::from(WIDTH) - left) / columns.values.len().max(1) as f64;
    let finite = || cells.iter().map(|c| c.value).filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    svg.text((left, 14.0), Anchor::Start, FONT, Ink::Muted, &short(columns.name));
    svg.text((0.0, 36.0), Anchor::Start, FONT, Ink::Muted, &short(rows.name));
    for (i, value) in columns.values.iter().enumerate() {
        let middle = left + (i as f64 + 0.5) * width;
        svg.text((middle, 36.0), Anchor::Middle, FONT, Ink::Text, &short(value));
    }
    for (r, value) in rows.values.iter().enumerate() {
        let y = HEAD + r as f64 * ROW;
        svg.text((left - 10.0, y + 19.0), Anchor::End, FONT, Ink::Text, &short(value));
        for c in 0..columns.values.len() {
            let Some(cell) = cells.get(r * columns.values.len() + c) else { continue };
            let x = left + c as f64 * width;
            if cell.value.is_finite() {
                let part = if high > low { (cell.value - low) / (high - low) } else { 0.0 };
                let opacity = (8.0 + 52.0 * part).round() / 100.0;
                svg.rect((x + 1.0, y + 1.0), (width - 2.0, ROW - 2.0), Ink::Blue, opacity, &cell.tip);
            }
            svg.text((x + width / 2.0, y + 19.0), Anchor::Middle, FONT, Ink::Text, &cell.text);
        }
    }
    let height = (HEAD + rows.values.len() as f64 * ROW + 4.0) as u32;
    Chart::new(name, title, description, (WIDTH, height), &svg.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_number_and_its_story() {
        let cell = |value: f64| HeatCell { value, text: format!("{value}"), tip: format!("a={value} <b>") };
        let values = ["1".to_owned(), "2".to_owned()];
        let side = |name| Side { name, values: &values };
        let cells = [cell(0.0), cell(5.0), cell(10.0), cell(f64::NAN)];
        let chart = heat_map("x", "<t>", "d", side("a"), side("b"), &cells);
        // The lowest is palest, the highest darkest, what is missing has no colour.
        assert!(chart.svg.contains("fill-opacity=\"0.08\"") && chart.svg.contains("fill-opacity=\"0.6\""));
        assert_eq!(chart.svg.matches("<rect").count(), 3);
        assert!(!chart.svg.contains("<b>") && !chart.svg.contains("<t>"));
    }
}
