//! Rows whose sums are known without running SQL.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::arrow::util::pretty::pretty_format_batches;
use spanlake_model::{Day, Kind, Micros, PayloadRow, Rows, SpanRow, TokenRole};
use spanlake_query::{QueryOptions, Session};
use spanlake_store::Snapshot;

use crate::support::Builder;

/// 2026-11-01.
pub(crate) const FIRST_DAY: i32 = 20_758;

/// A model call on a day; every field a test looks at follows from `number`.
pub(crate) fn span(day: i32, number: i64) -> SpanRow {
    let start = Day(day).start().0 + number * 1_000_000;
    SpanRow {
        date: Day(day),
        trace_id: trace_id(day, number),
        span_id: format!("{day:08x}{number:08x}"),
        start_time: Micros(start),
        start_unix_nano: start * 1_000,
        end_unix_nano: start * 1_000 + 5_000_000,
        duration_ms: Some(5.0),
        name: "chat".to_owned(),
        kind: Kind::Llm,
        token_role: TokenRole::Leaf,
        tenant_id: Some(if number % 2 == 0 { "even" } else { "odd" }.to_owned()),
        prompt_name: Some("answer".to_owned()),
        prompt_version: Some((1 + number % 3).to_string()),
        input_tokens: Some(number),
        output_tokens: (number % 4 != 0).then_some(1),
        attributes: Some(format!("{{\"number\":{number},\"odd\":{}}}", number % 2 == 1)),
        output_preview: Some(format!("answer {number}")),
        is_final: true,
        ..SpanRow::default()
    }
}

pub(crate) fn trace_id(day: i32, number: i64) -> String {
    format!("{day:016x}{number:016x}")
}

pub(crate) fn spans(day: i32, numbers: std::ops::Range<i64>) -> Rows {
    Rows::Spans(numbers.map(|number| span(day, number)).collect())
}

pub(crate) fn payloads(day: i32, numbers: std::ops::Range<i64>) -> Rows {
    let row = |number| {
        let span = span(day, number);
        PayloadRow {
            date: span.date,
            trace_id: span.trace_id,
            span_id: span.span_id,
            start_time: span.start_time,
            output_text: Some(format!("long answer {number}")),
            ..PayloadRow::default()
        }
    };
    Rows::Payloads(numbers.map(row).collect())
}

/// Three days of 300 spans in files, the newest also 20 in the buffer.
pub(crate) async fn three_days() -> Snapshot {
    let mut builder = Builder::new(100);
    for day in FIRST_DAY..FIRST_DAY + 3 {
        builder.file(&spans(day, 0..300), vec![]).await;
        builder.file(&payloads(day, 0..300), vec![]).await;
    }
    builder.memory(&spans(FIRST_DAY + 2, 300..320));
    builder.build()
}

pub(crate) fn session(snapshot: Snapshot) -> Session {
    session_with(snapshot, QueryOptions::default())
}

pub(crate) fn session_with(snapshot: Snapshot, options: QueryOptions) -> Session {
    let options = QueryOptions { target_partitions: 2, ..options };
    Session::new(Arc::new(snapshot), options).unwrap()
}

pub(crate) fn shown(batches: &[RecordBatch]) -> String {
    pretty_format_batches(batches).unwrap().to_string()
}

/// Runs a statement that gives one cell and returns it as text.
pub(crate) async fn cell(session: &Session, sql: &str) -> String {
    let batches = session.collect(sql).await.unwrap();
    let batches: Vec<_> = batches.into_iter().filter(|batch| batch.num_rows() > 0).collect();
    assert_eq!((batches.len(), batches[0].num_rows(), batches[0].num_columns()), (1, 1, 1));
    array_value_to_string(batches[0].column(0), 0).unwrap()
}
