//! `drift_test(value, is_current)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{SIDE, shares};
use super::fold::{Fold, Options};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::binning::Binning;
use crate::stats::drift::{Chi2Method, Shares};
use crate::stats::proportion::two_prop;
use crate::stats::ranks::{KsMethod, ks};
use crate::stats::wasserstein::wasserstein;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DriftTest;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "drift_test(value, is_current)",
        does: "The drift measure that evidently chooses for a column, with a p-value that holds at \
            any size. Up to 1,000 reference rows: `ks` for numbers with more than 5 distinct \
            values, else `chisquare` (statistic: chi2 of the 2 x k table) or for two values `z`; \
            above: `wasserstein` (statistic: the normed distance) for numbers with more than 5 \
            distinct values, else `jensenshannon` (statistic: the distance in nats). p_value is \
            that of ks_test, chi2_drift, the pooled z-test, wasserstein or js_distance.",
        arguments: &[("value", "A number, text or boolean."), SIDE],
        result: "{test, statistic, p_value, n_reference, n_current}.",
        nulls: "Rows with a NULL or NaN value or a NULL side are left out; all but the counts are \
            NULL when a side is empty.",
        errors: "",
        source: "The choice of the test is evidently's (0.7.23).",
        example: "select drift_test(duration_ms, start_time >= '2026-06-08')['test'] from llm_calls;",
    }
    .documentation()
});

/// Reference rows up to which evidently tests; above it measures a distance.
const SMALL: u64 = 1_000;
/// Distinct numbers up to which they are categories.
const FEW: usize = 5;

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("test", DataType::Utf8, true),
        Field::new("statistic", DataType::Float64, true),
        Field::new("p_value", DataType::Float64, true),
        Field::new("n_reference", DataType::Int64, true),
        Field::new("n_current", DataType::Int64, true),
    ])
}

/// The name of the test, its statistic and its p-value.
type Found = (&'static str, Option<f64>, Option<f64>);

fn test(sample: &Sample) -> Option<Found> {
    let shares = shares(sample, Binning::Values)?;
    let numbers = sample.numbers();
    let is_small = sample.totals().reference <= SMALL;
    let distinct = numbers.len().max(sample.categories().len());
    Some(match (is_small, numbers.len() > FEW) {
        (true, true) => {
            let found = ks(&numbers, KsMethod::Auto)?;
            ("ks", Some(found.statistic), Some(found.p))
        }
        (false, true) => {
            let found = wasserstein(&numbers);
            let (statistic, p) = (found.map(|found| found.normed), found.and_then(|found| found.p));
            ("wasserstein", statistic, p)
        }
        (true, false) if distinct > 2 => {
            let found = shares.chi2(Chi2Method::Pearson);
            ("chisquare", Some(found.statistic), found.p)
        }
        (true, false) => {
            let found = z_test(sample)?;
            ("z", found.0, found.1)
        }
        (false, false) => ("jensenshannon", Some(shares.js().sqrt()), Shares::p(&shares)),
    })
}

/// The pooled z-test on the share of the last of two values; p is 1 where there is one value.
fn z_test(sample: &Sample) -> Option<(Option<f64>, Option<f64>)> {
    let last = match sample {
        Sample::Numbers(_) => sample.numbers().last().map(|value| value.1),
        Sample::Categories(_) => sample.categories().last().map(|category| category.1),
    }?;
    let total = sample.totals();
    let found = two_prop(
        last.reference as f64,
        total.reference as f64,
        last.current as f64,
        total.current as f64,
        0.05,
    )?;
    Some((found.z, Some(found.p.unwrap_or(1.0))))
}

impl Fold for DriftTest {
    const NAME: &'static str = "drift_test";
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn finish(sample: &Sample, _: &Options) -> Result<ScalarValue> {
        let (found, totals) = (test(sample), sample.totals());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![found.map(|found| found.0)])),
            Arc::new(Float64Array::from(vec![found.and_then(|found| found.1)])),
            Arc::new(Float64Array::from(vec![found.and_then(|found| found.2)])),
            Arc::new(Int64Array::from(vec![totals.reference as i64])),
            Arc::new(Int64Array::from(vec![totals.current as i64])),
        ];
        Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(fields(), columns, None)?)))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
