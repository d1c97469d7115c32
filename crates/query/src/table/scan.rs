//! Plans the scan of a table: pruned files ∪ buffered rows.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::catalog::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetRowSelection,
};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::expressions::{Column, in_list, lit};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use object_store::ObjectMeta;
use parquet::arrow::arrow_reader::RowSelection;
use spanlake_model::{Privacy, Stats, Table};
use spanlake_store::{DataFile, Snapshot};

use super::prune::DATE;
use crate::statement::Statement;

/// One call of `TableProvider::scan`.
pub(super) struct Request<'a> {
    pub(super) statement: &'a Statement,
    pub(super) snapshot: &'a Snapshot,
    pub(super) table: Table,
    pub(super) state: &'a dyn Session,
    pub(super) projection: Option<&'a [usize]>,
    pub(super) filters: &'a [Expr],
    pub(super) limit: Option<usize>,
}

/// Files to read, and whose rows in them are enough.
pub(super) struct Part {
    pub(super) files: Vec<Arc<DataFile>>,
    /// Rows with other values of this column need not be given.
    pub(super) only: Option<(String, Vec<String>)>,
}

/// Less than this is read by one thread: DataFusion's own bound for splitting files.
const MIN_BYTES_PER_GROUP: u64 = 1 << 20;

/// Plans the scan. Not async, so that no future holds a plan (DataFusion 55 proves `Send` anew for
/// each).
pub(super) fn plan(request: &Request<'_>, chosen: Vec<Part>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = request.table.schema();
    let data = request.snapshot.table(request.table);
    let counters = &request.statement.counters;
    counters.files_considered.fetch_add(data.files.len() as u64, Ordering::Relaxed);
    let files: usize = chosen.iter().map(|part| part.files.len()).sum();
    counters.files_selected.fetch_add(files as u64, Ordering::Relaxed);
    let memory_rows: usize = data.memory.iter().map(|batch| batch.num_rows()).sum();
    counters.memory_rows.fetch_add(memory_rows as u64, Ordering::Relaxed);

    let is_union = chosen.len() > 1 || memory_rows > 0;
    let mut parts: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
    for part in chosen.into_iter().filter(|part| !part.files.is_empty()) {
        parts.push(scan_files(request, &schema, part, is_union)?);
    }
    if memory_rows > 0 {
        let memory: Vec<RecordBatch> =
            data.memory.iter().map(|batch| batch.as_ref().clone()).collect();
        let source = MemorySourceConfig::try_new(
            &[memory],
            Arc::clone(&schema),
            request.projection.map(<[usize]>::to_vec),
        )?
        .with_limit(request.limit);
        parts.push(DataSourceExec::from_data_source(source));
    }
    match parts.len() {
        0 => {
            let projected = match request.projection {
                Some(columns) => Arc::new(schema.project(columns)?),
                None => schema,
            };
            Ok(Arc::new(EmptyExec::new(projected)))
        }
        1 => Ok(parts.swap_remove(0)),
        _ => UnionExec::try_new(parts),
    }
}

fn scan_files(
    request: &Request<'_>,
    schema: &SchemaRef,
    part: Part,
    in_union: bool,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Part { mut files, only } = part;
    files.sort_by(|a, b| (a.min_time, &a.path).cmp(&(b.min_time, &b.path)));
    // A wish for the newest rows is pushed into a scan, but not through a union: then the files are
    // put into that order here, so that the first rows found rule the older files out.
    let first = request.table.sort_columns().first();
    let newest_first =
        in_union && first.is_some_and(|column| request.statement.keeps_highest(column));
    let layout = Layout::new(schema)?;
    let shared = &request.statement.shared;
    let statistics = total_statistics(&files, &layout.table);
    let parts: Vec<PartitionedFile> = files
        .iter()
        .map(|file| {
            let statistics = shared.statistics.of(file, layout.table.file_schema());
            partitioned(file, statistics, layout.table.file_schema())
        })
        .collect();
    let (groups, order) = if newest_first {
        (vec![FileGroup::new(slices_newest_first(parts, &files))], Vec::new())
    } else {
        let groups = split(parts, request.state.config().target_partitions());
        (groups, ordering(request.table, &layout.table))
    };

    let mut options = TableParquetOptions::new();
    options.global = request.state.config_options().execution.parquet.clone();
    options.global.enable_page_index &= only.is_some() || prunes_pages(request);
    let reader = CachedParquetFileReaderFactory::new(
        request.snapshot.object_store(),
        request.state.runtime_env().cache_manager.get_file_metadata_cache(),
    );
    let mut source = ParquetSource::new(layout.table.clone())
        .with_table_parquet_options(options)
        .with_parquet_file_reader_factory(Arc::new(reader))
        .with_bloom_filter_on_read(true)
        .with_pushdown_filters(only.is_some() || late_materialisation(request));
    if let Some((column, values)) = only {
        source = source.with_predicate(is_one_of(&column, values, layout.table.table_schema())?);
    }
    let url = ObjectStoreUrl::parse(request.snapshot.object_store_url())?;
    let config = FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_groups(groups)
        .with_statistics(statistics)
        .with_output_ordering(order)
        .with_limit(request.limit)
        .with_projection_indices(Some(layout.projection(request.projection)))?
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// The condition that a text column has one of some values.
fn is_one_of(
    column: &str,
    values: Vec<String>,
    schema: &SchemaRef,
) -> Result<Arc<dyn PhysicalExpr>> {
    let values = values.into_iter().map(|value| lit(ScalarValue::Utf8View(Some(value))));
    let column = Column::new_with_schema(column, schema)?;
    in_list(Arc::new(column), values.collect(), &false, schema)
}

/// The table's schema with `date` first, and the scan's, where the partition column comes last.
struct Layout {
    table: TableSchema,
    /// Where each column of the table's schema is in the scan's.
    places: Vec<usize>,
}

impl Layout {
    fn new(schema: &SchemaRef) -> Result<Self> {
        let stored: Vec<FieldRef> =
            schema.fields().iter().filter(|field| field.name() != DATE).cloned().collect();
        let date =
            schema.fields().find(DATE).map(|(_, field)| Arc::clone(field)).ok_or_else(|| {
                DataFusionError::Internal("a table of the store has no date column".to_owned())
            })?;
        let last = stored.len();
        let mut next = 0..last;
        let places = schema
            .fields()
            .iter()
            .map(|field| if field.name() == DATE { last } else { next.next().unwrap_or(last) })
            .collect();
        let table = TableSchema::builder(Arc::new(Schema::new(stored)))
            .with_table_partition_cols(vec![date])
            .build();
        Ok(Self { table, places })
    }

    fn projection(&self, wanted: Option<&[usize]>) -> Vec<usize> {
        match wanted {
            Some(wanted) => {
                wanted.iter().filter_map(|column| self.places.get(*column).copied()).collect()
            }
            None => self.places.clone(),
        }
    }
}

fn partitioned(
    file: &DataFile,
    statistics: Arc<Statistics>,
    file_schema: &SchemaRef,
) -> PartitionedFile {
    let mut part = PartitionedFile::new_from_meta(ObjectMeta {
        location: file.path.clone(),
        last_modified: chrono::DateTime::from_timestamp_micros(file.modified.0).unwrap_or_default(),
        size: file.size,
        e_tag: None,
        version: None,
    })
    .with_partition_values(vec![ScalarValue::Date32(Some(file.date.0))]);
    debug_assert_eq!(statistics.column_statistics.len(), file_schema.fields().len() + 1);
    part.statistics = Some(statistics);
    if file.dead.is_empty() {
        return part;
    }
    let live = file.dead.live_ranges(file.rows).map(|run| usize_range(&run));
    let selection = RowSelection::from_consecutive_ranges(live, file.rows as usize);
    part.with_extension(ParquetRowSelection::new(selection))
}

fn usize_range(run: &Range<u64>) -> Range<usize> {
    run.start as usize..run.end as usize
}

/// Counts all files' live rows: exact only where no file has dead ones.
fn total_statistics(files: &[Arc<DataFile>], table: &TableSchema) -> Statistics {
    let rows = files.iter().map(|file| file.live_rows()).sum::<u64>() as usize;
    let bytes = files.iter().map(|file| file.size).sum::<u64>() as usize;
    let mut statistics = Statistics::new_unknown(table.table_schema());
    let exact = files.iter().all(|file| file.dead.is_empty());
    statistics.num_rows = if exact { Precision::Exact(rows) } else { Precision::Inexact(rows) };
    statistics.total_byte_size = Precision::Inexact(bytes);
    statistics
}

/// Cuts the files, in their order, into groups of about equal bytes, splitting big files by range.
/// Each group keeps the time order, so a sort by time needs no second sort.
fn split(files: Vec<PartitionedFile>, target: usize) -> Vec<FileGroup> {
    let total: u64 = files.iter().map(PartitionedFile::effective_size).sum();
    let wanted = (total / MIN_BYTES_PER_GROUP).clamp(1, target.max(1) as u64);
    if wanted == 1 {
        return vec![FileGroup::new(files)];
    }
    let share = total.div_ceil(wanted);
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut room = share;
    for file in files {
        let size = file.effective_size();
        let mut start = 0;
        while start < size {
            let end = size.min(start + room);
            let whole = start == 0 && end == size;
            let part = file.clone();
            group.push(if whole { part } else { part.with_range(start as i64, end as i64) });
            room -= end - start;
            start = end;
            if room == 0 {
                groups.push(FileGroup::new(std::mem::take(&mut group)));
                room = share;
            }
        }
    }
    if !group.is_empty() {
        groups.push(FileGroup::new(group));
    }
    groups
}

/// Rows in a slice of a file that is read newest slice first: about a row group.
const SLICE_ROWS: u64 = 64 << 10;

/// Cuts files into slices of about a row group each, newest first.
fn slices_newest_first(
    parts: Vec<PartitionedFile>,
    files: &[Arc<DataFile>],
) -> Vec<PartitionedFile> {
    let mut slices = Vec::new();
    for (part, file) in parts.into_iter().zip(files).rev() {
        let n = (file.rows / SLICE_ROWS).clamp(1, file.size.max(1));
        let border = |slice: u64| (file.size * slice / n) as i64;
        if n == 1 {
            slices.push(part);
        } else {
            let newest = (0..n).rev();
            slices.extend(newest.map(|at| part.clone().with_range(border(at), border(at + 1))));
        }
    }
    slices
}

/// Declares the order inside a file where its first column has bounds, so that files can be shown
/// not to overlap: all tables but `payloads`, which is sorted by trace.
fn ordering(table: Table, layout: &TableSchema) -> Vec<LexOrdering> {
    let Some(first) = table.sort_columns().first() else { return Vec::new() };
    let Some((index, field)) = layout.table_schema().column_with_name(first) else {
        return Vec::new();
    };
    if !matches!(field.data_type(), DataType::Timestamp(..)) {
        return Vec::new();
    }
    let sorted = PhysicalSortExpr::new(
        Arc::new(Column::new(first, index)),
        SortOptions { descending: false, nulls_first: false },
    );
    LexOrdering::new([sorted]).into_iter().collect()
}

/// Whether bounds of pages can rule pages out. Columns of few values have them all over a file, so
/// that reading the page index is wasted where filters name nothing else.
fn prunes_pages(request: &Request<'_>) -> bool {
    let columns = request.table.columns();
    let is_spread = |name: &str| {
        columns.iter().any(|column| column.name == name && column.stats == Stats::Parquet)
    };
    request
        .filters
        .iter()
        .any(|filter| filter.column_refs().iter().any(|column| !is_spread(&column.name)))
}

/// Whether filters run inside the Parquet reader, so that other columns are decoded for matching
/// rows only. It pays when those columns are wide or the matches few, and costs otherwise.
fn late_materialisation(request: &Request<'_>) -> bool {
    let columns = request.table.columns();
    let is_wide = |index: &usize| {
        columns.get(*index).is_some_and(|column| {
            matches!(column.privacy, Privacy::Text | Privacy::Json | Privacy::Template)
                && column.name != "name"
        })
    };
    let wide = match request.projection {
        Some(wanted) => wanted.iter().any(is_wide),
        None => true,
    };
    let by_id = request.filters.iter().any(|filter| {
        filter.column_refs().iter().any(|column| ID_COLUMNS.contains(&column.name.as_str()))
    });
    wide || by_id || request.statement.keeps_few_rows()
}

const ID_COLUMNS: [&str; 4] = ["trace_id", "span_id", "session_id", "user_id"];
