//! Zendesk API: tickets, audits, comments, ticket metrics and metric events, in pages or one per line.
//!
//! Audits tell all; where a ticket has them, what the other records repeat is left aside. Who is the
//! customer stands in the ticket, so the records are read twice.

use crate::traffic::log::{Kind, Role};

use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;
use super::super::vocabulary;

/// What is known of tickets and people before events are made of the records.
#[derive(Default)]
struct Known {
    requesters: Map<String, String>,
    end_users: Map<String, bool>,
    names: Vec<String>,
    /// Tickets whose messages and states are told by audits or comments.
    told: Set<String>,
    /// Tickets that are there as such.
    tickets: Set<String>,
}

/// Reads records of the API.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut known = Known::default();
    for input in inputs {
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut first = Intake::new(intake.options, &mut ignore, &mut silent);
        records(input, &mut first, &mut |record, _, _, _| known.learn(record))?;
    }
    for name in &known.names {
        intake.privacy.name_anywhere(name);
    }
    let mut reader = Reader { known, seen: Set::default() };
    for input in inputs {
        records(input, intake, &mut |record, list, line, intake| match BESIDE.contains(&list) {
            true => intake.notice(),
            false => reader.record(record, line, intake),
        })?;
    }
    Ok(())
}

impl Known {
    fn learn(&mut self, record: Record<'_>) {
        let ticket = record.id("ticket_id").into_owned();
        if kind_of(record) == "ticket" {
            let id = record.id("id").into_owned();
            self.tickets.insert(id.clone());
            if !record.list("comments").is_empty() || !record.list("audits").is_empty() {
                self.told.insert(id.clone());
            }
            for person in ["requester", "submitter", "assignee"] {
                for field in ["name", "email"] {
                    self.names.push(record.text(&format!("{person}.{field}")).to_owned());
                }
            }
            self.requesters.insert(id, record.first_id(&REQUESTER).into_owned());
        } else if record.has("events") && !ticket.is_empty() {
            for event in record.list("events").iter().map(Record) {
                if event.text("field_name") == "requester_id" {
                    self.requesters.entry(ticket.clone()).or_insert_with(|| event.id("value").into_owned());
                }
            }
            self.told.insert(ticket);
        } else if record.has("author_id") && !ticket.is_empty() {
            self.told.insert(ticket);
        } else if record.has("role") && record.has("email") {
            self.end_users.insert(record.id("id").into_owned(), record.text("role") == "end-user");
            for field in ["name", "email"] {
                self.names.push(record.text(field).to_owned());
            }
        }
    }
}

struct Reader {
    known: Known,
    seen: Set<u64>,
}

/// Who asks: by id, or in full where a ticket is exported with its people.
const REQUESTER: [&str; 2] = ["requester_id", "requester.id"];

/// Lists beside tickets of what they name by id.
const BESIDE: [&str; 8] = [
    "groups",
    "organizations",
    "brands",
    "ticket_forms",
    "sharing_agreements",
    "last_audits",
    "dates",
    "slas",
];

impl Reader {
    fn record(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let same = if record.has("metric") { "metric_event" } else { kind_of(record) };
        let id = record.id("id");
        let again = self.again(same, &id);
        if same == "ticket" {
            // Incremental exports give a ticket again after each change, and now and then without one.
            if !self.seen.insert(fingerprint(("state", &*id, record.text("updated_at")))) && again {
                return intake.duplicate();
            }
            return if again {
                self.changed(record, line, intake)
            } else {
                self.ticket(record, line, intake)
            };
        }
        if again {
            return intake.duplicate();
        }
        match same {
            "metric_event" => self.metric_event(record, line, intake),
            "audit" => self.audit(record, &record.id("ticket_id"), line, intake),
            "metrics" => self.metrics(record, line, intake),
            "comment" => self.comment(record, &record.id("ticket_id"), line, intake),
            "rating" => self.rating(record, line, intake),
            "user" => intake.notice(),
            _ => intake.quarantine(line, "neither ticket, audit, comment, metric, rating nor user", b""),
        }
    }

    fn again(&mut self, what: &str, id: &str) -> bool {
        !id.is_empty() && !self.seen.insert(fingerprint((what, id)))
    }

    fn role(&mut self, ticket: &str, author: &str) -> Role {
        if author == "-1" {
            return Role::System;
        }
        if let Some(end_user) = self.known.end_users.get(author) {
            return if *end_user { Role::Customer } else { Role::Agent };
        }
        // Who wrote first in a ticket of which nothing else is known asked for something.
        let requester = self.known.requesters.entry(ticket.to_owned()).or_insert_with(|| author.to_owned());
        if requester == author { Role::Customer } else { Role::Agent }
    }

    fn ticket(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let id = record.id("id");
        let Some(begun) = record.stamp("created_at", &zone) else {
            return intake.quarantine(line, "`created_at` is no instant", b"");
        };
        let thread = Thread::Ticket(&id);
        let requester = record.first_id(&REQUESTER);
        intake.keep();
        let text = plain_text(record.first_text(&["description", "subject"]));
        if !self.known.told.contains(&*id) {
            let mut first = Found::message(thread, begun, Role::Customer, line);
            (first.actor, first.text) = (&requester, Some(&*text).filter(|t| !t.is_empty()));
            intake.event(first);
            let priority = vocabulary::priority(record.text("priority"));
            intake.event(Found::happened(thread, begun, Kind::Status, "open", line));
            if !priority.is_empty() {
                intake.event(Found::happened(thread, begun, Kind::Priority, &priority, line));
            }
            let status = vocabulary::status(record.text("status"));
            if let Some(at) = record.stamp("updated_at", &zone).filter(|_| !matches!(&*status, "" | "open")) {
                intake.event(Found::happened(thread, at, Kind::Status, &status, line));
            }
        }
        for tag in record.list("tags").iter().filter_map(|t| t.as_str()) {
            intake.event(Found::happened(thread, begun, Kind::Tag, tag, line));
        }
        let score = record.text("satisfaction_rating.score");
        if let Some(at) = record.stamp("updated_at", &zone)
            && matches!(score, "good" | "bad")
            && !self.known.told.contains(&*id)
        {
            let found = Found::happened(thread, at, Kind::Rating, score, line);
            intake.event(Found { from: Role::Customer, actor: &requester, ..found });
        }
        // Exports hold what belongs to a ticket inside of it. Its states are then not told one by one.
        for audit in record.list("audits").iter().map(Record) {
            intake.element();
            match self.again("audit", &audit.id("id")) {
                true => intake.duplicate(),
                false => self.audit(audit, &id, line, intake),
            }
        }
        let comments = record.list("comments");
        for comment in comments.iter().map(Record) {
            intake.element();
            self.comment(comment, &id, line, intake);
        }
        if !comments.is_empty() && record.list("audits").is_empty() {
            intake.event(Found::happened(thread, begun, Kind::Status, "open", line));
            let priority = vocabulary::priority(record.text("priority"));
            if !priority.is_empty() {
                intake.event(Found::happened(thread, begun, Kind::Priority, &priority, line));
            }
            let status = vocabulary::status(record.text("status"));
            if let Some(at) = record.stamp("updated_at", &zone).filter(|_| !matches!(&*status, "" | "open")) {
                intake.event(Found::happened(thread, at, Kind::Status, &status, line));
            }
        }
    }

    /// A ticket that was given before, in a later state.
    fn changed(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let (id, zone) = (record.id("id"), intake.options.zone());
        let status = vocabulary::status(record.text("status"));
        match record.stamp("updated_at", &zone) {
            Some(at) if !status.is_empty() && !self.known.told.contains(&*id) => {
                intake.keep();
                intake.event(Found::happened(Thread::Ticket(&id), at, Kind::Status, &status, line));
            }
            _ => intake.notice(),
        }
    }

    fn audit(&mut self, record: Record<'_>, ticket: &str, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let Some(at) = record.stamp("created_at", &zone) else {
            return intake.quarantine(line, "`created_at` is no instant", b"");
        };
        let thread = Thread::Ticket(ticket);
        let mut any = false;
        for event in record.list("events").iter().map(Record) {
            let author = if event.has("author_id") { event.id("author_id") } else { record.id("author_id") };
            let from = self.role(ticket, &author);
            match event.text("type") {
                "Comment" | "VoiceComment" => {
                    let found = Found { actor: &author, ..Found::message(thread, at, from, line) };
                    self.message(event, found, intake);
                    any = true;
                }
                "Create" | "Change" => {
                    let value = event.id("value");
                    let mut happened = |kind: Kind, value: &str| {
                        if !value.is_empty() {
                            intake.event(Found {
                                from,
                                actor: &author,
                                ..Found::happened(thread, at, kind, value, line)
                            });
                            any = true;
                        }
                    };
                    match event.text("field_name") {
                        "status" => happened(Kind::Status, &vocabulary::status(&value)),
                        "priority" => happened(Kind::Priority, &vocabulary::priority(&value)),
                        "group_id" => happened(Kind::Assign, &value),
                        "satisfaction_score" if matches!(&*value, "good" | "bad") => {
                            happened(Kind::Rating, &value)
                        }
                        _ => {}
                    }
                }
                "SatisfactionRating" if matches!(event.text("score"), "good" | "bad") => {
                    let found = Found::happened(thread, at, Kind::Rating, event.text("score"), line);
                    intake.event(Found { from: Role::Customer, actor: &author, ..found });
                    any = true;
                }
                _ => {}
            }
        }
        if any { intake.keep() } else { intake.notice() }
    }

    fn comment(&mut self, record: Record<'_>, ticket: &str, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let author = record.first_id(&["author_id", "author.id"]);
        let (Some(at), false) = (record.stamp("created_at", &zone), ticket.is_empty()) else {
            return intake.quarantine(line, "a comment without `ticket_id` or `created_at`", b"");
        };
        let from = self.role(ticket, &author);
        let found = Found { actor: &author, ..Found::message(Thread::Ticket(ticket), at, from, line) };
        // An audit tells of its comment by the comment's own id.
        if !self.message(record, found, intake) {
            return intake.duplicate();
        }
        intake.keep();
    }

    /// A message, begun in `found`, into the log; whether it is new.
    fn message<'a>(&mut self, comment: Record<'a>, found: Found<'a>, intake: &mut Intake<'_>) -> bool {
        let id = comment.id("id");
        if !id.is_empty() && !self.seen.insert(fingerprint(("written", &*id))) {
            return false;
        }
        let text = plain_text(comment.first_text(&["plain_body", "body", "html_body"]));
        let mut found = Found { text: Some(&*text).filter(|t| !t.is_empty()), ..found };
        found.media = (!comment.list("attachments").is_empty()).then_some("document");
        if comment.has("public") && !comment.flag("public") {
            found.kind = Kind::Note;
        }
        intake.event(found);
        true
    }

    /// What the customer thought of it, given as a record of its own.
    fn rating(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let (ticket, score) = (record.id("ticket_id"), record.text("score"));
        if matches!(score, "offered" | "unoffered") {
            return intake.notice();
        }
        let at = record.stamp("updated_at", &zone).or_else(|| record.stamp("created_at", &zone));
        let (Some(at), false) = (at, ticket.is_empty() || score.is_empty()) else {
            return intake.quarantine(line, "a rating without ticket, instant or score", b"");
        };
        // `good_with_comment` and the like.
        let score = score.split('_').next().unwrap_or(score);
        intake.keep();
        let found = Found::happened(Thread::Ticket(&ticket), at, Kind::Rating, score, line);
        intake.event(Found { from: Role::Customer, actor: &record.id("requester_id"), ..found });
    }

    /// Numbers about a ticket of which nothing else is told.
    fn metrics(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let ticket = record.id("ticket_id");
        if self.known.told.contains(&*ticket) {
            return intake.notice();
        }
        let Some(begun) = record.stamp("created_at", &zone) else {
            return intake.quarantine(line, "`created_at` is no instant", b"");
        };
        let thread = Thread::Ticket(&ticket);
        intake.keep();
        if !self.known.tickets.contains(&*ticket) {
            intake.event(Found::message(thread, begun, Role::Customer, line));
        }
        let minutes = record.at("reply_time_in_minutes.calendar").and_then(serde_json::Value::as_i64);
        if let Some(minutes) = minutes.filter(|m| (0..10_000_000).contains(m)) {
            let at = begun.0 + crate::time::Span::from_minutes(minutes);
            intake.event(Found::message(
                thread,
                (at, crate::traffic::log::Precision::Minute),
                Role::Agent,
                line,
            ));
        }
        if let Some(at) = record.stamp("solved_at", &zone) {
            intake.event(Found::happened(thread, at, Kind::Status, "resolved", line));
        }
    }

    /// The stream of metric events is itself a history: an activation of the reply time is a customer
    /// who waits, its fulfilment an answer, and the agents' work time follows the status.
    fn metric_event(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let ticket = record.id("ticket_id");
        let (Some(at), false) = (record.stamp("time", &zone), ticket.is_empty()) else {
            return intake.quarantine(line, "a metric event without `ticket_id` or `time`", b"");
        };
        let thread = Thread::Ticket(&ticket);
        let (metric, what) = (record.text("metric"), record.text("type"));
        let alone = !self.known.told.contains(&*ticket);
        let status = |value| Found::happened(thread, at, Kind::Status, value, line);
        let tag = format!("{what}_{metric}");
        let found = match (metric, what) {
            (_, "breach" | "apply_sla" | "apply_group_sla") => {
                Found::happened(thread, at, Kind::Tag, &tag, line)
            }
            ("reply_time", "activate") if alone => Found::message(thread, at, Role::Customer, line),
            ("reply_time", "fulfill") if alone => Found::message(thread, at, Role::Agent, line),
            ("agent_work_time", "activate") if alone => status("open"),
            ("agent_work_time", "pause") if alone => status("pending"),
            ("resolution_time", "fulfill") if alone => status("resolved"),
            _ => return intake.notice(),
        };
        intake.keep();
        intake.event(found);
    }
}

fn kind_of(record: Record<'_>) -> &'static str {
    if record.has("events") {
        "audit"
    } else if record.has("reply_time_in_minutes") || record.has("full_resolution_time_in_minutes") {
        "metrics"
    } else if record.has("score") && record.has("ticket_id") {
        "rating"
    } else if record.has("requester_id") || record.has("requester.id") {
        "ticket"
    } else if record.has("author_id") || record.has("author.id") {
        "comment"
    } else if record.has("role") && record.has("email") {
        "user"
    } else {
        ""
    }
}
