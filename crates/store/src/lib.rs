//! Acknowledged rows are durable, found again, compacted and expired.
//!
//! ```text
//! RedactedBatch ─▶ wal (fsync) ─▶ buffer (absorb) ─▶ snapshot ─▶ readers
//!                                    └─▶ flush ─▶ parquet + filter + overrides ─▶ delta commit
//!                                                     compact, retain, vacuum ─▶ delta commit
//! ```
//!
//! Invariants
//! - An acknowledged row is found again, once, whichever operation fails or stops the machine
//!   (`tests/it/crash.rs`, `tests/it/kill.rs`).
//! - A row that two machines write to one bucket is seen once (`tests/it/writers.rs`, and against
//!   real servers `tests/it/bucket.rs`, `tests/it/meeting.rs`); copies of it are there until files
//!   that hold them are merged with each other.
//! - A trace that several writers have parts of is settled as one by the maintenance after the last
//!   of them is committed (`tests/it/split.rs`).
//! - A writer whose bucket failed it goes on with whatever others made of the files meanwhile
//!   (`tests/it/outage.rs`).
//! - Compaction changes no row, not even one that is still being added to (`tests/it/model.rs`,
//!   `tests/it/retention.rs`).
//! - What expires goes everywhere and does not come back (`tests/it/retention.rs`).
//! - The tables are plain Delta and older ones grow (`tests/it/external.rs`, `tests/it/delta_log.rs`).

mod adopt;
mod append;
mod bucket;
mod buffer;
mod check;
mod compact;
mod core;
mod data;
mod error;
mod file;
mod filter;
mod flush;
mod inner;
mod judge;
mod key;
mod keys;
mod load;
mod log;
mod lookup;
mod maintain;
mod medium;
mod meta;
mod options;
mod overrides;
mod reader;
mod recent;
mod retain;
mod site;
mod snapshot;
mod split;
mod store;
mod table_files;
mod vacuum;
mod version_clock;
pub mod wal;

pub use append::Ack;
pub use check::{CheckReport, Finding, StoreInfo, TableInfo};
pub use error::{Result, StoreError};
pub use file::{ColumnRange, DataFile, DeadRows, RangeValue};
pub use filter::{FileFilter, IdFilters, IdSet};
pub use flush::FlushReport;
pub use maintain::{MaintainOptions, MaintainReport};
pub use medium::DurableLocal;
pub use meta::Redaction;
pub use options::{Medium, NoSettle, StoreOptions};
pub use snapshot::{Snapshot, TableSnapshot};
pub use store::Store;
