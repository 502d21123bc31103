//! From the flow as written to the flow as run: names become indices, texts become templates, and every
//! fault is kept until all are found.

mod phrases;
mod settings;
mod steps;
mod texts;

use super::check;
use super::faults::Faults;
use super::look_up::Table;
use super::model::*;
use super::raw::*;
use super::template::Source;
use crate::bot::text::fold;
use crate::diag::Diagnostic;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// Everything a flow may hold is counted in 16 bits.
const MAX_STEPS: usize = 20_000;

impl Flow {
    /// Reads a flow file and everything it names. Warnings come with the flow, errors instead of it.
    pub fn load(path: &Path) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let mut faults = Faults::new(&file);
            faults.error("HS0600", None, format!("cannot read the flow: {error}"));
            faults.into_diagnostics()
        })?;
        Flow::from_text(&text, &file, path.parent().unwrap_or(Path::new("")))
    }

    /// Compiles a flow from its text. `file` is its name in diagnostics, `folder` is where the files it
    /// names are looked for.
    pub fn from_text(
        text: &str,
        file: &str,
        folder: &Path,
    ) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut faults = Faults::new(file);
        let raw: RawFlow = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                faults.toml(&error);
                return Err(faults.into_diagnostics());
            }
        };
        Flow::compile(&raw, file, folder)
    }

    /// Compiles a flow that is at hand.
    pub fn compile(
        raw: &RawFlow,
        file: &str,
        folder: &Path,
    ) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut compiler = Compiler::new(raw, file, folder);
        let flow = compiler.flow(raw);
        check::texts(raw, &mut compiler.faults);
        // A name that leads nowhere would look like a loop or a dead end: first things first.
        if let (Some(flow), false) = (&flow, compiler.faults.any_error()) {
            check::shape(flow, raw, &mut compiler.faults);
        }
        let diagnostics = compiler.faults.into_diagnostics();
        match flow {
            Some(flow) if !diagnostics.iter().any(|d| d.severity == crate::diag::Severity::Error) => {
                Ok((flow, diagnostics))
            }
            _ => Err(diagnostics),
        }
    }
}

/// What is known while a flow is being compiled.
struct Compiler<'a> {
    folder: &'a Path,
    faults: Faults,
    languages: Vec<String>,
    variables: Vec<Variable>,
    tables: Vec<Table>,
    topics: Vec<Topic>,
    steps: BTreeMap<String, StepIdx>,
    messages: Vec<Message>,
    reasons: Vec<String>,
    /// Texts by the index of their language, to tell the languages apart by.
    written: Vec<(u16, String)>,
}

impl<'a> Compiler<'a> {
    fn new(raw: &RawFlow, file: &str, folder: &'a Path) -> Compiler<'a> {
        let mut languages = raw.languages.as_ref().clone();
        let mut faults = Faults::new(file);
        if languages.is_empty() {
            faults
                .error("HS0617", Some(raw.languages.span()), "a flow needs a language")
                .help("languages = [\"es\"]");
            languages.push("en".into());
        }
        languages.truncate(usize::from(u8::MAX));
        Compiler {
            folder,
            faults,
            languages,
            variables: Vec::new(),
            tables: Vec::new(),
            topics: Vec::new(),
            steps: BTreeMap::new(),
            messages: Vec::new(),
            // The first two reasons have fixed places: see `session`.
            reasons: vec!["urgent".into(), "the flow does not stop".into()],
            written: Vec::new(),
        }
    }

    fn flow(&mut self, raw: &RawFlow) -> Option<Flow> {
        self.names(raw);
        if raw.step.is_empty() {
            self.faults.error("HS0604", None, "a flow needs a step").help("[step.welcome]");
            return None;
        }
        if self.steps.len() > MAX_STEPS || raw.intent.len() + raw.answer.len() > MAX_STEPS {
            self.faults.error("HS0604", None, format!("a flow has at most {MAX_STEPS} steps and topics"));
            return None;
        }
        let start = self.step(&raw.start);
        let greeting = self.optional_text(&raw.greeting);
        let fallback = self.optional_text(&raw.fallback);
        let limits = self.limits(&raw.session);
        let hand_off = HandOffWords {
            person: folded_words(raw.hand_off.words.as_ref()),
            urgent: folded_words(raw.hand_off.urgent_words.as_ref()),
            message: self.optional_text(&raw.hand_off.message),
            summary: self.optional_text(&raw.hand_off.summary),
        };
        let clarify = self.optional_text(&raw.recogniser.clarify);
        let media =
            [&raw.media.image, &raw.media.audio, &raw.media.video, &raw.media.document, &raw.media.other]
                .map(|step| step.as_ref().map(|step| self.step(step)));
        let keywords = raw.keyword.iter().map(|k| self.keyword(k)).collect();
        let after_answer = raw.after_answer.as_ref().map(|step| self.step(step));
        let mut steps: Vec<Step> =
            raw.step.iter().map(|(name, step)| self.compile_step(name, step)).collect();
        for answer in &raw.answer {
            steps.push(self.answer(answer, after_answer));
        }
        let reader = self.reader(raw);
        let mut flow = Flow {
            name: raw.name.clone(),
            languages: self.languages.clone(),
            start,
            first_message: raw.first_message,
            greeting,
            fallback,
            limits,
            hand_off,
            clarify,
            media,
            variables: std::mem::take(&mut self.variables),
            tables: std::mem::take(&mut self.tables),
            keywords,
            topics: std::mem::take(&mut self.topics),
            steps,
            messages: std::mem::take(&mut self.messages),
            reasons: std::mem::take(&mut self.reasons),
            reader,
            distances: Vec::new(),
        };
        flow.distances = check::distances(&flow);
        let called: Vec<Vec<String>> = flow.topics.iter().map(|topic| flow.called(topic)).collect();
        flow.topics.iter_mut().zip(called).for_each(|(topic, called)| topic.called = called);
        Some(flow)
    }

    /// Gives every name its index before anything refers to it.
    fn names(&mut self, raw: &RawFlow) {
        for (index, name) in raw.step.keys().enumerate() {
            self.steps.insert(name.as_ref().clone(), index as StepIdx);
        }
        for (index, answer) in raw.answer.iter().enumerate() {
            let name = format!("answer.{}", answer.topic.as_ref());
            self.steps.insert(name, (raw.step.len() + index) as StepIdx);
        }
        for (name, slot) in &raw.slot {
            let compiled = self.slot(slot);
            self.variables.push(Variable {
                name: name.clone(),
                initial: String::new(),
                slot: Some(compiled),
            });
        }
        for (name, initial) in &raw.variables {
            if raw.slot.contains_key(name) {
                self.faults.error(
                    "HS0615",
                    None,
                    format!("`{name}` is a slot and a variable; one of them needs another name"),
                );
                continue;
            }
            self.variables.push(Variable { name: name.clone(), initial: initial.clone(), slot: None });
        }
        let set_somewhere =
            raw.step.values().flat_map(|s| s.set.keys().chain(s.menu.iter().flat_map(|c| c.set.keys())));
        for name in set_somewhere {
            if !self.variables.iter().any(|v| v.name == *name) {
                self.variables.push(Variable { name: name.clone(), initial: String::new(), slot: None });
            }
        }
        // The customer's name comes with the channel, so every flow knows it.
        if !self.variables.iter().any(|v| v.name == "name") {
            self.variables.push(Variable { name: "name".into(), initial: String::new(), slot: None });
        }
        for (name, table) in &raw.table {
            self.table(name, table);
        }
        let intents = raw.intent.iter().map(|i| (&i.name, &i.title));
        let answers = raw.answer.iter().map(|a| (&a.topic, &a.title));
        for (name, title) in intents.chain(answers) {
            if self.topics.iter().any(|t| t.name == *name.as_ref()) {
                let message = format!("`{}` is the name of two topics", name.as_ref());
                self.faults
                    .error("HS0615", Some(name.span()), message)
                    .help("put the phrases of both into one");
                continue;
            }
            let title = title.as_ref().and_then(|title| self.text(title).first().copied());
            self.topics.push(Topic {
                name: name.as_ref().clone(),
                title,
                called: Vec::new(),
                go: None,
                bound: None,
            });
        }
        for step in raw.step.values() {
            if let Some(topic) = &step.answers {
                self.topic(topic.as_ref());
            }
        }
    }

    /// The index of a topic; one that only an `answers` names is new.
    fn topic(&mut self, name: &str) -> TopicIdx {
        if let Some(index) = self.topics.iter().position(|t| t.name == name) {
            return index as TopicIdx;
        }
        self.topics.push(Topic {
            name: name.to_owned(),
            title: None,
            called: Vec::new(),
            go: None,
            bound: None,
        });
        (self.topics.len() - 1) as TopicIdx
    }

    /// The index of a step; an unknown one is a fault and counts as the first.
    fn step(&mut self, name: &Spanned<String>) -> StepIdx {
        if let Some(index) = self.steps.get(name.as_ref()) {
            return *index;
        }
        let known = self.steps.keys().map(String::as_str);
        self.faults.unknown("HS0601", name.span(), "step", name.as_ref(), known);
        0
    }

    fn variable(&mut self, name: &str, span: Option<Range<usize>>) -> VariableIdx {
        if let Some(index) = self.variables.iter().position(|v| v.name == name) {
            return index as VariableIdx;
        }
        let known: Vec<&str> = self.variables.iter().map(|v| v.name.as_str()).collect();
        self.faults.unknown("HS0602", span.unwrap_or(0..0), "slot or variable", name, known.into_iter());
        0
    }

    fn source(&self, name: &str) -> Option<Source> {
        if let Some(index) = self.variables.iter().position(|v| v.name == name) {
            return Some(Source::Variable(index as VariableIdx));
        }
        if name == "topic" {
            return Some(Source::Topic);
        }
        let (table, column) = name.split_once('.')?;
        let index = self.tables.iter().position(|t| t.name == table)?;
        let column = self.tables.get(index)?.columns.iter().position(|c| c == column)?;
        Some(Source::Column(index as TableIdx, column as u16))
    }

    /// Every name a text may use, for naming the nearest one.
    fn known_sources(&self) -> Vec<String> {
        let columns =
            self.tables.iter().flat_map(|t| t.columns.iter().map(move |c| format!("{}.{c}", t.name)));
        self.variables.iter().map(|v| v.name.clone()).chain(columns).chain(["topic".to_owned()]).collect()
    }
}

fn folded_words(text: Option<&Text>) -> Vec<String> {
    text.into_iter().flat_map(Text::all).map(fold).filter(|word| !word.is_empty()).collect()
}
