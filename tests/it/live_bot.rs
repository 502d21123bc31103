//! A live bot over HTTP takes part in a run: a server of this process plays the user's bot.

use helpsim::bot::http::Tally;
use helpsim::engine::{self, Compiled, Note, RunOptions, Silent, Story};
use helpsim::facts::{Chunk, HandOff, Outcome, Sink};
use helpsim::scenario;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How a bot of this test answers a text: a body, or nothing at all.
type Answers = fn(&str) -> Option<String>;

/// A bot on a free port: its address, and how many messages it was sent.
fn bot(answers: Answers) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(AtomicU64::new(0));
    let count = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let count = count.clone();
            std::thread::spawn(move || serve(stream.unwrap(), answers, &count));
        }
    });
    (format!("http://{address}/bot"), heard)
}

fn serve(mut stream: TcpStream, answers: Answers, count: &AtomicU64) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(read) = stream.read(&mut buffer) else { return };
        if read == 0 {
            return;
        }
        seen.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned()))
            .and_then(|n| n.parse::<usize>().ok())
            .unwrap_or(0);
        if body.len() < length {
            continue;
        }
        count.fetch_add(1, Ordering::Relaxed);
        seen.clear();
        match answers(body) {
            Some(answer) => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
                if stream.write_all(head.as_bytes()).and(stream.write_all(answer.as_bytes())).is_err() {
                    return;
                }
            }
            None => std::thread::sleep(Duration::from_secs(3)),
        }
    }
}

fn scenario(url: &str, more: &str) -> Compiled {
    let text = format!(
        r#"
[scenario]
name = "live"
start = "2026-06-01"
duration = "1d"
replications = 1
[[traffic]]
name = "t"
volume = {{ per_day = 40 }}
intents = {{ sizes = 0.7, returns = 0.3 }}
languages = {{ es = 1 }}
[[intent]]
name = "sizes"
phrases = "data/phrases/sizes.es.txt"
[[intent]]
name = "returns"
phrases = "data/phrases/returns.es.txt"
[customer]
accepts = "100%"
[bot]
like = "http"
[bot.http]
url = "{url}"
time_out = "200ms"
{more}
[[team]]
name = "shop"
agents = 2
"#
    );
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let loaded = scenario::parse(&text, "live.toml", base, &[]).unwrap_or_else(|faults| {
        panic!("{}", helpsim::diag::render(&faults, &scenario::sources(&faults, "live.toml", &text), false))
    });
    Compiled::new(Arc::new(loaded.plan)).unwrap()
}

#[derive(Default)]
struct Kept(Vec<Chunk>);

impl Sink for Kept {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.0.push(chunk.clone());
        Ok(())
    }
}

/// For each conversation: how it ended, why it was handed over.
fn run(compiled: &Compiled) -> Vec<(u8, u8)> {
    let mut kept = Kept::default();
    engine::run(compiled, RunOptions::default(), &mut kept, &mut Silent).unwrap();
    let rows = kept.0.iter().flat_map(|chunk| &chunk.conversations);
    let ends: Vec<(u8, u8)> = rows.map(|row| (row.outcome, row.hand_off)).collect();
    assert!(ends.len() > 20, "{}", ends.len());
    ends
}

fn all_handed_over_for_an_outage(ends: &[(u8, u8)]) {
    assert!(ends.iter().all(|(_, hand_off)| *hand_off == HandOff::Outage as u8), "{ends:?}");
}

/// Knows sizes, offers a menu to whom it does not understand, hands returns over.
fn shop(body: &str) -> Option<String> {
    let message: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = message["text"].as_str().unwrap_or_default().to_lowercase();
    let answer = if text.contains("talla") || text == "1" {
        r#"{"replies": ["Mira la tabla de tallas."], "intent": "sizes", "confidence": 0.9}"#
    } else if text == "2" {
        r#"{"replies": ["Te paso con una persona."], "hand_off": "returns"}"#
    } else {
        r#"{"replies": ["Elige:\n1. Tallas y medidas\n2. Cambio o devolución"]}"#
    };
    Some(answer.to_owned())
}

#[test]
fn a_bot_that_answers_well_solves_and_hands_over() {
    let (url, heard) = bot(shop);
    let compiled = scenario(&url, "");
    let ends = run(&compiled);
    let solved = ends.iter().filter(|(outcome, _)| *outcome == Outcome::BotSolved as u8).count();
    let handed = ends.iter().filter(|(_, hand_off)| *hand_off == HandOff::Flow as u8).count();
    assert!(solved > ends.len() / 3 && handed > 3, "{solved} solved, {handed} handed over of {}", ends.len());
    let tally = compiled.live_bot().unwrap().tally();
    assert_eq!(tally, Tally { messages: heard.load(Ordering::Relaxed), ..Tally::default() });
    assert!(tally.messages > ends.len() as u64, "some needed the menu");
}

#[test]
fn what_the_bot_took_is_what_the_customer_waits() {
    fn slow(body: &str) -> Option<String> {
        std::thread::sleep(Duration::from_millis(60));
        shop(body)
    }
    let (url, _) = bot(slow);
    let compiled = scenario(&url, "");
    let mut story = Story { conversation: 0, notes: Vec::new() };
    engine::run(&compiled, RunOptions::default(), &mut Kept::default(), &mut story).unwrap();
    let at = |wanted: fn(&Note) -> bool| story.notes.iter().find(|(_, note)| wanted(note)).unwrap().0;
    let took = at(|n| matches!(n, Note::BotReplied { .. })) - at(|n| matches!(n, Note::CustomerWrote { .. }));
    assert!((60..=200).contains(&took.ms()), "{took:?}");
}

#[test]
fn rubbish_errors_and_silence_are_counted_and_handed_over() {
    let (url, _) = bot(|_| Some("<html>not for me</html>".to_owned()));
    let compiled = scenario(&url, "");
    let ends = run(&compiled);
    all_handed_over_for_an_outage(&ends);
    let tally = compiled.live_bot().unwrap().tally();
    assert_eq!((tally.messages, tally.failed, tally.timed_out), (ends.len() as u64, ends.len() as u64, 0));
    assert!(tally.held_back > 0, "a bot that only fails is asked less and less");

    let (url, heard) = bot(|_| None);
    let compiled = scenario(&url, "");
    let ends = run(&compiled);
    all_handed_over_for_an_outage(&ends);
    let tally = compiled.live_bot().unwrap().tally();
    assert_eq!((tally.messages, tally.timed_out), (ends.len() as u64, ends.len() as u64));
    assert!(heard.load(Ordering::Relaxed) < 15, "a silent bot is not waited for each time");

    let compiled = scenario("http://127.0.0.1:9/nobody", "");
    all_handed_over_for_an_outage(&run(&compiled));
}

#[test]
fn a_recording_gives_the_same_run_without_the_bot() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("bot.jsonl");
    let more = format!("cassette = \"{}\"\nrate_per_s = 2000\nconcurrency = 1", cassette.display());
    let (url, heard) = bot(shop);
    let recording = scenario(&url, &more);
    let lively = run(&recording);
    recording.live_bot().unwrap().save().unwrap();
    let sent = heard.load(Ordering::Relaxed);

    let chunks = || {
        let compiled = scenario(&url, &more);
        assert!(compiled.live_bot().unwrap().is_replaying());
        let mut kept = Kept::default();
        engine::run(&compiled, RunOptions::default(), &mut kept, &mut Silent).unwrap();
        assert_eq!(compiled.live_bot().unwrap().tally().not_recorded, 0);
        format!("{:?}", kept.0)
    };
    assert_eq!(chunks(), chunks());
    assert_eq!(run(&scenario(&url, &more)), lively);
    assert_eq!(heard.load(Ordering::Relaxed), sent, "the bot was not asked again");

    // Other customers say other things: that is told, not counted as an outage of the bot.
    let other = scenario(&url, &more);
    let options = RunOptions { replication: 7, antithetic: false };
    engine::run(&other, options, &mut Kept::default(), &mut Silent).unwrap();
    assert!(other.live_bot().unwrap().tally().not_recorded > 0);
}

/// Rasa's REST channel names no intent: the scenario says which words answer what.
#[test]
fn a_rasa_bot_is_read_by_the_words_of_its_replies() {
    fn rasa(body: &str) -> Option<String> {
        let message: serde_json::Value = serde_json::from_str(body).ok()?;
        let text = message["message"].as_str()?.to_lowercase();
        assert!(message["sender"].is_string());
        Some(if text.contains("talla") || text == "tallas" {
            r#"[{"recipient_id": "1", "text": "La tabla está en https://modasol.example/tallas"}]"#.to_owned()
        } else if text.contains("cambi") || text.contains("dev") || text == "devoluciones" {
            r#"[{"text": "Un momento"}, {"custom": {"handoff": true}}]"#.to_owned()
        } else {
            r#"[{"text": "¿Qué necesitas?", "buttons": [{"title": "Tallas", "payload": "/s"}, {"title": "Devoluciones", "payload": "/r"}]}]"#.to_owned()
        })
    }
    let (url, _) = bot(rasa);
    let compiled = scenario(&url, "shape = \"rasa\"\nanswers = { sizes = \"/tallas\" }");
    let ends = run(&compiled);
    let solved = ends.iter().filter(|(outcome, _)| *outcome == Outcome::BotSolved as u8).count();
    let handed = ends.iter().filter(|(_, hand_off)| *hand_off == HandOff::Flow as u8).count();
    assert!(solved > ends.len() / 3 && handed > 2, "{solved} solved, {handed} handed over of {}", ends.len());
}
