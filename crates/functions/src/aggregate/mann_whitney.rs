//! `mann_whitney(value, is_current[, alternative])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::ranks::{Alternative, mann_whitney};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MannWhitneyTest;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "mann_whitney(value, is_current[, alternative])",
        does: "Mann and Whitney's test whether values of one side tend to be larger. p_value is \
            normal with corrections for ties and continuity, and 1 when all values are one. \
            Exact up to 262,144 distinct values in a group; beyond, numbers lose as few low bits \
            as needed (an error of 0.01 % at most where they span a factor of a million) and \
            categories share 32,768 buckets.",
        arguments: &[
            ("value", "A number."),
            SIDE,
            (
                "alternative",
                "`two-sided` (the default), `greater` (current values tend to be larger) or `less`.",
            ),
        ],
        result: "{u, auc, p_value, n_reference, n_current}: u counts the pairs in which the current \
            value is larger, ties half; auc is u over all pairs, 0.5 without a difference.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown alternative.",
        source: "Mann and Whitney 1947; digits as scipy.stats.mannwhitneyu(current, reference).",
        example: "select mann_whitney(duration_ms, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["u", "auc", "p_value"];

const ALTERNATIVES: [(&str, Alternative); 3] = [
    ("two-sided", Alternative::TwoSided),
    ("greater", Alternative::Greater),
    ("less", Alternative::Less),
];

impl Fold for MannWhitneyTest {
    const NAME: &'static str = "mann_whitney";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let alternative = options.choice(2, Alternative::TwoSided, &ALTERNATIVES)?;
        let totals = sample.totals();
        let found = mann_whitney(&sample.numbers(), alternative);
        record(
            [
                (FIELDS[0], found.map(|found| found.u)),
                (FIELDS[1], found.map(|found| found.auc)),
                (FIELDS[2], found.map(|found| found.p)),
            ],
            [(SIDES[0], totals.reference), (SIDES[1], totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
