//! The faults a flow file can have, and the reference that lists them.

use super::*;
use crate::diag::Severity;

fn faults(text: &str) -> Vec<(&'static str, Severity, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots");
    let found = match Flow::from_text(text, "flow.toml", &folder) {
        Ok((_, warnings)) => warnings,
        Err(faults) => faults,
    };
    found.into_iter().map(|d| (d.code, d.severity, d.message)).collect()
}

/// A flow of the shortest kind around some steps.
fn around(steps: &str) -> String {
    format!("name = \"x\"\nlanguages = [\"en\"]\nstart = \"a\"\nfallback = \"?\"\n{steps}")
}

#[test]
fn each_fault_is_told_by_its_code() {
    let long = "x".repeat(4_097);
    let cases = [
        ("[step.a]\ngo = \"bb\"\n[step.b]\nend = \"solved\"", "HS0601", "there is no step `bb`"),
        ("[step.a]\nsay = \"{nam}\"\nend = \"solved\"", "HS0602", "there is no variable `nam`"),
        ("[step.a]\nsay = \"{name\"\nend = \"solved\"", "HS0603", "a brace is opened"),
        ("[step.a]\nsay = \"hi\"", "HS0604", "step `a` is a dead end"),
        ("[step.a]\nlisten = true\nend = \"solved\"", "HS0604", "does 2 things at once"),
        (&format!("[step.a]\nsay = \"{long}\"\nend = \"closed\""), "HS0605", "4097 characters"),
        (
            "[step.a]\nend = \"closed\"\n[step.z]\nend = \"closed\"",
            "HS0607",
            "no conversation reaches step `z`",
        ),
        ("[step.a]\ngo = \"b\"\n[step.b]\ngo = \"a\"", "HS0608", "never waits"),
        (
            "[slot.s]\nkind = \"text\"\n[step.a]\nsay = \"s\"\nask = \"s\"\ngo = \"b\"\n[step.b]\ngo = \"a\"",
            "HS0608",
            "never waits",
        ),
        ("[step.a]\nsay = \"m\"\nmenu = [{ text = \"t\", go = \"a\" }]", "HS0609", "never gets out"),
        (
            "[step.a]\nsay = \"m\"\nshow = \"buttons\"\nmenu = [{ text = \"This button is much too long\", go = \"a\" }]",
            "HS0605",
            "28 characters",
        ),
        (
            "[[keyword]]\nwords = \"a b\"\ngo = \"a\"\n[[keyword]]\nwords = \"b\"\npriority = 2\nhand_off = \"r\"\n[step.a]\nend = \"closed\"",
            "HS0610",
            "never counts",
        ),
        (
            "[[intent]]\nname = \"i\"\nphrases_from = \"nothing.txt\"\ngo = \"a\"\n[step.a]\nend = \"closed\"",
            "HS0611",
            "cannot read",
        ),
        ("[step.a]\nsay = \"x\"\nlink = \"www.x\"\nend = \"closed\"", "HS0612", "not a link"),
        (
            "[slot.s]\nkind = \"text\"\npattern = \"(\"\n[step.a]\nend = \"closed\"",
            "HS0613",
            "regular expression",
        ),
        (
            "[table.t]\nfile = \"nothing.csv\"\nkey = \"k\"\n[step.a]\nend = \"closed\"",
            "HS0614",
            "cannot read",
        ),
        ("[step.a]\nsya = \"x\"", "HS0600", "unknown field `sya`"),
        (
            "[step.a]\nbranch = [{ if = { name = \"Ana\" }, go = \"b\" }]\n[step.b]\nend = \"closed\"",
            "HS0604",
            "where no line of the branch `a` holds",
        ),
        (
            "[step.a]\nbranch = [{ go = \"b\" }, { if = { name = \"Ana\" }, go = \"b\" }]\n[step.b]\nend = \"closed\"",
            "HS0607",
            "never count",
        ),
        (
            &format!(
                "[step.a]\nsay = \"{0}\"\nmenu = [{{ text = \"{0}\", go = \"b\" }}]\n[step.b]\nend = \"closed\"",
                "y".repeat(2_100)
            ),
            "HS0605",
            "this menu has up to 4205 characters",
        ),
        (
            "[table.t]\nurl = \"https://x/{key}\"\ncolumns = [\"a\"]\n[step.a]\nend = \"closed\"",
            "HS0614",
            "HTTPS is not built in",
        ),
        ("[table.t]\nurl = \"http://x/{key}\"\n[step.a]\nend = \"closed\"", "HS0614", "`columns` says"),
        ("[table.t]\nkey = \"k\"\n[step.a]\nend = \"closed\"", "HS0614", "either a `file` or a `url`"),
        (
            "[step.a]\nsay = { en = \"x\", fr = \"y\" }\nend = \"closed\"",
            "HS0617",
            "language of this flow `fr`",
        ),
    ];
    for (steps, code, part) in cases {
        let found = faults(&around(steps));
        assert!(found.iter().any(|(c, _, m)| *c == code && m.contains(part)), "{steps}\n{found:#?}");
    }
}

#[test]
fn a_missing_translation_is_a_warning_and_the_first_language_is_spoken() {
    let text = "name = \"x\"\nlanguages = [\"es\", \"pt\"]\nstart = \"a\"\nfallback = { es = \"?\", pt = \"?\" }\n\
                [step.a]\nsay = { es = \"hola\", pt = \"olá\" }\ngo = \"b\"\n[step.b]\nsay = \"adiós\"\nend = \"closed\"";
    let found = faults(text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1), ("HS0606", Severity::Warning));
    let flow = load(text);
    let mut session = flow.start("pt");
    let turn = flow.advance(&mut session, Input::Text("oi"), &mut Memo::new());
    assert_eq!(flow.texts(&session, &turn), vec!["olá", "adiós"]);
}

#[test]
fn several_faults_come_together_in_the_order_of_the_file() {
    let found = faults(&around("[step.a]\nsay = \"{x}\"\ngo = \"y\"\n[step.b]\nsay = \"hi\""));
    let codes: Vec<&str> = found.iter().map(|f| f.0).collect();
    assert_eq!(codes, vec!["HS0602", "HS0601", "HS0604"]);
}

#[test]
fn the_reference_and_the_schema_in_docs_are_today_s() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, text) in [
        ("docs/flow.md", crate::bot::flow::reference::markdown()),
        ("docs/flow.schema.json", crate::bot::flow::reference::schema()),
    ] {
        let path = root.join(file);
        if std::env::var_os("HELPSIM_UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{file} is not today's: run this test with HELPSIM_UPDATE_DOCS=1");
    }
}

#[test]
fn every_code_of_a_fault_stands_in_the_reference() {
    let page = crate::bot::flow::reference::markdown();
    for code in 600..=617 {
        assert!(page.contains(&format!("HS0{code}")), "HS0{code}");
    }
}
