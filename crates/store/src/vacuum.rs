//! Vacuum: deletes data files that no version needs, with their filters and overrides.
//!
//! A file is deleted when it has been seen without a place in the log for the length of the grace;
//! `_store/unreferenced.json` remembers since when. Readers of older snapshots have that long, and
//! so has a writer between writing a file and committing it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::path::Path;
use spanlake_model::{Micros, Table};

use crate::error::{Result, StoreError};
use crate::inner::Inner;
use crate::load::{filter_path, overrides_path};
use crate::log::TableLog;

const LIST: &str = "_store/unreferenced.json";

impl Inner {
    /// Deletes what has been unreferenced long enough; returns how many data files.
    pub(crate) async fn vacuum(&self) -> Result<usize> {
        let path = self.site.path(LIST);
        // A damaged list only starts the grace again.
        let known: BTreeMap<String, Micros> = match self.site.read(&path).await? {
            Some(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let grace = i64::try_from(self.options.vacuum_grace.as_micros()).unwrap_or(i64::MAX);
        let now = self.options.clock.now();
        let (mut waiting, mut deleted) = (BTreeMap::new(), 0);
        let logs = self.logs.lock().await;
        for (table, log) in logs.iter() {
            let active = paths(log)?;
            let mut old = Vec::new();
            for file in self.data_files(*table).await? {
                if active.contains(&file) {
                    continue;
                }
                let since = known.get(file.as_ref()).copied().unwrap_or(now);
                if now.0.saturating_sub(since.0) < grace {
                    waiting.insert(file.to_string(), since);
                    continue;
                }
                old.push(file);
            }
            if old.is_empty() {
                continue;
            }
            // Another writer may have committed them since this one last looked.
            let missing = || StoreError::Missing { url: self.site.table_url(*table).to_string() };
            let newest = TableLog::open(&self.site, *table).await?.ok_or_else(missing)?;
            let active = paths(&newest)?;
            for file in old.into_iter().filter(|file| !active.contains(file)) {
                self.site.delete(&filter_path(&self.site, *table, &file)).await?;
                self.site.delete(&overrides_path(&self.site, *table, &file)).await?;
                self.site.delete(&file).await?;
                deleted += 1;
            }
        }
        if waiting != known {
            let json = serde_json::to_vec(&waiting).unwrap_or_default();
            self.site.write(&path, Bytes::from(json)).await?;
        }
        Ok(deleted)
    }

    /// Lists a table's data files, active or not.
    pub(crate) async fn data_files(&self, table: Table) -> Result<Vec<Path>> {
        let dir = self.site.path(table.name());
        let failed = |source| StoreError::object("list", dir.to_string(), source);
        let listed: Vec<_> =
            self.site.store.list(Some(&dir)).try_collect().await.map_err(failed)?;
        let log_dir = self.site.path(&format!("{}/_delta_log", table.name()));
        Ok(listed
            .into_iter()
            .map(|meta| meta.location)
            .filter(|path| path.extension() == Some("parquet") && !path.prefix_matches(&log_dir))
            .collect())
    }
}

/// Returns the data files that a table's log names.
fn paths(log: &TableLog) -> Result<BTreeSet<Path>> {
    Ok(log.files()?.into_iter().map(|file| file.path).collect())
}
