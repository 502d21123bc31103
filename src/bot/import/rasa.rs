//! Rasa: any number of YAML files with intents, domain, rules, stories and settings; the older formats
//! are read into the same shape first.

use super::Import;
use super::draft::{Draft, base_language, spanned, with_references};
use super::json::{file, list, text, texts};
use super::rasa_old;
use super::rasa_stories::{Stories, conversation};
use super::source::{ImportError, Source};
use crate::bot::flow::raw::*;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Everything the files say, put together.
#[derive(Default)]
pub(super) struct Bot {
    /// Intent to phrases.
    pub phrases: BTreeMap<String, Vec<String>>,
    /// Entity to values and the words for them, from synonyms and marks.
    pub entities: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub patterns: BTreeMap<String, String>,
    pub slots: Map<String, Value>,
    pub responses: Map<String, Value>,
    pub forms: Map<String, Value>,
    pub stories: Stories,
    pub language_said: bool,
}

pub(super) fn import(source: &Source) -> Result<Import, ImportError> {
    let mut bot = Bot::default();
    let mut draft = Draft::new(&source.name, Vec::new());
    let names: Vec<String> = source.names().map(str::to_owned).collect();
    for name in &names {
        let kind = name.rsplit('.').next().unwrap_or_default();
        if !matches!(kind, "yml" | "yaml" | "md" | "json") {
            continue;
        }
        let Some(content) = source.text(name) else { continue };
        let document = match kind {
            "md" if rasa_old::is_markdown(&content) => rasa_old::markdown(&content, name, source, &mut draft),
            "json" if content.contains("rasa_nlu_data") => {
                let old = file(source, name)?.as_ref().and_then(rasa_old::json_data);
                old.ok_or_else(|| broken(name, "has no `rasa_nlu_data`"))?
            }
            "md" | "json" => continue,
            _ => yaml_value(&content).map_err(|why| broken(name, &first_line(&why.to_string())))?,
        };
        if name.contains("tests/") || name.rsplit('/').next().is_some_and(|n| n.starts_with("test_")) {
            draft.note(name.clone(), "test stories are not carried over");
            continue;
        }
        bot.read(&document, name, &mut draft);
    }
    if bot.phrases.is_empty() && bot.responses.is_empty() {
        return Err(ImportError::Broken {
            place: source.name.clone(),
            why: "no intent and no response in it".to_owned(),
        });
    }
    if !bot.language_said {
        draft.guess_language("no `config.yml` says the language");
    }
    conversation(&bot, &mut draft);
    Ok(draft.finish())
}

fn broken(place: &str, why: &str) -> ImportError {
    ImportError::Broken { place: place.to_owned(), why: why.to_owned() }
}

/// YAML as JSON; "yes" and "no" are words, as in Rasa, not truth values.
fn yaml_value(yaml: &str) -> Result<Value, serde_saphyr::Error> {
    serde_saphyr::from_str_with_options(yaml, serde_saphyr::options! { strict_booleans: true })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("cannot be read").to_owned()
}

/// Keys of a file that are read, or that say nothing more than what is read.
const KNOWN_KEYS: [&str; 21] = [
    "nlu",
    "slots",
    "responses",
    "templates",
    "forms",
    "rules",
    "stories",
    "session_config",
    "language",
    "pipeline",
    "policies",
    "version",
    "intents",
    "entities",
    // Each action is told where a story calls it.
    "actions",
    "recipe",
    "assistant_id",
    "config",
    "importers",
    "imports",
    "e2e_actions",
];

impl Bot {
    fn read(&mut self, document: &Value, place: &str, draft: &mut Draft) {
        for key in document.as_object().into_iter().flat_map(Map::keys) {
            if !KNOWN_KEYS.contains(&key.as_str()) {
                draft.note(place, format!("`{key}` is not carried over"));
            }
        }
        for entry in list(document, "nlu") {
            self.examples(entry, place, draft);
        }
        for key in ["slots", "responses", "templates", "forms"] {
            let into = match key {
                "slots" => &mut self.slots,
                "forms" => &mut self.forms,
                // Rasa 1 called its responses templates.
                _ => &mut self.responses,
            };
            match document.get(key) {
                Some(Value::Object(map)) => into.extend(map.clone()),
                // Rasa 1 names its forms and asks in code.
                Some(Value::Array(names)) => {
                    into.extend(names.iter().filter_map(|n| Some((n.as_str()?.to_owned(), Value::Null))))
                }
                _ => {}
            }
        }
        self.stories.read(list(document, "rules"), place, draft);
        self.stories.read(list(document, "stories"), place, draft);
        if let Some(session) = document.get("session_config") {
            session_config(session, place, draft);
        }
        let language = text(document, "language");
        if !language.is_empty() {
            self.language_said = true;
            draft.flow.languages = spanned(vec![base_language(language)]);
        }
        for component in list(document, "pipeline").iter().chain(list(document, "policies")) {
            configuration(component, place, draft);
        }
    }

    fn examples(&mut self, entry: &Value, place: &str, draft: &mut Draft) {
        let lines: Vec<String> = match entry.get("examples") {
            Some(Value::String(block)) => block
                .lines()
                .filter_map(|l| l.trim().strip_prefix('-'))
                .map(|l| l.trim().to_owned())
                .collect(),
            Some(Value::Array(items)) => {
                items.iter().map(|e| e.as_str().unwrap_or(text(e, "text")).trim().to_owned()).collect()
            }
            _ => Vec::new(),
        };
        let name = |key: &str| Some(text(entry, key)).filter(|n| !n.is_empty());
        if let Some(intent) = name("intent") {
            let mut plain = Vec::new();
            for line in lines.iter().filter(|l| !l.is_empty()) {
                let (phrase, marks) = unmark(line);
                for (entity, value, said) in marks {
                    let words = self.entities.entry(entity).or_default().entry(value.clone()).or_default();
                    if said != value && !words.contains(&said) {
                        words.push(said);
                    }
                }
                plain.push(phrase);
            }
            self.phrases.entry(intent.to_owned()).or_default().extend(plain);
        } else if let Some(value) = name("synonym") {
            for values in self.entities.values_mut() {
                if let Some(words) = values.get_mut(value) {
                    words.extend(lines.iter().cloned());
                }
            }
        } else if let Some(entity) = name("regex") {
            if let Some(pattern) = lines.first() {
                self.patterns.insert(entity.to_owned(), pattern.clone());
            }
        } else if let Some(entity) = name("lookup") {
            let values = self.entities.entry(entity.to_owned()).or_default();
            for line in lines {
                values.entry(line).or_default();
            }
        } else {
            draft.note(place, "an entry of `nlu` that is neither intent, synonym, regex nor lookup");
        }
    }

    /// A slot as ours: the kind follows from its type and from what fills it.
    pub fn slot(&self, name: &str) -> RawSlot {
        let plain =
            |kind| RawSlot { kind, pattern: None, values: BTreeMap::new(), at_least: None, at_most: None };
        let Some(slot) = self.slots.get(name) else { return plain(SlotKind::Text) };
        let mappings = list(slot, "mappings");
        let of_type = |kind: &str| mappings.iter().filter(|m| text(m, "type") == kind).collect::<Vec<_>>();
        let entity = of_type("from_entity").first().map(|m| text(m, "entity").to_owned()).unwrap_or_default();
        let from_text = !of_type("from_text").is_empty();
        match text(slot, "type") {
            "bool" => return plain(SlotKind::YesNo),
            "float" => return plain(SlotKind::Number),
            "categorical" => {
                let values = texts(slot, "values").into_iter().map(|v| (v, Vec::new())).collect();
                return RawSlot { values, ..plain(SlotKind::Choice) };
            }
            _ => {}
        }
        let whole = format!("{name} {entity}").to_lowercase();
        if whole.contains("email") {
            return plain(SlotKind::Email);
        }
        if let Some(pattern) = self.patterns.get(&entity).filter(|p| regex::Regex::new(p).is_ok()) {
            return RawSlot { pattern: Some(spanned(pattern.clone())), ..plain(SlotKind::Text) };
        }
        if entity == "number" || entity.contains("amount") {
            return plain(SlotKind::Number);
        }
        if entity == "time" || entity == "date" {
            return plain(SlotKind::Text);
        }
        match self.entities.get(&entity).filter(|v| !v.is_empty() && !from_text) {
            Some(values) => RawSlot { values: values.clone(), ..plain(SlotKind::Choice) },
            None => plain(SlotKind::Text),
        }
    }

    /// The text of a response with its `{slot}` places, and its buttons.
    pub fn response(&self, name: &str, draft: &mut Draft) -> Option<(String, Vec<Button>)> {
        let variants = self.responses.get(name)?.as_array()?;
        let place = format!("responses.{name}");
        let plain = |v: &&Value| v.get("condition").is_none() && v.get("channel").is_none();
        let chosen = variants.iter().find(plain).or(variants.first())?;
        if variants.len() > 1 {
            draft.note(place.clone(), format!("{} wordings: one is always said", variants.len()));
        }
        if !plain(&chosen) {
            draft.note(place.clone(), "its condition or channel is not carried over");
        }
        if chosen.get("custom").is_some() {
            draft.note(place.clone(), "a custom payload is not carried over");
        }
        // Rasa 1 lets a response be a bare string.
        let said = chosen.as_str().unwrap_or_else(|| text(chosen, "text"));
        let mut said = with_references(said, |rest| {
            let name = rest.strip_prefix('{')?.split_once('}')?.0;
            self.slots.contains_key(name).then(|| (name.len() + 2, name.to_owned()))
        });
        let image = text(chosen, "image");
        if !image.is_empty() {
            said.push_str(&format!("\n{}", crate::bot::flow::escape(image)));
            draft.note(place, "a picture is said as its address");
        }
        let buttons = list(chosen, "buttons").iter().map(Button::read).collect();
        Some((said.trim().to_owned(), buttons))
    }
}

/// A button: what it says and the intent and values it stands for.
pub(super) struct Button {
    pub title: String,
    pub intent: String,
    pub values: BTreeMap<String, String>,
}

impl Button {
    fn read(button: &Value) -> Button {
        let payload = text(button, "payload").trim_start_matches('/');
        let (intent, values) = match payload.find('{') {
            Some(at) => payload.split_at(at),
            None => (payload, ""),
        };
        let values: Map<String, Value> = serde_json::from_str(values).unwrap_or_default();
        let as_text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        Button {
            title: text(button, "title").to_owned(),
            intent: intent.to_owned(),
            values: values.iter().map(|(k, v)| (k.clone(), as_text(v))).collect(),
        }
    }
}

/// A phrase without its entity marks.
pub(super) fn unmarked(line: &str) -> String {
    unmark(line).0
}

/// A phrase without its entity marks, and the marks: entity, value, words.
fn unmark(line: &str) -> (String, Vec<(String, String, String)>) {
    let mut plain = String::new();
    let mut marks = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        plain.push_str(before);
        let mark = after.find(']').and_then(|close| {
            let words = after.get(1..close)?;
            let tail = after.get(close + 1..)?;
            let (end, entity, value) = annotation(tail, words)?;
            Some((words, tail.get(end..)?, entity, value))
        });
        match mark {
            Some((words, tail, entity, value)) => {
                plain.push_str(words);
                marks.push((entity, value, words.to_owned()));
                rest = tail;
            }
            None => {
                plain.push('[');
                rest = after.get(1..).unwrap_or("");
            }
        }
    }
    plain.push_str(rest);
    (plain, marks)
}

/// `(entity)`, `(entity:value)`, `{"entity": …}` or `[{"entity": …}, …]` after marked words: its length,
/// the entity and the value.
fn annotation(tail: &str, words: &str) -> Option<(usize, String, String)> {
    if let Some(inner) = tail.strip_prefix('(') {
        let end = inner.find(')')?;
        let (entity, value) = inner.get(..end)?.split_once(':').unwrap_or((&inner[..end], words));
        return Some((end + 2, entity.trim().to_owned(), value.trim().to_owned()));
    }
    let close = if tail.starts_with('{') {
        tail.find('}')?
    } else if tail.starts_with("[{") {
        tail.find("}]")? + 1
    } else {
        return None;
    };
    let value: Value = serde_json::from_str(tail.get(..=close)?).ok()?;
    let mark = value.as_array().and_then(|a| a.first()).unwrap_or(&value);
    let said = text(mark, "value");
    let said = if said.is_empty() { words } else { said };
    Some((close + 1, text(mark, "entity").to_owned(), said.to_owned()))
}

fn session_config(session: &Value, place: &str, draft: &mut Draft) {
    let minutes = session.get("session_expiration_time").and_then(Value::as_f64).unwrap_or(60.0);
    if minutes > 0.0 {
        draft.flow.session.time_out = spanned(format!("{}s", (minutes * 60.0).round()));
    } else {
        draft.note(place, "sessions never end there; here they end after the usual silence");
    }
    if session.get("carry_over_slots_to_new_session").and_then(Value::as_bool) == Some(true) {
        draft.note(place, "slots are forgotten when a session ends");
    }
}

/// Parts of the pipeline that have a meaning here; the rest is how Rasa recognises, which is ours to do.
fn configuration(component: &Value, place: &str, draft: &mut Draft) {
    let number = |key: &str| component.get(key).and_then(Value::as_f64).map(|n| n.clamp(0.0, 1.0));
    match text(component, "name") {
        "FallbackClassifier" => {
            draft.flow.recogniser.threshold = Some(spanned(number("threshold").unwrap_or(0.3)));
            draft.flow.recogniser.margin = spanned(number("ambiguity_threshold").unwrap_or(0.1));
        }
        "DucklingEntityExtractor" | "SpacyEntityExtractor" => {
            let names: BTreeSet<String> = texts(component, "dimensions").into_iter().collect();
            let names: Vec<String> = names.into_iter().collect();
            draft.note(
                place,
                format!(
                    "entities from {} ({}) are found by the kind of the slot",
                    text(component, "name"),
                    names.join(", ")
                ),
            );
        }
        "TwoStageFallbackPolicy" => draft.note(
            place,
            "two-stage fallback: the bot asks back where two intents are near, and counts attempts",
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_leave_the_words_and_name_the_entity() {
        let cases = [
            ("it is [low](priority)", "it is low", vec![("priority", "low", "low")]),
            (
                "open an [urgent]{\"entity\": \"priority\", \"value\": \"high\"} issue",
                "open an urgent issue",
                vec![("priority", "high", "urgent")],
            ),
            ("[a][{\"entity\": \"x\"}, {\"entity\": \"y\"}] b", "a b", vec![("x", "a", "a")]),
            ("no [mark here", "no [mark here", vec![]),
            ("[ok] then", "[ok] then", vec![]),
        ];
        for (line, plain, marks) in cases {
            let (text, found) = unmark(line);
            let found: Vec<(&str, &str, &str)> =
                found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
            assert_eq!((text.as_str(), found), (plain, marks));
        }
    }
}
