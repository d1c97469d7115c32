//! What answers become: stored judgements, alerts and the weekly quality report.
//!
//! ```text
//! Session ─▶ evaluate ─▶ rows of evals (the caller stores them)
//! Session ─▶ sql/report/*.sql ─▶ Facts ─▶ compare, drift, volume ─▶ WeeklyReport ─▶ HTML, Markdown, JSON
//!                                              └─ stats (cluster-robust, always-valid, BH)
//! ```
//!
//! Invariants
//! - The same store and options give the same report bytes: nothing asks a clock, sums are rounded
//!   before they are compared (`report::tests::same_facts_give_the_same_report_and_order_does_not_matter`).
//! - Unchanged traffic is not accused: all tests of a report are one family
//!   (`report::tests::unchanged_traffic_is_not_accused`).
//! - One cause is told once, where it is
//!   (`report::tests::every_planted_fault_is_told_once_and_where_it_is`).
//! - Parameters reach SQL only as literals of their type (`sql::tests::parameters_cannot_leave_their_literal`).
//!
//! ```no_run
//! # async fn run(session: &spanlake_query::Session) -> Result<(), spanlake_quality::QualityError> {
//! use spanlake_quality::{ReportOptions, WeeklyReport, render_html};
//! let report = WeeklyReport::build(session, &ReportOptions::default()).await?;
//! let page = render_html(&report);
//! # Ok(()) }
//! ```

pub mod alert;
mod error;
mod evaluate;
pub mod metric;
pub mod render;
pub mod report;
mod rows;
mod sql;
pub mod stats;
pub mod week;

pub use error::{QualityError, Result};
pub use evaluate::{EvaluateOptions, Evaluation, Progress};
pub use render::{render_html, render_json, render_markdown};
pub use report::{Content, ReportOptions, WeeklyReport};
