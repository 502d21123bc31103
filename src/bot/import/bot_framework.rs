//! Microsoft Bot Framework: `.lu` (intents with phrases) and `.qna` (questions with answers).

use super::Import;
use super::draft::{Draft, Texts, base_language, spanned};
use super::source::{ImportError, Source};
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use std::collections::BTreeMap;

/// Intents of `.lu` files: phrases by language.
type Intents = BTreeMap<String, Texts>;

/// One question-and-answer pair.
struct Pair {
    place: String,
    questions: Vec<String>,
    answer: String,
}

pub(super) fn import(source: &Source) -> Result<Import, ImportError> {
    let names: Vec<String> =
        source.names().filter(|n| n.ends_with(".lu") || n.ends_with(".qna")).map(str::to_owned).collect();
    let mut languages: Vec<String> = Vec::new();
    for name in &names {
        let language = language_of(name);
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    let mut draft = Draft::new(&source.name, languages);
    let mut intents = Intents::new();
    let mut pairs: BTreeMap<String, Vec<Pair>> = BTreeMap::new();
    for name in &names {
        let Some(text) = source.text(name) else { continue };
        let language = language_of(name);
        if name.ends_with(".lu") {
            read_lu(&text, name, &language, &mut intents, &mut draft);
        } else {
            pairs.entry(language).or_default().extend(read_qna(&text, name, &mut draft));
        }
    }
    if intents.is_empty() && pairs.is_empty() {
        return Err(ImportError::Broken {
            place: source.name.clone(),
            why: "no intent and no question in it".to_owned(),
        });
    }
    if !intents.is_empty() {
        draft.note("*.lu", "the files hold no answers: each intent hands over to a person under its name");
    }
    for (name, phrases) in intents {
        let step = RawStep { hand_off: Some(spanned(name.clone())), ..RawStep::default() };
        draft.add_step(&name, step);
        draft.flow.intent.push(RawIntent {
            name: spanned(name.clone()),
            title: None,
            phrases: Some(spanned(Text::ByLanguage(phrases))),
            phrases_from: None,
            go: spanned(name),
        });
    }
    for (language, list) in pairs {
        for (index, pair) in list.into_iter().enumerate() {
            answer(&language, index, pair, &mut draft);
        }
    }
    draft.flow.after_answer = Some(spanned("start".to_owned()));
    Ok(draft.finish())
}

/// "Faq.es-es.qna" is Spanish, and so is all in a folder "es-es"; English where nothing says it.
fn language_of(name: &str) -> String {
    let mut folders = name.rsplit('/');
    let stem = folders.next().unwrap_or(name);
    let in_stem = stem.rsplit('.').skip(1);
    let code = in_stem.chain(folders).find(|part| is_language(part));
    code.map_or_else(|| "en".to_owned(), base_language)
}

/// "es", "pt-br", "zh-hans".
fn is_language(part: &str) -> bool {
    let (language, region) = part.split_once(['-', '_']).unwrap_or((part, "xx"));
    language.len() == 2
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && (2..=4).contains(&region.len())
        && region.bytes().all(|b| b.is_ascii_alphanumeric())
        // Folders of code are named so, too.
        && !matches!(part.to_ascii_lowercase().as_str(), "lu" | "js" | "ts" | "cs" | "py" | "go" | "my" | "qa")
}

fn read_lu(text: &str, place: &str, language: &str, intents: &mut Intents, draft: &mut Draft) {
    let mut current: Option<String> = None;
    // Values of an entity, which stand in dashes like phrases.
    let mut in_entity = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let here = || format!("{place}:{number}");
        if let Some(heading) = line.strip_prefix('#') {
            let name = heading.trim_start_matches('#').trim();
            in_entity = false;
            if name.starts_with('?') {
                current = None;
                draft.note(here(), "a question among intents is not carried over; put it into a .qna file");
                continue;
            }
            intents.entry(name.to_owned()).or_default();
            current = Some(name.to_owned());
        } else if let Some(phrase) = ["- ", "* ", "+ ", "-"].iter().find_map(|mark| line.strip_prefix(mark)) {
            let phrase = phrase.trim();
            let Some(name) = &current else {
                if !in_entity {
                    draft.note(here(), "a phrase of no intent is not carried over");
                }
                continue;
            };
            if let Some(target) = reference(phrase) {
                draft.note(here(), format!("the phrases of `{target}` are not repeated for `{name}`"));
                continue;
            }
            let said = patterns(&without_marks(phrase));
            if said.is_empty() {
                draft.note(here(), "a phrase that is nothing but an entity is not carried over");
                continue;
            }
            intents.entry(name.clone()).or_default().entry(language.to_owned()).or_default().extend(said);
        } else if line.starts_with('@') || line.starts_with('$') {
            (current, in_entity) = (None, true);
            let entity = line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            draft.note(here(), format!("entity `{entity}` is not carried over: no slot asks for it"));
        } else if line.starts_with('[') && line.contains("](") {
            draft.note(here(), format!("the reference {line} is not followed; import the folder"));
        } else if let Some(setting) = line.strip_prefix("> !#").or(line.strip_prefix(">!#")) {
            draft.note(here(), format!("the setting `{}` is not carried over", setting.trim()));
        } else if !line.is_empty() && !line.starts_with('>') {
            draft.note(here(), "a line of no known kind");
        }
    }
}

/// Where a phrase that is nothing but a link to other phrases leads: `[flights](flights.lu#Book)`.
fn reference(phrase: &str) -> Option<&str> {
    let (_, target) = phrase.strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    Some(target)
}

/// Most wordings that are made of one pattern, and the longest phrase that is read as one.
const MOST_WORDINGS: usize = 12;
const LONGEST_PATTERN: usize = 1_000;

/// The wordings of a pattern: `[please] (call|ring) me` is four. A plain phrase is itself.
fn patterns(phrase: &str) -> Vec<String> {
    let mut open = vec![phrase.to_owned()];
    let mut said: Vec<String> = Vec::new();
    while let Some(phrase) = open.pop() {
        let group = if phrase.len() > LONGEST_PATTERN { None } else { last_group(&phrase) };
        let Some((before, inside, after, optional)) = group else {
            let plain = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
            if !plain.is_empty() && !said.contains(&plain) && said.len() < MOST_WORDINGS {
                said.push(plain);
            }
            continue;
        };
        let none = optional.then_some("");
        let wordings = none.into_iter().chain(inside.rsplit('|'));
        let room = MOST_WORDINGS.saturating_sub(said.len() + open.len()).max(1);
        // The first wording comes off the stack first, whatever is cut.
        let mut more: Vec<String> = wordings.map(|word| format!("{before}{word}{after}")).collect();
        open.extend(more.split_off(more.len().saturating_sub(room)));
    }
    said
}

/// The group that opens last, so that it holds no other: what is before, in and after it, and whether it
/// may be left out.
fn last_group(phrase: &str) -> Option<(&str, &str, &str, bool)> {
    let mut end = phrase.len();
    while let Some(open) = phrase[..end].rfind(['(', '[']) {
        let (before, rest) = phrase.split_at(open);
        let optional = rest.starts_with('[');
        if let Some((inside, after)) = rest[1..].split_once(if optional { ']' } else { ')' })
            && (optional || inside.contains('|'))
        {
            return Some((before, inside, after, optional));
        }
        end = open;
    }
    None
}

/// A phrase without its entity marks: `{NumNights=4 {HotelNights=noches}}` is "4 noches"; a hole
/// `{Name}` without a value goes.
fn without_marks(phrase: &str) -> String {
    let mut out = String::new();
    let mut name: Option<String> = None;
    for c in phrase.chars() {
        match (&mut name, c) {
            (_, '{') => {
                // The outer name has ended where an inner mark begins.
                name = Some(String::new());
            }
            (Some(_), '=') => name = None,
            (_, '}') => name = None,
            (Some(name), c) => name.push(c),
            (None, c) => out.push(c),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_qna(text: &str, place: &str, draft: &mut Draft) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut answer: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        if let Some(lines) = &mut answer {
            if trimmed.starts_with("```") {
                if let (Some(pair), Some(text)) = (pairs.last_mut(), answer.take()) {
                    pair.answer = text.trim().to_owned();
                }
            } else {
                lines.push_str(line);
                lines.push('\n');
            }
            continue;
        }
        let heading = trimmed.trim_start_matches('#').trim();
        if let (true, Some(question)) = (trimmed.starts_with('#'), heading.strip_prefix('?')) {
            pairs.push(Pair {
                place: format!("{place}:{number}"),
                questions: vec![question.trim().to_owned()],
                answer: String::new(),
            });
        } else if trimmed.starts_with("```") {
            answer = Some(String::new());
        } else if let Some(question) = trimmed.strip_prefix("- ") {
            match pairs.last_mut() {
                Some(pair) if !question.contains('=') => pair.questions.push(question.trim().to_owned()),
                _ => draft.note(format!("{place}:{number}"), "a filter is not carried over"),
            }
        } else if trimmed.starts_with("**Prompts") {
            draft.note(format!("{place}:{number}"), "follow-up prompts are not carried over");
        }
    }
    pairs
}

fn answer(language: &str, index: usize, pair: Pair, draft: &mut Draft) {
    let Some(question) = pair.questions.first() else { return };
    if pair.answer.is_empty() {
        return draft.note(pair.place, format!("the question \"{question}\" has no answer"));
    }
    if pair.answer.contains("![") || pair.answer.contains("! [") {
        draft.note(pair.place.clone(), "a picture in the answer is said as its address");
    }
    let topic = format!("{language} {}: {question}", index + 1);
    let Some(say) = draft.text_in(language, vec![escape(&plain_markdown(&pair.answer))]) else { return };
    draft.flow.answer.push(RawAnswer {
        topic: spanned(topic),
        title: draft.text_in(language, vec![escape(question)]),
        phrases: Some(spanned(Text::ByLanguage(Texts::from([(language.to_owned(), pair.questions)])))),
        phrases_from: None,
        say,
        link: None,
    });
}

/// Markdown links as WhatsApp shows them: "text (https://…)".
fn plain_markdown(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        let link = after.find(']').and_then(|close| {
            let label = after.get(1..close)?;
            let tail = after.get(close + 1..)?.trim_start();
            let address = tail.strip_prefix('(')?;
            let end = address.find(')')?;
            Some((label, address.get(..end)?, address.get(end + 1..)?))
        });
        match link {
            Some((label, address, tail)) => {
                out.push_str(before.trim_end_matches("! ").trim_end_matches('!'));
                out.push_str(&format!("{label} ({address})"));
                rest = tail;
            }
            None => {
                out.push_str(before);
                out.push('[');
                rest = after.get(1..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_marks_leave_the_words() {
        let cases = [
            ("Añadir {NumNights=4 {HotelNights=Noches}} a mi reserva", "Añadir 4 Noches a mi reserva"),
            ("call {@Name} now", "call now"),
            ("plain", "plain"),
            ("broken {a=b", "broken b"),
        ];
        for (marked, plain) in cases {
            assert_eq!(without_marks(marked), plain);
        }
    }

    #[test]
    fn patterns_are_spelled_out() {
        let cases: [(&str, &[&str]); 7] = [
            ("[please] (call|ring) me", &["please call me", "please ring me", "call me", "ring me"]),
            ("plain (really)", &["plain (really)"]),
            ("a (b|c(d|e))", &["a b", "a cd", "a ce"]),
            ("broken [a (b|c", &["broken [a (b|c"]),
            ("", &[]),
            ("[x]", &["x"]),
            ("(a|b) (a|b) (a|b) (a|b)", &[]),
        ];
        for (pattern, expected) in cases {
            let mut said = patterns(pattern);
            if pattern.matches('|').count() == 4 {
                assert!((1..=MOST_WORDINGS).contains(&said.len()), "{said:?}");
                continue;
            }
            said.sort_unstable();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(said, expected, "{pattern}");
        }
        // Exponentially many wordings are cut.
        assert!(patterns(&"(a|b) ".repeat(150)).len() <= MOST_WORDINGS);
        assert_eq!(patterns(&"(".repeat(1_000_000)).len(), 1);
    }

    #[test]
    fn links_are_written_out() {
        assert_eq!(plain_markdown("see [here](https://a.example) [x"), "see here (https://a.example) [x");
        assert_eq!(plain_markdown("! [logo] (https://a.example)"), "logo (https://a.example)");
    }

    #[test]
    fn the_language_stands_in_the_name() {
        let cases = [
            ("Faq.es-es.qna", "es"),
            ("a/General.en-us.lu", "en"),
            ("faq.qna", "en"),
            ("my.bot.lu", "en"),
            ("pt-br/General.lu", "pt"),
            ("bot/es/General.lu", "es"),
            ("General.zh-hans.lu", "zh"),
        ];
        for (name, code) in cases {
            assert_eq!(language_of(name), code);
        }
    }
}
