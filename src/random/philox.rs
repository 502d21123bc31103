//! Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011).
//!
//! Counter-based: nothing to seed, nothing to store. key = seed; counter = (draw, purpose and
//! replication, entity low, entity high).

/// What a stream is for. The number is part of the address: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Purpose {
    Arrivals = 1,
    Day = 2,
    Profile = 3,
    Patience = 4,
    Work = 5,
    Exchanges = 6,
    ReplyDelay = 7,
    Bot = 8,
    Customer = 9,
    Return = 10,
    Rating = 11,
    Absence = 12,
    Routing = 13,
    Balk = 14,
    Phrase = 15,
    Transfer = 16,
    Resample = 17,
    Outage = 18,
    LookUp = 19,
    Warmup = 20,
    Typo = 21,
}

/// All streams of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    key: [u32; 2],
    replication: u32,
    antithetic: bool,
}

impl Streams {
    /// The streams of `replication` under `seed`. Replications are counted from 0, up to 2^24.
    pub fn new(seed: u64, replication: u32) -> Streams {
        Streams {
            key: [seed as u32, (seed >> 32) as u32],
            replication: replication & 0x00ff_ffff,
            antithetic: false,
        }
    }

    /// The mirror image: every uniform draw u becomes 1 - u.
    pub fn antithetic(mut self) -> Streams {
        self.antithetic = true;
        self
    }

    /// The stream of one entity for one purpose.
    #[inline]
    pub fn stream(&self, purpose: Purpose, entity: u64) -> Stream {
        Stream {
            key: self.key,
            counter: [0, (purpose as u32) << 24 | self.replication, entity as u32, (entity >> 32) as u32],
            spare: 0,
            has_spare: false,
            flip: if self.antithetic { u64::MAX } else { 0 },
        }
    }
}

impl Streams {
    /// A name for an entity that no other run and no other entity has.
    pub fn name_of(&self, entity: u64) -> String {
        let mirrored = if self.antithetic { "m" } else { "" };
        format!("{:08x}{:08x}-{}{mirrored}-{entity:x}", self.key[1], self.key[0], self.replication)
    }

    /// The stream of the `n`th quantity of this kind of an entity (its third reply, say), so that what
    /// is drawn for one does not depend on how many words another took.
    #[inline]
    pub fn nth(&self, purpose: Purpose, entity: u64, n: u32) -> Stream {
        let mut stream = self.stream(purpose, entity);
        stream.counter[0] = n << 12;
        stream
    }
}

/// One stream of uniform draws.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    spare: u64,
    has_spare: bool,
    flip: u64,
}

#[inline]
fn philox4x32_10(mut c: [u32; 4], mut k: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            k[0] = k[0].wrapping_add(0x9E37_79B9);
            k[1] = k[1].wrapping_add(0xBB67_AE85);
        }
        let p0 = u64::from(c[0]) * 0xD251_1F53;
        let p1 = u64::from(c[2]) * 0xCD9E_8D57;
        c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
    }
    c
}

impl Stream {
    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        if self.has_spare {
            self.has_spare = false;
            return self.spare ^ self.flip;
        }
        let out = philox4x32_10(self.counter, self.key);
        self.counter[0] = self.counter[0].wrapping_add(1);
        self.spare = u64::from(out[2]) | u64::from(out[3]) << 32;
        self.has_spare = true;
        (u64::from(out[0]) | u64::from(out[1]) << 32) ^ self.flip
    }

    /// Uniform on the open interval (0, 1): never 0 and never 1, so that a logarithm is always finite.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// An index drawn from cumulative weights whose last entry is the total.
    #[inline]
    pub fn pick(&mut self, cumulative: &[f64]) -> usize {
        let u = self.uniform() * cumulative.last().copied().unwrap_or(0.0);
        cumulative.iter().position(|&c| u < c).unwrap_or(cumulative.len().saturating_sub(1))
    }
}

impl rand::TryRng for Stream {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.bits() as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.bits())
    }
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in dst.chunks_mut(8) {
            let bytes = self.bits().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of Random123 (tests/kat_vectors).
    #[test]
    fn known_answers() {
        assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(
            philox4x32_10([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        );
        assert_eq!(
            philox4x32_10([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn streams_differ_and_repeat() {
        let s = Streams::new(1, 0);
        let a = s.stream(Purpose::Work, 7).bits();
        assert_eq!(a, s.stream(Purpose::Work, 7).bits());
        assert_ne!(a, s.stream(Purpose::Work, 8).bits());
        assert_ne!(a, s.stream(Purpose::Patience, 7).bits());
        assert_ne!(a, Streams::new(1, 1).stream(Purpose::Work, 7).bits());
        assert_ne!(a, Streams::new(2, 0).stream(Purpose::Work, 7).bits());
    }

    #[test]
    fn antithetic_mirrors() {
        let (mut a, mut b) = (
            Streams::new(3, 4).stream(Purpose::Work, 1),
            Streams::new(3, 4).antithetic().stream(Purpose::Work, 1),
        );
        for _ in 0..100 {
            assert!((a.uniform() + b.uniform() - 1.0).abs() < 1e-15);
        }
    }
}
