//! The metrics the report compares: those of SQL, and what belongs to a weekly report only.

pub use spanlake_query::metric::*;

/// Smallest fall of a workflow's volume worth reporting.
pub const MINIMUM_VOLUME_FALL: f64 = 0.5;
/// Complete weeks before the week before that serve as reference, at most.
pub const REFERENCE_WEEKS: u64 = 3;
/// Days of the sparklines.
pub const SPARK_DAYS: u64 = 30;
/// Example traces of a finding.
pub const EXAMPLES: usize = 3;
