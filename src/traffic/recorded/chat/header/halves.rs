//! Morning and afternoon, in the words of the languages that phones write.

use super::Cursor;
use crate::traffic::recorded::script::is_invisible;

/// Words for morning (false) and afternoon (true), in lower case and without blanks and dots.
const HALVES: [(&str, bool); 67] = [
    ("am", false),
    ("pm", true),
    ("上午", false),
    ("下午", true),
    ("凌晨", false),
    ("早上", false),
    ("中午", true),
    ("晚上", true),
    ("午前", false),
    ("午後", true),
    ("오전", false),
    ("오후", true),
    ("قبلازظهر", false),
    ("بعدازظهر", true),
    ("قظ", false),
    ("بظ", true),
    ("ص", false),
    ("م", true),
    ("पूर्वाह्न", false),
    ("अपराह्न", true),
    ("πμ", false),
    ("μμ", true),
    ("пробяд", false),
    ("следобед", true),
    ("проб", false),
    ("слоб", true),
    ("дп", false),
    ("пп", true),
    ("öö", false),
    ("ös", true),
    ("sa", false),
    ("ch", true),
    ("de", false),
    ("du", true),
    ("ptg", true),
    ("pg", false),
    ("முற்பகல்", false),
    ("பிற்பகல்", true),
    ("清晨", false),
    ("傍晚", true),
    ("半夜", false),
    ("午夜", false),
    ("fm", false),
    ("em", true),
    ("ap", false),
    ("ip", true),
    ("dop", false),
    ("odp", true),
    ("pop", true),
    ("fh", false),
    ("eh", true),
    ("pd", false),
    ("md", true),
    ("priekšp", false),
    ("pēcp", true),
    ("priešpiet", false),
    ("popiet", true),
    ("претпл", false),
    ("попл", true),
    ("преподне", false),
    ("попладне", true),
    ("ก่อนเที่ยง", false),
    ("หลังเที่ยง", true),
    ("לפנה״צ", false),
    ("אחה״צ", true),
    ("পূর্বাহ্ণ", false),
    ("অপরাহ্ণ", true),
];

/// The half of the day that is said here, if one is.
pub(super) fn half_of_day(c: &mut Cursor<'_>) -> Option<bool> {
    // The form nearly all files have, without any allocation.
    let bytes = &c.text.as_bytes()[c.at..];
    if let [a @ (b'a' | b'A' | b'p' | b'P'), b'm' | b'M', rest @ ..] = bytes
        && !rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.')
    {
        c.at += 2;
        return Some(matches!(a, b'p' | b'P'));
    }
    let from = c.at;
    let mut word = String::new();
    let mut best = None;
    while word.len() < 40 {
        let Some(next) = c.eat(|c| {
            (c.is_alphabetic() || c.is_whitespace() || is_invisible(c) || matches!(c, '.' | '\u{200c}'))
                || (!c.is_ascii() && !c.is_alphanumeric())
        }) else {
            break;
        };
        if !next.is_whitespace() && !is_invisible(next) && next != '.' && next != '\u{200c}' {
            word.extend(next.to_lowercase());
        }
        // The blank behind the word is left to the end of the header.
        let ends = !next.is_whitespace() && c.peek().is_none_or(|n| !n.is_alphabetic());
        if ends && let Some((_, afternoon)) = HALVES.iter().find(|(half, _)| *half == word) {
            best = Some((c.at, *afternoon));
        }
    }
    let (at, afternoon) = best.unwrap_or((from, false));
    c.at = at;
    best.map(|_| afternoon)
}
