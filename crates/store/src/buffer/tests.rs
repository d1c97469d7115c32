use std::sync::atomic::{AtomicUsize, Ordering};

use spanlake_model::{Micros, Rows, Settle, SpanRow, Table, TraceRows};

use super::*;
use crate::key::group_key;

/// Counts the rows it is given, and gives all spans the root's session.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Settle for Counting {
    fn settle(&self, trace: &mut TraceRows) {
        self.0.fetch_add(trace.spans.len(), Ordering::Relaxed);
        let session = trace.spans.iter().find_map(|span| span.session_id.clone());
        trace.spans.iter_mut().for_each(|span| span.session_id.clone_from(&session));
    }
}

struct Numbers(i64);

impl Versions for Numbers {
    fn above(&mut self, version: i64) -> i64 {
        self.0 = self.0.max(version) + 1;
        self.0
    }
    fn writer(&self) -> &'static str {
        "w"
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn span(n: usize) -> SpanRow {
    let session_id = (n == 0).then(|| "s".to_owned());
    let span_id = format!("{:016x}", n + 1);
    SpanRow { trace_id: TRACE.into(), span_id, session_id, is_final: true, ..SpanRow::default() }
}

/// Absorbs a span as the store does: the whole trace when it is due.
fn add(buffer: &mut Buffer, n: usize, settle: &Counting, versions: &mut Numbers) {
    let group = group_key(TRACE);
    let mut files = FileRows::default();
    let (known, waiting) = buffer.trace_rows(Table::Spans, group);
    if is_due(known, waiting, 1) {
        files.whole.insert(group);
    }
    let mut row = span(n);
    row.row_version = versions.above(0);
    let entry = Incoming { seq: n as u64 + 1, rows: vec![Rows::Spans(vec![row])] };
    absorb(buffer, vec![entry], files, settle, versions, Micros(0)).unwrap();
}

#[test]
fn a_trace_that_grows_span_by_span_is_settled_a_few_times_in_all() {
    // A long run takes as many as a large agent run has.
    let spans = if std::env::var("SPANLAKE_SEEDS").is_ok() { 50_000 } else { 8_000 };
    let (settle, mut versions) = (Counting::default(), Numbers(0));
    let mut buffer = Buffer::default();
    for n in 0..spans {
        add(&mut buffer, n, &settle, &mut versions);
    }
    let settled = settle.0.load(Ordering::Relaxed);
    assert!(settled <= 256 * 257 / 2 + 4 * spans, "{settled} rows were settled");
    // What waits is settled at the end, and every span is there once.
    let mut files = FileRows::default();
    files.whole.extend(buffer.active.unsettled.keys().copied());
    assert_eq!(files.whole.len(), 1);
    absorb(&mut buffer, Vec::new(), files, &settle, &mut versions, Micros(0)).unwrap();
    assert!(buffer.active.unsettled.is_empty());
    let mut seen = 0;
    for batch in buffer.visible(Table::Spans).unwrap() {
        let sessions = batch.column_by_name("session_id").unwrap();
        assert_eq!(sessions.null_count(), 0);
        seen += batch.num_rows();
    }
    assert_eq!(seen, spans);
}
