//! `welch(value, is_current[, alpha])`

use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{Record, SIDES, record_type, records};
use super::two_means::TwoMeans;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::moments::welch;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct WelchTest;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "welch(value, is_current[, alpha])",
        does: "Current mean minus reference mean with Welch's t-test. Rows of one session are not \
            independent: compare per-session means. State: six numbers.",
        arguments: &[("value", "A number."), SIDE, ("alpha", "1 - confidence; 0.05 unless given.")],
        result: "{diff, t, df, p_value, low, high, reference_mean, current_mean, n_reference, \
            n_current}; low and high bound diff.",
        nulls: "Rows with a NULL, NaN or infinite value or a NULL side are left out. The test is \
            NULL below two rows a side and where neither side varies.",
        errors: "alpha that is not between 0 and 1.",
        source: "Welch 1947; digits as scipy.stats.ttest_ind(equal_var=False).",
        example: "select welch(cost_usd, start_time >= '2026-06-08') from llm_calls;",
    }
    .documentation()
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
        let row = row(means, options.alpha(2)?);
        Ok(ScalarValue::Struct(Arc::new(records(FIELDS, SIDES, &[row])?)))
    }

    fn finish_all(means: &[TwoMeans], options: &Options) -> Result<ArrayRef> {
        let alpha = options.alpha(2)?;
        let rows: Vec<_> = means.iter().map(|means| row(means, alpha)).collect();
        Ok(Arc::new(records(FIELDS, SIDES, &rows)?))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

fn row(means: &TwoMeans, alpha: f64) -> Record<8, 2> {
    let (reference, current) = (&means.reference, &means.current);
    let found = welch(reference, current, alpha);
    let both = reference.n > 0.0 && current.n > 0.0;
    let floats = [
        both.then_some(current.mean - reference.mean),
        found.map(|found| found.t),
        found.map(|found| found.degrees),
        found.map(|found| found.p),
        found.map(|found| found.low),
        found.map(|found| found.high),
        (reference.n > 0.0).then_some(reference.mean),
        (current.n > 0.0).then_some(current.mean),
    ];
    (floats, [reference.n as u64, current.n as u64])
}
