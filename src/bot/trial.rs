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

use crate::bot::flow::raw::{
    FirstMessage, RawEnd, RawFlow, RawHandOff, RawIntent, RawMedia, RawRecogniser, RawSession, RawStep, Text,
};
use crate::bot::flow::{End, Expects, Flow, HandOff, Input, Media, Memo, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

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

/// Messages with the intent they mean, from a table with the columns `text` and `intent`: CSV, or separated
/// by tabs without quotes. An empty intent, `oos` or `out_of_scope` is none of the bot's business: `None`.
pub fn table(text: &str, tabs: bool) -> Result<Vec<(Option<String>, String)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs)
        .flexible(true)
        .from_reader(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes());
    let header = reader.headers().map_err(|why| why.to_string())?.clone();
    let column = |names: &[&str]| header.iter().position(|c| names.contains(&c.trim()));
    let (Some(text), Some(intent)) =
        (column(&["text", "phrase", "message"]), column(&["intent", "category", "label"]))
    else {
        return Err("needs the columns `text` and `intent`".to_owned());
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|why| why.to_string())?;
        let name = record.get(intent).unwrap_or("").trim();
        let outside = name.is_empty() || name == "oos" || name == "out_of_scope";
        rows.push(((!outside).then(|| name.to_owned()), record.get(text).unwrap_or("").to_owned()));
    }
    Ok(rows)
}

/// Test messages as [`crate::bot::evaluate::evaluate`] takes them: the label of each, `None` for none of
/// the bot's business.
pub type Cases = Vec<(Option<u16>, String)>;

/// The rows with the recogniser's label for each, and the intents it does not know; their messages are
/// left out.
pub fn labelled(rows: Vec<(Option<String>, String)>, labels: &[String]) -> (Cases, Vec<String>) {
    let mut cases = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (name, text) in rows {
        let label = name.as_ref().map(|name| labels.iter().position(|l| l == name).map(|i| i as u16));
        match (label, name) {
            (Some(None), Some(name)) => {
                if !unknown.contains(&name) {
                    unknown.push(name);
                }
            }
            (label, _) => cases.push((label.flatten(), text)),
        }
    }
    (cases, unknown)
}

/// A flow that does nothing but understand: an intent for each name of the rows, with their texts as
/// phrases; at most so many of each, the first ones.
pub fn flow_of(name: &str, rows: &[(Option<String>, String)], most_each: usize) -> RawFlow {
    let mut phrases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut outside = Vec::new();
    for (intent, text) in rows {
        match intent {
            Some(intent) => {
                let list = phrases.entry(intent).or_default();
                if list.len() < most_each {
                    list.push(text.clone());
                }
            }
            None => outside.push(text.clone()),
        }
    }
    fn unplaced<T>(value: T) -> Spanned<T> {
        Spanned::new(0..0, value)
    }
    let intent = |(intent, phrases): (&str, Vec<String>)| RawIntent {
        name: unplaced(intent.to_owned()),
        title: None,
        phrases: Some(unplaced(Text::Plain(phrases))),
        phrases_from: None,
        go: unplaced("end".to_owned()),
    };
    let end =
        RawStep { say: Some(unplaced(Text::one("."))), end: Some(RawEnd::Closed), ..RawStep::default() };
    RawFlow {
        name: name.to_owned(),
        description: String::new(),
        languages: unplaced(vec!["en".to_owned()]),
        start: unplaced("end".to_owned()),
        first_message: FirstMessage::default(),
        greeting: None,
        fallback: None,
        after_answer: None,
        variables: BTreeMap::new(),
        session: RawSession::default(),
        hand_off: RawHandOff::default(),
        recogniser: RawRecogniser {
            out_of_scope: (!outside.is_empty()).then(|| unplaced(Text::Plain(outside))),
            ..RawRecogniser::default()
        },
        media: RawMedia::default(),
        slot: BTreeMap::new(),
        table: BTreeMap::new(),
        keyword: Vec::new(),
        intent: phrases.into_iter().map(intent).collect(),
        answer: Vec::new(),
        step: BTreeMap::from([(unplaced("end".to_owned()), end)]),
    }
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
        let rows = table("text,intent\nx,b\ny,\nz,oos\nw,c\n", false).unwrap();
        let (cases, unknown) = labelled(rows, &labels);
        assert_eq!(cases, vec![(Some(1), "x".into()), (None, "y".into()), (None, "z".into())]);
        assert_eq!(unknown, vec!["c"]);
        assert!(table("a,b\n", false).is_err());
    }

    #[test]
    fn tables_of_phrases_are_flows() {
        let text = "intent\ttext\na\tgood \"morning\na\tgood day\na\thello\nb\tcheers\noos\tzebra\n";
        let rows = table(text, true).unwrap();
        assert_eq!(rows[0], (Some("a".to_owned()), "good \"morning".to_owned()));
        let raw = flow_of("phrases", &rows, 2);
        let (flow, _) = Flow::compile(&raw, "phrases", Path::new("")).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(flow.recogniser().unwrap().labels(), ["a", "b"]);
        assert_eq!(raw.intent[0].phrases.as_ref().unwrap().as_ref().all().count(), 2);
        assert_eq!(raw.recogniser.out_of_scope.unwrap().as_ref().all().collect::<Vec<_>>(), ["zebra"]);
    }
}
