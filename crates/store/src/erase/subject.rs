//! Whose rows are erased.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a subject is, and so which column names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A person, by `user_id`.
    User,
    /// A session.
    Session,
    /// A tenant.
    Tenant,
    /// A single trace.
    Trace,
}

impl SubjectKind {
    /// Returns the column that names the subject.
    pub const fn column(self) -> &'static str {
        match self {
            Self::User => "user_id",
            Self::Session => "session_id",
            Self::Tenant => "tenant_id",
            Self::Trace => "trace_id",
        }
    }

    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
            Self::Tenant => "tenant",
            Self::Trace => "trace",
        }
    }
}

/// A subject with every form in which it may stand in the store: as it was sent, and its pseudonyms.
#[derive(Clone)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its forms.
    pub forms: Vec<String>,
}

impl Subject {
    /// Names a subject in one form.
    pub fn new(kind: SubjectKind, form: impl Into<String>) -> Self {
        Self { kind, forms: vec![form.into()] }
    }
}

impl fmt::Debug for Subject {
    /// Does not name anybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, {} forms)", self.kind.as_str(), self.forms.len())
    }
}

/// The key that tombstones are made with, from outside the store: without it nobody can find out
/// from a tombstone who was erased. Default none: a secret in the tombstone itself stands in.
#[derive(Clone)]
pub struct EraseKey {
    /// Names the key without revealing it.
    pub id: String,
    /// The key.
    pub secret: Vec<u8>,
}

impl fmt::Debug for EraseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EraseKey({})", self.id)
    }
}

/// Returns the keyed hash that a tombstone keeps of a form.
pub(super) fn keyed_hash(secret: &[u8], salt: &str, kind: SubjectKind, form: &str) -> u128 {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    for part in ["erased", salt, kind.as_str(), form] {
        mac.update(part.as_bytes());
        mac.update(b"\0");
    }
    let digest: [u8; 32] = mac.finalize().into_bytes().into();
    digest.first_chunk::<16>().map_or(0, |half| u128::from_be_bytes(*half))
}
