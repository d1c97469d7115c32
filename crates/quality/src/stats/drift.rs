//! Change of a distribution, from counts per bin.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// A change between two distributions over the same bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// Population stability index.
    pub psi: f64,
    /// p-value of the two-sample chi-squared test.
    pub p: f64,
}

/// Population stability index of two count vectors; proportions below `1e-4` count as `1e-4`.
///
/// `None` when a side is empty or the lengths differ.
pub fn psi_counts(reference: &[f64], current: &[f64]) -> Option<f64> {
    let (m, n) = (total(reference), total(current));
    if m <= 0.0 || n <= 0.0 || reference.len() != current.len() {
        return None;
    }
    let clip = |count: f64, total: f64| (count / total).max(1e-4);
    Some(
        reference
            .iter()
            .zip(current)
            .map(|(&r, &c)| {
                let (r, c) = (clip(r, m), clip(c, n));
                (c - r) * (c / r).ln()
            })
            .sum(),
    )
}

/// p-value of a PSI over `bins` bins: under no change it is `(1/m + 1/n)·χ²(bins − 1)`.
pub fn psi_p_value(psi: f64, m: f64, n: f64, bins: usize) -> Option<f64> {
    chi2_p(psi / (1.0 / m + 1.0 / n), bins.checked_sub(1)?)
}

/// Two-sample chi-squared test without continuity correction, empty bins dropped:
/// (statistic, degrees of freedom, p).
pub fn chi2_counts(reference: &[f64], current: &[f64]) -> Option<(f64, usize, f64)> {
    let (m, n) = (total(reference), total(current));
    if m <= 0.0 || n <= 0.0 || reference.len() != current.len() {
        return None;
    }
    let mut statistic = 0.0;
    let mut bins = 0_usize;
    for (&r, &c) in reference.iter().zip(current).filter(|(r, c)| *r + *c > 0.0) {
        let (expected_r, expected_c) = ((r + c) * m / (m + n), (r + c) * n / (m + n));
        statistic += (r - expected_r).powi(2) / expected_r + (c - expected_c).powi(2) / expected_c;
        bins += 1;
    }
    let degrees = bins.checked_sub(1)?;
    Some((statistic, degrees, chi2_p(statistic, degrees)?))
}

fn chi2_p(statistic: f64, degrees: usize) -> Option<f64> {
    if degrees == 0 {
        return Some(1.0);
    }
    let distribution = ChiSquared::new(degrees as f64).ok()?;
    Some(distribution.sf(statistic))
}

fn total(counts: &[f64]) -> f64 {
    counts.iter().sum()
}
