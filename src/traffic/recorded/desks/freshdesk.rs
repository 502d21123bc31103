//! Freshdesk: the ticket export (CSV) and the API (JSON: tickets, conversations, ratings).

use std::borrow::Cow;

use crate::time::Span;
use crate::traffic::log::{Kind, Role};

use super::super::clock::{self, Stamp};
use super::super::csv_file::Table;
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::{Record, plain_text, records};
use super::super::report::ImportError;
use super::super::vocabulary;

/// Reads ticket exports. All columns but the id and the creation are optional, their order is the
/// user's, and the case of their names differs between products.
pub fn read_csv(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    if intake.options.zone.is_none() {
        intake.note("Freshdesk exports state no time zone: UTC is assumed, say which with --zone");
    }
    let zone = intake.options.zone();
    let mut seen = Set::default();
    for input in inputs {
        let table = Table::open(input, intake.options.limits)?;
        let column = |names: &[&str]| names.iter().find_map(|n| table.column(n));
        let (Some(id), Some(created)) = (column(&["Ticket ID"]), column(&["Created time"])) else {
            let what = "the columns \"Ticket ID\" and \"Created time\" are needed".to_owned();
            return Err(ImportError::Unusable { file: input.name.clone(), what });
        };
        let columns = Columns {
            subject: column(&["Subject"]),
            status: column(&["Status"]),
            priority: column(&["Priority"]),
            group: column(&["Group"]),
            agent: column(&["Agent"]),
            tags: column(&["Tags"]),
            requester: column(&["Email", "Contact ID", "Full name", "Requester Name"]),
            name: column(&["Full name", "Requester Name"]),
            first_response: column(&["Initial response time"]),
            first_response_took: column(&["First response time (in hrs)"]),
            resolution_took: column(&["Resolution time (in hrs)"]),
            resolved: column(&["Resolved time"]),
            closed: column(&["Closed time"]),
            updated: column(&["Last update time", "Last updated time"]),
            survey: column(&["Survey results"]),
        };
        for (what, at, took) in [
            ("first answered", columns.first_response, columns.first_response_took),
            ("resolved", columns.resolved, columns.resolution_took),
        ] {
            if at.is_none() && took.is_some() {
                intake.note(format!(
                    "the export does not say when tickets were {what}: the time that it took, in business hours \
                     where the policy counts those, is added to their creation"
                ));
            }
        }
        table.rows(input, intake, &mut |row, line, intake| {
            let cell = |c: Option<usize>| c.map_or("", |c| row.get(c).trim());
            let stamp = |c: Option<usize>| clock::any(cell(c), &zone);
            let id = row.get(id).trim();
            let Some(begun) = clock::any(row.get(created), &zone) else {
                return intake.quarantine(line, "\"Created time\" is no instant", b"");
            };
            if id.is_empty() {
                return intake.quarantine(line, "\"Ticket ID\" is empty", b"");
            }
            if !seen.insert(fingerprint(id)) {
                return intake.duplicate();
            }
            let thread = Thread::Ticket(id);
            let agent = cell(columns.agent);
            intake.participant(thread, agent);
            intake.participant(thread, cell(columns.name));
            intake.participant(thread, cell(columns.requester));
            let happened = |at: Stamp, kind, value: &str, intake: &mut Intake<'_>| {
                if !value.is_empty() {
                    intake.event(Found {
                        from: Role::Agent,
                        actor: agent,
                        ..Found::happened(thread, at, kind, value, line)
                    });
                }
            };
            intake.keep();
            let mut first = Found::message(thread, begun, Role::Customer, line);
            first.actor = cell(columns.requester);
            first.text = Some(cell(columns.subject)).filter(|t| !t.is_empty());
            intake.event(first);
            happened(begun, Kind::Status, "open", intake);
            happened(begun, Kind::Priority, &vocabulary::priority(cell(columns.priority)), intake);
            happened(begun, Kind::Assign, cell(columns.group), intake);
            for tag in cell(columns.tags).split(',').map(str::trim) {
                happened(begun, Kind::Tag, tag, intake);
            }
            // The duration counts business hours if the policy does; the instant is better where it is.
            let took = duration(cell(columns.first_response_took)).map(|took| (begun.0 + took, begun.1));
            if let Some(at) = stamp(columns.first_response).or(took) {
                intake.event(Found { actor: agent, ..Found::message(thread, at, Role::Agent, line) });
            }
            let (resolved, closed) = (stamp(columns.resolved), stamp(columns.closed));
            let resolved = resolved.or_else(|| {
                let took = duration(cell(columns.resolution_took)).filter(|_| columns.resolved.is_none())?;
                Some((begun.0 + took, begun.1))
            });
            if let Some(at) = resolved {
                happened(at, Kind::Status, "resolved", intake);
            }
            if let Some(at) = closed {
                happened(at, Kind::Status, "closed", intake);
            }
            let status = vocabulary::status(cell(columns.status));
            if let (None, None, Some(at)) = (resolved, closed, stamp(columns.updated))
                && status != "open"
            {
                happened(at, Kind::Status, &status, intake);
            }
            let rated = closed.or(resolved).or_else(|| stamp(columns.updated)).unwrap_or(begun);
            if let Some(score) = survey(cell(columns.survey)) {
                let found = Found::happened(thread, rated, Kind::Rating, score, line);
                intake.event(Found { from: Role::Customer, actor: cell(columns.requester), ..found });
            }
        })?;
    }
    Ok(())
}

struct Columns {
    subject: Option<usize>,
    status: Option<usize>,
    priority: Option<usize>,
    group: Option<usize>,
    agent: Option<usize>,
    tags: Option<usize>,
    requester: Option<usize>,
    name: Option<usize>,
    first_response: Option<usize>,
    first_response_took: Option<usize>,
    resolution_took: Option<usize>,
    resolved: Option<usize>,
    closed: Option<usize>,
    updated: Option<usize>,
    survey: Option<usize>,
}

/// `HH:MM:SS`, whatever the header says; hours may pass 24.
fn duration(text: &str) -> Option<Span> {
    let mut parts = text.split(':').map(|p| p.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let plain = parts.next().is_none() && (0..1_000_000).contains(&hours) && minutes < 60 && seconds < 60;
    plain.then(|| Span::from_s(hours * 3_600 + minutes * 60 + seconds))
}

/// The words of Freshdesk's surveys and the numbers of its API (103 … -103) as 1 to 5.
fn survey(text: &str) -> Option<&'static str> {
    let word = text.to_ascii_lowercase();
    Some(match word.as_str() {
        "" => return None,
        "103" | "extremely happy" | "awesome" | "5" => "5",
        "102" | "101" | "very happy" | "happy" | "good" | "4" => "4",
        "100" | "neutral" | "just okay" | "3" => "3",
        "-101" | "-102" | "unhappy" | "very unhappy" | "not good" | "2" => "2",
        "-103" | "extremely unhappy" | "bad" | "1" => "1",
        _ => return None,
    })
}

/// Reads tickets, conversations and ratings of the API.
pub fn read_json(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut reader = Api::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| reader.record(record, line, intake))?;
    }
    // A ticket knows when it was first answered; that is news only where no conversation tells.
    let unanswered: Vec<_> =
        reader.first_responses.iter().filter(|f| !reader.answered.contains(&f.ticket)).collect();
    for first in unanswered {
        let found = Found::message(Thread::Ticket(&first.ticket), first.at, Role::Agent, first.line);
        intake.event(Found { actor: &first.agent, ..found });
    }
    Ok(())
}

/// The state of a ticket; custom ones keep their number.
fn status_of(record: Record<'_>) -> Cow<'static, str> {
    match &*record.id("status") {
        "2" => "open".into(),
        "3" => "pending".into(),
        "4" => "resolved".into(),
        "5" => "closed".into(),
        "" => "".into(),
        number if number.bytes().all(|b| b.is_ascii_digit()) => format!("status_{number}").into(),
        word => vocabulary::status(word),
    }
}

#[derive(Default)]
struct Api {
    seen: Set<u64>,
    answered: Set<String>,
    first_responses: Vec<FirstResponse>,
}

struct FirstResponse {
    ticket: String,
    at: Stamp,
    agent: String,
    line: u64,
}

impl Api {
    fn record(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        if record.has("incoming") || record.has("body_text") {
            self.conversation(record, &record.id("ticket_id"), line, intake);
        } else if record.has("ratings") {
            self.rating(record, line, intake);
        } else {
            self.ticket(record, line, intake);
        }
    }

    fn ticket(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let id = record.id("id");
        let (Some(begun), false) = (record.stamp("created_at", &zone), id.is_empty()) else {
            return intake.quarantine(line, "a ticket without `id` or `created_at`", b"");
        };
        let thread = Thread::Ticket(&id);
        let new_state = self.seen.insert(fingerprint(("state", &*id, record.text("updated_at"))));
        if !self.seen.insert(fingerprint(("ticket", &*id))) {
            // The same ticket comes again after each change, and now and then without one.
            let status = status_of(record);
            return match record.stamp("updated_at", &zone) {
                Some(at) if new_state && !status.is_empty() => {
                    intake.keep();
                    intake.event(Found::happened(thread, at, Kind::Status, &status, line));
                }
                _ => intake.duplicate(),
            };
        }
        for field in ["requester.name", "requester.email", "email"] {
            intake.participant(thread, record.text(field));
        }
        let (requester, agent) = (record.id("requester_id"), record.id("responder_id"));
        intake.keep();
        let description = record.first_text(&["description_text", "description", "subject"]);
        let text = plain_text(description);
        let mut first = Found::message(thread, begun, Role::Customer, line);
        (first.actor, first.text) = (&requester, Some(&*text).filter(|t| !t.is_empty()));
        intake.event(first);
        let mut happened = |at: Option<Stamp>, kind, value: &str| {
            if let Some(at) = at.filter(|_| !value.is_empty()) {
                intake.event(Found {
                    from: Role::Agent,
                    actor: &agent,
                    ..Found::happened(thread, at, kind, value, line)
                });
            }
        };
        let at = |path: &str| record.stamp(path, &zone);
        happened(Some(begun), Kind::Status, "open");
        let priority = match &*record.id("priority") {
            "1" => "low".into(),
            "2" => "medium".into(),
            "3" => "high".into(),
            "4" => "urgent".into(),
            other => vocabulary::priority(other),
        };
        happened(Some(begun), Kind::Priority, &priority);
        happened(Some(begun), Kind::Assign, &record.id("group_id"));
        for tag in record.list("tags").iter().filter_map(|t| t.as_str()) {
            happened(Some(begun), Kind::Tag, tag);
        }
        happened(at("stats.pending_since"), Kind::Status, "pending");
        happened(at("stats.reopened_at"), Kind::Status, "open");
        happened(at("stats.resolved_at"), Kind::Status, "resolved");
        happened(at("stats.closed_at"), Kind::Status, "closed");
        if !record.has("stats") {
            let status = status_of(record);
            if status != "open" {
                happened(at("updated_at"), Kind::Status, &status);
            }
        }
        if let Some(at) = at("stats.first_responded_at") {
            let (ticket, agent) = (id.to_string(), agent.to_string());
            self.first_responses.push(FirstResponse { ticket, at, agent, line });
        }
        for inner in record.list("conversations") {
            intake.element();
            self.conversation(Record(inner), &id, line, intake);
        }
    }

    fn conversation(&mut self, record: Record<'_>, ticket: &str, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let (Some(at), false) = (record.stamp("created_at", &zone), ticket.is_empty()) else {
            return intake.quarantine(line, "a conversation without `ticket_id` or `created_at`", b"");
        };
        let id = record.id("id");
        if !id.is_empty() && !self.seen.insert(fingerprint(("conversation", &*id))) {
            return intake.duplicate();
        }
        let incoming = record.flag("incoming");
        let from = if incoming { Role::Customer } else { Role::Agent };
        let text = plain_text(record.first_text(&["body_text", "body"]));
        let user = record.id("user_id");
        let mut found = Found::message(Thread::Ticket(ticket), at, from, line);
        (found.actor, found.text) = (&user, Some(&*text).filter(|t| !t.is_empty()));
        if record.flag("private") {
            found.kind = Kind::Note;
        } else if !incoming {
            self.answered.insert(ticket.to_owned());
        }
        found.media = (!record.list("attachments").is_empty()).then_some("document");
        intake.keep();
        intake.event(found);
    }

    fn rating(&mut self, record: Record<'_>, line: u64, intake: &mut Intake<'_>) {
        let zone = intake.options.zone();
        let (ticket, user) = (record.id("ticket_id"), record.id("user_id"));
        let score = record.at("ratings").and_then(|r| r.as_object()).and_then(|r| r.values().next());
        let score = score.and_then(|s| survey(&s.to_string()));
        let (Some(at), Some(score), false) = (record.stamp("created_at", &zone), score, ticket.is_empty())
        else {
            return intake.quarantine(line, "a rating without ticket, instant or score", b"");
        };
        if !self.seen.insert(fingerprint(("rating", &*record.id("id")))) {
            return intake.duplicate();
        }
        let found = Found::happened(Thread::Ticket(&ticket), at, Kind::Rating, score, line);
        intake.keep();
        intake.event(Found { from: Role::Customer, actor: &user, ..found });
    }
}
