//! Zoho Desk's backup: CSV files with two header rows (display names, API names), all of one folder
//! together. Ids have eighteen digits and stay text; times state no zone; texts are HTML; the
//! counters in `Cases` are not to be believed.

use crate::traffic::log::{Kind, Role};

use super::super::clock::{self, Stamp};
use super::super::csv_file::{Row, Table};
use super::super::fingerprint::{Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::plain_text;
use super::super::report::ImportError;
use super::super::vocabulary;

/// One of the backup's files.
struct Sheet<'i> {
    input: &'i Input,
    table: Table,
}

impl Sheet<'_> {
    fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|n| self.table.column(n).is_some())
    }

    fn cells<'r>(&self, row: &'r Row) -> impl Fn(&str) -> &'r str {
        move |name| self.table.column(name).map_or("", |c| row.get(c).trim())
    }
}

/// Reads the files of a backup.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    if intake.options.zone.is_none() {
        intake.note("Zoho Desk backups state no time zone: UTC is assumed, say which with --zone");
    }
    let mut sheets = Vec::with_capacity(inputs.len());
    for input in inputs {
        let table = Table::open(input, intake.options.limits)?.with_header_rows(input, 2)?;
        // Without the second header nothing would be found, and everything passed over in silence.
        if table.column("id").is_none() && table.column("ticketId").is_none() {
            let what = "the second header row, with API names such as `id` and `createdTime`, is missing";
            return Err(ImportError::Unusable { file: input.name.clone(), what: what.to_owned() });
        }
        sheets.push(Sheet { input, table });
    }
    let mut reader = Backup::default();
    // People first, so that their names are known when texts are read; then what hangs on tickets, so
    // that a ticket does not repeat what its threads tell.
    for sheet in &sheets {
        if !sheet.has(&["ticketNumber"]) && !sheet.has(&["threadStatus"]) && !sheet.has(&["entityId"]) {
            others(sheet, intake)?;
        }
    }
    for sheet in &sheets {
        if sheet.has(&["threadStatus", "ticketId"]) {
            names_in_threads(sheet, intake)?;
        }
    }
    for sheet in &sheets {
        if sheet.has(&["threadStatus", "ticketId"]) {
            reader.threads(sheet, intake)?;
        } else if sheet.has(&["commentedTime", "entityId"]) {
            reader.comments(sheet, intake)?;
        }
    }
    for sheet in &sheets {
        if sheet.has(&["ticketNumber", "createdTime"]) {
            reader.cases(sheet, intake)?;
        }
    }
    Ok(())
}

/// Agents, contacts, departments, time entries: no traffic, but names.
fn others(sheet: &Sheet<'_>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    sheet.table.rows(sheet.input, intake, &mut |row, _, intake| {
        let cell = sheet.cells(row);
        for field in ["firstName", "lastName", "email"] {
            intake.privacy.name_anywhere(cell(field));
        }
        intake.notice();
    })
}

/// The people of a ticket, from both ends of its threads.
fn names_in_threads(sheet: &Sheet<'_>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
    let mut aside = Intake::new(intake.options, &mut ignore, &mut silent);
    sheet.table.rows(sheet.input, &mut aside, &mut |row, _, _| {
        let cell = sheet.cells(row);
        for field in ["fromEmailAddress", "receipients", "toDisplayName", "ccDisplayName"] {
            intake.participant(Thread::Ticket(cell("ticketId")), cell(field));
        }
    })
}

#[derive(Default)]
struct Backup {
    seen: Set<u64>,
    /// Tickets with a message of the customer, and with one of the desk, in their threads.
    asked: Set<String>,
    answered: Set<String>,
}

impl Backup {
    fn again(&mut self, sheet: &str, id: &str) -> bool {
        !id.is_empty() && !self.seen.insert(fingerprint((sheet, id)))
    }

    fn threads(&mut self, sheet: &Sheet<'_>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
        let zone = intake.options.zone();
        sheet.table.rows(sheet.input, intake, &mut |row, line, intake| {
            let cell = sheet.cells(row);
            let ticket = cell("ticketId");
            let (Some(at), false) = (clock::any(cell("createdTime"), &zone), ticket.is_empty()) else {
                return intake.quarantine(line, "a thread without `ticketId` or `createdTime`", b"");
            };
            if self.again("thread", cell("id")) {
                return intake.duplicate();
            }
            let status = cell("threadStatus").to_ascii_uppercase();
            intake.found_named(&format!("thread_{}", vocabulary::status(&status)));
            if ["DRAFT", "FORWARD", "SCHEDULED"].iter().any(|unsent| status.contains(unsent)) {
                // Said to nobody, or to somebody else.
                return intake.notice();
            }
            let incoming = status.contains("INCOMING") || status == "IN";
            if !incoming && !status.contains("OUTGOING") && status != "OUT" {
                return intake.quarantine(line, "`threadStatus` is neither incoming nor outgoing", b"");
            }
            let from = if incoming { Role::Customer } else { Role::Agent };
            let text = plain_text(cell("content"));
            let mut found = Found::message(Thread::Ticket(ticket), at, from, line);
            (found.actor, found.text) = (cell("fromEmailAddress"), Some(&*text).filter(|t| !t.is_empty()));
            found.media = (cell("hasAttach") == "true").then_some("document");
            if cell("isPrivate") == "true" {
                found.kind = Kind::Note;
            } else if incoming {
                self.asked.insert(ticket.to_owned());
            } else {
                self.answered.insert(ticket.to_owned());
            }
            intake.keep();
            intake.event(found);
        })
    }

    fn comments(&mut self, sheet: &Sheet<'_>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
        let zone = intake.options.zone();
        sheet.table.rows(sheet.input, intake, &mut |row, line, intake| {
            let cell = sheet.cells(row);
            let ticket = cell("entityId");
            let (Some(at), false) = (clock::any(cell("commentedTime"), &zone), ticket.is_empty()) else {
                return intake.quarantine(line, "a comment without `entityId` or `commentedTime`", b"");
            };
            if self.again("comment", cell("id")) {
                return intake.duplicate();
            }
            let text = plain_text(cell("comment"));
            let mut found = Found::message(Thread::Ticket(ticket), at, Role::Agent, line);
            (found.actor, found.text) = (cell("commentedBy"), Some(&*text).filter(|t| !t.is_empty()));
            if cell("isPublic") != "true" {
                found.kind = Kind::Note;
            }
            intake.found("comment");
            intake.keep();
            intake.event(found);
        })
    }

    fn cases(&mut self, sheet: &Sheet<'_>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
        let zone = intake.options.zone();
        sheet.table.rows(sheet.input, intake, &mut |row, line, intake| {
            let cell = sheet.cells(row);
            let stamp = |name: &str| clock::any(cell(name), &zone);
            let id = cell("id");
            let (Some(begun), false) = (stamp("createdTime"), id.is_empty()) else {
                return intake.quarantine(line, "a ticket without `id` or `createdTime`", b"");
            };
            if self.again("case", id) {
                return intake.duplicate();
            }
            let thread = Thread::Ticket(id);
            let customer =
                [cell("email"), cell("phone"), cell("contactId")].into_iter().find(|c| !c.is_empty());
            let (customer, agent) = (customer.unwrap_or(""), cell("assigneeId"));
            intake.participant(thread, cell("email"));
            intake.keep();
            intake.found("ticket");
            intake.found_named(&format!("status_{}", vocabulary::status(cell("status"))));
            intake.found_named(&format!("channel_{}", vocabulary::status(cell("channel"))));
            if !self.asked.contains(id) {
                let text = plain_text(cell("description"));
                let text = if text.is_empty() { cell("subject") } else { &*text };
                let mut first = Found::message(thread, begun, Role::Customer, line);
                (first.actor, first.text) = (customer, Some(text).filter(|t| !t.is_empty()));
                intake.event(first);
            }
            if let Some(at) = stamp("agentRespondedTime").filter(|_| !self.answered.contains(id)) {
                intake.event(Found { actor: agent, ..Found::message(thread, at, Role::Agent, line) });
            }
            let mut happened = |at: Option<Stamp>, kind, value: &str| {
                if let Some(at) = at.filter(|_| !value.is_empty()) {
                    let found = Found::happened(thread, at, kind, value, line);
                    intake.event(Found { from: Role::Agent, actor: agent, ..found });
                }
            };
            happened(Some(begun), Kind::Status, "open");
            happened(Some(begun), Kind::Priority, &vocabulary::priority(cell("priority")));
            happened(Some(begun), Kind::Tag, &vocabulary::status(cell("category")));
            let team =
                [cell("teamId"), cell("departmentId")].into_iter().find(|t| !t.is_empty()).unwrap_or("");
            happened(stamp("firstAssignedTime").or_else(|| stamp("assignedTime")), Kind::Assign, team);
            happened(stamp("onholdTime"), Kind::Status, "on_hold");
            happened(stamp("reopenedTime"), Kind::Status, "open");
            let status = vocabulary::status(cell("status"));
            let closed = stamp("closedTime");
            happened(closed, Kind::Status, "closed");
            if !matches!(&*status, "open" | "closed" | "") && stamp("onholdTime").is_none() {
                happened(stamp("statusUpdatedTime"), Kind::Status, &status);
            }
            happened(closed.or(Some(begun)), Kind::Tag, &violation(cell("slaViolationType")));
            let happiness = vocabulary::status(cell("happinessRating"));
            if !happiness.is_empty() {
                let found = Found::happened(thread, closed.unwrap_or(begun), Kind::Rating, &happiness, line);
                intake.event(Found { from: Role::Customer, actor: customer, ..found });
            }
        })
    }
}

/// Which target the desk itself says was missed.
fn violation(kind: &str) -> String {
    match &*vocabulary::status(kind) {
        "" | "not_violated" | "none" | "0" => String::new(),
        word => format!("missed_sla_{word}"),
    }
}
