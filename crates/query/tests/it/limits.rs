//! Time, row and memory limits, and cancellation.

use std::time::Duration;

use futures::StreamExt as _;
use spanlake_query::{QueryError, QueryOptions};

use crate::data::{session_with, three_days};

#[tokio::test]
async fn rows_beyond_the_limit_are_an_error_after_the_rows() {
    let options = QueryOptions { max_rows: Some(100), ..QueryOptions::default() };
    let session = session_with(three_days().await, options);
    let mut stream = session.sql("select span_id from spans").await.unwrap();
    let mut rows = 0;
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(batch) => rows += batch.num_rows(),
            Err(error) => break error,
        }
    };
    assert_eq!(rows, 100);
    assert!(matches!(error, QueryError::RowLimit { limit: 100 }));
    assert!(stream.next().await.is_none());
    assert_eq!(stream.metrics().rows, 100);
    assert!(session.collect("select span_id from spans limit 100").await.is_ok());
}

#[tokio::test]
async fn a_statement_stops_at_its_time_limit() {
    let options =
        QueryOptions { timeout: Some(Duration::from_millis(300)), ..QueryOptions::default() };
    let session = session_with(three_days().await, options);
    let endless = "select count(*) from generate_series(1, 100000000000) as a(x) where x % 2 = 3";
    let error = session.collect(endless).await.unwrap_err();
    assert!(matches!(error, QueryError::Timeout { limit_ms: 300 }), "{error:?}");
    assert!(error.is_retryable() && !error.is_invalid_input());
}

#[tokio::test]
async fn memory_is_limited() {
    let options = QueryOptions { memory_limit_bytes: 1 << 20, ..QueryOptions::default() };
    let session = session_with(three_days().await, options);
    // A hash join's build side cannot spill.
    let greedy = "select count(*) from generate_series(1, 3000000) as a(x) \
                  join generate_series(1, 3000000) as b(y) on a.x = b.y";
    let error = session.collect(greedy).await.unwrap_err();
    assert!(matches!(error, QueryError::Memory { .. }), "{error:?}");
    assert!(error.to_string().contains("1 MiB"), "{error}");
}

#[tokio::test]
async fn a_forked_session_has_its_own_limits() {
    let session = session_with(three_days().await, QueryOptions::default());
    let options = QueryOptions { max_rows: Some(1), ..QueryOptions::default() };
    let forked = session.fork(options).unwrap();
    assert!(forked.collect("select span_id from spans").await.is_err());
    assert!(session.collect("select span_id from spans").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_and_deep_expressions_leave_the_stack_alone() {
    let session = session_with(three_days().await, QueryOptions::default());
    let chain = |count: usize| {
        let terms: Vec<String> = (0..count).map(|n| format!("workflow = 'w{n}'")).collect();
        format!("select count(*) from spans where {}", terms.join(" or "))
    };
    let list: Vec<String> = (0..2_000).map(|n| format!("'w{n}'")).collect();
    let list = format!("select count(*) from spans where workflow in ({})", list.join(", "));
    session.collect(&list).await.unwrap();
    session.collect(&chain(240)).await.unwrap();
    let sum = format!("select {}1", "1 + ".repeat(10_000));
    for text in [chain(1_000), sum] {
        let error = session.collect(&text).await.unwrap_err();
        assert!(error.is_invalid_input());
        assert!(error.to_string().starts_with("an expression is nested"), "{error}");
    }
}
