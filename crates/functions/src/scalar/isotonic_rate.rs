//! `isotonic_rate(fit, score)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::scores::isotonic_at;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct IsotonicRate;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "isotonic_rate(fit, score)",
        does: "The share of positives at a score, from a calibration curve: linear between its \
            points, constant outside.",
        arguments: &[
            ("fit", "A list of {score, rate}, as isotonic_fit gives."),
            ("score", "A number."),
        ],
        result: "A share between 0 and 1.",
        nulls: "NULL for NULL and for an empty curve.",
        errors: "",
        source: "Ayer et al. 1955; digits as scikit-learn.",
        example: "select isotonic_rate(isotonic_fit(score, passed), 0.8) from evals;",
    }
    .documentation()
});

impl Kernel for IsotonicRate {
    const NAME: &'static str = "isotonic_rate";
    const KINDS: &'static [Kind] = &[Kind::Steps, Kind::Number];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (fits, scores) = (args.lists(0)?, args.numbers(1)?);
        let mut out = Float64Builder::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let fit = fits.steps(row);
            let rate = fit.zip(scores.get(row)).and_then(|(fit, score)| isotonic_at(&fit, score));
            out.append_option(rate);
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
