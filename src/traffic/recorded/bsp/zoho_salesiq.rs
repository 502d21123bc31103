//! Zoho SalesIQ webhooks. Deliveries are repeated with a higher `attempt`; all times are
//! milliseconds written as text.

use crate::traffic::log::{Kind, Role};

use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, records};
use super::super::report::ImportError;

/// Reads webhooks.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut seen = Set::default();
    let mut questions = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| {
            event(record, line, &mut seen, &mut questions, intake);
        })?;
    }
    Ok(())
}

fn event(
    record: Record<'_>,
    line: u64,
    seen: &mut Set<u64>,
    questions: &mut Set<u64>,
    intake: &mut Intake<'_>,
) {
    let zone = intake.options.zone();
    let Some(stamp) = record.stamp("event_time", &zone) else {
        return intake.quarantine(line, "/event_time is no instant", b"");
    };
    // The one id that every event has.
    let conversation = record.first_id(&[
        "entity_id",
        "entity.id",
        "entity.conversation_id",
        "entity.visitor_conversation_id",
    ]);
    if conversation.is_empty() {
        return intake.quarantine(line, "no conversation is named", b"");
    }
    let name = record.text("event").trim_start_matches("conversation.");
    let message_id = record.id("entity.message.msgid");
    // A message is the same whenever it is delivered again; it may be edited more than once.
    let told = if name.ends_with(".replied") && !message_id.is_empty() { 0 } else { stamp.0.ms() };
    let same = fingerprint((&*conversation, name, &*message_id, told));
    if !seen.insert(same) {
        return intake.duplicate();
    }
    let thread = Thread::Ticket(&conversation);
    for field in
        ["entity.visitor.name", "entity.visitor.email_id", "entity.owner.name", "entity.message.sender.name"]
    {
        intake.participant(thread, record.text(field));
    }
    let visitor = record.first_id(&["entity.visitor.phone", "entity.visitor.email_id", "entity.visitor.id"]);
    let status = |value: &'static str| Found::happened(thread, stamp, Kind::Status, value, line);
    match name {
        "created" => {
            intake.event(status("open"));
            let question = record.text("entity.question");
            if !question.is_empty() {
                questions.insert(fingerprint((&*conversation, question)));
                let mut found = Found::message(thread, stamp, Role::Customer, line);
                (found.actor, found.text) = (&visitor, Some(question));
                intake.event(found);
            }
        }
        "visitor.replied" | "operator.replied" => {
            let text = record.text("entity.message.text");
            // The question of a new conversation may come again as its first message.
            if name == "visitor.replied" && questions.remove(&fingerprint((&*conversation, text))) {
                return intake.duplicate();
            }
            let from = match (record.text("entity.message.sender.type"), name) {
                ("bot", _) => Role::Bot,
                ("visitor", _) | ("", "visitor.replied") => Role::Customer,
                _ => Role::Agent,
            };
            let sender = record.id("entity.message.sender.id");
            let mut found = Found::message(thread, stamp, from, line);
            found.actor = if from == Role::Customer { &visitor } else { &sender };
            found.text = Some(text).filter(|t| !t.is_empty());
            if found.text.is_none() {
                found.media = Some("unknown");
            }
            intake.event(found);
        }
        "attender.updated" | "transfer.accepted" => {
            let owner = record.first_id(&["entity.owner.email_id", "entity.owner.id"]);
            if owner.is_empty() {
                return intake.notice();
            }
            let owner = intake.privacy.pseudonym(&owner);
            intake.event(Found::happened(thread, stamp, Kind::Assign, owner.as_str(), line));
        }
        "missed" => intake.event(status("missed")),
        "completed" => intake.event(status("closed")),
        "rated" => {
            let score = record.first_id(&[
                "entity.rating.score",
                "entity.rating",
                "entity.feedback.rating",
                "entity.score",
            ]);
            if score.is_empty() {
                return intake.notice();
            }
            let mut found = Found::happened(thread, stamp, Kind::Rating, &score, line);
            (found.from, found.actor) = (Role::Customer, &visitor);
            intake.event(found);
        }
        "message.edited" => intake.event(Found::happened(thread, stamp, Kind::Tag, "edited", line)),
        "message.deleted" => intake.event(Found::happened(thread, stamp, Kind::Tag, "deleted", line)),
        _ => return intake.notice(),
    }
    intake.keep();
}
