//! `tvd(value, is_current[, binning])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE};
use super::divergence::Divergence;
use crate::documented::{Manual, STATISTICS};
use crate::stats::drift::{Floor, Shares};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tvd;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "tvd(value, is_current[, binning])",
        does: "Total variation distance of two distributions: the share of rows that would have to \
            move, 0 to 1. p_value is the chance of bins at least this different without any \
            change: the population stability index of the same bins with half a row added to \
            each, over (1/n + 1/m), against chi-squared with bins - 1 degrees of freedom. Exact \
            up to 262,144 distinct values in a group; beyond, numbers lose as few low bits as \
            needed (an error of 0.01 % at most where they span a factor of a million) and \
            categories share 32,768 buckets.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "{distance, largest_gap, p_value, n_reference, n_current}; largest_gap is the largest \
            difference of one bin's share.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown binning.",
        source: "Standard definition: half the sum of the absolute differences of the shares.",
        example: "select tvd(finish_reason, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

impl Divergence<3> for Tvd {
    const NAME: &'static str = "tvd";
    const FIELDS: [&'static str; 3] = ["distance", "largest_gap", "p_value"];

    fn of(shares: &Shares, _: Floor) -> [Option<f64>; 3] {
        [Some(shares.tvd()), Some(shares.largest_gap()), shares.p()]
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
