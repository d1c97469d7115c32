//! What answers that came as log records say of their span. Each request may bring one of them, so
//! that only all messages together tell which tools were asked for and why the call ended.

use serde_json::Value;
use spanlake_model::{LOGGED_AT, PayloadRow, SpanRow, TraceRows};

use super::marks::derived;
use super::tree::Tree;
use crate::derive;
use crate::normalise::labels;

/// Characters of a preview. What is settled has been redacted, so that a cut hides nothing.
const PREVIEW_CHARS: usize = 500;

/// Reads the logged answers of every span.
pub(super) fn settle(trace: &mut TraceRows, tree: &Tree) {
    for payload in &trace.payloads {
        let Some(answers) = logged(payload) else { continue };
        let at = tree.by_id.get(&payload.span_id);
        if let Some(span) = at.and_then(|at| trace.spans.get_mut(*at)) {
            fill(span, payload, &answers);
        }
    }
}

/// The messages of an output that log records brought.
fn logged(payload: &PayloadRow) -> Option<Vec<Value>> {
    let text = payload.output_messages.as_deref().filter(|text| text.contains(LOGGED_AT))?;
    let messages: Vec<Value> = serde_json::from_str(text).ok()?;
    messages.iter().all(|message| message.get(LOGGED_AT).is_some()).then_some(messages)
}

fn fill(span: &mut SpanRow, payload: &PayloadRow, answers: &[Value]) {
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let parts = answers.iter().filter_map(|answer| answer.get("parts")?.as_array()).flatten();
    let calls = parts.filter(|part| part.get("type").is_some_and(|kind| kind == "tool_call"));
    let names: Vec<String> = calls.filter_map(|call| word(call, "name")).collect();
    if !names.is_empty() {
        span.tool_calls_requested = names;
    }
    if answers.len() > 1 {
        let parts = [&payload.output_text, &payload.tool_calls];
        let said: Vec<&str> = parts
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        span.output_bytes = Some(said.iter().map(|text| text.len() as i64).sum());
        span.output_preview =
            said.first().map(|text| text.chars().take(PREVIEW_CHARS).collect::<String>());
    }
    // A span that lists its reasons itself lists all of them.
    let reasons: Vec<String> =
        answers.iter().filter_map(|answer| word(answer, "finish_reason")).collect();
    if reasons.len() > span.finish_reasons.len() {
        span.finish_reason = reasons.first().map(|one| labels::finish_reason(one).to_owned());
        span.finish_reasons = reasons;
    }
    if span.tool_args_status.is_none()
        && let (Some(definitions), Some(calls)) = (&payload.tool_definitions, &payload.tool_calls)
        && let Some(verdict) = derive::all_tool_args(definitions, calls)
    {
        derived(span, "tool_args_status", |span| &mut span.tool_args_status, verdict);
    }
}
