//! What is in a store, and whether it is what was written.

use std::collections::BTreeSet;

use object_store::ObjectStoreExt as _;
use spanlake_model::{Micros, Table};

use crate::data::file_rows;
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::inner::{Inner, Role};
use crate::key::is_keyed;
use crate::load::{filter_path, read_overrides};

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

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code: `missing_file`, `wrong_size`, `wrong_row_count`, `damaged_file`,
    /// `damaged_overrides`, `missing_filter`, `unreferenced_file`.
    pub code: &'static str,
    /// The file.
    pub path: String,
    /// What was found.
    pub detail: String,
    /// Whether rows may be lost or wrong; otherwise maintenance takes care of it.
    pub is_damage: bool,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// `redacted` or `none`.
    pub redaction: &'static str,
    /// Data files looked at.
    pub files: usize,
    /// Rows that their footers state.
    pub rows: u64,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|finding| finding.is_damage)
    }
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

    /// Compares the log with what is on disk. A reader also verifies the write-ahead log's
    /// checksums, by reading it; a writer did so when it opened.
    pub(crate) async fn check(&self) -> Result<CheckReport> {
        self.refresh().await?;
        let mut report =
            CheckReport { redaction: self.meta.redaction.as_str(), ..CheckReport::default() };
        for table in Table::ALL {
            let files = {
                let core = self.core.lock().await;
                core.tables.get(table).map_or_else(Vec::new, crate::table_files::TableFiles::list)
            };
            let active: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
            for file in &files {
                self.check_file(*table, file, &mut report).await?;
            }
            for path in self.data_files(*table).await? {
                if !active.contains(&path) {
                    report.findings.push(Finding {
                        code: "unreferenced_file",
                        path: path.to_string(),
                        detail: "no version of the table names it; vacuum deletes it".to_owned(),
                        is_damage: false,
                    });
                }
            }
        }
        Ok(report)
    }

    async fn check_file(
        &self,
        table: Table,
        file: &DataFile,
        report: &mut CheckReport,
    ) -> Result<()> {
        report.files += 1;
        let mut find = |code, detail: String, is_damage| {
            report.findings.push(Finding { code, path: file.path.to_string(), detail, is_damage });
        };
        match self.site.store.head(&file.path).await {
            Err(object_store::Error::NotFound { .. }) => {
                find("missing_file", format!("{} rows are lost", file.rows), true);
                return Ok(());
            }
            Err(source) => {
                return Err(StoreError::object("read", file.path.to_string(), source));
            }
            Ok(meta) if meta.size != file.size => {
                let detail = format!("{} bytes, the log says {}", meta.size, file.size);
                find("wrong_size", detail, true);
                return Ok(());
            }
            Ok(_) => {}
        }
        let rows = match file_rows(&self.site.store, file).await {
            Ok(rows) => rows,
            Err(error) => {
                find("damaged_file", error.to_string(), true);
                return Ok(());
            }
        };
        if rows != file.rows {
            find("wrong_row_count", format!("{rows} rows, the log says {}", file.rows), true);
        }
        if is_keyed(table) {
            if let Err(error) = read_overrides(&self.site, table, &file.path).await {
                find("damaged_overrides", error.to_string(), true);
            }
            let filter = filter_path(&self.site, table, &file.path);
            if self.site.read(&filter).await?.is_none() {
                find("missing_filter", "look-ups by id read the file".to_owned(), false);
            }
        }
        report.rows += rows;
        Ok(())
    }
}
