//! Control variates: what is known to have been luck is taken out of an estimate by regression.

use super::{Interval, Moments, mean_interval, t_quantile};

/// A mean with the luck of its controls taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlledMean {
    /// Interval of the controlled mean.
    pub interval: Interval,
    /// Variance of the plain mean / variance of the controlled one; above 1 it was worth it.
    pub gain: f64,
}

/// The regression estimator of Lavenberg & Welch (1981): y - sum b_j (c_j - mu_j), with the interval
/// of the regression's intercept at the known means (n - q - 1 degrees of freedom).
///
/// `controls[j]` are the observations of control `j`, `means[j]` its known mean. `None` with too few
/// observations, or controls that do not vary or depend on each other.
pub fn controlled_mean(y: &[f64], controls: &[&[f64]], means: &[f64], level: f64) -> Option<ControlledMean> {
    let (n, q) = (y.len(), controls.len());
    if q == 0 || n < q + 3 || means.len() != q || controls.iter().any(|c| c.len() != n) {
        return None;
    }
    let y_mean = Moments::of(y).mean()?;
    let c_means: Vec<f64> = controls.iter().filter_map(|c| Moments::of(c).mean()).collect();
    let cross = |a: &[f64], a_mean: f64, b: &[f64], b_mean: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - a_mean) * (b - b_mean)).sum()
    };
    let squares: Vec<Vec<f64>> = (0..q)
        .map(|i| (0..q).map(|j| cross(controls[i], c_means[i], controls[j], c_means[j])).collect())
        .collect();
    let with_y: Vec<f64> = (0..q).map(|i| cross(controls[i], c_means[i], y, y_mean)).collect();
    let luck: Vec<f64> = c_means.iter().zip(means).map(|(c, mu)| c - mu).collect();
    let slopes = solve(&squares, &with_y)?;
    // (C'C)^-1 luck, for the price of not knowing the slopes.
    let leverage: f64 = solve(&squares, &luck)?.iter().zip(&luck).map(|(a, b)| a * b).sum();
    let mean = y_mean - slopes.iter().zip(&luck).map(|(b, l)| b * l).sum::<f64>();
    let residual: f64 = (0..n)
        .map(|r| {
            let fitted: f64 = (0..q).map(|j| slopes[j] * (controls[j][r] - c_means[j])).sum();
            let e = y[r] - y_mean - fitted;
            e * e
        })
        .sum();
    let freedom = (n - q - 1) as f64;
    let variance = residual / freedom * (1.0 / n as f64 + leverage.max(0.0));
    let half_width = t_quantile(0.5 + level / 2.0, freedom) * libm::sqrt(variance);
    let plain = mean_interval(y, level)?.half_width?;
    let gain = if half_width > 0.0 { (plain / half_width) * (plain / half_width) } else { 1.0 };
    Some(ControlledMean { interval: Interval { mean, half_width: Some(half_width) }, gain })
}

/// Solves a small symmetric positive definite system by Cholesky's decomposition; `None` if it is not
/// definite (a control that does not vary, or two that move together).
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let inner: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - inner;
            if i == j {
                if rest.is_nan() || rest <= 1e-12 * matrix[i][i].abs() {
                    return None;
                }
                lower[i][i] = libm::sqrt(rest);
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    let mut x = right.to_vec();
    for i in 0..n {
        let inner: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (x[i] - inner) / lower[i][i];
    }
    for i in (0..n).rev() {
        let inner: f64 = (i + 1..n).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - inner) / lower[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    #[test]
    fn solves_by_hand() {
        let x = solve(&[vec![4.0, 2.0], vec![2.0, 3.0]], &[10.0, 9.0]).unwrap();
        assert!((x[0] - 1.5).abs() < 1e-14 && (x[1] - 2.0).abs() < 1e-14);
        assert_eq!(solve(&[vec![1.0, 1.0], vec![1.0, 1.0]], &[1.0, 1.0]), None);
        assert_eq!(solve(&[vec![0.0]], &[1.0]), None);
    }

    #[test]
    fn pure_luck_is_taken_out_wholly() {
        // y = 5 + 2 (c - 10): with c known to be 10 on average, the answer is 5 for sure.
        let c = [8.0, 9.0, 12.0, 13.0, 11.0];
        let y = c.map(|c| 5.0 + 2.0 * (c - 10.0));
        let m = controlled_mean(&y, &[&c], &[10.0], 0.95).unwrap();
        assert!((m.interval.mean - 5.0).abs() < 1e-12);
        assert!(m.interval.half_width.unwrap() < 1e-6);
        assert_eq!(controlled_mean(&y, &[&[1.0; 5]], &[1.0], 0.95), None);
        assert_eq!(controlled_mean(&y[..3], &[&c[..3]], &[10.0], 0.95), None);
    }

    /// y = 3 c + noise of the same size: the interval covers 1.5 about 95 % of the time and the
    /// variance falls about tenfold.
    #[test]
    fn covers_and_gains() {
        let (mut hits, mut gain) = (0, 0.0);
        let experiments = 1_000;
        for e in 0..experiments {
            let mut s = Streams::new(8, 0).stream(Purpose::Work, e);
            let c: Vec<f64> = (0..20).map(|_| s.uniform()).collect();
            let y: Vec<f64> = c.iter().map(|c| 3.0 * c + s.uniform() - 0.5).collect();
            let m = controlled_mean(&y, &[&c], &[0.5], 0.95).unwrap();
            let [low, high] = m.interval.ends().unwrap();
            hits += u32::from(low <= 1.5 && 1.5 <= high);
            gain += m.gain / experiments as f64;
        }
        assert!((930..=970).contains(&hits), "{hits}");
        assert!((6.0..16.0).contains(&gain), "{gain}");
    }
}
