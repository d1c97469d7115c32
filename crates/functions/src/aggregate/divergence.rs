//! What the distances of binned shares have in common: rows, options, and a result of distances, `p_value` and counts.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::{binning, shares};
use super::fold::{Fold, Options};
use super::record::{SIDES, record_type, records};
use super::sample::Sample;
use crate::kernel::Kind;
use crate::stats::binning::Binning;
use crate::stats::drift::{Floor, Shares};

/// One way to say how far shares have moved, as `N` fields, the last of them the p-value.
pub(crate) trait Divergence<const N: usize>:
    Debug + Send + Sync + PartialEq + Eq + Hash + 'static
{
    const NAME: &'static str;
    /// Names of the result's fields before the counts.
    const FIELDS: [&'static str; N];

    fn of(shares: &Shares, floor: Floor) -> [Option<f64>; N];
    fn manual() -> &'static Documentation;

    /// The binning used where this one is asked for.
    fn binning(asked: Binning) -> Binning {
        asked
    }
}

/// The divergence of current rows from reference rows.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DivergenceOf<const N: usize, D>(pub(crate) D);

impl<const N: usize, D: Divergence<N>> Fold for DivergenceOf<N, D> {
    const NAME: &'static str = D::NAME;
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Flag, Kind::Text];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&D::FIELDS, &SIDES)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let (binning, floor) = binning(options, 2)?;
        let totals = sample.totals();
        let found = shares(sample, D::binning(binning));
        let found = found.map_or([None; N], |shares| D::of(&shares, floor));
        let row = (found, [totals.reference, totals.current]);
        Ok(ScalarValue::Struct(Arc::new(records(D::FIELDS, SIDES, &[row])?)))
    }

    fn manual() -> &'static Documentation {
        D::manual()
    }
}
