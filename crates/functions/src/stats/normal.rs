//! Tails of the standard normal and chi-squared distributions.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::erf::erfc;
use statrs::function::gamma::gamma_ur;

/// The quantile at which `alpha / 2` lies above; `None` unless 0 < alpha < 1.
pub(crate) fn two_sided_quantile(alpha: f64) -> Option<f64> {
    if !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    Some(-Normal::standard().inverse_cdf(alpha / 2.0))
}

/// The quantile below which `share` lies; `None` unless 0 < share < 1.
pub(crate) fn quantile(share: f64) -> Option<f64> {
    (share > 0.0 && share < 1.0).then(|| Normal::standard().inverse_cdf(share))
}

/// Chance of a standard normal above `z`.
pub(crate) fn upper_p(z: f64) -> f64 {
    erfc(z / std::f64::consts::SQRT_2) / 2.0
}

/// Chance of a standard normal at least as far from 0 as `z`.
pub(crate) fn two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Chance of a chi-squared variable above `x`.
pub(crate) fn chi2_p(x: f64, degrees: usize) -> Option<f64> {
    match (degrees, x) {
        (0, _) => None,
        (_, x) if x.is_nan() => None,
        (_, x) if x <= 0.0 => Some(1.0),
        (_, x) if x.is_infinite() => Some(0.0),
        (degrees, x) => Some(gamma_ur(degrees as f64 / 2.0, x / 2.0)),
    }
}
