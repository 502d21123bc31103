//! What the bot reads before it understands: one folding of text, and the words in it.
//!
//! Customers write without accents, in capitals, with three exclamation marks, with keycap digits and
//! skin-toned thumbs. [`fold`] takes away what carries no meaning for matching and leaves the rest, so
//! that rules, menus, slots and the recogniser compare like with like. The raw text stays what is shown.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Folds a text for matching: compatibility forms resolved, lower case, accents and invisible marks
/// gone, typographic quotes and dashes plain, letters repeated three times or more said once, digits of
/// any script in ASCII, white space as single spaces.
///
/// Vowel signs and the virama of Indic scripts are letters' parts, not accents, and stay; the nukta and
/// the difference between chandrabindu and anusvara, which writers often leave out, go. Folding a folded
/// text changes nothing.
pub fn fold(text: &str) -> String {
    let mut folder = Folder::with_capacity(text.len());
    // Western texts need no composing over several characters: each is looked up by itself.
    if text.chars().all(|c| c < '\u{100}') {
        text.chars().flat_map(|c| LATIN[c as usize].chars()).for_each(|c| folder.push(c));
    } else {
        each_plain(text.chars(), |c| folder.push(c));
    }
    folder.finish()
}

/// What each of the first 256 characters becomes.
static LATIN: LazyLock<[String; 256]> = LazyLock::new(|| {
    std::array::from_fn(|c| {
        let mut plain = String::new();
        each_plain(std::iter::once(char::from(c as u8)), |c| plain.push(c));
        plain
    })
});

/// Calls `push` with every character of a text as it is folded, white space and repetitions as they are.
fn each_plain(text: impl Iterator<Item = char>, mut push: impl FnMut(char)) {
    for decomposed in text.filter(|&c| !is_invisible(c)).nfkd() {
        for lower in decomposed.to_lowercase().nfkd() {
            if is_accent(lower) || is_invisible(lower) {
                continue;
            }
            match plain_spelling(lower) {
                Some(spelling) => spelling.chars().for_each(&mut push),
                None => push(digit_in_ascii(lower)),
            }
        }
    }
}

/// Puts folded characters together: squeezes white space and emphatic repetition on the way.
struct Folder {
    folded: String,
    last: Option<char>,
    /// How often `last` has come in a row.
    run: usize,
    space_due: bool,
}

impl Folder {
    fn with_capacity(bytes: usize) -> Folder {
        Folder { folded: String::with_capacity(bytes), last: None, run: 0, space_due: false }
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() || c.is_control() {
            self.flush_run();
            self.space_due = !self.folded.is_empty();
            return;
        }
        if self.last != Some(c) {
            self.flush_run();
            if self.space_due {
                self.folded.push(' ');
                self.space_due = false;
            }
        }
        self.last = Some(c);
        self.run += 1;
    }

    /// No word of our languages has a letter three times in a row: "holaaa" is "hola" said loudly.
    /// Digits and signs are kept as they are; order numbers hold 000.
    fn flush_run(&mut self) {
        if let Some(c) = self.last.take() {
            let times = if c.is_alphabetic() && self.run > 2 { 1 } else { self.run };
            self.folded.extend(std::iter::repeat_n(c, times));
        }
        self.run = 0;
    }

    fn finish(mut self) -> String {
        self.flush_run();
        self.folded
    }
}

/// Marks that only vary a letter: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowel
/// marks, keycaps, and the nukta.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}' | '\u{0483}'..='\u{0489}'
        | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}' | '\u{05C4}' | '\u{05C5}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{093C}')
}

/// Characters that a reader does not see: joiners, direction marks, variation selectors, skin tones,
/// soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Letters and signs that decomposition leaves alone but that people type otherwise.
fn plain_spelling(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        '‘' | '’' | 'ʼ' | '´' | '`' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‐'..='―' | '−' => "-",
        '\u{0901}' => "\u{0902}",
        _ => return None,
    })
}

/// Decimal digits of the Indic scripts, Arabic and Persian as 0 to 9.
pub fn digit_in_ascii(c: char) -> char {
    const ZEROS: [char; 8] =
        ['\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0BE6}', '\u{0C66}'];
    for zero in ZEROS {
        let offset = u32::from(c).wrapping_sub(u32::from(zero));
        if let Some(digit) = (offset < 10).then(|| char::from_digit(offset, 10)).flatten() {
            return digit;
        }
    }
    c
}

/// Whether a character is part of a word: letters, digits, vowel signs, and the virama that joins
/// Indic consonants.
pub fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            u32::from(c),
            0x094D | 0x09CD | 0x0A4D | 0x0ACD | 0x0B4D | 0x0BCD | 0x0C4D | 0x0CCD | 0x0D4D
        )
}

/// Whether a character stands for a thing or a feeling by itself (emoji, dingbats, pictographs).
pub fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x2190..=0x21FF | 0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1FAFF)
}

/// The tokens of a folded text, in order: words (an apostrophe inside a word belongs to it) and single
/// emoji. Punctuation and spaces only separate.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        let start = rest.find(|c| is_word_char(c) || is_emoji(c))?;
        rest = &rest[start..];
        let end = token_length(rest);
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// Bytes of the token that `text` begins with.
fn token_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    if let Some((_, first)) = chars.next()
        && is_emoji(first)
    {
        return first.len_utf8();
    }
    while let Some((at, c)) = chars.next() {
        let joins = c == '\'' && chars.peek().is_some_and(|&(_, next)| is_word_char(next));
        if !is_word_char(c) && !joins {
            return at;
        }
    }
    text.len()
}

/// Whether a word or phrase stands in a text as whole words: "sale" is in "sale, please" but not in
/// "wholesale". Both must be folded. An empty phrase is nowhere.
pub fn contains_word(folded_haystack: &str, folded_needle: &str) -> bool {
    find_word(folded_haystack, folded_needle).is_some()
}

/// Where a phrase first stands as whole words: the byte offset in the folded text.
pub fn find_word(folded_haystack: &str, folded_needle: &str) -> Option<usize> {
    let first = folded_needle.chars().next()?;
    let last = folded_needle.chars().next_back()?;
    folded_haystack.match_indices(folded_needle).map(|(at, _)| at).find(|&at| {
        let before = folded_haystack[..at].chars().next_back();
        let after = folded_haystack[at + folded_needle.len()..].chars().next();
        let begins = !is_word_char(first) || !before.is_some_and(is_word_char);
        let ends = !is_word_char(last) || !after.is_some_and(is_word_char);
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_case_accents_spaces_and_shouting() {
        let cases = [
            ("  ¿Dónde   ESTÁ\n mi pedido?? ", "¿donde esta mi pedido??"),
            ("São Paulo, não ENTENDI", "sao paulo, nao entendi"),
            ("cde\u{0301}f", "cdef"),
            ("Holaaaaa!!!", "hola!!!"),
            ("hello, see the bookkeeper", "hello, see the bookkeeper"),
            ("pedido 1000234", "pedido 1000234"),
            ("ＦＵＬＬ ｗｉｄｔｈ ½", "full width 1⁄2"),
            ("Straße, Øre, Łódź", "strasse, ore, lodz"),
            ("I’m “fine” — thanks", "i'm \"fine\" - thanks"),
            ("1️⃣", "1"),
            ("👍🏽 ok", "👍 ok"),
            ("pay\u{200B}ment \u{202E}x", "payment x"),
            ("İstanbul", "istanbul"),
            ("", ""),
        ];
        for (raw, folded) in cases {
            assert_eq!(fold(raw), folded, "{raw:?}");
        }
    }

    #[test]
    fn devanagari_keeps_its_vowels_and_loses_optional_dots() {
        assert_eq!(fold("मेरा ऑर्डर कहाँ है?"), "मेरा ऑर्डर कहां है?");
        assert_eq!(fold("ज़रूरी"), "जरूरी");
        assert_eq!(fold("ऑर्डर १२३"), "ऑर्डर 123");
        assert_ne!(fold("की"), fold("का"));
    }

    #[test]
    fn tokens_are_words_and_emoji() {
        let cases: [(&str, &[&str]); 6] = [
            ("¿donde esta mi pedido?", &["donde", "esta", "mi", "pedido"]),
            ("i can't pay, it's 20.5%", &["i", "can't", "pay", "it's", "20", "5"]),
            ("'quoted' it's'", &["quoted", "it's"]),
            ("gracias👍👍 ok", &["gracias", "👍", "👍", "ok"]),
            ("मेरा ऑर्डर", &["मेरा", "ऑर्डर"]),
            (" ... ", &[]),
        ];
        for (folded, expected) in cases {
            assert_eq!(tokens(folded).collect::<Vec<_>>(), expected, "{folded:?}");
        }
    }

    #[test]
    fn words_are_found_whole() {
        let cases = [
            ("sale, please", "sale", true),
            ("wholesale", "sale", false),
            ("wholesale sale", "sale", true),
            ("quiero hablar con una persona", "hablar con", true),
            ("quiero hablar contigo", "hablar con", false),
            ("gracias👍", "👍", true),
            ("gracias👍", "gracias", true),
            ("tengo 3 (tres) cajas", "(tres)", true),
            ("मेरा ऑर्डर कहां है", "ऑर्डर", true),
            ("आर्डर्स", "आर्डर", false),
            ("anything", "", false),
            ("", "x", false),
        ];
        for (haystack, needle, expected) in cases {
            assert_eq!(contains_word(haystack, needle), expected, "{needle:?} in {haystack:?}");
        }
        assert_eq!(find_word("la sala y la sal", "sal"), Some(13));
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        /// Character by character or all at once.
        #[test]
        fn western_texts_fold_like_all_others(text in "[\u{0}-\u{ff}]{0,40}") {
            let mut folder = Folder::with_capacity(0);
            each_plain(text.chars(), |c| folder.push(c));
            prop_assert_eq!(fold(&text), folder.finish());
        }

        #[test]
        fn folded_spaces_are_single(text in "[ a-cA-Cá\\n\\t\u{200B}]{0,30}") {
            let folded = fold(&text);
            prop_assert!(!folded.contains("  ") && folded.trim() == folded);
        }

        #[test]
        fn every_token_is_found_as_a_word(text in "[a-c'👍 .?é]{0,20}") {
            let folded = fold(&text);
            for token in tokens(&folded) {
                prop_assert!(contains_word(&folded, token), "{} in {}", token, folded);
            }
        }
    }
}
