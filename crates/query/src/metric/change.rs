//! How a change of a metric is judged: cluster-robust, always-valid, with a floor for the effect.

use serde::{Deserialize, Serialize};
use spanlake_functions::stats::{ClusterSums, Moments, SeqDiff, minimum_detectable, seq_diff};

use super::{ALPHA, MINIMUM_CLUSTERS, MINIMUM_EVENTS, Metric, Unit};

/// What a comparison shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Certainly worse, by at least the metric's minimum.
    Worse,
    /// Certainly better, by at least the metric's minimum.
    Better,
    /// Worse by less than the margin at most.
    NotWorse,
    /// Neither is shown.
    NoEvidence,
    /// Too few sessions or traces to say.
    TooLittleData,
}

impl Verdict {
    /// Returns the words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::NotWorse => "not worse",
            Self::NoEvidence => "no evidence",
            Self::TooLittleData => "too little data",
        }
    }
}

/// Chance with which the minimum detectable effect would be found.
const POWER: f64 = 0.8;

impl Metric {
    /// A mean on the scale that differences are taken on: logarithms for money.
    pub fn level(&self, mean: f64) -> f64 {
        match self.unit {
            Unit::Usd => mean.max(1e-12).ln(),
            _ => mean,
        }
    }

    /// A difference of levels as it is told: a relative change for money and time.
    pub fn told(&self, difference: f64) -> f64 {
        if self.is_relative() { difference.exp_m1() } else { difference }
    }

    /// Whether both sides have enough clusters, and a rate enough events: fewer events on both sides
    /// together cannot show anything, and their total says nothing about the difference, so leaving
    /// the test out is no choice by result.
    pub fn has_enough(&self, before: &ClusterSums, after: &ClusterSums) -> bool {
        let events = before.sum + after.sum;
        let clusters = before.clusters.min(after.clusters);
        clusters >= MINIMUM_CLUSTERS
            && (self.unit != Unit::Rate
                || (events >= MINIMUM_EVENTS && before.n + after.n - events >= MINIMUM_EVENTS))
    }

    /// Size, level and variance of one side; the units are its clusters.
    fn side(&self, sums: &ClusterSums) -> Option<Moments> {
        let mean = sums.mean()?;
        let variance = match self.unit {
            Unit::Rate => sums.rate_variance()?,
            Unit::Score | Unit::Milliseconds => sums.mean_variance()?,
            Unit::Usd => sums.mean_variance()? / mean.max(1e-12).powi(2),
        };
        Some(Moments {
            n: sums.clusters,
            mean: self.level(mean),
            variance: variance * sums.clusters,
        })
    }

    /// The difference of levels with its confidence sequence; `tuning` is the number of clusters on
    /// both sides together at which it is tightest, fixed before the data are seen.
    pub fn difference(
        &self,
        before: &ClusterSums,
        after: &ClusterSums,
        tuning: f64,
    ) -> Option<SeqDiff> {
        let (before, after) = (self.side(before)?, self.side(after)?);
        if before.variance + after.variance <= 0.0 {
            // Values that never vary leave no doubt.
            let diff = after.mean - before.mean;
            let p = if diff == 0.0 { 1.0 } else { 0.0 };
            return Some(SeqDiff { diff, low: diff, high: diff, p, rho: 0.0 });
        }
        seq_diff(before, after, ALPHA, tuning)
    }

    /// The least difference of levels that these data would show with a chance of 80 %.
    pub fn minimum_detectable(
        &self,
        before: &ClusterSums,
        after: &ClusterSums,
        tuning: f64,
    ) -> Option<f64> {
        minimum_detectable(self.side(before)?, self.side(after)?, ALPHA, tuning, POWER)
    }

    /// The difference of levels at the current side's shares of the strata, over those that both
    /// sides have; `None` when they are fewer than two or hold less than half of the observations.
    pub fn standardise<'a>(
        &self,
        strata: impl IntoIterator<Item = &'a (ClusterSums, ClusterSums)>,
    ) -> Option<f64> {
        let (mut all, mut shared) = (0.0, Vec::new());
        for (before, after) in strata {
            all += after.n;
            if let (Some(before), Some(now)) = (before.mean(), after.mean()) {
                shared.push((before, now, after.n));
            }
        }
        let weight: f64 = shared.iter().map(|(_, _, n)| n).sum();
        if shared.len() < 2 || weight * 2.0 < all {
            return None;
        }
        let mean = |pick: fn(&(f64, f64, f64)) -> f64| {
            shared.iter().map(|stratum| pick(stratum) * stratum.2).sum::<f64>() / weight
        };
        Some(self.level(mean(|s| s.1)) - self.level(mean(|s| s.0)))
    }

    /// Whether standardising turns a change round that is worth a look.
    pub fn flips(&self, effect: f64, standardised: f64) -> bool {
        standardised * effect < 0.0 && standardised.abs().max(effect.abs()) >= self.minimum / 2.0
    }

    /// The verdict on a change with enough data: flagged only where it is certain after adjustment
    /// and reaches the minimum.
    pub fn verdict(&self, effect: f64, (low, high): (f64, f64), p_adjusted: f64) -> Verdict {
        if p_adjusted < ALPHA && effect.abs() >= self.minimum {
            return if self.harm(effect) > 0.0 { Verdict::Worse } else { Verdict::Better };
        }
        let worst = self.harm(effect).max(self.harm(low)).max(self.harm(high));
        if worst < self.margin { Verdict::NotWorse } else { Verdict::NoEvidence }
    }
}
