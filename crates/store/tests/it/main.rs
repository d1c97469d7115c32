//! What a store promises, held against a plain model.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod backup;
mod bucket;
mod check;
mod crash;
mod delta_log;
mod erase;
mod evals;
mod external;
mod faulty;
mod format;
mod gate;
mod half_flush;
mod kill;
mod lake;
mod lifecycle;
mod maintenance;
mod meeting;
mod model;
mod outage;
mod retention;
mod split;
mod support;
mod writers;
