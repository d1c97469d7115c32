//! What a store promises, held against a plain model.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bucket;
mod crash;
mod delta_log;
mod evals;
mod external;
mod faulty;
mod gate;
mod half_flush;
mod kill;
mod lifecycle;
mod maintenance;
mod meeting;
mod model;
mod retention;
mod support;
mod writers;
