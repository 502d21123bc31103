//! Texts with variables: `{name}`, `{order.status}`, `{name|there}` (with a word for when it is empty).

use super::model::{Flow, MessageIdx, TableIdx, VariableIdx};
use super::session::Session;

/// A text cut at its variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Value { source: Source, otherwise: String },
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Variable(VariableIdx),
    /// A column of the row that was found last.
    Column(TableIdx, u16),
    /// What the customer was last understood to want.
    Topic,
}

/// A text that cannot be cut: what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateFault {
    /// No such variable.
    Unknown(String),
    /// A brace is opened and not closed.
    Open,
}

/// Cuts a text. `{{` and `}}` are braces; `resolve` knows the names.
pub(super) fn parse(text: &str, resolve: impl Fn(&str) -> Option<Source>) -> (Template, Vec<TemplateFault>) {
    let mut pieces = Vec::new();
    let mut faults = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let doubled = rest[at..].starts_with("{{") || rest[at..].starts_with("}}");
        let brace = &rest[at..=at];
        rest = &rest[at + if doubled { 2 } else { 1 }..];
        if doubled || brace == "}" {
            literal.push_str(brace);
            continue;
        }
        let Some(end) = rest.find('}') else {
            faults.push(TemplateFault::Open);
            literal.push('{');
            continue;
        };
        let (name, otherwise) = rest[..end].split_once('|').unwrap_or((&rest[..end], ""));
        rest = &rest[end + 1..];
        match resolve(name.trim()) {
            Some(source) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Value { source, otherwise: otherwise.to_owned() });
            }
            None => faults.push(TemplateFault::Unknown(name.trim().to_owned())),
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    (Template { pieces }, faults)
}

/// Writes a text so that [`parse`] gives it back as one literal.
pub fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

impl Flow {
    /// The value of a source in a session; empty if there is none.
    pub(super) fn value<'a>(&'a self, session: &'a Session, source: Source) -> &'a str {
        match source {
            Source::Variable(variable) => self.variable(session, variable),
            Source::Column(table, column) => {
                session.row(table).and_then(|row| row.get(usize::from(column))).map_or("", String::as_str)
            }
            Source::Topic => session.topic().map_or("", |topic| self.topic_name(topic)),
        }
    }

    /// A message in the session's language, its variables filled in.
    pub(super) fn render(&self, session: &Session, message: MessageIdx) -> String {
        self.pieces(message, session.language(), |text, source, otherwise| {
            let value = self.value(session, source);
            text.push_str(if value.is_empty() { otherwise } else { value });
        })
    }

    /// A message in the flow's first language, its variables by their names, in braces.
    pub(super) fn written(&self, message: MessageIdx) -> String {
        self.pieces(message, 0, |text, source, _| {
            let name = match source {
                Source::Variable(variable) => self.variables[usize::from(variable)].name.clone(),
                Source::Column(table, column) => {
                    let table = &self.tables[usize::from(table)];
                    format!("{}.{}", table.name, table.columns[usize::from(column)])
                }
                Source::Topic => "topic".to_owned(),
            };
            text.push_str(&format!("{{{name}}}"));
        })
    }

    fn pieces(&self, message: MessageIdx, language: u8, fill: impl Fn(&mut String, Source, &str)) -> String {
        let mut text = String::new();
        let Some(message) = self.messages.get(usize::from(message)) else { return text };
        let language = usize::from(language);
        let Some(template) = message.by_language.get(language).or(message.by_language.first()) else {
            return text;
        };
        for piece in &template.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Value { source, otherwise } => fill(&mut text, *source, otherwise),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(name: &str) -> Option<Source> {
        (name == "name").then_some(Source::Variable(0))
    }

    #[test]
    fn a_text_is_cut_at_its_variables() {
        let (template, faults) = parse("Hi {name|there}, {{ok}}", names);
        assert!(faults.is_empty());
        assert_eq!(
            template.pieces,
            vec![
                Piece::Literal("Hi ".into()),
                Piece::Value { source: Source::Variable(0), otherwise: "there".into() },
                Piece::Literal(", {ok}".into()),
            ]
        );
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(parse("{nobody}", names).1, vec![TemplateFault::Unknown("nobody".into())]);
        assert_eq!(parse("a { b", names).1, vec![TemplateFault::Open]);
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "\\PC{0,40}") {
            let (template, faults) = parse(&escape(&text), names);
            prop_assert!(faults.is_empty());
            let back: String = template.pieces.iter().map(|p| match p {
                Piece::Literal(l) => l.as_str(),
                Piece::Value { .. } => "?",
            }).collect();
            prop_assert_eq!(back, text);
        }
    }
}
