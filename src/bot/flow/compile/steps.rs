//! Steps: what is said, and the one thing that happens then.

use super::{Compiler, folded_words};
use crate::bot::flow::condition::{Expectation, Test};
use crate::bot::flow::model::*;
use crate::bot::flow::raw::*;
use crate::bot::text::fold;
use std::collections::BTreeMap;
use toml::Spanned;

impl Compiler<'_> {
    pub(super) fn set(&mut self, set: &BTreeMap<String, String>) -> Vec<(VariableIdx, String)> {
        set.iter().map(|(name, value)| (self.variable(name, None), value.clone())).collect()
    }

    pub(super) fn compile_step(&mut self, name: &Spanned<String>, raw: &RawStep) -> Step {
        let link = self.link(&raw.link);
        let say = raw.say.as_ref().map(|say| self.linked_text(say, link.as_deref())).unwrap_or_default();
        if let (Some(link), None) = (&raw.link, &raw.say) {
            self.faults
                .error("HS0604", Some(link.span()), "a link needs a text before it")
                .help("say = \"…\"");
        }
        Step {
            name: name.as_ref().clone(),
            say,
            answers: raw.answers.as_ref().map(|topic| self.topic(topic.as_ref())),
            set: self.set(&raw.set),
            retry: self.optional_text(&raw.retry),
            then: self.then(name, raw),
        }
    }

    /// The one thing that happens after the step has spoken.
    pub(super) fn then(&mut self, name: &Spanned<String>, raw: &RawStep) -> Then {
        let present = [
            ("menu", !raw.menu.is_empty()),
            ("ask", raw.ask.is_some()),
            ("look_up", raw.look_up.is_some()),
            ("branch", !raw.branch.is_empty()),
            ("confirm", raw.confirm.is_some()),
            ("listen", raw.listen),
            ("go", raw.go.is_some() && raw.ask.is_none()),
            ("hand_off", raw.hand_off.is_some()),
            ("end", raw.end.is_some()),
        ];
        let done: Vec<&str> = present.iter().filter(|(_, is)| *is).map(|(what, _)| *what).collect();
        match done.as_slice() {
            [_] => {}
            [] => {
                let message =
                    format!("step `{}` is a dead end: nothing says what happens next", name.as_ref());
                self.faults
                    .error("HS0604", Some(name.span()), message)
                    .help("go = \"another step\", listen = true, hand_off = \"reason\" or end = \"solved\"");
            }
            several => {
                let message = format!(
                    "step `{}` does {} things at once: {}",
                    name.as_ref(),
                    several.len(),
                    several.join(", ")
                );
                self.faults
                    .error("HS0604", Some(name.span()), message)
                    .help("one thing a step; make two steps of it");
            }
        }
        if let Some(slot) = &raw.ask {
            let index = self.variable(slot.as_ref(), Some(slot.span()));
            let go = match &raw.go {
                Some(go) => self.step(go),
                None => {
                    self.faults
                        .error("HS0604", Some(slot.span()), "where does it go on when this is answered?")
                        .help("go = \"step\"");
                    0
                }
            };
            return Then::Ask { slot: index, go };
        }
        if !raw.menu.is_empty() {
            return Then::Menu(self.menu(raw));
        }
        if let Some(look_up) = &raw.look_up {
            return self.look_up(look_up);
        }
        if !raw.branch.is_empty() {
            return Then::Branch(raw.branch.iter().map(|line| self.branch(line)).collect());
        }
        if let Some(confirm) = &raw.confirm {
            return Then::Confirm { yes: self.step(&confirm.yes), no: self.step(&confirm.no) };
        }
        if let Some(go) = &raw.go {
            return Then::Go(self.step(go));
        }
        if let Some(reason) = &raw.hand_off {
            return Then::HandOff(self.reason(reason.as_ref()));
        }
        match raw.end {
            Some(end) => Then::End { solved: end == RawEnd::Solved },
            None => Then::Listen,
        }
    }

    pub(super) fn menu(&mut self, raw: &RawStep) -> Menu {
        let mut choices = Vec::new();
        for (index, choice) in raw.menu.iter().enumerate() {
            let messages = self.text(&choice.text);
            if messages.len() > 1 {
                self.faults.error("HS0605", Some(choice.text.span()), "an entry of a menu has one text");
            }
            if let Some(description) = &choice.description {
                self.text(description);
            }
            let key = match &choice.key {
                Some(key) => fold(key.as_ref()),
                None => (index + 1).to_string(),
            };
            choices.push(Choice {
                key,
                text: messages.first().copied().unwrap_or(0),
                folded: folded_words(Some(choice.text.as_ref())),
                words: folded_words(choice.words.as_ref()),
                set: self.set(&choice.set),
                go: self.step(&choice.go),
            });
        }
        Menu { show: raw.show.as_ref().map(|s| *s.as_ref()).unwrap_or_default(), choices }
    }

    pub(super) fn look_up(&mut self, raw: &RawLookUp) -> Then {
        let table = match self.tables.iter().position(|t| t.name == *raw.table.as_ref()) {
            Some(index) => index as TableIdx,
            None => {
                let known: Vec<String> = self.tables.iter().map(|t| t.name.clone()).collect();
                self.faults.unknown(
                    "HS0614",
                    raw.table.span(),
                    "table",
                    raw.table.as_ref(),
                    known.iter().map(String::as_str),
                );
                0
            }
        };
        Then::LookUp(LookUpStep {
            table,
            by: self.variable(raw.by.as_ref(), Some(raw.by.span())),
            found: self.step(&raw.found),
            missing: self.step(&raw.missing),
            failed: raw.failed.as_ref().map(|step| self.step(step)),
        })
    }

    pub(super) fn branch(&mut self, raw: &RawBranch) -> Branch {
        let mut tests = Vec::new();
        for (name, expected) in &raw.conditions {
            let Some(source) = self.source(name.as_ref()) else {
                let known = self.known_sources();
                self.faults.unknown(
                    "HS0602",
                    name.span(),
                    "variable",
                    name.as_ref(),
                    known.iter().map(String::as_str),
                );
                continue;
            };
            let mut any_of = Vec::new();
            for written in expected.as_ref().all() {
                match Expectation::parse(written) {
                    Ok(expectation) => any_of.push(expectation),
                    Err(why) => {
                        self.faults.error("HS0612", Some(expected.span()), why);
                    }
                }
            }
            tests.push(Test { source, any_of });
        }
        Branch { tests, go: self.step(&raw.go) }
    }

    /// An entry of the knowledge base as a step.
    pub(super) fn answer(&mut self, raw: &RawAnswer, after: Option<StepIdx>) -> Step {
        let link = self.link(&raw.link);
        Step {
            name: format!("answer.{}", raw.topic.as_ref()),
            say: self.linked_text(&raw.say, link.as_deref()),
            answers: Some(self.topic(raw.topic.as_ref())),
            set: Vec::new(),
            retry: Vec::new(),
            then: after.map_or(Then::Listen, Then::Go),
        }
    }
}
