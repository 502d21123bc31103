//! Flow of conversations: widths are conversations. plotters has no such chart.
//!
//! Nodes stand in columns by the longest way from where conversations arrive, ordered by the centre
//! of what flows into them; cycles are cut where they close.

use super::svg::{Anchor, Svg};
use super::{Chart, Ink, WIDTH};
use crate::report::format::count;
use crate::report::text::{clean, shorten};
use std::collections::BTreeMap;

const NODE_WIDTH: f64 = 12.0;
const GAP: f64 = 22.0;
const HEIGHT: f64 = 300.0;
const FONT: f64 = 12.0;
/// Room for the names right of the last column.
const LABELS: f64 = 170.0;

struct Node {
    name: String,
    column: usize,
    inflow: f64,
    outflow: f64,
    y: f64,
}

impl Node {
    fn amount(&self) -> f64 {
        self.inflow.max(self.outflow)
    }
}

/// The chart of (from, to, conversations).
pub(in crate::report) fn sankey(
    name: &str,
    title: &str,
    description: &str,
    flow: &[(String, String, f64)],
) -> Chart {
    let (mut nodes, links) = graph(flow);
    let columns = nodes.iter().map(|n| n.column).max().map_or(1, |c| c + 1);
    let most_in_column =
        (0..columns).map(|c| nodes.iter().filter(|n| n.column == c).count()).max().unwrap_or(1);
    let height = HEIGHT + GAP * most_in_column as f64;
    let unit = place(&mut nodes, &links, columns, height);
    let x = |column: usize| {
        let span = f64::from(WIDTH) - LABELS - NODE_WIDTH;
        if columns < 2 { 0.0 } else { span * column as f64 / (columns - 1) as f64 }
    };

    let mut svg = Svg::default();
    let (mut out_used, mut in_used) = (vec![0.0; nodes.len()], vec![0.0; nodes.len()]);
    let mut ordered = links.clone();
    // Ribbons leave and enter in the order of the other end, so that they cross little.
    ordered.sort_by(|a, b| {
        let key = |l: &Link| (nodes[l.from].column, nodes[l.from].y, nodes[l.to].y);
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    for link in &ordered {
        let (from, to) = (&nodes[link.from], &nodes[link.to]);
        let thick = (link.amount * unit).max(0.6);
        let (x0, x1) = (x(from.column) + NODE_WIDTH, x(to.column));
        let (y0, y1) = (from.y + out_used[link.from], to.y + in_used[link.to]);
        out_used[link.from] += link.amount * unit;
        in_used[link.to] += link.amount * unit;
        let middle = (x0 + x1) / 2.0;
        let d = format!(
            "M{x0:.1} {y0:.1}C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}V{:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {x0:.1} {:.1}Z",
            y1 + thick,
            y1 + thick,
            y0 + thick,
            y0 + thick,
        );
        svg.path(&d, ink(&to.name), 0.3, &format!("{} → {}: {}", from.name, to.name, count(link.amount)));
    }
    for node in &nodes {
        let thick = (node.amount() * unit).max(1.0);
        svg.rect((x(node.column), node.y), (NODE_WIDTH, thick), ink(&node.name), 1.0, "");
        let at = (x(node.column) + NODE_WIDTH + 6.0, node.y + thick / 2.0 + 4.0);
        let text = format!("{} {}", shorten(&node.name, 22), count(node.amount()));
        svg.text(at, Anchor::Start, FONT, Ink::Text, &text);
    }
    Chart::new(name, title, description, (WIDTH, (height + 8.0) as u32), &svg.body)
}

#[derive(Clone)]
struct Link {
    from: usize,
    to: usize,
    amount: f64,
}

/// Nodes in order of appearance with their columns, and links without those that close a cycle.
fn graph(flow: &[(String, String, f64)]) -> (Vec<Node>, Vec<Link>) {
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut links: Vec<Link> = Vec::new();
    for (from, to, amount) in flow.iter().filter(|f| f.2.is_finite() && f.2 > 0.0) {
        let node = |name: &str, nodes: &mut Vec<Node>| {
            nodes.push(Node { name: clean(name), column: 0, inflow: 0.0, outflow: 0.0, y: 0.0 });
            nodes.len() - 1
        };
        let a = *index.entry(from).or_insert_with(|| node(from, &mut nodes));
        let b = *index.entry(to).or_insert_with(|| node(to, &mut nodes));
        if a != b && !reaches(&links, b, a) {
            links.push(Link { from: a, to: b, amount: *amount });
        }
    }
    for link in &links {
        nodes[link.from].outflow += link.amount;
        nodes[link.to].inflow += link.amount;
    }
    // Longest way from a source; no cycle is left, so as many rounds as nodes are enough.
    for _ in 0..nodes.len() {
        for link in &links {
            nodes[link.to].column = nodes[link.to].column.max(nodes[link.from].column + 1);
        }
    }
    // Ends of the way stand in the last column, where their names have room.
    let last = nodes.iter().map(|n| n.column).max().unwrap_or(0);
    for node in nodes.iter_mut().filter(|n| n.outflow == 0.0) {
        node.column = last;
    }
    (nodes, links)
}

/// Whether `to` can be reached from `from`.
fn reaches(links: &[Link], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(&node) = seen.get(next) {
        if node == to {
            return true;
        }
        for link in links.iter().filter(|l| l.from == node) {
            if !seen.contains(&link.to) {
                seen.push(link.to);
            }
        }
        next += 1;
    }
    false
}

/// Gives every node its height position and returns the units for one conversation.
fn place(nodes: &mut [Node], links: &[Link], columns: usize, height: f64) -> f64 {
    let in_column = |nodes: &[Node], c: usize| -> Vec<usize> {
        (0..nodes.len()).filter(|i| nodes[*i].column == c).collect()
    };
    let unit = (0..columns)
        .map(|c| {
            let members = in_column(nodes, c);
            let total: f64 = members.iter().map(|i| nodes[*i].amount()).sum();
            let room = height - GAP * members.len() as f64;
            if total > 0.0 { room / total } else { f64::INFINITY }
        })
        .fold(f64::INFINITY, f64::min);
    let unit = if unit.is_finite() { unit } else { 0.0 };
    for c in 0..columns {
        let mut members = in_column(nodes, c);
        let centre = |i: usize| {
            let (sum, weight) = links.iter().filter(|l| l.to == i).fold((0.0, 0.0), |(s, w), l| {
                let from = &nodes[l.from];
                (s + l.amount * (from.y + from.amount() * unit / 2.0), w + l.amount)
            });
            if weight > 0.0 { sum / weight } else { 0.0 }
        };
        let centres: Vec<f64> = (0..nodes.len()).map(centre).collect();
        members.sort_by(|a, b| centres[*a].total_cmp(&centres[*b]).then(a.cmp(b)));
        let mut y = GAP / 2.0;
        for i in members {
            nodes[i].y = y;
            y += nodes[i].amount() * unit + GAP;
        }
    }
    unit
}

/// What is solved is blue or teal, what is lost is orange, what is on its way is grey.
fn ink(name: &str) -> Ink {
    let is = |word: &str| name.contains(word);
    if is("bot") && is("solved") && !is("unsolved") {
        Ink::Teal
    } else if is("solved") && !is("unsolved") {
        Ink::Blue
    } else if is("abandon") || is("left") || is("unsolved") {
        Ink::Orange
    } else if is("open") {
        Ink::Purple
    } else {
        Ink::Grey
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(links: &[(&str, &str, f64)]) -> Vec<(String, String, f64)> {
        links.iter().map(|(a, b, n)| ((*a).to_owned(), (*b).to_owned(), *n)).collect()
    }

    #[test]
    fn columns_follow_the_longest_way_and_ends_stand_last() {
        let (nodes, _) = graph(&flow(&[
            ("arrived", "bot", 10.0),
            ("bot", "solved", 6.0),
            ("bot", "team", 4.0),
            ("team", "senior", 1.0),
            ("senior", "solved", 1.0),
        ]));
        let columns: Vec<(&str, usize)> = nodes.iter().map(|n| (n.name.as_str(), n.column)).collect();
        assert_eq!(columns, [("arrived", 0), ("bot", 1), ("solved", 4), ("team", 2), ("senior", 3)]);
    }

    #[test]
    fn a_cycle_is_cut_and_nothing_loops_for_ever() {
        let (_, links) = graph(&flow(&[("a", "b", 3.0), ("b", "a", 1.0), ("b", "c", 2.0), ("c", "c", 9.0)]));
        assert_eq!(links.len(), 2);
    }

    #[test]
    fn names_are_text() {
        let chart = sankey("flow", "Flow", "", &flow(&[("<script>", "b", 3.0)]));
        assert!(!chart.svg.contains("<script>"));
    }

    #[test]
    fn nothing_at_all_is_an_empty_chart() {
        assert!(!sankey("flow", "Flow", "", &[]).svg.contains("NaN"));
    }
}
