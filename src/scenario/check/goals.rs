//! `[[goal]]`: a metric, a comparison and a limit in the metric's unit.

use super::Checker;
use super::names::Kind;
use crate::diag::Diagnostic;
use crate::scenario::metric::{Dimension, MetricFault, MetricName, Unit};
use crate::scenario::plan::{Comparison, Goal};
use crate::scenario::raw::leaf::At;
use crate::scenario::value;
use std::ops::Range;

/// Spellings, the longer ones first.
const COMPARISONS: [(&str, Comparison); 4] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
];

impl Checker<'_> {
    /// All goals that can be read.
    pub fn goals(&mut self) -> Vec<Goal> {
        let raw = self.raw;
        raw.goal.iter().filter_map(|goal| self.goal(&goal.value.that, self.texts.line(&goal.span))).collect()
    }

    fn goal(&mut self, that: &At<String>, line: u32) -> Option<Goal> {
        let text = that.value.as_str();
        let Some((at, spelling, comparison)) = comparison(text) else {
            self.fault(
                Diagnostic::error("HS0109", "a goal compares a metric with a limit")
                    .mark(that.span.clone(), "no `>=`, `<=`, `>` or `<`")
                    .help("write it as `sla.first_response.compliance >= 90%`"),
            );
            return None;
        };
        let name = self.metric_name(&text[..at], &that.span, within(that, 0..at))?;
        let limit_from = at + spelling.len();
        let limit_text = text[limit_from..].trim();
        let unit = name.metric.unit;
        let limit = match limit(limit_text, unit) {
            Ok(limit) => limit,
            Err(expected) => {
                self.fault(
                    Diagnostic::error("HS0109", format!("the limit does not suit `{}`", name.metric.name))
                        .mark(within(that, limit_from..text.len()), format!("not {}", noun(unit)))
                        .help(expected),
                );
                return None;
            }
        };
        if unit == Unit::Share && !(0.0..=1.0).contains(&limit) {
            self.fault(
                Diagnostic::error("HS0310", format!("`{}` is a share between 0 and 1", name.metric.name))
                    .mark(within(that, limit_from..text.len()), "it can never be that")
                    .help("write `90%` or `0.9`"),
            );
        }
        Some(Goal { text: text.trim().to_owned(), metric: name.to_string(), comparison, limit, line })
    }

    /// The one spelling of a metric that stands alone in a value, or a fault.
    pub fn metric(&mut self, text: &str, span: &Range<usize>) -> Option<String> {
        let at = At { value: text.to_owned(), span: span.clone() };
        self.metric_name(text, span, within(&at, 0..text.len())).map(|name| name.to_string())
    }

    fn metric_name(&mut self, text: &str, span: &Range<usize>, place: Range<usize>) -> Option<MetricName> {
        let outcome = MetricName::parse(text).and_then(|name| {
            name.check(|dimension| self.members(dimension))?;
            Ok(name)
        });
        match outcome {
            Ok(name) => Some(name),
            Err(fault) => {
                self.fault(metric_fault(fault, span, place.start));
                None
            }
        }
    }

    /// The names a slice may ask for.
    fn members(&self, dimension: Dimension) -> Vec<String> {
        let kind = match dimension {
            Dimension::Team => Kind::Team,
            Dimension::Intent => Kind::Intent,
            Dimension::Priority => Kind::Priority,
            Dimension::Segment => Kind::Segment,
            Dimension::Language => Kind::Language,
            Dimension::Source => {
                return self.raw.traffic.iter().map(|t| t.value.name.value.clone()).collect();
            }
        };
        self.names.list(kind).to_vec()
    }
}

fn metric_fault(fault: MetricFault, span: &Range<usize>, base: usize) -> Diagnostic {
    // A text with escapes has no places of its own; then the whole value is marked.
    let exact = base != span.start;
    let mark = if exact { base + fault.span.start..base + fault.span.end } else { span.clone() };
    let diagnostic = Diagnostic::error("HS0207", fault.message).mark(mark, "here").help(fault.help);
    match fault.nearest.filter(|_| exact) {
        Some(near) => diagnostic.help("the nearest name").replace(near),
        None => diagnostic,
    }
}

/// The place of a part of a text value: one byte after its opening quote, if no escape moves it.
fn within(at: &At<String>, part: Range<usize>) -> Range<usize> {
    if at.span.len() == at.value.len() + 2 {
        at.span.start + 1 + part.start..at.span.start + 1 + part.end
    } else {
        at.span.clone()
    }
}

/// The first comparison outside the slice.
fn comparison(text: &str) -> Option<(usize, &'static str, Comparison)> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        if quoted {
            continue;
        }
        if let Some((spelling, comparison)) =
            COMPARISONS.iter().find(|(spelling, _)| text[at..].starts_with(spelling))
        {
            return Some((at, spelling, *comparison));
        }
    }
    None
}

/// A limit in the unit of its metric: seconds, a share, a number.
fn limit(text: &str, unit: Unit) -> Result<f64, String> {
    match unit {
        Unit::S => value::duration_ms(text).map(|ms| ms / 1_000.0),
        Unit::Share => match value::share(text) {
            Ok(share) => Ok(share),
            Err(expected) => number(text).ok_or(expected),
        },
        Unit::Count | Unit::Number | Unit::Money => {
            number(text).ok_or_else(|| "write a plain number such as `1_200` or `4.5`".to_owned())
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

fn noun(unit: Unit) -> &'static str {
    match unit {
        Unit::S => "a duration",
        Unit::Share => "a share",
        Unit::Count | Unit::Number => "a number",
        Unit::Money => "an amount of money",
    }
}
