//! What WhatsApp itself writes into an export, in the languages whose wording is known: media left
//! out, attachments, deleted and edited messages, notices. Compared without invisible marks.

use std::sync::LazyLock;

use regex::Regex;

use super::super::script::{is_invisible, trim_marks};
use super::words::{
    ATTACHED, DELETED, DELETED_BY, EDITED, KINDS, LIVE_LOCATION, LOCATION, MEDIA_OMITTED, NOT_SHOWN, NOTICES,
    OMITTED, POLL,
};

/// What the body of an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Something that was written, perhaps edited later.
    Text { text: &'a str, edited: bool },
    /// Something that was sent, not text: its kind and what was written with it.
    Media { kind: &'static str, caption: &'a str, left_out: bool },
    /// Deleted by its author or an administrator.
    Deleted,
    /// Not from a person.
    Notice,
    /// Looks like a marker, but of no known wording.
    Unknown,
}

/// Whether a text is a notice beyond doubt.
fn is_notice(text: &str) -> bool {
    /// All notices at once, in one pass over the text.
    static ANY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("(?i){}", NOTICES.map(regex::escape).join("|"))).ok());
    ANY.as_ref().is_some_and(|notices| notices.is_match(text))
}

/// Whether what stands before a colon is the beginning of a notice rather than an author: a name is
/// short and holds no quotation.
pub fn notice_with_colon(before: &str) -> bool {
    const LONGEST_NAME: usize = 80;
    before.chars().count() > LONGEST_NAME || before.contains(['"', '“', '”', '«', '„']) || is_notice(before)
}

/// The kind of a file, by its extension.
pub fn kind_of_file(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" | "png" | "heic" | "gif" => "image",
        "webp" => "sticker",
        "mp4" | "3gp" | "mov" | "avi" => "video",
        "opus" | "m4a" | "mp3" | "aac" | "ogg" | "amr" | "wav" => "audio",
        "vcf" => "contact",
        _ => "document",
    }
}

/// A sieve before a list of texts, which hardly any other text passes: one bit for each pair of a length and
/// a last letter.
struct Sieve([u64; 16]);

impl Sieve {
    const fn of(texts: &[&str]) -> Sieve {
        let mut bits = [0; 16];
        let mut n = 0;
        while n < texts.len() {
            let place = Sieve::place(texts[n].as_bytes());
            bits[place / 64] |= 1 << (place % 64);
            n += 1;
        }
        Sieve(bits)
    }

    const fn place(text: &[u8]) -> usize {
        match text.last() {
            Some(last) => (text.len() * 29 + last.to_ascii_lowercase() as usize) % 1_024,
            None => 0,
        }
    }

    /// False if no text of the list is the same but for the case of its ASCII letters.
    fn passes(&self, text: &str) -> bool {
        let place = Sieve::place(text.as_bytes());
        self.0[place / 64] & (1 << (place % 64)) != 0
    }
}

/// The bytes that one of the texts begins with.
const fn first_bytes(texts: &[&str]) -> [bool; 256] {
    let mut first = [false; 256];
    let mut n = 0;
    while n < texts.len() {
        first[texts[n].as_bytes()[0] as usize] = true;
        n += 1;
    }
    first
}

static DELETED_BY_FIRST: [bool; 256] = first_bytes(&DELETED_BY);
static DELETED_SIEVE: Sieve = Sieve::of(&DELETED);
static OMITTED_SIEVE: Sieve = Sieve::of(&OMITTED);

/// What a body is. `author` is false for entries that name none: they are all notices.
pub fn classify(body: &str) -> Body<'_> {
    let marked = body.starts_with(is_invisible);
    let text = trim_marks(body);
    let (first, rest) = match memchr::memchr(b'\n', text.as_bytes()) {
        Some(end) => (trim_marks(&text[..end]), &text[end + 1..]),
        None => (text, ""),
    };
    if text.is_empty() {
        return Body::Text { text: "", edited: false };
    }
    // Most messages hold neither a mark nor a bracket nor any of the words below.
    if let Some(body) = bracketed(text, first, rest).or_else(|| behind_a_mark(text)) {
        return body;
    }
    if text.len() <= 160 {
        let plain = text.trim_end_matches(['.', '。', '．']);
        let deleted = DELETED_SIEVE.passes(plain) && DELETED.iter().any(|d| d.eq_ignore_ascii_case(plain));
        let may_begin = |list: &[bool; 256]| list[usize::from(text.as_bytes()[0])];
        if deleted || (may_begin(&DELETED_BY_FIRST) && DELETED_BY.iter().any(|begin| text.starts_with(begin)))
        {
            return Body::Deleted;
        }
        if text == "null" || (marked && NOT_SHOWN.iter().any(|begin| text.starts_with(begin))) {
            return Body::Media { kind: "unknown", caption: "", left_out: true };
        }
        if let Some(kind) = omitted(first, marked) {
            return Body::Media { kind, caption: rest, left_out: true };
        }
        if location(text) {
            return Body::Media { kind: "location", caption: "", left_out: false };
        }
    }
    if first.ends_with(':') && POLL.contains(&first) {
        return Body::Media { kind: "poll", caption: rest, left_out: false };
    }
    if marked {
        // On iOS the mark before a body says that WhatsApp wrote it.
        return if text.len() <= 40 && text.starts_with('<') { Body::Unknown } else { Body::Notice };
    }
    Body::Text { text, edited: false }
}

/// A place: a word, a colon, an address of a map.
fn location(text: &str) -> bool {
    let colon = memchr::memchr(b':', &text.as_bytes()[..text.len().min(33)]);
    let place = colon.map(|at| (&text[..at], &text[at + 1..]));
    place.is_some_and(|(word, at)| at.trim_start().starts_with("http") && LOCATION.contains(&word.trim()))
        || LIVE_LOCATION.contains(&text)
}

/// On iPhones a mark stands before what WhatsApp adds to a text: `invoice.pdf • 2 pages, document omitted`.
fn behind_a_mark(text: &str) -> Option<Body<'_>> {
    if text.is_ascii() {
        return None;
    }
    let (before, added) = text.rsplit_once('\u{200e}')?;
    let (before, added) = (trim_marks(before), trim_marks(added));
    if before.is_empty() {
        return None;
    }
    if EDITED.iter().any(|edited| edited.trim_matches(['<', '>']) == added) {
        return Some(Body::Text { text: before, edited: true });
    }
    let kind = omitted(added, true).filter(|_| added.contains(char::is_whitespace))?;
    Some(Body::Media { kind, caption: before, left_out: true })
}

/// Whether a body without mark is a notice, as in exports of older iPhones. A customer may well write
/// about a missed call, so words about calls must be all there is.
pub fn plain_notice(text: &str) -> bool {
    const CALLS: [&str; 5] = ["missed", "perdida", "verpasster", "manqué", "persa"];
    if text.len() > 240 || !is_notice(text) {
        return false;
    }
    let lower = text.to_lowercase();
    !CALLS.iter().any(|word| lower.contains(word)) || NOTICES.contains(&lower.trim_end_matches('.'))
}

/// The note that begins every chat, which some exports attribute to the group or the contact.
pub fn is_encryption_note(text: &str) -> bool {
    text.starts_with("Messages ") && text.len() < 400 && text.contains("end-to-end encrypt")
}

/// Everything that stands in brackets: media left out, attached, edited.
fn bracketed<'a>(text: &'a str, first: &'a str, rest: &'a str) -> Option<Body<'a>> {
    for edited in EDITED.iter().filter(|_| text.ends_with('>')) {
        if let Some(before) = text.strip_suffix(*edited) {
            let before = trim_marks(before);
            let (first, rest) = before.split_once('\n').unwrap_or((before, ""));
            return Some(match bracketed(before, trim_marks(first), rest) {
                Some(media @ Body::Media { .. }) => media,
                _ => Body::Text { text: before, edited: true },
            });
        }
    }
    if let Some((name, phrase)) = first.strip_suffix(')').and_then(|f| f.rsplit_once(" ("))
        && (ATTACHED.iter().any(|a| a.eq_ignore_ascii_case(phrase))
            || is_camera_name(name)
            || (is_file_name(name) && phrase.chars().all(|c| c.is_alphabetic() || c.is_whitespace())))
    {
        return Some(Body::Media { kind: kind_of_file(name), caption: rest, left_out: false });
    }
    // What was written with it follows on the next lines.
    if first.ends_with('>') && MEDIA_OMITTED.iter().any(|m| m.eq_ignore_ascii_case(first)) {
        return Some(Body::Media { kind: "unknown", caption: rest, left_out: true });
    }
    let inside = text.strip_suffix('>')?;
    let (before, inside) = inside.rsplit_once('<')?;
    if inside == "attached" && !before.trim().is_empty() {
        return Some(Body::Media { kind: kind_of_file(before.trim()), caption: "", left_out: false });
    }
    // `<attached: NAME>` in any language: a word or two, a colon, a file name.
    if let Some((word, name)) = inside.split_once(':') {
        let name = name.trim();
        let named =
            name.rsplit_once('.').is_some_and(|(_, e)| (2..=5).contains(&e.len()) && !e.contains(' '));
        if named && word.chars().count() <= 24 && !word.contains('/') {
            return Some(Body::Media {
                kind: kind_of_file(name),
                caption: trim_marks(before),
                left_out: false,
            });
        }
    }
    let short = text.starts_with('<')
        && text.chars().count() <= 40
        && !text.contains('\n')
        && !inside.contains(['/', '=']);
    short.then_some(Body::Unknown)
}

/// `IMG-20210428-WA0001.jpg` and its kin.
fn is_camera_name(name: &str) -> bool {
    let name = trim_marks(name);
    let known = ["IMG-", "VID-", "PTT-", "AUD-", "STK-", "DOC-", "VCF-"].iter().any(|p| name.starts_with(p));
    known && name.contains("-WA") && !name.contains(' ')
}

/// A name with an extension that files have; what stands in brackets behind it is said in every language.
fn is_file_name(name: &str) -> bool {
    const EXTENSIONS: [&str; 28] = [
        "jpg", "jpeg", "png", "gif", "webp", "heic", "mp4", "3gp", "mov", "opus", "m4a", "mp3", "aac", "ogg",
        "amr", "wav", "vcf", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "zip", "apk",
    ];
    let name = trim_marks(name);
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}

/// The kind in "image omitted" and the like; behind a mark, the first word is enough.
fn omitted(text: &str, marked: bool) -> Option<&'static str> {
    if text.len() > 60 {
        return None;
    }
    let kind = |word: &str| KINDS.iter().find(|(known, _)| same(known, word)).map(|(_, kind)| *kind);
    let left_out = |word: &str| {
        (OMITTED_SIEVE.passes(word) || !word.is_ascii()) && OMITTED.iter().any(|known| same(known, word))
    };
    match text.rsplit_once(char::is_whitespace) {
        None if marked => kind(text),
        None => None,
        // Languages order the words as they like; behind a mark nobody else can have written them.
        Some(_) if marked && text.split_whitespace().any(left_out) => text.split_whitespace().find_map(kind),
        Some((before, last)) if left_out(last) => kind(before.split_whitespace().next()?),
        Some(_) => None,
    }
}

/// The same but for the case; `word` is in lower case.
fn same(word: &str, other: &str) -> bool {
    word.eq_ignore_ascii_case(other)
        || (!other.is_ascii() && other.chars().flat_map(char::to_lowercase).eq(word.chars()))
}

/// The date in the name of an attached file: `IMG-20210428-WA0001.jpg`, `00000042-PHOTO-2020-06-07-15-13-20.jpg`.
pub fn date_in_name(body: &str) -> Option<jiff::civil::Date> {
    // Most messages are told apart by one look.
    memchr::memchr2(b'(', b'<', body.as_bytes()).and(memchr::memchr(b'-', body.as_bytes()))?;
    if !body.contains("-WA")
        && !body.contains("-PHOTO")
        && !body.contains("-VIDEO")
        && !body.contains("-AUDIO")
    {
        return None;
    }
    let bytes = body.as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let part = bytes.get(from..from + len)?;
        part.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    (0..bytes.len().min(300)).filter(|at| bytes[*at..].starts_with(b"20")).find_map(|at| {
        let dash = |i: usize| bytes.get(at + i) == Some(&b'-');
        let digit_before = at > 0 && bytes[at - 1].is_ascii_digit();
        if digit_before {
            None
        } else if dash(4) && dash(7) {
            super::super::clock::civil_date(number(at, 4)?, number(at + 5, 2)?, number(at + 8, 2)?)
        } else if dash(8) {
            super::super::clock::civil_date(number(at, 4)?, number(at + 4, 2)?, number(at + 6, 2)?)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        let media = |kind, caption, left_out| Body::Media { kind, caption, left_out };
        for (body, expected) in [
            ("<Media omitted>", media("unknown", "", true)),
            ("<Mídia oculta>", media("unknown", "", true)),
            ("\u{200e}image omitted", media("image", "", true)),
            ("\u{200e}image", media("image", "", true)),
            ("audio omitted", media("audio", "", true)),
            ("\u{200e}Bild weggelassen", media("image", "", true)),
            ("\u{200e}áudio ocultado", media("audio", "", true)),
            ("\u{200e}<attached: 00000042-PHOTO-2020-06-07-15-13-20.jpg>", media("image", "", false)),
            (
                "name.pdf • 2 pages \u{200e}<adjunto: name.pdf>",
                media("document", "name.pdf • 2 pages", false),
            ),
            ("2015-08-04-PHOTO-00004762.jpg <attached>", media("image", "", false)),
            ("IMG-20210428-WA0001.jpg (file attached)\nlook", media("image", "look", false)),
            ("PTT-20210428-WA0001.opus (bestand)", media("audio", "", false)),
            ("Mi recibo 3.pdf (archivo adjunto)", media("document", "", false)),
            ("рахунок.pdf (файл додано)", media("document", "", false)),
            ("\u{200e}इमेज छोड़ी गई", media("image", "", true)),
            ("\u{200e}görüntü dahil edilmedi", media("image", "", true)),
            ("\u{200e}تم استبعاد الصورة", media("image", "", true)),
            ("\u{200e}immagine omessa", media("image", "", true)),
            ("<Media omesso>", media("unknown", "", true)),
            ("<मीडिया छोड़ा गया>", media("unknown", "", true)),
            ("Pesan ini telah dihapus", Body::Deleted),
            ("This message was deleted", Body::Deleted),
            ("Se eliminó este mensaje.", Body::Deleted),
            ("\u{200e}You deleted this message.", Body::Deleted),
            ("ok then <This message was edited>", Body::Text { text: "ok then", edited: true }),
            ("ok \u{200e}<Diese Nachricht wurde bearbeitet>", Body::Text { text: "ok", edited: true }),
            ("\u{200e}Messages and calls are end-to-end encrypted.", Body::Notice),
            ("\u{200e}Something that is new", Body::Notice),
            ("<Etwas Neues>", Body::Unknown),
            ("<Media omitted>\nlook at this", media("unknown", "look at this", true)),
            (
                "IMG-20210428-WA0001.jpg (file attached)\nlook <This message was edited>",
                media("image", "look", false),
            ),
            (
                "Invoice.pdf • \u{200e}2 pages \u{200e}document omitted",
                media("document", "Invoice.pdf • \u{200e}2 pages", true),
            ),
            ("look \u{200e}Bild weggelassen", media("image", "look", true)),
            ("ok \u{200e}Esta mensagem foi editada", Body::Text { text: "ok", edited: true }),
            ("This message was deleted by admin Ana", Body::Deleted),
            (
                "\u{200e}You received a view once message. You can only open it on your phone.",
                media("unknown", "", true),
            ),
            ("\u{200e}Localisation : https://maps.google.com/?q=1,2", media("location", "", false)),
            (
                "Location of my order: unknown",
                Body::Text { text: "Location of my order: unknown", edited: false },
            ),
            ("null", media("unknown", "", true)),
            ("POLL:\nWhich?\nOPTION: a", media("poll", "Which?\nOPTION: a", false)),
            ("Location: https://maps.google.com/?q=1,2", media("location", "", false)),
            ("image of my order", Body::Text { text: "image of my order", edited: false }),
            ("a <b>bold</b>", Body::Text { text: "a <b>bold</b>", edited: false }),
            ("I said (hello)", Body::Text { text: "I said (hello)", edited: false }),
        ] {
            assert_eq!(classify(body), expected, "{body}");
        }
    }

    #[test]
    fn sieves_let_all_of_their_list_through() {
        for (list, sieve) in [(&DELETED[..], &DELETED_SIEVE), (&OMITTED[..], &OMITTED_SIEVE)] {
            for text in list {
                assert!(sieve.passes(text) && sieve.passes(&text.to_ascii_uppercase()), "{text}");
            }
        }
        assert!(!OMITTED_SIEVE.passes("") && !OMITTED_SIEVE.passes("please"));
    }

    #[test]
    fn dates_in_names() {
        for (body, date) in [
            ("IMG-20210428-WA0001.jpg (file attached)", Some((2021, 4, 28))),
            ("<attached: 00000042-PHOTO-2020-06-07-15-13-20.jpg>", Some((2020, 6, 7))),
            ("2015-08-04-PHOTO-00004762.jpg <attached>", Some((2015, 8, 4))),
            ("see 2015-08-04", None),
        ] {
            let expected = date.and_then(|(y, m, d)| super::super::super::clock::civil_date(y, m, d));
            assert_eq!(date_in_name(body), expected, "{body}");
        }
    }
}
