//! The cases' own form (tests/data/sla_cases.md) in the library's terms: calendars, policies, logs.

use super::Outcome;
use helpsim::scenario::plan::{ClockSwitches, Condition, Policy};
use helpsim::scenario::switches::AtExactClose;
use helpsim::sla::Policies;
use helpsim::time::calendar::{BusinessHours, Hours};
use helpsim::time::{Calendar, CalendarError, Instant, Span};
use helpsim::traffic::log::{Event, Kind, Precision, Role};
use jiff::tz::TimeZone;
use serde_json::Value;

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn zone(case: &Value) -> TimeZone {
    case["timezone"].as_str().map_or(TimeZone::UTC, |name| TimeZone::get(name).unwrap())
}

/// Times without a zone belong to a calendar without a zone: both are read as UTC.
pub(crate) fn instant(value: &Value) -> Instant {
    let text = text(value);
    let at = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse());
    Instant(at.unwrap_or_else(|_| panic!("no instant: {text}")).as_millisecond())
}

pub(super) fn seconds(value: &Value) -> Span {
    Span((value.as_f64().unwrap_or(0.0) * 1_000.0) as i64)
}

pub(super) fn show(at: Option<Instant>) -> String {
    at.map_or("null".to_owned(), |at| jiff::Timestamp::from_millisecond(at.0).unwrap().to_string())
}

/// `HH:MM`, or `HH:MM:SS` with the seconds left out.
pub(super) fn minutes(text: &str) -> u16 {
    let mut parts = text.split(':').map(|part| part.parse::<u16>().unwrap());
    parts.next().unwrap() * 60 + parts.next().unwrap_or(0)
}

pub(super) fn hours(value: &Value) -> Vec<Hours> {
    list(value).iter().map(|pair| (minutes(text(&pair[0])), minutes(text(&pair[1])))).collect()
}

pub(super) fn dated(value: &Value) -> Vec<(jiff::civil::Date, Vec<Hours>)> {
    value
        .as_object()
        .map_or(vec![], |dates| dates.iter().map(|(date, at)| (date.parse().unwrap(), hours(at))).collect())
}

/// The switches of a case's system. biz and business_time are libraries of calendar arithmetic.
pub(super) fn switches(case: &Value) -> ClockSwitches {
    let like = |name| ClockSwitches::like(name, toml::Table::new()).unwrap();
    match text(&case["system"]) {
        "biz" => ClockSwitches { exact_close: AtExactClose::NextOpening, ..ClockSwitches::default() },
        "business_time" => ClockSwitches::default(),
        name => like(name),
    }
}

/// `case` may also be an event that brings new hours.
pub(super) fn calendar_of(
    case: &Value,
    zone: TimeZone,
    switches: &ClockSwitches,
) -> Result<Calendar, CalendarError> {
    let Some(week) = case["business_hours"].as_object() else { return Ok(Calendar::always()) };
    let of_day = |day: &str| week.iter().find(|(name, _)| name.to_lowercase().starts_with(day));
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .map(|day| of_day(day).map_or(vec![], |(_, at)| hours(at)));
    let mut hours = BusinessHours::new(zone, week);
    for (date, open) in dated(&case["date_overrides"]) {
        hours = hours.on_date(date, open);
    }
    for (date, closed) in dated(&case["breaks"]) {
        hours = hours.break_on(date, closed);
    }
    for holiday in list(&case["holidays"]) {
        // Where days off carry flags, only those count that are active and not removed.
        let flagged = holiday["active"].is_boolean() || holiday["removed"].is_boolean();
        let on = holiday["active"] == Value::Bool(true) && holiday["removed"] != Value::Bool(true);
        if on || !flagged {
            hours = hours.holiday(text(&holiday["date"]).parse().unwrap());
        }
    }
    helpsim::sla::compile_hours(hours, switches)
}

pub(super) fn calendar(case: &Value) -> Calendar {
    calendar_of(case, zone(case), &switches(case)).unwrap()
}

/// The priorities a case names; the first stands for "none given".
pub(super) fn priorities(case: &Value) -> Vec<String> {
    let mut names = vec![String::new()];
    for event in list(&case["events"]) {
        let changed = event["to"].as_str().filter(|_| event["type"] == "priority_changed");
        names.extend(changed.or(event["priority"].as_str()).map(str::to_owned));
    }
    for policy in list(&case["policy"]["candidates"]).iter().chain([&case["policy"]]) {
        let asked = asks(&policy["condition"]).into_iter().filter(|ask| ask.field == "priority");
        names.extend(asked.map(|ask| ask.value));
        names.extend(list(&policy["priorities"]).iter().map(|name| text(name).to_owned()));
        names.extend(policy["by_priority"].as_object().into_iter().flat_map(|of| of.keys().cloned()));
    }
    names.sort();
    names.dedup();
    names
}

pub(super) fn policy(value: &Value, calendar: u16, names: &[String]) -> Policy {
    // A target holds for whatever priority the case names, unless it says for which.
    let holds_for = |name: &String| {
        value["by_priority"].is_null()
            && (value["priorities"].is_null() || list(&value["priorities"]).iter().any(|one| one == name))
    };
    let target = |clock: &str| {
        let key = format!("{clock}_s");
        let of = |name: &String| {
            let own = &value["by_priority"][name.as_str()][&key];
            let target = if holds_for(name) { &value[&key] } else { own };
            target.as_f64().map(|_| seconds(target))
        };
        names.iter().map(of).collect()
    };
    Policy {
        name: text(&value["name"]).to_owned(),
        calendar,
        first_response: target("first_response"),
        next_response: target("next_response"),
        update: target("update"),
        resolution: target("resolution"),
        requester_wait: target("requester_wait"),
        assignment: target("assignment"),
        escalation: target("escalation"),
        default: value["default"] == Value::Bool(true),
        ..Policy::default()
    }
}

/// Changes of the desk itself: of its calendar or of its policy.
pub(super) fn revisions(case: &Value) -> impl Iterator<Item = &Value> {
    let of_desk = ["calendar_changed", "policy_changed", "sla_changed"];
    list(&case["events"]).iter().filter(move |event| of_desk.contains(&text(&event["type"])))
}

/// The policy of the case, once more for each revision of the desk.
pub(super) fn policies(case: &Value) -> Policies {
    let switches = switches(case);
    let names = priorities(case);
    let mut calendars = vec![calendar(case)];
    let mut written = vec![(&case["policy"], 0)];
    for event in revisions(case) {
        if event["business_hours"].is_object() {
            calendars.push(calendar_of(event, zone(case), &switches).unwrap());
        }
        let before = written.last().map_or(&case["policy"], |(policy, _)| *policy);
        let now = if event["policy"].is_object() { &event["policy"] } else { before };
        written.push((now, calendars.len() as u16 - 1));
    }
    let tags = tags(case);
    // A case's only policy is its system's default one, unless it has a condition.
    let policies: Vec<Policy> = written
        .into_iter()
        .map(|(written, calendar)| Policy {
            when: condition(&written["condition"], &names, &tags),
            default: text(&written["condition"]).is_empty(),
            ..policy(written, calendar, &names)
        })
        .collect();
    Policies::compile(&policies, &calendars, &switches).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(super) fn events<'a>(case: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
    list(&case["events"]).iter().filter(move |event| event["type"] == kind)
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Outcome {
    if got == want { Ok(()) } else { Err(format!("{what} is {got:?}, want {want:?}")) }
}

/// As near as the case asks for.
pub(super) fn near(what: &str, got: Option<Span>, want: &Value, expected: &Value) -> Outcome {
    let tolerance = seconds(&expected["tolerance_s"]);
    match (got, want.as_f64().map(|_| seconds(want))) {
        (Some(got), Some(want)) if (got - want).0.abs() <= tolerance.0 => Ok(()),
        (got, want) => same(what, got, want),
    }
}

pub(super) fn same_instant(what: &str, got: Option<Instant>, want: &Value) -> Outcome {
    same(what, show(got), show(want.as_str().map(|_| instant(want))))
}

/// One part of a condition: a field and what it must be, or contain.
pub(super) struct Ask {
    pub field: String,
    pub value: String,
}

/// Conditions of the cases: `title contains "words"`, `priority = NAME`, `doc.customer == 'NAME'`, several
/// of them joined by `and`, or nothing.
pub(super) fn asks(condition: &Value) -> Vec<Ask> {
    let bare = |word: &str| word.trim_matches(['=', ' ', '"', '\'']).to_owned();
    text(condition)
        .split(" and ")
        .filter_map(|part| part.split_once('=').or_else(|| part.split_once(" contains ")))
        .map(|(field, value)| Ask {
            field: bare(field.trim().trim_start_matches("doc.")),
            value: bare(value),
        })
        .collect()
}

/// What conditions ask of fields that are neither the title nor the priority: tags of the ticket.
pub(super) fn tags(case: &Value) -> Vec<String> {
    let policies = list(&case["policy"]["candidates"]).iter().chain([&case["policy"]]);
    policies.flat_map(|policy| asks(&policy["condition"])).filter_map(|ask| tag_of(&ask)).collect()
}

pub(super) fn tag_of(ask: &Ask) -> Option<String> {
    let own = ["title", "subject", "priority"].contains(&ask.field.as_str());
    (!own).then(|| format!("{}={}", ask.field, ask.value))
}

pub(super) fn condition(value: &Value, priorities: &[String], tags: &[String]) -> Condition {
    // What always holds, or never, is no empty condition.
    let constant = match text(value).trim() {
        "True" | "true" => Some(0),
        "False" | "false" => Some(u16::MAX),
        _ => None,
    };
    let mut condition = Condition { reopened: constant, ..Condition::default() };
    for ask in asks(value) {
        if let Some(tag) = tag_of(&ask) {
            condition.tags.extend(tags.iter().position(|known| *known == tag).map(|at| at as u8));
        } else if ask.field == "priority" {
            condition.priorities.extend(priorities.iter().position(|p| *p == ask.value).map(|at| at as u8));
        } else {
            condition.contains.push(ask.value);
        }
    }
    condition
}

/// The tags that a ticket's fields give it.
pub(super) fn tags_of_ticket(created: &Value, tags: &[String]) -> Vec<usize> {
    let has = |tag: &str| {
        let (field, value) = tag.split_once('=').unwrap();
        created[field].as_str() == Some(value)
    };
    (0..tags.len()).filter(|&at| has(&tags[at])).collect()
}

pub(super) fn log_event(at: Instant, kind: Kind, from: Role, value: Option<&str>) -> Event {
    Event {
        conversation: "1".to_owned(),
        at,
        kind,
        from,
        actor: String::new(),
        text: None,
        media: None,
        value: value.map(str::to_owned),
        precision: Precision::Second,
        origin: "case".to_owned(),
    }
}

/// The first so many events of a case as a traffic log. Changes of the desk and looks at the ticket are no
/// events of a log.
pub(super) fn log(case: &Value, upto: usize) -> Result<Vec<Event>, String> {
    let mut log = Vec::new();
    let tags = tags(case);
    for event in &list(&case["events"])[..upto] {
        let (kind, from, value) = match text(&event["type"]) {
            "ticket_created" => (Kind::Status, Role::System, Some(event["state"].as_str().unwrap_or("open"))),
            "state_changed" | "status_changed" => (Kind::Status, Role::Agent, event["to"].as_str()),
            "resolved" | "solved" | "closed" => (Kind::Status, Role::Agent, event["type"].as_str()),
            "reopened" => (Kind::Status, Role::Agent, Some("open")),
            "customer_message" | "customer_reply" => (Kind::Message, Role::Customer, None),
            "agent_reply" | "agent_message" | "public_note" => (Kind::Message, Role::Agent, None),
            "private_note" | "internal_note" | "note" => (Kind::Note, Role::Agent, None),
            "bot_reply" | "bot_message" => (Kind::Message, Role::Bot, None),
            "bot_handoff" => (Kind::Assign, Role::Bot, None),
            "system_message" | "auto_reply" => (Kind::Message, Role::System, None),
            "assigned" => (Kind::Assign, Role::System, Some(event["to"].as_str().unwrap_or("an agent"))),
            "priority_changed" => (Kind::Priority, Role::Agent, event["to"].as_str()),
            "schedule_set" => (Kind::Assign, Role::System, event["schedule"].as_str()),
            // The messages that set a stored stamp.
            "set_field" if event["value"].is_string() => match text(&event["field"]) {
                "waiting_since" | "last_customer_contact_at" => (Kind::Message, Role::Customer, None),
                "first_response_at" | "last_agent_contact_at" => (Kind::Message, Role::Agent, None),
                "priority" => (Kind::Priority, Role::Agent, event["value"].as_str()),
                "state" | "status" => (Kind::Status, Role::Agent, event["value"].as_str()),
                _ => continue,
            },
            "set_field" | "evaluate" | "start" | "instant" | "calendar_changed" | "policy_changed"
            | "sla_changed" => continue,
            other => return Err(format!("unknown event {other}")),
        };
        let at = instant(if event["at"].is_string() { &event["at"] } else { &event["value"] });
        log.push(log_event(at, kind, from, value));
        if event["priority"].is_string() {
            log.push(log_event(at, Kind::Priority, Role::System, event["priority"].as_str()));
        }
        for tag in tags_of_ticket(event, &tags) {
            log.push(log_event(at, Kind::Tag, Role::System, Some(&tags[tag])));
        }
    }
    Ok(log)
}

/// Somebody speaks or hands over who is no person.
pub(super) fn has_bot(case: &Value) -> bool {
    let by_bot = |event: &Value| text(&event["type"]).starts_with("bot_");
    list(&case["events"]).iter().any(by_bot)
}

/// The last instant a case names.
pub(super) fn now(case: &Value) -> Instant {
    list(&case["events"]).iter().filter(|e| e["at"].is_string()).map(|e| instant(&e["at"])).max().unwrap()
}
