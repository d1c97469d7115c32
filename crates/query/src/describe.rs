//! What there is to query: tables, columns and settings with their documentation.

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::SessionState;
use spanlake_model::Table;

use crate::catalog::{PUBLIC, SYSTEM};
use crate::library::SqlLibrary;
use crate::options::QueryOptions;
use crate::system::SystemView;

/// What a name in a schema stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Stored rows.
    Table,
    /// A statement under a name.
    View,
}

impl TableKind {
    /// Returns the word shown for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Its schema, `public` or `spanlake`.
    pub schema: &'static str,
    /// Its name.
    pub name: String,
    /// Table or view.
    pub kind: TableKind,
    /// What one row is, or which question a view answers.
    pub doc: String,
}

/// A column of a table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type as SQL spells it.
    pub data_type: String,
    /// Whether NULL occurs.
    pub nullable: bool,
    /// What it holds, with its unit.
    pub doc: String,
}

const fn table_doc(table: Table) -> &'static str {
    match table {
        Table::Spans => "A span's facts.",
        Table::Payloads => "A span's redacted content.",
        Table::Evals => "One score or label on a span, trace, session or case.",
        Table::Prompts => "A registered prompt version.",
        Table::Releases => "A release or rollback of a prompt version.",
        Table::ModelPrices => "A dated price of one token class.",
        Table::IngestErrors => "Input that was rejected or cut, without its content.",
        Table::Audit => "Who did what to data, policies and approvals.",
        Table::AlertEvents => "Changes of alerts' states.",
        Table::Reviews => "What was looked at, reviewed, vouched for.",
    }
}

/// Lists tables, then views, then system tables.
pub(crate) fn tables(library: &SqlLibrary) -> Vec<TableInfo> {
    let tables = Table::ALL.iter().map(|table| TableInfo {
        schema: PUBLIC,
        name: table.name().to_owned(),
        kind: TableKind::Table,
        doc: table_doc(*table).to_owned(),
    });
    let views = library.under("views").map(|file| TableInfo {
        schema: PUBLIC,
        name: file.name().to_owned(),
        kind: TableKind::View,
        doc: file.question.clone(),
    });
    let system = SystemView::ALL.iter().map(|view| TableInfo {
        schema: SYSTEM,
        name: view.name().to_owned(),
        kind: TableKind::View,
        doc: view.doc().to_owned(),
    });
    tables.chain(views).chain(system).collect()
}

/// Returns the documentation of a table's or view's column, empty if there is none.
pub(crate) fn column_doc(library: &SqlLibrary, schema: &str, table: &str, column: &str) -> String {
    if schema == SYSTEM {
        return SystemView::ALL
            .iter()
            .filter(|view| view.name() == table)
            .flat_map(|view| view.columns())
            .find(|(name, _, _)| *name == column)
            .map_or_else(String::new, |(_, _, doc)| doc.to_owned());
    }
    if let Some(stored) = Table::from_name(table) {
        let spec = stored.columns().iter().find(|spec| spec.name == column);
        return spec.map_or_else(String::new, |spec| spec.doc.to_owned());
    }
    let documented = library
        .view(table)
        .and_then(|file| file.columns.iter().find(|(name, _)| name == column))
        .map(|(_, doc)| doc.clone());
    // A view that passes a stored column on need not say again what it is.
    documented.or_else(|| stored_column_doc(column)).unwrap_or_default()
}

fn stored_column_doc(column: &str) -> Option<String> {
    let mut columns = Table::ALL.iter().flat_map(|table| table.columns());
    columns.find(|spec| spec.name == column).map(|spec| spec.doc.to_owned())
}

/// Spells a type as SQL does.
pub(crate) fn sql_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "VARCHAR".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMPTZ".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        DataType::Struct(fields) => {
            let inside: Vec<String> = fields
                .iter()
                .map(|field| format!("{} {}", field.name(), sql_type(field.data_type())))
                .collect();
            format!("STRUCT({})", inside.join(", "))
        }
        other => other.to_string(),
    }
}

/// Lists the session's limits, then the engine's settings.
pub(crate) fn settings(
    options: &QueryOptions,
    state: &SessionState,
) -> Vec<(String, String, String)> {
    let none = || "none".to_owned();
    let own = [
        (
            "memory_limit_bytes",
            options.memory_limit_bytes.to_string(),
            "Memory that the session's statements may hold at a time.",
        ),
        ("spill_limit_bytes", options.spill_limit_bytes.to_string(), "Disk that spilling may use."),
        (
            "timeout_ms",
            options.timeout.map_or_else(none, |limit| limit.as_millis().to_string()),
            "Longest time from the call to the last row.",
        ),
        (
            "max_rows",
            options.max_rows.map_or_else(none, |limit| limit.to_string()),
            "Most rows that one statement may give.",
        ),
        (
            "metadata_cache_bytes",
            options.metadata_cache_bytes.to_string(),
            "Parquet footers and page indexes kept in memory.",
        ),
        ("allow_set", options.allow_set.to_string(), "Whether SET of engine settings is allowed."),
        (
            "sql_dir",
            options.sql_dir.as_ref().map_or_else(none, |path| path.display().to_string()),
            "Folder that replaces the built-in SQL.",
        ),
    ];
    let own = own.into_iter().map(|(name, value, doc)| (name.to_owned(), value, doc.to_owned()));
    let engine = state.config_options().entries().into_iter().map(|entry| {
        (entry.key, entry.value.unwrap_or_default(), entry.description.trim().to_owned())
    });
    own.chain(engine).collect()
}
