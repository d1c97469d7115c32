//! `mmd(vector, is_current[, h])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::vectors::Vectors;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::mmd::mmd;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MmdOf;

/// Vectors kept of each side.
const KEPT: usize = 1_000;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "mmd(vector, is_current[, h])",
        does: "Squared maximum mean discrepancy of two clouds of vectors, kernel exp(-|x - y|^2 / \
            h), unbiased (so that it may be below 0). Exact up to 1,000 rows a side; above, over \
            1,000 rows a side, chosen by hash and so the same in any order of rows: use mmd_rff \
            there. p_value is approximate: the statistic under no change taken for a shifted \
            gamma variable with the variance that the centred kernel shows. Cost grows with the \
            square of the rows kept.",
        arguments: &[
            ("vector", "A list of numbers, such as an embedding."),
            SIDE,
            (
                "h",
                "Bandwidth in squared distance; the median squared distance of all pairs unless given.",
            ),
        ],
        result: "{mmd2, h, p_value, n_reference, n_current}.",
        nulls: "Rows with a NULL vector, element or side, or an element that is not finite, are left \
            out. NULL below two rows a side and where h is not positive.",
        errors: "Vectors of different lengths.",
        source: "Gretton et al. 2012.",
        example: "select mmd(embedding, is_current) from embedded_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["mmd2", "h", "p_value"];

impl Fold for MmdOf {
    const NAME: &'static str = "mmd";
    const KINDS: &'static [Kind] = &[Kind::Numbers, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Vectors<KEPT>;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(vectors: &Vectors<KEPT>, options: &Options) -> Result<ScalarValue> {
        let h = Some(options.number(2, f64::NAN)?).filter(|h| !h.is_nan());
        let (reference, current) = (&vectors.reference, &vectors.current);
        let found = mmd(&reference.sample(), &current.sample(), h);
        record(
            [
                (FIELDS[0], found.map(|found| found.mmd2)),
                (FIELDS[1], found.map(|found| found.h)),
                (FIELDS[2], found.and_then(|found| found.p)),
            ],
            [(SIDES[0], reference.n), (SIDES[1], current.n)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
