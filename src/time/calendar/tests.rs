use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn at(text: &str) -> Instant {
    Instant(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn office(zone: &str) -> BusinessHours {
    let day = || vec![(8 * 60, 18 * 60)];
    let week = [day(), day(), day(), day(), day(), vec![(9 * 60, 13 * 60)], vec![]];
    BusinessHours::new(TimeZone::get(zone).unwrap(), week)
}

fn every_day(zone: &str, hours: Vec<Hours>) -> Calendar {
    Calendar::new(TimeZone::get(zone).unwrap(), std::array::from_fn(|_| hours.clone()), vec![]).unwrap()
}

#[test]
fn a_calendar_without_hours_is_refused() {
    let zone = TimeZone::UTC;
    assert_eq!(
        Calendar::new(zone.clone(), Default::default(), vec![]).unwrap_err(),
        CalendarError::NeverOpens
    );
    let reversed = std::array::from_fn(|_| vec![(540, 0)]);
    let error = Calendar::new(zone.clone(), reversed, vec![]).unwrap_err();
    assert_eq!(error, CalendarError::EmptyPeriod { from: 540, to: 0 });
    let only_a_holiday = BusinessHours::new(zone, Default::default())
        .on_date(date(2026, 1, 1), vec![(540, 600)])
        .holiday(date(2026, 1, 1));
    assert_eq!(Calendar::from_hours(only_a_holiday).unwrap_err(), CalendarError::NeverOpens);
}

#[test]
fn whole_days_are_always() {
    let calendar = every_day("Europe/Berlin", vec![(0, 1440)]);
    assert!(calendar.is_always());
    assert_eq!(calendar.add(Instant(5), Span(7), ExactClose::Stay), Instant(12));
}

#[test]
fn exact_close_stays_or_rolls_to_the_next_opening() {
    let calendar = Calendar::from_hours(office("America/Bogota")).unwrap();
    let friday = at("2026-11-27T17:00:00-05:00");
    let hour = Span::from_hours(1);
    assert_eq!(calendar.add(friday, hour, ExactClose::Stay), at("2026-11-27T18:00:00-05:00"));
    assert_eq!(calendar.add(friday, hour, ExactClose::NextOpening), at("2026-11-28T09:00:00-05:00"));
    let monday = at("2026-11-30T09:00:00-05:00");
    assert_eq!(calendar.subtract(monday, hour, ExactClose::Stay), at("2026-11-30T08:00:00-05:00"));
    assert_eq!(calendar.subtract(monday, hour, ExactClose::NextOpening), at("2026-11-28T13:00:00-05:00"));
}

#[test]
fn a_day_with_a_clock_change_has_23_or_25_hours() {
    let sunday_only = |zone| {
        let mut week: [Vec<Hours>; 7] = Default::default();
        week[6] = vec![(0, 1440)];
        Calendar::new(TimeZone::get(zone).unwrap(), week, vec![]).unwrap()
    };
    let berlin = sunday_only("Europe/Berlin");
    let week = |from: &str, to: &str| berlin.business_between(at(from), at(to));
    assert_eq!(week("2026-03-26T00:00:00Z", "2026-03-31T00:00:00Z"), Span::from_hours(23));
    assert_eq!(week("2026-10-22T00:00:00Z", "2026-10-27T00:00:00Z"), Span::from_hours(25));
}

#[test]
fn hours_inside_the_skipped_hour_are_empty() {
    let berlin = every_day("Europe/Berlin", vec![(2 * 60 + 15, 2 * 60 + 45)]);
    let open = |from: &str, to: &str| berlin.business_between(at(from), at(to));
    assert_eq!(open("2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z"), Span::ZERO);
    // The hour that occurs twice is open once, at its first occurrence (still summer time).
    assert_eq!(open("2026-10-25T00:00:00Z", "2026-10-25T00:45:00Z"), Span::from_minutes(30));
    assert_eq!(open("2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"), Span::ZERO);
}

#[test]
fn hours_over_midnight_belong_to_the_day_they_begin_on() {
    let mut week: [Vec<Hours>; 7] = Default::default();
    week[4] = vec![(22 * 60, 30 * 60)];
    let zone = TimeZone::get("America/Bogota").unwrap();
    let hours = BusinessHours::new(zone, week).break_on(date(2026, 11, 28), vec![(2 * 60, 3 * 60)]);
    let calendar = Calendar::from_hours(hours).unwrap();
    let periods: Vec<_> = calendar.open_periods(at("2026-11-23T00:00:00-05:00")).take(2).collect();
    let expected = [
        (at("2026-11-27T22:00:00-05:00"), at("2026-11-28T02:00:00-05:00")),
        (at("2026-11-28T03:00:00-05:00"), at("2026-11-28T06:00:00-05:00")),
    ];
    assert_eq!(periods, expected);
}

#[test]
fn beyond_the_horizon_nothing_is_due() {
    let once =
        BusinessHours::new(TimeZone::UTC, Default::default()).on_date(date(2026, 1, 5), vec![(540, 600)]);
    let calendar = Calendar::from_hours(once).unwrap();
    let before = at("2026-01-01T00:00:00Z");
    let hour = Span::from_hours(1);
    assert_eq!(calendar.add(before, Span(hour.0 + 1), ExactClose::Stay), Instant::NEVER);
    // There is no next opening, so the last closing has to do.
    assert_eq!(calendar.add(before, hour, ExactClose::NextOpening), at("2026-01-05T10:00:00Z"));
    assert_eq!(calendar.next_open(at("2026-01-05T10:00:00Z")), Instant::NEVER);
    assert_eq!(calendar.open_periods(before).count(), 1);
}

const ZONES: [&str; 6] = [
    "America/Bogota",
    "Europe/Berlin",
    "America/Santiago",
    "Australia/Lord_Howe",
    "America/New_York",
    "Asia/Kolkata",
];

/// A random business week: up to three periods a day, some over midnight; days of 2026 with hours of
/// their own, holidays and breaks, some on the days of clock changes.
fn calendars() -> impl Strategy<Value = Calendar> {
    const CHANGES: [i32; 6] = [66, 87, 93, 275, 297, 304];
    let day = prop::collection::vec((0u16..1440, 1u16..700), 0..4)
        .prop_map(|day| day.into_iter().map(|(from, length)| (from, from + length)).collect::<Vec<_>>());
    let of_date = prop_oneof![0i32..365, prop::sample::select(CHANGES.to_vec())];
    let dates = prop::collection::vec((of_date, 0u8..3, day.clone()), 0..12);
    (0..ZONES.len(), prop::collection::vec(day, 7), dates)
        .prop_filter("opens at all", |(_, week, _)| week.iter().any(|day| !day.is_empty()))
        .prop_map(|(zone, week, dates)| {
            let week: [Vec<Hours>; 7] = std::array::from_fn(|i| week[i].clone());
            let hours = BusinessHours::new(TimeZone::get(ZONES[zone]).unwrap(), week);
            let with_dates = dates.into_iter().fold(hours, |hours, (day, what, periods)| {
                let date = date(2026, 1, 1).saturating_add(i64::from(day).days());
                match what {
                    0 => hours.holiday(date),
                    1 => hours.on_date(date, periods),
                    _ => hours.break_on(date, periods),
                }
            });
            Calendar::from_hours(with_dates).unwrap()
        })
}

/// Instants of 2026, a year with clock changes in four of the zones.
fn instants() -> impl Strategy<Value = Instant> {
    (1_767_225_600_000i64..1_798_761_600_000).prop_map(Instant)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn adding_then_measuring_gives_it_back(calendar in calendars(), start in instants(), ms in 1i64..3_000_000_000) {
        for rule in [ExactClose::Stay, ExactClose::NextOpening] {
            let due = calendar.add(start, Span(ms), rule);
            prop_assert_eq!(calendar.business_between(start, due), Span(ms));
            let back = calendar.subtract(due, Span(ms), rule);
            prop_assert_eq!(calendar.business_between(back, start), Span::ZERO);
            prop_assert_eq!(calendar.business_between(back, due), Span(ms));
        }
    }

    #[test]
    fn stay_is_the_earliest_instant(calendar in calendars(), start in instants(), ms in 1i64..3_000_000_000) {
        let due = calendar.add(start, Span(ms), ExactClose::Stay);
        prop_assert!(calendar.business_between(start, Instant(due.0 - 1)) < Span(ms));
        prop_assert!(calendar.is_open(Instant(due.0 - 1)));
    }

    #[test]
    fn splitting_an_interval_adds_up(calendar in calendars(), a in instants(), b in instants(), c in instants()) {
        let whole = calendar.business_between(a, c);
        prop_assert_eq!(calendar.business_between(a, b) + calendar.business_between(b, c), whole);
    }

    #[test]
    fn periods_agree_with_measuring(calendar in calendars(), start in instants(), hours in 1i64..600) {
        let end = start + Span::from_hours(hours);
        let sum: Span = calendar
            .open_periods(start)
            .take_while(|(open, _)| *open < end)
            .map(|(open, close)| close.min(end) - open)
            .sum();
        prop_assert_eq!(sum, calendar.business_between(start, end));
    }

    /// Against the plain definition: a minute is open if its civil time lies in the day's hours.
    #[test]
    fn is_open_agrees_with_civil_time(from in 0u16..1200, length in 1u16..200, zone in 0..ZONES.len(), at in instants()) {
        let zone = TimeZone::get(ZONES[zone]).unwrap();
        let week = std::array::from_fn(|_| vec![(from, from + length)]);
        let calendar = Calendar::new(zone.clone(), week, vec![]).unwrap();
        let timestamp = jiff::Timestamp::from_millisecond(at.0).unwrap();
        let civil = zone.to_datetime(timestamp);
        let minute = u16::try_from(i32::from(civil.hour()) * 60 + i32::from(civil.minute())).unwrap();
        let changes = [timestamp - 24.hours(), timestamp + 24.hours()].map(|t| zone.to_offset(t));
        // On the days of a change the first occurrence counts; the other tests say which.
        prop_assume!(changes[0] == changes[1]);
        prop_assert_eq!(calendar.is_open(at), (from..from + length).contains(&minute));
    }
}
