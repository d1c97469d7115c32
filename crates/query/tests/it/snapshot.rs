//! When and how often a statement asks for a snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{BoxFuture, FutureExt as _};
use spanlake_query::{QueryError, QueryOptions, Session, SnapshotSource};
use spanlake_store::{Snapshot, StoreError};

use crate::data::{FIRST_DAY, cell, spans};
use crate::support::Builder;

/// A store that grows by ten spans each time it is asked.
#[derive(Debug, Default)]
struct Growing {
    asked: AtomicUsize,
}

impl SnapshotSource for Growing {
    fn snapshot(&self) -> BoxFuture<'_, Result<Arc<Snapshot>, StoreError>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) as i64 + 1;
        let snapshot = Builder::new(100).memory(&spans(FIRST_DAY, 0..10 * asked)).build();
        std::future::ready(Ok(Arc::new(snapshot))).boxed()
    }
}

#[tokio::test]
async fn a_statement_sees_one_snapshot() {
    let source = Arc::new(Growing::default());
    let session =
        Session::new(Arc::clone(&source) as Arc<dyn SnapshotSource>, QueryOptions::default())
            .unwrap();
    let sql = "select (select count(*) from spans) - (select count(*) from llm_calls) \
               + count(*) - (select count(*) from traces) from spans as a";
    assert_eq!(cell(&session, sql).await, "0");
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
    assert_eq!(cell(&session, "select count(*) from spans").await, "20");
    assert_eq!(source.asked.load(Ordering::Relaxed), 2);
}

/// A store that cannot be opened.
#[derive(Debug)]
struct Missing;

impl SnapshotSource for Missing {
    fn snapshot(&self) -> BoxFuture<'_, Result<Arc<Snapshot>, StoreError>> {
        let error = StoreError::Missing { url: "file:///nowhere".to_owned() };
        std::future::ready(Err(error)).boxed()
    }
}

#[tokio::test]
async fn without_a_table_the_store_is_not_touched() {
    let session = Session::new(Arc::new(Missing), QueryOptions::default()).unwrap();
    assert_eq!(cell(&session, "select 1").await, "1");
    let columns = "select count(*) from information_schema.columns where table_name = 'traces'";
    assert_ne!(cell(&session, columns).await, "0");
    assert_ne!(cell(&session, "select count(*) from spanlake.functions").await, "0");
    assert!(session.columns("spans").await.unwrap().is_some());
    let error = session.collect("select count(*) from spans").await.unwrap_err();
    assert!(matches!(error, QueryError::Store(StoreError::Missing { .. })), "{error:?}");
    assert!(error.is_invalid_input());
}
