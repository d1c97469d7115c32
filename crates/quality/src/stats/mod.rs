//! What the report needs beside the statistics of SQL (`spanlake_functions::stats`): pure functions on
//! sums, and rounding.
//!
//! Calls of one session are not independent, so the unit is the *cluster* (a session, else a
//! trace): [`ClusterSums`] holds what a cluster-robust mean and its variance need, and adds up.

mod moments;

pub use moments::ClusterSums;

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Returns the two-sided normal quantile for `alpha`: 1.959964 for 0.05.
pub fn z_quantile(alpha: f64) -> f64 {
    Normal::standard().inverse_cdf(1.0 - alpha / 2.0)
}

/// Returns the two-sided quantile of Student's t.
pub fn t_quantile(alpha: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees.max(1.0))
        .map_or_else(|_| z_quantile(alpha), |t| t.inverse_cdf(1.0 - alpha / 2.0))
}

/// Rounds to `digits` significant decimal digits, so that sums made in another order agree.
pub fn round_significant(x: f64, digits: i32) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { 0.0 } else { x };
    }
    let magnitude = x.abs().log10().floor() as i32;
    let places = digits - 1 - magnitude;
    if (-300..=300).contains(&places) {
        let scale = 10f64.powi(places.abs());
        if places >= 0 { (x * scale).round() / scale } else { (x / scale).round() * scale }
    } else {
        x
    }
}

/// Rounds to `places` decimal places; a negative zero becomes zero.
pub fn round_places(x: f64, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    (x * scale).round() / scale + 0.0
}

#[cfg(test)]
mod tests;
