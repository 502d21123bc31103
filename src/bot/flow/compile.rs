//! From the flow as written to the flow as run: names become indices, texts become templates, and every
//! fault is kept until all are found.

use super::check;
use super::condition::{Expectation, Test, pattern};
use super::faults::Faults;
use super::look_up::Table;
use super::model::*;
use super::raw::*;
use super::reading::Reader;
use super::slot::{Slot, pattern_of};
use super::template::{self, Source, Template, TemplateFault};
use crate::bot::recogniser::Settings;
use crate::bot::text::fold;
use crate::diag::Diagnostic;
use crate::random::Distribution;
use crate::scenario::value::{duration_ms, share};
use crate::time::Span;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// Everything a flow may hold is counted in 16 bits.
const MAX_STEPS: usize = 20_000;
/// A phrase file longer than this is not a phrase file.
const MAX_PHRASE_FILE_BYTES: u64 = 64 << 20;

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
        let reader = self.reader(raw);
        let after_answer = raw.after_answer.as_ref().map(|step| self.step(step));
        let mut steps: Vec<Step> =
            raw.step.iter().map(|(name, step)| self.compile_step(name, step)).collect();
        for answer in &raw.answer {
            steps.push(self.answer(answer, after_answer));
        }
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
            self.topics.push(Topic { name: name.as_ref().clone(), title, go: None, bound: None });
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
        self.topics.push(Topic { name: name.to_owned(), title: None, go: None, bound: None });
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

    fn optional_text(&mut self, text: &Option<Spanned<Text>>) -> Vec<MessageIdx> {
        text.as_ref().map(|text| self.text(text)).unwrap_or_default()
    }

    /// The messages of a text: one for each string, in every language.
    fn text(&mut self, text: &Spanned<Text>) -> Vec<MessageIdx> {
        self.linked_text(text, None)
    }

    fn linked_text(&mut self, text: &Spanned<Text>, link: Option<&str>) -> Vec<MessageIdx> {
        let first = self.languages.first().cloned().unwrap_or_default();
        if let Text::ByLanguage(map) = text.as_ref() {
            for language in map.keys().filter(|l| !self.languages.contains(l)) {
                let known: Vec<String> = self.languages.clone();
                self.faults.unknown(
                    "HS0617",
                    text.span(),
                    "language of this flow",
                    language,
                    known.iter().map(String::as_str),
                );
            }
        }
        let in_first = text.as_ref().in_language(&first, &first).map(<[String]>::to_vec);
        let base = match in_first.or_else(|| Some(text.as_ref().all().map(str::to_owned).collect())) {
            Some(list) if !list.is_empty() => list,
            _ => {
                self.faults.error("HS0603", Some(text.span()), "there is no text here");
                return Vec::new();
            }
        };
        let mut by_language: Vec<Vec<Template>> = Vec::new();
        for language in self.languages.clone() {
            let list = match text.as_ref().in_language(&language, &first) {
                Some(list) => list.to_vec(),
                None => {
                    let message = format!("this text has no translation into `{language}`");
                    self.faults.warning("HS0606", Some(text.span()), message).help(format!(
                        "write {{ {first} = \"…\", {language} = \"…\" }}; `{first}` is spoken meanwhile"
                    ));
                    base.clone()
                }
            };
            if list.len() != base.len() {
                let message =
                    format!("{} messages in `{first}` but {} in `{language}`", base.len(), list.len());
                self.faults
                    .error("HS0606", Some(text.span()), message)
                    .help("the same number in every language");
            }
            let templates = list.iter().map(|written| self.template(written, text.span())).collect();
            by_language.push(templates);
        }
        let mut indices = Vec::new();
        for i in 0..base.len() {
            let mut of_languages: Vec<Template> =
                by_language.iter().map(|list| list.get(i).cloned().unwrap_or_default()).collect();
            if let (Some(link), true) = (link, i + 1 == base.len()) {
                for template in &mut of_languages {
                    template.pieces.push(template::Piece::Literal(format!("\n{link}")));
                }
            }
            indices.push(self.messages.len() as MessageIdx);
            self.messages.push(Message { by_language: of_languages });
        }
        if self.messages.len() > usize::from(MessageIdx::MAX) {
            self.messages.truncate(1);
            self.faults.error("HS0603", Some(text.span()), "a flow has at most 65,535 messages");
        }
        indices
    }

    fn template(&mut self, written: &str, span: Range<usize>) -> Template {
        let (template, found) = template::parse(written, |name| self.source(name));
        for fault in found {
            match fault {
                TemplateFault::Unknown(name) => {
                    let known = self.known_sources();
                    self.faults.unknown(
                        "HS0602",
                        span.clone(),
                        "variable",
                        &name,
                        known.iter().map(String::as_str),
                    );
                }
                TemplateFault::Open => {
                    self.faults
                        .error("HS0603", Some(span.clone()), "a brace is opened and not closed")
                        .help("write `{{` for a brace");
                }
            }
        }
        template
    }

    fn link(&mut self, link: &Option<Spanned<String>>) -> Option<String> {
        let link = link.as_ref()?;
        let address = link.as_ref();
        let valid = ["https://", "http://"]
            .iter()
            .any(|scheme| address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if !valid || address.chars().any(char::is_whitespace) {
            self.faults
                .error("HS0612", Some(link.span()), format!("`{address}` is not a link"))
                .help("a link begins with https:// and has no spaces");
        }
        Some(template::escape(address))
    }

    fn duration(&mut self, text: &Spanned<String>) -> Span {
        match duration_ms(text.as_ref()) {
            Ok(ms) if ms >= 0.0 => Span::from_ms(ms as i64),
            Ok(_) => {
                self.faults.error("HS0612", Some(text.span()), "a duration cannot be negative");
                Span::ZERO
            }
            Err(why) => {
                self.faults.error("HS0612", Some(text.span()), why);
                Span::ZERO
            }
        }
    }

    fn unit_interval(&mut self, number: &Spanned<f64>) -> f32 {
        let value = *number.as_ref();
        if !(0.0..=1.0).contains(&value) {
            self.faults
                .error("HS0612", Some(number.span()), format!("{value} is not between 0 and 1"))
                .help("0.5 means: half sure");
        }
        value as f32
    }

    fn limits(&mut self, session: &RawSession) -> Limits {
        Limits {
            time_out: self.duration(&session.time_out),
            max_attempts: session.max_attempts,
            count: session.count,
            time_limit: session.time_limit.as_ref().map(|limit| self.duration(limit)),
            farewell: self.optional_text(&session.farewell),
        }
    }

    fn slot(&mut self, slot: &RawSlot) -> Slot {
        let written = slot.pattern.as_ref().map(|p| p.as_ref().as_str()).or(pattern_of(slot.kind));
        let pattern = match written.map(pattern) {
            Some(Err(why)) => {
                self.faults.error("HS0613", slot.pattern.as_ref().map(Spanned::span), why);
                None
            }
            Some(Ok(pattern)) => Some(Box::new(pattern)),
            None => None,
        };
        if slot.kind == SlotKind::Choice && slot.values.is_empty() {
            self.faults
                .error("HS0613", None, "a slot of kind `choice` needs its values")
                .help("values = { small = [\"s\", \"chica\"], large = [\"l\", \"grande\"] }");
        }
        let words = |(value, others): (&String, &Vec<String>)| {
            let folded = std::iter::once(value).chain(others).map(|w| fold(w)).filter(|w| !w.is_empty());
            (value.clone(), folded.collect())
        };
        Slot {
            kind: slot.kind,
            pattern,
            values: slot.values.iter().map(words).collect(),
            at_least: slot.at_least.unwrap_or(f64::NEG_INFINITY),
            at_most: slot.at_most.unwrap_or(f64::INFINITY),
        }
    }

    fn table(&mut self, name: &str, table: &RawTable) {
        if self.tables.len() == usize::from(TableIdx::MAX) {
            self.faults.error("HS0614", Some(table.file.span()), "a flow has at most 255 tables");
            return;
        }
        let mut read = match Table::read(name, &self.folder.join(table.file.as_ref()), table.key.as_ref()) {
            Ok(read) => read,
            Err(why) => {
                self.faults.error("HS0614", Some(table.file.span()), why);
                return;
            }
        };
        let median = self.duration(&table.latency.median).ms() as f64;
        let sigma = *table.latency.sigma.as_ref();
        if !(0.0..=10.0).contains(&sigma) {
            self.faults.error(
                "HS0612",
                Some(table.latency.sigma.span()),
                format!("{sigma} is not between 0 and 10"),
            );
        }
        read.latency = if sigma == 0.0 || median <= 0.0 {
            Distribution::Deterministic { value: median }
        } else {
            Distribution::Lognormal { mu: libm::log(median), sigma }
        };
        if let Some(time_out) = &table.time_out {
            read.time_out = self.duration(time_out);
        }
        if let Some(fails) = &table.fails {
            match share(fails.as_ref()) {
                Ok(fails) => read.fails = fails,
                Err(why) => {
                    self.faults.error("HS0612", Some(fails.span()), why);
                }
            }
        }
        self.tables.push(read);
    }

    fn reason(&mut self, name: &str) -> ReasonIdx {
        if let Some(index) = self.reasons.iter().position(|r| r == name) {
            return index as ReasonIdx;
        }
        self.reasons.push(name.to_owned());
        (self.reasons.len() - 1) as ReasonIdx
    }

    fn keyword(&mut self, keyword: &RawKeyword) -> Keyword {
        let words = folded_words(Some(keyword.words.as_ref()));
        if words.is_empty() {
            self.faults.error("HS0610", Some(keyword.words.span()), "a keyword needs a word");
        }
        let then = match (&keyword.go, &keyword.hand_off) {
            (Some(go), None) => KeywordThen::Go(self.step(go)),
            (None, Some(reason)) => KeywordThen::HandOff(self.reason(reason.as_ref())),
            _ => {
                self.faults
                    .error("HS0604", Some(keyword.words.span()), "a keyword leads to a step or to a person")
                    .help("go = \"step\", or hand_off = \"reason\"");
                KeywordThen::HandOff(0)
            }
        };
        Keyword {
            written: keyword.words.as_ref().all().map(str::to_owned).collect(),
            words,
            matching: keyword.matching,
            priority: keyword.priority,
            then,
        }
    }

    /// Where intents and answers lead, and what understands them by their phrases.
    fn reader(&mut self, raw: &RawFlow) -> Reader {
        let mut examples = Vec::new();
        for intent in &raw.intent {
            let go = self.step(&intent.go);
            let topic = self.lead(&intent.name, go);
            let phrases = self.phrases(&intent.phrases, &intent.phrases_from);
            examples.extend(phrases.into_iter().map(|phrase| (topic, phrase)));
        }
        for answer in &raw.answer {
            let go = self.steps.get(&format!("answer.{}", answer.topic.as_ref())).copied().unwrap_or(0);
            let topic = self.lead(&answer.topic, go);
            let phrases = self.phrases(&answer.phrases, &answer.phrases_from);
            examples.extend(phrases.into_iter().map(|phrase| (topic, phrase)));
        }
        let outside = self.phrases(&raw.recogniser.out_of_scope, &raw.recogniser.out_of_scope_from);
        let settings = Settings {
            wanted_precision: f64::from(self.unit_interval(&raw.recogniser.precision)),
            threshold: raw.recogniser.threshold.as_ref().map(|threshold| self.unit_interval(threshold)),
            clarify_margin: self.unit_interval(&raw.recogniser.margin),
            ..Settings::default()
        };
        let names: Vec<String> = self.topics.iter().map(|t| t.name.clone()).collect();
        match Reader::train(&names, &examples, &outside, &settings) {
            Ok(reader) => reader,
            Err(why) => {
                let span =
                    raw.intent.first().map(|i| i.name.span()).or(raw.answer.first().map(|a| a.topic.span()));
                self.faults
                    .error("HS0616", span, why.to_string())
                    .help("phrases = [\"…\", \"…\"], five at least for each");
                Reader::default()
            }
        }
    }

    fn lead(&mut self, name: &Spanned<String>, go: StepIdx) -> TopicIdx {
        let index = self.topic(name.as_ref());
        if let Some(topic) = self.topics.get_mut(usize::from(index)) {
            topic.go = Some(go);
        }
        index
    }

    /// The phrases written here and those of the files.
    fn phrases(&mut self, here: &Option<Spanned<Text>>, files: &Option<Spanned<Text>>) -> Vec<String> {
        let mut all: Vec<String> = here.iter().flat_map(|p| p.as_ref().all().map(str::to_owned)).collect();
        for files in files.iter() {
            for file in files.as_ref().all() {
                match self.phrase_file(file) {
                    Ok(read) => all.extend(read),
                    Err(why) => {
                        self.faults.error("HS0611", Some(files.span()), why);
                    }
                }
            }
        }
        all
    }

    fn phrase_file(&self, file: &str) -> Result<Vec<String>, String> {
        let path = self.folder.join(file);
        let cannot = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
        if std::fs::metadata(&path).map_err(cannot)?.len() > MAX_PHRASE_FILE_BYTES {
            return Err(format!("`{}` is larger than 64 MB", path.display()));
        }
        let text = std::fs::read_to_string(&path).map_err(cannot)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(str::to_owned).collect())
    }

    fn set(&mut self, set: &BTreeMap<String, String>) -> Vec<(VariableIdx, String)> {
        set.iter().map(|(name, value)| (self.variable(name, None), value.clone())).collect()
    }

    fn compile_step(&mut self, name: &Spanned<String>, raw: &RawStep) -> Step {
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
    fn then(&mut self, name: &Spanned<String>, raw: &RawStep) -> Then {
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

    fn menu(&mut self, raw: &RawStep) -> Menu {
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

    fn look_up(&mut self, raw: &RawLookUp) -> Then {
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

    fn branch(&mut self, raw: &RawBranch) -> Branch {
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
    fn answer(&mut self, raw: &RawAnswer, after: Option<StepIdx>) -> Step {
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

fn folded_words(text: Option<&Text>) -> Vec<String> {
    text.into_iter().flat_map(Text::all).map(fold).filter(|word| !word.is_empty()).collect()
}
