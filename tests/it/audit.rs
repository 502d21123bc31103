//! The audit of recorded logs, from files through a scenario to clocks.

use crate::sla_cases::{instant, list, text};
use helpsim::audit::{self, Audit, Log, Ticket};
use helpsim::facts::{Chunk, Sink};
use helpsim::scenario::plan::{ClockKind, Plan};
use helpsim::sla::ClockRecord;
use helpsim::time::{Instant, Span};
use helpsim::traffic::recorded::input::{self, Input};
use helpsim::traffic::recorded::{Limits, Options, import};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Nowhere;

impl Sink for Nowhere {
    fn chunk(&mut self, _: &Chunk) -> std::io::Result<()> {
        Ok(())
    }
}

/// A desk with these lines and nothing else of interest.
fn plan(lines: &str) -> Plan {
    plan_with(&["normal"], lines)
}

fn plan_with(priorities: &[&str], lines: &str) -> Plan {
    let lowest = priorities.last().unwrap();
    let scenario = format!(
        "[scenario]\nname = \"audit\"\npriorities = {priorities:?}\n[[team]]\nname = \"all\"\nagents = 1\n[[intent]]\nname = \"any\"\n\
         priority = \"{lowest}\"\n\
         [[traffic]]\nname = \"any\"\nvolume = {{ per_day = 1 }}\nintents = {{ any = 1.0 }}\n{lines}"
    );
    match helpsim::scenario::parse(&scenario, "audit.toml", Path::new("."), &[]) {
        Ok(loaded) => loaded.plan,
        Err(faults) => panic!("{faults:?}\n{scenario}"),
    }
}

fn audited(inputs: &[Input], until: Option<Instant>, plan: &Plan) -> Audit {
    let mut log = Log::default();
    import(inputs, &Options::default(), &mut |event| log.push(event.clone())).unwrap();
    log.taken_at(until.unwrap_or(Instant(i64::MIN)));
    audit::audit(&log, &audit::plan_for(plan, &log), &mut Nowhere).unwrap()
}

fn file(path: impl Into<PathBuf>) -> Vec<Input> {
    let path: PathBuf = path.into();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    input::gather(&[path], &Limits::default(), &mut Vec::new()).unwrap()
}

/// Used times of all clocks of a kind that have ended, sorted, ms.
fn used(audit: &Audit, kind: ClockKind) -> Vec<i64> {
    let clocks = audit.tickets.iter().flat_map(|ticket| &ticket.clocks);
    let ended = clocks.filter(|clock| clock.kind == kind && clock.ended != Instant::NEVER);
    let mut used: Vec<i64> = ended.map(|clock| clock.used.0).collect();
    used.sort_unstable();
    used
}

/// The lower of the two nearest.
fn quantile(sorted: &[i64], p: f64) -> i64 {
    sorted[(p * (sorted.len() - 1) as f64) as usize]
}

// ---- the collected cases -----------------------------------------------------------------------

/// Each case that is a ticket's whole life, as somebody would audit it: a scenario with his calendar and
/// policy, and a log file. The cases about what no log tells (stored fields, changes of the calendar)
/// stay with the library.
#[test]
fn whole_lives_through_scenario_and_log() {
    let mut seen = 0;
    let mut failures = Vec::new();
    let sources = [
        include_str!("../data/sla_cases.json"),
        include_str!("../data/sla_cases_further.json"),
        include_str!("../data/sla_cases_rules.json"),
    ];
    for source in sources {
        let file: Value = serde_json::from_str(source).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let whole = case["kind"] == "ticket_sla" && case["replay"] == "full";
            let told = list(&case["events"]).iter().all(|event| event["type"] != "calendar_changed");
            if whole && told {
                seen += 1;
                let id = text(&case["id"]);
                failures.extend(whole_life(case).into_iter().map(|why| format!("{id}: {why}")));
            }
        }
    }
    assert!(seen > 120, "{seen}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn whole_life(case: &Value) -> Vec<String> {
    let now = list(&case["events"]).iter().filter_map(|e| e["at"].as_str().map(|_| instant(&e["at"]))).max();
    let log = Input::memory("log.jsonl", log_of(case).into_bytes());
    let (priorities, lines) = scenario_of(case);
    let audit = audited(&[log], now, &plan_with(&priorities, &lines));
    let [Ticket { clocks, .. }] = audit.tickets.as_slice() else { return vec!["no ticket".to_owned()] };
    let mut wrong: Vec<String> = audit.warnings.iter().map(|warning| format!("{warning:?}")).collect();
    let known = |at: Instant| at.known();
    let running = || clocks.iter().filter(|clock| clock.ended == Instant::NEVER);
    let longest = |name: &str| {
        let ended = clocks.iter().filter(|clock| clock.kind.name() == name && clock.ended != Instant::NEVER);
        ended.max_by_key(|clock| clock.used)
    };
    for (key, want) in case["expected"].as_object().unwrap() {
        let due = || want.as_str().map(|_| instant(want).0);
        let (got, want) = if key == "next_due" {
            (running().filter_map(|clock| known(clock.due)).min().map(|at| at.0), due())
        } else if let Some(name) = key.strip_suffix("_due") {
            let clock = running().find(|clock| clock.kind.name() == name);
            (clock.and_then(|clock| known(clock.due)).map(|at| at.0), due())
        } else if let Some(name) = key.strip_suffix("_used_min") {
            (longest(name).map(|clock| clock.used.0 / 60_000), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_diff_min") {
            (longest(name).map(|clock| (clock.target - clock.used).0 / 60_000), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_used_s") {
            (longest(name).map(|clock| clock.used.0 / 1_000), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_late_s") {
            let late = clocks.iter().filter(|clock| clock.kind.name() == name);
            (late.filter_map(ClockRecord::overdue).max().map(|late| late.0 / 1_000), want.as_i64())
        } else if let Some(name) = key.strip_suffix("_breached") {
            let late = clocks.iter().any(|clock| clock.kind.name() == name && clock.breached);
            (Some(i64::from(late)), want.as_bool().map(i64::from))
        } else {
            continue;
        };
        if got != want {
            wrong.push(format!("{key} is {got:?}, want {want:?}"));
        }
    }
    wrong
}

fn log_of(case: &Value) -> String {
    let mut log = String::new();
    let mut line = |at: &Value, kind: &str, from: &str, value: &Value| {
        let mut at = text(at).to_owned();
        if !at.ends_with('Z') {
            at.push('Z');
        }
        let line =
            serde_json::json!({ "conversation": "1", "at": at, "kind": kind, "from": from, "value": value });
        writeln!(log, "{line}").unwrap();
    };
    for event in list(&case["events"]) {
        let at = &event["at"];
        match text(&event["type"]) {
            "ticket_created" => line(at, "status", "system", &event["state"]),
            "state_changed" => line(at, "status", "agent", &event["to"]),
            "customer_message" => line(at, "message", "customer", &Value::Null),
            "agent_reply" => line(at, "message", "agent", &Value::Null),
            "bot_reply" => line(at, "message", "bot", &Value::Null),
            "bot_handoff" => line(at, "assign", "bot", &Value::Null),
            "system_message" => line(at, "message", "system", &Value::Null),
            "private_note" | "note" => line(at, "note", "agent", &Value::Null),
            "assigned" => line(at, "assign", "system", &event["to"]),
            "priority_changed" => line(at, "priority", "agent", &event["to"]),
            _ => {}
        }
        if event["priority"].is_string() {
            line(at, "priority", "system", &event["priority"]);
        }
    }
    log
}

/// The priorities a case names, and the lines of its desk.
fn scenario_of(case: &Value) -> (Vec<&str>, String) {
    let mut toml = String::new();
    let asked = text(&case["policy"]["condition"]).split_once('=').map(|(_, name)| name.trim());
    let mut names: Vec<&str> = list(&case["events"])
        .iter()
        .flat_map(|event| {
            [event["priority"].as_str(), event["to"].as_str().filter(|_| event["type"] == "priority_changed")]
        })
        .flatten()
        .collect();
    names.extend(asked);
    let by_priority = case["policy"]["by_priority"].as_object();
    names.extend(by_priority.into_iter().flat_map(|of| of.keys().map(String::as_str)));
    names.sort_unstable();
    names.dedup();
    names.push("unnamed");
    writeln!(toml, "[desk]\nlike = {}", case["system"]).unwrap();
    if case["business_hours"].is_object() {
        let zone = case["timezone"].as_str().unwrap_or("UTC");
        writeln!(toml, "[[calendar]]\nname = \"hours\"\ntimezone = \"{zone}\"\n[calendar.hours]").unwrap();
        for (day, hours) in case["business_hours"].as_object().unwrap() {
            let hours: Vec<String> =
                list(hours).iter().map(|pair| format!("{}-{}", text(&pair[0]), text(&pair[1]))).collect();
            if !hours.is_empty() {
                writeln!(toml, "{day} = {hours:?}").unwrap();
            }
        }
        let off: Vec<&Value> = list(&case["holidays"])
            .iter()
            .filter(|day| day["active"] == true || day["active"].is_null() && day["removed"].is_null())
            .collect();
        if !off.is_empty() {
            writeln!(toml, "[calendar.dates]").unwrap();
        }
        for day in off {
            writeln!(toml, "{} = \"closed\"", day["date"]).unwrap();
        }
    }
    // Frappe's only policy is its default one.
    let default = case["system"] == "frappe" && asked.is_none();
    writeln!(toml, "[[sla]]\nname = \"policy\"\ndefault = {default}").unwrap();
    if case["business_hours"].is_object() {
        writeln!(toml, "calendar = \"hours\"").unwrap();
    }
    let clocks = ["first_response", "next_response", "update", "resolution", "requester_wait", "assignment"];
    for clock in clocks {
        if let Some(target) = case["policy"][format!("{clock}_s")].as_i64() {
            writeln!(toml, "{clock} = \"{target}s\"").unwrap();
        }
        for (priority, targets) in by_priority.into_iter().flatten() {
            if let Some(target) = targets[format!("{clock}_s")].as_i64() {
                writeln!(toml, "{clock}.{priority} = \"{target}s\"").unwrap();
            }
        }
    }
    if let Some(asked) = asked {
        writeln!(toml, "if = {{ priority = \"{asked}\" }}").unwrap();
    }
    (names, toml)
}

/// What is odd in a log is named with its line, and the rest goes on.
#[test]
fn an_odd_log_is_named_line_by_line() {
    let lines = [
        r#"{"conversation":"a","at":"2026-01-05T10:00:00Z","kind":"message","from":"customer"}"#,
        r#"{"conversation":"a","at":"2026-01-05T10:20:00Z","kind":"message","from":"agent"}"#,
        r#"{"conversation":"a","at":"2026-01-05T10:10:00Z","kind":"message","from":"customer"}"#,
        r#"{"conversation":"a","at":"2026-01-05T10:20:00Z","kind":"message","from":"agent"}"#,
        r#"{"conversation":"a","at":"2026-01-05T10:30:00Z","kind":"status","from":"agent","value":"wibble"}"#,
        r#"{"conversation":"b","at":"2026-01-05T11:00:00Z","kind":"status","from":"agent","value":"closed"}"#,
        r#"{"conversation":"b","at":"2026-01-05T11:40:00Z","kind":"priority","from":"agent","value":"huge"}"#,
    ];
    let mut log = Log::default();
    let inputs = [Input::memory("odd.jsonl", lines.join("\n").into_bytes())];
    import(&inputs, &Options::default(), &mut |event| log.push(event.clone())).unwrap();
    let plan = plan("[[sla]]\nname = \"p\"\nfirst_response = \"1h\"\n");
    let audit = audit::audit(&log, &audit::plan_for(&plan, &log), &mut Nowhere).unwrap();
    let mut told: Vec<(String, String)> = log
        .out_of_order()
        .iter()
        .chain(&audit.warnings)
        .map(|warning| (warning.origin.clone(), warning.problem.to_string()))
        .collect();
    told.sort();
    let expected = [
        ("odd.jsonl:3", "older"),
        ("odd.jsonl:4", "twice"),
        ("odd.jsonl:5", "`wibble`"),
        ("odd.jsonl:6", "closed before"),
        ("odd.jsonl:7", "`huge`"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((origin, problem), (line, word)) in told.iter().zip(expected) {
        assert!(origin == line && problem.contains(word), "{told:#?}");
    }
    assert_eq!(audit.tickets.len(), 2);
    let first = &audit.tickets[0].clocks[0];
    assert_eq!((first.used, first.breached), (Span::from_minutes(20), false));
}

// ---- incidents ---------------------------------------------------------------------------------

/// Opened, resolved (if it was), of each incident, from the columns themselves. A few were worked on before
/// they were opened, as the log has it.
fn incidents(path: &Path) -> Vec<(i64, Option<i64>)> {
    let minute = |cell: &str| {
        let at = jiff::fmt::strtime::parse("%d-%m-%Y %H:%M", cell).ok()?.to_datetime().ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
    };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let column = |name: &str, head: &csv::StringRecord| head.iter().position(|cell| cell == name).unwrap();
    let head = reader.headers().unwrap().clone();
    let [number, opened, resolved, state, updated] =
        ["number", "opened_at", "resolved_at", "incident_state", "sys_updated_at"]
            .map(|name| column(name, &head));
    let mut incidents: std::collections::BTreeMap<String, (i64, Option<i64>)> = Default::default();
    for row in reader.records().map(Result::unwrap) {
        let began = minute(&row[opened]).unwrap();
        let (from, to) = incidents.entry(row[number].to_owned()).or_insert((began, None));
        if !["New", "Resolved", "Closed"].contains(&&row[state]) {
            *from = (*from).min(minute(&row[updated]).unwrap());
        }
        *to = minute(&row[resolved]);
    }
    incidents.into_values().collect()
}

fn incident_audit(path: &Path) -> Vec<i64> {
    let plan = plan("[[sla]]\nname = \"solved within two days\"\nresolution = \"2d\"\n");
    let audit = audited(&file(path), None, &plan);
    let of_file = incidents(path);
    assert_eq!(audit.tickets.len(), of_file.len());
    let mut durations: Vec<i64> = of_file.iter().filter_map(|(opened, end)| Some((*end)? - opened)).collect();
    durations.sort_unstable();
    let used = used(&audit, ClockKind::Resolution);
    assert_eq!(used, durations);
    used
}

#[test]
fn incidents_that_look_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recorded/incidents.csv");
    incident_audit(&path);
}

/// The real incident log is not ours to ship: its path may be given in `HELPSIM_INCIDENT_LOG`.
#[test]
fn real_incidents() {
    let Some(path) = std::env::var_os("HELPSIM_INCIDENT_LOG") else { return };
    let used = incident_audit(Path::new(&path));
    assert_eq!(used.len(), 429);
    assert_eq!(quantile(&used, 0.5), Span::from_minutes(52 * 60 + 15).0);
    let hours = quantile(&used, 0.9) as f64 / 3_600_000.0;
    assert_eq!(format!("{hours:.1}"), "509.6");
}

// ---- customer care -----------------------------------------------------------------------------

/// First and next responses, against a few lines over the columns of the file.
#[cfg(feature = "frames")]
#[test]
fn customer_care_agrees_with_polars() {
    use polars_core::prelude::*;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recorded/twitter_care.csv");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_path(&path).unwrap().records().map(Result::unwrap).collect();
    let ms = |row: &csv::StringRecord| row[4].parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let thread = StringChunked::from_iter(rows.iter().map(|row| Some(&row[0])));
    let agent = BooleanChunked::from_iter(rows.iter().map(|row| Some(&row[3] == "agent")));
    let at = Int64Chunked::from_iter(rows.iter().map(|row| Some(ms(row))));
    // All conversations begin with the customer and end with an agent: runs of either take turns.
    let new_thread = thread.not_equal_missing(&thread.shift(1));
    let turn = agent.not_equal_missing(&agent.shift(1)) | new_thread.clone();
    let waits_from = at.filter(&(!&agent & turn.clone())).unwrap();
    let answers = at.filter(&(&agent & &turn)).unwrap();
    let waits = &answers - &waits_from;
    let first = waits.filter(&new_thread.filter(&(!&agent & turn)).unwrap()).unwrap();
    let sorted = |waits: &Int64Chunked| -> Vec<i64> { waits.sort(false).into_no_null_iter().collect() };

    let plan = plan("[[sla]]\nname = \"answers\"\nfirst_response = \"1h\"\nnext_response = \"1h\"\n");
    let audit = audited(&file("data/recorded/twitter_care.csv"), None, &plan);
    assert_eq!(first.len(), 525);
    assert_eq!(used(&audit, ClockKind::FirstResponse), sorted(&first));
    assert_eq!(used(&audit, ClockKind::NextResponse), sorted(&waits));
}
