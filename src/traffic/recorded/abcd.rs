//! The Action-Based Conversations Dataset: dialogues of people playing customer and agent. It has no
//! times, so turns are set half a minute apart and conversations an hour, and the report says so.

use serde::Deserialize;

use crate::time::{Instant, Span};
use crate::traffic::log::{Kind, Precision, Role};

use super::input::Input;
use super::intake::{Found, Intake, Thread};
use super::json::{self, Members, Top};
use super::report::ImportError;

#[derive(Deserialize)]
struct Dialogue {
    convo_id: u64,
    #[serde(default)]
    scenario: Scenario,
    original: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
struct Scenario {
    #[serde(default)]
    personal: Personal,
    #[serde(default)]
    flow: String,
    #[serde(default)]
    subflow: String,
}

#[derive(Default, Deserialize)]
struct Personal {
    #[serde(default)]
    customer_name: String,
    #[serde(default)]
    username: String,
}

/// 2020-01-01T00:00:00Z, where the made-up times begin.
const START: Instant = Instant(1_577_836_800_000);

/// Reads dialogues.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut start = START;
    for input in inputs {
        // The whole set is one object of three lists: train, dev, test.
        let top = |members: &Members| match members.has(&["convo_id", "original"]) {
            true => Top::Value,
            false => Top::Wrapper,
        };
        json::values(input, intake, &top, &mut |value, intake| match serde_json::from_slice::<Dialogue>(
            value.bytes,
        ) {
            Ok(dialogue) => {
                turns(&dialogue, start, value.line, intake);
                start += Span::from_hours(1);
            }
            Err(error) => {
                intake.element();
                intake.quarantine(value.line, json::reason(&error), value.bytes);
            }
        })?;
    }
    intake.note("these dialogues have no times: turns are set 30 s apart, conversations 1 h");
    Ok(())
}

fn turns(dialogue: &Dialogue, start: Instant, line: u64, intake: &mut Intake<'_>) {
    let id = format!("abcd-{}", dialogue.convo_id);
    let thread = Thread::Ticket(&id);
    let person = &dialogue.scenario.personal;
    intake.participant(thread, &person.customer_name);
    let mut username = person.username.clone();
    username.retain(|c| !c.is_numeric());
    intake.participant(thread, &username);
    let mut at = start;
    let flow = format!("{}/{}", dialogue.scenario.flow, dialogue.scenario.subflow);
    intake.event(Found::happened(thread, (at, Precision::Minute), Kind::Tag, &flow, line));
    for (speaker, text) in &dialogue.original {
        intake.element();
        let from = match speaker.as_str() {
            "customer" => Role::Customer,
            "agent" => Role::Agent,
            "action" => Role::System,
            _ => {
                intake.quarantine(line, "a speaker who is none of customer, agent, action", b"");
                continue;
            }
        };
        let mut found = Found::message(thread, (at, Precision::Minute), from, line);
        found.text = Some(text);
        if from == Role::Customer {
            found.actor = &person.customer_name;
        }
        if from == Role::System {
            found.kind = Kind::Note;
        }
        intake.keep();
        intake.event(found);
        at += Span::from_s(30);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, import};
    use super::*;

    /// The sample is a list, the whole set an object of three lists.
    #[test]
    fn the_whole_set() {
        let one = |id: u8| format!(r#"{{"convo_id":{id},"original":[["agent","hi"],["customer","ho"]]}}"#);
        let whole = format!(r#"{{"train":[{},{}],"dev":[],"test":[{}]}}"#, one(1), one(2), one(3));
        let r = import(&[Input::memory("abcd.json", whole.into_bytes())], &Options::default(), &mut |_| {})
            .unwrap();
        assert_eq!((r.files[0].format, r.read, r.kept, r.conversations), (Format::Abcd.name(), 6, 6, 3));
    }
}
