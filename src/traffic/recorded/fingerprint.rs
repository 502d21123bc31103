//! What makes two things the same, in 64 bits, and maps that hostile keys cannot slow down.
//!
//! The fast hash used elsewhere in the program must not stand here: on ids that differ in their last
//! digits alone it collides, and a collision would lose a message as a repetition.

use std::collections::hash_map::DefaultHasher;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A fingerprint of a value; equal values have equal ones within a run.
pub fn fingerprint(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A hash of a text that is the same in every version of the program: FNV-1a, its bits mixed.
pub fn stable(text: &str) -> u64 {
    let fnv =
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

/// A map without any order of its own; its iteration must never reach a result.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A set without any order of its own.
pub type Set<K> = std::collections::HashSet<K, BuildHasherDefault<DefaultHasher>>;

/// Hashes what is a fingerprint already: it is only stirred.
#[derive(Default)]
pub struct Stirred(u64);

impl Hasher for Stirred {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, print: u64) {
        self.0 = print.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A set of fingerprints.
pub type Prints = std::collections::HashSet<u64, BuildHasherDefault<Stirred>>;

/// A map from fingerprints.
pub type PrintMap<V> = std::collections::HashMap<u64, V, BuildHasherDefault<Stirred>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_numbers_do_not_collide() {
        let distinct: Set<u64> = (0..100_000).map(|n| fingerprint(format!("INC{n:07}").as_str())).collect();
        assert_eq!(distinct.len(), 100_000);
        let distinct: Set<u64> = (0..100_000).map(|n| stable(&format!("wamid.{n}"))).collect();
        assert_eq!(distinct.len(), 100_000);
        assert_eq!(stable(""), 7_351_636_920_882_584_609);
    }
}
