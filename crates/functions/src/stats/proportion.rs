//! One proportion and the difference of two.

use super::normal::{two_sided_p, two_sided_quantile};

/// A proportion with an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) rate: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Wilson's score interval (Wilson 1927); `None` unless 0 ≤ successes ≤ n, n > 0, 0 < alpha < 1.
pub(crate) fn wilson(successes: f64, n: f64, alpha: f64) -> Option<Interval> {
    if !(n > 0.0 && (0.0..=n).contains(&successes)) {
        return None;
    }
    let z = two_sided_quantile(alpha)?;
    let rate = successes / n;
    let spread = z * z / n;
    let centre = (rate + spread / 2.0) / (1.0 + spread);
    let half = z / (1.0 + spread) * (rate * (1.0 - rate) / n + spread / (4.0 * n)).sqrt();
    // At the ends the formula is exactly 0 or 1 but for rounding.
    let low = if successes <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes >= n { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { rate, low, high })
}

/// Two proportions compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    pub(crate) diff: f64,
    /// Pooled z; `None` when neither sample varies.
    pub(crate) z: Option<f64>,
    pub(crate) p: Option<f64>,
    pub(crate) newcombe_low: f64,
    pub(crate) newcombe_high: f64,
}

/// Second proportion minus first: pooled z-test, Newcombe's hybrid score interval (Newcombe 1998, method 10).
pub(crate) fn two_prop(x1: f64, n1: f64, x2: f64, n2: f64, alpha: f64) -> Option<Difference> {
    let (first, second) = (wilson(x1, n1, alpha)?, wilson(x2, n2, alpha)?);
    let diff = second.rate - first.rate;
    let pooled = (x1 + x2) / (n1 + n2);
    let error = (pooled * (1.0 - pooled) * (n1.recip() + n2.recip())).sqrt();
    let z = (error > 0.0).then(|| diff / error);
    Some(Difference {
        diff,
        z,
        p: z.map(two_sided_p),
        newcombe_low: diff - (second.rate - second.low).hypot(first.high - first.rate),
        newcombe_high: diff + (second.high - second.rate).hypot(first.rate - first.low),
    })
}
