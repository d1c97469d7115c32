//! A session = a store's snapshot, functions, views and limits. The only crate that plans SQL.
//!
//! ```text
//! source ─▶ statement (one snapshot) ─▶ catalog ─▶ table (prune, scan) ─▶ stream (limits) ─▶ rows
//!             parse, locate (errors)      ├─▶ library (views), system, table functions
//!                                         └─▶ narrow (filters on traces and sessions)
//! ```
//!
//! Invariants
//! 1. A statement sees one snapshot of all tables (`tests/it/snapshot.rs`).
//! 2. An index is an accelerator: results are equal with and without pruning
//!    (`tests/it/pruning.rs`, `tests/it/groups.rs`).
//! 3. Old days change neither the files nor the bytes that a statement on new days reads
//!    (`tests/it/pruning.rs`, `tests/it/groups.rs`).
//! 4. A statement that reads no table does not touch the store (`tests/it/snapshot.rs`).
//! 5. A session only reads (`tests/it/errors.rs`).
//!
//! ```
//! # use std::sync::Arc;
//! use spanlake_query::{QueryOptions, Session};
//! # fn source() -> Arc<dyn spanlake_query::SnapshotSource> {
//! #     let store = Arc::new(object_store::memory::InMemory::new());
//! #     let url = url::Url::parse("memory:///").expect("a constant");
//! #     Arc::new(spanlake_store::Snapshot::new(1, [], store, url))
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), spanlake_query::QueryError> {
//! let session = Session::new(source(), QueryOptions::default())?;
//! let batches = session.collect("select count(*) from spans").await?;
//! assert_eq!(batches[0].num_rows(), 1);
//! # Ok(())
//! # }
//! ```

mod error;
mod suggest;

mod options;
mod source;

mod explain;
mod library;
mod locate;
mod parse;

mod catalog;
mod describe;
mod functions;
mod maintenance;
pub mod metric;
mod narrow;
mod session;
mod statement;
mod stream;
mod system;
mod table;
mod table_function;

pub use describe::{ColumnInfo, TableInfo, TableKind};
pub use error::{Place, Problem, QueryError, Result};
pub use functions::{FunctionInfo, FunctionKind, reference};
pub use library::{SqlFile, SqlLibrary, SqlParameter, bind};
pub use options::QueryOptions;
pub use session::Session;
pub use source::SnapshotSource;
pub use stream::{QueryMetrics, QueryStream};
pub use table_function::TraceNode;
