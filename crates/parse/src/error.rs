//! What can go wrong when a schema is read. Reading model output never fails: its defects are results.

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The schema text is not JSON.
    #[error("schema is not JSON at line {line} column {column}")]
    SchemaNotJson {
        /// Line of the first bad character, from 1.
        line: usize,
        /// Column of the first bad character.
        column: usize,
    },
    /// The schema is JSON but breaks its meta-schema, or refers to a document that is not at hand.
    #[error("schema is invalid at \"{path}\": keyword {keyword}")]
    SchemaInvalid {
        /// JSON Pointer into the schema.
        path: String,
        /// The rule of the meta-schema that failed; `$ref` for an unresolved reference.
        keyword: String,
    },
}

impl ParseError {
    /// Trying again cannot help.
    pub fn is_retryable(&self) -> bool {
        false
    }

    /// The caller's schema is at fault.
    pub fn is_invalid_input(&self) -> bool {
        true
    }

    /// Stored data is never at fault here.
    pub fn is_corruption(&self) -> bool {
        false
    }
}
