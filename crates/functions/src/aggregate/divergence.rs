//! What the functions that compare logarithms of binned shares share: they depend on how empty bins are filled.

use std::fmt::Debug;
use std::hash::Hash;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{binning, shares};
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::sample::Sample;
use crate::kernel::Kind;
use crate::stats::drift::{Floor, Shares};

/// One way to say how far shares have moved.
pub(crate) trait Divergence: Debug + Send + Sync + PartialEq + Eq + Hash + 'static {
    const NAME: &'static str;
    /// Name of the result's field.
    const FIELD: &'static str;

    fn of(shares: &Shares, floor: Floor) -> f64;
    fn manual() -> &'static Documentation;
}

/// The divergence of current rows from reference rows.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DivergenceOf<D>(pub(crate) D);

impl<D: Divergence> Fold for DivergenceOf<D> {
    const NAME: &'static str = D::NAME;
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&[D::FIELD, "p_value"], &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let (binning, floor) = binning(options, 2)?;
        let totals = sample.totals();
        let found = shares(sample, binning);
        let found = found.as_ref();
        record(
            [
                (D::FIELD, found.map(|shares| D::of(shares, floor))),
                ("p_value", found.and_then(Shares::p)),
            ],
            [(SIDES[0], totals.reference), (SIDES[1], totals.current)],
        )
    }

    fn manual() -> &'static Documentation {
        D::manual()
    }
}
