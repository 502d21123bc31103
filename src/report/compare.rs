//! Variants beside a baseline: what differs for real, what is luck.

use super::format::{plus_minus, signed, value};
use super::markdown::{code, escape};
use super::text::{clean, left, right, shorten, width as columns, wrap};
use crate::experiment::{Comparison, Difference, Finding};
use std::fmt::Write;

/// Differences shown of each variant.
const MAX_ROWS: usize = 30;

/// The comparison on a screen: real differences first, then those not shown to be any. Metrics of a
/// slice stand in the JSON output only.
pub fn comparison(comparison: &Comparison, currency: &str, width: usize) -> String {
    let mut out = format!("{} beside {}\n\n", clean(&comparison.variant), clean(&comparison.baseline));
    let whole = || comparison.differences.iter().filter(|d| !d.metric.contains('{'));
    let real = |d: &&Difference| matches!(d.finding, Finding::Better | Finding::Worse | Finding::Changed);
    let ordered: Vec<&Difference> = whole()
        .filter(real)
        .chain(whole().filter(|d| d.finding == Finding::NoneShown))
        .take(MAX_ROWS)
        .collect();
    let rows: Vec<[String; 6]> = ordered.iter().map(|d| row(d, currency)).collect();
    let widest = |i: usize| rows.iter().map(|r| columns(&r[i])).max().unwrap_or(0);
    let fixed = widest(0) + widest(2) + widest(3) + widest(4) + widest(5) + 10;
    let names = widest(1).min(width.saturating_sub(fixed));
    for [word, name, sides, difference, spread, correlation] in &rows {
        let line = format!(
            "{}  {}  {}  {}  {}  {}",
            left(word, widest(0)),
            left(&shorten(name, names), names),
            right(sides, widest(2)),
            right(difference, widest(3)),
            left(spread, widest(4)),
            correlation
        );
        let _infallible = writeln!(out, "{}", line.trim_end());
    }
    let same = whole().filter(|d| d.finding == Finding::Same).count();
    let count = whole().filter(real).count();
    let mut last = format!("{count} metrics differ for real, {same} are the same in every replication");
    if let Some(level) = comparison.differences.first().map(|d| d.level) {
        last.push_str(&format!("; each interval holds at {}", super::format::level(level)));
    }
    last.push_str(". r is the correlation of the pairs that common random numbers achieved.");
    let _infallible = write!(out, "\n{}\n", wrap(&last, width).join("\n"));
    out
}

/// The comparison for a pull request.
pub fn comparison_markdown(comparison: &Comparison, currency: &str) -> String {
    let mut out = format!(
        "## {} beside {}\n\n| | Metric | Baseline → variant | Difference | ± | r |\n| --- | --- | --: | --: | --: | --: |\n",
        escape(&comparison.variant),
        escape(&comparison.baseline)
    );
    let whole = comparison.differences.iter().filter(|d| !d.metric.contains('{'));
    for d in whole.filter(|d| d.finding != Finding::Same) {
        let [word, name, sides, difference, spread, correlation] = row(d, currency);
        let (name, correlation) = (code(&name), correlation.trim_start_matches("r "));
        let cells = [&word, &name, &sides, &difference, &spread, correlation].join(" | ");
        let _infallible = writeln!(out, "| {cells} |");
    }
    out
}

/// What a difference means, in a word or three.
fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::Changed => "changed",
        Finding::NoneShown => "no difference shown",
        Finding::Same => "same",
    }
}

/// Word, metric, both sides, the difference with its sign, half its width, correlation.
fn row(d: &Difference, currency: &str) -> [String; 6] {
    [
        word(d.finding).to_owned(),
        clean(&d.metric),
        format!("{} → {}", value(d.baseline, d.unit, currency), value(d.variant, d.unit, currency)),
        signed(d.difference, d.unit, currency),
        plus_minus(d.ci.map(|[low, high]| (high - low) / 2.0), d.unit),
        d.correlation.map_or_else(String::new, |r| format!("r {r:.2}").replace('-', "−")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Unit;

    fn difference(metric: &str, unit: Unit, baseline: f64, variant: f64, finding: Finding) -> Difference {
        let difference = variant - baseline;
        let half = (difference.abs() * 0.1).max(1e-4);
        Difference {
            metric: metric.to_owned(),
            unit,
            baseline,
            variant,
            difference,
            ci: Some([difference - half, difference + half]),
            level: 0.95,
            correlation: Some(0.8),
            finding,
            more_replications: None,
            sentence: String::new(),
        }
    }

    fn sample() -> Comparison {
        Comparison {
            baseline: "as it is".to_owned(),
            variant: "one more agent".to_owned(),
            differences: vec![
                difference("conversations.offered", Unit::Count, 9_812.0, 9_812.0, Finding::Same),
                difference("csat", Unit::Share, 0.792, 0.793, Finding::NoneShown),
                difference("first_response.p90", Unit::S, 221.0, 130.0, Finding::Better),
                difference("cost.per_conversation", Unit::Money, 0.446, 0.501, Finding::Worse),
                difference("agents.staffed", Unit::Number, 5.2, 6.2, Finding::Changed),
                difference("csat{team=\"fraud\"}", Unit::Share, 0.7, 0.8, Finding::Better),
            ],
        }
    }

    #[test]
    fn what_is_real_stands_first() {
        let text = comparison(&sample(), "USD", 100);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "one more agent beside as it is");
        for (line, parts) in lines[2..].iter().zip([
            ["better", "first_response.p90", "3m 41s → 2m 10s", "−1m 31s"],
            ["worse", "cost.per_conversation", "0.446 USD → 0.501 USD", "+0.055 USD"],
            ["changed", "agents.staffed", "5.20 → 6.20", "+1.00"],
            ["no difference shown", "csat", "79.2 % → 79.3 %", "+0.1 pp"],
        ]) {
            assert!(line.starts_with(parts[0]), "{line}");
            assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        }
        let flowing = text.replace('\n', " ");
        for words in [
            "3 metrics differ for real, 1 are the same in every replication; each interval holds at 95 %.",
            "r is the correlation of the pairs that common random numbers achieved.",
        ] {
            assert!(flowing.contains(words), "{words}: {text}");
        }
        assert!(lines[2].ends_with("r 0.80"), "{text}");
    }

    #[test]
    fn it_fits_the_width() {
        let mut c = sample();
        c.variant = "x\u{1b}[2J".to_owned();
        c.differences[2].metric = "a".repeat(300);
        let text = comparison(&c, "USD", 80);
        assert!(!text.contains('\u{1b}'));
        for line in text.lines().skip(2) {
            assert!(columns(line) <= 90, "{line}");
        }
    }
}
