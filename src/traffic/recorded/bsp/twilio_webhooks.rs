//! Twilio's webhooks as a server logs them: form data, one request per line, with the log's own time
//! in front, since there is none inside.

use std::collections::BTreeMap;

use crate::traffic::log::{Kind, Role};

use super::super::clock;
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread, tie};
use super::super::lines::Lines;
use super::super::report::ImportError;

/// Whether a line looks like a logged request.
pub fn looks_like(line: &str) -> bool {
    (line.contains("MessageSid=") || line.contains("SmsSid=")) && line.contains("From=")
}

/// Reads logged requests.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut seen = Set::default();
    for input in inputs {
        intake.begin(input);
        let mut lines = Lines::new(input.open()?, intake.options.limits.element_bytes);
        while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
            intake.report.lines += 1;
            intake.advance(line.bytes.len() as u64 + 1);
            if line.bytes.trim_ascii().is_empty() {
                continue;
            }
            intake.element();
            match std::str::from_utf8(line.bytes) {
                Ok(text) if !line.too_long => request(text, line.number, &mut seen, intake),
                Ok(_) => intake.quarantine(line.number, "line too long", line.bytes),
                Err(_) => intake.quarantine(line.number, "not UTF-8", line.bytes),
            }
        }
    }
    Ok(())
}

fn request(text: &str, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let refuse = |intake: &mut Intake<'_>, what: &str| intake.quarantine(line, what, text.as_bytes());
    let Some((time, form)) = text.trim().rsplit_once([' ', '\t']) else {
        return refuse(intake, "no time before the request");
    };
    let Some(stamp) = clock::any(time, &intake.options.zone()) else {
        return refuse(intake, "no time before the request, or one that is no instant");
    };
    let fields: BTreeMap<String, String> = form
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let sid = if field("MessageSid").is_empty() { field("SmsSid") } else { field("MessageSid") };
    if sid.is_empty() {
        return refuse(intake, "no MessageSid");
    }
    let status = if field("MessageStatus").is_empty() { field("SmsStatus") } else { field("MessageStatus") };
    if !seen.insert(fingerprint((sid, status))) {
        return intake.duplicate();
    }
    let inbound = matches!(status, "received" | "receiving") || fields.contains_key("Body");
    let customer = if inbound { field("From") } else { field("To") };
    if customer.is_empty() {
        return refuse(intake, "nobody is named as the customer");
    }
    let thread = Thread::Person(customer);
    if inbound {
        intake.link(customer, field("WaId"));
        intake.link(customer, field("ExternalUserId"));
        intake.participant(thread, field("ProfileName"));
        let mut found = Found::message(thread, stamp, Role::Customer, line);
        found.actor = customer;
        found.text = Some(field("Body")).filter(|b| !b.is_empty());
        found.media = match field("MediaContentType0").split('/').next() {
            Some("image") => Some("image"),
            Some("audio") => Some("audio"),
            Some("video") => Some("video"),
            Some("") | None => (!matches!(field("NumMedia"), "" | "0")).then_some("unknown"),
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
