//! OTLP's messages, borrowed from the body. Both wire formats decode into these.

pub(crate) mod json;
pub(crate) mod json_cursor;
mod json_shape;
pub(crate) mod proto;
pub(crate) mod wire;

use std::borrow::Cow;

use serde_json::Value;

/// A text borrowed from the body where it needed no repair.
pub(crate) type Text<'a> = Cow<'a, str>;

/// An attribute value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Val<'a> {
    Null,
    Str(Text<'a>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Cow<'a, [u8]>),
    List(Vec<Self>),
    Map(Vec<Attr<'a>>),
}

/// A key and its value.
pub(crate) type Attr<'a> = (Text<'a>, Val<'a>);

impl Val<'_> {
    /// Converts to JSON. Bytes become their size and hash, non-finite doubles words.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Str(text) => Value::String(text.clone().into_owned()),
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::from(*value),
            Self::Double(value) => serde_json::Number::from_f64(*value)
                .map_or_else(|| Value::String(value.to_string()), Value::Number),
            Self::Bytes(bytes) => crate::normalise::binary::describe(bytes, None),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => attributes_json(entries),
        }
    }

    /// Whether it says nothing: null, or an empty text, list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Str(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            _ => false,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// Converts attributes to a JSON object; of a repeated key the last value stays.
pub(crate) fn attributes_json(attributes: &[Attr<'_>]) -> Value {
    Value::Object(attributes.iter().map(|(key, val)| (key.to_string(), val.to_json())).collect())
}

#[derive(Debug, Default)]
pub(crate) struct RawEvent<'a> {
    pub name: Text<'a>,
    pub time_unix_nano: u64,
    pub attributes: Vec<Attr<'a>>,
    /// Whether a log record stands for it, so that more of them may come in other requests.
    pub is_logged: bool,
}

#[derive(Debug, Default)]
pub(crate) struct RawLink<'a> {
    pub trace_id: Cow<'a, [u8]>,
    pub span_id: Cow<'a, [u8]>,
    pub attributes: Vec<Attr<'a>>,
}

#[derive(Debug, Default)]
pub(crate) struct RawSpan<'a> {
    pub trace_id: Cow<'a, [u8]>,
    pub span_id: Cow<'a, [u8]>,
    pub parent_span_id: Cow<'a, [u8]>,
    pub name: Text<'a>,
    pub start_unix_nano: u64,
    pub end_unix_nano: u64,
    pub attributes: Vec<Attr<'a>>,
    pub events: Vec<RawEvent<'a>>,
    pub links: Vec<RawLink<'a>>,
    pub status_code: i64,
    pub status_message: Text<'a>,
    pub dropped_attributes: u64,
}

#[derive(Debug)]
pub(crate) struct RawLog<'a> {
    pub trace_id: Cow<'a, [u8]>,
    pub span_id: Cow<'a, [u8]>,
    pub time_unix_nano: u64,
    pub observed_unix_nano: u64,
    pub event_name: Text<'a>,
    pub body: Val<'a>,
    pub attributes: Vec<Attr<'a>>,
}

impl Default for RawLog<'_> {
    fn default() -> Self {
        Self {
            trace_id: Cow::default(),
            span_id: Cow::default(),
            time_unix_nano: 0,
            observed_unix_nano: 0,
            event_name: Cow::default(),
            body: Val::Null,
            attributes: Vec::new(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct RawScope<'a> {
    pub name: Text<'a>,
    pub version: Text<'a>,
}

/// What a record was found under.
pub(crate) struct Origin<'s, 'a> {
    pub resource: &'s [Attr<'a>],
    /// Changes with every resource, so that what is derived from one can be kept.
    pub resource_number: u64,
    pub scope: &'s RawScope<'a>,
}

/// Takes what a decoder finds, in the order of the body.
pub(crate) trait Visitor {
    /// One span; `offset` and `length` are its bytes in the body.
    fn span(&mut self, origin: &Origin<'_, '_>, span: RawSpan<'_>, at: Place);
    /// One log record.
    fn log(&mut self, origin: &Origin<'_, '_>, log: RawLog<'_>, at: Place);
    /// One metric, which is counted and ignored.
    fn metric(&mut self);
    /// Bytes that could not be read, standing for `rejected` records.
    fn rejected(&mut self, code: &'static str, at: Place, rejected: i64);
    /// A value of another type than the format says, standing for `rejected` records; `hint` names
    /// its place, what was expected and what was found.
    fn misfit(&mut self, at: Place, hint: String, rejected: i64);
    /// A value or list that was cut to a limit; the record itself is kept.
    fn cut(&mut self, code: &'static str, at: Place);
}

/// A range of the body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub offset: usize,
    pub length: usize,
}

/// Cuts a text to `limit` bytes at a character's end and says how much is missing.
pub(crate) fn cut(text: Text<'_>, limit: usize) -> Text<'_> {
    if text.len() <= limit {
        return text;
    }
    let end = text.floor_char_boundary(limit);
    let missing = text.len() - end;
    Cow::Owned(format!("{}…[truncated {missing} bytes]", text.get(..end).unwrap_or_default()))
}
