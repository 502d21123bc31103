//! Groups that are one need: customers who are not understood ask again in other words, and so go from one
//! group to the other as if the two were one.

use std::collections::BTreeMap;

/// Fewer changes from one group to the other are chance.
const FEWEST_CHANGES: f64 = 4.0;
/// Two groups are one if customers change between them at least so often, per chance to do so, as they stay
/// within either.
const MIXED: f64 = 0.5;

/// Two messages that follow each other in a conversation, with the times they do; the smaller number first.
pub(super) type Company = BTreeMap<(usize, usize), u32>;

/// Joins groups of messages (`of`, the group of each, if any) that keep each other's company. Returns how
/// many groups are left; they are numbered anew, in the order of the first message of each.
pub(super) fn join(of: &mut [Option<usize>], groups: usize, company: &Company) -> usize {
    let mut changes = vec![vec![0.0f64; groups]; groups];
    for (&(a, b), &times) in company {
        if let (Some(Some(a)), Some(Some(b))) = (of.get(a), of.get(b)) {
            // Twice within a group, so that every row sums to its group's ends of changes.
            changes[*a][*b] += f64::from(times);
            changes[*b][*a] += f64::from(times);
        }
    }
    let mut into: Vec<usize> = (0..groups).collect();
    while let Some((a, b)) = most_mixed(&changes) {
        let moved = std::mem::replace(&mut changes[b], vec![0.0; groups]);
        changes[a].iter_mut().zip(moved).for_each(|(sum, moved)| *sum += moved);
        for row in &mut changes {
            let moved = std::mem::take(&mut row[b]);
            row[a] += moved;
        }
        into.iter_mut().filter(|group| **group == b).for_each(|group| *group = a);
    }
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for group in of.iter_mut().flatten() {
        let next = numbers.len();
        *group = *numbers.entry(into[*group]).or_insert(next);
    }
    numbers.len()
}

/// The two groups between which customers change most freely, if they do so enough to be one.
fn most_mixed(changes: &[Vec<f64>]) -> Option<(usize, usize)> {
    let ends: Vec<f64> = changes.iter().map(|row| row.iter().sum()).collect();
    let rate = |a: usize, b: usize| changes[a][b] / (ends[a] * ends[b]);
    let mut best: Option<(f64, usize, usize)> = None;
    for (a, row) in changes.iter().enumerate() {
        for (b, &changed) in row.iter().enumerate().skip(a + 1) {
            if changed < FEWEST_CHANGES {
                continue;
            }
            let within = rate(a, a).max(rate(b, b));
            // Nobody stays in either: all who ask again change over.
            let mixed = if within > 0.0 { rate(a, b) / within } else { f64::INFINITY };
            if mixed >= MIXED && best.is_none_or(|(most, ..)| mixed > most) {
                best = Some((mixed, a, b));
            }
        }
    }
    best.map(|(_, a, b)| (a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six messages in three groups of two.
    fn joined(company: &[((usize, usize), u32)]) -> (Vec<Option<usize>>, usize) {
        let mut of = vec![Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), None];
        let count = join(&mut of, 3, &company.iter().copied().collect());
        (of, count)
    }

    #[test]
    fn groups_between_which_customers_change_freely_are_one() {
        let (of, count) = joined(&[((0, 1), 5), ((2, 3), 5), ((0, 2), 5), ((1, 3), 5), ((4, 5), 9)]);
        assert_eq!((&of[..], count), (&[Some(0), Some(0), Some(0), Some(0), Some(1), Some(1), None][..], 2));
        // Only from one to the other, never within.
        assert_eq!(joined(&[((0, 5), 4)]).1, 2);
    }

    #[test]
    fn groups_that_keep_to_themselves_stay() {
        let (of, count) = joined(&[((0, 1), 50), ((2, 3), 50), ((1, 2), 6)]);
        assert_eq!(count, 3);
        assert_eq!(of[4], Some(2));
        // Three changes may be chance.
        assert_eq!(joined(&[((0, 5), 3)]).1, 3);
        assert_eq!(joined(&[((0, 99), 30), ((5, 6), 30)]).1, 3);
    }

    #[test]
    fn many_splinters_of_one_need_become_one() {
        let mut of: Vec<Option<usize>> = (0..12).map(|i| Some(i / 2)).collect();
        let pairs = (0..12).flat_map(|a| (a + 1..12).map(move |b| ((a, b), 2)));
        assert_eq!(join(&mut of, 6, &pairs.collect()), 1);
    }
}
