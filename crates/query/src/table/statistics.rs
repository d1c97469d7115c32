//! What DataFusion may know of a file before reading it.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use object_store::path::Path;
use parking_lot::Mutex;
use spanlake_store::DataFile;

use super::prune::{DATE, scalar};

/// Statistics by file, kept across statements: 110 columns' worth are not built again for every
/// file of every statement.
#[derive(Debug, Default)]
pub(crate) struct StatisticsCache(Mutex<HashMap<Path, Arc<Statistics>>>);

/// Entries kept: about 30 KiB each for `spans`, 120 MiB in all.
const ENTRIES: usize = 4096;

impl StatisticsCache {
    /// Returns a file's statistics in the order of `file_schema`, then `date`.
    ///
    /// Row and NULL counts are exact, bounds never: they need not be reached. With dead rows
    /// everything is inexact, or `count(*)` would be answered without reading.
    pub(super) fn of(&self, file: &DataFile, file_schema: &SchemaRef) -> Arc<Statistics> {
        if !file.dead.is_empty() {
            return Arc::new(compute(file, file_schema).to_inexact());
        }
        let mut cache = self.0.lock();
        if let Some(known) = cache.get(&file.path) {
            return Arc::clone(known);
        }
        if cache.len() >= ENTRIES {
            cache.clear();
        }
        let statistics = Arc::new(compute(file, file_schema));
        cache.insert(file.path.clone(), Arc::clone(&statistics));
        statistics
    }
}

fn compute(file: &DataFile, file_schema: &SchemaRef) -> Statistics {
    let mut columns: Vec<ColumnStatistics> = file_schema
        .fields()
        .iter()
        .map(|field| {
            let mut known = ColumnStatistics::new_unknown();
            let Some(range) = file.columns.get(field.name()) else { return known };
            if let Some(nulls) = range.null_count {
                known.null_count = Precision::Exact(nulls as usize);
            }
            known.min_value = inexact(scalar(range.min, field.data_type()));
            known.max_value = inexact(scalar(range.max, field.data_type()));
            known
        })
        .collect();
    let date = ScalarValue::Date32(Some(file.date.0));
    debug_assert!(file_schema.column_with_name(DATE).is_none(), "the partition is not in the file");
    columns.push(ColumnStatistics {
        null_count: Precision::Exact(0),
        min_value: Precision::Exact(date.clone()),
        max_value: Precision::Exact(date),
        distinct_count: Precision::Exact(1),
        ..ColumnStatistics::new_unknown()
    });
    Statistics {
        num_rows: Precision::Exact(file.rows as usize),
        total_byte_size: Precision::Inexact(file.size as usize),
        column_statistics: columns,
    }
}

fn inexact(value: ScalarValue) -> Precision<ScalarValue> {
    if value.is_null() { Precision::Absent } else { Precision::Inexact(value) }
}
