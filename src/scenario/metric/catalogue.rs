//! Every metric: name, unit, definition, denominator.

use super::{Dimension, Statistic, Unit};
use Form::{Duration, Ratio, Total};
use Slicing::{ByTeam, Everywhere, Whole};

/// A metric as the reports explain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name without statistic and slice.
    pub name: &'static str,
    /// Unit.
    pub unit: Unit,
    /// How replications are put together.
    pub form: Form,
    /// What it can be sliced by.
    pub slicing: Slicing,
    /// What is counted or measured, in one sentence.
    pub definition: &'static str,
    /// What it is divided by; "" for totals.
    pub denominator: &'static str,
}

/// How a metric comes about, and so how replications are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One number for each replication; the estimate is their mean.
    Total,
    /// A sum over a sum; the estimate divides the sums over all replications (delta method).
    Ratio,
    /// A duration for each of many rows: the mean is a ratio; a quantile is taken in each replication
    /// and averaged over them.
    Duration,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The more the better.
    Higher,
    /// The less the better.
    Lower,
    /// It depends.
    Neither,
}

/// What a metric can be sliced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slicing {
    /// Team, intent, priority, segment, language, source.
    Everywhere,
    /// Team.
    ByTeam,
    /// Nothing: it belongs to the desk as a whole.
    Whole,
}

impl Slicing {
    /// The dimensions.
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Slicing::Everywhere => &Dimension::ALL,
            Slicing::ByTeam => &Dimension::ALL[..1],
            Slicing::Whole => &[],
        }
    }
}

impl Metric {
    /// The statistics that can be asked for.
    pub fn statistics(&self) -> &'static [Statistic] {
        match self.form {
            Form::Duration => &Statistic::OF_DURATIONS,
            Form::Total | Form::Ratio => &[Statistic::Value],
        }
    }

    /// What it counts or measures, and after the slash what it is divided by.
    pub fn definition_over_denominator(&self) -> String {
        match self.denominator {
            "" => self.definition.to_owned(),
            denominator => format!("{} / {denominator}", self.definition),
        }
    }

    /// Which way is good.
    pub fn better(&self) -> Better {
        let name = self.name;
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
        if ends(&[".compliance", ".solved_rate", ".resolution_rate"])
            || ["service_level", "csat", "csat.observed"].contains(&name)
        {
            Better::Higher
        } else if self.form == Form::Duration
            || begins(&["cost.", "queue.", "backlog.", "abandonment."]) && name != "queue.entered"
            || ends(&[".breaches", ".abandoned", ".left_bot", ".left_agent", ".reopen_rate", ".repeat_rate"])
            || ends(&[".taken_back_rate", ".transfer_rate", ".worst_hour"])
        {
            Better::Lower
        } else {
            Better::Neither
        }
    }

    /// The statistic meant when none is written.
    pub fn default_statistic(&self) -> Statistic {
        self.statistics()[0]
    }
}

/// Every metric, in the order in which reports list them.
pub fn catalogue() -> &'static [Metric] {
    CATALOGUE
}

/// A metric by its name (without statistic and slice).
pub fn find(name: &str) -> Option<&'static Metric> {
    CATALOGUE.iter().find(|m| m.name == name)
}

const fn metric(
    name: &'static str,
    unit: Unit,
    form: Form,
    slicing: Slicing,
    definition: &'static str,
    denominator: &'static str,
) -> Metric {
    Metric { name, unit, form, slicing, definition, denominator }
}

const fn count(name: &'static str, definition: &'static str) -> Metric {
    metric(name, Unit::Count, Total, Everywhere, definition, "")
}

const fn share(name: &'static str, definition: &'static str, denominator: &'static str) -> Metric {
    metric(name, Unit::Share, Ratio, Everywhere, definition, denominator)
}

const fn duration(name: &'static str, definition: &'static str, denominator: &'static str) -> Metric {
    metric(name, Unit::S, Duration, Everywhere, definition, denominator)
}

const OFFERED: &str = "conversations that began in the measured period";
const SEEN: &str = "conversations the bot saw";
const ENTRIES: &str = "entries into the queue: taken, left unanswered, still waiting at the end";
const OVER: &str = "conversations that were over when the run ended";
const COMPLIANCE: &str = "clocks met in time";
const CLOCKS: &str = "clocks that ended or fell due in the measured period";
const BREACHES: &str = "clocks that ended or fell due in the measured period and were not met in time";
const USED: &str = "business time a clock ran, pauses left out";
const ENDED: &str = "clocks that ended or fell due in the measured period and did end";
const PERIOD: &str = "length of the measured period";

#[rustfmt::skip]
static CATALOGUE: &[Metric] = &[
    // offered = bot_solved + agent_solved + abandoned + left_bot + left_agent + open, in every slice.
    count("conversations.offered", OFFERED),
    count("conversations.bot_solved", "of those offered: solved by the bot, no person involved"),
    count("conversations.agent_solved", "of those offered: solved by a person"),
    count("conversations.abandoned", "of those offered: left a queue unanswered, balked or were turned away"),
    count("conversations.left_bot", "of those offered: left the bot unsolved, no person involved"),
    count("conversations.left_agent", "of those offered: left unsolved after a person had answered"),
    count("conversations.open", "of those offered: still open when the run ended"),
    share("conversations.solved_rate", "solved by bot or person", OVER),
    share("conversations.repeat_rate", "repeat contacts about a need that was raised before", OFFERED),
    share("conversations.reopen_rate", "reopened at least once", OFFERED),
    share("conversations.transfer_rate", "moved between teams at least once", OFFERED),

    count("bot.seen", "conversations the bot saw"),
    share("bot.resolution_rate", "solved by the bot with no person involved and no repeat contact about the same need within the repeat window", SEEN),
    share("bot.containment_rate", "ended with no person involved and no hand-off, solved or not", SEEN),
    share("bot.handoff_rate", "handed to people", SEEN),
    count("bot.handoff.keyword", "handed over because of a keyword"),
    count("bot.handoff.attempts", "handed over after too many failed attempts"),
    count("bot.handoff.time_limit", "handed over because the time with the bot was up"),
    count("bot.handoff.asked_for_person", "handed over because the customer asked for a person"),
    count("bot.handoff.media", "handed over because of an image, audio or document"),
    count("bot.handoff.rule", "handed over by a rule"),
    count("bot.handoff.outage", "handed over because the bot was down"),
    count("bot.handoff.flow", "handed over where the flow says so"),
    share("bot.taken_back_rate", "solved by the bot, then raised again within the repeat window", "conversations solved by the bot"),
    metric("bot.time", Unit::S, Ratio, Everywhere, "time with the bot", SEEN),
    metric("bot.failed_attempts", Unit::Number, Ratio, Everywhere, "attempts of the bot that failed", SEEN),

    duration("first_response", "first customer message to the first reply; a bot's reply counts where an SLA policy lets it, or where there is no policy", "conversations that got such a reply"),
    duration("first_human_response", "first customer message to the first reply by a person", "conversations a person replied to"),
    duration("next_response", "a customer message (or run of them) left unanswered to the reply to it, where a policy sets a target for it", "such waits that ended in a reply"),
    duration("resolution", "ticket creation (hand-off, or first message where bot conversations make tickets) to the last resolution, less the time the policy paused", "tickets that were resolved"),

    count("queue.entered", ENTRIES),
    count("queue.abandoned", "left the queue unanswered"),
    duration("queue.wait", "entering a team's queue to an agent taking the conversation", "queue entries that were taken"),
    duration("queue.wait_all", "entering a team's queue to an agent taking the conversation or the customer leaving", "queue entries taken or left unanswered"),
    share("queue.waited_share", "had to wait at all", ENTRIES),
    share("queue.blocked_rate", "turned away: no place to wait", "arrivals at the queue, let in or not"),
    share("queue.balked_rate", "left at once because nobody was free", "arrivals at the queue, let in or not"),
    share("service_level", "queue entries answered within the target time", "by `service_level.abandoned`: \"left_out\" = answered, or waited for longer than the target; \"failed\" = all that came to the queue; \"served_only\" = answered"),
    share("abandonment.rate", "left the queue unanswered", ENTRIES),
    metric("queue.length", Unit::Number, Ratio, ByTeam, "conversations waiting, averaged over time", PERIOD),
    metric("queue.max", Unit::Count, Total, ByTeam, "longest queue of a team", ""),

    share("sla.first_response.compliance", COMPLIANCE, CLOCKS),
    count("sla.first_response.breaches", BREACHES),
    metric("sla.first_response.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.next_response.compliance", COMPLIANCE, CLOCKS),
    count("sla.next_response.breaches", BREACHES),
    metric("sla.next_response.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.resolution.compliance", COMPLIANCE, CLOCKS),
    count("sla.resolution.breaches", BREACHES),
    metric("sla.resolution.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.escalation.compliance", COMPLIANCE, CLOCKS),
    count("sla.escalation.breaches", BREACHES),
    metric("sla.escalation.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.update.compliance", COMPLIANCE, CLOCKS),
    count("sla.update.breaches", BREACHES),
    metric("sla.update.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.requester_wait.compliance", COMPLIANCE, CLOCKS),
    count("sla.requester_wait.breaches", BREACHES),
    metric("sla.requester_wait.used", Unit::S, Ratio, Everywhere, USED, ENDED),
    share("sla.assignment.compliance", COMPLIANCE, CLOCKS),
    count("sla.assignment.breaches", BREACHES),
    metric("sla.assignment.used", Unit::S, Ratio, Everywhere, USED, ENDED),

    metric("agents.occupancy", Unit::Share, Ratio, ByTeam, "busy time", "staffed time (busy or available; those who finish after their shift are in it)"),
    metric("agents.utilisation", Unit::Share, Ratio, ByTeam, "busy time", "paid time"),
    metric("agents.concurrency", Unit::Number, Ratio, ByTeam, "conversations open for an agent while at least one is", "agent time with at least one open conversation"),
    metric("agents.staffed", Unit::Number, Ratio, ByTeam, "agents on shift, averaged over time", PERIOD),
    metric("agents.busy", Unit::Number, Ratio, ByTeam, "busy agents, averaged over time", PERIOD),
    metric("agents.paid_hours", Unit::Number, Total, ByTeam, "hours paid", ""),
    metric("agents.replies", Unit::Count, Total, ByTeam, "replies begun by agents", ""),
    metric("agents.reply_work", Unit::S, Ratio, ByTeam, "attention of agents", "replies begun by agents"),
    metric("agents.work", Unit::S, Ratio, Everywhere, "attention of agents", "conversations a person replied to"),

    metric("backlog.mean", Unit::Number, Ratio, ByTeam, "open tickets, averaged over time", PERIOD),
    metric("backlog.max", Unit::Count, Total, Whole, "most open tickets at once", ""),
    metric("backlog.end", Unit::Count, Total, ByTeam, "open tickets at the end of the measured period", ""),

    share("csat", "predicted share of satisfied (4 or 5 of 5) among those who would answer a survey: a model, not a measurement", OVER),
    share("csat.observed", "ratings of 4 or 5", "ratings given"),
    count("csat.answers", "ratings given"),

    count("messages.customer", "messages written by customers"),
    count("messages.bot", "messages of the bot"),
    count("messages.agent", "messages of agents"),
    count("messages.templates", "templates sent outside the service window"),
    metric("messages.per_conversation", Unit::Number, Ratio, Everywhere, "messages of customers, bot and agents", OFFERED),

    metric("cost.people", Unit::Money, Total, ByTeam, "paid hours at the team's rate", ""),
    metric("cost.messages", Unit::Money, Total, Everywhere, "messages and templates at the channel's prices", ""),
    metric("cost.bot", Unit::Money, Total, Everywhere, "bot conversations at their price", ""),
    metric("cost.platform", Unit::Money, Total, Whole, "platform and seats, pro rata of 30 days", ""),
    metric("cost.total", Unit::Money, Total, Whole, "people, messages, bot and platform", ""),
    metric("cost.per_conversation", Unit::Money, Ratio, Whole, "people, messages, bot and platform", OFFERED),
    metric("cost.per_resolution", Unit::Money, Ratio, Whole, "people, messages, bot and platform", "conversations solved by bot or person"),

    metric("rules.fired", Unit::Count, Total, Whole, "firings of rules", ""),
    metric("notifications.sent", Unit::Count, Total, Whole, "notifications sent by rules", ""),
    metric("notifications.worst_hour", Unit::Count, Total, Whole, "most notifications to one person in one clock hour", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_spelled_alike() {
        for (i, m) in CATALOGUE.iter().enumerate() {
            assert!(CATALOGUE[..i].iter().all(|other| other.name != m.name), "{}", m.name);
            assert!(m.name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.'), "{}", m.name);
            assert!(!m.definition.is_empty(), "{}", m.name);
            assert_eq!(m.denominator.is_empty(), m.form == Form::Total, "{}", m.name);
        }
    }

    #[test]
    fn which_way_is_good() {
        use Better::*;
        for (name, better) in [
            ("service_level", Higher),
            ("sla.first_response.compliance", Higher),
            ("sla.first_response.breaches", Lower),
            ("sla.first_response.used", Neither),
            ("bot.resolution_rate", Higher),
            ("bot.containment_rate", Neither),
            ("first_response", Lower),
            ("resolution", Lower),
            ("queue.entered", Neither),
            ("queue.length", Lower),
            ("agents.occupancy", Neither),
            ("cost.total", Lower),
            ("conversations.offered", Neither),
            ("conversations.abandoned", Lower),
        ] {
            assert_eq!(find(name).unwrap().better(), better, "{name}");
        }
    }

    #[test]
    fn no_name_reads_as_another_with_a_statistic() {
        for m in CATALOGUE {
            let taken = |s: &Statistic| find(m.name.strip_suffix(s.name())?.strip_suffix('.')?);
            assert!(Statistic::OF_DURATIONS.iter().filter_map(taken).next().is_none(), "{}", m.name);
        }
    }
}
