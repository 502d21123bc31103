//! A flow in the making: what every importer fills, with a list of what could not be carried over.

use super::Import;
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use crate::bot::text::{fold, tokens};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// Something of the imported bot that the flow does not do, or does differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// File and place in it.
    pub place: String,
    /// What was lost or changed.
    pub what: String,
}

/// Texts by language.
pub(super) type Texts = BTreeMap<String, Vec<String>>;

/// A flow in the making.
pub(super) struct Draft {
    pub flow: RawFlow,
    notes: BTreeSet<Note>,
    /// Why the language has to be told from the texts, if it has.
    language_unsaid: Option<&'static str>,
}

/// A value that was not written in a file of ours.
pub(super) fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

/// "pt-br" and "PT_BR" are "pt".
pub(super) fn base_language(code: &str) -> String {
    code.split(['-', '_']).next().unwrap_or("en").to_lowercase()
}

/// WhatsApp's longest message; longer ones are sent in parts.
const LONGEST_TEXT: usize = 4_096;

impl Draft {
    pub fn new(name: &str, languages: Vec<String>) -> Draft {
        let languages = if languages.is_empty() { vec!["en".to_owned()] } else { languages };
        Draft {
            flow: RawFlow {
                name: name.to_owned(),
                description: String::new(),
                languages: spanned(languages),
                start: spanned("start".to_owned()),
                first_message: FirstMessage::Read,
                greeting: None,
                fallback: None,
                after_answer: None,
                variables: BTreeMap::new(),
                session: RawSession::default(),
                hand_off: RawHandOff::default(),
                recogniser: RawRecogniser::default(),
                media: RawMedia::default(),
                slot: BTreeMap::new(),
                table: BTreeMap::new(),
                keyword: Vec::new(),
                intent: Vec::new(),
                answer: Vec::new(),
                step: BTreeMap::new(),
            },
            notes: BTreeSet::new(),
            language_unsaid: None,
        }
    }

    /// The export does not say its one language: it is told from the texts when they are all there.
    pub fn guess_language(&mut self, why: &'static str) {
        self.language_unsaid = Some(why);
    }

    pub fn note(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.notes.insert(Note { place: place.into(), what: what.into() });
    }

    pub fn languages(&self) -> &[String] {
        self.flow.languages.as_ref()
    }

    pub fn has_step(&self, name: &str) -> bool {
        self.flow.step.contains_key(name)
    }

    pub fn add_step(&mut self, name: &str, step: RawStep) {
        self.flow.step.insert(spanned(name.to_owned()), step);
    }

    pub fn step_mut(&mut self, name: &str) -> Option<&mut RawStep> {
        self.flow.step.get_mut(name)
    }

    /// A name no step has yet.
    pub fn free_step_name(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut n = 2;
        while self.has_step(&name) {
            name = format!("{wanted} {n}");
            n += 1;
        }
        name
    }

    /// A slot of this name, or of a name with a number if another kind of slot has it already.
    pub fn slot(&mut self, wanted: &str, slot: RawSlot) -> String {
        let mut name = wanted.to_owned();
        let mut n = 2;
        while let Some(other) = self.flow.slot.get(&name) {
            let same_pattern =
                other.pattern.as_ref().map(Spanned::as_ref) == slot.pattern.as_ref().map(Spanned::as_ref);
            let same_bounds = other.at_least == slot.at_least && other.at_most == slot.at_most;
            if other.kind == slot.kind && other.values == slot.values && same_pattern && same_bounds {
                return name;
            }
            name = format!("{wanted}_{n}");
            n += 1;
        }
        self.flow.slot.insert(name.clone(), slot);
        name
    }

    /// A text in the flow's languages; `None` if nothing is left of it. Texts must be escaped already.
    /// Where the languages have different numbers of messages, each language's become one.
    pub fn text(&self, texts: Texts) -> Option<Spanned<Text>> {
        let mut texts: Texts = texts
            .into_iter()
            .filter(|(language, _)| self.languages().contains(language))
            .map(|(language, list)| {
                (language, list.into_iter().filter(|t| !t.trim().is_empty()).collect::<Vec<_>>())
            })
            .filter(|(_, list)| !list.is_empty())
            .collect();
        let first = texts.values().next()?.len();
        if texts.values().any(|list| list.len() != first) {
            for list in texts.values_mut() {
                *list = vec![list.join("\n")];
            }
        }
        if texts.len() == 1 {
            for list in texts.values_mut() {
                *list = list.iter().flat_map(|text| in_parts(text)).collect();
            }
        }
        if let [language] = self.languages() {
            return texts.remove(language).map(|list| spanned(Text::Plain(list)));
        }
        Some(spanned(Text::ByLanguage(texts)))
    }

    /// A text in one language.
    pub fn text_in(&self, language: &str, list: Vec<String>) -> Option<Spanned<Text>> {
        self.text(Texts::from([(language.to_owned(), list)]))
    }

    /// Puts the last touches to the flow: every step that is named exists, nothing runs for ever.
    pub fn finish(mut self) -> Import {
        if !self.has_step(&self.flow.start.as_ref().clone()) {
            let start = self.flow.start.as_ref().clone();
            self.add_step(&start, RawStep { listen: true, ..RawStep::default() });
        }
        if let Some(why) = self.language_unsaid {
            let language = self.likeliest_language();
            self.note("language", format!("{why}: `{language}` is assumed by its words"));
            self.flow.languages = spanned(vec![language.to_owned()]);
        }
        self.drop_wordless_phrases();
        self.complete_targets();
        self.cut_endless_loops();
        self.drop_empty_languages();
        Import { flow: self.flow, notes: self.notes.into_iter().collect() }
    }

    /// Phrases without a word teach nothing.
    fn drop_wordless_phrases(&mut self) {
        let intents = self.flow.intent.iter_mut().map(|i| (i.name.as_ref().clone(), &mut i.phrases));
        let answers = self.flow.answer.iter_mut().map(|a| (a.topic.as_ref().clone(), &mut a.phrases));
        let mut dropped: Vec<(String, usize)> = Vec::new();
        for (name, phrases) in intents.chain(answers) {
            let Some(text) = phrases else { continue };
            let mut text = text.as_ref().clone();
            let lists: Vec<&mut Vec<String>> = match &mut text {
                Text::Plain(list) => vec![list],
                Text::ByLanguage(map) => map.values_mut().collect(),
            };
            let mut count = 0;
            for list in lists {
                let before = list.len();
                list.retain(|phrase| tokens(&fold(phrase)).next().is_some());
                count += before - list.len();
            }
            if count > 0 {
                *phrases = text.all().next().is_some().then(|| spanned(text.clone()));
                dropped.push((name, count));
            }
        }
        for (name, count) in dropped {
            self.note(name, format!("{count} phrases without a word are left out"));
        }
    }

    fn complete_targets(&mut self) {
        let known: BTreeSet<String> = self.flow.step.keys().map(|k| k.as_ref().clone()).collect();
        let mut missing = BTreeSet::new();
        let answers: BTreeSet<String> =
            self.flow.answer.iter().map(|a| format!("answer.{}", a.topic.as_ref())).collect();
        for (name, step) in &mut self.flow.step {
            for target in targets(step) {
                if !known.contains(target.as_ref()) && !answers.contains(target.as_ref()) {
                    missing.insert((name.as_ref().clone(), target.as_ref().clone()));
                }
            }
        }
        for (from, target) in missing {
            self.note(
                from,
                format!("leads to `{target}`, which the export does not hold; a person takes over there"),
            );
            let step = RawStep {
                hand_off: Some(spanned(format!("`{target}` was not imported"))),
                ..RawStep::default()
            };
            self.add_step(&target, step);
        }
    }

    /// Steps that follow each other without ever waiting for the customer are made to wait.
    fn cut_endless_loops(&mut self) {
        let names: Vec<String> = self.flow.step.keys().map(|k| k.as_ref().clone()).collect();
        let mut state: BTreeMap<String, bool> = BTreeMap::new();
        for name in &names {
            // An explicit stack of (step, targets still to visit): exports may be deep.
            let mut path: Vec<(String, Vec<String>)> = Vec::new();
            if !state.contains_key(name) {
                state.insert(name.clone(), false);
                path.push((name.clone(), self.automatic_targets(name)));
            }
            while let Some((at, rest)) = path.last_mut() {
                let at = at.clone();
                match rest.pop() {
                    None => {
                        state.insert(at, true);
                        path.pop();
                    }
                    Some(next) => match state.get(&next) {
                        Some(true) => {}
                        Some(false) => self.cut(&at, &next),
                        None => {
                            let targets = self.automatic_targets(&next);
                            state.insert(next.clone(), false);
                            path.push((next, targets));
                        }
                    },
                }
            }
        }
    }

    fn automatic_targets(&self, name: &str) -> Vec<String> {
        let Some(step) = self.flow.step.get(name) else { return Vec::new() };
        if let Some(slot) = &step.ask
            && step.set.get(slot.as_ref()).is_some_and(String::is_empty)
        {
            return Vec::new();
        }
        let look_up = step.look_up.iter().flat_map(|l| [&l.found, &l.missing].into_iter().chain(&l.failed));
        let all = step.go.iter().chain(step.branch.iter().map(|b| &b.go)).chain(look_up);
        all.map(|target| target.as_ref().clone()).collect()
    }

    fn cut(&mut self, from: &str, to: &str) {
        self.note(
            from,
            format!("leads back to `{to}` without asking anything; it waits for the customer instead"),
        );
        let wait = format!("{from}, then wait");
        if let Some(step) = self.flow.step.get_mut(from) {
            for target in targets(step).into_iter().filter(|t| t.as_ref() == to) {
                *target = spanned(wait.clone());
            }
        }
        self.add_step(&wait, RawStep { listen: true, ..RawStep::default() });
    }

    /// The language whose small words are the most frequent in texts and phrases; English if none is.
    fn likeliest_language(&self) -> &'static str {
        let says = self.flow.step.values().flat_map(|s| s.say.iter().chain(s.menu.iter().map(|c| &c.text)));
        let phrases = self.flow.intent.iter().flat_map(|i| i.phrases.iter());
        let mut counts = [0_usize; SMALL_WORDS.len()];
        for text in says.chain(phrases).flat_map(|text| text.as_ref().all()) {
            let folded = fold(text);
            for word in tokens(&folded) {
                for (count, (_, words)) in counts.iter_mut().zip(&SMALL_WORDS) {
                    *count += usize::from(words.split(' ').any(|w| w == word));
                }
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let best = counts.iter().position(|count| *count == most && most > 0);
        best.and_then(|at| SMALL_WORDS.get(at)).map_or("en", |(code, _)| code)
    }

    /// A language in which nothing is said is not one of the bot's.
    fn drop_empty_languages(&mut self) {
        let mut spoken = BTreeSet::new();
        let mut plain = false;
        let says = self.flow.step.values().flat_map(|s| s.say.iter());
        let answers = self.flow.answer.iter().map(|a| &a.say);
        let phrases = self.flow.intent.iter().flat_map(|i| i.phrases.iter());
        for text in says.chain(answers).chain(phrases).chain(&self.flow.greeting) {
            match text.as_ref() {
                Text::Plain(_) => plain = true,
                Text::ByLanguage(map) => spoken.extend(map.keys().cloned()),
            }
        }
        if !plain && !spoken.is_empty() {
            let kept: Vec<String> =
                self.languages().iter().filter(|l| spoken.contains(*l)).cloned().collect();
            for lost in self.languages().to_vec().iter().filter(|l| !kept.contains(l)) {
                self.note("languages", format!("nothing is said in `{lost}`"));
            }
            self.flow.languages = spanned(kept);
        }
    }
}

/// Small words by language, folded: those that the others do not have.
const SMALL_WORDS: [(&str, &str); 7] = [
    ("en", "the is are you your and with what how please we can i my for"),
    ("es", "el los las es un una y con por para que como tu su gracias puedo hola quiero mi en cual"),
    ("pt", "o os as um uma e com voce seu sua nao obrigado ola quero meu minha em qual posso"),
    ("hi", "है हैं का की के में और क्या आप मेरा कृपया से को hai kya aap mera"),
    ("fr", "le les est une et avec vous votre pour je bonjour merci quel dans mon"),
    ("de", "der die das ist und mit sie ihr wie bitte ich nicht ein eine mein"),
    ("it", "il gli e un una con per come tuo grazie ciao vorrei mio di che"),
];

/// Every step name in a step.
fn targets(step: &mut RawStep) -> Vec<&mut Spanned<String>> {
    let mut all: Vec<&mut Spanned<String>> = Vec::new();
    all.extend(step.go.as_mut());
    all.extend(step.menu.iter_mut().map(|c| &mut c.go));
    all.extend(step.branch.iter_mut().map(|b| &mut b.go));
    if let Some(confirm) = &mut step.confirm {
        all.extend([&mut confirm.yes, &mut confirm.no]);
    }
    if let Some(look_up) = &mut step.look_up {
        all.extend([&mut look_up.found, &mut look_up.missing]);
        all.extend(look_up.failed.as_mut());
    }
    all
}

/// A text in parts WhatsApp takes, cut between words where there are any.
fn in_parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.chars().count() > LONGEST_TEXT {
        let end = rest.char_indices().nth(LONGEST_TEXT).map_or(rest.len(), |(i, _)| i);
        let cut = rest[..end].rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(end);
        parts.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    parts.push(rest.to_owned());
    parts
}

/// Turns a text's references into variables of ours and escapes the rest. `reference` looks at the text
/// from a place where one might begin and gives its length and the variable's name.
pub(super) fn with_references(
    text: &str,
    mut reference: impl FnMut(&str) -> Option<(usize, String)>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match reference(rest) {
            Some((length, name)) if length > 0 => {
                out.push_str(&format!("{{{name}}}"));
                rest = rest.get(length..).unwrap_or("");
            }
            _ => {
                out.push_str(&escape(&c.to_string()));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}
