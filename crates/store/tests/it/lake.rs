//! Two writers of one bucket, the first of them behind a gate.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use spanlake_model::{Clock, Rows, Table};
use spanlake_store::wal::DiskFiles;
use spanlake_store::{MaintainOptions, Medium, Snapshot, Store, StoreOptions};
use tempfile::TempDir;

use crate::gate::{Gate, GatedStore};
use crate::support::{StepClock, eval, options, payload, redacted, rows, span};

pub(crate) const URL: &str = "s3://bucket/lake?region=us-east-1";
pub(crate) const KEYED: [Table; 3] = [Table::Spans, Table::Payloads, Table::Evals];

/// Two writers, the first of them behind a gate.
pub(crate) struct Lake {
    pub(crate) bucket: Arc<InMemory>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) one: Store,
    pub(crate) two: Store,
    /// The second writer's.
    pub(crate) clock: Arc<StepClock>,
    pub(crate) dirs: [TempDir; 3],
}

impl Lake {
    pub(crate) async fn new() -> Self {
        Self::with(|options| options).await
    }

    /// Opens both with options of their own.
    pub(crate) async fn with(set: impl Fn(StoreOptions) -> StoreOptions) -> Self {
        let (bucket, gate) = (Arc::new(InMemory::new()), Arc::new(Gate::default()));
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let gated = GatedStore { inner: Arc::clone(&bucket), gate: Arc::clone(&gate) };
        let one = Store::open(URL, set(machine(Arc::new(gated), &dirs[0]))).await.unwrap();
        let clock = StepClock::new();
        let two = StoreOptions {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..machine(plain(&bucket), &dirs[1])
        };
        let two = Store::open(URL, set(two)).await.unwrap();
        Self { bucket, gate, one, two, clock, dirs }
    }

    /// Returns what a machine sees that has written nothing.
    pub(crate) async fn seen(&self) -> Arc<Snapshot> {
        let options =
            StoreOptions { read_only: true, ..machine(plain(&self.bucket), &self.dirs[2]) };
        Store::open(URL, options).await.unwrap().refresh().await.unwrap()
    }

    /// Opens another writer on a machine of its own.
    pub(crate) async fn another(
        &self,
        dir: &TempDir,
        set: impl FnOnce(StoreOptions) -> StoreOptions,
    ) -> Store {
        Store::open(URL, set(machine(plain(&self.bucket), dir))).await.unwrap()
    }

    /// Lets the second writer merge what there is and delete what that replaced, with whatever else
    /// no commit names.
    pub(crate) async fn two_merges_and_vacuums(&self) {
        let mut deleted = 0;
        for _ in 0..2 {
            deleted = self.two.maintain(MaintainOptions::default()).await.unwrap().deleted_files;
            self.clock.advance_days(1);
        }
        assert!(deleted > 0);
    }

    /// Holds that everybody sees each of `expected` traces once in every table.
    pub(crate) async fn each_is_seen_once(&self, expected: usize) {
        let (one, two) = (self.one.refresh().await.unwrap(), self.two.refresh().await.unwrap());
        for snapshot in [self.seen().await, one, two] {
            each_is_once_in(&snapshot, expected).await;
        }
    }

    /// Lets both maintain and holds that each of `expected` traces is in one file, once.
    pub(crate) async fn maintenance_leaves_one_of_each(&self, expected: usize) {
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

/// Holds that a snapshot has each of `expected` traces once in every table.
pub(crate) async fn each_is_once_in(snapshot: &Snapshot, expected: usize) {
    for table in KEYED {
        let seen: usize = rows(snapshot, table).await.iter().map(Rows::len).sum();
        assert_eq!(seen, expected, "{}", table.name());
    }
}

pub(crate) fn plain(bucket: &Arc<InMemory>) -> Arc<dyn ObjectStore> {
    Arc::clone(bucket) as Arc<dyn ObjectStore>
}

pub(crate) fn machine(store: Arc<dyn ObjectStore>, dir: &TempDir) -> StoreOptions {
    StoreOptions {
        medium: Some(Medium { store, wal_files: Arc::new(DiskFiles) }),
        wal_dir: Some(dir.path().join("wal")),
        ..options(&StepClock::new())
    }
}

/// A trace of one span with its payload and evaluation.
pub(crate) async fn flush_trace(store: &Store, n: u64) {
    let batch = vec![
        Rows::Payloads(vec![payload(n, 0, "an answer")]),
        Rows::Evals(vec![eval(n)]),
        Rows::Spans(vec![span(n, 0, None)]),
    ];
    store.append(redacted(batch)).await.unwrap();
    store.flush().await.unwrap();
}
