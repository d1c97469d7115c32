//! Tests against public suites and labelled data; those whose data is absent say so and pass.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod citations;
mod corpus;
mod faith;
mod json_suite;
mod refusal;
mod schema_suite;
mod shared;
