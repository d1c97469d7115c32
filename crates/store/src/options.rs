//! How a store is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use spanlake_model::{Clock, Settle, SystemClock, TraceRows};

use crate::erase::EraseKey;
use crate::wal::{LogFiles, WalOptions};

/// Leaves a trace as it is. For stores whose rows are not traces, and for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSettle;

impl Settle for NoSettle {
    fn settle(&self, _trace: &mut TraceRows) {}
}

/// What a store's bytes are written to.
#[derive(Clone, Debug)]
pub struct Medium {
    /// The data files, the tables' logs and what lies beside them, from the root of the object store.
    pub store: Arc<dyn ObjectStore>,
    /// The write-ahead log.
    pub wal_files: Arc<dyn LogFiles>,
}

/// How a store is opened. Every size is in bytes.
#[derive(Clone)]
pub struct StoreOptions {
    /// Tells the time; default the machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Sets what depends on a whole trace; default nothing. A span that it supersedes must not
    /// influence the others: it is not written to files, so a later call does not know it.
    pub settle: Arc<dyn Settle>,
    /// Takes no lock, creates and writes nothing; default false.
    pub read_only: bool,
    /// The policy class of a store that is created: whether `none` is its redaction; default false.
    /// An existing store keeps the class it was created with.
    pub unredacted: bool,
    /// Takes the place of what the URL names, which then only gives the store its path: for stores
    /// behind a cache or a limit, and for tests with faults. Default none.
    pub medium: Option<Medium>,
    /// How the write-ahead log is laid out; its clock and files are set by the store.
    pub wal: WalOptions,
    /// Where the write-ahead log is; default inside the store, or, for a store in a bucket,
    /// `spanlake/<hash of the URL>/wal` under this user's state directory (`$XDG_STATE_HOME`, else
    /// `~/.local/state`): an acknowledgement means that disk. The directory of a bucket's log also
    /// holds this machine's writer id; each machine that writes to a bucket is a writer of its own.
    pub wal_dir: Option<PathBuf>,
    /// Promises that nobody else writes to the bucket, so that a server which ignores conditional
    /// PUT will do; default false.
    pub exclusive: bool,
    /// Buffered Arrow bytes at which a flush starts; default 64 MiB. Held at a time are what
    /// arrives, what is being flushed, and what the last two flushes wrote.
    pub flush_bytes: usize,
    /// Age of the oldest buffered row at which a flush starts; default 120 s.
    pub flush_interval: Duration,
    /// How often the store maintains itself while it is open; default never: somebody else does.
    pub maintain_interval: Option<Duration>,
    /// Buffered bytes, the part being flushed included, at which `append` waits; default 256 MiB.
    pub buffer_limit_bytes: usize,
    /// Rows in a row group at most; default 131,072.
    pub row_group_rows: usize,
    /// Encoded bytes in a row group, roughly; default 64 MiB.
    pub row_group_bytes: usize,
    /// Files of one date and size class that start a compaction; default 8.
    pub compact_files: usize,
    /// Bytes that a compacted file should not exceed by much; default 256 MiB.
    pub compact_target_bytes: u64,
    /// Rows that a compacted file should not exceed by much; default 1,000,000.
    pub compact_target_rows: u64,
    /// Days that payloads are kept; default 30; `None` keeps them.
    pub payload_retention_days: Option<i64>,
    /// Days that every other table is kept; default 730; `None` keeps them.
    pub metadata_retention_days: Option<i64>,
    /// How long a file that no version needs stays on disk for readers of older ones; default 15 min.
    pub vacuum_grace: Duration,
    /// Commits between two checkpoints of a table's log; default 32.
    pub checkpoint_commits: u64,
    /// How long commits of a table's log are kept once a checkpoint holds their state: how far other
    /// engines can go back in time. Default one day.
    pub log_retention: Duration,
    /// Keys that tombstones of erased subjects are made with, the one in use first: without them
    /// nobody can tell who was erased. Default none.
    pub erase_keys: Vec<EraseKey>,
    /// Bytes of row positions by id kept in memory; default 64 MiB.
    pub key_cache_bytes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            settle: Arc::new(NoSettle),
            read_only: false,
            unredacted: false,
            medium: None,
            wal: WalOptions::default(),
            wal_dir: None,
            exclusive: false,
            flush_bytes: 64 << 20,
            flush_interval: Duration::from_mins(2),
            maintain_interval: None,
            buffer_limit_bytes: 256 << 20,
            row_group_rows: 128 << 10,
            row_group_bytes: 64 << 20,
            compact_files: 8,
            compact_target_bytes: 256 << 20,
            compact_target_rows: 1_000_000,
            payload_retention_days: Some(30),
            metadata_retention_days: Some(730),
            vacuum_grace: Duration::from_mins(15),
            checkpoint_commits: crate::log::CHECKPOINT_COMMITS,
            log_retention: Duration::from_hours(24),
            erase_keys: Vec::new(),
            key_cache_bytes: 64 << 20,
        }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("read_only", &self.read_only)
            .field("flush_bytes", &self.flush_bytes)
            .field("flush_interval", &self.flush_interval)
            .finish_non_exhaustive()
    }
}
