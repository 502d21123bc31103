//! Names of metrics as the reports look them up, and their definitions as they are printed.

use crate::measure::{Estimate, Summary};
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

/// The name without its slice: `first_response.p90{team="a"}` -> `first_response.p90`.
pub(super) fn base(name: &str) -> &str {
    name.split_once('{').map_or(name, |(base, _)| base)
}

/// What a metric means, in one sentence; `None` for a name that is not in the list.
pub(super) fn definition(name: &str) -> Option<&'static str> {
    let base = base(name);
    let stem = DURATION_ENDINGS.iter().find_map(|e| base.strip_suffix(e)).unwrap_or(base);
    DEFINITIONS.iter().find(|(n, _)| *n == base || *n == stem).map(|(_, text)| *text).or_else(|| {
        let clock = base.strip_prefix("sla.")?;
        (clock.ends_with(".compliance"))
            .then_some("Clocks met in time / clocks that ended or fell due in the measured period.")
            .or_else(|| {
                clock
                    .ends_with(".breaches")
                    .then_some("Clocks that passed their target in the measured period.")
            })
    })
}

/// Statistics a duration is given with.
const DURATION_ENDINGS: [&str; 9] = [".mean", ".sd", ".p25", ".p50", ".p75", ".p90", ".p95", ".p99", ".max"];

/// Name (or stem of a duration's statistics) and definition.
const DEFINITIONS: [(&str, &str); 38] = [
    ("conversations.offered", "Conversations that began within the measured period (after the warm-up)."),
    ("conversations.bot_solved", "Conversations solved by the bot, no person involved."),
    ("conversations.agent_solved", "Conversations solved by a person."),
    (
        "conversations.abandoned",
        "Conversations that left a queue unanswered, balked or found no place to wait.",
    ),
    ("conversations.left_bot", "Conversations that left the bot unsolved, no person involved."),
    ("conversations.left_agent", "Conversations that left unsolved after a person had answered."),
    ("conversations.open", "Conversations still open when the run ended."),
    (
        "bot.resolution_rate",
        "Conversations solved by the bot with no person involved and no repeat contact about the same need within the repeat window / conversations the bot saw.",
    ),
    (
        "bot.containment_rate",
        "Conversations that ended with no person involved, solved or not / conversations the bot saw.",
    ),
    ("bot.handoff_rate", "Conversations handed to people / conversations the bot saw."),
    ("bot.handoff", "Conversations handed to people for this reason."),
    ("bot.seen", "Conversations the bot saw."),
    ("first_response", "First customer message to the first reply, of bot or person as the policy says."),
    ("first_human_response", "First customer message to the first reply by a person."),
    ("next_response", "Each unanswered customer message, or run of them, to the reply to it."),
    ("resolution", "Ticket creation to its last resolution, less the paused time where the policy pauses."),
    ("queue.wait", "Entering a team's queue to an agent taking the conversation; those served only."),
    ("queue.wait_all", "Entering a team's queue to leaving it, those who left unanswered included."),
    ("queue.length", "Conversations waiting for an agent, mean over time."),
    ("queue.entered", "Entries into a team's queue."),
    (
        "service_level",
        "Share of queue entries answered within the target; what those who leave before it count as is the convention named beside it.",
    ),
    ("abandonment.rate", "Left the queue unanswered / entered the queue."),
    ("agents.occupancy", "Busy time / staffed time."),
    ("agents.utilisation", "Busy time / paid time."),
    ("agents.concurrency", "Mean conversations open for an agent while at least one is."),
    ("agents.staffed", "Agents staffed, mean over time."),
    ("backlog", "Open tickets."),
    ("backlog.mean", "Open tickets, mean over time."),
    ("backlog.max", "Most open tickets at one time."),
    ("backlog.end", "Open tickets at the end of the measured period."),
    (
        "csat",
        "Predicted share of satisfied customers (4 or 5 of 5) among those who would answer. A model, not a measurement.",
    ),
    ("cost.total", "People, messages and templates, bot and platform."),
    ("cost.people", "Paid time of agents at their hourly cost."),
    ("cost.messages", "Messages and templates at the channel's prices."),
    ("cost.bot", "Bot conversations at their price."),
    ("cost.platform", "Platform and seat fees for the measured period."),
    ("cost.per_conversation", "Total cost / conversations offered."),
    ("cost.per_resolution", "Total cost / conversations solved by the bot or by people."),
];

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
