//! A table of the store as DataFusion scans it.
//!
//! ```text
//! snapshot ─▶ prune (files that may match) ─▶ scan: DataSourceExec(Parquet) ∪ memory ─▶ plan
//! ```

mod prune;
mod scan;
mod statistics;

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use futures::future::join_all;
use spanlake_model::Table;

pub(crate) use self::statistics::StatisticsCache;
use crate::statement::Statement;

/// One table of one statement's snapshot.
#[derive(Debug)]
pub(crate) struct SnapshotTable {
    table: Table,
    statement: Arc<Statement>,
}

impl SnapshotTable {
    pub(crate) fn new(table: Table, statement: Arc<Statement>) -> Self {
        Self { table, statement }
    }
}

#[async_trait]
impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Files are skipped by what filters say; rows are filtered above the scan, or in it where
        // the physical plan moves the filter down.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let snapshot = self.statement.snapshot().await?;
        if self.statement.shared.prunes() && prune::asks_for_ids(filters) {
            let data = snapshot.table(self.table);
            join_all(data.files.iter().map(|file| file.filter.load())).await;
        }
        scan::plan(&scan::Request {
            statement: &self.statement,
            snapshot: &snapshot,
            table: self.table,
            state,
            projection: projection.map(Vec::as_slice),
            filters,
            limit,
        })
    }
}
