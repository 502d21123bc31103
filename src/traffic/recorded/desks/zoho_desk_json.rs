//! Zoho Desk's webhooks (arrays of events) and the tickets of its API.

use crate::traffic::log::{Kind, Role};

use super::super::clock::Stamp;
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;
use super::super::vocabulary;

/// Reads webhooks and tickets.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut seen = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| {
            if record.has("eventType") {
                event(record, line, &mut seen, intake);
            } else {
                ticket(record, None, line, &mut seen, intake);
            }
        })?;
    }
    Ok(())
}

fn event(record: Record<'_>, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let zone = intake.options.zone();
    let name = record.text("eventType");
    let Some(payload) = record.at("payload").map(Record) else {
        return intake.quarantine(line, "/payload is missing", b"");
    };
    let raised = record.stamp("eventTime", &zone);
    let same = (name, payload.id("id").into_owned(), raised.map(|r| r.0.ms()));
    if !seen.insert(fingerprint(&same)) {
        return intake.duplicate();
    }
    let own = ["createdTime", "commentedTime", "modifiedTime"].iter().find_map(|f| payload.stamp(f, &zone));
    let Some(at) = own.filter(|_| name != "Ticket_Update").or(raised).or(own) else {
        return intake.quarantine(line, "neither /eventTime nor a time of the payload is an instant", b"");
    };
    match name {
        "Ticket_Add" => ticket(payload, Some(at), line, seen, intake),
        "Ticket_Update" => changes(record, payload, raised.unwrap_or(at), line, intake),
        "Ticket_Thread_Add" | "IM_Message_Add" | "Ticket_Comment_Add" => {
            said(name, payload, at, line, intake)
        }
        _ => intake.notice(),
    }
}

fn ticket(
    record: Record<'_>,
    raised: Option<Stamp>,
    line: u64,
    seen: &mut Set<u64>,
    intake: &mut Intake<'_>,
) {
    let zone = intake.options.zone();
    let id = record.id("id");
    let (Some(begun), false) = (record.stamp("createdTime", &zone).or(raised), id.is_empty()) else {
        return intake.quarantine(line, "a ticket without `id` or `createdTime`", b"");
    };
    if !seen.insert(fingerprint(("ticket", &*id))) {
        return intake.duplicate();
    }
    let thread = Thread::Ticket(&id);
    let customer = record.first_id(&["email", "contact.email", "phone", "contact.phone", "contactId"]);
    for field in [
        "email",
        "contact.email",
        "contact.firstName",
        "contact.lastName",
        "assignee.firstName",
        "assignee.lastName",
    ] {
        intake.participant(thread, record.text(field));
    }
    intake.keep();
    let text = plain_text(record.first_text(&["firstThread.content", "description", "subject"]));
    let mut first = Found::message(thread, begun, Role::Customer, line);
    (first.actor, first.text) = (&customer, Some(&*text).filter(|t| !t.is_empty()));
    intake.event(first);
    let mut happened = |at: Option<Stamp>, kind, value: &str| {
        if let Some(at) = at.filter(|_| !value.is_empty()) {
            intake.event(Found::happened(thread, at, kind, value, line));
        }
    };
    happened(Some(begun), Kind::Status, "open");
    happened(Some(begun), Kind::Priority, &vocabulary::priority(record.text("priority")));
    happened(Some(begun), Kind::Assign, &record.first_id(&["teamId", "departmentId"]));
    happened(record.stamp("closedTime", &zone), Kind::Status, "closed");
}

/// What an update changed: the state before it stands beside the new one, or is not told.
fn changes(record: Record<'_>, payload: Record<'_>, at: Stamp, line: u64, intake: &mut Intake<'_>) {
    let id = payload.id("id");
    if id.is_empty() {
        return intake.quarantine(line, "/payload/id is missing", b"");
    }
    let before = record.at("prevState").map(Record);
    let changed = |field: &str| before.is_none_or(|b| b.id(field) != payload.id(field));
    let mut any = false;
    for (field, kind) in [("status", Kind::Status), ("priority", Kind::Priority), ("teamId", Kind::Assign)] {
        let value = match kind {
            Kind::Status => vocabulary::status(payload.text(field)).into_owned(),
            Kind::Priority => vocabulary::priority(payload.text(field)).into_owned(),
            _ => payload.id(field).into_owned(),
        };
        if !value.is_empty() && changed(field) {
            let actor = payload.id("assigneeId");
            let found = Found::happened(Thread::Ticket(&id), at, kind, &value, line);
            intake.event(Found { from: Role::Agent, actor: &actor, ..found });
            any = true;
        }
    }
    if any { intake.keep() } else { intake.notice() }
}

fn said(name: &str, payload: Record<'_>, at: Stamp, line: u64, intake: &mut Intake<'_>) {
    let ticket = payload.first_id(&["ticketId", "ticket.id", "sessionId", "session.id", "entityId"]);
    if ticket.is_empty() {
        return intake.quarantine(line, "/payload/ticketId is missing", b"");
    }
    let direction = payload.text("direction").to_ascii_lowercase();
    let author = payload.first_text(&["author.type", "sender.type", "commenter.type"]).to_ascii_lowercase();
    let from =
        if direction == "in" || matches!(author.as_str(), "end_user" | "enduser" | "contact" | "visitor") {
            Role::Customer
        } else if author.contains("bot") {
            Role::Bot
        } else {
            Role::Agent
        };
    let thread = Thread::Ticket(&ticket);
    for field in ["author.name", "author.email", "fromEmailAddress", "commenter.name", "sender.name"] {
        intake.participant(thread, payload.text(field));
    }
    let text = plain_text(payload.first_text(&["content", "plainText", "summary", "message", "text"]));
    let actor = payload.first_id(&["fromEmailAddress", "author.id", "sender.id", "commenterId"]);
    let mut found = Found::message(thread, at, from, line);
    (found.actor, found.text) = (&actor, Some(&*text).filter(|t| !t.is_empty()));
    if payload.flag("isPrivate") || (name == "Ticket_Comment_Add" && !payload.flag("isPublic")) {
        found.kind = Kind::Note;
    }
    intake.keep();
    intake.event(found);
}
