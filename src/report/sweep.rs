//! A grid of settings: one tidy table, and a picture of any metric over it.

use super::ReportError;
use super::chart::{Axis, Dash, HeatCell, Ink, Layer, Plot, Side, heat_map};
use super::format;
use crate::measure::{Estimate, Summary, Unit};

/// Series that can be told apart in one picture.
const MOST_SERIES: usize = 6;
const HEIGHT: u32 = 300;

/// What was found at every point of a grid, the last axis fastest.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// Paths with the values they take.
    pub axes: &'a [(String, Vec<String>)],
    /// A point's values, one for each axis, and its summary.
    pub points: &'a [(Vec<String>, Summary)],
}

/// A row of the table: a point, a metric.
struct Row<'a> {
    point: &'a [String],
    metric: &'a str,
    estimate: &'a Estimate,
    replications: u32,
}

impl Row<'_> {
    fn end(&self, which: usize) -> Option<f64> {
        self.estimate.ci.map(|ends| ends[which])
    }
}

impl<'a> Grid<'a> {
    fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        self.points.iter().flat_map(|(point, summary)| {
            summary.metrics.iter().map(|(metric, estimate)| Row {
                point,
                metric,
                estimate,
                replications: summary.replications,
            })
        })
    }

    /// One row for each point and metric, as CSV. An empty cell: no data.
    ///
    /// # Errors
    /// None that could happen in memory.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let axes = self.axes.iter().map(|(path, _)| path.as_str());
        writer.write_record(axes.chain(COLUMNS))?;
        for row in self.rows() {
            let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
            let figures = [
                row.metric.to_owned(),
                unit(row.estimate.unit).to_owned(),
                number(row.estimate.mean),
                number(row.end(0)),
                number(row.end(1)),
                row.estimate.level.to_string(),
                row.replications.to_string(),
            ];
            writer.write_record(row.point.iter().cloned().chain(figures))?;
        }
        let bytes = writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The same table as a Parquet file. An axis whose values are all numbers is a column of numbers.
    ///
    /// # Errors
    /// The file cannot be written.
    #[cfg(feature = "frames")]
    pub fn parquet(&self, file: std::fs::File) -> std::io::Result<()> {
        use polars_core::prelude::*;
        let rows: Vec<Row<'_>> = self.rows().collect();
        let name = PlSmallStr::from_str;
        let words =
            |key: &str, values: Vec<&str>| StringChunked::from_slice(name(key), &values).into_column();
        let numbers = |key: &str, of: &dyn Fn(&Row<'_>) -> Option<f64>| {
            Float64Chunked::from_iter_options(name(key), rows.iter().map(of)).into_column()
        };
        let mut columns: Vec<Column> = self
            .axes
            .iter()
            .enumerate()
            .map(|(at, (path, values))| match values.iter().all(|v| v.parse::<f64>().is_ok()) {
                true => numbers(path, &|row| row.point[at].parse().ok()),
                false => words(path, rows.iter().map(|row| row.point[at].as_str()).collect()),
            })
            .collect();
        columns.extend([
            words("metric", rows.iter().map(|row| row.metric).collect()),
            words("unit", rows.iter().map(|row| unit(row.estimate.unit)).collect()),
            numbers("mean", &|row| row.estimate.mean),
            numbers("low", &|row| row.end(0)),
            numbers("high", &|row| row.end(1)),
            numbers("level", &|row| Some(row.estimate.level)),
            UInt32Chunked::from_vec(name("replications"), rows.iter().map(|row| row.replications).collect())
                .into_column(),
        ]);
        let write = || -> PolarsResult<()> {
            let mut frame = DataFrame::new(rows.len(), columns)?;
            polars_io::parquet::write::ParquetWriter::new(file).finish(&mut frame)?;
            Ok(())
        };
        write().map_err(std::io::Error::other)
    }

    /// A picture of one metric as an SVG file: a line over one axis, a heat map over two, lines for the
    /// combinations of the others over more.
    ///
    /// # Errors
    /// The chart cannot be drawn.
    pub fn chart(&self, metric: &str) -> Result<String, ReportError> {
        match self.axes {
            [rows, columns] => Ok(self.heat(metric, rows, columns)),
            _ => self.lines(metric),
        }
    }

    fn heat(&self, metric: &str, rows: &(String, Vec<String>), columns: &(String, Vec<String>)) -> String {
        let cell = |(point, summary): &(Vec<String>, Summary)| {
            let Some(estimate) = summary.metrics.get(metric) else {
                return HeatCell { value: f64::NAN, text: "–".to_owned(), tip: String::new() };
            };
            let (unit, currency) = (estimate.unit, &summary.currency);
            let told = format::estimate(estimate.mean, estimate.half_width(), unit, currency);
            HeatCell {
                value: estimate.mean.unwrap_or(f64::NAN),
                text: format::optional(estimate.mean, unit, currency),
                tip: format!("{}={}, {}={}: {told}", rows.0, point[0], columns.0, point[1]),
            }
        };
        let cells: Vec<HeatCell> = self.points.iter().map(cell).collect();
        let side = |axis: &'a (String, Vec<String>)| Side { name: &axis.0, values: &axis.1 };
        let description = format!("{metric} over {} and {}", rows.0, columns.0);
        let (rows, columns) = (side(&self.axes[0]), side(&self.axes[1]));
        heat_map("sweep", metric, &description, rows, columns, &cells).standalone()
    }

    fn lines(&self, metric: &str) -> Result<String, ReportError> {
        // The axis with most values runs along the chart.
        let along = (0..self.axes.len()).rev().max_by_key(|i| self.axes[*i].1.len()).unwrap_or(0);
        let Some((path, values)) = self.axes.get(along) else { return Ok(String::new()) };
        let at = positions(values);
        let mut series: Vec<(String, Vec<(f64, f64, f64, f64)>)> = Vec::new();
        let mut unit = Unit::Number;
        for (point, summary) in self.points {
            let Some(estimate) = summary.metrics.get(metric) else { continue };
            unit = estimate.unit;
            let mean = estimate.mean.unwrap_or(f64::NAN);
            let [low, high] = estimate.ci.unwrap_or([mean, mean]);
            let name = self.others(point, along);
            let Some(place) = values.iter().position(|v| *v == point[along]) else { continue };
            let point = (at[place], mean, low, high);
            match series.iter().position(|(known, _)| *known == name) {
                Some(known) => series[known].1.push(point),
                None if series.len() < MOST_SERIES => series.push((name, vec![point])),
                None => {}
            }
        }
        let all = || series.iter().flat_map(|(_, points)| points);
        let highest = all().map(|p| p.3).filter(|x| x.is_finite()).fold(0.0, f64::max);
        let lowest = all().map(|p| p.2).filter(|x| x.is_finite()).fold(f64::INFINITY, f64::min);
        let y = match unit {
            Unit::Share if lowest > 0.5 => Axis::share(lowest, metric),
            Unit::Share => Axis::from_zero(highest.min(1.0), metric),
            Unit::S => Axis::from_zero(highest, &format!("{metric}, s")),
            _ => Axis::from_zero(highest, metric),
        };
        let (low, high) = (at.first().copied().unwrap_or(0.0), at.last().copied().unwrap_or(1.0));
        let x = Axis {
            low: low.min(high),
            high: if low == high { low + 1.0 } else { low.max(high) },
            ticks: at.iter().copied().zip(values.iter().cloned()).collect(),
            label: path.clone(),
        };
        let mut layers = Vec::new();
        for (n, (name, points)) in series.iter().enumerate() {
            let ink = Ink::SERIES[n];
            let band = points.iter().map(|p| (p.0, p.2, p.3)).collect();
            let line: Vec<(f64, f64)> = points.iter().map(|p| (p.0, p.1)).collect();
            layers.push(Layer::Band { points: band, ink, name: String::new() });
            layers.push(Layer::Dots { points: line.clone(), ink, name: String::new() });
            layers.push(Layer::Line { points: line, ink, dash: Dash::of(n), name: name.clone() });
        }
        let description = format!("{metric} over {path}, with the intervals of the estimates");
        Ok(Plot { height: HEIGHT, x, y, layers }.draw("sweep", metric, &description)?.standalone())
    }

    /// The settings of a point beside the one along the chart.
    fn others(&self, point: &[String], along: usize) -> String {
        let others = self.axes.iter().zip(point).enumerate().filter(|(i, _)| *i != along);
        others.map(|(_, ((path, _), value))| format!("{path}={value}")).collect::<Vec<_>>().join(", ")
    }
}

const COLUMNS: [&str; 7] = ["metric", "unit", "mean", "low", "high", "level", "replications"];

/// The unit as the JSON has it.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::S => "s",
        Unit::Share => "share",
        Unit::Count => "count",
        Unit::Number => "number",
        Unit::Money => "money",
    }
}

/// Where the values of an axis stand: at themselves if they are numbers, else one after the other.
fn positions(values: &[String]) -> Vec<f64> {
    let numbers: Vec<f64> = values.iter().filter_map(|v| v.parse().ok()).collect();
    match numbers.len() == values.len() {
        true => numbers,
        false => (0..values.len()).map(|i| i as f64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn axes(of: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        of.iter()
            .map(|(path, values)| ((*path).to_owned(), values.iter().map(|v| (*v).to_owned()).collect()))
            .collect()
    }

    fn points(axes: &[(String, Vec<String>)]) -> Vec<(Vec<String>, Summary)> {
        let mut points = vec![Vec::new()];
        for (_, values) in axes {
            let longer = |p: &Vec<String>, v: &String| p.iter().chain([v]).cloned().collect::<Vec<String>>();
            points = points.iter().flat_map(|p| values.iter().map(|v| longer(p, v))).collect();
        }
        points.into_iter().map(|point| (point, sample::summary())).collect()
    }

    #[test]
    fn the_table_has_a_row_for_each_point_and_metric() {
        let axes = axes(&[("team.front.agents", &["4", "5"]), ("scenario.seed", &["1"])]);
        let points = points(&axes);
        let text = Grid { axes: &axes, points: &points }.csv().unwrap();
        let mut lines = text.lines();
        let head = "team.front.agents,scenario.seed,metric,unit,mean,low,high,level,replications";
        assert_eq!(lines.next(), Some(head));
        assert_eq!(lines.count(), 2 * sample::summary().metrics.len());
        assert!(text.contains("\n5,1,csat,share,"), "{text}");
    }

    #[test]
    fn pictures_of_one_two_and_three_axes() {
        for (of, wanted) in [
            (vec![("a", &["1", "2", "4"][..])], "csat over a, with"),
            (vec![("a", &["1", "2"][..]), ("b", &["x", "y", "z"])], "csat over a and b"),
            (vec![("a", &["1", "2"][..]), ("b", &["x", "y", "z"]), ("c", &["0"])], "csat over b, with"),
        ] {
            let axes = axes(&of);
            let points = points(&axes);
            let svg = Grid { axes: &axes, points: &points }.chart("csat").unwrap();
            assert!(svg.starts_with("<svg xmlns=") && svg.contains(wanted), "{svg}");
        }
    }
}
