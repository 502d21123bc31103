//! `[[sla]]` and `[[rule]]`.

use super::leaf::{At, Duration, OneOrMany, PlainOr, Share};
use crate::scenario::switches::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[[sla]]`: a policy with its targets.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Sla {
    /// Name.
    pub name: At<String>,
    /// Calendar in which the targets run; `always` if not given.
    pub calendar: Option<At<String>>,
    /// To whom it applies; to all if not given.
    #[serde(rename = "if")]
    pub condition: Option<At<Condition>>,
    /// First response within: one duration, or a table by priority.
    pub first_response: Option<At<Targets>>,
    /// Each later response within.
    pub next_response: Option<At<Targets>>,
    /// Resolution within.
    pub resolution: Option<At<Targets>>,
    /// Time in a queue before an escalation falls due.
    pub escalation: Option<At<Targets>>,
    /// An update to the customer every so often.
    pub update: Option<At<Targets>>,
    /// Time the customer waits for the desk, added up.
    pub requester_wait: Option<At<Targets>>,
    /// Until an agent has the ticket.
    pub assignment: Option<At<Targets>>,
    /// The policy for tickets that no other takes, where the help desk knows such a thing.
    pub default: bool,
    /// A warning when this share of the target is left.
    pub warn_left: Option<At<Share>>,
    /// A reply of the bot counts as the first response.
    pub bot_answers: bool,
}

/// One duration, or durations by priority.
pub type Targets = PlainOr<Duration, BTreeMap<At<String>, At<Duration>>>;

/// A conjunction: every key that is given must hold. A list holds if one of its words does.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// The message contains one of these words; case and accents do not count.
    pub contains: Option<OneOrMany<String>>,
    /// The message contains a word of this mood, or one of `contains`.
    pub sentiment: Option<SentimentWord>,
    /// One of these intents.
    pub intent: Option<OneOrMany<String>>,
    /// One of these languages.
    pub language: Option<OneOrMany<String>>,
    /// One of these segments.
    pub segment: Option<OneOrMany<String>>,
    /// One of these priorities.
    pub priority: Option<OneOrMany<String>>,
    /// One of these teams.
    pub team: Option<OneOrMany<String>>,
    /// From one of these sources of traffic, such as a channel or a number.
    pub traffic: Option<OneOrMany<String>>,
    /// The message carries media, or does not.
    pub media: Option<bool>,
    /// Within the hours of this calendar.
    pub open: Option<At<String>>,
    /// Outside the hours of this calendar.
    pub closed: Option<At<String>>,
    /// Reopened at least so often.
    pub reopened: Option<u16>,
    /// With the bot, or with people.
    pub with_bot: Option<bool>,
    /// Has one of these tags.
    pub tag: Option<OneOrMany<String>>,
}

/// A mood that words tell, in Spanish, Portuguese and English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SentimentWord {
    Angry,
    Happy,
}

impl SentimentWord {
    /// The words that tell it: lower case, no accents.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            SentimentWord::Angry => &[
                "abogado",
                "absurdo",
                "advogado",
                "angry",
                "awful",
                "complaint",
                "decepcionado",
                "denuncia",
                "enojado",
                "estafa",
                "furious",
                "furioso",
                "golpe",
                "harto",
                "horrible",
                "horrivel",
                "indignado",
                "inaceptable",
                "inaceitavel",
                "lawyer",
                "molesto",
                "nunca mas",
                "pesimo",
                "pessimo",
                "queja",
                "reclamacao",
                "reclamo",
                "ridiculo",
                "ridiculous",
                "scam",
                "terrible",
                "terrivel",
                "unacceptable",
                "useless",
                "verguenza",
                "vergonha",
                "worst",
            ],
            SentimentWord::Happy => &[
                "awesome",
                "contenta",
                "contento",
                "encanta",
                "excelente",
                "excellent",
                "feliz",
                "genial",
                "gracias",
                "great",
                "love it",
                "obrigada",
                "obrigado",
                "otimo",
                "perfecto",
                "perfeito",
                "perfect",
                "thank you",
                "thanks",
            ],
        }
    }
}

/// `[[rule]]`: when, if, then.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "when", "then"]))]
pub struct Rule {
    /// Name.
    pub name: At<String>,
    /// What sets it off: a word, or a table such as `{ clock = "resolution", left = "25%" }`.
    pub when: At<When>,
    /// What must hold; nothing if not given.
    #[serde(rename = "if")]
    pub condition: Option<At<Condition>>,
    /// What is done, in order: one action or a list.
    pub then: OneOrMany<Then>,
    /// No later rule is tried for this event.
    pub stop: bool,
    /// Fires at most so often for one conversation.
    #[schemars(range(min = 1, max = 65_535))]
    pub max_per_conversation: At<u16>,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule {
            name: At::default(),
            when: At::from(PlainOr::Plain(TriggerWord::CustomerMessage)),
            condition: None,
            then: OneOrMany::default(),
            stop: false,
            max_per_conversation: At::from(1),
        }
    }
}

/// What sets a rule off.
pub type When = PlainOr<TriggerWord, TriggerTable>;

/// Events that need no parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum TriggerWord {
    CustomerMessage,
    AgentMessage,
    TicketCreated,
    Assigned,
    Moved,
    Resolved,
    Reopened,
    PriorityChanged,
}

/// Events with a parameter: exactly one key, but `left`, `warned`, `before` or `overdue` go with `clock`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TriggerTable {
    /// This SLA clock breaches; with one of the keys `left`, `warned`, `before` and `overdue`, before or after
    /// that.
    pub clock: Option<At<ClockWord>>,
    /// The policy's warning (`warn_left`), not the breach.
    pub warned: Option<At<bool>>,
    /// Share of the target that is left.
    pub left: Option<At<Share>>,
    /// So long before it is due: a reminder.
    pub before: Option<At<Duration>>,
    /// So long after it was due, if it still runs: the next level of an escalation.
    pub overdue: Option<At<Duration>>,
    /// So long after the ticket was made.
    pub after: Option<At<Duration>>,
    /// The customer has been silent so long.
    pub customer_idle: Option<At<Duration>>,
    /// The customer has waited so long for a person's reply.
    pub agent_idle: Option<At<Duration>>,
    /// The bot failed so often.
    #[schemars(range(min = 1))]
    pub failed_attempts: Option<At<u8>>,
    /// So long with the bot.
    pub bot_time: Option<At<Duration>>,
    /// Rated so or worse, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub rating: Option<At<u8>>,
    /// More than so many waiting in the team's queue when the conversation enters it.
    pub backlog: Option<At<u32>>,
    /// The ticket's status becomes this one: `pending` with an agent's reply that asks for an answer, `open`
    /// when the customer writes or it is reopened, `snoozed`, `resolved`.
    pub status: Option<At<Status>>,
}

/// An SLA clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ClockWord {
    FirstResponse,
    NextResponse,
    Resolution,
    Escalation,
    Update,
    RequesterWait,
    Assignment,
}

/// One action.
pub type Then = PlainOr<ActionWord, ActionTable>;

/// Actions that need no parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ActionWord {
    HandOff,
    Escalate,
    SendMessage,
    Close,
    Survey,
}

/// Actions with a parameter: exactly one key, but `by` goes with `notify`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ActionTable {
    /// From the bot to this team.
    pub hand_off: Option<At<String>>,
    /// Sets the priority.
    pub priority: Option<At<String>>,
    /// Moves to this team's queue.
    pub move_to: Option<At<String>>,
    /// One level up, to this team.
    pub escalate: Option<At<String>>,
    /// Tells this person or address.
    pub notify: Option<At<String>>,
    /// How: by mail, or by a WhatsApp template.
    pub by: Option<At<MessengerWord>>,
    /// Sets this tag.
    pub tag: Option<At<String>>,
    /// Puts the ticket aside for so long, or until the customer writes; then it queues again.
    pub snooze: Option<At<Duration>>,
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum MessengerWord {
    Mail,
    Template,
}
