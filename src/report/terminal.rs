//! The summary on a screen: goals first, then the figures a manager asks for, warnings, and the
//! verdict last.

use super::format::{count, duration, level, optional, percent, plus_minus, value};
use super::metrics::{CLOCKS, ENDINGS, interval_level, leavers, mean, seen};
use super::text::{clean, cut, left, right, shorten, width as columns, wrap};
use super::verdict::{remark, verdict};
use crate::measure::{GoalResult, Summary, Unit, Verdict};

/// What fits a screen.
const MAX_LINES: usize = 40;
/// From here on the figures stand in two columns.
const TWO_COLUMNS_FROM: usize = 120;
/// Narrower than this nothing lines up.
const MIN_WIDTH: usize = 40;

/// The summary as text of at most [`MAX_LINES`] lines, none wider than `width`.
pub fn terminal(summary: &Summary, width: usize, colour: bool) -> String {
    let width = width.max(MIN_WIDTH);
    let paint = Paint { on: colour };
    let groups = groups(summary);
    let figures = if width >= TWO_COLUMNS_FROM {
        side_by_side(&groups, width, paint)
    } else {
        groups.iter().flat_map(|g| g.lines(width, paint)).collect()
    };
    let verdict_lines = wrap(&verdict(summary), width);

    let mut lines = header(summary, width, paint);
    // Blank lines: after the header, after the goals, before the verdict.
    let mut room = MAX_LINES.saturating_sub(lines.len() + figures.len() + verdict_lines.len() + 3);
    // Goals come first in a crowd; a warning is never left out altogether.
    let warnings_room = room.saturating_sub(summary.goals.len()).clamp(1, 4);
    let warnings = warning_lines(&summary.warnings, width, warnings_room, paint);
    room = room.saturating_sub(warnings.len());

    if !summary.goals.is_empty() {
        lines.push(String::new());
        lines.extend(goal_lines(&summary.goals, &summary.currency, width, room.max(2), paint));
    }
    lines.push(String::new());
    lines.extend(figures);
    lines.extend(warnings);
    lines.push(String::new());
    let tone = overall(&summary.goals);
    lines.extend(verdict_lines.iter().map(|line| paint.tone(line, tone)));
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The goals alone, each on a line with its verdict.
pub fn goals(summary: &Summary, width: usize, colour: bool) -> String {
    let lines = goal_lines(
        &summary.goals,
        &summary.currency,
        width.max(MIN_WIDTH),
        summary.goals.len() + 1,
        Paint { on: colour },
    );
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Title on the left, how it was run on the right.
fn header(summary: &Summary, width: usize, paint: Paint) -> Vec<String> {
    let runs = match summary.replications {
        1 => "1 replication".to_owned(),
        n => format!("{n} replications"),
    };
    let mut facts = if summary.origin == "observed" {
        "observed, not simulated".to_owned()
    } else {
        format!("{runs} · seed {}", summary.seed)
    };
    if let Some(x) = interval_level(summary) {
        facts.push_str(&format!(" · {} intervals", level(x)));
    }
    let title_room = width.saturating_sub(columns(&facts) + 2);
    if title_room < 12 {
        return vec![
            paint.bold(&shorten(&clean(&summary.scenario), width)),
            paint.dim(&shorten(&facts, width)),
        ];
    }
    let title = shorten(&clean(&summary.scenario), title_room);
    vec![format!("{}{}", paint.bold(&left(&title, width - columns(&facts))), paint.dim(&facts))]
}

/// One line for each goal: mark, the goal as written, value, half-width, remark.
fn goal_lines(goals: &[GoalResult], currency: &str, width: usize, room: usize, paint: Paint) -> Vec<String> {
    let mut shown: Vec<&GoalResult> = goals.iter().collect();
    let hidden = goals.len().saturating_sub(room.saturating_sub(1));
    if goals.len() > room {
        // Too many for the screen: those that need attention stay, in the scenario's order.
        let (mut open, met): (Vec<&GoalResult>, Vec<&GoalResult>) =
            goals.iter().partition(|g| g.verdict != Verdict::Met);
        open.extend(met);
        open.truncate(goals.len() - hidden);
        shown = open;
    }
    let values: Vec<String> = shown.iter().map(|g| optional(g.mean, g.unit, currency)).collect();
    let spreads: Vec<String> =
        shown.iter().map(|g| plus_minus(g.ci.map(|[low, high]| (high - low) / 2.0), g.unit)).collect();
    let texts: Vec<String> = shown.iter().map(|g| clean(&g.goal)).collect();
    let value_width = widest(&values);
    let spread_width = widest(&spreads);
    let text_room = width.saturating_sub(2 + 2 + value_width + 2 + spread_width);
    let text_width = widest(&texts).min(text_room);

    let mut lines: Vec<String> = Vec::new();
    for (i, goal) in shown.iter().enumerate() {
        let mut line = format!(
            "{} {}  {}  {}",
            paint.tone(&goal.verdict.mark().to_string(), goal.verdict),
            left(&shorten(&texts[i], text_width), text_width),
            paint.bold(&right(&values[i], value_width)),
            paint.dim(&left(&spreads[i], spread_width)),
        );
        let used = 2 + text_width + 2 + value_width + 2 + spread_width;
        let long = remark(goal);
        let short = match (goal.verdict, goal.more_replications) {
            (Verdict::Undecided, Some(n)) => format!("~{n} more runs"),
            _ => goal.verdict.word().to_owned(),
        };
        if let Some(note) =
            [long, short].into_iter().find(|n| !n.is_empty() && used + 2 + columns(n) <= width)
            && !matches!(goal.verdict, Verdict::Met | Verdict::Missed)
        {
            line.push_str(&format!("  {}", paint.tone(&note, goal.verdict)));
        }
        lines.push(line);
    }
    if shown.len() < goals.len() {
        lines.push(paint.dim(&format!("  … and {} more goals, see the report", goals.len() - shown.len())));
    }
    lines
}

/// Warnings, each on one line, at most `room` of them.
fn warning_lines(warnings: &[String], width: usize, room: usize, paint: Paint) -> Vec<String> {
    if room == 0 || warnings.is_empty() {
        return Vec::new();
    }
    let shown = if warnings.len() > room { room - 1 } else { warnings.len() };
    let mut lines: Vec<String> = warnings
        .iter()
        .take(shown)
        .map(|w| format!("{} {}", paint.tone("!", Verdict::Undecided), cut(&clean(w), width - 2)))
        .collect();
    if shown < warnings.len() {
        lines.push(paint.tone(
            &format!("! {} more warnings, see the report", warnings.len() - shown),
            Verdict::Undecided,
        ));
    }
    lines
}

/// A line of figures.
struct Row {
    label: String,
    value: String,
    /// Half-width, or a share of a whole.
    beside: String,
}

impl Row {
    /// Words that belong to the row above.
    fn remark(label: String) -> Row {
        Row { label, value: String::new(), beside: String::new() }
    }
}

/// Lines under one heading, which stands left of the first.
struct Group {
    heading: &'static str,
    rows: Vec<Row>,
}

/// Columns of the heading, the label, the value and what stands beside it.
const HEADING: usize = 14;
const LABEL: usize = 22;
const VALUE: usize = 11;

impl Group {
    fn lines(&self, width: usize, paint: Paint) -> Vec<String> {
        let beside_room = width.saturating_sub(HEADING + LABEL + VALUE + 2);
        self.rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let heading = if i == 0 { self.heading } else { "" };
                if row.value.is_empty() {
                    let label = shorten(&row.label, width.saturating_sub(HEADING));
                    return format!("{}{}", left(heading, HEADING), paint.dim(&label));
                }
                let label_room = LABEL.min(width.saturating_sub(HEADING + VALUE + 2));
                format!(
                    "{}{}{}  {}",
                    paint.dim(&left(heading, HEADING)),
                    left(&shorten(&row.label, label_room), label_room),
                    right(&row.value, VALUE),
                    paint.dim(&shorten(&row.beside, beside_room)),
                )
            })
            .collect()
    }
}

/// The figures in groups; what was not observed is not shown.
fn groups(summary: &Summary) -> Vec<Group> {
    let s = summary;
    let offered = mean(s, "conversations.offered");
    let endings = ENDINGS.iter().filter_map(|(name, words)| {
        let x = mean(s, name)?;
        let share = offered.filter(|o| *o > 0.0).map_or_else(String::new, |o| percent(x / o));
        Some(Row { label: (*words).to_owned(), value: count(x), beside: share })
    });
    let mut conversations: Vec<Row> = metric(s, "conversations.offered", "offered").into_iter().collect();
    conversations.extend(endings);

    let clocks = CLOCKS
        .iter()
        .filter_map(|c| metric(s, &format!("sla.{}.compliance", c.name()), &c.name().replace('_', " ")));

    let groups = [
        ("conversations", conversations),
        (
            "bot",
            rows(
                s,
                &[
                    ("bot.resolution_rate", "resolution"),
                    ("bot.containment_rate", "containment"),
                    ("bot.handoff_rate", "handed to people"),
                ],
            ),
        ),
        (
            "response",
            rows(
                s,
                &[
                    ("first_response.p50", "first, median"),
                    ("first_response.p90", "first, 90 % within"),
                    ("first_human_response.p90", "by a person, 90 %"),
                ],
            ),
        ),
        ("SLA met", clocks.take(4).collect()),
        (
            "queue",
            [metric(s, "queue.wait.mean", "mean wait"), metric(s, "queue.wait.p90", "90 % wait less than")]
                .into_iter()
                .chain([
                    metric(s, "service_level", "service level"),
                    seen(s, "service_level").map(|_| {
                        Row::remark(format!(
                            "  within {}, {}",
                            duration(s.service_level.within_s),
                            leavers(&s.service_level)
                        ))
                    }),
                    metric(s, "abandonment.rate", "abandonment"),
                ])
                .flatten()
                .collect(),
        ),
        (
            "desk",
            rows(
                s,
                &[
                    ("agents.occupancy", "occupancy"),
                    ("backlog.max", "backlog, largest"),
                    ("backlog.end", "backlog at the end"),
                ],
            ),
        ),
        (
            "money, mood",
            rows(
                s,
                &[
                    ("cost.per_conversation", "cost per conversation"),
                    ("cost.per_resolution", "cost per resolution"),
                    ("csat", "CSAT proxy (a model)"),
                ],
            ),
        ),
    ];
    groups
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(heading, rows)| Group { heading, rows })
        .collect()
}

fn rows(summary: &Summary, names: &[(&str, &str)]) -> Vec<Row> {
    names.iter().filter_map(|(name, label)| metric(summary, name, label)).collect()
}

fn metric(summary: &Summary, name: &str, label: &str) -> Option<Row> {
    // A scenario without prices costs nothing, which is no figure to show.
    let estimate = seen(summary, name).filter(|e| e.unit != Unit::Money || e.mean != Some(0.0))?;
    Some(Row {
        label: label.to_owned(),
        value: value(estimate.mean?, estimate.unit, &summary.currency),
        beside: plus_minus(estimate.half_width(), estimate.unit),
    })
}

/// Two columns of groups of about the same height, in reading order.
fn side_by_side(groups: &[Group], width: usize, paint: Paint) -> Vec<String> {
    let column = (width - 4) / 2;
    let total: usize = groups.iter().map(|g| g.rows.len()).sum();
    let (mut first, mut second): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for group in groups {
        let side =
            if first.len() + group.rows.len() / 2 < total.div_ceil(2) { &mut first } else { &mut second };
        side.extend(group.lines(column, paint));
    }
    let rows = first.len().max(second.len());
    (0..rows)
        .map(|i| {
            let a = first.get(i).map_or("", String::as_str);
            let b = second.get(i).map_or("", String::as_str);
            // Padded by what is seen, not by the escape codes of colours.
            let pad = column.saturating_sub(columns(&Paint::strip(a)));
            format!("{a}{}    {b}", " ".repeat(pad))
        })
        .collect()
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|t| columns(t)).max().unwrap_or(0)
}

/// The worst of all verdicts gives the tone of the last line.
fn overall(goals: &[GoalResult]) -> Verdict {
    let any = |v: Verdict| goals.iter().any(|g| g.verdict == v);
    if any(Verdict::Missed) || any(Verdict::NoData) {
        Verdict::Missed
    } else if any(Verdict::Undecided) {
        Verdict::Undecided
    } else {
        Verdict::Met
    }
}

/// ANSI colours, or none.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.on && !text.trim().is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
    fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }
    fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
    fn tone(self, text: &str, verdict: Verdict) -> String {
        let code = match verdict {
            Verdict::Met => "32",
            Verdict::Missed | Verdict::NoData => "31",
            Verdict::Undecided => "33",
        };
        self.wrap(code, text)
    }
    /// The text without this painter's codes.
    fn strip(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut in_code = false;
        for c in text.chars() {
            match (in_code, c) {
                (false, '\u{1b}') => in_code = true,
                (true, 'm') => in_code = false,
                (true, _) => {}
                (false, c) => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn eighty_columns() {
        insta::assert_snapshot!(terminal(&sample::summary(), 80, false));
    }

    #[test]
    fn a_hundred_and_twenty_columns() {
        insta::assert_snapshot!(terminal(&sample::summary(), 120, false));
    }

    #[test]
    fn it_fits_the_screen_whatever_comes() {
        let mut summary = sample::summary();
        let goal = summary.goals[2].clone();
        summary.goals = vec![goal; 60];
        summary.goals[7].goal = "日本語".repeat(80);
        summary.warnings = vec!["a warning that is much longer than the screen is wide ".repeat(9); 30];
        summary.scenario = "a title ".repeat(400);
        for width in [1, 40, 60, 80, 100, 110, 120, 200] {
            let text = terminal(&summary, width, false);
            assert!(text.lines().count() <= MAX_LINES, "{width} columns:\n{text}");
            for line in text.lines() {
                assert!(columns(line) <= width.max(MIN_WIDTH), "{width} columns: {line}");
            }
        }
    }

    #[test]
    fn colours_change_nothing_else() {
        for width in [80, 120] {
            let coloured = terminal(&sample::summary(), width, true);
            assert!(coloured.contains("\u{1b}["));
            let plain: Vec<String> =
                Paint::strip(&coloured).lines().map(|l| l.trim_end().to_owned()).collect();
            assert_eq!(plain.join("\n") + "\n", terminal(&sample::summary(), width, false));
        }
    }

    #[test]
    fn a_hostile_title_cannot_write_to_the_screen() {
        let mut summary = sample::summary();
        summary.scenario = "\u{1b}[2J\u{202e}gone\n\n\n".to_owned();
        let text = terminal(&summary, 80, false);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
