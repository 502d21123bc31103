//! `[[traffic]]`: how many, when, of what kind.

use super::Checker;
use super::names::Kind;
use crate::diag::Diagnostic;
use crate::scenario::plan::{Arrivals, Burst, Phase, Recorded, Shares, Source, Synthetic, Timing};
use crate::scenario::raw::leaf::{At, WordOr};
use crate::scenario::raw::{self, TimingWord, Traffic, Volume};
use crate::time::{Instant, Span};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Relative weights by name.
pub type Weights = raw::Weights;

/// Most conversations a source may be expected to give.
const CONVERSATIONS_MAX: f64 = 1e9;
const HOUR_MS: f64 = 3_600_000.0;
const WEEK_MS: i64 = 7 * 86_400_000;
/// Finest cycle of a rate that steps may ask for.
const SLOTS_MAX: i64 = 100_000;

impl Checker<'_> {
    /// All sources.
    pub fn sources(&mut self, zone: &TimeZone, start: Instant, end: Instant) -> Vec<Source> {
        let raw = self.raw;
        if raw.traffic.is_empty() {
            self.fault(
                Diagnostic::error("HS0406", "the scenario has no traffic")
                    .help("add a `[[traffic]]` table with a `volume`, or with `recorded` files"),
            );
        }
        if raw.traffic.len() > 255 {
            self.fault(Diagnostic::error("HS0303", "more than 255 sources of traffic"));
        }
        let mut names: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        let mut sources = Vec::new();
        for traffic in &raw.traffic {
            let name = &traffic.value.name;
            if let Some(before) = names.insert(&name.value, name.span.clone()) {
                self.fault(
                    Diagnostic::error("HS0205", format!("traffic `{}` is defined twice", name.value))
                        .mark(name.span.clone(), "the second time")
                        .mark(before, "the first time"),
                );
            }
            sources.push(match &traffic.value.recorded {
                Some(_) => Source::Recorded(self.recorded(&traffic.value, zone)),
                None => Source::Synthetic(self.synthetic(traffic, zone, start, end)),
            });
        }
        sources
    }

    fn synthetic(&mut self, at: &At<Traffic>, zone: &TimeZone, start: Instant, end: Instant) -> Synthetic {
        let traffic = &at.value;
        let usual = Traffic::default();
        for (key, span) in [
            ("format", traffic.format.as_ref().map(|v| &v.span)),
            ("mapping", traffic.mapping.as_ref().map(|v| &v.span)),
            ("timezone", traffic.timezone.as_ref().map(|v| &v.span)),
            ("cut", traffic.cut.as_ref().map(|v| &v.span)),
            ("scale", other_than(&traffic.scale, &usual.scale)),
            ("shift", other_than(&traffic.shift, &usual.shift)),
            ("fold", traffic.fold.as_ref().map(|v| &v.span)),
            ("silence_gap", other_than(&traffic.silence_gap, &usual.silence_gap)),
        ] {
            self.out_of_place(key, span, "without `recorded`");
        }
        let arrivals = self.arrivals(at, zone, start, end);
        if let Arrivals::Renewal { .. } = arrivals {
            let bursts = traffic.bursts.first().map(|burst| &burst.span);
            let phases = traffic.phases.first().map(|phase| &phase.span);
            let day_to_day = other_than(&traffic.day_to_day, &usual.day_to_day);
            for (key, span) in [("bursts", bursts), ("phases", phases), ("day_to_day", day_to_day)] {
                self.out_of_place(key, span, "beside `interval`: they vary a rate");
            }
        }
        let bursts = traffic.bursts.iter().map(|burst| self.burst(&burst.value)).collect();
        let phases: Vec<Phase> = traffic
            .phases
            .iter()
            .map(|phase| {
                self.above_zero(&phase.value.mean_stay);
                Phase { factor: phase.value.factor.value, mean_stay: phase.value.mean_stay.value.0 }
            })
            .collect();
        if let [only] = traffic.phases.as_slice() {
            self.fault(
                Diagnostic::error("HS0302", "a random environment has two phases at least")
                    .mark(only.span.clone(), "the only one"),
            );
        }
        Synthetic {
            name: traffic.name.value.clone(),
            arrivals,
            day_to_day: traffic.day_to_day.value,
            bursts,
            phases,
            intents: self.shares(Kind::Intent, &traffic.intents),
            languages: self.first_or_shares(Kind::Language, &traffic.languages),
            segments: self.first_or_shares(Kind::Segment, &traffic.segments),
            media: traffic.media.value.0,
            weight: traffic.weight.as_ref().map(|weight| weight.value),
            priority: self.priority_of(traffic),
            max: traffic.max_conversations.as_ref().map_or(u64::MAX, |max| max.value),
        }
    }

    fn priority_of(&mut self, traffic: &Traffic) -> Option<u8> {
        traffic.priority.as_ref().map(|name| self.name(Kind::Priority, name) as u8)
    }

    fn arrivals(&mut self, at: &At<Traffic>, zone: &TimeZone, start: Instant, end: Instant) -> Arrivals {
        let traffic = &at.value;
        let nothing =
            Arrivals::Poisson { slot: Span::from_hours(1), per_hour: Arc::from([0.0]), weekly: false };
        let ways = [
            ("volume", traffic.volume.as_ref().map(|v| v.span.clone())),
            ("rate", traffic.rate.as_ref().map(|v| v.span.clone())),
            ("interval", traffic.interval.as_ref().map(|v| v.span.clone())),
        ];
        let given: Vec<(&str, Range<usize>)> =
            ways.into_iter().filter_map(|(key, span)| Some((key, span?))).collect();
        if given.len() != 1 {
            let mut fault = Diagnostic::error("HS0401", "traffic says how many in exactly one way");
            if given.is_empty() {
                fault = fault.mark(at.span.clone(), "this traffic does not say how many");
            }
            for (key, span) in given {
                fault = fault.mark(span, format!("by its `{key}`"));
            }
            self.fault(fault.help("give one of `volume`, `rate`, `interval` or `recorded`"));
            return nothing;
        }
        if let Some(profile) = &traffic.profile
            && traffic.volume.is_none()
        {
            self.out_of_place("profile", Some(&profile.span), "without `volume`");
        }
        if let Some(interval) = &traffic.interval {
            let interval_law = self.duration_law(interval);
            if interval_law.mean() < 0.001 {
                self.fault(
                    Diagnostic::error("HS0301", "the mean time between arrivals is nothing")
                        .mark(interval.span.clone(), "the run would never end"),
                );
            } else {
                self.limit((end - start).ms() as f64 / interval_law.mean(), &interval.span, traffic);
            }
            return Arrivals::Renewal { interval: interval_law };
        }
        if let Some(rate) = &traffic.rate {
            return self.rate(rate, start, end, traffic).unwrap_or(nothing);
        }
        let Some(volume) = &traffic.volume else { return nothing };
        let duration_hours = (end - start).ms() as f64 / HOUR_MS;
        let slots = traffic.profile.as_ref().and_then(|profile| self.profile(profile));
        let Some(per_hour_mean) = self.volume_per_hour(volume) else { return nothing };
        let arrivals = match slots {
            None => {
                let per_hour = match volume.value.count.as_ref() {
                    Some(count) => count.value / duration_hours,
                    None => per_hour_mean,
                };
                Arrivals::Poisson {
                    slot: Span::from_hours(1),
                    per_hour: Arc::from([per_hour]),
                    weekly: false,
                }
            }
            Some(weights) => {
                let slot = Span(WEEK_MS / weights.len() as i64);
                let mean: f64 = weights.iter().sum::<f64>() / weights.len() as f64;
                let factor = match volume.value.count.as_ref() {
                    // The period may hold more Mondays than Sundays, so the weights that fall into it count.
                    Some(count) => {
                        let weight_hours = weight_hours(&weights, slot, zone, start, end);
                        if weight_hours > 0.0 { count.value / weight_hours } else { 0.0 }
                    }
                    None => per_hour_mean / mean,
                };
                let per_hour: Vec<f64> = weights.iter().map(|weight| weight * factor).collect();
                Arrivals::Poisson { slot, per_hour: per_hour.into(), weekly: true }
            }
        };
        let expected =
            volume.value.count.as_ref().map_or(per_hour_mean * duration_hours, |count| count.value);
        self.limit(expected, &volume.span, traffic);
        arrivals
    }

    /// Conversations an hour over the week's mean; for a `count` 0, as its rate hangs on the period.
    fn volume_per_hour(&mut self, at: &At<Volume>) -> Option<f64> {
        let volume = &at.value;
        let ways = [
            (&volume.per_minute, 60.0),
            (&volume.per_hour, 1.0),
            (&volume.per_day, 1.0 / 24.0),
            (&volume.per_week, 1.0 / 168.0),
            (&volume.count, 0.0),
        ];
        let given: Vec<(&At<f64>, f64)> =
            ways.into_iter().filter_map(|(v, f)| Some((v.as_ref()?, f))).collect();
        let [(only, factor)] = given.as_slice() else {
            self.fault(
                Diagnostic::error("HS0401", "a volume is given in exactly one unit")
                    .mark(at.span.clone(), format!("{} of them here", given.len()))
                    .help("one of `per_minute`, `per_hour`, `per_day`, `per_week` or `count`"),
            );
            return None;
        };
        if only.value == 0.0 {
            self.fault(
                Diagnostic::warning("HS0506", "this traffic brings nobody")
                    .mark(only.span.clone(), "none at all"),
            );
        }
        Some(only.value * factor)
    }

    fn limit(&mut self, expected: f64, span: &Range<usize>, traffic: &Traffic) {
        let expected =
            traffic.max_conversations.as_ref().map_or(expected, |max| expected.min(max.value as f64));
        if expected > CONVERSATIONS_MAX {
            self.fault(
                Diagnostic::error("HS0306", "more than 1_000_000_000 conversations in one replication")
                    .mark(span.clone(), format!("about {expected:.0} are expected"))
                    .help("shorten `scenario.duration`, lower the volume or set `max_conversations`"),
            );
        }
    }

    fn rate(
        &mut self,
        at: &At<raw::Rate>,
        start: Instant,
        end: Instant,
        traffic: &Traffic,
    ) -> Option<Arrivals> {
        let rate = &at.value;
        let steps = &rate.steps;
        let cycle = rate.cycle.value.span();
        let Some(first) = steps.first() else {
            self.fault(
                Diagnostic::error("HS0302", "a rate has one step at least").mark(at.span.clone(), "empty"),
            );
            return None;
        };
        if first.value.at.value.0 != 0.0 {
            self.fault(
                Diagnostic::error("HS0302", "the first step of a rate begins at `\"0\"`")
                    .mark(first.value.at.span.clone(), "later"),
            );
        }
        let (mut common, mut last) = (cycle.ms(), -1);
        for step in steps {
            let at = step.value.at.value.span().ms();
            if at <= last || at >= cycle.ms() {
                self.fault(
                    Diagnostic::error("HS0302", "steps come in order of time and within the cycle")
                        .mark(step.value.at.span.clone(), "out of order, or beyond the cycle"),
                );
                return None;
            }
            last = at;
            common = gcd(common, at);
        }
        if common <= 0 || cycle.ms() / common > SLOTS_MAX {
            self.fault(
                Diagnostic::error(
                    "HS0303",
                    format!("the steps ask for more than {SLOTS_MAX} slots in a cycle"),
                )
                .mark(at.span.clone(), "too fine")
                .help("let the steps begin at whole minutes"),
            );
            return None;
        }
        let mut per_hour = Vec::new();
        for slot in 0..cycle.ms() / common {
            let now = steps.iter().rev().find(|step| step.value.at.value.span().ms() <= slot * common);
            per_hour.push(now.unwrap_or(first).value.per_hour.value);
        }
        let mean = per_hour.iter().sum::<f64>() / per_hour.len() as f64;
        self.limit(mean * (end - start).ms() as f64 / HOUR_MS, &at.span, traffic);
        Some(Arrivals::Poisson {
            slot: Span(common),
            per_hour: per_hour.into(),
            weekly: cycle == Span::from_days(7),
        })
    }

    fn burst(&mut self, burst: &raw::Burst) -> Burst {
        if let (Some(days), Some(date)) = (&burst.days, &burst.date) {
            self.fault(
                Diagnostic::error("HS0401", "`days` and `date` exclude each other")
                    .mark(days.span.clone(), "every week")
                    .mark(date.span.clone(), "once"),
            );
        }
        self.above_zero(&burst.lasts);
        if burst.intent.is_some() && burst.factor.value < 1.0 {
            self.fault(
                Diagnostic::error(
                    "HS0302",
                    "a burst of one intent brings extra volume, so its factor is 1 or more",
                )
                .mark(burst.factor.span.clone(), "below 1"),
            );
        }
        Burst {
            days: burst.days.as_ref().map_or([true; 7], |days| days.value.0),
            date: burst.date.as_ref().map(|date| date.value.0),
            at: burst.at.value.0,
            lasts: burst.lasts.value.span(),
            factor: burst.factor.value,
            intent: burst.intent.as_ref().map(|name| self.name(Kind::Intent, name) as u16),
        }
    }

    fn recorded(&mut self, traffic: &Traffic, zone: &TimeZone) -> Recorded {
        let usual = Traffic::default();
        for (key, span) in [
            ("volume", traffic.volume.as_ref().map(|v| &v.span)),
            ("rate", traffic.rate.as_ref().map(|v| &v.span)),
            ("interval", traffic.interval.as_ref().map(|v| &v.span)),
            ("profile", traffic.profile.as_ref().map(|v| &v.span)),
            ("bursts", traffic.bursts.first().map(|v| &v.span)),
            ("phases", traffic.phases.first().map(|v| &v.span)),
            ("day_to_day", other_than(&traffic.day_to_day, &usual.day_to_day)),
            ("media", other_than(&traffic.media, &usual.media)),
            ("languages", traffic.languages.as_ref().map(|v| &v.span)),
            ("segments", traffic.segments.as_ref().map(|v| &v.span)),
            ("priority", traffic.priority.as_ref().map(|v| &v.span)),
            ("max_conversations", traffic.max_conversations.as_ref().map(|v| &v.span)),
        ] {
            self.out_of_place(key, span, "beside `recorded`");
        }
        let mut paths = Vec::new();
        for path in traffic.recorded.iter().flat_map(|paths| &paths.0) {
            paths.extend(self.recorded_paths(path));
        }
        let zone = traffic.timezone.as_ref().map_or_else(|| zone.clone(), |name| self.zone(name));
        let cut = traffic.cut.as_ref().map(|cut| {
            let (from, to) = (&cut.value.from, &cut.value.to);
            if from.value.0 >= to.value.0 {
                self.fault(
                    Diagnostic::error("HS0302", "the period ends before it begins")
                        .mark(to.span.clone(), "the end")
                        .mark(from.span.clone(), "the beginning"),
                );
            }
            (self.instant(from.value.0, &zone), self.instant(to.value.0, &zone))
        });
        self.above_zero(&traffic.silence_gap);
        if let Some(fold) = &traffic.fold {
            self.above_zero(fold);
        }
        Recorded {
            name: traffic.name.value.clone(),
            paths,
            format: traffic.format.as_ref().map(|format| format.value.clone()),
            mapping: traffic.mapping.as_ref().map(|mapping| self.existing(mapping)),
            zone,
            timing: match traffic.timing {
                TimingWord::Reactive => Timing::Reactive,
                TimingWord::AsRecorded => Timing::AsRecorded,
            },
            scale: traffic.scale.value,
            cut,
            shift: match &traffic.shift.value {
                WordOr::Word(_) => None,
                WordOr::Value(shift) => Some(Span(shift.0.round() as i64)),
            },
            intents: self.shares(Kind::Intent, &traffic.intents),
            text: traffic.text,
            fold: traffic.fold.as_ref().map(|fold| fold.value.span()),
            silence_gap: traffic.silence_gap.value.span(),
            weight: traffic.weight.as_ref().map(|weight| weight.value),
        }
    }

    fn recorded_paths(&mut self, path: &At<String>) -> Vec<PathBuf> {
        if !path.value.contains(['*', '?', '[']) {
            return vec![self.existing(path)];
        }
        let pattern = self.resolve(&path.value);
        let found: Vec<PathBuf> = match glob::glob(&pattern.to_string_lossy()) {
            Ok(paths) => paths.flatten().filter(|path| path.is_file()).collect(),
            Err(error) => {
                self.fault(
                    Diagnostic::error("HS0203", format!("`{}` is not a pattern of paths", path.value))
                        .mark(path.span.clone(), error.msg),
                );
                return Vec::new();
            }
        };
        if found.is_empty() {
            self.fault(
                Diagnostic::error("HS0203", format!("no file matches `{}`", path.value))
                    .mark(path.span.clone(), "nothing there")
                    .help(format!(
                        "paths are relative to the scenario's folder; looked for `{}`",
                        pattern.display()
                    )),
            );
        }
        for file in &found {
            let name = file.strip_prefix(self.base_dir).unwrap_or(file).to_string_lossy().into_owned();
            self.existing(&At { value: name, span: path.span.clone() });
        }
        found
    }

    /// Shares over a kind of names; all of them evenly if nothing is written.
    pub fn shares(&mut self, kind: Kind, weights: &Option<At<Weights>>) -> Shares {
        let Some(weights) = weights else {
            let count = self.names.list(kind).len().max(1);
            let index = (0..count).map(|i| i as u16).collect();
            return Shares { index, cumulative: (1..=count).map(|i| i as f64 / count as f64).collect() };
        };
        let mut pairs: Vec<(u16, f64)> = Vec::new();
        for (name, weight) in &weights.value {
            let index = self.name(kind, name) as u16;
            if weight.value < 0.0 {
                self.fault(
                    Diagnostic::error("HS0301", format!("the weight of `{}` is negative", name.value))
                        .mark(weight.span.clone(), "below 0"),
                );
            }
            pairs.push((index, weight.value.max(0.0)));
        }
        let total: f64 = pairs.iter().map(|(_, weight)| weight).sum();
        if total <= 0.0 || total.is_nan() {
            self.fault(
                Diagnostic::error("HS0302", "the weights add up to nothing")
                    .mark(weights.span.clone(), "no share is left"),
            );
            return Shares { index: vec![0], cumulative: vec![1.0] };
        }
        if (total - 1.0).abs() > 1e-6 && (0.8..1.2).contains(&total) {
            self.fault(
                Diagnostic::warning("HS0507", format!("these shares add up to {:.4}", total))
                    .mark(weights.span.clone(), "not to 1")
                    .help("they are taken as relative weights"),
            );
        }
        pairs.sort_by_key(|(index, _)| *index);
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = pairs
            .iter()
            .map(|(_, weight)| {
                sum += weight / total;
                sum
            })
            .collect();
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        Shares { index: pairs.into_iter().map(|(index, _)| index).collect(), cumulative }
    }

    /// Shares, or all of the first name if nothing is written.
    fn first_or_shares(&mut self, kind: Kind, weights: &Option<At<Weights>>) -> Shares {
        match weights {
            Some(_) => self.shares(kind, weights),
            None => Shares { index: vec![0], cumulative: vec![1.0] },
        }
    }

    fn out_of_place(&mut self, key: &str, span: Option<&Range<usize>>, why: &str) {
        if let Some(span) = span {
            self.fault(
                Diagnostic::error("HS0403", format!("`{key}` has no meaning {why}"))
                    .mark(span.clone(), "out of place"),
            );
        }
    }

    /// A duration that must be more than nothing.
    pub fn above_zero(&mut self, duration: &At<crate::scenario::raw::leaf::Duration>) {
        if duration.value.0 <= 0.0 {
            self.fault(
                Diagnostic::error("HS0301", "this duration must be more than 0")
                    .mark(duration.span.clone(), "nothing"),
            );
        }
    }
}

/// Sum over the period of weight x hours: what a rate of one conversation an hour and weight brings.
fn weight_hours(weights: &[f64], slot: Span, zone: &TimeZone, start: Instant, end: Instant) -> f64 {
    let mut total = 0.0;
    let mut at = start;
    while at < end {
        let next = (at + slot).min(end);
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(at.ms()) else { break };
        let civil = timestamp.to_zoned(zone.clone());
        let day = i64::from(civil.weekday().to_monday_zero_offset());
        let ms = (day * 86_400
            + i64::from(civil.hour()) * 3_600
            + i64::from(civil.minute()) * 60
            + i64::from(civil.second()))
            * 1_000;
        let index = (ms / slot.ms()) as usize % weights.len();
        // Up to the end of the civil slot, so that a start between two slots is counted right.
        let rest = slot.ms() - ms % slot.ms();
        let until = next.min(at + Span(rest));
        total += weights[index] * (until - at).ms() as f64 / HOUR_MS;
        at = until;
    }
    total
}

/// Where a value stands that says something; the default, written out, does not.
fn other_than<'a, T: PartialEq>(at: &'a At<T>, usual: &At<T>) -> Option<&'a Range<usize>> {
    (at.value != usual.value).then_some(&at.span)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
