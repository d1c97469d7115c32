//! What a model's text is: whether it is the JSON that was asked for, what can be recovered from it, whether it
//! satisfies a schema, declines, cites, and is supported by its contexts. Pure: no I/O, no clock, no Arrow.
//!
//! ```text
//! text ─▶ json (strict ▶ fence ▶ scan ▶ repair) ─▶ class, value ─▶ schema, tool_args, completion
//!      ─▶ refusal
//!      ─▶ sentences ─▶ citations, faith (with contexts)
//! ```
//!
//! # Invariants
//! 1. Reading never fails and never panics: a text's defects are results (`json/tests.rs`, property tests).
//! 2. Nesting is bounded by memory, not by stack; hostile brackets cost linear time (`nesting_costs_no_stack`).
//! 3. Truncated text yields no value (`no_prefix_of_a_value_is_recovered`).
//! 4. The strict class ignores repair, so repair cannot hide a rise in failures
//!    (`any_text_is_read_without_panic` compares the two).
//! 5. A schema check opens no socket and no file (`references_elsewhere_are_refused`).
//!
//! ```
//! use spanlake_parse::{json_status, lenient};
//! let text = "Sure!\n```json\n{'city': 'Bern',}\n```";
//! assert_eq!(json_status(text).as_str(), "fenced_prose");
//! assert_eq!(lenient(text).value.as_deref(), Some(r#"{"city":"Bern"}"#));
//! ```

mod error;
mod json;
mod schema;

mod completion;
mod tool_args;

mod refusal;
mod sentences;

pub mod citations;
pub mod faith;
pub mod support;

pub use completion::{Completion, required_completion};
pub use error::ParseError;
pub use json::{JsonStatus, Lenient, LenientStatus, json_status, json_status_with_schema, lenient};
pub use refusal::{RefusalKind, refusal_kind};
pub use schema::{CompiledSchema, MAX_ERRORS, SchemaCache, SchemaCheck, SchemaIssue};
pub use tool_args::{ToolArgsCheck, ToolArgsStatus, ToolSchema};
