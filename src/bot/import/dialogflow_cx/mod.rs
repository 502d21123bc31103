//! Dialogflow CX, JSON package: flows of pages with forms, routes and event handlers.

mod files;
mod routes;
mod speech;

use super::Import;
use super::dialogflow_es::{Entity, other_scale, slot_for};
use super::draft::{Draft, Texts, base_language, spanned};
use super::json::{file, flag, list, text, texts};
use super::source::{ImportError, Source};
use crate::bot::flow::raw::*;
use files::{FlowFiles, entities, flows, phrases};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the agent while its pages are turned into steps.
struct Agent<'a> {
    draft: &'a mut Draft,
    entities: BTreeMap<String, Entity>,
    phrases: BTreeMap<String, Texts>,
    /// Intents already tied to a step.
    tied: BTreeSet<String>,
    language: String,
}

/// A page or the beginning of a flow.
struct Page<'a> {
    flow: &'a str,
    /// The step it begins with.
    step: String,
    place: String,
    value: &'a Value,
}

pub(super) fn import(source: &mut Source) -> Result<Import, ImportError> {
    source.strip_to("agent.json");
    let agent = file(source, "agent.json")?.unwrap_or(Value::Null);
    let language =
        base_language(Some(text(&agent, "defaultLanguageCode")).filter(|l| !l.is_empty()).unwrap_or("en"));
    let mut languages = vec![language.clone()];
    for code in texts(&agent, "supportedLanguageCodes") {
        let base = base_language(&code);
        if !languages.contains(&base) {
            languages.push(base);
        }
    }
    let name = Some(text(&agent, "displayName")).filter(|n| !n.is_empty()).unwrap_or(&source.name).to_owned();
    let mut draft = Draft::new(&name, languages);
    left_out(source, &mut draft);
    let entities = entities(source)?;
    let phrases = phrases(source, &mut draft)?;
    let flows = flows(source, &mut draft)?;
    if flows.is_empty() {
        return Err(ImportError::Broken {
            place: "flows/".to_owned(),
            why: "there is no flow in it".to_owned(),
        });
    }
    let start = text(&agent, "startFlow");
    let start = flows
        .iter()
        .map(|flow| flow.name.as_str())
        .find(|n| *n == start)
        .or(flows.first().map(|flow| flow.name.as_str()));
    let start = start.unwrap_or_default().to_owned();
    draft.flow.start = spanned(start.clone());
    for flow in &flows {
        let threshold = flow.value.get("nluSettings").and_then(|n| n.get("classificationThreshold"));
        if let Some(threshold) = threshold.and_then(Value::as_f64) {
            draft.note(format!("flows/{}: nluSettings", flow.name), other_scale(threshold));
        }
    }
    let mut agent = Agent { draft: &mut draft, entities, phrases, tied: BTreeSet::new(), language };
    // The start flow comes first: an intent with several routes belongs to the route it meets first.
    let ordered = flows.iter().filter(|f| f.name == start).chain(flows.iter().filter(|f| f.name != start));
    for FlowFiles { name: flow, value, pages, .. } in ordered {
        let place = format!("flows/{flow}");
        agent.page(&Page { flow, step: flow.clone(), place, value }, *flow == start);
        for (page, value) in pages {
            let place = format!("flows/{flow}/pages/{page}");
            agent.page(&Page { flow, step: format!("{flow} / {page}"), place, value }, false);
        }
    }
    let untied: Vec<String> = agent.phrases.keys().filter(|i| !agent.tied.contains(*i)).cloned().collect();
    for intent in untied {
        agent.draft.note(
            format!("intents/{intent}"),
            "no route leads on from it, or only as yes or no; it is not understood by itself",
        );
    }
    Ok(draft.finish())
}

/// Kinds of files that have no place in a flow.
fn left_out(source: &Source, draft: &mut Draft) {
    let kinds = [
        ("generators/", "text generators are not run"),
        ("playbooks/", "playbooks are not run"),
        ("testCases/", "test cases are not carried over"),
        ("webhooks/", "webhooks are not called"),
        ("tools/", "tools are not called"),
        ("generativeSettings/", "generative settings have no meaning here"),
    ];
    for (folder, what) in kinds {
        let files: Vec<&str> = source.names().filter(|n| n.starts_with(folder)).collect();
        if !files.is_empty() {
            draft.note(format!("{folder} ({} files)", files.len()), what);
            files.iter().for_each(|name| source.see(name));
        }
    }
    for name in source.names().filter(|n| n.contains("/excludedPhrases/")) {
        draft.note(name, "excluded phrases are not carried over");
        source.see(name);
    }
}

impl Agent<'_> {
    fn page(&mut self, page: &Page<'_>, is_start: bool) {
        if page
            .value
            .get("knowledgeConnectorSettings")
            .is_some_and(|k| k.as_object().is_some_and(|k| !k.is_empty()))
        {
            self.draft.note(page.place.clone(), "answers out of a data store are not given");
        }
        let entry = self.fulfilment(page.value.get("entryFulfillment"), &page.place);
        let retry = self.events(page, is_start);
        let after = format!("{}, then", page.step);
        let routes = list(page.value, "transitionRoutes");
        let next = self.form(page, &after);
        let mut step = self.speak(&entry);
        if next == after && !entry.hand_off && !entry.end {
            step.retry = retry;
            self.routes(page, routes, &mut step, is_start);
        } else {
            if !entry.hand_off && !entry.end {
                step.go = Some(spanned(next));
            }
            let mut last = RawStep { retry, ..RawStep::default() };
            self.routes(page, routes, &mut last, is_start);
            self.draft.add_step(&after, last);
        }
        self.draft.add_step(&page.step, step);
    }

    /// What is not understood on this page: the fallback of the whole bot at its start, elsewhere what
    /// the page says instead.
    fn events(&mut self, page: &Page<'_>, is_start: bool) -> Option<toml::Spanned<Text>> {
        let mut retry = None;
        for handler in list(page.value, "eventHandlers") {
            let event = text(handler, "event");
            let place = format!("{}: {event}", page.place);
            let no_match = event == "sys.no-match-default" || event == "sys.no-match-1";
            if no_match && retry.is_none() {
                let said = self.fulfilment(handler.get("triggerFulfillment"), &place);
                let leads = ["targetPage", "targetFlow"].iter().any(|key| !text(handler, key).is_empty());
                if leads || said.hand_off {
                    self.draft
                        .note(place, "where it leads after that is not carried over; attempts are counted");
                }
                retry = self.speak(&said).say;
                if is_start && retry.is_some() {
                    self.draft.flow.fallback = retry.clone();
                }
            } else {
                self.draft.note(place, "this event handler is not carried over");
            }
        }
        retry.filter(|_| !is_start)
    }

    /// The questions of a page's form. Gives the first step of them, or `after` if there are none.
    fn form(&mut self, page: &Page<'_>, after: &str) -> String {
        let parameters = page.value.get("form").map(|f| list(f, "parameters")).unwrap_or_default();
        let mut next = after.to_owned();
        for parameter in parameters.iter().rev() {
            let name = text(parameter, "displayName");
            let place = format!("{}: {name}", page.place);
            if !flag(parameter, "required") {
                self.draft.note(place, "an optional parameter is not asked for");
                continue;
            }
            let slot = slot_for(text(parameter, "entityType"), &self.entities);
            self.draft.flow.variables.remove(name);
            let slot = self.draft.slot(name, slot);
            let fill = parameter.get("fillBehavior").cloned().unwrap_or(Value::Null);
            let prompt = self.fulfilment(fill.get("initialPromptFulfillment"), &place);
            let say = self.speak(&prompt).say;
            let handlers = list(&fill, "repromptEventHandlers");
            if handlers.len() > 1 {
                self.draft.note(
                    place.clone(),
                    format!("{} re-prompts: the first is said each time", handlers.len()),
                );
            }
            let retry = handlers.first().and_then(|h| {
                let again = self.fulfilment(h.get("triggerFulfillment"), &place);
                self.speak(&again).say
            });
            let step_name = format!("{}: {name}", page.step);
            let step = RawStep {
                say: Some(
                    say.unwrap_or_else(|| spanned(Text::one(crate::bot::flow::escape(&format!("{name}?"))))),
                ),
                ask: Some(spanned(slot)),
                retry,
                go: Some(spanned(next)),
                ..RawStep::default()
            };
            self.draft.add_step(&step_name, step);
            next = step_name;
        }
        next
    }
}
