//! Where a page leads: routes on intents and on conditions.

use super::super::draft::spanned;
use super::super::json::text;
use super::{Agent, Page};
use crate::bot::flow::raw::*;
use serde_json::Value;
use std::collections::BTreeMap;

impl Agent<'_> {
    /// Routes on conditions become a branch, yes and no a confirmation; other intents count everywhere.
    pub fn routes(&mut self, page: &Page<'_>, routes: &[Value], step: &mut RawStep, is_start: bool) {
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
