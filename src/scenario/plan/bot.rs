//! The bot.

use super::IntentIdx;
use crate::random::Distribution;
use crate::time::Span;
use std::path::PathBuf;

/// The bot.
#[derive(Clone, Debug)]
pub struct BotPlan {
    /// What kind.
    pub kind: BotKind,
    /// Failed attempts before a hand-off.
    pub max_attempts: u8,
    /// Time with the bot before a hand-off.
    pub time_limit: Option<Span>,
    /// Delay of each bot reply, ms.
    pub latency: Distribution,
    /// Silence after which the bot closes the conversation.
    pub session_time_out: Span,
    /// Which of the limits above the scenario names itself; the others a flow's own replace.
    pub named: NamedLimits,
    /// A repeat contact about the same need within this window takes a resolution back.
    pub repeat_window: Span,
    /// Cost of one bot conversation.
    pub cost_per_conversation: f64,
    /// Outages: (from, to) relative to the start.
    pub outages: Vec<(Span, Span)>,
    /// Random outages: mean time between, mean length (exponential, ms).
    pub random_outages: Option<(f64, f64)>,
}

/// Which limits of the bot the scenario names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NamedLimits {
    pub max_attempts: bool,
    pub time_limit: bool,
    pub session_time_out: bool,
}

/// Kind of bot.
#[derive(Clone, Debug)]
pub enum BotKind {
    /// Everybody goes straight to people.
    None,
    /// Chance to solve per intent; exchanges with the bot.
    Statistical {
        /// Customer messages the bot sees before it has decided (count >= 1).
        exchanges: Distribution,
        /// Chance that one failing attempt makes the customer ask for a person.
        understands: f64,
    },
    /// A flow, loaded by `bot::flow` from this file.
    Flow {
        /// The flow file.
        path: PathBuf,
    },
    /// A live bot under test.
    Http(HttpPlan),
}

/// A live bot under test: where it is, how it is asked, and what its replies mean.
#[derive(Clone, Debug)]
pub struct HttpPlan {
    /// Address.
    pub url: String,
    /// Shape of the exchange: "generic", "rasa" or "dialogflow".
    pub shape: String,
    /// How long a reply may take.
    pub time_out: Span,
    /// At most so many requests at once.
    pub concurrency: u16,
    /// At most so many requests a second; 0 = no limit.
    pub rate_per_s: f64,
    /// Record to this file, or answer from it.
    pub cassette: Option<PathBuf>,
    /// The bot's name for an intent, and the intent.
    pub intents: Vec<(String, IntentIdx)>,
    /// Words of replies that answer an intent.
    pub answers: Vec<(IntentIdx, Vec<String>)>,
    /// Words of replies that say that the bot did not understand.
    pub not_understood: Vec<String>,
    /// Words of replies that hand over.
    pub hands_over: Vec<String>,
    /// Words of replies that ask for something, and what the customer writes then.
    pub replies: Vec<(String, String)>,
}
