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
fn dialogflow_es_asks_for_what_it_needs() {
    let (flow, import) = imported("dialogflow_es_temperature", Format::DialogflowEs);
    lost(&import, "Convert Rankine", "context `temperature`");
    lost(&import, "Convert Rankine", "webhook");
    let (said, end) = talk(&flow, &["convert from rankine to kelvin please", "Kelvin"]);
    assert!(said.concat().contains("Webhook Failed") || end.is_some(), "{said:?} {end:?}");
    let (said, _) = talk(&flow, &["I want to convert a temperature"]);
    assert!(!said[0].is_empty());
}

#[test]
fn dialogflow_es_from_a_zip_of_the_console() {
    let (flow, import) = imported("dialogflow_es_facts/agent.zip", Format::DialogflowEs);
    lost(&import, "choose_fact", "webhook");
    lost(&import, "quit_facts", "3 wordings");
    let (said, _) = talk(&flow, &["no thanks bye"]);
    assert_eq!(said[0], "Okay, thanks for listening!");
}

#[test]
fn dialogflow_es_follow_ups_become_yes_and_no() {
    let (flow, import) = imported("dialogflow_es_whatsapp_ptbr", Format::DialogflowEs);
    lost(&import, "agent.json", "is missing");
    lost(&import, "Default Fallback Intent", "12 wordings");
    assert_eq!(flow.languages().first().map(String::as_str), Some("pt"));
    let (said, _) = talk(&flow, &["como funcionam as avaliações", "não"]);
    assert!(said[0].contains("Ficou claro para você"), "{said:?}");
    assert_eq!(said[1], "Ok, sem problemas procure então a secretaria e esclareça suas duvidas.");
}

#[test]
fn the_older_layout_holds_phrases_inside_its_intents() {
    let (found, import) = import(&path("dialogflow_v1_apiai_hwu64/agent.zip")).unwrap();
    assert_eq!(found, Format::DialogflowEs);
    let phrases =
        |i: &crate::bot::flow::raw::RawIntent| i.phrases.as_ref().map_or(0, |p| p.as_ref().all().count());
    assert_eq!(import.flow.intent.len(), 64);
    assert_eq!(import.flow.intent.iter().map(phrases).sum::<usize>(), 9_960);
}

#[test]
fn dialogflow_cx_forms_ask_and_ask_again() {
    let (flow, import) = imported("dialogflow_cx/divebooker.zip", Format::DialogflowCx);
    lost(&import, "excludedPhrases", "excluded phrases");
    lost(&import, "no-input", "event handler");
    let (said, _) = talk(&flow, &["I would like to book a group charter"]);
    assert!(said[0].contains("Where would you like to go?"), "{said:?}");
}

#[test]
fn dialogflow_cx_says_what_generators_would_have_said_is_lost() {
    let (flow, import) = imported("dialogflow_cx/lifeblood.zip", Format::DialogflowCx);
    lost(&import, "generators/", "not run");
    let (said, _) = talk(&flow, &["can I donate blood"]);
    assert!(!said[0].is_empty(), "{said:?}");
}

#[test]
fn dialogflow_cx_with_three_flows() {
    let (flow, import) = imported("dialogflow_cx/goodbye-graffiti.zip", Format::DialogflowCx);
    lost(&import, "address validation api", "is not called");
    lost(&import, "generators/", "not run");
    assert!(import.notes.len() > 100, "a flow of conditions and webhooks loses much: {}", import.notes.len());
    let (said, _) = talk(&flow, &["I want to report graffiti"]);
    assert!(!said[0].is_empty(), "{said:?}");
}

#[test]
fn rasa_forms_rules_and_hand_off() {
    let (flow, import) = imported("rasa_helpdesk", Format::Rasa);
    lost(&import, "action action_open_incident", "not run");
    lost(&import, "tests/", "test stories");
    let (said, end) = talk(
        &flow,
        &[
            "I want to open an incident",
            "aileen.mottern@example.com",
            "high",
            "my screen is black",
            "black screen",
            "yes",
        ],
    );
    assert_eq!(said[0], "What is your email address?");
    assert!(said[1].starts_with("What is the priority of this issue?\n- low"), "{said:?}");
    assert!(
        said[4].contains("email: aileen.mottern@example.com") && said[4].contains("priority: high"),
        "{said:?}"
    );
    assert!(
        matches!(end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "action_open_incident")
    );
    let (said, _) = talk(&flow, &["thanks a lot"]);
    assert_eq!(said[0], "You're welcome!");
}

#[test]
fn rasa_with_conditions_and_form_switching() {
    let (flow, import) = imported("rasa_financial", Format::Rasa);
    lost(&import, "switched from previous form", "condition on slots");
    lost(&import, "stories_switch", "another way on");
    let (said, _) = talk(&flow, &["are you a bot?"]);
    assert!(!said[0].is_empty(), "{said:?}");
    let (_, end) = talk(&flow, &["is there a transfer charge?"]);
    assert!(
        matches!(end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "action_show_transfer_charge")
    );
}

#[test]
fn rasa_phrases_alone_hand_over_by_intent() {
    let (flow, import) = imported("rasa_nlu_training_data", Format::Rasa);
    lost(&import, "intent show_my_order_status", "no rule and no story");
    let (_, end) = talk(&flow, &["Where is my order"]);
    assert!(
        matches!(end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "show_my_order_status")
    );
}

#[test]
fn bot_framework_in_two_languages() {
    let (flow, import) = imported("botframework_lu_qna", Format::BotFramework);
    lost(&import, "*.lu", "no answers");
    lost(&import, "Faq.es-es.qna", "picture");
    assert_eq!(flow.languages(), ["en", "es"]);
    let (said, _) = talk(&flow, &["Qué es una habilidad"]);
    assert!(
        said[0].contains("Las habilidades de Bot Framework")
            && said[0].contains("(https://aka.ms/virtualassistant)"),
        "{said:?}"
    );
    let (_, end) = talk(&flow, &["quiero extender mi estancia"]);
    assert!(matches!(end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "ExtendStay"));
}

#[test]
fn typebot_groups_conditions_and_hand_over() {
    let (flow, import) = imported("typebot.json", Format::Typebot);
    lost(&import, "Buy", "`Webhook` does nothing");
    let (said, end) = talk(&flow, &["hi", "Ana", "1", "three", "3"]);
    assert_eq!(said[0], "Hi! What is your name?|Your name");
    assert!(
        said[1].starts_with("Nice to meet you, Ana. What do you need?|1. Repair\n2. Buy a bike"),
        "{said:?}"
    );
    assert_eq!(said[3], "A number, please");
    assert_eq!((said[4].as_str(), end), ("Bring it any morning.", Some(End::Closed)));
    let (_, end) = talk(&flow, &["hi", "Ana", "repair", "25"]);
    assert!(matches!(end, Some(End::HandOff(_))));
}

#[test]
fn a_table_of_blocks_of_landbot_or_zoho() {
    let (flow, import) = imported("blocks.csv", Format::Blocks);
    lost(&import, "blocks.csv:6", "calls another system");
    let (said, end) = talk(&flow, &["hello", "appointment", "24/12/2026"]);
    assert!(said[0].starts_with("Welcome to the dentist.|What do you need?"), "{said:?}");
    assert_eq!((said[2].as_str(), end), ("We will confirm 24/12/2026 soon.", Some(End::Closed)));
    let (_, end) = talk(&flow, &["I am in pain"]);
    assert!(matches!(end, Some(End::HandOff(_))));
}

/// A folder with these files, imported.
fn of_files(files: &[(&str, &str)]) -> Result<(Format, Import), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    import(folder.path())
}

#[test]
fn broken_exports_are_told_by_file_and_place() {
    let cases: [(&str, &str, &str); 8] = [
        ("intents/a.json", "{", "intents/a.json:1"),
        ("flows/a/a.json", "[", "flows/a/a.json:1"),
        ("domain.yml", "a: [", "domain.yml"),
        ("domain.yml", "version: 1", "no intent and no response"),
        ("bot.json", "{\"groups\": []}", "no group"),
        ("blocks.csv", "a,b\n1,2\n", "columns id, block"),
        ("x.lu", "> nothing", "no intent"),
        ("readme.txt", "hello", "no bot in a format"),
    ];
    for (name, text, part) in cases {
        let why = of_files(&[(name, text)]).map(|_| ()).unwrap_err().to_string();
        assert!(why.contains(part), "{name}: {why}");
    }
    assert!(matches!(import(Path::new("/nowhere/at/all")), Err(ImportError::Read { .. })));
}

#[test]
fn hostile_exports_neither_hang_nor_panic() {
    // Groups that jump to each other for ever, an edge to nowhere, a block of no known kind.
    let circle = r#"{"groups": [
        {"id": "a", "title": "A", "blocks": [{"id": "1", "type": "Jump", "options": {"groupId": "b"}}]},
        {"id": "b", "title": "B", "blocks": [{"id": "2", "type": "Jump", "options": {"groupId": "a"}}]},
        {"id": "c", "title": "C", "blocks": [{"id": "3", "type": "mystery", "outgoingEdgeId": "e"}]}],
        "edges": [{"id": "e", "to": {"groupId": "nowhere"}}]}"#;
    let (_, import) = of_files(&[("bot.json", circle)]).unwrap();
    lost(&import, "", "without asking anything");
    lost(&import, "group C", "`mystery`");
    assert!(Flow::from_text(&import.to_toml().unwrap(), "circle", Path::new("")).is_ok());

    // Follow-up intents that are each other's parents.
    let intent = |id: &str, parent: &str| {
        format!(
            r#"{{"id": "{id}", "name": "{id}", "parentId": "{parent}", "responses": [{{"messages": [{{"type": 0, "lang": "en", "speech": "x"}}]}}]}}"#
        )
    };
    let (_, import) =
        of_files(&[("intents/a.json", &intent("a", "b")), ("intents/b.json", &intent("b", "a"))]).unwrap();
    assert!(Flow::from_text(&import.to_toml().unwrap(), "parents", Path::new("")).is_ok());

    // Aliases of aliases of aliases.
    let mut bomb = String::from("nlu: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = vec![format!("*l{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("k{level}: &l{level} [{alias}]\n"));
    }
    assert!(of_files(&[("domain.yml", &bomb)]).is_err());

    // JSON nested a hundred thousand deep.
    let deep = format!("{{\"groups\": {}", "[".repeat(100_000));
    assert!(of_files(&[("bot.json", &deep)]).is_err());
}

#[test]
fn a_zip_bomb_is_refused() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let zeros = vec![b' '; 1 << 20];
    for name in 0..300 {
        zip.start_file(format!("intents/{name}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 2 << 20);
    assert!(matches!(import(&path), Err(ImportError::TooLarge { .. })));
}
