//! `isotonic_fit(score, label)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Array, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::drift_bins::list_of;
use super::fold::{Fold, Options};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::scores::isotonic;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct IsotonicFit;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "isotonic_fit(score, label)",
        does: "Calibration curve: the rising function of least squares from score to share of \
            positives. Exact up to 262,144 distinct scores in a group.",
        arguments: &[
            ("score", "A number; higher means more likely positive."),
            ("label", "Whether the case was positive; a number is true unless 0."),
        ],
        result: "A list of {score, rate} in ascending order, to be read by isotonic_rate.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out; an empty list without a \
            row.",
        errors: "",
        source: "Pool adjacent violators (Ayer et al. 1955); digits as scikit-learn.",
        example: "select isotonic_rate(isotonic_fit(score, passed), 0.8) from evals;",
    }
    .documentation()
});

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("score", DataType::Float64, true),
        Field::new("rate", DataType::Float64, true),
    ])
}

impl Fold for IsotonicFit {
    const NAME: &'static str = "isotonic_fit";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        DataType::List(Arc::new(Field::new_list_field(DataType::Struct(fields()), true)))
    }

    fn finish(sample: &Sample, _: &Options) -> Result<ScalarValue> {
        let (scores, rates): (Vec<f64>, Vec<f64>) = isotonic(&sample.numbers()).into_iter().unzip();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Float64Array::from(scores)), Arc::new(Float64Array::from(rates))];
        list_of(StructArray::try_new(fields(), columns, None)?)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
