//! What the fuzz targets have in common: whatever comes in, no panic, and every element accounted for.

use helpsim::bot::flow::{Flow, Input as Said, Media, Memo};
use helpsim::traffic::recorded::{DateOrder, Format, ImportError, Input, Limits, Options, import};

/// Reads bytes as a format.
pub fn read(format: Format, data: &[u8]) {
    let limits = Limits { element_bytes: 4_096, sort_bytes: 64 << 10, ..Limits::default() };
    let date_order = DateOrder::from_name("dmy");
    let options = Options { format: Some(format), date_order, limits, ..Options::default() };
    match import(&[Input::memory("input", data)], &options, &mut |_| {}) {
        Ok(report) => assert!(report.balanced()),
        Err(ImportError::Unaccounted { .. }) => panic!("{} lost an element", format.name()),
        Err(_) => {}
    }
}

/// Parses text as a scenario.
pub fn scenario(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = helpsim::scenario::parse(text, "scenario.toml", std::path::Path::new("."), &[]);
    }
}

/// Compiles text as a bot's flow and talks to it. Flows that would call somebody are left out.
pub fn flow(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.contains("://") {
        return;
    }
    if let Ok((flow, _)) = Flow::from_text(text, "flow.toml", std::path::Path::new("/nowhere")) {
        let (mut session, mut memo) = (flow.start("es"), Memo::new());
        for said in ["hola", "1", "where is my order 12345", "¿?", "no", "urgente"] {
            if !session.is_over() {
                let turn = flow.advance(&mut session, Said::Text(said), &mut memo);
                flow.texts(&session, &turn);
            }
        }
        for said in [Said::Media(Media::Image), Said::Silence] {
            if !session.is_over() {
                flow.advance(&mut session, said, &mut memo);
            }
        }
    }
}

/// The names under which bots come. The first byte of the data says which.
const BOTS: [&str; 10] = [
    "bot.lu",
    "bot.qna",
    "domain.yml",
    "nlu.md",
    "nlu.json",
    "typebot.json",
    "blocks.csv",
    "bot.flow.json",
    "intents/hello.json",
    "flows/start/flow.json",
];

/// Imports files as a bot: parts between zero bytes, each under the name that its first byte chooses. What
/// comes out must be a flow that can be written.
pub fn bot_import(data: &[u8]) {
    let folder = std::env::temp_dir().join(format!("helpsim-fuzz-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for part in data.split(|byte| *byte == 0) {
        if let Some((name, content)) = part.split_first() {
            let path = folder.join(BOTS[usize::from(*name) % BOTS.len()]);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).expect("a temporary folder");
            }
            std::fs::write(path, content).expect("a temporary file");
        }
    }
    if let Ok((_, import)) = helpsim::bot::import::import(&folder)
        && let Ok(text) = import.to_toml()
    {
        let _ = Flow::from_text(&text, "flow.toml", &folder);
    }
}
