//! Cells of many values: lists of words and of structs.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
    StructBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, Fields};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Column;
use super::scalars::{json_text, read_text};

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
