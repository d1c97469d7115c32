//! What one caller may use: memory, time, rows, threads.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

/// Limits and switches of a session. The defaults suit a local analyst.
#[derive(Clone, Debug)]
pub struct QueryOptions {
    /// Memory that one session's statements may hold at a time; what can spill to disk does so
    /// first. Default 1 GiB.
    pub memory_limit_bytes: usize,
    /// Disk that spilling may use. Default 16 GiB.
    pub spill_limit_bytes: u64,
    /// Longest time from the call to the last row. Default none.
    pub timeout: Option<Duration>,
    /// Most rows one statement may give; one more is an error. Default none.
    pub max_rows: Option<u64>,
    /// Threads' worth of parallelism. Default the machine's.
    pub target_partitions: usize,
    /// Rows in a batch. Default 8,192.
    pub batch_size: usize,
    /// Parquet footers and page indexes kept in memory. Default 256 MiB: about 30 KiB for a
    /// row group of `spans`, so 8,000 row groups or a thousand million spans.
    pub metadata_cache_bytes: usize,
    /// Whether `SET datafusion.… = …` is allowed. Default no.
    pub allow_set: bool,
    /// Folder laid out like `sql/`: its files stand beside the built-in ones, and in the place of
    /// those with the same path.
    pub sql_dir: Option<PathBuf>,
    /// Whether files are skipped by date, statistics and id filters. Results are the same without
    /// it; only tests and measurements turn it off. Default yes.
    pub prune: bool,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            memory_limit_bytes: 1 << 30,
            spill_limit_bytes: 16 << 30,
            timeout: None,
            max_rows: None,
            target_partitions: std::thread::available_parallelism().map_or(2, NonZero::get),
            batch_size: 8192,
            metadata_cache_bytes: 256 << 20,
            allow_set: false,
            sql_dir: None,
            prune: true,
        }
    }
}
