//! What `like = "..."` brings: vendors' values as commented fragments of the scenario language. What
//! the user writes beside it overrides.

use super::source::{Texts, moved_table};
use crate::diag::{Diagnostic, nearest};
use toml::de::{DeTable, DeValue};

/// Table, name, text.
const PRESETS: [(&str, &str, &str); 4] = [
    ("channel", "whatsapp_cloud_api", include_str!("presets/channel/whatsapp_cloud_api.toml")),
    ("channel", "whatsapp_business_app", include_str!("presets/channel/whatsapp_business_app.toml")),
    ("channel", "twilio", include_str!("presets/channel/twilio.toml")),
    ("channel", "gupshup", include_str!("presets/channel/gupshup.toml")),
];

/// The preset a table takes when it names none.
const DEFAULTS: [(&str, &str); 1] = [("channel", "whatsapp_cloud_api")];

/// Name of a preset's text in diagnostics.
fn file_name(table: &str, name: &str) -> String {
    format!("<preset {table} {name}>")
}

/// The text behind a name that a diagnostic uses.
pub fn text_of(file: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(table, name, _)| file_name(table, name) == file).map(|(_, _, text)| *text)
}

/// Fills the tables that take a preset with what they do not say themselves.
pub fn merge(tree: &mut DeTable<'_>, texts: &mut Texts, faults: &mut Vec<Diagnostic>) {
    for (table_name, default) in DEFAULTS {
        let written = tree.get(table_name).and_then(|table| table.get_ref().get("like"));
        let like = match written.map(|like| (like.get_ref().as_str(), like.span())) {
            None => default.to_owned(),
            // A `like` that is no text is a fault of shape, and reported as one.
            Some((None, _)) => continue,
            Some((Some(name), span)) => {
                let known: Vec<&str> =
                    PRESETS.iter().filter(|(table, ..)| *table == table_name).map(|(_, name, _)| *name).collect();
                if !known.contains(&name) {
                    let fault = Diagnostic::error("HS0202", format!("no preset of `{table_name}` is called `{name}`"))
                        .mark(span, "unknown preset")
                        .help(format!("one of `{}`", known.join("`, `")));
                    faults.push(match nearest(name, known) {
                        Some(near) => fault.help("a preset with a similar name exists").replace(format!("\"{near}\"")),
                        None => fault,
                    });
                    continue;
                }
                name.to_owned()
            }
        };
        let Some((table, name, text)) = PRESETS.iter().find(|(table, name, _)| *table == table_name && *name == like) else {
            continue;
        };
        let base = texts.add(&file_name(table, name), text);
        let Ok(preset) = DeTable::parse(text) else { continue };
        let preset = moved_table(preset.into_inner(), base);
        let place = tree
            .entry(toml::Spanned::new(super::raw::leaf::NOWHERE, table_name.into()))
            .or_insert_with(|| toml::Spanned::new(super::raw::leaf::NOWHERE, DeValue::Table(DeTable::new())));
        if let DeValue::Table(place) = place.get_mut() {
            for (key, value) in preset {
                if !place.contains_key(key.get_ref().as_ref()) {
                    place.insert(key, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_parses() {
        for (table, name, text) in PRESETS {
            assert!(DeTable::parse(text).is_ok(), "{table} {name}");
        }
        assert!(DEFAULTS.iter().all(|(table, name)| text_of(&file_name(table, name)).is_some()));
    }
}
