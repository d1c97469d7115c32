//! A span of any convention → a row of `spans` and one of `payloads`.

pub(crate) mod binary;
pub(crate) mod content;
pub(crate) mod documents;
pub(crate) mod errors;
pub(crate) mod flatten;
pub(crate) mod labels;
pub(crate) mod messages;
pub(crate) mod otel_messages;
pub(crate) mod payload;
pub(crate) mod times;
pub(crate) mod usage;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use spanlake_model::{Kind, PayloadRow, SpanRow, SpanStatus};

use crate::attrs::{Attrs, Family};
use crate::context::IngestContext;
use crate::conventions::Column;
use crate::derive;
use crate::otlp::{Attr, RawEvent, RawLink, RawScope, RawSpan, Val, attributes_json};
use messages::Part;
pub(crate) use usage::Prices;

/// What all spans of a resource share.
#[derive(Default)]
pub(crate) struct ResourceFacts {
    pub number: u64,
    pub json: Option<String>,
    pub service_name: Option<String>,
}

impl ResourceFacts {
    pub(crate) fn new(number: u64, resource: &[Attr<'_>]) -> Self {
        let service = resource.iter().rfind(|(key, _)| key == "service.name");
        Self {
            number,
            json: (!resource.is_empty()).then(|| attributes_json(resource).to_string()),
            service_name: service.and_then(|(_, val)| val.as_str()).map(str::to_owned),
        }
    }
}

/// A span's rows.
pub(crate) struct Normalised {
    pub span: SpanRow,
    pub payload: Option<PayloadRow>,
    pub case_id: Option<String>,
}

/// Normalises one span. `trace_id` and `span_id` have been checked.
pub(crate) fn span(
    ctx: &IngestContext,
    prices: &Prices,
    facts: &ResourceFacts,
    scope: &RawScope<'_>,
    raw: &RawSpan<'_>,
    attrs: &Attrs<'_, '_>,
    (trace_id, span_id): (String, String),
) -> Normalised {
    let start = times::judge(raw.start_unix_nano, ctx);
    let end_nanos = i64::try_from(raw.end_unix_nano).unwrap_or(i64::MAX);
    let ended = end_nanos >= start.nanos && end_nanos != 0 && start.nanos != 0;
    let mut span = SpanRow {
        date: start.date,
        trace_id,
        span_id,
        start_time: start.time,
        start_unix_nano: start.nanos,
        end_unix_nano: end_nanos,
        duration_ms: ended.then(|| (end_nanos - start.nanos) as f64 / 1e6),
        parent_span_id: times::id(&raw.parent_span_id, 8),
        name: raw.name.clone().into_owned(),
        status: match raw.status_code {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
        scope_name: scope_name(scope),
        service_name: facts.service_name.clone(),
        ingest_time: ctx.received,
        is_final: end_nanos != 0,
        time_suspect: start.suspect,
        ..SpanRow::default()
    };
    let announced = placeholder(attrs, &mut span);
    span.convention = convention(attrs, scope).map(str::to_owned);
    let (payload, case_id) =
        columns(ctx, prices, attrs, &raw.events, &raw.status_message, &mut span);
    span.events = events_json(&raw.events);
    span.links = links_json(&raw.links, announced.map(|real| (span.trace_id.clone(), real)));
    span.attributes = rest_json(attrs, raw.dropped_attributes);
    span.resource_attributes.clone_from(&facts.json);
    Normalised { span, payload, case_id }
}

/// Fills every column that attributes and events say something about.
pub(crate) fn columns(
    ctx: &IngestContext,
    prices: &Prices,
    attrs: &Attrs<'_, '_>,
    events: &[RawEvent<'_>],
    status_message: &str,
    span: &mut SpanRow,
) -> (Option<PayloadRow>, Option<String>) {
    span.kind = kind(attrs, &span.name);
    identity(ctx, attrs, span);
    call(attrs, span);
    usage::reported(attrs, span);
    errors::fill(attrs, events, status_message, span);
    steps(attrs, span);
    let mut payload = payload::fill(ctx, attrs, events, span);
    usage::computed(span, ctx, prices);
    answer_facts(ctx, attrs, span, &payload);
    payload.policy_version.clear();
    let empty = payload == PayloadRow::default();
    copy_identity(span, &mut payload);
    // No column of a span holds it, so it stays in `attributes`.
    let case = ["spanlake.case_id", "langfuse.experiment.item.id"];
    let case = case.iter().find_map(|key| attrs.peek(key).and_then(crate::attrs::text));
    ((!empty).then_some(payload), case)
}

fn copy_identity(span: &SpanRow, payload: &mut PayloadRow) {
    payload.date = span.date;
    payload.trace_id.clone_from(&span.trace_id);
    payload.span_id.clone_from(&span.span_id);
    payload.start_time = span.start_time;
    payload.tenant_id.clone_from(&span.tenant_id);
    payload.user_id.clone_from(&span.user_id);
    payload.session_id.clone_from(&span.session_id);
    payload.environment.clone_from(&span.environment);
    payload.workflow.clone_from(&span.workflow);
    payload.ingest_time = span.ingest_time;
    payload.is_final = span.is_final;
}

fn scope_name(scope: &RawScope<'_>) -> Option<String> {
    match (scope.name.as_ref(), scope.version.as_ref()) {
        ("", _) => None,
        (name, "") => Some(name.to_owned()),
        (name, version) => Some(format!("{name}@{version}")),
    }
}

/// Logfire announces a running span with a placeholder: its own id, its parent the real span, the
/// real parent in an attribute. Returns the real span's id.
fn placeholder(attrs: &Attrs<'_, '_>, span: &mut SpanRow) -> Option<String> {
    if attrs.peek_str("logfire.span_type") != Some("pending_span") {
        return None;
    }
    let real = span.parent_span_id.take();
    let parent = attrs.peek_str("logfire.pending_parent_id").unwrap_or_default();
    attrs.take("logfire.pending_parent_id");
    let bytes = hex::decode(parent).unwrap_or_default();
    span.parent_span_id = times::id(&bytes, 8);
    span.is_final = false;
    span.end_unix_nano = 0;
    span.duration_ms = None;
    real
}

fn convention(attrs: &Attrs<'_, '_>, scope: &RawScope<'_>) -> Option<&'static str> {
    let seen = attrs.seen;
    let scope = scope.name.as_ref();
    Some(if seen.langfuse {
        "langfuse"
    } else if seen.langsmith {
        "langsmith"
    } else if seen.mlflow {
        "mlflow"
    } else if seen.litellm || scope == "litellm" {
        "litellm"
    } else if seen.vercel {
        "vercel-ai"
    } else if attrs.has("openinference.span.kind") {
        "openinference"
    } else if seen.logfire || scope == "pydantic-ai" || scope == "logfire" {
        "logfire/pydantic-ai"
    } else if seen.traceloop || attrs.has("llm.request.type") {
        "openllmetry"
    } else if seen.gen_ai {
        "otel-genai"
    } else {
        return None;
    })
}

fn kind(attrs: &Attrs<'_, '_>, name: &str) -> Kind {
    if attrs.peek("pydantic_ai.model_request.attempt").is_some() {
        return Kind::Other;
    }
    let mut named = false;
    let found = attrs.first(Column::Kind, |val| {
        let word = crate::attrs::text(val)?;
        named |= !word.eq_ignore_ascii_case("unknown");
        labels::kind(&word)
    });
    if let Some(kind) = found {
        return kind;
    }
    if attrs.peek("gen_ai.tool.name").is_some() {
        return Kind::Tool;
    }
    if attrs.has_family(Family::OiDocuments) {
        return Kind::Retriever;
    }
    // Pydantic AI's earlier agent runs have no operation.
    if attrs.peek("agent_name").is_some()
        && (attrs.peek("final_result").is_some() || attrs.peek("all_messages_events").is_some())
    {
        return Kind::Agent;
    }
    if attrs.peek("db.vector.query.top_k").is_some() || attrs.peek("pinecone.query.top_k").is_some()
    {
        return Kind::Retriever;
    }
    // Without any word of its own, a gen_ai span's name and usage tell.
    if attrs.seen.gen_ai && !named {
        let first = name.split([' ', '.']).next().unwrap_or_default();
        if let Some(kind) = labels::kind(first).filter(|kind| *kind != Kind::Chain) {
            return kind;
        }
        let answered = attrs.peek("gen_ai.usage.output_tokens").is_some()
            || attrs.peek("gen_ai.usage.completion_tokens").is_some();
        if answered && attrs.peek("gen_ai.request.model").is_some() {
            return Kind::Llm;
        }
    }
    Kind::Other
}

/// Whose span it is.
fn identity(ctx: &IngestContext, attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    let keys = &ctx.keys;
    span.tenant_id = attrs.configured(&keys.tenant).or_else(|| attrs.text(Column::TenantId));
    span.workflow = attrs.configured(&keys.workflow).or_else(|| attrs.text(Column::Workflow));
    span.request_type =
        attrs.configured(&keys.request_type).or_else(|| attrs.text(Column::RequestType));
    span.request_id = attrs.configured(&keys.request_id).or_else(|| attrs.text(Column::RequestId));
    // A conversation id is both: the session when nothing else is, and itself.
    span.conversation_id = attrs.text(Column::ConversationId);
    span.session_id = attrs.text(Column::SessionId).or_else(|| plain(attrs, "session_id"));
    span.user_id = attrs.text(Column::UserId).or_else(|| plain(attrs, "user_id"));
    span.account_id = attrs.text(Column::AccountId);
    span.environment = attrs.text(Column::Environment);
    span.code_version = attrs.text(Column::CodeVersion);
    span.sensitivity = attrs.text(Column::Sensitivity);
    span.sampling_weight = attrs.double(Column::SamplingWeight);
}

/// A name that no convention owns, but that applications set by hand.
fn plain(attrs: &Attrs<'_, '_>, key: &str) -> Option<String> {
    let value = attrs.peek(key).and_then(crate::attrs::text)?;
    attrs.take(key);
    Some(value)
}

/// Which model was called, how, and what came back.
fn call(attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    span.operation = attrs.text(Column::Operation);
    span.request_model = attrs.text(Column::RequestModel);
    span.response_model = attrs.text(Column::ResponseModel);
    // OpenInference's `llm.model_name` is the request's model until a response names another.
    let explicit = attrs.peek("llm.response.model_name").is_some();
    if !explicit
        && span.response_model.is_some()
        && attrs.peek("gen_ai.response.model").is_none()
        && attrs.peek_str("llm.model_name") == span.response_model.as_deref()
        && span.request_model == span.response_model
    {
        span.response_model = None;
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
    span.params = params(attrs);
    span.time_to_first_token_ms = attrs
        .double(Column::TimeToFirstTokenMs)
        .or_else(|| langfuse_first_token(attrs, span.start_unix_nano));
    span.is_streaming = attrs.flag(Column::IsStreaming);
    if span.is_streaming.is_none() && span.time_to_first_token_ms.is_some() {
        span.is_streaming = Some(true);
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

/// Reads one reason, a list, or a list as JSON text.
pub(crate) fn finish_reasons(val: &Val<'_>) -> Option<Vec<String>> {
    let reasons: Vec<String> = match val {
        Val::List(items) => items.iter().filter_map(crate::attrs::text).collect(),
        Val::Str(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str::<Vec<String>>(text).ok()?
        }
        other => crate::attrs::text(other).into_iter().collect(),
    };
    (!reasons.is_empty()).then_some(reasons)
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

/// Agents, tools, retrieval, guardrails.
fn steps(attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    span.agent_name = attrs.text(Column::AgentName);
    if span.agent_name.is_none() && span.kind == Kind::Agent {
        let named = ["graph.node.name", "graph.node.id", "traceloop.entity.name"];
        span.agent_name = named
            .iter()
            .find_map(|key| attrs.peek(key).and_then(crate::attrs::text))
            .or_else(|| (!span.name.is_empty()).then(|| span.name.clone()));
    }
    span.step_count = attrs.int(Column::StepCount);
    span.termination_reason = attrs.text(Column::TerminationReason);
    span.tool_name = attrs.text(Column::ToolName);
    if span.tool_name.is_none() && span.kind == Kind::Tool {
        span.tool_name = attrs
            .peek("traceloop.entity.name")
            .and_then(crate::attrs::text)
            .or_else(|| (!span.name.is_empty()).then(|| span.name.clone()));
    }
    span.tool_call_id = attrs.text(Column::ToolCallId);
    span.is_write_action = attrs.flag(Column::IsWriteAction);
    span.approval = attrs.text(Column::Approval).map(|word| labels::approval(&word));
    span.is_escalated = attrs.flag(Column::IsEscalated);
    span.retry_count = attrs.int(Column::RetryCount).filter(|count| *count >= 0);
    span.fallback_from = attrs.text(Column::FallbackFrom);
    span.guardrail_name = attrs.text(Column::GuardrailName);
    if span.guardrail_name.is_none() && span.kind == Kind::Guardrail {
        span.guardrail_name = (!span.name.is_empty()).then(|| span.name.clone());
    }
    span.guardrail_policy = attrs.text(Column::GuardrailPolicy);
    span.guardrail_outcome =
        attrs.text(Column::GuardrailOutcome).map(|word| labels::guardrail_outcome(&word));
    if span.guardrail_outcome.is_none() && span.kind == Kind::Guardrail && span.is_error {
        span.guardrail_outcome = Some("error".to_owned());
    }
    span.retrieval_top_k = attrs.int(Column::RetrievalTopK);
    span.retrieval_index = attrs.text(Column::RetrievalIndex);
    span.retrieval_index_version = attrs.text(Column::RetrievalIndexVersion);
    span.embedding_model = attrs.text(Column::EmbeddingModel);
    if span.embedding_model.is_none() && matches!(span.kind, Kind::Embedding | Kind::Retriever) {
        span.embedding_model.clone_from(&span.request_model);
    }
    span.reranker_model = attrs.text(Column::RerankerModel);
    if span.reranker_model.is_none() && span.kind == Kind::Reranker {
        span.reranker_model.clone_from(&span.request_model);
    }
    span.context_chars = attrs.int(Column::ContextChars);
}

/// Judges the answer, where there is one.
fn answer_facts(
    ctx: &IngestContext,
    attrs: &Attrs<'_, '_>,
    span: &mut SpanRow,
    payload: &PayloadRow,
) {
    if let Some(reason) = span.finish_reasons.first() {
        span.finish_reason = Some(labels::finish_reason(reason).to_owned());
    }
    if span.kind == Kind::Llm {
        let registered = match (&span.prompt_name, &span.prompt_version) {
            (Some(name), Some(version)) => ctx.schemas.get(name, version),
            _ => None,
        };
        let sent = || -> Option<Arc<str>> {
            attrs.first(Column::OutputSchema, |val| match val {
                Val::Str(text) if text.trim_start().starts_with('{') => {
                    Some(Arc::from(text.as_ref()))
                }
                Val::Map(_) => Some(Arc::from(val.to_json().to_string())),
                _ => None,
            })
        };
        let schema = registered.or_else(sent);
        let compiled = schema.as_ref().and_then(|schema| ctx.schemas.compiled(schema));
        derive::answer(span, payload.output_text.as_deref(), schema.is_some(), compiled.as_deref());
    }
    if let (Some(definitions), Some(calls)) = (&payload.tool_definitions, &payload.tool_calls)
        && let Ok(Value::Array(calls)) = serde_json::from_str(calls)
    {
        let verdicts = calls.iter().filter_map(|call| {
            let arguments = match call.get("arguments") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            derive::tool_args(definitions, call.get("name")?.as_str()?, &arguments)
        });
        // The first call that does not fit speaks for the answer.
        let mut verdict = None;
        for one in verdicts {
            if verdict.is_none_or(|known| known == "ok") {
                verdict = Some(one);
            }
        }
        span.tool_args_status = verdict.map(str::to_owned);
    }
}

/// Returns `prompt_hash` of a raw template: its keyed HMAC-SHA256 in hexadecimal; without a key in
/// the context there is none.
pub fn keyed_hash(ctx: &IngestContext, text: &str) -> Option<String> {
    let key = ctx.hash_key.as_ref()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(hex::encode(mac.finalize().into_bytes()))
}

/// The attributes that no column holds. Vectors are described, not kept.
pub(crate) fn rest_json(attrs: &Attrs<'_, '_>, dropped: u64) -> Option<String> {
    let mut members = Map::new();
    for (key, val) in attrs.unused() {
        members.insert(key.to_string(), described(key, val));
    }
    if dropped > 0 {
        members.insert("otel.dropped_attributes_count".to_owned(), Value::from(dropped));
    }
    (!members.is_empty()).then(|| Value::Object(members).to_string())
}

/// A vector of more numbers than this is an embedding.
const MIN_VECTOR: usize = 64;

fn described(key: &str, val: &Val<'_>) -> Value {
    match val {
        Val::List(items)
            if items.len() >= MIN_VECTOR
                && items.iter().all(|item| matches!(item, Val::Double(_) | Val::Int(_))) =>
        {
            serde_json::json!({"vector_dimensions": items.len()})
        }
        Val::List(items) if key.starts_with("ai.embedding") => {
            serde_json::json!({"vectors": items.len()})
        }
        Val::Str(text) if key.starts_with("ai.embedding") => {
            serde_json::json!({"vector_bytes": text.len()})
        }
        other => other.to_json(),
    }
}

fn events_json(events: &[RawEvent<'_>]) -> Option<String> {
    let items: Vec<Value> = events
        .iter()
        .map(|event| {
            serde_json::json!({
                "name": event.name,
                "time_unix_nano": event.time_unix_nano,
                "attributes": attributes_json(&event.attributes),
            })
        })
        .collect();
    (!items.is_empty()).then(|| Value::Array(items).to_string())
}

/// The links as JSON, with one more from a placeholder to the span it announces.
fn links_json(links: &[RawLink<'_>], announced: Option<(String, String)>) -> Option<String> {
    let mut items: Vec<Value> = links
        .iter()
        .map(|link| {
            serde_json::json!({
                "trace_id": hex::encode(&link.trace_id),
                "span_id": hex::encode(&link.span_id),
                "attributes": attributes_json(&link.attributes),
            })
        })
        .collect();
    if let Some((trace_id, span_id)) = announced {
        let attributes = serde_json::json!({crate::settle::PLACEHOLDER_LINK: true});
        items.push(serde_json::json!({
            "trace_id": trace_id, "span_id": span_id, "attributes": attributes,
        }));
    }
    (!items.is_empty()).then(|| Value::Array(items).to_string())
}

/// Returns the names of the tools that calls ask for.
pub(crate) fn call_names<'p>(calls: impl Iterator<Item = &'p Part>) -> Vec<String> {
    calls
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(name.clone()),
            _ => None,
        })
        .collect()
}
