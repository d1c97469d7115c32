//! Where a session gets its snapshots from.

use std::fmt::Debug;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use spanlake_store::{Result, Snapshot};

/// Gives the newest snapshot. Asked once per statement, and only if the statement reads a table, so
/// an implementation may open its store on the first call.
pub trait SnapshotSource: Debug + Send + Sync {
    /// Returns the newest snapshot.
    ///
    /// # Errors
    /// Whatever opening or refreshing the store gives.
    fn snapshot(&self) -> BoxFuture<'_, Result<Arc<Snapshot>>>;
}

/// One snapshot for ever.
impl SnapshotSource for Snapshot {
    fn snapshot(&self) -> BoxFuture<'_, Result<Arc<Snapshot>>> {
        std::future::ready(Ok(Arc::new(self.clone()))).boxed()
    }
}
