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
                | Self::InvalidUrl { .. }
                | Self::ReadOnly
                | Self::PolicyMismatch { .. }
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
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&source);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                match Self::io(action, path.clone(), std::io::Error::from(io.kind())) {
                    Self::Io { .. } => break,
                    told => return told,
                }
            }
            cause = error.source();
        }
        Self::Object { action, path, source }
    }
}
