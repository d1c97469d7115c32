//! `clopper_pearson(successes, n[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::proportion::clopper_pearson;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClopperPearson;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "clopper_pearson(successes, n[, alpha])",
        does: "A proportion with Clopper and Pearson's exact interval (1934), which covers at least \
            1 - alpha, usually more.",
        arguments: &[
            ("successes", "How many of n."),
            ("n", "Number of trials."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{rate, low, high}.",
        nulls: "NULL for NULL and unless 0 <= successes <= n, n > 0 and 0 < alpha < 1.",
        errors: "",
        source: "Clopper and Pearson 1934; digits as statsmodels.",
        example: "select clopper_pearson(43, 50);\n-- {rate: 0.86, low: 0.733, high: 0.942}",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["rate", "low", "high"];

impl Kernel for ClopperPearson {
    const NAME: &'static str = "clopper_pearson";
    const KINDS: &'static [Kind] = &[Kind::Number; 3];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let rows = super::wilson::intervals(args, clopper_pearson)?;
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
