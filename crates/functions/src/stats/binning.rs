//! Where a number's bins lie.

use super::drift::Pair;
use super::ranks::{Sorted, totals};

/// How numbers are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binning {
    /// At this many equal shares of the reference (linear interpolation, as numpy), repeated edges merged, those at its
    /// least and largest value left out, outer bins open.
    Quantiles(u32),
    /// As evidently: every value a bin while the reference has at most 20, else Sturges's number of equal widths over
    /// both sides.
    Evidently,
    /// As evidently's Hellinger distance: Sturges's widths over the distinct values, whatever their number.
    Sturges,
    /// Every distinct value is a bin.
    Values,
}

/// One bin: `low` ≤ value < `high`, infinite where it is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bin {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) counts: Pair,
}

/// Most distinct values of the reference that evidently takes for categories.
const FEW_VALUES: usize = 20;

/// Bins sorted distinct values.
pub(crate) fn bins(values: &Sorted, binning: Binning) -> Vec<Bin> {
    let of_reference = values.iter().filter(|(_, pair)| pair.reference > 0).count();
    match binning {
        Binning::Values => each(values),
        Binning::Evidently if of_reference <= FEW_VALUES => each(values),
        Binning::Evidently => {
            let total = totals(values);
            widths(values, total.reference + total.current)
        }
        Binning::Sturges => widths(values, values.len() as u64),
        Binning::Quantiles(parts) => quantiles(values, parts),
    }
}

fn each(values: &Sorted) -> Vec<Bin> {
    values.iter().map(|&(value, counts)| Bin { low: value, high: value, counts }).collect()
}

/// Bins of one width, the last one closed; Sturges's rule for `n` values. Infinite values have bins of their own.
fn widths(values: &Sorted, n: u64) -> Vec<Bin> {
    let finite = || values.iter().filter(|(value, _)| value.is_finite());
    let (Some((first, _)), Some((last, _))) = (finite().next(), finite().next_back()) else {
        return each(values);
    };
    let range = last - first;
    let width = range / ((n as f64).log2() + 1.0);
    let parts = if width > 0.0 { (range / width).ceil() as usize } else { 1 };
    let (start, stop) = if range > 0.0 { (*first, *last) } else { (first - 0.5, last + 0.5) };
    // numpy's linspace: start + i · step, the end set exactly.
    let step = (stop - start) / parts as f64;
    let edge = |at: usize| if at == parts { stop } else { start + at as f64 * step };
    let mut found: Vec<Bin> = (0..parts)
        .map(|at| Bin { low: edge(at), high: edge(at + 1), counts: Pair::default() })
        .collect();
    let mut at = 0;
    for (value, pair) in finite() {
        while at + 1 < parts && *value >= edge(at + 1) {
            at += 1;
        }
        if let Some(bin) = found.get_mut(at) {
            add(&mut bin.counts, *pair);
        }
    }
    found.extend(
        values.iter().filter(|(value, _)| value.is_infinite()).map(|&(value, counts)| Bin {
            low: value,
            high: value,
            counts,
        }),
    );
    found
}

fn quantiles(values: &Sorted, parts: u32) -> Vec<Bin> {
    let inner = edges(values, parts);
    let lows = std::iter::once(f64::NEG_INFINITY).chain(inner.iter().copied());
    let highs = inner.iter().copied().chain([f64::INFINITY]);
    let mut found: Vec<Bin> =
        lows.zip(highs).map(|(low, high)| Bin { low, high, counts: Pair::default() }).collect();
    for (value, pair) in values {
        let at = inner.partition_point(|edge| edge <= value);
        if let Some(bin) = found.get_mut(at) {
            add(&mut bin.counts, *pair);
        }
    }
    found
}

fn add(counts: &mut Pair, more: Pair) {
    counts.reference += more.reference;
    counts.current += more.current;
}

fn edges(values: &Sorted, parts: u32) -> Vec<f64> {
    let mut upto = Vec::with_capacity(values.len());
    let mut total = 0_u64;
    for (value, pair) in values {
        total += pair.reference;
        upto.push((total, *value));
    }
    if total == 0 {
        return Vec::new();
    }
    let at = |rank: u64| {
        let index = upto.partition_point(|&(below, _)| below <= rank);
        upto.get(index).map_or(f64::NAN, |&(_, value)| value)
    };
    let mut edges: Vec<f64> = (1..parts)
        .map(|part| {
            // numpy computes (n - 1) * q with q = part / parts in floating point.
            let position = (total - 1) as f64 * (f64::from(part) / f64::from(parts));
            let whole = position.floor();
            interpolate(at(whole as u64), at((whole as u64 + 1).min(total - 1)), position - whole)
        })
        .filter(|edge| !edge.is_nan())
        .collect();
    edges.dedup();
    // An edge at the least or largest value of the reference belongs to the open outer bins, unless it is the only one:
    // two values, or one, still tell the sides apart.
    for outer in [at(0), at(total - 1)] {
        if edges.len() > 1 {
            edges.retain(|edge| edge.total_cmp(&outer).is_ne());
        }
    }
    edges
}

/// numpy's `_lerp`: computed from the nearer end, so that it never leaves the interval.
fn interpolate(low: f64, high: f64, share: f64) -> f64 {
    let gap = high - low;
    if share >= 0.5 { high - gap * (1.0 - share) } else { low + gap * share }
}
