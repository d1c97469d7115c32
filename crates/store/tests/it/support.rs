//! Rows, clocks and readers of snapshots for the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow_array::RecordBatch;
use object_store::ObjectStoreExt as _;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use spanlake_model::{
    Clock, EvalRow, Kind, Micros, PayloadRow, Rows, Settle, SpanRow, Table, TokenRole, TraceRows,
};
use spanlake_redact::RedactedBatch;
use spanlake_store::{DataFile, Snapshot, Store, StoreOptions};

/// 2026-11-20T00:00:00Z.
pub(crate) const START: i64 = 1_795_132_800_000_000;

/// A clock that moves by a millisecond each time it is asked.
#[derive(Debug)]
pub(crate) struct StepClock(AtomicI64);

impl StepClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START)))
    }
}

impl StepClock {
    pub(crate) fn advance_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400_000_000, Ordering::Relaxed);
    }
}

impl Clock for StepClock {
    fn now(&self) -> Micros {
        Micros(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

/// Settles as ingestion does in small: aggregates have children, sessions come from the root, and a
/// placeholder (named `pending`) gives way to the span that is its parent.
#[derive(Debug)]
pub(crate) struct TestSettle;

impl Settle for TestSettle {
    fn settle(&self, trace: &mut TraceRows) {
        let session = trace
            .spans
            .iter()
            .filter(|span| span.parent_span_id.is_none())
            .filter(|span| !span.inherited_columns.iter().any(|column| column == "session_id"))
            .find_map(|span| span.session_id.clone());
        let real: Vec<String> = trace
            .spans
            .iter()
            .filter(|span| span.name != "pending")
            .map(|span| span.span_id.clone())
            .collect();
        for span in &mut trace.spans {
            let parent = span.parent_span_id.as_ref();
            span.is_superseded =
                span.name == "pending" && parent.is_some_and(|parent| real.contains(parent));
        }
        let spans = trace.spans.iter().filter(|span| !span.is_superseded);
        let parents: Vec<String> = spans.filter_map(|span| span.parent_span_id.clone()).collect();
        for span in &mut trace.spans {
            for column in std::mem::take(&mut span.inherited_columns) {
                assert_eq!(column, "session_id");
                span.session_id = None;
            }
            if span.session_id.is_none() && session.is_some() {
                span.session_id.clone_from(&session);
                span.inherited_columns = vec!["session_id".to_owned()];
            }
            let has_children = parents.contains(&span.span_id);
            span.token_role = if has_children { TokenRole::Aggregate } else { TokenRole::Leaf };
        }
    }
}

/// Stands in for redaction: the tests' rows hold nothing to redact.
pub(crate) fn redacted(rows: Vec<Rows>) -> RedactedBatch {
    RedactedBatch::from_replay(rows)
}

pub(crate) fn trace_id(n: u64) -> String {
    format!("{:032x}", u128::from(n) + 1)
}

pub(crate) fn span_id(n: u64) -> String {
    format!("{:016x}", n + 1)
}

/// A finished span with a parent, a minute of the trace's day for each number.
pub(crate) fn span(trace: u64, n: u64, parent: Option<u64>) -> SpanRow {
    let start = Micros(START + trace as i64 * 3_600_000_000 + n as i64 * 1_000_000);
    SpanRow {
        date: start.day(),
        trace_id: trace_id(trace),
        span_id: span_id(trace * 1_000 + n),
        parent_span_id: parent.map(|parent| span_id(trace * 1_000 + parent)),
        start_time: start,
        start_unix_nano: start.0 * 1_000,
        name: format!("span {n}"),
        kind: Kind::Llm,
        policy_version: "p1".into(),
        ingest_time: Micros(START),
        is_final: true,
        ..SpanRow::default()
    }
}

pub(crate) fn payload(trace: u64, n: u64, text: &str) -> PayloadRow {
    let span = span(trace, n, None);
    PayloadRow {
        date: span.date,
        trace_id: span.trace_id,
        span_id: span.span_id,
        start_time: span.start_time,
        output_text: Some(text.to_owned()),
        policy_version: "p1".into(),
        ingest_time: Micros(START),
        is_final: true,
        ..PayloadRow::default()
    }
}

pub(crate) fn eval(n: u64) -> EvalRow {
    EvalRow {
        date: Micros(START).day(),
        eval_id: format!("eval-{n}"),
        eval_time: Micros(START + n as i64),
        trace_id: Some(trace_id(n)),
        name: "faithfulness".into(),
        score: Some(0.5),
        policy_version: "p1".into(),
        ..EvalRow::default()
    }
}

pub(crate) fn options(clock: &Arc<StepClock>) -> StoreOptions {
    StoreOptions {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        settle: Arc::new(TestSettle),
        payload_retention_days: None,
        metadata_retention_days: None,
        ..StoreOptions::default()
    }
}

pub(crate) async fn open(dir: &std::path::Path, clock: &Arc<StepClock>) -> Store {
    Store::open(dir.to_str().unwrap(), options(clock)).await.unwrap()
}

/// Reads every visible row of a table, with plain Parquet.
pub(crate) async fn rows(snapshot: &Snapshot, table: Table) -> Vec<Rows> {
    let mut found = Vec::new();
    let view = snapshot.table(table);
    for file in &view.files {
        for batch in file_batches(snapshot, file).await {
            let mut rows = table.read_rows(&batch, 0..batch.num_rows());
            match &mut rows {
                Rows::Spans(rows) => rows.iter_mut().for_each(|row| row.date = file.date),
                Rows::Payloads(rows) => rows.iter_mut().for_each(|row| row.date = file.date),
                Rows::Evals(rows) => rows.iter_mut().for_each(|row| row.date = file.date),
                _ => {}
            }
            found.push(rows);
        }
    }
    for batch in &view.memory {
        assert_eq!(batch.schema(), table.schema());
        found.push(table.read_rows(batch, 0..batch.num_rows()));
    }
    let count: usize = found.iter().map(Rows::len).sum();
    assert_eq!(count as u64, view.live_rows());
    found
}

async fn file_batches(snapshot: &Snapshot, file: &DataFile) -> Vec<RecordBatch> {
    let bytes = snapshot.object_store().get(&file.path).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, file.size);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows() as u64, file.rows);
    let live = file.dead.live_ranges(file.rows).map(|run| run.start as usize..run.end as usize);
    let selection = RowSelection::from_consecutive_ranges(live, file.rows as usize);
    let reader = reader.with_row_selection(selection).build().unwrap();
    reader.map(Result::unwrap).collect()
}

/// Reads every visible span.
pub(crate) async fn spans(snapshot: &Snapshot) -> Vec<SpanRow> {
    let mut all = Vec::new();
    for rows in rows(snapshot, Table::Spans).await {
        if let Rows::Spans(rows) = rows {
            all.extend(rows);
        }
    }
    all.sort_by(|a, b| (&a.trace_id, &a.span_id).cmp(&(&b.trace_id, &b.span_id)));
    all
}

/// Reads every visible payload.
pub(crate) async fn payloads(snapshot: &Snapshot) -> Vec<PayloadRow> {
    let mut all = Vec::new();
    for rows in rows(snapshot, Table::Payloads).await {
        if let Rows::Payloads(rows) = rows {
            all.extend(rows);
        }
    }
    all.sort_by(|a, b| (&a.trace_id, &a.span_id).cmp(&(&b.trace_id, &b.span_id)));
    all
}
