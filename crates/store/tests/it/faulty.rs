//! A machine whose object store and log fail at one operation, or are full: a double that passes
//! `object_store`'s own suite as long as nothing is set to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Cursor};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};
use parking_lot::Mutex;
use spanlake_store::Medium;
use spanlake_store::wal::{LogFile, LogFiles, LogReader};
use tokio::sync::Notify;

/// How much of the failing operation happens all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Half,
    Everything,
}

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The machine goes down: no later operation succeeds, and log bytes that were not synced are
    /// lost, half there, or there, as the operation itself.
    Crash(Effect),
    /// The operation answers with an error; everything works afterwards.
    Error(Effect),
    /// It happens, and the answer says that somebody else's was there before: a retry of a request
    /// whose first answer got lost.
    TakenForAnother,
    /// From here on nothing can be written until [`Faults::make_room`].
    Full,
}

/// Counts operations and decides how each ends.
#[derive(Clone, Debug)]
pub(crate) struct Faults(Arc<State>);

#[derive(Debug)]
struct State {
    operations: AtomicU64,
    fails_at: AtomicU64,
    fault: Mutex<Fault>,
    is_down: AtomicBool,
    is_full: AtomicBool,
    went_down: Notify,
    reads: AtomicU64,
    ignores_conditions: AtomicBool,
}

enum Now {
    Go,
    Taken,
    Fail(Effect),
    Full,
}

impl Faults {
    fn new() -> Self {
        Self(Arc::new(State {
            operations: AtomicU64::new(0),
            fails_at: AtomicU64::new(u64::MAX),
            fault: Mutex::new(Fault::Full),
            is_down: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            went_down: Notify::new(),
            reads: AtomicU64::new(0),
            ignores_conditions: AtomicBool::new(false),
        }))
    }

    /// Lets operation number `at`, counted from 0, fail.
    pub(crate) fn set(&self, at: u64, fault: Fault) {
        *self.0.fault.lock() = fault;
        self.0.fails_at.store(at, Ordering::SeqCst);
    }

    /// Creates objects that are there already, as some servers do.
    pub(crate) fn ignore_conditions(&self) {
        self.0.ignores_conditions.store(true, Ordering::SeqCst);
    }

    /// Ends every fault.
    pub(crate) fn clear(&self) {
        self.0.fails_at.store(u64::MAX, Ordering::SeqCst);
        self.0.is_down.store(false, Ordering::SeqCst);
        self.make_room();
    }

    pub(crate) fn make_room(&self) {
        self.0.is_full.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.is_full.load(Ordering::SeqCst)
    }

    pub(crate) fn is_down(&self) -> bool {
        self.0.is_down.load(Ordering::SeqCst)
    }

    /// Returns when the machine has gone down.
    pub(crate) async fn went_down(&self) {
        self.0.went_down.notified().await;
    }

    /// Returns how many operations there were.
    pub(crate) fn operations(&self) -> u64 {
        self.0.operations.load(Ordering::SeqCst)
    }

    /// Returns how many objects or parts of objects were read.
    pub(crate) fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::SeqCst)
    }

    fn takes(&self) -> bool {
        *self.0.fault.lock() == Fault::TakenForAnother
    }

    fn next(&self, writes: bool) -> Now {
        let number = self.0.operations.fetch_add(1, Ordering::SeqCst);
        if self.is_down() {
            return Now::Fail(Effect::Nothing);
        }
        if number == self.0.fails_at.load(Ordering::SeqCst) {
            match *self.0.fault.lock() {
                Fault::Crash(effect) => {
                    self.0.is_down.store(true, Ordering::SeqCst);
                    self.0.went_down.notify_one();
                    return Now::Fail(effect);
                }
                Fault::Error(effect) => return Now::Fail(effect),
                Fault::TakenForAnother => return Now::Taken,
                Fault::Full => self.0.is_full.store(true, Ordering::SeqCst),
            }
        }
        if writes && self.is_full() { Now::Full } else { Now::Go }
    }

    /// Decides about an operation that is done as a whole or not at all.
    fn whole(&self, writes: bool) -> (bool, Result<()>) {
        let injected = |source| Err(Error::Generic { store: "Faulty", source });
        match self.next(writes) {
            Now::Go => (true, Ok(())),
            Now::Fail(effect) => (effect == Effect::Everything, injected("injected".into())),
            Now::Taken => (true, injected("injected".into())),
            Now::Full => {
                let full = io::Error::from(io::ErrorKind::StorageFull);
                (false, injected(Box::new(full)))
            }
        }
    }
}

/// An object store in memory with faults.
#[derive(Clone, Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<InMemory>,
    faults: Faults,
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyStore")
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut opts: PutOptions,
    ) -> Result<PutResult> {
        if self.faults.0.ignores_conditions.load(Ordering::SeqCst) {
            opts.mode = PutMode::Overwrite;
        }
        let creates = matches!(opts.mode, PutMode::Create);
        let (happens, answer) = self.faults.whole(true);
        let put =
            if happens { Some(self.inner.put_opts(location, payload, opts).await) } else { None };
        if creates
            && let Some(Ok(_)) = put
            && answer.is_err()
            && self.faults.takes()
        {
            let source = "injected".into();
            return Err(Error::AlreadyExists { path: location.to_string(), source });
        }
        answer?;
        put.unwrap_or(Err(Error::NotImplemented {
            operation: "put".into(),
            implementer: "FaultyStore".into(),
        }))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.faults.whole(true).1?;
        let inner = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(FaultyUpload { inner, faults: self.faults.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.faults.whole(false).1?;
        self.faults.0.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.faults.whole(false).1?;
        self.faults.0.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |location: Result<Path>| {
            let store = store.clone();
            async move {
                let location = location?;
                let (happens, answer) = store.faults.whole(true);
                if happens {
                    let one = futures::stream::once(futures::future::ready(Ok(location.clone())));
                    let deleted = store.inner.delete_stream(one.boxed()).next().await;
                    answer?;
                    return deleted.unwrap_or(Ok(location));
                }
                answer.map(|()| location)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.faults.whole(false).1 {
            Ok(()) => self.inner.list(prefix),
            Err(error) => futures::stream::once(futures::future::ready(Err(error))).boxed(),
        }
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.faults.whole(false).1 {
            Ok(()) => self.inner.list_with_offset(prefix, offset),
            Err(error) => futures::stream::once(futures::future::ready(Err(error))).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.faults.whole(false).1?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.faults.whole(true).1?;
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.faults.whole(true).1?;
        self.inner.rename_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    faults: Faults,
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match self.faults.whole(true).1 {
            Ok(()) => self.inner.put_part(data),
            Err(error) => Box::pin(futures::future::ready(Err(error))),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (happens, answer) = self.faults.whole(true);
        let completed = if happens { Some(self.inner.complete().await) } else { None };
        answer?;
        completed.unwrap_or(Err(Error::NotImplemented {
            operation: "complete".into(),
            implementer: "FaultyStore".into(),
        }))
    }

    async fn abort(&mut self) -> Result<()> {
        self.faults.whole(true).1?;
        self.inner.abort().await
    }
}

/// A file's bytes as the process sees them, and as the disk has them.
#[derive(Debug, Default)]
struct Contents {
    written: Vec<u8>,
    synced: Vec<u8>,
}

impl Contents {
    /// Loses what was not synced, or half of it, or nothing.
    fn power_off(&mut self, kept: Effect) {
        match kept {
            Effect::Nothing => self.written.clone_from(&self.synced),
            Effect::Everything => {}
            Effect::Half => {
                // Bytes that differ reached the disk from the front.
                let same = self.written.iter().zip(&self.synced).take_while(|(a, b)| a == b);
                let first = same.count();
                let half = first + (self.written.len() - first) / 2;
                let mut bytes = self.synced.clone();
                bytes.resize(bytes.len().max(half), 0);
                bytes[first..half].copy_from_slice(&self.written[first..half]);
                self.written = bytes;
            }
        }
        self.synced.clone_from(&self.written);
    }
}

type File = Arc<Mutex<Contents>>;

/// Log files in memory with faults, which lose what was not synced.
#[derive(Clone, Debug)]
pub(crate) struct FaultyFiles {
    files: Arc<Mutex<BTreeMap<PathBuf, File>>>,
    dirs: Arc<Mutex<BTreeSet<PathBuf>>>,
    faults: Faults,
}

struct FaultyFile(File, Faults);

fn injected() -> io::Error {
    io::Error::other("injected")
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

impl FaultyFiles {
    /// Does something that happens as a whole or not at all.
    fn whole<T>(&self, writes: bool, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.faults.next(writes) {
            Now::Go => work(),
            Now::Full => Err(full()),
            Now::Taken | Now::Fail(Effect::Everything) => {
                drop(work());
                Err(injected())
            }
            Now::Fail(_) => Err(injected()),
        }
    }
}

impl LogFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = &mut self.0.lock().written;
        match self.1.next(true) {
            Now::Go => {
                written.extend_from_slice(bytes);
                Ok(())
            }
            Now::Taken => {
                written.extend_from_slice(bytes);
                Err(injected())
            }
            Now::Full => {
                written.extend_from_slice(&bytes[..bytes.len() / 2]);
                Err(full())
            }
            Now::Fail(effect) => {
                let end = match effect {
                    Effect::Nothing => 0,
                    Effect::Half => bytes.len() / 2,
                    Effect::Everything => bytes.len(),
                };
                written.extend_from_slice(&bytes[..end]);
                Err(injected())
            }
        }
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (end, answer) = match self.1.next(false) {
            // Overwriting needs no room.
            Now::Go | Now::Full => (bytes.len(), Ok(())),
            Now::Fail(Effect::Nothing) => (0, Err(injected())),
            Now::Fail(Effect::Half) => (bytes.len() / 2, Err(injected())),
            Now::Taken | Now::Fail(Effect::Everything) => (bytes.len(), Err(injected())),
        };
        let written = &mut self.0.lock().written;
        let start = offset as usize;
        written.resize(written.len().max(start + end), 0);
        written[start..start + end].copy_from_slice(&bytes[..end]);
        answer
    }

    fn sync(&mut self) -> io::Result<()> {
        let now = self.1.next(false);
        let Contents { written, synced } = &mut *self.0.lock();
        if !matches!(now, Now::Fail(Effect::Nothing | Effect::Half)) {
            synced.clone_from(written);
        }
        if let Now::Fail(_) | Now::Taken = now { Err(injected()) } else { Ok(()) }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        match self.1.next(false) {
            Now::Fail(_) | Now::Taken => Err(injected()),
            _ => {
                self.0.lock().written.truncate(len as usize);
                Ok(())
            }
        }
    }
}

impl LogFiles for FaultyFiles {
    fn create_dir(&self, dir: &FilePath) -> io::Result<()> {
        self.whole(true, || {
            self.dirs.lock().extend(dir.ancestors().map(FilePath::to_owned));
            Ok(())
        })
    }

    fn create(&self, path: &FilePath) -> io::Result<Box<dyn LogFile>> {
        self.whole(true, || {
            let mut files = self.files.lock();
            if files.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let file = File::default();
            files.insert(path.to_owned(), Arc::clone(&file));
            Ok(Box::new(FaultyFile(file, self.faults.clone())) as Box<dyn LogFile>)
        })
    }

    fn open(&self, path: &FilePath) -> io::Result<Box<dyn LogReader>> {
        self.whole(false, || {
            let files = self.files.lock();
            let file = files.get(path).ok_or(io::ErrorKind::NotFound)?;
            let bytes = file.lock().written.clone();
            Ok(Box::new(Cursor::new(bytes)) as Box<dyn LogReader>)
        })
    }

    fn list(&self, dir: &FilePath) -> io::Result<Vec<String>> {
        self.whole(false, || {
            let (files, dirs) = (self.files.lock(), self.dirs.lock());
            let inside = |path: &PathBuf| {
                (path.parent() == Some(dir))
                    .then(|| path.file_name()?.to_str().map(str::to_owned))?
            };
            Ok(files.keys().chain(dirs.iter()).filter_map(inside).collect())
        })
    }

    fn remove(&self, path: &FilePath) -> io::Result<()> {
        self.whole(false, || {
            self.files.lock().remove(path);
            Ok(())
        })
    }

    fn remove_dir(&self, dir: &FilePath) -> io::Result<()> {
        self.whole(false, || {
            self.dirs.lock().remove(dir);
            Ok(())
        })
    }
}

/// Both, behind the same faults.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) faults: Faults,
    store: FaultyStore,
    files: FaultyFiles,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let faults = Faults::new();
        let store = FaultyStore { inner: Arc::default(), faults: faults.clone() };
        let files =
            FaultyFiles { files: Arc::default(), dirs: Arc::default(), faults: faults.clone() };
        Self { faults, store, files }
    }

    /// Returns what a store is opened on.
    pub(crate) fn medium(&self) -> Medium {
        Medium { store: Arc::new(self.store.clone()), wal_files: Arc::new(self.files.clone()) }
    }

    /// Starts again after a crash, with as much of the log's bytes that were not synced as given.
    pub(crate) fn restart(&self, kept: Effect) {
        self.files.files.lock().values().for_each(|file| file.lock().power_off(kept));
        self.faults.clear();
    }
}

/// Behind the feature `conformance`, because the suite is one of object_store's.
#[cfg(feature = "conformance")]
#[tokio::test]
async fn without_faults_it_is_an_object_store() {
    let machine = Machine::new();
    let store = machine.store.clone();
    object_store::integration::put_get_delete_list(&store).await;
    object_store::integration::get_opts(&store).await;
    object_store::integration::put_opts(&store, true).await;
    object_store::integration::list_uses_directories_correctly(&store).await;
    object_store::integration::list_with_delimiter(&store).await;
    object_store::integration::rename_and_copy(&store).await;
    object_store::integration::copy_if_not_exists(&store).await;
    object_store::integration::stream_get(&store).await;
}
