//! What the files of a package hold: entities, phrases, flows with their pages and groups of routes.

use super::super::dialogflow_es::Entity;
use super::super::draft::{Draft, Texts, base_language, spanned};
use super::super::json::{file, flag, list, text, texts};
use super::super::source::{ImportError, Source};
use crate::bot::flow::raw::Text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn entities(source: &Source) -> Result<BTreeMap<String, Entity>, ImportError> {
    let mut found: BTreeMap<String, Entity> = BTreeMap::new();
    for name in source.names().filter(|n| n.starts_with("entityTypes/") && n.contains("/entities/")) {
        let folder = name.split('/').nth(1).unwrap_or_default();
        let kind = file(source, &format!("entityTypes/{folder}/{folder}.json"))?.unwrap_or(Value::Null);
        let Some(value) = file(source, name)? else { continue };
        let into = found.entry(text_or(&kind, folder)).or_insert_with(|| Entity {
            values: BTreeMap::new(),
            is_pattern: text(&kind, "kind") == "KIND_REGEXP",
        });
        for entry in list(&value, "entities") {
            into.values.entry(text(entry, "value").to_owned()).or_default().extend(texts(entry, "synonyms"));
        }
    }
    Ok(found)
}

/// Phrases of each intent by its name; what the negative intent holds is none of the bot's business.
pub(super) fn phrases(source: &Source, draft: &mut Draft) -> Result<BTreeMap<String, Texts>, ImportError> {
    let mut found: BTreeMap<String, Texts> = BTreeMap::new();
    let mut negative: BTreeSet<String> = BTreeSet::from(["Default Negative Intent".to_owned()]);
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let files: Vec<&str> =
        source.names().filter(|n| n.starts_with("intents/") && n.ends_with(".json")).collect();
    for name in files.iter().filter(|n| !n.contains("/trainingPhrases/")) {
        let folder = name.split('/').nth(1).unwrap_or_default();
        let Some(value) = file(source, name)? else { continue };
        let intent = text_or(&value, folder.trim_end_matches(".json"));
        if flag(&value, "isFallback") {
            draft.note(*name, "the negative intent's phrases count as none of the bot's business");
            negative.insert(intent.clone());
        }
        found.entry(intent.clone()).or_default();
        names.insert(folder, intent);
    }
    for name in files.iter().filter(|n| n.contains("/trainingPhrases/")) {
        let folder = name.split('/').nth(1).unwrap_or_default();
        let Some(value) = file(source, name)? else { continue };
        let intent = names.get(folder).cloned().unwrap_or_else(|| folder.to_owned());
        let language = base_language(name.rsplit('/').next().unwrap_or("en").trim_end_matches(".json"));
        let said = list(&value, "trainingPhrases").iter().map(|p| {
            list(p, "parts").iter().map(|part| text(part, "text")).collect::<String>().trim().to_owned()
        });
        found.entry(intent).or_default().entry(language).or_default().extend(said.filter(|p| !p.is_empty()));
    }
    let outside: Vec<String> = negative
        .iter()
        .filter_map(|intent| found.remove(intent))
        .flat_map(BTreeMap::into_values)
        .flatten()
        .collect();
    if !outside.is_empty() {
        draft.flow.recogniser.out_of_scope = Some(spanned(Text::Plain(outside)));
    }
    Ok(found)
}

/// A flow as its files say it.
pub(super) struct FlowFiles {
    pub name: String,
    pub value: Value,
    /// Pages by name.
    pub pages: Vec<(String, Value)>,
    /// Routes of its route groups, by the group's name.
    groups: BTreeMap<String, Vec<Value>>,
}

/// All flows, in the order of their folders. Routes of groups stand behind a page's own.
pub(super) fn flows(source: &Source, draft: &mut Draft) -> Result<Vec<FlowFiles>, ImportError> {
    let mut found: BTreeMap<&str, FlowFiles> = BTreeMap::new();
    let names: Vec<&str> =
        source.names().filter(|n| n.starts_with("flows/") && n.ends_with(".json")).collect();
    for name in &names {
        if let [_, folder, _] = name.split('/').collect::<Vec<_>>().as_slice()
            && let Some(value) = file(source, name)?
        {
            let flow = FlowFiles {
                name: text_or(&value, folder),
                value,
                pages: Vec::new(),
                groups: BTreeMap::new(),
            };
            found.insert(folder, flow);
        }
    }
    for name in &names {
        let parts: Vec<&str> = name.split('/').collect();
        let [_, folder, kind, part] = parts.as_slice() else {
            if parts.len() != 3 {
                draft.note(*name, "a file of no known kind");
            }
            continue;
        };
        let Some(value) = file(source, name)? else { continue };
        let Some(flow) = found.get_mut(folder) else {
            draft.note(*name, "its flow's own file is missing");
            continue;
        };
        let own = text_or(&value, part.trim_end_matches(".json"));
        match *kind {
            "pages" => flow.pages.push((own, value)),
            "transitionRouteGroups" => {
                flow.groups.insert(own, list(&value, "transitionRoutes").to_vec());
            }
            _ => draft.note(*name, "a file of no known kind"),
        }
    }
    // Groups of the agent count in every flow that names them.
    for name in source.names().filter(|n| n.starts_with("transitionRouteGroups/") && n.ends_with(".json")) {
        let Some(value) = file(source, name)? else { continue };
        let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".json");
        let own = text_or(&value, stem);
        for flow in found.values_mut() {
            flow.groups.entry(own.clone()).or_insert_with(|| list(&value, "transitionRoutes").to_vec());
        }
    }
    let mut flows: Vec<FlowFiles> = found.into_values().collect();
    for flow in &mut flows {
        let pages = flow.pages.iter_mut().map(|(_, page)| page);
        for page in pages.chain([&mut flow.value]) {
            join_groups(page, &flow.groups, &flow.name, draft);
        }
    }
    Ok(flows)
}

/// Puts the routes of the groups a page names behind its own.
fn join_groups(page: &mut Value, groups: &BTreeMap<String, Vec<Value>>, flow: &str, draft: &mut Draft) {
    let mut routes = list(page, "transitionRoutes").to_vec();
    for name in texts(page, "transitionRouteGroups") {
        match groups.get(&name) {
            Some(more) => routes.extend(more.iter().cloned()),
            None => draft.note(
                format!("flows/{flow}"),
                format!("the route group `{name}` is not in the export; its routes are lost"),
            ),
        }
    }
    if let Some(page) = page.as_object_mut() {
        page.insert("transitionRoutes".to_owned(), Value::Array(routes));
    }
}

fn text_or(value: &Value, otherwise: &str) -> String {
    Some(text(value, "displayName")).filter(|n| !n.is_empty()).unwrap_or(otherwise).to_owned()
}
