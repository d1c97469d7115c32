//! `chi2_drift(value, is_current[, method])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{SIDE, shares};
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::binning::Binning;
use crate::stats::drift::Chi2Method;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chi2Drift;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "chi2_drift(value, is_current[, method])",
        does: "Chi-squared test that categories have the same shares on both sides. Every distinct \
            number is a category. Exact up to 262,144 distinct values in a group; beyond, \
            numbers lose as few low bits as needed (an error of 0.01 % at most where they span a \
            factor of a million) and categories share 32,768 buckets.",
        arguments: &[
            ("value", "A number, text or boolean."),
            SIDE,
            (
                "method",
                "`pearson` (the default), `yates` (continuity correction for two categories), or `evidently` (the reference's shares taken as exact; raises a third false alarms, for comparison only).",
            ),
        ],
        result: "{chi2, dof, p_value, cramers_v, n_reference, n_current}; cramers_v is the effect \
            size, 0 to 1.",
        nulls: "p_value and cramers_v are NULL when there is one category. Rows with a NULL or NaN \
            value or a NULL side are left out. NULL when a side is empty.",
        errors: "An unknown method.",
        source: "Pearson 1900.",
        example: "select chi2_drift(finish_reason, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 4] = ["chi2", "dof", "p_value", "cramers_v"];

const METHODS: [(&str, Chi2Method); 3] = [
    ("pearson", Chi2Method::Pearson),
    ("yates", Chi2Method::Yates),
    ("evidently", Chi2Method::Evidently),
];

impl Fold for Chi2Drift {
    const NAME: &'static str = "chi2_drift";
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let method = options.choice(2, Chi2Method::Pearson, &METHODS)?;
        let totals = sample.totals();
        let found = shares(sample, Binning::Values).map(|shares| shares.chi2(method));
        record(
            [
                (FIELDS[0], found.map(|found| found.statistic)),
                (FIELDS[1], found.map(|found| found.degrees as f64)),
                (FIELDS[2], found.and_then(|found| found.p)),
                (FIELDS[3], found.and_then(|found| found.cramers_v)),
            ],
            [(SIDES[0], totals.reference), (SIDES[1], totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
