//! `brier(score, label[, alpha])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::fold::{Fold, Options};
use super::record::{record, record_type};
use super::sample::Sample;
use crate::documented::{STATISTICS, manual};
use crate::kernel::Kind;
use crate::stats::scores::brier;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Brier;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        STATISTICS,
        "Mean squared difference of a score and the outcome: 0 is best, 0.25 what a constant 0.5 gets. Result: {brier, low, high, n} with a normal interval of the mean. Rows with a NULL or NaN score or a NULL label are left out. NULL when there is no row. Exact up to 262,144 distinct scores in a group; beyond, scores lose as few low bits as needed. Source: Brier 1950; digits as scikit-learn.",
        "brier(score, label[, alpha])",
        &[
            ("score", "A chance between 0 and 1."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        "select brier(score, passed) from evals;",
    )
});

const FIELDS: [&str; 3] = ["brier", "low", "high"];

impl Fold for Brier {
    const NAME: &'static str = "brier";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &["n"])
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let alpha = options.alpha(2)?;
        let totals = sample.totals();
        let found = brier(&sample.numbers(), alpha);
        record(
            [
                (FIELDS[0], found.map(|found| found.mean)),
                (FIELDS[1], found.map(|found| found.low)),
                (FIELDS[2], found.map(|found| found.high)),
            ],
            [("n", totals.reference + totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
