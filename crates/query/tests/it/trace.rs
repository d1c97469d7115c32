//! One trace as a tree.

use spanlake_model::{Rows, SpanRow};
use spanlake_query::QueryError;

use crate::data::{FIRST_DAY, cell, session, shown, span, spans, trace_id};
use crate::support::Builder;

/// A trace of three spans over two files, one hidden version, and a late child in the buffer.
async fn builder() -> Builder {
    let child = |number: i64, parent: i64, tokens: i64| SpanRow {
        trace_id: trace_id(FIRST_DAY, 5),
        parent_span_id: Some(span(FIRST_DAY, parent).span_id),
        input_tokens: Some(tokens),
        ..span(FIRST_DAY, number)
    };
    let mut builder = Builder::new(100);
    let mut rows = vec![span(FIRST_DAY, 5), child(6, 5, 1), child(7, 6, 1), child(7, 6, 99)];
    rows.extend((20..60).map(|number| span(FIRST_DAY, number)));
    builder.file(&Rows::Spans(rows), vec![2]).await;
    builder.file(&spans(FIRST_DAY + 1, 0..10), vec![]).await;
    builder.memory(&Rows::Spans(vec![child(8, 5, 2), child(9, 1234, 3)]));
    builder
}

#[tokio::test]
async fn a_trace_is_read_as_a_tree() {
    let session = session(builder().await.build());
    let nodes = session.trace(&trace_id(FIRST_DAY, 5).to_uppercase()).await.unwrap();
    let found: Vec<_> = nodes
        .iter()
        .map(|node| (node.depth, node.is_orphan, node.span.input_tokens.unwrap()))
        .collect();
    let expected = [(0, false, 5), (1, false, 1), (2, false, 99), (1, false, 2), (0, true, 3)];
    assert_eq!(found, expected);
    assert!(session.trace(&"0".repeat(32)).await.unwrap().is_empty());
    assert!(matches!(session.trace("xyz").await, Err(QueryError::InvalidTraceId { length: 3 })));
}

#[tokio::test]
async fn sql_has_the_same_tree() {
    let session = session(builder().await.build());
    let id = trace_id(FIRST_DAY, 5);
    let sql = format!("select depth, is_orphan, input_tokens from trace('{id}')");
    let expected = "\
+-------+-----------+--------------+
| depth | is_orphan | input_tokens |
+-------+-----------+--------------+
| 0     | false     | 5            |
| 1     | false     | 1            |
| 2     | false     | 99           |
| 1     | false     | 2            |
| 0     | true      | 3            |
+-------+-----------+--------------+";
    assert_eq!(shown(&session.collect(&sql).await.unwrap()), expected);
    let tokens = format!("select sum(input_tokens) from trace('{id}') where depth > 0");
    assert_eq!(cell(&session, &tokens).await, "102");
    assert!(session.collect("select * from trace(7)").await.is_err());
}
