//! The few SVG elements that are written by hand where plotters has no such chart.

use super::Ink;
use std::fmt::Write;

/// Text in an element or attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is at `size`; no font is asked, so that every machine agrees.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    crate::report::text::width(text) as f64 * size * 0.56
}

/// Where a text is held.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
#[derive(Default)]
pub(super) struct Svg {
    pub(super) body: String,
}

impl Svg {
    /// A filled rectangle with a tooltip.
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), ink: Ink, opacity: f64, tip: &str) {
        let title = if tip.is_empty() { String::new() } else { format!("<title>{}</title>", escape(tip)) };
        let _infallible = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{h:.1}\" fill=\"{}\" fill-opacity=\"{opacity}\">{title}</rect>",
            w.max(0.0),
            ink.css(),
        );
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        let _infallible = write!(
            self.body,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{}\" stroke-width=\"{width}\" fill=\"none\"/>",
            from.0,
            from.1,
            to.0,
            to.1,
            ink.css(),
        );
    }

    /// A filled path with a tooltip.
    pub(super) fn path(&mut self, d: &str, ink: Ink, opacity: f64, tip: &str) {
        let _infallible = write!(
            self.body,
            "<path d=\"{d}\" fill=\"{}\" fill-opacity=\"{opacity}\"><title>{}</title></path>",
            ink.css(),
            escape(tip),
        );
    }

    /// A dot.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, ink: Ink) {
        let _infallible =
            write!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{}\"/>", ink.css());
    }

    /// A line of text; `y` is its baseline.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, size: f64, ink: Ink, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _infallible = write!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{}\">{}</text>",
            ink.css(),
            escape(text),
        );
    }
}
