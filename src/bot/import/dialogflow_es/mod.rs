//! Dialogflow ES, as a zip or a folder: both the newer layout (`X_usersays_en.json` beside `X.json`) and
//! the older one of API.AI (`userSays` inside the intent, `entries` inside the entity).

mod contexts;

use super::Import;
use super::draft::{Draft, Texts, base_language, spanned, with_references};
use super::json::{file, flag, list, text, texts};
use super::source::{ImportError, Source};
use crate::bot::flow::raw::*;
use contexts::Contexts;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An entity type: values with their synonyms.
pub(super) struct Entity {
    pub values: BTreeMap<String, Vec<String>>,
    /// The values are regular expressions.
    pub is_pattern: bool,
}

/// One intent and what belongs to it.
struct Intent {
    name: String,
    place: String,
    value: Value,
    phrases: Texts,
}

pub(super) fn import(source: &mut Source) -> Result<Import, ImportError> {
    for marker in ["agent.json", "package.json"] {
        source.strip_to(marker);
    }
    if !source.names().any(|n| n.starts_with("intents/")) {
        let first = source.names().find(|n| n.contains("/intents/")).unwrap_or_default().to_owned();
        if let Some((_, below)) = first.split_once("/intents/") {
            source.strip_to(&format!("intents/{below}"));
        }
    }
    let agent = file(source, "agent.json")?.unwrap_or(Value::Null);
    // It says the format's version, and nothing else.
    source.see("package.json");
    let intents = intents(source)?;
    let mut draft = Draft::new(&agent_name(&agent, source), languages(&agent, &intents));
    if agent.is_null() {
        draft.note(
            "agent.json",
            "is missing: languages were taken from the phrases, the threshold is the usual one",
        );
    }
    settings(&agent, &mut draft);
    let entities = entities(source, &mut draft)?;
    let children = children(&intents);
    draft.flow.start = spanned("start".to_owned());
    draft.add_step("start", RawStep { listen: true, ..RawStep::default() });
    let contexts = Contexts::of(&intents, &mut draft);
    let around = Around { all: &intents, children, entities, contexts };
    for intent in &intents {
        step_of(intent, &around, &mut draft);
    }
    around.contexts.guard(&intents, &mut draft);
    for name in source
        .names()
        .filter(|n| n.starts_with("customSmalltalkResponses"))
        .map(str::to_owned)
        .collect::<Vec<_>>()
    {
        source.see(&name);
        draft.note(name, "small talk is not carried over");
    }
    Ok(draft.finish())
}

fn agent_name(agent: &Value, source: &Source) -> String {
    let name = text(agent, "displayName");
    if name.is_empty() { source.name.clone() } else { name.to_owned() }
}

fn languages(agent: &Value, intents: &[Intent]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |code: &str| {
        let base = base_language(code);
        if !code.is_empty() && !found.contains(&base) {
            found.push(base);
        }
    };
    add(text(agent, "language"));
    for code in texts(agent, "supportedLanguages") {
        add(&code);
    }
    // The language most intents know comes first where the agent does not say.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (language, _) in intents.iter().flat_map(|i| &i.phrases).filter(|(_, phrases)| !phrases.is_empty()) {
        *counts.entry(language).or_default() += 1;
    }
    let mut by_count: Vec<(&str, usize)> = counts.into_iter().collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (language, _) in by_count {
        add(language);
    }
    found
}

/// A threshold of another recogniser is on another scale.
pub(super) fn other_scale(threshold: f64) -> String {
    format!(
        "the threshold {threshold} is on another recogniser's scale; here the confidence it takes is found on the phrases (`recogniser.precision`)"
    )
}

fn settings(agent: &Value, draft: &mut Draft) {
    if let Some(threshold) = agent.get("mlMinConfidence").and_then(Value::as_f64) {
        draft.note("agent.json: mlMinConfidence", other_scale(threshold));
    }
    if agent.get("webhook").is_some_and(|w| flag(w, "available")) {
        draft.note("agent.json: webhook", "is not called; intents that need it hand over to a person");
    }
    // Contexts, and with them all that was talked about, end after 20 minutes.
    draft.flow.session.time_out = spanned("20m".to_owned());
}

fn intents(source: &Source) -> Result<Vec<Intent>, ImportError> {
    let names: Vec<String> = source
        .names()
        .filter(|n| n.starts_with("intents/") && n.ends_with(".json"))
        .map(str::to_owned)
        .collect();
    let mut found = Vec::new();
    for place in names.iter().filter(|n| !n.contains("_usersays_")) {
        let Some(value) = file(source, place)? else { continue };
        let stem = place.trim_end_matches(".json");
        let name = text(&value, "name");
        let name = if name.is_empty() { stem.trim_start_matches("intents/") } else { name }.to_owned();
        let mut phrases = Texts::new();
        let inside = list(&value, "userSays");
        if !inside.is_empty() {
            phrases.insert(String::new(), inside.iter().map(phrase).collect());
        }
        for beside in
            names.iter().filter(|n| n.strip_prefix(stem).is_some_and(|rest| rest.starts_with("_usersays_")))
        {
            let language = beside.trim_end_matches(".json").rsplit("_usersays_").next().unwrap_or("en");
            let Some(Value::Array(said)) = file(source, beside)? else { continue };
            phrases.entry(base_language(language)).or_default().extend(said.iter().map(phrase));
        }
        found.push(Intent { name, place: place.clone(), value, phrases });
    }
    if found.is_empty() {
        return Err(ImportError::Broken {
            place: "intents/".to_owned(),
            why: "there is no intent in it".to_owned(),
        });
    }
    // Phrases inside the intent file have no language of their own.
    for intent in &mut found {
        if let Some(list) = intent.phrases.remove("") {
            let language = list_language(&intent.value);
            intent.phrases.entry(language).or_default().extend(list);
        }
    }
    Ok(found)
}

fn list_language(intent: &Value) -> String {
    let message = list(intent, "responses").first().and_then(|r| list(r, "messages").first());
    base_language(message.map(|m| text(m, "lang")).filter(|l| !l.is_empty()).unwrap_or("en"))
}

/// A phrase in plain words; the `@entity` places of a template are left out.
fn phrase(said: &Value) -> String {
    let joined: String = list(said, "data").iter().map(|piece| text(piece, "text")).collect();
    if !flag(said, "isTemplate") {
        return joined.trim().to_owned();
    }
    joined.split_whitespace().filter(|word| !word.starts_with('@')).collect::<Vec<_>>().join(" ")
}

fn entities(source: &Source, draft: &mut Draft) -> Result<BTreeMap<String, Entity>, ImportError> {
    let names: Vec<String> = source
        .names()
        .filter(|n| n.starts_with("entities/") && n.ends_with(".json"))
        .map(str::to_owned)
        .collect();
    let mut found = BTreeMap::new();
    for place in names.iter().filter(|n| !n.contains("_entries_")) {
        let Some(value) = file(source, place)? else { continue };
        let stem = place.trim_end_matches(".json");
        let name = text(&value, "name").to_owned();
        let mut values = entries(list(&value, "entries"));
        for beside in
            names.iter().filter(|n| n.strip_prefix(stem).is_some_and(|rest| rest.starts_with("_entries_")))
        {
            if let Some(Value::Array(list)) = file(source, beside)? {
                for (value, words) in entries(&list) {
                    values.entry(value).or_default().extend(words);
                }
            }
        }
        if values.keys().any(|value| value.starts_with('@')) {
            draft.note(place.clone(), "an entity made of others counts as its words only");
        }
        for (what, key) in
            [("automated expansion", "automatedExpansion"), ("fuzzy extraction", "allowFuzzyExtraction")]
        {
            if flag(&value, key) {
                draft.note(place.clone(), format!("{what} is not carried over: only the listed words count"));
            }
        }
        found.insert(name, Entity { values, is_pattern: flag(&value, "isRegexp") });
    }
    Ok(found)
}

fn entries(list: &[Value]) -> BTreeMap<String, Vec<String>> {
    list.iter()
        .map(|e| (text(e, "value").to_owned(), texts(e, "synonyms")))
        .filter(|(v, _)| !v.is_empty())
        .collect()
}

/// A slot for an entity type by its name ("@sys.number", "@unit").
pub(super) fn slot_for(kind: &str, entities: &BTreeMap<String, Entity>) -> RawSlot {
    let name = kind.trim_start_matches('@');
    let slot = |kind| RawSlot { kind, pattern: None, values: BTreeMap::new(), at_least: None, at_most: None };
    if let Some(entity) = entities.get(name).filter(|e| !e.values.is_empty()) {
        if entity.is_pattern {
            let alternatives: Vec<&str> = entity.values.keys().map(String::as_str).collect();
            let pattern = alternatives.join("|");
            return RawSlot { pattern: Some(spanned(pattern)), ..slot(SlotKind::Text) };
        }
        return RawSlot { values: entity.values.clone(), ..slot(SlotKind::Choice) };
    }
    slot(match name {
        "sys.number" | "sys.number-integer" | "sys.cardinal" | "sys.ordinal" | "sys.age"
        | "sys.percentage" | "sys.unit-currency" | "sys.temperature" => SlotKind::Number,
        "sys.date" | "sys.date-time" | "sys.date-period" => SlotKind::Date,
        "sys.email" => SlotKind::Email,
        "sys.phone-number" => SlotKind::Phone,
        _ => SlotKind::Text,
    })
}

/// Intents that follow up another: parent's index to the children's.
fn children(intents: &[Intent]) -> BTreeMap<usize, Vec<usize>> {
    let by_id: BTreeMap<&str, usize> = intents
        .iter()
        .enumerate()
        .map(|(i, intent)| (text(&intent.value, "id"), i))
        .filter(|(id, _)| !id.is_empty())
        .collect();
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (child, intent) in intents.iter().enumerate() {
        if let Some(parent) = by_id.get(text(&intent.value, "parentId")).filter(|p| **p != child) {
            found.entry(*parent).or_default().push(child);
        }
    }
    found
}

/// What a follow-up intent says: yes, no, or something else.
fn says(intent: &Intent) -> Option<bool> {
    let action = list(&intent.value, "responses").first().map(|r| text(r, "action")).unwrap_or("");
    let ends =
        |word: &str| action.ends_with(&format!("-{word}")) || intent.name.ends_with(&format!("- {word}"));
    if ends("yes") {
        Some(true)
    } else if ends("no") {
        Some(false)
    } else {
        None
    }
}

/// What an intent's step takes from the rest of the agent.
struct Around<'a> {
    all: &'a [Intent],
    children: BTreeMap<usize, Vec<usize>>,
    entities: BTreeMap<String, Entity>,
    contexts: Contexts,
}

fn step_of(intent: &Intent, around: &Around<'_>, draft: &mut Draft) {
    let value = &intent.value;
    let place = intent.place.as_str();
    let response = list(value, "responses").first().cloned().unwrap_or(Value::Null);
    if value.get("priority").and_then(Value::as_i64).is_some_and(|p| p <= 0) {
        draft.note(place, "is switched off there (priority 0) and was left out");
        return;
    }
    if flag(value, "fallbackIntent") {
        return fallback(intent, &response, draft);
    }
    if list(value, "responses").len() > 1 {
        draft.note(place, "of several responses the first is said");
    }
    let parameters = Parameters::of(&response, place, &around.entities, draft);
    let say = messages(&response, place, &parameters, draft);
    let welcome = list(value, "events").iter().any(|e| text(e, "name").to_uppercase().contains("WELCOME"));
    if welcome {
        let text = say.text.clone();
        if let Some(step) = draft.step_mut("start") {
            step.say = text;
            around.contexts.set(&response, step);
        }
        add_intent(intent, "start", draft);
        return;
    }
    around.contexts.tell(intent, draft);
    for event in list(value, "events") {
        draft.note(place, format!("the event `{}` does not lead to it here", text(event, "name")));
    }
    if flag(value, "webhookUsed") {
        draft.note(place, "its answer comes from a webhook, which is not called; a person takes over after what is said without it");
    }
    let condition = !list(value, "conditionalResponses").is_empty() || !text(value, "condition").is_empty();
    if condition {
        draft.note(place, "conditional responses are not carried over");
    }
    let silent = say.text.is_none() && !flag(value, "endInteraction");
    let mut last = RawStep { say: say.text, ..RawStep::default() };
    around.contexts.set(&response, &mut last);
    if silent && !flag(value, "webhookUsed") {
        draft.note(place, "says nothing there; a person takes over under its name");
    }
    let hand_over = say.live_agent || silent || flag(value, "webhookUsed");
    if hand_over {
        last.hand_off = Some(spanned(intent.name.clone()));
    } else {
        last.answers = Some(spanned(intent.name.clone()));
        if flag(value, "endInteraction") {
            last.end = Some(RawEnd::Closed);
        } else {
            follow_ups(intent, around, &mut last, draft);
        }
    }
    draft.add_step(&intent.name, last);
    let first = parameters.ask_steps(&intent.name, place, draft);
    if text(value, "parentId").is_empty() {
        add_intent(intent, &first, draft);
    }
}

/// Yes and no become "did that help?"; other follow-ups become a menu.
fn follow_ups(intent: &Intent, around: &Around<'_>, step: &mut RawStep, draft: &mut Draft) {
    let (all, children) = (around.all, &around.children);
    let own = all.iter().position(|i| i.place == intent.place).and_then(|i| children.get(&i));
    let own: Vec<&Intent> = own.into_iter().flatten().filter_map(|i| all.get(*i)).collect();
    let named = |wanted: Option<bool>| own.iter().find(move |i| says(i) == wanted).map(|i| i.name.clone());
    let start = || "start".to_owned();
    match (named(Some(true)), named(Some(false))) {
        (None, None) if own.is_empty() => step.listen = true,
        (None, None) => {
            draft.note(intent.place.clone(), "its follow-up intents are shown as a menu here");
            for child in own {
                let words: Vec<String> = child.phrases.values().flatten().take(50).cloned().collect();
                step.menu.push(RawChoice {
                    text: spanned(Text::one(crate::bot::flow::escape(&child.name))),
                    description: None,
                    words: (!words.is_empty()).then_some(Text::Plain(words)),
                    key: None,
                    set: BTreeMap::new(),
                    go: spanned(child.name.clone()),
                });
            }
        }
        (yes, no) => {
            for other in own.iter().filter(|i| says(i).is_none()) {
                draft.note(other.place.clone(), "a follow-up beside yes and no is not carried over");
            }
            step.confirm = Some(RawConfirm {
                yes: spanned(yes.unwrap_or_else(start)),
                no: spanned(no.unwrap_or_else(start)),
            });
        }
    }
}

fn add_intent(intent: &Intent, go: &str, draft: &mut Draft) {
    let phrases: Texts = intent
        .phrases
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(l, p)| (l.clone(), p.clone()))
        .collect();
    if phrases.is_empty() {
        draft.note(intent.place.clone(), "has no phrases: only an event or a context led to it");
        return;
    }
    let text = match phrases.len() {
        1 if draft.languages().len() == 1 => Text::Plain(phrases.into_values().flatten().collect()),
        _ => Text::ByLanguage(phrases),
    };
    draft.flow.intent.push(RawIntent {
        name: spanned(intent.name.clone()),
        title: None,
        phrases: Some(spanned(text)),
        phrases_from: None,
        go: spanned(go.to_owned()),
    });
}

fn fallback(intent: &Intent, response: &Value, draft: &mut Draft) {
    let none = Parameters::default();
    let said = messages(response, &intent.place, &none, draft).text;
    let contexts = texts(&intent.value, "contexts");
    if !contexts.is_empty() {
        draft.note(
            intent.place.clone(),
            format!("a fallback of its own for the context `{}` is not carried over", contexts.join(", ")),
        );
    } else if draft.flow.fallback.is_some() {
        draft.note(intent.place.clone(), "a second fallback is not carried over");
    } else {
        draft.flow.fallback = said;
    }
}

/// The parameters of an intent: slots by the name they have in its texts.
#[derive(Default)]
struct Parameters {
    slots: BTreeMap<String, String>,
    /// Slot and the question for it, in order.
    required: Vec<(String, Texts)>,
}

impl Parameters {
    fn of(
        response: &Value,
        place: &str,
        entities: &BTreeMap<String, Entity>,
        draft: &mut Draft,
    ) -> Parameters {
        let mut parameters = Parameters::default();
        for parameter in list(response, "parameters") {
            let name = text(parameter, "name");
            if name.is_empty() {
                continue;
            }
            let slot = slot_for(text(parameter, "dataType"), entities);
            let simple: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            let slot = draft.slot(&simple, slot);
            if flag(parameter, "isList") {
                draft.note(place, format!("parameter `{name}` is a list there; one value is taken here"));
            }
            if parameter.get("defaultValue").is_some_and(|d| !d.as_str().unwrap_or("").is_empty()) {
                draft.note(place, format!("the default of parameter `{name}` is not carried over"));
            }
            let constant = text(parameter, "value");
            if !constant.is_empty() && !constant.starts_with('$') {
                draft.note(place, format!("parameter `{name}` takes its value from `{constant}` there"));
            }
            parameters.slots.insert(name.to_owned(), slot.clone());
            if flag(parameter, "required") {
                let mut prompts = Texts::new();
                for prompt in list(parameter, "prompts") {
                    prompts
                        .entry(base_language(text(prompt, "lang")))
                        .or_insert_with(|| vec![text(prompt, "value").to_owned()]);
                }
                parameters.required.push((slot, prompts));
            }
        }
        parameters
    }

    /// One step for each required parameter; the name of the first of them, or of the intent's own.
    fn ask_steps(&self, intent: &str, place: &str, draft: &mut Draft) -> String {
        let mut next = intent.to_owned();
        for (slot, prompts) in self.required.iter().rev() {
            let prompts: Texts = prompts
                .iter()
                .map(|(l, list)| (l.clone(), list.iter().map(|t| self.refer(t)).collect()))
                .collect();
            let say = draft.text(prompts).unwrap_or_else(|| {
                draft.note(place, format!("there is no question for the required `{slot}`"));
                spanned(Text::one(format!("{slot}?")))
            });
            let name = draft.free_step_name(&format!("{intent}: {slot}"));
            draft.add_step(
                &name,
                RawStep {
                    say: Some(say),
                    ask: Some(spanned(slot.clone())),
                    go: Some(spanned(next)),
                    ..RawStep::default()
                },
            );
            next = name;
        }
        next
    }

    /// `$name`, `$name.original` and `#context.name` become variables.
    fn refer(&self, written: &str) -> String {
        with_references(written, |rest| {
            let name = rest.strip_prefix('$').or_else(|| rest.strip_prefix('#'))?;
            let length =
                name.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(name.len());
            let whole = name.get(..length)?.trim_end_matches(['.', '-']);
            let mut parts = vec![whole];
            parts.extend(whole.split('.'));
            let slot = parts.iter().find_map(|part| self.slots.get(*part))?;
            Some((1 + whole.len(), slot.clone()))
        })
    }
}

/// What an intent says.
struct Said {
    text: Option<toml::Spanned<Text>>,
    live_agent: bool,
}

fn messages(response: &Value, place: &str, parameters: &Parameters, draft: &mut Draft) -> Said {
    let mut said = Texts::new();
    let mut live_agent = false;
    let mut lost: BTreeSet<String> = BTreeSet::new();
    // The oldest exports speak without messages.
    if list(response, "messages").is_empty() {
        let speech = texts(response, "speech").into_iter().find(|t| !t.is_empty());
        if let (Some(speech), Some(language)) = (speech, draft.languages().first()) {
            said.insert(language.clone(), vec![parameters.refer(&speech)]);
        }
    }
    for message in list(response, "messages") {
        let platform = text(message, "platform");
        if !platform.is_empty() && platform != "PLATFORM_UNSPECIFIED" {
            lost.insert(format!("messages for `{platform}` alone are not carried over"));
            continue;
        }
        let language = base_language(Some(text(message, "lang")).filter(|l| !l.is_empty()).unwrap_or("en"));
        let kind = message
            .get("type")
            .map(|t| t.as_str().map_or_else(|| t.to_string(), str::to_owned))
            .unwrap_or_default();
        let of_language = said.entry(language).or_default();
        match kind.as_str() {
            "0" | "" | "simple_response" => {
                let speech = texts(message, "speech");
                if speech.len() > 1 {
                    lost.insert(format!(
                        "{} wordings of one message: the first is always said",
                        speech.len()
                    ));
                }
                of_language.extend(speech.first().map(|t| parameters.refer(t)));
            }
            "1" => {
                let parts = [text(message, "title"), text(message, "subtitle"), text(message, "imageUrl")];
                let card: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
                of_language.push(parameters.refer(&card.join("\n")));
                lost.insert("a card is said as text, its buttons are lost".to_owned());
            }
            "2" => {
                let mut lines = vec![text(message, "title").to_owned()];
                lines.extend(texts(message, "replies").into_iter().map(|r| format!("- {r}")));
                of_language.push(parameters.refer(lines.join("\n").trim()));
                lost.insert("quick replies are written out as lines".to_owned());
            }
            "3" => {
                of_language.push(parameters.refer(text(message, "imageUrl")));
                lost.insert("a picture is said as its address".to_owned());
            }
            other => {
                live_agent |= message.to_string().contains("liveAgentHandoff")
                    || message.to_string().contains("live-agent");
                lost.insert(format!("a message of type `{other}` is not carried over"));
            }
        }
    }
    for what in lost {
        draft.note(place, what);
    }
    let said = said.into_iter().filter(|(l, _)| draft.languages().contains(l)).collect();
    Said { text: draft.text(said), live_agent }
}
