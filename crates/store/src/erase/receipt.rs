//! What an erasure did, as facts that can be handed on: no content, and no name of the subject but
//! its keyed hash.

use serde::Serialize;
use spanlake_model::{Micros, Table};

use super::search::SearchReport;
use super::subject::SubjectKind;

/// What an erasure did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EraseReceipt {
    /// The store.
    pub store_id: String,
    /// The erasure, which its tombstone is named by.
    pub erasure_id: String,
    /// What the subject is.
    pub kind: Option<SubjectKind>,
    /// Keyed hashes of the subject's forms, as the tombstone has them.
    pub subject: Vec<String>,
    /// The key that the hashes are made with; none when a secret in the store stands in.
    pub key_id: Option<String>,
    /// From when on nothing of the subject was taken any more, microseconds.
    pub erased_at: Micros,
    /// When the last trace of it was gone, microseconds.
    pub ended_at: Micros,
    /// Traces that rows were erased from.
    pub traces: usize,
    /// What was done to each table.
    pub tables: Vec<ErasedTable>,
    /// Segments of the write-ahead log that were deleted.
    pub deleted_log_segments: usize,
    /// Unfinished writes that were deleted.
    pub deleted_unfinished: usize,
    /// The search afterwards, through everything that is left.
    pub search: SearchReport,
    /// What could not be reached, and why.
    pub not_erased: Vec<String>,
}

impl EraseReceipt {
    /// Whether the search found nothing of the subject.
    pub fn is_clean(&self) -> bool {
        self.search.survivors.is_empty()
    }

    /// Returns how many rows were erased, older versions included.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// What an erasure did to a table.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ErasedTable {
    /// The table.
    pub table: &'static str,
    /// Rows erased, older versions included.
    pub rows: u64,
    /// Bytes of data files that are gone.
    pub bytes: u64,
    /// Data files that were rewritten without the rows.
    pub files_rewritten: usize,
    /// Data files that no version named and that held rows.
    pub deleted_files: usize,
    /// Sidecars that were rewritten without the rows' keys.
    pub rewritten_sidecars: usize,
    /// Entries of the table's log that were deleted.
    pub deleted_log_files: usize,
    /// The table's version before.
    pub version_before: u64,
    /// The table's version afterwards.
    pub version_after: u64,
}

impl ErasedTable {
    pub(super) fn new(table: Table, version: u64) -> Self {
        Self { table: table.name(), version_before: version, ..Self::default() }
    }
}

/// What an erasure would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ErasePreview {
    /// Traces that rows would go from.
    pub traces: usize,
    /// Each table with its rows, older versions included, and the files to rewrite.
    pub tables: Vec<PreviewedTable>,
}

/// What an erasure would do to a table.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewedTable {
    /// The table.
    pub table: &'static str,
    /// Rows, older versions included.
    pub rows: u64,
    /// Files with such rows.
    pub files: usize,
}
