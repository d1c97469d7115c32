//! `ece(score, label[, bins[, mode]])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::fold::{Fold, Options};
use super::record::{record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::scores::{Bins, ece};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ece;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "ece(score, label[, bins[, mode]])",
        does: "Expected calibration error: the gap between mean score and share of positives, \
            averaged over bins by their rows. Exact up to 262,144 distinct scores in a group; \
            beyond, scores lose as few low bits as needed.",
        arguments: &[
            ("score", "A chance between 0 and 1."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("bins", "Number of bins, 1 to 10,000; 10 unless given."),
            (
                "mode",
                "`width` (the default): bins of equal width, the bin of a score being floor(score * bins); `mass`: bins of equal numbers of rows, a tie on a border shared out evenly.",
            ),
        ],
        result: "{ece, mce, n}; mce is the largest gap.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out. NULL when there is no \
            row.",
        errors: "Bins outside 1 to 10,000; an unknown mode.",
        source: "Naeini et al. 2015.",
        example: "select ece(score, passed, 15) from evals;",
    }
    .documentation()
});

const FIELDS: [&str; 2] = ["ece", "mce"];

impl Fold for Ece {
    const NAME: &'static str = "ece";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &["n"])
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let n_bins = options.number(2, 10.0)?;
        if !(1.0..=10_000.0).contains(&n_bins) {
            return options.error("bins lie between 1 and 10,000");
        }
        let bins =
            options.choice(3, Bins::Width, &[("width", Bins::Width), ("mass", Bins::Mass)])?;
        let totals = sample.totals();
        let found = ece(&sample.numbers(), n_bins as usize, bins);
        record(
            [
                (FIELDS[0], found.map(|found| found.expected)),
                (FIELDS[1], found.map(|found| found.largest)),
            ],
            [("n", totals.reference + totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
