//! How far a binned distribution has moved.

use super::normal::chi2_p;

/// Counts of one bin or category on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) reference: u64,
    pub(crate) current: u64,
}

/// How an empty bin is made comparable where a logarithm needs more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Shares below 0.0001 are raised to it, without renormalising (scorecard practice).
    Share,
    /// Evidently: empty shares become 0.0001, or a millionth of the least other share where that is 0.0001 or less.
    Evidently,
}

const LEAST_SHARE: f64 = 1e-4;

/// Shares of the bins on both sides; `None` when a side is empty.
#[derive(Debug, Clone)]
pub struct Shares {
    counts: Vec<(f64, f64)>,
    n: f64,
    m: f64,
    reference: Vec<f64>,
    current: Vec<f64>,
}

impl Shares {
    pub(crate) fn new(bins: impl IntoIterator<Item = Pair>) -> Option<Self> {
        Self::of_counts(bins.into_iter().map(|bin| (bin.reference as f64, bin.current as f64)))
    }

    /// Shares of bins given as counts of the reference and of the current side, which need not be whole: effective
    /// numbers of observations will do. `None` when a side is empty.
    pub fn of_counts(bins: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let counts: Vec<(f64, f64)> = bins.into_iter().collect();
        let n: f64 = counts.iter().map(|bin| bin.0).sum();
        let m: f64 = counts.iter().map(|bin| bin.1).sum();
        if n <= 0.0 || m <= 0.0 {
            return None;
        }
        let reference = counts.iter().map(|bin| bin.0 / n).collect();
        let current = counts.iter().map(|bin| bin.1 / m).collect();
        Some(Self { counts, n, m, reference, current })
    }

    /// Counts of the bins that hold a row.
    fn filled(&self) -> Vec<(f64, f64)> {
        self.counts.iter().copied().filter(|bin| bin.0 + bin.1 > 0.0).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.reference.iter().copied().zip(self.current.iter().copied())
    }

    fn floored(&self, floor: Floor) -> impl Iterator<Item = (f64, f64)> {
        let fill = |shares: &[f64]| {
            let least = shares.iter().copied().filter(|share| *share > 0.0).fold(1.0, f64::min);
            if least <= LEAST_SHARE { least / 1e6 } else { LEAST_SHARE }
        };
        let fills = (fill(&self.reference), fill(&self.current));
        let raise = move |share: f64, fill: f64| match floor {
            Floor::Share => share.max(LEAST_SHARE),
            Floor::Evidently if share <= 0.0 => fill,
            Floor::Evidently => share,
        };
        self.pairs().map(move |(p, q)| (raise(p, fills.0), raise(q, fills.1)))
    }

    /// Population stability index.
    pub fn psi(&self, floor: Floor) -> f64 {
        self.floored(floor).map(|(p, q)| (q - p) * (q / p).ln()).sum()
    }

    /// Kullback and Leibler's divergence of the reference from the current shares in nats, both renormalised.
    pub(crate) fn kl(&self, floor: Floor) -> f64 {
        let (all_p, all_q) =
            self.floored(floor).fold((0.0, 0.0), |sums, (p, q)| (sums.0 + p, sums.1 + q));
        self.floored(floor).map(|(p, q)| p / all_p * (p / all_p / (q / all_q)).ln()).sum()
    }

    /// Jensen and Shannon's divergence in nats.
    pub(crate) fn js(&self) -> f64 {
        let part = |share: f64, middle: f64| {
            if share > 0.0 { share * (share / middle).ln() } else { 0.0 }
        };
        let sum: f64 = self
            .pairs()
            .map(|(p, q)| part(p, f64::midpoint(p, q)) + part(q, f64::midpoint(p, q)))
            .sum();
        (sum / 2.0).max(0.0)
    }

    /// Hellinger's distance.
    pub(crate) fn hellinger(&self) -> f64 {
        let sum: f64 = self.pairs().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
        (sum / 2.0).sqrt().min(1.0)
    }

    /// Total variation distance.
    pub(crate) fn tvd(&self) -> f64 {
        self.pairs().map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
    }

    /// The largest difference of a share.
    pub(crate) fn largest_gap(&self) -> f64 {
        self.pairs().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
    }

    /// Chance of bins at least as different without any change. Under no change the index is (1/n + 1/m) times a
    /// chi-squared variable with bins − 1 degrees of freedom; half a row added to every bin keeps that true for sparse
    /// bins, where the logarithm of an empty one would raise two to three times as many false alarms as stated.
    pub(crate) fn p(&self) -> Option<f64> {
        let bins = self.filled();
        let half = bins.len() as f64 / 2.0;
        let psi: f64 = bins
            .iter()
            .map(|bin| {
                let p = (bin.0 + 0.5) / (self.n + half);
                let q = (bin.1 + 0.5) / (self.m + half);
                (q - p) * (q / p).ln()
            })
            .sum();
        chi2_p(psi / (self.n.recip() + self.m.recip()), bins.len().saturating_sub(1))
    }
}

/// A chi-squared test with its effect size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chi2 {
    /// The test's statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: usize,
    /// `None` when there is one category only.
    pub p: Option<f64>,
    /// Cramér's V, the effect size: 0 to 1.
    pub cramers_v: Option<f64>,
}

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chi2Method {
    /// Pearson's test of homogeneity of the 2 × k table.
    Pearson,
    /// The same with Yates's correction where k is 2.
    Yates,
    /// The reference's shares taken as exact (evidently): far too many alarms, for comparison only.
    Evidently,
}

impl Shares {
    /// A chi-squared test over the bins that hold a row.
    pub fn chi2(&self, method: Chi2Method) -> Chi2 {
        let bins = self.filled();
        let degrees = bins.len().saturating_sub(1);
        let all = self.n + self.m;
        let correct = if method == Chi2Method::Yates && degrees == 1 { 0.5 } else { 0.0 };
        let part = |observed: f64, expected: f64| {
            let off = (observed - expected).abs();
            if off <= 0.0 { 0.0 } else { (off - off.min(correct)).powi(2) / expected }
        };
        let chi2: f64 = bins
            .iter()
            .map(|&(reference, current)| {
                if method == Chi2Method::Evidently {
                    return part(current, reference * self.m / self.n);
                }
                let both = reference + current;
                part(reference, both * self.n / all) + part(current, both * self.m / all)
            })
            .sum();
        let cramers_v = (degrees > 0).then(|| (chi2 / all).sqrt()).filter(|v| v.is_finite());
        Chi2 { statistic: chi2, degrees, p: chi2_p(chi2, degrees), cramers_v }
    }
}
