//! `kl_divergence(value, is_current[, binning])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE};
use super::divergence::Divergence;
use crate::documented::{Manual, STATISTICS};
use crate::stats::drift::{Floor, Shares};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct KlDivergence;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "kl_divergence(value, is_current[, binning])",
        does: "Kullback-Leibler divergence of the reference from the current distribution, in nats. \
            Shares below 0.0001 are raised to it and renormalised. p_value is the chance of bins \
            at least this different without any change: the population stability index of the \
            same bins with half a row added to each, over (1/n + 1/m), against chi-squared with \
            bins - 1 degrees of freedom. Exact up to 262,144 distinct values in a group; beyond, \
            numbers lose as few low bits as needed (an error of 0.01 % at most where they span a \
            factor of a million) and categories share 32,768 buckets.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "{divergence, p_value, n_reference, n_current}.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown binning.",
        source: "Kullback and Leibler 1951.",
        example: "select kl_divergence(finish_reason, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

impl Divergence<2> for KlDivergence {
    const NAME: &'static str = "kl_divergence";
    const FIELDS: [&'static str; 2] = ["divergence", "p_value"];

    fn of(shares: &Shares, floor: Floor) -> [Option<f64>; 2] {
        [Some(shares.kl(floor)), shares.p()]
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
