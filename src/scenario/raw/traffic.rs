//! `[[traffic]]`, `[[intent]]`, `[customer]`.

use super::law::{CountLaw, DurationLaw, Law, Lognormal};
use super::leaf::{
    At, Day, Days, Duration, Moment, OneOrMany, OrNone, PlainOr, Share, SignedDuration, TimeOfDay, WordOr,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Relative weights by name.
pub type Weights = BTreeMap<At<String>, At<f64>>;
/// The weights of a day's slots, from midnight on, by day.
pub type DayWeights = BTreeMap<At<String>, At<Vec<f64>>>;

/// `[[traffic]]`: a source of conversations, from a model or from a record.
///
/// A model says how many with one of `volume`, `rate` or `interval`; a record names its files with
/// `recorded`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Traffic {
    /// Name.
    pub name: At<String>,
    /// Mean volume of a Poisson process, spread over time by `profile`.
    pub volume: Option<At<Volume>>,
    /// A rate that changes in steps, over and over.
    pub rate: Option<At<Rate>>,
    /// Time between two arrivals, each drawn anew (a renewal process).
    pub interval: Option<At<DurationLaw>>,
    /// Relative weights through the week. By day, from midnight on, `{ mon-fri = [0, 0, ...], sat = [...] }`:
    /// 24 weights are hours, 48 half hours; a day that is not named brings nobody. Or a CSV file: one row
    /// for each slot of the day with its time and seven columns from Monday to Sunday.
    pub profile: Option<At<PlainOr<String, DayWeights>>>,
    /// Coefficient of variation of a day's volume: real days vary more than Poisson.
    #[schemars(range(min = 0, max = 5))]
    pub day_to_day: At<f64>,
    /// Planned bursts, such as campaigns.
    pub bursts: Vec<At<Burst>>,
    /// A random environment: phases of higher and lower rate that follow one another (MMPP).
    pub phases: Vec<At<Phase>>,
    /// Intents with their relative weights; all of them evenly if not given. What a record was filed
    /// under stands, if there is an intent of that name.
    pub intents: Option<At<Weights>>,
    /// Languages with their relative weights.
    pub languages: Option<At<Weights>>,
    /// Customer segments with their relative weights.
    pub segments: Option<At<Weights>>,
    /// Chance that the first message carries an image, a voice note or a document.
    pub media: At<Share>,
    /// Priority of these conversations, whatever their intent.
    pub priority: Option<At<String>>,
    /// How many of an agent's places one of these conversations takes, whatever its intent: a channel's
    /// capacity weight.
    #[schemars(range(min = 1, max = 100))]
    pub weight: Option<At<u8>>,
    /// Never more conversations than this.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_conversations: Option<At<u64>>,

    /// Recorded files; `*` stands for any name.
    pub recorded: Option<OneOrMany<String>>,
    /// Format of the record; found out if not given.
    pub format: Option<At<String>>,
    /// Mapping file that says which column is what, for tables.
    pub mapping: Option<At<String>>,
    /// Zone of a record that names none; the scenario's if not given.
    pub timezone: Option<At<String>>,
    /// A customer's later messages keep their delay after the message they answered (`reactive`), or
    /// come at their recorded instant whatever the desk does (`as_recorded`).
    pub timing: TimingWord,
    /// Conversations are resampled to this multiple of their number.
    #[schemars(range(min = 0.001, max = 10_000))]
    pub scale: At<f64>,
    /// Keep only what began within this period.
    pub cut: Option<At<Cut>>,
    /// Moves what was recorded by so much; `"start"` moves the first conversation to the first equal
    /// weekday and time of day of the run; a leading `-` moves back.
    pub shift: At<WordOr<StartWord, SignedDuration>>,
    /// Let the bot read the recorded text, if there is any.
    pub text: bool,
    /// Lays the record over a cycle of this length ("7d": weekday and time of day stay, the week does
    /// not): a sparse record becomes one busy week.
    pub fold: Option<At<Duration>>,
    /// A customer's silence this long begins another conversation.
    pub silence_gap: At<Duration>,
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic {
            name: At::default(),
            volume: None,
            rate: None,
            interval: None,
            profile: None,
            day_to_day: At::from(0.0),
            bursts: Vec::new(),
            phases: Vec::new(),
            intents: None,
            languages: None,
            segments: None,
            media: At::from(Share(0.0)),
            priority: None,
            weight: None,
            max_conversations: None,
            recorded: None,
            format: None,
            mapping: None,
            timezone: None,
            timing: TimingWord::Reactive,
            scale: At::from(1.0),
            cut: None,
            shift: At::from(WordOr::Word(StartWord::Start)),
            text: true,
            fold: None,
            silence_gap: At::from(Duration::from_hours(24.0)),
        }
    }
}

/// A mean volume; exactly one of the keys.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Volume {
    /// Conversations a minute.
    #[schemars(range(min = 0, max = 10_000_000))]
    pub per_minute: Option<At<f64>>,
    /// Conversations an hour.
    #[schemars(range(min = 0, max = 100_000_000))]
    pub per_hour: Option<At<f64>>,
    /// Conversations a day.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub per_day: Option<At<f64>>,
    /// Conversations a week.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub per_week: Option<At<f64>>,
    /// Expected conversations over the scenario's duration.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub count: Option<At<f64>>,
}

/// A rate in steps that repeat: `{ cycle = "24h", steps = [{ at = "0", per_hour = 2 }, ...] }`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["steps"]))]
pub struct Rate {
    /// After so long the steps begin again. A cycle of `7d` begins on Monday at midnight, any other at
    /// the scenario's start.
    pub cycle: At<Duration>,
    /// The steps in order of time; the first at `"0"`.
    pub steps: Vec<At<RateStep>>,
}

impl Default for Rate {
    fn default() -> Rate {
        Rate { cycle: At::from(Duration::from_days(7.0)), steps: Vec::new() }
    }
}

/// One step of a rate.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["at", "per_hour"]))]
pub struct RateStep {
    /// Time since the beginning of the cycle.
    pub at: At<Duration>,
    /// Conversations an hour from then on.
    #[schemars(range(min = 0, max = 100_000_000))]
    pub per_hour: At<f64>,
}

/// One planned burst.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["at", "lasts", "factor"]))]
pub struct Burst {
    /// Time of day it begins.
    pub at: At<TimeOfDay>,
    /// Days of the week it happens on.
    pub days: Option<At<Days>>,
    /// The only date it happens on, in place of `days`.
    pub date: Option<At<Day>>,
    /// How long it lasts.
    pub lasts: At<Duration>,
    /// Multiplies the rate.
    #[schemars(range(min = 0, max = 10_000))]
    pub factor: At<f64>,
    /// Intent of all the extra volume; the usual mix if not given.
    pub intent: Option<At<String>>,
}

impl Default for Burst {
    fn default() -> Burst {
        Burst {
            at: At::from(TimeOfDay(0)),
            days: None,
            date: None,
            lasts: At::from(Duration(0.0)),
            factor: At::from(1.0),
            intent: None,
        }
    }
}

/// One phase of a random environment.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["factor", "mean_stay"]))]
pub struct Phase {
    /// Multiplies the rate while in this phase.
    #[schemars(range(min = 0, max = 10_000))]
    pub factor: At<f64>,
    /// Mean stay, exponential.
    pub mean_stay: At<Duration>,
}

/// A period of the record.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// From this moment on.
    pub from: At<Moment>,
    /// Up to this moment, which is not in it.
    pub to: At<Moment>,
}

/// Timing of recorded follow-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum TimingWord {
    Reactive,
    AsRecorded,
}

/// The word for moving a record to the scenario's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum StartWord {
    Start,
}

/// `[[intent]]`: what a customer needs.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Intent {
    /// Name.
    pub name: At<String>,
    /// Priority a ticket of this intent starts with; the third of four, or the middle one, if not given.
    pub priority: Option<At<String>>,
    /// Agent replies it takes, at least 1.
    pub exchanges: At<CountLaw>,
    /// Attention that one agent reply takes.
    pub agent_work: At<DurationLaw>,
    /// Patience waiting in a queue, in place of the customer's.
    pub patience: Option<At<DurationLaw>>,
    /// Delay of the customer's own replies, in place of the customer's.
    pub reply_delay: Option<At<DurationLaw>>,
    /// Chance that the statistical bot solves it.
    pub bot_solves: At<Share>,
    /// What customers write: a list of phrases, or a file with one phrase a line; or a table of such by
    /// language.
    pub phrases: Option<At<Phrases>>,
    /// How many of an agent's places one such conversation takes.
    #[schemars(range(min = 1, max = 100))]
    pub weight: At<u8>,
}

/// Phrases, or phrases by language.
pub type Phrases = PlainOr<PhraseList, BTreeMap<At<String>, At<PhraseList>>>;

/// Phrases as they are, or in a file.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PhraseList {
    /// A file with one phrase a line.
    File(String),
    /// The phrases.
    List(Vec<String>),
}

impl Default for Intent {
    fn default() -> Intent {
        Intent {
            name: At::default(),
            priority: None,
            exchanges: At::from(PlainOr::Plain(1.0)),
            agent_work: At::from(PlainOr::Table(Law::Lognormal(Lognormal {
                mean: Some(At::from(Duration::from_minutes(2.0))),
                sd: Some(At::from(Duration::from_minutes(2.0))),
                median: None,
                sigma: None,
                scv: None,
            }))),
            patience: None,
            reply_delay: None,
            bot_solves: At::from(Share(0.0)),
            phrases: None,
            weight: At::from(1),
        }
    }
}

/// `[customer]`: how customers behave where their intent does not say otherwise. What is not named
/// does not happen: a chance is 0, a patience is without end.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Customer {
    /// Patience waiting in a queue for a person.
    pub patience: At<OrNone<DurationLaw>>,
    /// Patience waiting for each later reply.
    pub reply_patience: At<OrNone<DurationLaw>>,
    /// Delay of the customer's own replies, to bot and person.
    pub reply_delay: At<DurationLaw>,
    /// Chance to leave at once when nobody is free.
    pub balk: At<Share>,
    /// Chance never to answer a reply that asked for an answer.
    pub falls_silent: At<Share>,
    /// While waiting in a queue, another message after so long, over and over.
    pub follow_up: At<OrNone<DurationLaw>>,
    /// Chance to write again to a resolved ticket.
    pub reopens: At<Share>,
    /// How long after the resolution.
    pub reopen_delay: At<DurationLaw>,
    /// Chance to make contact again about a need that was not solved.
    pub repeats: At<Share>,
    /// How long after the end of the conversation.
    pub repeat_delay: At<DurationLaw>,
    /// Chance to answer a survey.
    pub rates: At<Share>,
    /// Chance of a typing error, per character.
    pub typos: At<Share>,
    /// Chance to misread a menu.
    pub misreads: At<Share>,
    /// Chance to accept a correct answer of the bot.
    pub accepts: At<Share>,
    /// Chance, after each failed attempt of the bot, to ask for a person.
    pub asks_for_person: At<Share>,
    /// Chance, after each failed attempt of the bot, to leave.
    pub leaves_bot: At<Share>,
}

impl Default for Customer {
    fn default() -> Customer {
        let never = || At::from(OrNone::Word(super::leaf::NoneWord::None));
        let lognormal = |median, sigma| {
            let median = Some(At::from(median));
            let law = Lognormal { mean: None, sd: None, median, sigma: Some(At::from(sigma)), scv: None };
            At::from(PlainOr::Table(Law::Lognormal(law)))
        };
        let chance = |share| At::from(Share(share));
        Customer {
            patience: never(),
            reply_patience: never(),
            reply_delay: lognormal(Duration::from_s(40.0), 1.3),
            balk: chance(0.0),
            falls_silent: chance(0.0),
            follow_up: never(),
            reopens: chance(0.0),
            reopen_delay: lognormal(Duration::from_hours(6.0), 1.2),
            repeats: chance(0.0),
            repeat_delay: lognormal(Duration::from_hours(8.0), 1.2),
            rates: chance(0.0),
            typos: chance(0.0),
            misreads: chance(0.0),
            accepts: chance(1.0),
            asks_for_person: chance(0.0),
            leaves_bot: chance(0.0),
        }
    }
}
