//! Which rules' words a message contains: a bit for each rule.

use crate::scenario::plan::RuleIdx;
use smallvec::SmallVec;

/// A bit for each rule whose words the message contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordHits(SmallVec<[u64; 2]>);

impl WordHits {
    /// Looks for each rule's words. `contains` compares folded text with a folded word or phrase.
    pub fn find<'a>(
        rules: impl Iterator<Item = (RuleIdx, &'a [String])>,
        mut contains: impl FnMut(&str) -> bool,
    ) -> WordHits {
        let mut hits = WordHits::default();
        for (rule, words) in rules {
            if words.iter().any(|word| contains(word)) {
                let block = usize::from(rule) / 64;
                if hits.0.len() <= block {
                    hits.0.resize(block + 1, 0);
                }
                hits.0[block] |= 1 << (rule % 64);
            }
        }
        hits
    }

    /// The message contains a word of this rule.
    pub fn hit(&self, rule: RuleIdx) -> bool {
        self.0.get(usize::from(rule) / 64).is_some_and(|block| block & 1 << (rule % 64) != 0)
    }
}
