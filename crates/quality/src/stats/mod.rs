//! Rounding. Statistics are those of SQL: `spanlake_functions::stats`.

pub use spanlake_functions::stats::ClusterSums;

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
