//! Student's t: its distribution function by the incomplete beta function, its quantile by bracketing
//! and Newton steps. `libm` throughout, so every platform gives the same last bit.

/// P(Z <= z) for a standard normal Z.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// P(T <= t) for Student's t with `df` > 0 degrees of freedom.
pub fn t_cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(df / (df + t * t), df / 2.0, 0.5);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The `p` quantile of Student's t with `df` > 0 degrees of freedom, 0 < p < 1.
///
/// A 95 % two-sided interval takes `t_quantile(0.975, n - 1)`.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    // `!(...)` so that a NaN lands here, too.
    if !(p > 0.0 && p < 1.0 && df > 0.0) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    // By symmetry look for the positive t whose upper tail is `tail`: no cancellation near 1.
    let tail = p.min(1.0 - p);
    let upper = |t: f64| 0.5 * incomplete_beta(df / (df + t * t), df / 2.0, 0.5);
    let (mut low, mut high) = (0.0, 1.0);
    while upper(high) > tail && high < 1e300 {
        low = high;
        high *= 2.0;
    }
    let log_scale =
        libm::lgamma((df + 1.0) / 2.0) - libm::lgamma(df / 2.0) - 0.5 * libm::log(df * std::f64::consts::PI);
    let density = |t: f64| libm::exp(log_scale - (df + 1.0) / 2.0 * libm::log1p(t * t / df));
    let mut t = 0.5 * (low + high);
    // Newton, kept inside a bracket that shrinks with every step; 200 halvings always suffice.
    for _ in 0..200 {
        let error = upper(t) - tail;
        if error > 0.0 {
            low = t;
        } else {
            high = t;
        }
        let step = t + error / density(t);
        let next = if step > low && step < high { step } else { 0.5 * (low + high) };
        if (next - t).abs() <= 1e-15 * t.abs() {
            t = next;
            break;
        }
        t = next;
    }
    if p < 0.5 { -t } else { t }
}

/// The regularised incomplete beta function I_x(a, b): Lentz's continued fraction (Press et al.,
/// Numerical Recipes, 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x),
    );
    // The fraction converges fast on this side of the mean only.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values with a closed form (df 1 and 2), and the printed tables (NIST/SEMATECH, 1.3.6.7.2).
    #[test]
    fn known_quantiles() {
        let closed = [
            (0.975, 1.0, (std::f64::consts::PI * 0.475).tan()),
            (0.9, 1.0, (std::f64::consts::PI * 0.4).tan()),
            (0.975, 2.0, 0.95 / (2.0_f64 * 0.975 * 0.025).sqrt()),
            (0.6, 2.0, 0.2 / (2.0_f64 * 0.6 * 0.4).sqrt()),
        ];
        for (p, df, exact) in closed {
            assert!((t_quantile(p, df) / exact - 1.0).abs() < 1e-12, "{p} {df}: {}", t_quantile(p, df));
            assert!((t_quantile(1.0 - p, df) / -exact - 1.0).abs() < 1e-12);
        }
        for (p, df, printed) in [
            (0.975, 4.0, 2.776),
            (0.975, 9.0, 2.262),
            (0.975, 19.0, 2.093),
            (0.95, 10.0, 1.812),
            (0.995, 29.0, 2.756),
            (0.975, 100.0, 1.984),
            (0.999, 5.0, 5.893),
        ] {
            assert!((t_quantile(p, df) - printed).abs() < 6e-4, "{p} {df}: {}", t_quantile(p, df));
        }
    }

    #[test]
    fn approaches_the_normal() {
        assert!((t_quantile(0.975, 1e7) - 1.959_963_984_540_054).abs() < 1e-6);
        assert!((normal_cdf(1.959_963_984_540_054) - 0.975).abs() < 1e-15);
    }

    #[test]
    fn quantile_inverts_the_distribution() {
        for df in [1.0, 1.5, 3.0, 10.0, 200.0] {
            for p in [1e-9, 0.001, 0.3, 0.4999, 0.5, 0.8, 0.9999] {
                let back = t_cdf(t_quantile(p, df), df);
                assert!((back / p - 1.0).abs() < 1e-9, "df {df}, p {p}: {back}");
            }
        }
    }

    #[test]
    fn nonsense_is_not_a_number() {
        for (p, df) in [(0.0, 3.0), (1.0, 3.0), (0.5, 0.0), (f64::NAN, 3.0), (0.3, f64::NAN)] {
            assert!(t_quantile(p, df).is_nan());
        }
    }
}
