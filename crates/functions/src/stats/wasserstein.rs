//! How far the mass of one sample must move to become the other.

use std::f64::consts::FRAC_2_PI;

use super::ranks::{Sorted, totals};
use super::special::gamma_p;

/// The first Wasserstein distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wasserstein {
    pub(crate) distance: f64,
    /// Divided by the reference's standard deviation, which counts as 0.001 at least (evidently).
    pub(crate) normed: f64,
    pub(crate) p: Option<f64>,
}

/// The integral of the distance between two empirical distribution functions; `None` when a side is empty or a
/// value infinite.
pub(crate) fn wasserstein(values: &Sorted) -> Option<Wasserstein> {
    let total = totals(values);
    if total.reference == 0 || total.current == 0 {
        return None;
    }
    let (n, m) = (total.reference as f64, total.current as f64);
    let (mut reference, mut current) = (0.0, 0.0);
    let mut distance = 0.0;
    let mut gaps = Vec::with_capacity(values.len());
    for pair in values.windows(2) {
        let [(value, counts), (next, _)] = pair else { continue };
        reference += counts.reference as f64;
        current += counts.current as f64;
        let width = next - value;
        distance += (reference / n - current / m).abs() * width;
        gaps.push(((reference + current) / (n + m), width));
    }
    if !distance.is_finite() {
        return None;
    }
    let mean = values.iter().map(|(value, pair)| value * pair.reference as f64).sum::<f64>() / n;
    let square =
        |(value, pair): &(f64, super::drift::Pair)| (value - mean).powi(2) * pair.reference as f64;
    let deviation = (values.iter().map(square).sum::<f64>() / n).sqrt();
    let p = chance(distance, &gaps, n.recip() + m.recip());
    Some(Wasserstein { distance, normed: distance / deviation.max(0.001), p })
}

/// Parts into which the value range is cut to find the variance under no change.
const PARTS: usize = 96;

/// Chance of as large a distance without any change. Then the distance is the integral of a Brownian bridge's absolute
/// value over the pooled distribution, whose mean and variance are known; a gamma variable with these stands in.
fn chance(distance: f64, gaps: &[(f64, f64)], scale: f64) -> Option<f64> {
    let weight = |&(share, width): &(f64, f64)| (share * (1.0 - share)).max(0.0).sqrt() * width;
    let whole: f64 = gaps.iter().map(weight).sum();
    if whole.is_nan() || whole <= 0.0 {
        return None;
    }
    let mut parts: Vec<(f64, f64)> = Vec::with_capacity(PARTS);
    let (mut sum, mut share, mut upto) = (0.0, 0.0, 0.0);
    for gap in gaps {
        let weight = weight(gap);
        sum += weight;
        share += weight * gap.0;
        upto += weight;
        if sum > 0.0 && upto >= whole * (parts.len() + 1) as f64 / PARTS as f64 {
            parts.push((share / sum, sum));
            (sum, share) = (0.0, 0.0);
        }
    }
    if sum > 0.0 {
        parts.push((share / sum, sum));
    }
    let mut variance = 0.0;
    for (at, &(low, weight)) in parts.iter().enumerate() {
        for (after, &(high, other)) in parts.iter().enumerate().skip(at) {
            let correlation = (low * (1.0 - high) / (high * (1.0 - low))).sqrt().clamp(0.0, 1.0);
            // Covariance of the absolute values of two standard normals.
            let covariance = FRAC_2_PI
                * ((1.0 - correlation * correlation).sqrt() + correlation * correlation.asin()
                    - 1.0);
            let times = if at == after { 1.0 } else { 2.0 };
            variance += times * weight * other * covariance;
        }
    }
    gamma_p(distance, FRAC_2_PI.sqrt() * whole * scale.sqrt(), variance * scale)
}
