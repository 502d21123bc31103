//! Gupshup v2 callbacks. (v3 is the Cloud API's own envelope and read as such.)
//!
//! Times are milliseconds outside and seconds inside. The id of an event is Gupshup's before a
//! message is sent and WhatsApp's afterwards; `gsId` joins the two.

use crate::traffic::log::{Kind, Role};

use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread, tie};
use super::super::record::{Record, records};
use super::super::report::ImportError;

/// Reads callbacks.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    // Which of WhatsApp's ids is which of Gupshup's: an event may come before the one that tells.
    let mut own_ids: Map<String, String> = Map::default();
    for input in inputs {
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut first = Intake::new(intake.options, &mut ignore, &mut silent);
        records(input, &mut first, &mut |record, _, _, _| {
            if record.text("type") == "message-event" {
                let own = record.first_id(&["payload.gsId", "payload.id"]);
                for whatsapp in ["payload.id", "payload.payload.whatsappMessageId"].map(|p| record.id(p)) {
                    if !whatsapp.is_empty() && whatsapp != own {
                        own_ids.insert(whatsapp.into_owned(), own.to_string());
                    }
                }
            }
        })?;
    }
    let mut seen = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| match record.text("type") {
            "message" => message(record, line, &mut seen, intake),
            "message-event" => event(record, line, &own_ids, &mut seen, intake),
            _ => intake.notice(),
        })?;
    }
    Ok(())
}

fn message(record: Record<'_>, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let zone = intake.options.zone();
    let Some(stamp) = record.stamp("timestamp", &zone) else {
        return intake.quarantine(line, "/timestamp is no instant", b"");
    };
    let customer = record.first_id(&["payload.source", "payload.sender.phone"]);
    if customer.is_empty() {
        return intake.quarantine(line, "/payload/source: nobody is named", b"");
    }
    let id = record.id("payload.id");
    if !id.is_empty() && !seen.insert(fingerprint(("message", &*id))) {
        return intake.duplicate();
    }
    let thread = Thread::Person(&customer);
    intake.participant(thread, record.text("payload.sender.name"));
    let mut found = Found::message(thread, stamp, Role::Customer, line);
    found.actor = &customer;
    let written =
        ["payload.payload.text", "payload.payload.title", "payload.payload.caption", "payload.payload.reply"];
    found.text = Some(record.first_text(&written)).filter(|t| !t.is_empty());
    found.media = match record.text("payload.type") {
        "text" | "button_reply" | "list_reply" | "quick_reply" => None,
        "image" => Some("image"),
        "file" => Some("document"),
        "audio" => Some("audio"),
        "video" => Some("video"),
        "contact" => Some("contact"),
        "location" => Some("location"),
        "sticker" => Some("sticker"),
        _ => Some("unknown"),
    };
    intake.keep();
    intake.event(found);
}

fn event(
    record: Record<'_>,
    line: u64,
    own_ids: &Map<String, String>,
    seen: &mut Set<u64>,
    intake: &mut Intake<'_>,
) {
    let zone = intake.options.zone();
    let stamp = record.stamp("payload.payload.ts", &zone).or_else(|| record.stamp("timestamp", &zone));
    let state = record.text("payload.type");
    let customer = record.id("payload.destination");
    let (Some(stamp), false, false) = (stamp, state.is_empty(), customer.is_empty()) else {
        return intake.quarantine(line, "an event without instant, type or destination", b"");
    };
    let id = record.first_id(&["payload.gsId", "payload.id"]);
    let id = own_ids.get(&*id).map_or(&*id, String::as_str);
    if !seen.insert(fingerprint(("event", id, state))) {
        return intake.duplicate();
    }
    let thread = Thread::Person(&customer);
    if let Some(message) = Found::implied(thread, stamp, state, id, line) {
        intake.event(message);
    }
    intake.keep();
    // Behind the message that it implies, if both are of one instant.
    let delivery = Found::happened(thread, stamp, Kind::Delivery, state, line);
    intake.event(Found { tie: tie(8, id), ..delivery });
}
