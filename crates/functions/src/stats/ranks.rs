//! Tests on the order of two samples, given as sorted distinct values with their counts.

use super::drift::Pair;
use super::kolmogorov::{EXACT_UP_TO, one_sample, two_sample_exact};
use super::normal::upper_p;

/// Values in ascending order with the counts of both sides.
pub(crate) type Sorted = [(f64, Pair)];

pub(crate) fn totals(values: &Sorted) -> Pair {
    values.iter().fold(Pair::default(), |total, (_, pair)| Pair {
        reference: total.reference + pair.reference,
        current: total.current + pair.current,
    })
}

/// Where a p-value of Kolmogorov and Smirnov comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KsMethod {
    /// Exact while both samples have at most 10,000 rows.
    Auto,
    Asymptotic,
}

/// The largest distance between two empirical distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ks {
    pub(crate) statistic: f64,
    pub(crate) p: f64,
    pub(crate) location: f64,
    /// 1 where the reference's distribution function lies above (current values tend to be larger), else -1.
    pub(crate) sign: f64,
}

/// Two-sided two-sample test of Kolmogorov and Smirnov.
pub(crate) fn ks(values: &Sorted, method: KsMethod) -> Option<Ks> {
    let total = totals(values);
    if total.reference == 0 || total.current == 0 {
        return None;
    }
    let (n, m) = (total.reference as f64, total.current as f64);
    let mut below = Pair::default();
    let gaps: Vec<(f64, f64, Pair)> = values
        .iter()
        .map(|&(value, pair)| {
            below.reference += pair.reference;
            below.current += pair.current;
            (below.reference as f64 / n - below.current as f64 / m, value, pair)
        })
        .collect();
    // A tie goes to the first value of the reference, then of the current side, as in scipy.
    let is_reference = |gap: &&(f64, f64, Pair)| gap.2.reference > 0;
    let is_current = |gap: &&(f64, f64, Pair)| gap.2.current > 0;
    let ordered = || gaps.iter().filter(is_reference).chain(gaps.iter().filter(is_current));
    let mut highest = (f64::NEG_INFINITY, 0.0);
    let mut lowest = (f64::INFINITY, 0.0);
    for &(gap, value, _) in ordered() {
        if gap > highest.0 {
            highest = (gap, value);
        }
        if gap < lowest.0 {
            lowest = (gap, value);
        }
    }
    let down = (-lowest.0).clamp(0.0, 1.0);
    let (statistic, location, sign) =
        if down > highest.0 { (down, lowest.1, -1.0) } else { (highest.0, highest.1, 1.0) };
    let p = if method == KsMethod::Auto && total.reference.max(total.current) <= EXACT_UP_TO {
        two_sample_exact(total.reference, total.current, statistic)
    } else {
        one_sample((n * m / (n + m)).round_ties_even() as u64, statistic)
    };
    Some(Ks { statistic, p, location, sign })
}

/// Which difference is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternative {
    TwoSided,
    /// Current values tend to be greater.
    Greater,
    /// Current values tend to be less.
    Less,
}

/// Whether values of one sample tend to be larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MannWhitney {
    /// Pairs in which the current value is larger, ties half.
    pub(crate) u: f64,
    /// Chance that a current value is larger than a reference value, ties half.
    pub(crate) auc: f64,
    pub(crate) p: f64,
}

/// Mann and Whitney's test, normal with the corrections for ties and continuity.
pub(crate) fn mann_whitney(values: &Sorted, alternative: Alternative) -> Option<MannWhitney> {
    let total = totals(values);
    if total.reference == 0 || total.current == 0 {
        return None;
    }
    let (n, m) = (total.reference as f64, total.current as f64);
    let (mut below, mut u, mut ties) = (0.0, 0.0, 0.0);
    for (_, pair) in values {
        let (reference, current) = (pair.reference as f64, pair.current as f64);
        u += current * (below + reference / 2.0);
        below += reference;
        let tied = reference + current;
        ties += tied * (tied * tied - 1.0);
    }
    let all = n + m;
    let spread = (n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).sqrt();
    let tail = |u: f64| upper_p((u - n * m / 2.0 - 0.5) / spread);
    let p = match alternative {
        _ if spread.is_nan() || spread <= 0.0 => 1.0,
        Alternative::TwoSided => (2.0 * tail(u.max(n * m - u))).min(1.0),
        Alternative::Greater => tail(u),
        Alternative::Less => tail(n * m - u),
    };
    Some(MannWhitney { u, auc: u / (n * m), p })
}
