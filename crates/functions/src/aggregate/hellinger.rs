//! `hellinger(value, is_current[, binning])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{BINNING, SIDE, binning, shares};
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::binning::Binning;
use crate::stats::drift::Shares;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hellinger;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "hellinger(value, is_current[, binning])",
        does: "Hellinger distance of two distributions, 0 to 1. With the binning `evidently` \
            numbers are cut by Sturges's rule over the distinct values, whatever their number. \
            p_value is the chance of bins at least this different without any change: the \
            population stability index of the same bins with half a row added to each, over (1/n \
            + 1/m), against chi-squared with bins - 1 degrees of freedom. Exact up to 262,144 \
            distinct values in a group; beyond, numbers lose as few low bits as needed (an error \
            of 0.01 % at most where they span a factor of a million) and categories share 32,768 \
            buckets.",
        arguments: &[("value", "A number, text or boolean."), SIDE, BINNING],
        result: "{distance, p_value, n_reference, n_current}.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown binning.",
        source: "Hellinger 1909.",
        example: "select hellinger(finish_reason, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 2] = ["distance", "p_value"];

impl Fold for Hellinger {
    const NAME: &'static str = "hellinger";
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let (binning, _) = binning(options, 2)?;
        let totals = sample.totals();
        let binning = if binning == Binning::Evidently { Binning::Sturges } else { binning };
        let found = shares(sample, binning);
        let found = found.as_ref();
        record(
            [(FIELDS[0], found.map(Shares::hellinger)), (FIELDS[1], found.and_then(Shares::p))],
            [(SIDES[0], totals.reference), (SIDES[1], totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
