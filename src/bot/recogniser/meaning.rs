//! What words mean, as far as a small table of word vectors tells: "parcel" lies near "package", though
//! no phrase of the flow may hold both.
//!
//! The table is part of the program; `data/words/README.md` tells where it comes from. A message's meaning
//! is the sum of its words' vectors, in which words that everybody uses are short, brought to a set
//! length. Words that the table does not hold add nothing, so to a language that it does not know it is
//! as if it were not there.
//!
//! The file, little-endian: `HSW1`; how many numbers a vector has (u16, even) and how many words there are
//! (u32); a factor (f32) for each place of a vector; a factor (u16) for each word; the vectors, four bits
//! with sign for each number, the first of a byte in its lower half; the words in UTF-8, each ended by a
//! line feed.

use super::features::Row;
use fxhash::FxHashMap;
use std::sync::OnceLock;

static FILE: &[u8] = include_bytes!("../../../data/words/vectors.bin");

/// A table of word vectors.
#[derive(Debug, Default)]
pub(crate) struct Meanings {
    /// How many numbers a vector has.
    pub dimensions: usize,
    numbers: FxHashMap<&'static str, u32>,
    /// Factor of each place of a vector.
    places: Vec<f32>,
    /// Factor of each word.
    scales: Vec<f32>,
    vectors: &'static [u8],
}

impl Meanings {
    /// The program's own table, read when it is first asked for.
    pub fn shared() -> &'static Meanings {
        static SHARED: OnceLock<Meanings> = OnceLock::new();
        SHARED.get_or_init(|| Meanings::read(FILE).unwrap_or_default())
    }

    /// Reads a table; `None` if the bytes are not one.
    fn read(file: &'static [u8]) -> Option<Meanings> {
        let (dimensions, rest) = file.strip_prefix(b"HSW1")?.split_first_chunk::<2>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let dimensions = usize::from(u16::from_le_bytes(*dimensions));
        let count = u32::from_le_bytes(*count) as usize;
        let (places, rest) = rest.split_at_checked(dimensions * 4)?;
        let (scales, rest) = rest.split_at_checked(count.checked_mul(2)?)?;
        let (vectors, words) = rest.split_at_checked(count.checked_mul(dimensions / 2)?)?;
        let words = std::str::from_utf8(words.strip_suffix(b"\n")?).ok()?;
        let numbers: FxHashMap<&str, u32> = words.lines().zip(0..).collect();
        let places = places.chunks_exact(4).filter_map(|s| Some(f32::from_le_bytes(s.try_into().ok()?)));
        let scales = scales.chunks_exact(2).filter_map(|s| Some(u16::from_le_bytes(s.try_into().ok()?)));
        (numbers.len() == count && dimensions % 2 == 0).then(|| Meanings {
            dimensions,
            numbers,
            places: places.collect(),
            scales: scales.map(f32::from).collect(),
            vectors,
        })
    }

    /// Whether the table holds a word, as it stands in a folded text.
    pub fn knows(&self, word: &str) -> bool {
        self.numbers.contains_key(word)
    }

    /// The numbers of a word's vector, if the table holds it.
    fn vector(&self, word: &str) -> Option<impl Iterator<Item = f32>> {
        let number = *self.numbers.get(word)? as usize;
        let scale = *self.scales.get(number)?;
        let bytes = self.dimensions / 2;
        let vector = self.vectors.get(number * bytes..)?.get(..bytes)?;
        let halves = vector.iter().flat_map(|&byte| [((byte << 4) as i8) >> 4, (byte as i8) >> 4]);
        Some(halves.zip(&self.places).map(move |(half, place)| f32::from(half) * scale * place))
    }

    /// Appends the meaning of a laid out line to its row: the first `dimensions` numbers of the words'
    /// summed vectors as features from `first` on, together of this length. Nothing if the table holds
    /// none of the words.
    pub fn append(&self, line: &str, dimensions: usize, first: u32, length: f32, row: &mut Row) {
        let start = row.len();
        for vector in line.split_ascii_whitespace().filter_map(|word| self.vector(word)) {
            if row.len() == start {
                row.extend((first..).zip(vector.take(dimensions)));
            } else {
                row[start..].iter_mut().zip(vector).for_each(|((_, sum), value)| *sum += value);
            }
        }
        let square: f32 = row[start..].iter().map(|(_, value)| value * value).sum();
        if square > 0.0 {
            let scale = length / square.sqrt();
            row[start..].iter_mut().for_each(|(_, value)| *value *= scale);
        } else {
            row.truncate(start);
        }
    }

    /// What each word of a line adds to a sum of `weight` over the numbers of the line's meaning, before
    /// this is brought to length 1; and that length.
    pub fn shares<'a>(
        &self,
        line: &'a str,
        dimensions: usize,
        weight: impl Fn(usize) -> f32,
    ) -> (Vec<(&'a str, f32)>, f32) {
        let mut sum = vec![0.0f32; dimensions];
        let mut shares: Vec<(&str, f32)> = Vec::new();
        for word in line.split_ascii_whitespace() {
            let Some(vector) = self.vector(word) else { continue };
            let mut share = 0.0;
            for (number, (value, sum)) in vector.zip(&mut sum).enumerate() {
                *sum += value;
                share += value * weight(number);
            }
            match shares.iter_mut().find(|(other, _)| *other == word) {
                Some((_, before)) => *before += share,
                None => shares.push((word, share)),
            }
        }
        (shares, sum.iter().map(|value| value * value).sum::<f32>().sqrt())
    }

    /// How near two words lie, -1 to 1; `None` if the table does not hold both.
    pub fn likeness(&self, a: &str, b: &str) -> Option<f32> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let (mut product, mut squares) = (0.0f32, (0.0f32, 0.0f32));
        for (x, y) in a.zip(b) {
            product += x * y;
            squares = (squares.0 + x * x, squares.1 + y * y);
        }
        let lengths = (squares.0 * squares.1).sqrt();
        (lengths > 0.0).then(|| product / lengths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "ab" = (2, 0), "ba" = (-1, 1).
    fn small() -> Vec<u8> {
        let mut file = b"HSW1".to_vec();
        file.extend(2u16.to_le_bytes());
        file.extend(2u32.to_le_bytes());
        file.extend([0.5f32, 0.25].into_iter().flat_map(f32::to_le_bytes));
        file.extend([2u16, 1].into_iter().flat_map(u16::to_le_bytes));
        file.extend([0x02, 0x4e]);
        file.extend(b"ab\nba\n");
        file
    }

    #[test]
    fn a_table_is_read_whole_or_not_at_all() {
        let file: &'static [u8] = small().leak();
        let table = Meanings::read(file).unwrap();
        assert!(table.knows("ab") && table.knows("ba") && !table.knows("a"));
        assert_eq!(table.vector("ba").unwrap().collect::<Vec<_>>(), [-1.0, 1.0]);
        for length in 0..file.len() - 1 {
            assert!(Meanings::read(&file[..length]).is_none(), "{length}");
        }
        assert!(Meanings::read(b"HSW2").is_none());
    }

    #[test]
    fn a_line_means_the_sum_of_its_words() {
        let table = Meanings::read(small().leak()).unwrap();
        let mut row = vec![(0, 1.0)];
        table.append(" ab zz ba ", 2, 7, 3.0, &mut row);
        let each = 3.0 / 2.0f32.sqrt();
        assert!(row[0] == (0, 1.0) && row[1].0 == 7 && row[2].0 == 8 && row.len() == 3);
        assert!((row[1].1 - each).abs() < 1e-6 && (row[2].1 - each).abs() < 1e-6);
        row.clear();
        table.append(" ba ab ab ", 1, 0, 0.5, &mut row);
        assert_eq!(row, [(0, 0.5)]);
        row.clear();
        table.append(" zz ", 2, 0, 1.0, &mut row);
        table.append("", 2, 0, 1.0, &mut row);
        assert!(row.is_empty());
        let (shares, length) = table.shares(" ab zz ba ab ", 2, |number| [1.0, 10.0][number]);
        assert_eq!(shares, [("ab", 4.0), ("ba", 9.0)]);
        assert!((length - 10.0f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn like_words_lie_near_each_other_across_languages() {
        let table = Meanings::shared();
        assert!((20_000..40_000).contains(&table.numbers.len()), "{}", table.numbers.len());
        for (word, near, far) in [
            ("parcel", "package", "weather"),
            ("refund", "reimbursement", "music"),
            ("pedido", "encomenda", "lluvia"),
            ("dinero", "money", "perro"),
            ("ajuda", "help", "cidade"),
        ] {
            let (nearer, farther) = (table.likeness(word, near), table.likeness(word, far));
            assert!(nearer > farther && nearer > Some(0.3), "{word}: {near} {nearer:?}, {far} {farther:?}");
        }
    }
}
