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

/// One result: its floats, then its counts.
pub(crate) type Record<const N: usize, const M: usize> = ([Option<f64>; N], [u64; M]);

/// Results of many groups; values that are undefined (`None` or NaN) are NULL.
pub(crate) fn records<const N: usize, const M: usize>(
    floats: [&str; N],
    counts: [&str; M],
    rows: &[Record<N, M>],
) -> Result<StructArray> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(N + M);
    for at in 0..N {
        let value = |row: &Record<N, M>| row.0.get(at).copied().flatten();
        let values = rows.iter().map(|row| value(row).filter(|value| !value.is_nan()));
        columns.push(Arc::new(values.collect::<Float64Array>()));
    }
    for at in 0..M {
        let values = rows.iter().map(|row| row.1.get(at).map(|count| *count as i64));
        columns.push(Arc::new(values.collect::<Int64Array>()));
    }
    Ok(StructArray::try_new(fields(&floats, &counts), columns, None)?)
}

/// A result; values that are undefined (`None` or NaN) are NULL.
pub(crate) fn record<const N: usize, const M: usize>(
    floats: [(&str, Option<f64>); N],
    counts: [(&str, u64); M],
) -> Result<ScalarValue> {
    let row = (floats.map(|float| float.1), counts.map(|count| count.1));
    let names = (floats.map(|float| float.0), counts.map(|count| count.0));
    Ok(ScalarValue::Struct(Arc::new(records(names.0, names.1, &[row])?)))
}
