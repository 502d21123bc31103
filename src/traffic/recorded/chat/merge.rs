//! Several exports of one chat overlap. The same line twice in one file is two messages; the same
//! stretch in two files is one. So the files are aligned as sequences, never treated as sets.

use super::super::fingerprint::Map;

/// Which entries of `later` stand already in `merged`, by position, and the merged sequence of both.
/// `None` if the two are not exports of the same chat: they share less than half of what they could.
pub fn overlap(merged: &[u64], later: &[u64]) -> Option<(Vec<bool>, Vec<u64>)> {
    let pairs = align(merged, later);
    let pairs = dense(&pairs);
    let reach = merged.len().min(later.len());
    if pairs.is_empty() || (pairs.len() < 3 && pairs.len() < reach) {
        return None;
    }
    let mut known = vec![false; later.len()];
    let mut both = Vec::with_capacity(merged.len() + later.len() - pairs.len());
    let (mut i, mut j) = (0, 0);
    for &(a, b) in pairs {
        both.extend_from_slice(&merged[i..a]);
        both.extend_from_slice(&later[j..b]);
        both.push(later[b]);
        known[b] = true;
        (i, j) = (a + 1, b + 1);
    }
    both.extend_from_slice(&merged[i..]);
    both.extend_from_slice(&later[j..]);
    Some((known, both))
}

/// Where both speak of the same stretch, most of it must be the same: matches far from the others are
/// chance, and go, the one behind the wider gap first.
fn dense(pairs: &[(usize, usize)]) -> &[(usize, usize)] {
    let mut rest = pairs;
    while let [first, second, ..] = rest {
        let [.., before, last] = rest else { break };
        let span = (last.0 - first.0 + 1).min(last.1 - first.1 + 1);
        if rest.len() * 2 >= span {
            break;
        }
        let gap = |a: &(usize, usize), b: &(usize, usize)| (b.0 - a.0).max(b.1 - a.1);
        rest = if gap(first, second) >= gap(before, last) { &rest[1..] } else { &rest[..rest.len() - 1] };
    }
    rest
}

/// Pairs of equal positions, rising in both. Entries that occur once in each sequence hold the
/// alignment; what lies between two of them is matched from both ends and then in order.
fn align(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let anchors = rising(&unique_pairs(a, b));
    let mut pairs = Vec::new();
    let (Some(first), Some(last)) = (anchors.first().copied(), anchors.last().copied()) else {
        between(a, b, 0, 0, &mut pairs);
        return pairs;
    };
    // Before the first anchor and behind the last only what touches them is shared.
    let before = a[..first.0].iter().rev().zip(b[..first.1].iter().rev()).take_while(|(x, y)| x == y).count();
    pairs.extend((0..before).map(|n| (first.0 - before + n, first.1 - before + n)));
    for window in anchors.windows(2) {
        let ((i, j), (next_i, next_j)) = (window[0], window[1]);
        pairs.push((i, j));
        between(&a[i + 1..next_i], &b[j + 1..next_j], i + 1, j + 1, &mut pairs);
    }
    pairs.push(last);
    let after = a[last.0 + 1..].iter().zip(&b[last.1 + 1..]).take_while(|(x, y)| x == y).count();
    pairs.extend((1..=after).map(|n| (last.0 + n, last.1 + n)));
    pairs
}

/// Matches what lies between two anchors, where entries repeat: from the end backwards, from the
/// beginning forwards, then each to the next equal one.
fn between(a: &[u64], b: &[u64], from_a: usize, from_b: usize, pairs: &mut Vec<(usize, usize)>) {
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a_end, b_end) = (a.len() - tail, b.len() - tail);
    let mut j = 0;
    let mut later: Map<u64, Vec<usize>> = Map::default();
    for (position, hash) in b[..b_end].iter().enumerate().rev() {
        later.entry(*hash).or_default().push(position);
    }
    for (i, hash) in a[..a_end].iter().enumerate() {
        let Some(positions) = later.get_mut(hash) else { continue };
        while positions.last().is_some_and(|p| *p < j) {
            positions.pop();
        }
        if let Some(position) = positions.pop() {
            pairs.push((from_a + i, from_b + position));
            j = position + 1;
        }
    }
    pairs.extend((0..tail).map(|t| (from_a + a_end + t, from_b + b_end + t)));
}

/// Positions of entries that occur once in each, in the order of `a`.
fn unique_pairs(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let once = |sequence: &[u64]| {
        let mut seen: Map<u64, Option<usize>> = Map::default();
        for (i, hash) in sequence.iter().enumerate() {
            seen.entry(*hash).and_modify(|e| *e = None).or_insert(Some(i));
        }
        seen
    };
    let in_b = once(b);
    let in_a = once(a);
    a.iter()
        .enumerate()
        .filter(|(_, hash)| in_a.get(hash).is_some_and(Option::is_some))
        .filter_map(|(i, hash)| in_b.get(hash).copied().flatten().map(|j| (i, j)))
        .collect()
}

/// The longest run of pairs that rises in its second part (patience sorting).
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut piles: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (n, (_, j)) in pairs.iter().enumerate() {
        let pile = piles.partition_point(|top| pairs[*top].1 < *j);
        before.push(pile.checked_sub(1).map(|p| piles[p]));
        if pile == piles.len() {
            piles.push(n);
        } else {
            piles[pile] = n;
        }
    }
    let mut run = Vec::new();
    let mut next = piles.last().copied();
    while let Some(n) = next {
        run.push(pairs[n]);
        next = before[n];
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repetitions_inside_a_file_stay() {
        // "ok" (9) twice in the overlap, and once more after it.
        let (known, both) = overlap(&[1, 2, 9, 9, 3], &[9, 9, 3, 4, 9]).unwrap();
        assert_eq!(known, [true, true, true, false, false]);
        assert_eq!(both, [1, 2, 9, 9, 3, 4, 9]);
    }

    #[test]
    fn each_side_may_know_more() {
        // The first export lacks 3, the second lacks the notice 7.
        let (known, both) = overlap(&[1, 2, 7, 4, 5], &[2, 3, 4, 5, 6]).unwrap();
        assert_eq!(known, [true, false, true, true, false]);
        assert_eq!(both, [1, 2, 7, 3, 4, 5, 6]);
    }

    #[test]
    fn other_chats_are_left_alone() {
        assert_eq!(overlap(&[1, 2, 3, 4], &[5, 6, 7, 8]), None);
        assert_eq!(overlap(&[1, 2, 3, 4, 9], &[5, 9, 6, 7, 8]), None);
        assert_eq!(overlap(&[], &[1]), None);
    }

    proptest! {
        /// Two windows of one sequence that overlap give the sequence back.
        #[test]
        fn windows_of_one_chat(chat in prop::collection::vec(0_u64..2, 30..120), cut in 10_usize..20, back in 7_usize..10) {
            // Numbered neighbours keep the alignment unique while single entries repeat.
            let chat: Vec<u64> = chat.iter().enumerate().flat_map(|(i, h)| [1_000 + i as u64, *h]).collect();
            let (a, b) = (&chat[..cut + back], &chat[cut..]);
            let (known, both) = overlap(a, b).unwrap();
            prop_assert_eq!(both, chat);
            prop_assert_eq!(known.iter().filter(|k| **k).count(), back);
        }

        #[test]
        fn the_same_file_twice_adds_nothing(chat in prop::collection::vec(0_u64..5, 1..60)) {
            let (known, both) = overlap(&chat, &chat).unwrap();
            prop_assert!(known.iter().all(|k| *k));
            prop_assert_eq!(both, chat);
        }

        #[test]
        fn nothing_is_lost(a in prop::collection::vec(0_u64..8, 0..40), b in prop::collection::vec(0_u64..8, 0..40)) {
            if let Some((known, both)) = overlap(&a, &b) {
                let new = known.iter().filter(|k| !**k).count();
                prop_assert_eq!(both.len(), a.len() + new);
            }
        }
    }
}
