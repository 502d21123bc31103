//! Typebot's exported JSON: groups of blocks joined by edges. A Typebot bot has no recogniser; it is
//! menus, questions and conditions.

use super::Import;
use super::draft::{Draft, spanned, with_references};
use super::json::{file, flag, list, text};
use super::source::{ImportError, Source};
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the bot while its blocks become steps.
struct Bot<'a> {
    draft: Draft,
    /// Variable id to name.
    variables: BTreeMap<&'a str, &'a str>,
    /// Edge id to the block it leads to.
    edges: BTreeMap<&'a str, String>,
    /// The same by the block or item an edge leaves from: older exports say it only there.
    leaving: BTreeMap<&'a str, String>,
    /// Group id to its first block.
    first: BTreeMap<&'a str, &'a str>,
    /// Block id to the step's name.
    names: BTreeMap<&'a str, String>,
}

pub(super) fn import(source: &Source) -> Result<Import, ImportError> {
    let mut bots: Vec<&str> = source
        .names()
        .filter(|n| n.ends_with(".json") && source.text(n).is_some_and(|t| t.contains("\"groups\"")))
        .collect();
    let name = if bots.is_empty() { String::new() } else { bots.remove(0).to_owned() };
    let bot = file(source, &name)?.unwrap_or(Value::Null);
    let groups = list(&bot, "groups");
    if groups.is_empty() {
        return Err(ImportError::Broken { place: name, why: "there is no group in it".to_owned() });
    }
    let title = Some(text(&bot, "name")).filter(|n| !n.is_empty()).unwrap_or(&source.name);
    let mut import = Bot {
        draft: Draft::new(title, Vec::new()),
        variables: list(&bot, "variables").iter().map(|v| (text(v, "id"), text(v, "name"))).collect(),
        edges: BTreeMap::new(),
        leaving: BTreeMap::new(),
        first: BTreeMap::new(),
        names: BTreeMap::new(),
    };
    for other in bots {
        import.draft.note(other, "a second bot in the folder; import it by itself");
    }
    import.draft.guess_language("an export names no language");
    import.index(&bot, groups);
    import.settings(&bot);
    import.start(&bot, groups);
    for group in groups {
        let blocks = list(group, "blocks");
        for (index, block) in blocks.iter().enumerate() {
            import.block(group, block, blocks.get(index + 1));
        }
    }
    Ok(import.draft.finish())
}

/// Places that lead nowhere end the conversation here.
const END: &str = "(end)";

impl<'a> Bot<'a> {
    fn index(&mut self, bot: &'a Value, groups: &'a [Value]) {
        let mut taken = BTreeSet::new();
        for group in groups {
            let title = Some(text(group, "title")).filter(|t| !t.is_empty()).unwrap_or("group");
            for (index, block) in list(group, "blocks").iter().enumerate() {
                if index == 0 {
                    self.first.insert(text(group, "id"), text(block, "id"));
                }
                let mut name = if index == 0 { title.to_owned() } else { format!("{title} {}", index + 1) };
                while !taken.insert(name.clone()) {
                    name.push('\'');
                }
                self.names.insert(text(block, "id"), name);
            }
        }
        for edge in list(bot, "edges") {
            let Some(to) = edge.get("to") else { continue };
            let block = Some(text(to, "blockId"))
                .filter(|b| !b.is_empty())
                .or(self.first.get(text(to, "groupId")).copied());
            let step = block.and_then(|b| self.names.get(b)).cloned().unwrap_or_else(|| {
                let place = format!("edge {}", text(edge, "id"));
                self.draft
                    .note(place, "leads to a block that is not in the export: the conversation ends there");
                END.to_owned()
            });
            if let Some(from) = edge.get("from") {
                let leaves = [text(from, "itemId"), text(from, "blockId")];
                if let Some(leaves) = leaves.into_iter().find(|id| !id.is_empty()) {
                    self.leaving.insert(leaves, step.clone());
                }
            }
            self.edges.insert(text(edge, "id"), step);
        }
        for name in self.variables.values().filter(|n| !n.is_empty()) {
            self.draft.flow.variables.insert((*name).to_owned(), String::new());
        }
        self.draft.add_step(END, RawStep { end: Some(RawEnd::Closed), ..RawStep::default() });
    }

    fn settings(&mut self, bot: &Value) {
        let whatsapp = bot.get("settings").and_then(|s| s.get("whatsApp")).unwrap_or(&Value::Null);
        let hours = whatsapp.get("sessionExpiryTimeout").and_then(Value::as_f64).unwrap_or(4.0);
        self.draft.flow.session.time_out = spanned(format!("{}s", (hours * 3_600.0).round().max(1.0)));
        // A Typebot asks again for ever; nobody is there to take over.
        self.draft.flow.session.max_attempts = 0;
        self.draft.note(
            "settings",
            "the bot asks again for ever there, and here; set `max_attempts` to call a person",
        );
        self.draft.flow.first_message = FirstMessage::Menu;
        if whatsapp.get("startCondition").is_some() {
            self.draft.note("settings.whatsApp.startCondition", "every message starts the bot here");
        }
    }

    fn start(&mut self, bot: &Value, groups: &[Value]) {
        let event = list(bot, "events")
            .iter()
            .find(|e| text(e, "type") == "start")
            .map(|e| text(e, "outgoingEdgeId"));
        let block = groups
            .iter()
            .flat_map(|g| list(g, "blocks"))
            .find(|b| text(b, "type") == "start")
            .map(|b| text(b, "outgoingEdgeId"));
        let edge = event.or(block).and_then(|edge| self.edges.get(edge));
        let first =
            groups.first().and_then(|g| self.first.get(text(g, "id"))).and_then(|b| self.names.get(b));
        let start = edge.or(first).cloned().unwrap_or_else(|| END.to_owned());
        self.draft.flow.start = spanned(start);
    }

    /// Where a block or an item leads; without an edge the next block of the group follows.
    fn next(&self, from: &Value, following: Option<&Value>) -> toml::Spanned<String> {
        let edge = text(from, "outgoingEdgeId");
        let own = self.edges.get(edge).or_else(|| self.leaving.get(text(from, "id")));
        let next = own.or_else(|| following.and_then(|b| self.names.get(text(b, "id"))));
        spanned(next.cloned().unwrap_or_else(|| END.to_owned()))
    }

    fn say(&self, said: &str) -> Option<toml::Spanned<Text>> {
        let said = with_references(said, |rest| {
            let name = rest.strip_prefix("{{")?.split_once("}}")?.0;
            self.variables.values().any(|v| *v == name).then(|| (name.len() + 4, name.to_owned()))
        });
        {
            let language = self.draft.languages().first().cloned().unwrap_or_default();
            self.draft.text_in(&language, vec![said])
        }
    }

    /// The name of the variable a block keeps its answer in.
    fn variable(&self, options: &Value) -> Option<String> {
        self.variables.get(text(options, "variableId")).map(|n| (*n).to_owned()).filter(|n| !n.is_empty())
    }

    fn block(&mut self, group: &Value, block: &Value, following: Option<&Value>) {
        let Some(name) = self.names.get(text(block, "id")).cloned() else { return };
        let place = format!("group {}: {}", text(group, "title"), name);
        let empty = Value::Null;
        let options = block.get("options").unwrap_or(&empty);
        let content = block.get("content").unwrap_or(&empty);
        let mut step = RawStep::default();
        let kind = text(block, "type");
        match kind {
            "text" => {
                step.say = self.say(&rich_text(content));
                step.go = Some(self.next(block, following));
            }
            "image" | "video" | "audio" | "embed" => {
                step.say = self.say(text(content, "url"));
                step.go = Some(self.next(block, following));
                self.draft.note(place, format!("the {kind} is said as its address"));
            }
            "choice input" | "picture choice input" | "buttons input" => {
                self.choices(block, options, following, &place, &mut step)
            }
            "Condition" => self.condition(block, following, &place, &mut step),
            "Set variable" => {
                if let Some(variable) = self.variable(options) {
                    let value = text(options, "expressionToEvaluate");
                    // From version 6 on it says what kind of value it sets: a date, a random one …
                    let kind = text(options, "type");
                    let literal = matches!(kind, "" | "Custom" | "Empty")
                        && value.chars().all(|c| c.is_alphanumeric() || " .,_-".contains(c));
                    if literal {
                        step.set.insert(variable, value.to_owned());
                    } else {
                        self.draft
                            .note(place, format!("`{variable}` is computed there; here it keeps its value"));
                    }
                }
                step.go = Some(self.next(block, following));
            }
            "Jump" => {
                let to = text(options, "blockId");
                let to =
                    Some(to).filter(|b| !b.is_empty()).or(self.first.get(text(options, "groupId")).copied());
                let target = to.and_then(|b| self.names.get(b)).cloned().unwrap_or_else(|| {
                    self.draft.note(
                        &place,
                        "jumps to a block that is not in the export: the conversation ends there",
                    );
                    END.to_owned()
                });
                step.go = Some(spanned(target));
            }
            "Chatwoot" => step.hand_off = Some(spanned("Chatwoot".to_owned())),
            "start" => step.go = Some(self.next(block, following)),
            "Wait" => {
                step.go = Some(self.next(block, following));
                self.draft.note(place, "it waits some seconds there; here it goes on at once");
            }
            "AB test" | "AB Test" => {
                let first = list(block, "items").first().unwrap_or(block);
                step.go = Some(self.next(first, following));
                self.draft.note(place, "of a split test the first way is always taken");
            }
            _ => match question(kind) {
                Some(slot) => step = self.question(&name, block, slot, following, &place),
                None => {
                    step.go = Some(self.next(block, following));
                    self.draft.note(place, format!("a block of kind `{kind}` does nothing here"));
                }
            },
        }
        self.draft.add_step(&name, step);
    }

    fn choices(
        &mut self,
        block: &Value,
        options: &Value,
        following: Option<&Value>,
        place: &str,
        step: &mut RawStep,
    ) {
        let variable = self.variable(options);
        if flag(options, "isMultipleChoice") {
            self.draft.note(place, "several choices at once are not taken; one is");
        }
        for item in list(block, "items") {
            let said = [text(item, "content"), text(item, "title")]
                .into_iter()
                .find(|t| !t.is_empty())
                .unwrap_or("?");
            let own = !text(item, "outgoingEdgeId").is_empty() || self.leaving.contains_key(text(item, "id"));
            let from = if own { item } else { block };
            step.menu.push(RawChoice {
                text: spanned(Text::one(escape(said))),
                description: None,
                words: None,
                key: None,
                set: variable.iter().map(|v| (v.clone(), said.to_owned())).collect(),
                go: self.next(from, following),
            });
        }
        if step.menu.is_empty() {
            step.go = Some(self.next(block, following));
            self.draft.note(place, "a choice without items does nothing");
        }
    }

    fn condition(&mut self, block: &Value, following: Option<&Value>, place: &str, step: &mut RawStep) {
        for item in list(block, "items") {
            let empty = Value::Null;
            let content = item.get("content").unwrap_or(&empty);
            let go = self.next(item, None);
            let any = text(content, "logicalOperator") == "OR";
            let mut all = BTreeMap::new();
            for comparison in list(content, "comparisons") {
                let Some(variable) = self.variable(comparison) else {
                    self.draft.note(place, "a comparison of no known variable is not carried over");
                    continue;
                };
                match expectation(comparison) {
                    Some(expected) if any => {
                        let conditions = BTreeMap::from([(spanned(variable), spanned(Text::one(expected)))]);
                        step.branch.push(RawBranch { conditions, go: go.clone() });
                    }
                    Some(expected) => {
                        if all.insert(spanned(variable.clone()), spanned(Text::one(expected))).is_some() {
                            self.draft
                                .note(place, format!("of two conditions on `{variable}` the last counts"));
                        }
                    }
                    None => self.draft.note(
                        place,
                        format!(
                            "the comparison `{}` is not carried over",
                            text(comparison, "comparisonOperator")
                        ),
                    ),
                }
            }
            if !any && !all.is_empty() {
                step.branch.push(RawBranch { conditions: all, go });
            }
        }
        step.branch.push(RawBranch { conditions: BTreeMap::new(), go: self.next(block, following) });
    }

    fn question(
        &mut self,
        name: &str,
        block: &Value,
        kind: SlotKind,
        following: Option<&Value>,
        place: &str,
    ) -> RawStep {
        let empty = Value::Null;
        let options = block.get("options").unwrap_or(&empty);
        let mut step = RawStep::default();
        let wanted = self.variable(options).unwrap_or_else(|| format!("answer to {name}"));
        self.draft.flow.variables.remove(&wanted);
        let bound = |key: &str| options.get(key).and_then(number);
        let (at_least, at_most) = match text(block, "type") {
            "number input" => (bound("min"), bound("max")),
            "rating input" => (Some(1.0), Some(bound("length").unwrap_or(10.0))),
            _ => (None, None),
        };
        let slot = RawSlot { kind, pattern: None, values: BTreeMap::new(), at_least, at_most };
        let slot = self.draft.slot(&wanted, slot);
        if slot != wanted {
            self.draft.flow.variables.insert(wanted.clone(), String::new());
            self.draft.note(
                place,
                format!("`{wanted}` is asked for twice in different kinds; this one is `{slot}`"),
            );
        }
        let labels = options.get("labels").unwrap_or(&Value::Null);
        let hint = text(labels, "placeholder");
        step.say = self.say(if hint.is_empty() { "…" } else { hint });
        let retry = text(options, "retryMessageContent");
        step.retry = if retry.is_empty() { None } else { self.say(retry) };
        // The same question may come again on purpose: its old answer goes.
        step.set.insert(slot.clone(), String::new());
        step.ask = Some(spanned(slot));
        step.go = Some(self.next(block, following));
        step
    }
}

/// A number, written as one or as text.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|n| n.is_finite())
}

/// The slot an input block fills.
fn question(kind: &str) -> Option<SlotKind> {
    Some(match kind {
        "text input" | "url input" | "time input" => SlotKind::Text,
        "number input" | "rating input" => SlotKind::Number,
        "email input" => SlotKind::Email,
        "date input" => SlotKind::Date,
        "phone number input" => SlotKind::Phone,
        "file input" => SlotKind::Document,
        _ => return None,
    })
}

fn expectation(comparison: &Value) -> Option<String> {
    let value = text(comparison, "value");
    // Compared with another variable: conditions here are with constants.
    if value.contains("{{") {
        return None;
    }
    let number = value.parse::<f64>().is_ok();
    Some(match text(comparison, "comparisonOperator") {
        "Equal to" => format!("= {value}"),
        "Not equal" => format!("not {value}"),
        "Contains" => format!("contains {value}"),
        "Does not contain" => format!("not contains {value}"),
        "Greater than" if number => format!("> {value}"),
        "Less than" if number => format!("< {value}"),
        "Greater or equal to" if number => format!(">= {value}"),
        "Less or equal to" if number => format!("<= {value}"),
        "Is set" => "set".to_owned(),
        "Is empty" => "empty".to_owned(),
        "Starts with" => format!("starts with {value}"),
        "Ends with" => format!("ends with {value}"),
        "Matches regex" | "Does not match regex" => {
            let pattern = value
                .trim_start_matches('/')
                .rsplit_once('/')
                .map_or(value.trim_start_matches('/'), |(p, _)| p);
            regex::Regex::new(pattern).ok()?;
            let word = if text(comparison, "comparisonOperator") == "Matches regex" {
                "matches"
            } else {
                "not matches"
            };
            format!("{word} {pattern}")
        }
        _ => return None,
    })
}

/// The words of HTML, in which the first versions kept their texts.
fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    for c in html.replace("</div>", "\n").replace("<br>", "\n").chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if !in_tag => out.push(c),
            _ => {}
        }
    }
    out.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

/// The words of a rich text: paragraphs as lines, links as their address, marks dropped.
fn rich_text(content: &Value) -> String {
    let plain = text(content, "plainText");
    let paragraphs = list(content, "richText");
    if paragraphs.is_empty() {
        return if plain.is_empty() { without_tags(text(content, "html")) } else { plain.to_owned() };
    }
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        let mut line = String::new();
        let mut open: Vec<&Value> = list(paragraph, "children").iter().rev().collect();
        while let Some(node) = open.pop() {
            line.push_str(text(node, "text"));
            open.extend(list(node, "children").iter().rev());
            let address = text(node, "url");
            if !address.is_empty() {
                line.push_str(&format!(" {address} "));
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n").trim().to_owned()
}
