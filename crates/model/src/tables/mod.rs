//! The rows of every table, one `table!` each. Column order is the order on disk: hot columns first.

#![expect(clippy::doc_markdown, reason = "the first lines are shown as text by `\\d`")]

mod decisions;
mod eval;
mod messages;
mod operations;
mod payload;
mod registry;
mod span;

pub use decisions::{AlertEventRow, ReviewRow};
pub use eval::EvalRow;
pub use messages::LOGGED_AT;
pub use operations::{AuditRow, IngestErrorRow};
pub use payload::PayloadRow;
pub use registry::{ModelPriceRow, PromptRow, ReleaseRow};
pub use span::SpanRow;

#[cfg(test)]
mod tests;
