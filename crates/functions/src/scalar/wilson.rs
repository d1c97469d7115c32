//! `wilson(successes, n[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::proportion::{IntervalMethod, wilson};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wilson;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "wilson(successes, n[, alpha])",
        does: "A proportion with Wilson's score interval (Wilson 1927).",
        arguments: &[
            ("successes", "How many of n."),
            ("n", "Number of trials."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{rate, low, high}.",
        nulls: "NULL for NULL and unless 0 <= successes <= n and n > 0.",
        errors: "",
        source: "Wilson 1927; digits as statsmodels.",
        example: "select wilson(43, 50);\n-- {rate: 0.86, low: 0.738, high: 0.930}",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["rate", "low", "high"];

impl Kernel for Wilson {
    const NAME: &'static str = "wilson";
    const KINDS: &'static [Kind] = &[Kind::Number; 3];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let rows = intervals(args, wilson)?;
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

/// Rate and bounds of every row.
pub(super) fn intervals(
    args: &Args,
    method: IntervalMethod,
) -> Result<Vec<Option<[Option<f64>; 3]>>> {
    let (successes, n, alpha) = (args.numbers(0)?, args.numbers(1)?, args.numbers_or(2, 0.05)?);
    let interval = |row: usize| method(successes.get(row)?, n.get(row)?, alpha.get(row)?);
    let found = (0..args.n_rows).map(|row| {
        interval(row).map(|found| [Some(found.rate), Some(found.low), Some(found.high)])
    });
    Ok(found.collect())
}
