//! Sessions over snapshots made by hand.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::indexing_slicing, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod compare;
mod data;
mod describe;
mod drift;
mod errors;
mod evals;
mod functions;
mod groups;
mod library;
mod limits;
mod pruning;
mod results;
mod snapshot;
mod trace;
