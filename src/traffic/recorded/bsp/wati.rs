//! Wati webhooks (v1 and v2 names). A ticket gives the bounds of a conversation, `owner` the side,
//! the operator's name whether a bot wrote.

use crate::traffic::log::{Kind, Role};

use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, records};
use super::super::report::ImportError;

/// Reads webhooks.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut reader = Wati::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| reader.event(record, line, intake))?;
    }
    Ok(())
}

#[derive(Default)]
struct Wati {
    seen: Set<u64>,
    /// Tickets by the id that statuses know a message by, and by the customer's number.
    tickets: Map<u64, String>,
}

impl Wati {
    fn event(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let stamp = record.stamp("timestamp", &zone).or_else(|| record.stamp("created", &zone));
        let Some(stamp) = stamp else {
            return intake.quarantine(line, "neither `timestamp` nor `created` is an instant", b"");
        };
        let name = record.text("eventType").trim_end_matches("_v2");
        let customer = record.first_id(&["waId", "bsuid"]);
        intake.link(&record.id("waId"), &record.id("bsuid"));
        let local = fingerprint(("local", &*record.id("localMessageId")));
        let number = fingerprint(("number", &*customer));
        let own = record.first_id(&["ticketId", "conversationId"]);
        let ticket = match own.is_empty() {
            false => Some(own.into_owned()),
            true => self.tickets.get(&local).or_else(|| self.tickets.get(&number)).cloned(),
        };
        let thread = match &ticket {
            Some(ticket) => Thread::Ticket(ticket),
            None if !customer.is_empty() => Thread::Person(&customer),
            None => return intake.quarantine(line, "neither ticket nor customer is named", b""),
        };
        let message = matches!(
            name,
            "message" | "newContactMessageReceived" | "sessionMessageSent" | "templateMessageSent"
        );
        if message {
            let id = record.first_id(&["whatsappMessageId", "id"]);
            if !self.seen.insert(fingerprint(("message", &*id))) {
                return intake.duplicate();
            }
            if let Some(ticket) = &ticket {
                if record.has("localMessageId") {
                    self.tickets.insert(local, ticket.clone());
                }
                self.tickets.insert(number, ticket.clone());
            }
            let found = Found::message(thread, stamp, Role::Agent, line);
            return said(record, name, &customer, found, intake);
        }
        let state = match name {
            "sentMessageDELIVERED" => "delivered",
            "sentMessageREAD" => "read",
            "sessionMessageFailed" | "templateMessageFailed" => "failed",
            // The reply comes as a message of its own.
            _ => return intake.notice(),
        };
        let id = record.first_id(&["whatsappMessageId", "localMessageId", "id"]);
        if !self.seen.insert(fingerprint((state, &*id))) {
            return intake.duplicate();
        }
        intake.keep();
        intake.event(Found::happened(thread, stamp, Kind::Delivery, state, line));
    }
}

/// A message into the log, begun in `found`.
fn said<'a>(
    record: Record<'a>,
    name: &str,
    customer: &'a str,
    mut found: Found<'a>,
    intake: &mut Intake<'_>,
) {
    intake.participant(found.thread, record.text("senderName"));
    intake.participant(found.thread, record.text("operatorName"));
    let operator = record.first_text(&["operatorEmail", "operatorName"]);
    let bot = record.text("operatorName").to_ascii_lowercase().split_whitespace().any(|w| w == "bot");
    (found.from, found.actor) =
        match (record.flag("owner") || name != "message" && name.ends_with("Sent"), bot) {
            (false, _) => (Role::Customer, customer),
            (true, true) => (Role::Bot, operator),
            (true, false) if name == "templateMessageSent" && operator.is_empty() => (Role::System, ""),
            (true, false) => (Role::Agent, operator),
        };
    found.text = Some(record.text("text")).filter(|t| !t.is_empty());
    found.media = match record.text("type") {
        "" | "text" | "interactive" | "button" | "template" => None,
        "image" => Some("image"),
        "video" => Some("video"),
        "audio" | "voice" => Some("audio"),
        "document" => Some("document"),
        "sticker" => Some("sticker"),
        "location" => Some("location"),
        "contacts" | "contact" => Some("contact"),
        _ => Some("unknown"),
    };
    intake.keep();
    intake.event(found);
}
