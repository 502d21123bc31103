//! Which entry of an open menu a message chooses.

use super::model::Menu;
use crate::bot::text::{contains_word, tokens};

/// Number words up to ten, in the languages the program ships texts in; folded.
const NUMBER_WORDS: [&[&str]; 10] = [
    &["uno", "una", "primero", "primera", "um", "uma", "one", "first", "ek", "एक"],
    &["dos", "segundo", "segunda", "dois", "duas", "two", "second", "do", "दो"],
    &["tres", "tercero", "tercera", "terceiro", "three", "third", "teen", "तीन"],
    &["cuatro", "cuarto", "cuarta", "quatro", "four", "fourth", "char", "चार"],
    &["cinco", "quinto", "quinta", "five", "fifth", "paanch", "पांच"],
    &["seis", "sexto", "sexta", "six", "sixth", "chhe", "छह"],
    &["siete", "septimo", "sete", "seven", "seventh", "saat", "सात"],
    &["ocho", "octavo", "oito", "eight", "eighth", "aath", "आठ"],
    &["nueve", "noveno", "nove", "nine", "ninth", "nau", "नौ"],
    &["diez", "decimo", "dez", "ten", "tenth", "das", "दस"],
];

/// Words people put before a number they choose.
const LEADS: &[&str] =
    &["opcion", "opcao", "option", "numero", "number", "la", "el", "o", "a", "the", "quiero", "quero", "no"];

/// How an entry was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// By its key or number.
    Key,
    /// By its text.
    Text,
    /// By its text with a typing error.
    Misspelt,
    /// By a word of it within a longer message.
    Word,
}

impl Menu {
    /// The entry a folded message chooses, if it chooses one.
    pub fn chosen(&self, folded: &str) -> Option<(usize, ChosenBy)> {
        let bare = folded.trim_matches(|c: char| c.is_whitespace() || ".,;:!?¡¿()[]\"'*_-#".contains(c));
        self.by_key(bare)
            .map(|i| (i, ChosenBy::Key))
            .or_else(|| self.by_text(bare))
            .or_else(|| self.by_word(folded).map(|i| (i, ChosenBy::Word)))
    }

    fn by_key(&self, bare: &str) -> Option<usize> {
        let mut words: Vec<&str> = tokens(bare).collect();
        while words.len() > 1 && words.first().is_some_and(|word| LEADS.contains(word)) {
            words.remove(0);
        }
        let [word] = words.as_slice() else { return None };
        let is_key = |key: &str| self.choices.iter().position(|choice| choice.key == key);
        if let Some(index) = is_key(word) {
            return Some(index);
        }
        let number = NUMBER_WORDS.iter().position(|names| names.contains(word))? + 1;
        is_key(&number.to_string())
    }

    fn by_text(&self, bare: &str) -> Option<(usize, ChosenBy)> {
        let texts = || {
            self.choices
                .iter()
                .enumerate()
                .flat_map(|(i, c)| c.folded.iter().chain(&c.words).map(move |text| (i, text.as_str())))
        };
        if let Some((index, _)) = texts().find(|(_, text)| *text == bare) {
            return Some((index, ChosenBy::Text));
        }
        // One error in a word of four letters or more, two from eight on; a tie chooses nothing.
        let length = bare.chars().count();
        let allowed = match length {
            0..=3 => return None,
            4..=7 => 1,
            _ => 2,
        };
        let mut nearest: Option<(usize, usize)> = None;
        let mut tied = false;
        for (index, text) in texts() {
            if text.chars().count().abs_diff(length) > allowed {
                continue;
            }
            let distance = strsim::osa_distance(text, bare);
            match nearest {
                _ if distance > allowed => {}
                Some((best, of)) if distance == best => tied |= of != index,
                Some((best, _)) if distance > best => {}
                _ => {
                    nearest = Some((distance, index));
                    tied = false;
                }
            }
        }
        nearest.filter(|_| !tied).map(|(_, index)| (index, ChosenBy::Misspelt))
    }

    /// The one entry of which a word stands in the message; two such entries choose nothing.
    fn by_word(&self, folded: &str) -> Option<usize> {
        let mut found = None;
        for (index, choice) in self.choices.iter().enumerate() {
            let mut words = choice.folded.iter().chain(&choice.words);
            if words.any(|word| word.chars().count() > 2 && contains_word(folded, word)) {
                if found.is_some() {
                    return None;
                }
                found = Some(index);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Choice, Menu};
    use super::super::raw::Show;
    use super::*;
    use crate::bot::text::fold;

    fn menu() -> Menu {
        let entries =
            [("Tabla de tallas", "tabla"), ("Cambio de talla", "cambio"), ("Hablar con alguien", "")];
        let choice = |(i, (text, word)): (usize, (&str, &str))| Choice {
            key: (i + 1).to_string(),
            text: 0,
            folded: vec![fold(text)],
            words: if word.is_empty() { Vec::new() } else { vec![fold(word)] },
            set: Vec::new(),
            go: 0,
        };
        Menu { show: Show::Numbers, choices: entries.into_iter().enumerate().map(choice).collect() }
    }

    #[test]
    fn people_choose_in_many_ways() {
        let cases = [
            ("2", Some((1, ChosenBy::Key))),
            ("2.", Some((1, ChosenBy::Key))),
            ("2️⃣", Some((1, ChosenBy::Key))),
            ("opción 3", Some((2, ChosenBy::Key))),
            ("la primera", Some((0, ChosenBy::Key))),
            ("एक", Some((0, ChosenBy::Key))),
            ("TABLA DE TALLAS", Some((0, ChosenBy::Text))),
            ("tabla", Some((0, ChosenBy::Text))),
            ("tabal", Some((0, ChosenBy::Misspelt))),
            ("tabla de talas", Some((0, ChosenBy::Misspelt))),
            ("quiero ver la tabla por favor", Some((0, ChosenBy::Word))),
            ("tabla o cambio", None),
            ("9", None),
            ("hola", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(menu().chosen(&fold(text)), expected, "{text}");
        }
    }
}
