//! Texts of a pattern: what simulated customers answer where a slot has a pattern of its own.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Texts that are made, at most: not every one matches where the pattern looks around.
const TRIES: usize = 16;
/// More repetitions than the fewest, at most, and the longest text, in bytes.
const MORE: u32 = 4;
const LONGEST: usize = 80;

/// Texts that follow a pattern, made up from a uniform number.
pub(super) fn of_pattern(pattern: &str, u: f64) -> impl Iterator<Item = String> {
    let parsed = regex_syntax::parse(pattern).ok();
    let mut draw = Draw(u.to_bits());
    std::iter::repeat_n((), TRIES).filter_map(move |()| {
        let mut text = String::new();
        write(parsed.as_ref()?, &mut draw, &mut text);
        Some(text.trim().to_owned())
    })
}

/// Numbers made of one number (SplitMix64: Steele, Lea, Flood, 2014).
struct Draw(u64);

impl Draw {
    /// One of `0..of`.
    fn one_of(&mut self, of: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * u128::from(of)) >> 64) as u32
    }
}

fn write(pattern: &Hir, draw: &mut Draw, text: &mut String) {
    if text.len() >= LONGEST {
        return;
    }
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(one_of_class(class, draw)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(MORE));
            let times = repetition.min + draw.one_of(most - repetition.min + 1);
            for _ in 0..times.min(LONGEST as u32) {
                write(&repetition.sub, draw, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, draw, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, draw, text)),
        HirKind::Alternation(ways) => {
            if let Some(way) = ways.get(draw.one_of(ways.len() as u32) as usize) {
                write(way, draw, text);
            }
        }
    }
}

/// A character of a class: one that a keyboard has, if there is one in it.
fn one_of_class(class: &Class, draw: &mut Draw) -> Option<char> {
    const TYPED: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('a', 'z'), (' ', '~')];
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let within = |(low, high): (char, char)| -> Vec<(char, char)> {
        let cut = ranges.iter().map(|&(start, end)| (start.max(low), end.min(high)));
        cut.filter(|(start, end)| start <= end).collect()
    };
    let typed = [TYPED[0], TYPED[1], TYPED[2]].into_iter().flat_map(within).collect::<Vec<_>>();
    let choices =
        [typed, within(TYPED[3]), ranges.clone()].into_iter().find(|choices| !choices.is_empty())?;
    let (start, end) = choices[draw.one_of(choices.len() as u32) as usize];
    let width = u32::from(end) - u32::from(start) + 1;
    char::from_u32(u32::from(start) + draw.one_of(width)).or(Some(start))
}
