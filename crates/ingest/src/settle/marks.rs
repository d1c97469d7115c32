//! `inherited_columns`: which values a settlement put there, so that the next can take them back.
//!
//! The entries are the columns' names. Whoever merges a settled row with another contribution takes
//! the named values back first, else an inherited value would pass for the span's own.

use serde_json::Value;
use spanlake_model::{PayloadRow, SpanRow};

/// Attribute of the link from a placeholder to the span that it announces.
pub(crate) const PLACEHOLDER_LINK: &str = "spanlake.placeholder_of";

/// Returns the span that a placeholder announces.
pub(super) fn placeholder_of(span: &SpanRow) -> Option<String> {
    let links = span.links.as_deref().filter(|links| links.contains(PLACEHOLDER_LINK))?;
    let links: Vec<Value> = serde_json::from_str(links).ok()?;
    let is_mark = |link: &&Value| {
        link.get("attributes").is_some_and(|attributes| attributes.get(PLACEHOLDER_LINK).is_some())
    };
    let link = links.iter().find(is_mark)?;
    link.get("span_id").and_then(Value::as_str).map(str::to_owned)
}

/// Marks a column's value as inherited.
pub(super) fn mark(marks: &mut Vec<String>, column: &str) {
    marks.push(column.to_owned());
}

/// Clears every inherited or derived value.
pub(super) fn take_back_span(span: &mut SpanRow) {
    for column in std::mem::take(&mut span.inherited_columns) {
        // A name that is no column says nothing.
        let _ = span.set_json(&column, &Value::Null);
    }
}

/// As [`take_back_span`], for a payload.
pub(super) fn take_back_payload(payload: &mut PayloadRow) {
    for column in std::mem::take(&mut payload.inherited_columns) {
        let _ = payload.set_json(&column, &Value::Null);
    }
}
