//! Profiles: relative weights, weekday x slot of the day, by day or from a CSV file.

use super::Checker;
use super::files::lines;
use crate::diag::Diagnostic;
use crate::scenario::raw::DayWeights;
use crate::scenario::raw::leaf::{At, PlainOr};
use crate::scenario::value::{self, DAY_MINUTES};
use std::ops::Range;

impl Checker<'_> {
    /// Weights of the week's slots from Monday 00:00 on, or a fault.
    pub fn profile(&mut self, profile: &At<PlainOr<String, DayWeights>>) -> Option<Vec<f64>> {
        match &profile.value {
            PlainOr::Plain(path) => {
                self.profile_file(&At { value: path.clone(), span: profile.span.clone() })
            }
            PlainOr::Table(days) => self.profile_by_day(days, &profile.span),
        }
    }

    fn profile_by_day(&mut self, days: &DayWeights, span: &Range<usize>) -> Option<Vec<f64>> {
        let week = self.each_day(days, "weights");
        let mut fault = |span: &Range<usize>, label: String| {
            let fault = Diagnostic::error("HS0107", "a profile cannot be read").mark(span.clone(), label);
            self.fault(fault.help("24 weights are the day's hours, 48 its half hours, and so on"));
        };
        let mut named = week.iter().copied().flatten();
        let Some(slots) = named.clone().next().map(|weights| weights.value.len()) else {
            fault(span, "no day has weights".to_owned());
            return None;
        };
        if slots == 0 || !usize::from(DAY_MINUTES).is_multiple_of(slots) {
            let span = named.next().map_or(span, |weights| &weights.span);
            fault(span, format!("{slots} weights do not divide a day into whole minutes"));
            return None;
        }
        for weights in named {
            if weights.value.len() != slots {
                fault(&weights.span, format!("{} weights, and another day has {slots}", weights.value.len()));
                return None;
            }
            if let Some(weight) = weights.value.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                fault(&weights.span, format!("`{weight}` is not a weight of 0 or more"));
                return None;
            }
        }
        let nobody = vec![0.0; slots];
        let week: Vec<f64> =
            week.iter().flat_map(|day| day.map_or(&nobody, |weights| &weights.value)).copied().collect();
        if let Some(label) = useless(&week) {
            fault(span, label.to_owned());
            return None;
        }
        Some(week)
    }

    /// The file has a header, then one row for each slot of the day: its time and seven weights,
    /// Monday to Sunday. `#` begins a comment. The slots are as long as the rows are many.
    fn profile_file(&mut self, path: &At<String>) -> Option<Vec<f64>> {
        let input = self.read(path)?;
        match read(&input.text) {
            Ok(weights) => Some(weights),
            Err(fault) => {
                self.fault(fault.file(&input.name));
                None
            }
        }
    }
}

fn read(text: &str) -> Result<Vec<f64>, Box<Diagnostic>> {
    let fault = |span: std::ops::Range<usize>, label: String| {
        let fault = Diagnostic::error("HS0107", "a profile cannot be read").mark(span, label);
        Box::new(
            fault.help("a row is a time and seven weights from Monday to Sunday: `08:30,1,1,1,1,1,0.5,0`"),
        )
    };
    let mut rows: Vec<(u16, [f64; 7], std::ops::Range<usize>)> = Vec::new();
    let mut header = true;
    for (span, line) in lines(text) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if std::mem::take(&mut header) {
            continue;
        }
        let mut fields = line.split(',').map(str::trim);
        let at = value::time_of_day(fields.next().unwrap_or_default()).map_err(|e| fault(span.clone(), e))?;
        let mut weights = [0.0; 7];
        for (day, weight) in weights.iter_mut().enumerate() {
            let field =
                fields.next().ok_or_else(|| fault(span.clone(), format!("{day} weights in place of 7")))?;
            *weight = field
                .parse()
                .ok()
                .filter(|w: &f64| w.is_finite() && *w >= 0.0)
                .ok_or_else(|| fault(span.clone(), format!("`{field}` is not a weight of 0 or more")))?;
        }
        if fields.next().is_some() {
            return Err(fault(span, "more than 7 weights".to_owned()));
        }
        rows.push((at, weights, span));
    }
    let count = u16::try_from(rows.len()).unwrap_or(0);
    if count == 0 || !DAY_MINUTES.is_multiple_of(count) {
        let label = format!("{count} rows do not divide a day into whole minutes");
        return Err(fault(0..text.len().min(1), label));
    }
    let slot = DAY_MINUTES / count;
    for (index, (at, _, span)) in rows.iter().enumerate() {
        let expected = index as u16 * slot;
        if *at != expected {
            let label = format!("with {count} rows this one is for {}", value::write_time_of_day(expected));
            return Err(fault(span.clone(), label));
        }
    }
    let week: Vec<f64> =
        (0..7).flat_map(|day| rows.iter().map(move |(_, weights, _)| weights[day])).collect();
    if let Some(label) = useless(&week) {
        return Err(fault(0..text.len().min(1), label.to_owned()));
    }
    Ok(week)
}

/// Why the week's weights give no shares.
fn useless(week: &[f64]) -> Option<&'static str> {
    match week.iter().sum::<f64>() {
        0.0 => Some("all weights are 0"),
        sum if sum.is_finite() => None,
        _ => Some("the weights are too large to be added up"),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn slots_are_as_long_as_the_rows_are_many() {
        let text = "time,mon,tue,wed,thu,fri,sat,sun\n00:00,1,2,3,4,5,6,7 # night\n12:00,1,1,1,1,1,1,0\n";
        let weights = read(text).expect("a profile");
        assert_eq!(weights, [1.0, 1.0, 2.0, 1.0, 3.0, 1.0, 4.0, 1.0, 5.0, 1.0, 6.0, 1.0, 7.0, 0.0]);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, label) in [
            ("", "0 rows"),
            ("h\n00:00,1,1,1,1,1,1\n", "6 weights"),
            ("h\n00:00,1,1,1,1,1,1,1,1\n", "more than 7"),
            ("h\n00:00,1,1,1,1,1,1,-1\n", "`-1`"),
            ("h\n00:00,1,1,1,1,1,1,1\n11:00,1,1,1,1,1,1,1\n", "12:00"),
            ("h\n00:00,0,0,0,0,0,0,0\n", "all weights"),
            ("h\n00:00,1e308,1e308,0,0,0,0,0\n", "too large"),
            ("h\nnoon,1,1,1,1,1,1,1\n", "noon"),
        ] {
            let fault = read(text).expect_err(text);
            assert!(fault.marks[0].label.contains(label), "{text}: {}", fault.marks[0].label);
        }
    }
}
