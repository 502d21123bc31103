//! Headers written as the last ones were: one comparison, and the numbers are read.

use super::{Header, Shape, milliseconds, parse_with_half};

/// Reads headers, and remembers how the last ones were written: most lines repeat one of a few patterns
/// with other digits in it.
#[derive(Default)]
pub struct Headers {
    patterns: Vec<Pattern>,
}

/// So many patterns are remembered; one phone writes hours and days with one digit or two.
const PATTERNS: usize = 8;

/// Longer headers go the long way.
const PATTERN_BYTES: usize = 32;

struct Pattern {
    /// The header with every digit replaced by `0`, and what may differ from it: nothing, the digit, or, behind
    /// its end, anything.
    text: [u8; PATTERN_BYTES],
    differs: [u8; PATTERN_BYTES],
    length: usize,
    /// Where its numbers are, and how long: day, month and year, hour, minute and second.
    numbers: [(u8, u8); 6],
    shape: Shape,
    /// Which half of the day it says.
    afternoon: Option<bool>,
}

impl Headers {
    /// As [`super::parse`].
    pub fn parse(&mut self, line: &str) -> Option<Header> {
        let bytes = line.as_bytes();
        let mut begin = [0; PATTERN_BYTES];
        let near = bytes.len().min(PATTERN_BYTES);
        begin[..near].copy_from_slice(&bytes[..near]);
        if let Some(n) = self.patterns.iter().position(|pattern| pattern.fits(&begin)) {
            if n > 0 {
                self.patterns.swap(n, n - 1);
            }
            return self.patterns[n.saturating_sub(1)].read(&begin);
        }
        let (header, afternoon) = parse_with_half(line)?;
        self.patterns.truncate(PATTERNS - 1);
        if let Some(pattern) = Pattern::of(&bytes[..header.rest], header.shape, afternoon) {
            self.patterns.insert(0, pattern);
        }
        Some(header)
    }
}

impl Pattern {
    /// Of a header. Digits of other scripts, and what a blank behind it might change, go the long way.
    fn of(written: &[u8], shape: Shape, afternoon: Option<bool>) -> Option<Pattern> {
        let plain = written.is_ascii() && written.last() == Some(&b' ') && !shape.time_first;
        if !plain || written.len() > PATTERN_BYTES {
            return None;
        }
        let mut pattern = Pattern {
            text: [0; PATTERN_BYTES],
            differs: [u8::MAX; PATTERN_BYTES],
            length: written.len(),
            numbers: [(0, 0); 6],
            shape,
            afternoon,
        };
        let mut numbers = 0;
        let mut inside = false;
        for (at, byte) in written.iter().enumerate() {
            let digit = byte.is_ascii_digit();
            pattern.text[at] = if digit { b'0' } else { *byte };
            pattern.differs[at] = if digit { 9 } else { 0 };
            if digit {
                if !inside {
                    numbers += 1;
                    pattern.numbers.get_mut(numbers - 1)?.0 = at as u8;
                }
                pattern.numbers[numbers - 1].1 += 1;
            }
            inside = digit;
        }
        Some(pattern)
    }

    /// A digit differs from `0` by its value in these bits, and nothing else by 9 or less.
    fn fits(&self, begin: &[u8; PATTERN_BYTES]) -> bool {
        let written = self.text.iter().zip(&self.differs);
        begin
            .iter()
            .zip(written)
            .fold(true, |fits, (found, (text, differs))| fits & (found ^ text <= *differs))
    }

    /// The numbers of a line that fits; the same bounds hold as for any other header.
    fn read(&self, begin: &[u8; PATTERN_BYTES]) -> Option<Header> {
        let [first, second, third, hour, minute, second_of_minute] = self.numbers.map(|(at, length)| {
            let digits = &begin[usize::from(at)..usize::from(at + length)];
            digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
        });
        let ms = milliseconds(hour, minute, second_of_minute, self.afternoon)?;
        Some(Header { shape: self.shape, date: [first, second, third], ms, rest: self.length })
    }
}
