//! What the table functions have in common as tables: rows that are found when a statement scans them.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

/// What one call of a table function asks for.
#[async_trait]
pub(super) trait Call: Debug + Send + Sync + 'static {
    /// The columns of its rows.
    fn schema(&self) -> SchemaRef;

    /// Its rows, read over the statement's snapshot.
    async fn rows(&self, session: &dyn Session) -> Result<RecordBatch>;
}

/// The rows of a call.
#[derive(Debug)]
pub(super) struct Called<C>(pub(super) C);

#[async_trait]
impl<C: Call> TableProvider for Called<C> {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.0.rows(session).await?;
        let plan =
            MemorySourceConfig::try_new_exec(&[vec![rows]], self.schema(), projection.cloned());
        Ok(plan?)
    }
}
