//! What `like = "..."` brings: vendors' values as commented fragments of the scenario language. What
//! the user writes beside it overrides, key by key.

use super::desk_presets;
use super::raw::leaf::NOWHERE;
use super::source::{Texts, moved_table};
use crate::diag::{Diagnostic, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Name and text of the channel presets.
const CHANNELS: [(&str, &str); 4] = [
    ("whatsapp_cloud_api", include_str!("presets/channel/whatsapp_cloud_api.toml")),
    ("whatsapp_business_app", include_str!("presets/channel/whatsapp_business_app.toml")),
    ("twilio", include_str!("presets/channel/twilio.toml")),
    ("gupshup", include_str!("presets/channel/gupshup.toml")),
];

/// A desk of no brand in particular: the defaults of every switch.
pub const PLAIN_DESK: &str = "plain";

/// A table that takes presets.
struct Preset {
    /// The table whose `like` names one.
    table: &'static str,
    /// The table within it that the fragment fills; "" for the table itself.
    fills: &'static str,
    /// Taken when `like` is not written.
    default: &'static str,
}

const TABLES: [Preset; 2] = [
    Preset { table: "channel", fills: "", default: "whatsapp_cloud_api" },
    Preset { table: "desk", fills: "clocks", default: PLAIN_DESK },
];

/// Names of a table's presets.
pub fn names(table: &str) -> Vec<&'static str> {
    match table {
        "channel" => CHANNELS.iter().map(|(name, _)| *name).collect(),
        "desk" => [PLAIN_DESK].into_iter().chain(desk_presets::desk_names()).collect(),
        _ => Vec::new(),
    }
}

/// The commented fragment behind a preset's name.
pub fn fragment(table: &str, name: &str) -> Option<&'static str> {
    match table {
        "channel" => CHANNELS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text),
        "desk" if name == PLAIN_DESK => Some(""),
        "desk" => desk_presets::desk(name),
        _ => None,
    }
}

/// Name of a preset's text in diagnostics.
fn file_name(table: &str, name: &str) -> String {
    format!("<preset {table} {name}>")
}

/// The text behind a name that a diagnostic uses.
pub fn text_of(file: &str) -> Option<&'static str> {
    let (table, name) = file.strip_prefix("<preset ")?.strip_suffix('>')?.split_once(' ')?;
    fragment(table, name)
}

/// Fills the tables that take a preset with what they do not say themselves.
pub fn merge(tree: &mut DeTable<'_>, texts: &mut Texts, faults: &mut Vec<Diagnostic>) {
    for preset in &TABLES {
        let written = tree.get(preset.table).and_then(|table| table.get_ref().get("like"));
        let name = match written.map(|like| (like.get_ref().as_str(), like.span())) {
            None => preset.default.to_owned(),
            // A `like` that is no text is a fault of shape, and reported as one.
            Some((None, _)) => continue,
            Some((Some(name), span)) => {
                if fragment(preset.table, name).is_none() {
                    faults.push(unknown(preset.table, name, span));
                    continue;
                }
                name.to_owned()
            }
        };
        let Some(text) = fragment(preset.table, &name) else { continue };
        let Ok(parsed) = DeTable::parse(text) else { continue };
        let base = texts.add(&file_name(preset.table, &name), text);
        let fragment = moved_table(parsed.into_inner(), base);
        if let Some(place) = table_at(tree, preset.table) {
            match preset.fills {
                "" => fill(place, fragment),
                inner => {
                    if let Some(place) = table_at(place, inner) {
                        fill(place, fragment);
                    }
                }
            }
        }
    }
}

fn unknown(table: &str, name: &str, span: std::ops::Range<usize>) -> Diagnostic {
    let known = names(table);
    let fault = Diagnostic::error("HS0202", format!("no preset of `{table}` is called `{name}`"))
        .mark(span, "unknown preset")
        .help(format!("one of `{}`", known.join("`, `")));
    match nearest(name, known) {
        Some(near) => fault.help("a preset with a similar name exists").replace(format!("\"{near}\"")),
        None => fault,
    }
}

/// The table under a key, made if it is not there; `None` if something else is.
fn table_at<'a, 't>(tree: &'a mut DeTable<'t>, key: &'static str) -> Option<&'a mut DeTable<'t>> {
    let place = tree
        .entry(Spanned::new(NOWHERE, key.into()))
        .or_insert_with(|| Spanned::new(NOWHERE, DeValue::Table(DeTable::new())));
    match place.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Adds what is not there yet. A table with one value for each of several things is filled key by
/// key; anything else that is written stays as it is, since a distribution must not be mixed.
fn fill<'t>(place: &mut DeTable<'t>, fragment: DeTable<'t>) {
    for (key, value) in fragment {
        match (place.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut), value) {
            (None, value) => {
                place.insert(key, value);
            }
            (Some(DeValue::Table(there)), value) if per_clock(key.get_ref()) => {
                if let DeValue::Table(inner) = value.into_inner() {
                    fill(there, inner);
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// Whether the key holds one value for each clock.
fn per_clock(key: &str) -> bool {
    ["pauses", "at_resolution", "at_reopening", "judged_at_poll", "statuses"].contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_parses() {
        for preset in &TABLES {
            assert!(names(preset.table).contains(&preset.default));
            for name in names(preset.table) {
                let file = file_name(preset.table, name);
                assert!(text_of(&file).is_some_and(|text| DeTable::parse(text).is_ok()), "{file}");
            }
        }
    }
}
