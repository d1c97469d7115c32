//! How far a distribution has moved.

use super::normal::chi2_p;

/// Counts of one bin or category on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) reference: u64,
    pub(crate) current: u64,
}

/// Population stability index with its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Psi {
    pub(crate) psi: f64,
    /// `None` when there is one bin only.
    pub(crate) p: Option<f64>,
}

/// Shares below this are raised to it, without renormalising, as scorecard practice and evidently have it.
const LEAST_SHARE: f64 = 1e-4;
/// Numbers are cut at the deciles of the reference.
const BINS: usize = 10;

/// PSI over bins. Under no change it is (1/n + 1/m) times a chi-squared variable with bins - 1 degrees of freedom,
/// which gives the p-value. `None` when a side is empty.
pub(crate) fn psi(bins: impl IntoIterator<Item = Pair>) -> Option<Psi> {
    let bins: Vec<Pair> = bins.into_iter().collect();
    let n = bins.iter().map(|bin| bin.reference).sum::<u64>() as f64;
    let m = bins.iter().map(|bin| bin.current).sum::<u64>() as f64;
    if n <= 0.0 || m <= 0.0 {
        return None;
    }
    let psi: f64 = bins
        .iter()
        .map(|bin| {
            let reference = (bin.reference as f64 / n).max(LEAST_SHARE);
            let current = (bin.current as f64 / m).max(LEAST_SHARE);
            (current - reference) * (current / reference).ln()
        })
        .sum();
    let p = chi2_p(psi / (n.recip() + m.recip()), bins.len().saturating_sub(1));
    Some(Psi { psi, p })
}

/// Bins sorted distinct values at the reference's deciles (linear interpolation, as numpy), repeated edges merged;
/// a bin holds its lower edge, the outer bins are open.
pub(crate) fn decile_bins(values: &[(f64, Pair)]) -> Vec<Pair> {
    let edges = deciles(values);
    let mut bins = vec![Pair::default(); edges.len() + 1];
    for (value, pair) in values {
        let at = edges.partition_point(|edge| edge <= value);
        if let Some(bin) = bins.get_mut(at) {
            bin.reference += pair.reference;
            bin.current += pair.current;
        }
    }
    bins
}

fn deciles(values: &[(f64, Pair)]) -> Vec<f64> {
    let mut upto = Vec::with_capacity(values.len());
    let mut total = 0_u64;
    for (value, pair) in values {
        total += pair.reference;
        upto.push((total, *value));
    }
    if total == 0 {
        return Vec::new();
    }
    let at = |rank: u64| {
        let index = upto.partition_point(|&(below, _)| below <= rank);
        upto.get(index).map_or(f64::NAN, |&(_, value)| value)
    };
    let mut edges: Vec<f64> = (1..BINS)
        .map(|decile| {
            // numpy computes (n - 1) * q with q = decile / 10 in floating point.
            let position = (total - 1) as f64 * (decile as f64 / BINS as f64);
            let whole = position.floor();
            interpolate(at(whole as u64), at((whole as u64 + 1).min(total - 1)), position - whole)
        })
        .filter(|edge| !edge.is_nan())
        .collect();
    edges.dedup();
    edges
}

/// numpy's `_lerp`: computed from the nearer end, so that it never leaves the interval.
fn interpolate(low: f64, high: f64, share: f64) -> f64 {
    let gap = high - low;
    if share >= 0.5 { high - gap * (1.0 - share) } else { low + gap * share }
}
