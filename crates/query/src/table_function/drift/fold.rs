//! Counts of a column's bins on both sides, by cluster and by stratum.

use std::collections::{BTreeMap, HashMap};

use spanlake_functions::stats::{Chi2Method, ClusterSums, Floor, Shares, design_effect};

use crate::metric::MINIMUM_CLUSTERS;

/// Categories with a smaller share than this on both sides are counted together.
const SMALLEST_SHARE: f64 = 0.01;
/// Most categories told apart.
const MOST_CATEGORIES: usize = 40;
/// The categories counted together.
pub(super) const OTHER: &str = "(other)";
/// Rows without a value.
pub(super) const MISSING: &str = "(missing)";

/// Where a column's values are put.
#[derive(Debug)]
pub(super) enum Bins {
    /// Below the first edge, between edges, from the last edge on.
    Edges(Vec<f64>),
    /// A category each, the rest together.
    Names(HashMap<String, usize>, Vec<String>),
}

impl Bins {
    /// Bins of numbers whose inner edges these are.
    pub(super) fn of_edges(edges: Vec<f64>) -> Self {
        Self::Edges(edges)
    }

    /// Bins of categories with their rows on both sides.
    pub(super) fn of_categories(counted: &[(String, f64, f64)]) -> Self {
        let n: f64 = counted.iter().map(|one| one.1).sum();
        let m: f64 = counted.iter().map(|one| one.2).sum();
        let share = |one: &(String, f64, f64)| (one.1 / n.max(1.0)).max(one.2 / m.max(1.0));
        let mut kept: Vec<_> = counted.iter().filter(|one| share(one) >= SMALLEST_SHARE).collect();
        kept.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.0.cmp(&b.0)));
        kept.truncate(MOST_CATEGORIES);
        let names: Vec<String> = kept.iter().map(|one| one.0.clone()).collect();
        let places = names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        Self::Names(places, names)
    }

    /// Bins with a place for the other categories and one for missing values.
    fn len(&self) -> usize {
        match self {
            Self::Edges(edges) => edges.len() + 2,
            Self::Names(_, names) => names.len() + 2,
        }
    }

    pub(super) fn of_number(&self, value: Option<f64>) -> usize {
        match (self, value) {
            (Self::Edges(edges), Some(value)) => edges.partition_point(|edge| *edge <= value),
            _ => self.len() - 1,
        }
    }

    pub(super) fn of_name(&self, value: Option<&str>) -> usize {
        match (self, value) {
            (Self::Names(places, names), Some(value)) => {
                places.get(value).copied().unwrap_or(names.len())
            }
            _ => self.len() - 1,
        }
    }

    /// What a bin is called.
    fn name(&self, at: usize) -> String {
        match self {
            _ if at + 1 == self.len() => MISSING.to_owned(),
            Self::Names(_, names) => names.get(at).map_or(OTHER, String::as_str).to_owned(),
            Self::Edges(edges) => {
                let low = at.checked_sub(1).and_then(|below| edges.get(below));
                match (low, edges.get(at)) {
                    (Some(low), Some(high)) => format!("{low} to {high}"),
                    (None, Some(high)) => format!("below {high}"),
                    (Some(low), None) => format!("from {low}"),
                    (None, None) => "present".to_owned(),
                }
            }
        }
    }
}

/// One side of a column.
#[derive(Debug, Default)]
struct Side {
    rows: f64,
    missing: f64,
    /// Sum of weights and of weighted values, of numbers.
    values: (f64, f64),
    sums: Vec<ClusterSums>,
    open: Vec<f64>,
}

impl Side {
    fn close(&mut self) {
        let n: f64 = self.open.iter().sum();
        if n <= 0.0 {
            return;
        }
        for (sums, inside) in self.sums.iter_mut().zip(&mut self.open) {
            sums.add(&ClusterSums {
                clusters: 1.0,
                n,
                sum: *inside,
                sum_squared: *inside * *inside,
                cross: *inside * n,
                n_squared: n * n,
                unit_squared: *inside,
            });
            *inside = 0.0;
        }
    }

    fn clusters(&self) -> f64 {
        self.sums.first().map_or(0.0, |sums| sums.clusters)
    }

    /// Shares of the bins, and how many independent rows they are worth.
    fn shares(&self) -> Option<(Vec<f64>, f64)> {
        let scaled: Vec<ClusterSums> =
            self.sums.iter().map(|sums| sums.scaled_to(self.rows)).collect();
        let shares = scaled.iter().map(ClusterSums::mean).collect::<Option<Vec<f64>>>()?;
        Some((shares, self.rows / design_effect(&scaled)))
    }
}

/// Counts of one column: baseline, then current.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) bins: Bins,
    sides: [Side; 2],
    /// Counts by tenant and model.
    strata: BTreeMap<usize, [Vec<f64>; 2]>,
}

/// What a column's counts show.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: [f64; 2],
    pub(super) effective: [f64; 2],
    pub(super) clusters: [f64; 2],
    pub(super) missing: [f64; 2],
    pub(super) means: [Option<f64>; 2],
    pub(super) psi: f64,
    /// The index at the current side's shares of tenants and models.
    pub(super) psi_standardised: Option<f64>,
    /// Chi-squared and its chance; `None` with too few clusters, and where all rows are in one bin.
    pub(super) test: Option<(f64, f64)>,
    /// Whether there are clusters enough for a verdict.
    pub(super) is_enough: bool,
    /// The bin whose share moved most.
    pub(super) change: String,
}

impl Column {
    pub(super) fn new(bins: Bins) -> Self {
        let side = || Side {
            sums: vec![ClusterSums::default(); bins.len()],
            open: vec![0.0; bins.len()],
            ..Side::default()
        };
        let sides = [side(), side()];
        Self { bins, sides, strata: BTreeMap::new() }
    }

    /// Adds a row that falls into `bin`.
    pub(super) fn add(
        &mut self,
        is_current: bool,
        stratum: usize,
        weight: f64,
        bin: usize,
        number: Option<f64>,
    ) {
        let n_bins = self.bins.len();
        let Some(side) = self.sides.get_mut(usize::from(is_current)) else { return };
        side.rows += 1.0;
        side.missing += f64::from(u8::from(bin + 1 == n_bins));
        if let Some(number) = number {
            side.values.0 += weight;
            side.values.1 += weight * number;
        }
        let strata =
            self.strata.entry(stratum).or_insert_with(|| [vec![0.0; n_bins], vec![0.0; n_bins]]);
        let counts = strata.get_mut(usize::from(is_current)).and_then(|side| side.get_mut(bin));
        for slot in side.open.get_mut(bin).into_iter().chain(counts) {
            *slot += weight;
        }
    }

    /// Ends the cluster that is being read.
    pub(super) fn close(&mut self) {
        self.sides.iter_mut().for_each(Side::close);
    }

    /// Compares both sides; `None` where a side has no row, or no row a value.
    pub(super) fn compare(&self) -> Option<Found> {
        let [first, second] = &self.sides;
        let ((before, n), (after, m)) = (first.shares()?, second.shares()?);
        let is_empty = |side: &Side| side.missing >= side.rows;
        if is_empty(first) && is_empty(second) {
            return None;
        }
        let pairs = || before.iter().copied().zip(after.iter().copied());
        let shares = Shares::of_counts(pairs().map(|(p, q)| (p * n, q * m)))?;
        let enough = first.clusters().min(second.clusters()) >= MINIMUM_CLUSTERS;
        let chi2 = shares.chi2(Chi2Method::Pearson);
        let test = chi2.p.filter(|_| enough).map(|p| (chi2.statistic, p));
        // Of two that moved as much, but for rounding, the one that grew.
        let moved = pairs().enumerate().max_by(|(_, a), (_, b)| {
            let size = |(p, q): &(f64, f64)| ((q - p).abs() * 1e9).round();
            size(a).total_cmp(&size(b)).then((a.1 - a.0).total_cmp(&(b.1 - b.0)))
        });
        let change = moved.filter(|(_, (p, q))| (p - q).abs() > 0.0).map(|(at, (p, q))| {
            format!("{}: {:.1}% \u{2192} {:.1}%", self.bins.name(at), p * 100.0, q * 100.0)
        });
        let mean = |side: &Side| (side.values.0 > 0.0).then(|| side.values.1 / side.values.0);
        Some(Found {
            rows: [first.rows, second.rows],
            effective: [n, m],
            clusters: [first.clusters(), second.clusters()],
            missing: [first.missing / first.rows, second.missing / second.rows],
            means: [mean(first), mean(second)],
            psi: shares.psi(Floor::Share),
            psi_standardised: self.standardised(),
            test,
            is_enough: enough,
            change: change.unwrap_or_default(),
        })
    }

    /// The index with the baseline at the current side's shares of the strata that both sides have;
    /// `None` when they are fewer than two or hold less than half of the current rows.
    fn standardised(&self) -> Option<f64> {
        let total = |counts: &[f64]| counts.iter().sum::<f64>();
        let all: f64 = self.strata.values().map(|[_, current]| total(current)).sum();
        let shared: Vec<_> = self
            .strata
            .values()
            .filter(|[baseline, current]| total(baseline) > 0.0 && total(current) > 0.0)
            .collect();
        let held: f64 = shared.iter().map(|[_, current]| total(current)).sum();
        if shared.len() < 2 || held * 2.0 < all {
            return None;
        }
        let bins = (0..self.bins.len()).map(|bin| {
            let at = |counts: &[f64]| counts.get(bin).copied().unwrap_or_default();
            let expected = shared
                .iter()
                .map(|[baseline, current]| at(baseline) / total(baseline) * total(current));
            (expected.sum::<f64>(), shared.iter().map(|[_, current]| at(current)).sum::<f64>())
        });
        Some(Shares::of_counts(bins)?.psi(Floor::Share))
    }
}
