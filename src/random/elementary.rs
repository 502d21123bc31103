//! Logarithm and exponential for draws and models: the basic operations of IEEE 754 and small tables
//! alone, so the last bit is the same on every platform, and short enough to be inlined in the loop,
//! which the general functions of `libm` are not. Errors are some 1e-15; what they serve is rounded to
//! milliseconds or to seven digits.

use std::f64::consts::{LN_2, LOG2_E};

/// log2 of the number of entries in a table.
const LN_BITS: u32 = 7;
const EXP_BITS: u32 = 5;

/// (1/c, ln c) for c in the middle of each part of [1, 2).
static LN_TABLE: [(f64, f64); 1 << LN_BITS] = {
    let mut table = [(1.0, 0.0); 1 << LN_BITS];
    let mut i = 0;
    while i < table.len() {
        let inverse = 1.0 / (1.0 + (i as f64 + 0.5) / table.len() as f64);
        table[i] = (inverse, -ln_series(inverse));
        i += 1;
    }
    table
};

/// 2^(i/32).
static EXP_TABLE: [f64; 1 << EXP_BITS] = {
    let mut table = [1.0; 1 << EXP_BITS];
    let mut i = 0;
    while i < table.len() {
        table[i] = exp_series(i as f64 / table.len() as f64 * LN_2);
        i += 1;
    }
    table
};

/// ln x = 2 artanh((x - 1) / (x + 1)), for the table.
const fn ln_series(x: f64) -> f64 {
    let s = (x - 1.0) / (x + 1.0);
    let (mut sum, mut k) = (0.0, 41);
    while k > 0 {
        sum = sum * s * s + 1.0 / k as f64;
        k -= 2;
    }
    2.0 * s * sum
}

/// e^x, for the table.
const fn exp_series(x: f64) -> f64 {
    let (mut sum, mut k) = (1.0, 25);
    while k > 0 {
        sum = 1.0 + sum * x / k as f64;
        k -= 1;
    }
    sum
}

/// Natural logarithm of a positive, normal number; absolute error below 1e-15, relative to 1 or to
/// the result, whichever is larger.
#[inline]
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i64 - 1_023;
    let (inverse, ln_c) = LN_TABLE[(bits >> (52 - LN_BITS)) as usize & ((1 << LN_BITS) - 1)];
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1_023 << 52);
    // |r| < 1/256: seven terms of ln(1 + r) leave less than 1e-18.
    let r = mantissa * inverse - 1.0;
    let r2 = r * r;
    let low = 1.0 / 3.0 - r * 0.25;
    let high = 0.2 - r * (1.0 / 6.0) + r2 * (1.0 / 7.0);
    let series = r - r2 * (0.5 - r * (low + r2 * high));
    exponent as f64 * LN_2 + (ln_c + series)
}

/// e^x; relative error below 1e-14 over the whole range, 0 or infinity beyond it.
#[inline]
pub fn exp(x: f64) -> f64 {
    // A power of two too small or too large for one factor.
    if !(-700.0..=700.0).contains(&x) {
        return libm::exp(x);
    }
    const STEPS: f64 = (1 << EXP_BITS) as f64;
    // Adding 1.5 * 2^52 leaves the nearest whole number in the lowest bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let shifted = x * (LOG2_E * STEPS) + SHIFT;
    let n = shifted.to_bits() as i32;
    // |r| < ln 2 / 64: six terms leave less than 1e-16.
    let r = (x - (shifted - SHIFT) * LN_2_HIGH) - (shifted - SHIFT) * LN_2_LOW;
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r / 720.0))));
    let scale = f64::from_bits(((1_023 + i64::from(n >> EXP_BITS)) as u64) << 52);
    let power = EXP_TABLE[n as usize & ((1 << EXP_BITS) - 1)];
    (power + power * series) * scale
}

/// ln 2 / 32 in two parts, the first with so few digits that its multiples are exact.
const LN_2_HIGH: f64 = f64::from_bits((LN_2 / 32.0).to_bits() & !0xffff_ffff);
const LN_2_LOW: f64 = LN_2_REST + (LN_2 / 32.0 - LN_2_HIGH);
/// What ln 2 has beyond the digits of a double, over 32.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17 / 32.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    #[test]
    fn logarithms_agree() {
        let mut stream = Streams::new(1, 0).stream(Purpose::Work, 1);
        for _ in 0..200_000 {
            let u = stream.uniform();
            for x in [u, 1.0 + u, u * 1e-12, u * 1e9] {
                let (got, want) = (ln(x), libm::log(x));
                assert!((got - want).abs() <= 1e-15 * want.abs().max(1.0), "{x}: {got} {want}");
            }
        }
        assert!(ln(1.0).abs() < 1e-15);
    }

    #[test]
    fn exponentials_agree() {
        let mut stream = Streams::new(1, 0).stream(Purpose::Work, 1);
        for _ in 0..200_000 {
            let u = stream.uniform() - 0.5;
            for x in [u, u * 20.0, u * 1_399.0] {
                let (got, want) = (exp(x), libm::exp(x));
                assert!((got / want - 1.0).abs() <= 1e-14, "{x}: {got} {want}");
            }
        }
        for (x, want) in [(0.0, 1.0), (-1e9, 0.0), (f64::NEG_INFINITY, 0.0), (1e9, f64::INFINITY)] {
            assert_eq!(exp(x), want);
        }
        assert!(exp(f64::NAN).is_nan());
    }
}
