//! OTLP/protobuf bodies, read without building the whole request.

use std::borrow::Cow;

use super::wire::{Field, Fields, WireError, offset_in, text};
use super::{Attr, Origin, Place, RawEvent, RawLink, RawLog, RawScope, RawSpan, Val, Visitor};
use crate::context::Limits;

/// Which request the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Logs,
    Metrics,
}

/// Reads an export request and hands its records to `visitor`.
pub(crate) fn read(body: &[u8], signal: Signal, limits: &Limits, visitor: &mut dyn Visitor) {
    let mut reader = Reader { body, signal, limits, visitor, resource_number: 0 };
    reader.request();
}

struct Reader<'v, 'a> {
    body: &'a [u8],
    signal: Signal,
    limits: &'v Limits,
    visitor: &'v mut dyn Visitor,
    resource_number: u64,
}

impl<'a> Reader<'_, 'a> {
    fn place(&self, bytes: &[u8]) -> Place {
        Place { offset: offset_in(self.body, bytes), length: bytes.len() }
    }

    /// Walks the message fields of a container. A defect ends it and is reported.
    fn container(
        &mut self,
        bytes: &'a [u8],
        mut field: impl FnMut(&mut Self, u32, &'a [u8], bool),
    ) {
        let mut fields = Fields::clamping(bytes);
        loop {
            match fields.next_field() {
                Ok(Some((number, Field::Bytes(inner)))) => {
                    let clamped = fields.clamped;
                    field(self, number, inner, clamped);
                }
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => {
                    let place = self.place(bytes);
                    let code = match error {
                        WireError::Truncated => "truncated_protobuf",
                        WireError::Malformed => "malformed_protobuf",
                    };
                    self.visitor.rejected(code, place, 1);
                    return;
                }
            }
        }
    }

    fn request(&mut self) {
        let body = self.body;
        let mut look = Fields::clamping(body);
        let known = std::iter::from_fn(|| look.next_field().ok().flatten())
            .any(|field| matches!(field, (1, Field::Bytes(_))));
        if !body.is_empty() && !known {
            return self.visitor.rejected("not_otlp", self.place(body), 1);
        }
        self.container(body, |reader, number, inner, _| {
            if number == 1 {
                reader.resource(inner);
            }
        });
    }

    fn resource(&mut self, bytes: &'a [u8]) {
        self.resource_number += 1;
        let mut resource = Vec::new();
        // The resource may be written after what it describes.
        let mut fields = Fields::clamping(bytes);
        while let Ok(Some((number, field))) = fields.next_field() {
            if let (1, Field::Bytes(inner)) = (number, field) {
                resource = self.attributes(inner, 1);
            }
        }
        self.container(bytes, |reader, number, inner, _| {
            if number == 2 {
                reader.scope(inner, &resource);
            }
        });
    }

    fn scope(&mut self, bytes: &'a [u8], resource: &[Attr<'a>]) {
        let mut scope = RawScope::default();
        let mut fields = Fields::clamping(bytes);
        while let Ok(Some((number, field))) = fields.next_field() {
            if let (1, Field::Bytes(inner)) = (number, field) {
                scope = read_scope(inner);
            }
        }
        self.container(bytes, |reader, number, inner, clamped| {
            if number != 2 {
                return;
            }
            let place = reader.place(inner);
            if clamped {
                reader.visitor.rejected("truncated_protobuf", place, 1);
                return;
            }
            let origin =
                Origin { resource, resource_number: reader.resource_number, scope: &scope };
            reader.record(inner, place, &origin);
        });
    }

    fn record(&mut self, bytes: &'a [u8], place: Place, origin: &Origin<'_, '_>) {
        match self.signal {
            Signal::Metrics => self.visitor.metric(),
            Signal::Traces => match self.span(bytes) {
                Ok(span) => self.visitor.span(origin, span, place),
                Err(_) => self.visitor.rejected("malformed_span", place, 1),
            },
            Signal::Logs => match self.log(bytes) {
                Ok(log) => self.visitor.log(origin, log, place),
                Err(_) => self.visitor.rejected("malformed_log_record", place, 1),
            },
        }
    }

    fn span(&mut self, bytes: &'a [u8]) -> Result<RawSpan<'a>, WireError> {
        let mut span = RawSpan::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Field::Bytes(id)) => span.trace_id = Cow::Borrowed(id),
                (2, Field::Bytes(id)) => span.span_id = Cow::Borrowed(id),
                (4, Field::Bytes(id)) => span.parent_span_id = Cow::Borrowed(id),
                (5, Field::Bytes(name)) => span.name = self.cut_text(name),
                (7, Field::Fixed64(time)) => span.start_unix_nano = time,
                (8, Field::Fixed64(time)) => span.end_unix_nano = time,
                (9, Field::Bytes(inner)) => self.push_attribute(inner, &mut span.attributes)?,
                (10, Field::Varint(count)) => span.dropped_attributes = count,
                (11, Field::Bytes(inner)) if span.events.len() < self.limits.max_events => {
                    span.events.push(self.event(inner)?);
                }
                (13, Field::Bytes(inner)) if span.links.len() < self.limits.max_events => {
                    span.links.push(self.link(inner)?);
                }
                (15, Field::Bytes(inner)) => {
                    let mut fields = Fields::new(inner);
                    while let Some((number, field)) = fields.next_field()? {
                        match (number, field) {
                            (2, Field::Bytes(message)) => {
                                span.status_message = self.cut_text(message);
                            }
                            (3, Field::Varint(code)) => span.status_code = code as i64,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(span)
    }

    fn event(&mut self, bytes: &'a [u8]) -> Result<RawEvent<'a>, WireError> {
        let mut event = RawEvent::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Field::Fixed64(time)) => event.time_unix_nano = time,
                (2, Field::Bytes(name)) => event.name = self.cut_text(name),
                (3, Field::Bytes(inner)) => self.push_attribute(inner, &mut event.attributes)?,
                _ => {}
            }
        }
        Ok(event)
    }

    fn link(&mut self, bytes: &'a [u8]) -> Result<RawLink<'a>, WireError> {
        let mut link = RawLink::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Field::Bytes(id)) => link.trace_id = Cow::Borrowed(id),
                (2, Field::Bytes(id)) => link.span_id = Cow::Borrowed(id),
                (4, Field::Bytes(inner)) => self.push_attribute(inner, &mut link.attributes)?,
                _ => {}
            }
        }
        Ok(link)
    }

    fn log(&mut self, bytes: &'a [u8]) -> Result<RawLog<'a>, WireError> {
        let mut log = RawLog::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Field::Fixed64(time)) => log.time_unix_nano = time,
                (5, Field::Bytes(inner)) => log.body = self.value(inner, 0)?,
                (6, Field::Bytes(inner)) => self.push_attribute(inner, &mut log.attributes)?,
                (9, Field::Bytes(id)) => log.trace_id = Cow::Borrowed(id),
                (10, Field::Bytes(id)) => log.span_id = Cow::Borrowed(id),
                (11, Field::Fixed64(time)) => log.observed_unix_nano = time,
                (12, Field::Bytes(name)) => log.event_name = self.cut_text(name),
                _ => {}
            }
        }
        Ok(log)
    }

    /// Reads the attributes in field `wanted` of a message, as far as they are whole.
    fn attributes(&mut self, bytes: &'a [u8], wanted: u32) -> Vec<Attr<'a>> {
        let mut attributes = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Ok(Some((number, field))) = fields.next_field() {
            if let Field::Bytes(inner) = field
                && number == wanted
                && self.push_attribute(inner, &mut attributes).is_err()
            {
                break;
            }
        }
        attributes
    }

    fn push_attribute(
        &mut self,
        bytes: &'a [u8],
        attributes: &mut Vec<Attr<'a>>,
    ) -> Result<(), WireError> {
        if attributes.len() >= self.limits.max_attributes {
            if attributes.len() == self.limits.max_attributes {
                let place = self.place(bytes);
                self.visitor.cut("too_many_attributes", place);
                // One over the limit marks that it has been reported; the marker stays on the span.
                attributes.push((Cow::Borrowed(DROPPED_ATTRIBUTES), Val::Bool(true)));
            }
            return Ok(());
        }
        let attribute = self.attribute(bytes, 0)?;
        attributes.push(attribute);
        Ok(())
    }

    fn attribute(&mut self, bytes: &'a [u8], depth: usize) -> Result<Attr<'a>, WireError> {
        let (mut key, mut value) = (Cow::Borrowed(""), Val::Null);
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Field::Bytes(text)) => key = self.cut_text(text),
                (2, Field::Bytes(inner)) => value = self.value(inner, depth)?,
                _ => {}
            }
        }
        Ok((key, value))
    }

    fn value(&mut self, bytes: &'a [u8], depth: usize) -> Result<Val<'a>, WireError> {
        if depth > self.limits.max_depth {
            let place = self.place(bytes);
            self.visitor.cut("value_too_deep", place);
            return Ok(Val::Str(Cow::Borrowed("…[nested too deep]")));
        }
        let mut value = Val::Null;
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            value = match (number, field) {
                (1, Field::Bytes(text)) => Val::Str(self.cut_text(text)),
                (2, Field::Varint(flag)) => Val::Bool(flag != 0),
                (3, Field::Varint(int)) => Val::Int(int as i64),
                (4, Field::Fixed64(bits)) => Val::Double(f64::from_bits(bits)),
                (5, Field::Bytes(inner)) => Val::List(self.list(inner, depth)?),
                (6, Field::Bytes(inner)) => Val::Map(self.map(inner, depth)?),
                (7, Field::Bytes(inner)) => Val::Bytes(Cow::Borrowed(inner)),
                _ => continue,
            };
        }
        Ok(value)
    }

    fn list(&mut self, bytes: &'a [u8], depth: usize) -> Result<Vec<Val<'a>>, WireError> {
        let mut items = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            if let (1, Field::Bytes(inner)) = (number, field) {
                items.push(self.value(inner, depth + 1)?);
            }
        }
        Ok(items)
    }

    fn map(&mut self, bytes: &'a [u8], depth: usize) -> Result<Vec<Attr<'a>>, WireError> {
        let mut entries = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next_field()? {
            if let (1, Field::Bytes(inner)) = (number, field) {
                entries.push(self.attribute(inner, depth + 1)?);
            }
        }
        Ok(entries)
    }

    fn cut_text(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        if bytes.len() <= self.limits.max_value_bytes {
            return text(bytes);
        }
        let place = self.place(bytes);
        self.visitor.cut("value_truncated", place);
        super::cut(text(bytes), self.limits.max_value_bytes)
    }
}

/// Marks a span of which attributes were dropped at the limit.
pub(crate) const DROPPED_ATTRIBUTES: &str = "spanlake.dropped_attributes";

fn read_scope(bytes: &[u8]) -> RawScope<'_> {
    let mut scope = RawScope::default();
    let mut fields = Fields::new(bytes);
    while let Ok(Some((number, field))) = fields.next_field() {
        match (number, field) {
            (1, Field::Bytes(name)) => scope.name = text(name),
            (2, Field::Bytes(version)) => scope.version = text(version),
            _ => {}
        }
    }
    scope
}
