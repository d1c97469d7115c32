//! `ks_test(value, is_current[, method])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::ranks::{KsMethod, ks};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct KsTest;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "ks_test(value, is_current[, method])",
        does: "Two-sample test of Kolmogorov and Smirnov. Exact up to 262,144 distinct values in a \
            group; beyond, numbers lose as few low bits as needed (an error of 0.01 % at most \
            where they span a factor of a million) and categories share 32,768 buckets.",
        arguments: &[
            ("value", "A number."),
            SIDE,
            (
                "method",
                "`auto` (the default): exact while both sides have at most 10,000 rows, else asymptotic; or `asymptotic`.",
            ),
        ],
        result: "{statistic, p_value, location, sign, n_reference, n_current}: statistic is the \
            largest distance of the two distribution functions, location the value where it \
            lies, sign 1 where the reference's function is above there (current values tend to \
            be larger), else -1.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; infinite values count as \
            extremes. NULL when a side is empty.",
        errors: "An unknown method.",
        source: "Hodges 1958, Viehmann 2021 (exact); Simard and L'Ecuyer 2011 (asymptotic); digits as \
            scipy.stats.ks_2samp.",
        example: "select ks_test(duration_ms, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 4] = ["statistic", "p_value", "location", "sign"];

impl Fold for KsTest {
    const NAME: &'static str = "ks_test";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let methods = [("auto", KsMethod::Auto), ("asymptotic", KsMethod::Asymptotic)];
        let method = options.choice(2, KsMethod::Auto, &methods)?;
        let totals = sample.totals();
        let found = ks(&sample.numbers(), method);
        record(
            [
                (FIELDS[0], found.map(|found| found.statistic)),
                (FIELDS[1], found.map(|found| found.p)),
                (FIELDS[2], found.map(|found| found.location)),
                (FIELDS[3], found.map(|found| found.sign)),
            ],
            [(SIDES[0], totals.reference), (SIDES[1], totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
