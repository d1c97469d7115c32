//! `welch(value, is_current[, alpha])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::two_means::TwoMeans;
use crate::documented::{STATISTICS, manual};
use crate::kernel::Kind;
use crate::stats::moments::welch;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct WelchTest;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        STATISTICS,
        "Current mean minus reference mean with Welch's t-test. Result: {diff, t, df, p_value, low, high, \
         reference_mean, current_mean, n_reference, n_current}; low and high bound diff. Rows with a NULL, NaN or infinite \
         value or a NULL side are left out. The test is NULL below two rows a side and where neither side varies. \
         Rows of one session are not independent: compare per-session means. State: six numbers. Source: Welch 1947; \
         digits as scipy.stats.ttest_ind(equal_var=False).",
        "welch(value, is_current[, alpha])",
        &[("value", "A number."), SIDE, ("alpha", "1 - confidence; 0.05 unless given.")],
        "select welch(cost_usd, start_time >= '2026-06-08') from llm_calls;",
    )
});

const FIELDS: [&str; 8] =
    ["diff", "t", "df", "p_value", "low", "high", "reference_mean", "current_mean"];

impl Fold for WelchTest {
    const NAME: &'static str = "welch";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = TwoMeans;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(means: &TwoMeans, options: &Options) -> Result<ScalarValue> {
        let (reference, current) = (&means.reference, &means.current);
        let found = welch(reference, current, options.alpha(2)?);
        let both = reference.n > 0.0 && current.n > 0.0;
        record(
            [
                (FIELDS[0], both.then_some(current.mean - reference.mean)),
                (FIELDS[1], found.map(|found| found.t)),
                (FIELDS[2], found.map(|found| found.degrees)),
                (FIELDS[3], found.map(|found| found.p)),
                (FIELDS[4], found.map(|found| found.low)),
                (FIELDS[5], found.map(|found| found.high)),
                (FIELDS[6], (reference.n > 0.0).then_some(reference.mean)),
                (FIELDS[7], (current.n > 0.0).then_some(current.mean)),
            ],
            [(SIDES[0], reference.n as u64), (SIDES[1], current.n as u64)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
