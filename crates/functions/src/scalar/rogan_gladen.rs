//! `rogan_gladen(rate, sensitivity, specificity)`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::{floats, floats_type};
use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::judge::rogan_gladen;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoganGladen;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "rogan_gladen(rate, sensitivity, specificity)",
        does: "The true rate behind the rate a judge reports, given how often it is right on \
            positive and on negative cases. No interval: see judge_corrected.",
        arguments: &[
            ("rate", "Share of cases that the judge passes."),
            ("sensitivity", "Share of truly passing cases that it passes."),
            ("specificity", "Share of truly failing cases that it fails."),
        ],
        result: "{rate, unclipped}: rate is cut to 0..1.",
        nulls: "NULL for NULL, values outside 0..1, and where sensitivity + specificity = 1.",
        errors: "",
        source: "Rogan and Gladen 1978.",
        example: "select rogan_gladen(0.8, 0.9, 0.85);\n-- {rate: 0.8667, unclipped: 0.8667}",
    }
    .documentation()
});

const FIELDS: [&str; 2] = ["rate", "unclipped"];

impl Kernel for RoganGladen {
    const NAME: &'static str = "rogan_gladen";
    const KINDS: &'static [Kind] = &[Kind::Number; 3];
    const REQUIRED: usize = 3;

    fn return_type() -> DataType {
        floats_type(&FIELDS)
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let [rate, sensitivity, specificity] =
            [args.numbers(0)?, args.numbers(1)?, args.numbers(2)?];
        let rows: Vec<_> = (0..args.n_rows)
            .map(|row| {
                let specificity = specificity.get(row)?;
                let found = rogan_gladen(rate.get(row)?, sensitivity.get(row)?, specificity)?;
                Some([Some(found.clamp(0.0, 1.0)), Some(found)])
            })
            .collect();
        floats(FIELDS, &rows)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
