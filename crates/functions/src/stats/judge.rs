//! What a judge's verdicts say about the truth.

use super::moments::Moments;
use super::normal::{two_sided_p, two_sided_quantile};
use super::proportion::Interval;

/// The true rate behind a judge's rate (Rogan and Gladen 1978), not cut to 0..1; `None` where the judge tells nothing
/// apart.
pub(crate) fn rogan_gladen(rate: f64, sensitivity: f64, specificity: f64) -> Option<f64> {
    let power = sensitivity + specificity - 1.0;
    let is_rate = |value: f64| (0.0..=1.0).contains(&value);
    let in_range = is_rate(rate) && is_rate(sensitivity) && is_rate(specificity);
    (in_range && power.abs() > 1e-12).then(|| (rate + specificity - 1.0) / power)
}

/// A judge's error rates and how many labelled cases they come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) sensitivity: f64,
    pub(crate) positives: f64,
    pub(crate) specificity: f64,
    pub(crate) negatives: f64,
}

/// The corrected rate of `n` verdicts with an interval over both the verdicts and the calibration (Lee et al. 2025,
/// arXiv 2511.21140): counts are first drawn to the middle, the centre shifted for the ratio's bias.
pub(crate) fn corrected(rate: f64, n: f64, judge: Calibration, alpha: f64) -> Option<Interval> {
    let point = rogan_gladen(rate, judge.sensitivity, judge.specificity)?.clamp(0.0, 1.0);
    let z = two_sided_quantile(alpha)?;
    if !(n > 0.0 && judge.positives > 0.0 && judge.negatives > 0.0) {
        return None;
    }
    let (trials, positives, negatives) = (n + z * z, judge.positives + 2.0, judge.negatives + 2.0);
    let rate = (n * rate + z * z / 2.0) / trials;
    let specificity = (judge.negatives * judge.specificity + 1.0) / negatives;
    let sensitivity = (judge.positives * judge.sensitivity + 1.0) / positives;
    let power = specificity + sensitivity - 1.0;
    let centre = (rate + specificity - 1.0) / power;
    let miss = specificity * (1.0 - specificity) / negatives;
    let hit = sensitivity * (1.0 - sensitivity) / positives;
    let shift = 2.0 * z * z * (centre * hit - (1.0 - centre) * miss);
    let variance =
        rate * (1.0 - rate) / trials + (1.0 - centre).powi(2) * miss + centre.powi(2) * hit;
    let half = z * variance.sqrt() / power.abs();
    let bound = |value: f64| value.clamp(0.0, 1.0);
    Some(Interval {
        rate: point,
        low: bound(centre + shift - half),
        high: bound(centre + shift + half),
    })
}

/// Verdicts with and without a human label: what prediction-powered inference needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Judged {
    pub(crate) human: Moments,
    pub(crate) judge: Moments,
    /// Sum of products of deviations of human and judge.
    pub(crate) products: f64,
    pub(crate) unlabelled: Moments,
}

impl Judged {
    pub(crate) fn add(&mut self, judge: f64, human: Option<f64>) {
        let Some(human) = human else { return self.unlabelled.add(judge) };
        let off = judge - self.judge.mean;
        self.judge.add(judge);
        self.human.add(human);
        self.products += off * (human - self.human.mean);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let n = self.human.n + other.human.n;
        if other.human.n > 0.0 {
            self.products += other.products
                + (other.human.mean - self.human.mean)
                    * (other.judge.mean - self.judge.mean)
                    * (self.human.n * other.human.n / n);
        }
        self.human.merge(&other.human);
        self.judge.merge(&other.judge);
        self.unlabelled.merge(&other.unlabelled);
    }
}

/// How far a judge is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// As far as it lowers the variance, between not at all and fully.
    Tuned,
    Full,
    /// Human labels only.
    None,
}

/// A mean with an interval and the weight that the judge got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PpiMean {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) p: f64,
    pub(crate) weight: f64,
}

/// The mean of the human labels over all rows (Angelopoulos et al. 2023, PPI and PPI++), normal interval. `None` without a
/// label, and unless the judge is left out, without an unlabelled verdict.
pub(crate) fn ppi_mean(judged: &Judged, trust: Trust, alpha: f64) -> Option<PpiMean> {
    let (n, all) = (judged.human.n, judged.unlabelled.n);
    let z = two_sided_quantile(alpha)?;
    if n <= 0.0 || all <= 0.0 && trust != Trust::None {
        return None;
    }
    let weight = match trust {
        Trust::None => 0.0,
        Trust::Full => 1.0,
        Trust::Tuned => {
            let mut pooled = judged.judge;
            pooled.merge(&judged.unlabelled);
            let best = judged.products / n / ((1.0 + n / all) * pooled.variance()?);
            if best.is_nan() { 0.0 } else { best.clamp(0.0, 1.0) }
        }
    };
    let mean = weight * judged.unlabelled.mean + judged.human.mean - weight * judged.judge.mean;
    // Sum of squared deviations of human - weight * judge.
    let rest = judged.human.squares - 2.0 * weight * judged.products
        + weight * weight * judged.judge.squares;
    let imputed =
        if weight > 0.0 { weight * weight * judged.unlabelled.squares / all / all } else { 0.0 };
    let error = (imputed + rest.max(0.0) / n / n).sqrt();
    let p = if error > 0.0 { two_sided_p(mean / error) } else { f64::NAN };
    Some(PpiMean { mean, low: mean - z * error, high: mean + z * error, p, weight })
}
