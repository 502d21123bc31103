//! Twilio: the Messages resource (JSON pages, bulk exports), the console's CSV, Conversations.

use crate::traffic::log::{Kind, Role};

use super::super::clock;
use super::super::csv_file::Table;
use super::super::fingerprint::{Map, Set, fingerprint};
use super::super::input::Input;
use super::super::intake::{Found, Intake, Thread};
use super::super::record::records;
use super::super::report::ImportError;
use super::super::vocabulary;

/// A message of the Messages resource, from JSON or CSV.
struct Sent<'a> {
    sid: &'a str,
    from: &'a str,
    to: &'a str,
    body: &'a str,
    status: &'a str,
    error: &'a str,
    direction: &'a str,
    media: bool,
    at: Option<clock::Stamp>,
    updated: Option<clock::Stamp>,
}

/// Reads pages of the Messages resource, or one message per line.
pub fn read_json(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let zone = intake.options.zone();
    let mut sids = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| {
            let sent = record.stamp("date_sent", &zone);
            let at = sent.or_else(|| record.stamp("date_created", &zone));
            let (sid, error, media) = (record.id("sid"), record.id("error_code"), record.id("num_media"));
            let message = Sent {
                sid: &sid,
                from: record.text("from"),
                to: record.text("to"),
                body: record.text("body"),
                status: record.text("status"),
                error: &error,
                direction: record.text("direction"),
                media: !matches!(&*media, "" | "0"),
                at,
                updated: record.stamp("date_updated", &zone),
            };
            message.give(line, &mut sids, intake);
        })?;
    }
    Ok(())
}

/// Reads exports of the console; columns by name, since their order changes.
pub fn read_csv(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let zone = intake.options.zone();
    let mut sids = Set::default();
    for input in inputs {
        let table = Table::open(input, intake.options.limits)?;
        let column = |name: &str| table.column(name);
        let needed = ["From", "To", "Direction"].map(column);
        let [Some(from), Some(to), Some(direction)] = needed else {
            let what = "the columns From, To and Direction are needed".to_owned();
            return Err(ImportError::Unusable { file: input.name.clone(), what });
        };
        let (sid, body, status) = (column("Sid"), column("Body"), column("Status"));
        let date = column("SentDate").or_else(|| column("DateSent"));
        let (error, media) = (column("ErrorCode"), column("NumMedia"));
        table.rows(input, intake, &mut |row, line, intake| {
            let cell = |c: Option<usize>| c.map_or("", |c| row.get(c));
            let message = Sent {
                sid: cell(sid),
                from: row.get(from),
                to: row.get(to),
                body: cell(body),
                status: cell(status),
                error: cell(error),
                direction: row.get(direction),
                media: !matches!(cell(media), "" | "0"),
                at: clock::any(cell(date), &zone),
                updated: None,
            };
            message.give(line, &mut sids, intake);
        })?;
    }
    Ok(())
}

impl Sent<'_> {
    fn give(&self, line: u64, sids: &mut Set<u64>, intake: &mut Intake<'_>) {
        let Some(stamp) = self.at else {
            return intake.quarantine(line, "no instant: the message was never sent", b"");
        };
        let inbound = match self.direction {
            "inbound" => true,
            d if d.starts_with("outbound") => false,
            _ => return intake.quarantine(line, "the direction is neither inbound nor outbound", b""),
        };
        let customer = if inbound { self.from } else { self.to };
        if customer.is_empty() {
            return intake.quarantine(line, "nobody is named as the customer", b"");
        }
        if !self.sid.is_empty() && !sids.insert(fingerprint(self.sid)) {
            return intake.duplicate();
        }
        let from = match self.direction {
            "inbound" => Role::Customer,
            // An answer that the number's own program gave.
            "outbound-reply" => Role::Bot,
            _ => Role::Agent,
        };
        let thread = Thread::Person(customer);
        let mut found = Found::message(thread, stamp, from, line);
        found.actor = if inbound { customer } else { "" };
        found.text = Some(self.body).filter(|b| !b.is_empty());
        found.media = self.media.then_some("unknown");
        intake.keep();
        intake.event(found);
        if !inbound && !self.status.is_empty() {
            let at = self.updated.filter(|u| u.0 >= stamp.0).unwrap_or(stamp);
            let status = if self.status == "undelivered" { "failed" } else { self.status };
            intake.event(Found::happened(thread, at, Kind::Delivery, status, line));
        }
        if !self.error.is_empty() && self.error != "null" {
            intake.found_named(&format!("error_{}", vocabulary::status(self.error)));
        }
    }
}

/// Reads conversations, their messages, participants and receipts.
pub fn read_conversations(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let zone = intake.options.zone();
    // Who is an agent: participants with an identity, known or not before their first message.
    let mut identities: Map<String, String> = Map::default();
    for input in inputs {
        let mut ignore = |_: &super::super::Quarantined| {};
        let mut silent = |_| {};
        let mut first = Intake::new(intake.options, &mut ignore, &mut silent);
        records(input, &mut first, &mut |record, _, _, _| {
            if record.has("messaging_binding") || record.has("identity") {
                identities.insert(record.id("sid").into_owned(), record.text("identity").to_owned());
            }
        })?;
    }
    let mut seen = Set::default();
    for input in inputs {
        records(input, intake, &mut |record, _, line, intake| {
            let sid = record.id("sid");
            if !sid.is_empty() && !seen.insert(fingerprint(&*sid)) {
                return intake.duplicate();
            }
            let created = record.stamp("date_created", &zone);
            let conversation = record.id("conversation_sid");
            match (sid.get(..2), created) {
                (Some("CH"), Some(created)) => {
                    intake.keep();
                    let thread = Thread::Ticket(&sid);
                    intake.event(Found::happened(thread, created, Kind::Status, "open", line));
                    if record.text("state") == "closed" {
                        let closed = record.stamp("timers.date_closed", &zone);
                        let at = closed.or_else(|| record.stamp("date_updated", &zone)).unwrap_or(created);
                        intake.event(Found::happened(thread, at, Kind::Status, "closed", line));
                    }
                }
                (Some("MB"), _) => {
                    intake.participant(Thread::Ticket(&conversation), record.text("identity"));
                    intake.notice();
                }
                (Some("IM"), Some(created)) if !conversation.is_empty() => {
                    let author = record.text("author");
                    let identity = identities.get(record.text("participant_sid")).filter(|i| !i.is_empty());
                    let from = match author {
                        "" | "system" => Role::System,
                        _ if identity.is_some() => Role::Agent,
                        address if super::is_address(address) => Role::Customer,
                        _ => Role::Agent,
                    };
                    let mut found = Found::message(Thread::Ticket(&conversation), created, from, line);
                    found.actor = author;
                    found.text = Some(record.text("body")).filter(|b| !b.is_empty());
                    found.media = (!record.list("media").is_empty()).then_some("unknown");
                    intake.keep();
                    intake.event(found);
                }
                (Some("DY"), Some(created)) if !conversation.is_empty() => {
                    let status = record.text("status");
                    intake.keep();
                    intake.event(Found::happened(
                        Thread::Ticket(&conversation),
                        created,
                        Kind::Delivery,
                        status,
                        line,
                    ));
                }
                (_, None) => intake.quarantine(line, "`date_created` is no instant", b""),
                _ => intake.quarantine(line, "neither conversation, message, participant nor receipt", b""),
            }
        })?;
    }
    Ok(())
}
