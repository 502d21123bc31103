//! Charts as SVG. This room is the only user of plotters.
//!
//! A chart is drawn with marker colours, one for each [`Ink`], which are then replaced by CSS
//! variables: so one drawing serves light, dark and paper. Text is text (it can be searched and read
//! aloud), each chart carries a title and a description, and no chart depends on colour alone.

mod axis;
mod bars;
mod heat;
mod plot;
mod sankey;
mod svg;

pub(super) use axis::{Axis, DAY_MS, DAYS, civil};
pub(super) use bars::{RangeBar, Share, range_bars, share_bars, stacked_bar, stacked_rows};
pub(super) use heat::{HeatCell, Side, heat_map};
pub(super) use plot::{Dash, Layer, Plot};
pub(super) use sankey::sankey;

use super::text::clean;

/// Width of every chart in its own units.
pub(super) const WIDTH: u32 = 760;

/// A colour by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Text.
    Text,
    /// Secondary text and axes.
    Muted,
    /// Grid.
    Rule,
    /// Shaded background.
    Shade,
    /// First series.
    Blue,
    /// Second series.
    Orange,
    /// Third series.
    Teal,
    /// Fourth series.
    Purple,
    /// Fifth series.
    Gold,
    /// Sixth series.
    Grey,
}

impl Ink {
    const ALL: [Ink; 10] = [
        Ink::Text,
        Ink::Muted,
        Ink::Rule,
        Ink::Shade,
        Ink::Blue,
        Ink::Orange,
        Ink::Teal,
        Ink::Purple,
        Ink::Gold,
        Ink::Grey,
    ];

    /// Colours for series, in the order they are given out. Okabe and Ito's palette, adapted for
    /// contrast: safe for the common kinds of colour blindness.
    pub(super) const SERIES: [Ink; 6] =
        [Ink::Blue, Ink::Orange, Ink::Teal, Ink::Purple, Ink::Gold, Ink::Grey];

    /// The CSS variable's use.
    pub(super) fn css(self) -> &'static str {
        match self {
            Ink::Text => "var(--ink)",
            Ink::Muted => "var(--muted)",
            Ink::Rule => "var(--rule)",
            Ink::Shade => "var(--shade)",
            Ink::Blue => "var(--blue)",
            Ink::Orange => "var(--orange)",
            Ink::Teal => "var(--teal)",
            Ink::Purple => "var(--purple)",
            Ink::Gold => "var(--gold)",
            Ink::Grey => "var(--grey)",
        }
    }
}

/// A finished chart.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// File name without extension.
    pub(super) name: String,
    /// The `svg` element, without a namespace (HTML needs none).
    pub(super) svg: String,
}

impl Chart {
    /// Wraps what was drawn into an `svg` element that says what it shows.
    fn new(name: &str, title: &str, description: &str, size: (u32, u32), body: &str) -> Chart {
        let svg = format!(
            "<svg role=\"img\" aria-labelledby=\"{name}-t {name}-d\" viewBox=\"0 0 {} {}\"><title id=\"{name}-t\">{}</title><desc id=\"{name}-d\">{}</desc>{body}</svg>",
            size.0,
            size.1,
            svg::escape(&clean(title)),
            svg::escape(&clean(description)),
        );
        Chart { name: name.to_owned(), svg }
    }

    /// As a file of its own, with its colours.
    pub(super) fn standalone(&self) -> String {
        let open = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";
        let style = format!("<style>{}svg{{background:var(--paper)}}</style>", super::COLOURS);
        let with_namespace = self.svg.replacen("<svg ", open, 1);
        let mut text = with_namespace.replacen("</desc>", &format!("</desc>{style}"), 1);
        text.push('\n');
        text
    }
}
