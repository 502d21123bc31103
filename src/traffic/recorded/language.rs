//! Which languages the texts of a log are in, for the summary: by script, and among those in Latin
//! letters by the small words that each of them uses most.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::fingerprint::Map;

/// Small words that tell a language from the others, by its code.
const WORDS: [(&str, &[&str]); 12] = [
    (
        "en",
        &[
            "the", "is", "are", "you", "and", "my", "have", "please", "what", "it", "this", "for", "not",
            "with", "i", "to", "of",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "es", "por", "favor", "mi", "que", "hola", "gracias", "está", "estoy", "pero",
            "muy", "y", "tengo", "una", "con", "cómo", "dónde", "buenos",
        ],
    ),
    (
        "pt",
        &[
            "não", "você", "meu", "minha", "obrigado", "obrigada", "uma", "está", "olá", "bom", "dia", "com",
            "o", "é", "e", "em", "pra", "estou", "tudo",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "est", "je", "vous", "bonjour", "merci", "pas", "une", "et", "pour", "mon", "ma",
            "c'est", "avec", "des", "ne", "dans",
        ],
    ),
    (
        "it",
        &[
            "il",
            "è",
            "non",
            "grazie",
            "ciao",
            "sono",
            "per",
            "mio",
            "una",
            "che",
            "ho",
            "di",
            "della",
            "buongiorno",
            "come",
            "gli",
            "anche",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "ich", "nicht", "bitte", "danke", "ein", "eine", "mit", "wir",
            "sie", "mein", "habe", "auf", "zu",
        ],
    ),
    (
        "nl",
        &[
            "de", "het", "een", "niet", "ik", "en", "van", "dat", "bedankt", "mijn", "voor", "met", "ben",
            "wij", "naar", "zijn",
        ],
    ),
    (
        "id",
        &[
            "yang", "tidak", "saya", "ini", "itu", "dan", "di", "ada", "untuk", "bisa", "terima", "kasih",
            "sudah", "belum", "apa", "kami",
        ],
    ),
    (
        "tr",
        &[
            "bir",
            "ve",
            "için",
            "bu",
            "merhaba",
            "teşekkürler",
            "değil",
            "var",
            "yok",
            "ben",
            "çok",
            "mi",
            "ne",
            "sipariş",
            "lütfen",
        ],
    ),
    (
        "pl",
        &[
            "nie",
            "jest",
            "się",
            "dzień",
            "dobry",
            "proszę",
            "dziękuję",
            "mam",
            "na",
            "czy",
            "jak",
            "moje",
            "w",
            "z",
        ],
    ),
    (
        "sv",
        &["jag", "och", "är", "inte", "det", "tack", "hej", "min", "på", "som", "har", "för", "till", "ett"],
    ),
    ("ro", &["nu", "este", "și", "mulțumesc", "bună", "pentru", "vreau", "cu", "sunt", "mea", "să"]),
];

/// Scripts that stand for one language, or for the most usual of several.
fn by_script(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{0600}'..='\u{06ff}' => "ar",
        '\u{0900}'..='\u{097f}' => "hi",
        '\u{0980}'..='\u{09ff}' => "bn",
        '\u{0b80}'..='\u{0bff}' => "ta",
        '\u{0400}'..='\u{04ff}' => "ru",
        '\u{0370}'..='\u{03ff}' => "el",
        '\u{0590}'..='\u{05ff}' => "he",
        '\u{0e00}'..='\u{0e7f}' => "th",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{ac00}'..='\u{d7af}' => "ko",
        '\u{4e00}'..='\u{9fff}' => "zh",
        _ => return None,
    })
}

/// The languages that a word stands for, by their place in the table.
static BY_WORD: LazyLock<Map<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut by_word: Map<&str, Vec<usize>> = Map::default();
    for (n, (_, words)) in WORDS.iter().enumerate() {
        for word in *words {
            let of_word = by_word.entry(word).or_default();
            if of_word.last() != Some(&n) {
                of_word.push(n);
            }
        }
    }
    by_word
});

/// The language of a text, if it gives itself away.
pub fn language(text: &str) -> Option<&'static str> {
    const ENOUGH: usize = 400;
    let end = text.char_indices().nth(ENOUGH).map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    if !text.is_ascii() {
        let mut scripts: BTreeMap<&str, usize> = BTreeMap::new();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        text.chars().filter_map(by_script).for_each(|s| *scripts.entry(s).or_default() += 1);
        // Japanese is written with Chinese characters among its own.
        let script = if scripts.contains_key("ja") {
            Some("ja")
        } else {
            scripts.iter().max_by_key(|(_, n)| **n).map(|(s, _)| *s)
        };
        if let Some(script) = script
            && scripts.values().sum::<usize>() * 2 > letters
        {
            return Some(script);
        }
    }
    let mut hits = [0; WORDS.len()];
    let mut word = String::new();
    for part in text.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|w| !w.is_empty()) {
        word.clear();
        word.extend(part.chars().flat_map(char::to_lowercase));
        for n in BY_WORD.get(word.as_str()).into_iter().flatten() {
            hits[*n] += 1;
        }
    }
    let best = (0..hits.len()).max_by_key(|n| (hits[*n], std::cmp::Reverse(*n)))?;
    let clear = hits[best] > 0 && hits.iter().filter(|n| **n == hits[best]).count() == 1;
    clear.then_some(WORDS[best].0)
}

/// Languages of a sample of texts.
#[derive(Default)]
pub struct Languages {
    seen: u64,
    found: BTreeMap<&'static str, u64>,
}

impl Languages {
    /// One more text. All of the first two thousand are looked at, then one of sixty-four.
    pub fn see(&mut self, text: &str) {
        const ALL_OF: u64 = 2_000;
        const THEN_ONE_OF: u64 = 64;
        self.seen += 1;
        if self.seen > ALL_OF && !self.seen.is_multiple_of(THEN_ONE_OF) {
            return;
        }
        if let Some(language) = language(text) {
            *self.found.entry(language).or_default() += 1;
        }
    }

    /// Texts by language; those that gave nothing away are not among them.
    pub fn found(self) -> BTreeMap<&'static str, u64> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_customers() {
        for (text, expected) in [
            ("Where is my order? It should have come on Tuesday", Some("en")),
            ("Hola, ¿dónde está mi pedido?", Some("es")),
            ("Olá, bom dia, meu pedido não chegou", Some("pt")),
            ("Bonjour, je n'ai pas reçu mon colis", Some("fr")),
            ("Buongiorno, non ho ricevuto il pacco", Some("it")),
            ("Guten Tag, ich habe die Rechnung nicht bekommen", Some("de")),
            ("Goedendag, ik heb het pakje niet ontvangen", Some("nl")),
            ("Selamat siang, pesanan saya belum sampai", Some("id")),
            ("Merhaba, siparişim nerede, çok bekledim", Some("tr")),
            ("मेरा ऑर्डर कहाँ है?", Some("hi")),
            ("أين طلبي؟", Some("ar")),
            ("Где мой заказ?", Some("ru")),
            ("注文はどこですか", Some("ja")),
            ("我的订单在哪里", Some("zh")),
            ("ok 👍", None),
            ("1234", None),
            ("", None),
        ] {
            assert_eq!(language(text), expected, "{text}");
        }
    }
}
