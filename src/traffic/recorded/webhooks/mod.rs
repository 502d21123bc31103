//! WhatsApp Cloud API webhooks (also Gupshup v3, which is the same envelope).
//!
//! Bodies come one per line, in an array, as files of a folder, or as members of an object. A body
//! may hold any number of entries, changes and messages. The platform delivers at least once and in
//! no order: repetitions are dropped by id, and the log is in the order of the platform's own times.

mod body;

#[cfg(test)]
mod tests;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::traffic::log::{Kind, Role};

use super::clock;
use super::fingerprint::{PrintMap, Prints, fingerprint};
use super::input::Input;
use super::intake::{Found, Intake, Thread, tie};
use super::json::{self, Top};
use super::report::ImportError;

use body::{Message, Post, Preference, Status, Value};

/// Reads webhook bodies.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut reader = Webhooks::default();
    for input in inputs {
        json::values(input, intake, &top, &mut |value, intake| {
            reader.post(value.bytes, value.line, intake, 0);
        })?;
    }
    Ok(())
}

/// An object whose first key is none of an envelope's is a collection of named bodies.
fn top(first_key: &str) -> Top {
    match first_key {
        "object" | "entry" | "body" | "headers" | "received_at" | "gs_app_id" | "timestamp" | "app" => {
            Top::Value
        }
        _ => Top::Wrapper,
    }
}

#[derive(Default)]
struct Webhooks {
    /// Messages and statuses seen, by what makes them the same.
    seen: Prints,
    /// Highest state of each message of the business.
    states: PrintMap<u8>,
    /// Messages of the business that are known by their delivery, and since when.
    implied: PrintMap<(i64, u8)>,
    /// Names registered.
    named: Prints,
}

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    FromCustomer,
    Echo,
}

impl Webhooks {
    fn post(&mut self, bytes: &[u8], line: u64, intake: &mut Intake<'_>, depth: usize) {
        // Text that is known to be UTF-8 need not be looked at string by string.
        let parsed = match std::str::from_utf8(bytes) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(bytes),
        };
        let post: Post<'_> = match parsed {
            Ok(post) => post,
            Err(error) => return self.post_in_parts(bytes, line, &error, intake),
        };
        if post.entry.is_empty() {
            // A log's wrapper holds the body as an object or, escaped, as a string.
            if let Some(inner) = post.body
                && depth == 0
            {
                return match serde_json::from_str::<String>(inner.get()) {
                    Ok(text) => self.post(text.as_bytes(), line, intake, 1),
                    Err(_) => self.post(inner.get().as_bytes(), line, intake, 1),
                };
            }
            intake.element();
            return intake.quarantine(line, "no webhook body: `entry` is missing or empty", bytes);
        }
        let before = intake.report.read;
        for (e, entry) in post.entry.iter().enumerate() {
            for (c, change) in entry.changes.iter().enumerate() {
                let place = format!("/entry/{e}/changes/{c}/value");
                self.change(change.field.as_str(), &change.value, &place, line, intake);
            }
        }
        if intake.report.read == before {
            intake.element();
            intake.notice();
        }
    }

    /// A body that cannot be read as a whole: each of its elements by itself.
    fn post_in_parts(&mut self, bytes: &[u8], line: u64, error: &serde_json::Error, intake: &mut Intake<'_>) {
        let Some(parts) = body::parts(bytes) else {
            intake.element();
            return intake.quarantine(line, json::reason(error), bytes);
        };
        for part in parts.elements {
            let raw = part.raw.get();
            let mut value = Value::default();
            let parsed = match part.list {
                "messages" => serde_json::from_str(raw).map(|m| value.messages.push(m)),
                "statuses" => serde_json::from_str(raw).map(|s| value.statuses.push(s)),
                "message_echoes" => serde_json::from_str(raw).map(|m| value.message_echoes.push(m)),
                _ => serde_json::from_str(raw).map(|p| value.user_preferences.push(p)),
            };
            match parsed {
                Ok(()) => self.change("messages", &value, &part.place, line, intake),
                Err(error) => {
                    intake.element();
                    intake.quarantine(
                        line,
                        format!("{}: {}", part.place, json::reason(&error)),
                        raw.as_bytes(),
                    );
                }
            }
        }
    }

    fn change(&mut self, field: &str, value: &Value<'_>, place: &str, line: u64, intake: &mut Intake<'_>) {
        for contact in &value.contacts {
            let (number, user) = (contact.wa_id.as_str(), contact.user_id.as_str());
            intake.link(number, user);
            let key = if number.is_empty() { user } else { number };
            for name in [contact.profile.name.as_str(), contact.profile.username.as_str()] {
                if !name.is_empty() && !key.is_empty() && self.named.insert(fingerprint((key, name))) {
                    intake.participant(Thread::Person(key), name);
                }
            }
        }
        let before = intake.report.read;
        let contact = match value.contacts.as_slice() {
            [only] => only.wa_id.some().or(only.user_id.some()),
            _ => None,
        };
        for (i, message) in value.messages.iter().enumerate() {
            intake.element();
            intake.found("message");
            let customer = message.from.some().or(message.from_user_id.some()).or(contact).unwrap_or("");
            self.message(message, Way::FromCustomer, customer, (place, "messages", i, line), intake);
        }
        for (i, message) in value.message_echoes.iter().enumerate() {
            intake.element();
            intake.found("echo");
            let customer = message.to.some().or(message.to_user_id.some()).or(contact).unwrap_or("");
            intake.link(message.to.as_str(), message.to_user_id.as_str());
            self.message(message, Way::Echo, customer, (place, "message_echoes", i, line), intake);
        }
        for thread in value.history.iter().flat_map(|h| &h.threads) {
            for (i, message) in thread.messages.iter().enumerate() {
                intake.element();
                intake.found("history");
                let own = message.from.as_str() == thread.id.as_str();
                let way = if own { Way::FromCustomer } else { Way::Echo };
                self.message(message, way, thread.id.as_str(), (place, "history", i, line), intake);
            }
        }
        for (i, status) in value.statuses.iter().enumerate() {
            intake.element();
            if field == "calls" || status.kind.as_str() == "call" {
                intake.found("call");
                intake.notice();
                continue;
            }
            intake.found("status");
            self.status(status, contact, (place, "statuses", i, line), intake);
        }
        for (i, preference) in value.user_preferences.iter().enumerate() {
            intake.element();
            intake.found("preference");
            self.preference(preference, (place, "user_preferences", i, line), intake);
        }
        for error in value.errors.iter().chain(value.history.iter().flat_map(|h| &h.errors)) {
            intake.found(&format!("platform_error_{}", error.code.as_str()));
        }
        if intake.report.read == before {
            intake.element();
            intake.notice();
            intake.found(&format!("field_{}", known_word(field)));
        }
    }

    fn message(
        &mut self,
        message: &Message<'_>,
        way: Way,
        customer: &str,
        (place, list, i, line): (&str, &str, usize, u64),
        intake: &mut Intake<'_>,
    ) {
        let refuse = |intake: &mut Intake<'_>, what: &str| {
            intake.quarantine(line, format!("{place}/{list}/{i}: {what}"), b"");
        };
        let Some(stamp) = clock::epoch_text(message.timestamp.as_str()) else {
            return refuse(intake, "`timestamp` is no instant");
        };
        intake.link(message.from.as_str(), message.from_user_id.as_str());
        if message.kind.as_str() == "system" {
            let system = &message.system;
            let before = if customer.is_empty() { system.previous_user_id.as_str() } else { customer };
            for new in [&system.wa_id, &system.new_wa_id, &system.user_id] {
                intake.link(before, new.as_str());
            }
            intake.found(&format!("system_{}", known_word(system.kind.as_str())));
            return intake.notice();
        }
        if customer.is_empty() && message.group_id.some().is_none() {
            return refuse(intake, "nobody is named as its author");
        }
        // The id makes a message the same. One that comes again with other content is another message
        // under a used id: it is kept, and counted.
        if let Some(id) = message.id.some() {
            let content =
                fingerprint((id, message.timestamp.as_str(), message.kind.as_str(), content_digest(message)));
            if !self.seen.insert(content) {
                return intake.duplicate();
            }
            if !self.seen.insert(fingerprint((id, "message"))) {
                intake.found("same_id_other_message");
            }
            if way == Way::Echo {
                intake.spoken(tie(0, id));
            }
        }
        let thread = Thread::Person(message.group_id.some().unwrap_or(customer));
        let from = if way == Way::Echo { Role::Agent } else { Role::Customer };
        let mut found = Found::message(thread, stamp, from, line);
        found.actor = if way == Way::Echo { "" } else { customer };
        found.tie = tie(16, message.id.as_str());
        fill(&mut found, message, intake);
        intake.keep();
        intake.event(found);
    }

    fn status(
        &mut self,
        status: &Status<'_>,
        contact: Option<&str>,
        (place, list, i, line): (&str, &str, usize, u64),
        intake: &mut Intake<'_>,
    ) {
        let (id, state) = (status.id.as_str(), status.status.as_str());
        let Some(stamp) = clock::epoch_text(status.timestamp.as_str()) else {
            return intake.quarantine(line, format!("{place}/{list}/{i}: `timestamp` is no instant"), b"");
        };
        if state.is_empty() {
            return intake.quarantine(line, format!("{place}/{list}/{i}: `status` is missing"), b"");
        }
        let participant = status
            .recipient_participant_id
            .some()
            .or(status.recipient_participant_user_id.some())
            .unwrap_or("");
        if !self.seen.insert(fingerprint((id, state, participant, "status"))) {
            return intake.duplicate();
        }
        let group = status.recipient_type.as_str() == "group";
        if !group {
            intake.link(status.recipient_id.as_str(), status.recipient_user_id.as_str());
        }
        let Some(recipient) = status.recipient_id.some().or(status.recipient_user_id.some()).or(contact)
        else {
            return intake.quarantine(
                line,
                format!("{place}/{list}/{i}: nobody is named as its recipient"),
                b"",
            );
        };
        let rank = rank(state);
        let highest = self.states.entry(fingerprint((id, participant))).or_insert(0);
        if rank < *highest {
            intake.report.late += 1;
        }
        *highest = rank.max(*highest);
        for error in &status.errors {
            intake.found(&format!("error_{}", known_word(error.code.as_str())));
        }
        if rank == 0 || rank > FAILED {
            intake.found(&format!("status_{}", known_word(state)));
        }
        let thread = Thread::Person(recipient);
        // What has been sent was written. If `sent` itself is lost, a later state tells as much, later.
        if (SENT..FAILED).contains(&rank) && self.earlier(id, (stamp.0.ms(), rank)) {
            let automatic = matches!(
                status.pricing.category.as_str(),
                "marketing" | "marketing_lite" | "authentication" | "authentication_international"
            );
            let from = if automatic { Role::System } else { Role::Agent };
            let mut found = Found::message(thread, stamp, from, line);
            (found.tie, found.implied) = (tie(rank - SENT, id), true);
            intake.event(found);
        }
        let mut found = Found::happened(thread, stamp, Kind::Delivery, known_word(state), line);
        found.tie = tie(8 + rank, id);
        intake.keep();
        intake.event(found);
    }

    /// Whether no state of this message is known that is as early.
    fn earlier(&mut self, id: &str, state: (i64, u8)) -> bool {
        let known = self.implied.entry(fingerprint(id)).or_insert((i64::MAX, 0));
        let earlier = state < *known;
        *known = state.min(*known);
        earlier
    }

    fn preference(
        &mut self,
        preference: &Preference<'_>,
        (place, list, i, line): (&str, &str, usize, u64),
        intake: &mut Intake<'_>,
    ) {
        let person = preference.wa_id.some().or(preference.user_id.some());
        let (Some(stamp), Some(person)) = (clock::epoch_text(preference.timestamp.as_str()), person) else {
            return intake.quarantine(line, format!("{place}/{list}/{i}: no instant or nobody named"), b"");
        };
        let value = preference.value.as_str();
        if !self.seen.insert(fingerprint((person, value, preference.timestamp.as_str(), "preference"))) {
            return intake.duplicate();
        }
        intake.link(preference.wa_id.as_str(), preference.user_id.as_str());
        let tag = format!("marketing_{}", known_word(value));
        let mut found = Found::happened(Thread::Person(person), stamp, Kind::Tag, &tag, line);
        found.from = Role::Customer;
        found.actor = person;
        intake.keep();
        intake.event(found);
    }
}

/// What a message says, without what may differ from one delivery to the next (the address of a file).
fn content_digest(message: &Message<'_>) -> u64 {
    let mut digest = DefaultHasher::new();
    message.text.body.as_str().hash(&mut digest);
    message.button.text.as_str().hash(&mut digest);
    let media =
        [&message.image, &message.video, &message.document, &message.audio, &message.voice, &message.sticker];
    for (n, written) in media.into_iter().enumerate() {
        if let Some(w) = written {
            (n, w.id.as_str(), w.caption.as_str(), w.name.as_str(), w.url.some().is_some()).hash(&mut digest);
        }
    }
    if let Some(l) = &message.location {
        (l.latitude.as_str(), l.longitude.as_str(), l.name.as_str()).hash(&mut digest);
    }
    let reaction = &message.reaction;
    (reaction.emoji.as_ref().map(|e| e.as_str()), reaction.message_id.as_str()).hash(&mut digest);
    message.unsupported.as_ref().map(|u| u.kind.as_str()).hash(&mut digest);
    chosen(message).hash(&mut digest);
    digest.finish()
}

fn chosen<'m>(message: &'m Message<'_>) -> Option<&'m str> {
    let interactive = message.interactive.as_ref()?;
    let reply = interactive.button_reply.as_ref().or(interactive.list_reply.as_ref());
    let reply = reply.or(interactive.nfm_reply.as_ref())?;
    reply.title.some().or(reply.body.some()).or(reply.id.some())
}

/// What a message is, into the event.
fn fill<'f>(found: &mut Found<'f>, message: &'f Message<'_>, intake: &mut Intake<'_>) {
    let media = |w: &'f Option<body::Written<'_>>| w.as_ref().and_then(|w| w.caption.some());
    match message.kind.as_str() {
        "text" => found.text = Some(message.text.body.as_str()),
        "button" => found.text = message.button.text.some(),
        "interactive" => {
            found.text = chosen(message);
            if found.text.is_none() {
                found.media = Some("interactive");
            }
        }
        "image" => (found.media, found.text) = (Some("image"), media(&message.image)),
        "video" => (found.media, found.text) = (Some("video"), media(&message.video)),
        "document" => (found.media, found.text) = (Some("document"), media(&message.document)),
        "audio" | "voice" => found.media = Some("audio"),
        "sticker" => found.media = Some("sticker"),
        "location" => found.media = Some("location"),
        "contacts" => found.media = Some("contact"),
        "order" => (found.media, found.text) = (Some("order"), message.order.text.some()),
        "unsupported" | "ephemeral" => found.media = Some("unsupported"),
        "media_placeholder" => found.media = Some("unknown"),
        // None of these is a turn of the conversation.
        "reaction" => {
            found.kind = Kind::Tag;
            let given = message.reaction.emoji.as_ref().is_some_and(|e| e.some().is_some());
            found.value = Some(if given { "reaction" } else { "reaction_removed" });
            intake.found("reaction");
        }
        "edit" => {
            found.kind = Kind::Tag;
            found.value = Some("edited");
            found.text = message.edit.as_ref().and_then(|e| {
                let media = [&e.message.image, &e.message.video, &e.message.document];
                let captions = media.into_iter().flatten().filter_map(|m| m.caption.some());
                e.message.text.body.some().or(captions.into_iter().next())
            });
            intake.found("edited");
        }
        "revoke" => {
            found.kind = Kind::Tag;
            found.value = Some("deleted");
            intake.found("deleted");
        }
        "request_welcome" => {
            found.kind = Kind::Tag;
            found.value = Some("request_welcome");
        }
        other => {
            found.media = Some("unknown");
            intake.found(&format!("type_{}", known_word(other)));
        }
    }
}

const SENT: u8 = 3;
const FAILED: u8 = 7;

/// The state of a message only rises; failure stands apart, above all.
fn rank(state: &str) -> u8 {
    match state {
        "enqueued" | "accepted" => 2,
        "sent" => SENT,
        "delivered" => 4,
        "read" => 5,
        "played" => 6,
        "failed" => FAILED,
        _ => 0,
    }
}

/// A word of the platform; anything that is no plain word is not repeated.
fn known_word(word: &str) -> &str {
    let plain =
        !word.is_empty() && word.len() <= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { word } else { "other" }
}
