//! A run's log, audited by the run's own scenario: engine and audit must come to the same figures, whatever
//! the help desk, since each has its own way to them.

use serde_json::Value;
use std::process::Command;

/// Bot and people, priorities, hand-offs by word, limit and attempts, reopenings; nobody gives up, since no
/// log tells who did.
const NOBODY_LEAVES: [&str; 6] = [
    "scenario.start_from=\"empty\"",
    "customer.patience=\"none\"",
    "customer.leaves_bot=0",
    "customer.repeats=0",
    "customer.reopens=0.15",
    "scenario.duration=\"3d\"",
];

/// Every clock, in and out of business hours, for some by priority, which a rule changes on the way.
const PROMISES: &str = r#"
[[sla]]
name = "fraud"
if = { intent = "fraud" }
first_response = "15m"
next_response = "10m"
resolution = "2h"
assignment = "10m"
escalation = "8m"

[[sla]]
name = "urgent"
calendar = "service hours"
if = { priority = ["urgent", "high"] }
first_response = "20m"
update = "1h"
resolution = "6h"
requester_wait = "1h"

[[sla]]
name = "standard"
calendar = "service hours"
first_response = "10m"
next_response = "20m"
resolution = "24h"
requester_wait = "2h"
assignment = "30m"
escalation = "20m"
warn_left = "25%"

[[rule]]
name = "old"
when = { after = "30m" }
then = [{ priority = "high" }]

"#;

/// What a log tells exactly.
const TOLD: [&str; 32] = [
    "conversations.offered",
    "conversations.agent_solved",
    "conversations.bot_solved",
    "conversations.reopen_rate",
    "bot.seen",
    "bot.containment_rate",
    "bot.handoff_rate",
    "bot.time",
    "first_response.mean",
    "first_response.p90",
    "first_human_response.p90",
    "resolution.mean",
    "resolution.p90",
    "next_response.mean",
    "next_response.p90",
    "sla.first_response.compliance",
    "sla.first_response.breaches",
    "sla.first_response.used",
    "sla.next_response.compliance",
    "sla.next_response.used",
    "sla.update.compliance",
    "sla.update.used",
    "sla.requester_wait.compliance",
    "sla.requester_wait.used",
    "sla.assignment.compliance",
    "sla.assignment.used",
    "sla.escalation.compliance",
    "sla.escalation.breaches",
    "sla.escalation.used",
    "sla.resolution.compliance",
    "sla.resolution.breaches",
    "sla.resolution.used",
];

fn json(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpsim"));
    command.args(arguments).args(["--quiet", "--format", "json"]);
    command.args(NOBODY_LEAVES.iter().flat_map(|set| ["--set", set]));
    let output = command.output().unwrap_or_else(|e| panic!("{e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {said}");
    assert!(!said.contains("warning"), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}"))
}

/// The figures of the run and of its audit.
fn figure(metric: &str, run: &Value, audit: &Value) -> (Option<f64>, Option<f64>) {
    let of = |summary: &Value| summary["metrics"][metric]["mean"].as_f64();
    (of(run), of(&audit["summary"]))
}

/// Replies of a flow are thought of before they are sent, many at a time; each comes to its own customer.
#[test]
fn every_word_of_a_flow_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let log = folder.path().join("log.jsonl").display().to_string();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = root.join("scenarios/airline.toml").display().to_string();
    let run = json(&["run", &scenario, "--no-report", "--replications", "1", "--log", &log]);
    let audit = json(&["audit", &log, "--scenario", &scenario]);
    for metric in ["messages.customer", "messages.bot", "messages.agent"] {
        let (simulated, audited) = figure(metric, &run, &audit);
        assert!(simulated.is_some_and(|n| n > 0.0), "{metric}: {simulated:?}");
        assert_eq!(simulated, audited, "{metric}");
    }
    // Who writes to this flow is greeted first.
    let text = std::fs::read_to_string(&log).unwrap_or_else(|e| panic!("{e}"));
    let events =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}")));
    let mut greeted = std::collections::BTreeMap::new();
    for event in events.filter(|event| event["from"] == "bot" && event["kind"] == "message") {
        let text = event["text"].as_str().unwrap_or_default().to_owned();
        greeted.entry(event["conversation"].to_string()).or_insert(text);
    }
    let greetings: std::collections::BTreeSet<&str> = greeted.values().map(String::as_str).collect();
    assert!(greeted.len() > 100 && greetings.len() <= 3, "{greetings:?}");
}

#[test]
fn an_audit_of_a_run_measures_what_the_run_measured() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (scenario, log) = (path("bot.toml"), path("log.jsonl"));
    let template = helpsim::scenario::templates::get("bot").unwrap_or_else(|| panic!("the template"));
    let before = template.find("[[sla]]").unwrap_or_else(|| panic!("{template}"));
    let behind = template.find("[[rule]]").unwrap_or_else(|| panic!("{template}"));
    let text = [&template[..before], PROMISES, &template[behind..]].concat();
    std::fs::write(&scenario, text).unwrap_or_else(|e| panic!("{e}"));
    for desk in [
        "plain",
        "freshdesk",
        "zendesk",
        "zoho_desk",
        "happyfox",
        "liveagent",
        "chatwoot",
        "zammad",
        "frappe",
    ] {
        let like = format!("desk.like=\"{desk}\"");
        let set = ["--set", &like];
        let run =
            [&["run", &scenario, "--no-report", "--replications", "1", "--log", &log], &set[..]].concat();
        let run = json(&run);
        let audit = json(&[&["audit", &log, "--scenario", &scenario], &set[..]].concat());
        for metric in TOLD {
            let (simulated, audited) = figure(metric, &run, &audit);
            let same = match (simulated, audited) {
                (Some(simulated), Some(audited)) => (simulated - audited).abs() <= 1e-9 * simulated.abs(),
                // Not every help desk has every clock.
                (None, None) => metric.starts_with("sla."),
                _ => false,
            };
            assert!(same, "{desk}: {metric} is {simulated:?} in the run, {audited:?} in its audit");
        }
    }
}
