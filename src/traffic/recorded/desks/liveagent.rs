//! LiveAgent API v3: tickets, groups of messages, ticket history. States and channels are letters,
//! times state no zone.

use crate::traffic::log::{Kind, Role};

use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;

/// What is known of tickets before their messages are read.
#[derive(Default)]
struct Known {
    owners: Map<String, String>,
    with_messages: Set<String>,
    with_history: Set<String>,
}

/// Reads records of the API.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    if intake.options.zone.is_none() {
        intake.note("LiveAgent states no time zone: UTC is assumed, say which with --zone");
    }
    let mut known = Known::default();
    for input in inputs {
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut first = Intake::new(intake.options, &mut ignore, &mut silent);
        records(input, &mut first, &mut |record, _, _, _| known.learn(record))?;
    }
    let mut seen = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| {
            let what = kind_of(record);
            let ticket = ticket_of(record);
            let id = record.id("id");
            if !id.is_empty() && what != "history" && !seen.insert(fingerprint((what, &*id))) {
                return intake.duplicate();
            }
            match what {
                "ticket" => known.ticket(record, line, &mut seen, intake),
                "group" => known.group(record, &ticket, line, &mut seen, intake),
                "history" => history(record, line, intake),
                _ => intake.quarantine(line, "neither ticket, message group nor history", b""),
            }
        })?;
    }
    Ok(())
}

fn kind_of(record: Record<'_>) -> &'static str {
    if record.has("date_from") {
        "history"
    } else if record.has("datecreated") {
        "group"
    } else if record.has("date_created") {
        "ticket"
    } else {
        ""
    }
}

fn ticket_of(record: Record<'_>) -> String {
    record.first_id(&["conversation_id", "conversationid", "ticket_id", "ticketid", "parent_id"]).into_owned()
}

/// The letters of ticket states.
fn status(letter: &str) -> &'static str {
    match letter {
        "N" | "C" | "T" | "P" | "I" => "open",
        "A" | "W" => "pending",
        "R" => "resolved",
        "L" | "X" | "B" => "closed",
        _ => "",
    }
}

impl Known {
    fn learn(&mut self, record: Record<'_>) {
        match kind_of(record) {
            "ticket" => {
                let owner = record.id("owner_contactid").into_owned();
                self.owners.insert(record.id("id").into_owned(), owner);
                if !groups(record).is_empty() {
                    self.with_messages.insert(record.id("id").into_owned());
                }
            }
            "group" => {
                self.with_messages.insert(ticket_of(record));
            }
            "history" => {
                self.with_history.insert(ticket_of(record));
            }
            _ => {}
        }
    }

    fn ticket(&self, record: Record<'_>, line: u64, seen: &mut Set<u64>, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let id = record.id("id");
        let Some(begun) = record.stamp("date_created", &zone) else {
            return intake.quarantine(line, "`date_created` is no instant", b"");
        };
        let thread = Thread::Ticket(&id);
        for field in ["owner_name", "owner_email"] {
            intake.participant(thread, record.text(field));
        }
        let (owner, agent) = (record.first_id(&["owner_contactid", "owner_email"]), record.id("agentid"));
        intake.keep();
        if !self.with_messages.contains(&*id) {
            let mut first = Found::message(thread, begun, Role::Customer, line);
            (first.actor, first.text) = (&owner, Some(record.text("subject")).filter(|t| !t.is_empty()));
            intake.event(first);
        }
        let department = record.id("departmentid");
        if !department.is_empty() {
            intake.event(Found::happened(thread, begun, Kind::Assign, &department, line));
        }
        for tag in record.list("tags") {
            let tag = Record(tag);
            let name = tag.0.as_str().unwrap_or(tag.text("name"));
            if !name.is_empty() {
                intake.event(Found::happened(thread, begun, Kind::Tag, name, line));
            }
        }
        if !self.with_history.contains(&*id) {
            intake.event(Found::happened(thread, begun, Kind::Status, "open", line));
            let resolved = record.stamp("date_resolved", &zone);
            let state = status(record.text("status"));
            let (at, state) = match resolved {
                Some(at) => (Some(at), "resolved"),
                None => (record.stamp("date_changed", &zone), state),
            };
            if let Some(at) = at.filter(|_| !matches!(state, "" | "open")) {
                let found = Found::happened(thread, at, Kind::Status, state, line);
                intake.event(Found { from: Role::Agent, actor: &agent, ..found });
            }
        }
        for group in groups(record) {
            intake.element();
            self.group(Record(group), &id, line, seen, intake);
        }
    }

    /// A group of messages: a mail, a chat, a note.
    fn group(
        &self,
        record: Record<'_>,
        ticket: &str,
        line: u64,
        seen: &mut Set<u64>,
        intake: &mut Intake<'_>,
    ) {
        let zone = intake.options.zone();
        if ticket.is_empty() {
            return intake.quarantine(line, "the group does not say to which ticket it belongs", b"");
        }
        let thread = Thread::Ticket(ticket);
        intake.participant(thread, record.text("user_full_name"));
        let kind = record.id("type");
        let whole = record.stamp("datecreated", &zone);
        let messages = record.list("messages");
        let mut any = false;
        for message in messages.iter().map(Record) {
            let kind_of_message = message.text("type");
            // Titles, transfers and other marks say nothing to anybody.
            if !matches!(kind_of_message, "M" | "N" | "") {
                continue;
            }
            let id = message.id("id");
            if !id.is_empty() && !seen.insert(fingerprint(("message", &*id))) {
                continue;
            }
            let Some(at) = message.stamp("datecreated", &zone).or(whole) else {
                intake.found("message_without_time");
                continue;
            };
            let user = if message.has("userid") { message.id("userid") } else { record.id("userid") };
            let owner = self.owners.get(ticket).filter(|o| !o.is_empty());
            let from = match (&*kind, &*user) {
                (_, user) if user.starts_with("system") => Role::System,
                ("3" | "5", _) => Role::Customer,
                ("4", _) => Role::Agent,
                (_, user) if owner.is_some_and(|o| o == user) => Role::Customer,
                (_, "") => Role::Customer,
                _ => Role::Agent,
            };
            let text = plain_text(message.text("message"));
            let mut found = Found::message(thread, at, from, line);
            (found.actor, found.text) = (&user, Some(&*text).filter(|t| !t.is_empty()));
            if kind == "I" || kind_of_message == "N" {
                found.kind = Kind::Note;
            }
            intake.event(found);
            any = true;
        }
        let state = match &*kind {
            "R" => "resolved",
            "J" => "pending",
            _ => "",
        };
        if let Some(at) = whole.filter(|_| !state.is_empty() && !self.with_history.contains(ticket)) {
            intake.event(Found::happened(thread, at, Kind::Status, state, line));
            any = true;
        }
        if any { intake.keep() } else { intake.notice() }
    }
}

fn groups(record: Record<'_>) -> &[serde_json::Value] {
    let found =
        ["message_groups", "groups", "messages"].iter().map(|f| record.list(f)).find(|l| !l.is_empty());
    found.unwrap_or(&[])
}

/// A stretch of time in one state with one agent.
fn history(record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
    let zone = intake.options.zone();
    let ticket = ticket_of(record);
    let (Some(at), false) = (record.stamp("date_from", &zone), ticket.is_empty()) else {
        return intake.quarantine(line, "a stretch of history without ticket or `date_from`", b"");
    };
    let thread = Thread::Ticket(&ticket);
    let agent = record.id("agent_id");
    let state = status(record.text("status"));
    intake.keep();
    let found =
        Found::happened(thread, at, Kind::Status, if state.is_empty() { "open" } else { state }, line);
    intake.event(Found { from: Role::Agent, actor: &agent, ..found });
    let department = record.first_id(&["department_name", "department_id"]);
    if !department.is_empty() {
        let found = Found::happened(thread, at, Kind::Assign, &department, line);
        intake.event(Found { from: Role::Agent, actor: &agent, ..found });
    }
}
