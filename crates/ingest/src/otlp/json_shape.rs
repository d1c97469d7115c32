//! What OTLP/JSON says each known member is, and the words for one that is something else.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// The type of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    List,
    Text,
    Flag,
    /// A number, or its digits as text.
    Number,
    /// An enumeration's number or name.
    Code,
}

/// Members by name.
pub(super) type Shapes = &'static [(&'static str, Shape)];

pub(super) const REQUEST: Shapes = &[
    ("resourceSpans", Shape::List),
    ("resourceLogs", Shape::List),
    ("resourceMetrics", Shape::List),
];
pub(super) const OF_RESOURCE: Shapes = &[
    ("resource", Shape::Object),
    ("scopeSpans", Shape::List),
    ("scopeLogs", Shape::List),
    ("scopeMetrics", Shape::List),
    ("instrumentationLibrarySpans", Shape::List),
    ("schemaUrl", Shape::Text),
];
pub(super) const OF_SCOPE: Shapes = &[
    ("scope", Shape::Object),
    ("spans", Shape::List),
    ("logRecords", Shape::List),
    ("metrics", Shape::List),
    ("schemaUrl", Shape::Text),
];
pub(super) const RESOURCE: Shapes = &[("attributes", Shape::List)];
pub(super) const SCOPE: Shapes =
    &[("name", Shape::Text), ("version", Shape::Text), ("attributes", Shape::List)];
pub(super) const SPAN: Shapes = &[
    ("traceId", Shape::Text),
    ("spanId", Shape::Text),
    ("parentSpanId", Shape::Text),
    ("traceState", Shape::Text),
    ("name", Shape::Text),
    ("kind", Shape::Code),
    ("startTimeUnixNano", Shape::Number),
    ("endTimeUnixNano", Shape::Number),
    ("attributes", Shape::List),
    ("droppedAttributesCount", Shape::Number),
    ("events", Shape::List),
    ("links", Shape::List),
    ("status", Shape::Object),
];
pub(super) const STATUS: Shapes = &[("code", Shape::Code), ("message", Shape::Text)];
pub(super) const EVENT: Shapes =
    &[("timeUnixNano", Shape::Number), ("name", Shape::Text), ("attributes", Shape::List)];
pub(super) const LINK: Shapes =
    &[("traceId", Shape::Text), ("spanId", Shape::Text), ("attributes", Shape::List)];
pub(super) const LOG_RECORD: Shapes = &[
    ("timeUnixNano", Shape::Number),
    ("observedTimeUnixNano", Shape::Number),
    ("severityNumber", Shape::Code),
    ("severityText", Shape::Text),
    ("body", Shape::Object),
    ("attributes", Shape::List),
    ("traceId", Shape::Text),
    ("spanId", Shape::Text),
    ("eventName", Shape::Text),
];
pub(super) const ATTRIBUTE: Shapes = &[("key", Shape::Text), ("value", Shape::Object)];
pub(super) const VALUE: Shapes = &[
    ("stringValue", Shape::Text),
    ("boolValue", Shape::Flag),
    ("intValue", Shape::Number),
    ("doubleValue", Shape::Number),
    ("arrayValue", Shape::Object),
    ("kvlistValue", Shape::Object),
    ("bytesValue", Shape::Text),
];
pub(super) const VALUES: Shapes = &[("values", Shape::List)];

/// Returns a known member's name and type.
pub(super) fn known(name: &str, shapes: Shapes) -> Option<(&'static str, Shape)> {
    shapes.iter().find(|(known, _)| *known == name).copied()
}

impl Shape {
    /// Whether a parsed value is of the type, or `null`, which stands for an absent member.
    pub(super) fn fits(self, value: &Value) -> bool {
        let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
        match (self, value) {
            (_, Value::Null)
            | (Self::Object, Value::Object(_))
            | (Self::List, Value::Array(_))
            | (Self::Text | Self::Code, Value::String(_))
            | (Self::Flag, Value::Bool(_))
            | (Self::Number | Self::Code, Value::Number(_)) => true,
            (Self::Number, Value::String(text)) => is_number(text),
            _ => false,
        }
    }

    /// As [`Self::fits`], told from the text's first byte alone, however deep or broken the rest is.
    pub(super) fn begins(self, text: &str) -> bool {
        match (self, text.as_bytes().first()) {
            (Self::Object, first) => matches!(first, Some(b'{' | b'n')),
            (Self::List, first) => matches!(first, Some(b'[' | b'n')),
            (_, first) => !matches!(first, Some(b'{' | b'[')),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "text",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Code => "a number or a name",
        }
    }
}

/// Says what a JSON text is by its first byte.
pub(super) fn what(text: &str) -> &'static str {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "no JSON",
    }
}

/// A step into a request.
#[derive(Clone, Copy, Debug)]
enum Step {
    Member(&'static str),
    Item(usize),
}

/// Where in a request a value is. Names are OTLP's own, so that it holds no content.
#[derive(Debug, Default)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub(super) fn member(&mut self, name: &'static str) {
        self.0.push(Step::Member(name));
    }

    pub(super) fn item(&mut self, at: usize) {
        self.0.push(Step::Item(at));
    }

    pub(super) fn up(&mut self) {
        self.0.pop();
    }

    /// Says what should be here and what is.
    pub(super) fn misfit(&self, expected: Shape, found: &str) -> String {
        let mut words = String::new();
        // Writing to a string cannot fail.
        let _ = write!(words, "{self} must be {}, not {found}", expected.words());
        words
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the request");
        }
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) if at == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        Ok(())
    }
}
