//! What is taken out of texts: names of those who take part, mail addresses, telephone and card numbers,
//! control characters. Most texts hold nothing of it, and that is seen at one look.

use std::borrow::Cow;

use super::fingerprint::Set;
use super::script::{digit_value, is_invisible};

/// Words in names that name nobody; to redact them would only spoil the text.
const COMMON_IN_NAMES: [&str; 24] = [
    "del", "los", "las", "von", "van", "der", "den", "dos", "das", "the", "and", "les", "des", "bin",
    "support", "team", "service", "customer", "help", "soporte", "equipo", "cliente", "suporte", "bot",
];

/// A text without numbers, addresses, and any of the names: those of the thread and those spoken of anywhere.
pub fn redacted<'a>(text: &'a str, names: [&Names; 2]) -> Cow<'a, str> {
    let looks = Looks::of(text);
    let plain = match looks {
        // Nothing in it that could be a number or an address, or do harm.
        Looks { plain: true, digits: 0..7, at_sign: false } => Cow::Borrowed(text),
        _ => match without_controls(text) {
            Cow::Borrowed(text) => redact_numbers(text),
            Cow::Owned(text) => Cow::Owned(redact_numbers(&text).into_owned()),
        },
    };
    match plain {
        Cow::Borrowed(text) => redact_names(text, names, looks.plain),
        Cow::Owned(text) => Cow::Owned(redact_names(&text, names, text.is_ascii()).into_owned()),
    }
}

/// What one look at a text tells.
struct Looks {
    /// ASCII, and no control characters but line breaks and tabs.
    plain: bool,
    digits: usize,
    at_sign: bool,
}

impl Looks {
    /// Sixteen bytes at a time are looked at without a branch, which the compiler makes a few instructions of.
    fn of(text: &str) -> Looks {
        let mut looks = Looks { plain: true, digits: 0, at_sign: false };
        let (chunks, rest) = text.as_bytes().as_chunks::<16>();
        let mut last = [b' '; 16];
        last[..rest.len()].copy_from_slice(rest);
        for chunk in chunks.iter().chain([&last]) {
            let (mut odd, mut digit, mut at_sign) = (false, false, false);
            for b in chunk {
                odd |= (*b < 0x20) & (*b != b'\n') & (*b != b'\t') | (*b > 0x7e);
                digit |= b.wrapping_sub(b'0') < 10;
                at_sign |= *b == b'@';
            }
            looks.plain &= !odd;
            looks.at_sign |= at_sign;
            if digit {
                looks.digits += chunk.iter().filter(|b| b.is_ascii_digit()).count();
            }
        }
        looks
    }
}

/// Words of names, in lower case. Hardly any word of a text begins like one of them, which is looked
/// at before the word itself is.
pub struct Names {
    words: Set<String>,
    /// By byte: 1 if a word begins with it, in either case. Letters beyond ASCII are not told apart.
    first: [u8; 256],
    beginnings: [u64; 16],
}

impl Default for Names {
    fn default() -> Names {
        Names { words: Set::default(), first: [0; 256], beginnings: [0; 16] }
    }
}

impl Names {
    /// More words.
    pub fn extend(&mut self, words: impl Iterator<Item = String>) {
        for word in words {
            let beginning = beginning(word.chars());
            self.beginnings[beginning / 64] |= 1 << (beginning % 64);
            if let Some(byte) = word.bytes().next() {
                self.first[usize::from(byte.to_ascii_lowercase())] = 1;
                self.first[usize::from(byte.to_ascii_uppercase())] = 1;
            }
            self.words.insert(word);
        }
    }

    /// Whether one of them stands at the beginning of these bytes, or might: beyond ASCII, and in long
    /// words, nothing is decided.
    fn may_begin(&self, bytes: &[u8]) -> bool {
        let word = bytes.iter().take_while(|b| OF_WORD[usize::from(**b)] == LETTER).count();
        let lower = |at: usize| bytes[..word].get(at).map(|b| char::from(b.to_ascii_lowercase()));
        if !self.may_have(beginning([lower(0), lower(1)].into_iter().flatten())) {
            return false;
        }
        let mut letters = [0; 24];
        let Some(letters) = letters.get_mut(..word) else { return true };
        letters.copy_from_slice(&bytes[..word]);
        letters.make_ascii_lowercase();
        bytes.get(word).is_some_and(|b| OF_WORD[usize::from(*b)] == BEYOND)
            || std::str::from_utf8(letters).is_ok_and(|letters| self.words.contains(letters))
    }

    fn may_have(&self, beginning: usize) -> bool {
        self.beginnings[beginning / 64] & (1 << (beginning % 64)) != 0
    }
}

/// A number below 1,024 that words with the same first two characters share.
fn beginning(mut lower: impl Iterator<Item = char>) -> usize {
    let mut next = || lower.next().map_or(0, |c| c as usize);
    let (first, second) = (next(), next());
    (first.wrapping_mul(33) ^ second) % 1_024
}

/// The words of a name that are worth redacting.
pub fn name_words(name: &str) -> impl Iterator<Item = String> {
    let local = name.split('@').next().unwrap_or("");
    words(local)
        .filter(|w| w.chars().count() >= 3 && !w.chars().any(|c| c.is_numeric()))
        .map(|w| w.chars().flat_map(char::to_lowercase).collect::<String>())
        .filter(|w| !COMMON_IN_NAMES.contains(&w.as_str()))
}

/// Control characters (but line breaks and tabs) and the marks that turn the direction of what
/// follows have no meaning in a log and do harm in a terminal.
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    // Without a branch for each byte, so that many are looked at at once.
    let special = |b: u8| !matches!(b, 0x20..0x7f | b'\n' | b'\t');
    let plain = !text.bytes().fold(false, |any, b| any | special(b));
    if plain || !text.chars().any(harmful) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| !harmful(*c)).collect())
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

/// `ascii` says that the text is; of others the letters are looked at one by one.
fn redact_names<'a>(text: &'a str, names: [&Names; 2], ascii: bool) -> Cow<'a, str> {
    if names.iter().all(|n| n.words.is_empty()) {
        return Cow::Borrowed(text);
    }
    if ascii && !may_name(text, names) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut lower = String::new();
    let mut at = 0;
    // Runs of letters, digits and whatever is not ASCII; only the latter are looked at closely.
    while at < bytes.len() {
        if OF_WORD[usize::from(bytes[at])] == BETWEEN {
            at += 1;
            continue;
        }
        let from = at;
        let mut kinds = 0;
        while let Some(kind) = bytes.get(at).map(|b| OF_WORD[usize::from(*b)]).filter(|kind| *kind != BETWEEN)
        {
            kinds |= kind;
            at += 1;
        }
        let run = &text[from..at];
        if kinds == LETTER {
            let lowered = |b: &u8| char::from(b.to_ascii_lowercase());
            let beginning = beginning(run.as_bytes().iter().map(lowered));
            if run.len() < 3 || !names.iter().any(|n| n.may_have(beginning)) {
                continue;
            }
        }
        for word in words(run) {
            let in_lower = || word.chars().flat_map(char::to_lowercase);
            let beginning = beginning(in_lower());
            if !names.iter().any(|n| n.may_have(beginning)) {
                continue;
            }
            lower.clear();
            lower.extend(in_lower());
            if names.iter().any(|n| n.words.contains(lower.as_str())) {
                let place = word.as_ptr() as usize - text.as_ptr() as usize;
                out.push_str(&text[copied..place]);
                out.push_str("[name]");
                copied = place + word.len();
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// False if no word of an ASCII text is one of the names: only words that begin with one of their letters
/// are looked at.
fn may_name(text: &str, names: [&Names; 2]) -> bool {
    let [some, others] = names;
    let bytes = text.as_bytes();
    // One branch for both questions: whether a word begins here, and with such a letter.
    let mut begins = 1;
    for (at, byte) in bytes.iter().enumerate() {
        let byte = usize::from(*byte);
        if begins & (some.first[byte] | others.first[byte]) != 0
            && names.iter().any(|n| n.may_begin(&bytes[at..]))
        {
            return true;
        }
        begins = u8::from(OF_WORD[byte] == BETWEEN);
    }
    false
}

/// What a byte is to words: nothing of them, a letter or digit, a part of a character beyond ASCII.
const OF_WORD: [u8; 256] = {
    let mut kinds = [BETWEEN; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte >= 0x80 {
            kinds[byte] = BEYOND;
        } else if (byte as u8).is_ascii_alphanumeric() {
            kinds[byte] = LETTER;
        }
        byte += 1;
    }
    kinds
};
const BETWEEN: u8 = 0;
const LETTER: u8 = 1;
const BEYOND: u8 = 2;

/// Mail addresses, and runs of at least seven digits with the usual separators between them.
fn redact_numbers(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let few =
        ascii < 7 && (text.is_ascii() || text.chars().filter(|c| digit_value(*c).is_some()).count() < 7);
    if few && memchr::memchr(b'@', bytes).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    let mut after_word = false;
    while let Some(c) = rest.chars().next() {
        if !after_word && let Some(len) = mail_length(rest) {
            out.push_str("[mail]");
            rest = &rest[len..];
            changed = true;
            after_word = true;
            continue;
        }
        if (c == '+' || digit_value(c).is_some())
            && let Some((len, word)) = number_length(rest)
        {
            out.push_str(word);
            rest = &rest[len..];
            changed = true;
            after_word = true;
            continue;
        }
        // A run that is no number is taken as a whole, lest its tail be taken for one.
        let len = if digit_value(c).is_some() {
            rest.find(|c| digit_value(c).is_none()).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        out.push_str(&rest[..len]);
        after_word = c.is_alphanumeric() || "._%+-".contains(c);
        rest = &rest[len..];
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// Length of the mail address that `text` begins with.
fn mail_length(text: &str) -> Option<usize> {
    let local = text.find(|c: char| !(c.is_alphanumeric() || "._%+-'".contains(c)))?;
    let domain = text[local..].strip_prefix('@').filter(|_| local > 0)?;
    let len = domain.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(domain.len());
    let domain = domain[..len].trim_end_matches(['.', '-']);
    domain.contains('.').then_some(local + 1 + domain.len())
}

/// Length of the telephone or card number that `text` begins with, and the word that replaces it.
fn number_length(text: &str) -> Option<(usize, &'static str)> {
    let mut digits: Vec<u8> = Vec::new();
    // How long each run of digits is, and what stands before it.
    let mut runs: Vec<(usize, char)> = Vec::new();
    let mut end = 0;
    let mut gap = 0;
    let mut before = '+';
    for (at, c) in text.char_indices() {
        if let Some(digit) = digit_value(c) {
            match runs.last_mut() {
                Some((length, _)) if gap == 0 => *length += 1,
                _ => runs.push((1, before)),
            }
            digits.push(digit);
            end = at + c.len_utf8();
            gap = 0;
        } else if is_invisible(c) || " -.()\u{a0}\u{202f}".contains(c) || (c == '+' && at == 0) {
            gap += 1;
            before = c;
            if gap > 2 {
                break;
            }
        } else {
            break;
        }
        if digits.len() > 32 {
            break;
        }
    }
    if digits.len() < 7 || is_date(&runs) {
        return None;
    }
    let card = (13..=19).contains(&digits.len()) && luhn(&digits);
    Some((end, if card { "[card]" } else { "[number]" }))
}

/// `2024-03-01`, `1.3.2024`, perhaps with a time behind.
fn is_date(runs: &[(usize, char)]) -> bool {
    let [(first, _), (second, one), (third, other), rest @ ..] = runs else { return false };
    let parts = matches!((first, second, third), (4, 1..=2, 1..=2) | (1..=2, 1..=2, 2 | 4));
    parts
        && one == other
        && matches!(one, '-' | '.')
        && rest.iter().all(|(length, before)| *length <= 2 && *before == ' ')
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(*d) * if i % 2 == 1 { 2 } else { 1 };
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(of: &[&str]) -> Names {
        let mut names = Names::default();
        names.extend(of.iter().flat_map(|name| name_words(name)));
        names
    }

    #[test]
    fn whole_words_are_names_and_their_like_are_not() {
        let (thread, anywhere) = (names(&["Ana Pérez"]), names(&["Shop of Olive-Anne"]));
        let cases = [
            ("Ana, should I show it?", "[name], should I show it?"),
            ("I should ask ANA", "I should ask [name]"),
            ("analogue olives shopping", "analogue olives shopping"),
            ("the shop; anne_x", "the [name]; [name]_x"),
            ("anaé Pérez", "anaé [name]"),
            ("a banana", "a banana"),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text, [&thread, &anywhere]), expected);
        }
    }

    proptest! {
        /// The quick look, which lets most texts pass, agrees with a plain one at every word.
        #[test]
        fn the_quick_look_misses_nothing(text in "[abnos .,é9]{0,60}", of in "[abnos]{1,6}( [abnosé]{3,8}){0,2}") {
            let of = names(&[&of]);
            let plain = |word: &str| of.words.contains(&word.to_lowercase());
            let expected = words(&text).filter(|word| plain(word)).count();
            prop_assert_eq!(redact_names(&text, [&of, &of], text.is_ascii()).matches("[name]").count(), expected);
        }
    }
}
