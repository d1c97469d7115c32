//! What may be written: turns rows and texts into rows and texts without secrets and personal
//! data, and hands them to the store as the only thing it accepts.
//!
//! ```text
//! SpanBatch ─▶ per column: strip_binary ─▶ json | text ─▶ detect ─▶ policy ─▶ mask, pseudonym ─▶ RedactedBatch
//! ```
//!
//! Invariants
//! - Only a policy's work, or rows read back from a store, become a [`RedactedBatch`]; it can be
//!   neither serialised nor printed (`tests/it/batch.rs`).
//! - No planted secret survives, wherever it stands: plain, in JSON, as a key, escaped
//!   (`tests/it/properties.rs::no_planted_secret_survives`).
//! - Redacting redacted text changes nothing; no input panics; JSON stays JSON
//!   (`tests/it/properties.rs`).
//! - A pseudonym is the same for the same value, tenant and key, and only then
//!   (`tests/it/pseudonyms.rs`).
//!
//! Classes: `private_key`, `api_key`, `token`, `password`, `cookie` (secrets); `card`, `iban`,
//! `gov_id`, `email`, `phone`, `ip_address`, `address` (personal data); a policy may add its own.
//!
//! ```
//! use spanlake_redact::{Policy, Redactor, TextMode};
//! let redactor = Redactor::new(Policy::default_policy(), None)?;
//! let (text, counts) = redactor.redact_text("write to jo@example.org", TextMode::Plain);
//! assert_eq!(text, "write to <EMAIL>");
//! assert_eq!(counts.values().sum::<u64>(), 1);
//! # Ok::<(), spanlake_redact::RedactError>(())
//! ```

mod batch;
mod binary;
mod class;
mod clean;
mod detect;
mod error;
mod json;
mod key;
mod policy;
mod redactor;

pub use batch::RedactedBatch;
pub use binary::strip_binary;
pub use class::Class;
pub use detect::{Scope, Span};
pub use error::RedactError;
pub use key::HmacKey;
pub use policy::{Action, CustomDetector, Fields, Policy};
pub use redactor::{Counts, Finding, Redactor, TextMode};
