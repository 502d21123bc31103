//! What can be set about the recogniser, with defaults chosen on training data (docs/nlu.md).

use serde::{Deserialize, Serialize};

/// How to learn and how to decide. The defaults serve; a bot usually sets `wanted_precision` only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Word n-grams from 1 up to this many words.
    pub word_ngrams: usize,
    /// Characters of a word's beginning that stand for its inflected forms, alone and in pairs.
    pub stem_length: usize,
    /// How far apart the two words of a pair may stand; 0 for no pairs.
    pub pair_reach: usize,
    /// Character n-grams inside words: shortest and longest.
    pub character_ngrams: (usize, usize),
    /// Weight of the character block; words and pairs weigh 1.
    pub character_weight: f32,
    /// Power on the inverse document frequency: 1 as usual, 0 for none.
    pub idf_power: f64,
    /// Cost of a training error (the C of a support vector machine).
    pub cost: f32,
    /// With fewer phrases per label than this, on average, the loss is logistic and the labels' names
    /// count as phrases.
    pub few_phrases: f64,
    /// Cost of a training error under the logistic loss.
    pub few_cost: f32,
    /// Length of a message's meaning (the sum of its words' vectors) beside its n-grams, which together
    /// have length 1; 0 to go without.
    pub meaning: f32,
    /// How many numbers of the meaning count, the weightiest first.
    pub meaning_dimensions: usize,
    /// Length of the meaning where phrases are few: then all its numbers count.
    pub few_meaning: f32,
    /// Passes over the training phrases.
    pub epochs: usize,
    /// Share of accepted answers that should be right; the confidence from which the bot answers is
    /// chosen for it on held-out phrases.
    pub wanted_precision: f64,
    /// Overrides the confidence chosen for `wanted_precision`.
    pub threshold: Option<f32>,
    /// Lead in confidence over the runner-up below which the bot asks which of the two was meant.
    pub clarify_margin: f32,
    /// Share of in-scope messages that may be turned away as out of scope.
    pub lost_in_scope: f64,
    /// Seed of the order in which phrases are visited.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            word_ngrams: 2,
            stem_length: 5,
            pair_reach: 4,
            character_ngrams: (2, 4),
            character_weight: 1.1,
            idf_power: 0.7,
            cost: 2.0,
            few_phrases: 20.0,
            few_cost: 20.0,
            meaning: 0.3,
            meaning_dimensions: 32,
            few_meaning: 0.6,
            epochs: 10,
            wanted_precision: 0.95,
            threshold: None,
            clarify_margin: 0.1,
            lost_in_scope: 0.06,
            seed: 1,
        }
    }
}
