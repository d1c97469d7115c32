//! What a span's row says that depends on its trace. Pure, idempotent, independent of order.
//!
//! ```text
//! rows ─▶ marks: take back what an earlier call inherited ─▶ tree ─▶ placeholders ─▶ roles
//!      ─▶ logged (answers of several records) ─▶ agents (steps, retries, tool arguments)
//!      ─▶ inherit (identity, prompt) ─▶ rows
//! ```
//!
//! The columns whose value was inherited or derived are named in `inherited_columns`. A placeholder
//! links to the span that it announces.

mod agents;
mod inherit;
mod logged;
mod marks;
mod roles;
mod tree;

use std::collections::HashMap;

use spanlake_model::{Settle, TraceRows};

/// Keyed hashing that is quicker than the standard library's.
type Map<K, V> = HashMap<K, V, ahash::RandomState>;

pub(crate) use marks::{DUPLICATE_LINK, PLACEHOLDER_LINK, is_native_sdk};

/// Settles traces as contract.md defines their derived facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceSettler;

impl Settle for TraceSettler {
    fn settle(&self, trace: &mut TraceRows) {
        for span in &mut trace.spans {
            marks::take_back_span(span);
        }
        for payload in &mut trace.payloads {
            marks::take_back_payload(payload);
        }
        let tree = tree::Tree::new(&trace.spans);
        roles::placeholders(&mut trace.spans, &tree);
        roles::token_roles(&mut trace.spans, &tree);
        logged::settle(trace, &tree);
        agents::settle(trace, &tree);
        inherit::settle(trace, &tree);
    }
}
