//! OTLP/JSON bodies: hexadecimal (any case) or base64 ids, integers as numbers or text, enums as
//! numbers or names; unknown members are ignored. A known member of another type than OTLP's is
//! named and left out; what stands beside it is read.

use std::borrow::Cow;

use base64::Engine;
use serde_json::{Map, Value};

use super::json_cursor::{Part, parts};
use super::json_shape::{self as shape, Path, Shape, Shapes};
use super::wire::offset_in;
use super::{Attr, Origin, Place, RawEvent, RawLink, RawLog, RawScope, RawSpan, Val, Visitor};
use crate::context::Limits;
use crate::json_text;

/// Reads one export request and hands its records to `visitor`. `base` is the request's offset in
/// the body.
pub(crate) fn read(request: &str, base: usize, limits: &Limits, visitor: &mut dyn Visitor) {
    let (path, at) = (Path::default(), Place::default());
    let mut reader = Reader { request, base, limits, visitor, resource_number: 0, path, at };
    reader.request();
}

/// Whether an object's keys are those of an export request.
pub(crate) fn is_request(text: &str) -> bool {
    let found = parts(text);
    found.parts.iter().any(|part| shape::known(part.key, shape::REQUEST).is_some())
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
    /// Where the reader is.
    path: Path,
    /// The record being read.
    at: Place,
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

    /// Walks the known members of an object that holds records, of which each misfit may hold some.
    fn members(
        &mut self,
        text: &'a str,
        known: Shapes,
        mut each: impl FnMut(&mut Self, &'static str, &'a str),
    ) {
        self.container(text, |reader, part| {
            let Some((name, shape)) = shape::known(part.key, known) else { return };
            reader.path.member(name);
            if !shape.begins(part.text) {
                let lost = i64::from(shape == Shape::List);
                reader.misfit(part.text, shape, lost);
            } else if !part.text.starts_with('n') {
                each(reader, name, part.text);
            }
            reader.path.up();
        });
    }

    /// Walks the items of a list that are objects of records.
    fn items(&mut self, text: &'a str, mut each: impl FnMut(&mut Self, &'a str)) {
        let mut number = 0;
        self.container(text, |reader, part| {
            reader.path.item(number);
            number += 1;
            if part.text.starts_with('{') {
                each(reader, part.text);
            } else {
                reader.misfit(part.text, Shape::Object, 1);
            }
            reader.path.up();
        });
    }

    /// Names a value of another type than it should have, standing for `lost` records.
    fn misfit(&mut self, text: &str, expected: Shape, lost: i64) {
        let hint = self.path.misfit(expected, shape::what(text));
        let place = self.place(text);
        self.visitor.misfit(place, hint, lost);
    }

    /// Names the members of a record's object that are of another type than they should have.
    fn check(&mut self, value: &Map<String, Value>, known: Shapes) {
        for (name, found) in value {
            if let Some((name, shape)) = shape::known(name, known)
                && !shape.fits(found)
            {
                self.path.member(name);
                self.misfit_inside(found, shape);
                self.path.up();
            }
        }
    }

    /// As [`Self::misfit`], for a value inside a record that is kept without it.
    fn misfit_inside(&mut self, found: &Value, expected: Shape) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let hint = self.path.misfit(expected, found);
        self.visitor.misfit(self.at, hint, 0);
    }

    fn request(&mut self) {
        let request = self.request;
        let body = request.trim_start();
        if !body.is_empty() && !body.starts_with('{') {
            return self.misfit(body, Shape::Object, 1);
        }
        self.members(request, shape::REQUEST, |reader, name, list| {
            let signal = match name {
                "resourceSpans" => Signal::Spans,
                "resourceLogs" => Signal::Logs,
                _ => Signal::Metrics,
            };
            reader.items(list, |reader, text| reader.resource(text, signal));
        });
    }

    fn resource(&mut self, text: &'a str, signal: Signal) {
        self.resource_number += 1;
        let mut resource = Vec::new();
        if let Some(part) = member(text, "resource") {
            self.path.member("resource");
            let value = self.description(part, shape::RESOURCE);
            resource = self.attributes(value.get("attributes"));
            self.path.up();
        }
        self.members(text, shape::OF_RESOURCE, |reader, name, list| {
            if !matches!(name, "resource" | "schemaUrl") {
                reader.items(list, |reader, text| reader.scope(text, signal, &resource));
            }
        });
    }

    fn scope(&mut self, text: &'a str, signal: Signal, resource: &[Attr<'_>]) {
        let mut scope = RawScope::default();
        if let Some(part) = member(text, "scope") {
            self.path.member("scope");
            let mut value = self.description(part, shape::SCOPE);
            scope.name = take_text(&mut value, "name");
            scope.version = take_text(&mut value, "version");
            self.path.up();
        }
        self.members(text, shape::OF_SCOPE, |reader, name, list| {
            if matches!(name, "scope" | "schemaUrl") {
                return;
            }
            let mut number = 0;
            reader.container(list, |reader, part| {
                let origin =
                    Origin { resource, resource_number: reader.resource_number, scope: &scope };
                reader.path.item(number);
                number += 1;
                reader.record(part, signal, &origin);
                reader.path.up();
            });
        });
    }

    /// Reads the object of a resource or a scope. Whether it is one has been or will be told.
    fn description(&mut self, part: Part<'a>, known: Shapes) -> Map<String, Value> {
        self.at = self.place(part.text);
        match json_text::parse(part.text) {
            Ok(Value::Object(value)) => {
                self.check(&value, known);
                return value;
            }
            Err(_) if part.complete && part.text.starts_with('{') => {
                self.visitor.cut("malformed_json", self.at);
            }
            Ok(_) | Err(_) => {}
        }
        Map::new()
    }

    fn record(&mut self, part: Part<'a>, signal: Signal, origin: &Origin<'_, '_>) {
        self.at = self.place(part.text);
        if !part.text.starts_with('{') {
            return self.misfit(part.text, Shape::Object, 1);
        }
        if matches!(signal, Signal::Metrics) {
            return self.visitor.metric();
        }
        let place = self.at;
        if !part.complete {
            return self.visitor.rejected("truncated_json", place, 1);
        }
        let value = match json_text::parse(part.text) {
            Ok(Value::Object(value)) => value,
            Ok(_) => return self.visitor.rejected("malformed_json", place, 1),
            Err(error) => {
                let deep = error.to_string().contains("recursion limit");
                let code = if deep { "json_too_deep" } else { "malformed_json" };
                return self.visitor.rejected(code, place, 1);
            }
        };
        if matches!(signal, Signal::Spans) {
            let span = self.span(value);
            self.visitor.span(origin, span, place);
        } else {
            let log = self.log(value);
            self.visitor.log(origin, log, place);
        }
    }

    fn span(&mut self, mut value: Map<String, Value>) -> RawSpan<'static> {
        self.check(&value, shape::SPAN);
        let status = value.remove("status").unwrap_or_default();
        if let Value::Object(status) = &status {
            self.path.member("status");
            self.check(status, shape::STATUS);
            self.path.up();
        }
        let attributes = self.attributes(value.get("attributes"));
        let mut span = RawSpan {
            trace_id: id(value.get("traceId"), 16),
            span_id: id(value.get("spanId"), 8),
            parent_span_id: id(value.get("parentSpanId"), 8),
            name: self.cut_text(take_text(&mut value, "name")),
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
        self.objects(&value, "events", shape::EVENT, |reader, event| {
            span.events.push(RawEvent {
                name: Cow::Owned(
                    event.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                ),
                time_unix_nano: nanos(event.get("timeUnixNano")),
                attributes: reader.attributes(event.get("attributes")),
                is_logged: false,
            });
        });
        self.objects(&value, "links", shape::LINK, |reader, link| {
            span.links.push(RawLink {
                trace_id: id(link.get("traceId"), 16),
                span_id: id(link.get("spanId"), 8),
                attributes: reader.attributes(link.get("attributes")),
            });
        });
        span
    }

    /// Walks the objects of a record's list.
    fn objects(
        &mut self,
        value: &Map<String, Value>,
        name: &'static str,
        known: Shapes,
        mut each: impl FnMut(&mut Self, &Map<String, Value>),
    ) {
        self.path.member(name);
        for (at, item) in list(value.get(name)).iter().take(self.limits.max_events).enumerate() {
            self.path.item(at);
            if let Value::Object(item) = item {
                self.check(item, known);
                each(self, item);
            } else {
                self.misfit_inside(item, Shape::Object);
            }
            self.path.up();
        }
        self.path.up();
    }

    fn log(&mut self, mut value: Map<String, Value>) -> RawLog<'static> {
        self.check(&value, shape::LOG_RECORD);
        RawLog {
            trace_id: id(value.get("traceId"), 16),
            span_id: id(value.get("spanId"), 8),
            time_unix_nano: nanos(value.get("timeUnixNano")),
            observed_unix_nano: nanos(value.get("observedTimeUnixNano")),
            event_name: take_text(&mut value, "eventName"),
            body: self.member_value(&value, "body"),
            attributes: self.attributes(value.get("attributes")),
        }
    }

    fn attributes(&mut self, value: Option<&Value>) -> Vec<Attr<'static>> {
        self.path.member("attributes");
        let items = list(value);
        if items.len() > self.limits.max_attributes {
            self.visitor.cut("too_many_attributes", self.at);
        }
        let found = self.pairs(items.get(..self.limits.max_attributes).unwrap_or(items));
        self.path.up();
        found
    }

    /// Reads keys with values.
    fn pairs(&mut self, items: &[Value]) -> Vec<Attr<'static>> {
        let mut found = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            self.path.item(at);
            if let Value::Object(item) = item {
                self.check(item, shape::ATTRIBUTE);
                let key = item.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
                found.push((Cow::Owned(key), self.member_value(item, "value")));
            } else {
                self.misfit_inside(item, Shape::Object);
            }
            self.path.up();
        }
        found
    }

    fn member_value(&mut self, value: &Map<String, Value>, name: &'static str) -> Val<'static> {
        let Some(Value::Object(value)) = value.get(name) else { return Val::Null };
        self.path.member(name);
        let found = self.value(value);
        self.path.up();
        found
    }

    /// Converts an OTLP/JSON value. The parser has bounded the depth already.
    fn value(&mut self, value: &Map<String, Value>) -> Val<'static> {
        let Some((kind, inner)) = value.iter().next() else { return Val::Null };
        self.check(value, shape::VALUE);
        match (kind.as_str(), inner) {
            ("stringValue", Value::String(value)) => {
                Val::Str(self.cut_text(Cow::Owned(value.clone())))
            }
            ("boolValue", Value::Bool(value)) => Val::Bool(*value),
            ("intValue", value) => int(value).map_or(Val::Null, Val::Int),
            ("doubleValue", value) => double(value).map_or(Val::Null, Val::Double),
            ("arrayValue", Value::Object(inner)) => {
                self.check(inner, shape::VALUES);
                let mut items = Vec::new();
                for item in list(inner.get("values")) {
                    items.push(match item {
                        Value::Object(item) => self.value(item),
                        Value::Null => Val::Null,
                        other => {
                            self.misfit_inside(other, Shape::Object);
                            continue;
                        }
                    });
                }
                Val::List(items)
            }
            ("kvlistValue", Value::Object(inner)) => {
                self.check(inner, shape::VALUES);
                Val::Map(self.pairs(list(inner.get("values"))))
            }
            ("bytesValue", Value::String(value)) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(value);
                Val::Bytes(Cow::Owned(bytes.unwrap_or_default()))
            }
            _ => Val::Null,
        }
    }

    fn cut_text(&mut self, value: Cow<'static, str>) -> Cow<'static, str> {
        if value.len() > self.limits.max_value_bytes {
            self.visitor.cut("value_truncated", self.at);
        }
        super::cut(value, self.limits.max_value_bytes)
    }
}

/// Returns the last member of a name; it may come after what it describes.
fn member<'a>(text: &'a str, name: &str) -> Option<Part<'a>> {
    parts(text).parts.into_iter().rfind(|part| part.key == name)
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
