//! Which of three numbers is the day? No export says it; the whole file is asked.

use jiff::civil::Date;

use super::super::clock::{civil, civil_date, days};
use super::header::Shape;

/// Order of the parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
    YearDayMonth,
    MonthYearDay,
    DayYearMonth,
}

use DateOrder::*;

impl DateOrder {
    /// All of them.
    pub const ALL: [DateOrder; 6] =
        [DayMonthYear, MonthDayYear, YearMonthDay, YearDayMonth, MonthYearDay, DayYearMonth];

    /// As written on the command line: `dmy`, `mdy` …
    pub fn name(self) -> &'static str {
        match self {
            DayMonthYear => "dmy",
            MonthDayYear => "mdy",
            YearMonthDay => "ymd",
            YearDayMonth => "ydm",
            MonthYearDay => "myd",
            DayYearMonth => "dym",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<DateOrder> {
        DateOrder::ALL.into_iter().find(|o| o.name() == name)
    }

    /// The date that three parts mean in this order.
    pub fn date(self, [a, b, c]: [u16; 3]) -> Option<Date> {
        let (year, month, day) = match self {
            DayMonthYear => (c, b, a),
            MonthDayYear => (c, a, b),
            YearMonthDay => (a, b, c),
            YearDayMonth => (a, c, b),
            MonthYearDay => (b, a, c),
            DayYearMonth => (b, c, a),
        };
        let year = match year {
            0..100 => 2_000 + year,
            1_388..1_500 => return persian(year, month, day),
            // The Buddhist calendar is 543 years ahead.
            2_500..2_700 => year - 543,
            _ => year,
        };
        // WhatsApp began in 2009.
        (year >= 2009).then(|| civil_date(year.into(), month.into(), day.into()))?
    }
}

/// A date of the Persian calendar, whose years of the thirteen hundreds lie 621 behind. Leap years come in
/// cycles of 33 years, which holds for as long as there are telephones.
fn persian(year: u16, month: u16, day: u16) -> Option<Date> {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let leap = matches!(year % 33, 1 | 5 | 9 | 13 | 17 | 22 | 26 | 30);
    let longest = match month {
        1..=6 => 31,
        7..=11 => 30,
        12 => 29 + i64::from(leap),
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let before = if month < 7 { (month - 1) * 31 } else { (month - 7) * 30 + 186 };
    let years = year + 1_595;
    let since_year_zero = 365 * years + years / 33 * 8 + (years % 33 + 3) / 4 + before + day - 355_668;
    let (year, month, day) = civil(since_year_zero - 719_528);
    civil_date(year, month, day)
}

/// How sure the order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Told by the user.
    Told,
    /// Every other order is impossible, or makes no difference.
    Certain,
    /// Every other order makes time jump back by days.
    VeryLikely,
    /// Convention or habit speaks for it.
    Likely,
}

/// The order, how sure it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Order.
    pub order: DateOrder,
    /// How sure.
    pub certainty: Certainty,
    /// Why, in words.
    pub evidence: String,
}

/// What a file shows about its dates.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The dates in the order of the file, without immediate repetitions.
    pub dates: Vec<[u16; 3]>,
    /// Dates beside those that the names of attached files state.
    pub named: Vec<([u16; 3], Date)>,
}

struct Candidate {
    order: DateOrder,
    impossible: usize,
    jumps: usize,
    agrees: usize,
}

/// The order of a file's dates, or the orders between which nothing in the file decides.
pub fn decide(shape: &Shape, evidence: &Evidence) -> Result<Verdict, Vec<DateOrder>> {
    let possible: &[DateOrder] = match shape.year_at {
        Some(0) => &[YearMonthDay, YearDayMonth],
        Some(1) => &[MonthYearDay, DayYearMonth],
        Some(_) => &[DayMonthYear, MonthDayYear],
        None => &[DayMonthYear, MonthDayYear, YearMonthDay],
    };
    let mut candidates: Vec<Candidate> = possible.iter().map(|order| weigh(*order, evidence)).collect();
    let verdict = |order, certainty, evidence: String| Ok(Verdict { order, certainty, evidence });

    let least = candidates.iter().map(|c| c.impossible).min().unwrap_or(0);
    // Now and then a line looks like a header and is none: a few impossible dates in a hundred are borne.
    let tolerated = least + evidence.dates.len() / 200;
    candidates.retain(|c| c.impossible <= tolerated);
    if shape.year_at.is_none() {
        // A year of two digits stands last, unless only standing first makes time run forward.
        let last = candidates.iter().filter(|c| c.order != YearMonthDay).map(|c| c.jumps).min();
        candidates.retain(|c| c.order != YearMonthDay || last.is_none_or(|jumps| c.jumps < jumps));
    }
    if let [only] = candidates.as_slice() {
        return verdict(only.order, Certainty::Certain, "every other order gives impossible dates".into());
    }
    let same = |a: DateOrder, b: DateOrder| evidence.dates.iter().all(|d| a.date(*d) == b.date(*d));
    let first = candidates[0].order;
    if candidates.iter().all(|c| same(first, c.order)) {
        return verdict(first, Certainty::Certain, "all orders give the same dates".into());
    }
    let most = candidates.iter().map(|c| c.agrees).max().unwrap_or(0);
    if most > 0 && candidates.iter().filter(|c| c.agrees * 2 > most).count() == 1 {
        candidates.retain(|c| c.agrees == most);
        let why = format!("the names of {most} attached files state the same dates");
        return verdict(candidates[0].order, Certainty::Certain, why);
    }
    candidates.sort_by_key(|c| c.jumps);
    let (best, second) = (&candidates[0], &candidates[1]);
    if second.jumps > best.jumps * 3 {
        let why = format!(
            "time jumps back by days {} times, read as {} {} times",
            best.jumps,
            second.order.name(),
            second.jumps
        );
        return verdict(best.order, Certainty::VeryLikely, why);
    }
    let fewest = best.jumps;
    candidates.retain(|c| c.jumps == fewest);
    if shape.year_at == Some(0) {
        return verdict(YearMonthDay, Certainty::VeryLikely, "nobody writes year, day, month".into());
    }
    if matches!(shape.separator, '.' | '年' | '년') {
        return verdict(
            first,
            Certainty::Likely,
            "where dates have dots, the day stands before the month".into(),
        );
    }
    if let Some((order, why)) = by_variety(evidence, &candidates) {
        return verdict(order, Certainty::Likely, why);
    }
    Err(candidates.iter().map(|c| c.order).collect())
}

fn weigh(order: DateOrder, evidence: &Evidence) -> Candidate {
    let (mut impossible, mut jumps) = (0, 0);
    let mut last: Option<i64> = None;
    for parts in &evidence.dates {
        match order.date(*parts) {
            None => impossible += 1,
            Some(date) => {
                let day = days(date);
                // Messages sent off line are late by hours, hardly ever by days.
                if last.is_some_and(|last| day < last - 3) {
                    jumps += 1;
                }
                last = Some(day);
            }
        }
    }
    let agrees = evidence.named.iter().filter(|(parts, date)| order.date(*parts) == Some(*date)).count();
    Candidate { order, impossible, jumps, agrees }
}

/// Within a few weeks the day takes many values and the month one.
fn by_variety(evidence: &Evidence, candidates: &[Candidate]) -> Option<(DateOrder, String)> {
    let only: Vec<DateOrder> = candidates.iter().map(|c| c.order).collect();
    if !(only.contains(&DayMonthYear) && only.contains(&MonthDayYear)) || only.len() != 2 {
        return None;
    }
    let distinct = |i: usize| {
        let mut values: Vec<u16> = evidence.dates.iter().map(|d| d[i]).collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    let (first, second) = (distinct(0), distinct(1));
    let why = |many: usize, one: usize| format!("one part takes {many} values while the other takes {one}");
    if first >= 5 && second * 4 <= first {
        Some((DayMonthYear, why(first, second)))
    } else if second >= 5 && first * 4 <= second {
        Some((MonthDayYear, why(second, first)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::*;

    fn shape(line: &str) -> Shape {
        header::parse(line).unwrap().shape
    }

    fn slash() -> Shape {
        shape("03/06/18, 13:55 - a: m")
    }

    fn of(dates: &[[u16; 3]]) -> Evidence {
        Evidence { dates: dates.to_vec(), named: Vec::new() }
    }

    #[test]
    fn an_impossible_date_decides() {
        let v = decide(&slash(), &of(&[[3, 6, 18], [13, 6, 18], [14, 6, 18]])).unwrap();
        assert_eq!((v.order, v.certainty), (DayMonthYear, Certainty::Certain));
        let v = decide(&shape("03/06/2018, 13:55 - a: m"), &of(&[[3, 6, 2018], [3, 13, 2018]])).unwrap();
        assert_eq!((v.order, v.certainty), (MonthDayYear, Certainty::Certain));
    }

    #[test]
    fn time_running_forward_decides() {
        // 9, 10 and 11 June, then 1 July: as months first, time would jump from November to January.
        let dates = [[9, 6, 2018], [10, 6, 2018], [11, 6, 2018], [1, 7, 2018], [2, 7, 2018]];
        let v = decide(&shape("03/06/2018, 13:55 - a: m"), &of(&dates)).unwrap();
        assert_eq!((v.order, v.certainty), (DayMonthYear, Certainty::VeryLikely));
    }

    #[test]
    fn names_of_files_decide() {
        let mut evidence = of(&[[2, 11, 20]]);
        evidence.named.push(([2, 11, 20], civil_date(2020, 11, 2).unwrap()));
        let v = decide(&slash(), &evidence).unwrap();
        assert_eq!((v.order, v.certainty), (DayMonthYear, Certainty::Certain));
    }

    #[test]
    fn one_evening_decides_nothing() {
        let undecided = decide(&shape("02/11/2020, 13:55 - a: m"), &of(&[[2, 11, 2020]])).unwrap_err();
        assert_eq!(undecided, [DayMonthYear, MonthDayYear]);
        let v = decide(&shape("02/11/2020, 13:55 - a: m"), &of(&[[11, 11, 2020]])).unwrap();
        assert_eq!(v.certainty, Certainty::Certain, "it makes no difference");
        let v = decide(&shape("02.11.2020, 13:55 - a: m"), &of(&[[2, 11, 2020]])).unwrap();
        assert_eq!((v.order, v.certainty), (DayMonthYear, Certainty::Likely));
    }

    #[test]
    fn other_calendars_and_places_of_the_year() {
        assert_eq!(DayMonthYear.date([13, 6, 2561]), civil_date(2018, 6, 13));
        // New Year's days and leap days as published.
        for (persian, (year, month, day)) in [
            ([1397, 3, 23], (2018, 6, 13)),
            ([1399, 12, 30], (2021, 3, 20)),
            ([1400, 1, 1], (2021, 3, 21)),
            ([1403, 12, 30], (2025, 3, 20)),
            ([1404, 1, 1], (2025, 3, 21)),
        ] {
            assert_eq!(YearMonthDay.date(persian), civil_date(year, month, day), "{persian:?}");
        }
        assert_eq!(YearMonthDay.date([1400, 12, 30]), None);
        let v = decide(&shape("6/2018/13, 13:55 - a: m"), &of(&[[6, 2018, 13]])).unwrap();
        assert_eq!(v.order, MonthYearDay);
        let v = decide(&shape("2018-06-05, 13:55 - a: m"), &of(&[[2018, 6, 5]])).unwrap();
        assert_eq!(v.order, YearMonthDay);
    }
}
