//! Recorded traffic of every kind that the repository holds, through the program: imported, audited,
//! replayed; and nobody named in anything that comes out.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program; it may end with 0, or with 1 where a goal was missed.
fn helpsim(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpsim"));
    command.env_remove("HELPSIM_THREADS").env("COLUMNS", "100").env("NO_COLOR", "1").args(args);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}\n{out}\n{error}");
    out + &error
}

/// A scenario in `folder` that replays `log`, whatever its period, through the desk of `replay_zoho`.
fn replay(folder: &Path, log: &str) -> PathBuf {
    let text = std::fs::read_to_string(root().join("scenarios/replay_zoho.toml")).unwrap();
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("format = ") && !line.starts_with("#:schema"))
        .map(|line| match line {
            line if line.starts_with("recorded = ") => format!("recorded = \"{log}\"\n"),
            "replications = 20" => "replications = 1\n".to_owned(),
            line => format!("{line}\n"),
        })
        .collect();
    let path = folder.join("replay.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Paths, and options of the import.
const KINDS: [(&str, &[&str]); 10] = [
    ("tests/data/export_masked/android_en_in_group_masked.txt", &["--zone", "Asia/Kolkata"]),
    ("tests/data/export_samples/ios_dmy_24h_anonymised.txt", &[]),
    ("tests/data/irc_support", &[]),
    ("tests/data/abcd_sample/abcd_sample.json", &[]),
    ("data/recorded/webhooks.jsonl", &[]),
    ("data/recorded/webhooks_pywa", &[]),
    ("data/recorded/twitter_care.csv", &[]),
    ("data/recorded/incidents.csv", &["--zone", "Europe/Rome"]),
    ("data/recorded/zoho_desk_sample", &[]),
    // The log of an import is read like anything else.
    ("log.jsonl", &[]),
];

#[test]
fn every_kind_is_imported_audited_and_replayed() {
    let scratch = tempfile::tempdir().unwrap();
    let log = scratch.path().join("log.jsonl");
    let log_text = log.to_str().unwrap();
    let scenario = replay(scratch.path(), "log.jsonl");
    let scenario_text = scenario.to_str().unwrap();
    for (path, options) in KINDS {
        let path = if path == "log.jsonl" { log.clone() } else { root().join(path) };
        let name = path.display().to_string();
        let mut args = vec!["import", &name, "-o", log_text];
        args.extend(options);
        let account = helpsim(&args);
        assert!(account.contains(" = kept "), "{name}: {account}");
        assert!(std::fs::metadata(&log).unwrap().len() > 0, "{name}");
        let audit = helpsim(&["audit", log_text, "--scenario", scenario_text]);
        assert!(audit.contains("read ") && audit.contains("0 quarantined"), "{name}: {audit}");
        let out = scratch.path().join("report");
        let run = helpsim(&["run", scenario_text, "--out", out.to_str().unwrap()]);
        assert!(!run.trim().is_empty() && out.join("summary.json").exists(), "{name}: {run}");
    }
}

/// Every file below a folder.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

/// What people are called in the fixtures of the next test, and what could be called them.
const SECRETS: [&str; 9] =
    ["Gómez", "gómez", "gomez", "98765", "4321", "4111 1111", "@x.example", "Anabel", "Evangelina"];

/// The log, the refused lines, the reports of audit and replay, every table in them: nobody is named.
#[test]
fn nobody_is_named_in_any_output() {
    let scratch = tempfile::tempdir().unwrap();
    let (given, made) = (scratch.path().join("given"), scratch.path().join("made"));
    std::fs::create_dir_all(&given).unwrap();
    std::fs::create_dir_all(&made).unwrap();
    let chat = "13/06/2018, 21:25 - Anabel Gómez: I am Anabel Gómez, anabel.gomez@x.example, +55 11 98765-4321\n\
                13/06/2018, 21:26 - Evangelina Shop: hello Anabel, Evangelina here, your card 4111 1111 1111 1111?\n\
                13/06/2018, 21:27 - +55 11 98765-4321: <script>alert('Anabel')</script>\n";
    let hooks = r#"{"object":"x","entry":[{"changes":[{"field":"messages","value":{"contacts":[{"profile":{"name":"Anabel Gómez"},"wa_id":"5511987654321"}],"messages":[{"from":"5511987654321","id":"A","timestamp":"1528925100","type":"text","text":{"body":"Anabel: call 5511987654321"}},{"from":"5511987654321","id":"B","timestamp":"Anabel"}]}}]}]}"#;
    let desk = r#"[{"id":1,"requester_id":9,"responder_id":5,"created_at":"2018-06-13T14:30:00Z","fr_due_by":null,"requester":{"name":"Anabel Gómez","email":"anabel.gomez@x.example"},"description_text":"Anabel Gómez, 5511987654321"}]"#;
    for (name, text) in [
        ("WhatsApp Chat with Anabel Gómez.txt", chat),
        ("Bate-papo do WhatsApp com Anabel Gómez.txt", chat),
        ("5511987654321.json", hooks),
        ("anabel.gomez@x.example.json", desk),
    ] {
        std::fs::write(given.join(name), text).unwrap();
    }
    let given = given.to_str().unwrap();
    let log = made.join("log.jsonl").display().to_string();
    let mut said = String::new();
    let mut logs = vec![log.clone(), made.join("log.csv").display().to_string()];
    if cfg!(feature = "frames") {
        logs.push(made.join("log.parquet").display().to_string());
    }
    for log in &logs {
        said += &helpsim(&["import", given, "-o", log, "--date-order", "dmy"]);
        // Read back, so that what is packed in the file cannot hide.
        said += &helpsim(&["import", log, "-o", "-"]);
    }
    let scenario = replay(&made, "log.jsonl").display().to_string();
    let audited = made.join("audit").display().to_string();
    said += &helpsim(&["audit", &log, "--scenario", &scenario, "--out", &audited]);
    said += &helpsim(&["audit", &log, "--scenario", &scenario, "--format", "json"]);
    let replayed = made.join("report").display().to_string();
    said += &helpsim(&["run", &scenario, "--out", &replayed]);
    let mut files = Vec::new();
    below(&made, &mut files);
    assert!(files.iter().any(|file| file.ends_with("report/report.html")));
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} is said:\n{said}");
        for file in &files {
            let bytes = std::fs::read(file).unwrap();
            let found = memchr::memmem::find(&bytes, secret.as_bytes());
            assert_eq!(found, None, "{secret} is in {}", file.display());
        }
    }
}

/// What was recorded for another time does not come, neither before the run nor behind it, and that is said.
#[test]
fn conversations_of_another_time_stay_away() {
    let scenario = root().join("scenarios/replay_webhooks.toml");
    let scenario = scenario.to_str().unwrap();
    let run = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let arguments = ["run", scenario, "--no-report", "--replications", "1"].into_iter().chain(sets);
        helpsim(&arguments.collect::<Vec<_>>())
    };
    assert!(!run(&[]).contains("outside the period"));
    let one_day = run(&["scenario.duration=\"1d\""]);
    assert!(one_day.contains("74 of the conversations begin outside the period"), "{one_day}");
    let before = run(&["traffic.0.shift=\"-3000d\""]);
    assert!(before.contains("120 of the conversations begin outside the period"), "{before}");
    let offered = before.lines().find(|line| line.starts_with("conversations offered")).unwrap();
    assert_eq!(offered.split_whitespace().nth(2), Some("0"), "{offered}");
}
