//! What is proposed for a finding: an answer, and an entry of the main menu that leads to it.

use crate::bot::flow::RawFlow;
use crate::bot::flow::raw::{RawAnswer, RawChoice, Show, Text};
use crate::bot::text::fold;
use std::collections::BTreeMap;
use toml::Spanned;

/// Most characters of an entry in a list, and most entries (WhatsApp's limits).
const MOST_ENTRY_CHARS: usize = 24;
const MOST_LIST_ENTRIES: usize = 10;
const MOST_BUTTONS: usize = 3;
/// More phrases teach little more.
const MOST_PHRASES: usize = 60;

/// An addition to a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Name of the new topic.
    pub topic: String,
    /// What the menu entry and a clarifying question call it.
    pub title: String,
    /// Phrases to learn it by.
    pub phrases: Vec<String>,
}

impl Proposal {
    /// For a topic named `topic`, called by its telling words, learned by these phrases.
    pub fn new(topic: &str, words: &[String], phrases: &[String]) -> Proposal {
        let mut title = String::new();
        for word in words {
            let longer = title.chars().count() + word.chars().count() + 2;
            if !title.is_empty() && longer > MOST_ENTRY_CHARS {
                break;
            }
            if !title.is_empty() {
                title.push_str(", ");
            }
            title.push_str(word);
        }
        let mut title: String = title.chars().take(MOST_ENTRY_CHARS).collect();
        if let Some(first) = title.chars().next() {
            title.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
        }
        Proposal {
            topic: topic.to_owned(),
            title: if title.is_empty() { topic.to_owned() } else { title },
            phrases: phrases.iter().take(MOST_PHRASES).cloned().collect(),
        }
    }

    /// A topic's name from telling words: letters, digits and underscores.
    pub fn topic_name(words: &[String]) -> String {
        let name: String = words.iter().take(2).map(|word| fold(word)).collect::<Vec<_>>().join("_");
        let name: String =
            name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
        if name.is_empty() { "new_topic".to_owned() } else { name }
    }

    /// The same less some phrases, so that a simulation meets as many new wordings as there will be: this
    /// share of what customers write. Where all is new every other phrase is left out, where nothing is,
    /// none.
    pub fn with_new_wordings(&self, share: f64) -> Proposal {
        let kept = 1.0 / (1.0 + share.clamp(0.0, 1.0));
        let so_far = |phrases: usize| (phrases as f64 * kept).ceil() as usize;
        let taught = self.phrases.iter().enumerate().filter(|(i, _)| so_far(i + 1) > so_far(*i));
        Proposal { phrases: taught.map(|(_, phrase)| phrase.clone()).collect(), ..self.clone() }
    }

    fn answer(&self, flow: &RawFlow) -> RawAnswer {
        RawAnswer {
            topic: unplaced(self.topic.clone()),
            title: Some(unplaced(in_all_languages(flow, &self.title))),
            phrases: Some(unplaced(Text::Plain(self.phrases.clone()))),
            phrases_from: None,
            say: unplaced(in_all_languages(flow, "(write the answer here)")),
            link: None,
        }
    }

    fn entry(&self, flow: &RawFlow) -> RawChoice {
        RawChoice {
            text: unplaced(in_all_languages(flow, &self.title)),
            description: None,
            words: None,
            key: None,
            set: BTreeMap::new(),
            go: unplaced(format!("answer.{}", self.topic)),
        }
    }

    /// The addition as text: an `[[answer]]` that can stand at the end of the flow's file, and the line
    /// for the menu as a comment above it.
    pub fn fragment(&self, flow: &RawFlow) -> Result<String, toml::ser::Error> {
        #[derive(serde::Serialize)]
        struct Fragment {
            answer: Vec<RawAnswer>,
        }
        let mut text = String::new();
        if knows(flow, &self.topic) {
            text.push_str(&format!("# More phrases for `{}`, which the flow has already:\n", self.topic));
            for phrase in &self.phrases {
                text.push_str(&format!("#   {:?},\n", phrase));
            }
            return Ok(text);
        }
        if menu_has_room(flow) {
            let entry = toml::Value::try_from(self.entry(flow))?;
            text.push_str(&format!("# For the menu of [step.{}]:\n#   {entry}\n\n", flow.start.as_ref()));
        } else {
            text.push_str(&format!(
                "# The menu of [step.{}] has no room for another entry.\n\n",
                flow.start.as_ref()
            ));
        }
        text.push_str(&toml::to_string(&Fragment { answer: vec![self.answer(flow)] })?);
        Ok(text)
    }
}

/// The flow with the answer added, and the entry, if its first menu has room for one.
pub fn extended(flow: &RawFlow, proposal: &Proposal) -> RawFlow {
    let mut more = flow.clone();
    if knows(flow, &proposal.topic) {
        let intents = more.intent.iter_mut().map(|i| (&i.name, &mut i.phrases));
        let answers = more.answer.iter_mut().map(|a| (&a.topic, &mut a.phrases));
        for (_, phrases) in intents.chain(answers).filter(|(name, _)| *name.as_ref() == proposal.topic) {
            let mut all: Vec<String> =
                phrases.iter().flat_map(|p| p.as_ref().all()).map(str::to_owned).collect();
            all.extend(proposal.phrases.iter().cloned());
            *phrases = Some(unplaced(Text::Plain(all)));
        }
        return more;
    }
    more.answer.push(proposal.answer(flow));
    if menu_has_room(flow) {
        let start = more.start.as_ref().clone();
        for (name, step) in &mut more.step {
            if *name.as_ref() == start {
                step.menu.push(proposal.entry(flow));
            }
        }
    }
    more
}

/// Whether the flow has this topic already: then it lacks phrases, not an answer.
pub fn knows(flow: &RawFlow, topic: &str) -> bool {
    flow.intent.iter().any(|i| i.name.as_ref() == topic)
        || flow.answer.iter().any(|a| a.topic.as_ref() == topic)
}

fn menu_has_room(flow: &RawFlow) -> bool {
    let start = flow.step.iter().find(|(name, _)| name.as_ref() == flow.start.as_ref());
    start.is_some_and(|(_, step)| {
        let most = match step.show.as_ref().map(|show| *show.as_ref()) {
            Some(Show::Buttons) => MOST_BUTTONS,
            _ => MOST_LIST_ENTRIES,
        };
        !step.menu.is_empty() && step.menu.len() < most
    })
}

/// One text for every language of the flow: it is there to be translated, not to be missing.
fn in_all_languages(flow: &RawFlow, text: &str) -> Text {
    let languages = flow.languages.as_ref();
    match languages.as_slice() {
        [] | [_] => Text::one(text),
        many => Text::ByLanguage(many.iter().map(|l| (l.clone(), vec![text.to_owned()])).collect()),
    }
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::flow::Flow;
    use std::path::Path;

    fn airline() -> RawFlow {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots/airline.toml");
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn bags() -> Proposal {
        let words = ["bags", "suitcase", "kilos", "unreasonably"].map(str::to_owned);
        let phrases =
            ["how many bags may I take", "my suitcase is broken", "bags allowed"].map(str::to_owned);
        Proposal::new("bags", &words, &phrases)
    }

    #[test]
    fn the_fragment_stands_at_the_end_of_the_flow() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots/airline.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let longer = format!("{text}\n{}", bags().fragment(&airline()).unwrap());
        let (flow, _) =
            Flow::from_text(&longer, "longer.toml", Path::new("")).unwrap_or_else(|f| panic!("{f:?}"));
        assert!(flow.topic_names().any(|name| name == "bags"));
    }

    #[test]
    fn the_extended_flow_answers_and_has_the_entry() {
        let more = extended(&airline(), &bags());
        let (flow, _) = Flow::compile(&more, "more.toml", Path::new("")).unwrap_or_else(|f| panic!("{f:?}"));
        assert!(flow.topic_names().any(|name| name == "bags"));
        let written = toml::to_string(&more).unwrap();
        assert!(written.contains("Bags, suitcase, kilos") && written.contains("answer.bags"));
    }

    #[test]
    fn new_wordings_are_left_out() {
        let all = Proposal::new("t", &[], &["a", "b", "c", "d", "e", "f"].map(str::to_owned));
        let cases = [(0.0, "abcdef"), (0.01, "abcdef"), (0.25, "abcdf"), (1.0, "ace"), (7.0, "ace")];
        for (share, expected) in cases {
            assert_eq!(all.with_new_wordings(share).phrases.concat(), expected, "{share}");
        }
    }

    #[test]
    fn titles_keep_to_the_limit_and_names_are_plain() {
        assert_eq!(bags().title, "Bags, suitcase, kilos");
        let long = ["incomprehensibilities-and-more".to_owned()];
        assert_eq!(Proposal::new("t", &long, &[]).title.chars().count(), MOST_ENTRY_CHARS);
        assert_eq!(Proposal::new("t", &[], &[]).title, "t");
        assert_eq!(Proposal::topic_name(&["Maleta".into(), "¿qué?".into()]), "maleta__que_");
        assert_eq!(Proposal::topic_name(&[]), "new_topic");
    }
}
