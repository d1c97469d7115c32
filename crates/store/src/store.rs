//! The store as its users see it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spanlake_redact::RedactedBatch;

use crate::append::Ack;
use crate::background::{flush_old_rows, maintain_regularly};
use crate::backup::{BackupReport, restore};
use crate::check::CheckReport;
#[cfg(doc)]
use crate::check::Damage;
use crate::erase::{ErasePreview, EraseReceipt, SearchReport, Subject};
use crate::error::{Result, StoreError};
use crate::flush::FlushReport;
use crate::info::StoreInfo;
use crate::inner::{Inner, Role};
use crate::maintain::{MaintainOptions, MaintainReport};
use crate::meta::Redaction;
use crate::options::StoreOptions;
use crate::snapshot::Snapshot;

/// An open store. Dropping it without [`Store::close`] loses nothing that was acknowledged.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the store at a path or URL (`file://`, `memory://NAME`, `s3://`, `gs://`, `az://`),
    /// creating it unless `read_only`.
    ///
    /// A writer is recovered when this returns: [`Self::snapshot`] shows every acknowledged row. A
    /// reader shows nothing before its first [`Self::refresh`].
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another writer has it, [`StoreError::Missing`] when it does not
    /// exist and may not be created, [`StoreError::NotADirectory`] when the path is a file.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self> {
        let (flush, maintain) = (options.flush_interval, options.maintain_interval);
        let inner = Inner::open(url, options).await?;
        if inner.writer().is_ok() {
            tokio::spawn(flush_old_rows(Arc::downgrade(&inner), flush));
            if let Some(every) = maintain {
                tokio::spawn(maintain_regularly(Arc::downgrade(&inner), every));
            }
        }
        Ok(Self { inner })
    }

    /// Appends rows. When this returns they survive a power failure of this machine and
    /// [`Self::snapshot`] shows them. Waits while the buffer is full.
    ///
    /// # Errors
    /// [`StoreError::PolicyMismatch`] when the rows are redacted and the store was created without
    /// redaction, or the other way round. Whether an append that failed otherwise is found by the
    /// next recovery is unknown; repeating it is safe, since a repeated row changes nothing.
    pub async fn append(&self, batch: RedactedBatch) -> Result<Ack> {
        let rows = batch.into_rows();
        on_a_task(Arc::clone(&self.inner).append(rows)).await
    }

    /// Returns what was published last. Cheap.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.published.load()
    }

    /// Reads what another process committed and acknowledged since, and returns the new snapshot.
    /// In a writer the same as [`Self::snapshot`], but for what other writers of a bucket erased.
    pub async fn refresh(&self) -> Result<Arc<Snapshot>> {
        self.inner.refresh().await?;
        if !self.is_read_only() {
            self.inner.adopt_erasures().await?;
        }
        Ok(self.snapshot())
    }

    /// Makes files of everything that is buffered.
    pub async fn flush(&self) -> Result<FlushReport> {
        let inner = Arc::clone(&self.inner);
        on_a_task(async move { inner.flush().await }).await
    }

    /// Merges small files, drops expired dates, deletes what nothing needs.
    ///
    /// # Errors
    /// As [`Self::flush`]; what was committed before stays committed.
    pub async fn maintain(&self, options: MaintainOptions) -> Result<MaintainReport> {
        let inner = Arc::clone(&self.inner);
        on_a_task(async move { inner.maintain(options).await }).await
    }

    /// Copies the store, also while it is written to, to a place where there is none: a path or URL
    /// as for [`Self::open`]. The copy holds everything that was acknowledged when the call began.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when there is a store or a backup; [`StoreError::Changing`] when the
    /// store changes faster than it can be copied.
    pub async fn backup(&self, to: &str) -> Result<BackupReport> {
        let (inner, to) = (Arc::clone(&self.inner), to.to_owned());
        on_a_task(async move { inner.backup(&to).await }).await
    }

    /// Makes a store of a backup, holding each file against its checksum. `wal_dir` is as in
    /// [`StoreOptions`].
    ///
    /// # Errors
    /// [`StoreError::NoBackup`] when there is none or an unfinished one, [`StoreError::NotEmpty`]
    /// when there is a store already, [`StoreError::Corrupt`] when a file is not what was saved.
    pub async fn restore(
        from: &str,
        to: &str,
        wal_dir: Option<&std::path::Path>,
    ) -> Result<BackupReport> {
        restore(from, to, wal_dir).await
    }

    /// Erases everything of a subject: hidden at once in every process that reads the store, then
    /// taken out of everything that is written. Returns what was done and what a search through all
    /// that is left has found.
    ///
    /// # Errors
    /// As [`Self::flush`]. An erasure that began goes on with the next maintenance; nothing of the
    /// subject is taken meanwhile.
    pub async fn erase(&self, subject: Subject) -> Result<EraseReceipt> {
        let inner = Arc::clone(&self.inner);
        on_a_task(async move { inner.erase(subject).await }).await
    }

    /// Says what an erasure would do. Works in a store that is open read-only, too.
    pub async fn preview_erasure(&self, subject: Subject) -> Result<ErasePreview> {
        self.inner.preview_erasure(subject).await
    }

    /// Searches everything that is written for a subject, as an erasure does at its end.
    pub async fn search_subject(&self, subject: Subject) -> Result<SearchReport> {
        self.inner.search_subject(subject).await
    }

    /// Looks for damage: missing, cut off and foreign files, wrong checksums, statistics that are not
    /// true, rows that are there twice. Reads keys, numbers and times of every file.
    pub async fn check(&self) -> Result<CheckReport> {
        self.inner.check().await
    }

    /// Checks, and does about each finding what [`Damage::repair`] says; returns what was found. Rows
    /// of files that cannot be read are given up: restore a backup where there is one.
    ///
    /// # Errors
    /// As [`Self::maintain`].
    pub async fn repair(&self) -> Result<CheckReport> {
        let inner = Arc::clone(&self.inner);
        on_a_task(async move { inner.repair().await }).await
    }

    /// Returns what is in the store.
    pub async fn info(&self) -> Result<StoreInfo> {
        self.inner.info().await
    }

    /// Flushes and ends writing. Readers of this value still work.
    pub async fn close(&self) -> Result<()> {
        let Role::Writer(writer) = &self.inner.role else { return Ok(()) };
        if writer.is_closed.load(Ordering::Acquire) {
            return Ok(());
        }
        let flushed = self.flush().await.map(drop);
        writer.is_closed.store(true, Ordering::Release);
        let closed = writer.wal.close().await;
        flushed.and(closed)
    }

    /// Whether the store takes rows.
    pub fn is_read_only(&self) -> bool {
        matches!(self.inner.role, Role::Reader(_))
    }

    /// Returns what may be written, as fixed when the store was created.
    pub fn redaction(&self) -> Redaction {
        self.inner.meta.redaction
    }

    /// Returns the store's id.
    pub fn store_id(&self) -> &str {
        &self.inner.meta.store_id
    }
}

/// Runs on a task of its own: a caller that goes away must not stop half-way what others wait for.
async fn on_a_task<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(StoreError::Closed),
        },
    }
}
