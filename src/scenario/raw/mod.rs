//! The scenario as it is written: one struct for each table, in the user's words and units.
//!
//! The doc comment of a field is its entry in the reference and in the JSON schema; its default is
//! the one in `Default`; a range that needs no other key to check stands in `#[schemars(range(..))]`.
//! What needs more than one key is checked in [`super::check`].

pub mod leaf;
pub mod law;
mod channel;
mod desk;
mod general;
mod rule;
mod traffic;

pub use channel::{Bot, BotWord, Channel, Http, Outage, PricingWord, RandomOutages};
pub use desk::{
    AssignmentWord, AttentionWord, Desk, Order, OrderTable, OrderWord, Overflow, Refusal, Shift,
    ShiftEndWord, Team,
};
pub use general::{
    AbandonedWord, Calendar, ClosedWord, Cost, Csat, DayHours, General, Goal, Precision, ServiceLevel,
    StartFromWord, WarmUpWord,
};
pub use rule::{
    ActionTable, ActionWord, ClockWord, Condition, MessengerWord, Rule, SentimentWord, Sla, Targets, Then,
    TriggerTable, TriggerWord, When,
};
pub use traffic::{
    Burst, Customer, Cut, DayWeights, Intent, Phase, PhraseList, Phrases, Rate, RateStep, StartWord,
    TimingWord, Traffic, Volume, Weights,
};

use leaf::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A support operation, the traffic it gets, and what is wanted of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["scenario"]))]
pub struct Scenario {
    /// What is simulated, when, how long and how often.
    pub scenario: General,
    /// Business hours, by name. `always` (24/7) exists without being written.
    pub calendar: Vec<At<Calendar>>,
    /// Where conversations come from.
    pub traffic: Vec<At<Traffic>>,
    /// What customers need.
    pub intent: Vec<At<Intent>>,
    /// How customers behave.
    pub customer: Customer,
    /// WhatsApp's rules and prices.
    pub channel: Channel,
    /// The bot; without this table everybody goes straight to people.
    pub bot: Option<Bot>,
    /// The people, team by team, in order of preference.
    pub team: Vec<At<Team>>,
    /// What holds for the whole desk.
    pub desk: Desk,
    /// SLA policies; the first that matches a conversation counts.
    pub sla: Vec<At<Sla>>,
    /// Escalation and automation: when, if, then; in order.
    pub rule: Vec<At<Rule>>,
    /// What is wanted of the figures.
    pub goal: Vec<At<Goal>>,
    /// The satisfaction proxy.
    pub csat: Csat,
    /// Money that belongs to no team.
    pub cost: Cost,
    /// The service level of the queue.
    pub service_level: ServiceLevel,
}
