//! `inherited_columns`: which values a settlement put there, so that the next can take them back.

use spanlake_model::{PayloadRow, SpanRow};

const PLACEHOLDER: &str = "placeholder_of:";

/// The mark of a placeholder, naming the span it announces.
pub(crate) fn placeholder_mark(span_id: &str) -> String {
    format!("{PLACEHOLDER}{span_id}")
}

/// Returns the span that a placeholder announces.
pub(super) fn placeholder_of(span: &SpanRow) -> Option<&str> {
    span.inherited_columns.iter().find_map(|mark| mark.strip_prefix(PLACEHOLDER))
}

/// FNV-1a, 32 bits: enough to tell a value from the one that replaced it.
fn hash(value: &str) -> u32 {
    value.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Marks a column's value as inherited.
pub(super) fn mark(marks: &mut Vec<String>, column: &str, value: &str) {
    marks.push(format!("{column}#{:08x}", hash(value)));
}

/// A column whose value may be inherited or derived, as text.
trait Cell {
    fn shown(&self) -> Option<String>;
    fn clear(&mut self);
}

impl Cell for Option<String> {
    fn shown(&self) -> Option<String> {
        self.clone()
    }
    fn clear(&mut self) {
        *self = None;
    }
}

impl Cell for Option<i64> {
    fn shown(&self) -> Option<String> {
        self.map(|value| value.to_string())
    }
    fn clear(&mut self) {
        *self = None;
    }
}

impl Cell for Vec<String> {
    fn shown(&self) -> Option<String> {
        (!self.is_empty()).then(|| self.join("\u{1f}"))
    }
    fn clear(&mut self) {
        Vec::clear(self);
    }
}

/// The text that [`mark`] hashes for a list.
pub(super) fn joined(list: &[String]) -> String {
    list.join("\u{1f}")
}

fn take_back(cell: &mut dyn Cell, expected: &str) {
    if cell.shown().is_some_and(|value| format!("{:08x}", hash(&value)) == expected) {
        cell.clear();
    }
}

/// Clears every inherited value that is still the one inherited.
pub(super) fn take_back_span(span: &mut SpanRow) {
    let marks = std::mem::take(&mut span.inherited_columns);
    for mark in marks {
        let Some((column, expected)) = mark.split_once('#') else {
            if mark.starts_with(PLACEHOLDER) {
                span.inherited_columns.push(mark);
            }
            continue;
        };
        let cell: &mut dyn Cell = match column {
            "session_id" => &mut span.session_id,
            "user_id" => &mut span.user_id,
            "tenant_id" => &mut span.tenant_id,
            "account_id" => &mut span.account_id,
            "environment" => &mut span.environment,
            "workflow" => &mut span.workflow,
            "request_type" => &mut span.request_type,
            "sensitivity" => &mut span.sensitivity,
            "prompt_name" => &mut span.prompt_name,
            "prompt_version" => &mut span.prompt_version,
            "prompt_hash" => &mut span.prompt_hash,
            "prompt_variable_names" => &mut span.prompt_variable_names,
            "step_count" => &mut span.step_count,
            "termination_reason" => &mut span.termination_reason,
            "retry_count" => &mut span.retry_count,
            "fallback_from" => &mut span.fallback_from,
            "tool_args_status" => &mut span.tool_args_status,
            "parse_status" => &mut span.parse_status,
            "lenient_status" => &mut span.lenient_status,
            "schema_status" => &mut span.schema_status,
            "refusal_kind" => &mut span.refusal_kind,
            _ => continue,
        };
        take_back(cell, expected);
    }
    // Only a repeated contribution can bring the same mark twice.
    span.inherited_columns.sort_unstable();
    span.inherited_columns.dedup();
}

/// As [`take_back_span`], for a payload.
pub(super) fn take_back_payload(payload: &mut PayloadRow) {
    for mark in std::mem::take(&mut payload.inherited_columns) {
        let Some((column, expected)) = mark.split_once('#') else { continue };
        let cell: &mut dyn Cell = match column {
            "session_id" => &mut payload.session_id,
            "user_id" => &mut payload.user_id,
            "tenant_id" => &mut payload.tenant_id,
            "environment" => &mut payload.environment,
            "workflow" => &mut payload.workflow,
            "prompt_template" => &mut payload.prompt_template,
            "input_variables" => &mut payload.input_variables,
            _ => continue,
        };
        take_back(cell, expected);
    }
}
