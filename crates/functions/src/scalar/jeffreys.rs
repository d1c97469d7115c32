//! `jeffreys(successes, n[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::proportion::jeffreys;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Jeffreys;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "jeffreys(successes, n[, alpha])",
        does: "A proportion with Jeffreys's interval: the quantiles of Beta(x + 1/2, n - x + 1/2).",
        arguments: &[
            ("successes", "How many of n."),
            ("n", "Number of trials."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{rate, low, high}.",
        nulls: "NULL for NULL and unless 0 <= successes <= n, n > 0 and 0 < alpha < 1.",
        errors: "",
        source: "Brown, Cai and DasGupta 2001; digits as statsmodels.",
        example: "select jeffreys(43, 50);\n-- {rate: 0.86, low: 0.744, high: 0.935}",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["rate", "low", "high"];

impl Kernel for Jeffreys {
    const NAME: &'static str = "jeffreys";
    const KINDS: &'static [Kind] = &[Kind::Number; 3];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let rows = super::wilson::intervals(args, jeffreys)?;
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
