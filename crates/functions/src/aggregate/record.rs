//! Struct results of aggregates: floats first, counts after them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::{Result, ScalarValue};

/// The counts of a result that compares two sides.
pub(crate) const SIDES: [&str; 2] = ["n_reference", "n_current"];

fn fields(floats: &[&str], counts: &[&str]) -> Fields {
    let float = floats.iter().map(|name| Field::new(*name, DataType::Float64, true));
    let count = counts.iter().map(|name| Field::new(*name, DataType::Int64, true));
    float.chain(count).collect()
}

/// The type of such a result.
pub(crate) fn record_type(floats: &[&str], counts: &[&str]) -> DataType {
    DataType::Struct(fields(floats, counts))
}

/// A result; values that are undefined (`None` or NaN) are NULL.
pub(crate) fn record<const N: usize, const M: usize>(
    floats: [(&str, Option<f64>); N],
    counts: [(&str, u64); M],
) -> Result<ScalarValue> {
    let fields = fields(&floats.map(|float| float.0), &counts.map(|count| count.0));
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(N + M);
    for (_, value) in floats {
        columns.push(Arc::new(Float64Array::from(vec![value.filter(|value| !value.is_nan())])));
    }
    for (_, count) in counts {
        columns.push(Arc::new(Int64Array::from(vec![count as i64])));
    }
    Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(fields, columns, None)?)))
}
