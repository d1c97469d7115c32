//! Spanlake's SQL functions over model output and over the numbers derived from it, for any DataFusion program.
//!
//! ```text
//! text ─▶ scalar ─▶ status, verdict, score ─▶ aggregate ─▶ rate, drift ─▶ scalar (intervals, tests, corrections)
//!           └─ spanlake-parse                    └─ stats ─┘
//! ```
//!
//! # Invariants
//! 1. One function, one file; `documentation()` is its manual (`every_function_is_documented`), and a call that does not
//!    fit it is an error that shows how to call (`calls_that_do_not_fit_show_the_signature`).
//! 2. NULL in, NULL out; an undefined statistic is NULL, never NaN (`sql_nulls`).
//! 3. An aggregate gives the same answer however its rows are split and merged (`psi_is_the_same_in_any_partition`).
//! 4. Statistics agree with reference implementations (`reference_cases`).
//! 5. A p-value below 0.05 is as rare without a change as it says, for every drift function
//!    (`alarms_of_numbers_and_classes_are_as_rare_as_stated`, `alarms_of_vectors_are_as_rare_as_stated`). How closely that
//!    is looked at depends on the trials: nextest's profile `long` has enough for up to 5,000 rows a side.
//!
//! ```
//! # use spanlake_functions::{aggregate_functions, scalar_functions};
//! // let mut ctx = SessionContext::new(); spanlake_functions::register_all(&mut ctx)?;
//! assert!(scalar_functions().iter().any(|f| f.name() == "faith_score"));
//! assert!(aggregate_functions().iter().any(|f| f.name() == "psi"));
//! ```

mod aggregate;
mod args;
pub mod documented;
mod kernel;
mod scalar;
mod scorer;
pub mod stats;
mod window;

use std::sync::Arc;

use datafusion_common::Result;
use datafusion_expr::registry::FunctionRegistry;
use datafusion_expr::{AggregateUDF, ScalarUDF};

pub use aggregate::aggregate_functions;
pub use scalar::{faith_score_by, scalar_functions};
pub use scorer::{Asked, Scorer};
pub use window::window_functions;

/// Registers every function of this crate.
///
/// # Errors
/// When the registry refuses functions.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in scalar_functions() {
        registry.register_udf(function)?;
    }
    for function in aggregate_functions() {
        registry.register_udaf(function)?;
    }
    for function in window_functions() {
        registry.register_udwf(function)?;
    }
    Ok(())
}

fn scalar(kernel: impl kernel::Kernel) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(kernel::Udf::new(kernel)))
}

fn aggregate(function: impl datafusion_expr::AggregateUDFImpl) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(function))
}
