//! `seq_diff(n1, m1, v1, n2, m2, v2[, alpha[, tuning]])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::{Args, Numbers};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::sequential::{Moments, seq_diff};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeqDiff;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "seq_diff(n1, m1, v1, n2, m2, v2[, alpha[, tuning]])",
        does: "Second mean minus first, valid however often it is looked at: asymptotic confidence \
            sequence (Waudby-Smith et al. 2023, eq. 9).",
        arguments: &[
            ("n1", "Size of the first (reference) sample."),
            ("m1", "Its mean."),
            ("v1", "Its variance."),
            ("n2", "Size of the second (current) sample."),
            ("m2", "Its mean."),
            ("v2", "Its variance."),
            ("alpha", "1 - confidence; 0.05 unless given."),
            ("tuning", "Total sample size at which the sequence is tightest; 5000 unless given."),
        ],
        result: "{diff, low, high, p, rho}, p being always valid and rho the scale of the mixture \
            that the tuning fixes.",
        nulls: "NULL for NULL, empty samples, negative variances, or two variances of 0.",
        errors: "",
        source: "Waudby-Smith et al. 2023, equation 9.",
        example: "select seq_diff(5000, 0.8, 0.16, 5200, 0.83, 0.1411)['p'];\n-- 0.0032",
    }
    .documentation()
});

const FIELDS: [&str; 5] = ["diff", "low", "high", "p", "rho"];

impl Kernel for SeqDiff {
    const NAME: &'static str = "seq_diff";
    const KINDS: &'static [Kind] = &[Kind::Number; 8];
    const REQUIRED: usize = 6;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let first = [args.numbers(0)?, args.numbers(1)?, args.numbers(2)?];
        let second = [args.numbers(3)?, args.numbers(4)?, args.numbers(5)?];
        let (alpha, tuning) = (args.numbers_or(6, 0.05)?, args.numbers_or(7, 5_000.0)?);
        let moments = |[n, mean, variance]: &[Numbers; 3], row| {
            Some(Moments { n: n.get(row)?, mean: mean.get(row)?, variance: variance.get(row)? })
        };
        let rows: Vec<_> = (0..args.n_rows)
            .map(|row| {
                let (first, second) = (moments(&first, row)?, moments(&second, row)?);
                let found = seq_diff(first, second, alpha.get(row)?, tuning.get(row)?)?;
                let bounds = [Some(found.low), Some(found.high)];
                Some([Some(found.diff), bounds[0], bounds[1], Some(found.p), Some(found.rho)])
            })
            .collect();
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
