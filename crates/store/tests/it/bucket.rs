//! The whole way through real bucket servers. They are named in the environment and their buckets
//! exist; without them these tests say that they skip:
//!
//! ```text
//! SPANLAKE_S3_URL=s3://bucket?endpoint=http://localhost:4566&region=us-east-1&access_key_id=…
//! SPANLAKE_AZURE_URL=az://container?use_emulator=true
//! ```

use std::path::Path;
use std::sync::Arc;

use spanlake_model::{Clock, Rows, SpanRow, SystemClock, Table};
use spanlake_store::{MaintainOptions, Store, StoreError, StoreOptions};

use crate::faulty::Machine;
use crate::support::{
    StepClock, TestSettle, eval, options, payload, payloads, redacted, span, spans, trace_id,
};

/// A new place in the server's bucket; `None` when there is no server.
fn place(variable: &str, dir: &Path) -> Option<String> {
    let Ok(url) = std::env::var(variable) else {
        eprintln!("skipped: {variable} names no bucket");
        return None;
    };
    let (bucket, settings) = url.split_once('?').unwrap_or((&url, ""));
    let name = dir.file_name()?.to_str()?.trim_start_matches('.');
    Some(format!("{}/{name}?{settings}", bucket.trim_end_matches('/')))
}

fn machine(dir: &Path) -> StoreOptions {
    StoreOptions {
        clock: Arc::new(SystemClock) as Arc<dyn Clock>,
        wal_dir: Some(dir.join("wal")),
        settle: Arc::new(TestSettle),
        ..options(&StepClock::new())
    }
}

fn batch(trace: u64) -> Vec<Rows> {
    let mut score = eval(trace);
    score.eval_id = format!("eval of {trace}");
    vec![
        Rows::Payloads(vec![payload(trace, 1, "an answer")]),
        Rows::Evals(vec![score]),
        Rows::Spans(vec![span(trace, 0, None), span(trace, 1, Some(0))]),
    ]
}

async fn the_whole_way(variable: &str) {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(url) = place(variable, dir.path()) else { return };
    let missing = StoreOptions { read_only: true, ..machine(elsewhere.path()) };
    let error = Store::open(&url, missing.clone()).await.err().unwrap();
    assert!(matches!(&error, StoreError::Missing { url } if !url.contains('?')), "{error:?}");

    let store = Store::open(&url, machine(dir.path())).await.unwrap();
    store.append(redacted(batch(1))).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 2);
    drop(store);
    // Only this machine's disk has it; here it is found again.
    let store = Store::open(&url, machine(dir.path())).await.unwrap();
    let before = spans(&store.snapshot()).await;
    assert_eq!(before.len(), 2);
    store.flush().await.unwrap();
    let reader = Store::open(&url, missing).await.unwrap();
    assert_eq!(spans(&reader.refresh().await.unwrap()).await, before);
    for trace in 2..5 {
        store.append(redacted(batch(trace))).await.unwrap();
        store.flush().await.unwrap();
    }
    // A root that comes late: its child in a file gets a new version.
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    store.flush().await.unwrap();
    let before = (spans(&store.snapshot()).await, payloads(&store.snapshot()).await);
    assert_eq!((before.0.len(), before.1.len()), (8, 4));
    let report = store.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.merged_files >= 8, "{report:?}");
    for snapshot in [store.snapshot(), reader.refresh().await.unwrap()] {
        assert_eq!((spans(&snapshot).await, payloads(&snapshot).await), before);
        let files = &snapshot.table(Table::Spans).files;
        assert_eq!(files.len(), 1);
        files[0].filter.load().await;
        assert!(files[0].may_contain_trace(&trace_id(1)));
        assert!(!files[0].may_contain_trace(&trace_id(77)));
    }
    assert!(store.check().await.unwrap().is_sound());
    store.close().await.unwrap();
    drop(store);
    let store = Store::open(&url, machine(dir.path())).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await, before.0);
}

/// Two machines write for a while, one of them maintains, and others read.
async fn two_writers(variable: &str) {
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let Some(url) = place(variable, dirs[0].path()) else { return };
    let mut writers = Vec::new();
    for (number, dir) in (0_u64..).zip(&dirs[..2]) {
        let (url, options) = (url.clone(), machine(dir.path()));
        writers.push(tokio::spawn(async move {
            let store = Store::open(&url, options).await.unwrap();
            for round in 0..8 {
                for n in 0..3 {
                    let trace = number * 100 + round * 3 + n;
                    store.append(redacted(batch(trace))).await.unwrap();
                }
                // Exported to both: one of them is to be seen.
                store.append(redacted(batch(1_000 + round))).await.unwrap();
                store.flush().await.unwrap();
                if number == 0 && round % 4 == 3 {
                    store.maintain(MaintainOptions::default()).await.unwrap();
                }
            }
            store.close().await.unwrap();
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let read_only = StoreOptions { read_only: true, ..machine(dirs[2].path()) };
    let reader = Store::open(&url, read_only).await.unwrap();
    let snapshot = reader.refresh().await.unwrap();
    // 24 traces of each writer and 8 that both have, with 2 spans and 1 payload each.
    let seen = spans(&snapshot).await;
    assert_eq!((seen.len(), payloads(&snapshot).await.len()), (2 * 56, 56));
    let mut keys: Vec<_> = seen.iter().map(|span| (&span.trace_id, &span.span_id)).collect();
    keys.dedup();
    assert_eq!(keys.len(), 2 * 56);
    assert_eq!(snapshot.table(Table::Evals).live_rows(), 56);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_the_whole_way() {
    the_whole_way("SPANLAKE_S3_URL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_two_writers() {
    two_writers("SPANLAKE_S3_URL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_the_whole_way() {
    the_whole_way("SPANLAKE_AZURE_URL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_two_writers() {
    two_writers("SPANLAKE_AZURE_URL").await;
}

#[tokio::test]
async fn a_server_that_ignores_conditions_is_refused() {
    let (machine, dir) = (Machine::new(), tempfile::tempdir().unwrap());
    machine.faults.ignore_conditions();
    let options = StoreOptions {
        medium: Some(machine.medium()),
        wal_dir: Some(dir.path().join("wal")),
        ..options(&StepClock::new())
    };
    let url = "s3://bucket/lake?region=us-east-1&access_key_id=id&secret_access_key=hidden";
    let error = Store::open(url, options.clone()).await.err().unwrap();
    assert!(matches!(error, StoreError::NoConditionalPut { .. }), "{error:?}");
    assert!(error.is_invalid_input() && !error.to_string().contains("hidden"), "{error}");
    // Whoever promises to be alone may have it.
    let alone = StoreOptions { exclusive: true, ..options };
    let store = Store::open(url, alone).await.unwrap();
    store.append(redacted(batch(1))).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 2);
}
