//! Tails and quantiles of the t, beta and gamma distributions, on the incomplete functions of `statrs`.

use statrs::function::beta::{checked_beta_reg, ln_beta};
use statrs::function::gamma::{checked_gamma_ur, ln_gamma};

use super::normal::two_sided_quantile;

/// Steps after which Newton's method has converged or never will.
const STEPS: usize = 60;

/// Chance of a t variable at least as far from 0 as `t`.
pub(crate) fn t_two_sided_p(t: f64, degrees: f64) -> Option<f64> {
    if t.is_infinite() {
        return Some(0.0);
    }
    checked_beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t)).ok()
}

/// The t beyond which `alpha / 2` lies on each side.
pub(crate) fn t_two_sided_quantile(alpha: f64, degrees: f64) -> Option<f64> {
    // The tail is convex and the normal quantile lies below the root, so that Newton's steps only grow.
    let mut t = two_sided_quantile(alpha)?;
    for _ in 0..STEPS {
        let log_density = -f64::midpoint(degrees, 1.0) * (t * t / degrees).ln_1p()
            - degrees.ln() / 2.0
            - ln_beta(degrees / 2.0, 0.5);
        let step = (t_two_sided_p(t, degrees)? - alpha) / (2.0 * log_density.exp());
        t += step;
        if step.abs() <= 1e-14 * t {
            break;
        }
    }
    Some(t)
}

/// The quantile of a beta distribution.
pub(crate) fn beta_quantile(share: f64, a: f64, b: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if checked_beta_reg(a, b, middle).ok()? < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    // Halving leaves an absolute error; Newton's steps make it relative for quantiles near 0.
    let mut x = f64::midpoint(low, high);
    for _ in 0..4 {
        let log_density = (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - ln_beta(a, b);
        let step = (checked_beta_reg(a, b, x).ok()? - share) / log_density.exp();
        if step.is_finite() && (0.0..=1.0).contains(&(x - step)) {
            x -= step;
        }
    }
    Some(x)
}

/// Chance that a positive variable with that mean and variance exceeds `x`, taking it for a gamma variable.
pub(crate) fn gamma_p(x: f64, mean: f64, variance: f64) -> Option<f64> {
    if !(mean > 0.0 && variance > 0.0 && x.is_finite()) {
        return None;
    }
    if x <= 0.0 {
        return Some(1.0);
    }
    checked_gamma_ur(mean * mean / variance, x * mean / variance).ok()
}

/// ln of `n` over `k`.
pub(crate) fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}
