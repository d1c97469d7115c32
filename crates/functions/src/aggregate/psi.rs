//! `psi(value, is_current[, binning])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE};
use super::divergence::Divergence;
use crate::documented::{Manual, STATISTICS};
use crate::stats::drift::{Floor, Shares};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Psi;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "psi(value, is_current[, binning])",
        does: "Population stability index of current rows against reference rows. Shares below \
            0.0001 are raised to it. A fixed threshold such as 0.1 raises 83 % false alarms at \
            100 rows a side and none at 5,000: use p_value. p_value is the chance of bins at \
            least this different without any change: the population stability index of the same \
            bins with half a row added to each, over (1/n + 1/m), against chi-squared with bins \
            - 1 degrees of freedom. Exact up to 262,144 distinct values in a group; beyond, \
            numbers lose as few low bits as needed (an error of 0.01 % at most where they span a \
            factor of a million) and categories share 32,768 buckets.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "{psi, p_value, n_reference, n_current}.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown binning.",
        source: "Yurdakul and Naranjo 2020.",
        example: "select psi(output_tokens, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

impl Divergence<2> for Psi {
    const NAME: &'static str = "psi";
    const FIELDS: [&'static str; 2] = ["psi", "p_value"];

    fn of(shares: &Shares, floor: Floor) -> [Option<f64>; 2] {
        [Some(shares.psi(floor)), shares.p()]
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
