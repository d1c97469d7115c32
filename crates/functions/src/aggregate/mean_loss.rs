//! What the functions that score chances against outcomes share: a mean with a normal interval.

use std::fmt::Debug;
use std::hash::Hash;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::fold::{Fold, Options};
use super::record::{record, record_type};
use super::sample::Sample;
use crate::kernel::Kind;
use crate::stats::ranks::Sorted;
use crate::stats::scores::MeanLoss;

/// One way to score a chance against the outcome.
pub(crate) trait Loss: Debug + Send + Sync + PartialEq + Eq + Hash + 'static {
    /// Name of the function, and of the result's field.
    const NAME: &'static str;

    fn mean(values: &Sorted, alpha: f64) -> Option<MeanLoss>;
    fn manual() -> &'static Documentation;
}

/// The mean loss of a score.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MeanOf<L>(pub(crate) L);

impl<L: Loss> Fold for MeanOf<L> {
    const NAME: &'static str = L::NAME;
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&[L::NAME, "low", "high"], &["n"])
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let alpha = options.alpha(2)?;
        let totals = sample.totals();
        let found = L::mean(&sample.numbers(), alpha);
        record(
            [
                (L::NAME, found.map(|found| found.mean)),
                ("low", found.map(|found| found.low)),
                ("high", found.map(|found| found.high)),
            ],
            [("n", totals.reference + totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        L::manual()
    }
}
