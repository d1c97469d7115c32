//! How far raters agree beyond chance.

use super::normal::{two_sided_p, two_sided_quantile};

/// Agreement of two raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kappa {
    /// `None` where chance alone would agree always.
    pub(crate) plain: Option<f64>,
    /// Disagreements weighted by their distance in the order of the labels.
    pub(crate) linear: Option<f64>,
    /// The same, by the square of the distance.
    pub(crate) quadratic: Option<f64>,
    pub(crate) agreement: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) p: Option<f64>,
}

/// Cohen's kappa (1960) from cells (row, column, count) over `k` ordered labels, with the interval of Fleiss, Cohen
/// and Everitt (1969). `None` without a pair.
pub(crate) fn kappa(k: usize, cells: &[(usize, usize, u64)], alpha: f64) -> Option<Kappa> {
    let n: f64 = cells.iter().map(|cell| cell.2 as f64).sum();
    if n <= 0.0 {
        return None;
    }
    let (mut rows, mut columns) = (vec![0.0; k], vec![0.0; k]);
    for &(row, column, count) in cells {
        if let (Some(row), Some(column)) = (rows.get_mut(row), columns.get_mut(column)) {
            *row += count as f64 / n;
            *column += count as f64 / n;
        }
    }
    let weighted = |distance: fn(f64) -> f64| {
        let gap = |row: usize, column: usize| distance((row as f64 - column as f64).abs());
        let seen: f64 =
            cells.iter().map(|&(row, column, count)| gap(row, column) * count as f64 / n).sum();
        let by_chance: f64 = rows
            .iter()
            .enumerate()
            .flat_map(|(i, p)| columns.iter().enumerate().map(move |(j, q)| (i, j, p * q)))
            .map(|(i, j, share)| gap(i, j) * share)
            .sum();
        (by_chance > 1e-15).then(|| 1.0 - seen / by_chance)
    };
    let agreement: f64 =
        cells.iter().filter(|cell| cell.0 == cell.1).map(|cell| cell.2 as f64 / n).sum();
    let kappa = weighted(|gap| f64::from(u8::from(gap > 0.0)));
    let chance: f64 = rows.iter().zip(&columns).map(|(p, q)| p * q).sum();
    let error = kappa.map(|kappa| standard_error(cells, &rows, &columns, n, kappa));
    let half = error.zip(two_sided_quantile(alpha)).map(|(error, z)| z * error);
    let both: f64 = rows.iter().zip(&columns).map(|(p, q)| p * q * (p + q)).sum();
    let error_by_chance =
        (chance + chance * chance - both).max(0.0).sqrt() / (1.0 - chance) / n.sqrt();
    Some(Kappa {
        plain: kappa,
        linear: weighted(|gap| gap),
        quadratic: weighted(|gap| gap * gap),
        agreement,
        low: kappa.zip(half).map(|(kappa, half)| kappa - half),
        high: kappa.zip(half).map(|(kappa, half)| (kappa + half).min(1.0)),
        p: kappa
            .filter(|_| error_by_chance > 0.0)
            .map(|kappa| two_sided_p(kappa / error_by_chance)),
    })
}

fn standard_error(
    cells: &[(usize, usize, u64)],
    rows: &[f64],
    columns: &[f64],
    n: f64,
    kappa: f64,
) -> f64 {
    let at = |shares: &[f64], label: usize| shares.get(label).copied().unwrap_or_default();
    let chance: f64 = rows.iter().zip(columns).map(|(p, q)| p * q).sum();
    let sum: f64 = cells
        .iter()
        .map(|&(i, j, count)| {
            let share = count as f64 / n;
            if i == j {
                share * (1.0 - (at(rows, i) + at(columns, i)) * (1.0 - kappa)).powi(2)
            } else {
                share * ((1.0 - kappa) * (at(columns, i) + at(rows, j))).powi(2)
            }
        })
        .sum();
    let rest = kappa - chance * (1.0 - kappa);
    (sum - rest * rest).max(0.0).sqrt() / (1.0 - chance) / n.sqrt()
}

/// What the distance between two values means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Nominal,
    Ordinal,
    Interval,
}

/// Agreement of any number of raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alpha {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Krippendorff's alpha over units, each the counts of values given to it; values are indices into `domain`, which
/// ascends. The interval resamples units with the expected disagreement fixed, in the limit of many samples. `None`
/// where no unit has two values, or all values are one.
pub(crate) fn krippendorff(
    units: &[Vec<(usize, u64)>],
    domain: &[f64],
    level: Level,
    confidence: f64,
) -> Option<Alpha> {
    let pairable = || {
        units.iter().filter_map(|unit| {
            let n: u64 = unit.iter().map(|value| value.1).sum();
            (n >= 2).then_some((n as f64, unit))
        })
    };
    let mut counts = vec![0.0; domain.len()];
    for (_, unit) in pairable() {
        for &(value, n) in unit {
            if let Some(slot) = counts.get_mut(value) {
                *slot += n as f64;
            }
        }
    }
    let distance = Distance::new(&counts, domain, level);
    let total: f64 = counts.iter().sum();
    let used: Vec<usize> =
        (0..counts.len()).filter(|&at| counts.get(at).is_some_and(|&n| n > 0.0)).collect();
    let mut expected = 0.0;
    for &i in &used {
        for &j in &used {
            let weight = counts.get(i).zip(counts.get(j)).map_or(0.0, |(a, b)| a * b);
            expected += weight * distance.between(i, j);
        }
    }
    expected /= total - 1.0;
    if !(expected > 0.0 && expected.is_finite()) {
        return None;
    }
    let observed: Vec<f64> = pairable()
        .map(|(n, unit)| {
            let pairs = unit.iter().flat_map(|a| unit.iter().map(move |b| (a, b)));
            let sum: f64 =
                pairs.map(|(a, b)| a.1 as f64 * b.1 as f64 * distance.between(a.0, b.0)).sum();
            sum / (n - 1.0)
        })
        .collect();
    let units = observed.len() as f64;
    let sum: f64 = observed.iter().sum();
    let spread: f64 = observed.iter().map(|part| (part - sum / units).powi(2)).sum();
    let alpha = 1.0 - sum / expected;
    let half = two_sided_quantile(confidence)? * spread.sqrt() / expected;
    Some(Alpha { value: alpha, low: alpha - half, high: (alpha + half).min(1.0) })
}

/// Squared distances between values of the domain.
struct Distance {
    level: Level,
    values: Vec<f64>,
}

impl Distance {
    fn new(counts: &[f64], domain: &[f64], level: Level) -> Self {
        let values = match level {
            Level::Nominal => (0..domain.len()).map(|at| at as f64).collect(),
            Level::Interval => domain.to_vec(),
            // Ranks in the middle of each value's share: differences are the sums between two values.
            Level::Ordinal => {
                let mut below = 0.0;
                let middle = |n: &f64| {
                    below += n;
                    below - n / 2.0
                };
                counts.iter().map(middle).collect()
            }
        };
        Self { level, values }
    }

    fn between(&self, i: usize, j: usize) -> f64 {
        let gap = self.values.get(i).zip(self.values.get(j)).map_or(0.0, |(a, b)| a - b);
        match self.level {
            Level::Nominal => f64::from(u8::from(i != j)),
            Level::Ordinal | Level::Interval => gap * gap,
        }
    }
}
