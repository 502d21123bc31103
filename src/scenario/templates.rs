//! Commented starts for `helpsim init`. Each runs as it is, with no other file.

/// Name, text; the first is the default.
const TEMPLATES: [(&str, &str); 2] =
    [("shop", include_str!("templates/shop.toml")), ("queue", include_str!("templates/queue.toml"))];

/// The names there are.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

/// The text of one.
pub fn get(name: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_template_is_a_scenario_without_faults() {
        for name in names() {
            let text = get(name).unwrap();
            match crate::scenario::parse(text, name, Path::new(""), &[]) {
                Ok(loaded) => assert_eq!(loaded.warnings, [], "{name}"),
                Err(faults) => panic!("{name}: {faults:#?}"),
            }
        }
    }
}
