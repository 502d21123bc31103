//! The flow as a drawing: Mermaid for documents, SVG to look at.

use super::model::*;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

/// Width and height of a box, and the gaps between boxes, in pixels.
const BOX: (f64, f64) = (200.0, 64.0);
const GAP: (f64, f64) = (28.0, 74.0);
/// Longer rows are broken, so that a bot of a hundred intents can still be looked at.
const BOXES_PER_ROW: usize = 9;

/// What kind of box a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Speaks,
    Asks,
    Decides,
    Person,
    End,
}

impl Flow {
    /// The flow as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart TD\n");
        for (index, step) in self.steps.iter().enumerate() {
            let label = mermaid_text(&self.label(index));
            let (open, close) = match shape(step) {
                Shape::Speaks => ("[\"", "\"]"),
                Shape::Asks => ("[/\"", "\"/]"),
                Shape::Decides => ("{\"", "\"}"),
                Shape::Person => ("[[\"", "\"]]"),
                Shape::End => ("([\"", "\"])"),
            };
            let _ = writeln!(out, "  s{index}{open}{label}{close}");
        }
        let _ = writeln!(out, "  begin((start)) --> s{}", self.start);
        for (from, step) in self.steps.iter().enumerate() {
            for (edge, to) in step.next() {
                match self.edge_label(step, edge) {
                    label if label.is_empty() => {
                        let _ = writeln!(out, "  s{from} --> s{to}");
                    }
                    label => {
                        let _ = writeln!(out, "  s{from} -- \"{}\" --> s{to}", mermaid_text(&label));
                    }
                }
            }
        }
        for (index, (label, to)) in self.doors().into_iter().enumerate() {
            let _ = writeln!(out, "  d{index}>\"{}\"] -.-> s{to}", mermaid_text(&label));
        }
        out
    }

    /// The flow as an SVG picture that follows the reader's light or dark scheme.
    pub fn svg(&self) -> String {
        let places = self.layout();
        let width = places.iter().map(|p| p.0 + BOX.0).fold(BOX.0, f64::max) + GAP.0;
        let height = places.iter().map(|p| p.1 + BOX.1).fold(BOX.1, f64::max) + GAP.1;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-label=\"{}\">\n{STYLE}",
            xml(&format!("The flow {}", self.name))
        );
        for (from, step) in self.steps.iter().enumerate() {
            for (edge, to) in step.next() {
                out.push_str(&arrow(places[from], places[usize::from(to)], &self.edge_label(step, edge)));
            }
        }
        let mut doors: BTreeMap<StepIdx, Vec<String>> = BTreeMap::new();
        for (label, to) in self.doors() {
            doors.entry(to).or_default().push(label);
        }
        for (index, step) in self.steps.iter().enumerate() {
            let (x, y) = places[index];
            let class = match shape(step) {
                Shape::Speaks => "speaks",
                Shape::Asks => "asks",
                Shape::Decides => "decides",
                Shape::Person => "person",
                Shape::End => "end",
            };
            let start = if usize::from(self.start) == index { " start" } else { "" };
            let _ =
                writeln!(out, "<g class=\"{class}{start}\"><title>{}</title>", xml(&self.whole_text(index)));
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
                BOX.0, BOX.1
            );
            let (middle, label) = (x + BOX.0 / 2.0, self.label(index));
            for (line, text) in (0..).zip(label.lines().take(3)) {
                let class = if line == 0 { "name" } else { "text" };
                let at = y + 20.0 + 17.0 * f64::from(line);
                let _ = writeln!(
                    out,
                    "<text class=\"{class}\" x=\"{middle}\" y=\"{at}\">{}</text>",
                    xml(&shortened(text, 30))
                );
            }
            out.push_str("</g>\n");
            if let Some(labels) = doors.get(&(index as StepIdx)) {
                let _ = writeln!(
                    out,
                    "<text class=\"door\" x=\"{middle}\" y=\"{}\">{}</text>",
                    y - 6.0,
                    xml(&shortened(&labels.join(" · "), 36))
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }

    /// Name and beginning of what is said.
    fn label(&self, step: usize) -> String {
        let text = self.whole_text(step);
        let Some(step) = self.steps.get(step) else { return String::new() };
        let mut lines = vec![step.name.clone()];
        lines.extend(text.lines().filter(|l| !l.trim().is_empty()).take(1).map(|l| shortened(l, 60)));
        match &step.then {
            Then::HandOff(reason) => lines.push(format!("→ person: {}", self.reason_name(*reason))),
            Then::End { solved: true } => lines.push("solved".to_owned()),
            Then::End { solved: false } => lines.push("closed".to_owned()),
            Then::LookUp(look_up) => {
                lines.extend(
                    self.tables.get(usize::from(look_up.table)).map(|t| format!("looks up {}", t.name)),
                );
            }
            _ => {}
        }
        lines.join("\n")
    }

    /// Everything a step says, with its variables' names.
    fn whole_text(&self, step: usize) -> String {
        let messages = self.steps.get(step).map(|s| s.say.as_slice()).unwrap_or_default();
        messages.iter().map(|m| self.written(*m)).collect::<Vec<_>>().join("\n")
    }

    fn edge_label(&self, step: &Step, edge: Edge) -> String {
        let word = match edge {
            Edge::Go | Edge::Filled => "",
            Edge::Found => "found",
            Edge::Missing => "missing",
            Edge::Failed => "failed",
            Edge::Yes => "yes",
            Edge::No => "no",
            Edge::Choice(index) => {
                return match &step.then {
                    Then::Menu(menu) => {
                        menu.choices.get(index).map(|c| self.written(c.text)).unwrap_or_default()
                    }
                    _ => String::new(),
                };
            }
            Edge::Branch(index) => {
                let lines = match &step.then {
                    Then::Branch(lines) => lines.as_slice(),
                    _ => &[],
                };
                return if lines.get(index).is_some_and(|l| l.tests.is_empty()) {
                    "otherwise".to_owned()
                } else {
                    format!("case {}", index + 1)
                };
            }
        };
        word.to_owned()
    }

    /// Keywords, intents and media that lead to a step from anywhere.
    fn doors(&self) -> Vec<(String, StepIdx)> {
        let mut doors = Vec::new();
        for keyword in &self.keywords {
            if let KeywordThen::Go(step) = keyword.then {
                doors.push((
                    keyword.written.iter().take(3).map(|w| format!("“{w}”")).collect::<Vec<_>>().join(" "),
                    step,
                ));
            }
        }
        doors.extend(self.topics.iter().filter_map(|t| Some((format!("#{}", t.name), t.go?))));
        doors.extend(self.media.iter().flatten().map(|step| ("media".to_owned(), *step)));
        doors
    }

    /// Where each step stands: rows by distance from the start, in a row by where one comes from.
    fn layout(&self) -> Vec<(f64, f64)> {
        let count = self.steps.len();
        let mut row: Vec<Option<usize>> = vec![None; count];
        let mut open: VecDeque<usize> = VecDeque::new();
        let doors: Vec<usize> = self.doors().into_iter().map(|(_, to)| usize::from(to)).collect();
        for first in std::iter::once(usize::from(self.start)).chain(doors).chain(0..count) {
            if row.get(first).is_none_or(Option::is_some) {
                continue;
            }
            row[first] = Some(usize::from(first != usize::from(self.start)));
            open.push_back(first);
            while let Some(at) = open.pop_front() {
                for (_, to) in self.steps[at].next() {
                    let to = usize::from(to);
                    if row[to].is_none() {
                        row[to] = row[at].map(|r| r + 1);
                        open.push_back(to);
                    }
                }
            }
        }
        let rows = row.iter().flatten().max().map_or(1, |last| last + 1);
        let mut places = vec![(0.0, 0.0); count];
        let mut y = GAP.1 / 2.0;
        let mut column: Vec<f64> = (0..count).map(|i| i as f64).collect();
        for at in 0..rows {
            let mut members: Vec<usize> = (0..count).filter(|i| row[*i] == Some(at)).collect();
            let above = |i: usize| {
                let from: Vec<f64> = (0..count)
                    .filter(|j| {
                        row[*j].is_some_and(|r| r < at)
                            && self.steps[*j].next().iter().any(|(_, to)| usize::from(*to) == i)
                    })
                    .map(|j| column[j])
                    .collect();
                if from.is_empty() { column[i] } else { from.iter().sum::<f64>() / from.len() as f64 }
            };
            let weights: BTreeMap<usize, f64> = members.iter().map(|i| (*i, above(*i))).collect();
            members.sort_by(|a, b| weights[a].total_cmp(&weights[b]).then(a.cmp(b)));
            for part in members.chunks(BOXES_PER_ROW) {
                for (place, index) in part.iter().enumerate() {
                    column[*index] = place as f64;
                    places[*index] = (GAP.0 + place as f64 * (BOX.0 + GAP.0), y);
                }
                y += BOX.1 + GAP.1;
            }
        }
        places
    }
}

const STYLE: &str = "<style>
svg { --ink: #1c2733; --paper: #ffffff; --line: #7b8794; --speaks: #eef2f6; --asks: #e3f0ff; --decides: #fff4d6; --person: #ffe3e0; --end: #e0f5e6; background: var(--paper); font: 13px system-ui, sans-serif }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --paper: #10161d; --line: #7b8794; --speaks: #1c2733; --asks: #14304d; --decides: #40351a; --person: #4a211d; --end: #163c24 } }
text { fill: var(--ink); text-anchor: middle } .name { font-weight: 600 } .text, .edge, .door { font-size: 11px } .edge { paint-order: stroke; stroke: var(--paper); stroke-width: 4px } .door { fill: var(--line) }
rect { stroke: var(--line) } .start rect { stroke-width: 3 } .speaks rect { fill: var(--speaks) } .asks rect { fill: var(--asks) } .decides rect { fill: var(--decides) } .person rect { fill: var(--person) } .end rect { fill: var(--end) }
path { fill: none; stroke: var(--line); marker-end: url(#tip) } .back { stroke-dasharray: 4 3 }
</style>
<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" style=\"fill:#7b8794;stroke:none;marker-end:none\"/></marker></defs>
";

fn shape(step: &Step) -> Shape {
    match step.then {
        Then::Go(_) => Shape::Speaks,
        Then::Menu(_) | Then::Ask { .. } | Then::Confirm { .. } | Then::Listen => Shape::Asks,
        Then::LookUp(_) | Then::Branch(_) => Shape::Decides,
        Then::HandOff(_) => Shape::Person,
        Then::End { .. } => Shape::End,
    }
}

fn arrow(from: (f64, f64), to: (f64, f64), label: &str) -> String {
    let down = to.1 > from.1;
    let (x1, y1) = (from.0 + BOX.0 / 2.0, if down { from.1 + BOX.1 } else { from.1 });
    let (x2, y2) = (to.0 + BOX.0 / 2.0, if down { to.1 } else { to.1 + BOX.1 });
    let bend = GAP.1 * 0.6;
    let (c1, c2) = if down { (y1 + bend, y2 - bend) } else { (y1 - bend, y2 + bend) };
    let class = if down { "" } else { " class=\"back\"" };
    let mut out = format!("<path{class} d=\"M{x1} {y1} C{x1} {c1} {x2} {c2} {x2} {y2}\"/>\n");
    if !label.is_empty() {
        // Nearer to where it comes from: that is where the lines of a menu lie apart.
        let (x, y) = (x1 * 0.45 + x2 * 0.55, y1 * 0.45 + y2 * 0.55);
        out.push_str(&format!(
            "<text class=\"edge\" x=\"{x}\" y=\"{y}\">{}</text>\n",
            xml(&shortened(label, 24))
        ));
    }
    out
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Quotes and brackets would end a Mermaid label.
fn mermaid_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br/>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The text between the tags, of a picture that an XML reader takes.
    fn words(svg: &str) -> String {
        let mut reader = quick_xml::Reader::from_str(svg);
        let mut text = String::new();
        loop {
            match reader.read_event().expect("well-formed XML") {
                quick_xml::events::Event::Text(part) => {
                    text.push_str(&String::from_utf8_lossy(part.as_bytes()))
                }
                quick_xml::events::Event::Eof => return text,
                _ => text.push(' '),
            }
        }
    }

    #[test]
    fn every_step_is_drawn_and_variables_by_their_names() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bots/clothing.toml");
        let (flow, _) = Flow::load(&path).expect("the flow compiles");
        let (svg, mermaid) = (words(&flow.svg()), flow.mermaid());
        for step in &flow.steps {
            assert!(svg.contains(&*step.name) && mermaid.contains(&*step.name), "{}", step.name);
        }
        assert!(svg.contains("Talla {size}, anotado"), "{svg}");
        assert!(mermaid.contains("Talla {size}, anotado"), "{mermaid}");
    }

    #[test]
    fn what_a_flow_says_breaks_no_picture() {
        let text = r#"
            name = "x"
            languages = ["en"]
            start = "menu"
            [step.menu]
            say = "<b>\"A & B\"</b> ]]> \u0007"
            end = "solved"
        "#;
        let flow = Flow::from_text(text, "flow.toml", Path::new("")).expect("the flow compiles").0;
        assert!(!words(&flow.svg()).contains('<'));
        let label = flow.mermaid().lines().find(|line| line.contains("s0")).map(str::to_owned);
        let label = label.expect("the step is drawn");
        assert_eq!(label.matches('"').count(), 2, "{label}");
    }
}
