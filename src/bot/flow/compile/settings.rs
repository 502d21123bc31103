//! What is written once for the whole flow: limits, slots, tables, keywords.

use super::{Compiler, folded_words};
use crate::bot::flow::condition::pattern;
use crate::bot::flow::look_up::Table;
use crate::bot::flow::model::*;
use crate::bot::flow::raw::*;
use crate::bot::flow::slot::{Slot, pattern_of};
use crate::bot::text::fold;
use crate::random::Distribution;
use crate::scenario::value::{duration_ms, share};
use crate::time::Span;
use toml::Spanned;

impl Compiler<'_> {
    pub(super) fn duration(&mut self, text: &Spanned<String>) -> Span {
        match duration_ms(text.as_ref()) {
            Ok(ms) if ms >= 0.0 => Span::from_ms(ms as i64),
            Ok(_) => {
                self.faults.error("HS0612", Some(text.span()), "a duration cannot be negative");
                Span::ZERO
            }
            Err(why) => {
                self.faults.error("HS0612", Some(text.span()), why);
                Span::ZERO
            }
        }
    }

    pub(super) fn unit_interval(&mut self, number: &Spanned<f64>) -> f32 {
        let value = *number.as_ref();
        if !(0.0..=1.0).contains(&value) {
            self.faults
                .error("HS0612", Some(number.span()), format!("{value} is not between 0 and 1"))
                .help("0.5 means: half sure");
        }
        value as f32
    }

    pub(super) fn limits(&mut self, session: &RawSession) -> Limits {
        Limits {
            time_out: self.duration(&session.time_out),
            max_attempts: session.max_attempts,
            count: session.count,
            time_limit: session.time_limit.as_ref().map(|limit| self.duration(limit)),
            farewell: self.optional_text(&session.farewell),
        }
    }

    pub(super) fn slot(&mut self, slot: &RawSlot) -> Slot {
        let written = slot.pattern.as_ref().map(|p| p.as_ref().as_str()).or(pattern_of(slot.kind));
        let pattern = match written.map(pattern) {
            Some(Err(why)) => {
                self.faults.error("HS0613", slot.pattern.as_ref().map(Spanned::span), why);
                None
            }
            Some(Ok(pattern)) => Some(Box::new(pattern)),
            None => None,
        };
        if slot.kind == SlotKind::Choice && slot.values.is_empty() {
            self.faults
                .error("HS0613", None, "a slot of kind `choice` needs its values")
                .help("values = { small = [\"s\", \"chica\"], large = [\"l\", \"grande\"] }");
        }
        let words = |(value, others): (&String, &Vec<String>)| {
            let folded = std::iter::once(value).chain(others).map(|w| fold(w)).filter(|w| !w.is_empty());
            (value.clone(), folded.collect())
        };
        Slot {
            kind: slot.kind,
            pattern,
            values: slot.values.iter().map(words).collect(),
            at_least: slot.at_least.unwrap_or(f64::NEG_INFINITY),
            at_most: slot.at_most.unwrap_or(f64::INFINITY),
        }
    }

    pub(super) fn table(&mut self, name: &str, table: &RawTable) {
        if self.tables.len() == usize::from(TableIdx::MAX) {
            self.faults.error("HS0614", Some(table.file.span()), "a flow has at most 255 tables");
            return;
        }
        let mut read = match Table::read(name, &self.folder.join(table.file.as_ref()), table.key.as_ref()) {
            Ok(read) => read,
            Err(why) => {
                self.faults.error("HS0614", Some(table.file.span()), why);
                return;
            }
        };
        let median = self.duration(&table.latency.median).ms() as f64;
        let sigma = *table.latency.sigma.as_ref();
        if !(0.0..=10.0).contains(&sigma) {
            self.faults.error(
                "HS0612",
                Some(table.latency.sigma.span()),
                format!("{sigma} is not between 0 and 10"),
            );
        }
        read.latency = if sigma == 0.0 || median <= 0.0 {
            Distribution::Deterministic { value: median }
        } else {
            Distribution::Lognormal { mu: libm::log(median), sigma }
        };
        if let Some(time_out) = &table.time_out {
            read.time_out = self.duration(time_out);
        }
        if let Some(fails) = &table.fails {
            match share(fails.as_ref()) {
                Ok(fails) => read.fails = fails,
                Err(why) => {
                    self.faults.error("HS0612", Some(fails.span()), why);
                }
            }
        }
        self.tables.push(read);
    }

    pub(super) fn reason(&mut self, name: &str) -> ReasonIdx {
        if let Some(index) = self.reasons.iter().position(|r| r == name) {
            return index as ReasonIdx;
        }
        self.reasons.push(name.to_owned());
        (self.reasons.len() - 1) as ReasonIdx
    }

    pub(super) fn keyword(&mut self, keyword: &RawKeyword) -> Keyword {
        let words = folded_words(Some(keyword.words.as_ref()));
        if words.is_empty() {
            self.faults.error("HS0610", Some(keyword.words.span()), "a keyword needs a word");
        }
        let then = match (&keyword.go, &keyword.hand_off) {
            (Some(go), None) => KeywordThen::Go(self.step(go)),
            (None, Some(reason)) => KeywordThen::HandOff(self.reason(reason.as_ref())),
            _ => {
                self.faults
                    .error("HS0604", Some(keyword.words.span()), "a keyword leads to a step or to a person")
                    .help("go = \"step\", or hand_off = \"reason\"");
                KeywordThen::HandOff(0)
            }
        };
        Keyword {
            written: keyword.words.as_ref().all().map(str::to_owned).collect(),
            words,
            matching: keyword.matching,
            priority: keyword.priority,
            then,
        }
    }
}
