//! What can go wrong, as facts a caller can act on.

use std::path::PathBuf;

/// A result of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. None of it carries content of spans.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A settings file cannot be read or understood.
    #[error("{}: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A redaction policy cannot be read or understood.
    #[error("redaction policy {path}: {reason}")]
    Policy {
        /// `default`, `none` or the file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The redaction key cannot be used.
    #[error("redaction key {origin}: {reason}")]
    Key {
        /// The environment variable or the file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Input cannot be read.
    #[error("cannot read {origin}")]
    Read {
        /// The file.
        origin: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A report or result cannot be written.
    #[error("cannot write {}", path.display())]
    WriteFile {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A value given by the caller is not one that is known.
    #[error("{what}: {reason}")]
    Invalid {
        /// What the value is for.
        what: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// A background task ended unexpectedly.
    #[error("a background task ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
    /// The store.
    #[error(transparent)]
    Store(#[from] spanlake_store::StoreError),
    /// A statement.
    #[error(transparent)]
    Query(#[from] spanlake_query::QueryError),
    /// A report or evaluation.
    #[error(transparent)]
    Quality(#[from] spanlake_quality::QualityError),
}

impl Error {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Query(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether the caller's input is at fault.
    pub fn is_invalid_input(&self) -> bool {
        match self {
            Self::Config { .. } | Self::Policy { .. } | Self::Key { .. } | Self::Invalid { .. } => {
                true
            }
            Self::Store(error) => error.is_invalid_input(),
            Self::Query(error) => error.is_invalid_input(),
            _ => false,
        }
    }

    /// Whether bytes on disk are not what was written.
    pub fn is_corruption(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_corruption())
    }
}
