//! What can go wrong with a statement, as facts a caller can act on.

use std::fmt;

use datafusion::error::DataFusionError;
use spanlake_store::StoreError;

/// A result of a query.
pub type Result<T, E = QueryError> = std::result::Result<T, E>;

/// What went wrong with a statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The statement cannot be understood or does not fit the tables.
    #[error("{0}")]
    Invalid(Box<Problem>),
    /// The statement would change something; sessions only read.
    #[error("{statement} is not allowed: this session only reads")]
    ReadOnly {
        /// The statement's first words.
        statement: String,
    },
    /// A setting that this session may not change.
    #[error("setting {name} cannot be changed here")]
    Setting {
        /// The setting.
        name: String,
    },
    /// The text holds no statement, or more than one.
    #[error("expected one statement, found {found}")]
    StatementCount {
        /// How many there are.
        found: usize,
    },
    /// An expression is nested so deep that evaluating it would exhaust the stack.
    #[error("an expression is nested more than {limit} deep; write a long chain of or as in (…)")]
    Depth {
        /// How deep expressions may be nested.
        limit: usize,
    },
    /// A trace id is not 32 lower-case hexadecimal digits.
    #[error("a trace id has 32 hexadecimal digits, this one has {length} characters")]
    InvalidTraceId {
        /// The id's length in characters.
        length: usize,
    },
    /// A view's own SQL cannot be planned.
    #[error("view {view} is invalid")]
    View {
        /// The view.
        view: String,
        /// What is wrong with it.
        #[source]
        source: Box<QueryError>,
    },
    /// Views refer to each other in a circle, or too deep.
    #[error("view {view} is nested more than {limit} deep")]
    ViewNesting {
        /// The view that was one too many.
        view: String,
        /// How deep views may be nested.
        limit: usize,
    },
    /// A folder of SQL files cannot be read.
    #[error("cannot read SQL files in {path}")]
    SqlFolder {
        /// The file or folder.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A stored statement has no such parameter, or the value does not fit it.
    #[error("{file}: ${name}: {reason}")]
    Parameter {
        /// File under `sql/`.
        file: String,
        /// The parameter.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The statement ran longer than the session's limit.
    #[error("stopped after {limit_ms} ms, the time limit of this session")]
    Timeout {
        /// The limit, milliseconds.
        limit_ms: u128,
    },
    /// The statement gave more rows than the session's limit.
    #[error("stopped after {limit} rows, the row limit of this session")]
    RowLimit {
        /// The limit.
        limit: u64,
    },
    /// The statement needed more memory than the session's limit.
    #[error(
        "needs more than {} MiB of memory, the limit of this session; aggregate or filter more",
        limit_bytes >> 20
    )]
    Memory {
        /// The limit.
        limit_bytes: usize,
        /// Which operator asked for how much.
        #[source]
        source: Box<DataFusionError>,
    },
    /// The store could not give its files.
    #[error("cannot read the store")]
    Store(#[source] StoreError),
    /// A file of the store could not be read.
    #[error("cannot read a file of the store")]
    File(#[source] Box<DataFusionError>),
    /// The statement failed while it ran.
    #[error("{message}")]
    Execution {
        /// What failed, without values.
        message: String,
    },
}

impl QueryError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(source) => source.is_retryable(),
            Self::Timeout { .. } | Self::Memory { .. } | Self::File(_) => true,
            _ => false,
        }
    }

    /// Whether the caller's statement is at fault.
    pub fn is_invalid_input(&self) -> bool {
        match self {
            Self::Store(source) => source.is_invalid_input(),
            Self::Timeout { .. } | Self::Memory { .. } | Self::File(_) | Self::SqlFolder { .. } => {
                false
            }
            _ => true,
        }
    }

    /// Whether bytes on disk are not what was written.
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Store(source) => source.is_corruption(),
            Self::File(source) => {
                matches!(source.find_root(), DataFusionError::ParquetError(_))
            }
            _ => false,
        }
    }
}

/// What is wrong with a statement, where, and what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, lower case.
    pub message: String,
    /// Where in the statement.
    pub place: Option<Place>,
    /// What to write instead.
    pub hint: Option<String>,
}

/// A place in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters are meant, at least 1.
    pub length: usize,
    /// The line's text.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(place) = &self.place {
            let Place { line, column, length, text } = place;
            let number = line.to_string();
            let gutter = " ".repeat(number.len());
            let before: String =
                text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            write!(
                f,
                "\n{gutter} |\n{number} | {text}\n{gutter} | {before}{}",
                "^".repeat(*length)
            )?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{hint}")?;
        }
        Ok(())
    }
}
