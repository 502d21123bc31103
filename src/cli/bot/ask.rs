//! `helpsim bot ask`: talk to a flow in the terminal.

use super::super::exit::{Exit, Failure};
use super::super::ui::Ui;
use crate::bot::flow::{End, Flow, Input, Media, Memo, Session, Turn, Why};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// Talk to a flow in the terminal
///
/// Each line is a message. `/image`, `/audio`, `/document` send that, `/silence` lets the session time
/// out, `/quit` leaves. Lines may also come from a pipe.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The flow
    pub flow: PathBuf,
    /// Say after each message why the bot did what it did
    #[arg(long)]
    pub why: bool,
    /// The customer's language, if it is known beforehand
    #[arg(long, default_value = "")]
    pub language: String,
    /// Set a variable beforehand
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::super::Outcome {
    let flow = super::load(&args.flow, ui)?;
    let mut session = flow.start(&args.language);
    for variable in &args.variables {
        let Some((name, value)) = variable.split_once('=') else {
            return Err(Failure::input(anyhow::anyhow!("`{variable}` is not NAME=VALUE")));
        };
        session.set(&flow, name, value);
    }
    if std::io::stdin().is_terminal() {
        ui.say(&format!("{}: write to the bot; /quit leaves", flow.name()));
    }
    let mut memo = Memo::new();
    let mut transcript: Vec<String> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line =
            line.map_err(|error| Failure::io(anyhow::anyhow!("cannot read standard input: {error}")))?;
        let input = match line.trim() {
            "" => continue,
            "/quit" => break,
            "/silence" => Input::Silence,
            command if command.starts_with('/') => Input::Media(Media::from_word(&command[1..])),
            text => Input::Text(text),
        };
        let turn = flow.advance(&mut session, input, &mut memo);
        transcript.push(format!("customer: {}", line.trim()));
        for text in flow.texts(&session, &turn) {
            let shown = printable(&text).replace('\n', "\n     ");
            ui.print(&format!("bot: {shown}\n"));
            transcript.push(format!("bot: {}", printable(&text).replace('\n', " / ")));
        }
        if args.why {
            ui.print(&format!("     ({})\n", why(&flow, &turn, line.trim())));
        }
        if let Some(end) = turn.end {
            say_the_end(&flow, &session, end, &transcript, ui);
            break;
        }
    }
    Ok(Exit::Success)
}

fn say_the_end(flow: &Flow, session: &Session, end: End, transcript: &[String], ui: &Ui) {
    ui.print(&format!("--- {}\n", flow.explain_end(end)));
    if let End::HandOff(_) = end {
        let summary = flow.summary(session);
        if !summary.is_empty() {
            ui.print(&format!("--- summary for the agent: {}\n", printable(&summary)));
        }
        ui.print(&format!("--- transcript for the agent:\n{}\n", transcript.join("\n")));
    }
}

/// Why the bot did it, with the pieces of text that weighed most where the recogniser decided.
fn why(flow: &Flow, turn: &Turn, text: &str) -> String {
    let mut said = flow.explain(&turn.why);
    let topic = match turn.why {
        Why::Topic { topic, .. } | Why::Unsure { first: topic, .. } => Some(topic),
        Why::NotUnderstood { best } => best.map(|(topic, _)| topic),
        _ => None,
    };
    let reasons = topic.map(|topic| flow.reasons(text, topic)).unwrap_or_default();
    let pieces: Vec<String> =
        reasons.iter().take(4).filter(|r| r.1 > 0.0).map(|r| format!("\"{}\"", r.0)).collect();
    if !pieces.is_empty() {
        said.push_str(&format!("; by {}", pieces.join(" ")));
    }
    said
}

/// A text without characters that would move the cursor or turn the line around.
fn printable(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(hidden, "\u{FFFD}")
}
