//! x–y plots: bands, lines, steps, target lines and call-outs, drawn by plotters.

use super::svg::text_width;
use super::{Axis, Chart, Ink, WIDTH};
use crate::report::ReportError;
use crate::report::text::clean;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// plotters rounds to whole units; drawing four times as large keeps curves smooth.
const SCALE: u32 = 4;
/// Font sizes are given to plotters times this, since its SVG back end divides by it.
const FONT_FACTOR: f64 = 1.24;
const LEFT: u32 = 48;
const RIGHT: u32 = 24;
const TOP: u32 = 30;
const BOTTOM: u32 = 38;
const FONT: f64 = 12.0;

/// How a line is dashed, so that lines differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Dash {
    Solid,
    Long,
    Short,
    Mixed,
}

impl Dash {
    const ALL: [Dash; 4] = [Dash::Solid, Dash::Long, Dash::Short, Dash::Mixed];

    /// The pattern of the n-th series.
    pub(in crate::report) fn of(n: usize) -> Dash {
        Dash::ALL.get(n % Dash::ALL.len()).copied().unwrap_or(Dash::Solid)
    }

    fn attribute(self) -> &'static str {
        match self {
            Dash::Solid => "",
            Dash::Long => " stroke-dasharray=\"32 14\"",
            Dash::Short => " stroke-dasharray=\"10 10\"",
            Dash::Mixed => " stroke-dasharray=\"32 12 8 12\"",
        }
    }
}

/// Something drawn on a plot, in order.
#[derive(Clone, Debug)]
pub(in crate::report) enum Layer {
    /// Between two curves: (x, low, high).
    Band { points: Vec<(f64, f64, f64)>, ink: Ink, name: String },
    /// A curve; a point that is not a number interrupts it.
    Line { points: Vec<(f64, f64)>, ink: Ink, dash: Dash, name: String },
    /// Points of their own.
    Dots { points: Vec<(f64, f64)>, ink: Ink, name: String },
    /// A level to reach.
    Target { y: f64, label: String },
    /// A point called out with lines to both axes.
    CallOut { x: f64, y: f64, label: String },
}

/// An x–y plot.
#[derive(Clone, Debug)]
pub(in crate::report) struct Plot {
    /// Height in the units of [`WIDTH`].
    pub(in crate::report) height: u32,
    /// Horizontal axis.
    pub(in crate::report) x: Axis,
    /// Vertical axis.
    pub(in crate::report) y: Axis,
    /// What is drawn.
    pub(in crate::report) layers: Vec<Layer>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Coordinates<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Plot {
    /// The chart.
    pub(in crate::report) fn draw(
        &self,
        name: &str,
        title: &str,
        description: &str,
    ) -> Result<Chart, ReportError> {
        let mut drawn = String::new();
        self.paint(&mut drawn).map_err(|reason| ReportError::Chart { chart: name.to_owned(), reason })?;
        let size = (WIDTH * SCALE, self.height * SCALE);
        Ok(Chart::new(name, title, description, size, &inked(&drawn)))
    }

    fn paint(&self, out: &mut String) -> Result<(), String> {
        let root = SVGBackend::with_string(out, (WIDTH * SCALE, self.height * SCALE)).into_drawing_area();
        let words = |e: DrawingAreaErrorKind<_>| e.to_string();
        let inner = root.margin(TOP * SCALE, BOTTOM * SCALE, LEFT * SCALE, RIGHT * SCALE);
        let coordinates = inner.apply_coord_spec(Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            self.x.low..self.x.high,
            self.y.low..self.y.high,
            // Upwards is more.
            {
                let (x, y) = inner.get_pixel_range();
                (x, y.end..y.start)
            },
        ));
        self.axes(&root, &coordinates).map_err(words)?;
        for layer in &self.layers {
            self.layer(&root, &coordinates, layer).map_err(words)?;
        }
        self.legend(&root).map_err(words)?;
        root.present().map_err(words)
    }

    fn axes(&self, root: &Area<'_>, at: &Coordinates<'_>) -> Result<(), PlotError> {
        for (y, text) in &self.y.ticks {
            let from = at.map_coordinate(&(self.x.low, *y));
            let to = at.map_coordinate(&(self.x.high, *y));
            root.draw(&PathElement::new(vec![from, to], stroke(Ink::Rule, Dash::Solid, 1.0)))?;
            let left = (from.0 - 7 * SCALE as i32, from.1);
            root.draw(&Text::new(text.clone(), left, font(Ink::Muted, HPos::Right, VPos::Center)))?;
        }
        for (x, text) in &self.x.ticks {
            let (px, py) = at.map_coordinate(&(*x, self.y.low));
            let tick = vec![(px, py), (px, py + 4 * SCALE as i32)];
            root.draw(&PathElement::new(tick, stroke(Ink::Muted, Dash::Solid, 1.0)))?;
            let under = (px, py + 7 * SCALE as i32);
            root.draw(&Text::new(text.clone(), under, font(Ink::Muted, HPos::Center, VPos::Top)))?;
        }
        let (right, bottom) = at.map_coordinate(&(self.x.high, self.y.low));
        let (left, _) = at.map_coordinate(&(self.x.low, self.y.low));
        root.draw(&PathElement::new(
            vec![(left, bottom), (right, bottom)],
            stroke(Ink::Muted, Dash::Solid, 1.0),
        ))?;
        let below = (right, bottom + 23 * SCALE as i32);
        root.draw(&Text::new(self.x.label.clone(), below, font(Ink::Muted, HPos::Right, VPos::Top)))?;
        root.draw(&Text::new(self.y.label.clone(), (0, 0), font(Ink::Muted, HPos::Left, VPos::Top)))
    }

    fn layer(&self, root: &Area<'_>, at: &Coordinates<'_>, layer: &Layer) -> Result<(), PlotError> {
        let pixel = |x: f64, y: f64| {
            at.map_coordinate(&(x.clamp(self.x.low, self.x.high), y.clamp(self.y.low, self.y.high)))
        };
        match layer {
            Layer::Band { points, ink, .. } => {
                for run in runs(points, |p| p.1.is_finite() && p.2.is_finite()) {
                    let upper = run.iter().map(|p| pixel(p.0, p.2));
                    let lower = run.iter().rev().map(|p| pixel(p.0, p.1));
                    root.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), fill(*ink)))?;
                }
            }
            Layer::Line { points, ink, dash, .. } => {
                for run in runs(points, |p| p.1.is_finite()) {
                    let path: Vec<_> = run.iter().map(|p| pixel(p.0, p.1)).collect();
                    if let [one] = path.as_slice() {
                        root.draw(&Circle::new(*one, 3 * SCALE, solid(*ink)))?;
                    }
                    root.draw(&PathElement::new(path, stroke(*ink, *dash, 2.0)))?;
                }
            }
            Layer::Dots { points, ink, .. } => {
                for (x, y) in points.iter().filter(|p| p.1.is_finite()) {
                    root.draw(&Circle::new(pixel(*x, *y), 4 * SCALE, solid(*ink)))?;
                }
            }
            Layer::Target { y, label } => {
                let (from, to) = (pixel(self.x.low, *y), pixel(self.x.high, *y));
                root.draw(&PathElement::new(vec![from, to], stroke(Ink::Orange, Dash::Long, 1.5)))?;
                let above = (to.0, to.1 - 3 * SCALE as i32);
                root.draw(&Text::new(label.clone(), above, font(Ink::Orange, HPos::Right, VPos::Bottom)))?;
            }
            Layer::CallOut { x, y, label } => {
                let point = pixel(*x, *y);
                let (foot, side) = (pixel(*x, self.y.low), pixel(self.x.low, *y));
                root.draw(&PathElement::new(vec![foot, point, side], stroke(Ink::Orange, Dash::Short, 1.5)))?;
                root.draw(&Circle::new(point, 4 * SCALE, solid(Ink::Orange)))?;
                // Beside the upright line near its foot: a cumulative curve is far from there.
                let right_edge = f64::from((WIDTH - RIGHT) * SCALE);
                let needed = (text_width(label, FONT) + 8.0) * f64::from(SCALE);
                let fits = f64::from(point.0) + needed < right_edge;
                let (dx, anchor) = if fits { (8, HPos::Left) } else { (-8, HPos::Right) };
                let place = (point.0 + dx * SCALE as i32, foot.1 - 14 * SCALE as i32);
                root.draw(&Text::new(label.clone(), place, font(Ink::Orange, anchor, VPos::Center)))?;
            }
        }
        Ok(())
    }

    /// Names of the series, with a sample of each, right of the vertical axis' label.
    fn legend(&self, root: &Area<'_>) -> Result<(), PlotError> {
        let px = |x: f64| (x * f64::from(SCALE)) as i32;
        let mut x = text_width(&self.y.label, FONT) + 24.0;
        for layer in &self.layers {
            let (name, sample): (&str, Box<dyn Fn(f64) -> Sample>) = match layer {
                Layer::Band { name, ink, .. } => (name, Box::new(move |x| Sample::Band(x, *ink))),
                Layer::Line { name, ink, dash, .. } => {
                    (name, Box::new(move |x| Sample::Line(x, *ink, *dash)))
                }
                Layer::Dots { name, ink, .. } => (name, Box::new(move |x| Sample::Dot(x, *ink))),
                Layer::Target { .. } | Layer::CallOut { .. } => continue,
            };
            if name.is_empty() {
                continue;
            }
            match sample(x) {
                Sample::Band(x, ink) => {
                    root.draw(&Rectangle::new([(px(x), px(1.0)), (px(x + 22.0), px(11.0))], fill(ink)))?;
                }
                Sample::Dot(x, ink) => {
                    root.draw(&Circle::new((px(x + 11.0), px(6.0)), 4 * SCALE, solid(ink)))?;
                }
                Sample::Line(x, ink, dash) => {
                    let path = vec![(px(x), px(6.0)), (px(x + 22.0), px(6.0))];
                    root.draw(&PathElement::new(path, stroke(ink, dash, 2.0)))?;
                }
            }
            let text = clean(name);
            root.draw(&Text::new(text.clone(), (px(x + 28.0), 0), font(Ink::Text, HPos::Left, VPos::Top)))?;
            x += 28.0 + text_width(&text, FONT) + 18.0;
        }
        Ok(())
    }
}

/// What stands before a name in the legend.
enum Sample {
    Band(f64, Ink),
    Line(f64, Ink, Dash),
    Dot(f64, Ink),
}

type PlotError = DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>;

/// Uninterrupted stretches of points.
fn runs<T>(points: &[T], good: impl Fn(&T) -> bool) -> impl Iterator<Item = &[T]> {
    points.split(move |p| !good(p)).filter(|run| !run.is_empty())
}

/// The marker colour of an ink, a dash and a use.
fn marker(ink: Ink, dash: Dash, filled: bool) -> RGBColor {
    let ink = Ink::ALL.iter().position(|i| *i == ink).unwrap_or(0) as u8;
    let dash = Dash::ALL.iter().position(|d| *d == dash).unwrap_or(0) as u8;
    RGBColor(ink, dash, if filled { 0xFD } else { 0xFE })
}

fn stroke(ink: Ink, dash: Dash, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: marker(ink, dash, false).to_rgba(),
        filled: false,
        stroke_width: (width * f64::from(SCALE)) as u32,
    }
}

/// A translucent filling.
fn fill(ink: Ink) -> ShapeStyle {
    ShapeStyle { color: marker(ink, Dash::Solid, true).to_rgba(), filled: true, stroke_width: 0 }
}

fn solid(ink: Ink) -> ShapeStyle {
    ShapeStyle { color: marker(ink, Dash::Solid, false).to_rgba(), filled: true, stroke_width: 0 }
}

fn font(ink: Ink, h: HPos, v: VPos) -> TextStyle<'static> {
    let size = FONT * f64::from(SCALE) * FONT_FACTOR;
    let mut style = TextStyle::from(("sans-serif", size).into_font()).pos(Pos::new(h, v));
    style.color = marker(ink, Dash::Solid, false).to_backend_color();
    style
}

/// What plotters drew, without its frame, with inks for marker colours.
fn inked(drawn: &str) -> String {
    let start = drawn.find('>').map_or(0, |i| i + 1);
    let end = drawn.rfind("</svg>").unwrap_or(drawn.len());
    let mut text = drawn.get(start..end).unwrap_or_default().to_owned();
    for ink in Ink::ALL {
        for dash in Dash::ALL {
            let RGBColor(r, g, b) = marker(ink, dash, false);
            let (css, pattern) = (ink.css(), dash.attribute());
            text = text.replace(&format!("=\"#{r:02X}{g:02X}{b:02X}\""), &format!("=\"{css}\"{pattern}"));
        }
        let RGBColor(r, g, b) = marker(ink, Dash::Solid, true);
        text = text.replace(
            &format!("=\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("=\"{}\" fill-opacity=\".18\"", ink.css()),
        );
    }
    // What says nothing costs bytes: full opacity, the font (inherited), line ends inside elements.
    for (what, with) in [
        (" opacity=\"1\"", ""),
        (" font-family=\"sans-serif\"", ""),
        (" stroke=\"none\"", ""),
        (" \"/>", "\"/>"),
        ("\n", ""),
    ] {
        text = text.replace(what, with);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(label: &str) -> Plot {
        Plot {
            height: 200,
            x: Axis::from_zero(10.0, "hours"),
            y: Axis::share(0.5, label),
            layers: vec![
                Layer::Band {
                    points: vec![(0.0, 0.6, 0.8), (5.0, 0.7, 0.9)],
                    ink: Ink::Blue,
                    name: "90 %".into(),
                },
                Layer::Line {
                    points: vec![(0.0, 0.7), (5.0, f64::NAN), (9.0, 0.8), (10.0, 0.8)],
                    ink: Ink::Blue,
                    dash: Dash::Long,
                    name: "median".into(),
                },
                Layer::Target { y: 0.9, label: "target 90 %".into() },
            ],
        }
    }

    #[test]
    fn no_marker_colour_is_left_and_every_chart_says_what_it_shows() {
        let chart = plot("share").draw("test", "Compliance", "By hour").unwrap();
        assert!(!chart.svg.contains('#'), "{}", chart.svg);
        assert!(!chart.svg.contains("http"));
        assert!(chart.svg.contains("role=\"img\""));
        assert!(chart.svg.contains("<title id=\"test-t\">Compliance</title>"));
        assert!(chart.svg.contains("<desc id=\"test-d\">By hour</desc>"));
        assert!(chart.svg.contains("var(--orange)"));
        assert!(chart.standalone().starts_with("<svg xmlns="));
    }

    #[test]
    fn names_from_outside_are_escaped() {
        let chart = plot("<script>").draw("test", "<b>", "\"'").unwrap();
        assert!(!chart.svg.contains("<script>") && !chart.svg.contains("<b>"));
    }

    #[test]
    fn a_gap_interrupts_the_line() {
        let points = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 1.0)];
        let lengths: Vec<usize> = runs(&points, |p| p.1.is_finite()).map(<[_]>::len).collect();
        assert_eq!(lengths, [1, 2]);
    }
}
