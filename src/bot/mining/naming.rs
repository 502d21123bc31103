//! The words that tell a group from everything else that is said.

use crate::bot::text::{fold, tokens};
use std::collections::BTreeMap;

/// Words of a name.
const WORDS: usize = 3;
/// Words that begin alike for so many letters are one word inflected.
const SAME_BEGINNING: usize = 4;
/// Shorter words name nothing.
const SHORTEST: usize = 3;

/// Small words of the languages the program ships texts in, folded: they name nothing.
const SMALL_WORDS: &str = "the and you your are was were can could will would should what when where which who \
    how why this that these those there here for from with have has had does did not but any all get got please \
    want need like out into about been its they them our his her also just too one still now \
    que los las una uno por para con del como cuando donde cual quien porque mis sus esta este esto ese eso hay \
    mas muy pero tengo quiero puedo puede necesito hola gracias favor sobre desde hasta sin ser son fue han les nos \
    uma com quando onde qual quem meu minha meus seu sua nao mas tenho quero posso pode preciso ola obrigado \
    isso isto tem foi sao dos das \
    नहीं क्या मेरा मेरी मुझे कैसे कहां लिए करना चाहिए hai kya mera meri mujhe kaise kahan nahi";

/// Names groups by the words that stand in a larger share of their messages than anywhere else (a
/// class-wise tf-idf: Grootendorst, 2022). Each group is its distinct messages with the times each was
/// sent; `known` is what the bot was taught, which names nothing new.
pub(super) fn telling_words(groups: &[Vec<(&str, u32)>], known: &[&str]) -> Vec<Vec<String>> {
    let counted: Vec<BTreeMap<String, f64>> = groups.iter().map(|group| shares(group)).collect();
    let taught: Vec<(&str, u32)> = known.iter().map(|phrase| (*phrase, 1)).collect();
    let mut everywhere = shares(&taught);
    for words in &counted {
        words.iter().for_each(|(word, share)| *everywhere.entry(word.clone()).or_default() += share);
    }
    counted.iter().map(|words| best(words, &everywhere)).collect()
}

/// The share of messages that hold each word.
fn shares(messages: &[(&str, u32)]) -> BTreeMap<String, f64> {
    let total: f64 = messages.iter().map(|&(_, times)| f64::from(times)).sum();
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for &(text, times) in messages {
        let folded = fold(text);
        let mut words: Vec<&str> = tokens(&folded).collect();
        words.sort_unstable();
        words.dedup();
        for word in words.into_iter().filter(|word| names_something(word)) {
            *shares.entry(word.to_owned()).or_default() += f64::from(times) / total;
        }
    }
    shares
}

fn names_something(word: &str) -> bool {
    word.chars().count() >= SHORTEST && !word.chars().any(char::is_numeric)
}

fn best(words: &BTreeMap<String, f64>, everywhere: &BTreeMap<String, f64>) -> Vec<String> {
    let weight = |word: &str, share: f64| share * (share / everywhere.get(word).copied().unwrap_or(share));
    let mut ranked: Vec<(f64, &str)> =
        words.iter().map(|(word, &share)| (weight(word, share), word.as_str())).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    // What is said more often elsewhere than here tells nothing, unless nothing else is said.
    let own = |word: &str| {
        let share = words.get(word).copied().unwrap_or_default();
        2.0 * share >= everywhere.get(word).copied().unwrap_or_default()
    };
    if ranked.iter().any(|(_, word)| own(word)) {
        ranked.retain(|(_, word)| own(word));
    }
    // A group of small words only is named by those.
    let small = |word: &str| SMALL_WORDS.split_ascii_whitespace().any(|other| other == word);
    if ranked.iter().any(|(_, word)| !small(word)) {
        ranked.retain(|(_, word)| !small(word));
    }
    let beginning = |word: &str| word.chars().take(SAME_BEGINNING).collect::<String>();
    let mut chosen: Vec<String> = Vec::new();
    for (_, word) in ranked {
        if chosen.len() == WORDS {
            break;
        }
        if !chosen.iter().any(|other| beginning(other) == beginning(word)) {
            chosen.push(word.to_owned());
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_what_is_said_nowhere_else() {
        let groups = [
            vec![("how many bags can I take", 3), ("is a bag included", 1), ("weight of my bags", 2)],
            vec![("can I take my dog", 2), ("a dog on board", 1)],
        ];
        let known = ["can I take an earlier flight"];
        let names = telling_words(&groups, &known);
        assert_eq!((names[0][0].as_str(), names[1][0].as_str()), ("bags", "dog"));
        assert!(names.iter().all(|words| words.len() <= WORDS && !words.contains(&"take".to_owned())));
        let small = telling_words(&[vec![("where is it now", 2)]], &known);
        assert_eq!(small, [["now", "where"]]);
        assert_eq!(telling_words(&[], &known), Vec::<Vec<String>>::new());
    }
}
