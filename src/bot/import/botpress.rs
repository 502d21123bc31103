//! Botpress 12: a bot's folder with intents and questions with answers. Its flows are conditions in
//! JavaScript, which is never run; they are named among what is lost.

use super::Import;
use super::draft::{Draft, Texts, base_language, spanned};
use super::json::{file, flag, list, text, texts};
use super::source::{ImportError, Source};
use crate::bot::flow::escape;
use crate::bot::flow::raw::*;
use serde_json::Value;

pub(super) fn import(source: &mut Source) -> Result<Import, ImportError> {
    source.strip_to("bot.config.json");
    if !source.names().any(|n| n.starts_with("qna/") || n.starts_with("intents/")) {
        for folder in ["/qna/", "/intents/"] {
            let below = source.names().find_map(|n| Some(n.split_once(folder)?.1.to_owned()));
            if let Some(below) = below {
                source.strip_to(&format!("{}{below}", &folder[1..]));
            }
        }
    }
    let config = file(source, "bot.config.json")?.unwrap_or(Value::Null);
    let mut languages: Vec<String> = Vec::new();
    let default = text(&config, "defaultLanguage").to_owned();
    for code in std::iter::once(default).chain(texts(&config, "languages")).filter(|c| !c.is_empty()) {
        let base = base_language(&code);
        if !languages.contains(&base) {
            languages.push(base);
        }
    }
    let name = Some(text(&config, "name")).filter(|n| !n.is_empty()).unwrap_or(&source.name).to_owned();
    let mut draft = Draft::new(&name, languages);
    if config.is_null() {
        draft.note("bot.config.json", "is missing: English is assumed");
    }
    let minutes = text(config.get("dialog").unwrap_or(&Value::Null), "timeoutInterval");
    if let Some(minutes) = minutes.strip_suffix('m').filter(|m| m.parse::<u32>().is_ok_and(|m| m > 0)) {
        draft.flow.session.time_out = spanned(format!("{minutes}m"));
    }
    let names: Vec<String> = source.names().filter(|n| n.ends_with(".json")).map(str::to_owned).collect();
    for place in &names {
        // Drawings of flows are lost with the flows.
        if matches!(place.split('/').next(), Some("flows" | "entities" | "hooks" | "actions")) {
            source.see(place);
        }
        match place.split('/').next() {
            Some("intents") => intent(source, place, &mut draft)?,
            Some("qna") => question(source, place, &mut draft)?,
            Some("flows") if !place.ends_with(".ui.json") => {
                draft.note(place.clone(), "a flow of Botpress decides in JavaScript, which is not run");
            }
            Some("entities") => draft.note(place.clone(), "an entity no slot asks for is not carried over"),
            Some("hooks" | "actions") => draft.note(place.clone(), "custom code is not run"),
            _ => {}
        }
    }
    if draft.flow.intent.is_empty() && draft.flow.answer.is_empty() {
        return Err(ImportError::Broken {
            place: source.name.clone(),
            why: "no intent and no question in it".to_owned(),
        });
    }
    draft.flow.after_answer = Some(spanned("start".to_owned()));
    Ok(draft.finish())
}

/// The texts of each language the flow speaks.
fn by_language(value: Option<&Value>, draft: &Draft) -> Texts {
    let mut found = Texts::new();
    for code in value.and_then(Value::as_object).into_iter().flat_map(|map| map.keys()) {
        let list = texts(value.unwrap_or(&Value::Null), code);
        let list: Vec<String> = list.into_iter().filter(|t| !t.trim().is_empty()).collect();
        if !list.is_empty() && draft.languages().contains(&base_language(code)) {
            found.entry(base_language(code)).or_default().extend(list);
        }
    }
    found
}

fn intent(source: &Source, place: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let Some(value) = file(source, place)? else { return Ok(()) };
    let stem = place.rsplit('/').next().unwrap_or(place).trim_end_matches(".json");
    let name = Some(text(&value, "name")).filter(|n| !n.is_empty()).unwrap_or(stem).to_owned();
    // The questions stand in `qna/`; here is only what was compiled of them.
    if name.starts_with("__qna__") {
        return Ok(());
    }
    let mut phrases = by_language(value.get("utterances"), draft);
    phrases.values_mut().flatten().for_each(|phrase| *phrase = super::rasa::unmarked(phrase));
    if phrases.is_empty() {
        draft.note(place, "has no phrases in a language of the bot");
        return Ok(());
    }
    if !list(&value, "slots").is_empty() {
        draft.note(place, "its slots are filled in flows, which are not carried over");
    }
    draft.note(place, "what follows stands in a flow; a person takes over under its name");
    let step = RawStep { hand_off: Some(spanned(name.clone())), ..RawStep::default() };
    draft.add_step(&name, step);
    draft.flow.intent.push(RawIntent {
        name: spanned(name.clone()),
        title: None,
        phrases: Some(spanned(Text::ByLanguage(phrases))),
        phrases_from: None,
        go: spanned(name),
    });
    Ok(())
}

fn question(source: &Source, place: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let Some(value) = file(source, place)? else { return Ok(()) };
    let data = value.get("data").unwrap_or(&value);
    if data.get("enabled").is_some() && !flag(data, "enabled") {
        draft.note(place, "is switched off there and was left out");
        return Ok(());
    }
    let questions = by_language(data.get("questions"), draft);
    if text(data, "action").contains("redirect") {
        draft.note(
            place,
            format!("its way on to the flow `{}` is not carried over", text(data, "redirectFlow")),
        );
    }
    let mut answers = by_language(data.get("answers"), draft);
    for list in answers.values_mut() {
        if list.len() > 1 {
            draft.note(place, format!("{} wordings of the answer: the first is always said", list.len()));
        }
        list.truncate(1);
        list.iter_mut().for_each(|answer| *answer = escape(answer));
    }
    let Some(say) = draft.text(answers) else {
        draft.note(place, "has no answer in a language of the bot");
        return Ok(());
    };
    if questions.is_empty() {
        draft.note(place, "has no question in a language of the bot");
        return Ok(());
    }
    let stem = place.rsplit('/').next().unwrap_or(place).trim_end_matches(".json").to_owned();
    let title = questions.iter().map(|(l, list)| (l.clone(), vec![escape(&list[0])])).collect();
    draft.flow.answer.push(RawAnswer {
        topic: spanned(Some(text(&value, "id")).filter(|id| !id.is_empty()).map_or(stem, str::to_owned)),
        title: draft.text(title),
        phrases: Some(spanned(Text::ByLanguage(questions))),
        phrases_from: None,
        say,
        link: None,
    });
    Ok(())
}
