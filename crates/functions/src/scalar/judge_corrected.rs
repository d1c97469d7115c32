//! `judge_corrected(rate, n, sensitivity, positives, specificity, negatives[, alpha])`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::judge::{Calibration, corrected};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JudgeCorrected;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "judge_corrected(rate, n, sensitivity, positives, specificity, negatives[, alpha])",
        does: "The true rate behind a judge's rate with an interval over both the n verdicts and \
            the calibration. Withhold it where the judge is hardly better than chance or fewer \
            than 50 cases are labelled.",
        arguments: &[
            ("rate", "Share of cases that the judge passes."),
            ("n", "Number of verdicts."),
            ("sensitivity", "Share of truly passing cases that it passes."),
            ("positives", "Labelled passing cases behind it."),
            ("specificity", "Share of truly failing cases that it fails."),
            ("negatives", "Labelled failing cases behind it."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{rate, low, high}, cut to 0..1.",
        nulls: "NULL for NULL, rates outside 0..1, sizes that are not positive, and where \
            sensitivity + specificity = 1.",
        errors: "",
        source: "Lee et al. 2025 (arXiv 2511.21140).",
        example: "select judge_corrected(0.8, 1000, 0.9, 150, 0.85, 100);\n-- {rate: 0.867, low: 0.805, high: 0.941}",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["rate", "low", "high"];

impl Kernel for JudgeCorrected {
    const NAME: &'static str = "judge_corrected";
    const KINDS: &'static [Kind] = &[Kind::Number; 7];
    const REQUIRED: usize = 6;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let [rate, n, sensitivity] = [args.numbers(0)?, args.numbers(1)?, args.numbers(2)?];
        let [positives, specificity, negatives] =
            [args.numbers(3)?, args.numbers(4)?, args.numbers(5)?];
        let alpha = args.numbers_or(6, 0.05)?;
        let rows: Vec<_> = (0..args.n_rows)
            .map(|row| {
                let judge = Calibration {
                    sensitivity: sensitivity.get(row)?,
                    positives: positives.get(row)?,
                    specificity: specificity.get(row)?,
                    negatives: negatives.get(row)?,
                };
                let found = corrected(rate.get(row)?, n.get(row)?, judge, alpha.get(row)?)?;
                Some([Some(found.rate), Some(found.low), Some(found.high)])
            })
            .collect();
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
