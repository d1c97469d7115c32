//! `centroid_shift(vector, is_current)`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::fold::{Fold, Options};
use super::record::{SIDES, record, record_type};
use super::vectors::Vectors;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::mmd::{Spread, distance_p, mean_shift};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CentroidShift;

/// Vectors kept of each side to estimate their covariance.
const KEPT: usize = 256;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "centroid_shift(vector, is_current)",
        does: "How far the mean vector moved. p_value is approximate: the squared distance under no \
            change is a sum of squared normals, taken for a gamma variable with the same mean \
            and variance, the covariance coming from at most 256 vectors a side, chosen by hash \
            and so the same in any order of rows.",
        arguments: &[("vector", "A list of numbers, such as an embedding."), SIDE],
        result: "{cosine, euclidean, p_value, n_reference, n_current}: cosine distance (0 to 2) and \
            Euclidean distance of the two means.",
        nulls: "Rows with a NULL vector, element or side, or an element that is not finite, are left \
            out. NULL when a side is empty; p_value is NULL below four vectors.",
        errors: "Vectors of different lengths.",
        source: "Spanlake's own; the gamma approximation is Satterthwaite's (1946).",
        example: "select centroid_shift(embedding, is_current) from embedded_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["cosine", "euclidean", "p_value"];

impl Fold for CentroidShift {
    const NAME: &'static str = "centroid_shift";
    const KINDS: &'static [Kind] = &[Kind::Numbers, Kind::Flag];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Vectors<KEPT>;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(vectors: &Vectors<KEPT>, _: &Options) -> Result<ScalarValue> {
        let (reference, current) = (&vectors.reference, &vectors.current);
        let both = reference.n > 0 && current.n > 0;
        let shift = both.then(|| mean_shift(&reference.mean(), &current.mean()));
        let spread = Spread::of_vectors(&reference.sample(), &current.sample());
        let scale = (reference.n as f64).recip() + (current.n as f64).recip();
        let p = shift
            .zip(spread)
            .and_then(|(shift, spread)| distance_p(shift.1 * shift.1, spread, scale));
        record(
            [
                (FIELDS[0], shift.and_then(|shift| shift.0)),
                (FIELDS[1], shift.map(|shift| shift.1)),
                (FIELDS[2], p),
            ],
            [(SIDES[0], reference.n), (SIDES[1], current.n)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
