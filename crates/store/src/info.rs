//! What is in a store.

use spanlake_model::{Micros, Table};

use crate::error::Result;
use crate::inner::{Inner, Role};

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreInfo {
    /// The store's id.
    pub store_id: String,
    /// When it was created.
    pub created: Micros,
    /// The format of its files.
    pub format_version: u32,
    /// `redacted` or `none`.
    pub redaction: &'static str,
    /// Each table with something in it.
    pub tables: Vec<TableInfo>,
    /// Bytes of the write-ahead log; 0 in a reader.
    pub wal_bytes: u64,
    /// Bytes of the rows that are not yet in files.
    pub buffered_bytes: usize,
    /// How often an append had to wait for a flush.
    pub stalls: u64,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// The table's name.
    pub name: &'static str,
    /// The version of its log.
    pub version: u64,
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Rows that readers see.
    pub rows: u64,
    /// Those of them that are not yet in files.
    pub buffered_rows: u64,
    /// Rows in files that newer versions replace.
    pub dead_rows: u64,
}

impl Inner {
    /// Returns what the store holds.
    pub(crate) async fn info(&self) -> Result<StoreInfo> {
        self.refresh().await?;
        let mut core = self.core.lock().await;
        let mut tables = Vec::new();
        for table in Table::ALL {
            let memory = core.buffer.visible(*table)?;
            let buffered_rows = memory.iter().map(|batch| batch.num_rows() as u64).sum();
            let files = core.tables.get(table);
            if files.is_none() && buffered_rows == 0 {
                continue;
            }
            let list = files.map_or_else(Vec::new, crate::table_files::TableFiles::list);
            tables.push(TableInfo {
                name: table.name(),
                version: files.map_or(0, |files| files.version),
                files: list.len(),
                bytes: list.iter().map(|file| file.size).sum(),
                rows: list.iter().map(|file| file.live_rows()).sum::<u64>() + buffered_rows,
                buffered_rows,
                dead_rows: list.iter().map(|file| file.dead.len() as u64).sum(),
            });
        }
        let (wal_bytes, stalls) = match &self.role {
            Role::Writer(writer) => {
                let stalls = writer.stalls.load(std::sync::atomic::Ordering::Relaxed);
                (writer.wal.stats().bytes, stalls)
            }
            Role::Reader(_) => (0, 0),
        };
        Ok(StoreInfo {
            store_id: self.meta.store_id.clone(),
            created: self.meta.created,
            format_version: self.meta.format_version,
            redaction: self.meta.redaction.as_str(),
            tables,
            wal_bytes,
            buffered_bytes: core.buffer.bytes(),
            stalls,
        })
    }
}
