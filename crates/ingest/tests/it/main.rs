//! Integration tests of ingestion.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

mod bad_input;
mod conformance;
mod counts;
mod expected;
mod fold;
mod instrumentations;
mod lesser_known;
mod logged;
mod native;
mod properties;
mod wrong_types;
