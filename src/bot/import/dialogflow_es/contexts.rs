//! Contexts as variables: an intent that sets one remembers it, an intent that needs one looks first.
//!
//! A context lasts for some messages there and until the session ends here. One that only a webhook or an
//! intent that hands over would set is not looked at: it would never hold.

use super::super::draft::{Draft, spanned};
use super::super::json::{flag, list, text, texts};
use super::Intent;
use crate::bot::flow::raw::*;
use crate::bot::text::fold;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an intent that is understood without its context leads to.
const OUTSIDE: &str = "(out of context)";
/// A variable's value while its context holds.
const HOLDS: &str = "yes";

/// The contexts that intents need and others set.
#[derive(Default)]
pub(super) struct Contexts {
    carried: BTreeSet<String>,
}

impl Contexts {
    pub fn of(intents: &[Intent], draft: &mut Draft) -> Contexts {
        let needed: BTreeSet<String> = intents.iter().flat_map(needs).collect();
        let set = intents.iter().filter(|intent| goes_on(intent)).flat_map(|intent| {
            let response = list(&intent.value, "responses").first().cloned().unwrap_or(Value::Null);
            changes(&response).into_iter().filter(|(_, lifespan)| *lifespan > 0).map(|(name, _)| name)
        });
        let carried: BTreeSet<String> = set.filter(|name| needed.contains(name)).collect();
        for name in &carried {
            draft.flow.variables.insert(variable(name), String::new());
        }
        Contexts { carried }
    }

    /// The contexts an intent needs that are looked at here.
    pub fn needed(&self, intent: &Intent) -> Vec<String> {
        needs(intent).into_iter().filter(|name| self.carried.contains(name)).collect()
    }

    /// Notes what of an intent's contexts works otherwise here.
    pub fn tell(&self, intent: &Intent, draft: &mut Draft) {
        for name in needs(intent) {
            let what = match self.carried.contains(&name) {
                true => format!(
                    "needs the context `{name}`, which ends after some messages there; here it holds until the session ends"
                ),
                false => {
                    format!("needs the context `{name}` there; here it is understood at any time")
                }
            };
            draft.note(intent.place.as_str(), what);
        }
    }

    /// The variables that an intent's answer sets.
    pub fn set(&self, response: &Value, step: &mut RawStep) {
        if flag(response, "resetContexts") {
            step.set.extend(self.carried.iter().map(|name| (variable(name), String::new())));
        }
        for (name, lifespan) in changes(response).into_iter().filter(|(name, _)| self.carried.contains(name))
        {
            let value = if lifespan > 0 { HOLDS } else { "" };
            step.set.insert(variable(&name), value.to_owned());
        }
    }

    /// Puts a look at the contexts before each intent that needs some, and before those that share a phrase
    /// with one: which of them is meant is for the context to say.
    pub fn guard(&self, intents: &[Intent], draft: &mut Draft) {
        if self.carried.is_empty() {
            return;
        }
        let understood: Vec<Understood> = draft
            .flow
            .intent
            .iter()
            .map(|raw| {
                let intent = intents.iter().find(|intent| intent.name == *raw.name.as_ref());
                Understood {
                    name: raw.name.as_ref().clone(),
                    go: raw.go.as_ref().clone(),
                    contexts: intent.map(|intent| self.needed(intent)).unwrap_or_default(),
                    phrases: phrases(raw),
                }
            })
            .collect();
        for own in &understood {
            let shares = |other: &&Understood| {
                other.name != own.name
                    && !(own.contexts.is_empty() && other.contexts.is_empty())
                    && !own.phrases.is_disjoint(&other.phrases)
            };
            let all = std::iter::once(own).chain(understood.iter().filter(shares));
            let (guarded, free): (Vec<_>, Vec<_>) = all.partition(|one| !one.contexts.is_empty());
            if guarded.is_empty() {
                continue;
            }
            let mut branch: Vec<RawBranch> = guarded.into_iter().map(Understood::branch).collect();
            let otherwise = free.first().map_or_else(|| OUTSIDE.to_owned(), |one| one.go.clone());
            branch.push(RawBranch { conditions: BTreeMap::new(), go: spanned(otherwise) });
            let gate = draft.free_step_name(&format!("{}, by context", own.name));
            draft.add_step(&gate, RawStep { branch, ..RawStep::default() });
            for raw in draft.flow.intent.iter_mut().filter(|raw| *raw.name.as_ref() == own.name) {
                raw.go = spanned(gate.clone());
            }
        }
        self.add_outside(draft);
    }

    /// What is said to what is not understood, where somewhere leads there.
    fn add_outside(&self, draft: &mut Draft) {
        let led_to = draft.flow.step.values().flat_map(|step| &step.branch).any(|b| b.go.as_ref() == OUTSIDE);
        if !led_to {
            return;
        }
        let step = match draft.flow.fallback.clone() {
            Some(say) => RawStep { say: Some(say), listen: true, ..RawStep::default() },
            None => RawStep { hand_off: Some(spanned("out of context".to_owned())), ..RawStep::default() },
        };
        draft.add_step(OUTSIDE, step);
    }
}

/// Contexts an intent needs; of follow-ups the parent takes care.
fn needs(intent: &Intent) -> Vec<String> {
    if !text(&intent.value, "parentId").is_empty() || flag(&intent.value, "fallbackIntent") {
        return Vec::new();
    }
    texts(&intent.value, "contexts").into_iter().map(|name| name.to_lowercase()).collect()
}

/// Contexts an answer sets, with how many messages they last; none to end them.
fn changes(response: &Value) -> Vec<(String, i64)> {
    let lifespan = |context: &Value| context.get("lifespan").and_then(Value::as_i64).unwrap_or(5);
    let name = |context: &Value| text(context, "name").to_lowercase();
    list(response, "affectedContexts").iter().map(|context| (name(context), lifespan(context))).collect()
}

/// Whether the conversation goes on here after the intent's answer.
fn goes_on(intent: &Intent) -> bool {
    let value = &intent.value;
    let off = value.get("priority").and_then(Value::as_i64).is_some_and(|priority| priority <= 0);
    !off && !flag(value, "webhookUsed") && !flag(value, "endInteraction") && !flag(value, "fallbackIntent")
}

fn variable(context: &str) -> String {
    format!("context {context}")
}

/// An intent of the flow, before it is guarded.
struct Understood {
    name: String,
    go: String,
    contexts: Vec<String>,
    phrases: BTreeSet<String>,
}

impl Understood {
    fn branch(&self) -> RawBranch {
        let holds = || spanned(Text::one(format!("= {HOLDS}")));
        let conditions = self.contexts.iter().map(|name| (spanned(variable(name)), holds())).collect();
        RawBranch { conditions, go: spanned(self.go.clone()) }
    }
}

fn phrases(intent: &RawIntent) -> BTreeSet<String> {
    intent.phrases.iter().flat_map(|phrases| phrases.as_ref().all()).map(fold).collect()
}
