//! A difference of means that may be looked at any number of times.

use super::normal::quantile;

/// One sample's size, mean and variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Number of independent units.
    pub n: f64,
    /// Their mean.
    pub mean: f64,
    /// Variance of one unit, so that the mean's variance is `variance / n`.
    pub variance: f64,
}

/// The difference, its confidence sequence at this look and its always-valid p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeqDiff {
    /// Second mean minus first.
    pub diff: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Always-valid p-value.
    pub p: f64,
    /// Scale of the mixture, fixed by alpha and the tuning.
    pub rho: f64,
}

/// Asymptotic confidence sequence (Waudby-Smith et al. 2023, eq. 9) for second minus first. `tuning` is the total
/// sample size at which the sequence is tightest. `None` when a sample is empty, a variance negative, both zero, or a
/// parameter out of range.
pub fn seq_diff(first: Moments, second: Moments, alpha: f64, tuning: f64) -> Option<SeqDiff> {
    let is_sample = |m: Moments| m.n > 0.0 && m.variance >= 0.0 && m.mean.is_finite();
    let error2 = first.variance / first.n + second.variance / second.n;
    let in_range = alpha > 0.0 && alpha < 1.0 && tuning > 0.0 && error2 > 0.0 && error2.is_finite();
    if !(is_sample(first) && is_sample(second) && in_range) {
        return None;
    }
    let n = first.n + second.n;
    let log_alpha = -2.0 * alpha.ln();
    let rho2 = (log_alpha + (log_alpha + 1.0).ln()) / tuning;
    let scaled = n * error2;
    let growth = n * rho2 + 1.0;
    let diff = second.mean - first.mean;
    let half =
        scaled.sqrt() * (2.0 * growth * (growth.sqrt() / alpha).ln() / (n * n * rho2)).sqrt();
    let log_e = rho2 * n * (diff * diff * n / scaled) / (2.0 * growth) - growth.ln() / 2.0;
    Some(SeqDiff {
        diff,
        low: diff - half,
        high: diff + half,
        p: (-log_e).exp().min(1.0),
        rho: rho2.sqrt(),
    })
}

/// The least true difference that this sequence would tell from none at this look with a chance of `power`; `None` as
/// [`seq_diff`].
pub fn minimum_detectable(
    first: Moments,
    second: Moments,
    alpha: f64,
    tuning: f64,
    power: f64,
) -> Option<f64> {
    let found = seq_diff(first, second, alpha, tuning)?;
    let error = (first.variance / first.n + second.variance / second.n).sqrt();
    // The estimate lies above its interval's half width with that chance when the truth lies this much further.
    Some((found.high - found.low) / 2.0 - quantile(1.0 - power)? * error)
}
