//! What can go wrong in a store, as facts a caller can act on.

use std::path::PathBuf;

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What went wrong. None of it carries content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The path names a file, not a directory.
    #[error("store path {} is a file, not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// There is no store and none may be created.
    #[error("no store at {url}")]
    Missing {
        /// Where it was looked for.
        url: String,
    },
    /// The URL's scheme is not one that a store can live on, or the URL is malformed.
    #[error("cannot use {url} as a store: {reason}")]
    InvalidUrl {
        /// The URL, without credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a store where one should be made of a backup, or a backup written.
    #[error("there is already a store or a backup at {url}")]
    NotEmpty {
        /// The place.
        url: String,
    },
    /// There is no finished backup.
    #[error("no finished backup at {url}")]
    NoBackup {
        /// Where it was looked for.
        url: String,
    },
    /// Another process writes to the store.
    #[error("store is in use by another writer ({holder})")]
    Locked {
        /// Process and host that hold the lock, as far as known.
        holder: String,
    },
    /// The store was opened for reading only.
    #[error("store is open read-only")]
    ReadOnly,
    /// The store's format is newer than this program.
    #[error("store has format version {found}, this program knows up to {known}")]
    FormatTooNew {
        /// The store's version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A newer program has added a column to a table: this one reads the table and does not write
    /// it, because rows it merged would lose the column.
    #[error(
        "table {table} has the column {column}, which this program does not know; it can read the \
         store but not write to it: use a newer version"
    )]
    TableTooNew {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// The bucket's server creates objects that are there already: two writers would overwrite each
    /// other's commits.
    #[error(
        "the server of {url} ignores conditional PUT (If-None-Match), so that concurrent writers \
         would lose commits; open it as its only writer or use another server"
    )]
    NoConditionalPut {
        /// The store.
        url: String,
    },
    /// The write-ahead log on this machine belongs to a store that was at the same place before.
    #[error("the write-ahead log in {} belongs to another store than the one at {url}", dir.display())]
    LogOfAnotherStore {
        /// The log's directory.
        dir: PathBuf,
        /// The store.
        url: String,
    },
    /// A batch was redacted under a policy that the store does not take.
    #[error("store was created with redaction {expected}, the batch has policy {found}")]
    PolicyMismatch {
        /// `none` or `redacted`.
        expected: &'static str,
        /// The batch's policy version.
        found: String,
    },
    /// A file that the store's log names cannot be understood.
    #[error("{path} is damaged: {reason}")]
    Corrupt {
        /// The file.
        path: String,
        /// Which check failed.
        reason: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The disk or quota is full.
    #[error("no space left to write {path}")]
    NoSpace {
        /// The file.
        path: String,
    },
    /// The disk or directory cannot be written.
    #[error("{path} is read-only or not permitted")]
    NotWritable {
        /// The file or directory.
        path: String,
    },
    /// The write-ahead log stopped after a failed write or sync; re-open the store to recover.
    #[error("write-ahead log stopped after a failed write ({reason}); re-open the store")]
    LogPoisoned {
        /// What failed.
        reason: String,
    },
    /// A batch is larger than one frame of the log may be; split it.
    #[error("a batch of {bytes} encoded bytes is above the limit of {limit}")]
    BatchTooLarge {
        /// Its encoded size.
        bytes: usize,
        /// The largest size.
        limit: usize,
    },
    /// Rows could not be turned into bytes of the log, or back.
    #[error("cannot encode or decode rows of table {table} for the log: {reason}")]
    Codec {
        /// The table.
        table: &'static str,
        /// What the codec says.
        reason: String,
    },
    /// An object store operation failed.
    #[error("cannot {action} {path}")]
    Object {
        /// What was tried.
        action: &'static str,
        /// The object.
        path: String,
        /// The cause.
        #[source]
        source: object_store::Error,
    },
    /// The table's log could not be read or committed to.
    #[error("cannot {action} table {table}")]
    Delta {
        /// What was tried.
        action: &'static str,
        /// The table.
        table: &'static str,
        /// The cause.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A commit kept losing against other commits.
    #[error("commit to table {table} lost against others {attempts} times")]
    CommitContention {
        /// The table.
        table: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// A Parquet file could not be written or read.
    #[error("cannot {action} {path}")]
    Parquet {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Rows could not be turned into Arrow, or merged as Arrow.
    #[error("cannot convert rows of table {table}")]
    Arrow {
        /// The table.
        table: &'static str,
        /// The cause.
        #[source]
        source: arrow_schema::ArrowError,
    },
    /// The store kept changing while it was read; try again.
    #[error("{url} kept changing while it was read")]
    Changing {
        /// The store.
        url: String,
    },
    /// The store was closed while the call waited.
    #[error("store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::NoSpace { .. }
                | Self::CommitContention { .. }
                | Self::Changing { .. }
        )
    }

    /// Whether the caller's input is at fault.
    pub fn is_invalid_input(&self) -> bool {
        matches!(
            self,
            Self::NotADirectory { .. }
                | Self::Missing { .. }
                | Self::NotEmpty { .. }
                | Self::NoBackup { .. }
                | Self::InvalidUrl { .. }
                | Self::ReadOnly
                | Self::PolicyMismatch { .. }
                | Self::TableTooNew { .. }
                | Self::NoConditionalPut { .. }
                | Self::LogOfAnotherStore { .. }
                | Self::FormatTooNew { .. }
                | Self::BatchTooLarge { .. }
        )
    }

    /// Whether bytes on disk are not what was written.
    pub fn is_corruption(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Codec { .. })
    }

    /// Names a failed file operation, with full and read-only disks told apart.
    pub fn io(action: &'static str, path: impl Into<String>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path }
            }
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::NotWritable { path }
            }
            _ => Self::Io { action, path, source },
        }
    }

    /// Names a failed object store operation, with full and read-only disks told apart.
    pub fn object(
        action: &'static str,
        path: impl Into<String>,
        source: object_store::Error,
    ) -> Self {
        let path = path.into();
        Self::disk(action, &path, &source).unwrap_or(Self::Object { action, path, source })
    }

    /// Names a failed Parquet operation, with full and read-only disks told apart.
    pub(crate) fn parquet(
        action: &'static str,
        path: impl Into<String>,
        source: parquet::errors::ParquetError,
    ) -> Self {
        let path = path.into();
        Self::disk(action, &path, &source).unwrap_or(Self::Parquet { action, path, source })
    }

    /// Whether a file that should be read was not there.
    pub(crate) fn is_missing_file(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if matches!(
                error.downcast_ref::<object_store::Error>(),
                Some(object_store::Error::NotFound { .. })
            ) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Finds a full or read-only disk among an error's causes.
    pub(crate) fn disk(
        action: &'static str,
        path: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                match Self::io(action, path, std::io::Error::from(io.kind())) {
                    Self::Io { .. } => {}
                    told => return Some(told),
                }
            }
            cause = error.source();
        }
        None
    }
}
