//! Reading and writing a metric's name: `first_response.p90{team="fraud",priority="urgent"}`.

use super::{Dimension, Form, Metric, Statistic, catalogue, find};
use std::fmt;
use std::ops::Range;

/// A metric, which statistic of it, and for which part of the conversations.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricName {
    /// The metric.
    pub metric: &'static Metric,
    /// The statistic.
    pub statistic: Statistic,
    /// All must hold; each dimension once, in [`Dimension`]'s order. Empty: all conversations.
    pub slice: Vec<SlicePart>,
}

/// One condition of a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct SlicePart {
    /// What must be equal.
    pub dimension: Dimension,
    /// To what.
    pub value: String,
    /// Where the value stands in the text it was read from, for diagnostics.
    pub span: Range<usize>,
}

/// What is wrong with a metric's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MetricFault {
    /// One sentence, no full stop.
    pub message: String,
    /// The culprit, in bytes of the text.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: String,
    /// The nearest right name for the culprit.
    pub nearest: Option<String>,
}

impl MetricName {
    /// Reads a name. A duration without a statistic means its mean.
    pub fn parse(text: &str) -> Result<MetricName, MetricFault> {
        let brace = text.find('{').unwrap_or(text.len());
        let from = text.len() - text.trim_start().len();
        let base = text[..brace].trim();
        let base_span = from..from + base.len();
        let (metric, statistic) = find_statistic(base).map_err(|fault| fault(base_span))?;
        let mut slice = match text.get(brace..) {
            Some(rest) if !rest.is_empty() => SliceReader { text, at: brace }.read(metric)?,
            _ => Vec::new(),
        };
        slice.sort_by_key(|part| part.dimension);
        if let Some(twice) = slice.windows(2).find(|w| w[0].dimension == w[1].dimension) {
            return Err(MetricFault {
                message: format!("`{}` is given twice", twice[1].dimension.name()),
                span: twice[1].span.clone(),
                help: "a slice names each dimension once".to_owned(),
                nearest: None,
            });
        }
        Ok(MetricName { metric, statistic, slice })
    }

    /// Whether every value of the slice is one of the names that its dimension has.
    pub fn check(&self, known: impl Fn(Dimension) -> Vec<String>) -> Result<(), MetricFault> {
        for part in &self.slice {
            let names = known(part.dimension);
            if !names.contains(&part.value) {
                let dimension = part.dimension.name();
                let help = if names.is_empty() {
                    format!("this scenario names no {dimension}")
                } else {
                    format!("known: {}", names.join(", "))
                };
                return Err(MetricFault {
                    message: format!("no {dimension} is called `{}`", part.value),
                    span: part.span.clone(),
                    help,
                    nearest: nearest(&part.value, names.iter().map(String::as_str)),
                });
            }
        }
        Ok(())
    }
}

impl fmt::Display for MetricName {
    /// The one spelling used in files: statistic written out, slice in the order of dimensions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric.name)?;
        if self.statistic != Statistic::Value {
            write!(f, ".{}", self.statistic.name())?;
        }
        for (i, part) in self.slice.iter().enumerate() {
            let value = part.value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "{}{}=\"{value}\"", if i == 0 { "{" } else { "," }, part.dimension.name())?;
        }
        if self.slice.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// Metric and statistic of a name without slice; the fault still lacks its place.
fn find_statistic(
    base: &str,
) -> Result<(&'static Metric, Statistic), impl FnOnce(Range<usize>) -> MetricFault + use<>> {
    if let Some(metric) = find(base) {
        return Ok((metric, metric.default_statistic()));
    }
    let (stem, last) = base.rsplit_once('.').unwrap_or((base, ""));
    let (message, help, candidate) = match find(stem) {
        Some(metric) => {
            if let Some(&statistic) =
                metric.statistics().iter().find(|s| !last.is_empty() && s.name() == last)
            {
                return Ok((metric, statistic));
            }
            let statistics: Vec<&str> = Statistic::OF_DURATIONS.iter().map(|s| s.name()).collect();
            let help = match metric.form {
                Form::Duration => format!("`{stem}` has {}", statistics.join(", ")),
                Form::Ratio | Form::Total => format!("write `{stem}` alone: it is one number"),
            };
            (format!("`{stem}` has no statistic `{last}`"), help, nearest_name(base))
        }
        None => (
            if base.is_empty() {
                "the name of a metric is missing".to_owned()
            } else {
                format!("no metric is called `{base}`")
            },
            "`helpsim metrics` lists every metric with its definition".to_owned(),
            nearest_name(base),
        ),
    };
    Err(move |span| MetricFault { message, span, help, nearest: candidate })
}

/// The nearest full name, statistics included.
fn nearest_name(base: &str) -> Option<String> {
    let full: Vec<String> = catalogue()
        .iter()
        .flat_map(|m| {
            let with_statistic = (m.form == Form::Duration)
                .then(|| m.statistics().iter().map(|s| format!("{}.{}", m.name, s.name())));
            std::iter::once(m.name.to_owned()).chain(with_statistic.into_iter().flatten())
        })
        .collect();
    nearest(base, full.iter().map(String::as_str))
}

/// The most similar of some names, if it is similar at all.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    names
        .map(|name| (strsim::normalized_damerau_levenshtein(wrong, name), name))
        .filter(|(similarity, _)| *similarity >= 0.5)
        // Of equally similar ones the first.
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, name)| name.to_owned())
}

/// Reads `{team="fraud", priority="urgent"}`.
struct SliceReader<'a> {
    text: &'a str,
    at: usize,
}

impl SliceReader<'_> {
    fn read(mut self, metric: &Metric) -> Result<Vec<SlicePart>, MetricFault> {
        let mut parts = Vec::new();
        self.expect('{')?;
        loop {
            let dimension = self.dimension(metric)?;
            self.expect('=')?;
            parts.push(self.value(dimension)?);
            self.skip_spaces();
            if !self.take(',') {
                break;
            }
        }
        self.expect('}')?;
        self.skip_spaces();
        if self.at < self.text.len() {
            return Err(self.fault("nothing may follow the slice".to_owned(), self.at..self.text.len()));
        }
        Ok(parts)
    }

    fn dimension(&mut self, metric: &Metric) -> Result<Dimension, MetricFault> {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, span) = (&rest[..length], self.at..self.at + length);
        self.at += length;
        let allowed = metric.slicing.dimensions();
        let names: Vec<&str> = allowed.iter().map(|d| d.name()).collect();
        let message = match Dimension::from_name(word) {
            Some(dimension) if allowed.contains(&dimension) => return Ok(dimension),
            Some(_) => format!("`{}` cannot be sliced by {word}", metric.name),
            None => format!("`{word}` is nothing to slice by"),
        };
        let help = if names.is_empty() {
            format!("`{}` belongs to the desk as a whole; write it without a slice", metric.name)
        } else {
            format!("it can be sliced by {}", names.join(", "))
        };
        Err(MetricFault { message, span, help, nearest: nearest(word, names.into_iter()) })
    }

    fn value(&mut self, dimension: Dimension) -> Result<SlicePart, MetricFault> {
        self.expect('"')?;
        let from = self.at;
        let mut value = String::new();
        loop {
            let Some(c) = self.next() else {
                return Err(self.fault("the closing quote is missing".to_owned(), from - 1..self.at));
            };
            match c {
                '"' => break,
                '\\' => value.extend(self.next()),
                c => value.push(c),
            }
        }
        Ok(SlicePart { dimension, value, span: from..self.at - 1 })
    }

    fn next(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_spaces();
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), MetricFault> {
        if self.take(wanted) {
            return Ok(());
        }
        let found = self.text[self.at..].chars().next();
        let span = self.at..self.at + found.map_or(0, char::len_utf8);
        let message = match found {
            Some(c) => format!("`{wanted}` is expected, not `{c}`"),
            None => format!("`{wanted}` is missing"),
        };
        Err(self.fault(message, span))
    }

    fn fault(&self, message: String, span: Range<usize>) -> MetricFault {
        MetricFault {
            message,
            span,
            help: "a slice is written `{team=\"fraud\",priority=\"urgent\"}`".to_owned(),
            nearest: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_spelling() {
        for (text, canonical) in [
            ("first_response.p90", "first_response.p90"),
            (" first_response ", "first_response.mean"),
            ("queue.wait", "queue.wait.mean"),
            ("queue.wait_all.p99", "queue.wait_all.p99"),
            ("backlog.mean", "backlog.mean"),
            ("backlog.max", "backlog.max"),
            (
                r#"sla.first_response.compliance{ priority = "urgent" , team="fraud"}"#,
                r#"sla.first_response.compliance{team="fraud",priority="urgent"}"#,
            ),
            (r#"csat{segment="a \"b\" \\ c"}"#, r#"csat{segment="a \"b\" \\ c"}"#),
        ] {
            let name = MetricName::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(name.to_string(), canonical);
            assert_eq!(MetricName::parse(canonical).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn faults_point_and_help() {
        for (text, message, culprit, nearest) in [
            ("first_respons.p90", "no metric is called", "first_respons.p90", Some("first_response.p90")),
            (
                "sla.first_reponse.compliance",
                "no metric",
                "sla.first_reponse.compliance",
                Some("sla.first_response.compliance"),
            ),
            (
                "first_response.p80",
                "has no statistic `p80`",
                "first_response.p80",
                Some("first_response.p50"),
            ),
            ("csat.mean", "has no statistic `mean`", "csat.mean", None),
            ("", "missing", "", None),
            (r#"csat{tem="x"}"#, "`tem` is nothing to slice by", "tem", Some("team")),
            (r#"agents.occupancy{intent="x"}"#, "cannot be sliced by intent", "intent", None),
            (r#"cost.total{team="x"}"#, "cannot be sliced by team", "team", None),
            (r#"csat{team="x""#, "`}` is missing", "", None),
            (r#"csat{team="x"#, "closing quote", "\"x", None),
            (r#"csat{team=x}"#, "`\"` is expected, not `x`", "x", None),
            (r#"csat{team="x"} y"#, "nothing may follow", "y", None),
            (r#"csat{}"#, "nothing to slice by", "", None),
            (r#"csat{team="a",team="b"}"#, "`team` is given twice", "b", None),
        ] {
            let fault = MetricName::parse(text).expect_err(text);
            assert!(fault.message.contains(message), "{text}: {}", fault.message);
            assert_eq!(&text[fault.span.clone()], culprit, "{text}");
            if nearest.is_some() {
                assert_eq!(fault.nearest.as_deref(), nearest, "{text}");
            }
            assert!(!fault.help.is_empty());
        }
    }

    #[test]
    fn values_are_checked_against_the_names() {
        let known = |d| match d {
            Dimension::Team => vec!["frontline".to_owned(), "fraud".to_owned()],
            _ => Vec::new(),
        };
        let check = |text: &str| MetricName::parse(text).unwrap().check(known);
        assert_eq!(check(r#"csat{team="fraud"}"#), Ok(()));
        let fault = check(r#"csat{team="frontlin"}"#).unwrap_err();
        assert_eq!((fault.nearest.as_deref(), fault.span), (Some("frontline"), 11..19));
        assert!(check(r#"csat{segment="gold"}"#).unwrap_err().help.contains("names no segment"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            if let Err(fault) = MetricName::parse(&text) {
                prop_assert!(text.get(fault.span).is_some());
            }
        }

        #[test]
        fn slices_never_panic(rest in "[{}=\",\\\\a-zé ]{0,20}") {
            let text = format!("csat{{team={rest}");
            if let Err(fault) = MetricName::parse(&text) {
                prop_assert!(text.get(fault.span).is_some());
            }
        }
    }
}
