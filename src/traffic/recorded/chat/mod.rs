//! WhatsApp chat exports.
//!
//! Each file is read twice: first to learn its header shape, the order of its dates, its authors and,
//! where there are several files, which stretches they share; then to take the entries out.

mod header;
mod merge;
mod order;
mod roles;
mod wordings;
mod words;

#[cfg(test)]
mod locales;
#[cfg(test)]
mod tests;

use crate::traffic::log::Precision;

use super::clock::{self, Local};
use super::encoding;
use super::fingerprint::{Map, fingerprint};
use super::input::Input;
use super::intake::{Found, Intake, Thread};
use super::lines::{LineEnd, Lines};
use super::privacy::chat_partner;
use super::recent::Recent;
use super::report::ImportError;
use super::script::trim_marks;

pub use order::DateOrder;

use header::{Header, Headers, Shape};
use order::{Certainty, Evidence, Verdict};
use roles::{Authors, Roles};
use wordings::Body;

/// Whether a text looks like a chat export: at least one line begins like an entry.
pub fn looks_like(head: &str) -> bool {
    let heads = head.lines().take(200).filter(|line| header::parse(line).is_some()).count();
    heads > 0 && heads * 50 >= head.lines().take(200).count()
}

/// Reads chat exports, merging those of the same chat.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let mut surveys = Vec::with_capacity(inputs.len());
    for input in inputs {
        surveys.push(survey(input, intake)?);
    }
    let plans = plan(inputs, &surveys, intake)?;
    let files: Vec<Authors> = surveys.iter().zip(inputs).map(|(s, i)| s.authors(i)).collect();
    let parts = if inputs.len() > 1 { shared(inputs, &plans, intake)? } else { vec![Part::default()] };
    // Files of one chat have their roles in common; the first of them begins it.
    let mut chats: Vec<Authors> = Vec::new();
    let mut by_start: Vec<usize> = (0..inputs.len()).collect();
    by_start.sort_by_key(|n| (parts[*n].chat, parts[*n].start));
    for n in by_start {
        match chats.get_mut(parts[n].chat) {
            Some(chat) => chat.add(&files[n]),
            None => chats.push(files[n].clone()),
        }
    }
    let roles = roles::infer(&chats, intake.options);
    for (n, input) in inputs.iter().enumerate() {
        intake.begin(input);
        let roles = &roles[parts[n].chat];
        note(intake, input, &plans[n], roles);
        entries(input, &plans[n], roles, &parts[n].known, intake)?;
    }
    Ok(())
}

/// What the first reading of a file shows about one shape of header.
#[derive(Default)]
struct Seen {
    headers: u64,
    evidence: Evidence,
    /// Messages by author, and what follows if the name itself holds a colon.
    authors: Vec<AuthorSeen>,
    by_name: Map<String, usize>,
    /// The last few ways in which a name was written, and whose they are.
    recent: Recent,
    recent_authors: [usize; 4],
    first_line: String,
}

struct AuthorSeen {
    name: String,
    messages: u64,
    longer: Option<String>,
    always_longer: bool,
}

struct Survey {
    shape: Shape,
    seen: Seen,
    /// CRLF ends entries and a bare LF is a line break inside of them.
    strict_ends: bool,
}

/// How the entries of a file are to be read.
struct Plan {
    shape: Shape,
    verdict: Verdict,
    strict_ends: bool,
    authors: Map<String, String>,
    /// Those who wrote most and have no colon in their names.
    common: Vec<String>,
}

/// So many authors are looked for before all the others.
const COMMON: usize = 6;

/// More shapes than this in one file are not looked at.
const SHAPES: usize = 16;

fn survey(input: &Input, intake: &mut Intake<'_>) -> Result<Survey, ImportError> {
    let mut shapes: Vec<(Shape, Seen)> = Vec::new();
    let mut headers = Headers::default();
    let (mut crlf, mut lf) = (0_u64, 0_u64);
    let (mut after_crlf, mut after_lf) = (0_u64, 0_u64);
    let mut before = LineEnd::File;
    let mut lines = Lines::new(input.open()?, intake.options.limits.element_bytes);
    while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
        intake.advance((line.bytes.len() as u64).div_ceil(2));
        let previous = std::mem::replace(&mut before, line.end);
        match line.end {
            LineEnd::CrLf => crlf += 1,
            LineEnd::Lf => lf += 1,
            LineEnd::File => {}
        }
        if !header::may_begin(line.bytes) {
            continue;
        }
        let text = encoding::lossy(line.bytes);
        let Some(header) = headers.parse(&text) else { continue };
        match previous {
            LineEnd::CrLf => after_crlf += 1,
            LineEnd::Lf => after_lf += 1,
            LineEnd::File => {}
        }
        let at = match shapes.iter().position(|(shape, _)| *shape == header.shape) {
            Some(at) => at,
            None if shapes.len() == SHAPES => continue,
            None => {
                shapes.push((header.shape, Seen::default()));
                shapes.len() - 1
            }
        };
        shapes[at].1.line(&header, &text);
    }
    let unusable = || ImportError::Unusable {
        file: input.name.clone(),
        what: "no line begins like an entry of a chat export".to_owned(),
    };
    let (shape, seen) = shapes.into_iter().max_by_key(|(_, seen)| seen.headers).ok_or_else(unusable)?;
    // A header after a bare line feed is then a quotation; there are few of those.
    let strict_ends = crlf > 0 && lf > 0 && after_lf * 2 <= after_crlf;
    Ok(Survey { shape, seen, strict_ends })
}

impl Seen {
    fn line(&mut self, header: &Header, line: &str) {
        if self.headers == 0 {
            self.first_line = line[..header.rest].trim().to_owned();
        }
        self.headers += 1;
        if self.evidence.dates.last() != Some(&header.date) {
            self.evidence.dates.push(header.date);
        }
        let rest = &line[header.rest..];
        if let Some(date) = wordings::date_in_name(rest) {
            self.evidence.named.push((header.date, date));
        }
        let Some((before, text)) = at_colon(rest).or_else(|| Some((rest.strip_suffix(':')?, ""))) else {
            return;
        };
        let recent = self.recent.position(before).map(|place| self.recent_authors[place]);
        if let Some(author) = recent.or_else(|| self.by_name.get(author_name(before)).copied()) {
            if recent.is_none() {
                self.recent_authors[self.recent.push(before)] = author;
            }
            let seen = &mut self.authors[author];
            seen.messages += 1;
            if seen.always_longer {
                let longer = at_colon(text).map(|(more, _)| more);
                seen.always_longer = longer.is_some() && longer == seen.longer.as_deref();
            }
            return;
        }
        let name = author_name(before);
        if name.is_empty() || wordings::notice_with_colon(name) {
            return;
        }
        let longer = at_colon(text).map(|(more, _)| more.to_owned());
        self.by_name.insert(name.to_owned(), self.authors.len());
        let always_longer = longer.is_some();
        self.authors.push(AuthorSeen { name: name.to_owned(), messages: 1, always_longer, longer });
    }
}

/// Split at the first colon that a blank follows.
fn at_colon(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let at = memchr::memchr_iter(b':', bytes).find(|at| bytes.get(at + 1) == Some(&b' '))?;
    Some((&text[..at], &text[at + 2..]))
}

/// A name without marks, and without the `~` before the self-chosen name of somebody who is not in
/// the address book.
fn author_name(text: &str) -> &str {
    trim_marks(trim_marks(text).trim_start_matches('~'))
}

impl Survey {
    fn authors(&self, input: &Input) -> Authors {
        let stem = input.name.rsplit_once('.').map_or(input.name.as_str(), |(stem, _)| stem);
        Authors {
            messages: self.seen.authors.iter().map(|seen| (full_name(seen), seen.messages)).collect(),
            // Who was seen first stands first.
            first: self.seen.authors.first().map(full_name),
            partner: chat_partner(stem).map(str::to_owned),
        }
    }
}

/// A name with a colon in it: everything after its first part repeats every time.
fn full_name(seen: &AuthorSeen) -> String {
    match &seen.longer {
        Some(more) if seen.always_longer && seen.messages >= 3 => format!("{}: {more}", seen.name),
        _ => seen.name.clone(),
    }
}

fn plan(inputs: &[&Input], surveys: &[Survey], intake: &Intake<'_>) -> Result<Vec<Plan>, ImportError> {
    let told = intake.options.date_order;
    let verdicts: Vec<Result<Verdict, Vec<DateOrder>>> = surveys
        .iter()
        .map(|survey| match told {
            Some(order) => Ok(Verdict { order, certainty: Certainty::Told, evidence: "as told".into() }),
            None => order::decide(&survey.shape, &survey.seen.evidence),
        })
        .collect();
    let mut plans = Vec::with_capacity(inputs.len());
    for (n, survey) in surveys.iter().enumerate() {
        let verdict = match &verdicts[n] {
            Ok(verdict) => verdict.clone(),
            Err(candidates) => sibling(n, surveys, &verdicts).ok_or_else(|| ImportError::DateOrder {
                file: inputs[n].name.clone(),
                candidates: candidates.iter().map(|o| o.name()).collect::<Vec<_>>().join(" or "),
                example: survey.seen.first_line.clone(),
            })?,
        };
        let authors = survey.seen.authors.iter().map(|seen| (seen.name.clone(), full_name(seen)));
        let authors: Map<String, String> = authors.collect();
        let mut common: Vec<(u64, &String)> =
            survey.seen.authors.iter().map(|seen| (seen.messages, &seen.name)).collect();
        common.retain(|(_, name)| authors.get(*name) == Some(*name));
        common.sort_unstable_by(|a, b| b.cmp(a));
        plans.push(Plan {
            shape: survey.shape,
            verdict,
            strict_ends: survey.strict_ends,
            common: common.into_iter().take(COMMON).map(|(_, name)| name.clone()).collect(),
            authors,
        });
    }
    Ok(plans)
}

/// The order of the other files with the same header shape, if they agree: exports of one phone.
fn sibling(n: usize, surveys: &[Survey], verdicts: &[Result<Verdict, Vec<DateOrder>>]) -> Option<Verdict> {
    let alike = surveys.iter().zip(verdicts).filter(|(s, _)| s.shape == surveys[n].shape);
    let mut orders: Vec<DateOrder> = alike.filter_map(|(_, v)| v.as_ref().ok().map(|v| v.order)).collect();
    orders.dedup();
    match orders.as_slice() {
        [order] => Some(Verdict {
            order: *order,
            certainty: Certainty::Likely,
            evidence: "other files with headers of the same shape".into(),
        }),
        _ => None,
    }
}

fn note(intake: &mut Intake<'_>, input: &Input, plan: &Plan, roles: &Roles) {
    let file = intake.label_of(input);
    let certainty = match plan.verdict.certainty {
        Certainty::Told => "told",
        Certainty::Certain => "certain",
        Certainty::VeryLikely => "very likely",
        Certainty::Likely => "likely",
    };
    intake.note(format!(
        "{file}: dates are {}, {certainty}: {}",
        plan.verdict.order.name(),
        plan.verdict.evidence
    ));
    intake.note(format!("{file}: roles: {}", roles.rule));
    if intake.options.zone.is_none() {
        intake.note("chat exports state no time zone: UTC is assumed, say which with --zone");
    }
}

/// An entry as it stands in the file.
struct Entry<'a> {
    line: u64,
    /// Date and time in the words of the file.
    header: Header,
    /// `None` for what has no author.
    author: Option<&'a str>,
    body: &'a str,
}

/// What the walk over a file meets.
enum Step<'a> {
    Entry(Entry<'a>),
    /// A line before the first entry.
    Stray {
        line: u64,
        bytes: &'a [u8],
    },
    TooLong {
        line: u64,
        bytes: &'a [u8],
    },
    Continuation,
}

/// Walks over the entries of a file.
fn walk(
    input: &Input,
    plan: &Plan,
    limit: usize,
    each: &mut dyn FnMut(Step<'_>, u64),
) -> Result<(), ImportError> {
    let mut lines = Lines::new(input.open()?, limit);
    let mut headers = Headers::default();
    let mut open: Option<(u64, Header)> = None;
    let mut body = String::new();
    let mut before = LineEnd::File;
    while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
        let bytes_read = line.bytes.len() as u64 + 1;
        let may_begin = !(plan.strict_ends && before == LineEnd::Lf);
        before = line.end;
        if line.too_long {
            each(Step::TooLong { line: line.number, bytes: line.bytes }, bytes_read);
            continue;
        }
        let text = encoding::lossy(line.bytes);
        let found = if may_begin { headers.parse(&text).filter(|h| h.shape == plan.shape) } else { None };
        match found {
            Some(found) => {
                if let Some((line, header)) = open.replace((line.number, found)) {
                    each(Step::Entry(plan.entry(line, header, &body)), 0);
                }
                body.clear();
                body.push_str(&text[found.rest..]);
                each(Step::Continuation, bytes_read);
            }
            None if open.is_some() && body.len() + text.len() < limit => {
                body.push('\n');
                body.push_str(&text);
                each(Step::Continuation, bytes_read);
            }
            None if open.is_some() => {
                each(Step::TooLong { line: line.number, bytes: line.bytes }, bytes_read);
            }
            None => each(Step::Stray { line: line.number, bytes: line.bytes }, bytes_read),
        }
    }
    if let Some((line, header)) = open {
        each(Step::Entry(plan.entry(line, header, &body)), 0);
    }
    Ok(())
}

impl Plan {
    fn entry<'a>(&'a self, line: u64, header: Header, body: &'a str) -> Entry<'a> {
        let (author, body) = self.split_author(body);
        Entry { line, header, author, body }
    }

    /// The author of a body and the rest of it.
    fn split_author<'a>(&'a self, body: &'a str) -> (Option<&'a str>, &'a str) {
        for name in &self.common {
            if let Some(text) = body.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(": ")) {
                return (Some(name), text);
            }
        }
        let line_end = memchr::memchr(b'\n', body.as_bytes()).unwrap_or(body.len());
        let Some(colon) = memchr::memchr(b':', &body.as_bytes()[..line_end]) else { return (None, body) };
        // `Ana: hi`, `Ana:` at the end of a line; `Ana:.` only if Ana is known from other lines.
        let mut at = colon;
        while !matches!(body.as_bytes().get(at + 1), None | Some(b' ' | b'\n')) {
            if self.authors.contains_key(author_name(&body[..at])) {
                break;
            }
            match memchr::memchr(b':', &body.as_bytes()[at + 1..line_end]) {
                Some(next) => at += 1 + next,
                None => return (None, body),
            }
        }
        let Some((name, full)) = self.authors.get_key_value(author_name(&body[..at])) else {
            return (None, body);
        };
        let text = body[at + 1..].strip_prefix(' ').unwrap_or(&body[at + 1..]);
        if full.len() > name.len()
            && let Some(text) = text.strip_prefix(&full[name.len() + 2..]).and_then(|t| t.strip_prefix(": "))
        {
            return (Some(full), text);
        }
        (Some(name), text)
    }
}

/// What a file contributes to a chat.
#[derive(Default)]
struct Part {
    /// Number of the chat.
    chat: usize,
    /// Its first minute.
    start: i64,
    /// Which of its entries stand already in an earlier file of the chat.
    known: Vec<bool>,
}

/// Which files are exports of the same chat, and what they share.
fn shared(inputs: &[&Input], plans: &[Plan], intake: &mut Intake<'_>) -> Result<Vec<Part>, ImportError> {
    let limit = intake.options.limits.element_bytes;
    let mut sequences: Vec<Vec<u64>> = Vec::with_capacity(inputs.len());
    let mut parts: Vec<Part> = Vec::with_capacity(inputs.len());
    for (input, plan) in inputs.iter().zip(plans) {
        let mut sequence = Vec::new();
        let mut start = i64::MAX;
        walk(input, plan, limit, &mut |step, _| {
            if let Step::Entry(entry) = step {
                let day = plan.verdict.order.date(entry.header.date).map_or(0, clock::days);
                // One phone may write seconds and the other not.
                let minute = entry.header.ms / 60_000;
                start = start.min(day * 1_440 + i64::from(minute));
                sequence.push(fingerprint((day, minute, entry.author, trim_marks(entry.body))));
            }
        })?;
        sequences.push(sequence);
        parts.push(Part { start, ..Part::default() });
    }
    let mut by_start: Vec<usize> = (0..inputs.len()).collect();
    by_start.sort_by_key(|n| parts[*n].start);
    let mut chats: Vec<Vec<u64>> = Vec::new();
    for n in by_start {
        let found = chats
            .iter()
            .enumerate()
            .find_map(|(c, chat)| merge::overlap(chat, &sequences[n]).map(|m| (c, m)));
        match found {
            Some((chat, (known, both))) => {
                parts[n].known = known;
                parts[n].chat = chat;
                chats[chat] = both;
            }
            None => {
                parts[n].chat = chats.len();
                chats.push(std::mem::take(&mut sequences[n]));
            }
        }
    }
    let merged = inputs.len() - chats.len();
    if merged > 0 {
        intake.note(format!("{merged} files overlap with another export of the same chat and were merged"));
    }
    Ok(parts)
}

/// The second reading: entries become events.
fn entries(
    input: &Input,
    plan: &Plan,
    roles: &Roles,
    known: &[bool],
    intake: &mut Intake<'_>,
) -> Result<(), ImportError> {
    let limit = intake.options.limits.element_bytes;
    let mut local = Local::new(intake.options.zone());
    let precision = if plan.shape.seconds { Precision::Second } else { Precision::Minute };
    let label = intake.label_of(input);
    let chat = roles.only_customer().unwrap_or(&label).to_owned();
    for author in plan.authors.values() {
        intake.participant(Thread::Person(&chat), author);
    }
    let mut previous = None;
    let mut number = 0;
    // Of the date before: the next entry is mostly of the same.
    let mut last = ([0; 3], None);
    walk(input, plan, limit, &mut |step, bytes_read| {
        intake.advance(bytes_read / 2);
        match step {
            Step::Continuation => {
                intake.report.lines += 1;
                intake.report.continuation_lines += 1;
            }
            Step::Stray { line, bytes } => {
                intake.report.lines += 1;
                if !bytes.trim_ascii().is_empty() {
                    intake.element();
                    intake.quarantine(line, "text before the first entry", bytes);
                }
            }
            Step::TooLong { line, bytes } => {
                intake.report.lines += 1;
                intake.element();
                intake.quarantine(line, "line too long", bytes);
            }
            Step::Entry(entry) => {
                // Its first line was counted as one that continues.
                intake.report.continuation_lines -= 1;
                intake.element();
                number += 1;
                if last.0 != entry.header.date {
                    last = (entry.header.date, plan.verdict.order.date(entry.header.date));
                }
                let Some(date) = last.1 else {
                    intake.quarantine(entry.line, "the date does not exist", b"");
                    return;
                };
                if known.get(number - 1).copied().unwrap_or(false) {
                    intake.duplicate();
                    return;
                }
                let (at, certainty) = local.instant(date, entry.header.ms.into(), previous);
                match certainty {
                    clock::Certainty::Plain => {}
                    clock::Certainty::Twice => intake.found("in_the_hour_that_came_twice"),
                    clock::Certainty::Never => intake.found("at_a_time_that_did_not_exist"),
                }
                if previous.is_some_and(|p| at < p) {
                    intake.report.out_of_order += 1;
                }
                previous = Some(at);
                one_entry(&entry, (at, precision), &chat, roles, intake);
            }
        }
    })
}

fn one_entry(entry: &Entry<'_>, stamp: clock::Stamp, chat: &str, roles: &Roles, intake: &mut Intake<'_>) {
    let Some(author) = entry.author else {
        intake.notice();
        return;
    };
    let role = roles.of(author);
    let mut found = Found::message(Thread::Person(chat), stamp, role, entry.line);
    found.actor = author;
    match wordings::classify(entry.body) {
        Body::Notice => {
            intake.notice();
            return;
        }
        Body::Text { text, .. }
            if (entry.header.shape.bracket && wordings::plain_notice(text))
                || wordings::is_encryption_note(text) =>
        {
            intake.notice();
            return;
        }
        Body::Text { text, edited } => {
            found.text = Some(text);
            if edited {
                intake.found("edited");
            }
        }
        Body::Media { kind, caption, left_out } => {
            found.media = Some(kind);
            found.text = Some(caption).filter(|c| !c.is_empty());
            intake.found(if left_out { "media_omitted" } else { "attached" });
        }
        Body::Deleted => {
            found.value = Some("deleted");
            intake.found("deleted");
        }
        Body::Unknown => {
            found.text = Some(trim_marks(entry.body));
            intake.found("probably_a_marker");
        }
    }
    intake.keep();
    intake.event(found);
}
