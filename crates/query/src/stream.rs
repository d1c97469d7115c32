//! The rows of one statement, under its limits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::{Stream, StreamExt as _};
use tokio::time::Sleep;

use crate::error::{QueryError, Result};
use crate::locate;
use crate::statement::Statement;

/// The rows of one statement. Dropping it cancels the statement.
pub struct QueryStream {
    schema: SchemaRef,
    rows: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
    statement: Arc<Statement>,
    deadline: Option<(Duration, Pin<Box<Sleep>>)>,
    given_rows: u64,
    last_error: Option<QueryError>,
    ended: bool,
}

/// What a statement cost, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryMetrics {
    /// Data files of the tables scanned.
    pub files_considered: u64,
    /// Data files left after pruning by date, statistics and id filters.
    pub files_selected: u64,
    /// Data files opened; a file read in two ranges counts twice.
    pub files_opened: u64,
    /// Bytes read from files, footers excluded.
    pub bytes_scanned: u64,
    /// Rows that scans of files gave.
    pub file_rows: u64,
    /// Buffered rows scanned.
    pub memory_rows: u64,
    /// Rows given to the caller.
    pub rows: u64,
}

impl QueryStream {
    pub(crate) fn new(
        plan: Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
        statement: Arc<Statement>,
        deadline: Option<(Duration, tokio::time::Instant)>,
    ) -> Self {
        let deadline = deadline.map(|(limit, at)| (limit, Box::pin(tokio::time::sleep_until(at))));
        let schema = rows.schema();
        Self {
            schema,
            rows,
            plan,
            statement,
            deadline,
            given_rows: 0,
            last_error: None,
            ended: false,
        }
    }

    /// Returns the rows' schema.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Returns what the statement cost so far; complete once the stream has ended.
    pub fn metrics(&self) -> QueryMetrics {
        let mut metrics =
            QueryMetrics { rows: self.given_rows, ..self.statement.counters.metrics() };
        add_scans(self.plan.as_ref(), &mut metrics);
        metrics
    }

    /// Collects all rows.
    ///
    /// # Errors
    /// The first error of the stream.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }

    /// Gives a batch, cut at the row limit; what is beyond it is an error after the rows before it.
    fn give(
        &mut self,
        mut batch: RecordBatch,
        max_rows: Option<u64>,
    ) -> Poll<Option<Result<RecordBatch>>> {
        if let Some(limit) = max_rows {
            let left = limit - self.given_rows;
            if batch.num_rows() as u64 > left {
                if left == 0 {
                    return self.end(QueryError::RowLimit { limit });
                }
                batch = batch.slice(0, left as usize);
                self.last_error = Some(QueryError::RowLimit { limit });
            }
        }
        self.given_rows += batch.num_rows() as u64;
        Poll::Ready(Some(Ok(batch)))
    }

    fn end(&mut self, error: QueryError) -> Poll<Option<Result<RecordBatch>>> {
        self.ended = true;
        Poll::Ready(Some(Err(error)))
    }
}

/// Adds what the scans of a plan read so far.
pub(crate) fn add_scans(plan: &dyn ExecutionPlan, metrics: &mut QueryMetrics) {
    if let Some(measured) = plan.metrics() {
        let sum =
            |name: &str| measured.sum_by_name(name).map_or(0, |value| value.as_usize() as u64);
        let opened = sum("files_opened");
        if opened > 0 {
            metrics.files_opened += opened;
            metrics.bytes_scanned += sum("bytes_scanned");
            metrics.file_rows += measured.output_rows().unwrap_or(0) as u64;
        }
    }
    for child in plan.children() {
        add_scans(child.as_ref(), metrics);
    }
}

impl Stream for QueryStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(error) = self.last_error.take() {
            return self.end(error);
        }
        if let Some((limit, sleep)) = &mut self.deadline {
            let limit_ms = limit.as_millis();
            if sleep.as_mut().poll(cx).is_ready() {
                return self.end(QueryError::Timeout { limit_ms });
            }
        }
        let options = &self.statement.shared.options;
        let (memory_limit_bytes, max_rows) = (options.memory_limit_bytes, options.max_rows);
        match self.rows.poll_next_unpin(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => self.end(locate::execution(error, memory_limit_bytes)),
            Poll::Ready(Some(Ok(batch))) => self.give(batch, max_rows),
        }
    }
}

impl std::fmt::Debug for QueryStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryStream").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}
