//! Files in, plans or diagnostics out.

use super::plan::{Arrivals, BotKind, Plan, Replications, Source};
use super::{Loaded, load, parse, reference, schema, sources, templates};
use crate::diag::{self, Diagnostic};
use crate::random::Distribution;
use crate::time::Span;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join(folder)).expect("folder").flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// A scenario with the least that must be there, and `more`.
fn small(more: &str) -> String {
    format!(
        "[scenario]\nname = \"small\"\n[[traffic]]\nname = \"t\"\nvolume = {{ per_hour = 6 }}\n[[team]]\nname = \"one\"\nagents = 3\n{more}"
    )
}

fn check(text: &str, overrides: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    parse(text, "shop.toml", Path::new(""), &overrides)
}

fn plan(text: &str, overrides: &[(&str, &str)]) -> Plan {
    check(text, overrides).unwrap_or_else(|faults| panic!("{}", show(text, &faults))).plan
}

/// What a user would see.
fn show(text: &str, diagnostics: &[Diagnostic]) -> String {
    diag::render(diagnostics, &sources(diagnostics, "shop.toml", text), false)
}

fn codes(outcome: Result<Loaded, Vec<Diagnostic>>) -> Vec<&'static str> {
    match outcome {
        Ok(loaded) => loaded.warnings,
        Err(faults) => faults,
    }
    .iter()
    .map(|fault| fault.code)
    .collect()
}

#[test]
fn every_invalid_scenario_is_answered() {
    let files = toml_files("tests/scenarios/invalid");
    assert!(files.len() >= 10, "the invalid scenarios are there");
    for path in files {
        let name = path.file_stem().expect("name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        let file = format!("{name}.toml");
        let diagnostics = match parse(&text, &file, Path::new(""), &[]) {
            Ok(loaded) => loaded.warnings,
            Err(faults) => faults,
        };
        let shown = diag::render(&diagnostics, &sources(&diagnostics, &file, &text), false);
        insta::with_settings!({
            snapshot_path => root().join("tests/scenarios/invalid"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, shown);
        });
    }
}

#[test]
fn ten_mistakes_are_ten_diagnostics() {
    let text =
        std::fs::read_to_string(root().join("tests/scenarios/invalid/ten_mistakes.toml")).expect("text");
    let faults = check(&text, &[]).expect_err("faults");
    assert_eq!(faults.len(), 10, "{}", show(&text, &faults));
    assert!(faults.iter().all(|fault| fault.is_error() && !fault.marks.is_empty()));
}

#[test]
fn every_scenario_loads_without_a_word() {
    let files = toml_files("scenarios");
    assert!(files.len() >= 7);
    for path in files {
        let loaded = load(&path).unwrap_or_else(|faults| {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let name = path.display().to_string();
            panic!("{}", diag::render(&faults, &sources(&faults, &name, &text), false))
        });
        assert!(loaded.warnings.is_empty(), "{}: {:#?}", path.display(), loaded.warnings);
        assert!(!loaded.plan.goals.is_empty() || path.ends_with("erlang_a.toml"));
    }
}

#[test]
fn every_template_loads_without_a_word() {
    for name in templates::names() {
        let text = templates::get(name).expect("template");
        // The record is the user's own; any file stands in for it.
        let text = text.replace("\"conversations.csv\"", "\"data/recorded/twitter_care.csv\"");
        let loaded =
            parse(&text, name, &root(), &[]).unwrap_or_else(|faults| panic!("{}", show(&text, &faults)));
        assert!(loaded.warnings.is_empty(), "{name}: {:#?}", loaded.warnings);
    }
}

/// The resolved scenario says everything: it loads to the same plan.
#[test]
fn the_resolved_scenario_loads_to_the_same_plan() {
    for path in toml_files("scenarios") {
        let loaded = load(&path).expect("loads");
        let folder = path.parent().expect("folder");
        let again = parse(&loaded.resolved, "resolved.toml", folder, &[])
            .unwrap_or_else(|faults| panic!("{}\n{}", loaded.resolved, show(&loaded.resolved, &faults)));
        let text = |mut plan: Plan| {
            // What differs by nature: lines, and what counts as assumed once it is written down.
            plan.policies.iter_mut().for_each(|policy| policy.line = 0);
            plan.rules.iter_mut().for_each(|rule| rule.line = 0);
            plan.goals.iter_mut().for_each(|goal| goal.line = 0);
            plan.assumptions.clear();
            format!("{plan:#?}")
        };
        let (first, second) = (text(loaded.plan), text(again.plan));
        let difference = first.lines().zip(second.lines()).find(|(a, b)| a != b);
        assert_eq!(difference, None, "{}", path.display());
    }
}

#[test]
fn the_schema_and_the_reference_in_docs_are_today_s() {
    for (file, text) in
        [("docs/scenario.schema.json", schema::text()), ("docs/scenario.md", reference::markdown())]
    {
        let path = root().join(file);
        if std::env::var_os("HELPSIM_UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{file} is not today's: run this test with HELPSIM_UPDATE_DOCS=1");
    }
}

#[test]
fn every_scenario_suits_the_schema() {
    let validator = jsonschema::draft7::new(&schema::value()).expect("a draft 7 schema");
    for path in toml_files("scenarios") {
        let text = std::fs::read_to_string(&path).expect("text");
        let instance: serde_json::Value = toml::from_str(&text).expect("TOML");
        let faults: Vec<String> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", path.display());
    }
}

#[test]
fn small_scenarios_resolve() {
    let plan = plan(&small(""), &[]);
    assert_eq!(plan.end - plan.start, Span::from_days(7));
    assert_eq!(plan.intents.len(), 1);
    assert!(matches!(plan.replications, Replications::Fixed(20)));
    assert!(matches!(plan.bot.kind, BotKind::None));
    assert_eq!(plan.calendars[0].name, "always");
    let Source::Synthetic(source) = &plan.sources[0] else { panic!("synthetic") };
    let Arrivals::Poisson { per_hour, weekly, .. } = &source.arrivals else { panic!("Poisson") };
    assert_eq!((&per_hour[..], *weekly), (&[6.0][..], false));
    assert!(!plan.assumptions.is_empty());
}

#[test]
fn distributions_by_the_parameters_of_the_field() {
    let cases = [
        ("\"90s\"", 90_000.0),
        ("{ deterministic = { value = \"2m\" } }", 120_000.0),
        ("{ exponential = { mean = \"2m\" } }", 120_000.0),
        ("{ lognormal = { mean = \"2m 10s\", sd = \"2m\" } }", 130_000.0),
        ("{ lognormal = { mean = \"1m\", scv = 2 } }", 60_000.0),
        ("{ lognormal = { median = \"40s\", sigma = 1.3 } }", 40_000.0 * (1.3_f64 * 1.3 / 2.0).exp()),
        ("{ gamma = { shape = 0.5, scale = \"2m\" } }", 60_000.0),
        ("{ gamma = { shape = 3, mean = \"3m\" } }", 180_000.0),
        ("{ gamma = { mean = \"4m\", sd = \"2m\" } }", 240_000.0),
        ("{ erlang = { mean = \"3m\", k = 3 } }", 180_000.0),
        ("{ weibull = { mean = \"25m\", shape = 0.8 } }", 1_500_000.0),
        ("{ weibull = { scale = \"1m\", shape = 1 } }", 60_000.0),
        ("{ uniform = { low = 0, high = \"4m\" } }", 120_000.0),
        ("{ triangular = { low = \"1m\", mode = \"2m\", high = \"6m\" } }", 180_000.0),
        ("{ hyperexponential = { p = [0.9, 0.1], means = [\"30s\", \"330s\"] } }", 60_000.0),
        ("{ empirical = { values = [\"1m\", \"3m\"] } }", 120_000.0),
    ];
    for (law, mean) in cases {
        let plan = plan(&small(&format!("[[intent]]\nname = \"a\"\nagent_work = {law}\n")), &[]);
        let found = plan.intents[0].agent_work.mean();
        assert!((found - mean).abs() <= 1e-9 * mean, "{law}: {found}");
    }
    let plan = plan(&small("[[intent]]\nname = \"a\"\nexchanges = { geometric = { mean = 1.4 } }\n"), &[]);
    assert_eq!(plan.intents[0].exchanges, Distribution::Geometric { mean: 1.4 });
    let law = "agent_work = { gamma = { mean = \"4m\", sd = \"2m\" } }";
    let plan = self::plan(&small(&format!("[[intent]]\nname = \"a\"\n{law}\n")), &[]);
    assert_eq!(plan.intents[0].agent_work, Distribution::Gamma { shape: 4.0, scale: 60_000.0 });
}

#[test]
fn overrides_reach_every_place() {
    let text = small("[customer]\nbalk = 0.1\n");
    let over = |key, value| plan(&text, &[(key, value)]);
    assert_eq!(over("team.one.agents", "11").teams[0].shifts[0].agents, 11);
    assert_eq!(over("team.0.agents", "5").teams[0].shifts[0].agents, 5);
    assert_eq!(over("customer.balk", "20%").customer.balk, 0.2);
    assert_eq!(
        over("customer.patience", "5m").customer.patience,
        Some(Distribution::Deterministic { value: 3e5 })
    );
    assert_eq!(
        over("customer.patience.exponential.mean", "5m").customer.patience,
        Some(Distribution::Exponential { mean: 3e5 })
    );
    assert_eq!(over("scenario.timezone", "Europe/Madrid").zone_name, "Europe/Madrid");
    assert_eq!(over("channel.like", "twilio").channel.price_inbound, 0.005);
    assert!(matches!(over("bot.like", "statistical").bot.kind, BotKind::Statistical { .. }));
    assert!(over("desk.clocks.bot_reply_answers", "true").desk.clocks.bot_reply_answers);
    let precise = small("[[scenario.precision]]\nmetric = \"first_response.p90\"\nhalf_width = \"2%\"\n");
    let fixed = plan(&precise, &[("scenario.replications", "3")]);
    assert!(matches!(fixed.replications, Replications::Fixed(3)));
}

#[test]
fn faults_of_overrides_point_into_the_override() {
    let text = small("");
    for (key, value, expected) in [
        ("team.two.agents", "3", "no entry is named `two`"),
        ("team.one.agnets", "3", "unknown key `agnets`"),
        ("team.one.agents", "many", "must be a whole number"),
        ("scenario.name.first", "x", "`name` is not a table"),
        ("scenario..name", "x", "is not a path"),
        ("customer.balk", "2", "between 0 and 1"),
        ("team.one.agents", "99999999999999999999", "must be"),
    ] {
        let faults = check(&text, &[(key, value)]).expect_err(key);
        let shown = show(&text, &faults);
        assert!(shown.contains(expected) && shown.contains(&format!("--> --set {key}={value}")), "{shown}");
    }
}

#[test]
fn a_table_where_a_list_is_wanted_is_told_how_lists_are_written() {
    let text = small("[calendar.office]\nmon-fri = \"09:00-17:00\"\n");
    let shown = show(&text, &check(&text, &[]).expect_err("no list"));
    assert!(shown.contains("`calendar` must be a list") && shown.contains("`[[calendar]]`"), "{shown}");
}

#[test]
fn profiles_spread_the_volume() {
    let text = small("").replace(
        "volume = { per_hour = 6 }",
        "volume = { per_week = 700 }\nprofile = \"data/profiles/retail.csv\"",
    );
    let loaded = parse(&text, "shop.toml", &root(), &[]).expect("loads");
    let Source::Synthetic(source) = &loaded.plan.sources[0] else { panic!("synthetic") };
    let Arrivals::Poisson { slot, per_hour, weekly } = &source.arrivals else { panic!("Poisson") };
    assert!(*weekly && per_hour.len() == 336 && *slot == Span::from_minutes(30));
    assert!((per_hour.iter().sum::<f64>() / 2.0 - 700.0).abs() < 1e-9);
    assert_eq!(loaded.plan.inputs.len(), 1);
    // By day: what is not named brings nobody.
    let by_day = "profile = { mon-fri = [0, 1, 3], sat = [2, 2, 0] }";
    let loaded =
        parse(&text.replace("profile = \"data/profiles/retail.csv\"", by_day), "shop.toml", &root(), &[]);
    let loaded = loaded.expect("loads");
    let Source::Synthetic(source) = &loaded.plan.sources[0] else { panic!("synthetic") };
    let Arrivals::Poisson { slot, per_hour, weekly } = &source.arrivals else { panic!("Poisson") };
    assert!(*weekly && *slot == Span::from_hours(8));
    // The week's weights add up to 24, and a slot is 8 hours long.
    let weights: Vec<i64> =
        per_hour.iter().map(|rate| (rate * 8.0 * 24.0 / 700.0 * 1e6).round() as i64).collect();
    let expected = [[0, 1, 3]; 5].into_iter().chain([[2, 2, 0], [0, 0, 0]]).flatten();
    assert_eq!(weights, expected.map(|weight| weight * 1_000_000).collect::<Vec<i64>>());
    // A count over three days from Wednesday on takes the weights of those days alone.
    let text = text
        .replace("per_week", "count")
        .replace("name = \"small\"", "name = \"s\"\nstart = \"2026-01-07\"\nduration = \"3d\"");
    let loaded = parse(&text, "shop.toml", &root(), &[]).expect("loads");
    let Source::Synthetic(source) = &loaded.plan.sources[0] else { panic!("synthetic") };
    let Arrivals::Poisson { per_hour, .. } = &source.arrivals else { panic!("Poisson") };
    assert!((per_hour[96..240].iter().sum::<f64>() / 2.0 - 700.0).abs() < 1e-6);
}

#[test]
fn files_are_read_and_their_faults_are_placed_in_them() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("work.txt", b"# seconds, or as people write it\n90\n2m 30s\n\n");
    write("bad_work.txt", b"90\nsoon\n");
    write("latin.txt", b"se\xf1or\n");
    write("hello.pt.txt", "ol\u{e1}\n# comment\n bom dia \n".as_bytes());
    write("day_1.csv", b"a\n");
    write("day_2.csv", b"b\n");
    let outcome = |more: &str| parse(&small(more), "shop.toml", folder.path(), &[]);

    let intent = "[[intent]]\nname = \"a\"\n";
    let good = format!(
        "{intent}agent_work = {{ empirical = {{ file = \"work.txt\" }} }}\nphrases = \"hello.pt.txt\"\n"
    );
    let plan = outcome(&good).expect("loads").plan;
    assert_eq!(plan.intents[0].agent_work.mean(), 120_000.0);
    assert_eq!(plan.languages, ["pt"]);
    assert_eq!(plan.intents[0].phrases[0].as_ref(), ["ol\u{e1}", "bom dia"]);
    assert_eq!(plan.inputs.len(), 2);

    for (more, expected) in [
        ("agent_work = { empirical = { file = \"bad_work.txt\" } }", "bad_work.txt:2:1"),
        ("phrases = \"latin.txt\"", "it is not UTF-8"),
        ("phrases = \".\"", "it is a folder"),
        ("phrases = \"none.txt\"", "there is no such file"),
    ] {
        let faults = outcome(&format!("{intent}{more}\n")).expect_err(more);
        let shown = show(&small(&format!("{intent}{more}\n")), &faults);
        assert!(shown.contains(expected), "{shown}");
    }

    let recorded = |pattern: &str| {
        let text = small("").replace("volume = { per_hour = 6 }", &format!("recorded = \"{pattern}\""));
        parse(&text, "shop.toml", folder.path(), &[])
    };
    let Source::Recorded(source) = &recorded("day_*.csv").expect("loads").plan.sources[0] else {
        panic!("recorded")
    };
    assert_eq!(source.paths.len(), 2);
    assert_eq!(codes(recorded("week_*.csv")), ["HS0203"]);
}

#[test]
fn rates_in_steps() {
    let rate = "rate = { cycle = \"24h\", steps = [{ at = \"0\", per_hour = 2 }, { at = \"8h\", per_hour = 6 }, { at = \"10h\", per_hour = 11 }] }";
    let plan = plan(&small("").replace("volume = { per_hour = 6 }", rate), &[]);
    let Source::Synthetic(source) = &plan.sources[0] else { panic!("synthetic") };
    let Arrivals::Poisson { slot, per_hour, weekly } = &source.arrivals else { panic!("Poisson") };
    assert_eq!((*slot, *weekly, per_hour.len()), (Span::from_hours(2), false, 12));
    assert_eq!(per_hour[3..7], [2.0, 6.0, 11.0, 11.0]);
}

#[test]
fn goals_are_read_in_the_unit_of_their_metric() {
    for (that, limit) in [
        ("first_response.p90 <= 5m", 300.0),
        ("sla.first_response.compliance >= 90%", 0.9),
        ("sla.first_response.compliance >= 0.9", 0.9),
        ("backlog.max < 1_200", 1_200.0),
    ] {
        let plan = plan(&small(&format!("[[goal]]\nthat = \"{that}\"\n")), &[]);
        assert_eq!(plan.goals[0].limit, limit, "{that}");
    }
    let sliced = small("[[goal]]\nthat = 'first_response.p90{team=\"one\"} <= 5m'\n");
    assert_eq!(plan(&sliced, &[]).goals[0].metric, "first_response.p90{team=\"one\"}");
}

#[test]
fn hostile_text_is_text() {
    assert_eq!(codes(check("", &[])), ["HS0002"]);
    assert_eq!(codes(check("\u{feff}  ", &[])), ["HS0002"]);
    let nested = format!("a = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(check(&nested, &[]).is_err());
    let named = "[scenario]\nname = \"x\"\n\"\\u001b[31m\" = 1\n";
    let faults = check(named, &[]).expect_err("faults");
    assert!(!show(named, &faults).contains('\u{1b}'));
}

proptest::proptest! {
    /// Whatever is cut out of a good file, the answer is a plan or a diagnostic, never a panic.
    #[test]
    fn damaged_files_are_answered(from in 0usize..4_000, length in 0usize..60) {
        let text = templates::get("bot").expect("template");
        let (from, to) = (from.min(text.len()), (from + length).min(text.len()));
        if text.is_char_boundary(from) && text.is_char_boundary(to) {
            let damaged = format!("{}{}", &text[..from], &text[to..]);
            if let Err(faults) = check(&damaged, &[]) {
                proptest::prop_assert!(faults.iter().any(Diagnostic::is_error));
                proptest::prop_assert!(!show(&damaged, &faults).is_empty());
            }
        }
    }
}
