//! Alerts: rules that say what to do, evaluated over stored data, with memory of their states.
//!
//! ```text
//! rule (TOML) + statement (sql/alerts) ─▶ read at a time ─▶ verdict per group ─▶ step ─▶ alert_events
//! ```
//!
//! Invariants
//! - A rule without owner, severity, threshold with its impact, runbook, and mitigation or rollback
//!   path is refused (`rule::tests::what_is_missing_is_named`).
//! - The groups of one rule are one family of tests (`read::tests::groups_are_one_family`).
//! - A replay steps through the same code as a check (`watch`).

mod read;
mod rule;
mod state;
mod templates;
mod watch;

pub use read::{Reading, Verdict, read};
pub use rule::{Direction, Kind, NoData, Period, Rule, Severity, Test, When};
pub use state::{Memory, State, step};
pub use templates::TEMPLATES;
pub use watch::{Change, FalseAlarms, Replay, Watch, evaluate};
