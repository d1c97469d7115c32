//! Where a store lives: a directory, a bucket, or memory.

use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use parking_lot::Mutex;
use spanlake_model::Table;
use url::Url;

use crate::bucket::Bucket;
use crate::error::{Result, StoreError};
use crate::filter::stable_hash;
use crate::medium::DurableLocal;
use crate::wal::{DiskFiles, LogFiles, MemoryFiles};

/// A store's place.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The object store, from its root.
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The object store's URL.
    pub(crate) store_url: Url,
    /// The store's URL, ending in `/`.
    pub(crate) url: Url,
    root: Path,
    /// The directory, when it is on this machine's disk.
    pub(crate) dir: Option<PathBuf>,
    /// Where the write-ahead log's files are.
    pub(crate) wal_files: Arc<dyn LogFiles>,
    pub(crate) wal_dir: PathBuf,
    /// Whether other machines may write to it, too.
    pub(crate) is_bucket: bool,
}

type Memory = (Arc<InMemory>, Arc<MemoryFiles>);

/// The stores in memory, by URL, so that one can be opened again.
static MEMORY: LazyLock<Mutex<HashMap<String, Memory>>> = LazyLock::new(Mutex::default);

impl Site {
    /// Understands a plain path, `file://`, `memory://NAME`, `s3://`, `gs://` or `az://`.
    pub(crate) fn parse(text: &str, wal_dir: Option<&FilePath>) -> Result<Self> {
        let invalid =
            |reason: String| StoreError::InvalidUrl { url: without_secrets(text), reason };
        if !text.contains("://") {
            return Self::local(FilePath::new(text), wal_dir);
        }
        let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        match url.scheme() {
            "file" => {
                let dir = url.to_file_path().map_err(|()| invalid("not a local path".into()))?;
                Self::local(&dir, wal_dir)
            }
            "memory" => Ok(Self::memory(text, url.host_str().unwrap_or("store"))),
            _ => Self::bucket(Bucket::parse(text)?, wal_dir),
        }
    }

    fn bucket(bucket: Bucket, wal_dir: Option<&FilePath>) -> Result<Self> {
        let Bucket { store, root, url, identity } = bucket;
        register_scheme(&url);
        let mut store_url = url.clone();
        store_url.set_path("/");
        let wal_dir = wal_dir.map(FilePath::to_owned).or_else(|| default_wal_dir(&identity));
        let wal_dir = wal_dir.ok_or_else(|| StoreError::InvalidUrl {
            url: url.to_string(),
            reason: "there is no home directory to keep its write-ahead log in; name a directory"
                .to_owned(),
        })?;
        let wal_files = Arc::new(DiskFiles);
        Ok(Self { store, store_url, url, root, dir: None, wal_files, wal_dir, is_bucket: true })
    }

    fn local(dir: &FilePath, wal_dir: Option<&FilePath>) -> Result<Self> {
        let invalid = |reason: &str| StoreError::InvalidUrl {
            url: dir.display().to_string(),
            reason: reason.to_owned(),
        };
        if dir.is_file() {
            return Err(StoreError::NotADirectory { path: dir.to_owned() });
        }
        let dir = std::path::absolute(dir)
            .map_err(|error| StoreError::io("resolve", dir.display().to_string(), error))?;
        let dir = dir.canonicalize().unwrap_or(dir);
        let root = Path::from_absolute_path(&dir).map_err(|_| invalid("not a usable path"))?;
        let url = Url::from_directory_path(&dir).map_err(|()| invalid("not a usable path"))?;
        let store_url = Url::parse("file:///").map_err(|_| invalid("not a usable path"))?;
        let wal_dir = wal_dir.map_or_else(|| dir.join("_store").join("wal"), FilePath::to_owned);
        Ok(Self {
            store: Arc::new(DurableLocal::new()),
            store_url,
            url,
            root,
            dir: Some(dir),
            wal_files: Arc::new(DiskFiles),
            wal_dir,
            is_bucket: false,
        })
    }

    fn memory(text: &str, name: &str) -> Self {
        let mut all = MEMORY.lock();
        let (store, files) = all.entry(text.to_owned()).or_default();
        #[expect(clippy::expect_used, reason = "a constant")]
        let store_url = Url::parse("memory:///").expect("a constant URL");
        let mut url = store_url.clone();
        url.set_path(&format!("/{name}/"));
        Self {
            store: Arc::clone(store) as Arc<dyn ObjectStore>,
            store_url,
            url,
            root: Path::from(name),
            dir: None,
            wal_files: Arc::clone(files) as Arc<dyn LogFiles>,
            wal_dir: PathBuf::from("/wal"),
            is_bucket: false,
        }
    }

    /// Returns the store's root in its object store.
    pub(crate) const fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a file's place from the store's root.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let parts = path.prefix_match(&self.root).into_iter().flatten();
        parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/")
    }

    /// Returns the place of a file, given from the store's root.
    pub(crate) fn path(&self, relative: &str) -> Path {
        relative.split('/').fold(self.root.clone(), Path::join)
    }

    /// Returns a table's place, ending in `/`.
    pub(crate) fn table_url(&self, table: Table) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{}/", self.url.path(), table.name()));
        url
    }

    /// Returns the same file on this machine's disk.
    pub(crate) fn local_path(&self, path: &Path) -> Option<PathBuf> {
        self.dir.as_ref().map(|_| FilePath::new("/").join(path.as_ref()))
    }

    /// Writes a whole file that must not exist; `false` when it does.
    pub(crate) async fn create(&self, path: &Path, bytes: Bytes) -> Result<bool> {
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(path, PutPayload::from_bytes(bytes), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(source) => Err(StoreError::object("write", path.to_string(), source)),
        }
    }

    /// Writes a whole file; when this returns it survives a power failure.
    pub(crate) async fn write(&self, path: &Path, bytes: Bytes) -> Result<()> {
        self.store
            .put(path, PutPayload::from_bytes(bytes))
            .await
            .map(drop)
            .map_err(|source| StoreError::object("write", path.to_string(), source))
    }

    /// Reads a whole file; `None` when there is none.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Bytes>> {
        let failed = |source| StoreError::object("read", path.to_string(), source);
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    /// Whether there is a file.
    pub(crate) async fn exists(&self, path: &Path) -> Result<bool> {
        match self.store.head(path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(StoreError::object("look for", path.to_string(), source)),
        }
    }

    /// Deletes a file; a missing one is fine.
    pub(crate) async fn delete(&self, path: &Path) -> Result<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(StoreError::object("delete", path.to_string(), source)),
        }
    }
}

/// Runs blocking work off the runtime's threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(StoreError::Closed),
        },
    }
}

/// Drops user, password and query, which may hold credentials.
pub(crate) fn without_secrets(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    // Both fail for URLs that cannot have either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

/// A bucket's write-ahead log stays on this machine, under the user's state directory: an
/// acknowledgement means this disk. A temporary directory would not do.
fn default_wal_dir(identity: &str) -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(|| {
        std::env::var_os("HOME").map(|home| FilePath::new(&home).join(".local").join("state"))
    })?;
    let name = format!("{:016x}", stable_hash(identity.as_bytes()));
    Some(state.join("spanlake").join(name).join("wal"))
}

/// Tells the Delta library that a scheme's log is written with conditional puts.
fn register_scheme(url: &Url) {
    if let Ok(scheme) = Url::parse(&format!("{}://", url.scheme())) {
        deltalake_core::logstore::logstore_factories()
            .entry(scheme)
            .or_insert_with(|| Arc::new(ConditionalPut));
    }
}

#[derive(Debug)]
struct ConditionalPut;

impl deltalake_core::logstore::LogStoreFactory for ConditionalPut {
    fn with_options(
        &self,
        prefixed_store: deltalake_core::logstore::ObjectStoreRef,
        root_store: deltalake_core::logstore::ObjectStoreRef,
        location: &Url,
        options: &deltalake_core::logstore::StorageConfig,
    ) -> deltalake_core::DeltaResult<Arc<dyn deltalake_core::logstore::LogStore>> {
        Ok(deltalake_core::logstore::default_logstore(
            prefixed_store,
            root_store,
            location,
            options,
        ))
    }
}
