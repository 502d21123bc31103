//! What a log can tell of the desk, and what it cannot.

use super::{Log, row};
use crate::traffic::log::{Kind, Role};

/// What a log holds beside its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Changes of status: when a ticket was resolved is known.
    pub statuses: bool,
    /// Messages of a bot.
    pub bot: bool,
    /// Customers' ratings.
    pub ratings: bool,
}

impl Known {
    pub(super) fn of(log: &Log) -> Known {
        let events = || log.conversations.values().flatten();
        Known {
            statuses: events().any(row::is_status),
            bot: events().any(|event| event.from == Role::Bot),
            ratings: events().any(|event| event.kind == Kind::Rating),
        }
    }

    /// Whether a metric (its name without statistic and slice) can be told from the log. A figure of
    /// what no log holds (who was on duty, what people cost, who gave up in which queue) would be a
    /// zero that nobody observed.
    pub fn tells(self, metric: &str) -> bool {
        const NEVER: [&str; 8] =
            ["agents.", "queue.", "backlog.", "cost.", "abandonment.", "service_level", "rules.", "csat"];
        const ENDS: [&str; 4] = ["resolution", "sla.resolution.", "sla.update.", "conversations.reopen_rate"];
        const ONLY_SIMULATED: [&str; 3] =
            ["conversations.abandoned", "conversations.left_bot", "conversations.left_agent"];
        let one_of = |names: &[&str]| names.iter().any(|name| metric.starts_with(name));
        match metric {
            "conversations.repeat_rate" | "conversations.transfer_rate" => false,
            "csat.observed" | "csat.answers" => self.ratings,
            "conversations.bot_solved" => self.bot,
            _ if metric.starts_with("bot.") => self.bot,
            _ => !one_of(&NEVER) && !one_of(&ONLY_SIMULATED) && (self.statuses || !one_of(&ENDS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_observes_what_no_log_holds() {
        let nothing = Known::default();
        let all = Known { statuses: true, bot: true, ratings: true };
        for metric in ["agents.occupancy", "cost.total", "csat", "backlog.mean", "conversations.abandoned"] {
            assert!(!nothing.tells(metric) && !all.tells(metric), "{metric}");
        }
        for metric in ["resolution", "sla.resolution.compliance", "csat.observed", "bot.resolution_rate"] {
            assert!(!nothing.tells(metric) && all.tells(metric), "{metric}");
        }
        for metric in ["first_response", "sla.next_response.used", "messages.agent", "conversations.offered"]
        {
            assert!(nothing.tells(metric) && all.tells(metric), "{metric}");
        }
    }
}
