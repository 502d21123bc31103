//! What `[desk] like = "..."` brings: one commented fragment of switches for each help desk. What the
//! user writes beside it overrides, switch by switch.

use super::switches::ClockSwitches;

/// Name, text.
const PRESETS: [(&str, &str); 8] = [
    ("freshdesk", include_str!("presets/desk/freshdesk.toml")),
    ("zendesk", include_str!("presets/desk/zendesk.toml")),
    ("zoho_desk", include_str!("presets/desk/zoho_desk.toml")),
    ("happyfox", include_str!("presets/desk/happyfox.toml")),
    ("liveagent", include_str!("presets/desk/liveagent.toml")),
    ("chatwoot", include_str!("presets/desk/chatwoot.toml")),
    ("zammad", include_str!("presets/desk/zammad.toml")),
    ("frappe", include_str!("presets/desk/frappe.toml")),
];

/// Switches that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SwitchesError {
    /// No such preset.
    #[error("no help desk preset is called `{0}`")]
    UnknownPreset(String),
    /// The switches themselves.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
}

/// The names of the help desks there are presets for.
pub fn desk_names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The commented fragment of one help desk.
pub fn desk(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

impl ClockSwitches {
    /// The switches of a help desk, with `overrides` laid over them: tables are joined key by key,
    /// everything else replaces.
    pub fn like(name: &str, overrides: toml::Table) -> Result<ClockSwitches, SwitchesError> {
        let text = desk(name).ok_or_else(|| SwitchesError::UnknownPreset(name.to_owned()))?;
        let mut table: toml::Table = text.parse()?;
        lay_over(&mut table, overrides);
        Ok(table.try_into()?)
    }
}

fn lay_over(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => lay_over(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::switches::{Status, StatusSet};
    use super::*;
    use crate::time::Span;

    #[test]
    fn every_preset_sets_every_switch() {
        let all: toml::Table = toml::Table::try_from(ClockSwitches::default()).unwrap();
        for name in desk_names() {
            let table: toml::Table = desk(name).unwrap().parse().unwrap();
            let missing: Vec<&String> = all.keys().filter(|key| !table.contains_key(*key)).collect();
            assert!(missing.is_empty(), "{name} leaves out {missing:?}");
            let switches = ClockSwitches::like(name, toml::Table::new()).unwrap();
            let again: ClockSwitches = toml::Table::try_from(&switches).unwrap().try_into().unwrap();
            assert_eq!(again, switches, "{name}");
        }
    }

    #[test]
    fn single_switches_override_and_tables_join() {
        let over = "poll_every = \"1h\"\n[pauses]\nresolution = [\"snoozed\"]".parse().unwrap();
        let switches = ClockSwitches::like("zammad", over).unwrap();
        assert_eq!(switches.poll_every, Span::from_hours(1));
        assert_eq!(switches.pauses.resolution, StatusSet::from(vec![Status::Snoozed]));
        assert!(switches.pauses.first_response.contains(Status::Closed), "the preset's own stays");
    }

    #[test]
    fn a_wrong_word_is_an_error() {
        assert!(matches!(
            ClockSwitches::like("jira", toml::Table::new()),
            Err(SwitchesError::UnknownPreset(_))
        ));
        for wrong in
            ["exact_close = \"later\"", "no_such_switch = 1", "poll_every = \"5\"", "[pauses]\nlunch = []"]
        {
            assert!(ClockSwitches::like("zendesk", wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
