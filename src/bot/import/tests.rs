//! Every bot of `tests/data/bots` imports, says what was lost, and holds a conversation.

use super::*;
use crate::bot::flow::raw::Text;
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
    let (flow, import) = imported("dialogflow_es_facts", Format::DialogflowEs);
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
    lost(&import, "intents/", "says nothing there");
    // Sixty-four intents take their time to learn; four of them show that the flow answers.
    let mut small = import.clone();
    small.flow.intent.truncate(4);
    small.flow.intent.iter_mut().for_each(|intent| {
        let few = intent.phrases.as_ref().map(|p| p.as_ref().all().take(40).map(str::to_owned).collect());
        intent.phrases = few.map(|few| toml::Spanned::new(0..0, Text::Plain(few)));
    });
    let first =
        small.flow.intent[0].phrases.as_ref().and_then(|p| p.as_ref().all().next()).unwrap_or_default();
    let text = small.to_toml().unwrap();
    let (flow, _) =
        Flow::from_text(&text, "hwu64", Path::new("")).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let (_, end) = talk(&flow, &[first]);
    assert!(matches!(end, Some(End::HandOff(HandOff::Flow(_)))), "an intent without an answer hands over");
}

#[test]
fn dialogflow_cx_forms_ask_and_ask_again() {
    let (flow, import) = imported("dialogflow_cx/divebooker.zip", Format::DialogflowCx);
    lost(&import, "excludedPhrases", "excluded phrases");
    lost(&import, "no-input", "event handler");
    let (said, _) =
        talk(&flow, &["I would like to book a group charter", "to the moon", "palau", "Galapagos Islands"]);
    assert!(said[0].contains("Where would you like to go?"), "{said:?}");
    assert!(said[1].starts_with("Sorry, where would you like to go again?"), "{said:?}");
    assert!(said[2].starts_with("Sorry, where would you like to go again?"), "{said:?}");
    assert_eq!(said[3], "When would you like to go?");
}

#[test]
fn dialogflow_cx_says_what_generators_would_have_said_is_lost() {
    let (flow, import) = imported("dialogflow_cx/lifeblood.zip", Format::DialogflowCx);
    lost(&import, "generators/", "not run");
    let (said, _) = talk(&flow, &["can I donate blood", "34"]);
    assert!(said[0].contains("How old are you?"), "{said:?}");
    assert!(said[1].contains("Are you pregnant"), "{said:?}");
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

/// What the flow made of these files says to each message.
fn talk_of(files: &[(&str, &str)], format: Format, messages: &[&str]) -> (Vec<String>, Import) {
    let (found, import) = of_files(files).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(found, format);
    let text = import.to_toml().unwrap();
    let (flow, _) = Flow::from_text(&text, "bot", Path::new("")).unwrap_or_else(|f| panic!("{f:#?}\n{text}"));
    (talk(&flow, messages).0, import)
}

#[test]
fn rasa_1_in_markdown() {
    let nlu = "<!-- old -->\n## intent:saludo\n- hola\n- buenas tardes\n- qué tal\n\n\
               ## intent:horario\n- ¿a qué hora abren?\n- horario de [hoy](dia)\n- cuándo cierran\n\n\
               ## synonym:hoy\n- este día\n\n## lookup:ciudad\ndata/ciudades.txt\n";
    let stories = "## camino feliz\n* saludo\n  - utter_saludo\n* horario OR pregunta{\"dia\": \"hoy\"}\n  - utter_horario\n> fin\n";
    let domain = "intents:\n- saludo\n- horario\ntemplates:\n  utter_saludo:\n  - text: Hola, ¿en qué te ayudo?\n\
                  \x20 utter_horario:\n  - \"Abrimos de 9 a 18.\"\nforms:\n- cita_form\n";
    let files =
        [("data/nlu.md", nlu), ("data/stories.md", stories), ("domain.yml", domain), ("README.md", "# Bot")];
    let (said, import) = talk_of(&files, Format::Rasa, &["hola", "horario de hoy"]);
    assert_eq!(said, ["Hola, ¿en qué te ayudo?", "Abrimos de 9 a 18."]);
    assert_eq!(import.flow.languages.as_ref(), &["es"], "told by its words");
    lost(&import, "data/nlu.md", "ciudades.txt");
    lost(&import, "camino feliz", "checkpoint");
}

#[test]
fn rasa_s_oldest_json() {
    let json = r#"{"rasa_nlu_data": {"common_examples": [
        {"text": "book a flight to Paris", "intent": "book", "entities": [{"start": 17, "end": 22, "value": "paris", "entity": "city"}]},
        {"text": "I want to fly", "intent": "book", "entities": []},
        {"text": "cancel it", "intent": "cancel", "entities": []}, {"text": "cancel my flight please", "intent": "cancel"}],
        "entity_synonyms": [{"value": "paris", "synonyms": ["city of light"]}]}}"#;
    let (found, import) = of_files(&[("demo-rasa.json", json)]).unwrap();
    assert_eq!((found, import.flow.intent.len()), (Format::Rasa, 2));
    lost(&import, "intent book", "no rule and no story");
}

#[test]
fn botpress_keeps_intents_and_answers() {
    let files = [
        (
            "bot.config.json",
            r#"{"name": "Tienda", "languages": ["es"], "defaultLanguage": "es", "dialog": {"timeoutInterval": "5m"}}"#,
        ),
        (
            "intents/pedido.json",
            r#"{"name": "pedido", "utterances": {"es": ["dónde está mi [paquete](cosa)", "rastrear mi pedido", "no llega mi compra"]}, "slots": [{"name": "cosa"}]}"#,
        ),
        (
            "qna/horas.json",
            r#"{"id": "horas", "data": {"enabled": true, "action": "text", "questions": {"es": ["a qué hora abren", "horario de la tienda", "cuándo cierran"]}, "answers": {"es": ["De 9 a 18.", "9-18"]}}}"#,
        ),
        (
            "qna/off.json",
            r#"{"id": "off", "data": {"enabled": false, "questions": {"es": ["x"]}, "answers": {"es": ["y"]}}}"#,
        ),
        ("flows/main.flow.json", r#"{"nodes": []}"#),
    ];
    let (said, import) = talk_of(&files, Format::Botpress, &["horario de la tienda"]);
    assert!(said[0].starts_with("De 9 a 18."), "{said:?}");
    assert_eq!(import.flow.session.time_out.as_ref(), "5m");
    lost(&import, "qna/horas", "2 wordings");
    lost(&import, "qna/off", "switched off");
    lost(&import, "flows/main.flow.json", "JavaScript");
    lost(&import, "intents/pedido", "a person takes over");
}

/// Files in an order and under names that the console's own do not have.
#[test]
fn dialogflow_cx_by_names_and_groups() {
    let phrases = |list: &[&str]| {
        let parts: Vec<String> =
            list.iter().map(|p| format!(r#"{{"parts": [{{"text": "{p}"}}], "repeatCount": 1}}"#)).collect();
        format!(r#"{{"trainingPhrases": [{}]}}"#, parts.join(","))
    };
    let (order, bye) = (
        phrases(&["where is my order", "track my order", "order status please"]),
        phrases(&["goodbye now", "see you later", "bye bye"]),
    );
    let files = [
        ("agent.json", r#"{"displayName": "Shop", "defaultLanguageCode": "en", "startFlow": "zeta: main"}"#),
        ("intents/order%3astatus/order%3astatus.json", r#"{"displayName": "order:status"}"#),
        ("intents/order%3astatus/trainingPhrases/en.json", &order),
        ("intents/bye/bye.json", r#"{"displayName": "bye"}"#),
        ("intents/bye/trainingPhrases/en.json", &bye),
        (
            "flows/zeta%3a main/zeta%3a main.json",
            r#"{"displayName": "zeta: main", "nluSettings": {"classificationThreshold": 0.3},
            "transitionRoutes": [{"intent": "order:status", "targetPage": "Status"}], "transitionRouteGroups": ["common", "gone"]}"#,
        ),
        (
            "flows/zeta%3a main/pages/Status.json",
            r#"{"displayName": "Status", "entryFulfillment": {"messages": [{"text": {"text": ["It is on its way."]}, "languageCode": "en"}]},
            "eventHandlers": [{"event": "sys.no-match-default", "triggerFulfillment": {"messages": [{"text": {"text": ["Say that again?"]}, "languageCode": "en"}]}}]}"#,
        ),
        (
            "flows/zeta%3a main/transitionRouteGroups/common.json",
            r#"{"displayName": "common",
            "transitionRoutes": [{"intent": "bye", "triggerFulfillment": {"messages": [{"text": {"text": ["Bye!"]}, "languageCode": "en"}]}, "targetPage": "End Session"}]}"#,
        ),
    ];
    let (said, import) =
        talk_of(&files, Format::DialogflowCx, &["where is my order", "xyzzy plugh", "goodbye now"]);
    assert_eq!(said, ["It is on its way.", "Say that again?", "Bye!"]);
    lost(&import, "flows/zeta: main", "route group `gone`");
    lost(&import, "nluSettings", "another recogniser's scale");
}

#[test]
fn the_first_typebots_kept_html_and_edges_apart() {
    let bot = r#"{"version": "3", "name": "Citas", "groups": [
        {"id": "g0", "title": "Start", "blocks": [{"id": "s", "type": "start", "label": "Start"}]},
        {"id": "g1", "title": "Hola", "blocks": [
            {"id": "b1", "type": "text", "content": {"html": "<div>Hola &amp; bienvenido</div><div>¿Qué necesitas?</div>"}},
            {"id": "b2", "type": "choice input", "items": [{"id": "i1", "content": "Una cita"}, {"id": "i2", "content": "Nada"}]}]},
        {"id": "g2", "title": "Cita", "blocks": [{"id": "b3", "type": "email input", "options": {"variableId": "v1", "labels": {"placeholder": "Tu correo"}}},
            {"id": "b4", "type": "Condition", "items": [{"id": "c1", "content": {"comparisons": [{"variableId": "v1", "comparisonOperator": "Equal to", "value": "{{Otro}}"}]}}]},
            {"id": "b5", "type": "text", "content": {"html": "Gracias {{Correo}}"}}]}],
        "variables": [{"id": "v1", "name": "Correo"}],
        "edges": [{"id": "e0", "from": {"blockId": "s"}, "to": {"groupId": "g1"}},
            {"id": "e1", "from": {"blockId": "b2", "itemId": "i1"}, "to": {"groupId": "g2"}},
            {"id": "e2", "from": {"blockId": "b2", "itemId": "i2"}, "to": {"groupId": "nowhere"}}]}"#;
    let (said, import) =
        talk_of(&[("bot.json", bot)], Format::Typebot, &["hola", "una cita", "ana@example.com"]);
    assert!(said[0].starts_with("Hola & bienvenido\n¿Qué necesitas?"), "{said:?}");
    assert_eq!(said[1], "Tu correo");
    assert_eq!(said[2], "Gracias ana@example.com");
    assert_eq!(import.flow.languages.as_ref(), &["es"]);
    lost(&import, "edge e2", "not in the export");
    lost(&import, "group Cita", "`Equal to` is not carried over");
}

fn es_intent(name: &str, needs: &str, sets: &str, phrases: &[&str]) -> String {
    let said: Vec<String> =
        phrases.iter().map(|p| format!(r#"{{"data": [{{"text": "{p}"}}], "isTemplate": false}}"#)).collect();
    let quoted = |name: &str| if name.is_empty() { String::new() } else { format!("\"{name}\"") };
    let set = if sets.is_empty() { String::new() } else { format!(r#"{{"name": "{sets}", "lifespan": 5}}"#) };
    format!(
        r#"{{"id": "{name}", "name": "{name}", "contexts": [{}], "userSays": [{}], "responses": [{{"affectedContexts": [{set}], "messages": [{{"type": 0, "lang": "en", "speech": "This is {name}."}}]}}]}}"#,
        quoted(needs),
        said.join(", ")
    )
}

#[test]
fn dialogflow_es_contexts_say_what_is_understood() {
    let files = [
        ("intents/shirt.json", es_intent("shirt", "", "shirt", &["I want a shirt", "a shirt please", "shirts"])),
        ("intents/hat.json", es_intent("hat", "", "HAT", &["I want a hat", "a hat please", "hats"])),
        ("intents/size.json", es_intent("size", "shirt", "", &["which size", "size table", "what is the price"])),
        ("intents/head.json", es_intent("head", "hat", "", &["my head is large", "what is the price"])),
        ("intents/secret.json", es_intent("secret", "webhook", "", &["open sesame", "sesame"])),
        (
            "intents/none.json",
            r#"{"name": "none", "fallbackIntent": true, "responses": [{"messages": [{"type": 0, "lang": "en", "speech": "What?"}]}]}"#
                .to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let (said, import) = talk_of(
        &files,
        Format::DialogflowEs,
        &[
            "which size",
            "I want a shirt",
            "which size",
            "what is the price",
            "I want a hat",
            "my head is large",
        ],
    );
    assert_eq!(
        said,
        ["What?", "This is shirt.", "This is size.", "This is size.", "This is hat.", "This is head."]
    );
    lost(&import, "size", "until the session ends");
    lost(&import, "secret", "the context `webhook` there; here it is understood at any time");
    let (said, _) =
        talk_of(&files, Format::DialogflowEs, &["I want a hat", "what is the price", "open sesame"]);
    assert_eq!(said, ["This is hat.", "This is head.", "This is secret."]);
}

#[test]
fn language_understanding_files_with_patterns_and_references() {
    let lu = "> !# @version = 1.0.0\n# Call\n- [please] (call|ring) my {contact}\n- {@contact}\n- [more](other.lu#Call)\n\
              @ list contact =\n\t- ann :\n\t\t- anna\n# Stop\n- stop now\nstray\n";
    let (_, import) = of_files(&[("bot.lu", lu)]).unwrap();
    let phrases = |name: &str| -> Vec<String> {
        let intent = import.flow.intent.iter().find(|intent| intent.name.as_ref() == name).unwrap();
        intent.phrases.iter().flat_map(|phrases| phrases.as_ref().all()).map(str::to_owned).collect()
    };
    let mut call = phrases("Call");
    call.sort_unstable();
    assert_eq!(call, ["call my", "please call my", "please ring my", "ring my"]);
    assert_eq!(phrases("Stop"), ["stop now"]);
    lost(&import, "bot.lu:1", "version");
    lost(&import, "bot.lu:4", "nothing but an entity");
    lost(&import, "bot.lu:5", "other.lu#Call");
    lost(&import, "bot.lu:6", "entity");
    lost(&import, "bot.lu:11", "no known kind");
}

#[test]
fn typebot_bounds_numbers_and_does_not_guess_computed_values() {
    let bot = r#"{"name": "b", "variables": [{"id": "v", "name": "n"}, {"id": "t", "name": "today"}], "groups": [
        {"id": "a", "title": "A", "blocks": [
            {"id": "0", "type": "Set variable", "options": {"variableId": "t", "type": "Now"}},
            {"id": "1", "type": "Wait", "options": {"secondsToWaitFor": "2"}},
            {"id": "2", "type": "number input", "options": {"variableId": "v", "min": 1, "max": "5"}},
            {"id": "3", "type": "text", "content": {"richText": [{"type": "p", "children": [{"text": "Thanks"}]}]}}]}],
        "edges": []}"#;
    let (said, import) = talk_of(&[("bot.json", bot)], Format::Typebot, &["hi", "7", "3"]);
    assert_eq!(said[2], "Thanks");
    assert_ne!(said[1], "Thanks");
    lost(&import, "A", "`today` is computed there");
    lost(&import, "A", "waits some seconds");
}

#[test]
fn rasa_tells_what_it_does_not_know() {
    let yml = "version: '3.1'\nnlu:\n- intent: hello\n  examples: |\n    - hello\n    - good day\nresponses:\n  utter_hello:\n  - text: Hi\n\
               stories:\n- story: one\n  steps:\n  - intent: hello\n  - slot_was_set:\n    - name: x\n  - action: utter_hello\n  - user: bye now\n\
               flows:\n  transfer:\n    steps: []\n";
    let (_, import) = of_files(&[("domain.yml", yml)]).unwrap();
    lost(&import, "domain.yml", "`flows` is not carried over");
    lost(&import, "one", "value of a slot");
    lost(&import, "one", "told by its words");
}

#[test]
fn files_that_are_not_read_are_listed() {
    let (_, import) = of_files(&[
        ("bot.lu", "# Stop\n- stop now\n- halt\n"),
        ("dialogs/main.dialog", "{}"),
        ("dialogs/other.dialog", "{}"),
        ("dialogs/main.lg", "x"),
    ])
    .unwrap();
    lost(&import, "dialogs/*.dialog", "2 files that are not read");
    lost(&import, "dialogs/*.lg", "a file that is not read");
    assert!(!import.notes.iter().any(|note| note.place == "*.lu" && note.what.contains("not read")));
}

#[test]
fn names_that_lead_out_of_an_archive_are_not_read() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for name in ["bot.lu", "../../evil.lu", "/etc/evil.lu", "a\\..\\..\\evil.lu"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"# Stop\n- stop now\n- halt\n").unwrap();
    }
    zip.finish().unwrap();
    let (_, import) = import(&path).unwrap();
    assert_eq!(import.flow.intent.len(), 1);
    lost(&import, "evil.lu", "leads out of the archive");
    assert_eq!(import.notes.iter().filter(|note| note.what.contains("leads out")).count(), 3);
}

#[test]
fn too_little_to_learn_from_still_makes_a_flow() {
    let cases: [(&str, &str); 5] = [
        ("bot.lu", "# One\n- the only phrase\n"),
        ("bot.lu", "# One\n# Two\n"),
        ("bot.lu", "# One\n- ...\n"),
        ("nlu.yml", "nlu:\n- intent: one\n  examples: |\n    - hello\n"),
        ("intents/a.json", r#"{"name": "a", "userSays": [], "responses": []}"#),
    ];
    for (name, text) in cases {
        let (_, import) = of_files(&[(name, text)]).unwrap_or_else(|why| panic!("{name}: {why}"));
        let written = import.to_toml().unwrap();
        let flow = Flow::from_text(&written, "flow.toml", Path::new(""));
        assert!(flow.is_ok(), "{text}\n{written}\n{:#?}", flow.err());
    }
}

#[test]
fn a_folder_of_archives_asks_for_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.zip", "a.ZIP"] {
        std::fs::write(folder.path().join(name), "PK").unwrap();
    }
    let error = import(folder.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.ends_with("import one of a.ZIP, b.zip"), "{error}");
}
