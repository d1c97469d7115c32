//! `json_schema_check(text, schema)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanBuilder, Int64Builder, ListArray, StringBuilder, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::CompiledSchema;

use super::schemas::Schemas;
use super::structs::structs;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsonSchemaCheck;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "json_schema_check(text, schema)",
        does: "Checks JSON text against a JSON Schema (draft 2020-12 unless `$schema` names \
            another). Text that is not strict JSON is invalid with keyword `json`. No reference \
            is ever fetched.",
        arguments: &[("text", "The model's output."), ("schema", "JSON Schema text.")],
        result: "{valid, n_errors, errors}; errors lists up to 64 {path, keyword}, path being a JSON \
            Pointer into the value and keyword the rule broken.",
        nulls: "NULL for NULL.",
        errors: "An unusable schema; the error names the place.",
        source: "JSON Schema draft 2020-12.",
        example: "select json_schema_check('{\"a\": \"1\"}', '{\"properties\": {\"a\": {\"type\": \"integer\"}}}');\n\
         -- {valid: false, n_errors: 1, errors: [{path: /a, keyword: type}]}",
    }
    .documentation()
});

fn error_fields() -> Fields {
    ["path", "keyword"].into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect()
}

fn error_item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(error_fields()), true))
}

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("valid", DataType::Boolean, true),
        Field::new("n_errors", DataType::Int64, true),
        Field::new("errors", DataType::List(error_item()), true),
    ])
}

impl Kernel for JsonSchemaCheck {
    const NAME: &'static str = "json_schema_check";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (texts, schema_texts) = (args.texts(0)?, args.texts(1)?);
        let mut schemas = Schemas::new(Self::NAME, CompiledSchema::compile);
        let (mut valid, mut n_errors) = (BooleanBuilder::new(), Int64Builder::new());
        let (mut paths, mut keywords) = (StringBuilder::new(), StringBuilder::new());
        let (mut lengths, mut present) = (Vec::new(), Vec::new());
        for row in 0..args.n_rows {
            let check = match (texts.get(row), schema_texts.get(row)) {
                (Some(text), Some(schema)) => Some(schemas.get(schema)?.check(text)),
                _ => None,
            };
            present.push(check.is_some());
            valid.append_option(check.as_ref().map(|check| check.valid));
            n_errors.append_option(check.as_ref().map(|check| check.n_errors as i64));
            let errors = check.map(|check| check.errors).unwrap_or_default();
            lengths.push(errors.len());
            for error in errors {
                paths.append_value(error.path);
                keywords.append_value(error.keyword);
            }
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(paths.finish()), Arc::new(keywords.finish())];
        let errors = ListArray::try_new(
            error_item(),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(StructArray::try_new(error_fields(), columns, None)?),
            None,
        )?;
        let columns: Vec<ArrayRef> =
            vec![Arc::new(valid.finish()), Arc::new(n_errors.finish()), Arc::new(errors)];
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
