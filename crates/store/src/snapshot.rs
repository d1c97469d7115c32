//! What a reader sees: every table's files and buffered rows at one moment.
//!
//! Rows that readers must not see are already out of reach: rows of the buffer that a newer version
//! or another span replaces are not in `memory`, and rows of files are named by `DataFile::dead`.
//! A span that another one supersedes is never written to a file; when an older version of it is
//! in one, that version is dead. So no reader has to filter on `is_superseded` or `row_version`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use object_store::ObjectStore;
use spanlake_model::Table;
use url::Url;

use crate::file::DataFile;

/// One table at one moment.
#[derive(Clone, Debug)]
pub struct TableSnapshot {
    /// The table.
    pub table: Table,
    /// Its data files, oldest commit first.
    pub files: Vec<Arc<DataFile>>,
    /// Rows not yet in a file, in the table's full schema with `date`, in no particular order.
    pub memory: Vec<Arc<RecordBatch>>,
}

impl TableSnapshot {
    /// Makes a table's snapshot.
    pub fn new(table: Table, files: Vec<Arc<DataFile>>, memory: Vec<Arc<RecordBatch>>) -> Self {
        Self { table, files, memory }
    }

    /// Returns the number of rows that readers see.
    pub fn live_rows(&self) -> u64 {
        self.files.iter().map(|file| file.live_rows()).sum::<u64>()
            + self.memory.iter().map(|batch| batch.num_rows() as u64).sum::<u64>()
    }
}

/// All tables at one moment. Cheap to clone by `Arc`; never changes.
#[derive(Clone)]
pub struct Snapshot {
    /// Counts up with each publication of one store instance.
    pub version: u64,
    tables: BTreeMap<Table, Arc<TableSnapshot>>,
    object_store: Arc<dyn ObjectStore>,
    object_store_url: Url,
}

impl Snapshot {
    /// Makes a snapshot; tables not given are empty.
    pub fn new(
        version: u64,
        tables: impl IntoIterator<Item = TableSnapshot>,
        object_store: Arc<dyn ObjectStore>,
        object_store_url: Url,
    ) -> Self {
        let tables = tables.into_iter().map(|table| (table.table, Arc::new(table))).collect();
        Self { version, tables, object_store, object_store_url }
    }

    /// Makes a snapshot of tables that are shared with the one before.
    pub(crate) fn of(
        version: u64,
        tables: BTreeMap<Table, Arc<TableSnapshot>>,
        object_store: Arc<dyn ObjectStore>,
        object_store_url: Url,
    ) -> Self {
        Self { version, tables, object_store, object_store_url }
    }

    /// Returns a table; empty when the store has none of it.
    pub fn table(&self, table: Table) -> Arc<TableSnapshot> {
        self.tables
            .get(&table)
            .map_or_else(|| Arc::new(TableSnapshot::new(table, Vec::new(), Vec::new())), Arc::clone)
    }

    /// Returns the object store that holds the files.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.object_store)
    }

    /// Returns the URL to register the object store under, such as `file:///` or `s3://bucket/`.
    pub fn object_store_url(&self) -> Url {
        self.object_store_url.clone()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Snapshot");
        shown.field("version", &self.version);
        for (table, snapshot) in &self.tables {
            shown.field(table.name(), &(snapshot.files.len(), snapshot.memory.len()));
        }
        shown.finish_non_exhaustive()
    }
}
