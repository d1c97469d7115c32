//! `json_status(text[, schema])`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::{CompiledSchema, json_status, json_status_with_schema};

use super::schemas::Schemas;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsonStatus;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    let names: Vec<&str> =
        spanlake_parse::JsonStatus::ALL.iter().map(|status| status.as_str()).collect();
    Manual {
        section: OUTPUT,
        syntax: "json_status(text[, schema])",
        does: "Says why a text is, or is not, the JSON that was asked for (RFC 8259): the strict \
            class, blind to repair. `ok` and `ok_whitespace` are what was asked for, everything \
            else is a parse failure. The classes from `wrong_type` on need the schema.",
        arguments: &[
            ("text", "The model's output."),
            ("schema", "JSON Schema text; an unusable schema is an error that names the place."),
        ],
        result: &format!("A class: {}.", names.join(", ")),
        nulls: "NULL text or schema gives NULL.",
        errors: "An unusable schema; the error names the place.",
        source: "RFC 8259; the classes are Spanlake's own.",
        example: "select json_status(output_text), count(*) from llm_calls group by 1;",
    }
    .documentation()
});

impl Kernel for JsonStatus {
    const NAME: &'static str = "json_status";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Text];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::Utf8
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let texts = args.texts(0)?;
        let schema_texts = if args.has(1) { Some(args.texts(1)?) } else { None };
        let mut schemas = Schemas::new(Self::NAME, CompiledSchema::compile);
        let mut out = StringBuilder::with_capacity(args.n_rows, args.n_rows * 4);
        for row in 0..args.n_rows {
            let status = match (texts.get(row), &schema_texts) {
                (Some(text), None) => Some(json_status(text)),
                (Some(text), Some(column)) => match column.get(row) {
                    Some(schema) => Some(json_status_with_schema(text, schemas.get(schema)?)),
                    None => None,
                },
                (None, _) => None,
            };
            out.append_option(status.map(spanlake_parse::JsonStatus::as_str));
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
