//! Takes erased rows out of everything that is written: data files, their sidecars, files that no
//! version needs any more, the tables' logs, unfinished writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use spanlake_model::{Day, Micros, Table};

use super::erasures::SUBJECT_TABLES;
use super::receipt::{EraseReceipt, ErasedTable};
use super::resolve::{columns, for_each_row};
use super::tombstone::{Erasure, Memo};
use crate::data::scan_columns;
use crate::error::{Result, StoreError};
use crate::file::DataFile;
use crate::filter::group_hash;
use crate::inner::Inner;
use crate::load::{describe, filter_path, overrides_path};
use crate::log::{LoggedFile, TableLog};
use crate::overrides::Overrides;
use crate::site::blocking;
use crate::split::writer_of;
use crate::table_files::TableFiles;

/// How often a table is looked through again when others commit meanwhile.
const ATTEMPTS: u32 = 20;

impl Inner {
    /// Rewrites every file that holds rows of an open erasure, and deletes what held them before.
    pub(super) async fn rewrite_erased(
        &self,
        logs: &mut BTreeMap<Table, TableLog>,
        erasure: &Erasure,
        receipt: &mut EraseReceipt,
    ) -> Result<()> {
        for table in SUBJECT_TABLES {
            let keys = erasure.keys.lock().get(&table).cloned().unwrap_or_default();
            let Some(log) = logs.get_mut(&table) else {
                // A first flush that was interrupted leaves files, and no table.
                let mut erased = ErasedTable::new(table, 0);
                let active = BTreeSet::new();
                self.delete_leftovers(&active, erasure, &keys, (&mut erased, receipt)).await?;
                continue;
            };
            let mut erased = self.rewrite_table(log, &keys).await?;
            erased.rewritten_sidecars = self.rewrite_overrides(table, &keys).await?;
            let active = log.files()?.into_iter().map(|file| file.path).collect();
            self.delete_leftovers(&active, erasure, &keys, (&mut erased, receipt)).await?;
            if !keys.is_empty() {
                log.checkpoint().await?;
                erased.deleted_log_files = log.clean_up(Duration::ZERO).await?;
            }
            receipt.tables.push(erased);
        }
        Ok(())
    }

    async fn rewrite_table(&self, log: &mut TableLog, keys: &Overrides) -> Result<ErasedTable> {
        let table = log.table();
        let mut erased = ErasedTable::new(table, log.version());
        for _ in 0..ATTEMPTS {
            log.refresh().await?;
            self.adopt(log, &mut []).await?;
            let affected = self.files_with(table, keys).await?;
            if affected.is_empty() {
                erased.version_after = log.version();
                return Ok(erased);
            }
            for (file, rows) in affected {
                let group = vec![Arc::clone(&file)];
                let Some((path, mut merged)) = self.merge_group(table, &group, false).await? else {
                    continue;
                };
                // Rows go: that is a change for whoever follows the table.
                merged.is_rewritten = true;
                let new_bytes = if merged.facts.rows > 0 { merged.size } else { 0 };
                if self.replace_group(log, &group, path.clone(), merged).await?.is_none() {
                    continue;
                }
                if new_bytes == 0 && !self.is_active(table, &path).await {
                    self.site.delete(&path).await?;
                }
                self.delete_data_file(table, &file.path).await?;
                erased.files_rewritten += 1;
                erased.rows += rows;
                erased.bytes += file.size.saturating_sub(new_bytes);
            }
        }
        Err(StoreError::CommitContention { table: table.name(), attempts: ATTEMPTS })
    }

    async fn is_active(&self, table: Table, path: &Path) -> bool {
        let core = self.core.lock().await;
        core.tables.get(&table).is_some_and(|files| files.files.contains_key(path))
    }

    /// Returns the files that hold rows with the keys, and how many.
    async fn files_with(
        &self,
        table: Table,
        keys: &Overrides,
    ) -> Result<Vec<(Arc<DataFile>, u64)>> {
        let files = {
            let core = self.core.lock().await;
            core.tables.get(&table).map_or_else(Vec::new, TableFiles::list)
        };
        let mut hashes: Vec<u64> = keys.iter().map(|(key, _)| group_hash(key.group)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut with = Vec::new();
        for file in files {
            file.filter.load().await;
            let may_hold = |hash: &u64| file.filter.may_contain_group_hash(table, *hash);
            if hashes.iter().any(may_hold) {
                let rows = keys.dead_rows(&*self.lookup.keys(table, &file).await?).len() as u64;
                if rows > 0 {
                    with.push((file, rows));
                }
            }
        }
        Ok(with)
    }

    /// Takes keys out of the overrides of active files; returns of how many files.
    async fn rewrite_overrides(&self, table: Table, keys: &Overrides) -> Result<usize> {
        let known: Vec<(Path, Arc<Overrides>)> = {
            let core = self.core.lock().await;
            let files = core.tables.get(&table).into_iter();
            files
                .flat_map(|files| &files.file_overrides)
                .map(|(path, overrides)| (path.clone(), Arc::clone(overrides)))
                .collect()
        };
        let mut rewritten = 0;
        for (file, overrides) in known {
            let mut left = Overrides::clone(&overrides);
            if !left.forget(keys) {
                continue;
            }
            let sidecar = overrides_path(&self.site, table, &file);
            if left.is_empty() {
                self.site.delete(&sidecar).await?;
            } else {
                self.site.write(&sidecar, Bytes::from(left.encode())).await?;
            }
            let mut core = self.core.lock().await;
            if let Some(files) = core.tables.get_mut(&table) {
                if left.is_empty() {
                    files.file_overrides.remove(&file);
                } else {
                    files.file_overrides.insert(file, Arc::new(left));
                }
            }
            rewritten += 1;
        }
        Ok(rewritten)
    }

    /// Deletes a data file with what lies beside it.
    pub(crate) async fn delete_data_file(&self, table: Table, file: &Path) -> Result<()> {
        self.site.delete(&filter_path(&self.site, table, file)).await?;
        self.site.delete(&overrides_path(&self.site, table, file)).await?;
        self.site.delete(file).await
    }

    /// Deletes files that no version of a table names and that hold erased rows: what compaction
    /// replaced before, and what interrupted writes left.
    async fn delete_leftovers(
        &self,
        active: &BTreeSet<Path>,
        erasure: &Erasure,
        keys: &Overrides,
        (erased, receipt): (&mut ErasedTable, &mut EraseReceipt),
    ) -> Result<()> {
        let Some(table) = Table::from_name(erased.table) else { return Ok(()) };
        for path in self.data_files(table).await? {
            if active.contains(&path) || !self.holds_rows(table, &path, erasure, keys).await? {
                continue;
            }
            if self.site.is_bucket && writer_of(&path) != self.writer_id() {
                // It may be about to be committed, and the file has rows of others, too.
                receipt.not_erased.push(format!(
                    "{path}: another writer's file that no version of the table names yet; erase \
                     again once that writer has flushed"
                ));
                continue;
            }
            self.delete_data_file(table, &path).await?;
            erased.deleted_files += 1;
        }
        Ok(())
    }

    /// Whether a file that the log does not name holds rows with the keys. One that cannot be read
    /// is left to the search that ends the erasure.
    async fn holds_rows(
        &self,
        table: Table,
        path: &Path,
        erasure: &Erasure,
        keys: &Overrides,
    ) -> Result<bool> {
        let failed = |source| StoreError::object("read", path.to_string(), source);
        let size = match self.site.store.head(path).await {
            Ok(meta) => meta.size,
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(source) => return Err(failed(source)),
        };
        let logged =
            LoggedFile { path: path.clone(), size, date: Day(0), modified: Micros(0), stats: None };
        let Ok(file) = describe(&self.site, table, &logged).await else { return Ok(false) };
        let (mut holds, mut memo) = (false, Memo::default());
        let columns = columns(table, erasure);
        let read = scan_columns(&self.site.store, &file, &columns, |batch| {
            for_each_row(table, erasure, batch, |key, row| {
                holds |= keys.get(key).is_some() || erasure.takes(&row, true, &mut memo);
            });
        });
        Ok(read.await.is_ok() && holds)
    }

    /// Deletes what interrupted writes left on a local disk under temporary names. Nothing may write
    /// to the tables meanwhile.
    pub(super) async fn delete_staged(&self) -> Result<usize> {
        let Some(dir) = self.site.dir.clone() else { return Ok(0) };
        let mut places: Vec<String> =
            Table::ALL.iter().map(|table| table.name().to_owned()).collect();
        places.extend(["_store/idx".to_owned(), "_store/overrides".to_owned()]);
        blocking(move || {
            let mut deleted = 0;
            for place in places {
                deleted += delete_staged_in(&dir.join(place))?;
            }
            Ok(deleted)
        })
        .await
    }
}

/// Whether a name is one that an unfinished write has.
fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn delete_staged_in(dir: &FilePath) -> Result<usize> {
    let failed = |path: &FilePath| {
        let path = path.display().to_string();
        move |error| StoreError::io("delete", path, error)
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(dir)(error)),
    };
    let mut deleted = 0;
    for entry in entries {
        let path = entry.map_err(failed(dir))?.path();
        if path.is_dir() {
            deleted += delete_staged_in(&path)?;
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(is_staged) {
            std::fs::remove_file(&path).map_err(failed(&path))?;
            deleted += 1;
        }
    }
    Ok(deleted)
}
