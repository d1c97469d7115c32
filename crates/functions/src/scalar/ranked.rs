//! Expected ids among the first k of a ranking.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Builder};
use datafusion_common::Result;

use crate::args::Args;

/// The arguments of these functions in a manual.
pub(super) const ARGUMENTS: [(&str, &str); 3] = [
    ("ids", "Retrieved ids in rank order: a list of texts or whole numbers."),
    ("expected", "The ids that should be found, in any order."),
    ("k", "How many places count, at least 1."),
];

/// What stands in the first k places.
pub(super) struct Top {
    pub(super) k: usize,
    /// Distinct expected ids.
    pub(super) expected: usize,
    /// Places of expected ids, counted from 0.
    pub(super) found: Vec<usize>,
}

impl Top {
    fn new(ids: &[String], expected: &[String], k: usize) -> Option<Self> {
        let wanted: BTreeSet<&String> = expected.iter().collect();
        if k == 0 || wanted.is_empty() {
            return None;
        }
        let mut open = wanted.clone();
        let found =
            ids.iter().take(k).enumerate().filter(|(_, id)| open.remove(id)).map(|(at, _)| at);
        Some(Self { k, expected: wanted.len(), found: found.collect() })
    }

    pub(super) fn gain(&self) -> f64 {
        self.found.iter().map(|&place| discount(place)).sum()
    }

    pub(super) fn best_gain(n: usize) -> f64 {
        (0..n).map(discount).sum()
    }
}

fn discount(place: usize) -> f64 {
    ((place + 2) as f64).log2().recip()
}

/// A measure of every row.
pub(super) fn measured(args: &Args, measure: impl Fn(&Top) -> f64) -> Result<ArrayRef> {
    let (ids, expected, k) = (args.lists(0)?, args.lists(1)?, args.integers(2)?);
    let mut out = Float64Builder::with_capacity(args.n_rows);
    for row in 0..args.n_rows {
        let k = k.get(row).and_then(|k| usize::try_from(k).ok());
        let lists = ids.texts(row).zip(expected.texts(row));
        let top = lists.zip(k).and_then(|((ids, expected), k)| Top::new(&ids, &expected, k));
        out.append_option(top.map(|top| measure(&top)));
    }
    Ok(Arc::new(out.finish()))
}
