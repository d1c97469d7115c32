//! Sorts rows and encodes them as one Parquet file.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow_cast::cast;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use arrow_select::take::take;
use parquet::arrow::ArrowWriter;
use spanlake_model::Table;

use super::facts::{Facts, FileFacts};
use super::{Effort, writer_properties};
use crate::error::{Result, StoreError};
use crate::options::StoreOptions;

/// Rows that are sorted into place and encoded at a time.
const STEP_ROWS: usize = 4096;

/// An encoded file and what is known of it.
#[derive(Debug)]
pub(crate) struct EncodedFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) facts: FileFacts,
    /// Where each row of the file came from, by batch and row.
    pub(crate) rows: Vec<(usize, usize)>,
}

/// Returns a table's schema inside its files: everything but the partition column.
pub(crate) fn file_schema(table: Table) -> SchemaRef {
    let schema = table.schema();
    let fields = schema.fields().iter().filter(|field| field.name() != "date").cloned();
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Drops the partition column.
pub(crate) fn without_date(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let columns: Vec<usize> =
        (0..schema.fields().len()).filter(|at| schema.field(*at).name() != "date").collect();
    batch.project(&columns)
}

/// Returns what turns a table's sort columns into comparable rows.
pub(crate) fn sort_converter(table: Table) -> Result<RowConverter, ArrowError> {
    let schema = table.schema();
    let fields = table.sort_columns().iter().map(|name| {
        schema.field_with_name(name).map(|field| SortField::new(field.data_type().clone()))
    });
    RowConverter::new(fields.collect::<Result<_, _>>()?)
}

/// Returns a batch's rows in comparable form.
pub(crate) fn sort_keys(
    table: Table,
    converter: &RowConverter,
    batch: &RecordBatch,
) -> Result<arrow_row::Rows, ArrowError> {
    let schema = batch.schema();
    let columns = table
        .sort_columns()
        .iter()
        .map(|name| schema.index_of(name).map(|at| Arc::clone(batch.column(at))));
    converter.convert_columns(&columns.collect::<Result<Vec<_>, _>>()?)
}

/// Sorts the given rows, named by batch and row, and encodes them as one file. CPU-bound.
pub(crate) fn encode(
    table: Table,
    batches: &[Arc<RecordBatch>],
    mut rows: Vec<(usize, usize)>,
    options: &StoreOptions,
) -> Result<EncodedFile> {
    let arrow = |source| StoreError::Arrow { table: table.name(), source };
    let parquet =
        |source| StoreError::Parquet { action: "encode", path: table.name().to_owned(), source };
    let converter = sort_converter(table).map_err(arrow)?;
    // Rows of one date come from few of the batches.
    let mut keys: Vec<Option<arrow_row::Rows>> = batches.iter().map(|_| None).collect();
    for (at, _) in &rows {
        if let (Some(batch), Some(keys @ None)) = (batches.get(*at), keys.get_mut(*at)) {
            *keys = Some(sort_keys(table, &converter, batch).map_err(arrow)?);
        }
    }
    let key = |(batch, row): (usize, usize)| Some(keys.get(batch)?.as_ref()?.row(row));
    rows.sort_by(|a, b| key(*a).cmp(&key(*b)));
    let stripped = batches
        .iter()
        .map(|batch| without_date(batch))
        .collect::<Result<Vec<_>, _>>()
        .map_err(arrow)?;
    let stripped: Vec<&RecordBatch> = stripped.iter().collect();

    let properties = writer_properties(table, rows.len(), Effort::Quick, options)?;
    let mut writer =
        ArrowWriter::try_new(Vec::new(), file_schema(table), Some(properties)).map_err(parquet)?;
    let mut facts = Facts::new(table);
    for step in rows.chunks(STEP_ROWS) {
        let batch = interleave_record_batch(&stripped, step).map_err(arrow)?;
        facts.observe(&batch);
        writer.write(&batch).map_err(parquet)?;
    }
    let bytes = writer.into_inner().map_err(parquet)?;
    Ok(EncodedFile { bytes, facts: facts.finish(), rows })
}

/// Returns a column of a type's default, for files older than the column.
pub(crate) fn default_column(data_type: &DataType, rows: usize) -> Result<ArrayRef, ArrowError> {
    let one = match data_type {
        DataType::Utf8View | DataType::Utf8 => cast(&StringArray::from(vec![""]), data_type)?,
        _ => cast(&Int64Array::from(vec![0]), data_type)?,
    };
    let zeros = UInt32Array::from_value(0, rows);
    take(one.as_ref(), &zeros, None)
}
