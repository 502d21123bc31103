//! What is written once for the whole flow: limits, slots, tables, keywords.

use super::{Compiler, folded_words};
use crate::bot::flow::condition::pattern;
use crate::bot::flow::look_up::{Endpoint, EndpointSettings, Latency, Table};
use crate::bot::flow::model::*;
use crate::bot::flow::raw::*;
use crate::bot::flow::slot::{Slot, pattern_of};
use crate::bot::text::fold;
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
        let place = table.file.as_ref().or(table.url.as_ref()).map(Spanned::span);
        if self.tables.len() == usize::from(TableIdx::MAX) {
            self.faults.error("HS0614", place, "a flow has at most 255 tables");
            return;
        }
        let time_out = table.time_out.as_ref().map_or(Span::from_s(5), |time_out| self.duration(time_out));
        let mut read = match self.table_source(name, table, time_out) {
            Ok(read) => read,
            Err(why) => {
                self.faults.error("HS0614", place, why);
                return;
            }
        };
        read.time_out = time_out;
        let sigma = *table.latency.sigma.as_ref();
        if !(0.0..=10.0).contains(&sigma) {
            self.faults.error(
                "HS0612",
                Some(table.latency.sigma.span()),
                format!("{sigma} is not between 0 and 10"),
            );
        }
        read.latency = Latency { median_ms: self.duration(&table.latency.median).ms() as f64, sigma };
        if let Some(fails) = &table.fails {
            match share(fails.as_ref()) {
                Ok(fails) => read.fails = fails,
                Err(why) => {
                    self.faults.error("HS0612", Some(fails.span()), why);
                }
            }
        }
        if let Some(keys) = &table.keys_from {
            match self.phrase_file(keys.as_ref()) {
                Ok(found) => read.known_keys = found,
                Err(why) => {
                    self.faults.error("HS0611", Some(keys.span()), why);
                }
            }
        }
        self.tables.push(read);
    }

    /// The rows of a file, or an endpoint.
    fn table_source(&self, name: &str, table: &RawTable, time_out: Span) -> Result<Table, String> {
        match (&table.file, &table.url) {
            (Some(file), None) => {
                let key = table.key.as_ref().ok_or("`key` names the column that is looked up")?;
                Table::read(name, &self.folder.join(file.as_ref()), key.as_ref())
            }
            (None, Some(url)) if table.columns.is_empty() => {
                Err(format!("`columns` says what `{}` answers: [\"status\", \"days\"]", url.as_ref()))
            }
            (None, Some(url)) => {
                let endpoint = Endpoint::open(EndpointSettings {
                    url: url.as_ref().clone(),
                    time_out,
                    recording: table.recording.as_ref().map(|path| self.folder.join(path.as_ref())),
                })?;
                Ok(Table::endpoint(name, table.columns.clone(), endpoint))
            }
            _ => Err(format!("the table `{name}` needs either a `file` or a `url`")),
        }
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
