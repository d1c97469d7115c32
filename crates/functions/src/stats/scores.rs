//! How good scores are as chances and as an order. Scores come as sorted distinct values; the `current` count is that
//! of positive cases, the `reference` count that of negative ones.

use super::drift::Pair;
use super::normal::two_sided_quantile;
use super::ranks::{Alternative, Sorted, mann_whitney, totals};

/// A mean over cases with a normal interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MeanLoss {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

fn mean_loss(values: &Sorted, alpha: f64, loss: impl Fn(f64, bool) -> f64) -> Option<MeanLoss> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (score, pair) in values {
        for (count, label) in [(pair.reference, false), (pair.current, true)] {
            let part = loss(*score, label);
            n += count as f64;
            if count > 0 {
                sum += count as f64 * part;
                squares += count as f64 * part * part;
            }
        }
    }
    if n <= 0.0 {
        return None;
    }
    let mean = sum / n;
    let spread =
        if n > 1.0 { ((squares / n - mean * mean).max(0.0) / (n - 1.0)).sqrt() } else { f64::NAN };
    let half = two_sided_quantile(alpha)? * spread;
    Some(MeanLoss { mean, low: (mean - half).max(0.0), high: mean + half })
}

/// Mean squared difference of score and outcome (Brier 1950).
pub(crate) fn brier(values: &Sorted, alpha: f64) -> Option<MeanLoss> {
    mean_loss(values, alpha, |score, label| (score - f64::from(u8::from(label))).powi(2))
}

/// Mean negative logarithm of the chance given to the outcome, scores kept 2.2e-16 away from 0 and 1 (scikit-learn).
pub(crate) fn log_loss(values: &Sorted, alpha: f64) -> Option<MeanLoss> {
    mean_loss(values, alpha, |score, label| {
        let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        -if label { score.ln() } else { (-score).ln_1p() }
    })
}

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bins {
    /// Of equal width over 0..1.
    Width,
    /// Of equal numbers of rows; a tie on a border is shared out evenly.
    Mass,
}

/// Expected and largest calibration error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ece {
    pub(crate) expected: f64,
    pub(crate) largest: f64,
}

/// Gap between mean score and share of positives, over bins, weighted by rows (Naeini et al. 2015).
pub(crate) fn ece(values: &Sorted, n_bins: usize, bins: Bins) -> Option<Ece> {
    let total = totals(values);
    let n = (total.reference + total.current) as f64;
    if n <= 0.0 || n_bins == 0 {
        return None;
    }
    let found = match bins {
        Bins::Width => by_width(values, n_bins),
        Bins::Mass => by_mass(values, n_bins, total.reference + total.current),
    };
    let gaps = || found.iter().filter(|bin| bin.rows > 0.0);
    Some(Ece {
        expected: gaps().map(|bin| (bin.scores - bin.positives).abs()).sum::<f64>() / n,
        largest: gaps()
            .map(|bin| (bin.scores - bin.positives).abs() / bin.rows)
            .fold(0.0, f64::max),
    })
}

#[derive(Debug, Clone, Copy, Default)]
struct ScoreBin {
    rows: f64,
    scores: f64,
    positives: f64,
}

impl ScoreBin {
    fn add(&mut self, rows: f64, score: f64, positives: f64) {
        self.rows += rows;
        self.scores += rows * score;
        self.positives += positives;
    }
}

fn by_width(values: &Sorted, n_bins: usize) -> Vec<ScoreBin> {
    let mut found = vec![ScoreBin::default(); n_bins];
    for (score, pair) in values {
        let at = ((score * n_bins as f64).floor().max(0.0) as usize).min(n_bins - 1);
        if let Some(bin) = found.get_mut(at) {
            bin.add((pair.reference + pair.current) as f64, *score, pair.current as f64);
        }
    }
    found
}

/// The first n mod bins have one row more, as numpy's `array_split`.
fn by_mass(values: &Sorted, n_bins: usize, n: u64) -> Vec<ScoreBin> {
    let (each, more) = (n / n_bins as u64, n % n_bins as u64);
    let mut found = Vec::with_capacity(n_bins);
    let mut rest = values.iter().map(|(score, pair)| {
        let rows = (pair.reference + pair.current) as f64;
        (*score, rows, pair.current as f64 / rows)
    });
    let mut open = rest.next();
    for at in 0..n_bins as u64 {
        let mut wanted = (each + u64::from(at < more)) as f64;
        let mut bin = ScoreBin::default();
        while let Some((score, rows, share)) = open.as_mut().filter(|_| wanted > 0.0) {
            let taken = rows.min(wanted);
            bin.add(taken, *score, taken * *share);
            wanted -= taken;
            *rows -= taken;
            if *rows <= 0.0 {
                open = rest.next();
            }
        }
        found.push(bin);
    }
    found
}

/// How well scores order positives above negatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranking {
    pub(crate) auroc: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) p: f64,
    pub(crate) average_precision: f64,
}

/// Area under the ROC curve with `DeLong`'s interval (1988), the p-value of Mann and Whitney's test, and average precision.
/// `None` unless both outcomes occur.
pub(crate) fn ranking(values: &Sorted, alpha: f64) -> Option<Ranking> {
    let test = mann_whitney(values, Alternative::TwoSided)?;
    let total = totals(values);
    let (negatives, positives) = (total.reference as f64, total.current as f64);
    let (mut below, mut below_positive) = (0.0, 0.0);
    let (mut of_positives, mut of_negatives) = (0.0, 0.0);
    for (_, pair) in values {
        let (negative, positive) = (pair.reference as f64, pair.current as f64);
        let beaten = (below + negative / 2.0) / negatives;
        let beaten_by = (positives - below_positive - positive / 2.0) / positives;
        of_positives += positive * (beaten - test.auc).powi(2);
        of_negatives += negative * (beaten_by - test.auc).powi(2);
        below += negative;
        below_positive += positive;
    }
    let variance =
        of_positives / (positives - 1.0) / positives + of_negatives / (negatives - 1.0) / negatives;
    let half = two_sided_quantile(alpha)? * variance.sqrt();
    let (mut found, mut seen, mut precision) = (0.0, 0.0, 0.0);
    for (_, pair) in values.iter().rev() {
        found += pair.current as f64;
        seen += (pair.reference + pair.current) as f64;
        precision += pair.current as f64 / positives * (found / seen);
    }
    Some(Ranking {
        auroc: test.auc,
        low: (test.auc - half).max(0.0),
        high: (test.auc + half).min(1.0),
        p: test.p,
        average_precision: precision,
    })
}

/// Cases by outcome and by whether the score reaches a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Confusion {
    pub(crate) true_positives: u64,
    pub(crate) false_positives: u64,
    pub(crate) false_negatives: u64,
    pub(crate) true_negatives: u64,
}

pub(crate) fn confusion(values: &Sorted, threshold: f64) -> Confusion {
    values.iter().fold(Confusion::default(), |mut found, &(score, Pair { reference, current })| {
        if score >= threshold {
            found.true_positives += current;
            found.false_positives += reference;
        } else {
            found.false_negatives += current;
            found.true_negatives += reference;
        }
        found
    })
}

/// The rising step function of least squares from score to share of positives (pool adjacent violators): the first and
/// last score of every step with its share.
pub(crate) fn isotonic(values: &Sorted) -> Vec<(f64, f64)> {
    struct Step {
        first: f64,
        last: f64,
        rows: f64,
        positives: f64,
    }
    let mut steps: Vec<Step> = Vec::new();
    for &(score, pair) in values {
        let (rows, positives) = ((pair.reference + pair.current) as f64, pair.current as f64);
        let mut step = Step { first: score, last: score, rows, positives };
        while let Some(before) =
            steps.pop_if(|before| before.positives * step.rows >= step.positives * before.rows)
        {
            step.first = before.first;
            step.rows += before.rows;
            step.positives += before.positives;
        }
        steps.push(step);
    }
    steps
        .iter()
        .flat_map(|step| {
            let share = step.positives / step.rows;
            let last = (step.last > step.first).then_some((step.last, share));
            std::iter::once((step.first, share)).chain(last)
        })
        .collect()
}

/// The share at `score`, linear between the points, constant outside.
pub(crate) fn isotonic_at(points: &[(f64, f64)], score: f64) -> Option<f64> {
    let after = points.partition_point(|point| point.0 <= score);
    let low = after.checked_sub(1).and_then(|at| points.get(at));
    match (low, points.get(after)) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => Some(y0 + (y1 - y0) * ((score - x0) / (x1 - x0))),
        (Some(&(_, y)), None) | (None, Some(&(_, y))) => Some(y),
        (None, None) => None,
    }
}
