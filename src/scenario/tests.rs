//! Files in, plans or diagnostics out.


use super::{load, parse, sources};
use crate::diag;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text a user would see.
fn rendered(text: &str, overrides: &[(&str, &str)]) -> String {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let diagnostics = match parse(text, "shop.toml", Path::new(""), &overrides) {
        Ok(loaded) => loaded.warnings,
        Err(faults) => faults,
    };
    diag::render(&diagnostics, &sources(&diagnostics, "shop.toml", text), false)
}

#[test]
fn every_invalid_scenario_is_answered() {
    let folder = root().join("tests/scenarios/invalid");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("folder").flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
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
            snapshot_path => folder.as_path(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, shown);
        });
    }
}
