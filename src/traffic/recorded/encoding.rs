//! Text that is not UTF-8. UTF-16 says so by its first two bytes and is read as UTF-8 wherever it comes
//! from; Windows-1252, which spreadsheets still write, is guessed for tables alone.

use std::borrow::Cow;
use std::io::{self, Read};

/// Whether bytes begin like UTF-16, and if so whether the high byte comes first.
pub fn utf_16(head: &[u8]) -> Option<bool> {
    match head {
        // Four bytes of UTF-32 begin like two of UTF-16.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        _ => None,
    }
}

/// UTF-16 as UTF-8. What is no character becomes the replacement character.
pub struct FromUtf16<R> {
    reader: R,
    high_first: bool,
    raw: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

const CHUNK: usize = 64 * 1024;

impl<R: Read> FromUtf16<R> {
    /// The mark at the beginning is read over.
    pub fn new(reader: R, high_first: bool) -> Self {
        FromUtf16 { reader, high_first, raw: Vec::new(), out: Vec::new(), given: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let before = self.raw.len();
        self.raw.resize(before + CHUNK, 0);
        let read = self.reader.read(&mut self.raw[before..])?;
        self.raw.truncate(before + read);
        self.ended = read == 0;
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            if self.high_first { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        // Half a pair waits for its other half.
        if !self.ended && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
            units.pop();
        }
        self.out.clear();
        self.given = 0;
        let mut utf_8 = [0; 4];
        for c in char::decode_utf16(units.iter().copied()) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            if c != '\u{feff}' {
                self.out.extend_from_slice(c.encode_utf8(&mut utf_8).as_bytes());
            }
        }
        self.raw.drain(..units.len() * 2);
        Ok(())
    }
}

impl<R: Read> Read for FromUtf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() {
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let n = into.len().min(self.out.len() - self.given);
        into[..n].copy_from_slice(&self.out[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

/// Bytes as text; what is no UTF-8 becomes the replacement character. Good text is known much sooner than
/// bad text is mended.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Whether text that should be UTF-8 is rather Windows-1252: it has bytes beyond ASCII, and none of them
/// make a character of UTF-8.
pub fn is_windows_1252(head: &[u8]) -> bool {
    // The end of the head may cut a character in two.
    let head = &head[..head.len().saturating_sub(3)];
    let mut beyond = false;
    for chunk in head.utf8_chunks() {
        if !chunk.valid().is_ascii() || chunk.invalid().contains(&0xff) {
            return false;
        }
        beyond |= !chunk.invalid().is_empty();
    }
    beyond
}

/// Windows-1252 as text.
pub fn from_windows_1252(bytes: &[u8], out: &mut String) {
    /// 0x80 to 0x9f; those that stand for nothing keep their number.
    const C1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    out.extend(bytes.iter().map(|b| match b {
        0x80..=0x9f => C1[usize::from(b - 0x80)],
        b => char::from(*b),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spreadsheets() {
        assert!(is_windows_1252(b"M\xfcller;K\xf6ln;10 \x80;done"));
        assert!(!is_windows_1252("Müller;Köln;10 €;done".as_bytes()));
        assert!(!is_windows_1252(b"plain;ascii"));
        let mut text = String::new();
        from_windows_1252(b"M\xfcller 10 \x80", &mut text);
        assert_eq!(text, "Müller 10 €");
    }

    proptest! {
        #[test]
        fn utf_16_is_read(text in "\\PC{0,40}", high_first: bool, copies in 1_usize..3_000) {
            let text = text.repeat(copies);
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|u| if high_first { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            prop_assert_eq!(utf_16(&bytes), (bytes.get(2..4) != Some(&[0, 0]) || high_first).then_some(high_first));
            let mut read = String::new();
            FromUtf16::new(bytes.as_slice(), high_first).read_to_string(&mut read).unwrap();
            prop_assert_eq!(read, text.replace('\u{feff}', ""));
        }
    }
}
