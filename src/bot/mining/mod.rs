//! What the bot could not answer: found in a log, put into groups, named, and proposed as an addition to
//! its flow.
//!
//! ```text
//! log + flow ─► unanswered messages ─► variants as one ─► places ─► groups ─► findings ─► additions to the flow
//! ```
//!
//! Nothing here knows what an addition is worth; that is for a simulation of the changed flow to say.
//! Method and figures: `docs/nlu.md`.

mod company;
mod dense;
mod finding;
mod groups;
mod messages;
mod naming;
mod proposal;
mod space;
mod unanswered;
mod variants;

pub use finding::{Finding, Lacks, Mined, mine};
pub use proposal::{Proposal, extended, knows};
pub use unanswered::{Questions, Unanswered, Why, questions};

use super::recogniser::Settings;
use super::recogniser::features::{Counter, Row, Vocabulary, lay_out};
use dense::{Dense, add_scaled};

/// Messages that are placed by their likeness to each other; what is beyond joins the nearest group.
/// Time grows with the square.
const MOST_PLACED: usize = 6_000;

/// Texts in groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// The group of each text; `None` for a text without a word.
    pub of: Vec<Option<usize>>,
    /// How many groups there are.
    pub count: usize,
}

/// Puts texts into groups that mean the same, as far as their words and the company these keep can tell.
/// With `count` into so many, else into as many as stand apart best.
pub fn group(texts: &[&str], count: Option<usize>, seed: u64) -> Groups {
    let (with_words, rows, features) = rows(texts);
    let mut found = Groups { of: vec![None; texts.len()], count: 0 };
    let placed = rows.len().min(MOST_PLACED);
    if placed == 0 {
        return found;
    }
    let places = space::place(&rows[..placed], features, seed);
    let grouping = match count {
        Some(count) => groups::group(&places, count.max(1), seed),
        None => groups::choose(&places, seed),
    };
    found.count = grouping.middles.rows().count();
    for (&i, &group) in with_words.iter().zip(&grouping.of) {
        found.of[i] = Some(group);
    }
    let weights = vec![1.0; placed];
    let middles = middles(&rows[..placed], &weights, &grouping.of, found.count, features);
    for (row, &i) in rows[placed..].iter().zip(&with_words[placed..]) {
        let likeness = likeness(row, &middles);
        let nearest = (0..found.count).max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]).then(b.cmp(&a)));
        found.of[i] = nearest;
    }
    found
}

/// How typical a text is of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Typical {
    /// How alike it is to the group's texts, as often as each was written: -1 to 1.
    alike: f64,
    /// No other group is more like it.
    own: bool,
}

/// How typical each text is of its group.
fn typical(texts: &[&str], times: &[u32], of: &[Option<usize>], groups: usize) -> Vec<Typical> {
    if groups == 0 {
        return vec![Typical::default(); texts.len()];
    }
    let (with_words, rows, features) = rows(texts);
    let grouped = |i: &usize| of.get(*i).copied().flatten();
    let of_row: Vec<usize> = with_words.iter().map(|i| grouped(i).unwrap_or(0)).collect();
    let weight = |i: &usize| grouped(i).map_or(0.0, |_| f64::from(times[*i]));
    let weights: Vec<f64> = with_words.iter().map(weight).collect();
    let middles = middles(&rows, &weights, &of_row, groups, features);
    let mut typical = vec![Typical::default(); texts.len()];
    for ((row, &i), &group) in rows.iter().zip(&with_words).zip(&of_row) {
        let likeness = likeness(row, &middles);
        let alike = likeness.get(group).copied().unwrap_or(0.0);
        typical[i] = Typical { alike, own: likeness.iter().all(|other| *other <= alike) };
    }
    typical
}

/// The texts that hold a word, their vectors, and how many features these have.
fn rows(texts: &[&str]) -> (Vec<usize>, Vec<Row>, usize) {
    let settings = Settings::default();
    let mut lines = vec![String::new(); texts.len()];
    lines.iter_mut().zip(texts).for_each(|(line, text)| lay_out(text, line));
    let vocabulary = Vocabulary::build(lines.iter().map(String::as_str), &settings);
    let mut counter = Counter::default();
    let mut with_words: Vec<usize> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let mut row = Row::new();
        vocabulary.row(line, &settings, &mut counter, &mut row);
        if !row.is_empty() {
            with_words.push(i);
            rows.push(row);
        }
    }
    (with_words, rows, vocabulary.len())
}

/// How alike a text is to each group's middle.
fn likeness(row: &Row, middles: &Dense) -> Vec<f64> {
    let mut likeness = vec![0.0; middles.columns];
    for &(feature, value) in row {
        add_scaled(&mut likeness, middles.row(feature as usize), f64::from(value));
    }
    likeness
}

/// The direction of each group's middle, a row for each feature.
fn middles(rows: &[Row], weights: &[f64], of: &[usize], groups: usize, features: usize) -> Dense {
    let mut sums = Dense::zero(features, groups);
    for ((row, &group), weight) in rows.iter().zip(of).zip(weights) {
        row.iter().for_each(|&(feature, value)| {
            sums.row_mut(feature as usize)[group] += weight * f64::from(value);
        });
    }
    let mut squares = vec![0.0; groups];
    sums.rows()
        .for_each(|row| squares.iter_mut().zip(row).for_each(|(square, value)| *square += value * value));
    for row in sums.values.chunks_exact_mut(groups.max(1)) {
        row.iter_mut().zip(&squares).for_each(|(value, square)| *value /= square.sqrt().max(1e-12));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 12] = [
        "where is my parcel",
        "parcel tracking please",
        "my parcel has not arrived",
        "track the parcel",
        "how many bags may I take",
        "bags allowed on board",
        "price of extra bags",
        "my bags are too heavy",
        "cancel the subscription",
        "I want to end my subscription",
        "stop the subscription now",
        "subscription cancelled when",
    ];

    #[test]
    fn like_lies_with_like() {
        let found = group(&TEXTS, Some(3), 1);
        for block in 0..3 {
            let of = &found.of[block * 4..][..4];
            assert!(of.iter().all(|group| *group == of[0]), "{:?}", found.of);
        }
        assert_eq!(found.count, 3);
    }

    #[test]
    fn the_same_texts_give_the_same_groups() {
        assert_eq!(group(&TEXTS, None, 7), group(&TEXTS, None, 7));
    }

    #[test]
    fn texts_without_words_have_no_group() {
        let found = group(&["...", "hello there", ""], None, 1);
        assert_eq!(found.of, [None, Some(0), None]);
        assert_eq!(group(&[], None, 1), Groups::default());
    }
}
