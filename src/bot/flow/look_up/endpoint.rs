//! A look-up at the user's own system: `GET` of an address with the key in it, answered by a JSON object.
//!
//! 404, `null` and an empty list mean: no such row. Of a list the first object counts. Anything else that
//! is no object has failed. Each key is asked once in a run; what was answered can be kept in a file and
//! is answered from it the next time. Only the address that was given is contacted.

use super::{Answer, key_of};
use crate::bot::http::{Gate, Health};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// An answer larger than this is rubbish.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// At most so many requests at once.
const CONCURRENCY: u16 = 8;

/// Where and how to ask.
#[derive(Clone, Debug)]
pub(in crate::bot::flow) struct EndpointSettings {
    /// The address; `{key}` in it is replaced.
    pub url: String,
    pub time_out: Span,
    /// Recorded to this file; answered from it if it is there already.
    pub recording: Option<PathBuf>,
}

/// An endpoint, or the recording of one.
#[derive(Debug)]
pub(in crate::bot::flow) struct Endpoint {
    settings: EndpointSettings,
    agent: ureq::Agent,
    gate: Gate,
    health: Health<()>,
    known: Mutex<BTreeMap<String, Said>>,
    replaying: bool,
}

/// What the endpoint said of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Found(BTreeMap<String, String>),
    Missing,
    Failed,
}

/// One line of a recording.
#[derive(Serialize, Deserialize)]
struct Recorded {
    key: String,
    said: Said,
}

impl Endpoint {
    pub fn open(settings: EndpointSettings) -> Result<Endpoint, String> {
        let url = &settings.url;
        if url.starts_with("https://") {
            return Err(format!("`{url}`: HTTPS is not built in; put a local forwarder before the system"));
        }
        if !url.starts_with("http://") || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!("`{url}` is not an address that begins with http://"));
        }
        if !url.contains("{key}") {
            return Err(format!("`{url}` does not say where the key goes: write `{{key}}` there"));
        }
        if settings.time_out.ms() <= 0 {
            return Err("an endpoint needs a time-out above zero".to_owned());
        }
        let recorded = settings.recording.as_deref().filter(|path| path.exists());
        let known = recorded.map(read).transpose()?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(settings.time_out.ms().unsigned_abs())))
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .new_agent();
        Ok(Endpoint {
            settings,
            agent,
            gate: Gate::new(CONCURRENCY, 0.0),
            health: Health::default(),
            replaying: known.is_some(),
            known: Mutex::new(known.unwrap_or_default()),
        })
    }

    pub fn find(&self, key: &str, columns: &[String]) -> Answer {
        let folded = key_of(key);
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&folded).cloned();
        let said = match known {
            Some(said) => said,
            // What nobody recorded is a system that does not answer.
            None if self.replaying => Said::Failed,
            None => {
                let said = self.ask(key);
                // Two conversations may have asked at once: the first answer counts for both.
                lock().entry(folded).or_insert(said).clone()
            }
        };
        match said {
            Said::Found(row) => {
                Answer::Found(columns.iter().map(|c| row.get(c).cloned().unwrap_or_default()).collect())
            }
            Said::Missing => Answer::Missing,
            Said::Failed => Answer::Failed,
        }
    }

    fn ask(&self, key: &str) -> Said {
        if self.health.instead().is_some() {
            return Said::Failed;
        }
        let _place = self.gate.enter();
        let url = self.settings.url.replace("{key}", &escaped(key));
        let said = self.get(&url);
        self.health.saw(said != Said::Failed, &());
        said
    }

    fn get(&self, url: &str) -> Said {
        let Ok(mut response) = self.agent.get(url).header("accept", "application/json").call() else {
            return Said::Failed;
        };
        match response.status().as_u16() {
            200 => {}
            404 => return Said::Missing,
            _ => return Said::Failed,
        }
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string();
        let Ok(Ok(value)) = body.map(|text| serde_json::from_str::<Value>(&text)) else {
            return Said::Failed;
        };
        let row = match value {
            Value::Array(list) => match list.into_iter().next() {
                Some(row) => row,
                None => return Said::Missing,
            },
            other => other,
        };
        match row {
            Value::Object(row) => {
                Said::Found(row.iter().map(|(name, cell)| (name.clone(), text(cell))).collect())
            }
            Value::Null => Said::Missing,
            _ => Said::Failed,
        }
    }

    /// Writes the recording beside its place first, then renames it.
    pub fn save(&self) -> std::io::Result<()> {
        let Some(path) = self.settings.recording.as_deref().filter(|_| !self.replaying) else {
            return Ok(());
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        for (key, said) in self.known.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            serde_json::to_writer(&mut file, &Recorded { key: key.clone(), said: said.clone() })?;
            file.write_all(b"\n")?;
        }
        file.persist(path)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Said>, String> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|why| format!("cannot read `{shown}`: {why}"))?;
    let mut known = BTreeMap::new();
    for (number, line) in (1..).zip(std::io::BufReader::new(file).lines()) {
        let line = line.map_err(|why| format!("cannot read `{shown}`: {why}"))?;
        if !line.trim().is_empty() {
            let recorded: Recorded = serde_json::from_str(&line)
                .map_err(|why| format!("{shown}:{number}: not a line of recorded look-ups: {why}"))?;
            known.insert(recorded.key, recorded.said);
        }
    }
    Ok(known)
}

fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A key as a part of an address.
fn escaped(key: &str) -> String {
    let mut out = String::new();
    for byte in key.trim().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    /// A system that answers each path once it is asked, and says which paths it was asked.
    fn system(requests: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().unwrap();
                let mut buffer = [0; 2048];
                let read = stream.read(&mut buffer).unwrap();
                let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or("").to_owned();
                let (status, body) = match path.as_str() {
                    "/orders/MX-1" => ("200 OK", r#"{"status": "shipped", "days": 2, "late": false}"#),
                    "/orders/list" => ("200 OK", r#"[{"status": "sent"}, {"status": "other"}]"#),
                    "/orders/empty" => ("200 OK", "[]"),
                    "/orders/rubbish" => ("200 OK", "<html>"),
                    "/orders/a%2Fb" => ("404 Not Found", ""),
                    _ => ("500 Oops", ""),
                };
                asked.push(path);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
            asked
        });
        (format!("http://{address}/orders/{{key}}"), served)
    }

    #[test]
    fn rows_are_asked_once_and_answered_from_the_recording() {
        let folder = tempfile::tempdir().unwrap();
        let recording = folder.path().join("orders.jsonl");
        let (url, served) = system(6);
        let settings = |url: &str| EndpointSettings {
            url: url.to_owned(),
            time_out: Span::from_s(2),
            recording: Some(recording.clone()),
        };
        let columns = ["days".to_owned(), "status".to_owned()];
        let row = |days: &str, status: &str| Answer::Found([days.to_owned(), status.to_owned()].into());
        let cases = [
            ("MX-1", row("2", "shipped")),
            ("mx1", row("2", "shipped")),
            ("list", row("", "sent")),
            ("empty", Answer::Missing),
            ("a/b", Answer::Missing),
            ("rubbish", Answer::Failed),
            ("broken", Answer::Failed),
        ];
        let live = Endpoint::open(settings(&url)).unwrap();
        for (key, expected) in &cases {
            assert_eq!(live.find(key, &columns), *expected, "{key}");
        }
        live.save().unwrap();
        assert_eq!(served.join().unwrap().len(), 6, "a key is asked once");
        let replay = Endpoint::open(settings("http://127.0.0.1:9/{key}")).unwrap();
        for (key, expected) in &cases {
            assert_eq!(replay.find(key, &columns), *expected, "{key}");
        }
        assert_eq!(replay.find("unheard", &columns), Answer::Failed);
    }

    #[test]
    fn addresses_that_cannot_be_are_refused() {
        for url in ["https://x/{key}", "http://x/orders", "ftp://x/{key}", "http://a b/{key}"] {
            let settings =
                EndpointSettings { url: url.to_owned(), time_out: Span::from_s(1), recording: None };
            assert!(Endpoint::open(settings).is_err(), "{url}");
        }
    }
}
