//! The plan as a whole, and `[scenario]`.

use super::Checker;
use super::names::Kind;
use crate::diag::{Diagnostic, nearest};
use crate::scenario::plan::{
    Abandoned, Cost, CsatModel, Plan, PrecisionTarget, Replications, ServiceLevel, StartFrom,
};
use crate::scenario::raw::leaf::{At, WordOr};
use crate::scenario::raw::{AbandonedWord, Precision, StartFromWord};
use crate::scenario::value;
use crate::time::{Instant, Span};
use jiff::tz::TimeZone;

/// Longest run: ten years.
const DURATION_MS_MAX: f64 = 3_660.0 * 86_400_000.0;
/// Replications where the scenario says nothing.
const REPLICATIONS: u32 = 20;

impl Checker<'_> {
    /// Everything.
    pub fn plan(&mut self) -> Option<Plan> {
        let raw = self.raw;
        let general = &raw.scenario;
        let zone = self.zone(&general.timezone);
        let start = self.instant(general.start.value.0, &zone);
        let duration = general.duration.value;
        if duration.0 <= 0.0 || duration.0 > DURATION_MS_MAX {
            self.fault(
                Diagnostic::error("HS0301", "`scenario.duration` must be more than 0 and at most ten years")
                    .mark(general.duration.span.clone(), "out of range"),
            );
        }
        let end = start + duration.span();
        let (warm_up, warm_up_auto) = match &general.warm_up.value {
            WordOr::Word(_) => (Span::ZERO, true),
            WordOr::Value(warm_up) => (warm_up.span(), false),
        };
        if warm_up >= end - start && warm_up > Span::ZERO {
            self.fault(
                Diagnostic::error("HS0304", "the warm-up leaves nothing of the run to measure")
                    .mark(general.warm_up.span.clone(), "as long as the run or longer")
                    .mark(general.duration.span.clone(), "the run"),
            );
        }
        if general.interval.value.0 < 60_000.0 || general.interval.value.0 > 86_400_000.0 {
            self.fault(
                Diagnostic::error("HS0301", "`scenario.interval` must lie between `1m` and `1d`")
                    .mark(general.interval.span.clone(), "out of range"),
            );
        }
        if general.priorities.value.is_empty() {
            self.fault(
                Diagnostic::error("HS0302", "there must be one priority at least")
                    .mark(general.priorities.span.clone(), "empty"),
            );
        }
        let calendars = self.calendars(&zone);
        let intents = self.intents();
        let sources = self.sources(&zone, start, end);
        let customer = self.customer();
        let channel = self.channel(start, &zone);
        let bot = self.bot();
        let teams = self.teams();
        let desk = self.desk(&bot);
        let policies = self.policies();
        let (rules, recipients) = self.rules();
        let goals = self.goals();
        let replications = self.replications();
        let service_level = ServiceLevel {
            within: raw.service_level.within.value.span(),
            target: raw.service_level.target.value.0,
            abandoned: match raw.service_level.abandoned {
                AbandonedWord::LeftOut => Abandoned::LeftOut,
                AbandonedWord::Failed => Abandoned::Failed,
                AbandonedWord::ServedOnly => Abandoned::ServedOnly,
            },
        };
        self.assume_defaults();
        let names = |kind| self.names.list(kind).to_vec();
        Some(Plan {
            name: general.name.value.clone(),
            description: general.description.clone(),
            zone,
            zone_name: general.timezone.value.clone(),
            start,
            end,
            warm_up,
            warm_up_auto,
            wrap_up: general.wrap_up.value.span(),
            start_from: match general.start_from {
                StartFromWord::Empty => StartFrom::Empty,
                StartFromWord::PreviousWeek => StartFrom::PreviousWeek,
            },
            seed: general.seed,
            replications,
            level: general.level.value.0,
            antithetic: general.antithetic,
            control_variates: general.control_variates,
            priorities: names(Kind::Priority),
            segments: names(Kind::Segment),
            languages: names(Kind::Language),
            calendars,
            intents,
            sources,
            customer,
            channel,
            bot,
            teams,
            desk,
            policies,
            rules,
            recipients,
            tags: names(Kind::Tag),
            goals,
            csat: CsatModel {
                intercept: raw.csat.intercept,
                wait: raw.csat.wait,
                exchange: raw.csat.exchange,
                unsolved: raw.csat.unsolved,
                transfer: raw.csat.transfer,
                reopened: raw.csat.reopened,
                bot: raw.csat.bot,
                failed_attempt: raw.csat.failed_attempt,
            },
            cost: Cost {
                currency: raw.cost.currency.clone(),
                platform_per_month: raw.cost.platform_per_month,
                platform_per_seat: raw.cost.platform_per_seat,
            },
            service_level,
            interval: general.interval.value.span(),
            keep_messages: general.keep_messages,
            assumptions: std::mem::take(&mut self.assumptions),
            inputs: std::mem::take(&mut self.inputs),
        })
    }

    /// A zone by its name in the IANA data base.
    pub fn zone(&mut self, name: &At<String>) -> TimeZone {
        match TimeZone::get(&name.value) {
            Ok(zone) => zone,
            Err(_) => {
                let fault = Diagnostic::error("HS0206", format!("there is no time zone `{}`", name.value))
                    .mark(name.span.clone(), "unknown zone");
                let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
                self.fault(match nearest(&name.value, known.iter().map(String::as_str)) {
                    Some(near) => {
                        fault.help("a zone with a similar name exists").replace(format!("\"{near}\""))
                    }
                    None => fault.help("write it as `America/Bogota`, `Europe/Madrid` or `UTC`"),
                });
                TimeZone::UTC
            }
        }
    }

    /// A civil moment in a zone; one that a clock change skips or repeats is taken as jiff does
    /// ("compatible": the later side of a gap, the first of two).
    pub fn instant(&mut self, moment: jiff::civil::DateTime, zone: &TimeZone) -> Instant {
        match zone.to_timestamp(moment) {
            Ok(timestamp) => Instant(timestamp.as_millisecond()),
            Err(_) => {
                self.fault(Diagnostic::error("HS0108", format!("{moment} is out of the calendar's range")));
                Instant(0)
            }
        }
    }

    fn replications(&mut self) -> Replications {
        let general = &self.raw.scenario;
        let Some(precision) = &general.precision else {
            return Replications::Fixed(general.replications.as_ref().map_or(REPLICATIONS, |n| n.value));
        };
        if let Some(replications) = &general.replications {
            self.fault(
                Diagnostic::error("HS0401", "`replications` and `precision` exclude each other")
                    .mark(replications.span.clone(), "so many")
                    .mark(precision.0.first().map_or(0..0, |p| p.span.clone()), "or as many as it takes"),
            );
        }
        let mut targets = Vec::new();
        let (mut min, mut max) = (0, 0);
        for wish in &precision.0 {
            if wish.value.min.value > wish.value.max.value {
                self.fault(
                    Diagnostic::error("HS0302", "`min` is above `max`")
                        .mark(wish.value.min.span.clone(), "larger"),
                );
            }
            min = min.max(wish.value.min.value);
            max = max.max(wish.value.max.value);
            targets.extend(self.precision_target(&wish.value));
        }
        Replications::Precision { targets, min, max }
    }

    fn precision_target(&mut self, wish: &Precision) -> Option<PrecisionTarget> {
        let text = wish.half_width.value.trim();
        let metric = self.metric(&wish.metric.value, &wish.metric.span)?;
        let (half_width, relative) = match value::share(text) {
            Ok(share) => (share, true),
            Err(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => (number, false),
                _ => match value::duration_ms(text) {
                    Ok(ms) => (ms / 1_000.0, false),
                    Err(_) => (f64::NAN, false),
                },
            },
        };
        if half_width.is_nan() || half_width <= 0.0 {
            self.fault(
                Diagnostic::error(
                    "HS0301",
                    "a half-width is a share of the mean or a value in the metric's unit",
                )
                .mark(wish.half_width.span.clone(), "cannot be read as one above 0")
                .help("write `\"2%\"`, `\"5s\"` or `\"0.01\"`"),
            );
            return None;
        }
        Some(PrecisionTarget { metric, half_width, relative })
    }

    /// What the figures rest on and nobody wrote down.
    fn assume_defaults(&mut self) {
        let customer = &self.raw.customer;
        if !customer.patience.is_written() {
            self.assume("customers wait for a person without end (`customer.patience` is not given)");
        }
        if !customer.reply_delay.is_written() {
            self.assume(
                "customers answer after 40 s in the median, log-normal (`customer.reply_delay` is not given)",
            );
        }
        if !customer.repeats.is_written() && self.raw.bot.is_some() {
            self.assume(
                "nobody comes back about a need that was not solved (`customer.repeats` is not given)",
            );
        }
        let silent: Vec<&str> = self
            .raw
            .intent
            .iter()
            .filter(|intent| !intent.value.agent_work.is_written())
            .map(|intent| intent.value.name.value.as_str())
            .collect();
        if self.raw.intent.is_empty() {
            self.assume("one kind of need, `general`, that takes one agent reply of 2 min in the mean");
        } else if !silent.is_empty() {
            let names = silent.join("`, `");
            self.assume(format!("an agent's reply takes 2 min in the mean, log-normal, for `{names}`"));
        }
        self.assume("the satisfaction figures come from a model, not from ratings (`[csat]`)");
    }
}
