//! Which files may hold rows that match the filters.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use spanlake_store::{ColumnRange, DataFile, RangeValue};

/// Returns the files that may hold matching rows, in their order.
///
/// A filter on `start_time` is compared with each file's own bounds, not with its date: a file of
/// suspect times lies under its day of receipt and is found all the same.
pub(super) fn prune(
    files: &[Arc<DataFile>],
    filters: &[Expr],
    schema: &SchemaRef,
    state: &dyn Session,
) -> Result<Vec<Arc<DataFile>>> {
    let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(files.to_vec()) };
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let df_schema = DFSchema::try_from(Arc::clone(schema))?;
    let filter = state.create_physical_expr(filter, &df_schema)?;
    let predicate =
        PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(filter)?;
    if predicate.always_true() {
        return Ok(files.to_vec());
    }
    let keep = predicate.prune(&FileFacts { files, schema })?;
    Ok(files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| Arc::clone(file)).collect())
}

/// Whether the filters name an id that files' id filters know.
pub(super) fn asks_for_ids(filters: &[Expr]) -> bool {
    filters.iter().any(|filter| {
        let columns = filter.column_refs();
        columns.iter().any(|column| matches!(column.name.as_str(), "trace_id" | "span_id"))
    })
}

/// The files' facts in the form DataFusion asks for them.
struct FileFacts<'a> {
    files: &'a [Arc<DataFile>],
    schema: &'a SchemaRef,
}

impl FileFacts<'_> {
    fn bounds(
        &self,
        column: &Column,
        bound: fn(&ColumnRange) -> Option<RangeValue>,
    ) -> Option<ArrayRef> {
        let data_type = self.schema.field_with_name(&column.name).ok()?.data_type();
        let values = self.files.iter().map(|file| {
            if column.name == DATE {
                return ScalarValue::Date32(Some(file.date.0));
            }
            let value = file.columns.get(&column.name).and_then(bound);
            scalar(value, data_type)
        });
        ScalarValue::iter_to_array(values).ok()
    }
}

pub(super) const DATE: &str = "date";

/// Converts a bound to the column's type; NULL when there is none.
pub(super) fn scalar(value: Option<RangeValue>, data_type: &DataType) -> ScalarValue {
    match (value, data_type) {
        (Some(RangeValue::Int(value)), DataType::Int64) => ScalarValue::Int64(Some(value)),
        (Some(RangeValue::Float(value)), DataType::Float64) => ScalarValue::Float64(Some(value)),
        (Some(RangeValue::Time(value)), DataType::Timestamp(TimeUnit::Microsecond, zone)) => {
            ScalarValue::TimestampMicrosecond(Some(value.0), zone.clone())
        }
        _ => ScalarValue::try_from(data_type).unwrap_or(ScalarValue::Null),
    }
}

impl PruningStatistics for FileFacts<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |range| range.min)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |range| range.max)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let counts = self.files.iter().map(|file| {
            if column.name == DATE {
                return Some(0);
            }
            file.columns.get(&column.name).and_then(|range| range.null_count)
        });
        Some(Arc::new(counts.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| Some(file.rows)).collect::<UInt64Array>()))
    }

    fn contained(&self, column: &Column, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        let may_contain = match column.name.as_str() {
            "trace_id" => DataFile::may_contain_trace,
            "span_id" => DataFile::may_contain_span,
            _ => return None,
        };
        let ids: Option<Vec<&str>> = values.iter().map(text).collect();
        let ids = ids?;
        let answers = self.files.iter().map(|file| {
            if ids.iter().any(|id| may_contain(file, id)) { None } else { Some(false) }
        });
        Some(answers.collect())
    }
}

fn text(value: &ScalarValue) -> Option<&str> {
    value.try_as_str().flatten()
}
