//! A bucket that stops a write or a read, so that a test decides what happens meanwhile.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What becomes of a write to, or a read of, a path that the gate is closed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The first one is done when the gate opens.
    Before,
    /// The first one is done at once and answered when the gate opens.
    After,
    /// All fail until the gate opens.
    Refused,
    /// The first one is done, but neither its answer nor anything else comes through until the gate
    /// opens.
    Severed,
    /// The first read, not write, is done when the gate opens.
    Read,
}

/// Stops requests for paths that contain a text.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Mutex<Option<(&'static str, Stop)>>,
    is_severed: AtomicBool,
    reached: Notify,
    opened: Notify,
}

impl Gate {
    pub(crate) fn close(&self, at: &'static str, stop: Stop) {
        *self.closed.lock() = Some((at, stop));
    }

    /// Returns when a request waits.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn open(&self) {
        let was_refusing = matches!(self.closed.lock().take(), Some((_, Stop::Refused)));
        if !self.is_severed.swap(false, Ordering::SeqCst) && !was_refusing {
            self.opened.notify_one();
        }
    }

    fn stops(&self, location: &Path, is_read: bool) -> Option<Stop> {
        let mut closed = self.closed.lock();
        let (at, stop) = (*closed)?;
        if !location.as_ref().contains(at) || (stop == Stop::Read) != is_read {
            return None;
        }
        if stop != Stop::Refused {
            *closed = None;
        }
        Some(stop)
    }

    fn check(&self) -> Result<()> {
        if self.is_severed.load(Ordering::SeqCst) { Err(refused()) } else { Ok(()) }
    }

    /// Waits before a read that the gate is closed for.
    async fn before_read(&self, location: &Path) -> Result<()> {
        self.check()?;
        if self.stops(location, true).is_some() {
            self.wait().await;
        }
        Ok(())
    }

    async fn wait(&self) {
        self.reached.notify_one();
        self.opened.notified().await;
    }
}

fn refused() -> Error {
    Error::Generic { store: "GatedStore", source: "refused".into() }
}

/// One machine's way to a bucket in memory.
#[derive(Debug)]
pub(crate) struct GatedStore {
    pub(crate) inner: Arc<InMemory>,
    pub(crate) gate: Arc<Gate>,
}

impl fmt::Display for GatedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatedStore")
    }
}

#[async_trait]
impl ObjectStore for GatedStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        self.gate.check()?;
        let stop = self.gate.stops(location, false);
        match stop {
            Some(Stop::Before) => self.gate.wait().await,
            Some(Stop::Refused) => return Err(refused()),
            _ => {}
        }
        let put = self.inner.put_opts(location, payload, opts).await;
        if stop == Some(Stop::Severed) {
            self.gate.is_severed.store(true, Ordering::SeqCst);
        }
        self.gate.check()?;
        if stop == Some(Stop::After) {
            self.gate.wait().await;
        }
        put
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.gate.before_read(location).await?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.gate.before_read(location).await?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.gate.check() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.gate.check() {
            Ok(()) => self.inner.list_with_offset(prefix, offset),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.gate.check()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}
