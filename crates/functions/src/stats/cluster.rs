//! Sums from which a cluster-robust mean and its variance are computed.
//!
//! Calls of one session are not independent, so the unit is the *cluster* (a session, else a
//! trace): [`ClusterSums`] holds what a cluster-robust mean and its variance need, and adds up.

use super::proportion::wilson;
use super::special::t_two_sided_quantile;

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Sums over clusters `g` with `n_g` observations that total `y_g`.
///
/// Sums of disjoint sets of clusters add up, so one pass over the store serves every break-down.
/// The mean is the ratio `Σy / Σn`; its variance is the sandwich estimate
/// `G/(G−1) · Σ(y_g − mean·n_g)² / (Σn)²` (Liang and Zeger 1986, one regressor).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClusterSums {
    /// Number of clusters with observations.
    pub clusters: f64,
    /// `Σ n_g`, the observations.
    pub n: f64,
    /// `Σ y_g`.
    pub sum: f64,
    /// `Σ y_g²`.
    pub sum_squared: f64,
    /// `Σ y_g·n_g`.
    pub cross: f64,
    /// `Σ n_g²`.
    pub n_squared: f64,
    /// `Σ y_i²` over single observations.
    pub unit_squared: f64,
}

impl ClusterSums {
    /// Adds up clusters given as (observations, total, total of squares).
    pub fn from_clusters(clusters: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let mut sums = Self::default();
        for (n, y, unit_squared) in clusters {
            sums.add(&Self {
                clusters: 1.0,
                n,
                sum: y,
                sum_squared: y * y,
                cross: y * n,
                n_squared: n * n,
                unit_squared,
            });
        }
        sums
    }

    /// Adds a disjoint set of clusters.
    pub fn add(&mut self, other: &Self) {
        self.clusters += other.clusters;
        self.n += other.n;
        self.sum += other.sum;
        self.sum_squared += other.sum_squared;
        self.cross += other.cross;
        self.n_squared += other.n_squared;
        self.unit_squared += other.unit_squared;
    }

    /// Measures weighted observations in units of their mean weight, so that `n` is the number `rows` of observations.
    /// Means and their variances stay what they are.
    #[must_use]
    pub fn scaled_to(&self, rows: f64) -> Self {
        if self.n <= 0.0 || rows <= 0.0 {
            return *self;
        }
        let scale = rows / self.n;
        Self {
            clusters: self.clusters,
            n: rows,
            sum: self.sum * scale,
            sum_squared: self.sum_squared * scale * scale,
            cross: self.cross * scale * scale,
            n_squared: self.n_squared * scale * scale,
            unit_squared: self.unit_squared * scale,
        }
    }

    /// Returns the mean; `None` without observations.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.sum / self.n)
    }

    /// Returns the cluster-robust variance of the mean; `None` with fewer than two clusters.
    pub fn mean_variance(&self) -> Option<f64> {
        let mean = self.mean()?;
        if self.clusters < 2.0 {
            return None;
        }
        let residual = self.sum_squared - 2.0 * mean * self.cross + mean * mean * self.n_squared;
        // Differences of equal sums leave rounding dust of either sign.
        let dust = 1e-12 * (self.sum_squared + mean * mean * self.n_squared);
        let residual = if residual < dust { 0.0 } else { residual };
        Some(self.clusters / (self.clusters - 1.0) * residual / (self.n * self.n))
    }

    /// As [`Self::mean_variance`] for a 0/1 observation, never below what independent
    /// observations would give with one success and one failure added (Agresti and Caffo 2000),
    /// so that "no failure seen" is not "no failure possible".
    pub fn rate_variance(&self) -> Option<f64> {
        let robust = self.mean_variance()?;
        let adjusted = (self.sum + 1.0) / (self.n + 2.0);
        Some(robust.max(adjusted * (1.0 - adjusted) / (self.n + 2.0)))
    }

    /// Returns the number of independent observations that would be as informative: at most `n`.
    pub fn effective_n(&self) -> f64 {
        if self.n < 2.0 {
            return self.n;
        }
        let mean = self.sum / self.n;
        let unit = (self.unit_squared / self.n - mean * mean).max(0.0) * self.n / (self.n - 1.0);
        let kish = self.n * self.n / self.n_squared.max(1.0);
        match self.mean_variance() {
            Some(variance) if variance > 0.0 && unit > 0.0 => (unit / variance).clamp(1.0, self.n),
            _ => kish.clamp(1.0, self.n),
        }
    }

    /// Interval of a rate: Wilson's at the effective number of observations.
    pub fn rate_interval(&self, alpha: f64) -> Option<Bounds> {
        let n = self.effective_n();
        let found = wilson((self.mean()? * n).clamp(0.0, n), n, alpha)?;
        Some(Bounds { low: found.low, high: found.high })
    }

    /// Interval of a mean: cluster-robust, Student's t with `clusters − 1` degrees of freedom.
    pub fn mean_interval(&self, alpha: f64) -> Option<Bounds> {
        let variance = self.mean_variance()?;
        let half = t_two_sided_quantile(alpha, self.clusters - 1.0)? * variance.sqrt();
        let mean = self.mean()?;
        Some(Bounds { low: mean - half, high: mean + half })
    }
}

/// Mean design effect of the shares of bins (Rao and Scott 1981, first order): how many times larger their
/// cluster-robust variance is than that of as many independent observations; never below 1. Every bin's sums have the
/// observations of all bins as `n`.
pub fn design_effect(bins: &[ClusterSums]) -> f64 {
    let held: Vec<(f64, f64, f64)> = bins
        .iter()
        .filter_map(|bin| Some((bin.mean()?, bin.mean_variance()?, bin.n)))
        .filter(|(share, ..)| *share > 0.0)
        .collect();
    if held.len() < 2 {
        return 1.0;
    }
    let sum: f64 = held.iter().map(|(share, variance, n)| variance * n / share).sum();
    (sum / (held.len() as f64 - 1.0)).max(1.0)
}
