//! Backup: a copy of a store that others write to meanwhile, and the way back.
//!
//! ```text
//! write-ahead log up to its durable end ─▶ spans ─▶ payloads, evals, the others ─▶ store.json ─▶ backup.json
//! ```
//! A backup holds everything that was acknowledged when it began: what is flushed meanwhile is in the
//! tables that are copied after the log, with their marks. It is a store of its own, which can be read
//! where it lies; `_store/backup.json`, written last, names its files with their sizes and checksums.

mod restore;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use spanlake_model::{Micros, Table};
use tokio::io::AsyncWriteExt as _;

pub(crate) use restore::restore;

use crate::error::{Result, StoreError};
use crate::inner::Inner;
use crate::load::{filter_path, overrides_path};
use crate::log::TableLog;
use crate::meta::{StoreMeta, create_private_dir};
use crate::site::{Site, blocking};
use crate::wal::{LogCopy, copy_log};

const MANIFEST: &str = "_store/backup.json";
const META: &str = "_store/store.json";
/// Where a backup keeps the write-ahead log, wherever the store has it.
const LOG: &str = "_store/wal";
/// How often a table or log that changes while it is copied is begun again.
const ATTEMPTS: u32 = 10;

/// What is in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    store_id: String,
    /// The writer whose log it is.
    writer_id: String,
    taken_at: Micros,
    /// Each table's version.
    tables: BTreeMap<String, u64>,
    files: Vec<SavedFile>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedFile {
    /// From the store's root.
    path: String,
    size: u64,
    crc32: u32,
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// The store's id.
    pub store_id: String,
    /// When the backup began.
    pub taken_at: Micros,
    /// Files copied.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Manifest {
    fn report(&self) -> BackupReport {
        BackupReport {
            store_id: self.store_id.clone(),
            taken_at: self.taken_at,
            files: self.files.len(),
            bytes: self.files.iter().map(|file| file.size).sum(),
        }
    }
}

impl Inner {
    /// Copies the store to a place where there is none.
    pub(crate) async fn backup(&self, to: &str) -> Result<BackupReport> {
        let target = Site::parse(to, None)?;
        prepare(&target).await?;
        let taken_at = self.options.clock.now();
        let mut manifest = Manifest {
            format: 1,
            store_id: self.meta.store_id.clone(),
            writer_id: self.writer_id().to_owned(),
            taken_at,
            tables: BTreeMap::new(),
            files: self.save_log(&target).await?,
        };
        let mut order = Table::ALL.to_vec();
        // A span's content is committed before it: so it is copied after it.
        order.sort_by_key(|table| (*table != Table::Spans, *table));
        for table in order {
            if let Some((version, files)) = self.save_table(&target, table).await? {
                manifest.tables.insert(table.name().to_owned(), version);
                manifest.files.extend(files);
            }
        }
        manifest.files.extend(self.save_erasures(&target).await?);
        let meta = StoreMeta { writer_id: manifest.writer_id.clone(), ..self.meta.clone() };
        let saved = write(&target, META, as_json(&meta)).await?;
        manifest.files.push(saved);
        write(&target, MANIFEST, as_json(&manifest)).await?;
        Ok(manifest.report())
    }

    /// Copies the write-ahead log up to its durable end.
    async fn save_log(&self, target: &Site) -> Result<Vec<SavedFile>> {
        for _ in 0..ATTEMPTS {
            let (files, dir) = (Arc::clone(&self.site.wal_files), self.site.wal_dir.clone());
            let LogCopy::Whole(copies) = blocking(move || copy_log(files.as_ref(), &dir)).await?
            else {
                continue;
            };
            let mut saved = Vec::new();
            for (name, bytes) in copies {
                saved.push(write(target, &format!("{LOG}/{name}"), bytes.into()).await?);
            }
            return Ok(saved);
        }
        Err(StoreError::Changing { url: self.site.url.to_string() })
    }

    /// Copies a table at its present version: its log up to there, its files and what lies beside
    /// them. `None` when there is no such table.
    async fn save_table(
        &self,
        target: &Site,
        table: Table,
    ) -> Result<Option<(u64, Vec<SavedFile>)>> {
        for _ in 0..ATTEMPTS {
            let Some(log) = TableLog::open(&self.site, table).await? else { return Ok(None) };
            if let Some(saved) = self.try_save_table(target, &log).await? {
                return Ok(Some((log.version(), saved)));
            }
        }
        Err(StoreError::Changing { url: self.site.url.to_string() })
    }

    /// As [`Self::save_table`]; `None` when a file went meanwhile.
    async fn try_save_table(
        &self,
        target: &Site,
        log: &TableLog,
    ) -> Result<Option<Vec<SavedFile>>> {
        let (table, mut saved) = (log.table(), Vec::new());
        for path in self.log_entries(log).await? {
            let Some(file) = self.save(target, &path).await? else { return Ok(None) };
            saved.push(file);
        }
        for file in log.files()? {
            let Some(copied) = self.save(target, &file.path).await? else { return Ok(None) };
            saved.push(copied);
            for beside in [filter_path, overrides_path] {
                saved.extend(self.save(target, &beside(&self.site, table, &file.path)).await?);
            }
        }
        Ok(Some(saved))
    }

    /// Lists the entries of a table's log up to the version at hand.
    async fn log_entries(&self, log: &TableLog) -> Result<Vec<Path>> {
        let dir = self.site.path(&format!("{}/_delta_log", log.table().name()));
        let failed = |source| StoreError::object("list", dir.to_string(), source);
        let listed: Vec<_> =
            self.site.store.list(Some(&dir)).try_collect().await.map_err(failed)?;
        let last = log.last_checkpoint().await?;
        let is_of = |path: &Path| {
            let name = path.filename().unwrap_or_default();
            if name == "_last_checkpoint" {
                return last.is_some_and(|last| last <= log.version());
            }
            let version = name.get(..20).and_then(|digits| digits.parse::<u64>().ok());
            version.is_some_and(|version| version <= log.version())
        };
        Ok(listed.into_iter().map(|meta| meta.location).filter(is_of).collect())
    }

    async fn save_erasures(&self, target: &Site) -> Result<Vec<SavedFile>> {
        let dir = self.site.path("_store/erasures");
        let failed = |source| StoreError::object("list", dir.to_string(), source);
        let listed: Vec<_> =
            self.site.store.list(Some(&dir)).try_collect().await.map_err(failed)?;
        let mut saved = Vec::new();
        for meta in listed {
            saved.extend(self.save(target, &meta.location).await?);
        }
        Ok(saved)
    }

    /// Copies a file to the same place; `None` when it is gone.
    async fn save(&self, target: &Site, from: &Path) -> Result<Option<SavedFile>> {
        let path = self.site.relative(from);
        copy(&self.site, from, target, &path).await
    }
}

/// Makes sure that there is no store, and a folder where one is wanted.
async fn prepare(target: &Site) -> Result<()> {
    for path in [META, MANIFEST] {
        if target.exists(&target.path(path)).await? {
            return Err(StoreError::NotEmpty { url: target.url.to_string() });
        }
    }
    let Some(dir) = target.dir.clone() else { return Ok(()) };
    blocking(move || {
        create_private_dir(&dir)?;
        create_private_dir(&dir.join("_store"))
    })
    .await
}

fn as_json(value: &impl Serialize) -> Bytes {
    // What is serialised here has neither maps with other keys than text nor failing parts.
    serde_json::to_vec_pretty(value).unwrap_or_default().into()
}

async fn write(target: &Site, path: &str, bytes: Bytes) -> Result<SavedFile> {
    let (size, crc32) = (bytes.len() as u64, crc32fast::hash(&bytes));
    target.write(&target.path(path), bytes).await?;
    Ok(SavedFile { path: path.to_owned(), size, crc32 })
}

/// Copies a file piece by piece; `None` when there is none.
async fn copy(from: &Site, at: &Path, to: &Site, path: &str) -> Result<Option<SavedFile>> {
    let read = |source| StoreError::object("read", at.to_string(), source);
    let found = match from.store.get(at).await {
        Ok(found) => found,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(source) => return Err(read(source)),
    };
    let target = to.path(path);
    let written = |source: std::io::Error| StoreError::io("write", target.to_string(), source);
    let mut writer = BufWriter::new(Arc::clone(&to.store), target.clone());
    let (mut crc, mut size) = (crc32fast::Hasher::new(), 0);
    let mut pieces = found.into_stream();
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(source) => {
                // What was written so far has no name.
                drop(writer.abort().await);
                return Err(read(source));
            }
        };
        crc.update(&piece);
        size += piece.len() as u64;
        let put = |source| StoreError::object("write", target.to_string(), source);
        writer.put(piece).await.map_err(put)?;
    }
    writer.shutdown().await.map_err(written)?;
    Ok(Some(SavedFile { path: path.to_owned(), size, crc32: crc.finalize() }))
}
