//! Why an input could not be read at all. What is wrong with one span is data, not an error.

/// Why decompression or reading failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The compressed stream is damaged; `read` bytes came out before the damage.
    #[error("the {format} stream is damaged after {read} bytes of its content")]
    DamagedCompression {
        /// `gzip` or `zstd`.
        format: &'static str,
        /// Bytes decompressed before the damage.
        read: u64,
    },
    /// The body is larger than [`crate::Limits::max_body_bytes`].
    #[error("the body is larger than {limit} bytes: split it, or raise max_body_bytes")]
    BodyTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The body expands more than [`crate::Limits::max_expansion`] times.
    #[error("the compressed body expands more than {limit} times")]
    ExpansionTooLarge {
        /// The limit.
        limit: u64,
    },
    /// There was not a single byte.
    #[error("the input is empty")]
    Empty,
    /// The source could not be read.
    #[error("cannot read the input")]
    Read(#[from] std::io::Error),
}

impl IngestError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Read(error) if error.kind() == std::io::ErrorKind::Interrupted)
    }

    /// Whether the input is at fault.
    pub fn is_invalid_input(&self) -> bool {
        !matches!(self, Self::Read(_))
    }

    /// Whether stored data is damaged. Never: ingestion reads no store.
    pub fn is_corruption(&self) -> bool {
        false
    }

    /// Returns the stable code that `ingest_errors` shows.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DamagedCompression { .. } => "damaged_compression",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::ExpansionTooLarge { .. } => "expansion_too_large",
            Self::Empty => "empty_input",
            Self::Read(_) => "read_failed",
        }
    }
}
