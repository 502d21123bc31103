//! Bots from where they were built: exports become flows, and what a flow cannot do is listed.
//!
//! Every importer reads a [`source`], fills a [`draft`] and leaves a note for each thing it drops or
//! changes, with its place. Nothing is dropped in silence, and nothing in an export is ever executed.

mod blocks;
mod bot_framework;
mod botpress;
mod dialogflow_cx;
mod dialogflow_es;
mod draft;
mod json;
mod rasa;
mod rasa_old;
mod rasa_stories;
mod source;
mod typebot;

pub use draft::Note;
pub use source::ImportError;

use crate::bot::flow::RawFlow;
use source::Source;
use std::path::Path;

/// A bot as a flow.
#[derive(Clone, Debug)]
pub struct Import {
    /// The flow.
    pub flow: RawFlow,
    /// What was lost or changed, by place.
    pub notes: Vec<Note>,
}

/// Where a bot was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Dialogflow ES, both generations of export.
    DialogflowEs,
    /// Dialogflow CX, JSON package.
    DialogflowCx,
    /// Rasa: YAML, the Markdown of Rasa 1, the JSON before it.
    Rasa,
    /// Bot Framework `.lu` and `.qna`.
    BotFramework,
    /// Typebot JSON.
    Typebot,
    /// Botpress 12: intents and questions with answers.
    Botpress,
    /// A table of blocks, for builders that export nothing (Landbot, Zoho Guided Conversations).
    Blocks,
}

impl Format {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::DialogflowEs => "Dialogflow ES",
            Format::DialogflowCx => "Dialogflow CX",
            Format::Rasa => "Rasa",
            Format::BotFramework => "Bot Framework",
            Format::Typebot => "Typebot",
            Format::Botpress => "Botpress",
            Format::Blocks => "table of blocks",
        }
    }
}

/// Imports a bot from a file, a folder or a zip.
pub fn import(path: &Path) -> Result<(Format, Import), ImportError> {
    let mut source = Source::read(path)?;
    let Some(format) = format_of(&source) else {
        // An export as it was downloaded, in a folder of its own.
        let is_archive = |name: &&str| name.to_ascii_lowercase().ends_with(".zip");
        let archives: Vec<&str> = source.names().filter(is_archive).collect();
        let shown = path.display().to_string();
        return match archives[..] {
            [archive] if path.is_dir() => import(&path.join(archive)),
            [_, _, ..] if path.is_dir() => {
                Err(ImportError::Several { path: shown, archives: archives.join(", ") })
            }
            _ => Err(ImportError::UnknownFormat { path: shown }),
        };
    };
    source.forget_seen();
    let mut import = match format {
        Format::DialogflowEs => dialogflow_es::import(&mut source)?,
        Format::DialogflowCx => dialogflow_cx::import(&mut source)?,
        Format::Rasa => rasa::import(&source)?,
        Format::BotFramework => bot_framework::import(&source)?,
        Format::Typebot => typebot::import(&source)?,
        Format::Botpress => botpress::import(&mut source)?,
        Format::Blocks => blocks::import(&source)?,
    };
    import.notes.extend(not_read(&source));
    import.notes.sort();
    import.notes.dedup();
    Ok((format, import))
}

/// What of the source no importer looked into.
fn not_read(source: &Source) -> Vec<Note> {
    let unseen = source.unseen().into_iter().map(|(place, count)| {
        let what = match count {
            1 => "a file that is not read".to_owned(),
            _ => format!("{count} files that are not read"),
        };
        Note { place, what }
    });
    let outside = source.outside().iter().map(|name| Note {
        place: name.clone(),
        what: "a name that leads out of the archive; not read".to_owned(),
    });
    let beside = (source.beside() > 0).then(|| Note {
        place: "..".to_owned(),
        what: format!("{} files beside the bot's folder are not read", source.beside()),
    });
    unseen.chain(outside).chain(beside).collect()
}

/// Finds out by the files' names, and where they do not say by what is in them.
fn format_of(source: &Source) -> Option<Format> {
    let any = |test: &dyn Fn(&str) -> bool| source.names().any(test);
    let holds = |kind: &str, test: &dyn Fn(&str) -> bool| {
        source.names().filter(|n| n.ends_with(kind)).any(|n| source.text(n).is_some_and(|text| test(&text)))
    };
    if any(&|n| n.ends_with(".lu") || n.ends_with(".qna")) {
        return Some(Format::BotFramework);
    }
    if any(&|n| n.ends_with("bot.config.json") || n.ends_with(".flow.json"))
        || (any(&|n| n.starts_with("qna/") || n.contains("/qna/"))
            && holds(".json", &|t| t.contains("\"questions\"")))
    {
        return Some(Format::Botpress);
    }
    if any(&|n| n.contains("flows/") && n.ends_with(".json")) {
        return Some(Format::DialogflowCx);
    }
    if any(&|n| n.contains("intents/") && n.ends_with(".json")) {
        return Some(Format::DialogflowEs);
    }
    if any(&|n| n.ends_with(".yml") || n.ends_with(".yaml"))
        || holds(".md", &rasa_old::is_markdown)
        || holds(".json", &|t| t.contains("\"rasa_nlu_data\""))
    {
        return Some(Format::Rasa);
    }
    if holds(".json", &|t| t.contains("\"groups\"")) {
        return Some(Format::Typebot);
    }
    any(&|n| n.ends_with(".csv")).then_some(Format::Blocks)
}

impl Import {
    /// The flow as a file, with the notes as comments at its head.
    pub fn to_toml(&self) -> Result<String, ImportError> {
        let broken = |why: toml::ser::Error| ImportError::Broken {
            place: self.flow.name.clone(),
            why: why.to_string(),
        };
        let flow = toml::to_string(&self.flow).map_err(broken)?;
        let mut text = String::new();
        if !self.notes.is_empty() {
            text.push_str("# Not carried over, or changed:\n");
            for note in &self.notes {
                let line = format!("{}: {}", note.place, note.what);
                text.push_str(&format!("# - {}\n", line.replace(|c: char| c.is_control(), " ")));
            }
            text.push('\n');
        }
        text.push_str(&flow);
        Ok(text)
    }
}

#[cfg(test)]
mod tests;
