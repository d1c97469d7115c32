//! Two writers of one bucket whose commits meet: each row is seen once all the same, and after
//! maintenance it is there once.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use spanlake_model::{Rows, SpanRow, Table};
use spanlake_store::wal::DiskFiles;
use spanlake_store::{MaintainOptions, Medium, Snapshot, Store, StoreError, StoreOptions};
use tempfile::TempDir;

use crate::gate::{Gate, GatedStore, Stop};
use crate::support::{
    StepClock, eval, options, payload, payloads, redacted, rows, span, span_id, spans,
};

const URL: &str = "s3://bucket/lake?region=us-east-1";
const KEYED: [Table; 3] = [Table::Spans, Table::Payloads, Table::Evals];

/// Two writers, the first of them behind a gate.
struct Lake {
    bucket: Arc<InMemory>,
    gate: Arc<Gate>,
    one: Store,
    two: Store,
    dirs: [TempDir; 3],
}

impl Lake {
    async fn new() -> Self {
        let (bucket, gate) = (Arc::new(InMemory::new()), Arc::new(Gate::default()));
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let gated = GatedStore { inner: Arc::clone(&bucket), gate: Arc::clone(&gate) };
        let one = Store::open(URL, machine(Arc::new(gated), &dirs[0])).await.unwrap();
        let two = Store::open(URL, machine(plain(&bucket), &dirs[1])).await.unwrap();
        Self { bucket, gate, one, two, dirs }
    }

    /// Returns what a machine sees that has written nothing.
    async fn seen(&self) -> Arc<Snapshot> {
        let options =
            StoreOptions { read_only: true, ..machine(plain(&self.bucket), &self.dirs[2]) };
        Store::open(URL, options).await.unwrap().refresh().await.unwrap()
    }

    /// Holds that everybody sees each of `expected` traces once in every table.
    async fn each_is_seen_once(&self, expected: usize) {
        for snapshot in [self.seen().await, self.one.snapshot(), self.two.snapshot()] {
            for table in KEYED {
                let seen: usize = rows(&snapshot, table).await.iter().map(Rows::len).sum();
                assert_eq!(seen, expected, "{}", table.name());
            }
        }
    }

    /// Lets both maintain and holds that each of `expected` traces is in one file, once.
    async fn maintenance_leaves_one_of_each(&self, expected: usize) {
        for store in [&self.one, &self.two] {
            store.maintain(MaintainOptions::default()).await.unwrap();
        }
        self.one.maintain(MaintainOptions::default()).await.unwrap();
        self.each_is_seen_once(expected).await;
        let snapshot = self.seen().await;
        for table in KEYED {
            let stored: u64 = snapshot.table(table).files.iter().map(|file| file.rows).sum();
            assert_eq!(stored, expected as u64, "{}", table.name());
        }
        assert!(self.two.check().await.unwrap().is_sound());
    }
}

fn plain(bucket: &Arc<InMemory>) -> Arc<dyn ObjectStore> {
    Arc::clone(bucket) as Arc<dyn ObjectStore>
}

fn machine(store: Arc<dyn ObjectStore>, dir: &TempDir) -> StoreOptions {
    StoreOptions {
        medium: Some(Medium { store, wal_files: Arc::new(DiskFiles) }),
        wal_dir: Some(dir.path().join("wal")),
        ..options(&StepClock::new())
    }
}

/// A trace of one span with its payload and evaluation.
async fn flush_trace(store: &Store, n: u64) {
    let batch = vec![
        Rows::Payloads(vec![payload(n, 0, "an answer")]),
        Rows::Evals(vec![eval(n)]),
        Rows::Spans(vec![span(n, 0, None)]),
    ];
    store.append(redacted(batch)).await.unwrap();
    store.flush().await.unwrap();
}

#[tokio::test]
async fn a_commit_that_comes_during_a_compaction_is_taken_in() {
    for at in ["evals/_delta_log", "spans/_delta_log", "payloads/_delta_log"] {
        let lake = Lake::new().await;
        flush_trace(&lake.one, 1).await;
        flush_trace(&lake.one, 2).await;
        lake.gate.close(at, Stop::Before);
        let one = lake.one.clone();
        let maintaining =
            tokio::spawn(async move { one.maintain(MaintainOptions::default()).await });
        lake.gate.reached().await;
        for n in 3..6 {
            flush_trace(&lake.two, n).await;
        }
        lake.gate.open();
        maintaining.await.unwrap().unwrap();
        // The same traces come to this writer, too.
        for n in 3..6 {
            flush_trace(&lake.one, n).await;
        }
        lake.two.maintain(MaintainOptions::default()).await.unwrap();
        lake.each_is_seen_once(5).await;
        lake.maintenance_leaves_one_of_each(5).await;
    }
}

#[tokio::test]
async fn a_commit_that_follows_a_flush_at_once_is_taken_in() {
    for at in ["evals/_delta_log", "spans/_delta_log", "payloads/_delta_log"] {
        let lake = Lake::new().await;
        flush_trace(&lake.one, 1).await;
        flush_trace(&lake.two, 2).await;
        lake.gate.close(at, Stop::After);
        let one = lake.one.clone();
        let flushing = tokio::spawn(async move { flush_trace(&one, 3).await });
        lake.gate.reached().await;
        flush_trace(&lake.two, 4).await;
        lake.gate.open();
        flushing.await.unwrap();
        flush_trace(&lake.one, 4).await;
        lake.two.maintain(MaintainOptions::default()).await.unwrap();
        lake.each_is_seen_once(4).await;
        lake.maintenance_leaves_one_of_each(4).await;
    }
}

#[tokio::test]
async fn files_that_another_writer_merged_are_not_committed_again() {
    let lake = Lake::new().await;
    flush_trace(&lake.two, 1).await;
    flush_trace(&lake.one, 2).await;
    // Payloads are committed, evaluations and spans are not.
    lake.gate.close("evals/_delta_log", Stop::Refused);
    let batch = vec![
        Rows::Payloads(vec![payload(3, 0, "an answer")]),
        Rows::Evals(vec![eval(3)]),
        Rows::Spans(vec![span(3, 0, None)]),
    ];
    lake.one.append(redacted(batch)).await.unwrap();
    let error = lake.one.flush().await.err().unwrap();
    assert!(matches!(error, StoreError::CommitContention { .. }), "{error:?}");
    let report = lake.two.maintain(MaintainOptions::default()).await.unwrap();
    assert!(report.merged_files > 0, "{report:?}");
    lake.gate.open();
    lake.one.flush().await.unwrap();
    lake.two.maintain(MaintainOptions::default()).await.unwrap();
    lake.each_is_seen_once(3).await;
    lake.maintenance_leaves_one_of_each(3).await;
}

#[tokio::test]
async fn what_two_writers_stored_without_knowing_is_settled_by_maintenance() {
    let lake = Lake::new().await;
    flush_trace(&lake.one, 1).await;
    flush_trace(&lake.two, 1).await;
    // As if the second had not known of the first: nothing says which one is dead.
    for table in KEYED {
        let dir = object_store::path::Path::from(format!("lake/_store/overrides/{}", table.name()));
        let listed = lake.bucket.list_with_delimiter(Some(&dir)).await.unwrap();
        for overrides in listed.objects {
            object_store::ObjectStoreExt::delete(&*lake.bucket, &overrides.location).await.unwrap();
        }
    }
    assert_eq!(spans(&*lake.seen().await).await.len(), 2);
    lake.maintenance_leaves_one_of_each(1).await;
}

#[tokio::test]
async fn a_trace_split_between_writers_is_settled_by_maintenance() {
    let lake = Lake::new().await;
    let root = SpanRow { session_id: Some("s".into()), ..span(1, 0, None) };
    lake.one.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    lake.one.flush().await.unwrap();
    let child = vec![
        Rows::Payloads(vec![payload(1, 1, "an answer")]),
        Rows::Spans(vec![span(1, 1, Some(0))]),
    ];
    lake.two.append(redacted(child)).await.unwrap();
    lake.two.flush().await.unwrap();
    // Another trace, which only one has.
    lake.two.append(redacted(vec![Rows::Spans(vec![span(2, 0, None)])])).await.unwrap();
    lake.two.flush().await.unwrap();
    let before = spans(&*lake.seen().await).await;
    assert_eq!(before[1].session_id, None);
    let elsewhere = tempfile::tempdir().unwrap();
    let third = Store::open(URL, machine(plain(&lake.bucket), &elsewhere)).await.unwrap();
    for _ in 0..2 {
        third.maintain(MaintainOptions::default()).await.unwrap();
        let after = spans(&*lake.seen().await).await;
        assert_eq!(after.len(), 3);
        assert_eq!(after[1].span_id, span_id(1_001));
        assert_eq!(after[1].session_id.as_deref(), Some("s"));
        assert_eq!(after[0].token_role, spanlake_model::TokenRole::Aggregate);
        assert_eq!(after[2], before[2]);
        assert_eq!(payloads(&*lake.seen().await).await.len(), 1);
    }
    // Settled once: nothing changes any more, and nothing more is written.
    let files = third.snapshot().table(Table::Spans).files.len();
    let settled = spans(&third.snapshot()).await;
    for store in [&lake.one, &lake.two, &third] {
        store.maintain(MaintainOptions::default()).await.unwrap();
        assert_eq!(spans(&store.snapshot()).await, settled);
    }
    assert_eq!(lake.seen().await.table(Table::Spans).files.len(), files);
}
