//! Where a run begins to be steady, and one long run as its own sample.

use super::{Interval, mean_interval};

/// A suggested warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// Observations to cut off.
    pub cut: usize,
    /// The minimum lies at the edge of what may be cut (half the run): the run is too short to tell.
    pub too_short: bool,
}

/// MSER-5 (White 1997; Spratt 1998): means of 5 observations each, then the cut `d` that minimises
/// sum over i > d of (z_i - mean)^2 / (k - d)^2, with d at most k / 2.
pub fn mser_5(series: &[f64]) -> WarmUp {
    const BATCH: usize = 5;
    let means: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let k = means.len();
    if k < 4 {
        return WarmUp { cut: 0, too_short: true };
    }
    // Sums from the end, about the overall mean so that large offsets do not cancel.
    let centre = means.iter().sum::<f64>() / k as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let (mut best, mut best_at) = (f64::INFINITY, 0);
    for d in (0..k).rev() {
        let z = means[d] - centre;
        sum += z;
        squares += z * z;
        let left = (k - d) as f64;
        let mser = (squares - sum * sum / left).max(0.0) / (left * left);
        // `<=`: of equal ones the shorter cut.
        if d <= k / 2 && mser <= best {
            best = mser;
            best_at = d;
        }
    }
    WarmUp { cut: best_at * BATCH, too_short: best_at == k / 2 }
}

/// Welch's curve (1983): the mean over replications at each point, and its centred moving average
/// over `2 window + 1` points (fewer at the start, as Welch has it; the last `window` are left out).
pub fn welch(replications: &[&[f64]], window: usize) -> Vec<(f64, f64)> {
    let m = replications.iter().map(|r| r.len()).min().unwrap_or(0);
    let n = replications.len() as f64;
    let means: Vec<f64> = (0..m).map(|i| replications.iter().map(|r| r[i]).sum::<f64>() / n).collect();
    (0..m.saturating_sub(window))
        .map(|i| {
            let reach = window.min(i);
            let around = &means[i - reach..=i + reach];
            (means[i], around.iter().sum::<f64>() / around.len() as f64)
        })
        .collect()
}

/// Correlation of a series with itself one step later; `None` if it is shorter than 3 or constant.
pub fn lag_1_correlation(series: &[f64]) -> Option<f64> {
    let n = series.len();
    if n < 3 {
        return None;
    }
    let mean = series.iter().sum::<f64>() / n as f64;
    let around: f64 = series.iter().map(|x| (x - mean) * (x - mean)).sum();
    let lagged: f64 = series.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    (around > 0.0).then(|| lagged / around)
}

/// One long run cut into batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    /// Interval of the mean from the batches' means.
    pub interval: Interval,
    /// Correlation of neighbouring batch means; far from 0 means that the batches are too short.
    pub lag_1: Option<f64>,
}

/// Batch means: `batches` of equal length (10 to 30 are usual), a remainder at the start left out.
/// `None` if there are fewer observations than batches.
pub fn batch_means(series: &[f64], batches: usize, level: f64) -> Option<BatchMeans> {
    let length = series.len().checked_div(batches).filter(|&l| l > 0)?;
    let means: Vec<f64> = series[series.len() - length * batches..]
        .chunks_exact(length)
        .map(|batch| batch.iter().sum::<f64>() / length as f64)
        .collect();
    Some(BatchMeans { interval: mean_interval(&means, level)?, lag_1: lag_1_correlation(&means) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clear step: 40 low values, then 160 that swing around 10.
    #[test]
    fn mser_finds_the_step() {
        let series: Vec<f64> =
            (0..200).map(|i| if i < 40 { 0.0 } else { 10.0 + f64::from(i % 7) - 3.0 }).collect();
        assert_eq!(mser_5(&series), WarmUp { cut: 40, too_short: false });
    }

    #[test]
    fn mser_says_when_the_run_is_too_short() {
        let rising: Vec<f64> = (0..100).map(f64::from).collect();
        assert!(mser_5(&rising).too_short);
        assert!(mser_5(&[1.0; 10]).too_short);
        assert_eq!(mser_5(&[4.0; 100]), WarmUp { cut: 0, too_short: false });
    }

    #[test]
    fn mser_by_hand() {
        // Batch means 8, 2, 2, 4: MSER at d = 0: 24/16, d = 1: (8/3)/9, d = 2: 2/4.
        let series: Vec<f64> = [8.0, 2.0, 2.0, 4.0].iter().flat_map(|&z| [z; 5]).collect();
        assert_eq!(mser_5(&series), WarmUp { cut: 5, too_short: false });
    }

    #[test]
    fn welch_by_hand() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [3.0, 2.0, 1.0, 8.0]);
        // Means 2, 2, 2, 6; window 1: the first point alone, then threes, the last left out.
        assert_eq!(welch(&[&a, &b], 1), [(2.0, 2.0), (2.0, 2.0), (2.0, 10.0 / 3.0)]);
        assert!(welch(&[], 3).is_empty());
    }

    #[test]
    fn lag_1_by_hand() {
        // Mean 2.5: squares 5, products 0.75 - 0.25 + 0.75.
        assert_eq!(lag_1_correlation(&[1.0, 2.0, 3.0, 4.0]), Some(0.25));
        assert_eq!(lag_1_correlation(&[1.0, 1.0, 1.0]), None);
    }

    #[test]
    fn batches_by_hand() {
        // The first value is left over; batch means 1.5, 3.5, 5.5.
        let b = batch_means(&[9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 0.95).unwrap();
        assert_eq!(b.interval.mean, 3.5);
        assert_eq!(b.lag_1, Some(0.0));
        assert_eq!(batch_means(&[1.0], 2, 0.95), None);
        assert_eq!(batch_means(&[1.0], 0, 0.95), None);
    }
}
