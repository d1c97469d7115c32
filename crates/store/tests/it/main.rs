//! What a store promises, held against a plain model.

#![expect(clippy::unwrap_used, reason = "tests")]

mod lifecycle;
mod support;
