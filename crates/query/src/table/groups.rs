//! Whole groups of rows, such as traces, chosen by one of their rows.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::catalog::Session;
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::physical_plan::execute_stream;
use futures::TryStreamExt as _;
use futures::future::join_all;
use spanlake_model::Table;
use spanlake_store::{DataFile, Snapshot};
use tokio::sync::OnceCell;

use super::SnapshotTable;
use super::prune::prune;
use super::scan::Part;
use crate::statement::Statement;

/// The groups that a scan is to give completely; it may leave out rows of others.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    /// The column of the table scanned that holds the groups' ids.
    pub(crate) key: String,
    /// Which groups.
    pub(crate) members: Arc<Members>,
}

/// The ids of the rows that meet some conditions, found once for a statement.
#[derive(Debug)]
pub(crate) struct Members {
    table: Table,
    key: String,
    /// On columns without qualifier.
    conditions: Vec<Expr>,
    ids: OnceCell<Option<Arc<Vec<String>>>>,
}

/// More ids than this are found in most files, by id filters that err once in 65,536 times.
const IDS_LIMIT: usize = 100_000;

impl Members {
    pub(crate) fn new(table: Table, key: String, conditions: Vec<Expr>) -> Self {
        Self { table, key, conditions, ids: OnceCell::new() }
    }

    /// Returns the ids; `None` when there are too many to be worth knowing, or when NULL is one.
    async fn ids(
        &self,
        statement: &Arc<Statement>,
        state: &dyn Session,
    ) -> Result<Option<Arc<Vec<String>>>> {
        let found = self.ids.get_or_try_init(|| Box::pin(self.find(statement, state))).await?;
        Ok(found.clone())
    }

    async fn find(
        &self,
        statement: &Arc<Statement>,
        state: &dyn Session,
    ) -> Result<Option<Arc<Vec<String>>>> {
        let schema = self.table.schema();
        let wanted: HashSet<&str> = self
            .conditions
            .iter()
            .flat_map(Expr::column_refs)
            .map(|column| column.name.as_str())
            .chain([self.key.as_str()])
            .collect();
        let projection = schema.fields().iter().enumerate();
        let projection = projection.filter(|(_, field)| wanted.contains(field.name().as_str()));
        let projection = projection.map(|(at, _)| at).collect();
        let table = SnapshotTable::new(self.table, Arc::clone(statement));
        let source = provider_as_source(Arc::new(table));
        let mut plan = LogicalPlanBuilder::scan(self.table.name(), source, Some(projection))?;
        if let Some(condition) = conjunction(self.conditions.iter().cloned()) {
            plan = plan.filter(condition)?;
        }
        let plan = plan.project([datafusion::prelude::col(&self.key)])?.distinct()?.build()?;
        let plan = state.create_physical_plan(&plan).await?;
        let context = Arc::new(TaskContext::from(state));
        let ids = first_ids(execute_stream(Arc::clone(&plan), context)?, IDS_LIMIT).await?;
        statement.counters.add_run(plan.as_ref());
        Ok(ids.map(Arc::new))
    }
}

/// Reads ids; `None` as soon as there are more than `limit`, or when NULL is one.
async fn first_ids(
    mut batches: SendableRecordBatchStream,
    limit: usize,
) -> Result<Option<Vec<String>>> {
    let mut ids = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        let Some(column) = batch.column(0).as_string_view_opt() else { return Ok(None) };
        if column.null_count() > 0 || ids.len() + column.len() > limit {
            return Ok(None);
        }
        ids.extend(column.iter().flatten().map(str::to_owned));
    }
    Ok(Some(ids))
}

impl Groups {
    /// Chooses what to read of a table: the files where the rows that chose the groups may be, then
    /// those that may hold other rows of the groups. `None` when everything has to be read.
    pub(super) async fn parts(
        &self,
        table: Table,
        statement: &Arc<Statement>,
        snapshot: &Snapshot,
        state: &dyn Session,
        filters: &[Expr],
    ) -> Result<Option<Vec<Part>>> {
        let data = snapshot.table(table);
        let candidates = prune(&data.files, filters, &table.schema(), state)
            .unwrap_or_else(|_| data.files.clone());
        if candidates.is_empty() {
            return Ok(None);
        }
        let near = if table == self.members.table && self.key == self.members.key {
            prune(&candidates, &self.members.conditions, &table.schema(), state)
                .unwrap_or_else(|_| candidates.clone())
        } else {
            Vec::new()
        };
        if near.len() == candidates.len() {
            return Ok(None);
        }
        let Some(ids) = self.members.ids(statement, state).await? else { return Ok(None) };
        let is_near: HashSet<_> = near.iter().map(|file| &file.path).collect();
        let far = candidates.iter().filter(|file| !is_near.contains(&file.path));
        let far: Vec<Arc<DataFile>> = far.cloned().collect();
        let far = match self.key.as_str() {
            "trace_id" => holding_traces(far, ids).await,
            _ => Part { files: far, only: Some((self.key.clone(), ids.as_ref().clone())) },
        };
        let is_empty = |part: &Part| {
            part.files.is_empty() || part.only.as_ref().is_some_and(|(_, ids)| ids.is_empty())
        };
        let parts = [Part { files: near, only: None }, far];
        Ok(Some(parts.into_iter().filter(|part| !is_empty(part)).collect()))
    }
}

/// Keeps the files that may hold one of the traces, with the traces that they may hold.
async fn holding_traces(files: Vec<Arc<DataFile>>, ids: Arc<Vec<String>>) -> Part {
    join_all(files.iter().map(|file| file.filter.load())).await;
    let mut kept = Vec::new();
    let mut only = HashSet::new();
    for file in files {
        let held: Vec<&String> = ids.iter().filter(|id| file.may_contain_trace(id)).collect();
        if !held.is_empty() {
            only.extend(held.into_iter().cloned());
            kept.push(file);
        }
    }
    Part { files: kept, only: Some(("trace_id".to_owned(), only.into_iter().collect())) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use futures::executor::block_on;
    use futures::{StreamExt as _, stream};

    use super::*;

    /// Ten batches of two ids, and how many of them were made.
    fn ten(made: &Arc<AtomicUsize>) -> SendableRecordBatchStream {
        let batch = |at: usize| {
            let ids: ArrayRef =
                Arc::new(StringViewArray::from(vec![format!("{at}a"), format!("{at}b")]));
            RecordBatch::try_from_iter([("trace_id", ids)]).unwrap()
        };
        let (schema, made) = (batch(0).schema(), Arc::clone(made));
        let batches = stream::iter(0..10).map(move |at| {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(batch(at))
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    #[test]
    fn more_ids_than_are_worth_knowing_are_not_read() {
        for (limit, known, read) in [(20, Some(20), 10), (5, None, 3)] {
            let made = Arc::new(AtomicUsize::new(0));
            let ids = block_on(first_ids(ten(&made), limit)).unwrap();
            assert_eq!((ids.map(|ids| ids.len()), made.load(Ordering::SeqCst)), (known, read));
        }
    }
}
