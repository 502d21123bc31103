//! WhatsApp Cloud API webhooks (also Gupshup v3, which is the same envelope).
//!
//! Bodies come one per line, in an array, as files of a folder, or as members of an object. A body
//! may hold any number of entries, changes and messages. The platform delivers at least once and in
//! no order: repetitions are dropped by id, and the log is in the order of the platform's own times.

mod body;
mod quick;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::hash::{Hash, Hasher};

use serde_json::value::RawValue;

use crate::traffic::log::{Kind, Role};

use super::clock;
use super::fingerprint::{PrintMap, Prints, fingerprint, stable};
use super::input::Input;
use super::intake::{Found, Intake, Thread, tie, tie_of};
use super::json::{self, Members, Top};
use super::report::ImportError;

use body::{Change, Entry, Message, Post, Preference, Status, Value};

/// Wrappers around a body, one inside of the other, that are opened.
const LAYERS: usize = 3;

/// Reads webhook bodies.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut reader = Webhooks::default();
    for input in inputs {
        json::values(input, intake, &top, &mut |value, intake| {
            // Beside the bodies of a collection may stand its name or date.
            if !value.key.is_empty() && !value.in_array && !value.bytes.starts_with(b"{") {
                intake.element();
                return intake.notice();
            }
            reader.post(value.bytes, value.line, intake, 0);
        })?;
    }
    Ok(())
}

/// An object that has nothing of an envelope is a collection of named bodies.
fn top(members: &Members) -> Top {
    const OWN: [&str; 16] = [
        "object",
        "entry",
        "body",
        "headers",
        "received_at",
        "gs_app_id",
        "timestamp",
        "app",
        "changes",
        "field",
        "messaging_product",
        "metadata",
        "recipient_id",
        "payload",
        "rawBody",
        "raw_body",
    ];
    let piece = members.has_list(&["messages", "statuses", "contacts"]);
    if piece || members.has(&OWN) { Top::Value } else { Top::Wrapper }
}

#[derive(Default)]
struct Webhooks {
    /// Messages by their id, and what they say; preferences and states of no known rank by what makes them
    /// the same.
    said: PrintMap<u64>,
    /// Messages that came under an id which another one has already.
    seen: Prints,
    /// Messages of the business, by what their states tell.
    sent: PrintMap<Sent>,
    /// Names registered.
    named: Prints,
}

/// What the states of a message of the business tell.
#[derive(Clone, Copy)]
struct Sent {
    /// The earliest instant at which it is known to have left, in milliseconds, and the rank of that state.
    since: (i64, u8),
    /// One bit for each state that was told of.
    states: u8,
}

impl Default for Sent {
    fn default() -> Self {
        Sent { since: (i64::MAX, 0), states: 0 }
    }
}

impl Sent {
    /// One more state; whether it was told of before, and whether a higher one was.
    fn reaches(&mut self, state: usize) -> (bool, bool) {
        let known = self.states & 1 << state != 0;
        let highest = STATES.iter().enumerate().filter(|(n, _)| self.states & 1 << n != 0);
        let late = highest.map(|(_, (_, rank))| *rank).max().is_some_and(|highest| STATES[state].1 < highest);
        self.states |= 1 << state;
        (known, late)
    }
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
            Ok(text) => quick::post(text).map_or_else(|| serde_json::from_str(text), Ok),
            Err(_) => serde_json::from_slice(bytes),
        };
        let post: Post<'_> = match parsed {
            Ok(post) => post,
            Err(error) => return self.post_in_parts(bytes, line, &error, intake),
        };
        match post.entry.is_empty() {
            true => self.other_layout(bytes, line, intake, depth),
            false => self.entries(&post.entry, line, intake),
        }
    }

    fn entries(&mut self, entries: &[Entry<'_>], line: u64, intake: &mut Intake<'_>) {
        let before = intake.report.read;
        for (e, entry) in entries.iter().enumerate() {
            for (c, change) in entry.changes.iter().enumerate() {
                self.change(change.field.as_str(), &change.value, (e, c), line, intake);
            }
        }
        if intake.report.read == before {
            intake.element();
            intake.notice();
        }
    }

    /// What is no body itself: a log's wrapper around one, as an object or, escaped, as a string; or a
    /// piece of a body: an entry, a change, its value, one message or state.
    fn other_layout(&mut self, bytes: &[u8], line: u64, intake: &mut Intake<'_>, depth: usize) {
        let refuse = |intake: &mut Intake<'_>, reason: String| {
            intake.element();
            intake.quarantine(line, reason, bytes);
        };
        let members: BTreeMap<Cow<'_, str>, &RawValue> = match serde_json::from_slice(bytes) {
            Ok(members) => members,
            Err(error) => return refuse(intake, json::reason(&error)),
        };
        let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
        let list = |name: &str| members.get(name).is_some_and(|raw| raw.get().starts_with('['));
        let whole = |change| vec![Entry { changes: vec![change] }];
        let of_value = |value| whole(Change { value, ..Change::default() });
        let piece = if list("changes") {
            serde_json::from_slice(bytes).map(|entry: Entry<'_>| vec![entry])
        } else if has(&["field", "value"]) {
            serde_json::from_slice(bytes).map(whole)
        } else if list("messages") || list("statuses") || has(&["messaging_product"]) {
            serde_json::from_slice(bytes).map(of_value)
        } else if has(&["id", "status", "recipient_id"]) {
            serde_json::from_slice(bytes)
                .map(|status| of_value(Value { statuses: vec![status], ..Value::default() }))
        } else if has(&["id", "from", "timestamp", "type"]) {
            serde_json::from_slice(bytes)
                .map(|message| of_value(Value { messages: vec![message], ..Value::default() }))
        } else {
            let body = members.values().map(|raw| raw.get()).find(|raw| {
                raw.starts_with(['{', '[', '"'])
                    && (raw.contains("entry") || raw.contains("messaging_product"))
            });
            return match body {
                Some(body) if depth < LAYERS => match serde_json::from_str::<String>(body) {
                    Ok(text) => self.post(text.as_bytes(), line, intake, depth + 1),
                    Err(_) => self.post(body.as_bytes(), line, intake, depth + 1),
                },
                _ => refuse(intake, "no webhook body: `entry` is missing or empty".to_owned()),
            };
        };
        match piece {
            Ok(entries) => self.entries(&entries, line, intake),
            Err(error) => refuse(intake, json::reason(&error)),
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
                Ok(()) => self.change("messages", &value, part.of, line, intake),
                Err(error) => {
                    intake.element();
                    let at = Place { of: part.of, list: part.list, number: part.number, line };
                    intake.quarantine(line, at.refused(&json::reason(&error)), raw.as_bytes());
                }
            }
        }
    }

    fn change(
        &mut self,
        field: &str,
        value: &Value<'_>,
        of: (usize, usize),
        line: u64,
        intake: &mut Intake<'_>,
    ) {
        let at = |list, number| Place { of, list, number, line };
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
            self.message(message, Way::FromCustomer, customer, at("messages", i), intake);
        }
        for (i, message) in value.message_echoes.iter().enumerate() {
            intake.element();
            intake.found("echo");
            let customer = message.to.some().or(message.to_user_id.some()).or(contact).unwrap_or("");
            intake.link(message.to.as_str(), message.to_user_id.as_str());
            self.message(message, Way::Echo, customer, at("message_echoes", i), intake);
        }
        for thread in value.history.iter().flat_map(|h| &h.threads) {
            for (i, message) in thread.messages.iter().enumerate() {
                intake.element();
                intake.found("history");
                // What the business wrote says to whom; the thread is called after the customer.
                let customer = thread.id.some().or(message.to.some()).unwrap_or(message.from.as_str());
                let way = if message.from.as_str() == customer { Way::FromCustomer } else { Way::Echo };
                self.message(message, way, customer, at("history", i), intake);
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
            self.status(status, contact, at("statuses", i), intake);
        }
        for (i, preference) in value.user_preferences.iter().enumerate() {
            intake.element();
            intake.found("preference");
            self.preference(preference, at("user_preferences", i), intake);
        }
        for error in value.errors.iter().chain(value.history.iter().flat_map(|h| &h.errors)) {
            intake.found_named(&format!("platform_error_{}", known_word(error.code.as_str())));
        }
        if intake.report.read == before {
            intake.element();
            intake.notice();
            intake.found_named(&format!("field_{}", known_word(field)));
        }
    }

    fn message(
        &mut self,
        message: &Message<'_>,
        way: Way,
        customer: &str,
        at: Place,
        intake: &mut Intake<'_>,
    ) {
        let refuse = |intake: &mut Intake<'_>, what: &str| intake.quarantine(at.line, at.refused(what), b"");
        let Some(stamp) = clock::epoch_text(message.timestamp.as_str()) else {
            return refuse(intake, "`timestamp` is no instant");
        };
        intake.link(message.from.as_str(), message.from_user_id.as_str());
        if message.kind.as_str() == "system" {
            let Some(system) = &message.system else {
                intake.found("system_other");
                return intake.notice();
            };
            let before = if customer.is_empty() { system.previous_user_id.as_str() } else { customer };
            for new in [&system.wa_id, &system.new_wa_id, &system.user_id] {
                intake.link(before, new.as_str());
            }
            intake.found_named(&format!("system_{}", known_word(system.kind.as_str())));
            return intake.notice();
        }
        if customer.is_empty() && message.group_id.some().is_none() {
            return refuse(intake, "nobody is named as its author");
        }
        // The id makes a message the same. One that comes again with other content is another message
        // under a used id: it is kept, and counted.
        if let Some(id) = message.id.some() {
            let print = fingerprint((id, "message"));
            let content =
                fingerprint((message.timestamp.as_str(), message.kind.as_str(), content_digest(message)));
            match self.said.entry(print) {
                Vacant(new) => {
                    new.insert(content);
                }
                Occupied(known) if *known.get() == content => return intake.duplicate(),
                Occupied(_) if !self.seen.insert(fingerprint((print, content))) => return intake.duplicate(),
                Occupied(_) => intake.found("same_id_other_message"),
            }
            if way == Way::Echo {
                intake.spoken(tie(0, id));
            }
        }
        let thread = Thread::Person(message.group_id.some().unwrap_or(customer));
        let from = if way == Way::Echo { Role::Agent } else { Role::Customer };
        let mut found = Found::message(thread, stamp, from, at.line);
        found.actor = if way == Way::Echo { "" } else { customer };
        found.tie = tie(16, message.id.as_str());
        fill(&mut found, message, intake);
        intake.keep();
        intake.event(found);
    }

    fn status(&mut self, status: &Status<'_>, contact: Option<&str>, at: Place, intake: &mut Intake<'_>) {
        let (id, state) = (status.id.as_str(), status.status.as_str());
        let refuse = |intake: &mut Intake<'_>, what: &str| intake.quarantine(at.line, at.refused(what), b"");
        let Some(stamp) = clock::epoch_text(status.timestamp.as_str()) else {
            return refuse(intake, "`timestamp` is no instant");
        };
        if state.is_empty() {
            return refuse(intake, "`status` is missing");
        }
        let participant = status
            .recipient_participant_id
            .some()
            .or(status.recipient_participant_user_id.some())
            .unwrap_or("");
        let known_state = STATES.iter().position(|(word, _)| *word == state);
        let message = fingerprint(id);
        let (again, late) = match known_state {
            Some(known) if participant.is_empty() => self.sent.entry(message).or_default().reaches(known),
            Some(known) => self.sent.entry(fingerprint((message, participant))).or_default().reaches(known),
            None => (!self.seen.insert(fingerprint((message, state, participant, "status"))), false),
        };
        if again {
            return intake.duplicate();
        }
        let group = status.recipient_type.as_str() == "group";
        if !group {
            intake.link(status.recipient_id.as_str(), status.recipient_user_id.as_str());
        }
        let Some(recipient) = status.recipient_id.some().or(status.recipient_user_id.some()).or(contact)
        else {
            return refuse(intake, "nobody is named as its recipient");
        };
        let rank = known_state.map_or(0, |known| STATES[known].1);
        intake.report.late += u64::from(late);
        for error in &status.errors {
            intake.found_named(&format!("error_{}", known_word(error.code.as_str())));
        }
        if rank == 0 {
            intake.found_named(&format!("status_{}", known_word(state)));
        }
        let thread = Thread::Person(recipient);
        let stable = stable(id);
        // What has been sent was written. If `sent` itself is lost, a later state tells as much, later.
        if (SENT..FAILED).contains(&rank) {
            let since = &mut self.sent.entry(message).or_default().since;
            let this = (stamp.0.ms(), rank);
            if this < *since {
                *since = this;
                let automatic = matches!(
                    status.pricing.category.as_str(),
                    "marketing" | "marketing_lite" | "authentication" | "authentication_international"
                );
                let from = if automatic { Role::System } else { Role::Agent };
                let mut found = Found::message(thread, stamp, from, at.line);
                (found.tie, found.implied) = (tie_of(rank - SENT, stable), true);
                intake.event(found);
            }
        }
        let mut found = Found::happened(thread, stamp, Kind::Delivery, known_word(state), at.line);
        found.tie = tie_of(8 + rank, stable);
        intake.keep();
        intake.event(found);
    }

    fn preference(&mut self, preference: &Preference<'_>, at: Place, intake: &mut Intake<'_>) {
        let person = preference.wa_id.some().or(preference.user_id.some());
        let (Some(stamp), Some(person)) = (clock::epoch_text(preference.timestamp.as_str()), person) else {
            return intake.quarantine(at.line, at.refused("no instant or nobody named"), b"");
        };
        let value = preference.value.as_str();
        if !self.seen.insert(fingerprint((person, value, preference.timestamp.as_str(), "preference"))) {
            return intake.duplicate();
        }
        intake.link(preference.wa_id.as_str(), preference.user_id.as_str());
        let tag = format!("marketing_{}", known_word(value));
        let mut found = Found::happened(Thread::Person(person), stamp, Kind::Tag, &tag, at.line);
        found.from = Role::Customer;
        found.actor = person;
        intake.keep();
        intake.event(found);
    }
}

/// Where an element stands: the numbers of its entry and change, the list, its number in that, the line.
#[derive(Clone, Copy)]
struct Place {
    of: (usize, usize),
    list: &'static str,
    number: usize,
    line: u64,
}

impl Place {
    /// A reason, with the JSON pointer in front.
    fn refused(&self, what: &str) -> String {
        let Place { of: (entry, change), list, number, .. } = self;
        format!("/entry/{entry}/changes/{change}/value/{list}/{number}: {what}")
    }
}

/// What a message says, without what may differ from one delivery to the next (the address of a file).
fn content_digest(message: &Message<'_>) -> u64 {
    let mut digest = DefaultHasher::new();
    message.text.body.as_str().hash(&mut digest);
    message.button.as_ref().map(|b| b.text.as_str()).hash(&mut digest);
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
    if let Some(reaction) = &message.reaction {
        (reaction.emoji.as_ref().map(|e| e.as_str()), reaction.message_id.as_str()).hash(&mut digest);
    }
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
    let media = |w: &'f Option<Box<body::Written<'_>>>| w.as_ref().and_then(|w| w.caption.some());
    match message.kind.as_str() {
        "text" => found.text = Some(message.text.body.as_str()),
        "button" => found.text = message.button.as_ref().and_then(|b| b.text.some()),
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
        "order" => {
            let beside = message.order.as_ref().and_then(|o| o.text.some());
            (found.media, found.text) = (Some("order"), beside);
        }
        "unsupported" | "ephemeral" => found.media = Some("unsupported"),
        "media_placeholder" => found.media = Some("unknown"),
        // None of these is a turn of the conversation.
        "reaction" => {
            found.kind = Kind::Tag;
            let emoji = message.reaction.as_ref().and_then(|r| r.emoji.as_ref());
            let given = emoji.is_some_and(|e| e.some().is_some());
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
            intake.found_named(&format!("type_{}", known_word(other)));
        }
    }
}

const SENT: u8 = 3;
const FAILED: u8 = 7;

/// The states of a message and their ranks: it only rises; failure stands apart, above all. Others are
/// kept as they come.
const STATES: [(&str, u8); 7] = [
    ("enqueued", 2),
    ("accepted", 2),
    ("sent", SENT),
    ("delivered", 4),
    ("read", 5),
    ("played", 6),
    ("failed", FAILED),
];

/// A word of the platform; anything that is no plain word is not repeated.
fn known_word(word: &str) -> &str {
    let plain =
        !word.is_empty() && word.len() <= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { word } else { "other" }
}
