//! Builds struct results column by column.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;

/// A struct of nullable 64-bit floats.
pub(crate) fn floats_type(names: &[&str]) -> DataType {
    DataType::Struct(names.iter().map(|name| Field::new(*name, DataType::Float64, true)).collect())
}

/// Rows of such a struct; a `None` row is NULL as a whole.
pub(crate) fn floats<const N: usize>(
    names: [&str; N],
    rows: &[Option<[Option<f64>; N]>],
) -> Result<ArrayRef> {
    let columns = (0..N).map(|column| {
        let values = rows.iter().map(|row| row.and_then(|row| row.get(column).copied().flatten()));
        Arc::new(values.collect::<Float64Array>()) as ArrayRef
    });
    let DataType::Struct(fields) = floats_type(&names) else {
        return structs(Fields::empty(), vec![], &[]);
    };
    let present: Vec<bool> = rows.iter().map(Option::is_some).collect();
    structs(fields, columns.collect(), &present)
}

/// A struct of finished columns, NULL where `present` is false.
pub(crate) fn structs(
    fields: Fields,
    columns: Vec<ArrayRef>,
    present: &[bool],
) -> Result<ArrayRef> {
    let nulls = NullBuffer::from(present);
    Ok(Arc::new(StructArray::try_new(fields, columns, Some(nulls))?))
}
