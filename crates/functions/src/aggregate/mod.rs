//! The aggregate functions, one file each.

mod parse_failure_rate;
mod psi;
mod tally;

use std::sync::Arc;

use datafusion_expr::AggregateUDF;

use crate::aggregate;

/// Every aggregate function of this crate.
pub fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    vec![aggregate(parse_failure_rate::ParseFailureRate::new()), aggregate(psi::Psi::new())]
}
