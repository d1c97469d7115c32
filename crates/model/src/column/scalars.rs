//! Cells of one value: text, numbers, times, words of a vocabulary.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringViewBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use serde_json::Value;

use super::Column;
use crate::units::{Day, Micros};
use crate::vocabulary::{CostSource, Kind, SpanStatus, TokenRole};

/// Reads a text cell of any of Arrow's text types.
pub(super) fn read_text(array: &dyn Array, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8View => Some(array.as_string_view().value(row)),
        DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row)),
        _ => None,
    }
}

pub(super) fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Column for String {
    type Builder = StringViewBuilder;
    fn data_type() -> DataType {
        DataType::Utf8View
    }
    fn nullable() -> bool {
        false
    }
    fn builder(rows: usize) -> Self::Builder {
        StringViewBuilder::with_capacity(rows)
    }
    fn append(&self, builder: &mut Self::Builder) {
        builder.append_value(self);
    }
    fn finish(builder: &mut Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }
    fn read(array: &dyn Array, row: usize) -> Self {
        read_text(array, row).unwrap_or_default().to_owned()
    }
    fn is_empty(&self) -> bool {
        str::is_empty(self)
    }
    fn from_json(value: &Value) -> Option<Self> {
        json_text(value)
    }
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut String)) {
        visit(self);
    }
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl Column for Option<String> {
    type Builder = StringViewBuilder;
    fn data_type() -> DataType {
        DataType::Utf8View
    }
    fn nullable() -> bool {
        true
    }
    fn builder(rows: usize) -> Self::Builder {
        StringViewBuilder::with_capacity(rows)
    }
    fn append(&self, builder: &mut Self::Builder) {
        builder.append_option(self.as_deref());
    }
    fn finish(builder: &mut Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }
    fn read(array: &dyn Array, row: usize) -> Self {
        read_text(array, row).map(str::to_owned)
    }
    fn is_empty(&self) -> bool {
        self.is_none()
    }
    fn from_json(value: &Value) -> Option<Self> {
        Some(json_text(value))
    }
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut String)) {
        if let Some(text) = self {
            visit(text);
        }
    }
    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, String::len)
    }
}

/// Implements `Column` for a primitive and its `Option`.
macro_rules! primitive_column {
    ($rust:ty, $builder:ty, $arrow:expr, $new:expr, $empty:expr, $json:expr, $read:expr, $wrap:expr, $raw:expr) => {
        impl Column for $rust {
            type Builder = $builder;
            fn data_type() -> DataType {
                $arrow
            }
            fn nullable() -> bool {
                false
            }
            fn builder(rows: usize) -> Self::Builder {
                $new(rows)
            }
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value($raw(*self));
            }
            fn finish(builder: &mut Self::Builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
            fn read(array: &dyn Array, row: usize) -> Self {
                <Option<Self> as Column>::read(array, row).unwrap_or_default()
            }
            fn is_empty(&self) -> bool {
                $empty(*self)
            }
            fn from_json(value: &Value) -> Option<Self> {
                $json(value)
            }
        }

        impl Column for Option<$rust> {
            type Builder = $builder;
            fn data_type() -> DataType {
                $arrow
            }
            fn nullable() -> bool {
                true
            }
            fn builder(rows: usize) -> Self::Builder {
                $new(rows)
            }
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_option(self.map($raw));
            }
            fn finish(builder: &mut Self::Builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
            fn read(array: &dyn Array, row: usize) -> Self {
                let cells = $read(array)?;
                cells.is_valid(row).then(|| $wrap(cells.value(row)))
            }
            fn is_empty(&self) -> bool {
                self.is_none()
            }
            fn from_json(value: &Value) -> Option<Self> {
                if value.is_null() { Some(None) } else { $json(value).map(Some) }
            }
        }
    };
}

fn utc_timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn json_i64(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9.0e15).map(|x| x as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn json_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok().filter(|x| x.is_finite()),
        _ => None,
    }
}

/// Reads RFC 3339 text, or a number of microseconds.
fn json_micros(value: &Value) -> Option<Micros> {
    match value {
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| Micros(time.timestamp_micros()))
            .or_else(|| json_i64(value).map(Micros)),
        _ => json_i64(value).map(Micros),
    }
}

fn json_day(value: &Value) -> Option<Day> {
    match value {
        Value::String(text) => Day::parse_iso(text),
        _ => json_i64(value).and_then(|days| i32::try_from(days).ok()).map(Day),
    }
}

primitive_column!(
    i64,
    Int64Builder,
    DataType::Int64,
    Int64Builder::with_capacity,
    |value: i64| value == 0,
    json_i64,
    AsArray::as_primitive_opt::<Int64Type>,
    |value: i64| value,
    |value: i64| value
);
primitive_column!(
    f64,
    Float64Builder,
    DataType::Float64,
    Float64Builder::with_capacity,
    |value: f64| value == 0.0,
    json_f64,
    AsArray::as_primitive_opt::<Float64Type>,
    |value: f64| value,
    |value: f64| value
);
primitive_column!(
    bool,
    BooleanBuilder,
    DataType::Boolean,
    BooleanBuilder::with_capacity,
    |value: bool| !value,
    Value::as_bool,
    AsArray::as_boolean_opt,
    |value: bool| value,
    |value: bool| value
);
primitive_column!(
    Micros,
    TimestampMicrosecondBuilder,
    utc_timestamp(),
    |rows| TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"),
    |value: Micros| value.0 == 0,
    json_micros,
    AsArray::as_primitive_opt::<TimestampMicrosecondType>,
    Micros,
    |value: Micros| value.0
);
primitive_column!(
    Day,
    Date32Builder,
    DataType::Date32,
    Date32Builder::with_capacity,
    |value: Day| value.0 == 0,
    json_day,
    AsArray::as_primitive_opt::<Date32Type>,
    Day,
    |value: Day| value.0
);

/// Implements `Column` for a vocabulary; its first word counts as "says nothing".
macro_rules! vocabulary_column {
    ($($name:ty),+) => {$(
        impl Column for $name {
            type Builder = StringViewBuilder;
            fn data_type() -> DataType {
                DataType::Utf8View
            }
            fn nullable() -> bool {
                false
            }
            fn builder(rows: usize) -> Self::Builder {
                StringViewBuilder::with_capacity(rows)
            }
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(self.as_str());
            }
            fn finish(builder: &mut Self::Builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
            fn read(array: &dyn Array, row: usize) -> Self {
                read_text(array, row).and_then(Self::from_word).unwrap_or_default()
            }
            fn is_empty(&self) -> bool {
                *self == Self::default()
            }
            fn from_json(value: &Value) -> Option<Self> {
                value.as_str().and_then(Self::from_word)
            }
        }
    )+};
}

vocabulary_column!(Kind, SpanStatus, TokenRole, CostSource);
