//! Text from outside is text and nothing else: no control character, no bidirectional override and
//! no endless line reaches a screen or a page.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest piece of foreign text that is shown in one place.
const MAX_CHARS: usize = 240;

/// Foreign text made safe to show: what would move the cursor or turn the reading direction becomes
/// U+FFFD, and what is too long is cut.
pub(crate) fn clean(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(MAX_CHARS)
        .map(|c| if c.is_control() || turns_direction(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        out.push('…');
    }
    out
}

/// Bidirectional marks, embeddings, overrides and isolates (Unicode Standard Annex 9), and the line
/// and paragraph separators.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns it takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Shortened to `max` columns in the middle, since the end (a limit, a slice) matters, too.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let room = max.saturating_sub(1);
    let tail_room = room / 2;
    let head = take_columns(text.chars(), room - tail_room);
    let tail: String = take_columns(text.chars().rev(), tail_room).chars().rev().collect();
    if max == 0 { String::new() } else { format!("{head}…{tail}") }
}

/// Shortened to `max` columns at its end.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    format!("{}…", take_columns(text.chars(), max.saturating_sub(1)).trim_end())
}

/// As many leading characters as fit into `max` columns.
fn take_columns(chars: impl Iterator<Item = char>, max: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= max
        })
        .collect()
}

/// Padded on the right to `columns`.
pub(super) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Padded on the left to `columns`.
pub(super) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Broken into lines of at most `max` columns at spaces; a longer word is shortened.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, max);
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= max => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_turns_the_text_is_replaced() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
        assert_eq!(clean(&"x".repeat(1_000)).chars().count(), MAX_CHARS + 1);
        assert_eq!(clean("atención al cliente"), "atención al cliente");
    }

    #[test]
    fn shortening_keeps_both_ends() {
        assert_eq!(shorten("sla.first_response.compliance >= 90%", 20), "sla.first_…ce >= 90%");
        assert_eq!(shorten("short", 20), "short");
        assert_eq!(shorten("x", 0), "");
        assert!(width(&shorten("日本語のとても長い名前です", 9)) <= 9);
    }

    #[test]
    fn cutting_keeps_the_beginning() {
        assert_eq!(cut("the queue grows", 10), "the queue…");
        assert_eq!(cut("short", 10), "short");
    }

    #[test]
    fn wrapping() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 6), ["unb…le"]);
    }
}
