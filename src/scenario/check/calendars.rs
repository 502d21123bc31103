//! `[[calendar]]`.

use super::Checker;
use crate::diag::Diagnostic;
use crate::scenario::plan::CalendarPlan;
use crate::scenario::raw::leaf::{At, WordOr};
use crate::scenario::switches::CalendarWithoutHours;
use crate::scenario::value::{self, DAY_MINUTES};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::ops::Range;

impl Checker<'_> {
    /// All calendars; the first is `always`.
    pub fn calendars(&mut self, zone: &TimeZone) -> Vec<CalendarPlan> {
        let always = CalendarPlan {
            name: "always".to_owned(),
            zone: zone.clone(),
            week: std::array::from_fn(|_| vec![(0, DAY_MINUTES)]),
            dates: Vec::new(),
        };
        let mut all = vec![always];
        for calendar in &self.raw.calendar {
            let raw = &calendar.value;
            let zone = raw.timezone.as_ref().map_or_else(|| zone.clone(), |name| self.zone(name));
            let mut hours = BTreeMap::new();
            for (days, periods) in &raw.hours {
                let periods = periods.0.iter().map(|at| (at.value.0, at.span.clone())).collect();
                hours.insert(days.clone(), self.periods(periods));
            }
            let week = self.each_day(&hours, "hours").map(|periods| periods.cloned().unwrap_or_default());
            let mut dates: Vec<(Date, Vec<(u16, u16)>)> =
                raw.holidays.iter().map(|holiday| (holiday.value.0, Vec::new())).collect();
            for (date, hours) in &raw.dates {
                let date = match value::date(&date.value) {
                    Ok(date) => date,
                    Err(expected) => {
                        self.fault(
                            Diagnostic::error("HS0108", "this is not a date")
                                .mark(date.span.clone(), "cannot be read")
                                .help(expected),
                        );
                        continue;
                    }
                };
                let open = hours.0.iter().filter_map(|at| match &at.value {
                    WordOr::Word(_) => None,
                    WordOr::Value(hours) => Some((hours.0, at.span.clone())),
                });
                let periods = self.periods(open.collect());
                dates.retain(|(known, _)| *known != date);
                dates.push((date, periods));
            }
            dates.sort();
            dates.dedup();
            let closed =
                week.iter().all(Vec::is_empty) && dates.iter().all(|(_, periods)| periods.is_empty());
            if closed && !self.is_pruned("calendar", &raw.name.value) {
                let name = &raw.name;
                let never = format!("calendar `{}` never opens", name.value);
                let always = self.raw.desk.clocks.calendar_without_hours == CalendarWithoutHours::Always;
                let fault = if always {
                    Diagnostic::warning("HS0517", never).help("this help desk reads it as open at all times")
                } else {
                    Diagnostic::error("HS0405", never).help("a target in it would never fall due")
                };
                self.fault(fault.mark(name.span.clone(), "no hours on any day"));
            }
            all.push(CalendarPlan { name: raw.name.value.clone(), zone, week, dates });
        }
        all
    }

    /// What each day of the week has in a table by days; a day that is named twice is a fault. `what` they
    /// are is said there.
    pub fn each_day<'t, T>(&mut self, table: &'t BTreeMap<At<String>, T>, what: &str) -> [Option<&'t T>; 7] {
        let mut week: [Option<(&T, &Range<usize>)>; 7] = [None; 7];
        for (days, has) in table {
            let set = match value::days(&days.value) {
                Ok(set) => set,
                Err(expected) => {
                    self.fault(
                        Diagnostic::error("HS0106", "these are not days")
                            .mark(days.span.clone(), "cannot be read")
                            .help(expected),
                    );
                    continue;
                }
            };
            for day in (0..7).filter(|day| set[*day]) {
                if let Some((_, before)) = week[day].replace((has, &days.span)) {
                    self.fault(
                        Diagnostic::error("HS0305", format!("{} has {what} twice", value::DAYS[day]))
                            .mark(days.span.clone(), "here")
                            .mark(before.clone(), "and here"),
                    );
                }
            }
        }
        week.map(|has| has.map(|(has, _)| has))
    }

    /// Periods of a day in order; two that overlap are a fault.
    pub fn periods(&mut self, mut periods: Vec<((u16, u16), Range<usize>)>) -> Vec<(u16, u16)> {
        periods.sort_by_key(|(hours, _)| *hours);
        for pair in periods.windows(2) {
            let [(first, first_span), (second, second_span)] = pair else { continue };
            if second.0 < first.1 {
                self.fault(
                    Diagnostic::error("HS0305", "two periods of the same day overlap")
                        .mark(second_span.clone(), "begins before the other ends")
                        .mark(first_span.clone(), "the other"),
                );
            }
        }
        periods.into_iter().map(|(hours, _)| hours).collect()
    }
}
