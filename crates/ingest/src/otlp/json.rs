//! OTLP/JSON bodies: hexadecimal (any case) or base64 ids, integers as numbers or text, enums as
//! numbers or names; unknown members are ignored.

use std::borrow::Cow;

use base64::Engine;
use serde_json::{Map, Value};

use super::json_cursor::{Part, parts};
use super::wire::offset_in;
use super::{Attr, Origin, Place, RawEvent, RawLink, RawLog, RawScope, RawSpan, Val, Visitor};
use crate::context::Limits;

/// Reads one export request and hands its records to `visitor`. `base` is the request's offset in
/// the body.
pub(crate) fn read(request: &str, base: usize, limits: &Limits, visitor: &mut dyn Visitor) {
    let mut reader = Reader { request, base, limits, visitor, resource_number: 0 };
    reader.request();
}

/// Whether an object's keys are those of an export request.
pub(crate) fn is_request(text: &str) -> bool {
    let found = parts(text);
    found
        .parts
        .iter()
        .any(|part| matches!(part.key, "resourceSpans" | "resourceLogs" | "resourceMetrics"))
        || (found.complete && found.parts.is_empty() && text.trim_start().starts_with('{'))
}

#[derive(Clone, Copy)]
enum Signal {
    Spans,
    Logs,
    Metrics,
}

struct Reader<'v, 'a> {
    request: &'a str,
    base: usize,
    limits: &'v Limits,
    visitor: &'v mut dyn Visitor,
    resource_number: u64,
}

impl<'a> Reader<'_, 'a> {
    fn place(&self, text: &str) -> Place {
        let offset = self.base + offset_in(self.request.as_bytes(), text.as_bytes());
        Place { offset, length: text.len() }
    }

    /// Walks a container's parts and reports one that ends too early.
    fn container(&mut self, text: &'a str, mut each: impl FnMut(&mut Self, Part<'a>)) {
        let found = parts(text);
        let cut_inside = found.parts.last().is_some_and(|part| !part.complete);
        for part in found.parts {
            each(self, part);
        }
        if !found.complete && !cut_inside {
            let place = self.place(text);
            self.visitor.rejected("truncated_json", place, 1);
        }
    }

    fn request(&mut self) {
        let request = self.request;
        self.container(request, |reader, part| {
            let signal = match part.key {
                "resourceSpans" => Signal::Spans,
                "resourceLogs" => Signal::Logs,
                "resourceMetrics" => Signal::Metrics,
                _ => return,
            };
            reader.container(part.text, |reader, part| reader.resource(part.text, signal));
        });
    }

    fn resource(&mut self, text: &'a str, signal: Signal) {
        self.resource_number += 1;
        let found = parts(text);
        let mut resource = Vec::new();
        for part in &found.parts {
            if part.key == "resource"
                && part.complete
                && let Ok(value) = serde_json::from_str::<Value>(part.text)
            {
                resource = self.attributes(value.get("attributes"), part.text);
            }
        }
        self.container(text, |reader, part| {
            if matches!(part.key, "scopeSpans" | "scopeLogs" | "scopeMetrics")
                || part.key == "instrumentationLibrarySpans"
            {
                reader.container(part.text, |reader, part| {
                    reader.scope(part.text, signal, &resource);
                });
            }
        });
    }

    fn scope(&mut self, text: &'a str, signal: Signal, resource: &[Attr<'_>]) {
        let mut scope = RawScope::default();
        for part in &parts(text).parts {
            if part.key == "scope"
                && let Ok(Value::Object(mut value)) = serde_json::from_str(part.text)
            {
                scope.name = take_text(&mut value, "name");
                scope.version = take_text(&mut value, "version");
            }
        }
        self.container(text, |reader, part| {
            if !matches!(part.key, "spans" | "logRecords" | "metrics") {
                return;
            }
            reader.container(part.text, |reader, part| {
                let origin =
                    Origin { resource, resource_number: reader.resource_number, scope: &scope };
                reader.record(part, signal, &origin);
            });
        });
    }

    fn record(&mut self, part: Part<'a>, signal: Signal, origin: &Origin<'_, '_>) {
        let place = self.place(part.text);
        if matches!(signal, Signal::Metrics) {
            return self.visitor.metric();
        }
        if !part.complete {
            return self.visitor.rejected("truncated_json", place, 1);
        }
        let value = match serde_json::from_str::<Value>(part.text) {
            Ok(Value::Object(value)) => value,
            Ok(_) => return self.visitor.rejected("malformed_json", place, 1),
            Err(error) => {
                let deep = error.to_string().contains("recursion limit");
                let code = if deep { "json_too_deep" } else { "malformed_json" };
                return self.visitor.rejected(code, place, 1);
            }
        };
        if matches!(signal, Signal::Spans) {
            let span = self.span(value, part.text);
            self.visitor.span(origin, span, place);
        } else {
            let log = self.log(value, part.text);
            self.visitor.log(origin, log, place);
        }
    }

    fn span(&mut self, mut value: Map<String, Value>, text: &str) -> RawSpan<'static> {
        let status = value.remove("status").unwrap_or_default();
        let attributes = self.attributes(value.get("attributes"), text);
        let mut span = RawSpan {
            trace_id: id(value.get("traceId"), 16),
            span_id: id(value.get("spanId"), 8),
            parent_span_id: id(value.get("parentSpanId"), 8),
            name: self.cut_text(take_text(&mut value, "name"), text),
            start_unix_nano: nanos(value.get("startTimeUnixNano")),
            end_unix_nano: nanos(value.get("endTimeUnixNano")),
            attributes,
            status_code: status_code(status.get("code")),
            status_message: Cow::Owned(
                status.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
            ),
            dropped_attributes: nanos(value.get("droppedAttributesCount")),
            ..RawSpan::default()
        };
        for event in list(value.get("events")).iter().take(self.limits.max_events) {
            let attributes = self.attributes(event.get("attributes"), text);
            span.events.push(RawEvent {
                name: Cow::Owned(event["name"].as_str().unwrap_or_default().to_owned()),
                time_unix_nano: nanos(event.get("timeUnixNano")),
                attributes,
                is_logged: false,
            });
        }
        for link in list(value.get("links")).iter().take(self.limits.max_events) {
            let attributes = self.attributes(link.get("attributes"), text);
            span.links.push(RawLink {
                trace_id: id(link.get("traceId"), 16),
                span_id: id(link.get("spanId"), 8),
                attributes,
            });
        }
        span
    }

    fn log(&mut self, mut value: Map<String, Value>, text: &str) -> RawLog<'static> {
        RawLog {
            trace_id: id(value.get("traceId"), 16),
            span_id: id(value.get("spanId"), 8),
            time_unix_nano: nanos(value.get("timeUnixNano")),
            observed_unix_nano: nanos(value.get("observedTimeUnixNano")),
            event_name: take_text(&mut value, "eventName"),
            body: value.get("body").map_or(Val::Null, |body| self.value(body, text)),
            attributes: self.attributes(value.get("attributes"), text),
        }
    }

    fn attributes(&mut self, value: Option<&Value>, text: &str) -> Vec<Attr<'static>> {
        let items = list(value);
        if items.len() > self.limits.max_attributes {
            let place = self.place(text);
            self.visitor.cut("too_many_attributes", place);
        }
        let items = items.iter().take(self.limits.max_attributes);
        items.filter_map(|item| self.attribute(item, text)).collect()
    }

    fn attribute(&mut self, item: &Value, text: &str) -> Option<Attr<'static>> {
        let item = item.as_object()?;
        let key = item.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = item.get("value").map_or(Val::Null, |value| self.value(value, text));
        Some((Cow::Owned(key), value))
    }

    /// Converts an OTLP/JSON value. The parser has bounded the depth already.
    fn value(&mut self, value: &Value, text: &str) -> Val<'static> {
        let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else {
            return Val::Null;
        };
        match (kind.as_str(), inner) {
            ("stringValue", Value::String(value)) => {
                Val::Str(self.cut_text(Cow::Owned(value.clone()), text))
            }
            ("boolValue", Value::Bool(value)) => Val::Bool(*value),
            ("intValue", value) => int(value).map_or(Val::Null, Val::Int),
            ("doubleValue", value) => double(value).map_or(Val::Null, Val::Double),
            ("arrayValue", value) => {
                let items = list(value.get("values"));
                Val::List(items.iter().map(|item| self.value(item, text)).collect())
            }
            ("kvlistValue", value) => {
                let items = list(value.get("values"));
                Val::Map(items.iter().filter_map(|item| self.attribute(item, text)).collect())
            }
            ("bytesValue", Value::String(value)) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(value);
                Val::Bytes(Cow::Owned(bytes.unwrap_or_default()))
            }
            _ => Val::Null,
        }
    }

    fn cut_text(&mut self, value: Cow<'static, str>, text: &str) -> Cow<'static, str> {
        if value.len() > self.limits.max_value_bytes {
            let place = self.place(text);
            self.visitor.cut("value_truncated", place);
        }
        super::cut(value, self.limits.max_value_bytes)
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn take_text(value: &mut Map<String, Value>, key: &str) -> Cow<'static, str> {
    match value.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Cow::Owned(text),
        _ => Cow::Borrowed(""),
    }
}

/// Reads an id of `length` bytes from hexadecimal, or from base64 as some exporters write it.
/// Anything else is handed on as it is, so that it fails the check of its length.
fn id(value: Option<&Value>, length: usize) -> Cow<'static, [u8]> {
    let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Cow::Borrowed(&[]);
    };
    if let Ok(bytes) = hex::decode(text)
        && bytes.len() == length
    {
        return Cow::Owned(bytes);
    }
    let unpadded = text.trim_end_matches('=');
    for engine in [
        &base64::engine::general_purpose::STANDARD_NO_PAD,
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ] {
        if let Ok(bytes) = engine.decode(unpadded)
            && bytes.len() == length
        {
            return Cow::Owned(bytes);
        }
    }
    Cow::Owned(text.as_bytes().iter().copied().take(length.saturating_sub(1).max(1)).collect())
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_u64().map(|_| i64::MAX))
            .or_else(|| number.as_f64().map(|double| double as i64)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse::<f64>().ok().map(|double| double as i64))
        }
        _ => None,
    }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Reads a count or time: a number, text, or absent.
fn nanos(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Number(number)) => number
            .as_u64()
            .or_else(|| number.as_f64().filter(|double| *double > 0.0).map(|double| double as u64))
            .unwrap_or_default(),
        Some(Value::String(text)) => text.trim().parse().unwrap_or_default(),
        _ => 0,
    }
}

fn status_code(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::String(name)) => match name.trim() {
            "STATUS_CODE_OK" | "Ok" | "OK" | "1" => 1,
            "STATUS_CODE_ERROR" | "Error" | "ERROR" | "2" => 2,
            _ => 0,
        },
        Some(value) => int(value).unwrap_or_default(),
        None => 0,
    }
}
