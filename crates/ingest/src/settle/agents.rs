//! Steps and ends of agent runs, retries and fallbacks, tool arguments, and the judgement of
//! answers whose text came from another record than the request for JSON.

use std::collections::BTreeSet;

use spanlake_model::{Kind, SpanRow, TokenRole, TraceRows};

use super::Map;
use super::marks::{derived, mark};
use super::tree::Tree;
use crate::derive;

pub(super) fn settle(trace: &mut TraceRows, tree: &Tree) {
    runs(&mut trace.spans, tree);
    attempts(&mut trace.spans, tree);
    tool_arguments(trace);
    answers(trace);
}

/// Counts an agent run's steps, leaf model calls and tools, and says why it ended.
fn runs(spans: &mut [SpanRow], tree: &Tree) {
    let mut steps = vec![0_i64; spans.len()];
    // The last model call below each span: (start, span).
    let mut last_call: Vec<Option<(i64, usize)>> = vec![None; spans.len()];
    for at in tree.order.iter().rev() {
        let Some(span) = spans.get(*at) else { continue };
        let call = span.kind == Kind::Llm
            && !span.is_superseded
            && span.token_role != TokenRole::Duplicate;
        // An outer call around the real one is no step of its own.
        let outer = call
            && span.token_role != TokenRole::Leaf
            && steps.get(*at).is_some_and(|steps| *steps > 0);
        let own = i64::from((call && !outer) || (span.kind == Kind::Tool && !span.is_superseded));
        let total = steps.get(*at).copied().unwrap_or_default() + own;
        let mut latest = last_call.get(*at).copied().flatten();
        if call && !outer {
            latest = latest.max(Some((span.start_unix_nano, *at)));
        }
        if let Some(parent) = tree.parent_of(*at) {
            if let Some(slot) = steps.get_mut(parent) {
                *slot += total;
            }
            if let Some(slot) = last_call.get_mut(parent) {
                *slot = later(*slot, latest, spans);
            }
        }
    }
    for at in 0..spans.len() {
        let last = last_call.get(at).copied().flatten();
        let last_reason =
            last.and_then(|(_, call)| spans.get(call)).and_then(|call| call.finish_reason.clone());
        let count = steps.get(at).copied().unwrap_or_default();
        let Some(span) = spans.get_mut(at) else { continue };
        if span.kind != Kind::Agent || span.is_superseded {
            continue;
        }
        if span.step_count.is_none() && count > 0 {
            span.step_count = Some(count);
            mark(&mut span.inherited_columns, "step_count");
        }
        if let Some(reason) = ended(span, last_reason.as_deref()) {
            derived(span, "termination_reason", |span| &mut span.termination_reason, reason);
        }
    }
}

/// The later of two calls; of two at one time the one with the greater id.
fn later(
    a: Option<(i64, usize)>,
    b: Option<(i64, usize)>,
    spans: &[SpanRow],
) -> Option<(i64, usize)> {
    let key = |call: Option<(i64, usize)>| {
        call.and_then(|(start, at)| spans.get(at).map(|span| (start, span.span_id.as_str())))
    };
    if key(a) >= key(b) { a } else { b }
}

fn ended(span: &SpanRow, last_finish: Option<&str>) -> Option<&'static str> {
    if span.is_error {
        let kind = span.error_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let limit = ["max", "recursion", "usagelimit", "iteration", "turns"];
        return Some(if limit.iter().any(|word| kind.contains(word)) {
            "max_steps"
        } else if span.is_timeout {
            "timeout"
        } else {
            "error"
        });
    }
    let own = span.finish_reason.as_deref();
    (span.is_final && (own == Some("stop") || (own.is_none() && last_finish == Some("stop"))))
        .then_some("final_answer")
}

/// A failed call followed by another under the same parent: a retry when the model is the same,
/// else a fallback.
fn attempts(spans: &mut [SpanRow], tree: &Tree) {
    let mut found: Vec<(usize, Option<i64>, Option<String>)> = Vec::new();
    for parent in &tree.order {
        let mut failures: Vec<usize> = Vec::new();
        // Children are in order of their start.
        for child in tree.children_of(*parent) {
            let Some(span) = spans.get(*child) else { continue };
            if span.kind != Kind::Llm || span.is_superseded {
                continue;
            }
            if !failures.is_empty() {
                let model = &span.request_model;
                let failed = failures.iter().filter_map(|at| spans.get(*at));
                let retries =
                    failed.clone().filter(|failed| failed.request_model == *model).count();
                let other = failed.rev().find(|failed| failed.request_model != *model);
                let other = other.and_then(|failed| failed.request_model.clone());
                found.push((*child, (retries > 0).then_some(retries as i64), other));
            }
            if span.is_error {
                failures.push(*child);
            } else {
                failures.clear();
            }
        }
    }
    for (at, retries, fallback) in found {
        let Some(span) = spans.get_mut(at) else { continue };
        if span.retry_count.is_none()
            && let Some(retries) = retries
        {
            span.retry_count = Some(retries);
            mark(&mut span.inherited_columns, "retry_count");
        }
        if let Some(model) = fallback {
            derived(span, "fallback_from", |span| &mut span.fallback_from, &model);
        }
    }
}

/// Checks an executed tool's arguments against the definitions that the trace's calls were sent.
fn tool_arguments(trace: &mut TraceRows) {
    let executed: Map<String, String> = trace
        .spans
        .iter()
        .filter(|span| span.kind == Kind::Tool && span.tool_args_status.is_none())
        .filter_map(|span| Some((span.span_id.clone(), span.tool_name.clone()?)))
        .collect();
    if executed.is_empty() {
        return;
    }
    let definitions: BTreeSet<String> =
        trace.payloads.iter().filter_map(|payload| payload.tool_definitions.clone()).collect();
    if definitions.is_empty() {
        return;
    }
    let verdicts: Map<&str, &'static str> = trace
        .payloads
        .iter()
        .filter_map(|payload| {
            let name = executed.get(&payload.span_id)?;
            let arguments = payload.tool_arguments.as_deref().filter(|text| !is_call(text))?;
            let verdict =
                definitions.iter().find_map(|list| derive::tool_args(list, name, arguments))?;
            Some((payload.span_id.as_str(), verdict))
        })
        .collect();
    for span in &mut trace.spans {
        if span.kind == Kind::Tool
            && let Some(verdict) = verdicts.get(span.span_id.as_str())
        {
            derived(span, "tool_args_status", |span| &mut span.tool_args_status, verdict);
        }
    }
}

/// Whether arguments are a Python call's, whose positional ones have no names to be checked by.
fn is_call(arguments: &str) -> bool {
    arguments.starts_with(r#"{"args":"#) && arguments.contains(r#""kwargs":"#)
}

/// Judges answers whose text a log record brought.
fn answers(trace: &mut TraceRows) {
    let lacks = |span: &SpanRow| {
        span.kind == Kind::Llm
            && !span.is_error
            && (span.refusal_kind.is_none()
                || (span.parse_status.is_none() && span.response_format.is_some()))
    };
    if !trace.spans.iter().any(lacks) {
        return;
    }
    let texts: Map<&str, &str> = trace
        .payloads
        .iter()
        .filter_map(|payload| Some((payload.span_id.as_str(), payload.output_text.as_deref()?)))
        .collect();
    for span in trace.spans.iter_mut().filter(|span| lacks(span)) {
        let Some(text) = texts.get(span.span_id.as_str()) else { continue };
        let mut judged = SpanRow {
            kind: span.kind,
            response_format: span.response_format.clone(),
            tool_calls_requested: span.tool_calls_requested.clone(),
            ..SpanRow::default()
        };
        derive::answer(&mut judged, Some(text), false, None);
        for (column, cell) in [
            (
                "refusal_kind",
                (|span| &mut span.refusal_kind) as fn(&mut SpanRow) -> &mut Option<String>,
            ),
            ("parse_status", |span| &mut span.parse_status),
            ("lenient_status", |span| &mut span.lenient_status),
            ("schema_status", |span| &mut span.schema_status),
        ] {
            if let Some(value) = cell(&mut judged).clone() {
                derived(span, column, cell, &value);
            }
        }
    }
}
