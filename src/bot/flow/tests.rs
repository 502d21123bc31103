//! Whole conversations.

mod faults;

use super::*;
use std::path::Path;

pub(super) fn load(text: &str) -> Flow {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots");
    match Flow::from_text(text, "flow.toml", &folder) {
        Ok((flow, _)) => flow,
        Err(faults) => panic!("{faults:#?}"),
    }
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
    talk.session.set_luck(Luck { fails: 0.3, ..Luck::default() });
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

const FOUR_LANGUAGES: &str = r#"
name = "Tienda / Loja / Shop / दुकान"
languages = ["es", "pt", "en", "hi"]
start = "menu"
fallback = { es = "No te entendí.", pt = "Não entendi.", en = "Sorry?", hi = "समझ नहीं आया।" }
[hand_off]
words = { es = "asesor", pt = "atendente", en = "agent", hi = ["एजेंट", "insaan se baat"] }
urgent_words = { es = "estafa", pt = "golpe", en = "scam", hi = "धोखा" }
[slot.order]
kind = "order_number"
[[keyword]]
words = { es = "devolución", pt = "devolução", en = "return", hi = "वापसी" }
go = "returns"
[[intent]]
name = "order_status"
go = "ask_order"
[intent.phrases]
es = ["¿dónde está mi pedido?", "cuándo llega mi paquete", "mi compra no ha llegado", "rastrear mi envío"]
pt = ["onde está meu pedido?", "quando chega minha encomenda", "minha compra não chegou", "rastrear minha entrega"]
en = ["where is my order?", "when does my parcel arrive", "my purchase has not come", "track my shipment"]
hi = ["मेरा ऑर्डर कहाँ है?", "पार्सल कब आएगा", "ऑर्डर नहीं आया", "mera order kahan hai", "parcel kab aayega"]
[[intent]]
name = "sizes"
go = "sizes"
[intent.phrases]
es = ["¿qué talla soy?", "tabla de tallas", "guía de medidas", "no sé mi talla"]
pt = ["qual é o meu tamanho?", "tabela de medidas", "guia de tamanhos", "não sei meu tamanho"]
en = ["what is my size?", "size chart", "measurement guide", "I don't know my size"]
hi = ["मेरा साइज़ क्या है?", "साइज़ चार्ट", "नाप की जानकारी", "mera size kya hai", "size chart dikhao"]
[step.menu]
say = { es = "¿En qué te ayudo?", pt = "Como posso ajudar?", en = "How can I help?", hi = "मैं कैसे मदद करूँ?" }
menu = [
  { text = { es = "Mi pedido", pt = "Meu pedido", en = "My order", hi = "मेरा ऑर्डर" }, go = "ask_order" },
  { text = { es = "Tallas", pt = "Tamanhos", en = "Sizes", hi = "साइज़" }, go = "sizes" },
]
[step.ask_order]
say = { es = "¿Qué número?", pt = "Qual número?", en = "Which number?", hi = "कौन सा नंबर?" }
ask = "order"
go = "found"
[step.found]
say = { es = "{order}: en camino.", pt = "{order}: a caminho.", en = "{order}: on its way.", hi = "{order}: रास्ते में है।" }
answers = "order_status"
go = "helped"
[step.sizes]
say = { es = "Mira la tabla.", pt = "Veja a tabela.", en = "See the chart.", hi = "चार्ट देखें।" }
answers = "sizes"
go = "helped"
[step.returns]
say = { es = "30 días.", pt = "30 dias.", en = "30 days.", hi = "30 दिन।" }
go = "helped"
[step.helped]
say = { es = "¿Te sirvió?", pt = "Ajudou?", en = "Did that help?", hi = "क्या इससे मदद मिली?" }
confirm = { yes = "bye", no = "person" }
[step.bye]
say = { es = "¡Adiós!", pt = "Tchau!", en = "Bye!", hi = "नमस्ते!" }
end = "solved"
[step.person]
hand_off = "not helped"
"#;

/// What one language's customers write, and what comes of it.
struct Spoken {
    code: &'static str,
    /// Not a phrase of the flow; with a typing error or without accents.
    order: &'static str,
    number_asked: &'static str,
    /// The number, in the language's own digits where it has them.
    number: &'static str,
    on_its_way: &'static str,
    yes: &'static str,
    choice: &'static str,
    sizes: &'static str,
    returns: &'static str,
    days: &'static str,
    person: &'static str,
    urgent: &'static str,
}

#[test]
fn four_languages_go_through_keywords_recogniser_menus_and_slots() {
    let flow = load(FOUR_LANGUAGES);
    #[rustfmt::skip]
    let spoken = [
        Spoken { code: "es", order: "donde esta mi pedidoo??", number_asked: "¿Qué número?", number: "es el MX-12345", on_its_way: "en camino", yes: "Sí, claro", choice: "tallas", sizes: "Mira la tabla.", returns: "una DEVOLUCION por favor", days: "30 días.", person: "quiero un asesor", urgent: "¡es una estafa!" },
        Spoken { code: "pt", order: "onde esta o meu pedido", number_asked: "Qual número?", number: "o MX-12345", on_its_way: "a caminho", yes: "sim", choice: "2", sizes: "Veja a tabela.", returns: "quero fazer uma devolucao", days: "30 dias.", person: "chama um atendente", urgent: "isso é golpe" },
        Spoken { code: "en", order: "wheres my order", number_asked: "Which number?", number: "MX-12345", on_its_way: "on its way", yes: "yes please", choice: "two", sizes: "See the chart.", returns: "I want to return it", days: "30 days.", person: "give me an agent", urgent: "SCAM" },
        Spoken { code: "hi", order: "मेरा ऑर्डर कहां है", number_asked: "कौन सा नंबर?", number: "MX-१२३४५", on_its_way: "रास्ते में है", yes: "हाँ", choice: "२", sizes: "चार्ट देखें।", returns: "वापसी करनी है", days: "30 दिन।", person: "एजेंट चाहिए", urgent: "यह धोखा है" },
    ];
    for s in spoken {
        let code = s.code;
        let mut talk = Talk::new(&flow);
        let (turn, text) = talk.say(s.order);
        assert!(text.ends_with(s.number_asked), "{code}: {text} {:?}", turn.why);
        let (_, text) = talk.say(s.number);
        assert!(text.contains("12345") && text.contains(s.on_its_way), "{code}: {text}");
        assert_eq!(talk.say(s.yes).0.end, Some(End::Solved), "{code}");

        let mut talk = Talk::new(&flow);
        talk.session = flow.start(code);
        talk.say("xyzzy");
        assert!(talk.say(s.choice).1.starts_with(s.sizes), "{code}");
        let mut talk = Talk::new(&flow);
        talk.session = flow.start(code);
        assert!(talk.say(s.returns).1.starts_with(s.days), "{code}");
        assert_eq!(talk.say(s.person).0.end, Some(End::HandOff(HandOff::AskedForPerson)), "{code}");
        assert_eq!(Talk::new(&flow).say(s.urgent).0.end, Some(End::HandOff(HandOff::Keyword(0))), "{code}");
    }
    // Mixed language and Hindi in Latin letters.
    for (text, part) in [
        ("hi, mera parcel kab aayega?", "कौन सा नंबर?"),
        ("where is mi pedido", "?"),
        ("mera size kya hai bhai", "चार्ट"),
        ("insaan se baat karni hai", ""),
    ] {
        let (turn, said) = Talk::new(&flow).say(text);
        assert!(turn.understood && !matches!(turn.why, Why::Opening), "{text}: {:?}", turn.why);
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn an_open_question_is_left_only_for_words_of_another_topic() {
    let flow = load(FOUR_LANGUAGES);
    let mut talk = Talk::new(&flow);
    talk.say("where is my order?");
    let (turn, text) = talk.say("I have no idea, sorry");
    assert!(!turn.understood && text.ends_with("Which number?"), "{text}");
    let (turn, text) = talk.say("what is my size?");
    assert!(turn.understood && text.starts_with("See the chart."), "{text}");
}

#[test]
fn a_topic_of_few_phrases_is_found_by_the_words_of_its_answer() {
    let flow = load(
        r#"
name = "x"
languages = ["en"]
start = "menu"
fallback = "?"
[[intent]]
name = "eligibility"
go = "quiz"
phrases = ["take the quiz", "am I allowed", "check me"]
[[intent]]
name = "opening"
go = "hours"
phrases = ["opening hours", "when are you open", "are you open today"]
[step.menu]
say = "Hi"
listen = true
[step.quiz]
say = "Not everyone can donate blood. Let us see whether you are eligible to donate."
end = "closed"
[step.hours]
say = "Nine to six."
end = "closed"
"#,
    );
    let (turn, text) = Talk::new(&flow).say("can I donate blood");
    assert!(text.contains("Not everyone") && matches!(turn.why, Why::Topic { .. }), "{text} {:?}", turn.why);
    assert!(matches!(Talk::new(&flow).say("blood sausage recipes").0.why, Why::Opening));
}
