//! Who writes: needs, sources of traffic, customers, and the channel with its prices.

use super::{IntentIdx, PriorityIdx};
use crate::random::Distribution;
use crate::time::{Instant, Span};
use std::path::PathBuf;
use std::sync::Arc;

/// A need.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Name.
    pub name: String,
    /// Priority a ticket of this intent starts with.
    pub priority: PriorityIdx,
    /// Agent replies it takes (count >= 1).
    pub exchanges: Distribution,
    /// Attention one agent reply takes, ms.
    pub agent_work: Distribution,
    /// Patience waiting in a queue, ms; `None`: the customer's.
    pub patience: Option<Distribution>,
    /// Delay of the customer's own replies, ms; `None`: the customer's.
    pub reply_delay: Option<Distribution>,
    /// Chance that the statistical bot solves it.
    pub bot_solves: f64,
    /// Phrases by language: what customers write (also what a flow's recogniser may be trained on).
    pub phrases: Vec<Arc<[String]>>,
    /// Capacity one conversation of this intent takes of an agent (1 = a full slot).
    pub weight: u8,
}

/// Cumulative weights over indices.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// Index drawn.
    pub index: Vec<u16>,
    /// Cumulative weight; the last is 1.
    pub cumulative: Vec<f64>,
}

/// A source of conversations.
#[derive(Clone, Debug)]
pub enum Source {
    /// From a model.
    Synthetic(Synthetic),
    /// From a recorded log.
    Recorded(Recorded),
}

/// A synthetic source.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// Name.
    pub name: String,
    /// How they arrive.
    pub arrivals: Arrivals,
    /// Coefficient of variation of a day's volume (a gamma factor of mean 1 for each day).
    pub day_to_day: f64,
    /// Planned bursts (campaigns).
    pub bursts: Vec<Burst>,
    /// A random environment: the factor of the rate while in a phase, and the mean stay (MMPP).
    pub phases: Vec<Phase>,
    /// Intents with shares.
    pub intents: Shares,
    /// Languages with shares.
    pub languages: Shares,
    /// Segments with shares.
    pub segments: Shares,
    /// Chance that the first message carries an image, audio, document.
    pub media: f64,
    /// Capacity one conversation takes of an agent, in place of the intent's.
    pub weight: Option<u8>,
    /// Overrides the intent's priority.
    pub priority: Option<PriorityIdx>,
    /// The source never gives more than this many conversations.
    pub max: u64,
}

/// One phase of a random environment.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Multiplies the rate.
    pub factor: f64,
    /// Mean stay (exponential), ms.
    pub mean_stay: f64,
}

/// How synthetic conversations arrive.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Non-homogeneous Poisson: expected conversations per hour in each slot of a cycle that begins
    /// on Monday 00:00 civil time (a week) or at `Plan::start` (any other length).
    Poisson {
        /// Length of a slot.
        slot: Span,
        /// Conversations per hour, slot by slot; the cycle is `slot * per_hour.len()`.
        per_hour: Arc<[f64]>,
        /// The cycle is a civil week.
        weekly: bool,
    },
    /// A renewal process.
    Renewal {
        /// Time between two arrivals, ms.
        interval: Distribution,
    },
}

/// A planned burst.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Days of the week it happens on (Monday first); ignored if `date` is given.
    pub days: [bool; 7],
    /// A single civil date.
    pub date: Option<jiff::civil::Date>,
    /// Minutes after midnight.
    pub at: u16,
    /// How long.
    pub lasts: Span,
    /// Multiplies the rate.
    pub factor: f64,
    /// Intent whose share is raised to all of the extra volume; `None`: the usual mix.
    pub intent: Option<IntentIdx>,
}

/// A recorded source: the log is read by `traffic::recorded`.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Name.
    pub name: String,
    /// Files, resolved against the scenario's folder.
    pub paths: Vec<PathBuf>,
    /// Format by name, or `None` to find out.
    pub format: Option<String>,
    /// Mapping file for tables.
    pub mapping: Option<PathBuf>,
    /// Zone for logs that have none.
    pub zone: jiff::tz::TimeZone,
    /// Timing of the customer's later messages.
    pub timing: Timing,
    /// Conversations are resampled to this multiple.
    pub scale: f64,
    /// Only what was recorded in [from, to).
    pub cut: Option<(Instant, Instant)>,
    /// Moves recorded instants; `None`: the first kept conversation begins at `Plan::start`'s first
    /// equal weekday and time of day.
    pub shift: Option<Span>,
    /// Intent where the recognised text gives none.
    pub intents: Shares,
    /// Reads the log's text (true) or lets the statistical bot do without it.
    pub text: bool,
    /// The record is laid over a cycle of this length.
    pub fold: Option<Span>,
    /// A silence this long begins another conversation.
    pub silence_gap: Span,
    /// Capacity one conversation takes of an agent, in place of the intent's.
    pub weight: Option<u8>,
}

/// Timing of recorded follow-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A follow-up keeps its delay after the message it answered.
    Reactive,
    /// A follow-up comes at its recorded instant.
    AsRecorded,
}

/// How customers behave, where their intent does not say otherwise. Durations in ms.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Patience waiting in a queue for a person; `None`: waits for ever.
    pub patience: Option<Distribution>,
    /// Patience waiting for each later reply; `None`: waits for ever.
    pub reply_patience: Option<Distribution>,
    /// Delay of the customer's own replies (to bot and person).
    pub reply_delay: Distribution,
    /// Chance to balk: to leave at once when there is nobody free.
    pub balk: f64,
    /// Chance never to answer a reply that asked for an answer.
    pub falls_silent: f64,
    /// A follow-up message every so often while waiting in a queue.
    pub follow_up: Option<Distribution>,
    /// Chance to come back to a resolved ticket (reopen), and after how long.
    pub reopens: f64,
    /// Delay of a reopening.
    pub reopen_delay: Distribution,
    /// Chance to contact again about a need that was not solved, and after how long.
    pub repeats: f64,
    /// Delay of a repeat contact.
    pub repeat_delay: Distribution,
    /// Chance to answer a survey.
    pub rates: f64,
    /// Chance of a typing error, per character.
    pub typos: f64,
    /// Chance to misread a menu.
    pub misreads: f64,
    /// Chance to accept a correct answer of the bot.
    pub accepts: f64,
    /// Chance, after each failed attempt of the bot, to ask for a person.
    pub asks_for_person: f64,
    /// Chance, after each failed attempt of the bot, to leave.
    pub leaves_bot: f64,
}

/// The channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Preset the values came from.
    pub like: String,
    /// Service window after a customer's message in which free-form replies are allowed (24 h).
    pub window: Option<Span>,
    /// Templates are available outside the window.
    pub templates: bool,
    /// Delay from sending to delivery, ms.
    pub delivery: Distribution,
    /// Price of one free-form message sent by the business.
    pub price_message: f64,
    /// Price of one utility template.
    pub price_utility: f64,
    /// Price of one marketing template.
    pub price_marketing: f64,
    /// Price of one message received.
    pub price_inbound: f64,
    /// Utility templates inside the window are free.
    pub utility_free_in_window: bool,
    /// What the prices above are for.
    pub pricing: Pricing,
}

/// What a channel charges for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Each message.
    #[default]
    PerMessage,
    /// Each 24 hours in which messages of a category are sent (WhatsApp until June 2025).
    PerConversation,
}
