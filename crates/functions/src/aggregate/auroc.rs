//! `auroc(score, label[, alpha])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::fold::{Fold, Options};
use super::record::{record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::scores::ranking;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Auroc;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "auroc(score, label[, alpha])",
        does: "Area under the ROC curve: the chance that a positive case scores higher than a \
            negative one, ties half. Exact up to 262,144 distinct scores in a group; beyond, \
            scores lose as few low bits as needed.",
        arguments: &[
            ("score", "A number; higher means more likely positive."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{auroc, low, high, p_value, average_precision, n_positive, n_negative}: DeLong's \
            interval (NULL with one case on a side), the p-value of Mann and Whitney's test \
            against 0.5, and average precision.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out. NULL unless both \
            outcomes occur.",
        errors: "alpha that is not between 0 and 1.",
        source: "DeLong et al. 1988; digits as scikit-learn.",
        example: "select auroc(score, passed) from evals;",
    }
    .documentation()
});

const FIELDS: [&str; 5] = ["auroc", "low", "high", "p_value", "average_precision"];
const COUNTS: [&str; 2] = ["n_positive", "n_negative"];

impl Fold for Auroc {
    const NAME: &'static str = "auroc";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &COUNTS)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let alpha = options.alpha(2)?;
        let totals = sample.totals();
        let found = ranking(&sample.numbers(), alpha);
        record(
            [
                (FIELDS[0], found.map(|found| found.auroc)),
                (FIELDS[1], found.map(|found| found.low)),
                (FIELDS[2], found.map(|found| found.high)),
                (FIELDS[3], found.map(|found| found.p)),
                (FIELDS[4], found.map(|found| found.average_precision)),
            ],
            [(COUNTS[0], totals.current), (COUNTS[1], totals.reference)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
