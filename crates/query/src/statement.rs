//! What belongs to one statement: its one snapshot, its hints, its counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr};
use datafusion::physical_plan::ExecutionPlan;
use parking_lot::Mutex;
use spanlake_store::Snapshot;
use tokio::sync::OnceCell;

use crate::session::Shared;
use crate::source::SnapshotSource;
use crate::stream::{QueryMetrics, add_scans};

/// One statement's view of the store. All its scans see the same snapshot (I3).
pub(crate) struct Statement {
    pub(crate) shared: Arc<Shared>,
    /// Settings and functions, without a catalog: views are planned with it.
    pub(crate) base: SessionState,
    source: Arc<dyn SnapshotSource>,
    snapshot: OnceCell<Arc<Snapshot>>,
    keeps_few_rows: AtomicBool,
    newest: Mutex<Vec<String>>,
    pub(crate) counters: Counters,
}

/// What the scans of one statement decided, and what was read to decide it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) files_considered: AtomicU64,
    pub(crate) files_selected: AtomicU64,
    pub(crate) memory_rows: AtomicU64,
    read: Mutex<QueryMetrics>,
}

impl Counters {
    /// Adds what a plan cost that was run to its end for planning another.
    pub(crate) fn add_run(&self, plan: &dyn ExecutionPlan) {
        add_scans(plan, &mut self.read.lock());
    }

    /// Returns what was counted so far.
    pub(crate) fn metrics(&self) -> QueryMetrics {
        QueryMetrics {
            files_considered: self.files_considered.load(Ordering::Relaxed),
            files_selected: self.files_selected.load(Ordering::Relaxed),
            memory_rows: self.memory_rows.load(Ordering::Relaxed),
            ..*self.read.lock()
        }
    }
}

impl Statement {
    pub(crate) fn new(
        shared: Arc<Shared>,
        base: SessionState,
        source: Arc<dyn SnapshotSource>,
    ) -> Self {
        Self {
            shared,
            base,
            source,
            snapshot: OnceCell::new(),
            keeps_few_rows: AtomicBool::new(false),
            newest: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// Returns the statement's snapshot, taken when first asked for.
    pub(crate) async fn snapshot(&self) -> Result<Arc<Snapshot>, DataFusionError> {
        let snapshot = self
            .snapshot
            .get_or_try_init(async || {
                let snapshot = self.source.snapshot().await.map_err(Box::new)?;
                self.base
                    .runtime_env()
                    .register_object_store(&snapshot.object_store_url(), snapshot.object_store());
                Ok::<_, Box<spanlake_store::StoreError>>(snapshot)
            })
            .await
            .map_err(|error| DataFusionError::External(error))?;
        Ok(Arc::clone(snapshot))
    }

    /// Notes what a logical plan tells about the rows that will be wanted.
    pub(crate) fn note(&self, plan: &LogicalPlan) {
        // Visiting cannot fail: the closure never does.
        let _ = plan.apply(|node| {
            if let LogicalPlan::Sort(sort) = node
                && sort.fetch.is_some()
            {
                self.keeps_few_rows.store(true, Ordering::Relaxed);
                if let Some(SortExpr { expr: Expr::Column(column), asc: false, .. }) =
                    sort.expr.first()
                {
                    self.newest.lock().push(column.name.clone());
                }
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }

    /// Whether the statement keeps the few rows with the highest values of a column.
    pub(crate) fn keeps_highest(&self, column: &str) -> bool {
        self.newest.lock().iter().any(|newest| newest == column)
    }

    /// Whether the statement sorts and keeps a few rows, so that most rows' other columns are never
    /// wanted.
    pub(crate) fn keeps_few_rows(&self) -> bool {
        self.keeps_few_rows.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement").field("source", &self.source).finish_non_exhaustive()
    }
}
