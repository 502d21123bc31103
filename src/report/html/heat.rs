//! Heat maps: tables of weekday and hour whose cells carry their number, coloured around a middle.

use crate::measure::{HourCell, Pictures};
use crate::report::chart::DAYS;
use crate::report::format::{number, percent};
use serde::Serialize;
use std::collections::BTreeMap;

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
    let gaps = Gaps::of(pictures);
    heat(pictures, |day, hour, c| {
        let gap = gaps.at(day, hour)?;
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
        let needed = if c.needed.is_finite() { c.needed } else { 0.0 };
        let tip = format!(
            "staffed {}, needed {}, {} conversations entered a queue",
            number(c.staffed),
            number(needed),
            number(c.entered)
        );
        Some((text, class, tip))
    })
}

/// Agents missing or to spare in each hour of the week.
///
/// A team with agents to spare does not answer for another that is short: where any team is short,
/// the gap is what is missing in the teams that are; elsewhere it is what all have to spare.
pub(super) struct Gaps {
    cells: Vec<[Option<f64>; 24]>,
}

impl Gaps {
    /// From the rows by team and interval; where a week has none, from all teams together.
    pub(super) fn of(pictures: &Pictures) -> Gaps {
        let mut cells = vec![[None; 24]; pictures.week.len()];
        if pictures.staffing.is_empty() {
            for (day, hour, c) in seen(pictures) {
                let needed = if c.needed.is_finite() { c.needed } else { 0.0 };
                cells[day][hour] = something(c.staffed, needed).then_some(c.staffed - needed);
            }
            return Gaps { cells };
        }
        // (staffed, needed, intervals) of a team in an hour of the week.
        let mut hours: BTreeMap<(usize, &str), (f64, f64, f64)> = BTreeMap::new();
        for row in &pictures.staffing {
            let sum = hours.entry((row.minute_of_week as usize / 60, row.team.as_str())).or_default();
            sum.0 += row.staffed;
            sum.1 += if row.needed.is_finite() { row.needed } else { 0.0 };
            sum.2 += 1.0;
        }
        // (missing, to spare)
        let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for ((hour, _), (staffed, needed, n)) in hours {
            if something(staffed / n, needed / n) {
                let gap = (staffed - needed) / n;
                let sum = sums.entry(hour).or_default();
                sum.0 += gap.min(0.0);
                sum.1 += gap.max(0.0);
            }
        }
        for (hour, (missing, spare)) in sums {
            if let Some(cell) = cells.get_mut(hour / 24).and_then(|day| day.get_mut(hour % 24)) {
                *cell = Some(if missing <= -HALF_AN_AGENT { missing } else { spare });
            }
        }
        Gaps { cells }
    }

    /// The gap of an hour; `None` where nobody was staffed and nobody needed.
    pub(super) fn at(&self, day: usize, hour: usize) -> Option<f64> {
        self.cells.get(day)?.get(hour).copied().flatten()
    }
}

/// From here on a gap is worth a word.
pub(super) const HALF_AN_AGENT: f64 = 0.5;

fn something(staffed: f64, needed: f64) -> bool {
    staffed > 0.05 || needed > 0.05
}

/// Share answered within the service-level time, coloured around its target.
pub(super) fn within(pictures: &Pictures, target: f64) -> Heat {
    heat(pictures, |_, _, c| {
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

fn heat(
    pictures: &Pictures,
    cell: impl Fn(usize, usize, &HourCell) -> Option<(String, &'static str, String)>,
) -> Heat {
    let filled = |hour: usize| seen(pictures).any(|(d, h, c)| h == hour && cell(d, h, c).is_some());
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
                    is_seen(pictures, day, hour).then(|| cell(day, hour, c)).flatten().unwrap_or_default();
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
    use crate::measure::StaffingRow;
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
    fn a_team_to_spare_does_not_make_up_for_one_that_is_short() {
        let mut pictures = sample::pictures();
        let row = |team: &str, staffed: f64, needed: f64| StaffingRow {
            team: team.to_owned(),
            minute_of_week: 600,
            entered: 5.0,
            needed,
            staffed,
            ..StaffingRow::default()
        };
        pictures.staffing = vec![row("a", 1.0, 3.0), row("b", 9.0, 2.0)];
        assert_eq!(Gaps::of(&pictures).at(0, 10), Some(-2.0));
        pictures.staffing = vec![row("a", 3.0, 3.0), row("b", 9.0, 2.0)];
        assert_eq!(Gaps::of(&pictures).at(0, 10), Some(7.0));
        assert_eq!(Gaps::of(&pictures).at(0, 11), None);
    }

    #[test]
    fn hours_never_seen_are_blank() {
        let mut pictures = sample::pictures();
        pictures.seen[2] = [false; 24];
        assert!(staffing(&pictures).rows[2].cells.iter().all(|c| c.text.is_empty() && c.class.is_empty()));
    }
}
