//! What a store promises, held against a plain model.

#![expect(clippy::unwrap_used, reason = "tests")]

mod external;
mod half_flush;
mod kill;
mod lifecycle;
mod maintenance;
mod model;
mod support;
