//! Names of metrics as the reports look them up, and their definitions as they are printed.

use crate::measure::{Estimate, ServiceLevelRule, Summary};
use crate::scenario::metric::MetricName;
use crate::scenario::plan::ClockKind;

/// The estimate of a metric, if the summary has it and something was observed.
pub(super) fn seen<'a>(summary: &'a Summary, name: &str) -> Option<&'a Estimate> {
    summary.metrics.get(name).filter(|e| e.mean.is_some_and(f64::is_finite))
}

/// Its mean, if something was observed.
pub(super) fn mean(summary: &Summary, name: &str) -> Option<f64> {
    seen(summary, name)?.mean
}

/// Level of the intervals, if there are any.
pub(super) fn interval_level(summary: &Summary) -> Option<f64> {
    summary.metrics.values().find(|e| e.ci.is_some()).map(|e| e.level)
}

/// How the service level counts those who leave before its target, in a few words.
pub(super) fn leavers(rule: &ServiceLevelRule) -> &'static str {
    match rule.abandoned.as_str() {
        "left_out" => "leavers left out",
        "failed" => "leavers count as failed",
        _ => "only the served counted",
    }
}

/// The SLA clocks in the order a reader asks for them.
pub(super) const CLOCKS: [ClockKind; 7] = [
    ClockKind::FirstResponse,
    ClockKind::NextResponse,
    ClockKind::Resolution,
    ClockKind::Escalation,
    ClockKind::Update,
    ClockKind::RequesterWait,
    ClockKind::Assignment,
];

/// How a conversation can end: (metric, words). Together they are all that were offered.
pub(super) const ENDINGS: [(&str, &str); 6] = [
    ("conversations.bot_solved", "solved by the bot"),
    ("conversations.agent_solved", "solved by people"),
    ("conversations.abandoned", "abandoned in a queue"),
    ("conversations.left_bot", "left the bot unsolved"),
    ("conversations.left_agent", "left people unsolved"),
    ("conversations.open", "still open at the end"),
];

/// What a metric means, in one sentence with what it is divided by; `None` for a name that is not in
/// the catalogue.
pub(super) fn definition(name: &str) -> Option<String> {
    Some(MetricName::parse(name).ok()?.metric.definition_over_denominator())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_the_reports_look_up_is_in_the_catalogue() {
        for (name, _) in ENDINGS {
            assert!(definition(name).is_some(), "{name}");
        }
        for name in crate::report::sample::summary().metrics.keys() {
            assert!(definition(name).is_some(), "{name}");
        }
        for clock in CLOCKS {
            assert!(definition(&format!("sla.{}.compliance", clock.name())).is_some());
        }
    }

    #[test]
    fn definitions_are_found_by_name_stem_and_slice() {
        for name in [
            "conversations.offered",
            "first_response.p90",
            "first_response.p90{team=\"fraud\"}",
            "sla.first_response.compliance{priority=\"urgent\"}",
            "sla.resolution.breaches",
            "cost.per_resolution",
        ] {
            assert!(definition(name).is_some(), "{name}");
        }
        assert_eq!(definition("weather"), None);
        assert_eq!(definition("agents.utilisation").as_deref(), Some("busy time / paid time"));
    }
}
