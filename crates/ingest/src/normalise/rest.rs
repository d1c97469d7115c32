//! What no column holds, kept as JSON: attributes, events, links.

use serde_json::{Map, Value};

use crate::attrs::Attrs;
use crate::otlp::{Attr, RawEvent, RawLink, Val, attributes_json};

/// The attributes that no column holds. Vectors are described, not kept.
pub(crate) fn rest_json(attrs: &Attrs<'_, '_>, dropped: u64) -> Option<String> {
    let rest: Vec<&Attr<'_>> = attrs.unused().collect();
    if rest.is_empty() && dropped == 0 {
        return None;
    }
    if dropped == 0
        && let Some(text) = plain_object(&rest)
    {
        return Some(text);
    }
    let mut members = Map::new();
    for (key, val) in rest {
        members.insert(key.to_string(), described(key, val));
    }
    if dropped > 0 {
        members.insert("otel.dropped_attributes_count".to_owned(), Value::from(dropped));
    }
    (!members.is_empty()).then(|| Value::Object(members).to_string())
}

/// More members than this are looked up by hash.
const FEW: usize = 24;

/// Writes a few words and numbers with different keys, the usual rest, without a tree in between.
fn plain_object(rest: &[&Attr<'_>]) -> Option<String> {
    let is_plain = |(key, val): &&Attr<'_>| match val {
        Val::Str(_) => !key.starts_with("ai.embedding"),
        Val::Bool(_) | Val::Int(_) => true,
        Val::Double(double) => double.is_finite(),
        _ => false,
    };
    let repeats = |at: usize, key: &str| rest.iter().skip(at + 1).any(|(other, _)| other == key);
    let mut all = rest.iter().enumerate();
    if rest.len() > FEW || !all.all(|(at, attr)| is_plain(attr) && !repeats(at, &attr.0)) {
        return None;
    }
    let mut out = Vec::with_capacity(rest.len() * 48);
    for (at, (key, val)) in rest.iter().enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        serde_json::to_writer(&mut out, key.as_ref()).ok()?;
        out.push(b':');
        match val {
            Val::Str(text) => serde_json::to_writer(&mut out, text.as_ref()),
            Val::Bool(flag) => serde_json::to_writer(&mut out, flag),
            Val::Int(int) => serde_json::to_writer(&mut out, int),
            Val::Double(double) => serde_json::to_writer(&mut out, double),
            _ => Ok(()),
        }
        .ok()?;
    }
    out.push(b'}');
    String::from_utf8(out).ok()
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
