//! Reads rows of data files back.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_cast::cast;
use arrow_schema::ArrowError;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::metadata::PageIndexPolicy;
use spanlake_model::{Day, Table};

use super::facts::Facts;
use super::object::ObjectReader;
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::filter::IdFilters;
use crate::key::{RowKey, Version, for_each_key};
use crate::keys::{FileKeys, KeysBuilder};

pub(crate) type FileReader = ParquetRecordBatchStreamBuilder<ObjectReader>;

fn failed(
    file: &DataFile,
) -> impl Fn(parquet::errors::ParquetError) -> StoreError + Send + 'static {
    let path = file.path.to_string();
    move |source| StoreError::Parquet { action: "read", path: path.clone(), source }
}

/// Opens a file, reading its footer.
pub(crate) async fn file_reader(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
) -> Result<FileReader> {
    let reader =
        ObjectReader { store: Arc::clone(store), path: file.path.clone(), size: file.size };
    let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await.map_err(failed(file))
}

/// Streams the visible rows of a file in file order, in the table's full schema.
pub(crate) async fn read_batches(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    file: &DataFile,
    batch_rows: usize,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let mut reader = file_reader(store, file).await?.with_batch_size(batch_rows);
    if !file.dead.is_empty() {
        let live = file.dead.live_ranges(file.rows).map(|run| run.start as usize..run.end as usize);
        let selection = RowSelection::from_consecutive_ranges(live, file.rows as usize);
        reader = reader.with_row_selection(selection);
    }
    let date = file.date;
    let stream = reader.build().map_err(failed(file))?.map_err(failed(file));
    Ok(stream
        .map(move |batch| {
            with_date(table, &batch?, date)
                .map_err(|source| StoreError::Arrow { table: table.name(), source })
        })
        .boxed())
}

/// Reads the rows with the given numbers, ascending, in the table's full schema; only some of the
/// columns where they are named, the others being empty.
pub(crate) async fn read_rows_at(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    file: &DataFile,
    rows: &[u32],
    columns: Option<&[&str]>,
) -> Result<Vec<RecordBatch>> {
    let mut reader = file_reader(store, file).await?;
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
        reader = reader.with_projection(mask);
    }
    let ranges = rows.iter().map(|row| *row as usize..*row as usize + 1);
    let selection = RowSelection::from_consecutive_ranges(ranges, file.rows as usize);
    let stream = reader.with_row_selection(selection).build().map_err(failed(file))?;
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(failed(file))?;
    batches
        .iter()
        .map(|batch| with_date(table, batch, file.date))
        .collect::<Result<_, _>>()
        .map_err(|source| StoreError::Arrow { table: table.name(), source })
}

/// Finds where each row of a file is.
pub(crate) async fn read_keys(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    file: &DataFile,
) -> Result<FileKeys> {
    let mut keys = KeysBuilder::default();
    scan_keys(store, table, file, |row, key, version| keys.push(key, version, row)).await?;
    Ok(keys.finish())
}

/// Calls `each` with every row's number, key and version.
pub(crate) async fn scan_keys(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    file: &DataFile,
    mut each: impl FnMut(u32, RowKey, Version),
) -> Result<()> {
    let wanted = ["trace_id", "span_id", "eval_id", "row_version", "is_final", "writer_id"];
    let mut first = 0_u32;
    scan_columns(store, file, &wanted, |batch| {
        for_each_key(table, batch, |row, key, version| each(first + row as u32, key, version));
        first += batch.num_rows() as u32;
    })
    .await
}

/// Calls `each` with all rows of a file, dead ones included, as batches of the columns named.
pub(crate) async fn scan_columns(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
    columns: &[&str],
    mut each: impl FnMut(&RecordBatch),
) -> Result<()> {
    let reader = file_reader(store, file).await?;
    let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
    let mut stream = reader.with_projection(mask).build().map_err(failed(file))?;
    while let Some(batch) = stream.try_next().await.map_err(failed(file))? {
        each(&batch);
    }
    Ok(())
}

/// Makes a file's id filters from its rows.
pub(crate) async fn read_filters(
    store: &Arc<dyn ObjectStore>,
    table: Table,
    file: &DataFile,
) -> Result<IdFilters> {
    let mut facts = Facts::new(table);
    scan_columns(store, file, &["trace_id", "span_id", "eval_id"], |batch| facts.observe(batch))
        .await?;
    Ok(facts.into_filters())
}

/// Brings a file's batch into the table's full schema: adds the date, adds columns that the file
/// does not know, and gives every column the table's type.
pub(crate) fn with_date(
    table: Table,
    batch: &RecordBatch,
    date: Day,
) -> Result<RecordBatch, ArrowError> {
    let schema = table.schema();
    let rows = batch.num_rows();
    let column = |field: &arrow_schema::FieldRef| -> Result<ArrayRef, ArrowError> {
        if field.name() == "date" {
            return Ok(Arc::new(Date32Array::from_value(date.0, rows)));
        }
        match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast(column, field.data_type()),
            None if field.is_nullable() => Ok(new_null_array(field.data_type(), rows)),
            None => super::write::default_column(field.data_type(), rows),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new_with_options(
        schema,
        columns,
        &RecordBatchOptions::new().with_row_count(Some(rows)),
    )
}

/// Reads a file's row count from its footer.
pub(crate) async fn file_rows(store: &Arc<dyn ObjectStore>, file: &DataFile) -> Result<u64> {
    let reader = file_reader(store, file).await?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0))
}
