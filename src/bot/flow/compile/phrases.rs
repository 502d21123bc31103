//! What the flow learns to understand: phrases, by intent and by language.

use super::Compiler;
use crate::bot::flow::model::{StepIdx, TopicIdx};
use crate::bot::flow::raw::{RawFlow, Text};
use crate::bot::flow::reading::Reader;
use crate::bot::recogniser::Settings;
use toml::Spanned;

/// A phrase file longer than this is not a phrase file.
const MAX_PHRASE_FILE_BYTES: u64 = 64 << 20;

/// A topic with fewer phrases is also recognised by the words of its answer.
const FEW_PHRASES: usize = 10;

impl Compiler<'_> {
    /// Where intents and answers lead, and what understands them by their phrases.
    pub(super) fn reader(&mut self, raw: &RawFlow) -> Reader {
        let mut examples = Vec::new();
        let mut answers = Vec::new();
        for intent in &raw.intent {
            let go = self.step(&intent.go);
            let topic = self.lead(&intent.name, go);
            let phrases = self.phrases(&intent.phrases, &intent.phrases_from);
            let leads_on = intent.go.as_ref() != raw.start.as_ref();
            let says = raw.step.get(intent.go.as_ref().as_str()).and_then(|step| step.say.as_ref());
            if let Some(say) = says.filter(|_| phrases.len() < FEW_PHRASES && leads_on) {
                answers.extend(say.as_ref().all().map(|text| (topic, text.to_owned())));
            }
            examples.extend(phrases.into_iter().map(|phrase| (topic, phrase)));
        }
        for answer in &raw.answer {
            let go = self.steps.get(&format!("answer.{}", answer.topic.as_ref())).copied().unwrap_or(0);
            let topic = self.lead(&answer.topic, go);
            let phrases = self.phrases(&answer.phrases, &answer.phrases_from);
            if phrases.len() < FEW_PHRASES {
                answers.extend(answer.say.as_ref().all().map(|text| (topic, text.to_owned())));
            }
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
        let trained = Reader::train(&names, &examples, &outside, &settings).and_then(|mut reader| {
            reader.learn_answers(&answers);
            reader.learn_languages(&self.languages, &self.written)?;
            Ok(reader)
        });
        match trained {
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

    pub(super) fn lead(&mut self, name: &Spanned<String>, go: StepIdx) -> TopicIdx {
        let index = self.topic(name.as_ref());
        if let Some(topic) = self.topics.get_mut(usize::from(index)) {
            topic.go = Some(go);
        }
        index
    }

    /// The phrases written here and those of the files.
    pub(super) fn phrases(
        &mut self,
        here: &Option<Spanned<Text>>,
        files: &Option<Spanned<Text>>,
    ) -> Vec<String> {
        let mut all = Vec::new();
        for (language, phrase) in here.iter().flat_map(|text| by_language(text.as_ref())) {
            self.note_language(language, phrase);
            all.push(phrase.to_owned());
        }
        for files in files.iter() {
            for (language, file) in by_language(files.as_ref()) {
                match self.phrase_file(file) {
                    Ok(read) => {
                        read.iter().for_each(|phrase| self.note_language(language, phrase));
                        all.extend(read);
                    }
                    Err(why) => {
                        self.faults.error("HS0611", Some(files.span()), why);
                    }
                }
            }
        }
        all
    }

    /// Keeps a text that is written in a known language, to learn the language by.
    pub(super) fn note_language(&mut self, language: &str, text: &str) {
        if let Some(index) = self.languages.iter().position(|l| l == language) {
            self.written.push((index as u16, text.to_owned()));
        }
    }

    pub(super) fn phrase_file(&self, file: &str) -> Result<Vec<String>, String> {
        let path = self.folder.join(file);
        let cannot = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
        if std::fs::metadata(&path).map_err(cannot)?.len() > MAX_PHRASE_FILE_BYTES {
            return Err(format!("`{}` is larger than 64 MB", path.display()));
        }
        let text = std::fs::read_to_string(&path).map_err(cannot)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(str::to_owned).collect())
    }
}

/// Each string with the language it is written in; "" where that is not said.
fn by_language(text: &Text) -> Vec<(&str, &str)> {
    match text {
        Text::Plain(list) => list.iter().map(|t| ("", t.as_str())).collect(),
        Text::ByLanguage(map) => map
            .iter()
            .flat_map(|(language, list)| list.iter().map(|t| (language.as_str(), t.as_str())))
            .collect(),
    }
}
