//! Two machines that write to one bucket: each row is seen once, by whomever.

use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use spanlake_model::{Clock, Micros, Rows, SpanRow};
use spanlake_store::wal::DiskFiles;
use spanlake_store::{MaintainOptions, Medium, Store, StoreError, StoreOptions};

use crate::support::{START, StepClock, eval, options, payload, redacted, rows, span, spans};

/// A clock that stands still: versions of two writers are equal.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Micros {
        Micros(START)
    }
}

const URL: &str = "s3://bucket/lake?region=us-east-1";

fn machine(bucket: &Arc<InMemory>, dir: &Path) -> StoreOptions {
    StoreOptions {
        clock: Arc::new(Still),
        medium: Some(Medium {
            store: Arc::clone(bucket) as Arc<dyn ObjectStore>,
            wal_files: Arc::new(DiskFiles),
        }),
        wal_dir: Some(dir.join("wal")),
        ..options(&StepClock::new())
    }
}

fn named(name: &str) -> SpanRow {
    SpanRow { name: name.into(), ..span(1, 0, None) }
}

async fn names(store: &Store) -> Vec<String> {
    spans(&store.refresh().await.unwrap()).await.into_iter().map(|span| span.name).collect()
}

#[tokio::test]
async fn of_equal_versions_of_two_writers_one_is_seen() {
    let bucket = Arc::new(InMemory::new());
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = Store::open(URL, machine(&bucket, dirs[0].path())).await.unwrap();
    let two = Store::open(URL, machine(&bucket, dirs[1].path())).await.unwrap();
    for (store, name) in [(&one, "one"), (&two, "two")] {
        let batch = vec![
            Rows::Payloads(vec![payload(1, 0, name)]),
            Rows::Evals(vec![eval(5)]),
            Rows::Spans(vec![named(name)]),
        ];
        store.append(redacted(batch)).await.unwrap();
    }
    one.flush().await.unwrap();
    two.flush().await.unwrap();
    let reader_options = |dir: &Path| StoreOptions { read_only: true, ..machine(&bucket, dir) };
    let elsewhere = tempfile::tempdir().unwrap();
    let reader = Store::open(URL, reader_options(elsewhere.path())).await.unwrap();
    let seen = names(&reader).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    // The second writer has met the first one's file, the first learns of it in maintenance.
    assert_eq!(names(&two).await, seen);
    let winner = spans(&reader.snapshot()).await[0].writer_id.clone();
    let ids = spans(&two.snapshot()).await;
    assert_eq!(ids[0].writer_id, winner);
    one.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(names(&one).await, seen);
    assert_eq!(names(&reader).await, seen);
    two.maintain(MaintainOptions::default()).await.unwrap();
    for store in [&one, &two, &reader] {
        assert_eq!(names(store).await, seen);
        let snapshot = store.snapshot();
        for table in [spanlake_model::Table::Evals, spanlake_model::Table::Payloads] {
            let rows = rows(&snapshot, table).await;
            assert_eq!(rows.iter().map(Rows::len).sum::<usize>(), 1, "{}", table.name());
        }
    }
    assert!(one.check().await.unwrap().is_sound());
    // Each machine has its own log and identity, and keeps them.
    drop((one, two));
    let again = Store::open(URL, machine(&bucket, dirs[0].path())).await.unwrap();
    assert_eq!(names(&again).await, seen);
}

#[tokio::test]
async fn a_row_that_is_still_buffered_meets_the_other_writers_file() {
    let bucket = Arc::new(InMemory::new());
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = Store::open(URL, machine(&bucket, dirs[0].path())).await.unwrap();
    let two = Store::open(URL, machine(&bucket, dirs[1].path())).await.unwrap();
    two.append(redacted(vec![Rows::Spans(vec![named("two")])])).await.unwrap();
    one.append(redacted(vec![Rows::Spans(vec![named("one"), span(2, 0, None)])])).await.unwrap();
    one.flush().await.unwrap();
    // Maintenance without a flush takes the file in; the buffered row is older or newer.
    two.maintain(MaintainOptions { flush: false, ..MaintainOptions::default() }).await.unwrap();
    assert_eq!(spans(&two.snapshot()).await.len(), 2);
    // A later contribution goes on top of whichever won.
    let last = SpanRow { input_tokens: Some(3), ..named("last") };
    two.append(redacted(vec![Rows::Spans(vec![last])])).await.unwrap();
    for _ in 0..2 {
        let seen = spans(&two.snapshot()).await;
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].name.as_str(), seen[0].input_tokens), ("last", Some(3)));
        two.flush().await.unwrap();
    }
    one.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(spans(&one.snapshot()).await, spans(&two.snapshot()).await);
}

#[tokio::test]
async fn one_machine_has_one_writer_and_a_log_belongs_to_one_store() {
    let bucket = Arc::new(InMemory::new());
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(URL, machine(&bucket, dir.path())).await.unwrap();
    let error = Store::open(URL, machine(&bucket, dir.path())).await.err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    drop(store);
    // The bucket was emptied and begun anew: its rows and the log's have nothing in common.
    let other = Arc::new(InMemory::new());
    let error = Store::open(URL, machine(&other, dir.path())).await.err().unwrap();
    assert!(matches!(error, StoreError::LogOfAnotherStore { .. }), "{error:?}");
    assert!(error.is_invalid_input());
}
