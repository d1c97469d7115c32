//! What can go wrong while answers are judged or a report is made.

use spanlake_query::QueryError;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, QualityError>;

/// An error of evaluation or reporting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QualityError {
    /// A statement failed.
    #[error("`{file}` failed")]
    Query {
        /// File under `sql/`.
        file: String,
        /// Why.
        #[source]
        source: Box<QueryError>,
    },
    /// A statement, perhaps one that overrides ours, lacks a column or gives it another type.
    #[error("`{file}` gives no column `{column}` of type {expected}")]
    Column {
        /// File under `sql/`.
        file: String,
        /// Column.
        column: String,
        /// Type wanted.
        expected: &'static str,
    },
    /// A statement names a parameter that does not exist.
    #[error("`{file}` names the unknown parameter `${name}`")]
    Parameter {
        /// File under `sql/`.
        file: String,
        /// Parameter.
        name: String,
    },
    /// The store holds no complete week.
    #[error("the store holds no complete week up to {until}")]
    NoWeek {
        /// Time asked for, or `now`.
        until: String,
    },
    /// No evaluation profile of that name.
    #[error("no evaluation profile `{name}`")]
    Profile {
        /// Name asked for.
        name: String,
    },
}

impl QualityError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Query { source, .. } if source.is_retryable())
    }

    /// Whether the caller asked for something that cannot be had.
    pub fn is_invalid_input(&self) -> bool {
        match self {
            Self::Query { source, .. } => source.is_invalid_input(),
            _ => true,
        }
    }

    /// Whether stored data is damaged.
    pub fn is_corruption(&self) -> bool {
        matches!(self, Self::Query { source, .. } if source.is_corruption())
    }
}
