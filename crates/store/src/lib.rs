//! Acknowledged rows are durable, found again, compacted and expired.
//!
//! ```text
//! RedactedBatch ─▶ wal (fsync) ─▶ buffer (absorb) ─▶ snapshot ─▶ readers
//!                                    └─▶ flush ─▶ parquet + filter + overrides ─▶ delta commit
//!                                                     compact, retain, vacuum ─▶ delta commit
//! ```

mod error;
mod file;
mod filter;
mod medium;
mod options;
mod snapshot;
pub mod wal;

pub use error::{Result, StoreError};
pub use file::{ColumnRange, DataFile, DeadRows, RangeValue};
pub use filter::{FileFilter, IdFilters, IdSet, stable_hash};
pub use medium::DurableLocal;
pub use options::{NoSettle, StoreOptions};
pub use snapshot::{Snapshot, TableSnapshot};
