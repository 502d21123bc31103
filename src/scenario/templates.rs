//! Commented scenarios to start from, as `helpsim init` writes them.

/// Name and text, the simplest first.
const TEMPLATES: [(&str, &str); 3] = [
    ("desk", include_str!("templates/desk.toml")),
    ("bot", include_str!("templates/bot.toml")),
    ("recorded", include_str!("templates/recorded.toml")),
];

/// Names of the templates, the simplest first.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

/// The text of a template.
pub fn get(name: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
