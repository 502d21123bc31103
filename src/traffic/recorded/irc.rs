//! Logs of IRC channels, as clients write them: `CHANNEL 2019-09-04 [22:44:46] <nick> text`,
//! `[04:14] <nick> text`, with `* nick` for actions and `===`, `***` or `-!-` before notices.
//!
//! A support channel is a shared inbox: many conversations lie in one stream. A file of reply links
//! beside the log (`X.annotation.txt` beside `X.ascii.txt`, lines `A B -`: line B answers line A, counted
//! from 0) tells them apart. Without one, a message belongs to the customer whom it is addressed to
//! (`nick: ...`), or else to the thread that its author was last in.
//!
//! Who is the desk: those told; else whoever addresses at least five others by name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::traffic::log::{Precision, Role};

use super::clock::{self, Local};
use super::encoding;
use super::fingerprint::Map;
use super::input::Input;
use super::intake::{Found, Intake, Thread};
use super::lines::{self, Lines};
use super::report::ImportError;

/// Whoever addresses so many others is taken for the desk.
const STAFF_ADDRESSES: usize = 5;

/// A line at least this long may go on in the next one, with the same author and second.
const CUT_AT: usize = 380;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line<'a> {
    date: Option<Date>,
    /// Seconds since midnight.
    second: i64,
    /// The clock shows seconds.
    exact: bool,
    /// `None`: a notice with a time in front.
    nick: Option<&'a str>,
    text: &'a str,
}

/// A line of a log; `None` if it is none.
fn parse(line: &str) -> Option<Line<'_>> {
    let mut rest = line.trim_start();
    let mut date = None;
    // A channel's name, a date, both or neither stand before the time.
    for _ in 0..3 {
        let (word, behind) = rest.split_once(' ')?;
        let bare = word.trim_start_matches('[').trim_end_matches(']');
        if let Some((second, exact)) = time(bare) {
            let (nick, text) = said(behind)?;
            return Some(Line { date, second, exact, nick, text });
        }
        match iso_date(bare) {
            Some(day) => date = Some(day),
            None if date.is_none() && word.len() <= 50 && !word.starts_with(['<', '[', '*']) => {}
            None => return None,
        }
        rest = behind;
    }
    None
}

/// `<nick> text`, `* nick text`, or a notice.
fn said(rest: &str) -> Option<(Option<&str>, &str)> {
    let rest = rest.trim_start();
    if let Some(rest) = rest.strip_prefix('<') {
        let (nick, text) = rest.split_once('>')?;
        let nick = nick.trim_start_matches(['@', '+', '%', '&', '~', ' ']);
        return (!nick.is_empty()).then(|| (Some(nick), text.trim()));
    }
    if let Some(action) = rest.strip_prefix("* ") {
        let (nick, text) = action.trim().split_once(' ').unwrap_or((action.trim(), ""));
        return (!nick.is_empty()).then(|| (Some(nick), text.trim()));
    }
    ["***", "-!-", "===", "-->", "<--", "--"]
        .iter()
        .any(|mark| rest.starts_with(mark))
        .then_some((None, rest))
}

fn time(word: &str) -> Option<(i64, bool)> {
    let two = |part: &str| -> Option<i64> {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let mut parts = word.split(':');
    let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
    let second = parts.next().map(two);
    let seconds = second.flatten();
    if parts.next().is_some() || second != second.map(|_| seconds) || hour > 23 || minute > 59 {
        return None;
    }
    let exact = seconds.is_some();
    (seconds.unwrap_or(0) < 60).then(|| (hour * 3_600 + minute * 60 + seconds.unwrap_or(0), exact))
}

/// `2019-09-04` at the beginning of a word.
fn iso_date(word: &str) -> Option<Date> {
    let bytes = word.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| word.get(from..to)?.parse::<i64>().ok();
    clock::civil_date(number(0, 4)?, number(5, 7)?, number(8, 10)?)
}

/// Whether a text looks like such a log: most of its first lines are of this kind.
pub fn looks_like(head: &str) -> bool {
    let lines: Vec<&str> = head.lines().take(50).filter(|l| !l.trim().is_empty()).collect();
    let heard = lines.iter().filter(|l| parse(l).is_some_and(|l| l.nick.is_some())).count();
    heard > 0 && heard * 2 >= lines.len()
}

/// Whether a text is a file of reply links.
pub fn looks_like_links(head: &str) -> bool {
    let mut lines = head.lines().take(20).filter(|l| !l.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| link(line).is_some())
}

/// `A B -`.
fn link(line: &str) -> Option<(u64, u64)> {
    let mut parts = line.split_whitespace();
    let pair = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next() == Some("-") && parts.next().is_none()).then_some(pair)
}

/// Reads logs, each with its reply links if they are there.
pub fn read(inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let stem = |name: &str| {
        let name = name.strip_suffix(".txt").or(name.strip_suffix(".log")).unwrap_or(name);
        let name = name.strip_suffix(".annotation").or(name.strip_suffix(".ascii")).unwrap_or(name);
        name.to_owned()
    };
    let mut links: BTreeMap<String, Links> = BTreeMap::new();
    let mut logs = Vec::new();
    for input in inputs {
        let head = input.head()?;
        if looks_like_links(&String::from_utf8_lossy(&head)) {
            links.insert(stem(&input.name), read_links(input, intake)?);
        } else {
            logs.push(*input);
        }
    }
    if intake.options.zone.is_none() {
        intake.note("IRC logs state no time zone: UTC is assumed, say which with --zone");
    }
    for input in logs {
        let survey = survey(input, intake)?;
        let name = stem(&input.name);
        one(input, &name, &survey, links.get(&name), intake)?;
    }
    Ok(())
}

/// Conversations by line: lines that answer one another, directly or not, belong together.
struct Links(Map<u64, u64>);

impl Links {
    fn root(&self, of: u64) -> u64 {
        let mut at = of;
        while let Some(next) = self.0.get(&at).filter(|next| **next != at) {
            at = *next;
        }
        at
    }

    fn join(&mut self, one: u64, other: u64) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, later) = (one.min(other), one.max(other));
        self.0.insert(first, first);
        self.0.insert(later, first);
    }

    fn conversation(&self, line: u64) -> Option<u64> {
        self.0.contains_key(&line).then(|| self.root(line))
    }
}

fn read_links(input: &Input, intake: &mut Intake<'_>) -> Result<Links, ImportError> {
    let mut links = Links(Map::default());
    lines::elements(input, intake, &mut |line, intake| match std::str::from_utf8(line.bytes)
        .ok()
        .and_then(link)
    {
        Some((of, answer)) => {
            links.join(of, answer);
            intake.found(if of == answer { "conversation_start" } else { "reply_link" });
            intake.notice();
        }
        None => intake.quarantine(line.number, "not a reply link (`A B -`)", line.bytes),
    })?;
    Ok(links)
}

/// What the first reading shows: who is there, and who addresses whom.
#[derive(Default)]
struct Survey {
    nicks: BTreeSet<String>,
    staff: BTreeSet<String>,
    /// Nicks that differ from another in case alone, and what they go by here, where case does not count.
    alike: BTreeMap<String, String>,
    dated: bool,
}

impl Survey {
    /// The nick that a text begins with: `nick: ...`, `nick, ...`, `@nick ...`.
    fn addressed<'t>(&self, text: &'t str) -> Option<&'t str> {
        let (word, _) = text.split_once(' ').unwrap_or((text, ""));
        let bare = word.trim_start_matches('@').trim_end_matches([':', ',']);
        (bare.len() < word.len() && self.nicks.contains(bare)).then_some(bare)
    }
}

fn survey(input: &Input, intake: &Intake<'_>) -> Result<Survey, ImportError> {
    let mut found = Survey::default();
    let each = |each: &mut dyn FnMut(&Line<'_>)| -> Result<(), ImportError> {
        let mut lines = Lines::new(input.open()?, intake.options.limits.element_bytes);
        while let Some(line) = lines.next_line().map_err(|e| input.failed(e))? {
            if let Some(line) = parse(&encoding::lossy(line.bytes)) {
                each(&line);
            }
        }
        Ok(())
    };
    each(&mut |line| {
        found.dated |= line.date.is_some();
        found.nicks.extend(line.nick.map(str::to_owned));
    })?;
    let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    each(&mut |line| {
        if let (Some(nick), Some(other)) = (line.nick, found.addressed(line.text))
            && nick != other
        {
            addresses.entry(nick.to_owned()).or_default().insert(other.to_owned());
        }
    })?;
    let mut plain = BTreeSet::new();
    for nick in &found.nicks {
        if !plain.insert(nick.to_lowercase()) {
            found.alike.insert(nick.clone(), format!("{nick} {}", found.alike.len() + 2));
        }
    }
    let options = intake.options;
    let told = !options.agents.is_empty() || !options.bots.is_empty();
    found.staff = match told {
        true => options.agents.iter().chain(&options.bots).cloned().collect(),
        false => addresses.into_iter().filter(|(_, o)| o.len() >= STAFF_ADDRESSES).map(|(n, _)| n).collect(),
    };
    found.staff.retain(|nick| !options.customers.contains(nick));
    Ok(found)
}

/// A message, until it is known whether the next line goes on with it.
struct Open {
    nick: String,
    stamp: clock::Stamp,
    text: String,
    line: u64,
    cut: bool,
}

fn one(
    input: &Input,
    name: &str,
    survey: &Survey,
    links: Option<&Links>,
    intake: &mut Intake<'_>,
) -> Result<(), ImportError> {
    let named = name.char_indices().find_map(|(at, _)| iso_date(name.get(at..at + 10)?));
    let Some(first_day) = named.or(survey.dated.then_some(Date::constant(1990, 1, 1))) else {
        let what = "the lines have no date and the file's name has none either (YYYY-MM-DD): rename it";
        return Err(ImportError::Unusable { file: input.name.clone(), what: what.to_owned() });
    };
    let label = intake.label_of(input);
    intake.note(match (links.is_some(), survey.staff.len()) {
        (true, _) => format!("{label}: conversations by its reply links; who began one is its customer"),
        (false, 0) => format!("{label}: nothing tells the desk from its customers: all are taken for customers"),
        (false, n) => format!(
            "{label}: {n} authors are the desk: told, or they address at least {STAFF_ADDRESSES} others by name; \
             a message belongs to the customer it is addressed to, or to the thread its author was last in"
        ),
    });
    let mut talk = Talk { survey, links, name, last: Map::default(), begun: Map::default() };
    let mut local = Local::new(intake.options.zone());
    let (mut day, mut before) = (first_day, 0);
    let mut previous = None;
    let mut open: Option<Open> = None;
    lines::elements(input, intake, &mut |line, intake| {
        let text = encoding::lossy(line.bytes);
        let Some(found) = parse(&text) else {
            return match ["===", "***", "---", "-!-"].iter().any(|mark| text.starts_with(mark)) {
                true => intake.notice(),
                false => intake.quarantine(line.number, "neither a message nor a notice", line.bytes),
            };
        };
        match found.date {
            Some(date) => day = date,
            // The clock went back by more than half a day: it is past midnight.
            None if found.second + 43_200 < before => day = day.tomorrow().unwrap_or(day),
            None => {}
        }
        before = found.second;
        let Some(nick) = found.nick else { return intake.notice() };
        let precision = if found.exact { Precision::Second } else { Precision::Minute };
        let (at, _) = local.instant(day, found.second * 1_000, previous);
        if previous.is_some_and(|p| at < p) {
            intake.report.out_of_order += 1;
        }
        previous = Some(at);
        intake.keep();
        let cut = line.bytes.len() >= CUT_AT;
        match &mut open {
            Some(open) if open.cut && open.nick == nick && open.stamp.0 == at && found.exact => {
                open.text.push_str(found.text);
                open.cut = cut;
                intake.found("continued_line");
            }
            _ => {
                let text = found.text.to_owned();
                let next =
                    Open { nick: nick.to_owned(), stamp: (at, precision), text, line: line.number, cut };
                if let Some(done) = open.replace(next) {
                    talk.give(&done, intake);
                }
            }
        }
    })?;
    if let Some(done) = open {
        talk.give(&done, intake);
    }
    Ok(())
}

/// Sorts messages into threads.
struct Talk<'a> {
    survey: &'a Survey,
    links: Option<&'a Links>,
    name: &'a str,
    /// The customer in whose thread an author was last.
    last: Map<String, String>,
    /// Who began a linked conversation.
    begun: Map<u64, String>,
}

impl Talk<'_> {
    fn give(&mut self, open: &Open, intake: &mut Intake<'_>) {
        let staff = |nick: &str| self.survey.staff.contains(nick);
        let linked = self.links.and_then(|links| links.conversation(open.line - 1));
        let bot = intake.options.bots.contains(&open.nick);
        let desk = if bot { Role::Bot } else { Role::Agent };
        if let Some(conversation) = linked {
            let starter = self.begun.entry(conversation).or_insert_with(|| open.nick.clone());
            let from = if *starter == open.nick { Role::Customer } else { desk };
            let id = format!("{}-{conversation}", self.name);
            return self.message(Thread::Ticket(&id), from, open, intake);
        }
        let customer = match self.survey.addressed(&open.text).filter(|nick| !staff(nick)) {
            Some(other) if staff(&open.nick) => other.to_owned(),
            _ if !staff(&open.nick) => open.nick.clone(),
            _ => self.last.get(&open.nick).unwrap_or(&open.nick).clone(),
        };
        let from = if staff(&open.nick) { desk } else { Role::Customer };
        self.last.insert(open.nick.clone(), customer.clone());
        self.message(Thread::Person(&customer), from, open, intake);
    }

    fn message(&self, thread: Thread<'_>, from: Role, open: &Open, intake: &mut Intake<'_>) {
        for nick in [Some(open.nick.as_str()), self.survey.addressed(&open.text)].into_iter().flatten() {
            intake.participant(thread, nick);
        }
        let mut found = Found::message(thread, open.stamp, from, open.line);
        found.actor = self.survey.alike.get(&open.nick).unwrap_or(&open.nick);
        found.text = Some(open.text.as_str()).filter(|t| !t.is_empty());
        intake.event(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_many_clients() {
        for (line, second, nick, text) in [
            ("stripe 2019-09-04 [22:44:46] <ana> hi there ", 81_886, Some("ana"), "hi there"),
            ("[04:14] <joshua__> slow", 15_240, Some("joshua__"), "slow"),
            ("[07:09]  * homejoe", 25_740, Some("homejoe"), ""),
            ("[10:25]  * Ben64 shrugs", 37_500, Some("Ben64"), "shrugs"),
            ("2019-09-04 22:44 <@ops> x", 81_840, Some("ops"), "x"),
            ("[2019-09-04 22:44:46] <ana> x", 81_886, Some("ana"), "x"),
            ("22:44 -!- ana has joined #help", 81_840, None, "-!- ana has joined #help"),
        ] {
            let found = parse(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.second, found.nick, found.text), (second, nick, text), "{line}");
        }
        for line in [
            "",
            "=== cy is now known as x",
            "hello <ana> there",
            "26:00 <ana> x",
            "12:3 <a> x",
            "12:30 hello",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
