//! Makes snapshots by hand: Parquet files in memory, written without the store's own writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use spanlake_model::{Day, Micros, Rows, Table};
use spanlake_store::{
    ColumnRange, DataFile, DeadRows, FileFilter, RangeValue, Snapshot, TableSnapshot,
};

/// Files and buffered rows of a store in the making.
pub(crate) struct Builder {
    pub(crate) store: Arc<InMemory>,
    tables: BTreeMap<Table, TableSnapshot>,
    row_group_rows: usize,
}

impl Builder {
    pub(crate) fn new(row_group_rows: usize) -> Self {
        Self { store: Arc::new(InMemory::new()), tables: BTreeMap::new(), row_group_rows }
    }

    fn table(&mut self, table: Table) -> &mut TableSnapshot {
        self.tables.entry(table).or_insert_with(|| TableSnapshot::new(table, vec![], vec![]))
    }

    /// Adds rows to the buffer.
    pub(crate) fn memory(&mut self, rows: &Rows) -> &mut Self {
        let batch = rows.to_batch().unwrap();
        self.table(rows.table()).memory.push(Arc::new(batch));
        self
    }

    /// Adds a file with rows of one date, some of them hidden.
    pub(crate) async fn file(&mut self, rows: &Rows, dead: Vec<u32>) -> &mut Self {
        let table = rows.table();
        let batch = rows.to_batch().unwrap();
        let number = self.tables.values().map(|table| table.files.len()).sum::<usize>();
        let file = write(&self.store, table, &batch, number, self.row_group_rows, dead).await;
        self.table(table).files.push(Arc::new(file));
        self
    }

    pub(crate) fn build(&self) -> Snapshot {
        let store: Arc<dyn ObjectStore> = Arc::clone(&self.store) as Arc<dyn ObjectStore>;
        let url = url::Url::parse("memory:///").unwrap();
        Snapshot::new(1, self.tables.values().cloned(), store, url)
    }
}

async fn write(
    store: &InMemory,
    table: Table,
    batch: &RecordBatch,
    number: usize,
    row_group_rows: usize,
    dead: Vec<u32>,
) -> DataFile {
    let date_column = batch.schema().index_of("date").unwrap();
    let date = Day::default_of(batch, date_column);
    let mut stored = batch.clone();
    stored.remove_column(date_column);
    let properties =
        WriterProperties::builder().set_max_row_group_row_count(Some(row_group_rows)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, stored.schema(), Some(properties)).unwrap();
    writer.write(&stored).unwrap();
    writer.close().unwrap();
    let path = Path::from(format!("{}/date={}/{number}.parquet", table.name(), date.iso()));
    let size = bytes.len() as u64;
    store.put(&path, bytes.into()).await.unwrap();
    let columns = ranges(table, &stored);
    let time = table.sort_columns().iter().find_map(|name| columns.get(*name));
    let bound = |value: Option<RangeValue>| match value {
        Some(RangeValue::Time(time)) => Some(time),
        _ => None,
    };
    DataFile {
        path,
        size,
        rows: stored.num_rows() as u64,
        date,
        modified: Micros(1_000_000),
        min_time: time.and_then(|range| bound(range.min)),
        max_time: time.and_then(|range| bound(range.max)),
        columns,
        dead: DeadRows::new(dead),
        filter: Arc::new(filter(&stored)),
    }
}

/// Reads the date all rows of a batch share.
trait OneDate {
    fn default_of(batch: &RecordBatch, column: usize) -> Day;
}

impl OneDate for Day {
    fn default_of(batch: &RecordBatch, column: usize) -> Day {
        let dates = batch.column(column).as_primitive::<Date32Type>();
        let first = dates.value(0);
        assert!(dates.values().iter().all(|date| *date == first), "a file has one date");
        Day(first)
    }
}

fn filter(batch: &RecordBatch) -> FileFilter {
    let ids = |column| {
        let ids = batch.column_by_name(column).map(AsArray::as_string_view);
        ids.into_iter().flat_map(|ids| ids.iter().flatten())
    };
    if batch.column_by_name("trace_id").is_some() {
        FileFilter::of_ids(ids("trace_id"), ids("span_id"))
    } else {
        FileFilter::unknown()
    }
}

fn ranges(table: Table, batch: &RecordBatch) -> BTreeMap<String, ColumnRange> {
    let kept = table.columns().iter().filter(|column| column.stats.in_delta());
    kept.filter_map(|column| {
        let values = batch.column_by_name(column.name)?;
        let (min, max) = match values.data_type() {
            DataType::Int64 => {
                let values = values.as_primitive::<Int64Type>();
                (
                    compute::min(values).map(RangeValue::Int),
                    compute::max(values).map(RangeValue::Int),
                )
            }
            DataType::Float64 => {
                let values = values.as_primitive::<Float64Type>();
                (
                    compute::min(values).map(RangeValue::Float),
                    compute::max(values).map(RangeValue::Float),
                )
            }
            _ => {
                let values = values.as_primitive::<TimestampMicrosecondType>();
                let time = |value| RangeValue::Time(Micros(value));
                (compute::min(values).map(time), compute::max(values).map(time))
            }
        };
        let range = ColumnRange { min, max, null_count: Some(values.null_count() as u64) };
        Some((column.name.to_owned(), range))
    })
    .collect()
}
