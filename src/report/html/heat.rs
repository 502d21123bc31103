//! Heat maps: tables of weekday and hour whose cells carry their number, coloured around a middle.

use crate::measure::{HourCell, Pictures};
use crate::report::chart::DAYS;
use crate::report::format::{number, percent};
use serde::Serialize;

/// A heat map.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Heat {
    /// Hours of the columns.
    pub(super) hours: Vec<String>,
    /// Weekdays.
    pub(super) rows: Vec<HeatRow>,
}

/// One weekday.
#[derive(Clone, Debug, Serialize)]
pub(super) struct HeatRow {
    /// Name.
    pub(super) day: String,
    /// Cells of the hours shown.
    pub(super) cells: Vec<HeatCell>,
}

/// One hour.
#[derive(Clone, Debug, Serialize)]
pub(super) struct HeatCell {
    /// Number shown; "" where nothing was seen.
    pub(super) text: String,
    /// Colour: `s4` (far worse) … `p0` (as wanted) … `p4` (far better); "" for blank.
    pub(super) class: &'static str,
    /// The whole story, on hover.
    pub(super) tip: String,
}

/// Staffed less needed agents.
pub(super) fn staffing(pictures: &Pictures) -> Heat {
    heat(pictures, |c| {
        let gap = gap(c)?;
        let class = match gap.round() as i64 {
            ..=-5 => "s4",
            -4..=-3 => "s3",
            -2 => "s2",
            -1 => "s1",
            0 => "p0",
            1 => "p1",
            2 => "p2",
            3..=4 => "p3",
            _ => "p4",
        };
        let rounded = gap.round();
        let text = if rounded < 0.0 {
            format!("−{}", rounded.abs())
        } else if rounded > 0.0 {
            format!("+{rounded}")
        } else {
            "0".to_owned()
        };
        let tip = format!(
            "staffed {}, needed {}, {} conversations entered a queue",
            number(c.staffed),
            number(c.needed),
            number(c.entered)
        );
        Some((text, class, tip))
    })
}

/// Share answered within the service-level time, coloured around its target.
pub(super) fn within(pictures: &Pictures, target: f64) -> Heat {
    heat(pictures, |c| {
        if !c.within.is_finite() {
            return None;
        }
        let points = (c.within - target) * 100.0;
        let class = match points {
            p if p < -40.0 => "s4",
            p if p < -20.0 => "s3",
            p if p < -8.0 => "s2",
            p if p < 0.0 => "s1",
            p if p < 5.0 => "p1",
            p if p < 12.0 => "p2",
            _ => "p3",
        };
        let tip = format!("{} of {} conversations", percent(c.within), number(c.entered));
        Some((format!("{:.0}", c.within * 100.0), class, tip))
    })
}

/// Staffed less needed; nothing where nobody came and nobody was needed.
pub(super) fn gap(cell: &HourCell) -> Option<f64> {
    let needed = if cell.needed.is_finite() { cell.needed } else { 0.0 };
    let something = cell.staffed > 0.05 || needed > 0.05;
    something.then_some(cell.staffed - needed)
}

/// Hours in which anything was seen, Monday first: (weekday, hour, cell).
pub(super) fn seen(pictures: &Pictures) -> impl Iterator<Item = (usize, usize, &HourCell)> {
    pictures.week.iter().enumerate().flat_map(move |(day, hours)| {
        hours
            .iter()
            .enumerate()
            .filter(move |(hour, _)| is_seen(pictures, day, *hour))
            .map(move |(hour, c)| (day, hour, c))
    })
}

fn is_seen(pictures: &Pictures, day: usize, hour: usize) -> bool {
    pictures.seen.get(day).and_then(|hours| hours.get(hour)).copied().unwrap_or(false)
}

fn heat(pictures: &Pictures, cell: impl Fn(&HourCell) -> Option<(String, &'static str, String)>) -> Heat {
    let filled = |hour: usize| seen(pictures).any(|(_, h, c)| h == hour && cell(c).is_some());
    // Nights in which nothing ever happens are not shown.
    let first = (0..24).find(|h| filled(*h)).unwrap_or(0);
    let last = (0..24).rev().find(|h| filled(*h)).unwrap_or(0);
    let rows = pictures.week.iter().enumerate().zip(DAYS).map(|((day, hours), name)| HeatRow {
        day: name.to_owned(),
        cells: hours
            .iter()
            .enumerate()
            .take(last + 1)
            .skip(first)
            .map(|(hour, c)| {
                let (text, class, tip) =
                    is_seen(pictures, day, hour).then(|| cell(c)).flatten().unwrap_or_default();
                let tip = if tip.is_empty() { tip } else { format!("{name} {hour:02}:00: {tip}") };
                HeatCell { text, class, tip }
            })
            .collect(),
    });
    Heat { hours: (first..=last).map(|h| format!("{h:02}")).collect(), rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_shortage_has_its_sign_and_its_colour() {
        let heat = staffing(&sample::pictures());
        assert_eq!(heat.rows.len(), 7);
        let cells: Vec<&HeatCell> = heat.rows.iter().flat_map(|r| &r.cells).collect();
        assert!(cells.iter().any(|c| c.text.starts_with('−') && c.class.starts_with('s')));
        assert!(cells.iter().any(|c| c.text.starts_with('+') && c.class.starts_with('p')));
        assert!(cells.iter().all(|c| !c.text.starts_with('−') || c.class.starts_with('s')));
    }

    #[test]
    fn hours_never_seen_are_blank() {
        let mut pictures = sample::pictures();
        pictures.seen[2] = [false; 24];
        assert!(staffing(&pictures).rows[2].cells.iter().all(|c| c.text.is_empty() && c.class.is_empty()));
    }
}
