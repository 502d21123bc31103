//! What `helpsim bot mine` found, as text for a terminal: a sentence for each need that a manager can act
//! on, and what it rests on below it.

use super::mine::Row;
use super::price::Change;
use crate::bot::mining::{Lacks, Mined};
use crate::report::text::{clean, cut, wrap};

/// Columns before the text of a finding.
const MARGIN: usize = 4;

/// The list. `currency` is given if it was priced.
pub(super) fn text(mined: &Mined, rows: &[Row], currency: Option<&str>, width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    page.paragraph("", 0, &account(mined));
    for (number, row) in (1..).zip(rows) {
        page.text.push('\n');
        page.paragraph(&format!("{number}."), MARGIN, &sentence(row, currency.unwrap_or_default()));
        page.paragraph("", MARGIN, &what_it_lacks(row));
        for example in &row.finding.examples {
            let quoted = format!("\"{}\"", cut(&clean(example), width.saturating_sub(MARGIN + 2)));
            page.line(MARGIN, &quoted);
        }
        if currency.is_some() && row.price.is_none() && row.finding.lacks != Lacks::Answer {
            page.paragraph("", MARGIN, "No price: none of the scenario's needs is like it.");
        }
        if let Some(path) = &row.fragment {
            page.line(MARGIN, &format!("addition: {}", path.display()));
        }
    }
    if mined.left_over > 0 {
        page.text.push('\n');
        page.paragraph("", 0, &format!("{} messages are left over: too few of a kind.", mined.left_over));
    }
    page.text
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// Text with a hanging indent; `first` stands in the margin.
    fn paragraph(&mut self, first: &str, indent: usize, text: &str) {
        let mut margin = first;
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.text.push_str(&format!("{margin:<indent$}{line}\n"));
            margin = "";
        }
    }

    /// One line as it is.
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&format!("{:indent$}{text}\n", ""));
    }
}

fn account(mined: &Mined) -> String {
    if mined.messages == 0 {
        return format!(
            "The bot has an answer to every message of the {} conversations.",
            mined.conversations
        );
    }
    format!(
        "{} of {} conversations hold a message the bot has no answer to; {} of them went to a person or were \
         left. {} messages, {} different ones.",
        mined.unanswered_conversations,
        mined.conversations,
        mined.lost_conversations,
        mined.messages,
        mined.distinct
    )
}

fn sentence(row: &Row, currency: &str) -> String {
    let mut out = format!("{}: {:.0} conversations a week", row.topic, row.conversations_a_week);
    if let Some(price) = &row.price {
        out.push_str(&format!(
            ", {} points of bot resolution, {} agents at the {} peak, {} {currency} a week",
            with_interval(&scaled(&price.resolution, 100.0), 1),
            with_interval(&price.agents_at_peak, 1),
            price.peak,
            with_interval(&price.cost_a_week, 0)
        ));
    }
    out
}

fn what_it_lacks(row: &Row) -> String {
    let finding = &row.finding;
    let lacks = match finding.lacks {
        Lacks::Topic => match &finding.taken_for {
            Some(topic) => format!("The flow has no answer to it and takes it for `{topic}`."),
            None => "The flow has no answer to it.".to_owned(),
        },
        Lacks::Phrases => {
            format!("The flow has `{}`, but does not know these words for it.", row.topic)
        }
        Lacks::Answer => {
            format!("The flow answers it by `{}`, which did not help these customers.", row.topic)
        }
    };
    format!(
        "{lacks} Telling words: {}. {} messages of {} customers, {} not understood; {} of {} conversations went \
         to a person or were left.",
        finding.words.join(", "),
        finding.messages,
        finding.customers,
        finding.not_understood,
        finding.lost,
        finding.conversations
    )
}

fn scaled(change: &Change, by: f64) -> Change {
    Change { mean: change.mean * by, ci: change.ci.map(|[low, high]| [low * by, high * by]) }
}

fn with_interval(change: &Change, decimals: usize) -> String {
    let mean = signed(change.mean, decimals);
    match change.ci {
        Some([low, high]) => format!("{mean} ({} to {})", signed(low, decimals), signed(high, decimals)),
        None => mean,
    }
}

/// With a plus or a true minus; nothing is neither.
fn signed(x: f64, decimals: usize) -> String {
    let shown = format!("{:.decimals$}", x.abs());
    if shown.chars().all(|c| matches!(c, '0' | '.')) {
        shown
    } else if x < 0.0 {
        format!("−{shown}")
    } else {
        format!("+{shown}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_bear_their_sign() {
        let cases =
            [(3.12, 1, "+3.1"), (-1.4, 1, "−1.4"), (-0.04, 1, "0.0"), (86.4, 0, "+86"), (0.2, 0, "0")];
        for (x, decimals, expected) in cases {
            assert_eq!(signed(x, decimals), expected);
        }
        let change = Change { mean: -86.0, ci: Some([-120.4, -52.0]) };
        assert_eq!(with_interval(&change, 0), "−86 (−120 to −52)");
        assert_eq!(with_interval(&Change { mean: 1.0, ci: None }, 0), "+1");
    }
}
