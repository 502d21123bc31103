use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;

/// What came of a text.
fn ask(bot: &HttpBot, session: &str, history: &mut History, text: &str) -> Exchange {
    bot.ask(session, history, "en", Say::Text(text)).unwrap()
}

/// A bot of one thread that answers each request in turn with what it was given; `None` hangs.
fn bot(answers: Vec<Option<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while !String::from_utf8_lossy(&seen).contains('}') {
                let read = stream.read(&mut buffer).unwrap_or(0);
                if read == 0 {
                    break;
                }
                seen.extend_from_slice(&buffer[..read]);
            }
            match answer {
                Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
                None => held.push(stream),
            }
        }
        std::thread::sleep(Duration::from_secs(2));
    });
    format!("http://{address}/bot")
}

fn http(status: &str, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

fn settings(url: String, shape: Shape) -> Settings {
    Settings { url, shape, time_out: Span::from_ms(300), concurrency: 2, rate_per_s: 0.0, cassette: None }
}

#[test]
fn each_shape_is_read() {
    let cases = [
        (
            Shape::Generic,
            r#"{"replies": ["hi"], "intent": "greet", "confidence": 0.9, "hand_off": "late"}"#,
            "hi",
            Some("late"),
        ),
        (
            Shape::Rasa,
            r#"[{"recipient_id": "1", "text": "hi"}, {"custom": {"handoff": true}}]"#,
            "hi",
            Some("bot"),
        ),
        (
            Shape::Dialogflow,
            r#"{"queryResult": {"fulfillmentMessages": [{"text": {"text": ["hi"]}}], "intent": {"displayName": "greet"}}}"#,
            "hi",
            None,
        ),
    ];
    for (shape, body, text, hand_off) in cases {
        let live = HttpBot::open(settings(bot(vec![http("200 OK", body)]), shape)).unwrap();
        let exchange = ask(&live, "1", &mut History::default(), "hello");
        let Outcome::Replied(reply) = exchange.outcome else { panic!("{shape:?}: {exchange:?}") };
        assert_eq!((reply.texts, reply.hand_off.as_deref()), (vec![text.to_owned()], hand_off));
    }
}

#[test]
fn rubbish_errors_redirects_and_silence_are_outcomes() {
    let elsewhere = Some("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned());
    let answers = vec![
        http("200 OK", "<html>"),
        http("200 OK", "{}"),
        http("500 Oops", "{}"),
        elsewhere,
        Some("what is this".to_owned()),
        None,
    ];
    let live = HttpBot::open(settings(bot(answers), Shape::Generic)).unwrap();
    for (number, part) in ["not JSON", "shape", "status 500", "status 302", ""].iter().enumerate() {
        let exchange = ask(&live, "1", &mut History::default(), &number.to_string());
        assert!(
            matches!(&exchange.outcome, Outcome::Failed(why) if why.contains(part)),
            "{part}: {exchange:?}"
        );
    }
    let exchange = ask(&live, "1", &mut History::default(), "the last one");
    assert_eq!(exchange, Exchange { outcome: Outcome::TimedOut, latency_ms: 300 });
}

#[test]
fn a_bot_that_is_not_there_is_a_failure() {
    let live = HttpBot::open(settings("http://127.0.0.1:9/".to_owned(), Shape::Rasa)).unwrap();
    let exchange = ask(&live, "1", &mut History::default(), "hello");
    assert!(!matches!(exchange.outcome, Outcome::Replied(_)));
}

#[test]
fn what_was_recorded_is_replayed_without_the_bot() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("bot.jsonl");
    let answers = vec![
        http("200 OK", r#"{"replies": ["one"]}"#),
        http("200 OK", r#"{"replies": ["two"], "solved": true}"#),
    ];
    let recording = Settings { cassette: Some(cassette.clone()), ..settings(bot(answers), Shape::Generic) };
    let live = HttpBot::open(recording).unwrap();
    let mut history = History::default();
    let first = ask(&live, "1", &mut history, "hello");
    let second = ask(&live, "1", &mut history, "thanks");
    live.save().unwrap();
    assert_eq!(live.tally(), Tally { messages: 2, ..Tally::default() });

    let replay =
        Settings { cassette: Some(cassette), ..settings("http://127.0.0.1:9/".to_owned(), Shape::Generic) };
    let live = HttpBot::open(replay).unwrap();
    let mut history = History::default();
    assert_eq!(ask(&live, "9", &mut history, "hello"), first);
    assert_eq!(ask(&live, "9", &mut history, "thanks"), second);
    let other = ask(&live, "9", &mut history, "and?");
    assert!(matches!(other.outcome, Outcome::Failed(why) if why.contains("recording")));
    assert_eq!(live.tally().not_recorded, 1);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for url in ["https://bot.example/", "ftp://x", "http://a b"] {
        assert!(HttpBot::open(settings(url.to_owned(), Shape::Generic)).is_err(), "{url}");
    }
}

#[test]
fn an_answer_that_drips_is_cut_off_at_the_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
        let mut alive = stream.write_all(head.as_bytes()).is_ok();
        while alive {
            std::thread::sleep(Duration::from_millis(20));
            alive = stream.write_all(b" ").is_ok();
        }
    });
    let live = HttpBot::open(settings(format!("http://{address}/"), Shape::Generic)).unwrap();
    let exchange = ask(&live, "1", &mut History::default(), "hello");
    assert_eq!(exchange, Exchange { outcome: Outcome::TimedOut, latency_ms: 300 });
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let body = format!("{{\"replies\": [\"{}\"]}}", "x".repeat(3 << 20));
    let live = HttpBot::open(settings(bot(vec![http("200 OK", &body)]), Shape::Generic)).unwrap();
    let exchange = ask(&live, "1", &mut History::default(), "hello");
    assert!(matches!(exchange.outcome, Outcome::Failed(_) | Outcome::TimedOut), "{:?}", exchange.latency_ms);
}

#[test]
fn another_conversation_that_says_the_same_is_answered_from_the_recording() {
    let mut cassette = Cassette::default();
    let exchange = |text: &str| {
        let reply = Reply { texts: vec![text.to_owned()], ..Reply::default() };
        Exchange { outcome: Outcome::Replied(reply), latency_ms: 7 }
    };
    let key = History::default().and("hello").key();
    cassette.put("b".into(), key.clone(), "hello".into(), exchange("to b"));
    cassette.put("a".into(), key.clone(), "hello".into(), exchange("to a"));
    assert_eq!(cassette.get("b", &key), Some(&exchange("to b")));
    assert_eq!(cassette.get("z", &key), Some(&exchange("to a")));
    assert_eq!(cassette.get("a", &History::default().key()), None);
}

#[test]
fn a_recording_that_is_none_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("bot.jsonl");
    std::fs::write(&cassette, "\n{\"session\": 1}\n").unwrap();
    let broken = Settings { cassette: Some(cassette), ..settings("http://127.0.0.1:9/".into(), Shape::Rasa) };
    assert!(HttpBot::open(broken).is_err_and(|why| why.contains("bot.jsonl:2")));
}
