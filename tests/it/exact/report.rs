//! The comparison as a page of documentation.

use super::expected::NOT_COMPARED;
use super::{Compared, MOST_STANDARD_ERRORS, Outcome};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The outcomes as Markdown: a table over the cases, then every figure of each. `unknown` are those that
/// could not be written as a scenario.
pub fn markdown(outcomes: &[Outcome], unknown: &[String]) -> String {
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    let figures: Vec<&Compared> = outcomes.iter().flat_map(|o| &o.figures).collect();
    let wrong = outcomes.iter().flat_map(Outcome::wrong).count();
    let beyond = |limit: f64| figures.iter().filter(|f| f.z.abs() > limit).count();
    line(format!(
        "{} cases, {} figures, {} customers. More than {MOST_STANDARD_ERRORS} standard errors away: {wrong}; more than 3: {}; more than 2: {} ({:.1} %; chance alone gives 4.6 %).",
        outcomes.len(),
        figures.len(),
        outcomes.iter().map(|o| o.customers).sum::<u64>(),
        beyond(3.0),
        beyond(2.0),
        100.0 * beyond(2.0) as f64 / figures.len().max(1) as f64,
    ));
    line(String::new());
    line("| case | model | figures | largest abs z | replications | customers |".into());
    line("| --- | --- | ---: | ---: | ---: | ---: |".into());
    for o in outcomes {
        let largest = o.figures.iter().map(|f| f.z.abs()).fold(0.0, f64::max);
        line(format!(
            "| {} | {} | {} | {largest:.2} | {} | {} |",
            o.name,
            o.model,
            o.figures.len(),
            o.replications,
            o.customers
        ));
    }
    for case in unknown {
        line(String::new());
        line(format!("Not expressed as a scenario: {case}."));
    }
    let left_out: BTreeSet<&String> = outcomes.iter().flat_map(|o| &o.left_out).collect();
    if !left_out.is_empty() {
        line(String::new());
        line("Answers of the reference files that are not compared:".into());
        line(String::new());
    }
    for name in left_out {
        let reason = NOT_COMPARED.iter().find(|(known, _)| known == name);
        line(format!("- `{name}`: {}", reason.map_or("not known here", |(_, reason)| reason)));
    }
    for o in outcomes {
        line(String::new());
        line(format!("## {}", o.name));
        line(String::new());
        line(format!("{}. Answers by: {}.", o.model, o.method));
        line(String::new());
        line("| figure | exact | simulated | standard error | z |".into());
        line("| --- | ---: | ---: | ---: | ---: |".into());
        for f in &o.figures {
            line(row(f));
        }
    }
    page
}

fn row(f: &Compared) -> String {
    // In bold: the figures whose precision decides how long a case runs.
    let name = if f.decides { format!("**{}**", f.name) } else { f.name.clone() };
    let mut text = format!("| {name} | {} | {} | ", digits(f.exact), digits(f.estimate));
    let relative = 100.0 * f.standard_error / f.exact.abs();
    let _ = if relative.is_finite() {
        write!(text, "{relative:.2} % | {:+.2} |", f.z)
    } else {
        write!(text, "{} | {:+.2} |", digits(f.standard_error), f.z)
    };
    text
}

/// Six significant digits.
fn digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let before = x.abs().log10().floor() as i32;
    format!("{x:.*}", (5 - before).max(0) as usize)
}
