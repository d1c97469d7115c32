//! The pipeline as a service uses it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod example;
mod faults;
mod pipeline;
mod planted;
mod random_sql;
