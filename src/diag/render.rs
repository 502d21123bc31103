//! Diagnostics as text: the file, the line, a caret under the culprit, what to write instead.

use super::{Diagnostic, Severity, Sources};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use std::ops::Range;

/// All of them, in the order of files and places, with a last line that counts them.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&groups(diagnostic, sources)));
        text.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        text.push_str(&summary(diagnostics));
        text.push('\n');
    }
    text
}

/// `2 errors and 1 warning in shop.toml`.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let counted = |n: usize, noun: &str| match n {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{n} {noun}s")),
    };
    let counts: Vec<String> =
        [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    let mut files: Vec<&str> =
        diagnostics.iter().map(|d| d.file.as_str()).filter(|f| !f.is_empty()).collect();
    files.sort_unstable();
    files.dedup();
    let place = match files.as_slice() {
        [] => String::new(),
        [one] => format!(" in {}", control_free(one)),
        many => format!(" in {} files", many.len()),
    };
    format!("{}{place}", counts.join(" and "))
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut first = level
        .primary_title(control_free(&diagnostic.message))
        .id(diagnostic.code)
        .elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
    let source = sources.get(&diagnostic.file).filter(|_| !diagnostic.marks.is_empty());
    match source {
        Some(text) => {
            let marks = diagnostic.marks.iter().enumerate().map(|(index, mark)| {
                let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let label = (!mark.label.is_empty()).then(|| control_free(&mark.label));
                kind.span(within(text, &mark.span)).label(label)
            });
            first = first
                .element(Snippet::source(text.as_str()).path(diagnostic.file.as_str()).annotations(marks));
        }
        None if !diagnostic.file.is_empty() => {
            first = first.element(Origin::path(control_free(&diagnostic.file)))
        }
        None => {}
    }
    let replacement = source.zip(diagnostic.replacement.as_ref()).zip(diagnostic.marks.first());
    let (patch_title, notes) = match (&replacement, diagnostic.help.split_last()) {
        (Some(_), Some((title, notes))) => (Some(title), notes),
        _ => (None, diagnostic.help.as_slice()),
    };
    for note in notes {
        first = first.element(Level::HELP.message(control_free(note)));
    }
    let mut groups = vec![first];
    if let Some(((text, with), mark)) = replacement {
        let title = patch_title.map_or("write this instead", String::as_str);
        groups.push(Level::HELP.secondary_title(control_free(title)).element(
            Snippet::source(text.as_str()).patch(Patch::new(within(text, &mark.span), with.as_str())),
        ));
    }
    groups
}

/// The span cut to the text and to whole characters: the renderer panics on anything else.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

/// Messages may quote what somebody else wrote: no escape sequence of theirs reaches a terminal.
fn control_free(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
