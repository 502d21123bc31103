//! Comparing two systems on common random numbers.

use super::{Interval, Moments, mean_interval, t_quantile};

/// What a paired comparison gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Interval of the mean difference (variant less baseline).
    pub interval: Interval,
    /// Correlation of the pairs: what common random numbers achieved; `None` if one side is constant.
    pub correlation: Option<f64>,
    /// Pairs.
    pub n: usize,
}

/// The difference variant less baseline, pair by pair, with a Student t interval of the differences.
/// `None` without pairs.
pub fn paired_difference(baseline: &[f64], variant: &[f64], level: f64) -> Option<PairedDifference> {
    let differences: Vec<f64> = variant.iter().zip(baseline).map(|(v, b)| v - b).collect();
    let n = differences.len();
    Some(PairedDifference {
        interval: mean_interval(&differences, level)?,
        correlation: correlation(&baseline[..n], &variant[..n]),
        n,
    })
}

/// The difference of two means, variant less baseline, from samples that have nothing to do with each
/// other and need not be equally spread (Welch 1947). `None` if one is empty.
pub fn difference_of_means(baseline: &[f64], variant: &[f64], level: f64) -> Option<Interval> {
    let (a, b) = (Moments::of(baseline), Moments::of(variant));
    let mean = b.mean()? - a.mean()?;
    let Some((va, vb)) = a.variance().zip(b.variance()) else {
        return Some(Interval { mean, half_width: None });
    };
    let (na, nb) = (a.n() as f64, b.n() as f64);
    let (ea, eb) = (va / na, vb / nb);
    if ea + eb == 0.0 {
        return Some(Interval { mean, half_width: Some(0.0) });
    }
    let freedom = (ea + eb) * (ea + eb) / (ea * ea / (na - 1.0) + eb * eb / (nb - 1.0));
    Some(Interval { mean, half_width: Some(t_quantile(0.5 + level / 2.0, freedom) * libm::sqrt(ea + eb)) })
}

/// The level each of `m` intervals needs so that all hold together with at least `level`
/// (Bonferroni): 1 - (1 - level) / m.
pub fn bonferroni_level(level: f64, m: usize) -> f64 {
    1.0 - (1.0 - level) / m.max(1) as f64
}

/// Pearson's correlation; `None` of fewer than two pairs or if one side is constant.
pub fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    let (mx, my) = (Moments::of(&x[..n]).mean()?, Moments::of(&y[..n]).mean()?);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
        xy += (x - mx) * (y - my);
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / libm::sqrt(xx * yy)).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Differences 1, 1, 4: mean 2, variance 3, t(0.975, 2) = 4.302653.
        let d = paired_difference(&[1.0, 2.0, 3.0], &[2.0, 3.0, 7.0], 0.95).unwrap();
        assert_eq!(d.interval.mean, 2.0);
        assert!((d.interval.half_width.unwrap() - 4.302_652_73).abs() < 1e-7);
        // Around (2, 4): x -1 0 1, y -2 -1 3: 5 / sqrt(2 * 14).
        assert!((d.correlation.unwrap() - 5.0 / 28f64.sqrt()).abs() < 1e-14);
        assert_eq!(d.n, 3);
        assert_eq!(paired_difference(&[], &[], 0.95), None);
    }

    #[test]
    fn unpaired_by_hand() {
        // Variances 1 and 4 of three each: standard error sqrt(5 / 3), freedom (5/3)^2 / (1/18 + 16/18).
        let d = difference_of_means(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0], 0.95).unwrap();
        assert_eq!(d.mean, 2.0);
        let freedom = (5.0_f64 / 3.0).powi(2) / (17.0 / 18.0);
        let wanted = t_quantile(0.975, freedom) * (5.0_f64 / 3.0).sqrt();
        assert!((d.half_width.unwrap() - wanted).abs() < 1e-12);
        assert_eq!(difference_of_means(&[1.0], &[2.0, 4.0], 0.95).unwrap().half_width, None);
        assert_eq!(difference_of_means(&[1.0, 1.0], &[2.0, 2.0], 0.95).unwrap().half_width, Some(0.0));
    }

    #[test]
    fn constant_sides_have_no_correlation() {
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(correlation(&[1.0, 2.0], &[5.0, 3.0]), Some(-1.0));
    }

    #[test]
    fn levels_share_the_risk() {
        assert!((bonferroni_level(0.95, 5) - 0.99).abs() < 1e-15);
        assert_eq!(bonferroni_level(0.95, 1), 0.95);
        assert_eq!(bonferroni_level(0.95, 0), 0.95);
    }
}
