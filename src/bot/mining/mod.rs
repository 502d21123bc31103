//! What the bot could not answer: found in a log, put into groups, named, and proposed as an addition to
//! its flow.
//!
//! ```text
//! log + flow ─► unanswered messages ─► places ─► groups ─► findings ─► additions to the flow
//! ```
//!
//! Nothing here knows what an addition is worth; that is for a simulation of the changed flow to say.
//! Method and figures: `docs/nlu.md`.

mod dense;
mod finding;
mod groups;
mod naming;
mod proposal;
mod space;
mod unanswered;

pub use finding::{Finding, Message, Mined, mine};
pub use proposal::{Proposal, extended};
pub use unanswered::{Unanswered, Why, unanswered};

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
    /// How near its group's middle each text lies, -1 to 1.
    pub nearness: Vec<f64>,
    /// How many groups there are.
    pub count: usize,
}

/// Puts texts into groups that mean the same, as far as their words and the company these keep can tell.
/// With `count` into so many, else into as many as stand apart best.
pub fn group(texts: &[&str], count: Option<usize>, seed: u64) -> Groups {
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
    let mut found = Groups { of: vec![None; texts.len()], nearness: vec![0.0; texts.len()], count: 0 };
    let placed = rows.len().min(MOST_PLACED);
    if placed == 0 {
        return found;
    }
    let places = space::place(&rows[..placed], vocabulary.len(), seed);
    let grouping = match count {
        Some(count) => groups::group(&places, count.max(1), seed),
        None => groups::choose(&places, seed),
    };
    found.count = grouping.middles.rows().count();
    for (place, (&i, &group)) in places.rows().zip(with_words.iter().zip(&grouping.of)) {
        found.of[i] = Some(group);
        found.nearness[i] = dense::dot(place, grouping.middles.row(group));
    }
    let middles = middles(&rows[..placed], &grouping.of, found.count, vocabulary.len());
    for (row, &i) in rows[placed..].iter().zip(&with_words[placed..]) {
        let mut likeness = vec![0.0; found.count];
        for &(feature, value) in row {
            add_scaled(&mut likeness, middles.row(feature as usize), f64::from(value));
        }
        let nearest = (0..found.count).max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]).then(b.cmp(&a)));
        found.of[i] = nearest;
        found.nearness[i] = nearest.map_or(0.0, |group| likeness[group]);
    }
    found
}

/// The direction of each group's middle, a row for each feature.
fn middles(rows: &[Row], of: &[usize], groups: usize, features: usize) -> Dense {
    let mut sums = Dense::zero(features, groups);
    for (row, &group) in rows.iter().zip(of) {
        row.iter().for_each(|&(feature, value)| sums.row_mut(feature as usize)[group] += f64::from(value));
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
