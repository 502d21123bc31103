//! Chatwoot API and webhooks: conversations, messages, ratings, reporting events. Times are Unix
//! seconds, of which zero means never, or ISO 8601.

use std::borrow::Cow;

use crate::traffic::log::{Kind, Role};

use super::super::clock::Stamp;
use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;
use super::super::vocabulary;

/// Reads records of the API.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut reader = Reader::default();
    for input in inputs {
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut first = Intake::new(intake.options, &mut ignore, &mut silent);
        records(input, &mut first, &mut |record, _, _, _| reader.learn(record))?;
    }
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| reader.record(record, line, intake))?;
    }
    Ok(())
}

#[derive(Default)]
struct Reader {
    seen: Set<u64>,
    /// Conversations whose end a reporting event tells exactly.
    ended: Set<String>,
    /// Conversations with messages of their own.
    spoken: Set<String>,
    /// The last state told of each conversation.
    states: Map<String, String>,
}

/// Zero is a number, not a time.
fn stamp(record: Record<'_>, path: &str, intake: &Intake<'_>) -> Option<Stamp> {
    record.stamp(path, &intake.options.zone())
}

fn status_of(record: Record<'_>) -> Cow<'static, str> {
    match &*record.id("status") {
        "0" => "open".into(),
        "1" => "resolved".into(),
        "2" | "3" => "pending".into(),
        word => vocabulary::status(word),
    }
}

impl Reader {
    fn learn(&mut self, record: Record<'_>) {
        let conversation = record.id("conversation_id").into_owned();
        if record.text("name") == "conversation_resolved" {
            self.ended.insert(conversation);
        } else if record.has("message_type") {
            self.spoken.insert(
                record
                    .first_id(&["conversation_id", "conversation.display_id", "conversation.id"])
                    .into_owned(),
            );
        } else if !record.list("messages").is_empty() {
            self.spoken.insert(record.first_id(&["display_id", "id"]).into_owned());
        }
    }

    fn again(&mut self, what: &str, id: &str) -> bool {
        !id.is_empty() && !self.seen.insert(fingerprint((what, id)))
    }

    fn record(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        if record.has("message_type") {
            let ids = ["conversation_id", "conversation.display_id", "conversation.id"];
            self.message(record, &record.first_id(&ids), line, intake);
        } else if record.has("event_start_time") || record.has("value_in_business_hours") {
            self.reporting(record, line, intake);
        } else if record.has("rating") {
            self.rating(record, line, intake);
        } else if ["contact_", "webwidget_", "inbox_", "conversation_typing"]
            .iter()
            .any(|other| record.text("event").starts_with(other))
        {
            intake.notice();
        } else {
            self.conversation(record, line, intake);
        }
    }

    fn message(&mut self, record: Record<'_>, conversation: &str, line: u64, intake: &mut Intake<'_>) {
        let (Some(at), false) = (stamp(record, "created_at", intake), conversation.is_empty()) else {
            return intake.quarantine(line, "a message without `conversation_id` or `created_at`", b"");
        };
        let thread = Thread::Ticket(conversation);
        let rating = record.id("content_attributes.submitted_values.csat_survey_response.rating");
        let rated = !rating.is_empty() && !self.again("survey", &record.id("id"));
        // A webhook about a change of a message is not the message again, but a survey is answered so.
        let again = self.again("message", &record.id("id"));
        let rated_at = stamp(record, "updated_at", intake).filter(|_| again).unwrap_or(at);
        let found = Found::happened(thread, rated_at, Kind::Rating, &rating, line);
        let rated = rated.then_some(Found { from: Role::Customer, ..found });
        if again {
            let Some(found) = rated else { return intake.duplicate() };
            intake.keep();
            return intake.event(found);
        }
        for field in ["sender.name", "sender.email", "sender.available_name"] {
            intake.participant(thread, record.text(field));
        }
        let sender = record.first_text(&["sender_type", "sender.type"]).to_ascii_lowercase().replace('_', "");
        let bot = sender.contains("bot") || sender.contains("captain");
        let from = match &*record.id("message_type") {
            "0" | "incoming" => Role::Customer,
            "1" | "outgoing" if bot => Role::Bot,
            "1" | "outgoing" if record.has("content_attributes.automation_rule_id") => Role::System,
            "1" | "outgoing" => Role::Agent,
            "3" | "template" if bot => Role::Bot,
            "3" | "template" => Role::System,
            // What the desk notes about itself.
            "2" | "activity" => return intake.notice(),
            _ => return intake.quarantine(line, "`message_type` is none that is known", b""),
        };
        let actor = record.first_id(&["sender.phone_number", "sender.email", "sender_id", "sender.id"]);
        let text = plain_text(record.first_text(&["content", "processed_message_content"]));
        let mut found = Found::message(thread, at, from, line);
        (found.actor, found.text) = (&actor, Some(&*text).filter(|t| !t.is_empty()));
        found.media = record.list("attachments").first().map(|a| match Record(a).text("file_type") {
            "image" => "image",
            "audio" => "audio",
            "video" => "video",
            "location" => "location",
            "contact" => "contact",
            _ => "document",
        });
        if record.flag("private") {
            found.kind = Kind::Note;
        }
        intake.keep();
        intake.event(found);
        if let Some(found) = rated {
            intake.event(found);
        }
    }

    fn conversation(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        // The API calls the number that people see `id`; a database dump has both.
        let id = record.first_id(&["display_id", "id"]).into_owned();
        let begun = stamp(record, "created_at", intake).or_else(|| stamp(record, "timestamp", intake));
        let (Some(begun), false) = (begun, id.is_empty()) else {
            return intake.quarantine(line, "a conversation without `id` or `created_at`", b"");
        };
        let status = status_of(record);
        let thread = Thread::Ticket(&id);
        if self.again("conversation", &id) {
            // Webhooks tell of a conversation again whenever something about it changes.
            let before = self.states.insert(id.clone(), status.to_string());
            let at = ["updated_at", "last_activity_at", "timestamp"]
                .iter()
                .find_map(|field| stamp(record, field, intake));
            return match at {
                Some(at) if !status.is_empty() && before.is_some_and(|b| b != *status) => {
                    intake.keep();
                    intake.event(Found::happened(thread, at, Kind::Status, &status, line));
                }
                _ => intake.duplicate(),
            };
        }
        self.states.insert(id.clone(), status.to_string());
        for field in ["meta.sender.name", "meta.sender.email", "meta.assignee.name", "meta.assignee.email"] {
            intake.participant(thread, record.text(field));
        }
        let customer = record.first_id(&[
            "meta.sender.phone_number",
            "meta.sender.email",
            "meta.sender.id",
            "contact_id",
        ]);
        intake.keep();
        if !self.spoken.contains(&id) {
            intake.event(Found { actor: &customer, ..Found::message(thread, begun, Role::Customer, line) });
            if let Some(at) = stamp(record, "first_reply_created_at", intake) {
                intake.event(Found::message(thread, at, Role::Agent, line));
            }
        }
        let mut happened = |at: Stamp, kind, value: &str| {
            if !value.is_empty() {
                intake.event(Found::happened(thread, at, kind, value, line));
            }
        };
        happened(begun, Kind::Status, "open");
        let priority = match &*record.id("priority") {
            "0" => "low".into(),
            "1" => "medium".into(),
            "2" => "high".into(),
            "3" => "urgent".into(),
            word => vocabulary::priority(word),
        };
        happened(begun, Kind::Priority, &priority);
        happened(begun, Kind::Assign, &record.first_id(&["meta.team.name", "team_id"]));
        for label in record.list("labels").iter().filter_map(|l| l.as_str()) {
            happened(begun, Kind::Tag, label);
        }
        let last = stamp(record, "last_activity_at", intake);
        if let Some(at) = last.filter(|_| !matches!(&*status, "" | "open") && !self.ended.contains(&id)) {
            intake.event(Found::happened(thread, at, Kind::Status, &status, line));
        }
        for message in record.list("messages") {
            intake.element();
            self.message(Record(message), &id, line, intake);
        }
    }

    fn reporting(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let conversation = record.id("conversation_id");
        let at = stamp(record, "event_end_time", intake).or_else(|| stamp(record, "created_at", intake));
        let (Some(at), false) = (at, conversation.is_empty()) else {
            return intake.quarantine(line, "a reporting event without conversation or instant", b"");
        };
        if self.again("reporting", &record.id("id")) {
            return intake.duplicate();
        }
        let thread = Thread::Ticket(&conversation);
        let found = match record.text("name") {
            "conversation_resolved" => Found::happened(thread, at, Kind::Status, "resolved", line),
            "conversation_opened" => Found::happened(thread, at, Kind::Status, "open", line),
            "conversation_bot_handoff" => Found::happened(thread, at, Kind::Tag, "hand_off", line),
            "conversation_bot_resolved" => Found::happened(thread, at, Kind::Tag, "bot_resolved", line),
            "first_response" if !self.spoken.contains(&*conversation) => {
                Found::message(thread, at, Role::Agent, line)
            }
            _ => return intake.notice(),
        };
        intake.keep();
        intake.event(found);
    }

    fn rating(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let conversation =
            record.first_id(&["conversation_id", "conversation.display_id", "conversation.id"]);
        let (Some(at), false) = (stamp(record, "created_at", intake), conversation.is_empty()) else {
            return intake.quarantine(line, "a rating without conversation or instant", b"");
        };
        if self.again("rating", &record.id("id")) {
            return intake.duplicate();
        }
        let score = record.id("rating");
        let found = Found::happened(Thread::Ticket(&conversation), at, Kind::Rating, &score, line);
        intake.keep();
        intake.event(Found { from: Role::Customer, ..found });
    }
}
