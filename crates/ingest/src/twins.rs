//! Calls that two traces report: a framework in its own, a provider's SDK in another.
//!
//! A framework that keeps its traces to itself, or a stream that ends outside its caller's context,
//! leaves the SDK's span in a trace of its own, where settling cannot see the other. The spans may
//! also come in different requests, so that the latest calls are remembered.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use spanlake_model::{Day, Kind, SpanRow};

use crate::context::IngestContext;
use crate::settle::{DUPLICATE_LINK, is_native_sdk};

/// The latest calls whose twin may still come, shared by the clones of a context.
#[derive(Clone, Default)]
pub struct RecentCalls(Arc<Mutex<Memory>>);

impl fmt::Debug for RecentCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentCalls").finish_non_exhaustive()
    }
}

/// A span by its ids and the day it is filed under.
#[derive(Clone)]
struct Place {
    trace_id: String,
    span_id: String,
    date: Day,
}

impl Place {
    fn of(span: &SpanRow) -> Self {
        let (trace_id, span_id) = (span.trace_id.clone(), span.span_id.clone());
        Self { trace_id, span_id, date: span.date }
    }
}

/// Places by response id.
#[derive(Default)]
struct Memory {
    frameworks: HashMap<String, Place, ahash::RandomState>,
    natives: HashMap<String, Place, ahash::RandomState>,
}

/// Calls remembered of either kind: some megabytes, and minutes of heavy traffic.
const MAX_CALLS: usize = 32_768;

/// The SDK that writes spans of its own is Anthropic's, and its responses are named so.
fn response(span: &SpanRow) -> Option<&str> {
    let id = span.response_id.as_deref().filter(|id| id.starts_with("msg_"))?;
    (span.kind == Kind::Llm).then_some(id)
}

/// Links SDKs' spans to the span of another trace that reports the same call, those of earlier
/// requests through a further contribution to them.
pub(crate) fn link(spans: &mut Vec<SpanRow>, ctx: &IngestContext) {
    if !spans.iter().any(|span| response(span).is_some()) {
        return;
    }
    let mut memory = ctx.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut further = Vec::new();
    for span in spans.iter().filter(|span| !is_native_sdk(span)) {
        let Some(id) = response(span) else { continue };
        let native = memory.natives.get(id).filter(|native| native.trace_id != span.trace_id);
        if let Some(native) = native {
            further.push(SpanRow {
                date: native.date,
                trace_id: native.trace_id.clone(),
                span_id: native.span_id.clone(),
                links: Some(with_link(None, &Place::of(span))),
                ingest_time: ctx.received,
                ..SpanRow::default()
            });
        }
        remember(&mut memory.frameworks, id, span);
    }
    for span in spans.iter_mut().filter(|span| is_native_sdk(span)) {
        let Some(id) = response(span) else { continue };
        let other = memory.frameworks.get(id).filter(|other| other.trace_id != span.trace_id);
        let links = other.map(|other| with_link(span.links.as_deref(), other));
        remember(&mut memory.natives, id, span);
        if links.is_some() {
            span.links = links;
        }
    }
    spans.append(&mut further);
}

fn remember(calls: &mut HashMap<String, Place, ahash::RandomState>, id: &str, span: &SpanRow) {
    if calls.len() >= MAX_CALLS {
        calls.clear();
    }
    calls.insert(id.to_owned(), Place::of(span));
}

fn with_link(links: Option<&str>, other: &Place) -> String {
    let known = links.and_then(|links| serde_json::from_str(links).ok());
    let mut links: Vec<Value> = known.unwrap_or_default();
    links.push(serde_json::json!({
        "trace_id": other.trace_id, "span_id": other.span_id,
        "attributes": {DUPLICATE_LINK: true},
    }));
    Value::Array(links).to_string()
}
