//! The flow file as it is written: the shape of the TOML, nothing checked yet.
//!
//! The same types are what every import produces, so an imported bot is a flow file like any other and
//! can be read, changed and kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

mod step;

pub use super::written::Text;
pub use step::*;

/// A bot as it is written in a file.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFlow {
    /// Title.
    pub name: String,
    /// What the bot is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Language codes; the first is spoken where the customer's language is not known.
    #[schemars(with = "Vec<String>")]
    pub languages: Spanned<Vec<String>>,
    /// The step that opens a conversation whose first message is not understood (the main menu).
    #[schemars(with = "String")]
    pub start: Spanned<String>,
    /// What happens with the customer's first message.
    #[serde(default, skip_serializing_if = "FirstMessage::is_default")]
    pub first_message: FirstMessage,
    /// Said once, before anything else.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Spanned<Text>>,
    /// Said when a message was not understood; the open question follows again.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Spanned<Text>>,
    /// Where a conversation goes on after an `[[answer]]`.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_answer: Option<Spanned<String>>,
    /// Variables with the value they begin with: `{shop}` in a text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Limits of a session.
    #[serde(default)]
    pub session: RawSession,
    /// When and how a person takes over.
    #[serde(default)]
    pub hand_off: RawHandOff,
    /// How sure the recogniser must be.
    #[serde(default, skip_serializing_if = "RawRecogniser::is_default")]
    pub recogniser: RawRecogniser,
    /// Steps that take pictures, voice notes and files; what is not named is not understood.
    #[serde(default, skip_serializing_if = "RawMedia::is_default")]
    pub media: RawMedia,
    /// Values the bot asks for, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slot: BTreeMap<String, RawSlot>,
    /// Tables the bot looks things up in, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub table: BTreeMap<String, RawTable>,
    /// Words that lead somewhere wherever they are said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keyword: Vec<RawKeyword>,
    /// What customers want, by example.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intent: Vec<RawIntent>,
    /// The knowledge base: questions with one answer each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<RawAnswer>,
    /// The steps, by name.
    #[schemars(with = "BTreeMap<String, RawStep>")]
    pub step: BTreeMap<Spanned<String>, RawStep>,
}

/// What happens with the customer's first message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstMessage {
    /// It is read; only what is not understood meets the `start` step.
    #[default]
    Read,
    /// The `start` step comes whatever was written.
    Menu,
}

impl FirstMessage {
    fn is_default(&self) -> bool {
        *self == FirstMessage::default()
    }
}

/// Limits of a session.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawSession {
    /// Silence after which the session is over.
    #[schemars(with = "String")]
    pub time_out: Spanned<String>,
    /// Failed attempts after which a person takes over; 0 = never.
    pub max_attempts: u8,
    /// Which failed attempts count.
    pub count: CountAttempts,
    /// Time with the bot after which a person takes over.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<Spanned<String>>,
    /// Said when the session times out.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub farewell: Option<Spanned<Text>>,
}

impl Default for RawSession {
    fn default() -> RawSession {
        RawSession {
            time_out: Spanned::new(0..0, "30m".into()),
            max_attempts: 3,
            count: CountAttempts::default(),
            time_limit: None,
            farewell: None,
        }
    }
}

/// Which failed attempts count towards the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountAttempts {
    /// Those in a row: a message that is understood starts the count anew.
    #[default]
    InARow,
    /// All of a session.
    InAll,
}

/// When and how a person takes over.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawHandOff {
    /// Words that ask for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
    /// Words that go to a person at once ("urgente").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent_words: Option<Text>,
    /// Said to the customer when a person takes over, unless the step says something itself.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Spanned<Text>>,
    /// What the agent reads first; variables and `{topic}` may stand in it.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Spanned<Text>>,
}

/// How sure the recogniser must be, and what is none of the bot's business.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRecogniser {
    /// Share of the messages acted on that should be understood rightly; the confidence it takes is
    /// found on the phrases.
    #[schemars(with = "f64")]
    pub precision: Spanned<f64>,
    /// The confidence from which a message counts as understood, instead of the one found.
    #[schemars(with = "Option<f64>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Spanned<f64>>,
    /// If the two best intents are nearer than this, the bot asks which one is meant.
    #[schemars(with = "f64")]
    pub margin: Spanned<f64>,
    /// The clarifying question; the candidates follow as a numbered menu.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clarify: Option<Spanned<Text>>,
    /// Messages that are none of the bot's business.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<Spanned<Text>>,
    /// Files with such messages, one a line.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_scope_from: Option<Spanned<Text>>,
}

impl Default for RawRecogniser {
    fn default() -> RawRecogniser {
        RawRecogniser {
            precision: Spanned::new(0..0, 0.95),
            threshold: None,
            margin: Spanned::new(0..0, 0.1),
            clarify: None,
            out_of_scope: None,
            out_of_scope_from: None,
        }
    }
}

impl RawRecogniser {
    fn is_default(&self) -> bool {
        let default = RawRecogniser::default();
        self.precision == default.precision
            && self.margin == default.margin
            && [&self.clarify, &self.out_of_scope, &self.out_of_scope_from].iter().all(|t| t.is_none())
            && self.threshold.is_none()
    }
}

/// Steps that take media, by kind.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct RawMedia {
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Spanned<String>>,
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Spanned<String>>,
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Spanned<String>>,
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Spanned<String>>,
    /// Whatever has no step of its own: stickers, locations, contacts.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Spanned<String>>,
}

impl RawMedia {
    fn is_default(&self) -> bool {
        [&self.image, &self.audio, &self.video, &self.document, &self.other].iter().all(|m| m.is_none())
    }
}

/// A value the bot asks for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSlot {
    /// What counts as a valid value.
    pub kind: SlotKind,
    /// A regular expression for the value, instead of the kind's own.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Spanned<String>>,
    /// For `kind = "choice"`: the values, each with the words that mean it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Vec<String>>,
    /// Smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// What counts as a valid value of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Whatever was written.
    Text,
    /// A number.
    Number,
    /// An order number: letters may lead, four digits at least.
    OrderNumber,
    /// A calendar date: 24/12/2026, 2026-12-24, 24-12.
    Date,
    /// An e-mail address.
    Email,
    /// A telephone number of 7 to 15 digits.
    Phone,
    /// Yes or no.
    YesNo,
    /// One of the values listed.
    Choice,
    /// A picture.
    Image,
    /// A file or a picture of it.
    Document,
}

/// A table the bot looks things up in: a file, or an endpoint of yours.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTable {
    /// A CSV file with a header row, or a Parquet file, beside the flow file.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Spanned<String>>,
    /// The column that is looked up, for a file.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Spanned<String>>,
    /// Or: an address that is asked with GET, `{key}` in it being what is looked up; it answers a JSON
    /// object, or 404. Only `http://`.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Spanned<String>>,
    /// The members of the object that texts and conditions may use, for an address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// A file to keep in what the address answered; if it is there, the address is not contacted.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<Spanned<String>>,
    /// A file with keys that simulated customers know, one a line; without it those of the table.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_from: Option<Spanned<String>>,
    /// How long a look-up takes in the simulation.
    pub latency: RawLatency,
    /// How long the bot waits for it; one that takes longer has failed.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_out: Option<Spanned<String>>,
    /// Share of look-ups that fail ("1%").
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails: Option<Spanned<String>>,
}

/// How long a look-up takes: log-normal by median and sigma; sigma 0 is always the median.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawLatency {
    /// Median.
    #[schemars(with = "String")]
    pub median: Spanned<String>,
    /// Standard deviation of the logarithm.
    #[schemars(with = "f64")]
    pub sigma: Spanned<f64>,
}

impl Default for RawLatency {
    fn default() -> RawLatency {
        RawLatency { median: Spanned::new(0..0, "800ms".into()), sigma: Spanned::new(0..0, 0.5) }
    }
}

/// Words that lead somewhere wherever they are said.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKeyword {
    /// The words or phrases; any one of them is enough.
    #[schemars(with = "Text")]
    pub words: Spanned<Text>,
    /// How they must stand in the message.
    #[serde(default, rename = "match", skip_serializing_if = "KeywordMatch::is_default")]
    pub matching: KeywordMatch,
    /// The higher one wins where several match; then the longer one, then the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// The step they lead to.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<Spanned<String>>,
    /// Or: a person takes over, for this reason.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<Spanned<String>>,
}

fn is_zero(n: &i32) -> bool {
    *n == 0
}

/// How a keyword must stand in the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeywordMatch {
    /// As a word or a run of words.
    #[default]
    Word,
    /// As the whole message.
    Whole,
    /// At the beginning of the message.
    Start,
    /// Anywhere, inside words too.
    Inside,
}

impl KeywordMatch {
    fn is_default(&self) -> bool {
        *self == KeywordMatch::default()
    }
}

/// What customers want, by example.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIntent {
    /// Name; an equal name in the scenario is the same need.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// How it is named to the customer in a clarifying question.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Spanned<Text>>,
    /// Example messages.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases: Option<Spanned<Text>>,
    /// Files with example messages, one a line, beside the flow file.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases_from: Option<Spanned<Text>>,
    /// The step it leads to.
    #[schemars(with = "String")]
    pub go: Spanned<String>,
}

/// One entry of the knowledge base: an intent and the step that answers it, in one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAnswer {
    /// Name of the topic; an equal name in the scenario is the same need.
    #[schemars(with = "String")]
    pub topic: Spanned<String>,
    /// How it is named to the customer in a clarifying question.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Spanned<Text>>,
    /// Example questions.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases: Option<Spanned<Text>>,
    /// Files with example questions, one a line.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases_from: Option<Spanned<Text>>,
    /// The answer.
    #[schemars(with = "Text")]
    pub say: Spanned<Text>,
    /// A page with more; it follows the last message on a line of its own.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Spanned<String>>,
}
