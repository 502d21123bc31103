//! What a fulfilment says and does, and the parameters that its texts name.

use super::super::draft::{Texts, base_language, spanned, with_references};
use super::super::json::{flag, list, text, texts};
use super::Agent;
use crate::bot::flow::raw::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a fulfilment does beside speaking.
#[derive(Default)]
pub(super) struct Fulfilment {
    pub say: Vec<Texts>,
    pub hand_off: bool,
    pub end: bool,
    pub set: BTreeMap<String, String>,
}

impl Agent<'_> {
    pub fn speak(&mut self, fulfilment: &Fulfilment) -> RawStep {
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

    pub fn fulfilment(&mut self, value: Option<&Value>, place: &str) -> Fulfilment {
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
    pub fn variable(&mut self, reference: &str) -> String {
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
