//! One cell of a table: its Rust type, its Arrow type, and how both convert.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListBuilder,
    StringBuilder, StringViewBuilder, StructBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::units::{Day, Micros};
use crate::vocabulary::{CostSource, Kind, SpanStatus, TokenRole};

/// What redaction does to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Numbers, times, vocabularies and hexadecimal ids: nothing to find.
    Plain,
    /// Machine-made identifiers and names (models, response ids, tools): secrets and validated
    /// personal data are removed; detectors that guess from digits alone do not run.
    Identifier,
    /// An end user's, account's or session's identity: as `Text`, and a whole value that is an
    /// email address or a phone number becomes a pseudonym.
    Identity,
    /// Free text.
    Text,
    /// A JSON document as text: keys and decoded strings are redacted one by one.
    Json,
    /// A prompt template: secrets only, so that hashes and diffs keep their meaning.
    Template,
}

/// Which statistics may be written for a column. Statistics hold values, so text has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stats {
    /// None anywhere.
    None,
    /// Parquet statistics and page index.
    Parquet,
    /// Parquet statistics and Delta's per-file minimum and maximum.
    Delta,
    /// No statistics, a Parquet bloom filter.
    Bloom,
    /// Parquet statistics and a bloom filter.
    ParquetBloom,
}

impl Stats {
    /// Whether Parquet statistics and a page index are written.
    pub const fn in_parquet(self) -> bool {
        matches!(self, Self::Parquet | Self::Delta | Self::ParquetBloom)
    }

    /// Whether Delta's file statistics carry the column.
    pub const fn in_delta(self) -> bool {
        matches!(self, Self::Delta)
    }

    /// Whether a bloom filter is written.
    pub const fn bloom(self) -> bool {
        matches!(self, Self::Bloom | Self::ParquetBloom)
    }
}

/// A column's name and rules, as `table!` states them.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// The column's name in SQL.
    pub name: &'static str,
    /// What redaction does to it.
    pub privacy: Privacy,
    /// Which statistics are written for it.
    pub stats: Stats,
    /// The first line of its documentation.
    pub doc: &'static str,
}

/// A cell type that knows its Arrow form.
pub trait Column: Default + Clone + PartialEq {
    /// The Arrow builder of this type.
    type Builder;

    /// Returns the Arrow type.
    fn data_type() -> DataType;
    /// Whether NULL is a value of this type.
    fn nullable() -> bool;
    /// Returns an empty builder.
    fn builder(rows: usize) -> Self::Builder;
    /// Appends the value.
    fn append(&self, builder: &mut Self::Builder);
    /// Ends the builder.
    fn finish(builder: &mut Self::Builder) -> ArrayRef;
    /// Reads row `row`; NULL and a column of another type give the default.
    fn read(array: &dyn Array, row: usize) -> Self;
    /// Whether the value says nothing, so that an earlier contribution's value stays.
    fn is_empty(&self) -> bool;
    /// Reads a JSON value; `None` when it is of another type.
    fn from_json(value: &Value) -> Option<Self>;
    /// Visits every string inside.
    fn visit_texts(&mut self, _visit: &mut dyn FnMut(&mut String)) {}
    /// Returns the bytes held on the heap, for back-pressure.
    fn heap_bytes(&self) -> usize {
        0
    }
}

fn read_text(array: &dyn Array, row: usize) -> Option<&str> {
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

fn json_text(value: &Value) -> Option<String> {
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
    ($rust:ty, $builder:ty, $arrow:expr, $new:expr, $empty:expr, $json:expr, $read:expr, $raw:expr) => {
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
                if array.is_null(row) || *array.data_type() != $arrow {
                    return None;
                }
                Some($read(array, row))
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
    |array: &dyn Array, row| array.as_primitive::<Int64Type>().value(row),
    |value: i64| value
);
primitive_column!(
    f64,
    Float64Builder,
    DataType::Float64,
    Float64Builder::with_capacity,
    |value: f64| value == 0.0,
    json_f64,
    |array: &dyn Array, row| array.as_primitive::<Float64Type>().value(row),
    |value: f64| value
);
primitive_column!(
    bool,
    BooleanBuilder,
    DataType::Boolean,
    BooleanBuilder::with_capacity,
    |value: bool| !value,
    Value::as_bool,
    |array: &dyn Array, row| array.as_boolean().value(row),
    |value: bool| value
);
primitive_column!(
    Micros,
    TimestampMicrosecondBuilder,
    utc_timestamp(),
    |rows| TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"),
    |value: Micros| value.0 == 0,
    json_micros,
    |array: &dyn Array, row| Micros(array.as_primitive::<TimestampMicrosecondType>().value(row)),
    |value: Micros| value.0
);
primitive_column!(
    Day,
    Date32Builder,
    DataType::Date32,
    Date32Builder::with_capacity,
    |value: Day| value.0 == 0,
    json_day,
    |array: &dyn Array, row| Day(array.as_primitive::<Date32Type>().value(row)),
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

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// A list of words. An empty list is stored as NULL.
impl Column for Vec<String> {
    type Builder = ListBuilder<StringBuilder>;
    fn data_type() -> DataType {
        list_of(DataType::Utf8)
    }
    fn nullable() -> bool {
        true
    }
    fn builder(rows: usize) -> Self::Builder {
        ListBuilder::with_capacity(StringBuilder::new(), rows)
    }
    fn append(&self, builder: &mut Self::Builder) {
        for item in self {
            builder.values().append_value(item);
        }
        builder.append(!<[String]>::is_empty(self));
    }
    fn finish(builder: &mut Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }
    fn read(array: &dyn Array, row: usize) -> Self {
        let Some(list) = array.as_list_opt::<i32>().filter(|list| list.is_valid(row)) else {
            return Self::new();
        };
        let items = list.value(row);
        (0..items.len())
            .filter_map(|item| read_text(items.as_ref(), item).map(str::to_owned))
            .collect()
    }
    fn is_empty(&self) -> bool {
        <[String]>::is_empty(self)
    }
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::new()),
            Value::Array(items) => items.iter().map(json_text).collect(),
            _ => None,
        }
    }
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(visit);
    }
    fn heap_bytes(&self) -> usize {
        self.iter().map(|item| item.len() + size_of::<String>()).sum()
    }
}

/// Defines a struct stored as an Arrow struct inside a list.
macro_rules! list_struct {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty, $plain:ty, $dt:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)+ }

        impl $name {
            fn fields() -> Fields {
                Fields::from(vec![$(Field::new(stringify!($field), $dt, true),)+])
            }

            fn append_to(&self, builder: &mut StructBuilder) {
                let mut _at = 0;
                $(
                    if let Some(cells) = builder.field_builder::<<$plain as ListCell>::Builder>(_at) {
                        <$plain as ListCell>::append(&self.$field, cells);
                    }
                    _at += 1;
                )+
                builder.append(true);
            }

            fn read_from(array: &arrow_array::StructArray, row: usize) -> Self {
                Self { $($field: array.column_by_name(stringify!($field)).map(|cells| <$plain as ListCell>::read(cells, row)).unwrap_or_default(),)+ }
            }
        }

        impl Column for Vec<$name> {
            type Builder = ListBuilder<StructBuilder>;
            fn data_type() -> DataType {
                list_of(DataType::Struct($name::fields()))
            }
            fn nullable() -> bool {
                true
            }
            fn builder(rows: usize) -> Self::Builder {
                ListBuilder::with_capacity(StructBuilder::from_fields($name::fields(), 0), rows)
            }
            fn append(&self, builder: &mut Self::Builder) {
                for item in self {
                    item.append_to(builder.values());
                }
                builder.append(!<[$name]>::is_empty(self));
            }
            fn finish(builder: &mut Self::Builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
            fn read(array: &dyn Array, row: usize) -> Self {
                let Some(list) = array.as_list_opt::<i32>().filter(|list| list.is_valid(row)) else {
                    return Self::new();
                };
                let items = list.value(row);
                items.as_struct_opt().map_or_else(Self::new, |items| {
                    (0..items.len()).map(|item| $name::read_from(items, item)).collect()
                })
            }
            fn is_empty(&self) -> bool {
                <[$name]>::is_empty(self)
            }
            fn from_json(value: &Value) -> Option<Self> {
                if value.is_null() { Some(Self::new()) } else { serde_json::from_value(value.clone()).ok() }
            }
            fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut String)) {
                for item in self {
                    $(<$plain as ListCell>::visit(&mut item.$field, visit);)+
                }
            }
            fn heap_bytes(&self) -> usize {
                self.iter().map(|item| size_of::<$name>() $(+ <$plain as ListCell>::heap_bytes(&item.$field))+).sum()
            }
        }
    };
}

/// A cell inside a list's struct. Text there is plain `Utf8`, which every reader of Parquet knows.
trait ListCell {
    type Value: Default;
    type Builder: ArrayBuilder;
    fn append(value: &Self::Value, builder: &mut Self::Builder);
    fn read(array: &dyn Array, row: usize) -> Self::Value;
    fn visit(_value: &mut Self::Value, _visit: &mut dyn FnMut(&mut String)) {}
    fn heap_bytes(_value: &Self::Value) -> usize {
        0
    }
}

struct TextCell;
struct FloatCell;
struct IntCell;
struct BoolCell;

impl ListCell for TextCell {
    type Value = Option<String>;
    type Builder = StringBuilder;
    fn append(value: &Self::Value, builder: &mut Self::Builder) {
        builder.append_option(value.as_deref());
    }
    fn read(array: &dyn Array, row: usize) -> Self::Value {
        read_text(array, row).map(str::to_owned)
    }
    fn visit(value: &mut Self::Value, visit: &mut dyn FnMut(&mut String)) {
        if let Some(text) = value {
            visit(text);
        }
    }
    fn heap_bytes(value: &Self::Value) -> usize {
        value.as_ref().map_or(0, String::len)
    }
}

impl ListCell for FloatCell {
    type Value = Option<f64>;
    type Builder = Float64Builder;
    fn append(value: &Self::Value, builder: &mut Self::Builder) {
        builder.append_option(*value);
    }
    fn read(array: &dyn Array, row: usize) -> Self::Value {
        <Option<f64> as Column>::read(array, row)
    }
}

impl ListCell for IntCell {
    type Value = Option<i64>;
    type Builder = Int64Builder;
    fn append(value: &Self::Value, builder: &mut Self::Builder) {
        builder.append_option(*value);
    }
    fn read(array: &dyn Array, row: usize) -> Self::Value {
        <Option<i64> as Column>::read(array, row)
    }
}

impl ListCell for BoolCell {
    type Value = Option<bool>;
    type Builder = BooleanBuilder;
    fn append(value: &Self::Value, builder: &mut Self::Builder) {
        builder.append_option(*value);
    }
    fn read(array: &dyn Array, row: usize) -> Self::Value {
        <Option<bool> as Column>::read(array, row)
    }
}

list_struct! {
    /// A document that a call retrieved, reranked or had in its context.
    pub struct Document {
        /// The document's id in its index.
        id: Option<String>, TextCell, DataType::Utf8;
        /// The chunk's id, where chunks have one.
        chunk_id: Option<String>, TextCell, DataType::Utf8;
        /// The retriever's score, in its own unit.
        score: Option<f64>, FloatCell, DataType::Float64;
        /// The reranker's score, in its own unit.
        rerank_score: Option<f64>, FloatCell, DataType::Float64;
        /// Whether it reached the final prompt, where known.
        in_context: Option<bool>, BoolCell, DataType::Boolean;
        /// `retrieved`, `memory` or `profile`.
        source_type: Option<String>, TextCell, DataType::Utf8;
        /// The text.
        content: Option<String>, TextCell, DataType::Utf8;
    }
}

list_struct! {
    /// How often redaction removed one class of value from one field.
    pub struct Redaction {
        /// The column, or a path inside a JSON column.
        field: Option<String>, TextCell, DataType::Utf8;
        /// The class of what was found, such as `email`.
        class: Option<String>, TextCell, DataType::Utf8;
        /// How many.
        count: Option<i64>, IntCell, DataType::Int64;
    }
}
