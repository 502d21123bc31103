//! Groups of places: k-means on the sphere, and how many groups there are.

use super::dense::{Dense, add_scaled, dot};
use crate::random::{Purpose, Stream, Streams};

/// Starts of k-means; the tightest result counts.
const STARTS: u64 = 4;
/// Rounds after which k-means has long settled.
const MAX_ROUNDS: usize = 40;
/// Fewest messages for each group, on average, when the number is chosen.
const FEWEST_EACH: usize = 4;
/// Most groups that are tried when the number is chosen.
const MOST_GROUPS: usize = 150;

/// A grouping of places.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    /// The group of each place.
    pub of: Vec<usize>,
    /// The direction of each group's middle.
    pub middles: Dense,
    /// Sum of the places' likeness to their middles.
    tightness: f64,
}

/// Puts places of length 1 into so many groups at most: the tightest of a few starts.
pub(super) fn group(places: &Dense, groups: usize, seed: u64) -> Grouping {
    let streams = Streams::new(seed, 0);
    let mut best = one_start(places, groups, &mut streams.stream(Purpose::Bot, 10));
    for start in 1..STARTS {
        let other = one_start(places, groups, &mut streams.stream(Purpose::Bot, 10 + start));
        if other.tightness > best.tightness {
            best = other;
        }
    }
    best
}

/// The number of groups that stand apart best: the largest mean of the simplified silhouette (Hruschka
/// and others, 2006), which weighs for every place how much nearer its own middle is than the next one.
pub(super) fn choose(places: &Dense, seed: u64) -> Grouping {
    let messages = places.rows().count();
    let most = (messages / FEWEST_EACH).clamp(1, MOST_GROUPS);
    let streams = Streams::new(seed, 0);
    let mut best = (f64::NEG_INFINITY, 1);
    let mut groups = 1;
    while groups <= most {
        let grouping = one_start(places, groups, &mut streams.stream(Purpose::Bot, 9));
        let apart = silhouette(places, &grouping);
        if apart > best.0 {
            best = (apart, groups);
        }
        // One more group matters less the more there are.
        groups = (groups + 1).max(groups * 6 / 5);
    }
    group(places, best.1, seed)
}

fn silhouette(places: &Dense, grouping: &Grouping) -> f64 {
    let mut sum = 0.0;
    for place in places.rows() {
        let (mut nearest, mut next) = (f64::INFINITY, f64::INFINITY);
        for middle in grouping.middles.rows() {
            let distance = (1.0 - dot(place, middle)).max(0.0);
            if distance < nearest {
                (nearest, next) = (distance, nearest);
            } else if distance < next {
                next = distance;
            }
        }
        if next.is_finite() && next > 0.0 {
            sum += (next - nearest) / next;
        }
    }
    sum / places.rows().count().max(1) as f64
}

fn one_start(places: &Dense, groups: usize, stream: &mut Stream) -> Grouping {
    let messages = places.rows().count();
    let mut middles = starts(places, groups.min(messages), stream);
    let mut of = vec![usize::MAX; messages];
    let mut tightness = 0.0;
    for _ in 0..MAX_ROUNDS {
        let mut moved = false;
        tightness = 0.0;
        for (i, place) in places.rows().enumerate() {
            let (mut best, mut likeness) = (0, f64::NEG_INFINITY);
            for (number, middle) in middles.rows().enumerate() {
                let alike = dot(place, middle);
                if alike > likeness {
                    (best, likeness) = (number, alike);
                }
            }
            moved |= of[i] != best;
            of[i] = best;
            tightness += likeness;
        }
        if !moved {
            break;
        }
        let mut sums = Dense::zero(middles.values.len() / middles.columns.max(1), places.columns);
        for (place, &group) in places.rows().zip(&of) {
            add_scaled(sums.row_mut(group), place, 1.0);
        }
        sums.normalise_rows();
        middles = sums;
    }
    Grouping { of, middles, tightness }
}

/// Places to start from, each likely far from those before it (k-means++: Arthur and Vassilvitskii, 2007).
fn starts(places: &Dense, groups: usize, stream: &mut Stream) -> Dense {
    let messages = places.rows().count();
    let mut middles = Dense::zero(0, places.columns);
    let mut distances = vec![2.0f64; messages];
    for _ in 0..groups {
        let total: f64 = distances.iter().sum();
        let mut left = stream.uniform() * total;
        let mut chosen = messages - 1;
        for (i, distance) in distances.iter().enumerate() {
            left -= distance;
            if left < 0.0 {
                chosen = i;
                break;
            }
        }
        middles.values.extend_from_slice(places.row(chosen));
        for (distance, place) in distances.iter_mut().zip(places.rows()) {
            *distance = distance.min((1.0 - dot(place, places.row(chosen))).max(0.0));
        }
    }
    middles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places near three axes.
    fn three() -> Dense {
        let mut places = Dense::random(60, 3, 1);
        for i in 0..60 {
            let row = places.row_mut(i);
            row.iter_mut().for_each(|value| *value *= 0.05);
            row[i % 3] += 1.0;
        }
        places.normalise_rows();
        places
    }

    #[test]
    fn finds_the_three() {
        let places = three();
        let grouping = group(&places, 3, 1);
        for i in 0..60 {
            assert_eq!(grouping.of[i], grouping.of[i % 3]);
        }
        let mut first: Vec<usize> = grouping.of[..3].to_vec();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2]);
    }

    #[test]
    fn chooses_three() {
        let grouping = choose(&three(), 1);
        assert_eq!(grouping.middles.rows().count(), 3);
    }

    #[test]
    fn fewer_places_than_groups() {
        let places = Dense { columns: 1, values: vec![1.0, -1.0] };
        assert_eq!(group(&places, 5, 1).of.len(), 2);
        assert_eq!(group(&Dense::zero(0, 1), 5, 1).of.len(), 0);
        assert_eq!(choose(&Dense::zero(0, 1), 1).of.len(), 0);
    }
}
