//! Characters of many scripts: digits and invisible marks.

/// The value of a decimal digit in the scripts in which phones write dates and numbers.
pub fn digit_value(c: char) -> Option<u8> {
    /// The zero of each run of ten: Arabic-Indic, its eastern form, Devanagari, Bengali, Gurmukhi,
    /// Gujarati, Tamil, Telugu, Kannada, Malayalam, Thai, Lao, Tibetan, Myanmar, Khmer, full width.
    const ZEROS: [u32; 16] = [
        0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
        0x17e0, 0xff10,
    ];
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let code = c as u32;
    ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| (code - zero) as u8)
}

/// Marks that steer the direction of writing or are not seen at all.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// Without invisible marks at both ends and blanks of any kind.
pub fn trim_marks(text: &str) -> &str {
    // Mostly there is nothing to do.
    if let (Some(0x21..=0x7e), Some(0x21..=0x7e)) = (text.as_bytes().first(), text.as_bytes().last()) {
        return text;
    }
    text.trim_matches(|c: char| is_invisible(c) || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_many_scripts() {
        for (c, value) in [('7', 7), ('٣', 3), ('۹', 9), ('५', 5), ('๔', 4), ('０', 0)] {
            assert_eq!(digit_value(c), Some(value));
        }
        assert_eq!(digit_value('x'), None);
        assert_eq!(digit_value('½'), None);
    }
}
