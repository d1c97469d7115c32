//! Counts, means and squared deviations that can be added and taken apart.

use super::special::{t_two_sided_p, t_two_sided_quantile};

/// A sample's size, mean and sum of squared deviations (Welford; Chan et al. 1983).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) n: f64,
    pub(crate) mean: f64,
    pub(crate) squares: f64,
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.n += 1.0;
        let off = value - self.mean;
        self.mean += off / self.n;
        self.squares += off * (value - self.mean);
    }

    pub(crate) fn retract(&mut self, value: f64) {
        if self.n <= 1.0 {
            *self = Self::default();
            return;
        }
        let off = value - self.mean;
        self.n -= 1.0;
        self.mean -= off / self.n;
        self.squares = (self.squares - off * (value - self.mean)).max(0.0);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.n <= 0.0 {
            return;
        }
        let n = self.n + other.n;
        let off = other.mean - self.mean;
        self.mean += off * (other.n / n);
        self.squares += other.squares + off * off * (self.n * other.n / n);
        self.n = n;
    }

    /// Unbiased variance; `None` below two values.
    pub(crate) fn variance(&self) -> Option<f64> {
        (self.n > 1.0).then(|| self.squares / (self.n - 1.0))
    }
}

/// Two means compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Welch {
    pub(crate) diff: f64,
    pub(crate) t: f64,
    pub(crate) degrees: f64,
    pub(crate) p: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Welch's t-test of current minus reference; `None` below two rows a side and where neither side varies.
pub(crate) fn welch(reference: &Moments, current: &Moments, alpha: f64) -> Option<Welch> {
    let (first, second) = (reference.variance()? / reference.n, current.variance()? / current.n);
    let error2 = first + second;
    if !(error2 > 0.0 && error2.is_finite()) {
        return None;
    }
    let diff = current.mean - reference.mean;
    let degrees = error2 * error2
        / (first * first / (reference.n - 1.0) + second * second / (current.n - 1.0));
    let t = diff / error2.sqrt();
    let half = t_two_sided_quantile(alpha, degrees)? * error2.sqrt();
    let p = t_two_sided_p(t, degrees)?;
    Some(Welch { diff, t, degrees, p, low: diff - half, high: diff + half })
}
