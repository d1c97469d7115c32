//! The way back: a backup becomes a store somewhere else, each file held against its checksum.

use std::path::Path as FilePath;
use std::sync::Arc;

use super::{BackupReport, LOG, MANIFEST, META, Manifest, as_json, copy, prepare};
use crate::error::{Result, StoreError};
use crate::meta::{StoreMeta, WriterLock, create_private_dir, write_bucket_writer};
use crate::site::{Site, blocking, without_secrets};
use crate::wal::{LogFiles, segment_paths};

/// Makes a store of a backup at a place where there is none.
pub(crate) async fn restore(
    from: &str,
    to: &str,
    wal_dir: Option<&FilePath>,
) -> Result<BackupReport> {
    let source = Site::parse(from, None)?;
    let corrupt = |path: &str, reason: String| StoreError::Corrupt {
        path: source.path(path).to_string(),
        reason,
    };
    let Some(bytes) = source.read(&source.path(MANIFEST)).await? else {
        return Err(StoreError::NoBackup { url: without_secrets(from) });
    };
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| corrupt(MANIFEST, error.to_string()))?;
    if manifest.format > 1 {
        return Err(StoreError::FormatTooNew { found: manifest.format, known: 1 });
    }
    let target = Site::parse(to, wal_dir)?;
    prepare(&target).await?;
    let log_dir = target.wal_dir.clone();
    blocking(move || log_dir.parent().map_or(Ok(()), create_private_dir)).await?;
    let _lock = {
        let target = target.clone();
        if target.is_bucket {
            let log_dir = target.wal_dir.clone();
            blocking(move || create_private_dir(&log_dir)).await?;
        }
        blocking(move || WriterLock::take(&target)).await?
    };
    let (files, log_dir) = (Arc::clone(&target.wal_files), target.wal_dir.clone());
    if !blocking(move || segment_paths(files.as_ref(), &log_dir)).await?.is_empty() {
        let (dir, url) = (target.wal_dir.clone(), target.url.to_string());
        return Err(StoreError::LogOfAnotherStore { dir, url });
    }
    for file in manifest.files.iter().filter(|file| file.path != META) {
        let found = if let Some(name) = file.path.strip_prefix(LOG) {
            let Some(bytes) = source.read(&source.path(&file.path)).await? else {
                return Err(corrupt(&file.path, "the backup lacks it".to_owned()));
            };
            let found = (bytes.len() as u64, crc32fast::hash(&bytes));
            let path = target.wal_dir.join(name.trim_start_matches('/'));
            let files = Arc::clone(&target.wal_files);
            blocking(move || write_log_file(files.as_ref(), &path, &bytes)).await?;
            found
        } else {
            let copied = copy(&source, &source.path(&file.path), &target, &file.path).await?;
            let copied =
                copied.ok_or_else(|| corrupt(&file.path, "the backup lacks it".to_owned()))?;
            (copied.size, copied.crc32)
        };
        if found != (file.size, file.crc32) {
            let reason = "size or checksum differs from the backup's list".to_owned();
            return Err(corrupt(&file.path, reason));
        }
    }
    finish(&source, &target, &manifest).await?;
    Ok(manifest.report())
}

/// Says whose log it is, and last that there is a store.
async fn finish(source: &Site, target: &Site, manifest: &Manifest) -> Result<()> {
    let meta = StoreMeta::read(source).await?;
    let mut meta = meta.ok_or_else(|| StoreError::NoBackup { url: source.url.to_string() })?;
    meta.writer_id.clone_from(&manifest.writer_id);
    if target.is_bucket && manifest.writer_id != "none" {
        let (target, meta) = (target.clone(), meta.clone());
        blocking(move || write_bucket_writer(&target, &meta)).await?;
    }
    if target.create(&target.path(META), as_json(&meta)).await? {
        Ok(())
    } else {
        Err(StoreError::NotEmpty { url: target.url.to_string() })
    }
}

fn write_log_file(files: &dyn LogFiles, path: &FilePath, bytes: &[u8]) -> Result<()> {
    let failed = |error| StoreError::io("write", path.display().to_string(), error);
    if let Some(dir) = path.parent() {
        files.create_dir(dir).map_err(failed)?;
    }
    let mut file = files.create(path).map_err(failed)?;
    file.append(bytes).map_err(failed)?;
    file.sync().map_err(failed)
}
