//! `[channel]` and `[bot]`.

use super::law::{CountLaw, DurationLaw, Law, Mean};
use super::leaf::{At, Duration, OneOrMany, OrNone, PlainOr, Share, WordOr};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[channel]`: what WhatsApp allows and charges.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    /// Preset that fills what is not written here: `whatsapp_cloud_api`, `whatsapp_business_app`,
    /// `twilio` or `gupshup`.
    pub like: At<String>,
    /// After a customer's message, free-form replies are allowed for so long.
    pub window: At<OrNone<Duration>>,
    /// Templates are available outside the window.
    pub templates: bool,
    /// Delay from sending to delivery.
    pub delivery: At<DurationLaw>,
    /// Market whose price list (US dollars) fills the prices that are not written: `brazil`, `india`,
    /// `mexico`, ...; `"none"` for no price list.
    pub market: At<String>,
    /// Fee of the reseller for each message, sent or received, on top of WhatsApp's price.
    #[schemars(range(min = 0, max = 1_000))]
    pub reseller_fee: At<f64>,
    /// Price of one free-form message sent by the business.
    #[schemars(range(min = 0, max = 1_000))]
    pub price_message: Option<At<f64>>,
    /// Price of one utility template.
    #[schemars(range(min = 0, max = 1_000))]
    pub price_utility: Option<At<f64>>,
    /// Price of one marketing template.
    #[schemars(range(min = 0, max = 1_000))]
    pub price_marketing: Option<At<f64>>,
    /// Price of one message received.
    #[schemars(range(min = 0, max = 1_000))]
    pub price_inbound: Option<At<f64>>,
    /// Utility templates inside the window are free.
    pub utility_free_in_window: Option<bool>,
    /// What the prices are for: each message, or each 24 hours of a conversation (until June 2025).
    pub pricing: Option<PricingWord>,
}

/// What a channel charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PricingWord {
    PerMessage,
    PerConversation,
}

impl Default for Channel {
    fn default() -> Channel {
        Channel {
            like: At::from("whatsapp_cloud_api".to_owned()),
            window: At::from(WordOr::Value(Duration::from_hours(24.0))),
            templates: true,
            delivery: At::from(PlainOr::Plain(Duration::from_s(1.0))),
            market: At::from("none".to_owned()),
            reseller_fee: At::from(0.0),
            price_message: None,
            price_utility: None,
            price_marketing: None,
            price_inbound: None,
            utility_free_in_window: None,
            pricing: None,
        }
    }
}

/// `[bot]`: a dialogue flow, a live bot over HTTP, or a statistical one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bot {
    /// Which kind; found out from `flow` and `http` if not given.
    pub like: Option<At<BotWord>>,
    /// The earlier name of `like`.
    pub kind: Option<At<BotWord>>,
    /// The dialogue flow's file.
    pub flow: Option<At<String>>,
    /// A live bot under test.
    pub http: Option<At<Http>>,
    /// Customer messages the statistical bot sees before it has decided, at least 1.
    pub exchanges: At<CountLaw>,
    /// Chance that the statistical bot understands one message.
    pub understands: At<Share>,
    /// Failed attempts before a hand-off; where this is not written, the flow's own number counts, or 3.
    #[schemars(range(min = 1, max = 255))]
    pub max_attempts: Option<At<u8>>,
    /// Time with the bot before a hand-off; where this is not written, the flow's own counts, or none.
    pub time_limit: Option<At<OrNone<Duration>>>,
    /// Delay of each bot reply; a live bot's is measured.
    pub latency: At<DurationLaw>,
    /// Silence of the customer after which the bot closes the conversation; where this is not written,
    /// the flow's own counts, or 4 hours.
    pub session_time_out: Option<At<Duration>>,
    /// A repeat contact about the same need within this time takes a resolution back.
    pub repeat_window: At<Duration>,
    /// Cost of one bot conversation.
    #[schemars(range(min = 0))]
    pub cost_per_conversation: f64,
    /// Planned outages.
    pub outages: Vec<At<Outage>>,
    /// Outages at random.
    pub random_outages: Option<At<RandomOutages>>,
}

impl Default for Bot {
    fn default() -> Bot {
        Bot {
            like: None,
            kind: None,
            flow: None,
            http: None,
            exchanges: At::from(PlainOr::Table(Law::Geometric(Mean { mean: At::from(2.0) }))),
            understands: At::from(Share(0.85)),
            max_attempts: None,
            time_limit: None,
            latency: At::from(PlainOr::Plain(Duration::from_s(1.0))),
            session_time_out: None,
            repeat_window: At::from(Duration::from_days(3.0)),
            cost_per_conversation: 0.0,
            outages: Vec::new(),
            random_outages: None,
        }
    }
}

/// Kind of bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BotWord {
    None,
    Statistical,
    Flow,
    Http,
}

/// A bot over HTTP: each customer message is posted to it; docs/live_bot.md says how.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub struct Http {
    /// Address, beginning with `http://`; `{session}` in it is replaced. Nothing else is contacted.
    pub url: At<String>,
    /// Shape of the exchange: `generic`, `rasa` or `dialogflow`.
    pub shape: At<String>,
    /// How long a reply may take; later it is a time-out, and the customer is handed over.
    pub time_out: At<Duration>,
    /// At most so many requests at once.
    #[schemars(range(min = 1, max = 1_000))]
    pub concurrency: At<u16>,
    /// At most so many requests a second; 0 is no limit.
    #[schemars(range(min = 0, max = 10_000))]
    pub rate_per_s: At<f64>,
    /// Record the exchange to this file; if the file is there, the bot is answered from it and not
    /// contacted.
    pub cassette: Option<At<String>>,
    /// The bot's intents by their name there, each with the scenario's intent it is; equal names need no
    /// line.
    pub intents: BTreeMap<At<String>, At<String>>,
    /// For each intent of the scenario: words that stand in the reply that answers it.
    pub answers: BTreeMap<At<String>, OneOrMany<String>>,
    /// Words of replies that say that the bot did not understand.
    pub not_understood: Vec<String>,
    /// Words of replies that hand over to a person.
    pub hands_over: Vec<String>,
    /// What a customer writes when a reply has these words: the order number he is asked for.
    pub replies: BTreeMap<String, String>,
}

impl Default for Http {
    fn default() -> Http {
        Http {
            url: At::default(),
            shape: At::from("generic".to_owned()),
            time_out: At::from(Duration::from_s(10.0)),
            concurrency: At::from(8),
            rate_per_s: At::from(0.0),
            cassette: None,
            intents: BTreeMap::new(),
            answers: BTreeMap::new(),
            not_understood: Vec::new(),
            hands_over: Vec::new(),
            replies: BTreeMap::new(),
        }
    }
}

/// One planned outage.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["from", "lasts"]))]
pub struct Outage {
    /// Begins so long after the scenario's start.
    pub from: At<Duration>,
    /// How long.
    pub lasts: At<Duration>,
}

/// Outages at random; both times are exponential.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["every", "lasts"]))]
pub struct RandomOutages {
    /// Mean time from the end of one to the beginning of the next.
    pub every: At<Duration>,
    /// Mean length.
    pub lasts: At<Duration>,
}
