//! The last few different texts that came by: in a chat the same names come again and again, and to
//! look at a handful of them costs less than to hash one.

/// So many are remembered.
const FEW: usize = 4;

/// The last few different texts.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    texts: [String; FEW],
    /// How many of them were remembered yet: the others are no texts.
    filled: usize,
    next: usize,
}

impl Recent {
    /// Where a text is remembered.
    pub fn position(&self, text: &str) -> Option<usize> {
        self.texts[..self.filled].iter().position(|known| known == text)
    }

    /// Remembers a text in place of the oldest, and says where.
    pub fn push(&mut self, text: &str) -> usize {
        let place = self.next;
        self.texts[place].clear();
        self.texts[place].push_str(text);
        self.next = (place + 1) % FEW;
        self.filled = self.filled.max(place + 1);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes() {
        let mut recent = Recent::default();
        assert_eq!(recent.position(""), None);
        for (n, text) in ["a", "b", "c", "d"].iter().enumerate() {
            assert_eq!((recent.position(text), recent.push(text)), (None, n));
        }
        assert_eq!((recent.position("c"), recent.push("e")), (Some(2), 0));
        assert_eq!((recent.position("a"), recent.position("e")), (None, Some(0)));
    }
}
