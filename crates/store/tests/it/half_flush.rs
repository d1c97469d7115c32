//! A crash between two tables' commits of one flush: what was committed is not brought again, what
//! was not is.

use spanlake_model::Rows;

use crate::support;

#[tokio::test]
async fn a_flush_that_committed_some_tables_only_is_finished_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let clock = support::StepClock::new();
    let store = support::open(dir.path(), &clock).await;
    for trace in 0..6 {
        let spans = (0..4).map(|n| support::span(trace, n, None)).collect();
        let payloads = (0..4).map(|n| support::payload(trace, n, "text")).collect();
        let rows = vec![Rows::Payloads(payloads), Rows::Spans(spans)];
        store.append(support::redacted(rows)).await.unwrap();
    }
    let spans = support::spans(&store.snapshot()).await;
    let payloads = support::payloads(&store.snapshot()).await;
    store.flush().await.unwrap();
    drop(store);
    // Spans are committed last. The log still has their rows: its segments stay for readers.
    std::fs::remove_dir_all(dir.path().join("spans")).unwrap();
    for _ in 0..2 {
        let store = support::open(dir.path(), &clock).await;
        assert_eq!(support::spans(&store.snapshot()).await, spans);
        assert_eq!(support::payloads(&store.snapshot()).await, payloads);
        store.flush().await.unwrap();
        assert_eq!(support::spans(&store.snapshot()).await, spans);
        assert_eq!(support::payloads(&store.snapshot()).await, payloads);
        drop(store);
    }
}
