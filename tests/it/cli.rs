//! The program as its users meet it: exit codes, what is left behind when it is stopped, and the same
//! bytes again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scenario(name: &str) -> PathBuf {
    root().join("scenarios").join(name)
}

/// `helpsim` with nothing of the caller's surroundings that changes what it prints.
fn helpsim() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpsim"));
    command.env_remove("HELPSIM_THREADS").env("COLUMNS", "80").env("NO_COLOR", "1");
    command
}

fn output(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, base: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, into);
            } else {
                into.insert(path.strip_prefix(base).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The same scenario and seed: every file of the report but the manifest, on any number of threads.
#[test]
fn a_report_comes_out_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let report = |name: &str, threads: &str| {
        let out = folder.path().join(name);
        let mut run = helpsim();
        run.args(["run", "--quiet", "--replications", "4", "--threads", threads, "--out"]).arg(&out);
        let (_, stdout, stderr) = output(run.arg(scenario("quickstart.toml")));
        assert_eq!(stderr, "");
        let mut files = files(&out);
        assert!(files.remove(Path::new("manifest.json")).is_some());
        (stdout, files)
    };
    let (printed, first) = report("first", "1");
    assert!(first.contains_key(Path::new("report.html")));
    assert_eq!(first.contains_key(Path::new("conversations.parquet")), cfg!(feature = "frames"));
    for (name, threads) in [("again", "1"), ("two", "2"), ("eight", "8")] {
        let (printed_again, again) = report(name, threads);
        assert_eq!(printed, printed_again, "{name}");
        assert!(first.keys().eq(again.keys()), "{name}");
        for (path, bytes) in &first {
            assert!(*bytes == again[path], "{} differs: {name}", path.display());
        }
    }
}

/// What is wrong with the file is told with its exit code, and no report appears.
/// What lies in `reports/sample`, and the README shows, is what the program makes today.
#[test]
fn the_sample_report_is_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    // From the root, so that the page names the scenario as the README's command does.
    let mut command = helpsim();
    command.current_dir(root()).args(["run", "scenarios/quickstart.toml", "-q", "-o"]).arg(&report);
    let (code, _, err) = output(&mut command);
    assert_eq!(code, 0, "{err}");
    let made = files(&report);
    let kept = files(&root().join("reports/sample"));
    assert!(kept.len() > 5, "{:?}", kept.keys());
    for (name, bytes) in kept {
        assert!(made.get(&name) == Some(&bytes), "reports/sample/{} is of another day", name.display());
    }
}

/// What no log tells is drawn in no picture.
#[test]
fn an_audit_draws_what_was_observed() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mut command = helpsim();
    command.arg("audit").arg(root().join("data/recorded/twitter_care.csv")).arg("-q");
    command.arg("--scenario").arg(scenario("quickstart.toml")).arg("-o").arg(&report);
    let (code, _, err) = output(&mut command);
    assert_eq!(code, 1, "its goals are missed: {err}");
    let page = std::fs::read_to_string(report.join("report.html")).unwrap();
    assert!(page.contains("id=\"compliance\"") && page.contains("id=\"first-response\""));
    for id in
        ["staffed-needed", "answered-in-time", "queue", "backlog", "occupancy", "cost", "resolution-time"]
    {
        assert!(!page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn wrong_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(scenario("business_app.toml")).unwrap();
    let cases: [(&str, Option<Vec<u8>>, i32, &str); 6] = [
        ("missing.toml", None, 3, "missing.toml"),
        ("empty.toml", Some(Vec::new()), 2, "the scenario is empty"),
        ("latin1.toml", Some(b"# caf\xe9\n".to_vec()), 2, "UTF-8"),
        ("picture.toml", Some(b"\x89PNG\r\n\x1a\n\0\0\0".to_vec()), 2, "UTF-8"),
        ("json.toml", Some(b"{\"scenario\": 1}".to_vec()), 2, "json.toml:1:1"),
        ("key.toml", Some(good.replace("seed", "sead").into_bytes()), 2, "seed"),
    ];
    for (name, bytes, code, says) in cases {
        let path = folder.path().join(name);
        if let Some(bytes) = &bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let out = folder.path().join("report");
        let (exit, stdout, stderr) = output(helpsim().arg("run").arg(&path).arg("--out").arg(&out));
        assert_eq!((exit, stdout.as_str()), (code, ""), "{name}: {stderr}");
        assert!(stderr.contains(says) && !stderr.contains("panicked"), "{name}: {stderr}");
        assert!(!out.exists(), "{name} left a report");
    }
    let (exit, _, stderr) = output(helpsim().arg("run").arg(folder.path()));
    assert_eq!(exit, 2, "{stderr}");
}

/// Absurd values are answered, not tried.
#[test]
fn absurd_values_are_refused() {
    let absurd = [
        "traffic.customers.volume.per_day=1000000000000",
        "traffic.customers.volume.per_day=-5",
        "scenario.replications=0",
        "scenario.duration=\"900000d\"",
        "team.me.concurrency=0",
    ];
    let folder = tempfile::tempdir().unwrap();
    let start = folder.path().join("scenario.toml");
    let (exit, ..) = output(helpsim().args(["init", "--out"]).arg(&start));
    assert_eq!(exit, 0);
    for set in absurd {
        let (exit, _, stderr) = output(helpsim().arg("run").arg(&start).args(["--no-report", "--set", set]));
        assert_eq!(exit, 2, "{set}: {stderr}");
        assert!(stderr.contains("error") && !stderr.contains("panicked"), "{set}: {stderr}");
    }
}

/// Ctrl-C: exit code 130, the old report stands, nothing lies beside it.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let mut run = helpsim();
    run.args(["run", "--replications", "2"]).arg(scenario("business_app.toml")).arg("--out").arg(&out);
    assert_eq!(run.status().unwrap().code().map(|code| code < 2), Some(true));
    let before = files(&out);

    // Longer than anybody waits.
    let mut run = helpsim();
    run.arg("run").arg(scenario("erlang_a.toml")).arg("--out").arg(&out);
    run.args(["--set", "scenario.replications=100000", "--threads", "2"]);
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // The first line says that the scenario was read; the handler may come a moment later, and without
    // it the signal ends the program as well, only with another code.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    while !names(folder.path()).iter().any(|name| name.starts_with(".helpsim-")) && cfg!(feature = "frames") {
        std::thread::yield_now();
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("interrupted"), "{rest}");
    assert!(before == files(&out), "the old report changed");
    assert_eq!(names(folder.path()), ["report"]);
}

/// A disk that is full in the middle of the report: exit code 3, the old report stands.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_report() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let run = |limit: &str| {
        // No file may grow beyond `limit` blocks: writing fails as it does on a full disk.
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]);
        shell.arg(env!("CARGO_BIN_EXE_helpsim")).args(["run", "--replications", "2", "--out"]).arg(&out);
        output(shell.arg(scenario("business_app.toml")).env("NO_COLOR", "1"))
    };
    assert!(run("unlimited").0 < 2);
    let before = files(&out);
    let (exit, stdout, stderr) = run("8");
    assert_eq!((exit, stdout.as_str()), (3, ""), "{stderr}");
    assert!(stderr.contains("could not write") || stderr.contains("too large"), "{stderr}");
    assert!(before == files(&out), "the old report changed");
    assert_eq!(names(folder.path()), ["report"]);
}

/// A reader that has seen enough ends the printing without an error.
#[test]
fn a_closed_pipe_is_no_error() {
    let mut run = helpsim();
    run.args(["run", "--no-report", "--replications", "2", "--format", "json"]);
    let mut child = run.arg(scenario("business_app.toml")).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().code().is_some_and(|code| code < 2));
}

/// A scenario comes by standard input as well.
#[test]
fn standard_input_is_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let start = folder.path().join("scenario.toml");
    assert_eq!(output(helpsim().args(["init", "--out"]).arg(&start)).0, 0);
    let mut run = helpsim();
    run.args(["run", "-", "--no-report", "--replications", "2", "--format", "json"]);
    run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).current_dir(folder.path());
    let mut child = run.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(&start).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["replications"], 2);
}

/// Completions and man pages come from the same definitions as the help.
#[test]
fn completions_and_man_pages_know_the_verbs() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(output(helpsim().args(["generate", "man", "--out"]).arg(folder.path())).0, 0);
    assert!(names(folder.path()).contains(&"helpsim-run.1".to_owned()));
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (exit, script, _) = output(helpsim().args(["generate", shell]));
        assert!(exit == 0 && script.contains("compare"), "{shell}");
    }
}
