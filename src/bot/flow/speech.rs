//! What the bot says and asks, as text; and what a customer types to answer it.

use super::model::*;
use super::raw::Show;
use super::session::Session;
use super::turn::{Said, Turn, Why};
use super::{End, HandOff, Media};
use crate::bot::recogniser::Recogniser;
use crate::bot::text::fold;

impl Flow {
    /// The messages of a turn, in the session's language, menus written out.
    pub fn texts(&self, session: &Session, turn: &Turn) -> Vec<String> {
        let text = |said: &Said| match said {
            Said::Text(message) => self.render(session, *message),
            Said::Menu(step) => self.menu_text(session, *step),
            Said::Clarify => self.clarify_text(session),
        };
        turn.said.iter().map(text).collect()
    }

    fn menu_text(&self, session: &Session, step: StepIdx) -> String {
        let Some(step) = self.steps.get(usize::from(step)) else { return String::new() };
        let mut text = step.say.last().map(|m| self.render(session, *m)).unwrap_or_default();
        let Then::Menu(menu) = &step.then else { return text };
        for choice in &menu.choices {
            let entry = self.render(session, choice.text);
            if !text.is_empty() {
                text.push('\n');
            }
            match menu.show {
                Show::Numbers => text.push_str(&format!("{}. {entry}", choice.key)),
                Show::Buttons | Show::List => text.push_str(&format!("[{entry}]")),
            }
        }
        text
    }

    fn clarify_text(&self, session: &Session) -> String {
        let question: Vec<String> = self.clarify.iter().map(|m| self.render(session, *m)).collect();
        let mut text = question.join("\n");
        for (index, topic) in session.candidates().iter().enumerate() {
            text.push_str(&format!("\n{}. {}", index + 1, self.title(session, *topic)));
        }
        text
    }

    /// How a topic is named to the customer.
    fn title(&self, session: &Session, topic: TopicIdx) -> String {
        match self.topics.get(usize::from(topic)) {
            Some(Topic { title: Some(title), .. }) => self.render(session, *title),
            Some(topic) => spaced(&topic.name),
            None => String::new(),
        }
    }

    /// See [`Topic::called`].
    pub(super) fn called(&self, topic: &Topic) -> Vec<String> {
        let titles = topic.title.and_then(|m| self.messages.get(usize::from(m)));
        let literal = |t: &super::template::Template| match t.pieces.as_slice() {
            [super::template::Piece::Literal(text)] => Some(fold(text)),
            _ => None,
        };
        let titles = titles.into_iter().flat_map(|m| m.by_language.iter().filter_map(literal));
        titles.chain([fold(&spaced(&topic.name))]).collect()
    }

    /// Which of the topics a clarifying question offered was meant.
    pub(super) fn clarified(&self, topics: &[TopicIdx], folded: &str) -> Option<TopicIdx> {
        let choice = |(index, topic): (usize, &TopicIdx)| {
            Some(Choice {
                key: (index + 1).to_string(),
                text: 0,
                folded: self.topics.get(usize::from(*topic))?.called.clone(),
                words: Vec::new(),
                set: Vec::new(),
                go: 0,
            })
        };
        let choices = topics.iter().enumerate().filter_map(choice).collect();
        let (index, _) = Menu { show: Show::Numbers, choices }.chosen(folded)?;
        topics.get(index).copied()
    }

    /// What a customer types to choose the entry of the open menu that leads nearest to the answer of
    /// the bound `intent`; `None` if no menu is open or no entry leads there.
    pub fn choice_for(&self, session: &Session, intent: u16) -> Option<String> {
        let topic = self.topics.iter().position(|t| t.bound == Some(intent))?;
        if let Some(place) = session.candidates().iter().position(|t| usize::from(*t) == topic) {
            return Some((place + 1).to_string());
        }
        let distances = self.distances.get(topic)?;
        let menu = self.open_menu(session)?;
        let away = |choice: &&Choice| distances.get(usize::from(choice.go)).copied().flatten();
        menu.choices.iter().filter(|c| away(c).is_some()).min_by_key(away).map(|c| c.key.clone())
    }

    /// What a customer types to choose the entry of the open menu that leads straight to a person.
    pub fn choice_for_person(&self, session: &Session) -> Option<String> {
        let hands_over = |choice: &&Choice| {
            matches!(self.steps.get(usize::from(choice.go)).map(|s| &s.then), Some(Then::HandOff(_)))
        };
        self.open_menu(session)?.choices.iter().find(hands_over).map(|c| c.key.clone())
    }

    /// The keys of the open menu's entries, for customers who choose one at random.
    pub fn choices(&self, session: &Session) -> Vec<String> {
        self.open_menu(session).map(|m| m.choices.iter().map(|c| c.key.clone()).collect()).unwrap_or_default()
    }

    fn open_menu(&self, session: &Session) -> Option<&Menu> {
        match &self.steps.get(usize::from(session.open_step()?))?.then {
            Then::Menu(menu) => Some(menu),
            _ => None,
        }
    }

    /// A valid answer to the question that is open, by a uniform number: a key of the table if the slot
    /// is looked up, otherwise one made up by the slot's kind. `None`: no question for a slot is open,
    /// or it asks for an attachment.
    pub fn reply_for(&self, session: &Session, u: f64) -> Option<String> {
        let Then::Ask { slot, .. } = self.steps.get(usize::from(session.open_step()?))?.then else {
            return None;
        };
        let looked_up = self.steps.iter().find_map(|step| match step.then {
            Then::LookUp(look_up) if look_up.by == slot => Some(look_up.table),
            _ => None,
        });
        let table = looked_up.and_then(|table| self.tables.get(usize::from(table)));
        if let Some(key) = table.and_then(|table| table.sample_key(u)) {
            return Some(key.to_owned());
        }
        self.variables.get(usize::from(slot))?.slot.as_ref()?.sample(u)
    }

    /// A word that asks for a person, for customers who have had enough; `None` if the flow knows none.
    pub fn word_for_person(&self) -> Option<&str> {
        self.hand_off.person.first().map(String::as_str)
    }

    /// What the agent reads first when a person takes over.
    pub fn summary(&self, session: &Session) -> String {
        let lines: Vec<String> = self.hand_off.summary.iter().map(|m| self.render(session, *m)).collect();
        lines.join("\n")
    }

    /// Why the bot did what it did, in words.
    pub fn explain(&self, why: &Why) -> String {
        let percent = |confidence: f32| format!("{:.0} %", confidence * 100.0);
        let word = |words: &[String], index: u16| words.get(usize::from(index)).cloned().unwrap_or_default();
        match *why {
            Why::Opening => "the conversation opens".to_owned(),
            Why::PersonWord(index) => format!("\"{}\" asks for a person", word(&self.hand_off.person, index)),
            Why::UrgentWord(index) => {
                format!("\"{}\" goes to a person at once", word(&self.hand_off.urgent, index))
            }
            Why::Choice { step, choice, by } => {
                format!(
                    "entry {} of the menu `{}`, chosen by its {}",
                    choice + 1,
                    self.step_name(step),
                    match by {
                        super::ChosenBy::Key => "key",
                        super::ChosenBy::Text => "text",
                        super::ChosenBy::Misspelt => "text, misspelt",
                        super::ChosenBy::Word => "words",
                    }
                )
            }
            Why::Filled(variable) => {
                let name = self.variables.get(usize::from(variable)).map_or("", |v| &v.name);
                format!("a valid value for `{name}`")
            }
            Why::Confirmed(yes) => if yes { "yes" } else { "no" }.to_owned(),
            Why::Keyword(index) => {
                let words =
                    self.keywords.get(usize::from(index)).map(|k| k.written.join(", ")).unwrap_or_default();
                format!("keyword ({words})")
            }
            Why::Topic { topic, confidence } => {
                format!("about `{}`, {} sure", self.topic_name(topic), percent(confidence))
            }
            Why::Unsure { first, second, confidence } => format!(
                "`{}` or `{}`? {} sure of the first; asked",
                self.topic_name(first),
                self.topic_name(second),
                percent(confidence)
            ),
            Why::Clarified(topic) => format!("the customer meant `{}`", self.topic_name(topic)),
            Why::NotUnderstood { best: Some((topic, confidence)) } => {
                format!(
                    "not understood; nearest is `{}`, {} sure",
                    self.topic_name(topic),
                    percent(confidence)
                )
            }
            Why::NotUnderstood { best: None } => "not understood".to_owned(),
            Why::Media(media) => format!(
                "{} received",
                match media {
                    Media::Image => "a picture",
                    Media::Audio => "a voice note",
                    Media::Video => "a video",
                    Media::Document => "a file",
                    Media::Other => "something that is not text",
                }
            ),
            Why::Silence => "the customer said nothing more".to_owned(),
        }
    }

    /// The n-grams of a message that spoke most for a topic, with their weight; empty where a phrase of
    /// the flow was met word for word by a rule or the flow has no recogniser.
    pub fn reasons(&self, text: &str, topic: TopicIdx) -> Vec<(String, f32)> {
        self.reader.reasons(text, topic)
    }

    /// The recogniser the flow trained on its phrases, if it has any.
    pub fn recogniser(&self) -> Option<&Recogniser> {
        self.reader.recogniser()
    }

    /// The topic that it was taught this very message for.
    pub fn taught(&self, text: &str) -> Option<TopicIdx> {
        self.reader.taught(text)
    }

    /// The phrases it was taught, folded.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.reader.phrases()
    }

    /// How the conversation with the bot ended, in words.
    pub fn explain_end(&self, end: End) -> String {
        match end {
            End::Solved => "solved".to_owned(),
            End::Closed => "closed".to_owned(),
            End::HandOff(HandOff::Keyword(reason)) => format!("to a person: {}", self.reason_name(reason)),
            End::HandOff(HandOff::Attempts) => "to a person: too many failed attempts".to_owned(),
            End::HandOff(HandOff::AskedForPerson) => "to a person: asked for one".to_owned(),
            End::HandOff(HandOff::Media) => "to a person: an attachment the bot cannot take".to_owned(),
            End::HandOff(HandOff::Flow(reason)) => format!("to a person: {}", self.reason_name(reason)),
            End::HandOff(HandOff::LookUp) => "to a person: the look-up failed".to_owned(),
        }
    }
}

/// A name as words.
fn spaced(name: &str) -> String {
    name.replace(['_', '.', '-', '/'], " ")
}
