//! Rasa's older formats, read into the shape of its YAML: the Markdown of Rasa 1 (phrases and stories)
//! and the JSON before it.

use super::draft::Draft;
use super::json::{list, text, texts};
use super::source::Source;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Kinds of a section of phrases ("## intent:greet").
const KINDS: [&str; 4] = ["intent", "synonym", "regex", "lookup"];

/// Whether a Markdown file is Rasa's: phrases or stories.
pub(super) fn is_markdown(text: &str) -> bool {
    text.lines().any(|line| heading(line).is_some_and(|title| kind(title).is_some()))
        || (text.lines().any(|line| line.starts_with("## "))
            && text.lines().any(|line| line.starts_with("* "))
            && text.lines().any(|line| line.trim_start().starts_with("- utter_") && line.starts_with(' ')))
}

fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("##").map(|title| title.trim_start_matches('#').trim())
}

fn kind(title: &str) -> Option<(&'static str, &str)> {
    KINDS.iter().find_map(|kind| Some((*kind, title.strip_prefix(kind)?.strip_prefix(':')?.trim())))
}

/// A Markdown file as the document its YAML would be.
pub(super) fn markdown(content: &str, place: &str, source: &Source, draft: &mut Draft) -> Value {
    let (mut nlu, mut stories): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut section = Section::None;
    for line in without_comments(content).lines() {
        if let Some(title) = heading(line) {
            section.put_away(&mut nlu, &mut stories);
            section = match kind(title) {
                Some((kind, name)) => Section::Phrases { kind, name: name.to_owned(), lines: Vec::new() },
                None => Section::Story { name: title.to_owned(), steps: Vec::new() },
            };
            continue;
        }
        let trimmed = line.trim();
        match &mut section {
            Section::Phrases { lines, .. } => {
                match ["- ", "* ", "+ "].iter().find_map(|mark| trimmed.strip_prefix(mark)) {
                    Some(phrase) => lines.push(phrase.trim().to_owned()),
                    None if trimmed.ends_with(".txt") => {
                        lines.extend(elements(trimmed, place, source, draft))
                    }
                    None => {}
                }
            }
            Section::Story { steps, .. } => steps.extend(story_step(line)),
            Section::None => {}
        }
    }
    section.put_away(&mut nlu, &mut stories);
    json!({ "nlu": nlu, "stories": stories })
}

/// What stands under one heading.
enum Section {
    None,
    Phrases { kind: &'static str, name: String, lines: Vec<String> },
    Story { name: String, steps: Vec<Value> },
}

impl Section {
    fn put_away(&mut self, nlu: &mut Vec<Value>, stories: &mut Vec<Value>) {
        match std::mem::replace(self, Section::None) {
            Section::Phrases { kind, name, lines } => {
                let mut entry = Map::new();
                entry.insert(kind.to_owned(), Value::String(name));
                entry.insert("examples".to_owned(), json!(lines));
                nlu.push(Value::Object(entry));
            }
            Section::Story { name, steps } if !steps.is_empty() => {
                stories.push(json!({ "story": name, "steps": steps }));
            }
            Section::Story { .. } | Section::None => {}
        }
    }
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// The lines of a file of a look-up table.
fn elements(name: &str, place: &str, source: &Source, draft: &mut Draft) -> Vec<String> {
    let name = name.trim_start_matches("./");
    let found = source.names().find(|n| *n == name || n.ends_with(&format!("/{name}")) || name.ends_with(*n));
    match found.and_then(|n| source.text(n)) {
        Some(text) => text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        None => {
            draft.note(place, format!("the look-up table `{name}` is not in the export"));
            Vec::new()
        }
    }
}

/// One line of a story: what the customer means, what the bot does.
fn story_step(line: &str) -> Option<Value> {
    let trimmed = line.trim();
    if let Some(meant) = trimmed.strip_prefix("* ") {
        let intents: Vec<Value> = meant
            .split(" OR ")
            .map(|one| one.split(['{', ':']).next().unwrap_or(one).trim().trim_start_matches('/'))
            .filter(|one| !one.is_empty())
            .map(|one| json!({ "intent": one }))
            .collect();
        return match intents.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => Some(json!({ "or": intents })),
        };
    }
    if let Some(name) = trimmed.strip_prefix("> ") {
        return Some(json!({ "checkpoint": name.trim() }));
    }
    let done = trimmed.strip_prefix("- ")?.trim();
    let (name, values) = done.split_at(done.find('{').unwrap_or(done.len()));
    let values: Value = serde_json::from_str(values).unwrap_or(Value::Null);
    match name {
        "slot" => Some(json!({ "slot_was_set": [values] })),
        "form" | "active_loop" => {
            Some(json!({ "active_loop": values.get("name").cloned().unwrap_or(Value::Null) }))
        }
        "" => None,
        action => Some(json!({ "action": action })),
    }
}

/// The JSON before Markdown as the document its YAML would be; `None` if it is something else.
pub(super) fn json_data(document: &Value) -> Option<Value> {
    let data = document.get("rasa_nlu_data")?;
    let mut by_intent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for key in ["common_examples", "intent_examples", "entity_examples"] {
        for example in list(data, key) {
            by_intent.entry(text(example, "intent")).or_default().push(marked(example));
        }
    }
    let mut nlu: Vec<Value> = by_intent
        .iter()
        .filter(|(intent, _)| !intent.is_empty())
        .map(|(intent, examples)| json!({ "intent": intent, "examples": examples }))
        .collect();
    for synonym in list(data, "entity_synonyms") {
        nlu.push(json!({ "synonym": text(synonym, "value"), "examples": texts(synonym, "synonyms") }));
    }
    for pattern in list(data, "regex_features") {
        nlu.push(json!({ "regex": text(pattern, "name"), "examples": [text(pattern, "pattern")] }));
    }
    for table in list(data, "lookup_tables") {
        nlu.push(json!({ "lookup": text(table, "name"), "examples": texts(table, "elements") }));
    }
    Some(json!({ "nlu": nlu }))
}

/// A phrase with its entities marked as Markdown marks them. Positions count characters.
fn marked(example: &Value) -> String {
    let chars: Vec<char> = text(example, "text").chars().collect();
    let mut spans: Vec<(usize, usize, &Value)> = list(example, "entities")
        .iter()
        .filter_map(|entity| {
            let at =
                |key: &str| entity.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            Some((at("start")?, at("end")?, entity))
        })
        .filter(|(start, end, _)| start < end && *end <= chars.len())
        .collect();
    spans.sort_by_key(|(start, end, _)| (*start, *end));
    let mut out = String::new();
    let mut at = 0;
    for (start, end, entity) in spans.into_iter() {
        if start < at {
            continue;
        }
        out.extend(&chars[at..start]);
        let words: String = chars[start..end].iter().collect();
        out.push_str(&format!("[{words}]({}", text(entity, "entity")));
        let value = text(entity, "value");
        if !value.is_empty() && value != words && !value.contains([')', ':']) {
            out.push_str(&format!(":{value}"));
        }
        out.push(')');
        at = end;
    }
    out.extend(&chars[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_of_the_old_json_become_marks() {
        let example = json!({
            "text": "un vuelo a París mañana", "intent": "book",
            "entities": [
                { "start": 11, "end": 16, "value": "paris", "entity": "city" },
                { "start": 17, "end": 23, "value": "mañana", "entity": "day" },
                { "start": 3, "end": 99, "value": "x", "entity": "broken" },
            ]
        });
        assert_eq!(marked(&example), "un vuelo a [París](city:paris) [mañana](day)");
    }

    #[test]
    fn lines_of_stories_become_steps() {
        let cases = [
            ("* greet", json!({ "intent": "greet" })),
            ("* inform{\"city\": \"x\"}", json!({ "intent": "inform" })),
            ("* affirm OR thanks", json!({ "or": [{ "intent": "affirm" }, { "intent": "thanks" }] })),
            ("  - utter_greet", json!({ "action": "utter_greet" })),
            ("  - form{\"name\": null}", json!({ "active_loop": null })),
            ("  - slot{\"city\": \"x\"}", json!({ "slot_was_set": [{ "city": "x" }] })),
            ("> check", json!({ "checkpoint": "check" })),
        ];
        for (line, step) in cases {
            assert_eq!(story_step(line), Some(step), "{line}");
        }
        assert_eq!(story_step("words"), None);
    }
}
