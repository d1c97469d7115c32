//! The weekly report: facts from SQL, comparisons, findings, tables.

mod assemble;
mod build;
mod compare;
mod drift;
mod examples;
pub mod facts;
mod findings;
mod gather;
mod health;
pub mod model;
mod sections;
mod series;
mod volume;

pub use assemble::assemble;
pub use build::{Content, ReportOptions};
pub use model::WeeklyReport;

#[cfg(test)]
mod tests;
