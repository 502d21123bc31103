//! Recognisers that were trained before in this process, by the content of what they were trained on: the
//! variants of a comparison, the points of a sweep and the priced proposals of mining mostly share a flow.

use super::{Recogniser, Settings, TrainError};
use std::sync::{Arc, Mutex, PoisonError};

/// So many are kept, the youngest.
const KEPT: usize = 8;

type Key = blake3::Hash;

static TRAINED: Mutex<Vec<(Key, Arc<Recogniser>)>> = Mutex::new(Vec::new());

impl Recogniser {
    /// As [`Recogniser::train`], but what was learned from the same labels, phrases and settings before is
    /// taken from memory. It comes out the same either way.
    ///
    /// # Errors
    /// As [`Recogniser::train`]; a failure is not remembered.
    pub fn learned(
        labels: &[String],
        examples: &[(u16, &str)],
        out_of_scope: &[&str],
        settings: &Settings,
    ) -> Result<Arc<Recogniser>, TrainError> {
        let key = key(labels, examples, out_of_scope, settings);
        let trained = || TRAINED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = trained().iter().find(|(other, _)| *other == key) {
            return Ok(known.clone());
        }
        // Not under the lock: others may train at the same time, twice the same at worst.
        let new = Arc::new(Recogniser::train(labels, examples, out_of_scope, settings)?);
        let mut trained = trained();
        trained.truncate(KEPT - 1);
        trained.insert(0, (key, new.clone()));
        Ok(new)
    }
}

/// A hash of everything that training looks at; each text goes in with its length, so that no two sets
/// run together into one.
fn key(labels: &[String], examples: &[(u16, &str)], out_of_scope: &[&str], settings: &Settings) -> Key {
    let mut hasher = blake3::Hasher::new();
    let mut text = |number: u64, text: &str| {
        hasher
            .update(&number.to_le_bytes())
            .update(&(text.len() as u64).to_le_bytes())
            .update(text.as_bytes());
    };
    text(labels.len() as u64, &format!("{settings:?}"));
    labels.iter().for_each(|label| text(0, label));
    text(examples.len() as u64, "");
    examples.iter().for_each(|(label, phrase)| text(u64::from(*label), phrase));
    text(out_of_scope.len() as u64, "");
    out_of_scope.iter().for_each(|message| text(0, message));
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_phrases_are_learned_once_and_others_anew() {
        let labels = ["cached_orders", "cached_returns"].map(str::to_owned);
        let phrases = [(0, "where is my order"), (0, "track my order"), (1, "send it back"), (1, "a return")];
        let learn = |phrases: &[(u16, &str)], settings: &Settings| {
            Recogniser::learned(&labels, phrases, &["sing a song"], settings).unwrap()
        };
        let settings = Settings::default();
        let first = learn(&phrases, &settings);
        assert!(Arc::ptr_eq(&first, &learn(&phrases, &settings)));
        assert!(!Arc::ptr_eq(&first, &learn(&phrases[..3], &settings)));
        let other = Settings { clarify_margin: 0.25, ..Settings::default() };
        assert!(!Arc::ptr_eq(&first, &learn(&phrases, &other)));
        // The same words cut otherwise are another set.
        let (one, two) = (
            key(&labels, &[(0, "ab"), (0, "c")], &[], &settings),
            key(&labels, &[(0, "a"), (0, "bc")], &[], &settings),
        );
        assert_ne!(one, two);
    }
}
