//! Acknowledged rows are durable, found again, compacted, expired and erased.
//!
//! ```text
//! RedactedBatch ─▶ wal (fsync) ─▶ buffer (absorb) ─▶ snapshot ─▶ readers
//!                                    └─▶ flush ─▶ parquet + filter + overrides ─▶ delta commit
//!                                              compact, retain, erase, vacuum ─▶ delta commit
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
//! - Whoever is erased is hidden at once in every process, then gone from everything that is written,
//!   and does not come back (`tests/it/erase.rs`, `tests/it/meeting.rs`).
//! - A backup of a store that is written to holds all that was acknowledged before it
//!   (`tests/it/backup.rs`); damage is found and told apart (`tests/it/check.rs`).
//! - Stores of earlier versions are opened (`tests/it/format.rs`).
//! - The tables are plain Delta and older ones grow (`tests/it/external.rs`, `tests/it/delta_log.rs`).

mod adopt;
mod append;
mod background;
mod backup;
mod bucket;
mod buffer;
mod check;
mod compact;
mod core;
mod data;
mod erase;
mod error;
mod file;
mod filter;
mod flush;
mod info;
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
pub use backup::BackupReport;
pub use check::{CheckReport, Damage, Finding};
pub use erase::{
    EraseKey, ErasePreview, EraseReceipt, ErasedTable, Mention, PreviewedTable, SearchReport,
    Subject, SubjectKind, Survivor,
};
pub use error::{Result, StoreError};
pub use file::{ColumnRange, DataFile, DeadRows, RangeValue};
pub use filter::{FileFilter, IdFilters, IdSet};
pub use flush::FlushReport;
pub use info::{StoreInfo, TableInfo};
pub use maintain::{MaintainOptions, MaintainReport};
pub use medium::DurableLocal;
pub use meta::Redaction;
pub use options::{Medium, NoSettle, StoreOptions};
pub use snapshot::{Snapshot, TableSnapshot};
pub use store::Store;
