//! What an open store does by itself.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::error::StoreError;
use crate::inner::Inner;
use crate::maintain::MaintainOptions;

/// Settles long traces, flushes rows that have waited too long and finishes flushes that failed, as
/// long as the store is open.
pub(crate) async fn flush_old_rows(store: Weak<Inner>, interval: Duration) {
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

/// Maintains the store from time to time, as long as it is open. Files are merged when a size class
/// is full, so that little is written twice.
pub(crate) async fn maintain_regularly(store: Weak<Inner>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(inner) = store.upgrade() else { return };
        let options = MaintainOptions { eager: false, ..MaintainOptions::default() };
        match inner.maintain(options).await {
            Ok(_) => {}
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "maintenance failed; it is tried again"),
        }
    }
}
