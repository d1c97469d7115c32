//! A span of any convention → a row of `spans` and one of `payloads`.

pub(crate) mod binary;
mod call;
pub(crate) mod content;
pub(crate) mod documents;
pub(crate) mod errors;
pub(crate) mod flatten;
mod identity;
pub(crate) mod labels;
pub(crate) mod messages;
pub(crate) mod otel_messages;
pub(crate) mod payload;
mod rest;
mod steps;
pub(crate) mod times;
pub(crate) mod usage;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use spanlake_model::{PayloadRow, SpanRow, SpanStatus};

use crate::attrs::Attrs;
use crate::context::IngestContext;
use crate::otlp::{Attr, RawEvent, RawScope, RawSpan, attributes_json};
pub(crate) use rest::rest_json;
pub(crate) use steps::call_names;
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

/// What a span is found with.
pub(crate) struct Found<'s, 'a> {
    pub facts: &'s ResourceFacts,
    pub scope: &'s RawScope<'a>,
    pub raw: &'s RawSpan<'a>,
    pub attrs: &'s Attrs<'s, 'a>,
}

/// Fills a new row with one span, whose ids have been checked. Returns its content and its case.
///
/// Rows are wide: this one is filled where it stays.
pub(crate) fn span(
    ctx: &IngestContext,
    prices: &Prices,
    found: &Found<'_, '_>,
    (trace_id, span_id): (String, String),
    span: &mut SpanRow,
) -> (Option<PayloadRow>, Option<String>) {
    let Found { facts, scope, raw, attrs } = found;
    let start = times::judge(raw.start_unix_nano, ctx);
    let end_nanos = i64::try_from(raw.end_unix_nano).unwrap_or(i64::MAX);
    let ended = end_nanos >= start.nanos && end_nanos != 0 && start.nanos != 0;
    span.date = start.date;
    span.trace_id = trace_id;
    span.span_id = span_id;
    span.start_time = start.time;
    span.start_unix_nano = start.nanos;
    span.end_unix_nano = end_nanos;
    span.duration_ms = ended.then(|| (end_nanos - start.nanos) as f64 / 1e6);
    span.parent_span_id = times::id(&raw.parent_span_id, 8);
    raw.name.as_ref().clone_into(&mut span.name);
    span.status = match raw.status_code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    };
    span.scope_name = scope_name(scope);
    span.service_name.clone_from(&facts.service_name);
    span.ingest_time = ctx.received;
    span.is_final = end_nanos != 0;
    span.time_suspect = start.suspect;
    let announced = placeholder(attrs, span);
    span.convention = identity::convention(attrs, scope).map(str::to_owned);
    let content = columns(ctx, prices, attrs, &raw.events, &raw.status_message, span);
    span.events = rest::events_json(&raw.events);
    let announced = announced.map(|real| (span.trace_id.clone(), real));
    span.links = rest::links_json(&raw.links, announced);
    span.attributes = rest_json(attrs, raw.dropped_attributes);
    span.resource_attributes.clone_from(&facts.json);
    content
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
    span.kind = identity::kind(attrs, &span.name);
    identity::identity(ctx, attrs, span);
    call::call(attrs, events, span);
    usage::reported(attrs, span);
    errors::fill(attrs, events, status_message, span);
    steps::steps(attrs, span);
    let mut payload = payload::fill(ctx, attrs, events, span);
    usage::computed(span, ctx, prices);
    steps::answer_facts(ctx, attrs, span, &payload);
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

/// Returns `prompt_hash` of a raw template: its keyed HMAC-SHA256 in hexadecimal; without a key in
/// the context there is none.
pub fn keyed_hash(ctx: &IngestContext, text: &str) -> Option<String> {
    let key = ctx.hash_key.as_ref()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(hex::encode(mac.finalize().into_bytes()))
}
