//! What a text is as JSON: the strict class, and what can be recovered from it.

mod fence;
mod lenient;
mod repair;
mod scan;
mod status;
pub(crate) mod strict;

#[cfg(test)]
mod tests;

pub use lenient::{Lenient, LenientStatus, lenient};
pub use status::{JsonStatus, json_status, json_status_with_schema};
