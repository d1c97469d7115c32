//! One proportion and the difference of two.

use super::normal::{two_sided_p, two_sided_quantile};
use super::special::{beta_quantile, ln_choose};

/// A proportion with an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The proportion seen.
    pub rate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One way to find the interval of a proportion.
pub(crate) type IntervalMethod = fn(f64, f64, f64) -> Option<Interval>;

fn is_sample(successes: f64, n: f64) -> bool {
    n > 0.0 && n.is_finite() && (0.0..=n).contains(&successes)
}

/// Wilson's score interval (Wilson 1927); `None` unless 0 ≤ successes ≤ n, n > 0, 0 < alpha < 1. Neither number need be
/// whole: an effective number of observations will do.
pub fn wilson(successes: f64, n: f64, alpha: f64) -> Option<Interval> {
    if !is_sample(successes, n) {
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

/// Clopper and Pearson's exact interval (1934): covers at least 1 - alpha, usually more.
pub(crate) fn clopper_pearson(successes: f64, n: f64, alpha: f64) -> Option<Interval> {
    beta_interval(successes, n, alpha, (0.0, 1.0), (1.0, 0.0))
}

/// Jeffreys's interval: the quantiles of Beta(x + ½, n − x + ½).
pub(crate) fn jeffreys(successes: f64, n: f64, alpha: f64) -> Option<Interval> {
    beta_interval(successes, n, alpha, (0.5, 0.5), (0.5, 0.5))
}

/// Quantiles of beta distributions, `low` and `high` being what is added to successes and failures.
fn beta_interval(
    successes: f64,
    n: f64,
    alpha: f64,
    low: (f64, f64),
    high: (f64, f64),
) -> Option<Interval> {
    if !(is_sample(successes, n) && alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let quantile = |share: f64, more: (f64, f64)| {
        let (a, b) = (successes + more.0, n - successes + more.1);
        match (a > 0.0, b > 0.0) {
            (false, _) => Some(0.0),
            (_, false) => Some(1.0),
            _ => beta_quantile(share, a, b),
        }
    };
    let (low, high) = (quantile(alpha / 2.0, low)?, quantile(1.0 - alpha / 2.0, high)?);
    Some(Interval { rate: successes / n, low, high })
}

/// Agresti and Coull's interval (1998): Wald's, around Wilson's centre.
pub(crate) fn agresti_coull(successes: f64, n: f64, alpha: f64) -> Option<Interval> {
    if !is_sample(successes, n) {
        return None;
    }
    let z = two_sided_quantile(alpha)?;
    let trials = n + z * z;
    let centre = (successes + z * z / 2.0) / trials;
    let half = z * (centre * (1.0 - centre) / trials).sqrt();
    let (low, high) = ((centre - half).max(0.0), (centre + half).min(1.0));
    Some(Interval { rate: successes / n, low, high })
}

/// Two proportions compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) diff: f64,
    /// Pooled z; `None` when neither sample varies.
    pub(crate) z: Option<f64>,
    pub(crate) p: Option<f64>,
    /// Newcombe's hybrid score interval (Newcombe 1998, method 10).
    pub(crate) newcombe: (f64, f64),
    pub(crate) wald: (f64, f64),
    /// Agresti and Caffo's interval (2000).
    pub(crate) agresti_caffo: (f64, f64),
    /// Fisher's exact test, both sides; `None` for counts that are not whole.
    pub(crate) fisher_p: Option<f64>,
    /// Odds of the second over odds of the first; infinite where only the divisor is 0.
    pub(crate) odds_ratio: Option<f64>,
}

/// Second proportion minus first.
pub(crate) fn two_prop(x1: f64, n1: f64, x2: f64, n2: f64, alpha: f64) -> Option<Difference> {
    let (first, second) = (wilson(x1, n1, alpha)?, wilson(x2, n2, alpha)?);
    let normal = two_sided_quantile(alpha)?;
    let diff = second.rate - first.rate;
    let pooled = (x1 + x2) / (n1 + n2);
    let error = (pooled * (1.0 - pooled) * (n1.recip() + n2.recip())).sqrt();
    let z = (error > 0.0).then(|| diff / error);
    let around = |x1: f64, n1: f64, x2: f64, n2: f64| {
        let (p, q) = (x1 / n1, x2 / n2);
        let half = normal * (p * (1.0 - p) / n1 + q * (1.0 - q) / n2).sqrt();
        (q - p - half, q - p + half)
    };
    let low = diff - (second.rate - second.low).hypot(first.high - first.rate);
    let high = diff + (second.high - second.rate).hypot(first.rate - first.low);
    let odds = (x2 * (n1 - x1), x1 * (n2 - x2));
    let has_odds = x1 + x2 > 0.0 && x1 + x2 < n1 + n2;
    Some(Difference {
        first: first.rate,
        second: second.rate,
        diff,
        z,
        p: z.map(two_sided_p),
        newcombe: (low, high),
        wald: around(x1, n1, x2, n2),
        agresti_caffo: around(x1 + 1.0, n1 + 2.0, x2 + 1.0, n2 + 2.0),
        fisher_p: fisher_p(x1, n1, x2, n2),
        odds_ratio: has_odds.then(|| odds.0 / odds.1),
    })
}

/// Two-sided p of Fisher's exact test: the tables no likelier than the one seen.
fn fisher_p(x1: f64, n1: f64, x2: f64, n2: f64) -> Option<f64> {
    if [x1, n1, x2, n2].iter().any(|count| count.fract() != 0.0) {
        return None;
    }
    let successes = x1 + x2;
    let (least, most) = ((successes - n2).max(0.0), successes.min(n1));
    let log_whole = ln_choose(n1 + n2, successes);
    let chance = |x: f64| (ln_choose(n1, x) + ln_choose(n2, successes - x) - log_whole).exp();
    // Equally likely tables differ by rounding only.
    let seen = chance(x1) * (1.0 + 1e-7);
    // Away from the mode chances fall, so that each tail ends where they no longer count.
    let mode = ((successes + 1.0) * (n1 + 1.0) / (n1 + n2 + 2.0)).floor().clamp(least, most);
    let mut sum = 0.0;
    for (start, step) in [(mode, -1.0), (mode + 1.0, 1.0)] {
        let mut x = start;
        while (least..=most).contains(&x) {
            let here = chance(x);
            if here <= seen {
                sum += here;
                if here <= seen * 1e-20 {
                    break;
                }
            }
            x += step;
        }
    }
    Some(sum.min(1.0))
}
