//! What can be wrong with a policy or a key.

/// Why a redactor cannot be built. Messages name places in the policy, never content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The policy is not valid TOML or has a field or value that is not known.
    #[error("policy line {line}: {reason}")]
    PolicySyntax {
        /// Line of the policy, from 1.
        line: usize,
        /// What was found and what is allowed.
        reason: String,
    },
    /// `[actions]` names a class that neither is built in nor comes from a detector.
    #[error("policy: unknown class `{class}` in [actions]; known are {known}")]
    UnknownClass {
        /// The name as written.
        class: String,
        /// Every name that would be accepted.
        known: String,
    },
    /// A detector's pattern is not a regular expression, or matches the empty string.
    #[error("policy: detector `{detector}`: {reason}")]
    BadPattern {
        /// The detector's name.
        detector: String,
        /// What the regular expression compiler says.
        reason: String,
    },
    /// A name is not lower-case letters, digits and underscores.
    #[error("policy: `{name}` is no name; use a-z, 0-9 and _, at most 40 characters")]
    BadName {
        /// The name as written.
        name: String,
    },
    /// The HMAC key is too short to resist guessing.
    #[error("redaction key has {bytes} bytes; at least 16 are needed")]
    ShortKey {
        /// Its length.
        bytes: usize,
    },
}

impl RedactError {
    /// Never: nothing here depends on the outside.
    pub fn is_retryable(&self) -> bool {
        false
    }

    /// Always: the policy or the key must be changed.
    pub fn is_invalid_input(&self) -> bool {
        true
    }

    /// Never: nothing stored is read here.
    pub fn is_corruption(&self) -> bool {
        false
    }
}
