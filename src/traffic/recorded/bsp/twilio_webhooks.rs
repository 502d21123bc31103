//! Twilio's webhooks as a server logs them: form data, one request per line, with the log's own time
//! in front, since a message has none inside; or JSON objects that hold the fields or the form. Those of
//! Conversations (`onMessageAdded`) know when a message was added.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::traffic::log::{Kind, Role};

use super::super::clock::{self, Stamp};
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread, tie};
use super::super::lines::{self, Line};
use super::super::report::ImportError;

/// Whether a line looks like a logged request.
pub fn looks_like(line: &str) -> bool {
    (line.contains("MessageSid=") || line.contains("SmsSid="))
        && (line.contains("From=") || line.contains("ConversationSid="))
}

/// Reads logged requests.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut seen = Set::default();
    for input in inputs {
        lines::elements(
            input,
            intake,
            &mut |line: Line<'_>, intake| match std::str::from_utf8(line.bytes) {
                Ok(text) => {
                    request(text.trim_start_matches('\u{feff}').trim(), line.number, &mut seen, intake)
                }
                Err(_) => intake.quarantine(line.number, "not UTF-8", line.bytes),
            },
        )?;
    }
    Ok(())
}

/// A request: its fields, and when the log says it came.
struct Request {
    fields: BTreeMap<String, String>,
    logged: Option<Stamp>,
}

impl Request {
    /// A line: the form behind a time, or an object.
    fn of(text: &str, zone: &TimeZone) -> Request {
        if text.starts_with('{') {
            let mut request = Request { fields: BTreeMap::new(), logged: None };
            if let Ok(value) = serde_json::from_str(text) {
                request.take(&value, zone, 0);
            }
            return request;
        }
        let (time, form) = text.rsplit_once([' ', '\t']).unwrap_or(("", text));
        Request { fields: fields(form), logged: time_in(time, zone) }
    }

    /// The fields of an object, of objects inside of it, and of forms in its texts.
    fn take(&mut self, value: &Value, zone: &TimeZone, depth: u8) {
        const DEEP: u8 = 4;
        let Some(object) = value.as_object().filter(|_| depth < DEEP) else { return };
        for (name, value) in object {
            match value {
                Value::String(text) if text.contains("Sid=") && text.contains('&') => {
                    self.fields.extend(fields(text));
                }
                Value::Object(_) => self.take(value, zone, depth + 1),
                Value::String(_) | Value::Number(_) => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    if TIMES.contains(&name.as_str()) {
                        self.logged = self.logged.or_else(|| clock::any(&text, zone));
                    }
                    self.fields.insert(name.clone(), text);
                }
                _ => {}
            }
        }
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The first of several fields that is not empty.
    fn first(&self, names: [&str; 2]) -> &str {
        names.iter().map(|name| self.field(name)).find(|value| !value.is_empty()).unwrap_or("")
    }
}

/// What logs call the time of a request.
const TIMES: [&str; 10] = [
    "received_at",
    "receivedAt",
    "timestamp",
    "@timestamp",
    "time",
    "at",
    "ts",
    "date",
    "datetime",
    "created_at",
];

fn fields(form: &str) -> BTreeMap<String, String> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

/// The time at the beginning of a line, perhaps in brackets and with other words behind it.
fn time_in(text: &str, zone: &TimeZone) -> Option<Stamp> {
    let text = text.trim();
    let bare = |part: &str| clock::any(part.trim_matches(['[', ']', '"', ',']), zone);
    let words = |n: usize| text.match_indices([' ', '\t']).nth(n).map_or(text, |(at, _)| &text[..at]);
    bare(text).or_else(|| bare(words(1))).or_else(|| bare(words(0)))
}

fn request(text: &str, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let zone = intake.options.zone();
    let request = Request::of(text, &zone);
    let refuse = |intake: &mut Intake<'_>, what: &str| intake.quarantine(line, what, text.as_bytes());
    if !request.field("ConversationSid").is_empty() {
        return in_conversation(&request, line, seen, intake);
    }
    let sid = request.first(["MessageSid", "SmsSid"]);
    if sid.is_empty() {
        return refuse(intake, "no MessageSid");
    }
    let Some(stamp) = request.logged else {
        return refuse(intake, "no time before the request, or one that is no instant");
    };
    let status = request.first(["MessageStatus", "SmsStatus"]);
    if !seen.insert(fingerprint((sid, status))) {
        return intake.duplicate();
    }
    let inbound = matches!(status, "received" | "receiving") || request.fields.contains_key("Body");
    let customer = request.field(if inbound { "From" } else { "To" });
    if customer.is_empty() {
        return refuse(intake, "nobody is named as the customer");
    }
    let thread = Thread::Person(customer);
    if inbound {
        intake.link(customer, request.field("WaId"));
        intake.link(customer, request.field("ExternalUserId"));
        intake.participant(thread, request.field("ProfileName"));
        let mut found = Found::message(thread, stamp, Role::Customer, line);
        found.actor = customer;
        found.text = Some(request.field("Body")).filter(|b| !b.is_empty());
        found.media = match request.field("MediaContentType0").split('/').next() {
            Some("image") => Some("image"),
            Some("audio") => Some("audio"),
            Some("video") => Some("video"),
            Some("") | None => (!matches!(request.field("NumMedia"), "" | "0")).then_some("unknown"),
            Some(_) => Some("document"),
        };
        intake.event(found);
    } else {
        if let Some(message) = Found::implied(thread, stamp, status, sid, line) {
            intake.event(message);
        }
        let delivery = Found::happened(thread, stamp, Kind::Delivery, status, line);
        intake.event(Found { tie: tie(8, sid), ..delivery });
    }
    intake.keep();
}

/// Requests of Conversations: messages as they are added, and the end of the conversation.
fn in_conversation(request: &Request, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let zone = intake.options.zone();
    let thread = Thread::Ticket(request.field("ConversationSid"));
    let own = clock::any(request.first(["DateCreated", "DateUpdated"]), &zone);
    let Some(stamp) = own.or(request.logged) else {
        return intake.quarantine(line, "no DateCreated and no time before the request", b"");
    };
    let what = (
        request.field("EventType"),
        request.field("ConversationSid"),
        request.first(["MessageSid", "StateTo"]),
    );
    if !seen.insert(fingerprint(what)) {
        return intake.duplicate();
    }
    match request.field("EventType") {
        "onMessageAdded" | "onMessageAdd" => {
            let author = request.field("Author");
            let from = match author {
                "" | "system" => Role::System,
                author if super::is_address(author) => Role::Customer,
                _ => Role::Agent,
            };
            let mut found = Found::message(thread, stamp, from, line);
            found.actor = author;
            found.text = Some(request.field("Body")).filter(|b| !b.is_empty());
            found.media = (!matches!(request.field("Media"), "" | "[]")).then_some("unknown");
            intake.event(found);
        }
        "onConversationAdded" => intake.event(Found::happened(thread, stamp, Kind::Status, "open", line)),
        "onConversationStateUpdated" if request.first(["StateTo", "State"]) == "closed" => {
            intake.event(Found::happened(thread, stamp, Kind::Status, "closed", line));
        }
        _ => return intake.notice(),
    }
    intake.keep();
}

/// Percent and plus away.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            (b, ..) => {
                out.push(b);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Format, Options, import};
    use super::*;
    use crate::traffic::log::Event;

    fn read(text: &str) -> (super::super::super::ImportReport, Vec<Event>) {
        let mut events = Vec::new();
        let inputs = [Input::memory("log.txt", text.as_bytes())];
        let report = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
        assert_eq!(report.files[0].format, Format::TwilioWebhooks.name(), "{text}");
        (report, events)
    }

    /// Logs write the time of a request in their own ways.
    #[test]
    fn layouts_of_logs() {
        let form = "MessageSid=SM1&From=whatsapp%3A%2B5511999990000&To=whatsapp%3A%2B1555&Body=Hi&SmsStatus=received";
        let json = r#"{"MessageSid":"SM1","From":"whatsapp:+5511999990000","To":"whatsapp:+1555","Body":"Hi","SmsStatus":"received"}"#;
        for text in [
            format!("2026-03-02T14:30:00Z {form}"),
            format!("2026-03-02 14:30:00 {form}"),
            format!("[2026-03-02T14:30:00Z] POST /hooks/twilio {form}"),
            format!("1772461800\t{form}"),
            format!("{{\"received_at\":\"2026-03-02T14:30:00Z\",\"body\":\"{form}\"}}"),
            format!("{{\"time\":1772461800,\"params\":{json}}}"),
        ] {
            let (r, events) = read(&text);
            assert_eq!(
                (r.kept, events[0].at.ms(), events[0].text.as_deref()),
                (1, 1_772_461_800_000, Some("Hi")),
                "{text}"
            );
        }
        let (r, _) = read(&format!("POST {form}\n{json}\n"));
        assert_eq!((r.read, r.quarantined), (2, 2), "without any time");
    }

    #[test]
    fn webhooks_of_conversations() {
        let said = |sid: &str, author: &str, at: &str| {
            format!(
                "EventType=onMessageAdded&ConversationSid=CH1&MessageSid={sid}&Author={author}&Body=x&DateCreated={at}\n"
            )
        };
        let text = [
            said("IM1", "whatsapp%3A%2B5511999990000", "2026-03-02T14%3A30%3A00.123Z"),
            said("IM2", "eva%40shop.example", "2026-03-02T14%3A31%3A00.000Z"),
            said("IM2", "eva%40shop.example", "2026-03-02T14%3A31%3A00.000Z"),
            "EventType=onConversationStateUpdated&ConversationSid=CH1&StateTo=closed&DateUpdated=2026-03-02T15%3A00%3A00Z\n".into(),
            "EventType=onParticipantAdded&ConversationSid=CH1&DateCreated=2026-03-02T15%3A00%3A00Z\n".into(),
        ];
        let (r, events) = read(&text.concat());
        assert_eq!((r.read, r.kept, r.duplicates, r.notices), (5, 3, 1, 1));
        let roles: Vec<_> = events.iter().map(|e| (e.kind, e.from)).collect();
        assert_eq!(
            roles,
            [(Kind::Message, Role::Customer), (Kind::Message, Role::Agent), (Kind::Status, Role::System)]
        );
    }
}
