//! Always-valid comparison of two means.

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Number of independent units.
    pub n: f64,
    /// Mean.
    pub mean: f64,
    /// Variance of one unit, so that the mean's variance is `variance / n`.
    pub variance: f64,
}

/// Difference of two means with an interval that holds at every look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeqDiff {
    /// `current − reference`.
    pub diff: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Always-valid p-value.
    pub p: f64,
    /// Tuning of the mixture.
    pub rho: f64,
}

/// Asymptotic confidence sequence of a difference (Waudby-Smith et al. 2023, eq. 9; p from the
/// e-value, eq. 155), tightest at `tuning` units. `None` when a side is empty.
pub fn seq_diff(reference: Side, current: Side, alpha: f64, tuning: f64) -> Option<SeqDiff> {
    if reference.n <= 0.0 || current.n <= 0.0 || !(0.0..1.0).contains(&alpha) || tuning <= 0.0 {
        return None;
    }
    let log_term = -2.0 * alpha.ln();
    let rho = ((log_term + (log_term + 1.0).ln()) / tuning).sqrt();
    let diff = current.mean - reference.mean;
    let variance = reference.variance / reference.n + current.variance / current.n;
    let information = (reference.n + current.n) * rho * rho;
    let half = (variance * 2.0 * (information + 1.0) / information
        * ((information + 1.0).sqrt() / alpha).ln())
    .sqrt();
    let p = if variance > 0.0 {
        let exponent = information / (information + 1.0) * diff * diff / variance / 2.0;
        ((information + 1.0).sqrt() * (-exponent).exp()).min(1.0)
    } else {
        f64::from(u8::from(diff == 0.0))
    };
    Some(SeqDiff { diff, low: diff - half, high: diff + half, p, rho })
}
