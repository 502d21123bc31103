//! `summary.md`: the summary for a pull request's comment.

use super::format::{self, count, duration, interval, optional, percent, value};
use super::method::variance;
use super::metrics::{ENDINGS, interval_level, leavers, mean, seen};
use super::text::clean;
use super::verdict::{remark, verdict};
use crate::measure::Summary;
use std::fmt::Write;

/// The figures a reviewer looks at, in this order: (metric, words).
const FIGURES: [(&str, &str); 13] = [
    ("bot.resolution_rate", "Bot resolution rate"),
    ("bot.containment_rate", "Bot containment rate"),
    ("first_response.p50", "First response, median"),
    ("first_response.p90", "First response, 90 % within"),
    ("sla.first_response.compliance", "First-response SLA compliance"),
    ("sla.resolution.compliance", "Resolution SLA compliance"),
    ("queue.wait.mean", "Queue wait, mean"),
    ("service_level", "Service level of the queue"),
    ("abandonment.rate", "Abandonment"),
    ("agents.occupancy", "Occupancy of agents"),
    ("backlog.max", "Backlog, largest"),
    ("csat", "CSAT proxy (a model)"),
    ("cost.per_conversation", "Cost per conversation"),
];

/// The summary in GitHub-flavoured Markdown.
pub fn markdown(summary: &Summary) -> String {
    let mut out = format!("## {}\n\n**{}**\n", escape(&summary.scenario), escape(&verdict(summary)));
    if !summary.goals.is_empty() {
        out.push_str("\n| | Goal | Value | Interval | |\n| :-: | --- | --: | --: | --- |\n");
    }
    for g in &summary.goals {
        line(
            &mut out,
            &[
                &format!("{} {}", g.verdict.mark(), g.verdict.word()),
                &code(&g.goal),
                &optional(g.mean, g.unit, &summary.currency),
                &interval(g.ci, g.unit, &summary.currency),
                &remark(g),
            ],
        );
    }
    out.push_str("\n| Conversations | Mean of a run | Share |\n| --- | --: | --: |\n");
    let offered = mean(summary, "conversations.offered");
    line(&mut out, &["offered", &offered.map_or_else(String::new, count), ""]);
    for (name, words) in ENDINGS {
        if let Some(x) = mean(summary, name) {
            let share = offered.filter(|o| *o > 0.0).map_or_else(String::new, |o| percent(x / o));
            line(&mut out, &[words, &count(x), &share]);
        }
    }
    out.push_str("\n| Figure | Value | Interval |\n| --- | --: | --: |\n");
    for (name, words) in FIGURES {
        if let Some((estimate, mean)) = seen(summary, name).and_then(|e| Some((e, e.mean?))) {
            line(
                &mut out,
                &[
                    &if name == "service_level" { service_level_words(summary) } else { words.to_owned() },
                    &value(mean, estimate.unit, &summary.currency),
                    &interval(estimate.ci, estimate.unit, &summary.currency),
                ],
            );
        }
    }
    if !summary.warnings.is_empty() {
        out.push('\n');
    }
    for warning in &summary.warnings {
        let _infallible = writeln!(out, "- ⚠ {}", escape(warning));
    }
    for sentence in variance(summary) {
        let _infallible = writeln!(out, "\n<sub>{}.</sub>", escape(&sentence));
    }
    let level =
        interval_level(summary).map_or_else(String::new, |x| format!(", {} intervals", format::level(x)));
    let _infallible = writeln!(
        out,
        "\n<sub>{} replications, seed {}{level}, {} by helpsim {}.</sub>",
        summary.replications,
        summary.seed,
        escape(&summary.origin),
        env!("CARGO_PKG_VERSION")
    );
    out
}

/// The service level is nothing without the way it was counted.
fn service_level_words(summary: &Summary) -> String {
    let rule = &summary.service_level;
    format!("Service level of the queue ({}, {})", duration(rule.within_s), leavers(rule))
}

/// One row of a table.
fn line(out: &mut String, cells: &[&str]) {
    out.push_str("| ");
    out.push_str(&cells.join(" | "));
    out.push_str(" |\n");
}

/// Text from outside: every character that Markdown or HTML could read is escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An at sign or a hash would notify people and link issues in a comment.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A goal as code. A bar would end the cell and a backtick the code.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_comment_as_a_reviewer_sees_it() {
        insta::assert_snapshot!(markdown(&sample::summary()));
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut summary = sample::summary();
        summary.scenario = "<img src=x> @everyone [x](y) | \u{202e}".to_owned();
        let text = markdown(&summary);
        assert!(text.starts_with("## &lt;img src=x&gt; &#64;everyone \\[x\\](y) \\| \u{fffd}\n"), "{text}");
    }
}
