//! The store as its users see it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use spanlake_redact::RedactedBatch;

use crate::append::Ack;
use crate::check::{CheckReport, StoreInfo};
use crate::error::{Result, StoreError};
use crate::flush::FlushReport;
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
        let interval = options.flush_interval;
        let inner = Inner::open(url, options).await?;
        if inner.writer().is_ok() {
            tokio::spawn(flush_old_rows(Arc::downgrade(&inner), interval));
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
    /// In a writer the same as [`Self::snapshot`].
    pub async fn refresh(&self) -> Result<Arc<Snapshot>> {
        self.inner.refresh().await?;
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

    /// Looks for damage: missing and foreign files, wrong sizes, row counts and checksums.
    pub async fn check(&self) -> Result<CheckReport> {
        self.inner.check().await
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

/// Settles long traces, flushes rows that have waited too long and finishes flushes that failed, as
/// long as the store is open.
async fn flush_old_rows(store: Weak<Inner>, interval: Duration) {
    let every = (interval / 4).clamp(Duration::from_millis(100), Duration::from_secs(10));
    loop {
        tokio::time::sleep(every).await;
        let Some(inner) = store.upgrade() else { return };
        let core = Arc::clone(&inner.core).lock_owned().await;
        let oldest = core.buffer.active.oldest;
        if let Err(error) = inner.tick(core).await {
            tracing::warn!(%error, "long traces could not be settled; the next flush tries again");
        }
        let limit = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX);
        let now = inner.options.clock.now();
        let has_failed = inner.unfinished.try_lock().is_ok_and(|left| left.is_some());
        if has_failed || oldest.is_some_and(|oldest| now.0.saturating_sub(oldest.0) >= limit) {
            inner.flush_behind();
        }
    }
}
