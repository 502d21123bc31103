//! A set of conversation numbers, a bit each.

/// A growing set of small whole numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    #[inline]
    pub(super) fn insert(&mut self, number: u64) {
        let word = (number / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    pub(super) fn union(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// How many words from the first on are full: no number below 64 times that is missing.
    pub(super) fn full_words(&self) -> usize {
        self.0.iter().take_while(|word| **word == u64::MAX).count()
    }

    /// How many numbers are in all of these sets.
    pub(super) fn common(sets: &[&Bits]) -> u64 {
        let words = sets.iter().map(|s| s.0.len()).min().unwrap_or(0);
        (0..words).map(|i| u64::from(sets.iter().fold(u64::MAX, |all, s| all & s.0[i]).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u64]) -> Bits {
        let mut bits = Bits::default();
        numbers.iter().for_each(|&n| bits.insert(n));
        bits
    }

    #[test]
    fn sets() {
        let (a, b) = (of(&[0, 63, 64, 200]), of(&[63, 64, 65]));
        assert_eq!(Bits::common(&[&a]), 4);
        assert_eq!(Bits::common(&[&a, &b]), 2);
        assert_eq!(Bits::common(&[&a, &of(&[])]), 0);
        assert_eq!(of(&(0..130).filter(|n| *n != 127).collect::<Vec<_>>()).full_words(), 1);
        let mut union = b;
        union.union(&a);
        assert_eq!(union, of(&[0, 63, 64, 65, 200]));
    }
}
