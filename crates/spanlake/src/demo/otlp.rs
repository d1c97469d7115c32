//! Short ways to write OTLP attributes and spans.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
    trace::v1::{Span, Status, span::Event, status::StatusCode},
};

pub(super) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

pub(super) fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

pub(super) fn double(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A span being written; every method adds one fact.
pub(super) struct SpanWriter(pub(super) Span);

impl SpanWriter {
    /// A span of kind INTERNAL (1) or CLIENT (3) between two instants in nanoseconds.
    pub(super) fn new(name: impl Into<String>, kind: i32, start: i64, end: i64) -> Self {
        Self(Span {
            name: name.into(),
            kind,
            start_time_unix_nano: start as u64,
            end_time_unix_nano: end as u64,
            attributes: Vec::with_capacity(28),
            flags: 1,
            ..Span::default()
        })
    }

    pub(super) fn text(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.attributes.push(text(key, value));
        self
    }

    pub(super) fn int(mut self, key: &str, value: i64) -> Self {
        self.0.attributes.push(int(key, value));
        self
    }

    pub(super) fn double(mut self, key: &str, value: f64) -> Self {
        self.0.attributes.push(double(key, value));
        self
    }

    pub(super) fn flag(mut self, key: &str, value: bool) -> Self {
        self.0.attributes.push(attribute(key, Value::BoolValue(value)));
        self
    }

    pub(super) fn list(mut self, key: &str, values: &[&str]) -> Self {
        let values = values
            .iter()
            .map(|value| AnyValue { value: Some(Value::StringValue((*value).to_owned())) })
            .collect();
        self.0.attributes.push(attribute(key, Value::ArrayValue(ArrayValue { values })));
        self
    }

    pub(super) fn ok(mut self) -> Self {
        self.0.status = Some(Status { message: String::new(), code: StatusCode::Ok.into() });
        self
    }

    /// Marks the span failed, with the exception event an SDK records.
    pub(super) fn failed(mut self, kind: &str, message: &str) -> Self {
        self.0.status =
            Some(Status { message: message.to_owned(), code: StatusCode::Error.into() });
        self.0.events.push(Event {
            time_unix_nano: self.0.end_time_unix_nano,
            name: "exception".to_owned(),
            attributes: vec![text("exception.type", kind), text("exception.message", message)],
            ..Event::default()
        });
        self
    }
}

/// Appends a JSON string literal.
pub(super) fn quote(out: &mut String, value: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\t' => "\\t",
            _ => continue,
        };
        out.push_str(value.get(from..at).unwrap_or_default());
        out.push_str(escape);
        from = at + 1;
    }
    out.push_str(value.get(from..).unwrap_or_default());
    out.push('"');
}
