//! `_store/store.json`: what a store is, fixed when it is created; and the lock of its one writer.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::BuildHasher as _;
use std::io::{Read as _, Write as _};
use std::path::Path as FilePath;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use spanlake_model::{Clock, Micros};

use crate::error::{Result, StoreError};
use crate::site::Site;

/// The newest format of a store's files that this program reads and writes.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// What may be written into a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Redaction {
    /// Only rows that a redaction policy has processed.
    Redacted,
    /// Rows as they came.
    None,
}

impl Redaction {
    /// Returns the word that stands in `store.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redacted => "redacted",
            Self::None => "none",
        }
    }

    /// Whether a batch with this policy version may be written.
    pub(crate) fn takes(self, policy_version: &str) -> bool {
        (policy_version == "none") == (self == Self::None)
    }
}

/// The content of `store.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreMeta {
    pub(crate) format_version: u32,
    pub(crate) store_id: String,
    pub(crate) created: Micros,
    pub(crate) redaction: Redaction,
    pub(crate) writer_id: String,
}

impl StoreMeta {
    /// Makes a new store's identity.
    pub(crate) fn create(clock: &dyn Clock, redaction: Redaction) -> Self {
        let created = clock.now();
        Self {
            format_version: FORMAT_VERSION,
            store_id: fresh_id("store", created),
            created,
            redaction,
            writer_id: fresh_id("writer", created),
        }
    }

    /// Reads a store's identity; `None` when there is no store.
    pub(crate) async fn read(site: &Site) -> Result<Option<Self>> {
        let path = site.path("_store/store.json");
        let Some(bytes) = site.read(&path).await? else { return Ok(None) };
        let corrupt = |reason: String| StoreError::Corrupt { path: path.to_string(), reason };
        let value: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        let found = value.get("format_version").and_then(serde_json::Value::as_u64);
        match found.and_then(|found| u32::try_from(found).ok()) {
            Some(found) if found > FORMAT_VERSION => {
                Err(StoreError::FormatTooNew { found, known: FORMAT_VERSION })
            }
            _ => {
                serde_json::from_value(value).map(Some).map_err(|error| corrupt(error.to_string()))
            }
        }
    }

    /// Writes a new store's identity; `false` when another process was first.
    pub(crate) async fn write(&self, site: &Site) -> Result<bool> {
        let path = site.path("_store/store.json");
        let json = serde_json::to_vec_pretty(self).map_err(|error| StoreError::Corrupt {
            path: path.to_string(),
            reason: error.to_string(),
        })?;
        site.create(&path, Bytes::from(json)).await
    }
}

/// Beside the log of a machine that writes to a bucket.
const BUCKET_WRITER: &str = "writer.json";

/// The content of `writer.json`.
#[derive(Serialize, Deserialize)]
struct BucketWriter {
    store_id: String,
    writer_id: String,
}

/// Returns the id under which this machine writes to a bucket, which stands beside its log. It is
/// made when `create` says so; otherwise a machine without one has an id that nobody wrote under.
/// Blocking.
pub(crate) fn bucket_writer_id(site: &Site, meta: &StoreMeta, create: bool) -> Result<String> {
    let path = site.wal_dir.join(BUCKET_WRITER);
    let corrupt = |error: serde_json::Error| StoreError::Corrupt {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    match std::fs::read(&path) {
        Ok(bytes) => {
            let known: BucketWriter = serde_json::from_slice(&bytes).map_err(corrupt)?;
            if known.store_id == meta.store_id {
                return Ok(known.writer_id);
            }
            let (dir, url) = (site.wal_dir.clone(), site.url.to_string());
            return Err(StoreError::LogOfAnotherStore { dir, url });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io("read", path.display().to_string(), error)),
    }
    if !create {
        return Ok("none".to_owned());
    }
    let writer_id = fresh_id("writer", meta.created);
    write_bucket_writer(site, &StoreMeta { writer_id: writer_id.clone(), ..meta.clone() })?;
    Ok(writer_id)
}

/// Writes the id under which this machine writes to a bucket beside its log. Blocking.
pub(crate) fn write_bucket_writer(site: &Site, meta: &StoreMeta) -> Result<()> {
    let path = site.wal_dir.join(BUCKET_WRITER);
    let known = BucketWriter { store_id: meta.store_id.clone(), writer_id: meta.writer_id.clone() };
    let json = serde_json::to_vec_pretty(&known).map_err(|error| StoreError::Corrupt {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    write_durably(&path, &json)
        .map_err(|error| StoreError::io("write", path.display().to_string(), error))
}

/// Writes a small file so that it is there whole or not at all.
fn write_durably(path: &FilePath, bytes: &[u8]) -> std::io::Result<()> {
    let staged = path.with_extension("new");
    let mut file = File::create(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&staged, path)?;
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// Makes an id. Its randomness is the operating system's.
pub(crate) fn fresh_id(salt: &str, now: Micros) -> String {
    let seed = std::collections::hash_map::RandomState::new();
    format!("{:016x}", seed.hash_one((salt, now.0, std::process::id())))
}

/// Holds the right to write to a store on this machine. The operating system gives it back when
/// the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct WriterLock(Option<File>);

impl WriterLock {
    /// Takes the lock: of the store, or, for a bucket, of this machine's log. Blocking.
    pub(crate) fn take(site: &Site) -> Result<Self> {
        let dir = match &site.dir {
            Some(dir) => dir.join("_store"),
            None if site.is_bucket => site.wal_dir.clone(),
            None => return Ok(Self(None)),
        };
        let path = dir.join("lock");
        let failed = |error| StoreError::io("lock", path.display().to_string(), error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let holder = format!("process {}\n", std::process::id());
                file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
                Ok(Self(Some(file)))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                drop(file.read_to_string(&mut holder));
                let holder = holder.trim();
                let holder = if holder.is_empty() { "unknown process" } else { holder };
                Err(StoreError::Locked { holder: holder.to_owned() })
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            drop(file.unlock());
        }
    }
}

/// Creates a directory that only its owner can enter, with its parents. Blocking.
pub(crate) fn create_private_dir(dir: &FilePath) -> Result<()> {
    let failed = |error| StoreError::io("create", dir.display().to_string(), error);
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}
