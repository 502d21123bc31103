//! Texts: every message in every language, cut at its variables.

use super::Compiler;
use crate::bot::flow::model::{Message, MessageIdx};
use crate::bot::flow::raw::Text;
use crate::bot::flow::template::{self, Template, TemplateFault};
use std::ops::Range;
use toml::Spanned;

impl Compiler<'_> {
    pub(super) fn optional_text(&mut self, text: &Option<Spanned<Text>>) -> Vec<MessageIdx> {
        text.as_ref().map(|text| self.text(text)).unwrap_or_default()
    }

    /// The messages of a text: one for each string, in every language.
    pub(super) fn text(&mut self, text: &Spanned<Text>) -> Vec<MessageIdx> {
        self.linked_text(text, None)
    }

    pub(super) fn linked_text(&mut self, text: &Spanned<Text>, link: Option<&str>) -> Vec<MessageIdx> {
        let first = self.languages.first().cloned().unwrap_or_default();
        if let Text::ByLanguage(map) = text.as_ref() {
            for (language, list) in map {
                list.iter().for_each(|text| self.note_language(language, text));
            }
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

    pub(super) fn template(&mut self, written: &str, span: Range<usize>) -> Template {
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

    pub(super) fn link(&mut self, link: &Option<Spanned<String>>) -> Option<String> {
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
}
