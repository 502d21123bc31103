//! Whole conversations, and the faults a flow file can have.

use super::*;
use crate::diag::Severity;
use std::path::Path;

pub(super) fn load(text: &str) -> Flow {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots");
    match Flow::from_text(text, "flow.toml", &folder) {
        Ok((flow, _)) => flow,
        Err(faults) => panic!("{faults:#?}"),
    }
}

fn faults(text: &str) -> Vec<(&'static str, Severity, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots");
    let found = match Flow::from_text(text, "flow.toml", &folder) {
        Ok((_, warnings)) => warnings,
        Err(faults) => faults,
    };
    found.into_iter().map(|d| (d.code, d.severity, d.message)).collect()
}

fn shipped(name: &str) -> Flow {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots").join(name);
    match Flow::load(&path) {
        Ok((flow, warnings)) => {
            assert!(warnings.is_empty(), "{warnings:#?}");
            flow
        }
        Err(faults) => panic!("{faults:#?}"),
    }
}

/// A conversation: what the customer writes, and what the bot says to it.
struct Talk<'a> {
    flow: &'a Flow,
    session: Session,
    memo: Memo,
}

impl<'a> Talk<'a> {
    fn new(flow: &'a Flow) -> Talk<'a> {
        Talk { flow, session: flow.start(""), memo: Memo::new() }
    }

    fn say(&mut self, text: &str) -> (Turn, String) {
        self.give(Input::Text(text))
    }

    fn give(&mut self, input: Input<'_>) -> (Turn, String) {
        let turn = self.flow.advance(&mut self.session, input, &mut self.memo);
        let texts = self.flow.texts(&self.session, &turn);
        assert_eq!(texts.len(), usize::from(turn.messages));
        (turn, texts.join("\n"))
    }
}

#[test]
fn the_size_dialogue_of_the_clothing_shop() {
    let mut flow = shipped("clothing.toml");
    flow.bind(&["returns".into(), "sizes".into()]);
    let mut talk = Talk::new(&flow);
    talk.session.set(&flow, "name", "Ana");

    let (turn, text) = talk.say("hola, tengo una duda con la TALLA");
    assert!(text.starts_with("¡Hola Ana! Soy el asistente de Moda Sol."), "{text}");
    assert!(text.contains("[Tabla de tallas]\n[Cambiar la talla]"), "{text}");
    assert_eq!((turn.expects, turn.messages, turn.answered), (Expects::Menu, 2, None));
    assert!(matches!(turn.why, Why::Keyword(0)));
    assert_eq!(flow.choice_for(&talk.session, 1).as_deref(), Some("1"));
    assert_eq!(flow.choice_for(&talk.session, 0).as_deref(), Some("2"));

    let (turn, text) = talk.say("tabla");
    assert!(text.contains("https://modasol.example/tallas"), "{text}");
    assert_eq!((turn.answered, turn.expects), (Some(1), Expects::Confirmation));

    let (turn, _) = talk.say("sí, gracias");
    assert_eq!(turn.end, Some(End::Solved));
    assert!(talk.session.is_over());
}

#[test]
fn no_after_an_answer_takes_it_back_and_a_person_comes() {
    let flow = shipped("clothing.toml");
    let mut talk = Talk::new(&flow);
    talk.say("tabla de tallas");
    assert_eq!(talk.session.answered().map(|t| flow.topic_name(t)), Some("sizes"));
    let (turn, text) = talk.say("no, todavía no sé");
    assert!(matches!(turn.end, Some(End::HandOff(HandOff::Flow(_)))));
    assert_eq!(text, "Te paso con una persona de nuestro equipo, un momento.");
    assert_eq!(talk.session.answered(), None);
    assert_eq!(flow.summary(&talk.session), "Tema: sizes. Talla: sin talla.");
}

#[test]
fn the_first_message_opens_the_menu_and_three_failures_call_a_person() {
    let flow = shipped("clothing.toml");
    let mut talk = Talk::new(&flow);
    let (turn, text) = talk.say("buenas");
    assert!(turn.understood && text.contains("1. Tallas\n2. Cambios y devoluciones"), "{text}");
    for attempt in 1..=2 {
        let (turn, text) = talk.say("xyzzy");
        assert!(!turn.understood && turn.end.is_none());
        assert_eq!(talk.session.attempts(), attempt);
        assert!(text.starts_with("Perdona, no te entendí.\n¿En qué te ayudo?\n1. Tallas"), "{text}");
    }
    let (turn, _) = talk.say("9");
    assert_eq!(turn.end, Some(End::HandOff(HandOff::Attempts)));
}

#[test]
fn what_is_understood_starts_the_count_of_failures_anew() {
    let flow = shipped("clothing.toml");
    let mut talk = Talk::new(&flow);
    talk.say("buenas");
    talk.say("xyzzy");
    talk.say("xyzzy");
    talk.say("1");
    assert_eq!(talk.session.attempts(), 0);
}

#[test]
fn words_for_a_person_count_everywhere() {
    let flow = shipped("clothing.toml");
    for (text, expected) in
        [("quiero hablar con un AGENTE", HandOff::AskedForPerson), ("es urgente!!", HandOff::Keyword(0))]
    {
        let mut talk = Talk::new(&flow);
        talk.say("talla");
        let (turn, _) = talk.say(text);
        assert_eq!(turn.end, Some(End::HandOff(expected)));
    }
}

#[test]
fn a_slot_is_asked_checked_and_filled() {
    let flow = shipped("clothing.toml");
    let mut talk = Talk::new(&flow);
    let (turn, text) = talk.say("quiero un cambio");
    assert_eq!(turn.expects, Expects::Slot(SlotKind::Choice));
    assert!(text.ends_with("¿Qué talla necesitas? (S, M, L, XL)"), "{text}");
    let (turn, text) = talk.say("azul");
    assert!(!turn.understood);
    assert_eq!(text, "Dime la talla que necesitas: S, M, L o XL.");
    let (_, text) = talk.say("la grande");
    assert!(text.starts_with("Talla L, anotado."), "{text}");
}

#[test]
fn silence_closes_with_a_farewell() {
    let flow = shipped("clothing.toml");
    let mut talk = Talk::new(&flow);
    talk.say("talla");
    let (turn, text) = talk.give(Input::Silence);
    assert_eq!(turn.end, Some(End::Closed));
    assert!(text.starts_with("Cerramos este chat"));
}

#[test]
fn the_shipped_flows_load_without_a_warning_and_understand_other_words_than_their_own() {
    let cases = [
        ("shop.toml", "cuándo llega mi paquete", "order_status"),
        ("shop.toml", "minha compra não chegou", "order_status"),
        ("shop.toml", "मेरा पार्सल कब आएगा", "order_status"),
        ("shop.toml", "I don't know which size to order", "sizes"),
        ("shop.toml", "me cobraron algo que no reconozco", "fraud"),
        ("telecom.toml", "pago con tarjeta mi saldo", "bill"),
        ("telecom.toml", "quiero otro plan con más gigas", "plan_change"),
        ("airline.toml", "is my flight delayed", "flight_status"),
        ("airline.toml", "I want to move my booking to another day", "booking_change"),
    ];
    for name in ["shop.toml", "telecom.toml", "airline.toml"] {
        let flow = shipped(name);
        for (_, text, topic) in cases.iter().filter(|c| c.0 == name) {
            let mut talk = Talk::new(&flow);
            let turn = talk.say(text).0;
            let about = match turn.why {
                Why::Topic { topic, .. } | Why::Unsure { first: topic, .. } => flow.topic_name(topic),
                _ => "",
            };
            assert_eq!(about, *topic, "{name}: {text}: {:?}", turn.why);
        }
    }
}

#[test]
fn an_order_status_in_portuguese_from_number_to_answer() {
    let mut flow = shipped("shop.toml");
    flow.bind(&["order_status".into()]);
    let mut talk = Talk::new(&flow);
    talk.session = flow.start("pt");
    let (turn, text) = talk.say("oi, cadê meu pedido?");
    assert_eq!(turn.expects, Expects::Slot(SlotKind::OrderNumber));
    assert!(text.ends_with("Qual é o número do seu pedido? Começa com TS."), "{text}");
    let number = flow.reply_for(&talk.session, 0.1).unwrap_or_default();
    let (turn, text) = talk.say(&number);
    assert_eq!(turn.look_up.map(|l| l.outcome), Some(Found::Found), "{text}");
    assert!(turn.answered == Some(0) || matches!(turn.end, Some(End::HandOff(_))), "{text}");
}

#[test]
fn the_airline_knows_nothing_of_bags() {
    let flow = shipped("airline.toml");
    assert!(flow.topic_names().all(|name| !name.contains("bag")));
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/phrases/baggage.en.txt"))
            .unwrap_or_default();
    let phrases: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    assert!(phrases.len() >= 25);
    let lost = phrases
        .iter()
        .filter(|phrase| {
            let mut talk = Talk::new(&flow);
            matches!(talk.say(phrase).0.why, Why::Opening | Why::Unsure { .. } | Why::PersonWord(_))
        })
        .count();
    assert!(lost * 10 >= phrases.len() * 7, "{lost} of {} are not taken for something else", phrases.len());
}

const ORDERS: &str = r#"
name = "Orders"
languages = ["en"]
start = "menu"
fallback = "Sorry?"
[session]
max_attempts = 3
[slot.order]
kind = "order_number"
[slot.photo]
kind = "image"
[table.orders]
file = "../../tests/data/bots/orders.csv"
key = "number"
fails = "50%"
[media]
image = "photo_alone"
[[keyword]]
words = "order"
go = "ask_order"
[[keyword]]
words = "broken"
go = "ask_photo"
[step.menu]
say = "1 for orders"
menu = [{ text = "Orders", go = "ask_order" }]
[step.ask_order]
say = "Which order?"
ask = "order"
go = "find"
[step.find]
look_up = { table = "orders", by = "order", found = "state", missing = "none" }
[step.none]
say = "There is no such order."
go = "ask_order"
[step.state]
branch = [
  { if = { "orders.status" = "delivered" }, go = "delivered" },
  { if = { "orders.status" = ["shipped", "in transit"], "orders.days" = "> 5" }, go = "late" },
  { go = "open" },
]
[step.delivered]
say = "Order {order} was delivered."
answers = "order_status"
end = "solved"
[step.late]
hand_off = "late"
[step.open]
say = "Order {order} is {orders.status}; {orders.days} days left."
answers = "order_status"
listen = true
[step.ask_photo]
say = "Send a photo."
ask = "photo"
go = "thanks"
[step.photo_alone]
say = "What is this photo about?"
listen = true
[step.thanks]
hand_off = "damage"
"#;

#[test]
fn an_order_is_looked_up() {
    let flow = load(ORDERS);
    let mut talk = Talk::new(&flow);
    talk.say("where is my order");
    let (turn, text) = talk.say("99999");
    assert_eq!(turn.look_up.map(|l| l.outcome), Some(Found::Missing));
    assert_eq!(text, "There is no such order.\nWhich order?");
    let (turn, text) = talk.say("it is mx1001");
    assert_eq!(turn.look_up.map(|l| l.outcome), Some(Found::Found));
    assert_eq!(text, "Order mx1001 is shipped; 2 days left.");

    let mut talk = Talk::new(&flow);
    let (turn, text) = talk.say("my order MX-1002 please");
    assert_eq!(text, "Order MX-1002 was delivered.", "the number was given with the question");
    assert_eq!(turn.end, Some(End::Solved));

    let mut talk = Talk::new(&flow);
    let (turn, _) = talk.say("order MX-1003");
    assert!(matches!(turn.end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "late"));

    let mut talk = Talk::new(&flow);
    talk.session.set_look_up_luck(0.3);
    let (turn, _) = talk.say("order MX-1002");
    assert_eq!(turn.look_up.map(|l| l.outcome), Some(Found::Failed));
    assert_eq!(turn.end, Some(End::HandOff(HandOff::LookUp)));
}

#[test]
fn simulated_customers_know_valid_order_numbers() {
    let flow = load(ORDERS);
    let mut talk = Talk::new(&flow);
    assert_eq!(flow.reply_for(&talk.session, 0.5), None);
    talk.say("order");
    for (u, expected) in [(0.0, "MX-1001"), (0.5, "MX-1002"), (1.0, "MX-1003")] {
        assert_eq!(flow.reply_for(&talk.session, u).as_deref(), Some(expected));
    }
}

#[test]
fn media_is_taken_where_it_is_asked_for() {
    let flow = load(ORDERS);
    let mut talk = Talk::new(&flow);
    talk.say("it came broken");
    let (turn, _) = talk.give(Input::Media(Media::Image));
    assert!(matches!(turn.end, Some(End::HandOff(HandOff::Flow(r))) if flow.reason_name(r) == "damage"));

    let mut talk = Talk::new(&flow);
    let (turn, text) = talk.give(Input::Media(Media::Image));
    assert_eq!((turn.expects, text.as_str()), (Expects::Free, "What is this photo about?"));

    let mut talk = Talk::new(&flow);
    for _ in 0..2 {
        assert!(!talk.give(Input::Media(Media::Audio)).0.understood);
    }
    assert_eq!(talk.give(Input::Media(Media::Audio)).0.end, Some(End::HandOff(HandOff::Media)));
}

/// A flow of the shortest kind around some steps.
fn around(steps: &str) -> String {
    format!("name = \"x\"\nlanguages = [\"en\"]\nstart = \"a\"\nfallback = \"?\"\n{steps}")
}

#[test]
fn each_fault_is_told_by_its_code() {
    let long = "x".repeat(4_097);
    let cases = [
        ("[step.a]\ngo = \"bb\"\n[step.b]\nend = \"solved\"", "HS0601", "there is no step `bb`"),
        ("[step.a]\nsay = \"{nam}\"\nend = \"solved\"", "HS0602", "there is no variable `nam`"),
        ("[step.a]\nsay = \"{name\"\nend = \"solved\"", "HS0603", "a brace is opened"),
        ("[step.a]\nsay = \"hi\"", "HS0604", "step `a` is a dead end"),
        ("[step.a]\nlisten = true\nend = \"solved\"", "HS0604", "does 2 things at once"),
        (&format!("[step.a]\nsay = \"{long}\"\nend = \"closed\""), "HS0605", "4097 characters"),
        (
            "[step.a]\nend = \"closed\"\n[step.z]\nend = \"closed\"",
            "HS0607",
            "no conversation reaches step `z`",
        ),
        ("[step.a]\ngo = \"b\"\n[step.b]\ngo = \"a\"", "HS0608", "never waits"),
        (
            "[slot.s]\nkind = \"text\"\n[step.a]\nsay = \"s\"\nask = \"s\"\ngo = \"b\"\n[step.b]\ngo = \"a\"",
            "HS0608",
            "never waits",
        ),
        ("[step.a]\nsay = \"m\"\nmenu = [{ text = \"t\", go = \"a\" }]", "HS0609", "never gets out"),
        (
            "[step.a]\nsay = \"m\"\nshow = \"buttons\"\nmenu = [{ text = \"This button is much too long\", go = \"a\" }]",
            "HS0605",
            "28 characters",
        ),
        (
            "[[keyword]]\nwords = \"a b\"\ngo = \"a\"\n[[keyword]]\nwords = \"b\"\npriority = 2\nhand_off = \"r\"\n[step.a]\nend = \"closed\"",
            "HS0610",
            "never counts",
        ),
        (
            "[[intent]]\nname = \"i\"\nphrases_from = \"nothing.txt\"\ngo = \"a\"\n[step.a]\nend = \"closed\"",
            "HS0611",
            "cannot read",
        ),
        ("[step.a]\nsay = \"x\"\nlink = \"www.x\"\nend = \"closed\"", "HS0612", "not a link"),
        (
            "[slot.s]\nkind = \"text\"\npattern = \"(\"\n[step.a]\nend = \"closed\"",
            "HS0613",
            "regular expression",
        ),
        (
            "[table.t]\nfile = \"nothing.csv\"\nkey = \"k\"\n[step.a]\nend = \"closed\"",
            "HS0614",
            "cannot read",
        ),
        ("[step.a]\nsya = \"x\"", "HS0600", "unknown field `sya`"),
        (
            "[step.a]\nsay = { en = \"x\", fr = \"y\" }\nend = \"closed\"",
            "HS0617",
            "language of this flow `fr`",
        ),
    ];
    for (steps, code, part) in cases {
        let found = faults(&around(steps));
        assert!(found.iter().any(|(c, _, m)| *c == code && m.contains(part)), "{steps}\n{found:#?}");
    }
}

#[test]
fn a_missing_translation_is_a_warning_and_the_first_language_is_spoken() {
    let text = "name = \"x\"\nlanguages = [\"es\", \"pt\"]\nstart = \"a\"\nfallback = { es = \"?\", pt = \"?\" }\n\
                [step.a]\nsay = { es = \"hola\", pt = \"olá\" }\ngo = \"b\"\n[step.b]\nsay = \"adiós\"\nend = \"closed\"";
    let found = faults(text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1), ("HS0606", Severity::Warning));
    let flow = load(text);
    let mut session = flow.start("pt");
    let turn = flow.advance(&mut session, Input::Text("oi"), &mut Memo::new());
    assert_eq!(flow.texts(&session, &turn), vec!["olá", "adiós"]);
}

#[test]
fn several_faults_come_together_in_the_order_of_the_file() {
    let found = faults(&around("[step.a]\nsay = \"{x}\"\ngo = \"y\"\n[step.b]\nsay = \"hi\""));
    let codes: Vec<&str> = found.iter().map(|f| f.0).collect();
    assert_eq!(codes, vec!["HS0602", "HS0601", "HS0604"]);
}
