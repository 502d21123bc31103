//! A live bot under test: each customer message goes to the user's own bot, its answer comes back with
//! the time it took.
//!
//! Only the address that was given is ever contacted: no redirects, no proxies, no encryption (put a
//! local forwarder before a bot that speaks HTTPS). What was exchanged can be recorded to a file and
//! answered from it, so that the same run needs no bot the second time.
//!
//! This is the one place below the command line that reads a clock: it measures how long the bot took.

mod cassette;
mod gate;
mod meaning;
mod shape;

pub use cassette::History;
pub use meaning::{Answered, Heard, Marks, Meaning, Reader};

use crate::time::Span;
use cassette::Cassette;
pub(in crate::bot) use gate::{Gate, Health};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An answer larger than this is rubbish.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// How the exchange looks; see [`shape`](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The small one documented here.
    Generic,
    /// Rasa's REST channel.
    Rasa,
    /// Dialogflow's detectIntent, ES and CX.
    Dialogflow,
}

/// What a customer says to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say<'a> {
    /// Words.
    Text(&'a str),
    /// An attachment, by its kind.
    Media(&'a str),
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
    /// Recorded to this file; answered from it if it is there already.
    pub cassette: Option<PathBuf>,
}

/// What the bot answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its messages.
    pub texts: Vec<String>,
    /// What it offers to choose from: buttons, quick replies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
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
    /// It closes the conversation, without saying whether the need was met.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// It is still collecting what it needs for an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// It says that it did not understand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_understood: bool,
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

/// How a run's exchanges went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages the bot was to answer.
    pub messages: u64,
    /// Of them: no answer in time.
    pub timed_out: u64,
    /// Of them: no connection, an error status, or rubbish.
    pub failed: u64,
    /// Of the failed and timed out: not sent, since the bot had been silent for long.
    pub held_back: u64,
    /// Messages the recording does not hold.
    pub not_recorded: u64,
}

#[derive(Debug, Default)]
struct Counters {
    messages: AtomicU64,
    timed_out: AtomicU64,
    failed: AtomicU64,
    held_back: AtomicU64,
    not_recorded: AtomicU64,
}

/// A live bot, or the recording of one. Share it between threads.
#[derive(Debug)]
pub struct HttpBot {
    settings: Settings,
    agent: ureq::Agent,
    cassette: Mutex<Cassette>,
    replaying: bool,
    gate: Gate,
    health: Health<Exchange>,
    counters: Counters,
}

impl HttpBot {
    /// Gets ready. Nothing is contacted yet.
    ///
    /// # Errors
    /// The address is not plain HTTP, a limit is zero, or the recording cannot be read.
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
        let recorded = settings.cassette.as_deref().filter(|p| p.exists());
        let cassette = recorded.map(Cassette::read).transpose()?;
        let time_out = Duration::from_millis(settings.time_out.ms().unsigned_abs());
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(time_out))
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .new_agent();
        let gate = Gate::new(settings.concurrency, settings.rate_per_s);
        Ok(HttpBot {
            settings,
            agent,
            replaying: cassette.is_some(),
            cassette: Mutex::new(cassette.unwrap_or_default()),
            gate,
            health: Health::default(),
            counters: Counters::default(),
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.settings.url
    }

    /// Whether the bot is answered from a recording.
    pub fn is_replaying(&self) -> bool {
        self.replaying
    }

    /// Sends what a customer says and waits for the answer; `None` where the shape has no place for it.
    /// `session` names the conversation to the bot, `history` is what it said before; it is taken
    /// further.
    pub fn ask(
        &self,
        session: &str,
        history: &mut History,
        language: &str,
        say: Say<'_>,
    ) -> Option<Exchange> {
        let session: String =
            session.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let body = self.settings.shape.request(&session, language, say)?.to_string();
        let said = match say {
            Say::Text(text) => text.to_owned(),
            Say::Media(kind) => format!("({kind})"),
        };
        *history = history.and(&said);
        let key = history.key();
        let exchange = if self.replaying {
            let cassette = self.cassette.lock().unwrap_or_else(PoisonError::into_inner);
            cassette.get(&session, &key).cloned().unwrap_or_else(|| {
                self.counters.not_recorded.fetch_add(1, Ordering::Relaxed);
                let why = "this conversation is not in the recording".to_owned();
                Exchange { outcome: Outcome::Failed(why), latency_ms: 0 }
            })
        } else {
            self.health.instead().inspect(|_| count(&self.counters.held_back)).unwrap_or_else(|| {
                let exchange = self.send(&session, &body);
                self.health.saw(matches!(exchange.outcome, Outcome::Replied(_)), &exchange);
                exchange
            })
        };
        count(&self.counters.messages);
        match &exchange.outcome {
            Outcome::Replied(_) => {}
            Outcome::TimedOut => count(&self.counters.timed_out),
            Outcome::Failed(_) => count(&self.counters.failed),
        }
        if !self.replaying && self.settings.cassette.is_some() {
            let mut cassette = self.cassette.lock().unwrap_or_else(PoisonError::into_inner);
            cassette.put(session, key, said, exchange.clone());
        }
        Some(exchange)
    }

    fn send(&self, session: &str, body: &str) -> Exchange {
        let _place = self.gate.enter();
        let url = self.settings.url.replace("{session}", session);
        let began = Instant::now();
        let outcome = self.post(&url, body);
        let limit = self.settings.time_out.ms();
        let latency_ms = match outcome {
            Outcome::TimedOut => limit,
            _ => i64::try_from(began.elapsed().as_millis()).unwrap_or(limit).min(limit),
        };
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

    /// How the exchanges went so far.
    pub fn tally(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            messages: read(&self.counters.messages),
            timed_out: read(&self.counters.timed_out),
            failed: read(&self.counters.failed),
            held_back: read(&self.counters.held_back),
            not_recorded: read(&self.counters.not_recorded),
        }
    }

    /// Writes what was exchanged, if it was to be recorded.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> std::io::Result<()> {
        match self.settings.cassette.as_deref().filter(|_| !self.replaying) {
            Some(path) => self.cassette.lock().unwrap_or_else(PoisonError::into_inner).write(path),
            None => Ok(()),
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn failed(error: &ureq::Error) -> Outcome {
    match error {
        ureq::Error::Timeout(_) => Outcome::TimedOut,
        ureq::Error::Io(io)
            if matches!(io.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) =>
        {
            Outcome::TimedOut
        }
        other => Outcome::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
