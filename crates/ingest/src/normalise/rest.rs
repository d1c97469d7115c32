//! What no column holds, kept as JSON: attributes, events, links.

use serde_json::{Map, Value};

use crate::attrs::Attrs;
use crate::otlp::{RawEvent, RawLink, Val, attributes_json};

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

pub(super) fn events_json(events: &[RawEvent<'_>]) -> Option<String> {
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
pub(super) fn links_json(
    links: &[RawLink<'_>],
    announced: Option<(String, String)>,
) -> Option<String> {
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
