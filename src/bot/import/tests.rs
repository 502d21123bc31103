//! Every bot of `tests/data/bots` imports, says what was lost, and holds a conversation.

use super::*;
use crate::bot::flow::{End, Flow, HandOff, Input, Memo};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bots").join(name)
}

/// Imports a bot, writes it as a file, and reads the file.
fn imported(name: &str, format: Format) -> (Flow, Import) {
    let (found, import) = import(&path(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert_eq!(found, format, "{name}");
    let text = import.to_toml().unwrap_or_else(|why| panic!("{name}: {why}"));
    match Flow::from_text(&text, name, Path::new("")) {
        Ok((flow, _)) => (flow, import),
        Err(faults) => panic!("{name}: {faults:#?}\n{text}"),
    }
}

/// What the bot says to each message, joined by `|`.
fn talk(flow: &Flow, messages: &[&str]) -> (Vec<String>, Option<End>) {
    let mut session = flow.start("");
    let mut memo = Memo::new();
    let mut end = None;
    let said = messages
        .iter()
        .map(|text| {
            let turn = flow.advance(&mut session, Input::Text(text), &mut memo);
            end = turn.end;
            flow.texts(&session, &turn).join("|")
        })
        .collect();
    (said, end)
}

fn lost(import: &Import, place: &str, what: &str) {
    let found = import.notes.iter().any(|n| n.place.contains(place) && n.what.contains(what));
    assert!(found, "{place} / {what}\n{:#?}", import.notes);
}

#[test]
fn look() {
    for (name, format) in [
        ("dialogflow_es_temperature", Format::DialogflowEs),
        ("dialogflow_es_facts/agent.zip", Format::DialogflowEs),
        ("dialogflow_es_whatsapp_ptbr", Format::DialogflowEs),
        ("dialogflow_cx/lifeblood.zip", Format::DialogflowCx),
        ("dialogflow_cx/divebooker.zip", Format::DialogflowCx),
        ("dialogflow_cx/goodbye-graffiti.zip", Format::DialogflowCx),
        ("rasa_helpdesk", Format::Rasa),
        ("rasa_financial", Format::Rasa),
        ("rasa_nlu_training_data", Format::Rasa),
        ("botframework_lu_qna", Format::BotFramework),
        ("typebot.json", Format::Typebot),
        ("blocks.csv", Format::Blocks),
        ("dialogflow_v1_apiai_hwu64/agent.zip", Format::DialogflowEs),
    ] {
        let r = std::panic::catch_unwind(|| {
            let t = std::time::Instant::now();
            let (flow, import) = imported(name, format);
            println!("== {name}: {} notes, {:?}", import.notes.len(), t.elapsed());
            for note in import.notes.iter().take(45) {
                println!("   {}: {}", note.place, note.what);
            }
            println!("{:?}", talk(&flow, &["hello", "yes", "no"]));
            std::fs::write(format!("/tmp/imp_{}.toml", name.replace('/', "_")), import.to_toml().unwrap()).unwrap();
        });
        if let Err(e) = r { println!("== {name} FAILED {:?}", e.downcast_ref::<String>().map(|s| s.chars().take(3000).collect::<String>())); }
    }
}
