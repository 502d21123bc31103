//! Numbers as people read them: two or three significant digits, always with their unit.

use crate::measure::Unit;
use crate::time::Span;

/// What stands where there is no number.
pub(super) const NO_DATA: &str = "no data";

/// A value with its unit: `3m 41s`, `88.7 %`, `9,812`, `4.46 USD`.
pub(super) fn value(x: f64, unit: Unit, currency: &str) -> String {
    if !x.is_finite() {
        return NO_DATA.to_owned();
    }
    match unit {
        Unit::S => duration(x),
        Unit::Share => format!("{} %", share_digits(x)),
        Unit::Count => grouped(x, if x.abs() < 100.0 { decimals_for(x, 3) } else { 0 }),
        Unit::Number => grouped(x, decimals_for(x, 3)),
        Unit::Money => format!("{} {currency}", money(x)).trim_end().to_owned(),
    }
}

/// A value, or [`NO_DATA`].
pub(super) fn optional(x: Option<f64>, unit: Unit, currency: &str) -> String {
    x.map_or_else(|| NO_DATA.to_owned(), |x| value(x, unit, currency))
}

/// A value with half the width of its interval: `93.4 % ± 3.2 pp`.
pub fn estimate(mean: Option<f64>, half_width: Option<f64>, unit: Unit, currency: &str) -> String {
    format!("{} {}", optional(mean, unit, currency), plus_minus(half_width, unit)).trim_end().to_owned()
}

/// Half a width of an interval: `± 12s`, `± 0.6 pp` (percentage points), `± 0.09`. Empty without an
/// interval.
pub(super) fn plus_minus(half_width: Option<f64>, unit: Unit) -> String {
    let Some(h) = half_width.filter(|h| h.is_finite()) else { return String::new() };
    match unit {
        // Beside seconds, milliseconds are hard to compare.
        Unit::S if (0.05..0.9995).contains(&h) => format!("± {}s", trimmed(grouped(h, 2))),
        Unit::S => format!("± {}", duration(h)),
        Unit::Share => format!("± {} pp", trimmed(grouped(h * 100.0, decimals_for(h * 100.0, 2).min(2)))),
        Unit::Money | Unit::Count | Unit::Number => {
            format!("± {}", trimmed(grouped(h, decimals_for(h, 2).min(3))))
        }
    }
}

/// A difference with its sign; shares in percentage points: `−5.1 pp`, `+30s`.
pub(super) fn signed(difference: f64, unit: Unit, currency: &str) -> String {
    let sign = if difference < 0.0 { '−' } else { '+' };
    match unit {
        Unit::Share => format!("{sign}{} pp", number(difference.abs() * 100.0)),
        unit => format!("{sign}{}", value(difference.abs(), unit, currency)),
    }
}

/// A difference with its interval: `−5.1 pp (−6.3 pp to −3.9 pp)`.
pub(super) fn signed_interval(difference: f64, ci: Option<[f64; 2]>, unit: Unit, currency: &str) -> String {
    let between = ci.map_or_else(String::new, |[low, high]| {
        format!(" ({} to {})", signed(low, unit, currency), signed(high, unit, currency))
    });
    signed(difference, unit, currency) + &between
}

/// An interval with its unit named once where that reads well: `87.9 – 89.4 %`.
pub(super) fn interval(ci: Option<[f64; 2]>, unit: Unit, currency: &str) -> String {
    let Some([low, high]) = ci else { return String::new() };
    if !low.is_finite() || !high.is_finite() {
        return String::new();
    }
    match unit {
        Unit::S => format!("{} – {}", duration(low), duration(high)),
        Unit::Share => format!("{} – {} %", share_digits(low), share_digits(high)),
        Unit::Money => format!("{} – {}", money(low), value(high, unit, currency)),
        Unit::Count | Unit::Number => {
            format!("{} – {}", value(low, unit, currency), value(high, unit, currency))
        }
    }
}

/// Seconds as people say them: `850ms`, `8.4s`, `3m 41s`, `2h 5m`.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NO_DATA.to_owned();
    }
    let a = seconds.abs();
    let sign = if seconds < 0.0 { "-" } else { "" };
    if a == 0.0 {
        "0s".to_owned()
    } else if a < 0.9995 {
        format!("{sign}{}ms", trimmed(grouped(a * 1_000.0, decimals_for(a * 1_000.0, 2).min(2))))
    } else if a < 9.95 {
        format!("{sign}{}s", trimmed(format!("{a:.1}")))
    } else {
        // From an hour on, seconds no longer matter; Span shows the two largest units.
        Span::from_s(seconds.round() as i64).to_string()
    }
}

/// A share with its unit: `88.7 %`.
pub(super) fn percent(x: f64) -> String {
    value(x, Unit::Share, "")
}

/// A confidence level: `95 %`.
pub(super) fn level(x: f64) -> String {
    format!("{} %", trimmed(grouped(x * 100.0, 1)))
}

/// A plain number with up to three significant digits.
pub(super) fn number(x: f64) -> String {
    if x.is_finite() { trimmed(grouped(x, decimals_for(x, 3))) } else { NO_DATA.to_owned() }
}

/// A mean count, such as conversations in a mean replication.
pub(super) fn count(x: f64) -> String {
    if x.is_finite() { trimmed(grouped(x, if x.abs() < 10.0 { 1 } else { 0 })) } else { NO_DATA.to_owned() }
}

/// Money without its currency; cents while they matter.
pub(super) fn money(x: f64) -> String {
    let decimals = if x.abs() >= 1_000.0 { 0 } else { decimals_for(x, 3).max(2) };
    trimmed_to(grouped(x, decimals), 2)
}

/// Percent with enough digits to tell 99.95 from 100.
fn share_digits(x: f64) -> String {
    let p = x * 100.0;
    // Three digits, but never fewer decimals than the distance to the nearer end asks for.
    let distance = p.abs().min((100.0 - p).abs());
    let decimals = if p == 0.0 || p == 100.0 {
        0
    } else if distance < 0.1 {
        2
    } else {
        1
    };
    grouped(p, decimals)
}

/// Decimals that show `x` with `digits` significant digits.
fn decimals_for(x: f64, digits: i32) -> usize {
    if x == 0.0 || !x.is_finite() {
        return 0;
    }
    let magnitude = x.abs().log10().floor() as i32;
    (digits - 1 - magnitude).clamp(0, 6) as usize
}

/// With a comma between thousands.
fn grouped(x: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", x.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(w, f)| (w, f));
    let mut out = String::with_capacity(text.len() + 4);
    // A rounded zero has no sign.
    if x < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Without trailing zeros after the point, but with at least `decimals` decimals if it has any.
fn trimmed_to(text: String, decimals: usize) -> String {
    let Some(point) = text.find('.') else { return text };
    let keep = text.trim_end_matches('0').len().max(point + 1 + decimals);
    text[..keep.min(text.len())].to_owned()
}

/// Without trailing zeros after the point.
fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_carry_their_unit_and_three_digits() {
        let cases = [
            (221.4, Unit::S, "3m 41s"),
            (8.44, Unit::S, "8.4s"),
            (0.0123, Unit::S, "12ms"),
            (0.0, Unit::S, "0s"),
            (7_500.0, Unit::S, "2h 5m"),
            (0.8874, Unit::Share, "88.7 %"),
            (0.99972, Unit::Share, "99.97 %"),
            (1.0, Unit::Share, "100 %"),
            (0.0, Unit::Share, "0 %"),
            (9_812.4, Unit::Count, "9,812"),
            (1_000_000.0, Unit::Count, "1,000,000"),
            (12.345, Unit::Number, "12.3"),
            (4.456, Unit::Money, "4.46 USD"),
            (0.0123, Unit::Money, "0.0123 USD"),
            (0.446, Unit::Money, "0.446 USD"),
            (0.5, Unit::Money, "0.50 USD"),
            (15_432.1, Unit::Money, "15,432 USD"),
            (f64::NAN, Unit::Share, "no data"),
        ];
        for (x, unit, want) in cases {
            assert_eq!(value(x, unit, "USD"), want);
        }
    }

    #[test]
    fn half_widths() {
        assert_eq!(plus_minus(Some(12.0), Unit::S), "± 12s");
        assert_eq!(plus_minus(Some(0.0061), Unit::Share), "± 0.61 pp");
        assert_eq!(plus_minus(Some(0.09), Unit::Money), "± 0.09");
        assert_eq!(plus_minus(None, Unit::Money), "");
    }

    #[test]
    fn a_negative_number_that_rounds_to_zero_has_no_sign() {
        assert_eq!(count(-0.01), "0");
        assert_eq!(grouped(-1_234.5, 0), "-1,234");
    }
}
