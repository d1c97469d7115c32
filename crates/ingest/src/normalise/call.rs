//! Which model was called, how, and what it said about its answer.

use serde_json::{Map, Value};
use spanlake_model::SpanRow;

use super::labels;
use crate::attrs::Attrs;
use crate::conventions::Column;
use crate::otlp::{RawEvent, Val};

/// Which model was called, how, and what came back.
pub(super) fn call(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], span: &mut SpanRow) {
    span.operation = attrs.text(Column::Operation);
    span.request_model = attrs.text(Column::RequestModel);
    span.response_model = attrs.text(Column::ResponseModel);
    // OpenInference's `llm.model_name` is the request's model until a response names another.
    let explicit = attrs.peek("llm.response.model_name").is_some();
    let only_named = |key: &str| attrs.peek_str(key) == span.response_model.as_deref();
    if !explicit
        && span.response_model.is_some()
        && attrs.peek("gen_ai.response.model").is_none()
        && (only_named("llm.model_name") || only_named("embedding.model_name"))
        && span.request_model == span.response_model
    {
        span.response_model = None;
    }
    // Langfuse has one name: the response's, or the request's of a call that failed.
    if span.request_model.is_none()
        && attrs.peek_str("langfuse.observation.level") == Some("ERROR")
        && attrs.peek("langfuse.observation.output").is_none()
    {
        span.request_model = span.response_model.take();
    }
    // traceAI keeps the request's model among its parameters and puts the response's in its place.
    if span.response_model.is_none()
        && let Some(named) = attrs.peek_str("gen_ai.request.model")
        && attrs.json("gen_ai.request.parameters").is_some_and(|sent| sent.get("model").is_some())
        && span.request_model.as_deref() != Some(named)
    {
        span.response_model = Some(named.to_owned());
    }
    span.response_id = attrs.text(Column::ResponseId);
    span.provider = provider(attrs);
    span.endpoint = endpoint(attrs);
    span.temperature = attrs.double(Column::Temperature);
    span.top_p = attrs.double(Column::TopP);
    span.max_tokens = attrs.int(Column::MaxTokens);
    span.response_format = attrs
        .first(Column::ResponseFormat, |val| match val {
            Val::Map(members) => members
                .iter()
                .find(|(key, _)| key == "type")
                .and_then(|(_, val)| crate::attrs::text(val)),
            Val::Str(text) if text.trim_start().starts_with('{') => {
                let parsed: Value = serde_json::from_str(text).ok()?;
                parsed.get("type").and_then(Value::as_str).map(str::to_owned)
            }
            other => crate::attrs::text(other),
        })
        .map(|format| labels::response_format(&format));
    // Vercel asks for an object by the operation; only the span around it says so in words.
    let asks_for_object =
        span.operation.as_deref().is_some_and(|operation| operation.contains("Object.do"));
    if span.response_format.is_none() && asks_for_object {
        span.response_format = Some("json_object".to_owned());
    }
    span.params = params(attrs);
    span.time_to_first_token_ms = attrs
        .double(Column::TimeToFirstTokenMs)
        .or_else(|| langfuse_first_token(attrs, span.start_unix_nano))
        .or_else(|| server_first_token(attrs));
    span.is_streaming = attrs.flag(Column::IsStreaming);
    if span.is_streaming.is_none() && span.time_to_first_token_ms.is_some() {
        span.is_streaming = Some(true);
    }
    if let Some(time) = event_first_token(events, span.start_unix_nano) {
        // A chunk that was seen outweighs a parameter that says otherwise.
        span.is_streaming = Some(true);
        span.time_to_first_token_ms.get_or_insert(time);
    }
    span.finish_reasons = attrs.first(Column::FinishReasons, finish_reasons).unwrap_or_default();
    span.prompt_name = attrs.text(Column::PromptName);
    span.prompt_version = attrs.text(Column::PromptVersion);
}

/// The first name that says who answered; a framework's only when there is no other.
fn provider(attrs: &Attrs<'_, '_>) -> Option<String> {
    let mut framework = None;
    let named = attrs.first(Column::Provider, |val| {
        let name = labels::provider(&crate::attrs::text(val)?);
        if labels::is_framework(&name) {
            framework.get_or_insert(name);
            return None;
        }
        Some(name)
    });
    named.or(framework)
}

fn endpoint(attrs: &Attrs<'_, '_>) -> Option<String> {
    let host = attrs.text(Column::Endpoint)?;
    match attrs.int(Column::EndpointPort) {
        Some(port) if !host.contains("://") => Some(format!("{host}:{port}")),
        _ => {
            // Of an address only host and port are the endpoint; paths may hold keys.
            let rest = host.split_once("://").map_or(host.as_str(), |(_, rest)| rest);
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            Some(authority.rsplit('@').next().unwrap_or_default().to_owned())
        }
    }
}

fn langfuse_first_token(attrs: &Attrs<'_, '_>, start_nanos: i64) -> Option<f64> {
    let key = "langfuse.observation.completion_start_time";
    let text = crate::attrs::unquote(attrs.peek_str(key)?).into_owned();
    let time = chrono::DateTime::parse_from_rfc3339(&text).ok()?.timestamp_nanos_opt()?;
    attrs.take(key);
    (time >= start_nanos).then(|| (time - start_nanos) as f64 / 1e6)
}

/// One name, two units: Strands writes whole milliseconds, others seconds with a fraction.
fn server_first_token(attrs: &Attrs<'_, '_>) -> Option<f64> {
    let key = "gen_ai.server.time_to_first_token";
    let time = match attrs.peek(key)? {
        Val::Int(milliseconds) => *milliseconds as f64,
        Val::Double(seconds) if seconds.is_finite() => seconds * 1_000.0,
        _ => return None,
    };
    attrs.take(key);
    Some(time)
}

/// OpenInference writes an event when the first chunk of a stream is there.
fn event_first_token(events: &[RawEvent<'_>], start_nanos: i64) -> Option<f64> {
    let first = events.iter().find(|event| event.name == "First Token Stream Event")?;
    let time = i64::try_from(first.time_unix_nano).ok()?;
    (time >= start_nanos && start_nanos > 0).then(|| (time - start_nanos) as f64 / 1e6)
}

/// Reads one reason, a list, or a list as JSON text.
pub(crate) fn finish_reasons(val: &Val<'_>) -> Option<Vec<String>> {
    let reasons: Vec<String> = match val {
        Val::List(items) => items.iter().filter_map(crate::attrs::text).collect(),
        Val::Str(text) if text.trim_start().starts_with('[') => {
            match serde_json::from_str::<Vec<Option<String>>>(text) {
                Ok(reasons) => reasons.into_iter().flatten().collect(),
                Err(_) => listed(text),
            }
        }
        other => crate::attrs::text(other).into_iter().collect(),
    };
    (!reasons.is_empty()).then_some(reasons)
}

/// Reads a list as Python and Java describe one: `['stop']`, `[STOP, LENGTH]`.
fn listed(text: &str) -> Vec<String> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    let words = inner.split(',').map(|word| word.trim().trim_matches(['\'', '"']));
    let is_reason = |word: &&str| {
        !["", "None", "null"].contains(word) && !word.contains(['{', '}', '[', ']', ':', '"'])
    };
    words.filter(is_reason).map(str::to_owned).collect()
}

/// Members of a request's parameters that have columns of their own.
const OWN_COLUMNS: &[&str] =
    &["temperature", "top_p", "max_tokens", "model", "model_name", "messages", "tools"];

/// Collects the parameters without a column into one object.
fn params(attrs: &Attrs<'_, '_>) -> Option<String> {
    let mut params = Map::new();
    for (name, val) in attrs.params() {
        params.entry(name).or_insert_with(|| val.to_json());
    }
    if let Some(found) = attrs.first_attr(Column::Params)
        && let Some(Value::Object(members)) = found.json()
    {
        found.take();
        for (key, value) in members {
            if !OWN_COLUMNS.contains(&key.as_str()) && !value.is_null() {
                params.entry(key.as_str()).or_insert_with(|| value.clone());
            }
        }
    }
    (!params.is_empty()).then(|| Value::Object(params).to_string())
}
