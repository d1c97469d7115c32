//! What the measuring programs share: reading files, a session with every function, tables and rows.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::json::ArrayWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::Value;

/// The objects of a JSON lines file.
pub(crate) fn json_lines(path: &str) -> Vec<Value> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A session with every function.
pub(crate) fn session() -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(1);
    let mut context = SessionContext::new_with_config(config);
    spanlake_functions::register_all(&mut context).unwrap();
    context
}

/// A field of every record as text, NULL where it is absent; what is no text is written as JSON.
pub(crate) fn column(records: &[Value], key: &str) -> Vec<Option<String>> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    records.iter().map(|record| text(&record[key])).collect()
}

/// Puts a table of texts in the place of one of the same name.
pub(crate) fn register(
    context: &SessionContext,
    name: &str,
    columns: &[(&str, Vec<Option<String>>)],
) {
    let columns = columns
        .iter()
        .map(|(name, texts)| (*name, Arc::new(StringArray::from(texts.clone())) as ArrayRef, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let _ = context.deregister_table(name).unwrap();
    context.register_batch(name, batch).unwrap();
}

/// The rows of a query as JSON objects; NULL cells are null.
pub(crate) async fn rows(context: &SessionContext, sql: &str) -> Vec<Value> {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    serde_json::from_slice(&writer.into_inner()).unwrap_or_default()
}
