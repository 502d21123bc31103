//! Test messages as hurried thumbs would have written them.

use crate::random::{Purpose, Streams};

/// The text with this share of its characters disturbed: left out, followed by a stray letter, replaced
/// by one, or swapped with the next; a quarter each. Message `number` of a test has its own luck.
pub fn disturbed(text: &str, share: f64, seed: u64, number: u64) -> String {
    let mut stream = Streams::new(seed, 0).stream(Purpose::Bot, number.wrapping_add(1 << 32));
    let mut out = String::with_capacity(text.len() + 4);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !stream.chance(share) {
            out.push(c);
            continue;
        }
        let slip = (stream.uniform() * 4.0) as u8;
        let stray = char::from(b'a' + ((stream.uniform() * 26.0) as u8).min(25));
        match slip {
            0 => {}
            1 => out.extend([c, stray]),
            2 => out.push(stray),
            _ => {
                out.extend(chars.next());
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_wanted_share_is_disturbed() {
        let text = "0".repeat(10_000);
        // A swap of equal characters shows nothing; the other three kinds take or bring something.
        let changed = disturbed(&text, 0.06, 1, 0);
        let strays = changed.chars().filter(|c| *c != '0').count();
        assert!((250..350).contains(&strays), "{strays}");
        assert_eq!(disturbed("unharmed", 0.0, 1, 0), "unharmed");
        assert_ne!(disturbed(&text, 0.06, 1, 1), changed);
        assert_eq!(disturbed(&text, 0.06, 1, 0), changed);
    }
}
