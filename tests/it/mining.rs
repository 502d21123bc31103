//! `helpsim bot mine` from end to end: a run's messages go in, the missing answer comes out with its price,
//! and the changed flow, run by itself, confirms it.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn helpsim(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_helpsim"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|e| panic!("{e}"));
    // 1: a goal was missed, which is none of this test's business.
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn resolution(arguments: &[&str]) -> f64 {
    let summary: Value = serde_json::from_str(&helpsim(arguments)).unwrap_or_else(|e| panic!("{e}"));
    let mean = &summary["metrics"]["bot.resolution_rate"]["mean"];
    mean.as_f64().unwrap_or_else(|| panic!("{summary:#}"))
}

const SCENARIO: &str = "scenarios/airline.toml";
const FLOW: &str = "data/bots/airline.toml";

#[test]
fn baggage_is_found_priced_and_confirmed() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (log, fragments) = (path("run.jsonl"), path("found"));
    let common = ["--replications", "2", "--format", "json"];
    let with = |arguments: &[&str]| {
        [arguments, common.as_slice()].concat().iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()
    };
    let call = |arguments: Vec<String>| helpsim(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    call(with(&["run", SCENARIO, "--no-report", "--log", &log]));
    let mined = call(with(&[
        "bot",
        "mine",
        &log,
        "--flow",
        FLOW,
        "--scenario",
        SCENARIO,
        "--top",
        "1",
        "--out",
        &fragments,
    ]));
    let mined: Value = serde_json::from_str(&mined).unwrap_or_else(|e| panic!("{e}: {mined}"));
    let found = &mined["findings"][0];
    assert_eq!(found["topic"], "baggage", "{mined:#}");
    let words = found["words"].to_string();
    assert!(["bag", "luggage", "suitcase"].iter().any(|word| words.contains(word)), "{words}");
    assert!(found["conversations_a_week"].as_f64().is_some_and(|n| n > 300.0), "{found:#}");

    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{found:#}"));
    let price = &found["price"];
    let gain = number(&price["resolution"]["mean"]);
    assert!(number(&price["resolution"]["ci"][0]) > 0.0, "{price:#}");
    assert!(number(&price["agents_at_peak"]["mean"]) < 0.0, "{price:#}");
    assert!(number(&price["cost_a_week"]["mean"]) < 0.0, "{price:#}");

    // The fragment at the end of the flow's file, as the user would put it.
    let flow = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FLOW)).unwrap();
    let fragment = std::fs::read_to_string(Path::new(&fragments).join("baggage.toml")).unwrap();
    let changed = path("changed.toml");
    std::fs::write(&changed, format!("{flow}\n{fragment}")).unwrap();
    let before = resolution(&["run", SCENARIO, "--no-report", "--replications", "2", "--format", "json"]);
    let set = format!("bot.flow=\"{changed}\"");
    let after = resolution(&[
        "run",
        SCENARIO,
        "--no-report",
        "--replications",
        "2",
        "--format",
        "json",
        "--set",
        &set,
    ]);
    // The price holds back half of the phrases and has the menu entry; the fragment alone has all of them
    // and no entry. Both must show most of the same gain.
    assert!(after - before > 0.5 * gain, "{before} {after} {gain}");
}
