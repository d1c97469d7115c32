//! Statements that a table function runs over its own statement's snapshot.

use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};

use crate::catalog;
use crate::statement::Statement;

/// Values of a statement's placeholders.
pub(super) type Parameters = Vec<(String, ScalarValue)>;

/// A file under `sql/`: the session's own folder first, else the one built in.
pub(super) fn text<'a>(statement: &'a Statement, path: &str, embedded: &'a str) -> &'a str {
    statement.shared.library.get(path).map_or(embedded, |file| file.text.as_str())
}

/// A text as a value.
pub(super) fn value(text: &str) -> ScalarValue {
    ScalarValue::Utf8(Some(text.to_owned()))
}

/// A running statement, counted once it has ended.
pub(super) struct Running {
    pub(super) rows: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
}

impl Running {
    /// Counts what the statement read.
    pub(super) fn count(&self, statement: &Statement) {
        statement.counters.add_run(self.plan.as_ref());
    }
}

/// Begins a statement with the settings and limits of the caller's session.
pub(super) async fn run(
    statement: &Arc<Statement>,
    session: &dyn Session,
    sql: &str,
    parameters: Parameters,
) -> Result<Running> {
    let mut state = statement.base.clone();
    catalog::attach(&mut state, statement);
    let plan = state.create_logical_plan(sql).await?;
    let plan = plan.with_param_values(ParamValues::from(parameters))?;
    let plan = state.create_physical_plan(&plan).await?;
    let rows = execute_stream(Arc::clone(&plan), Arc::new(TaskContext::from(session)))?;
    Ok(Running { rows, plan })
}
