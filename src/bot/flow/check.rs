//! What is wrong with a flow as a whole: steps nobody reaches, loops nobody leaves, texts WhatsApp
//! refuses, keywords that can never win.
//!
//! What WhatsApp takes is known by [`crate::channel::Limit`].

use super::faults::Faults;
use super::model::*;
use super::raw::{KeywordMatch, RawChoice, RawFlow, RawStep, Show, Text};
use crate::channel::Limit;
use std::collections::VecDeque;
use std::ops::Range;
use toml::Spanned;

/// Checks of the way steps and keywords stand to each other.
pub(super) fn shape(flow: &Flow, raw: &RawFlow, faults: &mut Faults) {
    let spans: Vec<Range<usize>> =
        raw.step.keys().map(Spanned::span).chain(raw.answer.iter().map(|a| a.topic.span())).collect();
    let span = |step: usize| spans.get(step).cloned();
    reachable(flow, faults, &span);
    stops(flow, faults, &span);
    has_a_way_out(flow, faults, &span);
    branches(flow, faults, &span);
    shadowed_keywords(flow, raw, faults);
    unbounded_attempts(flow, raw, faults);
}

/// Where a conversation can enter a step from anywhere.
fn entries(flow: &Flow) -> Vec<StepIdx> {
    let keywords = flow.keywords.iter().filter_map(|k| match k.then {
        KeywordThen::Go(step) => Some(step),
        KeywordThen::HandOff(_) => None,
    });
    let topics = flow.topics.iter().filter_map(|t| t.go);
    let media = flow.media.iter().copied().flatten();
    std::iter::once(flow.start).chain(keywords).chain(topics).chain(media).collect()
}

fn reachable(flow: &Flow, faults: &mut Faults, span: &dyn Fn(usize) -> Option<Range<usize>>) {
    let mut seen = vec![false; flow.steps.len()];
    let mut open = entries(flow);
    while let Some(step) = open.pop() {
        let index = usize::from(step);
        if seen.get(index).copied().unwrap_or(true) {
            continue;
        }
        seen[index] = true;
        open.extend(flow.steps[index].next().into_iter().map(|(_, to)| to));
    }
    for (index, _) in seen.iter().enumerate().filter(|(_, seen)| !**seen) {
        let message = format!("no conversation reaches step `{}`", flow.steps[index].name);
        faults
            .warning("HS0607", span(index), message)
            .help("lead a menu, a keyword or another step to it, or take it out");
    }
}

/// Refuses steps that follow each other for ever without waiting for the customer.
fn stops(flow: &Flow, faults: &mut Faults, span: &dyn Fn(usize) -> Option<Range<usize>>) {
    // Steps that never wait, and look-ups whatever they find.
    let automatic = |step: &Step| matches!(step.then, Then::Go(_) | Then::Branch(_) | Then::LookUp(_));
    let all = |step: &Step, _: Edge| automatic(step);
    // A slot that is filled is not asked for again, so `ask` does not wait then; but a look-up that
    // finds nothing empties its slot, and a step that empties its own slot always asks.
    let with_slots = |step: &Step, edge: Edge| match &step.then {
        Then::Ask { slot, .. } => !step.set.iter().any(|(v, value)| v == slot && value.is_empty()),
        _ => automatic(step) && !matches!(edge, Edge::Missing | Edge::Failed),
    };
    let mut told = vec![false; flow.steps.len()];
    for keep in [&all as &dyn Fn(&Step, Edge) -> bool, &with_slots] {
        for index in on_cycles(flow, keep) {
            if !std::mem::replace(&mut told[index], true) {
                let message = format!(
                    "step `{}` is part of a loop that never waits for the customer",
                    flow.steps[index].name
                );
                faults
                    .error("HS0608", span(index), message)
                    .help("put a menu, a question or `listen = true` into the loop");
            }
        }
    }
}

/// Steps on a cycle of the kept edges: what is left after steps without kept successors, and then
/// steps without kept predecessors, are taken away again and again.
fn on_cycles(flow: &Flow, keep: &dyn Fn(&Step, Edge) -> bool) -> Vec<usize> {
    let count = flow.steps.len();
    let next: Vec<Vec<usize>> = flow
        .steps
        .iter()
        .map(|s| s.next().into_iter().filter(|(e, _)| keep(s, *e)).map(|(_, to)| usize::from(to)).collect())
        .collect();
    let mut previous = vec![Vec::new(); count];
    for (from, to) in next.iter().enumerate().flat_map(|(from, list)| list.iter().map(move |to| (from, *to)))
    {
        previous[to].push(from);
    }
    let mut left = vec![true; count];
    for (ahead, behind) in [(&next, &previous), (&previous, &next)] {
        let degree = |left: &[bool], i: usize| ahead[i].iter().filter(|j| left[**j]).count();
        let mut open: Vec<usize> = (0..count).filter(|i| left[*i] && degree(&left, *i) == 0).collect();
        while let Some(i) = open.pop() {
            if !std::mem::replace(&mut left[i], false) {
                continue;
            }
            open.extend(behind[i].iter().filter(|j| left[**j] && degree(&left, **j) == 0));
        }
    }
    (0..count).filter(|i| left[*i]).collect()
}

/// Warns of steps from which answers alone lead to no end, no person and no open question.
fn has_a_way_out(flow: &Flow, faults: &mut Faults, span: &dyn Fn(usize) -> Option<Range<usize>>) {
    let ends = |step: &Step| matches!(step.then, Then::End { .. } | Then::HandOff(_) | Then::Listen);
    let mut out: Vec<bool> = flow.steps.iter().map(ends).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for (index, step) in flow.steps.iter().enumerate() {
            let leads = !out[index] && step.next().iter().any(|(_, to)| out[usize::from(*to)]);
            if leads {
                out[index] = true;
                changed = true;
            }
        }
    }
    if let Some(index) = out.iter().position(|out| !out) {
        let names: Vec<String> =
            (0..out.len()).filter(|i| !out[*i]).map(|i| format!("`{}`", flow.steps[i].name)).collect();
        let message = format!("a customer who answers every question never gets out of {}", names.join(", "));
        faults.warning("HS0609", span(index), message).help("lead one answer to a person or to an `end`");
    }
}

/// Warns of branches that may lead nowhere: where no line holds, the conversation ends.
fn branches(flow: &Flow, faults: &mut Faults, span: &dyn Fn(usize) -> Option<Range<usize>>) {
    for (index, step) in flow.steps.iter().enumerate() {
        let Then::Branch(lines) = &step.then else { continue };
        if lines.iter().all(|line| !line.tests.is_empty()) {
            let message = format!("where no line of the branch `{}` holds, the conversation ends", step.name);
            faults
                .warning("HS0604", span(index), message)
                .help("a last line without `if`: { go = \"step\" }");
        }
        let always = lines.iter().position(|line| line.tests.is_empty());
        if always.is_some_and(|at| at + 1 < lines.len()) {
            let message =
                format!("the lines of the branch `{}` behind the one without `if` never count", step.name);
            faults.warning("HS0607", span(index), message);
        }
    }
}

/// Warns of keywords that another one always wins over.
fn shadowed_keywords(flow: &Flow, raw: &RawFlow, faults: &mut Faults) {
    for (index, keyword) in flow.keywords.iter().enumerate() {
        let span = raw.keyword.get(index).map(|k| k.words.span());
        for word in &keyword.words {
            let called = flow.hand_off.urgent.iter().chain(&flow.hand_off.person);
            if let Some(by) = called.into_iter().find(|w| crate::bot::text::contains_word(word, w)) {
                let message = format!("`{word}` never counts: `{by}` calls a person first");
                faults.warning("HS0610", span.clone(), message);
                continue;
            }
            let shadow = flow.keywords.iter().enumerate().find(|(other, k)| {
                *other != index && k.then != keyword.then && wins_always(k, *other, keyword, index, word)
            });
            if let Some((_, by)) = shadow {
                let message =
                    format!("`{word}` never counts: the keyword {} wins over it", quoted(&by.written));
                faults
                    .warning("HS0610", span.clone(), message)
                    .help("give this one a higher priority, or take it out of one of them");
            }
        }
    }
}

/// Whether keyword `a` wins over `b` in every message in which `word` of `b` stands.
fn wins_always(a: &Keyword, a_index: usize, b: &Keyword, b_index: usize, word: &str) -> bool {
    let always_stands = match a.matching {
        KeywordMatch::Whole => b.matching == KeywordMatch::Whole,
        KeywordMatch::Start => matches!(b.matching, KeywordMatch::Whole | KeywordMatch::Start),
        _ => true,
    };
    let Some(length) = a.longest_match(word).filter(|_| always_stands) else { return false };
    match a.priority.cmp(&b.priority) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => length > word.len() || (length == word.len() && a_index < b_index),
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

/// Texts against WhatsApp's limits.
pub(super) fn texts(raw: &RawFlow, faults: &mut Faults) {
    let plain =
        [&raw.greeting, &raw.fallback, &raw.session.farewell, &raw.hand_off.message, &raw.recogniser.clarify];
    for text in plain.into_iter().flatten() {
        longest(text, Limit::Text.most(), "a message", faults);
    }
    for answer in &raw.answer {
        longest(&answer.say, Limit::Text.most(), "a message", faults);
    }
    for (name, step) in &raw.step {
        for text in [&step.say, &step.retry].into_iter().flatten() {
            longest(text, Limit::Text.most(), "a message", faults);
        }
        if !step.menu.is_empty() {
            menu(name, step, faults);
        }
    }
    let asks = |step: &RawStep| step.retry.is_none() && (!step.menu.is_empty() || step.ask.is_some());
    if raw.fallback.is_none() && raw.step.values().any(asks) {
        faults
            .warning("HS0606", None, "nothing is said when a message is not understood")
            .help("fallback = \"Sorry, I did not get that\"");
    }
}

fn longest(text: &Spanned<Text>, limit: usize, what: &str, faults: &mut Faults) {
    if let Some(length) = text.as_ref().all().map(|t| t.chars().count()).find(|n| *n > limit) {
        let message = format!("{length} characters; WhatsApp takes {limit} in {what}");
        faults.error("HS0605", Some(text.span()), message);
    }
}

fn menu(name: &Spanned<String>, step: &RawStep, faults: &mut Faults) {
    let span = step.show.as_ref().map_or(name.span(), Spanned::span);
    let show = step.show.as_ref().map(|s| *s.as_ref()).unwrap_or_default();
    let count = step.menu.len();
    match show {
        Show::Numbers => numbered_length(step, faults),
        Show::Buttons => {
            if count > Limit::Buttons.most() {
                let message = format!("{count} buttons; WhatsApp shows {}", Limit::Buttons.most());
                faults
                    .error("HS0605", Some(span.clone()), message)
                    .help("show = \"list\" takes ten, show = \"numbers\" any");
            }
            for choice in &step.menu {
                longest(&choice.text, Limit::ButtonTitle.most(), "a button", faults);
            }
            if let Some(say) = &step.say {
                longest(say, Limit::ButtonsBody.most(), "a message with buttons", faults);
            }
            distinct_titles(step, faults);
        }
        Show::List => {
            if count > Limit::ListRows.most() {
                let message = format!("{count} entries; a WhatsApp list has {}", Limit::ListRows.most());
                faults
                    .error("HS0605", Some(span.clone()), message)
                    .help("a second menu for the rest, or show = \"numbers\"");
            }
            for choice in &step.menu {
                longest(&choice.text, Limit::RowTitle.most(), "the title of a list's entry", faults);
                if let Some(description) = &choice.description {
                    longest(
                        description,
                        Limit::RowDescription.most(),
                        "the description of a list's entry",
                        faults,
                    );
                }
            }
            if let Some(button) = &step.list_button {
                longest(button, Limit::ButtonTitle.most(), "a button", faults);
            }
        }
    }
    if show != Show::Numbers && step.say.is_none() {
        faults.error("HS0605", Some(span), "buttons and lists need a text above them").help("say = \"…\"");
    }
    let keys: Vec<String> = step.menu.iter().enumerate().map(|(i, c)| key_of(i, c)).collect();
    for (i, key) in keys.iter().enumerate() {
        if keys[..i].contains(key) {
            faults.error(
                "HS0605",
                Some(step.menu[i].text.span()),
                format!("two entries of this menu have the key `{key}`"),
            );
        }
    }
}

/// A numbered menu is one message: what is said before it and a line for each entry.
fn numbered_length(step: &RawStep, faults: &mut Faults) {
    let longest = |text: &Text| text.all().map(|t| t.chars().count()).max().unwrap_or(0);
    let said = step.say.as_ref().map_or(0, |say| longest(say.as_ref()));
    let entries: usize = step.menu.iter().map(|choice| 5 + longest(choice.text.as_ref())).sum();
    let most = Limit::Text.most();
    if said <= most && said + entries > most {
        let span = step.menu.first().map(|choice| choice.text.span());
        let message =
            format!("this menu has up to {} characters; WhatsApp takes {most} in a message", said + entries);
        faults.error("HS0605", span, message).help("a second menu for the rest");
    }
}

fn key_of(index: usize, choice: &RawChoice) -> String {
    choice.key.as_ref().map_or_else(|| (index + 1).to_string(), |key| key.as_ref().clone())
}

fn distinct_titles(step: &RawStep, faults: &mut Faults) {
    for (i, choice) in step.menu.iter().enumerate() {
        if step.menu[..i].iter().any(|other| other.text == choice.text) {
            faults.error(
                "HS0605",
                Some(choice.text.span()),
                "two buttons of a message cannot have the same text",
            );
        }
    }
}

/// A bot that neither counts failures nor has a word for a person keeps its customers for ever.
fn unbounded_attempts(flow: &Flow, raw: &RawFlow, faults: &mut Faults) {
    if flow.limits.max_attempts == 0 && flow.hand_off.person.is_empty() && flow.limits.time_limit.is_none() {
        let span = raw.start.span();
        faults
            .warning(
                "HS0609",
                Some(span),
                "a customer whom the bot does not understand never gets to a person",
            )
            .help("session.max_attempts = 3, or hand_off.words = [\"agente\"]");
    }
}

/// For each topic, how many steps each step is from answering it. The way goes through menus and
/// questions, not through the answers to other topics and not through "did that help?".
pub(super) fn distances(flow: &Flow) -> Vec<Vec<Option<u16>>> {
    let mut previous = vec![Vec::new(); flow.steps.len()];
    for (from, step) in flow.steps.iter().enumerate() {
        if matches!(step.then, Then::Confirm { .. }) {
            continue;
        }
        for (_, to) in step.next() {
            previous[usize::from(to)].push(from);
        }
    }
    let topics = 0..flow.topics.len();
    topics.map(|topic| distances_to(flow, &previous, topic as TopicIdx)).collect()
}

fn distances_to(flow: &Flow, previous: &[Vec<usize>], topic: TopicIdx) -> Vec<Option<u16>> {
    let mut distance = vec![None; flow.steps.len()];
    let mut open: VecDeque<usize> = VecDeque::new();
    for (index, _) in flow.steps.iter().enumerate().filter(|(_, s)| s.answers == Some(topic)) {
        distance[index] = Some(0);
        open.push_back(index);
    }
    while let Some(index) = open.pop_front() {
        let here = distance[index].unwrap_or(0);
        for &from in &previous[index] {
            if distance[from].is_none() && flow.steps[from].answers.is_none() {
                distance[from] = Some(here + 1);
                open.push_back(from);
            }
        }
    }
    distance
}
