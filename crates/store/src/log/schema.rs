//! A table's columns and properties as its log states them, and how they grow.

use arrow_schema::{DataType, Fields};
use deltalake_core::kernel::{ArrayType, DataType as DeltaType, StructField, StructType};
use spanlake_model::Table;

/// Commits between two checkpoints, for other engines too; ours are written by maintenance.
pub(crate) const CHECKPOINT_COMMITS: u64 = 32;

/// Returns the properties that a table is created with.
pub(super) fn properties(table: Table) -> [(&'static str, String); 5] {
    [
        (STATS_COLUMNS, stats_columns(table)),
        // Maintenance cleans up: with this on, every commit would list the whole log.
        ("delta.enableExpiredLogCleanup", "false".to_owned()),
        ("delta.logRetentionDuration", "interval 1 days".to_owned()),
        ("delta.deletedFileRetentionDuration", "interval 6 hours".to_owned()),
        ("delta.checkpointInterval", CHECKPOINT_COMMITS.to_string()),
    ]
}

/// Names the columns with statistics; it grows with the columns.
pub(super) const STATS_COLUMNS: &str = "delta.dataSkippingStatsColumns";

fn stats_columns(table: Table) -> String {
    let columns = table.columns().iter();
    let columns = columns.filter(|column| column.stats.in_delta() && column.name != "date");
    columns.map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// Returns a table's columns.
pub(super) fn columns(table: Table) -> Vec<StructField> {
    delta_fields(table.schema().fields())
}

/// Returns the columns that a log lacks. Files that are there do not have them, so that they can
/// only be nullable.
pub(super) fn missing_columns(table: Table, known: &StructType) -> Vec<StructField> {
    columns(table)
        .into_iter()
        .filter(|column| !known.contains(column.name()))
        .map(|column| StructField::nullable(column.name(), column.data_type().clone()))
        .collect()
}

/// Returns a column that a log has and this program does not know.
pub(super) fn unknown_column(table: Table, known: &StructType) -> Option<&String> {
    let schema = table.schema();
    known.field_names().find(|name| schema.column_with_name(name).is_none())
}

fn delta_fields(fields: &Fields) -> Vec<StructField> {
    fields
        .iter()
        .map(|field| {
            StructField::new(field.name(), delta_type(field.data_type()), field.is_nullable())
        })
        .collect()
}

fn delta_type(data_type: &DataType) -> DeltaType {
    match data_type {
        DataType::Int64 => DeltaType::LONG,
        DataType::Float64 => DeltaType::DOUBLE,
        DataType::Boolean => DeltaType::BOOLEAN,
        DataType::Date32 => DeltaType::DATE,
        DataType::Timestamp(..) => DeltaType::TIMESTAMP,
        DataType::List(item) => {
            ArrayType::new(delta_type(item.data_type()), item.is_nullable()).into()
        }
        DataType::Struct(fields) => StructType::new_unchecked(delta_fields(fields)).into(),
        _ => DeltaType::STRING,
    }
}
