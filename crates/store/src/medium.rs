//! A local directory as an object store whose writes survive a power failure.
//!
//! `object_store`'s own `LocalFileSystem` never syncs, and it gives a file its name before its bytes
//! are on disk: after a power failure a commit of a table's log may be there, empty. Here bytes are
//! synced under a temporary name first, then the name is made, then its directory is synced.
//!
//! Deletes are not synced: a file that comes back after a power failure is one that no log names.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, RenameTargetMode, Result, UploadPart,
};
use parking_lot::Mutex;

const STORE: &str = "DurableLocal";

/// Local files, synced. Paths are those of [`LocalFileSystem`]; so is everything that reads.
#[derive(Clone, Debug, Default)]
pub struct DurableLocal {
    inner: LocalFileSystem,
}

impl DurableLocal {
    /// Makes an object store over the whole file system.
    pub fn new() -> Self {
        Self { inner: LocalFileSystem::new() }
    }

    /// Makes an object store over an existing directory.
    ///
    /// # Errors
    /// When the directory does not exist.
    pub fn new_with_prefix(dir: impl AsRef<FilePath>) -> Result<Self> {
        Ok(Self { inner: LocalFileSystem::new_with_prefix(dir)? })
    }

    /// Returns the path of an object's file.
    ///
    /// # Errors
    /// When the object cannot have a file of its own.
    pub fn path_to_filesystem(&self, location: &Path) -> Result<PathBuf> {
        self.inner.path_to_filesystem(location)
    }

    fn unsupported(&self, operation: &str) -> Error {
        Error::NotImplemented { operation: operation.into(), implementer: self.to_string() }
    }

    /// Returns what a read of the object would say of its version.
    async fn written(&self, location: &Path) -> Result<PutResult> {
        let meta = self.inner.head(location).await?;
        Ok(PutResult { e_tag: meta.e_tag, version: meta.version })
    }
}

impl fmt::Display for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE}({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for DurableLocal {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if !opts.attributes.is_empty() {
            return Err(self.unsupported("`put_opts` with attributes"));
        }
        let exclusive = match opts.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => return Err(self.unsupported("`put_opts` with an update")),
        };
        let target = self.inner.path_to_filesystem(location)?;
        blocking(move || {
            let mut staged = Staged::create(target)?;
            staged.write_at(0, &payload)?;
            staged.publish(exclusive)
        })
        .await?;
        self.written(location).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !opts.attributes.is_empty() {
            return Err(self.unsupported("`put_multipart_opts` with attributes"));
        }
        let target = self.inner.path_to_filesystem(location)?;
        let staged = blocking(move || Staged::create(target)).await?;
        let staged = Arc::new(Mutex::new(Some(staged)));
        let (store, location) = (self.clone(), location.clone());
        Ok(Box::new(Upload { store, location, staged, offset: 0 }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    /// Gives the bytes a second name. They are shared, which is as good as a copy: objects are
    /// replaced, never changed.
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (source, target) =
            (self.inner.path_to_filesystem(from)?, self.inner.path_to_filesystem(to)?);
        blocking(move || {
            let exclusive = matches!(options.mode, CopyMode::Create);
            let file = File::open(&source).map_err(|error| failed("open", &source, error))?;
            file.sync_all().map_err(|error| failed("sync", &source, error))?;
            create_parents(&target)?;
            if exclusive {
                fs::hard_link(&source, &target)
                    .map_err(|error| failed("create", &target, error))?;
                return sync_parent(&target);
            }
            let staged = stage(&target, |path| fs::hard_link(&source, path))?.1;
            rename(&staged, &target)
        })
        .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let (source, target) =
            (self.inner.path_to_filesystem(from)?, self.inner.path_to_filesystem(to)?);
        blocking(move || {
            let file = File::open(&source).map_err(|error| failed("open", &source, error))?;
            file.sync_all().map_err(|error| failed("sync", &source, error))?;
            create_parents(&target)?;
            match options.target_mode {
                RenameTargetMode::Overwrite => rename(&source, &target)?,
                RenameTargetMode::Create => {
                    fs::hard_link(&source, &target)
                        .map_err(|error| failed("create", &target, error))?;
                    sync_parent(&target)?;
                    fs::remove_file(&source).map_err(|error| failed("remove", &source, error))?;
                }
            }
            sync_parent(&source)
        })
        .await
    }
}

/// A file under a temporary name, which readers do not list. Dropping it removes it.
#[derive(Debug)]
struct Staged {
    file: File,
    path: Option<PathBuf>,
    target: PathBuf,
}

impl Staged {
    fn create(target: PathBuf) -> Result<Self> {
        create_parents(&target)?;
        let open = |path: &FilePath| OpenOptions::new().write(true).create_new(true).open(path);
        let (file, path) = stage(&target, open)?;
        Ok(Self { file, path: Some(path), target })
    }

    fn write_at(&mut self, offset: u64, payload: &PutPayload) -> Result<()> {
        let written = self
            .file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| payload.iter().try_for_each(|chunk| self.file.write_all(chunk)));
        written.map_err(|error| failed("write", &self.target, error))
    }

    /// Syncs the bytes, then gives them their name.
    fn publish(mut self, exclusive: bool) -> Result<()> {
        self.file.sync_all().map_err(|error| failed("sync", &self.target, error))?;
        let Some(path) = &self.path else { return Ok(()) };
        if exclusive {
            fs::hard_link(path, &self.target)
                .map_err(|error| failed("create", &self.target, error))?;
            // Once there is a second name, losing this one is only a matter of tidiness.
            drop(fs::remove_file(path));
            self.path = None;
            return sync_parent(&self.target);
        }
        rename(path, &self.target)?;
        self.path = None;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            drop(fs::remove_file(path));
        }
    }
}

/// A multipart upload. Parts may come in any order and at once.
#[derive(Debug)]
struct Upload {
    store: DurableLocal,
    location: Path,
    staged: Arc<Mutex<Option<Staged>>>,
    offset: u64,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (offset, staged) = (self.offset, Arc::clone(&self.staged));
        self.offset += data.content_length() as u64;
        Box::pin(blocking(move || match staged.lock().as_mut() {
            Some(staged) => staged.write_at(offset, &data),
            None => Err(aborted()),
        }))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.lock().take().ok_or_else(aborted)?;
        blocking(move || staged.publish(false)).await?;
        self.store.written(&self.location).await
    }

    async fn abort(&mut self) -> Result<()> {
        let staged = self.staged.lock().take().ok_or_else(aborted)?;
        blocking(move || {
            drop(staged);
            Ok(())
        })
        .await
    }
}

/// Finds a temporary name beside a file that nobody uses. The suffix `#N` is the one that
/// [`LocalFileSystem`] leaves out of its listings.
fn stage<T>(
    target: &FilePath,
    mut create: impl FnMut(&FilePath) -> io::Result<T>,
) -> Result<(T, PathBuf)> {
    let mut attempt = 1_u32;
    loop {
        let mut name = target.as_os_str().to_owned();
        name.push(format!("#{attempt}"));
        let path = PathBuf::from(name);
        match create(&path) {
            Ok(made) => return Ok((made, path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(failed("create", target, error)),
        }
    }
}

fn rename(from: &FilePath, to: &FilePath) -> Result<()> {
    if let Err(error) = fs::rename(from, to) {
        return Err(failed("rename to", to, error));
    }
    sync_parent(to)
}

/// Creates the directories that lead to a file and syncs each new name.
fn create_parents(file: &FilePath) -> Result<()> {
    let Some(dir) = file.parent() else { return Ok(()) };
    if dir.is_dir() {
        return Ok(());
    }
    create_parents(dir)?;
    match fs::create_dir(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(failed("create", dir, error));
        }
        _ => {}
    }
    sync_parent(dir)
}

fn sync_parent(path: &FilePath) -> Result<()> {
    let Some(dir) = path.parent() else { return Ok(()) };
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| failed("sync", dir, error))
}

/// A failed file operation: what, where, why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

fn failed(action: &'static str, path: &FilePath, error: io::Error) -> Error {
    let (kind, object) = (error.kind(), path.display().to_string());
    let source = Box::new(FileError { action, path: path.to_owned(), source: error });
    match kind {
        ErrorKind::NotFound => Error::NotFound { path: object, source },
        ErrorKind::AlreadyExists => Error::AlreadyExists { path: object, source },
        ErrorKind::PermissionDenied => Error::PermissionDenied { path: object, source },
        _ => Error::Generic { store: STORE, source },
    }
}

fn aborted() -> Error {
    Error::Generic { store: STORE, source: "the upload has ended".into() }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await?,
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;
    use crate::error::StoreError;

    fn store() -> (tempfile::TempDir, DurableLocal) {
        let dir = tempfile::tempdir().unwrap();
        let store = DurableLocal::new_with_prefix(dir.path()).unwrap();
        (dir, store)
    }

    async fn names(store: &DurableLocal) -> Vec<String> {
        let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
        let mut names: Vec<_> = listed.iter().map(|meta| meta.location.to_string()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn create_refuses_an_existing_object_and_leaves_no_trace() {
        let (dir, store) = store();
        let path = Path::from("table/_delta_log/0.json");
        let create = || PutOptions::from(PutMode::Create);
        let first = store.put_opts(&path, "first".into(), create()).await.unwrap();
        assert_eq!(first.e_tag, store.head(&path).await.unwrap().e_tag);
        let second = store.put_opts(&path, "second".into(), create()).await.unwrap_err();
        assert!(matches!(second, Error::AlreadyExists { .. }), "{second}");
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "first");
        let left = fs::read_dir(dir.path().join("table/_delta_log")).unwrap().count();
        assert_eq!(left, 1);
        store.put(&path, "third".into()).await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "third");
    }

    #[tokio::test]
    async fn an_upload_is_seen_when_it_is_complete() {
        let (dir, store) = store();
        let path = Path::from("a/b");
        let mut upload = store.put_multipart(&path).await.unwrap();
        let (one, two) = (upload.put_part("one ".into()), upload.put_part("two".into()));
        two.await.unwrap();
        one.await.unwrap();
        assert_eq!(names(&store).await, [""; 0]);
        upload.complete().await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "one two");
        let mut upload = store.put_multipart(&Path::from("a/c")).await.unwrap();
        upload.put_part("gone".into()).await.unwrap();
        upload.abort().await.unwrap();
        drop(store.put_multipart(&Path::from("a/d")).await.unwrap());
        assert_eq!(names(&store).await, ["a/b"]);
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn copies_and_renames_keep_their_source_semantics() {
        let (_dir, store) = store();
        let path = |name: &str| Path::from(name);
        store.put(&path("a"), "a".into()).await.unwrap();
        store.copy(&path("a"), &path("d/b")).await.unwrap();
        assert!(store.copy_if_not_exists(&path("a"), &path("d/b")).await.is_err());
        store.rename(&path("a"), &path("d/c")).await.unwrap();
        assert!(matches!(
            store.rename(&path("a"), &path("x")).await.unwrap_err(),
            Error::NotFound { .. }
        ));
        assert!(store.rename_if_not_exists(&path("d/c"), &path("d/b")).await.is_err());
        assert_eq!(names(&store).await, ["d/b", "d/c"]);
    }

    #[tokio::test]
    async fn a_failure_names_file_and_reason() {
        let (dir, store) = store();
        fs::write(dir.path().join("file"), "x").unwrap();
        let error = store.put(&Path::from("file/below"), "x".into()).await.unwrap_err();
        let told = StoreError::object("write", "file/below", error);
        assert!(told.to_string().contains("file/below"), "{told}");
        // Root may write anywhere, so the kind of error is made here.
        for (kind, shown) in [
            (ErrorKind::StorageFull, "no space left to write a/b"),
            (ErrorKind::ReadOnlyFilesystem, "a/b is read-only or not permitted"),
            (ErrorKind::PermissionDenied, "a/b is read-only or not permitted"),
        ] {
            let error = failed("write", FilePath::new("/store/a/b"), kind.into());
            assert!(error.to_string().contains("/store/a/b"), "{error}");
            assert_eq!(StoreError::object("write", "a/b", error).to_string(), shown);
        }
    }
}

/// The suite that every object store must pass. Run with `--features conformance`.
#[cfg(all(test, feature = "conformance"))]
mod conformance {
    use object_store::integration as suite;

    use super::DurableLocal;

    #[tokio::test]
    async fn behaves_as_an_object_store() {
        let dir = tempfile::tempdir().unwrap();
        let store = DurableLocal::new_with_prefix(dir.path()).unwrap();
        suite::put_get_delete_list(&store).await;
        suite::get_opts(&store).await;
        suite::list_uses_directories_correctly(&store).await;
        suite::list_with_delimiter(&store).await;
        suite::list_with_offset_exclusivity(&store).await;
        suite::rename_and_copy(&store).await;
        suite::copy_if_not_exists(&store).await;
        suite::copy_rename_nonexistent_object(&store).await;
        suite::stream_get(&store).await;
        suite::put_opts(&store, false).await;
        suite::multipart_out_of_order(&store).await;
    }
}
