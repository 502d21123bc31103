//! A live bot under test: each customer message goes to the user's own bot, its answer comes back with
//! the time it took.
//!
//! Only the address that was given is ever contacted: no redirects, no proxies, no encryption (put a
//! local forwarder before a bot that speaks HTTPS). What was exchanged can be recorded to a file and
//! replayed from it, so that the same run needs no bot the second time.
//!
//! This is the one place below the command line that reads a clock: it measures how long the bot took.
//!
//! The generic shape: `POST` of `{"session": "…", "text": "…"}`, answered by `{"replies": ["…"]}` with
//! the optional members `"intent"`, `"confidence"`, `"hand_off"` (true or a reason) and `"solved"`.

use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An answer larger than this is rubbish.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// More messages than this in one answer are not read.
const MAX_REPLIES: usize = 50;

/// How the exchange looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The shape documented above.
    Generic,
    /// Rasa's REST channel: `{"sender", "message"}`, answered by a list of `{"text"}`.
    Rasa,
    /// Dialogflow's detectIntent: `queryInput.text`, answered by `queryResult`.
    Dialogflow,
}

impl Shape {
    /// By the word used in scenarios.
    pub fn from_word(word: &str) -> Option<Shape> {
        match word {
            "generic" => Some(Shape::Generic),
            "rasa" => Some(Shape::Rasa),
            "dialogflow" => Some(Shape::Dialogflow),
            _ => None,
        }
    }
}

/// What a bot is asked by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address; `{session}` in it is replaced (Dialogflow wants it there).
    pub url: String,
    /// How the exchange looks.
    pub shape: Shape,
    /// How long an answer is waited for.
    pub time_out: Span,
    /// At most so many requests at once.
    pub concurrency: u16,
    /// At most so many requests a second; 0 = as many as come.
    pub rate_per_s: f64,
    /// Recorded to this file; replayed from it if it is there already.
    pub cassette: Option<PathBuf>,
}

/// What the bot answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its messages.
    pub texts: Vec<String>,
    /// The intent it understood, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// How sure it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// It hands over to a person, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<String>,
    /// It says that the need was met.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub solved: bool,
}

/// How one message went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The bot answered.
    Replied(Reply),
    /// No answer in time.
    TimedOut,
    /// No connection, an error status, or an answer that makes no sense; why.
    Failed(String),
}

/// One message and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// How it went.
    pub outcome: Outcome,
    /// How long it took.
    pub latency_ms: i64,
}

/// One line of a cassette.
#[derive(Serialize, Deserialize)]
struct Recorded {
    /// Hash of all the customer wrote in this conversation so far.
    key: String,
    /// The last of it, for people who read the file.
    text: String,
    exchange: Exchange,
}

/// What one conversation has said so far: the key under which its next exchange is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History(blake3::Hash);

impl Default for History {
    fn default() -> History {
        History(blake3::hash(b"helpsim bot conversation"))
    }
}

impl History {
    fn and(&self, text: &str) -> History {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.as_bytes()).update(text.as_bytes());
        History(hasher.finalize())
    }
}

/// A live bot, or the recording of one. Share it between threads.
#[derive(Debug)]
pub struct HttpBot {
    settings: Settings,
    agent: ureq::Agent,
    /// What was exchanged, by history. The same words from the beginning are asked once: that is what
    /// makes a run repeatable with a bot that is.
    known: Mutex<BTreeMap<String, (String, Exchange)>>,
    replaying: bool,
    gate: Gate,
}

impl HttpBot {
    /// Gets ready. Nothing is contacted yet.
    pub fn open(settings: Settings) -> Result<HttpBot, String> {
        if settings.url.starts_with("https://") {
            return Err(format!(
                "`{}`: HTTPS is not built in; put a local forwarder before the bot",
                settings.url
            ));
        }
        if !settings.url.starts_with("http://")
            || settings.url.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(format!("`{}` is not an address that begins with http://", settings.url));
        }
        if settings.time_out.ms() <= 0 || settings.concurrency == 0 {
            return Err("a live bot needs a time-out and a concurrency above zero".to_owned());
        }
        let mut known = BTreeMap::new();
        let mut replaying = false;
        if let Some(path) = settings.cassette.as_deref().filter(|p| p.exists()) {
            known = read_cassette(path)?;
            replaying = true;
        }
        let time_out = Duration::from_millis(settings.time_out.ms().unsigned_abs());
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(time_out))
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .new_agent();
        let gate = Gate::new(settings.concurrency, settings.rate_per_s);
        Ok(HttpBot { settings, agent, known: Mutex::new(known), replaying, gate })
    }

    /// Sends a customer's message and waits for the answer. `session` names the conversation to the bot,
    /// `history` is what it said before; it is taken further.
    pub fn ask(&self, session: &str, history: &mut History, text: &str) -> Exchange {
        *history = history.and(text);
        let key = history.0.to_hex().to_string();
        let known = |key: &str| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(key).map(|(_, exchange)| exchange.clone())
        };
        if let Some(exchange) = known(&key) {
            return exchange;
        }
        if self.replaying {
            let why = "this conversation is not in the recording".to_owned();
            return Exchange { outcome: Outcome::Failed(why), latency_ms: 0 };
        }
        let exchange = self.send(session, text);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(|| (text.to_owned(), exchange)).1.clone()
    }

    fn send(&self, session: &str, text: &str) -> Exchange {
        let _place = self.gate.enter();
        let session: String =
            session.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let url = self.settings.url.replace("{session}", &session);
        let body = self.settings.shape.request(&session, text).to_string();
        let began = Instant::now();
        let outcome = self.post(&url, &body);
        let limit = self.settings.time_out.ms();
        let latency_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(limit).min(limit);
        Exchange { outcome, latency_ms }
    }

    fn post(&self, url: &str, body: &str) -> Outcome {
        let response = self.agent.post(url).header("content-type", "application/json").send(body);
        let mut response = match response {
            Ok(response) => response,
            Err(error) => return failed(&error),
        };
        let status = response.status().as_u16();
        if status != 200 {
            return Outcome::Failed(format!("status {status}"));
        }
        match response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string() {
            Ok(text) => self.settings.shape.reply(&text).map_or_else(Outcome::Failed, Outcome::Replied),
            Err(error) => failed(&error),
        }
    }

    /// Writes what was exchanged, if it was to be recorded: beside its place first, then renamed.
    pub fn save(&self) -> std::io::Result<()> {
        let Some(path) = self.settings.cassette.as_deref().filter(|_| !self.replaying) else { return Ok(()) };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, (text, exchange)) in known.iter() {
            let line = Recorded { key: key.clone(), text: text.clone(), exchange: exchange.clone() };
            serde_json::to_writer(&mut file, &line)?;
            file.write_all(b"\n")?;
        }
        file.persist(path)?;
        Ok(())
    }
}

fn failed(error: &ureq::Error) -> Outcome {
    match error {
        ureq::Error::Timeout(_) => Outcome::TimedOut,
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => Outcome::TimedOut,
        other => Outcome::Failed(other.to_string()),
    }
}

fn read_cassette(path: &Path) -> Result<BTreeMap<String, (String, Exchange)>, String> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|why| format!("cannot read `{shown}`: {why}"))?;
    let mut known = BTreeMap::new();
    for (number, line) in (1..).zip(std::io::BufReader::new(file).lines()) {
        let line = line.map_err(|why| format!("cannot read `{shown}`: {why}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let recorded: Recorded =
            serde_json::from_str(&line).map_err(|why| format!("{shown}:{number}: {why}"))?;
        known.insert(recorded.key, (recorded.text, recorded.exchange));
    }
    Ok(known)
}

impl Shape {
    fn request(self, session: &str, text: &str) -> Value {
        match self {
            Shape::Generic => json!({ "session": session, "text": text }),
            Shape::Rasa => json!({ "sender": session, "message": text }),
            Shape::Dialogflow => {
                json!({ "session": session, "queryInput": { "text": { "text": text, "languageCode": "en" } } })
            }
        }
    }

    fn reply(self, answer: &str) -> Result<Reply, String> {
        let answer: Value =
            serde_json::from_str(answer).map_err(|why| format!("the answer is not JSON: {why}"))?;
        let reply = match self {
            Shape::Generic => generic(&answer),
            Shape::Rasa => rasa(&answer),
            Shape::Dialogflow => dialogflow(&answer),
        };
        let mut reply = reply.ok_or_else(|| "the answer has not the shape it should have".to_owned())?;
        reply.texts.truncate(MAX_REPLIES);
        Ok(reply)
    }
}

fn strings(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|t| t.as_str().map(str::to_owned)).collect()
}

fn generic(answer: &Value) -> Option<Reply> {
    let hand_off = match answer.get("hand_off") {
        Some(Value::Bool(true)) => Some("bot".to_owned()),
        Some(Value::String(reason)) => Some(reason.clone()),
        _ => None,
    };
    Some(Reply {
        texts: strings(answer.get("replies")?)?,
        intent: answer.get("intent").and_then(Value::as_str).map(str::to_owned),
        confidence: answer.get("confidence").and_then(Value::as_f64),
        hand_off,
        solved: answer.get("solved").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn rasa(answer: &Value) -> Option<Reply> {
    let messages = answer.as_array()?;
    let texts =
        messages.iter().filter_map(|m| m.get("text").and_then(Value::as_str)).map(str::to_owned).collect();
    // The REST channel knows no hand-off; bots tell it in a custom message.
    let hand_off = messages.iter().filter_map(|m| m.get("custom")).find_map(|custom| {
        custom
            .get("hand_off")
            .or(custom.get("handoff"))
            .map(|reason| reason.as_str().unwrap_or("bot").to_owned())
    });
    Some(Reply { texts, hand_off, ..Reply::default() })
}

fn dialogflow(answer: &Value) -> Option<Reply> {
    let result = answer.get("queryResult")?;
    let messages =
        result.get("fulfillmentMessages").or(result.get("responseMessages")).and_then(Value::as_array);
    let mut reply = Reply::default();
    for message in messages.into_iter().flatten() {
        if let Some(texts) = message.get("text").and_then(|t| t.get("text")).and_then(strings) {
            reply.texts.extend(texts.into_iter().filter(|t| !t.is_empty()));
        }
        if message.get("liveAgentHandoff").is_some() {
            reply.hand_off = Some("live agent".to_owned());
        }
    }
    if reply.texts.is_empty() {
        reply.texts.extend(result.get("fulfillmentText").and_then(Value::as_str).map(str::to_owned));
    }
    reply.intent =
        result.get("intent").and_then(|i| i.get("displayName")).and_then(Value::as_str).map(str::to_owned);
    reply.confidence = result.get("intentDetectionConfidence").and_then(Value::as_f64);
    Some(reply)
}

/// Lets so many in at once, and so many a second.
#[derive(Debug)]
struct Gate {
    state: Mutex<(u16, Instant)>,
    left: Condvar,
    interval: Duration,
}

/// A place behind the gate, given back when dropped.
struct GatePlace<'a>(&'a Gate);

impl Gate {
    fn new(places: u16, rate_per_s: f64) -> Gate {
        let interval = if rate_per_s > 0.0 {
            Duration::from_secs_f64((1.0 / rate_per_s).min(60.0))
        } else {
            Duration::ZERO
        };
        Gate { state: Mutex::new((places, Instant::now())), left: Condvar::new(), interval }
    }

    fn enter(&self) -> GatePlace<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.left.wait_while(state, |s| s.0 == 0).unwrap_or_else(PoisonError::into_inner);
        state.0 -= 1;
        let turn = state.1.max(Instant::now());
        state.1 = turn + self.interval;
        drop(state);
        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
        GatePlace(self)
    }
}

impl Drop for GatePlace<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

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
            let exchange = live.ask("1", &mut History::default(), "hello");
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
            let exchange = live.ask("1", &mut History::default(), &number.to_string());
            assert!(
                matches!(&exchange.outcome, Outcome::Failed(why) if why.contains(part)),
                "{part}: {exchange:?}"
            );
        }
        let exchange = live.ask("1", &mut History::default(), "the last one");
        assert_eq!(exchange, Exchange { outcome: Outcome::TimedOut, latency_ms: 300 });
    }

    #[test]
    fn a_bot_that_is_not_there_is_a_failure() {
        let live = HttpBot::open(settings("http://127.0.0.1:9/".to_owned(), Shape::Rasa)).unwrap();
        let exchange = live.ask("1", &mut History::default(), "hello");
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
        let recording =
            Settings { cassette: Some(cassette.clone()), ..settings(bot(answers), Shape::Generic) };
        let live = HttpBot::open(recording).unwrap();
        let mut history = History::default();
        let first = live.ask("1", &mut history, "hello");
        let second = live.ask("1", &mut history, "thanks");
        assert_eq!(live.ask("2", &mut History::default(), "hello"), first, "the same words are asked once");
        live.save().unwrap();

        let replay = Settings {
            cassette: Some(cassette),
            ..settings("http://127.0.0.1:9/".to_owned(), Shape::Generic)
        };
        let live = HttpBot::open(replay).unwrap();
        let mut history = History::default();
        assert_eq!(live.ask("9", &mut history, "hello"), first);
        assert_eq!(live.ask("9", &mut history, "thanks"), second);
        let other = live.ask("9", &mut history, "and?");
        assert!(matches!(other.outcome, Outcome::Failed(why) if why.contains("recording")));
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        for url in ["https://bot.example/", "ftp://x", "http://a b"] {
            assert!(HttpBot::open(settings(url.to_owned(), Shape::Generic)).is_err(), "{url}");
        }
    }
}
