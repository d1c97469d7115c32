//! `required_completion(json, schema)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::{CompiledSchema, required_completion};

use super::schemas::Schemas;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequiredCompletion;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "required_completion(json, schema)",
        does: "Share of the members a schema requires at its top level that an output fills: \
            present, not null, not blank. The output is read leniently; what cannot be recovered \
            fills nothing (0).",
        arguments: &[("json", "The model's output."), ("schema", "JSON Schema text.")],
        result: "A share between 0 and 1.",
        nulls: "NULL for NULL, or when nothing is required.",
        errors: "An unusable schema; the error names the place.",
        source: "Spanlake's own.",
        example: "select required_completion('{\"a\": 1}', '{\"required\": [\"a\", \"b\"]}');\n-- 0.5",
    }
    .documentation()
});

impl Kernel for RequiredCompletion {
    const NAME: &'static str = "required_completion";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (texts, schema_texts) = (args.texts(0)?, args.texts(1)?);
        let mut schemas = Schemas::new(Self::NAME, CompiledSchema::compile);
        let mut out = Float64Builder::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            out.append_option(match (texts.get(row), schema_texts.get(row)) {
                (Some(text), Some(schema)) => {
                    required_completion(text, schemas.get(schema)?).share()
                }
                _ => None,
            });
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
