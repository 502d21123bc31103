//! SLA cases from the tests and documents of other help desks (tests/data/sla_cases.md). Every case
//! runs; what differs between systems is a switch in a preset, never a case's name. The cases that are a
//! ticket's whole life go through a scenario, a log file and the audit, too.

mod reading;

pub(crate) use reading::{instant, list, text};

use helpsim::scenario::plan::{ClockKind, ClockSwitches, Condition, Policy};
use helpsim::scenario::switches::{CalendarChange, Status};
use helpsim::sla::{
    ClockRecord, Desk, History, Input, Opening, Policies, Stamp, Stamps, Standing, Terms, TicketFacts,
    Tracker, replay,
};
use helpsim::time::calendar::{DAY_MINUTES, Hours};
use helpsim::time::{Calendar, ExactClose, Instant, Span};
use jiff::tz::TimeZone;
use reading::*;
use serde_json::Value;
use std::collections::BTreeMap;

type Outcome = Result<(), String>;

#[test]
fn all_cases() {
    all_pass(include_str!("../data/sla_cases.json"), run);
}

/// More of the same kinds, for what the collected ones leave out.
#[test]
fn further_cases() {
    all_pass(include_str!("../data/sla_cases_further.json"), run);
}

/// What each help desk's rules say, worked out by hand: also those whose own tests are not public.
#[test]
fn cases_by_the_rules() {
    all_pass(include_str!("../data/sla_cases_rules.json"), run);
}

fn all_pass(file: &str, run: impl Fn(&Value) -> Outcome) {
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len() as u64, file["count"].as_u64().unwrap());
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| run(case).err().map(|why| format!("{}: {why}", case["id"].as_str().unwrap())))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn run(case: &Value) -> Outcome {
    match (text(&case["kind"]), text(&case["replay"])) {
        ("add_business_time", _) => add_business_time(case),
        ("add_business_days", _) => add_business_days(case),
        ("business_duration", _) => business_duration(case),
        ("open_periods", _) => open_periods(case),
        ("is_open", _) => is_open(case),
        ("calendar_validation", _) => calendar_validation(case),
        ("add_business_time_with_pauses", _) => add_with_pauses(case),
        ("business_duration_with_pauses", _) => duration_with_pauses(case),
        ("pause_intervals", _) => pause_intervals(case),
        ("policy_selection", _) => policy_selection(case),
        ("policy_validation", _) => policy_validation(case),
        ("report_metric", _) => report_metric(case),
        ("first_reply_business_minutes", _) => first_reply_business_minutes(case),
        ("ticket_sla", "full") => ticket(case),
        ("ticket_sla", "attributes") => attributes(case),
        ("ticket_sla_status", _) => ticket_status(case),
        other => Err(format!("unknown kind {other:?}")),
    }
}

// ---- calendar ----------------------------------------------------------------------------------

fn add_business_time(case: &Value) -> Outcome {
    let start = instant(&case["events"][0]["at"]);
    let span = seconds(&case["duration_s"]);
    let rule = ExactClose::from(switches(case).exact_close);
    let calendar = calendar(case);
    let got = match text(&case["direction"]) {
        "before" => calendar.subtract(start, span, rule),
        _ => calendar.add(start, span, rule),
    };
    same_instant("result", Some(got), &case["expected"]["result"])
}

fn add_business_days(case: &Value) -> Outcome {
    let start = instant(&case["events"][0]["at"]);
    let days = case["days"].as_u64().unwrap() as u32;
    let got = match text(&case["direction"]) {
        "before" => calendar(case).subtract_days(start, days),
        _ => calendar(case).add_days(start, days),
    };
    same_instant("result", Some(got), &case["expected"]["result"])
}

fn business_duration(case: &Value) -> Outcome {
    let [from, to] = [0, 1].map(|i| instant(&case["window"][i]));
    // To biz a period that ends before it begins is empty, to the others it is negative.
    let to = if text(&case["system"]) == "biz" { to.max(from) } else { to };
    let want = &case["expected"];
    let minutes = want["minutes"].as_i64().map(Span::from_minutes);
    let want = minutes.unwrap_or_else(|| seconds(&want["seconds"]));
    same("duration", calendar(case).business_between(from, to), want)
}

fn open_periods(case: &Value) -> Outcome {
    let want: Vec<(Instant, Instant)> = list(&case["expected"]["periods"])
        .iter()
        .map(|pair| (instant(&pair[0]), instant(&pair[1])))
        .collect();
    let start = instant(&case["events"][0]["at"]);
    same("periods", calendar(case).open_periods(start).take(want.len()).collect(), want)
}

fn is_open(case: &Value) -> Outcome {
    let got = calendar(case).is_open(instant(&case["events"][0]["at"]));
    same("open", Some(got), case["expected"]["open"].as_bool())
}

fn calendar_validation(case: &Value) -> Outcome {
    let got = calendar_of(case, zone(case), &switches(case)).is_ok();
    same("valid", Some(got), case["expected"]["valid"].as_bool())
}

// ---- pauses ------------------------------------------------------------------------------------

/// The statuses of a case, as far as its events tell; where they do not, its pauses.
fn history(case: &Value) -> History {
    let switches = switches(case);
    let mut history = History::default();
    let told = ["ticket_created", "state_changed"];
    if !list(&case["events"]).iter().any(|event| told.contains(&text(&event["type"]))) {
        let mut waiting = [Status::Pending, Status::OnHold, Status::Snoozed].into_iter();
        let paused = waiting.find(|status| switches.pauses.resolution.contains(*status));
        history.push(Instant(0), Status::Open, 0);
        for pause in list(&case["pauses"]) {
            history.push(instant(&pause[0]), paused.unwrap_or(Status::Pending), 0);
            history.push(instant(&pause[1]), Status::Open, 0);
        }
        return history;
    }
    for event in list(&case["events"]) {
        let word = match text(&event["type"]) {
            "ticket_created" => text(&event["state"]),
            "state_changed" => text(&event["to"]),
            _ => continue,
        };
        history.push(instant(&event["at"]), switches.status(word).unwrap(), 0);
    }
    history
}

fn add_with_pauses(case: &Value) -> Outcome {
    let start = events(case, "start").map(|event| instant(&event["at"])).next().unwrap();
    let target = seconds(&case["duration_s"]);
    let got = history(case).due_after(ClockKind::Resolution, start, target, &policies(case));
    same_instant("result", got, &case["expected"]["result"])
}

fn duration_with_pauses(case: &Value) -> Outcome {
    let [from, to] = [0, 1].map(|i| instant(&case["window"][i]));
    let closed = set_field(case, "closed_at").last().flatten().unwrap_or(Instant::NEVER);
    let got = history(case).used_between(ClockKind::Resolution, from, to.min(closed), &policies(case));
    same("minutes", got, Span::from_minutes(case["expected"]["minutes"].as_i64().unwrap()))
}

fn pause_intervals(case: &Value) -> Outcome {
    let zone = zone(case);
    let mut got: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
    for (from, to) in history(case).pauses(ClockKind::Resolution, &policies(case)) {
        let [from, to] =
            [from, to].map(|at| zone.to_datetime(jiff::Timestamp::from_millisecond(at.0).unwrap()));
        let mut date = from.date();
        while date <= to.date() {
            let clock = |at: jiff::civil::DateTime| format!("{:02}:{:02}", at.hour(), at.minute());
            let begin = if date == from.date() { clock(from) } else { "00:00".to_owned() };
            let end = if date == to.date() { clock(to) } else { format!("{}:00", DAY_MINUTES / 60) };
            if begin != end {
                got.entry(date.to_string()).or_default().push([begin, end]);
            }
            date = date.tomorrow().unwrap();
        }
    }
    same("pauses", serde_json::to_value(got).unwrap(), case["expected"]["pauses_local"].clone())
}

fn set_field<'a>(case: &'a Value, field: &'a str) -> impl Iterator<Item = Option<Instant>> + 'a {
    events(case, "set_field")
        .filter(move |event| event["field"] == field)
        .map(|event| event["value"].as_str().map(|_| instant(&event["value"])))
}

// ---- policies ----------------------------------------------------------------------------------

fn candidates(case: &Value) -> Vec<Policy> {
    let (priorities, tags) = (priorities(case), tags(case));
    list(&case["policy"]["candidates"])
        .iter()
        .filter(|candidate| candidate["enabled"] != Value::Bool(false))
        .map(|candidate| Policy {
            when: condition(&candidate["condition"], &priorities, &tags),
            ..policy(candidate, 0, &priorities)
        })
        .collect()
}

fn policy_selection(case: &Value) -> Outcome {
    let written = candidates(case);
    let policies =
        Policies::compile(&written, &[Calendar::always()], &switches(case)).map_err(|p| format!("{p:?}"))?;
    let names = priorities(case);
    let created = &case["events"][0];
    let priority = names.iter().position(|name| name == text(&created["priority"])).unwrap_or(0) as u8;
    let title = created["title"].as_str().or(created["subject"].as_str()).unwrap_or("");
    let tags = tags_of_ticket(created, &tags(case)).into_iter().fold(0, |bits, tag| bits | 1u64 << tag);
    let facts = TicketFacts { text: title, priority, tags, ..TicketFacts::default() };
    let got = policies.select(&facts).map(|i| written[usize::from(i)].name.as_str());
    same("policy", got, case["expected"]["policy"].as_str())
}

fn policy_validation(case: &Value) -> Outcome {
    let got = Policies::compile(&candidates(case), &[Calendar::always()], &switches(case)).is_ok();
    same("valid", Some(got), case["expected"]["valid"].as_bool())
}

// ---- tickets -----------------------------------------------------------------------------------

fn frappe_word(standing: Standing) -> &'static str {
    match standing {
        Standing { failed: true, .. } => "Failed",
        Standing { paused: true, .. } => "Paused",
        Standing { first_response_due: true, .. } => "First Response Due",
        Standing { resolution_due: true, .. } => "Resolution Due",
        _ => "Fulfilled",
    }
}

fn clock(name: &str) -> ClockKind {
    let kind = ClockKind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.unwrap_or_else(|| panic!("no clock is called {name}"))
}

fn ticket(case: &Value) -> Outcome {
    let policies = policies(case);
    let all = list(&case["events"]).len();
    let now = now(case);
    let desk = Desk { priorities: priorities(case), tags: tags(case), bot: has_bot(case), ..Desk::default() };
    let replayed = replay(&log(case, all)?, now, &desk, &policies).ok_or("no ticket")?;
    if !replayed.warnings.is_empty() {
        return Err(format!("{:?}", replayed.warnings));
    }
    let records: Vec<&ClockRecord> = replayed.records.iter().filter(|r| r.ended != Instant::NEVER).collect();
    let mut tracker = replayed.tracker;
    // A change of the desk itself is no event of a ticket's log.
    for revision in 1..=revisions(case).count() {
        tracker.apply(now, Input::Policy(Some(revision as u16)), &policies, &mut |_| {});
    }
    // The longest exchange counts where a clock ran several times.
    let worst = |kind: ClockKind| {
        records.iter().filter(|record| record.kind == kind).max_by_key(|record| record.used)
    };
    for (key, want) in case["expected"].as_object().unwrap() {
        let outcome = match key.as_str() {
            "next_due" => same_instant(key, tracker.next_due(), want),
            "first_response_at" => same_instant(key, tracker.first_response_at(), want),
            "resolution_at" | "resolved_at" | "closed_at" => {
                same_instant(key, worst(ClockKind::Resolution).map(|r| r.ended), want)
            }
            "hold_s" => {
                let held = tracker.held(ClockKind::Resolution, now, &policies);
                same(key, Some(held.0), want.as_i64().map(|s| s * 1_000))
            }
            "status" => same(key, Some(frappe_word(tracker.standing(now, &policies))), want.as_str()),
            "raised_outside_hours" => {
                let created = events(case, "ticket_created").next().unwrap();
                same(key, Some(!calendar(case).is_open(instant(&created["at"]))), want.as_bool())
            }
            "next_response_due_unchanged_by_last_event" => {
                let before = replay(&log(case, all - 1)?, now, &desk, &policies).ok_or("no ticket")?;
                let kind = ClockKind::NextResponse;
                same(key, show(tracker.due(kind)), show(before.tracker.due(kind)))
            }
            _ => {
                if let Some(name) = key.strip_suffix("_due") {
                    same_instant(key, tracker.due(clock(name)), want)
                } else if let Some(name) = key.strip_suffix("_used_min") {
                    same(key, worst(clock(name)).map(|r| r.used.0 / 60_000), want.as_i64())
                } else if let Some(name) = key.strip_suffix("_diff_min") {
                    same(key, worst(clock(name)).map(|r| (r.target - r.used).0 / 60_000), want.as_i64())
                } else if let Some(name) = key.strip_suffix("_late_s") {
                    // One that still runs may be late, too.
                    let of_kind = replayed.records.iter().filter(|r| r.kind == clock(name));
                    let late = of_kind.filter_map(ClockRecord::overdue).max();
                    same(key, late.map(|late| late.0 / 1_000), want.as_i64())
                } else if let Some(name) = key.strip_suffix("_used_s") {
                    same(key, worst(clock(name)).map(|r| r.used.0 / 1_000), want.as_i64())
                } else if let Some(name) = key.strip_suffix("_breached") {
                    let late = replayed.records.iter().any(|r| r.kind == clock(name) && r.breached);
                    same(key, Some(late), want.as_bool())
                } else {
                    Err(format!("unknown expectation {key}"))
                }
            }
        };
        outcome?;
    }
    Ok(())
}

/// Stored fields, put in by the source without events: the pure calculation.
fn attributes(case: &Value) -> Outcome {
    let policies = policies(case);
    let history = history(case);
    let names = priorities(case);
    let created = events(case, "ticket_created").next().unwrap();
    let mut stamps = Stamps::new(instant(&created["at"]));
    let number = |name: &Value| names.iter().position(|n| n == text(name)).unwrap_or(0) as u8;
    let terms = |priority| Terms {
        policy: policies.select(&TicketFacts { priority, ..TicketFacts::default() }),
        priority,
        history: &history,
        policies: &policies,
    };
    let mut now = terms(number(&created["priority"]));
    for event in list(&case["events"]) {
        let value = event["value"].as_str().map_or(Instant::NEVER, |_| instant(&event["value"]));
        let at = event["at"].as_str().map_or(value, |_| instant(&event["at"]));
        let waits = stamps.at(Stamp::CustomerContact) != Instant::NEVER
            && stamps.at(Stamp::AgentContact).known().is_none_or(|at| at < stamps.at(Stamp::CustomerContact));
        match (text(&event["type"]), text(&event["field"])) {
            ("customer_message", _) if !waits => stamps.set(Stamp::CustomerContact, at, &now),
            ("agent_reply", _) => {
                stamps.set(Stamp::AgentContact, at, &now);
                if stamps.at(Stamp::FirstResponse) == Instant::NEVER {
                    stamps.set(Stamp::FirstResponse, at, &now);
                }
            }
            ("priority_changed", _) => now = terms(number(&event["to"])),
            (_, "first_response_at") => stamps.set(Stamp::FirstResponse, value, &now),
            (_, "last_customer_contact_at" | "waiting_since") => {
                stamps.set(Stamp::CustomerContact, value, &now)
            }
            (_, "last_agent_contact_at") => stamps.set(Stamp::AgentContact, value, &now),
            (_, "closed_at") => stamps.set(Stamp::Closed, value, &now),
            (_, "total_hold_s") => stamps.held = seconds(&event["value"]),
            _ => {}
        }
    }
    for (key, want) in case["expected"].as_object().unwrap() {
        let due = |kind| stamps.due(kind, &now);
        let target = |name| policies.target(now.policy, now.priority, clock(name));
        let left = |name| Some(target(name)? - stamps.used(clock(name))?);
        let outcome = if key == "next_due" {
            same_instant(key, ClockKind::ALL.into_iter().filter_map(due).min(), want)
        } else if key == "first_response_at" {
            same_instant(key, stamps.at(Stamp::FirstResponse).known(), want)
        } else if key == "hold_s" {
            same(key, Some(stamps.held), want.as_f64().map(|_| seconds(want)))
        } else if let Some(name) = key.strip_suffix("_due") {
            same_instant(key, due(clock(name)), want)
        } else if let Some(name) = key.strip_suffix("_used_min") {
            same(key, stamps.used(clock(name)).map(whole_minutes), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_used_s") {
            same(key, stamps.used(clock(name)), want.as_f64().map(|_| seconds(want)))
        } else if let Some(name) = key.strip_suffix("_diff_min") {
            same(key, left(name).map(whole_minutes), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_late_s") {
            let late = left(name).filter(|left| *left < Span::ZERO).map(|left| -left);
            same(key, late, want.as_f64().map(|_| seconds(want)))
        } else {
            Err(format!("unknown expectation {key}"))
        };
        outcome?;
    }
    Ok(())
}

fn whole_minutes(span: Span) -> i64 {
    span.0 / 60_000
}

/// Chatwoot: what its job makes of a conversation at the instants at which the source runs it.
fn ticket_status(case: &Value) -> Outcome {
    let policies = policies(case);
    let switches = policies.switches();
    let now = now(case);
    let created = events(case, "ticket_created").next().unwrap();
    let at = instant(&created["at"]);
    let status = switches.status(text(&created["state"])).unwrap();
    let opening = Opening { at, policy: Some(0), priority: 0, status, by_agent: false, with_bot: false };
    let mut tracker = Tracker::start(opening, &policies);
    for event in list(&case["events"]) {
        // Stored stamps are the messages that set them.
        let (at, input) = match (text(&event["type"]), text(&event["field"])) {
            (_, "first_response_at") => (&event["value"], Input::AgentReply),
            (_, "waiting_since") if event["value"].is_string() => (&event["value"], Input::CustomerMessage),
            ("customer_message", _) => (&event["at"], Input::CustomerMessage),
            ("agent_reply", _) => (&event["at"], Input::AgentReply),
            ("state_changed", _) => {
                (&event["at"], Input::Status(switches.status(text(&event["to"])).unwrap()))
            }
            ("evaluate", _) => {
                tracker.check(now);
                continue;
            }
            _ => continue,
        };
        tracker.apply(instant(at), input, &policies, &mut |_| {});
    }
    let missed = ClockKind::ALL.into_iter().any(|kind| tracker.misses(kind) > 0);
    let status = match (missed, tracker.status().is_over()) {
        (false, false) => "active",
        (true, false) => "active_with_misses",
        (false, true) => "hit",
        (true, true) => "missed",
    };
    same("status", Some(status), case["expected"]["status"].as_str())?;
    for (name, want) in case["expected"]["miss_events"].as_object().into_iter().flatten() {
        same(name, Some(u64::from(tracker.misses(clock(name)))), want.as_u64())?;
    }
    Ok(())
}

/// Chatwoot's own reports, from the log.
fn report_metric(case: &Value) -> Outcome {
    let bot = events(case, "ticket_created").all(|event| event["bot"] != Value::Bool(false));
    let desk = Desk { bot, ..Desk::default() };
    let events = log(case, list(&case["events"]).len())?;
    let story = replay(&events, now(case), &desk, &policies(case)).ok_or("no ticket")?.story;
    let want = &case["expected"];
    match text(&want["metric"]) {
        "first_response" => near("first_response", story.first_human_response, &want["seconds"], want),
        "resolution" | "resolution_time" => {
            near("resolution", story.resolved_after.last().copied(), &want["seconds"], want)
        }
        "time_since_last_resolution" => {
            // One that was never resolved has been opened for the first time: 0.
            let since = story.since_last_resolution.last().copied().unwrap_or(Span::ZERO);
            near("since", Some(since), &want["seconds"], want)
        }
        "reply_time" => {
            let wanted = match &want["seconds_list"] {
                Value::Array(list) => list.clone(),
                _ => want["seconds"].as_f64().map(|_| want["seconds"].clone()).into_iter().collect(),
            };
            let count = want["count"].as_u64().unwrap_or(wanted.len() as u64);
            same("reply times", story.reply_times.len() as u64, count)?;
            let pairs = story.reply_times.iter().zip(&wanted);
            pairs.into_iter().try_for_each(|(got, one)| near("reply time", Some(*got), one, want))
        }
        "bot_handoff" => same("handoffs", Some(u64::from(story.bot_handoff)), want["count"].as_u64()),
        "bot_resolved" => same("bot resolved", Some(u64::from(story.bot_resolved)), want["count"].as_u64()),
        other => Err(format!("unknown metric {other}")),
    }
}

/// Zendesk: a schedule for each team the ticket was with.
fn first_reply_business_minutes(case: &Value) -> Outcome {
    let change = match text(&case["policy"]["schedule_rule"]) {
        "cumulative" => CalendarChange::Each,
        _ => CalendarChange::Last,
    };
    let switches = ClockSwitches { calendar_change: change, ..switches(case) };
    let schedules = case["business_hours"]["week_minutes_from_sunday"].as_object().unwrap();
    let teams: Vec<String> = schedules.keys().cloned().collect();
    let calendars: Vec<Calendar> =
        schedules.values().map(|periods| week_minutes(periods, zone(case))).collect();
    let policies: Vec<Policy> = (0..teams.len() as u16)
        .map(|team| Policy {
            calendar: team,
            when: Condition { teams: vec![team], ..Condition::default() },
            first_response: vec![Some(Span::from_days(1))],
            ..Policy::default()
        })
        .collect();
    let policies =
        Policies::compile(&policies, &calendars, &switches).map_err(|problems| format!("{problems:?}"))?;
    let desk = Desk { teams, ..Desk::default() };
    let events = log(case, list(&case["events"]).len())?;
    let replayed = replay(&events, now(case), &desk, &policies).ok_or("no ticket")?;
    let record =
        replayed.records.iter().find(|record| record.kind == ClockKind::FirstResponse).ok_or("no clock")?;
    let got = record.used.seconds() / 60.0;
    let want = case["expected"]["minutes"].as_f64().unwrap();
    let tolerance = case["expected"]["tolerance_min"].as_f64().unwrap();
    if (got - want).abs() <= tolerance {
        Ok(())
    } else {
        Err(format!("{got} minutes, want {want} +- {tolerance}"))
    }
}

/// Open periods in minutes since Sunday 00:00.
fn week_minutes(periods: &Value, zone: TimeZone) -> Calendar {
    let mut week: [Vec<Hours>; 7] = Default::default();
    for period in list(periods) {
        let [from, to] = [0, 1].map(|i| period[i].as_u64().unwrap() as u16);
        // Sunday is the seventh day here, the first there.
        let day = from / DAY_MINUTES;
        week[usize::from((day + 6) % 7)].push((from - day * DAY_MINUTES, to - day * DAY_MINUTES));
    }
    Calendar::new(zone, week, vec![]).unwrap()
}
