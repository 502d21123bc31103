//! Comparison, sweep and baseline check as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

const DESK: &str = r#"
[scenario]
name = "small desk"
timezone = "UTC"
start = "2026-11-23"
duration = "1d"
replications = 12
seed = 3

[[traffic]]
name = "all"
volume = { per_hour = 24 }

[[intent]]
name = "question"
exchanges = 1
agent_work = { exponential = { mean = "5m" } }

[customer]
patience = { exponential = { mean = "20m" } }

[[team]]
name = "desk"
agents = 3
cost_per_hour = 10

[[goal]]
that = "abandonment.rate <= 30%"
"#;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs `helpsim` in a folder that has `desk.toml`.
fn helpsim(folder: &Path, threads: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpsim"));
    command.env("HELPSIM_THREADS", threads).env("COLUMNS", "120").env("NO_COLOR", "1");
    let Output { status, stdout, stderr } = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("desk.toml"), DESK).unwrap();
    folder
}

#[test]
fn a_sweep_goes_on_where_it_was() {
    let folder = folder();
    let sweep = |threads: &str, out: &str| {
        let grid = ["--set", "team.desk.agents=2,3", "--set", "customer.balk=0..0.2:0.1"];
        let rest = ["--replications", "4", "--metric", "queue.wait_all.mean", "--out", out];
        helpsim(folder.path(), threads, &[&["sweep", "desk.toml"], &grid[..], &rest[..]].concat())
    };
    let first = sweep("1", "one.csv");
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(first.err.matches(" of 6: ").count(), 6, "{}", first.err);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let table = read("one.csv");
    let head = "team.desk.agents,customer.balk,metric,unit,mean,low,high,level,replications";
    assert_eq!(table.lines().next(), Some(head));
    assert_eq!(table.lines().filter(|line| line.contains(",queue.wait_all.mean,s,")).count(), 6);
    assert!(read("one-queue.wait_all.mean.svg").starts_with("<svg "));

    // Killed half-way: two points are missing. They are run again, the others are not.
    let ledger: Vec<_> = std::fs::read_dir(folder.path().join("one.ledger")).unwrap().collect();
    for entry in ledger.into_iter().take(2) {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let second = sweep("3", "one.csv");
    assert_eq!(second.err.matches("(was finished)").count(), 4, "{}", second.err);
    assert_eq!(read("one.csv"), table);
    let elsewhere = sweep("4", "two.csv");
    assert_eq!(elsewhere.err.matches("(was finished)").count(), 0);
    assert_eq!(read("two.csv"), table);
}

#[test]
fn the_best_point_is_picked_with_a_stated_probability() {
    let folder = folder();
    let best = |more: &[&str]| {
        let grid = ["sweep", "desk.toml", "--set", "team.desk.agents=2,3,6", "--out", "best.csv"];
        helpsim(folder.path(), "2", &[&grid[..], &["--metric", "agents.occupancy"], more].concat())
    };
    let shortest = best(&["--best", "queue.wait_all.mean", "--indifference", "10s"]);
    assert_eq!(shortest.code, 0, "{}", shortest.err);
    assert!(
        shortest.out.contains("best by queue.wait_all.mean (lowest): team.desk.agents=6"),
        "{}",
        shortest.out
    );
    assert!(
        shortest.out.contains("right with a probability of 95 % at least, or within 10s"),
        "{}",
        shortest.out
    );
    // More occupancy is neither good nor bad.
    let unclear = best(&["--best", "agents.occupancy"]);
    assert_eq!(unclear.code, 2);
    assert!(unclear.err.contains("--direction"), "{}", unclear.err);
    let busiest = best(&["--best", "agents.occupancy", "--direction", "highest"]);
    assert!(busiest.out.contains("(highest): team.desk.agents=2"), "{}", busiest.out);
}

#[test]
fn variants_stand_beside_the_base() {
    let folder = folder();
    let more = DESK.replace("agents = 3", "agents = 5");
    std::fs::write(folder.path().join("five.toml"), more).unwrap();
    let arguments = ["compare", "desk.toml", "five.toml", "--set", "team.desk.agents=4"];
    let ran = helpsim(folder.path(), "2", &arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for wanted in [
        "five beside desk",
        "desk with team.desk.agents=4 beside desk",
        "queue.wait_all.mean: five is better than desk: ",
        "cost.people: five is worse than desk: ",
        "each interval holds at 97.5 %",
        "r 0.",
    ] {
        assert!(ran.out.contains(wanted), "{wanted}: {}", ran.out);
    }
    let json = helpsim(folder.path(), "2", &[&arguments[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["comparisons"].as_array().unwrap().len(), 2);
    let alone = helpsim(folder.path(), "2", &["compare", "desk.toml"]);
    assert_eq!(alone.code, 2);
    assert!(alone.err.contains("nothing to compare with"), "{}", alone.err);
}

/// A log of what really happened stands beside the base in what it can tell, and in nothing else.
#[test]
fn what_really_happened_stands_beside_the_base() {
    let folder = folder();
    let message = |minute: u32, who: &str, conversation: u32| {
        let kind = r#""kind":"message""#;
        format!(
            r#"{{"at":"2026-11-23T09:{minute:02}:00Z","conversation":"{conversation}","from":"{who}",{kind}}}"#
        )
    };
    let lines: Vec<String> = (0..20)
        .flat_map(|n| [message(n, "customer", n), message(n + 2, "agent", n)])
        .chain([message(50, "customer", 20)])
        .collect();
    std::fs::write(folder.path().join("log.jsonl"), lines.join("\n")).unwrap();
    let base = ["compare", "desk.toml", "--observed", "log.jsonl", "--format"];
    let ran = helpsim(folder.path(), "1", &[&base[..], &["json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("counts and sums are not comparable"), "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let differences = json["comparisons"][0]["differences"].as_array().unwrap();
    let of = |metric: &str| differences.iter().find(|d| d["metric"] == metric);
    assert_eq!(of("first_response.p50").unwrap()["variant"], 120.0, "{}", ran.out);
    assert_eq!(of("conversations.offered").unwrap()["variant"], 21.0, "{}", ran.out);
    for unknown in ["agents.occupancy", "cost.total", "queue.wait_all.mean", "backlog.mean", "csat"] {
        assert!(of(unknown).is_none(), "{unknown}: {}", ran.out);
    }
    let ran = helpsim(folder.path(), "1", &[&base[..], &["markdown"]].concat());
    assert!(ran.out.starts_with("## observed beside desk\n"), "{}", ran.out);
    assert!(ran.out.contains("| worse |") || ran.out.contains("| better |"), "{}", ran.out);
}

#[test]
fn a_regression_against_a_baseline_fails() {
    let folder = folder();
    let run = helpsim(folder.path(), "2", &["run", "desk.toml", "--out", "before", "--tables", "none"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let check = |more: &[&str]| {
        let fixed = ["check", "desk.toml", "--baseline", "before/summary.json"];
        helpsim(folder.path(), "2", &[&fixed[..], more].concat())
    };
    let same = check(&[]);
    assert_eq!(same.code, 0, "{}{}", same.out, same.err);
    assert!(same.out.contains("0 of ") && same.out.contains("(pair by pair)"), "{}", same.out);
    let fewer = ["--set", "team.desk.agents=2", "--junit", "out.xml", "--markdown", "out.md"];
    let worse = check(&fewer);
    assert_eq!(worse.code, 1);
    assert!(worse.out.contains("✗ queue.wait_all.mean: "), "{}", worse.out);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("out.xml").contains("type=\"regression\""));
    assert!(read("out.md").contains("✗ worse"));
    // Other luck, the same desk: no regression is seen, and it is said that these are no pairs.
    let other = check(&["--seed", "9"]);
    assert_eq!(other.code, 0, "{}", other.out);
    assert!(other.out.contains("(unpaired)"), "{}", other.out);
    let wrong = helpsim(folder.path(), "2", &["check", "desk.toml", "--baseline", "desk.toml"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("is no summary.json"), "{}", wrong.err);
}

#[test]
fn the_warm_up_is_found_and_gains_are_told() {
    let folder = folder();
    let settings = ["--set", "scenario.warm_up=auto", "--set", "scenario.duration=4d", "--out", "r"];
    let ran =
        helpsim(folder.path(), "2", &[&["run", "desk.toml", "--tables", "none"], &settings[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    for wanted in [
        "warm-up found from pilot runs: ",
        "Control variates (",
        "abandonment.rate = left the queue unanswered / ",
    ] {
        assert!(ran.err.contains(wanted), "{wanted}: {}", ran.err);
    }
    let page = std::fs::read_to_string(folder.path().join("r/report.html")).unwrap();
    assert!(page.contains("Open tickets from the start, mean over replications and its moving average."));
}
