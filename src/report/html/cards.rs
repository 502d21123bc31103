//! Goal cards and key figures at the top of the page.

use crate::measure::{GoalResult, Summary, Unit, Verdict};
use crate::report::format::{self, count, interval, percent, plus_minus, value};
use crate::report::metrics::{mean, seen};
use crate::report::text::clean;
use crate::report::verdict::remark;
use serde::Serialize;

/// One goal.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GoalCard {
    pub(super) mark: char,
    pub(super) word: &'static str,
    /// CSS class of the verdict.
    pub(super) class: &'static str,
    pub(super) goal: String,
    pub(super) value: String,
    pub(super) interval: String,
    /// `3.3 pp short of it`
    pub(super) margin: String,
    pub(super) gauge: Option<Gauge>,
}

/// Where value, interval and limit stand on a line of 0..=100.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Gauge {
    pub(super) limit: String,
    pub(super) low: String,
    pub(super) width: String,
    pub(super) value: String,
}

/// One key figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KeyFigure {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) beside: String,
}

/// A card for each goal.
pub(super) fn goals(summary: &Summary) -> Vec<GoalCard> {
    let currency = clean(&summary.currency);
    summary
        .goals
        .iter()
        .map(|g| GoalCard {
            mark: g.verdict.mark(),
            word: g.verdict.word(),
            class: class(g.verdict),
            goal: clean(&g.goal),
            value: format::optional(g.mean, g.unit, &currency),
            interval: interval(g.ci, g.unit, &currency),
            margin: margin(g, &currency),
            gauge: gauge(g),
        })
        .collect()
}

/// CSS class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed | Verdict::NoData => "missed",
        Verdict::Undecided => "undecided",
    }
}

fn margin(goal: &GoalResult, currency: &str) -> String {
    let Some(mean) = goal.mean.filter(|m| m.is_finite()) else { return remark(goal) };
    let off = (mean - goal.limit).abs();
    let off = match goal.unit {
        Unit::Share => format!("{off:.1} pp", off = off * 100.0),
        unit => value(off, unit, currency),
    };
    match goal.verdict {
        Verdict::Met => format!("{off} to spare"),
        Verdict::Missed => format!("{off} off the goal"),
        Verdict::Undecided | Verdict::NoData => remark(goal),
    }
}

fn gauge(goal: &GoalResult) -> Option<Gauge> {
    let mean = goal.mean.filter(|m| m.is_finite())?;
    let [low, high] = goal.ci.unwrap_or([mean, mean]);
    let (from, to) = (low.min(goal.limit), high.max(goal.limit));
    let pad = ((to - from) * 0.18).max(f64::MIN_POSITIVE);
    let at = |x: f64| ((x - from + pad) / (to - from + 2.0 * pad) * 100.0).clamp(0.0, 100.0);
    let text = |x: f64| format!("{x:.1}");
    Some(Gauge {
        limit: text(at(goal.limit)),
        low: text(at(low)),
        width: text((at(high) - at(low)).max(0.6)),
        value: text(at(mean)),
    })
}

/// The figures a manager asks for first.
pub(super) fn key_figures(summary: &Summary) -> Vec<KeyFigure> {
    let currency = clean(&summary.currency);
    let figure = |name: &str, label: &'static str| {
        // A scenario without prices costs nothing, which is no figure to show.
        let e = seen(summary, name).filter(|e| e.unit != Unit::Money || e.mean != Some(0.0))?;
        Some(KeyFigure {
            label,
            value: value(e.mean?, e.unit, &currency),
            beside: plus_minus(e.half_width(), e.unit),
        })
    };
    let solved = || {
        let offered = mean(summary, "conversations.offered").filter(|o| *o > 0.0)?;
        let solved = mean(summary, "conversations.bot_solved").unwrap_or(0.0)
            + mean(summary, "conversations.agent_solved").unwrap_or(0.0);
        Some(KeyFigure {
            label: "solved",
            value: percent(solved / offered),
            beside: format!("{} of {}", count(solved), count(offered)),
        })
    };
    [
        figure("conversations.offered", "conversations"),
        solved(),
        figure("bot.resolution_rate", "bot resolution"),
        figure("first_response.p90", "first response, 90 % within"),
        figure("queue.wait.p90", "queue wait, 90 % within"),
        figure("agents.occupancy", "occupancy"),
        figure("csat", "CSAT proxy (a model)"),
        figure("cost.per_conversation", "per conversation"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_card_says_how_far_from_the_goal() {
        let cards = goals(&sample::summary());
        let margins: Vec<&str> = cards.iter().map(|c| c.margin.as_str()).collect();
        assert_eq!(
            margins,
            [
                "1m 19s to spare",
                "2.1 pp to spare",
                "3.3 pp off the goal",
                "undecided, about 40 more replications",
                "nothing was observed, so it fails",
            ]
        );
    }

    #[test]
    fn the_gauge_stays_on_its_line() {
        let mut summary = sample::summary();
        summary.goals[0].ci = None;
        summary.goals[0].limit = summary.goals[0].mean.unwrap();
        for card in goals(&summary) {
            if let Some(g) = card.gauge {
                for text in [g.limit, g.low, g.value, g.width] {
                    let x: f64 = text.parse().unwrap();
                    assert!((0.0..=100.0).contains(&x), "{text}");
                }
            }
        }
    }
}
