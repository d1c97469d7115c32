//! `js_distance(value, is_current[, binning])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE};
use super::divergence::Divergence;
use crate::documented::{Manual, STATISTICS};
use crate::stats::drift::{Floor, Shares};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsDistance;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "js_distance(value, is_current[, binning])",
        does: "Jensen-Shannon distance of two distributions. p_value is the chance of bins at least \
            this different without any change: the population stability index of the same bins \
            with half a row added to each, over (1/n + 1/m), against chi-squared with bins - 1 \
            degrees of freedom. Exact up to 262,144 distinct values in a group; beyond, numbers \
            lose as few low bits as needed (an error of 0.01 % at most where they span a factor \
            of a million) and categories share 32,768 buckets.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "{distance, divergence, distance_ln, p_value, n_reference, n_current}: distance is \
            the root of the divergence in bits, 0 to 1; distance_ln the root of the divergence \
            in nats, as scipy and evidently give it.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown binning.",
        source: "Lin 1991.",
        example: "select js_distance(finish_reason, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

impl Divergence<4> for JsDistance {
    const NAME: &'static str = "js_distance";
    const FIELDS: [&'static str; 4] = ["distance", "divergence", "distance_ln", "p_value"];

    fn of(shares: &Shares, _: Floor) -> [Option<f64>; 4] {
        let nats = shares.js();
        let bits = nats / std::f64::consts::LN_2;
        [Some(bits.sqrt()), Some(bits), Some(nats.sqrt()), shares.p()]
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
