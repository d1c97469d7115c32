//! How far two clouds of vectors lie apart.

use super::special::gamma_p;

/// The squared maximum mean discrepancy with its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mmd {
    pub(crate) mmd2: f64,
    /// Bandwidth: the kernel is exp(-|x - y|² / h).
    pub(crate) h: f64,
    pub(crate) p: Option<f64>,
}

type Vectors = [Vec<f64>];

fn gap2(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Squared distances of all pairs, row after row of the upper triangle.
fn gaps(pooled: &[&Vec<f64>]) -> Vec<f64> {
    pooled
        .iter()
        .enumerate()
        .flat_map(|(at, a)| pooled.iter().skip(at + 1).map(move |b| gap2(a, b)))
        .collect()
}

/// The median of squared distances between all vectors, the mean of the two middle ones where their number is even.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let high = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(high);
    }
    Some(f64::midpoint(*values.get(middle - 1)?, high))
}

/// Unbiased estimate over all pairs (Gretton et al. 2012), `h` the median squared distance unless given. The p-value
/// takes the statistic under no change for a shifted gamma variable with its mean 0 and the variance that the centred
/// kernel shows. `None` below two vectors a side, and for a bandwidth that is not positive.
pub(crate) fn mmd(reference: &Vectors, current: &Vectors, h: Option<f64>) -> Option<Mmd> {
    if reference.len() < 2 || current.len() < 2 {
        return None;
    }
    let pooled: Vec<&Vec<f64>> = reference.iter().chain(current).collect();
    let mut kernel = gaps(&pooled);
    let h = match h {
        Some(h) => h,
        None => median(kernel.clone())?,
    };
    if !(h > 0.0 && h.is_finite()) {
        return None;
    }
    for gap in &mut kernel {
        *gap = (-*gap / h).exp();
    }
    let (n, m) = (reference.len(), current.len());
    let (mut within, mut across, mut between) = (0.0, 0.0, 0.0);
    let mut at = 0;
    let mut sums = vec![0.0; pooled.len()];
    for i in 0..pooled.len() {
        for j in i + 1..pooled.len() {
            let value = kernel.get(at).copied().unwrap_or_default();
            at += 1;
            match (i < n, j < n) {
                (true, true) => within += value,
                (false, false) => across += value,
                _ => between += value,
            }
            for side in [i, j] {
                if let Some(sum) = sums.get_mut(side) {
                    *sum += value;
                }
            }
        }
    }
    let (n, m) = (n as f64, m as f64);
    let mmd2 =
        2.0 * within / (n * (n - 1.0)) + 2.0 * across / (m * (m - 1.0)) - 2.0 * between / (n * m);
    let spread = Spread::of(&kernel, &sums);
    Some(Mmd { mmd2, h, p: shifted_gamma_p(mmd2, spread, n.recip() + m.recip()) })
}

/// Trace of the pooled covariance, and of its square.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    trace: f64,
    trace2: f64,
}

impl Spread {
    /// From the kernel of all pairs (upper triangle) and its sums by vector, in the kernel's feature space.
    fn of(kernel: &[f64], sums: &[f64]) -> Self {
        let n = sums.len() as f64;
        let mean = sums.iter().sum::<f64>() / (n * (n - 1.0));
        let mut values = kernel.iter();
        let mut trace2 = 0.0;
        for (at, row) in sums.iter().enumerate() {
            for (column, value) in sums.iter().skip(at + 1).zip(&mut values) {
                trace2 += (value - (row + column) / (n - 1.0) + mean).powi(2);
            }
        }
        Self { trace: (1.0 - mean).max(0.0), trace2: trace2 / (n * (n - 1.0) / 2.0) }
    }

    /// In the space of the vectors themselves, each side around its mean; `None` below four vectors.
    pub(crate) fn of_vectors(reference: &Vectors, current: &Vectors) -> Option<Self> {
        let centred: Vec<Vec<f64>> = [reference, current].into_iter().flat_map(centred).collect();
        let n = centred.len() as f64;
        if n < 4.0 {
            return None;
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let trace = centred.iter().map(|v| dot(v, v)).sum::<f64>() / (n - 2.0);
        let mut squares = 0.0;
        for (at, a) in centred.iter().enumerate() {
            squares += centred.iter().skip(at + 1).map(|b| dot(a, b).powi(2)).sum::<f64>();
        }
        Some(Self { trace, trace2: squares / (n * (n - 1.0) / 2.0) })
    }
}

/// Chance of a squared distance of means at least `excess` above its expectation, for clouds whose covariance has that
/// trace and that trace of its square.
pub(crate) fn shifted_gamma_p(excess: f64, spread: Spread, scale: f64) -> Option<f64> {
    let (mean, variance) = (spread.trace * scale, 2.0 * spread.trace2 * scale * scale);
    gamma_p((excess + mean).max(0.0), mean, variance)
}

/// Chance of means at least that far apart without any change.
pub(crate) fn distance_p(distance2: f64, spread: Spread, scale: f64) -> Option<f64> {
    shifted_gamma_p(distance2 - spread.trace * scale, spread, scale)
}

/// The spread of a sample in the feature space of the kernel exp(-|x - y|² / h); `None` below two vectors.
pub(crate) fn kernel_spread(reference: &Vectors, current: &Vectors, h: f64) -> Option<Spread> {
    let pooled: Vec<&Vec<f64>> = reference.iter().chain(current).collect();
    if pooled.len() < 2 {
        return None;
    }
    let kernel: Vec<f64> = gaps(&pooled).into_iter().map(|gap| (-gap / h).exp()).collect();
    let mut sums = vec![0.0; pooled.len()];
    let mut values = kernel.iter();
    for i in 0..pooled.len() {
        for (j, value) in (i + 1..pooled.len()).zip(&mut values) {
            for side in [i, j] {
                if let Some(sum) = sums.get_mut(side) {
                    *sum += value;
                }
            }
        }
    }
    Some(Spread::of(&kernel, &sums))
}

/// Cosine distance and Euclidean distance of two means.
pub(crate) fn mean_shift(reference: &[f64], current: &[f64]) -> (Option<f64>, f64) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(reference, reference) * dot(current, current)).sqrt();
    let cosine = (lengths > 0.0).then(|| 1.0 - dot(reference, current) / lengths);
    (cosine, gap2(reference, current).sqrt())
}

fn centred(vectors: &Vectors) -> Vec<Vec<f64>> {
    let n = vectors.len() as f64;
    let width = vectors.first().map_or(0, Vec::len);
    let mut mean = vec![0.0; width];
    for vector in vectors {
        mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value / n);
    }
    vectors
        .iter()
        .map(|vector| vector.iter().zip(&mean).map(|(value, mean)| value - mean).collect())
        .collect()
}
