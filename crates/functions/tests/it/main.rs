//! The functions through SQL: documentation, nulls, types, errors, reference values, merging.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

mod agents;
mod alarms;
mod drift;
mod output;
mod reference;
mod scale;
mod sql;
mod statistics;
