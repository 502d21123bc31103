//! Conditions of a branch: a variable and what it should be.

use super::template::Source;
use crate::bot::text::fold;

/// A variable and what it should be.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub source: Source,
    /// Any of these is enough.
    pub any_of: Vec<Expectation>,
}

/// What a value should be.
#[derive(Clone, Debug)]
pub(super) enum Expectation {
    /// Folded.
    Is(String),
    /// Folded.
    IsNot(String),
    Contains(String),
    ContainsNot(String),
    StartsWith(String),
    EndsWith(String),
    Matches(Box<regex::Regex>),
    MatchesNot(Box<regex::Regex>),
    Compare(Comparison, f64),
    Set,
    Empty,
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
}

impl Expectation {
    /// Reads an expectation as it is written; the error says what is wrong.
    pub fn parse(written: &str) -> Result<Expectation, String> {
        let text = written.trim();
        let after = |word: &str| text.strip_prefix(word).map(str::trim);
        let number = |operand: &str| {
            operand.parse::<f64>().map_err(|_| format!("`{operand}` is not a number to compare with"))
        };
        let compare = |comparison, operand: &str| Ok(Expectation::Compare(comparison, number(operand)?));
        if let Some(operand) = after(">=") {
            return compare(Comparison::AtLeast, operand);
        }
        if let Some(operand) = after("<=") {
            return compare(Comparison::AtMost, operand);
        }
        if let Some(operand) = after(">") {
            return compare(Comparison::More, operand);
        }
        if let Some(operand) = after("<") {
            return compare(Comparison::Less, operand);
        }
        if let Some(operand) = after("not matches ") {
            return Ok(Expectation::MatchesNot(Box::new(pattern(operand)?)));
        }
        if let Some(operand) = after("matches ") {
            return Ok(Expectation::Matches(Box::new(pattern(operand)?)));
        }
        Ok(if let Some(operand) = after("=") {
            Expectation::Is(fold(operand))
        } else if text == "set" {
            Expectation::Set
        } else if text == "empty" {
            Expectation::Empty
        } else if let Some(operand) = after("not contains ") {
            Expectation::ContainsNot(fold(operand))
        } else if let Some(operand) = after("contains ") {
            Expectation::Contains(fold(operand))
        } else if let Some(operand) = after("starts with ") {
            Expectation::StartsWith(fold(operand))
        } else if let Some(operand) = after("ends with ") {
            Expectation::EndsWith(fold(operand))
        } else if let Some(operand) = after("not ") {
            Expectation::IsNot(fold(operand))
        } else {
            Expectation::Is(fold(text))
        })
    }

    /// Whether a value is what was expected. Texts are compared folded, a value that is no number
    /// meets no comparison.
    pub fn holds(&self, value: &str) -> bool {
        match self {
            Expectation::Is(other) => fold(value) == *other,
            Expectation::IsNot(other) => fold(value) != *other,
            Expectation::Contains(part) => fold(value).contains(part),
            Expectation::ContainsNot(part) => !fold(value).contains(part),
            Expectation::StartsWith(part) => fold(value).starts_with(part),
            Expectation::EndsWith(part) => fold(value).ends_with(part),
            Expectation::Matches(pattern) => pattern.is_match(value),
            Expectation::MatchesNot(pattern) => !pattern.is_match(value),
            Expectation::Compare(comparison, limit) => {
                value.trim().parse::<f64>().is_ok_and(|number| match comparison {
                    Comparison::More => number > *limit,
                    Comparison::AtLeast => number >= *limit,
                    Comparison::Less => number < *limit,
                    Comparison::AtMost => number <= *limit,
                })
            }
            Expectation::Set => !value.is_empty(),
            Expectation::Empty => value.is_empty(),
        }
    }
}

/// Compiles a regular expression with a bound on its size, so that a hostile one costs nothing.
pub(super) fn pattern(written: &str) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(written)
        .size_limit(1 << 20)
        .case_insensitive(true)
        .build()
        .map_err(|error| format!("`{written}` is not a regular expression: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_tested() {
        let cases = [
            ("shipped", "Shipped", true),
            ("shipped", "lost", false),
            ("not shipped", "lost", true),
            ("> 100", "100.5", true),
            (">= 100", "100", true),
            ("< 5", "cinco", false),
            ("<= 5", "5", true),
            ("set", "", false),
            ("empty", "", true),
            ("= set", "set", true),
            ("contains cami", "Una CAMISA", true),
            ("not contains x", "abc", true),
            ("starts with mx", "MX-1", true),
            ("ends with .pdf", "a.PDF", true),
            ("matches ^[a-z]+-\\d+$", "AB-12", true),
            ("not matches \\d", "abc", true),
            ("camión", "CAMION", true),
        ];
        for (written, value, expected) in cases {
            let expectation = Expectation::parse(written).unwrap_or_else(|e| panic!("{written}: {e}"));
            assert_eq!(expectation.holds(value), expected, "{written} / {value}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Expectation::parse("> many").is_err());
        assert!(Expectation::parse("matches (").is_err());
    }
}
