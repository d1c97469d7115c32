//! Runs SQL and gives the cells as JSON.

use datafusion::arrow::json::ArrayWriter;
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::Value;

/// A session with every function, in `partitions` parallel parts.
pub(crate) fn session(partitions: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(64);
    let mut context = SessionContext::new_with_config(config);
    spanlake_functions::register_all(&mut context).unwrap();
    context
}

/// The rows of a query as JSON objects; NULL cells are absent.
pub(crate) async fn rows(context: &SessionContext, sql: &str) -> Result<Vec<Value>, String> {
    let frame = context.sql(sql).await.map_err(|error| error.to_string())?;
    let batches = frame.collect().await.map_err(|error| error.to_string())?;
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner();
    Ok(if bytes.is_empty() { Vec::new() } else { serde_json::from_slice(&bytes).unwrap() })
}

/// The value of a query of one row and the column `v`; NULL is JSON null.
pub(crate) async fn value(sql: &str) -> Value {
    let rows = rows(&session(2), sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows[0]["v"].clone()
}

/// The error of a query that must fail.
pub(crate) async fn error(sql: &str) -> String {
    rows(&session(2), sql).await.expect_err(sql)
}
