//! A table of the store as DataFusion scans it.
//!
//! ```text
//! snapshot ─▶ prune, groups (files that may match) ─▶ scan: DataSourceExec(Parquet) ∪ memory ─▶ plan
//! ```

mod groups;
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
use spanlake_store::Snapshot;

pub(crate) use self::groups::{Groups, Members};
pub(crate) use self::statistics::StatisticsCache;
use crate::statement::Statement;

/// One table of one statement's snapshot.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotTable {
    table: Table,
    statement: Arc<Statement>,
    groups: Option<Groups>,
}

impl SnapshotTable {
    pub(crate) fn new(table: Table, statement: Arc<Statement>) -> Self {
        Self { table, statement, groups: None }
    }

    /// Returns a table of which only some groups of rows are wanted.
    pub(crate) fn with_groups(self, groups: Groups) -> Self {
        Self { groups: Some(groups), ..self }
    }

    pub(crate) const fn table(&self) -> Table {
        self.table
    }

    pub(crate) const fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }

    /// Chooses what to read: of a group's rows where groups are wanted, else what may match.
    async fn parts(
        &self,
        snapshot: &Snapshot,
        state: &dyn Session,
        filters: &[Expr],
    ) -> Result<Vec<scan::Part>, DataFusionError> {
        let data = snapshot.table(self.table);
        if !self.statement.shared.prunes() {
            return Ok(vec![scan::Part { files: data.files.clone(), only: None }]);
        }
        if prune::asks_for_ids(filters) {
            join_all(data.files.iter().map(|file| file.filter.load())).await;
        }
        if let Some(groups) = &self.groups
            && let Some(parts) =
                groups.parts(self.table, &self.statement, snapshot, state, filters).await?
        {
            return Ok(parts);
        }
        let files = prune::prune(&data.files, filters, &self.table.schema(), state)
            .unwrap_or_else(|_| data.files.clone());
        Ok(vec![scan::Part { files, only: None }])
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
        let parts = Box::pin(self.parts(&snapshot, state, filters)).await?;
        let request = scan::Request {
            statement: &self.statement,
            snapshot: &snapshot,
            table: self.table,
            state,
            projection: projection.map(Vec::as_slice),
            filters,
            limit,
        };
        scan::plan(&request, parts)
    }
}
