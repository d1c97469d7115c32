//! `two_prop(x1, n1, x2, n2[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::proportion::two_prop;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TwoProp;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "two_prop(x1, n1, x2, n2[, alpha])",
        does: "Second proportion minus first.",
        arguments: &[
            ("x1", "Successes of the first (reference) sample."),
            ("n1", "Size of the first sample."),
            ("x2", "Successes of the second (current) sample."),
            ("n2", "Size of the second sample."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{diff, z, p, newcombe_lo, newcombe_hi, wald_lo, wald_hi, agresti_caffo_lo, \
            agresti_caffo_hi, fisher_p, odds_ratio}: pooled two-sided z-test, Newcombe's hybrid \
            score interval (1998, method 10; the one to use), those of Wald and of Agresti and \
            Caffo (2000), Fisher's exact test and the sample's odds ratio, infinite where only \
            its divisor is 0.",
        nulls: "z, p and odds_ratio are NULL when neither sample varies, fisher_p for counts that \
            are not whole. NULL for NULL and unless 0 <= x <= n and n > 0 on both sides.",
        errors: "",
        source: "Newcombe 1998; Agresti and Caffo 2000; Fisher 1935; digits as statsmodels and scipy.",
        example: "select two_prop(12, 200, 25, 210)['p'];\n-- 0.0370",
    }
    .documentation()
});

const FIELDS: [&str; 11] = [
    "diff",
    "z",
    "p",
    "newcombe_lo",
    "newcombe_hi",
    "wald_lo",
    "wald_hi",
    "agresti_caffo_lo",
    "agresti_caffo_hi",
    "fisher_p",
    "odds_ratio",
];

impl Kernel for TwoProp {
    const NAME: &'static str = "two_prop";
    const KINDS: &'static [Kind] = &[Kind::Number; 5];
    const REQUIRED: usize = 4;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let [x1, n1, x2, n2] =
            [args.numbers(0)?, args.numbers(1)?, args.numbers(2)?, args.numbers(3)?];
        let alpha = args.numbers_or(4, 0.05)?;
        let rows: Vec<_> = (0..args.n_rows)
            .map(|row| {
                let (x1, n1) = (x1.get(row)?, n1.get(row)?);
                let found = two_prop(x1, n1, x2.get(row)?, n2.get(row)?, alpha.get(row)?)?;
                Some([
                    Some(found.diff),
                    found.z,
                    found.p,
                    Some(found.newcombe.0),
                    Some(found.newcombe.1),
                    Some(found.wald.0),
                    Some(found.wald.1),
                    Some(found.agresti_caffo.0),
                    Some(found.agresti_caffo.1),
                    found.fisher_p,
                    found.odds_ratio,
                ])
            })
            .collect();
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
