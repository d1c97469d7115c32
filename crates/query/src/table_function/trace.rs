//! One trace as a tree.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Documentation, LogicalPlanBuilder};
use datafusion::physical_plan::collect;
use datafusion::prelude::{col, lit};
use spanlake_functions::documented::Manual;
use spanlake_model::{SpanRow, Table};

use super::provider::{Call, Called};
use crate::error::QueryError;
use crate::statement::Statement;
use crate::table::SnapshotTable;

pub(super) static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: super::SECTION,
        syntax: "trace(trace_id)",
        does: "The spans of one trace in the order of its tree: parents before children, siblings \
            by their start.",
        arguments: &[("trace_id", "The id as a text of 32 hexadecimal digits.")],
        result: "One row a span: depth is 0 for roots, is_orphan true where the parent is not in \
            the store; the other columns are those of spans.",
        nulls: "No row where there is no such trace; a NULL id is an error.",
        errors: "An id that is not 32 hexadecimal digits, or no constant.",
        source: "Spanlake's own.",
        example: "select depth, name, duration_ms from trace('4bf92f3577b34da6a3ce929d0e0e4736');",
    }
    .documentation()
});

/// The columns of `spans` that a tree shows.
const COLUMNS: &[&str] = &[
    "date",
    "trace_id",
    "span_id",
    "parent_span_id",
    "start_time",
    "start_unix_nano",
    "end_unix_nano",
    "duration_ms",
    "name",
    "kind",
    "operation",
    "status",
    "is_error",
    "error_type",
    "status_message",
    "token_role",
    "service_name",
    "workflow",
    "tenant_id",
    "user_id",
    "session_id",
    "request_model",
    "response_model",
    "provider",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cost_source",
    "finish_reason",
    "prompt_name",
    "prompt_version",
    "agent_name",
    "tool_name",
    "tool_args_status",
    "approval",
    "guardrail_name",
    "guardrail_outcome",
    "retry_count",
    "is_timeout",
    "retrieved_count",
    "parse_status",
    "schema_status",
    "refusal_kind",
    "input_preview",
    "output_preview",
    "is_final",
    "time_suspect",
];

/// One span in its place in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceNode {
    /// The span; columns that a tree does not show have their default.
    pub span: SpanRow,
    /// Distance from its root.
    pub depth: usize,
    /// Whether it names a parent that it could not be put under: one that is not in the store, or
    /// one that is also its descendant.
    pub is_orphan: bool,
}

/// Checks a trace id and gives it the form it is stored in.
pub(crate) fn stored_id(id: &str) -> Result<String, QueryError> {
    let id = id.trim().to_ascii_lowercase();
    let length = id.chars().count();
    if length == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(id)
    } else {
        Err(QueryError::InvalidTraceId { length })
    }
}

/// Reads a trace's spans in the order of its tree.
pub(crate) async fn read(
    statement: &Arc<Statement>,
    state: &dyn Session,
    id: &str,
) -> Result<Vec<TraceNode>> {
    let schema = Table::Spans.schema();
    let projection = COLUMNS.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
    let table = SnapshotTable::new(Table::Spans, Arc::clone(statement));
    let source = provider_as_source(Arc::new(table));
    let plan = LogicalPlanBuilder::scan(Table::Spans.name(), source, Some(projection))?
        .filter(col("trace_id").eq(lit(id)))?
        .build()?;
    let plan = state.create_physical_plan(&plan).await?;
    let batches = collect(plan, Arc::new(TaskContext::from(state))).await?;
    let spans = batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|row| SpanRow::read(batch, row)))
        .collect();
    Ok(arrange(spans))
}

/// Puts spans in the order of their tree: parents before children, siblings by start. Every span
/// comes out once, whatever its parent is.
pub(crate) fn arrange(mut spans: Vec<SpanRow>) -> Vec<TraceNode> {
    spans.sort_by(|a, b| (a.start_unix_nano, &a.span_id).cmp(&(b.start_unix_nano, &b.span_id)));
    let places: HashMap<String, usize> =
        spans.iter().enumerate().map(|(at, span)| (span.span_id.clone(), at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        let parent = span.parent_span_id.as_ref().and_then(|id| places.get(id));
        match parent.filter(|parent| **parent != at).and_then(|parent| children.get_mut(*parent)) {
            Some(siblings) => siblings.push(at),
            None => roots.push(at),
        }
    }
    let mut waiting: Vec<Option<SpanRow>> = spans.into_iter().map(Some).collect();
    let mut nodes = Vec::with_capacity(waiting.len());
    // Spans that no root leads to are in circles of parents; each circle begins at its earliest.
    for start in roots.into_iter().chain(0..waiting.len()) {
        let mut stack = vec![(start, 0)];
        while let Some((at, depth)) = stack.pop() {
            let Some(span) = waiting.get_mut(at).and_then(Option::take) else { continue };
            let is_orphan = depth == 0 && span.parent_span_id.is_some();
            nodes.push(TraceNode { span, depth, is_orphan });
            let below = children.get(at).map(Vec::as_slice).unwrap_or_default();
            stack.extend(below.iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    nodes
}

/// The table function `trace(trace_id)`.
#[derive(Debug)]
pub(crate) struct TraceFunction {
    pub(crate) statement: Arc<Statement>,
}

impl TableFunctionImpl for TraceFunction {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let [id] = super::texts(&MANUAL, args.exprs())?;
        let id = stored_id(&id).map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Arc::new(Called(TraceTable { id, statement: Arc::clone(&self.statement) })))
    }
}

pub(super) fn schema() -> SchemaRef {
    let spans = Table::Spans.schema();
    let mut fields = vec![
        Arc::new(Field::new("depth", DataType::Int64, false)),
        Arc::new(Field::new("is_orphan", DataType::Boolean, false)),
    ];
    let shown = COLUMNS.iter().filter_map(|name| spans.fields().find(name));
    fields.extend(shown.map(|(_, field)| Arc::clone(field)));
    Arc::new(Schema::new(fields))
}

#[derive(Debug)]
struct TraceTable {
    id: String,
    statement: Arc<Statement>,
}

#[async_trait]
impl Call for TraceTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    async fn rows(&self, session: &dyn Session) -> Result<RecordBatch> {
        let nodes = read(&self.statement, session, &self.id).await?;
        to_batch(&schema(), nodes)
    }
}

fn to_batch(schema: &SchemaRef, nodes: Vec<TraceNode>) -> Result<RecordBatch> {
    let depths: Int64Array = nodes.iter().map(|node| Some(node.depth as i64)).collect();
    let orphans: BooleanArray = nodes.iter().map(|node| Some(node.is_orphan)).collect();
    let spans: Vec<SpanRow> = nodes.into_iter().map(|node| node.span).collect();
    let all = SpanRow::to_batch(&spans)?;
    let mut columns: Vec<ArrayRef> = vec![Arc::new(depths), Arc::new(orphans)];
    columns.extend(COLUMNS.iter().filter_map(|name| all.column_by_name(name).cloned()));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: Option<&str>, start: i64) -> SpanRow {
        SpanRow {
            span_id: id.to_owned(),
            parent_span_id: parent.map(str::to_owned),
            start_unix_nano: start,
            ..SpanRow::default()
        }
    }

    fn shown(spans: Vec<SpanRow>) -> Vec<(String, usize, bool)> {
        arrange(spans)
            .into_iter()
            .map(|node| (node.span.span_id, node.depth, node.is_orphan))
            .collect()
    }

    #[test]
    fn parents_come_before_children_and_siblings_by_start() {
        let spans = vec![
            span("c2", Some("r"), 30),
            span("g", Some("c1"), 25),
            span("c1", Some("r"), 20),
            span("r", None, 10),
        ];
        let expected = [("r", 0), ("c1", 1), ("g", 2), ("c2", 1)];
        let expected: Vec<_> =
            expected.iter().map(|(id, depth)| ((*id).to_owned(), *depth, false)).collect();
        assert_eq!(shown(spans), expected);
    }

    #[test]
    fn orphans_and_circles_come_out_once() {
        let spans = vec![
            span("r", None, 10),
            span("lost", Some("gone"), 5),
            span("self", Some("self"), 40),
            span("a", Some("b"), 50),
            span("b", Some("a"), 60),
        ];
        let expected = [
            ("lost", 0, true),
            ("r", 0, false),
            ("self", 0, true),
            ("a", 0, true),
            ("b", 1, false),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(id, depth, lost)| ((*id).to_owned(), *depth, *lost)).collect();
        assert_eq!(shown(spans), expected);
    }

    #[test]
    fn a_deep_trace_does_not_overflow_the_stack() {
        let depth = 100_000;
        let spans = (0..depth)
            .map(|at| span(&at.to_string(), (at > 0).then(|| (at - 1).to_string()).as_deref(), at))
            .collect();
        assert_eq!(arrange(spans).last().map(|node| node.depth), Some(depth as usize - 1));
    }

    #[test]
    fn ids_are_checked() {
        assert!(stored_id(&"AB".repeat(16)).is_ok_and(|id| id == "ab".repeat(16)));
        assert!(matches!(stored_id("x' or 1=1"), Err(QueryError::InvalidTraceId { length: 9 })));
    }
}
