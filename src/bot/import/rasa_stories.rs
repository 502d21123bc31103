//! Rasa's rules and stories as steps: what follows an intent, and what follows that.

use super::draft::{Draft, spanned};
use super::json::{list, text};
use super::rasa::{Bot, Button};
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the bot does, by what came before.
#[derive(Default)]
pub(super) struct Stories {
    /// What opens a conversation: intent to actions.
    opening: BTreeMap<String, Vec<String>>,
    /// What goes on: the bot's last action, then the customer's intent, to actions.
    following: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What is done when a form is filled.
    submitting: BTreeMap<String, Vec<String>>,
}

/// One customer's turn in a story and what the bot does then.
struct StoryTurn {
    intents: Vec<String>,
    actions: Vec<String>,
}

impl Stories {
    pub fn read(&mut self, stories: &[Value], place: &str, draft: &mut Draft) {
        for story in stories {
            let name = [text(story, "rule"), text(story, "story")]
                .into_iter()
                .find(|n| !n.is_empty())
                .unwrap_or("?");
            let here = format!("{place}: {name}");
            let condition = list(story, "condition");
            let in_form = condition.iter().any(|c| !text(c, "active_loop").is_empty());
            if condition.iter().any(|c| c.get("slot_was_set").is_some()) {
                draft.note(here.clone(), "its condition on slots is not carried over");
            }
            let turns = turns(list(story, "steps"), &here, draft);
            self.keep(turns, in_form, &here, draft);
        }
    }

    fn keep(&mut self, turns: Vec<StoryTurn>, in_form: bool, here: &str, draft: &mut Draft) {
        let mut before: Option<String> = None;
        for turn in turns {
            let (actions, submitted) = split_at_form(&turn.actions);
            if let Some((form, after)) = submitted {
                self.submitting.entry(form).or_insert(after);
            }
            for intent in &turn.intents {
                let known = match &before {
                    None if in_form => continue,
                    None => self.opening.entry(intent.clone()).or_insert_with(|| actions.clone()),
                    Some(last) => {
                        let next = self.following.entry(last.clone()).or_default();
                        next.entry(intent.clone()).or_insert_with(|| actions.clone())
                    }
                };
                if *known != actions {
                    draft.note(here, format!("another way on from `{intent}`; the first one found counts"));
                }
            }
            if turn.intents.is_empty() && before.is_some() {
                draft.note(here, "a checkpoint or a branch of the story is not carried over");
            }
            before = turn.actions.last().cloned();
        }
    }
}

/// The steps of a story by the customer's turns. Actions before the first turn are a turn without intent.
fn turns(steps: &[Value], here: &str, draft: &mut Draft) -> Vec<StoryTurn> {
    let mut turns: Vec<StoryTurn> = Vec::new();
    for step in steps {
        let or: Vec<String> =
            list(step, "or").iter().map(|o| text(o, "intent").to_owned()).filter(|i| !i.is_empty()).collect();
        let intent = text(step, "intent");
        if !or.is_empty() {
            turns.push(StoryTurn { intents: or, actions: Vec::new() });
        } else if !intent.is_empty() {
            turns.push(StoryTurn { intents: vec![intent.to_owned()], actions: Vec::new() });
        } else if let Some(looped) = step.get("active_loop") {
            if looped.is_null() {
                push_action(&mut turns, FORM_DONE);
            }
        } else if !text(step, "action").is_empty() {
            push_action(&mut turns, text(step, "action"));
        } else if step.get("checkpoint").is_some() {
            draft.note(here, "its checkpoint is not carried over");
        } else if step.get("slot_was_set").is_some() {
            draft.note(here, "goes on by the value of a slot there; here it goes on whatever it is");
        } else if step.get("user").is_some() || step.get("bot").is_some() {
            draft.note(here, "a turn told by its words, not by an intent or a response, is not carried over");
        } else {
            draft.note(here, "a step of no known kind is not carried over");
        }
    }
    turns
}

/// Marks in a list of actions that the form before it is filled.
const FORM_DONE: &str = "(form filled)";

fn push_action(turns: &mut Vec<StoryTurn>, action: &str) {
    if turns.is_empty() {
        turns.push(StoryTurn { intents: Vec::new(), actions: Vec::new() });
    }
    if let Some(turn) = turns.last_mut() {
        turn.actions.push(action.to_owned());
    }
}

/// A form and what is done when it is filled.
type Submitted = (String, Vec<String>);

/// Actions up to a form, and the form with what is done when it is filled.
fn split_at_form(actions: &[String]) -> (Vec<String>, Option<Submitted>) {
    let Some(done) = actions.iter().position(|a| a == FORM_DONE) else { return (actions.to_vec(), None) };
    let before: Vec<String> = actions.iter().take(done).cloned().collect();
    let after: Vec<String> = actions.iter().skip(done + 1).filter(|a| *a != FORM_DONE).cloned().collect();
    let form = before.last().cloned();
    (before, form.map(|form| (form, after)))
}

/// Actions whose names say that a person takes over.
fn hands_over(action: &str) -> bool {
    let name = action.to_lowercase();
    ["handoff", "hand_off", "handover", "human", "live_agent", "escalate"]
        .iter()
        .any(|word| name.contains(word))
        && !name.contains("option")
        && !name.starts_with("utter_")
}

/// Fills a draft with the whole bot.
pub(super) fn conversation(bot: &Bot, draft: &mut Draft) {
    let mut builder = Builder { bot, draft, told: BTreeSet::new(), open: BTreeSet::new(), depth: 0 };
    let greeting = builder.response_text("utter_greet");
    builder.draft.add_step("start", RawStep { say: greeting, listen: true, ..RawStep::default() });
    if let Some(actions) = bot.stories.opening.get("nlu_fallback").cloned() {
        builder.draft.flow.fallback = actions.iter().find_map(|action| builder.response_text(action));
    }
    for name in ["utter_default", "utter_please_rephrase"] {
        if builder.draft.flow.fallback.is_none() {
            builder.draft.flow.fallback = builder.response_text(name);
        }
    }
    let only_following: BTreeSet<&String> = bot.stories.following.values().flat_map(BTreeMap::keys).collect();
    for (intent, phrases) in &bot.phrases {
        if intent == "out_of_scope" && !bot.stories.opening.contains_key(intent) {
            builder.draft.flow.recogniser.out_of_scope = Some(spanned(Text::Plain(phrases.clone())));
            continue;
        }
        let known = bot.stories.opening.contains_key(intent)
            || bot.responses.contains_key(&format!("utter_{intent}"));
        if !known && (only_following.contains(intent) || intent == "inform") {
            builder
                .draft
                .note(format!("intent {intent}"), "counts only as an answer to a question of the bot");
            continue;
        }
        builder.intent(intent);
        builder.draft.flow.intent.push(RawIntent {
            name: spanned(intent.clone()),
            title: None,
            phrases: Some(spanned(Text::Plain(phrases.clone()))),
            phrases_from: None,
            go: spanned(intent.clone()),
        });
    }
    // Slots that only custom code fills are variables: texts may name them.
    for slot in bot.slots.keys().filter(|s| !draft.flow.slot.contains_key(*s)).cloned().collect::<Vec<_>>() {
        draft.flow.variables.insert(slot, String::new());
    }
}

struct Builder<'a> {
    bot: &'a Bot,
    draft: &'a mut Draft,
    /// Custom actions a note was left for.
    told: BTreeSet<String>,
    /// Steps being built: a story may lead back into itself.
    open: BTreeSet<String>,
    /// How many steps are being built inside each other.
    depth: usize,
}

/// Stories nested deeper than this are built one by one, when their own intent's turn comes.
const MAX_DEPTH: usize = 64;

impl Builder<'_> {
    fn response_text(&mut self, name: &str) -> Option<toml::Spanned<Text>> {
        let (text, _) = self.bot.response(name, self.draft)?;
        let language = self.draft.languages().first().cloned().unwrap_or_default();
        self.draft.text_in(&language, vec![text])
    }

    /// The steps of an intent that opens a conversation.
    fn intent(&mut self, intent: &str) {
        let retrieval = intent.split('/').next().unwrap_or(intent);
        let own = format!("utter_{intent}");
        let actions = if self.bot.responses.contains_key(&own) && retrieval != intent {
            vec![own]
        } else {
            let opening = &self.bot.stories.opening;
            let found = opening.get(intent).or_else(|| opening.get(retrieval)).cloned();
            found
                .unwrap_or_else(|| if self.bot.responses.contains_key(&own) { vec![own] } else { Vec::new() })
        };
        if actions.is_empty() {
            self.draft
                .note(format!("intent {intent}"), "no rule and no story begins with it; a person takes over");
        }
        self.chain(intent, intent, &actions);
    }

    /// Steps that do `actions` one after the other, the first of them named `name`.
    fn chain(&mut self, name: &str, topic: &str, actions: &[String]) {
        if self.depth == MAX_DEPTH || self.draft.has_step(name) || !self.open.insert(name.to_owned()) {
            return;
        }
        self.depth += 1;
        self.steps(name, topic, actions);
        self.depth -= 1;
    }

    fn steps(&mut self, name: &str, topic: &str, actions: &[String]) {
        let mut step = RawStep::default();
        let mut said: Vec<String> = Vec::new();
        let mut undone: Option<&String> = None;
        for (index, action) in actions.iter().enumerate() {
            let rest = actions.get(index + 1..).unwrap_or(&[]);
            if let Some((text, buttons)) = self.bot.response(action, self.draft) {
                if !text.is_empty() {
                    said.push(text);
                }
                if !buttons.is_empty() {
                    self.menu(&mut step, &buttons, name, action);
                    break;
                }
            } else if self.bot.forms.contains_key(action) {
                let next = self.form(action, topic, rest);
                step.go = Some(spanned(next));
                break;
            } else if hands_over(action) {
                step.hand_off = Some(spanned(action.clone()));
                break;
            } else if !["action_listen", "action_default_fallback", "action_back", "action_restart"]
                .contains(&action.as_str())
            {
                if self.told.insert(action.clone()) {
                    self.draft.note(format!("action {action}"), "custom code is not run");
                }
                undone = Some(action);
            }
        }
        let done = step.go.is_some() || step.hand_off.is_some() || !step.menu.is_empty();
        if !done {
            // Where only custom code would have acted, a person has to.
            match undone.filter(|_| said.is_empty()).or(undone.filter(|a| Some(*a) == actions.last())) {
                Some(action) => step.hand_off = Some(spanned(action.clone())),
                None if said.is_empty() => step.hand_off = Some(spanned(topic.to_owned())),
                None => {
                    step.answers = Some(spanned(topic.to_owned()));
                    self.follow(&mut step, name, actions);
                }
            }
        }
        let language = self.draft.languages().first().cloned().unwrap_or_default();
        step.say = self.draft.text_in(&language, said);
        self.draft.add_step(name, step);
    }

    /// What may come after the last action: yes and no become a confirmation, anything else is read anew.
    fn follow(&mut self, step: &mut RawStep, name: &str, actions: &[String]) {
        let following = actions.last().and_then(|last| self.bot.stories.following.get(last));
        let by_name = |words: &[&str]| {
            following.and_then(|f| f.iter().find(|(intent, _)| words.iter().any(|w| intent.starts_with(w))))
        };
        let yes = by_name(&["affirm", "yes", "agree"]);
        let no = by_name(&["deny", "no", "disagree"]);
        if yes.is_none() && no.is_none() {
            step.listen = true;
            return;
        }
        let mut target = |answer: &str, found: Option<(&String, &Vec<String>)>| match found {
            Some((intent, actions)) => {
                let target = format!("{name}: {answer}");
                self.chain(&target, intent, actions);
                spanned(target)
            }
            None => spanned("start".to_owned()),
        };
        step.confirm = Some(RawConfirm { yes: target("yes", yes), no: target("no", no) });
    }

    /// Buttons lead to what follows the action for the intent they stand for, or to that intent.
    fn menu(&mut self, step: &mut RawStep, buttons: &[Button], name: &str, action: &str) {
        for button in buttons {
            let following = self.bot.stories.following.get(action).and_then(|f| f.get(&button.intent));
            let go = match following {
                Some(actions) => {
                    let target = format!("{name}: {}", button.intent);
                    self.chain(&target, &button.intent, actions);
                    target
                }
                None => {
                    self.intent(&button.intent);
                    button.intent.clone()
                }
            };
            step.menu.push(RawChoice {
                text: spanned(Text::one(escape(&button.title))),
                description: None,
                words: None,
                key: None,
                set: button.values.clone(),
                go: spanned(go),
            });
        }
    }

    /// The questions of a form, then what is done when it is filled. Gives the first question's step.
    fn form(&mut self, form: &str, topic: &str, rest: &[String]) -> String {
        let first = format!("{form}: begin");
        if self.draft.has_step(&first) {
            return first;
        }
        let slots: Vec<String> = match self.bot.forms.get(form).and_then(|f| f.get("required_slots")) {
            Some(Value::Array(names)) => names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
            Some(Value::Object(map)) => map.keys().cloned().collect(),
            _ => Vec::new(),
        };
        if slots.is_empty() {
            self.draft.note(
                format!("form {form}"),
                "what it asks stands in custom code or nowhere; nothing is asked here",
            );
        }
        let submit = self.bot.stories.submitting.get(form).cloned().unwrap_or_else(|| rest.to_vec());
        let done = format!("{form}: filled");
        self.chain(&done, topic, &submit);
        let mut next = done;
        for slot in slots.iter().rev() {
            next = self.question(form, slot, next);
        }
        self.draft.add_step(&first, RawStep { go: Some(spanned(next)), ..RawStep::default() });
        first
    }

    fn question(&mut self, form: &str, slot: &str, next: String) -> String {
        let asked = [format!("utter_ask_{form}_{slot}"), format!("utter_ask_{slot}")];
        let found = asked.iter().find_map(|name| self.bot.response(name, self.draft));
        let mut kind = self.bot.slot(slot);
        let (mut text, buttons) = found.unwrap_or_else(|| {
            self.draft.note(
                format!("{form}: {slot}"),
                "its question is asked by custom code; the slot's name is asked for instead",
            );
            (format!("{}?", escape(slot)), Vec::new())
        });
        for button in &buttons {
            text.push_str(&format!("\n- {}", escape(&button.title)));
            if let Some(value) = button.values.get(slot) {
                kind.kind = SlotKind::Choice;
                kind.values.entry(value.clone()).or_default().push(button.title.clone());
            }
        }
        if buttons.iter().any(|b| b.intent.starts_with("affirm"))
            && buttons.iter().any(|b| b.intent.starts_with("deny"))
        {
            kind = RawSlot { kind: SlotKind::YesNo, values: BTreeMap::new(), ..kind };
        }
        let slot = self.draft.slot(slot, kind);
        let language = self.draft.languages().first().cloned().unwrap_or_default();
        let name = format!("{form}: {slot}");
        let step = RawStep {
            say: self.draft.text_in(&language, vec![text]),
            ask: Some(spanned(slot)),
            go: Some(spanned(next)),
            ..RawStep::default()
        };
        self.draft.add_step(&name, step);
        name
    }
}
