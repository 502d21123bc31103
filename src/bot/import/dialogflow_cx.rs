//! Dialogflow CX, JSON package: flows of pages with forms, routes and event handlers.

use super::Import;
use super::dialogflow_es::{Entity, other_scale, slot_for};
use super::draft::{Draft, Texts, base_language, spanned, with_references};
use super::json::{file, flag, list, text, texts};
use super::source::{ImportError, Source};
use crate::bot::flow::raw::*;
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
        }
    }
    for name in source.names().filter(|n| n.contains("/excludedPhrases/")) {
        draft.note(name, "excluded phrases are not carried over");
    }
}

fn entities(source: &Source) -> Result<BTreeMap<String, Entity>, ImportError> {
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
fn phrases(source: &Source, draft: &mut Draft) -> Result<BTreeMap<String, Texts>, ImportError> {
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
struct FlowFiles {
    name: String,
    value: Value,
    /// Pages by name.
    pages: Vec<(String, Value)>,
    /// Routes of its route groups, by the group's name.
    groups: BTreeMap<String, Vec<Value>>,
}

/// All flows, in the order of their folders. Routes of groups stand behind a page's own.
fn flows(source: &Source, draft: &mut Draft) -> Result<Vec<FlowFiles>, ImportError> {
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

/// What a fulfilment does beside speaking.
#[derive(Default)]
struct Fulfilment {
    say: Vec<Texts>,
    hand_off: bool,
    end: bool,
    set: BTreeMap<String, String>,
}

impl Agent<'_> {
    fn page(&mut self, page: &Page<'_>, is_start: bool) {
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

    fn speak(&mut self, fulfilment: &Fulfilment) -> RawStep {
        let mut all = Texts::new();
        for message in &fulfilment.say {
            for (language, list) in message {
                all.entry(language.clone()).or_default().extend(list.iter().cloned());
            }
        }
        RawStep {
            say: self.draft.text(all),
            set: fulfilment.set.clone(),
            hand_off: fulfilment.hand_off.then(|| spanned("live agent".to_owned())),
            end: (fulfilment.end && !fulfilment.hand_off).then_some(RawEnd::Closed),
            ..RawStep::default()
        }
    }

    fn fulfilment(&mut self, value: Option<&Value>, place: &str) -> Fulfilment {
        let mut done = Fulfilment::default();
        let Some(value) = value else { return done };
        for message in list(value, "messages") {
            let code = text(message, "languageCode");
            let language = if code.is_empty() { self.language.clone() } else { base_language(code) };
            if let Some(said) = message.get("text") {
                let wordings = texts(said, "text");
                if wordings.len() > 1 {
                    self.draft.note(
                        place,
                        format!("{} wordings of one message: the first is always said", wordings.len()),
                    );
                }
                // A message that is nothing but generated text would be an empty one here.
                let generated =
                    |t: &String| t.trim().starts_with("$request.generative.") && !t.trim().contains(' ');
                let said: Vec<String> =
                    wordings.first().filter(|t| !generated(t)).map(|t| self.refer(t)).into_iter().collect();
                done.say.push(Texts::from([(language, said)]));
            } else if message.get("liveAgentHandoff").is_some() {
                done.hand_off = true;
            } else if message.get("endInteraction").is_some() {
                done.end = true;
            } else if message.get("payload").is_some() {
                let chips = chips(message);
                self.draft.note(place, "a rich payload is not carried over; its options are written out");
                if !chips.is_empty() {
                    let lines: Vec<String> =
                        chips.iter().map(|c| format!("- {}", crate::bot::flow::escape(c))).collect();
                    done.say.push(Texts::from([(language, vec![lines.join("\n")])]));
                }
            } else {
                self.draft.note(place, "a message that is neither text nor hand-off is not carried over");
            }
        }
        let webhook = text(value, "webhook");
        if !webhook.is_empty() {
            self.draft.note(place, format!("the webhook `{webhook}` is not called"));
        }
        if !list(value, "generators").is_empty() || flag(value, "enableGenerativeFallback") {
            self.draft.note(place, "generated text is not said");
        }
        if !list(value, "conditionalCases").is_empty() {
            self.draft.note(place, "conditional cases are not carried over");
        }
        for action in list(value, "setParameterActions") {
            self.set_parameter(action, place, &mut done.set);
        }
        done
    }

    fn set_parameter(&mut self, action: &Value, place: &str, set: &mut BTreeMap<String, String>) {
        let name = text(action, "parameter");
        let value = match action.get("value") {
            Some(Value::String(s)) if !s.starts_with('$') => s.clone(),
            Some(Value::Number(n)) => n.to_string(),
            Some(Value::Bool(b)) => b.to_string(),
            Some(Value::Null) | None => String::new(),
            Some(other) => {
                return self
                    .draft
                    .note(place, format!("`{name}` is computed there ({other}); here it keeps its value"));
            }
        };
        let name = self.variable(name);
        set.insert(name, value);
    }

    /// The name of a parameter as a variable of the flow.
    fn variable(&mut self, reference: &str) -> String {
        let mut name = reference.trim_start_matches('$');
        for prefix in ["session.params.", "page.params.", "intent.params.", "flow.", "request.generative."] {
            name = name.strip_prefix(prefix).unwrap_or(name);
        }
        let name = name.split('.').next().unwrap_or(name).to_owned();
        if !self.draft.flow.slot.contains_key(&name) {
            self.draft.flow.variables.entry(name.clone()).or_default();
        }
        name
    }

    /// `$session.params.x` and its like become variables.
    fn refer(&mut self, written: &str) -> String {
        let mut found = BTreeSet::new();
        let said = with_references(written, |rest| {
            let tail = rest.strip_prefix('$')?;
            let known = ["session.params.", "page.params.", "intent.params.", "flow.", "request.generative."];
            let prefix = known.iter().find(|p| tail.starts_with(**p))?;
            let name = tail.get(prefix.len()..)?;
            let whole =
                name.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or(name.len());
            let whole = name.get(..whole)?.trim_end_matches(['.', '-']);
            let variable = whole.split('.').next()?.to_owned();
            found.insert(variable.clone());
            Some((1 + prefix.len() + whole.len(), variable))
        });
        for name in found {
            self.variable(&name);
        }
        said
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

    /// Routes on conditions become a branch, yes and no a confirmation; other intents count everywhere.
    fn routes(&mut self, page: &Page<'_>, routes: &[Value], step: &mut RawStep, is_start: bool) {
        let (mut yes, mut no) = (None, None);
        let mut lines: Vec<RawBranch> = Vec::new();
        for (index, route) in routes.iter().enumerate() {
            let place = format!("{}: route {}", page.place, index + 1);
            let intent = text(route, "intent");
            let condition = text(route, "condition");
            let target = self.target(page, route, index, &place);
            if intent.is_empty() {
                match self.conditions(condition, &place) {
                    Some(conditions) => lines.push(RawBranch { conditions, go: spanned(target) }),
                    None => self.draft.note(
                        place,
                        format!("the condition `{condition}` is not carried over, nor is its route"),
                    ),
                }
                continue;
            }
            if !condition.is_empty() && condition != "true" {
                self.draft.note(
                    place.clone(),
                    format!("the condition `{condition}` beside an intent is not carried over"),
                );
            }
            let name = intent.to_lowercase();
            let says = |words: &[&str]| words.iter().any(|w| name.ends_with(w));
            if is_start && name.contains("welcome") {
                self.welcome(intent, route, step, &place);
            } else if !is_start && yes.is_none() && says(&["yes", "confirm", "affirmative"]) {
                yes = Some(target);
            } else if !is_start && no.is_none() && says(&["_no", ".no", "-no", " no", "negative"]) {
                no = Some(target);
            } else {
                self.tie(intent, &target, &place, page, is_start);
            }
        }
        self.join(page, step, lines, yes, no);
    }

    /// Puts branch, confirmation and waiting together.
    fn join(
        &mut self,
        page: &Page<'_>,
        step: &mut RawStep,
        lines: Vec<RawBranch>,
        yes: Option<String>,
        no: Option<String>,
    ) {
        let mut waiting = RawStep::default();
        if yes.is_some() || no.is_some() {
            let other = |target: Option<String>| spanned(target.unwrap_or_else(|| page.flow.to_owned()));
            waiting.confirm = Some(RawConfirm { yes: other(yes), no: other(no) });
        } else {
            waiting.listen = true;
        }
        if lines.is_empty() {
            step.confirm = waiting.confirm;
            step.listen = waiting.listen;
            return;
        }
        let always = lines.iter().position(|l| l.conditions.is_empty());
        step.branch = lines;
        match always {
            Some(at) => step.branch.truncate(at + 1),
            None => {
                let name = format!("{}, waiting", page.step);
                step.branch.push(RawBranch { conditions: BTreeMap::new(), go: spanned(name.clone()) });
                self.draft.add_step(&name, waiting);
            }
        }
    }

    /// The welcome intent: what it says opens the conversation.
    fn welcome(&mut self, intent: &str, route: &Value, step: &mut RawStep, place: &str) {
        let said = self.fulfilment(route.get("triggerFulfillment"), place);
        if step.say.is_none() {
            step.say = self.speak(&said).say;
        }
        let start = self.draft.flow.start.as_ref().clone();
        self.add_intent(intent, &start);
    }

    fn tie(&mut self, intent: &str, target: &str, place: &str, page: &Page<'_>, is_start: bool) {
        if self.tied.contains(intent) {
            return self
                .draft
                .note(place, format!("`{intent}` already leads elsewhere; this route is not carried over"));
        }
        if !is_start {
            self.draft.note(
                place,
                format!("`{intent}` counts on `{}` only there; here it counts everywhere", page.step),
            );
        }
        self.add_intent(intent, target);
    }

    fn add_intent(&mut self, intent: &str, target: &str) {
        if !self.tied.insert(intent.to_owned()) {
            return;
        }
        let Some(phrases) = self.phrases.get(intent).filter(|p| p.values().any(|list| !list.is_empty()))
        else {
            return self.draft.note(format!("intents/{intent}"), "has no phrases");
        };
        let step = self.draft.step_mut(target);
        if let Some(step) =
            step.filter(|s| s.answers.is_none() && s.hand_off.is_none() && s.say.is_some() && s.listen)
        {
            step.answers = Some(spanned(intent.to_owned()));
        }
        self.draft.flow.intent.push(RawIntent {
            name: spanned(intent.to_owned()),
            title: None,
            phrases: Some(spanned(Text::ByLanguage(phrases.clone()))),
            phrases_from: None,
            go: spanned(target.to_owned()),
        });
    }

    /// Where a route leads; a step of its own if it speaks on the way.
    fn target(&mut self, page: &Page<'_>, route: &Value, index: usize, place: &str) -> String {
        let to_page = text(route, "targetPage");
        let to_flow = text(route, "targetFlow");
        let mut said = self.fulfilment(route.get("triggerFulfillment"), place);
        let goal = match (to_page, to_flow) {
            ("", "") => None,
            ("", flow) => Some(flow.to_owned()),
            ("Start Page", _) => Some(page.flow.to_owned()),
            ("Current Page", _) => Some(page.step.clone()),
            ("Previous Page", _) => {
                self.draft.note(place, "leads back to the page before; here to the beginning of the flow");
                Some(page.flow.to_owned())
            }
            ("END_FLOW_WITH_HUMAN_ESCALATION", _) => {
                said.hand_off = true;
                None
            }
            (name, _) if name.starts_with("End ") || name.starts_with("END_") => None,
            (name, _) => Some(format!("{} / {name}", page.flow)),
        };
        let speaks = !said.say.is_empty() || !said.set.is_empty() || said.hand_off || said.end;
        if let (Some(goal), false) = (&goal, speaks) {
            return goal.clone();
        }
        let name = format!("{}, route {}", page.step, index + 1);
        let mut step = self.speak(&said);
        if step.hand_off.is_none() && step.end.is_none() {
            match goal {
                Some(goal) => step.go = Some(spanned(goal)),
                None if to_page.is_empty() => step.listen = true,
                None => step.end = Some(RawEnd::Closed),
            }
        }
        self.draft.add_step(&name, step);
        name
    }

    /// A condition as ours: comparisons joined by AND, of a parameter with a constant.
    fn conditions(
        &mut self,
        written: &str,
        place: &str,
    ) -> Option<BTreeMap<toml::Spanned<String>, toml::Spanned<Text>>> {
        let mut all = BTreeMap::new();
        for part in written.split(" AND ") {
            let part = part.trim().trim_matches(['(', ')']).trim();
            if part == "true" || part.starts_with("$page.params.status") || part.is_empty() {
                continue;
            }
            let operators = [
                ("!=", "not "),
                ("<=", "<= "),
                (">=", ">= "),
                ("<", "< "),
                (">", "> "),
                ("=", "= "),
                (":", "contains "),
            ];
            let (left, right, word) = operators
                .iter()
                .find_map(|(op, word)| part.split_once(op).map(|(l, r)| (l.trim(), r.trim(), *word)))?;
            if !left.starts_with('$')
                || right.starts_with('$')
                || left.contains(' ')
                || right.contains(" OR ")
            {
                return None;
            }
            let constant = right.trim_matches('"');
            let expected = match (constant, word) {
                ("null", "= ") => "empty".to_owned(),
                ("null", "not ") => "set".to_owned(),
                _ => format!("{word}{constant}"),
            };
            if word.contains(['<', '>']) && constant.parse::<f64>().is_err() {
                return None;
            }
            if left.matches('.').count() > 2 {
                self.draft.note(place, format!("`{left}` is compared as a whole"));
            }
            let name = self.variable(left);
            all.insert(spanned(name), spanned(Text::one(expected)));
        }
        Some(all)
    }
}

/// The texts of the chips of a rich payload.
fn chips(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![message];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(map) => {
                if text(value, "type") == "chips" {
                    found.extend(list(value, "options").iter().map(|o| text(o, "text").to_owned()));
                }
                open.extend(map.values().rev());
            }
            _ => {}
        }
    }
    found
}
