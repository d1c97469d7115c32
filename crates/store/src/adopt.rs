//! Taking in what other writers of the same store committed: when a commit meets it, and at the
//! beginning of maintenance.
//!
//! A row that two writers have is seen once, in its newest version: whoever commits second names it
//! in the overrides of the file it commits. The two versions are not merged. A trace whose spans went
//! to two writers is settled by each of them from what it knows, and by maintenance from all of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use spanlake_model::Table;

use crate::error::Result;
use crate::file::RangeValue;
use crate::flush::NewFile;
use crate::inner::Inner;
use crate::key::{RowKey, Version, is_keyed};
use crate::keys::FileKeys;
use crate::load::load_table;
use crate::log::TableLog;

impl Inner {
    /// Takes in what others committed to any table.
    pub(crate) async fn adopt_all(&self) -> Result<()> {
        let mut logs = self.logs.lock().await;
        if self.unfinished.lock().await.is_some() {
            // What a flush committed half-way is not somebody else's.
            return Ok(());
        }
        self.adopt_logs(&mut logs).await
    }

    /// As [`Self::adopt_all`], for a flush under way.
    pub(crate) async fn adopt_logs(&self, logs: &mut BTreeMap<Table, TableLog>) -> Result<()> {
        for table in Table::ALL {
            if let Some(log) = logs.get_mut(table) {
                log.refresh().await?;
            } else if let Some(log) = TableLog::open_to_write(&self.site, *table).await? {
                logs.insert(*table, log);
            }
            if let Some(log) = logs.get_mut(table) {
                self.adopt(log, &mut []).await?;
            }
        }
        Ok(())
    }

    /// Takes in what others committed to a table. `ours` are files that are about to be committed:
    /// rows that they share with the others' files are named in their overrides.
    pub(crate) async fn adopt(&self, log: &mut TableLog, ours: &mut [NewFile]) -> Result<()> {
        let table = log.table();
        let before = self.core.lock().await.tables.get(&table).cloned();
        if before.as_ref().is_some_and(|before| before.version == log.version()) {
            return Ok(());
        }
        let app_id = self.app_id();
        let erasures = self.erasures.load_full();
        let before_files = before.as_ref();
        let mut files =
            load_table(&self.site, &self.lookup, log, table, &app_id, before_files, &erasures)
                .await?;
        let mut theirs = Vec::new();
        for file in files.files.values().filter(|_| is_keyed(table)) {
            let is_known = before.as_ref().is_some_and(|b| b.files.contains_key(&file.path));
            if !is_known && !ours.iter().any(|one| one.logged.path == file.path) {
                if let Some(RangeValue::Int(newest)) =
                    file.columns.get("row_version").and_then(|range| range.max)
                {
                    self.writer()?.versions.observe(newest);
                }
                theirs.push((file.path.clone(), self.lookup.keys(table, file).await?));
            }
        }
        for (_, keys) in &theirs {
            for file in ours.iter_mut() {
                if override_shared(file, keys) {
                    self.write_sidecars(table, file).await?;
                }
            }
        }
        let mut core = self.core.lock().await;
        if let Some(before) = core.tables.get(&table) {
            // What was hidden stays so: the buffer hides rows, too.
            let hidden = before
                .files
                .values()
                .flat_map(|file| file.dead.as_slice().iter().map(|row| (file.path.clone(), *row)));
            files.hide(hidden.collect::<Vec<_>>());
        }
        let mut dead = Vec::new();
        for (path, keys) in &theirs {
            for (key, version) in keys.iter() {
                if core.buffer.meet(table, key, version) {
                    dead.extend(older_rows(keys, key, version).map(|row| (path.clone(), row)));
                }
            }
        }
        files.hide(dead);
        core.tables.insert(table, files);
        core.touch(table);
        core.publish(&self.published)
    }
}

/// Returns the rows of a key up to a version.
fn older_rows(keys: &FileKeys, key: RowKey, version: Version) -> impl Iterator<Item = u32> + '_ {
    keys.rows_of(key).filter(move |(_, other)| *other <= version).map(|(row, _)| row)
}

/// Names the rows that a file shares with another in the file's overrides; whether there are some.
fn override_shared(ours: &mut NewFile, theirs: &FileKeys) -> bool {
    let mut shared = Vec::new();
    for (key, version) in ours.facts.keys.iter() {
        for (_, other) in theirs.rows_of(key).filter(|(_, other)| *other != version) {
            shared.push((key, version, other));
        }
    }
    let is_shared = !shared.is_empty();
    for (key, version, other) in shared {
        let overrides = Arc::make_mut(ours.overrides.get_or_insert_default());
        overrides.insert(key, version.max(other));
        overrides.hide_own |= other > version;
    }
    is_shared
}
