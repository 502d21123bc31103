//! What the fuzz targets have in common: whatever comes in, no panic, and every element accounted for.

use helpsim::traffic::recorded::{DateOrder, Format, ImportError, Input, Limits, Options, import};

/// Reads bytes as a format.
pub fn read(format: Format, data: &[u8]) {
    let limits = Limits { element_bytes: 4_096, sort_bytes: 64 << 10, ..Limits::default() };
    let date_order = DateOrder::from_name("dmy");
    let options = Options { format: Some(format), date_order, limits, ..Options::default() };
    match import(&[Input::memory("input", data)], &options, &mut |_| {}) {
        Ok(report) => assert!(report.balanced()),
        Err(ImportError::Unaccounted { .. }) => panic!("{} lost an element", format.name()),
        Err(_) => {}
    }
}

/// Parses text as a scenario.
pub fn scenario(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = helpsim::scenario::parse(text, "scenario.toml", std::path::Path::new("."), &[]);
    }
}
