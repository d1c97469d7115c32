//! Rows against a manifest's expectations, field by field.

use std::collections::BTreeMap;

use serde_json::Value;
use spanlake_model::{Kind, PayloadRow, SpanRow, TokenRole};

use crate::fold::{Fold, Settled};

/// Fields that agree and all fields, by name, and what differs.
#[derive(Default)]
pub(crate) struct Score {
    pub(crate) fields: BTreeMap<String, (u32, u32)>,
    pub(crate) differences: Vec<String>,
}

impl Score {
    fn check(&mut self, field: &str, place: &str, want: &Value, got: &Value, agrees: bool) {
        let (good, all) = self.fields.entry(field.to_owned()).or_default();
        *all += 1;
        *good += u32::from(agrees);
        if !agrees {
            self.differences.push(format!("{place} {field}: want {want} got {got}"));
        }
    }
}

/// Expected key → our value.
fn column(span: &SpanRow, payload: Option<&PayloadRow>, key: &str) -> Option<Value> {
    let of_payload = |get: fn(&PayloadRow) -> &Option<String>| {
        Value::from(payload.and_then(|payload| get(payload).clone()))
    };
    Some(match key {
        "parent_span_id" => span.parent_span_id.clone().into(),
        "name" => span.name.clone().into(),
        "kind" => span.kind.as_str().into(),
        "error" => span.is_error.into(),
        "status" => span.status.as_str().into(),
        "error_type" => span.error_type.clone().into(),
        "start_unix_nano" => span.start_unix_nano.into(),
        "end_unix_nano" => span.end_unix_nano.into(),
        "token_role" => span.token_role.as_str().into(),
        "environment" => span.environment.clone().into(),
        "model_request" => span.request_model.clone().into(),
        "model_response" => span.response_model.clone().into(),
        "provider" => span.provider.clone().into(),
        "input_tokens" => span.input_tokens.into(),
        "output_tokens" => span.output_tokens.into(),
        "cache_read_tokens" => span.cache_read_tokens.into(),
        "cache_write_tokens" => span.cache_write_tokens.into(),
        "reasoning_tokens" => span.reasoning_tokens.into(),
        "cost_usd" => span.cost_usd.into(),
        "session_id" => span.session_id.clone().into(),
        "conversation_id" => span.conversation_id.clone().into(),
        "user_id" => span.user_id.clone().into(),
        "tenant" => span.tenant_id.clone().into(),
        "finish_reasons" => span.finish_reasons.clone().into(),
        "response_id" => span.response_id.clone().into(),
        "prompt_name" => span.prompt_name.clone().into(),
        "prompt_version" => span.prompt_version.clone().into(),
        "prompt_variable_names" => span.prompt_variable_names.clone().into(),
        "agent_name" => span.agent_name.clone().into(),
        "stream" => span.is_streaming.into(),
        "tool_name" => span.tool_name.clone().into(),
        "tool_call_id" => span.tool_call_id.clone().into(),
        "tool_calls_requested" => span.tool_calls_requested.clone().into(),
        "output_text" => of_payload(|payload| &payload.output_text),
        "prompt_template" => of_payload(|payload| &payload.prompt_template),
        _ => return None,
    })
}

/// Words of the expectations that stand for several kinds.
fn kinds(word: &str) -> Option<&'static [Kind]> {
    Some(match word {
        "event" => &[Kind::Other],
        "span" => &[Kind::Other, Kind::Chain],
        "llm_attempt" => &[Kind::Llm, Kind::Other],
        "planner" => &[Kind::Planner, Kind::Chain, Kind::Other],
        _ => return None,
    })
}

fn same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        // A cost that is no number is rejected, not stored.
        (Value::Object(_), got) => got.is_null(),
        (Value::Number(want), Value::Number(got)) => {
            let (want, got) = (want.as_f64().unwrap(), got.as_f64().unwrap());
            (want - got).abs() <= 1e-12 + 1e-9 * want.abs()
        }
        (Value::Array(want), Value::Array(got)) => {
            let sorted = |list: &[Value]| {
                let mut words: Vec<String> = list.iter().map(word).collect();
                words.sort();
                words
            };
            sorted(want) == sorted(got)
        }
        (Value::Null | Value::Bool(_), _) | (_, Value::Null) => want == got,
        (want, got) => word(want) == word(got),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Compares a flow's rows with what is expected of it.
pub(crate) fn compare(flow: &Value, fold: Fold, score: &mut Score) {
    let name = format!("{}/{}", word(&flow["instrumentation"]), word(&flow["flow"]));
    let evals: Vec<_> = fold.evals.values().cloned().collect();
    let settled = fold.settle();
    let mut sums = (0_i128, 0_i128);
    let mut wanted = (0_i128, 0_i128);
    for want in flow["expected_spans"].as_array().unwrap() {
        let key = (word(&want["trace_id"]), word(&want["span_id"]));
        let place = format!("{name} {}", want["name"]);
        let row = settled.spans.get(&key).filter(|span| !span.is_superseded);
        if want.get("pending_of").is_some() {
            let hidden = row.is_none();
            score.check("placeholder", &place, &true.into(), &hidden.into(), hidden);
            continue;
        }
        score.check("present", &place, &true.into(), &row.is_some().into(), row.is_some());
        let Some(span) = row else { continue };
        span_fields(want, span, &settled, &key, &place, score);
        for eval in want.get("evaluations").and_then(Value::as_array).into_iter().flatten() {
            let hit = evals.iter().any(|row| {
                row.trace_id.as_deref() == Some(key.0.as_str())
                    && row.name == word(&eval["name"])
                    && (eval["score"].is_null() || same(&eval["score"], &row.score.into()))
            });
            score.check("evaluations", &place, eval, &Value::Null, hit);
        }
        if span.token_role == TokenRole::Leaf {
            sums.0 += i128::from(span.input_tokens.unwrap_or_default());
            sums.1 += i128::from(span.output_tokens.unwrap_or_default());
        }
        if want["token_role"] == "leaf" {
            wanted.0 += i128::from(want["input_tokens"].as_i64().unwrap_or_default());
            wanted.1 += i128::from(want["output_tokens"].as_i64().unwrap_or_default());
        }
    }
    for log in flow.get("expected_logs").and_then(Value::as_array).into_iter().flatten() {
        let Some(want) = log.get("evaluation") else { continue };
        let hit = evals.iter().any(|row| {
            row.name == word(&want["name"])
                && (want["score"].is_null() || same(&want["score"], &row.score.into()))
        });
        score.check("log evaluations", &name, want, &Value::Null, hit);
    }
    let shown = |sums: (i128, i128)| Value::from(format!("{sums:?}"));
    score.check("token sums", &name, &shown(wanted), &shown(sums), sums == wanted);
}

fn span_fields(
    want: &Value,
    span: &SpanRow,
    settled: &Settled,
    key: &(String, String),
    place: &str,
    score: &mut Score,
) {
    let payload = settled.payloads.get(key);
    for (field, want) in want.as_object().unwrap() {
        let Some(got) = column(span, payload, field) else { continue };
        let agrees = match kinds(&word(want)).filter(|_| field == "kind") {
            Some(kinds) => kinds.contains(&span.kind),
            None => same(want, &got),
        };
        score.check(field, place, want, &got, agrees);
    }
    let Some(ids) = want.pointer("/retrieval/doc_ids").and_then(Value::as_array) else { return };
    let documents = payload.map(|payload| payload.documents.clone()).unwrap_or_default();
    let got: Vec<Value> = documents.iter().map(|document| document.id.clone().into()).collect();
    let want_ids = Value::Array(ids.clone());
    let got = Value::Array(got);
    score.check("retrieval.doc_ids", place, &want_ids, &got, want_ids == got);
    if let Some(scores) = want.pointer("/retrieval/scores").and_then(Value::as_array) {
        let got: Vec<Value> = documents.iter().map(|document| document.score.into()).collect();
        let agrees =
            scores.len() == got.len() && scores.iter().zip(&got).all(|(want, got)| same(want, got));
        let want = Value::Array(scores.clone());
        score.check("retrieval.scores", place, &want, &Value::Array(got), agrees);
    }
}
