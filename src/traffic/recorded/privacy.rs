//! Pseudonyms and redaction: whoever reads the log must not learn who wrote.
//!
//! A pseudonym is a keyed BLAKE3 hash of the person's number, address or name, so the same person
//! stays the same as long as the key does, and nobody without the key can try out numbers. Texts lose
//! mail addresses, numbers as long as a telephone number, and the names of those who take part in
//! the conversation (`redact`). Names of third persons in a text are beyond what rules can find.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::fingerprint::Map;
use super::recent::Recent;
use super::redact::{Names, name_words, redacted, without_controls};
use super::script::{digit_value, is_invisible};

/// What becomes of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepText {
    /// No text in the log.
    None,
    /// Without names, addresses and numbers.
    #[default]
    Redacted,
    /// As written.
    Full,
}

/// The secret that pseudonyms hang on.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// From the content of a key file, whatever its length.
    pub fn from_bytes(bytes: &[u8]) -> Key {
        Key(blake3::derive_key("helpsim pseudonym key", bytes))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A pseudonym: a letter, an underscore and twelve hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 14]);

impl Pseudonym {
    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// That of the thread which is known by this person.
    pub fn thread(mut self) -> Pseudonym {
        self.0[0] = b't';
        self
    }
}

/// Makes pseudonyms and redacts texts.
pub struct Privacy {
    key: Key,
    keep_text: KeepText,
    pseudonyms: Map<String, Pseudonym>,
    /// The last few of them.
    recent: Recent,
    recent_pseudonyms: [Pseudonym; 4],
    /// Where the words of the names of those who take part are, by thread.
    threads: Map<String, usize>,
    names: Vec<Names>,
    /// The thread that was asked for last, and where its names are.
    last: (String, Option<usize>),
    /// Words of names to be redacted everywhere.
    names_anywhere: Names,
}

impl Privacy {
    /// With nobody known yet.
    pub fn new(key: Key, keep_text: KeepText) -> Self {
        Privacy {
            key,
            keep_text,
            pseudonyms: Map::default(),
            recent: Recent::default(),
            recent_pseudonyms: [Pseudonym(*b"p_000000000000"); 4],
            threads: Map::default(),
            names: Vec::new(),
            last: (String::new(), None),
            names_anywhere: Names::default(),
        }
    }

    /// The pseudonym of a person.
    pub fn pseudonym(&mut self, person: &str) -> Pseudonym {
        if person.is_empty() {
            return self.made(person);
        }
        if let Some(place) = self.recent.position(person) {
            return self.recent_pseudonyms[place];
        }
        let pseudonym = match self.pseudonyms.get(person) {
            Some(known) => *known,
            None => {
                let made = self.made(person);
                self.pseudonyms.insert(person.to_owned(), made);
                made
            }
        };
        self.recent_pseudonyms[self.recent.push(person)] = pseudonym;
        pseudonym
    }

    fn made(&self, person: &str) -> Pseudonym {
        let mut bytes = *b"p_000000000000";
        bytes[2..].copy_from_slice(&self.hash(&canonical(person)).as_bytes()[..12]);
        Pseudonym(bytes)
    }

    /// Twelve hexadecimal digits that only this key gives.
    pub fn hash(&self, text: &str) -> String {
        let hash = blake3::keyed_hash(&self.key.0, text.as_bytes());
        hash.to_hex()[..12].to_owned()
    }

    /// The id under which a ticket of the source stands in the log: its own, unless that names a person.
    pub fn ticket<'a>(&self, id: &'a str) -> Cow<'a, str> {
        if names_a_person(id) {
            return self.made(id).thread().as_str().to_owned().into();
        }
        cleaned(id.trim(), 200)
    }

    /// Somebody of this name takes part in `thread`. Mail addresses give the words of their local part.
    pub fn name(&mut self, thread: &str, name: &str) {
        if self.keep_text != KeepText::Redacted {
            return;
        }
        let mut words = name_words(name).peekable();
        if words.peek().is_none() {
            return;
        }
        let place = match self.threads.get(thread) {
            Some(place) => *place,
            None => {
                self.names.push(Names::default());
                self.threads.insert(thread.to_owned(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        self.names[place].extend(words);
        self.last = (thread.to_owned(), Some(place));
    }

    /// Where the names of a thread are, if there are any.
    fn place_of(&mut self, thread: &str) -> Option<usize> {
        if self.last.0 != thread {
            self.last.0.clear();
            self.last.0.push_str(thread);
            self.last.1 = self.threads.get(thread).copied();
        }
        self.last.1
    }

    /// Somebody of this name may be spoken of in any thread.
    pub fn name_anywhere(&mut self, name: &str) {
        if self.keep_text == KeepText::Redacted {
            self.names_anywhere.extend(name_words(name));
        }
    }

    /// What of a text may stand in the log of `thread`.
    pub fn text<'a>(&mut self, thread: &str, text: &'a str) -> Option<Cow<'a, str>> {
        match self.keep_text {
            KeepText::None => return None,
            KeepText::Full => return Some(without_controls(text)),
            KeepText::Redacted => {}
        }
        let here = self.place_of(thread).map(|place| &self.names[place]);
        Some(redacted(text, [here.unwrap_or(&self.names_anywhere), &self.names_anywhere]))
    }
}

/// Without control characters and not longer than `most` characters.
pub fn cleaned(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// One spelling of a person: numbers by their digits, with the variants of Brazil, Argentina and
/// Mexico brought together; addresses and names without case and invisible marks.
pub fn canonical(person: &str) -> String {
    let person = person.trim().strip_prefix("whatsapp:").unwrap_or(person.trim());
    let digits: String = person.chars().filter_map(digit_value).map(|d| char::from(b'0' + d)).collect();
    let only_number = person
        .chars()
        .all(|c| digit_value(c).is_some() || is_invisible(c) || c.is_whitespace() || "+-().".contains(c));
    if only_number && digits.len() >= 7 {
        return canonical_number(&digits);
    }
    person.nfc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect()
}

/// Brazil writes mobile numbers with or without a ninth digit, Argentina with or without a 9 after
/// the country code, Mexico with or without a 1: the short form stands for both.
fn canonical_number(digits: &str) -> String {
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    if digits.len() == 13 && digits.starts_with("55") && digits.as_bytes()[4] == b'9' {
        return format!("{}{}", &digits[..4], &digits[5..]);
    }
    for (prefix, short) in [("549", "54"), ("521", "52")] {
        if let Some(rest) = digits.strip_prefix(prefix)
            && rest.len() == 10
        {
            return format!("{short}{rest}");
        }
    }
    digits.to_owned()
}

/// Whether a text looks like a telephone number or a mail address, and so names a person.
pub fn names_a_person(text: &str) -> bool {
    let text = text.trim();
    let number = text.strip_prefix("whatsapp:").unwrap_or(text);
    text.contains('@')
        || (number.starts_with('+') && number.chars().filter(char::is_ascii_digit).count() >= 7)
}

/// How many digits of a file's name may be those of a telephone number: all but dates with times, as
/// programs that write exports put them there (`tickets_2026-11-26_08-30.csv`, `20261126_083000`).
pub fn digits_beside_dates(name: &str) -> usize {
    let runs: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let within =
        |run: &str, least: u32, most: u32| run.parse().is_ok_and(|n: u32| (least..=most).contains(&n));
    let is_day = |year: &str, month: &str, day: &str| {
        year.len() == 4 && within(year, 1970, 2099) && within(month, 1, 12) && within(day, 1, 31)
    };
    let is_time = |parts: &[&str]| {
        parts.iter().all(|part| part.len() == 2 && within(part, 0, 59)) && within(parts[0], 0, 23)
    };
    let (mut digits, mut at) = (0, 0);
    while let Some(run) = runs.get(at) {
        let dashed = match runs[at..] {
            [a, month, b, ..] => is_day(a, month, b) || is_day(b, month, a),
            _ => false,
        };
        // Without marks between them, eight digits are a date only if a time follows.
        let dense = run.len() == 8 && is_day(&run[..4], &run[4..6], &run[6..]);
        let date = if dashed { 3 } else { usize::from(dense) };
        let time = match runs.get(at + date..).unwrap_or_default() {
            [time, ..] if time.len() == 6 && is_time(&[&time[..2], &time[2..4], &time[4..]]) => 1,
            [time, ..] if time.len() == 4 && is_time(&[&time[..2], &time[2..]]) => 1,
            [hour, minute, second, ..] if is_time(&[hour, minute, second]) => 3,
            [hour, minute, ..] if is_time(&[hour, minute]) => 2,
            _ => 0,
        };
        at += match (dashed, dense && time > 0) {
            (true, _) | (_, true) => date + time,
            _ => {
                digits += run.len();
                1
            }
        };
    }
    digits
}

/// Whether a word has the form of a pseudonym.
pub fn is_pseudonym(word: &str) -> bool {
    word.strip_prefix("p_")
        .is_some_and(|hash| hash.len() == 12 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// The person or group in the name that a phone gives to a chat export, in the languages whose wording
/// is known: "WhatsApp Chat with Ana", "Chat de WhatsApp con Ana (2)".
pub fn chat_partner(stem: &str) -> Option<&str> {
    const BEFORE: [&str; 22] = [
        "WhatsApp Chat with ",
        "WhatsApp Chat - ",
        "Chat de WhatsApp con ",
        "Conversa do WhatsApp com ",
        "WhatsApp Chat mit ",
        "WhatsApp-Chat mit ",
        "Discussion WhatsApp avec ",
        "Chat WhatsApp con ",
        "WhatsApp-chat met ",
        "WhatsApp Chat met ",
        "Chat WhatsApp dengan ",
        "Chat do WhatsApp com ",
        "Чат WhatsApp с ",
        "Rozmowa WhatsApp z ",
        "WhatsApp chatt med ",
        "WhatsApp Conversation with ",
        "Conversación de WhatsApp con ",
        "Conversa de WhatsApp com ",
        "Obrolan WhatsApp dengan ",
        "Chat WhatsApp med ",
        "WhatsApp-samtale med ",
        "WhatsApp-keskustelu: ",
    ];
    const BEHIND: [&str; 3] = [" ile WhatsApp Sohbeti", " के साथ WhatsApp चैट", " के साथ व्हाट्सऐप चैट"];
    let before = BEFORE.iter().find_map(|before| stem.strip_prefix(before));
    let name = before.or_else(|| BEHIND.iter().find_map(|behind| stem.strip_suffix(behind)))?;
    let name = match name.rsplit_once(" (") {
        Some((name, n)) if n.trim_end_matches(')').bytes().all(|b| b.is_ascii_digit()) => name,
        _ => name,
    };
    (!name.is_empty()).then_some(name)
}

/// Whether a file is called as phones call chats, in whatever language: the program's name and, after
/// blanks, that of the other side.
pub fn is_chat_name(stem: &str) -> bool {
    chat_partner(stem).is_some() || (stem.contains(' ') && stem.to_lowercase().contains("whatsapp"))
}

/// Letters to `x`, digits to `0`: the shape of a line without what it says.
pub fn masked(bytes: &[u8], max_chars: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(max_chars * 4)])
        .chars()
        .take(max_chars)
        .map(|c| match c {
            c if digit_value(c).is_some() || c.is_numeric() => '0',
            c if c.is_uppercase() => 'X',
            c if c.is_alphabetic() => 'x',
            c if c.is_control() || is_invisible(c) => ' ',
            c if c.is_ascii() || c == '\u{fffd}' => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn privacy(keep: KeepText) -> Privacy {
        Privacy::new(Key([7; 32]), keep)
    }

    #[test]
    fn the_same_person_however_written() {
        let mut p = privacy(KeepText::Redacted);
        let one = p.pseudonym("+55 11 99999-0000");
        for same in
            ["5511999990000", "whatsapp:+5511999990000", "551199990000", "\u{202a}+55 11 9999-0000\u{202c}"]
        {
            assert_eq!(p.pseudonym(same), one, "{same}");
        }
        assert_ne!(p.pseudonym("5511999990001"), one);
        assert_eq!(canonical("ANA@Shop.example"), canonical("ana@shop.example"));
        assert_eq!(canonical("5491122223333"), canonical("541122223333"));
        assert_eq!(one.as_str().len(), 14);
        assert!(one.as_str().starts_with("p_") && one.thread().as_str().starts_with("t_"));
        assert_ne!(Privacy::new(Key([8; 32]), KeepText::None).pseudonym("5511999990000"), one);
    }

    #[test]
    fn texts_lose_what_names_people() {
        let mut p = privacy(KeepText::Redacted);
        p.name("t", "Ana María");
        p.name_anywhere("eva.stone@shop.example");
        for (text, expected) in [
            ("Soy Ana, maría.", "Soy [name], [name]."),
            ("Bananas para Anabel", "Bananas para Anabel"),
            ("Eva here", "[name] here"),
            ("write to ana.p+x@shop.example.", "write to [mail]."),
            ("call +55 (11) 99999-0000 now", "call [number] now"),
            ("card 4111 1111 1111 1111!", "card [card]!"),
            ("order 1234 of 2024-03-01 10:00", "order 1234 of 2024-03-01 10:00"),
            ("on 13/06/2018, 21:25 or 1.3.2024", "on 13/06/2018, 21:25 or 1.3.2024"),
            ("06.12.34.56.78 or 030-1234567", "[number] or [number]"),
            ("رقم ٠١٢٣٤٥٦٧٨٩", "رقم [number]"),
            ("https://wa.me/5511999990000", "https://wa.me/[number]"),
            ("a\u{202e}b\u{7}c", "abc"),
        ] {
            assert_eq!(p.text("t", text).as_deref(), Some(expected));
        }
        assert_eq!(privacy(KeepText::None).text("t", "Ana"), None);
        assert_eq!(
            privacy(KeepText::Full).text("t", "Ana 5511999990000").as_deref(),
            Some("Ana 5511999990000")
        );
    }

    #[test]
    fn a_masked_line_says_nothing() {
        assert_eq!(masked("12/3 - Ana: \u{1F600}hola\u{7}".as_bytes(), 40), "00/0 - Xxx: ?xxxx ");
    }

    #[test]
    fn dates_in_a_files_name_are_no_numbers() {
        for (name, digits) in [
            ("tickets_2026-11-26_08-30-00", 0),
            ("export 26.11.2026 0830", 0),
            ("20261126_083000", 0),
            ("20261126", 8),
            ("2026-11-26 11 99 99999-0000", 13),
            ("26-11-2026 1199 99990000", 12),
            ("5511999990000", 13),
            ("55 11 99999-0000", 13),
            ("2026-13-26 12345", 13),
            ("log 2026-11-26 of 5511999990000", 13),
            ("", 0),
        ] {
            assert_eq!(digits_beside_dates(name), digits, "{name}");
        }
    }
}
