//! `agresti_coull(successes, n[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::proportion::agresti_coull;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgrestiCoull;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "agresti_coull(successes, n[, alpha])",
        does: "A proportion with Agresti and Coull's interval (1998).",
        arguments: &[
            ("successes", "How many of n."),
            ("n", "Number of trials."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{rate, low, high}.",
        nulls: "NULL for NULL and unless 0 <= successes <= n, n > 0 and 0 < alpha < 1.",
        errors: "",
        source: "Agresti and Coull 1998; digits as statsmodels.",
        example: "select agresti_coull(43, 50);\n-- {rate: 0.86, low: 0.735, high: 0.933}",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["rate", "low", "high"];

impl Kernel for AgrestiCoull {
    const NAME: &'static str = "agresti_coull";
    const KINDS: &'static [Kind] = &[Kind::Number; 3];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let rows = super::wilson::intervals(args, agresti_coull)?;
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
