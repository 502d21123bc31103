//! HappyFox API: tickets whose `updates` are a whole history. One update may hold a message and
//! several changes. Times are UTC without saying so.

use jiff::tz::TimeZone;

use crate::traffic::log::{Kind, Role};

use super::super::clock::Stamp;
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;
use super::super::vocabulary;

/// Reads tickets.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut seen = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| ticket(record, line, &mut seen, intake))?;
    }
    Ok(())
}

fn ticket(record: Record<'_>, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
    let utc = TimeZone::UTC;
    let id = record.first_id(&["display_id", "id"]);
    let (Some(begun), false) = (record.stamp("created_at", &utc), id.is_empty()) else {
        return intake.quarantine(line, "a ticket without id or `created_at`", b"");
    };
    if !seen.insert(fingerprint(&*id)) {
        return intake.duplicate();
    }
    let thread = Thread::Ticket(&id);
    let customer = record.first_id(&["user.email", "user.id"]);
    for field in ["user.name", "user.email", "assigned_to.name", "assigned_to.email"] {
        intake.participant(thread, record.text(field));
    }
    let updates: Vec<Record<'_>> = record.list("updates").iter().map(Record).collect();
    for update in &updates {
        intake.participant(thread, update.text("by.name"));
        intake.participant(thread, update.text("by.email"));
    }
    intake.keep();
    // The message that opened the ticket may stand among the updates as well.
    let opened = updates.iter().any(|u| {
        u.text("by.type") != "staff"
            && u.has("message")
            && u.stamp("timestamp", &utc).is_some_and(|s| s.0 <= begun.0)
    });
    if !opened {
        let text = plain_text(record.first_text(&["first_message", "subject"]));
        let mut first = Found::message(thread, begun, Role::Customer, line);
        (first.actor, first.text) = (&customer, Some(&*text).filter(|t| !t.is_empty()));
        intake.event(first);
    }
    intake.event(Found::happened(thread, begun, Kind::Status, "open", line));
    let earliest = |change: &str, now: &str| {
        let changed = updates.iter().find(|u| u.has(change));
        let before =
            changed.map(|u| u.first_text(&[&format!("{change}.old_name"), &format!("{change}.old")]));
        before.filter(|b| !b.is_empty()).unwrap_or(record.text(now)).to_owned()
    };
    let priority = vocabulary::priority(&earliest("priority_change", "priority.name"));
    if !priority.is_empty() {
        intake.event(Found::happened(thread, begun, Kind::Priority, &priority, line));
    }
    let category = earliest("category_change", "category.name");
    if !category.is_empty() {
        intake.event(Found::happened(thread, begun, Kind::Assign, &category, line));
    }
    for tag in record.text("tags").split(',').map(str::trim).filter(|t| !t.is_empty()) {
        intake.event(Found::happened(thread, begun, Kind::Tag, tag, line));
    }
    // A list of tickets comes without their updates: what is left is when somebody last answered, and how
    // it ended.
    let told = |change: &str| updates.iter().any(|u| u.has(change));
    if updates.is_empty()
        && let Some(at) = record.stamp("last_staff_reply_at", &utc)
    {
        intake.event(Found::message(thread, at, Role::Agent, line));
    }
    let ended = record.text("status.behavior") == "completed";
    let last = ["last_updated_at", "last_modified"].iter().find_map(|field| record.stamp(field, &utc));
    if let Some(at) = last.filter(|_| ended && !told("status_change")) {
        intake.event(Found::happened(thread, at, Kind::Status, "resolved", line));
    }
    for one in &updates {
        match one.stamp("timestamp", &utc) {
            Some(at) => update(*one, thread, at, &customer, line, intake),
            None => intake.found("update_without_time"),
        }
    }
}

fn update(
    record: Record<'_>,
    thread: Thread<'_>,
    at: Stamp,
    customer: &str,
    line: u64,
    intake: &mut Intake<'_>,
) {
    let from = match record.text("by.type") {
        "staff" => Role::Agent,
        "user" | "client" | "contact" => Role::Customer,
        _ => Role::System,
    };
    let id = record.first_id(&["by.email", "by.id"]);
    let actor: &str = if from == Role::Customer && id.is_empty() { customer } else { &id };
    if let Some(message) = record.at("message").map(Record) {
        let text = plain_text(message.first_text(&["text", "html"]));
        let mut found = Found::message(thread, at, from, line);
        (found.actor, found.text) = (actor, Some(&*text).filter(|t| !t.is_empty()));
        found.media = (!message.list("attachments").is_empty()).then_some("document");
        let kind = message.id("message_type").to_ascii_lowercase();
        if kind.contains('p') && (kind == "p" || kind.contains("private")) {
            found.kind = Kind::Note;
        }
        intake.event(found);
    }
    for (change, kind) in [
        ("status_change", Kind::Status),
        ("priority_change", Kind::Priority),
        ("category_change", Kind::Assign),
        ("assignee_change", Kind::Assign),
    ] {
        let Some(changed) = record.at(change).map(Record) else { continue };
        let name = changed.first_id(&["new_name", "new"]);
        let value = match change {
            "status_change" => vocabulary::status(&name).into_owned(),
            "priority_change" => vocabulary::priority(&name).into_owned(),
            // The new assignee is a person.
            "assignee_change" if name.is_empty() => String::new(),
            "assignee_change" => intake.privacy.pseudonym(&name).as_str().to_owned(),
            _ => name.into_owned(),
        };
        if !value.is_empty() {
            intake.event(Found { from, actor, ..Found::happened(thread, at, kind, &value, line) });
        }
    }
    let score =
        record.first_id(&["satisfaction_survey.rating", "satisfaction_survey.score", "satisfaction_survey"]);
    if !score.is_empty() {
        let found = Found::happened(thread, at, Kind::Rating, &score, line);
        intake.event(Found { from: Role::Customer, actor: customer, ..found });
    }
}
