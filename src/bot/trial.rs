//! Conversation tests: what customers say, what the bot should do. Written in a file people can read,
//! run against a flow.
//!
//! ```toml
//! [[conversation]]
//! name = "size chart"
//! variables = { name = "Ana" }
//! talk = [
//!   { customer = "hola, la talla", bot = "¿Quieres ver la tabla", expects = "menu" },
//!   { customer = "tabla", bot = "https://", answers = "sizes" },
//!   { customer = "sí", end = "solved" },
//! ]
//!
//! [intents]
//! file = "clothing_intents.csv"     # columns text, intent; no intent: none of the bot's business
//! accuracy = "90%"
//! ```

use crate::bot::flow::raw::Text;
use crate::bot::flow::{End, Expects, Flow, HandOff, Input, Media, Memo, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file of tests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trials {
    /// Conversations.
    #[serde(default)]
    pub conversation: Vec<Conversation>,
    /// Messages with the intent they mean, and how well the bot should do.
    #[serde(default)]
    pub intents: Option<IntentTrial>,
}

/// Messages with the intent they mean, and how well the bot should do on them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentTrial {
    /// CSV with the columns `text` and `intent`, beside the file of tests.
    pub file: String,
    /// Least share of in-scope messages understood rightly ("90%").
    pub accuracy: Option<String>,
    /// Least mean F1 over the intents.
    pub macro_f1: Option<String>,
    /// Least share of out-of-scope messages turned away.
    pub out_of_scope_recall: Option<String>,
    /// Largest gap between confidence and being right.
    pub calibration_error: Option<String>,
}

/// One conversation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    /// What it is about.
    pub name: String,
    /// The language known beforehand.
    #[serde(default)]
    pub language: String,
    /// Variables set beforehand.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// What is said and what should come of it.
    pub talk: Vec<Exchange>,
}

/// What the customer does and what should come of it. What is not named is not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exchange {
    /// The customer writes.
    pub customer: Option<String>,
    /// Or sends something ("image").
    pub sends: Option<String>,
    /// Or says nothing until the session times out.
    pub silence: bool,
    /// Parts that must stand in what the bot says, in any order.
    pub bot: Option<Text>,
    /// Parts that must not.
    pub not_bot: Option<Text>,
    /// The topic whose answer is given.
    pub answers: Option<String>,
    /// Whether it is understood.
    pub understood: Option<bool>,
    /// What the bot waits for: nothing, menu, slot, confirmation, free.
    pub expects: Option<String>,
    /// How it ends: solved, closed, hand_off, or none.
    pub end: Option<String>,
    /// The reason of a hand-off: attempts, asked_for_person, media, look_up, urgent, or the flow's own word.
    pub reason: Option<String>,
}

/// How one conversation went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What was not as it should be; empty: passed.
    pub failures: Vec<String>,
    /// All that was said: who, and what.
    pub transcript: Vec<(Speaker, String)>,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The customer.
    Customer,
    /// The bot.
    Bot,
}

impl Outcome {
    /// Whether all was as it should be.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Trials {
    /// Reads a file of tests; the error says line and fault.
    pub fn read(text: &str) -> Result<Trials, toml::de::Error> {
        toml::from_str(text)
    }
}

/// Runs one conversation.
pub fn run(flow: &Flow, conversation: &Conversation) -> Outcome {
    let mut session = flow.start(&conversation.language);
    for (name, value) in &conversation.variables {
        session.set(flow, name, value);
    }
    let mut memo = Memo::new();
    let mut outcome =
        Outcome { name: conversation.name.clone(), failures: Vec::new(), transcript: Vec::new() };
    for (number, exchange) in (1..).zip(&conversation.talk) {
        let (input, shown) = match (&exchange.customer, &exchange.sends) {
            (Some(text), None) if !exchange.silence => (Input::Text(text), text.clone()),
            (None, Some(media)) if !exchange.silence => {
                (Input::Media(Media::from_word(media)), format!("({media})"))
            }
            (None, None) if exchange.silence => (Input::Silence, "(silence)".to_owned()),
            _ => {
                outcome.failures.push(format!("{number}: needs one of `customer`, `sends`, `silence`"));
                continue;
            }
        };
        if session.is_over() {
            outcome.failures.push(format!("{number}: the conversation was over before \"{shown}\""));
            break;
        }
        let turn = flow.advance(&mut session, input, &mut memo);
        let said = flow.texts(&session, &turn);
        for fault in faults(flow, exchange, &turn, &said.join("\n")) {
            outcome.failures.push(format!("{number}, after \"{shown}\": {fault}"));
        }
        outcome.transcript.push((Speaker::Customer, shown));
        outcome.transcript.extend(said.into_iter().map(|text| (Speaker::Bot, text)));
    }
    outcome
}

fn faults(flow: &Flow, exchange: &Exchange, turn: &Turn, said: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for part in exchange.bot.iter().flat_map(Text::all).filter(|part| !said.contains(*part)) {
        faults.push(format!("the bot does not say \"{part}\" but \"{said}\""));
    }
    for part in exchange.not_bot.iter().flat_map(Text::all).filter(|part| said.contains(*part)) {
        faults.push(format!("the bot says \"{part}\""));
    }
    let mut differs = |what: &str, wanted: Option<&str>, found: &str| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            let why = flow.explain(&turn.why);
            faults.push(format!("{what} is `{found}`, not `{wanted}` ({why})"));
        }
    };
    let answered = turn.answered_topic.map_or("none", |topic| flow.topic_name(topic));
    differs("the answer", exchange.answers.as_deref(), answered);
    let understood = exchange.understood.map(|yes| if yes { "true" } else { "false" });
    differs("understood", understood, if turn.understood { "true" } else { "false" });
    differs("what it waits for", exchange.expects.as_deref(), expects_word(turn.expects));
    differs("the end", exchange.end.as_deref(), end_word(turn.end));
    differs("the reason", exchange.reason.as_deref(), reason(flow, turn.end));
    faults
}

fn expects_word(expects: Expects) -> &'static str {
    match expects {
        Expects::Nothing => "nothing",
        Expects::Menu => "menu",
        Expects::Slot(_) => "slot",
        Expects::Confirmation => "confirmation",
        Expects::Free => "free",
    }
}

fn end_word(end: Option<End>) -> &'static str {
    match end {
        None => "none",
        Some(End::Solved) => "solved",
        Some(End::Closed) => "closed",
        Some(End::HandOff(_)) => "hand_off",
    }
}

fn reason(flow: &Flow, end: Option<End>) -> &str {
    match end {
        Some(End::HandOff(HandOff::Keyword(reason) | HandOff::Flow(reason))) => flow.reason_name(reason),
        Some(End::HandOff(HandOff::Attempts)) => "attempts",
        Some(End::HandOff(HandOff::AskedForPerson)) => "asked_for_person",
        Some(End::HandOff(HandOff::Media)) => "media",
        Some(End::HandOff(HandOff::LookUp)) => "look_up",
        _ => "none",
    }
}

/// Messages with the intent they mean: CSV with the columns `text` and `intent`. An empty intent, `oos`
/// or `out_of_scope` is none of the bot's business. Gives the recogniser's label for each, and the
/// intents it does not know.
pub fn labelled(
    csv_text: &str,
    labels: &[String],
) -> Result<(Vec<(Option<u16>, String)>, Vec<String>), String> {
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    let header = reader.headers().map_err(|why| why.to_string())?.clone();
    let column = |names: &[&str]| header.iter().position(|c| names.contains(&c.trim()));
    let (Some(text), Some(intent)) =
        (column(&["text", "phrase", "message"]), column(&["intent", "category", "label"]))
    else {
        return Err("needs the columns `text` and `intent`".to_owned());
    };
    let mut cases = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|why| why.to_string())?;
        let name = record.get(intent).unwrap_or("").trim();
        let label = labels.iter().position(|l| l == name).map(|i| i as u16);
        let outside = name.is_empty() || name == "oos" || name == "out_of_scope";
        if label.is_none() && !outside {
            if !unknown.iter().any(|u| u == name) {
                unknown.push(name.to_owned());
            }
            continue;
        }
        cases.push((label, record.get(text).unwrap_or("").to_owned()));
    }
    Ok((cases, unknown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn clothing() -> Flow {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots/clothing.toml");
        Flow::load(&path).unwrap_or_else(|faults| panic!("{faults:?}")).0
    }

    #[test]
    fn the_shipped_tests_of_the_shipped_flows_pass() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots");
        for name in ["clothing", "shop"] {
            let (flow, _) =
                Flow::load(&folder.join(format!("{name}.toml"))).unwrap_or_else(|f| panic!("{f:?}"));
            let text = std::fs::read_to_string(folder.join(format!("{name}.test.toml"))).unwrap();
            let trials = Trials::read(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(!trials.conversation.is_empty());
            for conversation in &trials.conversation {
                let outcome = run(&flow, conversation);
                assert!(outcome.passed(), "{name}: {:#?}", outcome);
            }
        }
    }

    #[test]
    fn what_is_not_as_it_should_be_is_told() {
        let text = r#"
            [[conversation]]
            name = "wrong in every way"
            talk = [
              { customer = "talla", bot = "nothing of the kind", not_bot = "tabla", expects = "slot", answers = "returns" },
              { customer = "agente", understood = false, end = "solved", reason = "attempts" },
              { customer = "too late" },
            ]
        "#;
        let trials = Trials::read(text).unwrap();
        let outcome = run(&clothing(), &trials.conversation[0]);
        let told = outcome.failures.join("\n");
        for part in [
            "does not say \"nothing of the kind\"",
            "says \"tabla\"",
            "waits for is `menu`, not `slot`",
            "answer is `none`, not `returns`",
            "understood is `true`",
            "end is `hand_off`, not `solved`",
            "reason is `asked_for_person`, not `attempts`",
            "over before \"too late\"",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }

    #[test]
    fn labels_are_matched_by_name() {
        let labels = ["a".to_owned(), "b".to_owned()];
        let (cases, unknown) = labelled("text,intent\nx,b\ny,\nz,oos\nw,c\n", &labels).unwrap();
        assert_eq!(cases, vec![(Some(1), "x".into()), (None, "y".into()), (None, "z".into())]);
        assert_eq!(unknown, vec!["c"]);
        assert!(labelled("a,b\n", &labels).is_err());
    }
}
